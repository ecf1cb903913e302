/*
 * What a session inserts are insertions of its copy, behind those of the document: `base` of them. They have one stamp of no feed, which
 * comes after every other; their op ids are given when they are written.
 */
#include "crdt/doc_edit.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_state.h"
#include "crdt/nfc.h"
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
	/* One insertion of a list goes on up to here: its values may be a node a byte. */
	VALUES_BYTES = 2048,
};

/* A place whose move another move names. */
struct edit_cite {
	uint32_t insertion, place;
};

struct crdt_edit {
	const struct crdt_feeds *feeds;
	struct seq *seq;
	struct crdt_path path;
	uint32_t path_nodes;
	struct seq_by by; /* of the session; the index counts insertions */
	uint32_t base; /* insertions of the document */
	uint32_t written; /* insertions written, those of the document included */
	struct doc_op *ops; /* of the session's insertions written; the feed is `feed` */
	uint32_t op_count, op_capacity;
	struct feed_id feed;
	struct edit_cite *cites; /* ascending by insertion */
	uint32_t cite_count, cite_capacity, cite_at;
	uint32_t deletions_seen; /* deletions of the copy that are the document's, or in `doomed` */
	struct seq_fragment *doomed; /* elements to delete, ascending, disjoint; written up to `doomed_at` */
	uint32_t doomed_count, doomed_at;
	size_t bytes_seen; /* content of the copy at the last writing */
};

/* --- Opening --- */

/* What is done from now on has this stamp, which is behind all those before. */
static void next_stamp(struct crdt_edit *edit)
{
	struct doc_stamp stamp = {UINT64_MAX, 0, edit->seq->stamp_count, UINT32_MAX};
	edit->by.stamp = seq_stamp(edit->seq, &stamp);
}

static struct crdt_edit *open_edit(const struct crdt_doc *doc, struct span path, enum seq_kind kind)
{
	struct crdt_key key;
	const struct seq *seq = doc_seq_find(doc, path, kind);
	if (crdt_path_check(path) || path.size == 0)
		return NULL;
	struct crdt_edit *edit = mem_zero(1, sizeof(*edit));
	edit->feeds = doc->feeds;
	edit->seq = seq ? seq_copy(seq) : seq_new(kind, doc->feeds);
	memcpy(edit->path.bytes, path.data, path.size);
	edit->path.size = (uint16_t)path.size;
	while (crdt_path_next(&path, &key))
		edit->path_nodes += key.type == CRDT_KEY_ELEMENT ? 5 : 1;
	next_stamp(edit);
	edit->base = edit->written = edit->seq->insertion_count;
	edit->deletions_seen = edit->seq->deletion_count;
	edit->bytes_seen = edit->seq->content.size;
	return edit;
}

struct crdt_edit *crdt_edit_text(const struct crdt_doc *doc, struct span path)
{
	return open_edit(doc, path, SEQ_TEXT);
}

struct crdt_edit *crdt_edit_list(const struct crdt_doc *doc, struct span path)
{
	return open_edit(doc, path, SEQ_LIST);
}

void crdt_edit_free(struct crdt_edit *edit)
{
	if (!edit)
		return;
	seq_free(edit->seq);
	mem_free(edit->ops);
	mem_free(edit->cites);
	mem_free(edit->doomed);
	mem_free(edit);
}

const struct seq *crdt_edit_seq(const struct crdt_edit *edit)
{
	return edit->seq;
}

/* --- Editing --- */

/* Right behind a visible element, or at the start, and the elements on either side. */
struct gap {
	struct seq_place place;
	uint32_t left, right;
};

static struct gap gap_at(struct seq *seq, uint32_t position)
{
	struct gap gap = {seq_tree_start(seq), SEQ_NONE, SEQ_NONE};
	if (position > 0) {
		struct seq_place at = seq_tree_position(seq, position - 1);
		const struct seq_run *run = seq_run_at(seq, at);
		gap.left = run->first + at.offset;
		at.offset++;
		gap.place = at.offset < run->length ? at : seq_tree_next_run(seq, at);
	}
	if (!seq_is_end(seq, gap.place))
		gap.right = seq_run_at(seq, gap.place)->first + gap.place.offset;
	return gap;
}

