/*
 * The bodies of an early copy (node/keyring/README.md, section 7): values of one field of one kind of event stand side by side, which packs better
 * than one event behind the other.
 */
#include "node/early_bodies.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/mpack.h"

enum { BODIES_VERSION = 2, KEY_MAX = UINT16_MAX, PLACE_BYTES_MIN = 2 };

/* A field of a body. In the order of bodies and of their fields, or that of the bytes: by kind of event, key, body. */
struct value {
	uint32_t kind, key, body, at; /* at: in the first order */
	struct span bytes;
};

struct values {
	struct value *items;
	uint32_t count, room;
	uint32_t *field_counts; /* of each body; WHOLE: it is no map of small keys, and stands as it is */
};

enum { WHOLE = INT32_MAX }; /* more than there are bytes */

static void close(struct values *values)
{
	mem_free(values->items);
	mem_free(values->field_counts);
}

static void add(struct values *values, uint32_t kind, uint32_t key, uint32_t body, struct span bytes)
{
	values->items = mem_room(values->items, values->count, &values->room, sizeof(*values->items));
	values->items[values->count] = (struct value){kind, key, body, values->count, bytes};
	values->count++;
}

static int by_column(const void *a, const void *b)
{
	const struct value *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int by_body(const void *a, const void *b)
{
	const struct value *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static void sort(struct values *values, int (*compare)(const void *, const void *))
{
	if (values->count)
		qsort(values->items, values->count, sizeof(*values->items), compare);
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static void split(struct values *values, const struct early_body *body, uint32_t number)
{
	const uint32_t before = values->count;
	struct mpack_in in = mpack_begin(body->fields);
	const bool is_map = mpack_check(body->fields) == 0 && mpack_peek(&in) == MPACK_MAP;
	const uint32_t count = is_map ? mpack_map(&in) : 0;
	bool is_plain = is_map;
	for (uint32_t i = 0; i < count && is_plain; i++) {
		is_plain = mpack_peek(&in) == MPACK_UINT;
		const uint64_t key = is_plain ? mpack_uint(&in, UINT64_MAX) : 0;
		is_plain &= key <= KEY_MAX;
		add(values, body->kind, (uint32_t)key, number, is_plain ? mpack_skip(&in) : (struct span){0});
	}
	values->field_counts[number] = is_plain ? count : WHOLE;
	if (!is_plain)
		values->count = before;
}

static void put_shapes(struct buf *out, const struct values *values, uint32_t count)
{
	uint32_t at = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t fields = values->field_counts[i];
		wire_put_varint(out, fields == WHOLE ? 0 : (uint64_t)fields + 1);
		for (uint32_t j = 0; fields != WHOLE && j < fields; j++)
			wire_put_varint(out, values->items[at++].key);
	}
}

void early_put_bodies(
        struct buf *out, const struct early_body *bodies, const uint32_t *places, uint32_t count)
{
	struct values values = {.field_counts = mem_zero(count, sizeof(uint32_t))};
	wire_put_u8(out, BODIES_VERSION);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		wire_put_varint(out, places[i] - (i ? places[i - 1] + 1 : 0));
		split(&values, &bodies[i], i);
	}
	put_shapes(out, &values, count);
	sort(&values, by_column);
	for (uint32_t i = 0; i < values.count; i++)
		buf_add_span(out, values.items[i].bytes);
	for (uint32_t i = 0; i < count; i++)
		if (values.field_counts[i] == WHOLE)
			wire_put_blob(out, bodies[i].fields);
	for (uint32_t i = 0; i < count; i++)
		if (bodies[i].is_correction)
			wire_put_blob(out, bodies[i].reason);
	close(&values);
}

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

/* The events that the bodies are of: each place is that of the next one less the one before. */
static int read_places(
        struct wire_in *in, const struct crdt_doc *doc, struct early_body *bodies, uint32_t count)
{
	uint32_t cursor = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t skipped = wire_varint(in);
		struct crdt_event event;
		bool found = in->error == 0;
		for (uint64_t n = 0; found && n <= skipped; n++)
			found = crdt_doc_event(doc, 0, &cursor, &event);
		if (!found)
			return in->error ? in->error : ERR_MALFORMED;
		bodies[i] = (struct early_body){.op = event.op,
		        .kind = event.kind,
		        .id = event.id,
		        .hlc = event.hlc,
		        .is_correction = event.is_correction,
		        .corrects = event.corrects};
	}
	return 0;
}

