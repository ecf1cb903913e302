#include "crdt/builder.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/builder_order.h"

void crdt_builder_begin(struct crdt_builder *builder, const struct entry_ref *own, uint32_t doc_kind,
        struct record_id doc_id, const struct entry_ref *deps, uint32_t dep_count)
{
	*builder = (struct crdt_builder){0};
	crdt_builder_again(builder, own, doc_kind, doc_id, deps, dep_count);
}

void crdt_builder_again(struct crdt_builder *builder, const struct entry_ref *own, uint32_t doc_kind,
        struct record_id doc_id, const struct entry_ref *deps, uint32_t dep_count)
{
	if (dep_count > builder->dep_capacity) {
		builder->deps = mem_resize(builder->deps, dep_count, sizeof(*deps));
		builder->dep_capacity = dep_count;
	}
	if (dep_count)
		memcpy(builder->deps, deps, dep_count * sizeof(*deps));
	builder->dep_count = dep_count;
	builder->feed = own->feed;
	builder->seq = own->seq;
	builder->doc_kind = doc_kind;
	builder->doc_id = doc_id;
	builder->op_count = 0;
	builder->error = 0;
	buf_clear(&builder->ops);
	buf_clear(&builder->kept);
}

void crdt_builder_close(struct crdt_builder *builder)
{
	mem_free(builder->deps);
	mem_free(builder->written);
	buf_close(&builder->ops);
	buf_close(&builder->kept);
	*builder = (struct crdt_builder){0};
}

static void fail(struct crdt_builder *builder, int error)
{
	if (!builder->error)
		builder->error = error;
}

/* The number of a feed in this change; the entry then depends on it at least up to `seq`. */
static uint32_t feed_number(struct crdt_builder *builder, const struct feed_id *feed, uint64_t seq)
{
	if (feed_id_eq(feed, &builder->feed))
		return 0;
	for (uint32_t i = 0; i < builder->dep_count; i++) {
		struct entry_ref *dep = &builder->deps[i];
		if (!feed_id_eq(&dep->feed, feed))
			continue;
		if (dep->seq < seq)
			dep->seq = seq;
		return i + 1;
	}
	if (builder->dep_count == LIMIT_ENTRY_DEPS) {
		fail(builder, ERR_FULL);
		return 0;
	}
	if (builder->dep_count == builder->dep_capacity) {
		builder->dep_capacity = builder->dep_capacity ? 2 * builder->dep_capacity : 4;
		builder->deps = mem_resize(builder->deps, builder->dep_capacity, sizeof(*builder->deps));
	}
	builder->deps[builder->dep_count++] = (struct entry_ref){*feed, seq};
	return builder->dep_count;
}

static struct crdt_ref ref_of(struct crdt_builder *builder, const struct op_id *op)
{
	return (struct crdt_ref){op->seq, feed_number(builder, &op->feed, op->seq), op->index};
}

static void put_ref(struct buf *out, const struct crdt_ref *ref)
{
	mpack_put_uint(out, ref->feed);
	mpack_put_uint(out, ref->seq);
	mpack_put_uint(out, ref->index);
}

static void put_element(struct crdt_builder *builder, const struct crdt_element *element)
{
	struct buf *out = &builder->ops;
	if (!element) {
		mpack_put_array(out, 0);
		return;
	}
	struct crdt_ref ref = ref_of(builder, &element->op);
	mpack_put_array(out, 4);
	put_ref(out, &ref);
	mpack_put_uint(out, element->offset);
}

_Static_assert(LIMIT_PATH_DEPTH < 16, "a path's length is in the first byte of its array");

static void put_path(struct crdt_builder *builder, struct span path)
{
	struct crdt_key key;
	size_t head = builder->ops.size;
	mpack_put_array(
	        &builder->ops, 0); /* one byte also for LIMIT_PATH_DEPTH keys, which are counted into it */
	for (; crdt_path_next(&path, &key); builder->ops.data[head]++) {
		if (key.type == CRDT_KEY_ELEMENT)
			put_element(builder, &key.element);
		else
			buf_add_span(&builder->ops, key.encoded);
	}
}

static int by_ref(const void *left, const void *right)
{
	return crdt_ref_cmp(left, right);
}

static void put_cites(struct crdt_builder *builder, struct crdt_cites cites)
{
	if (cites.count > LIMIT_OP_SUPERSEDES) {
		fail(builder, ERR_TOOBIG);
		return;
	}
	struct crdt_ref refs[LIMIT_OP_SUPERSEDES];
	uint32_t count = 0;
	for (uint32_t i = 0; i < cites.count; i++)
		refs[i] = ref_of(builder, &cites.ops[i]);
	if (cites.count > 1)
		qsort(refs, cites.count, sizeof(*refs), by_ref);
	for (uint32_t i = 0; i < cites.count; i++)
		if (count == 0 || crdt_ref_cmp(&refs[count - 1], &refs[i]) != 0)
			refs[count++] = refs[i];
	mpack_put_array(&builder->ops, 3 * count);
	for (uint32_t i = 0; i < count; i++)
		put_ref(&builder->ops, &refs[i]);
}

