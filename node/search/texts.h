/*
 * node/search/texts.h - what of a record is searched: its texts, and what its codes are called.
 *
 * Every field of text of every kind of record, but those that nobody searches by (door codes); codes of the Omaha System as "PB26" and by their labels in both languages; what
 * kind of wound, alert or partner it is. Of a field that two people filled in apart, each value.
 *
 * Pure.
 */
#ifndef NODE_SEARCH_TEXTS_H
#define NODE_SEARCH_TEXTS_H

#include "node/record.h"

/* A text of a record, borrowed during the call. */
typedef void (*search_text)(void *context, const struct schema_field *field, struct span text);

/* Those of an event. */
void search_event_texts(const struct schema_record *record, search_text text, void *context);

/* Those of a record of registers. The moment at which one of its searched values was written last, in seconds; 0: it has none. */
int64_t search_register_texts(const struct crdt_doc *doc, const struct schema_kind *kind,
        const struct record_id *id, search_text text, void *context);

/* Do events of this kind have any? */
bool search_has_texts(const struct schema_kind *kind);

#endif
