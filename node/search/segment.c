#include "node/search/segment.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/search/segment_write.h"

enum { HEAD_BYTES = 1 + 4 * 4, VERSION = 1, WHEN_AT = 8 /* in a record */ };

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static uint32_t u32_at(const struct search_segment *segment, size_t at)
{
	const uint8_t *bytes = segment->bytes.data + at;
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	        (uint32_t)bytes[3] << 24;
}

struct term {
	struct span text, places;
};

static uint32_t text_end(const struct search_segment *segment, uint32_t term)
{
	return u32_at(segment, segment->terms_at + (size_t)term * SEGMENT_TERM_BYTES);
}

static uint32_t places_end(const struct search_segment *segment, uint32_t term)
{
	return u32_at(segment, segment->terms_at + (size_t)term * SEGMENT_TERM_BYTES + 4);
}

static struct term term_at(const struct search_segment *segment, uint32_t number)
{
	const uint32_t text_from = number ? text_end(segment, number - 1) : 0,
	               places_from = number ? places_end(segment, number - 1) : 0;
	return (struct term){span_of(segment->bytes.data + segment->texts_at + text_from,
	                             text_end(segment, number) - text_from),
	        span_of(segment->bytes.data + segment->places_at + places_from,
	                places_end(segment, number) - places_from)};
}

/* Ends follow one another up to the end, and terms are in order: then every look is within the bytes. */
static bool is_in_order(const struct search_segment *segment, size_t text_bytes, size_t places_bytes)
{
	uint32_t text = 0, places = 0;
	for (uint32_t i = 0; i < segment->term_count; i++) {
		const uint32_t next_text = text_end(segment, i), next_places = places_end(segment, i);
		if (next_text <= text || next_text > text_bytes || next_places <= places ||
		        next_places > places_bytes)
			return false;
		text = next_text;
		places = next_places;
		if (i && span_cmp(term_at(segment, i - 1).text, term_at(segment, i).text) >= 0)
			return false;
	}
	return text == text_bytes && places == places_bytes;
}

int search_segment_open(struct buf *bytes, struct search_segment *out)
{
	struct wire_in in = wire_begin(buf_span(bytes));
	const uint8_t version = wire_u8(&in);
	const uint32_t records = wire_u32(&in), terms = wire_u32(&in), text_bytes = wire_u32(&in),
	               places_bytes = wire_u32(&in);
	*out = (struct search_segment){.bytes = *bytes, .record_count = records, .term_count = terms};
	*bytes = (struct buf){0};
	out->terms_at = HEAD_BYTES + (size_t)records * SEGMENT_RECORD_BYTES;
	out->texts_at = out->terms_at + (size_t)terms * SEGMENT_TERM_BYTES;
	out->places_at = out->texts_at + text_bytes;
	if (!in.error && version == VERSION && records <= SEGMENT_RECORDS &&
	        terms <= LIMIT_STORE_VALUE_BYTES && out->places_at + places_bytes == out->bytes.size &&
	        is_in_order(out, text_bytes, places_bytes))
		return 0;
	search_segment_close(out);
	return ERR_MALFORMED;
}

void search_segment_close(struct search_segment *segment)
{
	buf_wipe(&segment->bytes);
	*segment = (struct search_segment){0};
}

void search_segment_record(const struct search_segment *segment, uint32_t place, struct search_record *out)
{
	const size_t at = HEAD_BYTES + (size_t)place * SEGMENT_RECORD_BYTES;
	struct wire_in in = wire_begin(span_of(segment->bytes.data + at, SEGMENT_RECORD_BYTES));
	out->doc = wire_u32(&in);
	out->seq = wire_u32(&in);
	out->when_s = wire_u32(&in);
	out->feed = wire_u16(&in);
	out->op = wire_u16(&in);
	out->kind = wire_u8(&in);
}

int64_t search_segment_when(const struct search_segment *segment, uint32_t place)
{
	return u32_at(segment, HEAD_BYTES + (size_t)place * SEGMENT_RECORD_BYTES + WHEN_AT);
}

/* ---- Searching --------------------------------------------------------------------------------------------------- */