/* Does what is typed here belong to the insertion made last? */
static bool goes_on(const struct crdt_edit *edit, const struct gap *gap, size_t bytes)
{
	const struct seq *seq = edit->seq;
	if (seq->insertion_count == edit->written || gap->left != seq->element_count - 1)
		return false;
	const struct seq_insertion *last = &seq->insertions[seq->insertion_count - 1];
	size_t most = seq->kind == SEQ_TEXT ? LIMIT_VALUE_BYTES : VALUES_BYTES;
	size_t elements = seq->element_count - last->first; /* at least as many bytes */
	if (last->right != gap->right || seq_is_place(seq, last->first) || elements + bytes > most / 4)
		return false;
	return true;
}

static bool is_content(enum seq_kind kind, struct span content)
{
	if (kind == SEQ_TEXT)
		return crdt_utf8_valid(content);
	struct mpack_in in = mpack_begin(content);
	while (in.at < in.end && !in.error)
		if (mpack_check(mpack_skip(&in)))
			return false;
	return !in.error;
}

int crdt_edit_insert(struct crdt_edit *edit, uint32_t position, struct span content)
{
	struct seq *seq = edit->seq;
	if (content.size > LIMIT_VALUE_BYTES)
		return ERR_TOOBIG;
	if (position > seq->size.elements || content.size == 0 || !is_content(seq->kind, content))
		return ERR_INVALID;
	if (seq->content.size > INT32_MAX - LIMIT_ENTRY_BODY_BYTES)
		return ERR_FULL;
	struct gap gap = gap_at(seq, position);
	if (goes_on(edit, &gap, content.size)) {
		seq_insert_more(seq, gap.place, content);
		return 0;
	}
	struct seq_insertion insertion = {seq->element_count, gap.left, gap.right, edit->by};
	edit->by.index++;
	seq_insert_at(seq, gap.place, &insertion, content);
	return 0;
}

/* Stretches of a text. */
static void delete_stretch(struct crdt_edit *edit, uint32_t position, uint32_t count)
{
	struct seq_by by = {edit->by.stamp, 0};
	while (count > 0) {
		struct seq_place place = seq_tree_position(edit->seq, position);
		const struct seq_run *run = seq_run_at(edit->seq, place);
		uint32_t part = run->length - place.offset;
		part = part < count ? part : count;
		seq_deletion_add(edit->seq, by, run->first + place.offset, part);
		seq_tree_hide(edit->seq, place, part, true);
		count -= part;
	}
}

int crdt_edit_delete(struct crdt_edit *edit, uint32_t position, uint32_t count)
{
	struct seq *seq = edit->seq;
	if (position > seq->size.elements || count > seq->size.elements - position)
		return ERR_INVALID;
	if (seq->kind == SEQ_TEXT) {
		delete_stretch(edit, position, count);
		return 0;
	}
	for (; count > 0; count--)
		seq_delete_elements(
		        seq, (struct seq_by){edit->by.stamp, 0}, seq_shown(seq, seq_at(seq, position)), 1);
	return 0;
}

/* The moves of an element that count are named by its next one, and so do not count any more. */
static void cite_moves(struct crdt_edit *edit, uint32_t element)
{
	struct seq *seq = edit->seq;
	uint32_t count = 0;
	for (uint32_t i = seq->move_count; i > 0; i--) {
		struct edit_cite cite = {seq->insertion_count, seq->moves[i - 1].place};
		if (seq->moves[i - 1].element != element || seq->moves[i - 1].is_taken_back)
			continue;
		seq_take_back(seq, cite.place, element);
		if (count++ >= LIMIT_OP_SUPERSEDES)
			continue; /* the rest stays uncited, and is older */
		edit->cites = mem_room(
		        edit->cites, edit->cite_count, &edit->cite_capacity, sizeof(*edit->cites));
		edit->cites[edit->cite_count++] = cite;
	}
}

