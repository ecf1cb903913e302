/*
 * What a session inserts are insertions of its copy, by its own feed. Until they are written they have a stamp that comes after every other;
 * then they get their op ids. Others' insertions are compared with them by feed alone, so that they can come in between.
 */
#include "crdt/doc_edit.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_state.h"
#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"

enum {
	/* What one change takes of LIMIT_MPACK_NODES and LIMIT_ENTRY_BODY_BYTES; the rest is for its head and for other operations. */
	EDIT_NODES = 8000,
	EDIT_BYTES = 512 * 1024,
	OP_NODES = 16, /* of an insertion or a move, path keys and citations apart */
	TARGET_NODES = 5,
	/* A change is due after so much, well below what it holds. */
	DUE_OPS = 300,
	DUE_BYTES = 256 * 1024,
	/* One insertion of a list goes on up to so many values or bytes: each may be a node. */
	VALUES_COUNT = 512,
};

/* A place whose move another move names. */
struct edit_cite {
	uint32_t insertion, place;
};

struct crdt_edit {
	struct crdt_feeds *feeds;
	struct seq *seq;
	struct crdt_path path;
	uint32_t path_nodes;
	struct feed_id self;
	uint32_t feed; /* its number */
	struct seq_by by; /* of what is not written yet; the index counts insertions */
	uint32_t *insertions; /* those to be written; the ones before `written` are */
	uint32_t insertion_count, insertion_capacity, written;
	struct edit_cite *cites; /* ascending by insertion */
	uint32_t cite_count, cite_capacity, cite_at;
	struct seq_fragment *deleted; /* since the last deletion was written, as it was done */
	uint32_t deleted_count, deleted_capacity;
	struct seq_fragment *doomed; /* being written: ascending, disjoint; done up to `doomed_at` */
	uint32_t doomed_count, doomed_at;
	size_t bytes; /* inserted and not written */
};

/* --- Opening --- */

static struct crdt_edit *open_edit(
        const struct crdt_doc *doc, struct span path, const struct feed_id *self, enum seq_kind kind)
{
	struct crdt_key key;
	if (crdt_path_check(path) || path.size == 0)
		return NULL;
	int feed = crdt_feeds_add(doc->feeds, self);
	if (feed < 0)
		return NULL;
	const struct seq *seq = doc_seq_find(doc, path, kind);
	struct crdt_edit *edit = mem_zero(1, sizeof(*edit));
	edit->feeds = doc->feeds;
	edit->seq = seq ? seq_copy(seq) : seq_new(kind, doc->feeds);
	edit->self = *self;
	edit->feed = (uint32_t)feed;
	memcpy(edit->path.bytes, path.data, path.size);
	edit->path.size = (uint16_t)path.size;
	while (crdt_path_next(&path, &key))
		edit->path_nodes += key.type == CRDT_KEY_ELEMENT ? 5 : 1;
	struct doc_stamp stamp = {UINT64_MAX, 0, UINT32_MAX, edit->feed};
	edit->by.stamp = seq_stamp(edit->seq, &stamp);
	return edit;
}

struct crdt_edit *crdt_edit_text(const struct crdt_doc *doc, struct span path, const struct feed_id *self)
{
	return open_edit(doc, path, self, SEQ_TEXT);
}

struct crdt_edit *crdt_edit_list(const struct crdt_doc *doc, struct span path, const struct feed_id *self)
{
	return open_edit(doc, path, self, SEQ_LIST);
}

void crdt_edit_free(struct crdt_edit *edit)
{
	if (!edit)
		return;
	seq_free(edit->seq);
	mem_free(edit->insertions);
	mem_free(edit->cites);
	mem_free(edit->deleted);
	mem_free(edit->doomed);
	mem_free(edit);
}

const struct seq *crdt_edit_seq(const struct crdt_edit *edit)
{
	return edit->seq;
}

/* --- Editing --- */

/* Right behind a visible element, or at the start. */
struct gap {
	struct seq_place at; /* of the left element, when there is one */
	struct seq_place place;
	uint32_t left, right; /* the elements on either side */
};