/* Open an op of `item_count` items and remember it for those after it. */
static void begin_op(
        struct crdt_builder *builder, uint32_t kind, uint32_t item_count, struct span path, struct span value)
{
	if (builder->op_count == LIMIT_CHANGE_OPS) {
		fail(builder, ERR_FULL);
		return;
	}
	if (builder->op_count == builder->written_capacity) {
		builder->written_capacity = builder->written_capacity ? 2 * builder->written_capacity : 4;
		builder->written = mem_resize(
		        builder->written, builder->written_capacity, sizeof(*builder->written));
	}
	uint32_t path_at = (uint32_t)builder->kept.size;
	buf_add_span(&builder->kept, path);
	uint32_t value_at = (uint32_t)builder->kept.size;
	buf_add_span(&builder->kept, value);
	builder->written[builder->op_count++] = (struct crdt_builder_op){
	        kind, false, path_at, (uint32_t)path.size, value_at, (uint32_t)value.size};
	mpack_put_array(&builder->ops, item_count);
	mpack_put_uint(&builder->ops, kind);
}

/* An op with this path is wanted. A path from the caller is checked here, since the keys are read below. */
static bool may_write(struct crdt_builder *builder, struct span path)
{
	if (!builder->error && crdt_path_check(path))
		fail(builder, ERR_INVALID);
	return !builder->error;
}

static void put_cites_and_reason(struct crdt_builder *builder, struct crdt_cites cites, struct span reason)
{
	if (cites.count || reason.size)
		put_cites(builder, cites);
	if (reason.size)
		mpack_put_str(&builder->ops, reason);
}

static uint32_t optional_items(struct crdt_cites cites, struct span reason)
{
	return reason.size ? 2 : cites.count ? 1 : 0;
}

void crdt_builder_set(struct crdt_builder *builder, struct span path, struct span value,
        struct crdt_cites cites, struct span reason)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_SET, 3 + optional_items(cites, reason), path, value);
	put_path(builder, path);
	buf_add_span(&builder->ops, value);
	put_cites_and_reason(builder, cites, reason);
}

static void put_removal(struct crdt_builder *builder, uint32_t kind, struct span path,
        struct crdt_cites cites, struct span reason)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, kind, 2 + optional_items(cites, reason), path, (struct span){NULL, 0});
	put_path(builder, path);
	put_cites_and_reason(builder, cites, reason);
}

void crdt_builder_clear(
        struct crdt_builder *builder, struct span path, struct crdt_cites cites, struct span reason)
{
	put_removal(builder, CRDT_OP_CLEAR, path, cites, reason);
}

void crdt_builder_remove(
        struct crdt_builder *builder, struct span path, struct crdt_cites cites, struct span reason)
{
	put_removal(builder, CRDT_OP_REMOVE, path, cites, reason);
}

void crdt_builder_add(
        struct crdt_builder *builder, struct span path, struct span element, struct crdt_cites cites)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_ADD, cites.count ? 4 : 3, path, element);
	put_path(builder, path);
	buf_add_span(&builder->ops, element);
	put_cites_and_reason(builder, cites, (struct span){NULL, 0});
}

void crdt_builder_event(struct crdt_builder *builder, uint32_t kind, struct record_id id, struct span fields,
        const struct op_id *corrects, struct span reason)
{
	struct span none = {NULL, 0};
	if (!corrects != !reason.size)
		fail(builder, ERR_INVALID);
	if (!may_write(builder, none))
		return;
	begin_op(builder, CRDT_OP_EVENT, corrects ? 6 : 4, none, none);
	mpack_put_uint(&builder->ops, kind);
	mpack_put_bin(&builder->ops, span_of(id.bytes, sizeof(id.bytes)));
	buf_add_span(&builder->ops, fields);
	if (corrects)
		put_cites_and_reason(builder, (struct crdt_cites){corrects, 1}, reason);
}

void crdt_builder_count(struct crdt_builder *builder, struct span path, int64_t delta)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_COUNT, 3, path, (struct span){NULL, 0});
	put_path(builder, path);
	mpack_put_int(&builder->ops, delta);
}

void crdt_builder_list_insert(struct crdt_builder *builder, struct span path, const struct crdt_element *left,
        const struct crdt_element *right, struct span values)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_LIST_INSERT, 5, path, (struct span){NULL, 0});
	put_path(builder, path);
	put_element(builder, left);
	put_element(builder, right);
	buf_add_span(&builder->ops, values);
}

void crdt_builder_list_move(struct crdt_builder *builder, struct span path,
        const struct crdt_element *element, const struct crdt_element *left, const struct crdt_element *right,
        struct crdt_cites cites)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_LIST_MOVE, cites.count ? 6 : 5, path, (struct span){NULL, 0});
	put_path(builder, path);
	put_element(builder, element);
	put_element(builder, left);
	put_element(builder, right);
	put_cites_and_reason(builder, cites, (struct span){NULL, 0});
}

