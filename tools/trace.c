#include "tools/trace.h"

#include <jansson.h>
#include <zlib.h>

#include "crdt/base/err.h"

enum { TRACE_JSON_BYTES_MAX = 256 * 1024 * 1024, TRACE_AUTHORS_MAX = 64 };

/* --- The flat form: a head, the arrays, the texts --- */

struct head {
	uint32_t author_count, txn_count, parent_count, patch_count, is_concurrent, text_bytes, end_bytes,
	        zero;
};

struct trace trace_of(struct span flat)
{
	const struct head *head = (const struct head *)(const void *)flat.data;
	struct trace trace = {.author_count = head->author_count,
	        .txn_count = head->txn_count,
	        .parent_count = head->parent_count,
	        .patch_count = head->patch_count,
	        .is_concurrent = head->is_concurrent != 0};
	trace.txns = (const struct trace_txn *)(const void *)(head + 1);
	trace.parents = (const uint32_t *)(const void *)(trace.txns + trace.txn_count);
	trace.patches = (const struct trace_patch *)(const void *)(trace.parents + trace.parent_count);
	const uint8_t *text = (const uint8_t *)(trace.patches + trace.patch_count);
	trace.text = span_of(text, head->text_bytes);
	trace.end = span_of(text + head->text_bytes, head->end_bytes);
	return trace;
}

struct span trace_text(const struct trace *trace, const struct trace_patch *patch)
{
	return span_sub(trace->text, patch->text_at, patch->text_bytes);
}

/* --- Reading --- */

static int inflate_file(const char *path, struct buf *out)
{
	gzFile file = gzopen(path, "rb");
	int got = 1;
	if (!file)
		return ERR_NOTFOUND;
	while (got > 0 && out->size < TRACE_JSON_BYTES_MAX) {
		uint8_t *room = buf_extend(out, 1 << 20);
		got = gzread(file, room, 1 << 20);
		out->size -= (1 << 20) - (got > 0 ? (size_t)got : 0);
	}
	gzclose(file);
	return got < 0 ? ERR_MALFORMED : got > 0 ? ERR_TOOBIG : 0;
}

struct reading {
	struct head head;
	struct buf txns, parents, patches, text;
	bool bad;
};

static uint32_t number(struct reading *r, json_t *value)
{
	json_int_t integer = json_integer_value(value);
	r->bad |= !json_is_integer(value) || integer < 0 || integer > INT32_MAX;
	return (uint32_t)integer;
}

static void read_patches(struct reading *r, json_t *patches, struct trace_txn *txn)
{
	size_t count = json_array_size(patches);
	txn->patch_at = r->head.patch_count;
	txn->patch_count = (uint32_t)count;
	r->bad |= !json_is_array(patches);
	for (size_t i = 0; i < count; i++) {
		json_t *it = json_array_get(patches, i), *text = json_array_get(it, 2);
		r->bad |= !json_is_string(text);
		struct trace_patch patch = {number(r, json_array_get(it, 0)),
		        number(r, json_array_get(it, 1)), (uint32_t)r->text.size,
		        (uint32_t)json_string_length(text)};
		buf_add(&r->patches, &patch, sizeof(patch));
		buf_add(&r->text, json_string_value(text), patch.text_bytes);
		r->head.patch_count++;
	}
}

static void read_txn(struct reading *r, json_t *it, uint32_t index)
{
	struct trace_txn txn = {.parent_at = r->head.parent_count};
	json_t *parents = json_object_get(it, "parents");
	if (r->head.is_concurrent) {
		txn.author = number(r, json_object_get(it, "agent"));
		txn.child_count = number(r, json_object_get(it, "numChildren"));
		txn.parent_count = (uint32_t)json_array_size(parents);
		r->bad |= txn.author >= r->head.author_count;
	}
	for (uint32_t i = 0; i < txn.parent_count; i++) {
		uint32_t parent = number(r, json_array_get(parents, i));
		r->bad |= parent >= index;
		buf_add(&r->parents, &parent, sizeof(parent));
	}
	r->head.parent_count += txn.parent_count;
	read_patches(r, json_object_get(it, "patches"), &txn);
	buf_add(&r->txns, &txn, sizeof(txn));
	r->head.txn_count++;
}

static void read_root(struct reading *r, json_t *root, struct span *end)
{
	json_t *txns = json_object_get(root, "txns"), *text = json_object_get(root, "endContent");
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const char *start = json_string_value(json_object_get(root, "startContent"));
	r->head.is_concurrent = kind && strcmp(kind, "concurrent") == 0;
	r->head.author_count = r->head.is_concurrent ? number(r, json_object_get(root, "numAgents")) : 1;
	r->bad |= !json_is_array(txns) || !json_is_string(text) || (start && *start) ||
	        r->head.author_count > TRACE_AUTHORS_MAX;
	for (size_t i = 0; i < json_array_size(txns) && !r->bad; i++)
		read_txn(r, json_array_get(txns, i), (uint32_t)i);
	*end = span_of(json_string_value(text), json_string_length(text));
	r->head.text_bytes = (uint32_t)r->text.size;
	r->head.end_bytes = (uint32_t)end->size;
}

int trace_read(const char *path, struct buf *out)
{
	struct reading r = {.bad = false};
	struct buf file = {0};
	struct span end = {NULL, 0};
	json_error_t where;
	int result = inflate_file(path, &file);
	json_t *root = result
	        ? NULL
	        : json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &where);
	buf_close(&file);
	if (root)
		read_root(&r, root, &end);
	if (!result && (!root || r.bad))
		result = ERR_MALFORMED;
	if (result == 0) {
		buf_add(out, &r.head, sizeof(r.head));
		buf_add_span(out, buf_span(&r.txns));
		buf_add_span(out, buf_span(&r.parents));
		buf_add_span(out, buf_span(&r.patches));
		buf_add_span(out, buf_span(&r.text));
		buf_add_span(out, end);
	}
	json_decref(root);
	buf_close(&r.txns);
	buf_close(&r.parents);
	buf_close(&r.patches);
	buf_close(&r.text);
	return result;
}

/* --- Runs --- */

uint32_t trace_runs(const struct trace *trace, struct trace_txn *runs, uint32_t *parents)
{
	uint32_t *run_of = mem_alloc(trace->txn_count * sizeof(*run_of)), count = 0, parent_at = 0;
	for (uint32_t i = 0; i < trace->txn_count; i++) {
		const struct trace_txn *txn = &trace->txns[i];
		const uint32_t *parent = trace->parents + txn->parent_at;
		const struct trace_txn *before = txn->parent_count == 1 ? &trace->txns[*parent] : NULL;
		if (before && *parent == i - 1 && before->author == txn->author && before->child_count == 1) {
			runs[count - 1].patch_count += txn->patch_count; /* they follow one another */
			run_of[i] = count - 1;
			continue;
		}
		runs[count] = *txn;
		runs[count].parent_at = parent_at;
		for (uint32_t j = 0; j < txn->parent_count; j++)
			parents[parent_at++] = run_of[parent[j]];
		run_of[i] = count++;
	}
	mem_free(run_of);
	return count;
}