static struct gap gap_at(struct seq *seq, uint32_t position)
{
	struct gap gap = {.place = seq_tree_start(seq), .left = SEQ_NONE, .right = SEQ_NONE};
	if (position > 0) {
		gap.at = seq_tree_position(seq, position - 1);
		const struct seq_run *run = seq_run_at(seq, gap.at);
		gap.left = run->first + gap.at.offset;
		gap.place = gap.at;
		gap.place.offset++;
		if (gap.place.offset == run->length)
			gap.place = seq_tree_next_run(seq, gap.at);
	}
	if (!seq_is_end(seq, gap.place))
		gap.right = seq_run_at(seq, gap.place)->first + gap.place.offset;
	return gap;
}

/* Does what is typed here belong to the insertion made last, which is not written yet? */
static bool goes_on(const struct crdt_edit *edit, const struct gap *gap, size_t bytes)
{
	const struct seq *seq = edit->seq;
	uint32_t last = seq->insertion_count - 1;
	if (gap->left != seq->element_count - 1 || edit->insertion_count == edit->written ||
	        edit->insertions[edit->insertion_count - 1] != last)
		return false;
	size_t elements = seq->element_count - seq->insertions[last].first; /* of at most 4 bytes in a text */
	size_t most = seq->kind == SEQ_TEXT ? LIMIT_VALUE_BYTES / 4 : VALUES_COUNT;
	return seq->insertions[last].right == gap->right && elements + bytes <= most &&
	        (seq->kind == SEQ_TEXT || !seq_is_place(seq, gap->left));
}

static void add_insertion(
        struct crdt_edit *edit, struct seq_place place, uint32_t left, uint32_t right, struct span content)
{
	struct seq *seq = edit->seq;
	struct seq_insertion insertion = {seq->element_count, left, right, edit->by};
	edit->insertions = mem_room(edit->insertions, edit->insertion_count, &edit->insertion_capacity,
	        sizeof(*edit->insertions));
	edit->insertions[edit->insertion_count++] = seq->insertion_count;
	edit->by.index++;
	seq_insert_at(seq, place, &insertion, content);
}

int crdt_edit_insert(struct crdt_edit *edit, uint32_t position, struct span content)
{
	struct seq *seq = edit->seq;
	if (content.size > LIMIT_VALUE_BYTES)
		return ERR_TOOBIG;
	if (position > seq->size.elements || content.size == 0 || !seq_content_is_valid(seq->kind, content))
		return ERR_INVALID;
	if (seq->content.size > INT32_MAX - LIMIT_ENTRY_BODY_BYTES)
		return ERR_FULL;
	struct gap gap = gap_at(seq, position);
	if (goes_on(edit, &gap, content.size))
		seq_insert_more(seq, gap.at, gap.place, content);
	else
		add_insertion(edit, gap.place, gap.left, gap.right, content);
	edit->bytes += content.size;
	return 0;
}

/* Letters deleted one after the other, forward or backward, are one stretch. */
static void note_deleted(struct crdt_edit *edit, uint32_t first, uint32_t count)
{
	if (edit->deleted_count) {
		struct seq_fragment *last = &edit->deleted[edit->deleted_count - 1];
		bool is_before = first + count == last->first;
		if (is_before || last->first + last->count == first) {
			last->first = is_before ? first : last->first;
			last->count += count;
			return;
		}
	}
	edit->deleted = mem_room(
	        edit->deleted, edit->deleted_count, &edit->deleted_capacity, sizeof(*edit->deleted));
	edit->deleted[edit->deleted_count++] = (struct seq_fragment){first, count};
}

/* The elements of one run from `position` on, at most `count`. Returns how many it was. */
static uint32_t delete_stretch(struct crdt_edit *edit, uint32_t position, uint32_t count)
{
	struct seq_place place = seq_tree_position(edit->seq, position);
	const struct seq_run *run = seq_run_at(edit->seq, place);
	uint32_t left = run->length - place.offset;
	note_deleted(edit, run->first + place.offset, left < count ? left : count);
	return seq_tree_hide(edit->seq, place, count, true);
}

