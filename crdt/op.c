#include "crdt/op.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* Where an op is being read: what its refs are judged by. */
struct context {
	struct mpack_in *in;
	const struct crdt_meta *meta;
	uint32_t index; /* of the op in the change */
};

static void bad(struct context *c)
{
	mpack_fail(c->in, ERR_MALFORMED);
}

static void read_ref_numbers(struct mpack_in *in, struct crdt_ref *ref)
{
	ref->feed = (uint32_t)mpack_uint(in, UINT32_MAX);
	ref->seq = mpack_uint(in, UINT32_MAX);
	ref->index = (uint32_t)mpack_uint(in, UINT32_MAX);
}

/* The op cited comes before this one in the causal order that the header vouches for. */
static bool ref_in_past(const struct context *c, const struct crdt_ref *ref)
{
	if (ref->feed > c->meta->dep_count || ref->seq == 0 || ref->index >= LIMIT_CHANGE_OPS)
		return false;
	if (ref->feed > 0)
		return ref->seq <= c->meta->deps[ref->feed - 1].seq;
	return ref->seq < c->meta->seq || (ref->seq == c->meta->seq && ref->index < c->index);
}

static void read_ref(struct context *c, struct crdt_ref *ref)
{
	read_ref_numbers(c->in, ref);
	if (!c->in->error && !ref_in_past(c, ref))
		bad(c);
}

