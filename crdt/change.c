#include "crdt/change.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static void read_head(struct mpack_in *in, struct crdt_change *change)
{
	uint32_t items = mpack_array(in);
	uint64_t format = mpack_uint(in, UINT64_MAX);
	if (!in->error && items >= 1 && format != CRDT_CHANGE_FORMAT)
		mpack_fail(in, ERR_VERSION);
	if (items != 4)
		mpack_fail(in, ERR_MALFORMED);
	change->doc_kind = (uint32_t)mpack_uint(in, CRDT_DOC_KIND_MAX);
	struct span id = mpack_bin(in);
	change->op_count = mpack_array(in);
	if (change->op_count > LIMIT_CHANGE_OPS)
		mpack_fail(in, ERR_TOOBIG);
	if (change->doc_kind == 0 || id.size != sizeof(change->doc_id.bytes) || change->op_count == 0)
		mpack_fail(in, ERR_MALFORMED);
	if (!in->error)
		memcpy(change->doc_id.bytes, id.data, id.size);
}

int crdt_change_open(struct crdt_change *change, const struct crdt_meta *meta, struct span bytes)
{
	if (meta->seq == 0 || meta->seq > UINT32_MAX)
		return ERR_INVALID;
	if (bytes.size > LIMIT_ENTRY_BODY_BYTES)
		return ERR_TOOBIG;
	int error = mpack_check(bytes);
	if (error)
		return error;
	struct mpack_in in = mpack_begin(bytes);
	*change = (struct crdt_change){.meta = meta, .bytes = bytes};
	read_head(&in, change);
	if (!in.error)
		crdt_op_read(&in, meta, 0, &change->first);
	if (in.error)
		return in.error;
	change->ops = in;
	struct crdt_op op;
	for (uint32_t i = 1; i < change->op_count && !error; i++)
		error = crdt_op_read(&in, meta, i, &op);
	return mpack_end(&in);
}

struct crdt_ops crdt_change_ops(const struct crdt_change *change)
{
	return (struct crdt_ops){change, change->ops, 0};
}

bool crdt_ops_next(struct crdt_ops *ops, struct crdt_op *op)
{
	if (ops->index == ops->change->op_count)
		return false;
	if (ops->index == 0) {
		*op = ops->change->first;
	} else {
		int error = crdt_op_read(&ops->in, ops->change->meta, ops->index, op);
		assert(!error); /* crdt_change_open() read the same bytes */
	}
	ops->index++;
	return true;
}