/* In a list the element may show at a place. */
static uint32_t delete_one(struct crdt_edit *edit, uint32_t position)
{
	uint32_t element = seq_shown(edit->seq, seq_at(edit->seq, position));
	note_deleted(edit, element, 1);
	seq_hide_elements(edit->seq, element, 1);
	return 1;
}

int crdt_edit_delete(struct crdt_edit *edit, uint32_t position, uint32_t count)
{
	const struct seq *seq = edit->seq;
	if (position > seq->size.elements || count > seq->size.elements - position)
		return ERR_INVALID;
	while (count > 0)
		count -= seq->kind == SEQ_TEXT ? delete_stretch(edit, position, count)
		                               : delete_one(edit, position);
	return 0;
}

/* The moves of an element that count are named by its next one, and so do not count any more. */
static void cite_moves(struct crdt_edit *edit, uint32_t element)
{
	struct seq *seq = edit->seq;
	uint32_t count = 0;
	for (uint32_t place; (place = seq_moved_to(seq, element)) != SEQ_NONE;) {
		struct edit_cite cite = {seq->insertion_count, place};
		seq_move_revoke(seq, place, element);
		if (count++ >= LIMIT_OP_SUPERSEDES)
			continue; /* the rest stays uncited, and is older */
		edit->cites = mem_room(
		        edit->cites, edit->cite_count, &edit->cite_capacity, sizeof(*edit->cites));
		edit->cites[edit->cite_count++] = cite;
	}
}

int crdt_edit_move(struct crdt_edit *edit, uint32_t from, uint32_t to)
{
	static const uint8_t nil[] = {SEQ_PLACE_CONTENT};
	struct seq *seq = edit->seq;
	if (seq->kind != SEQ_LIST || from >= seq->size.elements || to >= seq->size.elements)
		return ERR_INVALID;
	if (from == to)
		return 0;
	uint32_t element = seq_shown(seq, seq_at(seq, from));
	/* Behind what will stand before it. */
	uint32_t left = to == 0 ? SEQ_NONE : seq_at(seq, to < from ? to - 1 : to);
	cite_moves(edit, element);
	add_insertion(
	        edit, seq_tree_behind(seq, left), left, seq_after(seq, left), span_of(nil, sizeof(nil)));
	seq_move_add(seq, seq->element_count - 1, element);
	return 0;
}

/* --- Writing --- */

bool crdt_edit_is_due(const struct crdt_edit *edit)
{
	return edit->insertion_count - edit->written + edit->deleted_count >= DUE_OPS ||
	        edit->bytes >= DUE_BYTES;
}

/* What a change still takes. */
struct room {
	size_t nodes, bytes;
};

static bool take_room(struct room *room, size_t nodes, size_t bytes)
{
	if (nodes > room->nodes || bytes > room->bytes)
		return false;
	room->nodes -= nodes;
	room->bytes -= bytes;
	return true;
}

/* NULL: the start or the end. */
static const struct crdt_element *element_of(
        const struct crdt_edit *edit, uint32_t number, struct crdt_element *space)
{
	if (number == SEQ_NONE)
		return NULL;
	struct seq_origin origin = seq_origin(edit->seq, number);
	*space = (struct crdt_element){
	        {*crdt_feeds_id(edit->feeds, origin.op.feed), origin.op.seq, origin.op.index}, origin.offset};
	return space;
}

bool crdt_edit_element(const struct crdt_edit *edit, uint32_t position, struct crdt_element *out)
{
	const struct seq *seq = edit->seq;
	uint32_t number = seq_at(seq, position);
	if (number == SEQ_NONE)
		return false;
	number = seq_shown(seq, number);
	if (seq->insertions[seq_insertion_of(seq, number)].by.stamp == edit->by.stamp)
		return false;
	element_of(edit, number, out);
	return true;
}

/* The insertion gets its op id. The change's moment comes by crdt_edit_follow(); until then it is later than every other. */
static void give_op(struct crdt_edit *edit, const struct crdt_builder *builder, uint32_t insertion)
{
	struct doc_stamp stamp = {UINT64_MAX, 0, (uint32_t)builder->seq, edit->feed};
	edit->seq->insertions[insertion].by = (struct seq_by){
	        seq_stamp(edit->seq, &stamp), builder->op_count};
	seq_author_add(edit->seq, insertion);
}