int crdt_edit_move(struct crdt_edit *edit, uint32_t from, uint32_t to)
{
	static const uint8_t nil[] = {0xc0};
	struct seq *seq = edit->seq;
	if (seq->kind != SEQ_LIST || from >= seq->size.elements || to >= seq->size.elements)
		return ERR_INVALID;
	if (from == to)
		return 0;
	uint32_t element = seq_shown(seq, seq_at(seq, from));
	/* Behind what will stand before it. */
	uint32_t left = to == 0 ? SEQ_NONE : seq_at(seq, to < from ? to - 1 : to);
	cite_moves(edit, element);
	struct seq_insertion insertion = {seq->element_count, left, seq_after(seq, left), edit->by};
	edit->by.index++;
	seq_insert_at(seq, seq_tree_behind(seq, left), &insertion, span_of(nil, sizeof(nil)));
	seq_move_add(seq, insertion.first, element);
	return 0;
}

/* --- Writing --- */

bool crdt_edit_is_due(const struct crdt_edit *edit)
{
	const struct seq *seq = edit->seq;
	return seq->insertion_count - edit->written + seq->deletion_count - edit->deletions_seen >= DUE_OPS ||
	        seq->content.size - edit->bytes_seen >= DUE_BYTES;
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

static struct op_id op_of(const struct crdt_edit *edit, uint32_t insertion)
{
	if (insertion >= edit->base) {
		const struct doc_op *op = &edit->ops[insertion - edit->base];
		return (struct op_id){edit->feed, op->seq, op->index};
	}
	struct seq_origin origin = seq_origin(edit->seq, edit->seq->insertions[insertion].first);
	return (struct op_id){*crdt_feeds_id(edit->feeds, origin.op.feed), origin.op.seq, origin.op.index};
}

/* NULL: the start or the end. */
static const struct crdt_element *element_of(
        const struct crdt_edit *edit, uint32_t number, struct crdt_element *space)
{
	if (number == SEQ_NONE)
		return NULL;
	uint32_t insertion = seq_insertion_of(edit->seq, number);
	*space = (struct crdt_element){
	        op_of(edit, insertion), number - edit->seq->insertions[insertion].first};
	return space;
}

static void note_op(struct crdt_edit *edit, const struct crdt_builder *builder)
{
	edit->ops = mem_room(edit->ops, edit->op_count, &edit->op_capacity, sizeof(*edit->ops));
	edit->ops[edit->op_count++] = (struct doc_op){0, (uint32_t)builder->seq, builder->op_count};
	edit->written++;
}

static void write_move(struct crdt_edit *edit, struct crdt_builder *builder, const struct seq_insertion *it)
{
	struct crdt_element left, right, element;
	struct op_id cited[LIMIT_OP_SUPERSEDES];
	struct crdt_cites cites = {cited, 0};
	for (; edit->cite_at < edit->cite_count && edit->cites[edit->cite_at].insertion == edit->written;
	        edit->cite_at++)
		cited[cites.count++] = op_of(
		        edit, seq_insertion_of(edit->seq, edit->cites[edit->cite_at].place));
	const struct crdt_element *moved = element_of(edit, seq_shown(edit->seq, it->first), &element);
	note_op(edit, builder);
	crdt_builder_list_move(builder, crdt_path_span(&edit->path), moved, element_of(edit, it->left, &left),
	        element_of(edit, it->right, &right), cites);
}

static void write_values(struct crdt_edit *edit, struct crdt_builder *builder,
        const struct crdt_element *left, const struct crdt_element *right, uint32_t count, struct span values)
{
	struct buf array = {0};
	mpack_put_array(&array, count);
	buf_add_span(&array, values);
	crdt_builder_list_insert(builder, crdt_path_span(&edit->path), left, right, buf_span(&array));
	buf_close(&array);
}

/* The next insertion. False: it needs another change. */
static bool write_insertion(struct crdt_edit *edit, struct crdt_builder *builder, struct room *room)
{
	const struct seq *seq = edit->seq;
	const struct seq_insertion *it = &seq->insertions[edit->written];
	struct crdt_element left, right;
	struct span content = seq_insertion_content(seq, edit->written);
	bool is_text = seq->kind == SEQ_TEXT, is_place = !is_text && seq_is_place(seq, it->first);
	bool is_first = room->nodes == EDIT_NODES; /* what is too large for one change fails there */
	size_t nodes = OP_NODES + edit->path_nodes + (is_text ? 0 : content.size);
	for (uint32_t i = edit->cite_at; is_place && i < edit->cite_count; i++)
		nodes += edit->cites[i].insertion == edit->written ? 3 : 0;
	if (!take_room(room, nodes, content.size) && !is_first)
		return false;
	if (is_first && nodes > EDIT_NODES)
		room->nodes = 0;
	if (is_place) {
		write_move(edit, builder, it);
		return true;
	}
	uint32_t count = seq_inserted_count(seq, edit->written);
	const struct crdt_element *from = element_of(edit, it->left, &left),
	                          *to = element_of(edit, it->right, &right);
	note_op(edit, builder);
	if (is_text)
		crdt_builder_text_insert(builder, crdt_path_span(&edit->path), from, to, content);
	else
		write_values(edit, builder, from, to, count, content);
	return true;
}

static int fragment_cmp(const void *left, const void *right)
{
	const struct seq_fragment *a = left, *b = right;
	return (a->first > b->first) - (a->first < b->first);
}

/* Gather what was deleted since the last time; no element twice, since a deleted one cannot be deleted again. */
static void gather_doomed(struct crdt_edit *edit)
{
	const struct seq *seq = edit->seq;
	uint32_t count = seq->deletion_count - edit->deletions_seen, kept = 0;
	if (edit->doomed_at < edit->doomed_count || count == 0)
		return;
	edit->doomed = mem_resize(edit->doomed, count, sizeof(*edit->doomed));
	for (uint32_t i = 0; i < count; i++) {
		const struct seq_deletion *it = &seq->deletions[edit->deletions_seen + i];
		edit->doomed[i] = (struct seq_fragment){it->first, it->count};
	}
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
	edit->deletions_seen = seq->deletion_count;
	next_stamp(edit); /* so that the next deletion is not taken for part of one that was gathered */
}

/* The next elements to delete that one insertion brought. */
static struct crdt_target next_target(struct crdt_edit *edit)
{
	struct seq_fragment *it = &edit->doomed[edit->doomed_at];
	uint32_t insertion = seq_insertion_of(edit->seq, it->first);
	uint32_t offset = it->first - edit->seq->insertions[insertion].first;
	uint32_t count = seq_inserted_count(edit->seq, insertion) - offset;
	count = count < it->count ? count : it->count;
	it->first += count;
	it->count -= count;
	edit->doomed_at += it->count == 0;
	return (struct crdt_target){{op_of(edit, insertion), offset}, count};
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
	const struct seq *seq = edit->seq;
	struct room room = {EDIT_NODES, EDIT_BYTES};
	uint32_t op_count = builder->op_count;
	if (builder->error)
		return builder->error;
	edit->feed = builder->feed;
	while (edit->written < seq->insertion_count && write_insertion(edit, builder, &room))
		;
	if (edit->written == seq->insertion_count)
		write_deletion(edit, builder, &room);
	edit->bytes_seen = seq->content.size;
	if (builder->error)
		return builder->error;
	if (edit->written < seq->insertion_count || edit->deletions_seen < seq->deletion_count ||
	        edit->doomed_at < edit->doomed_count)
		return CRDT_EDIT_MORE;
	return builder->op_count > op_count ? 0 : ERR_NOTFOUND;
}