void crdt_builder_text_insert(struct crdt_builder *builder, struct span path, const struct crdt_element *left,
        const struct crdt_element *right, struct span text)
{
	if (!may_write(builder, path))
		return;
	begin_op(builder, CRDT_OP_TEXT_INSERT, 5, path, (struct span){NULL, 0});
	put_path(builder, path);
	put_element(builder, left);
	put_element(builder, right);
	mpack_put_str(&builder->ops, text);
}

static int run_cmp(const void *left, const void *right)
{
	const struct crdt_run *a = left, *b = right;
	int order = crdt_ref_cmp(&a->ref, &b->ref);
	return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* Sort the runs and join those that touch, so that one set of targets has one encoding. */
static uint32_t join_runs(struct crdt_run *runs, uint32_t count)
{
	uint32_t kept = 0;
	qsort(runs, count, sizeof(*runs), run_cmp);
	for (uint32_t i = 0; i < count; i++) {
		struct crdt_run *last = &runs[kept ? kept - 1 : 0];
		uint64_t end = (uint64_t)last->offset + last->count;
		if (kept == 0 || crdt_ref_cmp(&last->ref, &runs[i].ref) != 0 || runs[i].offset > end) {
			runs[kept++] = runs[i];
			continue;
		}
		uint64_t end_new = (uint64_t)runs[i].offset + runs[i].count;
		last->count = (uint32_t)((end_new > end ? end_new : end) - last->offset);
	}
	return kept;
}

static void put_deletion(struct crdt_builder *builder, uint32_t kind, struct span path,
        const struct crdt_target *targets, uint32_t count)
{
	if (count == 0 || count > LIMIT_OP_SUPERSEDES)
		fail(builder, count ? ERR_TOOBIG : ERR_INVALID);
	if (!may_write(builder, path))
		return;
	begin_op(builder, kind, 3, path, (struct span){NULL, 0});
	put_path(builder, path);
	struct crdt_run *runs = mem_alloc(count * sizeof(*runs));
	for (uint32_t i = 0; i < count; i++)
		runs[i] = (struct crdt_run){
		        ref_of(builder, &targets[i].first.op), targets[i].first.offset, targets[i].count};
	count = join_runs(runs, count);
	mpack_put_array(&builder->ops, 5 * count);
	for (uint32_t i = 0; i < count; i++) {
		put_ref(&builder->ops, &runs[i].ref);
		mpack_put_uint(&builder->ops, runs[i].offset);
		mpack_put_uint(&builder->ops, runs[i].count);
	}
	mem_free(runs);
}

void crdt_builder_list_delete(
        struct crdt_builder *builder, struct span path, const struct crdt_target *targets, uint32_t count)
{
	put_deletion(builder, CRDT_OP_LIST_DELETE, path, targets, count);
}

void crdt_builder_text_delete(
        struct crdt_builder *builder, struct span path, const struct crdt_target *targets, uint32_t count)
{
	put_deletion(builder, CRDT_OP_TEXT_DELETE, path, targets, count);
}

/* Append the change and open it as a receiver would. */
static int put_change(const struct crdt_builder *builder, const struct crdt_meta *meta, struct buf *out,
        struct crdt_change *change)
{
	size_t start = out->size;
	mpack_put_array(out, 4);
	mpack_put_uint(out, CRDT_CHANGE_FORMAT);
	mpack_put_uint(out, builder->doc_kind);
	mpack_put_bin(out, span_of(builder->doc_id.bytes, sizeof(builder->doc_id.bytes)));
	mpack_put_array(out, builder->op_count);
	buf_add_span(out, buf_span(&builder->ops));
	int error = crdt_change_open(change, meta, span_sub(buf_span(out), start, out->size));
	return !error && change->op_count != builder->op_count ? ERR_INTERNAL : error;
}

static struct crdt_meta meta_of(const struct crdt_builder *builder)
{
	return (struct crdt_meta){.feed = builder->feed,
	        .seq = builder->seq,
	        .deps = builder->deps,
	        .dep_count = builder->dep_count};
}

int crdt_builder_finish_open(struct crdt_builder *builder, struct buf *out, struct crdt_change *change)
{
	size_t start = out->size;
	if (builder->error)
		return builder->error;
	if (builder->op_count == 0)
		return ERR_INVALID;
	struct crdt_meta meta = meta_of(builder);
	int error = put_change(builder, &meta, out, change);
	if (!error && !crdt_builder_ordered(builder)) {
		crdt_builder_order(builder, change);
		out->size = start;
		meta = meta_of(builder);
		error = builder->error ? builder->error : put_change(builder, &meta, out, change);
	}
	change->meta = NULL; /* ours ends here; the caller has the entry's */
	if (!error)
		return 0;
	out->size = start;
	return error == ERR_MALFORMED || error == ERR_TRUNCATED ? ERR_INVALID : error;
}

int crdt_builder_finish(struct crdt_builder *builder, struct buf *out)
{
	struct crdt_change change;
	return crdt_builder_finish_open(builder, out, &change);
}
