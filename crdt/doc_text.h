/*
 * crdt/doc_text.h - the texts, lists and counters of a document.
 *
 * A text or a list is read by crdt/seq.h. Elements are numbers there, which mean nothing elsewhere: what is kept or sent (a cursor, who wrote
 * this) is a struct crdt_element.
 */
#ifndef CRDT_DOC_TEXT_H
#define CRDT_DOC_TEXT_H

#include "crdt/doc.h"
#include "crdt/seq.h"

/* The text or list at `path`, deleted elements included; NULL when nothing was ever inserted. */
const struct seq *crdt_doc_text(const struct crdt_doc *doc, struct span path);
const struct seq *crdt_doc_list(const struct crdt_doc *doc, struct span path);

/* The element that a list shows at a position: with crdt_path_element() the path of what is under it, wherever it is moved. False past the
 * end. */
bool crdt_doc_list_element(
        const struct crdt_doc *doc, const struct seq *list, uint32_t position, struct crdt_element *out);

/* Who inserted an element (element.op.feed), and when. Of the place of a moved one: who moved it. */
struct crdt_author {
	struct crdt_element element;
	uint64_t lamport, hlc;
};
struct crdt_author crdt_doc_author(const struct crdt_doc *doc, const struct seq *seq, uint32_t number);

/* Who deleted an element, or what a place shows, and when; out->element holds the deleting op. Of several the first by Lamport clock.
 * False: nobody did. */
bool crdt_doc_deletion(
        const struct crdt_doc *doc, const struct seq *seq, uint32_t number, struct crdt_author *out);

/* Append the text as it was at a past frontier: one that a document had, or the dependencies of an entry and what they depend on. */
void crdt_doc_text_past(const struct crdt_doc *doc, const struct seq *text, const struct entry_ref *frontier,
        uint32_t count, struct buf *out);

/* The elements of a text or list as they were at a past frontier, in order, deleted ones included: struct seq_past. crdt_doc_author() of
 * a number says who put it there (inserted or moved it), of its seq_shown() who inserted it. */
void crdt_doc_past(const struct crdt_doc *doc, const struct seq *seq, const struct entry_ref *frontier,
        uint32_t count, struct seq_past *out);

/* crdt_doc_deletion() as it was answered at a past frontier. */
bool crdt_doc_past_deletion(const struct crdt_doc *doc, const struct seq *seq, uint32_t number,
        const struct entry_ref *frontier, uint32_t count, struct crdt_author *out);

/* The number of an element, SEQ_NONE when it is not of this sequence. */
uint32_t crdt_doc_element(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_element *element);

/* A cursor between elements is right behind one, or at the start, and stays there; a cursor on an element goes where that is moved. Both
 * survive every merge, also the deletion of that element (seq.h has the rule). */
struct crdt_cursor {
	bool is_start;
	struct crdt_element behind; /* with `is_on`: on */
	bool is_on;
};

/* The cursor before the element at a position, at most the size; and on it, at the size the same as between. */
struct crdt_cursor crdt_doc_cursor(const struct crdt_doc *doc, const struct seq *seq, uint32_t position);
struct crdt_cursor crdt_doc_cursor_on(const struct crdt_doc *doc, const struct seq *seq, uint32_t position);

/* Where it is now. What is not of this sequence counts as the start. */
uint32_t crdt_doc_cursor_position(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_cursor *cursor);

/* The counter at `path`: the sum of what was added, modulo 2^64. 0 when nothing was. */
int64_t crdt_doc_count(const struct crdt_doc *doc, struct span path);

#endif