int crdt_ref_cmp(const struct crdt_ref *a, const struct crdt_ref *b)
{
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void read_supersedes(struct context *c, struct crdt_refs *refs)
{
	uint32_t count = mpack_array(c->in);
	if (count % 3 != 0)
		bad(c);
	if (count / 3 > LIMIT_OP_SUPERSEDES)
		mpack_fail(c->in, ERR_TOOBIG);
	*refs = (struct crdt_refs){*c->in, count / 3};
	struct crdt_ref ref = {0}, last;
	for (uint32_t i = 0; i < refs->count && !c->in->error; i++) {
		last = ref;
		read_ref(c, &ref);
		if (i > 0 && crdt_ref_cmp(&last, &ref) >= 0)
			bad(c);
	}
	refs->in.end = c->in->at;
}

static void read_place_rest(struct context *c, struct crdt_place *place)
{
	place->present = true;
	read_ref(c, &place->ref);
	place->offset = (uint32_t)mpack_uint(c->in, LIMIT_VALUE_BYTES);
}

/* An origin: an element, or [] for the start or the end. */
static void read_place(struct context *c, struct crdt_place *place)
{
	uint32_t count = mpack_array(c->in);
	if (count == 4)
		read_place_rest(c, place);
	else if (count != 0)
		bad(c);
}

static bool runs_touch(const struct crdt_run *last, const struct crdt_run *run)
{
	int order = crdt_ref_cmp(&last->ref, &run->ref);
	/* Adjacent runs of one insertion are one run: each set of targets has one encoding. */
	return order > 0 || (order == 0 && run->offset <= last->offset + last->count);
}

static void read_targets(struct context *c, struct crdt_refs *targets)
{
	uint32_t count = mpack_array(c->in);
	if (count % 5 != 0 || count == 0)
		bad(c);
	if (count / 5 > LIMIT_OP_SUPERSEDES)
		mpack_fail(c->in, ERR_TOOBIG);
	*targets = (struct crdt_refs){*c->in, count / 5};
	struct crdt_run run = {0}, last;
	for (uint32_t i = 0; i < targets->count && !c->in->error; i++) {
		last = run;
		read_ref(c, &run.ref);
		run.offset = (uint32_t)mpack_uint(c->in, LIMIT_VALUE_BYTES);
		run.count = (uint32_t)mpack_uint(c->in, LIMIT_VALUE_BYTES);
		if (run.count == 0 || (i > 0 && runs_touch(&last, &run)))
			bad(c);
	}
	targets->in.end = c->in->at;
}

static void read_key(struct context *c, struct crdt_op *op)
{
	struct span bytes;
	switch (mpack_peek(c->in)) {
	case MPACK_UINT:
		mpack_uint(c->in, UINT32_MAX);
		return;
	case MPACK_ARRAY:
		op->path_has_element = true;
		if (mpack_array(c->in) != 4)
			bad(c);
		struct crdt_place place = {0};
		read_place_rest(c, &place);
		return;
	case MPACK_STR:
		bytes = mpack_str(c->in);
		break;
	case MPACK_BIN:
		bytes = mpack_bin(c->in);
		break;
	case MPACK_NIL:
	case MPACK_BOOL:
	case MPACK_NEGATIVE:
	case MPACK_MAP:
	case MPACK_NONE:
	default:
		bad(c);
		return;
	}
	if (bytes.size == 0)
		bad(c);
	if (bytes.size > LIMIT_KEY_BYTES)
		mpack_fail(c->in, ERR_TOOBIG);
}

static void read_path(struct context *c, struct crdt_op *op, uint32_t depth_min)
{
	uint32_t depth = mpack_array(c->in);
	if (depth < depth_min)
		bad(c);
	if (depth > LIMIT_PATH_DEPTH)
		mpack_fail(c->in, ERR_TOOBIG);
	const uint8_t *start = c->in->at;
	for (uint32_t i = 0; i < depth && !c->in->error; i++)
		read_key(c, op);
	op->path = span_of(start, (size_t)(c->in->at - start));
}

static void read_value(struct context *c, struct crdt_op *op)
{
	op->value = mpack_skip(c->in);
	if (op->value.size > LIMIT_VALUE_BYTES)
		mpack_fail(c->in, ERR_TOOBIG);
}

static void read_reason(struct context *c, struct crdt_op *op)
{
	op->reason = mpack_str(c->in);
	if (op->reason.size == 0)
		bad(c);
	if (op->reason.size > CRDT_REASON_BYTES)
		mpack_fail(c->in, ERR_TOOBIG);
}

/* `count` of the op's items are left: nothing, supersedes, or supersedes and a reason. */
static void read_cites(struct context *c, struct crdt_op *op, uint32_t count)
{
	if (count >= 1)
		read_supersedes(c, &op->supersedes);
	if (count == 1 && op->supersedes.count == 0)
		bad(c);
	if (count == 2)
		read_reason(c, op);
}

static void read_removal(struct context *c, struct crdt_op *op, uint32_t count, uint32_t depth_min)
{
	read_path(c, op, depth_min);
	read_cites(c, op, count - 2);
	if (op->supersedes.count == 0)
		bad(c);
}

static void read_event(struct context *c, struct crdt_op *op, uint32_t count)
{
	op->event_kind = (uint32_t)mpack_uint(c->in, CRDT_EVENT_KIND_MAX);
	struct span id = mpack_bin(c->in);
	if (op->event_kind == 0 || id.size != sizeof(op->event_id.bytes))
		bad(c);
	else
		memcpy(op->event_id.bytes, id.data, id.size);
	const uint8_t *start = c->in->at;
	uint32_t field_count = mpack_map(c->in);
	for (uint32_t i = 0; i < field_count && !c->in->error; i++) {
		mpack_uint(c->in, UINT32_MAX);
		mpack_skip(c->in);
	}
	op->value = span_of(start, (size_t)(c->in->at - start));
	if (count == 4)
		return;
	if (mpack_array(c->in) != 3)
		bad(c);
	op->corrects.present = true;
	read_ref(c, &op->corrects.ref);
	read_reason(c, op);
}

static void read_list_insert(struct context *c, struct crdt_op *op)
{
	read_path(c, op, 1);
	read_place(c, &op->left);
	read_place(c, &op->right);
	const uint8_t *start = c->in->at;
	uint32_t value_count = mpack_array(c->in);
	if (value_count == 0)
		bad(c);
	for (uint32_t i = 0; i < value_count && !c->in->error; i++)
		read_value(c, op);
	op->value = span_of(start, (size_t)(c->in->at - start));
}

static void read_text_insert(struct context *c, struct crdt_op *op)
{
	read_path(c, op, 1);
	read_place(c, &op->left);
	read_place(c, &op->right);
	op->value = mpack_str(c->in);
	if (op->value.size == 0)
		bad(c);
	if (op->value.size > LIMIT_VALUE_BYTES)
		mpack_fail(c->in, ERR_TOOBIG);
}

static void read_list_move(struct context *c, struct crdt_op *op, uint32_t count)
{
	read_path(c, op, 1);
	if (mpack_array(c->in) != 4)
		bad(c);
	read_place_rest(c, &op->element);
	read_place(c, &op->left);
	read_place(c, &op->right);
	read_cites(c, op, count - 5);
}

static void read_count(struct context *c, struct crdt_op *op)
{
	read_path(c, op, 1);
	op->delta = mpack_int(c->in);
	if (op->delta == 0)
		bad(c);
	if (op->delta > CRDT_DELTA_MAX || op->delta < -CRDT_DELTA_MAX)
		mpack_fail(c->in, ERR_TOOBIG);
}

/* Does a known kind have this many items, its number included? */
static bool item_count_fits(uint32_t kind, uint32_t count)
{
	switch (kind) {
	case CRDT_OP_SET:
		return count >= 3 && count <= 5;
	case CRDT_OP_ADD:
		return count == 3 || count == 4;
	case CRDT_OP_CLEAR:
	case CRDT_OP_REMOVE:
		return count == 3 || count == 4;
	case CRDT_OP_EVENT:
		return count == 4 || count == 6;
	case CRDT_OP_COUNT:
	case CRDT_OP_LIST_DELETE:
	case CRDT_OP_TEXT_DELETE:
		return count == 3;
	case CRDT_OP_LIST_INSERT:
	case CRDT_OP_TEXT_INSERT:
		return count == 5;
	case CRDT_OP_LIST_MOVE:
		return count == 5 || count == 6;
	default:
		return true;
	}
}

static void read_body(struct context *c, struct crdt_op *op, uint32_t count)
{
	switch (op->kind) {
	case CRDT_OP_SET:
	case CRDT_OP_ADD:
		read_path(c, op, 1);
		read_value(c, op);
		read_cites(c, op, count - 3);
		return;
	case CRDT_OP_CLEAR:
		read_removal(c, op, count, 0);
		return;
	case CRDT_OP_REMOVE:
		read_removal(c, op, count, 1);
		return;
	case CRDT_OP_EVENT:
		read_event(c, op, count);
		return;
	case CRDT_OP_COUNT:
		read_count(c, op);
		return;
	case CRDT_OP_LIST_INSERT:
		read_list_insert(c, op);
		return;
	case CRDT_OP_LIST_MOVE:
		read_list_move(c, op, count);
		return;
	case CRDT_OP_TEXT_INSERT:
		read_text_insert(c, op);
		return;
	case CRDT_OP_LIST_DELETE:
	case CRDT_OP_TEXT_DELETE:
		read_path(c, op, 1);
		read_targets(c, &op->targets);
		return;
	default:
		for (uint32_t i = 1; i < count && !c->in->error; i++)
			mpack_skip(c->in);
	}
}

int crdt_op_read(struct mpack_in *in, const struct crdt_meta *meta, uint32_t index, struct crdt_op *op)
{
	struct context context = {in, meta, index};
	const uint8_t *start = in->at;
	*op = (struct crdt_op){.index = index};
	uint32_t count = mpack_array(in);
	op->kind = count ? (uint32_t)mpack_uint(in, CRDT_OP_KIND_MAX) : 0;
	if (op->kind == 0 || !item_count_fits(op->kind, count))
		bad(&context);
	if (!in->error)
		read_body(&context, op, count);
	op->encoded = span_of(start, (size_t)(in->at - start));
	return in->error;
}

bool crdt_refs_next(struct crdt_refs *refs, struct crdt_ref *ref)
{
	if (refs->count == 0)
		return false;
	refs->count--;
	read_ref_numbers(&refs->in, ref);
	return true;
}

bool crdt_runs_next(struct crdt_refs *targets, struct crdt_run *run)
{
	if (targets->count == 0)
		return false;
	targets->count--;
	read_ref_numbers(&targets->in, &run->ref);
	run->offset = (uint32_t)mpack_uint(&targets->in, UINT32_MAX);
	run->count = (uint32_t)mpack_uint(&targets->in, UINT32_MAX);
	return true;
}

/* Forks are few, and so are these. */
static const struct feed_id *renamed(
        const struct crdt_rename *list, uint32_t count, const struct feed_id *feed, uint64_t seq)
{
	const struct feed_id *meant = feed;
	for (uint32_t i = 0; i < count; i++)
		if (list[i].from <= seq && feed_id_eq(&list[i].written, feed))
			meant = &list[i].meant;
	return meant;
}

const struct feed_id *crdt_ref_feed(const struct crdt_meta *meta, const struct crdt_ref *ref)
{
	assert(ref->feed <= meta->dep_count);
	const struct feed_id *feed = ref->feed ? &meta->deps[ref->feed - 1].feed : &meta->feed;
	if (!meta->names)
		return feed;
	return ref->feed ? renamed(meta->names->others, meta->names->other_count, feed, ref->seq)
	                 : renamed(meta->names->own, meta->names->own_count, feed, ref->seq);
}

struct op_id crdt_ref_op(const struct crdt_meta *meta, const struct crdt_ref *ref)
{
	return (struct op_id){*crdt_ref_feed(meta, ref), ref->seq, ref->index};
}

struct span crdt_op_path(const struct crdt_op *op, const struct crdt_meta *meta, struct crdt_path *space)
{
	if (!op->path_has_element)
		return op->path;
	*space = (struct crdt_path){0};
	struct mpack_in in = mpack_begin(op->path);
	while (in.at < in.end) {
		if (mpack_peek(&in) == MPACK_ARRAY) {
			struct crdt_ref ref;
			mpack_array(&in);
			read_ref_numbers(&in, &ref);
			struct crdt_element element = {
			        crdt_ref_op(meta, &ref), (uint32_t)mpack_uint(&in, UINT32_MAX)};
			crdt_path_element(space, &element);
			continue;
		}
		struct span key = mpack_skip(&in);
		memcpy(space->bytes + space->size, key.data, key.size);
		space->size = (uint16_t)(space->size + key.size);
		space->depth++;
	}
	return crdt_path_span(space);
}
