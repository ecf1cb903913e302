#include "node/indicators/published.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { PUBLISHED_FORMAT = 1, ENTRY_WIRE_BYTES_MIN = 8 };

void published_put(const struct published *published, struct buf *out)
{
	wire_put_u8(out, PUBLISHED_FORMAT);
	wire_put_varint(out, published->source_count);
	for (uint32_t i = 0; i < published->source_count; i++)
		buf_add(out, published->sources[i], PUBLISHED_SOURCE_BYTES);
	wire_put_varint(out, published->entry_count);
	for (uint32_t i = 0; i < published->entry_count; i++) {
		const struct published_entry *entry = &published->entries[i];
		wire_put_varint(out, entry->number);
		wire_put_varint(out, entry->version);
		wire_put_u8(out, (uint8_t)entry->scheme);
		wire_put_varint(out, entry->key);
		wire_put_u8(out, (uint8_t)entry->level);
		wire_put_varint(out, entry->source);
		wire_put_u8(out, (uint8_t)entry->cell_count);
		for (uint32_t j = 0; j < entry->cell_count; j++) {
			wire_put_zigzag(out, entry->cells[j].numerator);
			wire_put_zigzag(out, entry->cells[j].denominator);
		}
	}
}

int published_entry_cmp(const void *a, const void *b)
{
	const struct published_entry *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->scheme != y->scheme)
		return x->scheme < y->scheme ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static uint32_t get_u32(struct wire_in *in, uint32_t max)
{
	const uint64_t value = wire_varint(in);
	if (value > max)
		wire_fail(in, ERR_TOOBIG);
	return in->error ? 0 : (uint32_t)value;
}

static void get_entry(struct wire_in *in, uint32_t source_count, struct published_entry *out)
{
	out->number = get_u32(in, UINT16_MAX);
	out->version = get_u32(in, UINT16_MAX);
	const uint8_t scheme = wire_u8(in);
	out->key = get_u32(in, UINT16_MAX);
	out->level = wire_u8(in);
	out->source = get_u32(in, UINT16_MAX);
	out->cell_count = wire_u8(in);
	if (scheme > STRATA_PROBLEM || out->cell_count > STRATA_GROUPS_MAX || out->source >= source_count) {
		wire_fail(in, ERR_MALFORMED);
		out->cell_count = 0;
		return;
	}
	out->scheme = (enum strata_scheme)scheme;
	for (uint32_t j = 0; j < out->cell_count; j++) {
		out->cells[j].numerator = wire_zigzag(in);
		out->cells[j].denominator = wire_zigzag(in);
	}
}

int published_get(struct span bytes, struct arena *arena, struct published *out)
{
	struct wire_in in = wire_begin(bytes);
	*out = (struct published){0};
	if (wire_u8(&in) != PUBLISHED_FORMAT)
		wire_fail(&in, ERR_VERSION);
	out->source_count = wire_count(&in, PUBLISHED_SOURCES_MAX, PUBLISHED_SOURCE_BYTES);
	out->sources = arena_zero(arena, out->source_count + 1, sizeof(*out->sources));
	for (uint32_t i = 0; i < out->source_count; i++)
		wire_raw(&in, out->sources[i], PUBLISHED_SOURCE_BYTES);
	out->entry_count = wire_count(&in, PUBLISHED_ENTRIES_MAX, ENTRY_WIRE_BYTES_MIN - 1);
	out->entries = arena_zero(arena, out->entry_count + 1, sizeof(*out->entries));
	for (uint32_t i = 0; i < out->entry_count; i++) {
		get_entry(&in, out->source_count, &out->entries[i]);
		if (i && published_entry_cmp(&out->entries[i - 1], &out->entries[i]) >= 0)
			wire_fail(&in, ERR_MALFORMED);
	}
	const int result = wire_end(&in);
	if (result)
		*out = (struct published){0};
	return result;
}

const struct published_entry *published_find(
        const struct published *published, uint32_t number, enum strata_scheme scheme, uint32_t key)
{
	for (uint32_t i = 0; i < published->entry_count; i++) {
		const struct published_entry *entry = &published->entries[i];
		if (entry->number == number && entry->scheme == scheme && entry->key == key)
			return entry;
	}
	return NULL;
}
