/*
 * node/work/work_list.h - the facts of all documents, kept from one question to the next (README.md, section 8).
 *
 * Of each fact a line: what it takes to order, count and choose it. Its words are read again when it is shown, so that a team's list, or that of the whole experiment, stays small. Whoever keeps one
 * puts a document's facts again when they are other ones, and nothing else.
 *
 * Pure: no I/O and no clock. Threads: one.
 */
#ifndef NODE_WORK_WORK_LIST_H
#define NODE_WORK_WORK_LIST_H

#include "node/work/work.h"

struct work_line {
	uint8_t id[WORK_ID_BYTES];
	int32_t note, soon, now, until, day;
	uint16_t source;
	uint16_t place; /* among its document's facts */
	bool is_mine, is_done; /* of the list's reader */
};

struct work_doc {
	struct record_id id;
	uint32_t kind; /* 0: it is about no document */
	uint32_t count, left_out;
	int32_t seen;
	struct work_line *lines;
	uint64_t mark; /* of what its facts were made; 0: make them again */
	struct work_facts *facts; /* of one that was added: kept whole */
};

/* A line on a day. */
struct work_entry {
	const struct work_line *line;
	const struct work_doc *doc;
	int32_t day; /* as the line's: what the order goes by */
	uint8_t urgency; /* enum work_urgency */
	bool is_resting;
};

/* Zero-initialized is empty. Owner calls work_list_close(). */
struct work_list {
	struct work_doc *docs; /* by number */
	struct work_doc *added;
	uint32_t count, room, added_count, added_room;
	struct work_entry *entries; /* in order; good until something else is called */
	uint32_t entry_count, entry_room;
	int32_t today; /* of the entries */
};

void work_list_close(struct work_list *list);

/* Are the facts of that document of this mark? */
bool work_list_has(const struct work_list *list, uint32_t number, const struct record_id *id, uint64_t mark);
/* The facts of a document, which are not kept. NULL: it has none. */
void work_list_put(struct work_list *list, uint32_t number, uint32_t doc_kind, const struct record_id *id,
        uint64_t mark, const struct work_facts *facts, const struct work_reader *reader);
/* There are no documents from this number on. */
void work_list_cut(struct work_list *list, uint32_t count);

/* Facts that stand beside a document and come from no document alone: taken, and kept until work_list_drop_added(). */
void work_list_add(struct work_list *list, struct work_facts *facts, uint32_t doc_kind,
        const struct record_id *id, const struct work_reader *reader);
void work_list_drop_added(struct work_list *list);

/* The entries of a day, in the order of items (README.md, section 1). */
void work_list_sort(struct work_list *list, int32_t today);

uint32_t work_list_left_out(const struct work_list *list);

/* The item of an entry, whose fact is not known: its id and how urgent it is. */
struct work_item work_entry_item(const struct work_entry *entry);

#endif
