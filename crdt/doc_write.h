/*
 * crdt/doc_write.h - operations that name what they replace, read off a document.
 *
 * Each call cites what lives in `doc` and what this change itself wrote before. Use these when the author has seen the
 * document as it is now; an author who saw an older state (a form left open while others' changes came in) cites
 * what was seen, with crdt_builder_*() directly. The document does not change: the finished change is applied to it
 * like anybody else's.
 *
 * Errors: as said, or 0; those of the builder stick in it.
 */
#ifndef CRDT_DOC_WRITE_H
#define CRDT_DOC_WRITE_H

#include "crdt/builder.h"
#include "crdt/doc.h"

/* Write a register. It replaces every value that lives there; with a reason this resolves a conflict. */
int crdt_doc_set(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct span value, struct span reason);

/* Put an element into a set. */
int crdt_doc_add(
        const struct crdt_doc *doc, struct crdt_builder *builder, struct span path, struct span element);

/* Take an element out of a set. ERR_NOTFOUND: it is not there; nothing is written. */
int crdt_doc_remove(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct span element, struct span reason);

/* Remove all that lives at and under `path`. ERR_NOTFOUND: nothing does; nothing is written. */
int crdt_doc_clear(
        const struct crdt_doc *doc, struct crdt_builder *builder, struct span path, struct span reason);

#endif