static void read_shapes(
        struct wire_in *in, struct values *values, const struct early_body *bodies, uint32_t count)
{
	for (uint32_t i = 0; i < count && !in->error; i++) {
		const uint64_t shape = wire_varint(in);
		if (shape > wire_left(in) + 1) /* a key takes a byte */
			wire_fail(in, ERR_TRUNCATED);
		values->field_counts[i] = shape ? (uint32_t)shape - 1 : WHOLE;
		for (uint64_t j = 1; j < shape && !in->error; j++) {
			const uint64_t key = wire_varint(in);
			if (key > KEY_MAX)
				wire_fail(in, ERR_MALFORMED);
			add(values, bodies[i].kind, (uint32_t)key, i, (struct span){0});
		}
	}
}

static void read_values(struct wire_in *in, struct values *values)
{
	struct mpack_in rest = mpack_begin(span_of(in->at, wire_left(in)));
	sort(values, by_column);
	for (uint32_t i = 0; i < values->count; i++)
		values->items[i].bytes = mpack_skip(&rest);
	if (rest.error)
		wire_fail(in, ERR_MALFORMED);
	else if (!in->error)
		in->at = rest.at;
	sort(values, by_body);
}

/* The fields of each body as its event carries them, one behind the other in `out`; their sizes. */
static void join(
        struct wire_in *in, const struct values *values, uint32_t count, struct buf *out, size_t *sizes)
{
	uint32_t at = 0;
	for (uint32_t i = 0; i < count && !in->error; i++) {
		const size_t before = out->size;
		const uint32_t fields = values->field_counts[i];
		if (fields == WHOLE)
			buf_add_span(out, wire_blob(in, LIMIT_VALUE_BYTES));
		else
			mpack_put_map(out, fields);
		for (uint32_t j = 0; fields != WHOLE && j < fields; j++, at++) {
			mpack_put_uint(out, values->items[at].key);
			buf_add_span(out, values->items[at].bytes);
		}
		sizes[i] = out->size - before;
	}
}

/* A map of fields that an event may carry. */
static bool is_body(struct span fields)
{
	struct mpack_in in = mpack_begin(fields);
	return fields.size <= LIMIT_VALUE_BYTES && mpack_peek(&in) == MPACK_MAP && mpack_check(fields) == 0;
}

static int read_all(struct wire_in *in, const struct crdt_doc *doc, struct early_bodies *out, size_t *sizes)
{
	struct values values = {.field_counts = mem_zero(out->count, sizeof(uint32_t))};
	int result = read_places(in, doc, out->items, out->count);
	if (result == 0) {
		read_shapes(in, &values, out->items, out->count);
		read_values(in, &values);
		join(in, &values, out->count, &out->fields, sizes);
		result = in->error;
	}
	for (uint32_t i = 0, at = 0; result == 0 && i < out->count; i++) {
		struct early_body *body = &out->items[i];
		body->fields = span_sub(buf_span(&out->fields), at, sizes[i]);
		at += (uint32_t)sizes[i];
		if (!is_body(body->fields))
			result = ERR_MALFORMED;
		if (body->is_correction)
			body->reason = wire_blob(in, LIMIT_VALUE_BYTES);
	}
	close(&values);
	return result ? result : wire_end(in);
}

int early_bodies_read(const struct crdt_doc *doc, struct span bytes, struct early_bodies *out)
{
	struct wire_in in = wire_begin(bytes);
	const uint8_t version = wire_u8(&in);
	*out = (struct early_bodies){0};
	if (!in.error && version != BODIES_VERSION)
		return ERR_VERSION;
	const uint32_t count = wire_count(&in, LIMIT_EARLY_EVENTS, PLACE_BYTES_MIN);
	if (in.error)
		return in.error;
	size_t *sizes = mem_zero(count, sizeof(*sizes));
	out->items = mem_zero(count, sizeof(*out->items));
	out->count = count;
	const int result = read_all(&in, doc, out, sizes);
	mem_free(sizes);
	return result;
}

void early_bodies_close(struct early_bodies *bodies)
{
	mem_free(bodies->items);
	buf_wipe(&bodies->fields);
	*bodies = (struct early_bodies){0};
}