static void write_move(struct crdt_edit *edit, struct crdt_builder *builder, uint32_t insertion)
{
	const struct seq_insertion *it = &edit->seq->insertions[insertion];
	struct crdt_element left, right, moved, place;
	struct op_id cited[LIMIT_OP_SUPERSEDES];
	struct crdt_cites cites = {cited, 0};
	for (; edit->cite_at < edit->cite_count && edit->cites[edit->cite_at].insertion == insertion;
	        edit->cite_at++)
		cited[cites.count++] = element_of(edit, edit->cites[edit->cite_at].place, &place)->op;
	crdt_builder_list_move(builder, crdt_path_span(&edit->path),
	        element_of(edit, seq_shown(edit->seq, it->first), &moved), element_of(edit, it->left, &left),
	        element_of(edit, it->right, &right), cites);
}

static void write_content(struct crdt_edit *edit, struct crdt_builder *builder, uint32_t insertion)
{
	const struct seq *seq = edit->seq;
	const struct seq_insertion *it = &seq->insertions[insertion];
	struct span path = crdt_path_span(&edit->path), content = seq_insertion_content(seq, insertion);
	struct crdt_element left_space, right_space;
	const struct crdt_element *left = element_of(edit, it->left, &left_space);
	const struct crdt_element *right = element_of(edit, it->right, &right_space);
	if (seq->kind == SEQ_TEXT) {
		crdt_builder_text_insert(builder, path, left, right, content);
		return;
	}
	struct buf array = {0};
	mpack_put_array(&array, seq_inserted_count(seq, insertion));
	buf_add_span(&array, content);
	crdt_builder_list_insert(builder, path, left, right, buf_span(&array));
	buf_close(&array);
}

/* The nodes that an insertion takes at most. */
static size_t nodes_of(const struct crdt_edit *edit, uint32_t insertion, size_t content_bytes)
{
	size_t nodes = OP_NODES + edit->path_nodes + (edit->seq->kind == SEQ_LIST ? content_bytes : 0);
	for (uint32_t i = edit->cite_at; i < edit->cite_count && edit->cites[i].insertion == insertion; i++)
		nodes += 3;
	return nodes;
}

/* The next insertion. False: it needs another change. What is too large for one change comes first in its own, and fails there. */
static bool write_insertion(struct crdt_edit *edit, struct crdt_builder *builder, struct room *room)
{
	const struct seq *seq = edit->seq;
	uint32_t insertion = edit->insertions[edit->written];
	bool is_place = seq->kind == SEQ_LIST && seq_is_place(seq, seq->insertions[insertion].first);
	size_t bytes = seq_insertion_content(seq, insertion).size;
	bool is_first = room->nodes == EDIT_NODES;
	if (!take_room(room, nodes_of(edit, insertion, bytes), bytes)) {
		if (!is_first)
			return false;
		room->nodes = 0;
	}
	give_op(edit, builder, insertion);
	if (is_place)
		write_move(edit, builder, insertion);
	else
		write_content(edit, builder, insertion);
	edit->written++;
	return true;
}

static int fragment_cmp(const void *left, const void *right)
{
	const struct seq_fragment *a = left, *b = right;
	return (a->first > b->first) - (a->first < b->first);
}

/* Once what was gathered before is written: gather what was deleted since. No element is there twice, since what is deleted cannot be
 * deleted again. */
static void gather_doomed(struct crdt_edit *edit)
{
	uint32_t count = edit->deleted_count, kept = 0;
	if (edit->doomed_at < edit->doomed_count || count == 0)
		return;
	edit->doomed = mem_resize(edit->doomed, count, sizeof(*edit->doomed));
	memcpy(edit->doomed, edit->deleted, count * sizeof(*edit->doomed));
	edit->deleted_count = 0;
	qsort(edit->doomed, count, sizeof(*edit->doomed), fragment_cmp);
	for (uint32_t i = 0; i < count; i++) {
		struct seq_fragment *last = &edit->doomed[kept ? kept - 1 : 0];
		if (kept && last->first + last->count == edit->doomed[i].first)
			last->count += edit->doomed[i].count;
		else
			edit->doomed[kept++] = edit->doomed[i];
	}
	edit->doomed_count = kept;
	edit->doomed_at = 0;
}

