/*
 * node/describe_parts.h - what the describe_*.c files share: names of people and records, authors, places.
 *
 * Texts are appended to `out`; JSON is the caller's to decref. Threads: one.
 */
#ifndef NODE_DESCRIBE_PARTS_H
#define NODE_DESCRIBE_PARTS_H

#include "node/describe.h"

/* One item, being described. */
struct describe_view {
	struct api_node *app;
	const struct node_past *past;
	struct record_place place;
	bool has_place; /* it stands at a path that records have */
};

struct describe_namer {
	struct api_node *app;
	const struct node_past *past;
};

/* Values and authors shown of one item: honest ones have a handful, one per colleague at most. */
enum { DESCRIBE_STEPS_MAX = 40 };

/* The first of them, as many as are shown. */
struct crdt_steps describe_first(struct crdt_steps steps);

const char *describe_in(enum schema_language language, const char *fr, const char *en);
json_t *describe_text(const struct buf *buf);

/* What a record of registers is called now. False: it has no name. */
bool describe_title(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        struct buf *out);

/* A words_name over a struct describe_namer: a person of the directory, or a record of the same document. */
bool describe_reference(void *context, uint32_t ref_kind, struct span id, struct buf *out);

/* ---- Authors ---- */

/* The name of the person of the directory whose id begins so. False: none is known. */
bool describe_person(struct api_node *app, struct span prefix, struct buf *out);

/* Who writes a feed; who wrote an op; who wrote steps, each once: "Léa Morvan, Paul Roux". */
void describe_feed(struct api_node *app, uint32_t feed, enum schema_language language, struct buf *out);
void describe_who(
        struct api_node *app, const struct op_id *op, enum schema_language language, struct buf *out);
void describe_all(struct api_node *app, const struct node_past *past, struct crdt_steps steps,
        enum schema_language language, struct buf *out);

/* Is it a feed of this device's person? */
bool describe_is_self(struct api_node *app, uint32_t feed);

/* "unknown", "synchronized", "compared", "doubtful". */
const char *describe_clock(uint8_t grade);
json_t *describe_author(struct api_node *app, uint32_t feed, uint64_t seq, uint64_t hlc, uint8_t grade);
json_t *describe_step(struct api_node *app, const struct node_past *past, const struct crdt_step *step);

/* ---- Events ---- */

/* "Visite du 24/11/2026 08:00": of an event, and of the one that a correction cites. */
void describe_event(uint32_t kind_number, struct span fields, enum schema_language language, struct buf *out);
void describe_corrected(struct api_node *app, const struct node_past *past, const struct crdt_step *step,
        enum schema_language language, struct buf *out);

/* What a correction cites, from the log. False: that is not an event of the past's document, or is not here. It borrows from `entry`, valid until
 * another is read. */
bool describe_read_corrected(struct api_node *app, const struct node_past *past, const struct crdt_step *step,
        struct node_entry *entry, struct crdt_op *op);

/* ---- Places ---- */

/* ---- Texts, lists, counters (describe_content.c) ---- */

/* Members of an item. */
void describe_content(const struct describe_view *view, const struct crdt_diff_item *item, json_t *json);

/* What a sentence says of them; `*out` borrows from `said`. */
struct describe_said {
	struct words_passage *passages;
	struct words_share *shares;
	struct buf *texts;
	uint32_t text_count;
};
void describe_say_content(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, struct describe_said *said, struct words_change *out);
void describe_said_close(struct describe_said *said);

/* A content as people read it: the text, or the values one after the other. */
void describe_passage_text(const struct describe_view *view, bool is_text, struct span content,
        enum schema_language language, struct buf *out);

/* "text" or "values". */
void describe_put_content(const struct describe_view *view, bool is_text, struct span content, json_t *json);

struct describe_view describe_view_of(struct api_node *app, const struct node_past *past, struct span path);
const struct schema_field *describe_field(const struct describe_view *view); /* NULL: not known */
void describe_label(const struct describe_view *view, enum schema_language language, struct buf *out);
void describe_record(const struct describe_view *view, struct buf *out); /* nothing when it needs no name */
void describe_place(const struct describe_view *view, json_t *json); /* members of an item */

#endif