/* The first term that is not below. */
static uint32_t first_not_below(const struct search_segment *segment, struct span word)
{
	uint32_t low = 0;
	for (uint32_t high = segment->term_count; low < high;) {
		const uint32_t middle = low + (high - low) / 2;
		if (span_cmp(term_at(segment, middle).text, word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void mark_places(struct span places, uint32_t record_count, uint8_t bit, uint8_t *masks)
{
	uint64_t place = 0;
	for (const uint8_t *at = places.data, *end = at + places.size; at < end;) {
		uint32_t delta = 0, shift = 0;
		for (; at < end && (*at & 0x80) && shift < 28; shift += 7)
			delta |= (uint32_t)(*at++ & 0x7f) << shift;
		if (at < end)
			delta |= (uint32_t)(*at++ & 0x7f) << shift;
		place += delta;
		if (place >= record_count)
			return;
		masks[place] |= bit;
	}
}

void search_segment_mark(const struct search_segment *segment, struct span word, uint8_t bit, uint8_t *masks)
{
	for (uint32_t i = first_not_below(segment, word); i < segment->term_count; i++) {
		const struct term term = term_at(segment, i);
		if (!span_eq(span_sub(term.text, 0, word.size), word))
			return;
		mark_places(term.places, segment->record_count, bit, masks);
	}
}

/* ---- Joining ----------------------------------------------------------------------------------------------------- */

/* Places of the second one: the first is counted from the end of the first segment's records. */
static void put_places(struct segment_writer *writer, struct span places, uint32_t offset, uint64_t *last)
{
	struct wire_in in = wire_begin(places);
	uint64_t place = offset;
	while (wire_left(&in) && !in.error) {
		place += wire_varint(&in);
		segment_put_place(writer, (uint32_t)place, last);
	}
}

void search_segment_join(
        const struct search_segment *first, const struct search_segment *second, struct buf *out)
{
	struct segment_writer writer = {0};
	uint32_t i = 0, j = 0;
	while (i < first->term_count || j < second->term_count) {
		const struct term left = i < first->term_count ? term_at(first, i) : (struct term){0},
		                  right = j < second->term_count ? term_at(second, j) : (struct term){0};
		const int order = i == first->term_count ? 1
		        : j == second->term_count        ? -1
		                                         : span_cmp(left.text, right.text);
		uint64_t last = 0;
		if (order <= 0)
			put_places(&writer, left.places, 0, &last);
		if (order >= 0)
			put_places(&writer, right.places, first->record_count, &last);
		segment_end_term(&writer, order <= 0 ? left.text : right.text);
		i += order <= 0;
		j += order >= 0;
	}
	buf_add(&writer.records, first->bytes.data + HEAD_BYTES,
	        (size_t)first->record_count * SEGMENT_RECORD_BYTES);
	buf_add(&writer.records, second->bytes.data + HEAD_BYTES,
	        (size_t)second->record_count * SEGMENT_RECORD_BYTES);
	segment_finish(&writer, out);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

void segment_put_record(struct segment_writer *writer, const struct search_record *record)
{
	struct buf *out = &writer->records;
	const int64_t when = record->when_s;
	wire_put_u32(out, record->doc);
	wire_put_u32(out, (uint32_t)record->seq);
	wire_put_u32(out, when < 0 ? 0 : when > UINT32_MAX ? UINT32_MAX : (uint32_t)when);
	wire_put_u16(out, (uint16_t)record->feed);
	wire_put_u16(out, (uint16_t)record->op);
	wire_put_u8(out, (uint8_t)record->kind);
}

void segment_put_place(struct segment_writer *writer, uint32_t place, uint64_t *last)
{
	wire_put_varint(&writer->places, place - *last);
	*last = place;
}

void segment_end_term(struct segment_writer *writer, struct span text)
{
	buf_add_span(&writer->texts, text);
	wire_put_u32(&writer->terms, (uint32_t)writer->texts.size);
	wire_put_u32(&writer->terms, (uint32_t)writer->places.size);
}

void segment_finish(struct segment_writer *writer, struct buf *out)
{
	wire_put_u8(out, VERSION);
	wire_put_u32(out, (uint32_t)(writer->records.size / SEGMENT_RECORD_BYTES));
	wire_put_u32(out, (uint32_t)(writer->terms.size / SEGMENT_TERM_BYTES));
	wire_put_u32(out, (uint32_t)writer->texts.size);
	wire_put_u32(out, (uint32_t)writer->places.size);
	struct buf *const parts[] = {&writer->records, &writer->terms, &writer->texts, &writer->places};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		buf_add_span(out, buf_span(parts[i]));
		buf_wipe(parts[i]);
	}
}
