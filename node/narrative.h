/*
 * node/narrative.h - fields of class `narrative`: running text that several people write, apart or at the same time.
 *
 * Each is a text of the document at its field's path, and what earlier versions wrote as register values at the same path (schema/README.md,
 * section 2, "Narrative fields"). Readers see one text; writers say what they saw and what it shall be, and only the words in which the
 * two differ are written, at the places of the words that were seen: what others write meanwhile stays.
 *
 * Texts are UTF-8 in NFC. Pure. Hostile documents and frontiers are fine.
 */
#ifndef NODE_NARRATIVE_H
#define NODE_NARRATIVE_H

#include "crdt/builder.h"
#include "crdt/frontier.h"

/* Append the text shown at `path`; nothing when there is none. */
void narrative_read(const struct crdt_doc *doc, struct span path, struct buf *out);

/* Add to `seen` the entries that the text at `path` comes from, so that it can be told later what somebody saw. */
void narrative_note_seen(const struct crdt_doc *doc, struct span path, struct crdt_frontier *seen);

/* What the author of a change had before them: the document's entries up to these, each feed once; `entries` NULL: all that it holds. */
struct narrative_seen {
	const struct entry_ref *entries;
	uint32_t count;
};

/* Write what makes of the text that was seen this one; an empty one takes it away. `doc` NULL: a new document. Line feeds at both ends do not
 * count. NARRATIVE_UNCHANGED: it is what was seen. ERR_TOOBIG: it takes more than one change holds; the builder is of no more use then. */
enum { NARRATIVE_UNCHANGED = 1 };
int narrative_write(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct narrative_seen seen, struct span text);

#endif
