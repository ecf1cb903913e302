#include "node/search/growing.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/wire.h"
#include "node/search/segment_write.h"

struct term {
	struct buf places; /* each less the one before */
	uint32_t text_at, size; /* in growing.texts */
	uint32_t last; /* place */
};

struct search_growing {
	struct search_record *records;
	uint32_t record_count, record_room;
	struct term *terms;
	uint32_t term_count, term_room;
	uint32_t *table; /* open addressing by keyed hash: term + 1, 0 free */
	uint32_t table_size;
	struct buf texts;
	size_t places_bytes;
	uint8_t hash_key[SEARCH_HASH_KEY_BYTES];
};

_Static_assert(SEARCH_HASH_KEY_BYTES == crypto_shorthash_KEYBYTES, "the hash's key");

struct search_growing *search_growing_new(const uint8_t hash_key[SEARCH_HASH_KEY_BYTES])
{
	struct search_growing *growing = mem_zero(1, sizeof(*growing));
	memcpy(growing->hash_key, hash_key, sizeof(growing->hash_key));
	return growing;
}

static void empty(struct search_growing *growing)
{
	for (uint32_t i = 0; i < growing->term_count; i++)
		buf_wipe(&growing->terms[i].places);
	buf_wipe(&growing->texts);
	growing->record_count = growing->term_count = 0;
	growing->places_bytes = 0;
	if (growing->table)
		memset(growing->table, 0, growing->table_size * sizeof(*growing->table));
}

void search_growing_free(struct search_growing *growing)
{
	if (!growing)
		return;
	empty(growing);
	mem_free(growing->records);
	mem_free(growing->terms);
	mem_free(growing->table);
	mem_free(growing);
}

/* ---- Terms ------------------------------------------------------------------------------------------------------- */

static struct span text_of(const struct search_growing *growing, const struct term *term)
{
	return span_of(growing->texts.data + term->text_at, term->size);
}

static uint32_t *table_place(const struct search_growing *growing, struct span text)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t place;
	crypto_shorthash(hash, text.data, text.size, growing->hash_key);
	memcpy(&place, hash, sizeof(place));
	for (;; place++) {
		uint32_t *entry = &growing->table[place & (growing->table_size - 1)];
		if (*entry == 0 || span_eq(text_of(growing, &growing->terms[*entry - 1]), text))
			return entry;
	}
}

static void table_grow(struct search_growing *growing)
{
	if (growing->table_size >= 2 * (growing->term_count + 1))
		return;
	growing->table_size = growing->table_size ? 2 * growing->table_size : 1024;
	mem_free(growing->table);
	growing->table = mem_zero(growing->table_size, sizeof(*growing->table));
	for (uint32_t i = 0; i < growing->term_count; i++)
		*table_place(growing, text_of(growing, &growing->terms[i])) = i + 1;
}

static struct term *term_of(struct search_growing *growing, struct span text)
{
	table_grow(growing);
	uint32_t *entry = table_place(growing, text);
	if (*entry)
		return &growing->terms[*entry - 1];
	growing->terms = mem_room(
	        growing->terms, growing->term_count, &growing->term_room, sizeof(*growing->terms));
	struct term *term = &growing->terms[growing->term_count++];
	*term = (struct term){
	        .text_at = (uint32_t)growing->texts.size, .size = (uint32_t)text.size, .last = UINT32_MAX};
	buf_add_span(&growing->texts, text);
	*entry = growing->term_count;
	return term;
}

/* ---- Adding ------------------------------------------------------------------------------------------------------ */

void search_growing_record(struct search_growing *growing, const struct search_record *record)
{
	growing->records = mem_room(
	        growing->records, growing->record_count, &growing->record_room, sizeof(*growing->records));
	growing->records[growing->record_count++] = *record;
}

static void add_word(struct search_growing *growing, const struct fold_word *word)
{
	const uint32_t place = growing->record_count - 1;
	struct term *term = term_of(growing, span_of(word->bytes, word->size));
	if (term->last == place)
		return;
	const size_t before = term->places.size;
	wire_put_varint(&term->places, term->last == UINT32_MAX ? place : place - term->last);
	growing->places_bytes += term->places.size - before;
	term->last = place;
}

void search_growing_words(struct search_growing *growing, struct span text)
{
	struct fold_reader reader = {.text = text};
	struct fold_word word;
	while (fold_next(&reader, &word))
		add_word(growing, &word);
}

uint32_t search_growing_count(const struct search_growing *growing)
{
	return growing->record_count;
}

size_t search_growing_bytes(const struct search_growing *growing)
{
	return (size_t)growing->record_count * SEGMENT_RECORD_BYTES +
	        (size_t)growing->term_count * SEGMENT_TERM_BYTES + growing->texts.size +
	        growing->places_bytes;
}

/* ---- Searching --------------------------------------------------------------------------------------------------- */

void search_growing_get(const struct search_growing *growing, uint32_t place, struct search_record *out)
{
	*out = growing->records[place];
}

int64_t search_growing_when(const struct search_growing *growing, uint32_t place)
{
	return growing->records[place].when_s;
}

void search_growing_mark(const struct search_growing *growing, struct span word, uint8_t bit, uint8_t *masks)
{
	for (uint32_t i = 0; i < growing->term_count; i++) {
		const struct term *term = &growing->terms[i];
		const struct span text = text_of(growing, term);
		if (text.size < word.size || memcmp(text.data, word.data, word.size) != 0)
			continue;
		struct wire_in in = wire_begin(buf_span(&term->places));
		uint64_t at = 0;
		while (wire_left(&in)) {
			at += wire_varint(&in);
			masks[at] |= bit;
		}
	}
}

/* ---- Freezing ---------------------------------------------------------------------------------------------------- */

struct sorted {
	struct span text;
	const struct term *term;
};

static int by_text(const void *a, const void *b)
{
	return span_cmp(((const struct sorted *)a)->text, ((const struct sorted *)b)->text);
}

void search_growing_freeze(struct search_growing *growing, struct buf *out)
{
	struct segment_writer writer = {0};
	struct sorted *sorted = mem_zero(growing->term_count + 1, sizeof(*sorted));
	for (uint32_t i = 0; i < growing->term_count; i++)
		sorted[i] = (struct sorted){text_of(growing, &growing->terms[i]), &growing->terms[i]};
	qsort(sorted, growing->term_count, sizeof(*sorted), by_text);
	for (uint32_t i = 0; i < growing->record_count; i++)
		segment_put_record(&writer, &growing->records[i]);
	for (uint32_t i = 0; i < growing->term_count; i++) {
		buf_add_span(&writer.places, buf_span(&sorted[i].term->places));
		segment_end_term(&writer, sorted[i].text);
	}
	segment_finish(&writer, out);
	mem_free(sorted);
	empty(growing);
}
