/*
 * crdt/doc_edit.h - typing: an editing session on one text or list of a document.
 *
 * A session works on a copy. What is typed shows in it at once; the document changes when the session's operations, written to a change,
 * are applied to it like anybody's. Letters typed one after the other become one insertion, everything deleted becomes one deletion: a
 * note written with a thousand keystrokes is a small change. The session goes on after that, for the next change of the same feed.
 *
 * A session that is given up is freed; nothing of it remains. The document outlives its sessions.
 * Positions count visible elements. Errors: 0 or as said, with the session unchanged.
 */
#ifndef CRDT_DOC_EDIT_H
#define CRDT_DOC_EDIT_H

#include "crdt/builder.h"
#include "crdt/doc.h"
#include "crdt/seq.h"

struct crdt_edit;

/* Open a session on the text or list at `path`, which may not exist yet, for changes of the feed `self`. Owner calls crdt_edit_free().
 * NULL: not a path, or more feeds than LIMIT_FEEDS. */
struct crdt_edit *crdt_edit_text(const struct crdt_doc *doc, struct span path, const struct feed_id *self);
struct crdt_edit *crdt_edit_list(const struct crdt_doc *doc, struct span path, const struct feed_id *self);
void crdt_edit_free(struct crdt_edit *edit); /* NULL is allowed */

/* The text or list as it is in the session; elements that were there when it was opened have the numbers that they have in the document. */
const struct seq *crdt_edit_seq(const struct crdt_edit *edit);

/* Insert before what stands at `position`: a text in UTF-8 and NFC, or encoded values one after the other. ERR_INVALID: past the end, empty, or not
 * such a content. ERR_TOOBIG: over LIMIT_VALUE_BYTES. ERR_FULL: 2 GiB. */
int crdt_edit_insert(struct crdt_edit *edit, uint32_t position, struct span content);

/* ERR_INVALID: past the end. */
int crdt_edit_delete(struct crdt_edit *edit, uint32_t position, uint32_t count);

/* Lists: the element at `from` then stands at `to`. ERR_INVALID: past the end. */
int crdt_edit_move(struct crdt_edit *edit, uint32_t from, uint32_t to);

/* The name of the element at a position: with crdt_path_element() the path of what is under it. False: past the end, or not written yet. */
bool crdt_edit_element(const struct crdt_edit *edit, uint32_t position, struct crdt_element *out);

/* So much was done since the last change that it should be written. */
bool crdt_edit_is_due(const struct crdt_edit *edit);

/* crdt_edit_write() wrote what one change can hold; there is more for the next one. */
enum { CRDT_EDIT_MORE = 1 };

/* Append what was done since the last time to a change that holds little else. Each of a session's changes comes after the one before. If the
 * change is not saved in the end, the session is of no more use. ERR_INVALID: the change is of another feed. ERR_NOTFOUND: nothing was
 * done. Errors of the builder stay in it. */
int crdt_edit_write(struct crdt_edit *edit, struct crdt_builder *builder);

/* A change that was applied to the document since the session was opened, in the order in which they were applied; what was done here
 * meanwhile stays. One that is here already changes nothing. The session then shows what the document will when all is written. Of a list also this session's own changes, since the
 * clock of a change that moved an element says which of several moves wins; of a text they may be left out. */
int crdt_edit_follow(struct crdt_edit *edit, const struct crdt_change *change);

#endif
