/*
 * node/classes.h - what the classes of fields ask of a change that this device writes (schema/README.md, section 2).
 *
 * Only our own changes are checked, before they are signed: a peer's that does not follow has been signed, so it counts as it is, on every
 * replica alike, and is shown without its reason. Pure.
 */
#ifndef NODE_CLASSES_H
#define NODE_CLASSES_H

#include "crdt/doc.h"

/* Is `change` (opened, not applied yet) fit to be written into `doc`? ERR_INVALID: it takes a safety value away, or a whole record, or chooses
 * among several different safety values, without a reason; or it writes text into a field that is no narrative; or a correction names no event, or one that its kind does not correct. */
int classes_check(const struct crdt_doc *doc, const struct crdt_change *change);

/* Do several different values live? The same one written twice is no question to anybody. */
bool classes_differ(const struct crdt_values *values);

#endif