/* The next elements to delete that one insertion brought. */
static struct crdt_target next_target(struct crdt_edit *edit)
{
	struct seq_fragment *it = &edit->doomed[edit->doomed_at];
	struct crdt_target target;
	uint32_t insertion = seq_insertion_of(edit->seq, it->first);
	element_of(edit, it->first, &target.first);
	target.count = seq_inserted_count(edit->seq, insertion) - target.first.offset;
	target.count = target.count < it->count ? target.count : it->count;
	it->first += target.count;
	it->count -= target.count;
	edit->doomed_at += it->count == 0;
	return target;
}

static void write_deletion(struct crdt_edit *edit, struct crdt_builder *builder, struct room *room)
{
	struct crdt_target targets[LIMIT_OP_SUPERSEDES];
	uint32_t count = 0;
	gather_doomed(edit);
	if (!take_room(room, OP_NODES + edit->path_nodes, 0))
		return;
	while (edit->doomed_at < edit->doomed_count && count < LIMIT_OP_SUPERSEDES &&
	        take_room(room, TARGET_NODES, 0))
		targets[count++] = next_target(edit);
	if (count == 0)
		return;
	if (edit->seq->kind == SEQ_TEXT)
		crdt_builder_text_delete(builder, crdt_path_span(&edit->path), targets, count);
	else
		crdt_builder_list_delete(builder, crdt_path_span(&edit->path), targets, count);
}

int crdt_edit_write(struct crdt_edit *edit, struct crdt_builder *builder)
{
	struct room room = {EDIT_NODES, EDIT_BYTES};
	uint32_t op_count = builder->op_count;
	if (builder->error || !feed_id_eq(&builder->feed, &edit->self))
		return builder->error ? builder->error : ERR_INVALID;
	while (edit->written < edit->insertion_count && write_insertion(edit, builder, &room))
		;
	if (edit->written == edit->insertion_count) {
		edit->written = edit->insertion_count = edit->cite_at = edit->cite_count = 0;
		edit->bytes = 0;
		write_deletion(edit, builder, &room);
	}
	if (builder->error)
		return builder->error;
	if (edit->insertion_count || edit->deleted_count || edit->doomed_at < edit->doomed_count)
		return CRDT_EDIT_MORE;
	return builder->op_count > op_count ? 0 : ERR_NOTFOUND;
}

/* --- Following --- */

static void follow_op(struct crdt_edit *edit, const struct doc_change *change, const struct crdt_op *op)
{
	struct span path = crdt_path_span(&edit->path);
	struct crdt_path space;
	struct span there = crdt_op_path(op, change->meta, &space);
	struct doc_op cited[LIMIT_OP_SUPERSEDES];
	struct doc_op self = {change->feed, (uint32_t)change->meta->seq, op->index};
	enum seq_kind kind;
	if (seq_find(edit->seq, &self, 0) != SEQ_NONE)
		return; /* what it inserted is here */
	if (op->kind == CRDT_OP_CLEAR && span_eq(span_sub(path, 0, there.size), there))
		doc_seq_clear(edit->seq, change, op, cited, doc_cited_ops(change, op, cited));
	else if (doc_op_sequence(op->kind, &kind) && kind == edit->seq->kind && span_eq(path, there))
		doc_seq_apply_to(edit->seq, change, op);
}

int crdt_edit_follow(struct crdt_edit *edit, const struct crdt_change *change)
{
	const struct crdt_meta *meta = change->meta;
	int feed = crdt_feeds_find(edit->feeds, &meta->feed);
	if (feed < 0)
		return feed; /* it was not applied */
	struct doc_stamp stamp = {meta->lamport, meta->hlc, (uint32_t)meta->seq, (uint32_t)feed};
	if (stamp.feed == edit->feed && seq_restamp(edit->seq, &stamp))
		return 0; /* what it brought is here; now its moment is known */
	struct doc_change follow = {edit->feeds, meta, stamp.feed};
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		follow_op(edit, &follow, &op);
	return 0;
}
