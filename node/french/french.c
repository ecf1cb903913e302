#include "node/french/french.h"

#include <string.h>

#include "crdt/base/mem.h"
#include "node/french/words.h"
#include "node/refusals.h"

enum {
	PLACES_MAX = 4, /* of a format; the longest has two */
	DEPTH_MAX = 3, /* a sentence within a sentence within "Form 3: ..." */
};

static const struct french_row *const TABLES[] = {FRENCH_ERRORS, FRENCH_DEVICE, FRENCH_TEAM, FRENCH_PATIENT,
        FRENCH_ROUND, FRENCH_BILLING, FRENCH_EXCHANGE};

/* What stood at the places of a format. */
struct places {
	struct span texts[PLACES_MAX];
	unsigned count;
};

/* ---- Formats ---- */

/* The bytes of the place that `text` begins with, as "%s", "%.60s", "%llu"; 0: it begins with none. */
static size_t place_size(const char *text)
{
	if (*text != '%')
		return 0;
	const size_t before = 1 + strspn(text + 1, ".0123456789lz");
	return text[before] && strchr("sdu", text[before]) ? before + 1 : 0;
}

/* The bytes before the next place, or the end. */
static size_t literal_size(const char *text)
{
	size_t size = 0;
	while (text[size] && !place_size(text + size))
		size++;
	return size;
}

static bool may_stand(const char *place, struct span text)
{
	if (place[place_size(place) - 1] == 's')
		return true;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.size > 0;
}

/* Was `said` made with `format`? Each place takes as little as it can. */
static bool was_made_with(const char *format, const char *said, struct places *places)
{
	size_t size = literal_size(format);
	places->count = 0;
	if (strncmp(format, said, size) != 0)
		return false;
	for (format += size, said += size; *format;) {
		const char *place = format;
		format += place_size(format);
		size = literal_size(format);
		const char *end = said;
		while (*end && (strncmp(end, format, size) != 0 || (!format[size] && end[size])))
			end++;
		if (strncmp(end, format, size) != 0 || places->count == PLACES_MAX)
			return false;
		const struct span text = span_of(said, (size_t)(end - said));
		if (!may_stand(place, text))
			return false;
		places->texts[places->count++] = text;
		format += size;
		said = end + size;
	}
	return *said == '\0';
}

/* How much of a format is its own words: of two that fit, the one with more is meant. */
static size_t words_size(const char *format)
{
	size_t all = 0;
	for (size_t size; *format; format += size + place_size(format + size))
		all += size = literal_size(format);
	return all;
}

/* ---- Looking up ---- */

/* NULL: none. places->count is 0 where it is no format. */
static const char *find(const char *english, struct places *places)
{
	const char *best = NULL;
	size_t best_size = 0;
	*places = (struct places){.count = 0};
	for (size_t t = 0; t < sizeof(TABLES) / sizeof(*TABLES); t++) {
		for (const struct french_row *row = TABLES[t]; row->en; row++) {
			struct places here;
			const size_t size = words_size(row->en);
			if (size < best_size || !was_made_with(row->en, english, &here))
				continue;
			best = row->fr;
			best_size = size;
			*places = here;
		}
	}
	for (unsigned reason = 0; !best && reason < TEAM_REASON_COUNT; reason++)
		if (strcmp(english, team_reason_sentence((enum team_reason)reason)) == 0)
			best = refusals_why((enum team_reason)reason).fr;
	return best;
}

static bool ends_a_sentence(struct span text)
{
	return text.size > 0 && strchr(".?", text.data[text.size - 1]);
}

static bool translate(const char *english, unsigned depth, struct buf *out);

/* What stands in a place is a name, a number, a path; or a sentence, which then has to have its own French. */
static bool fill(struct span text, unsigned depth, struct buf *out)
{
	if (!ends_a_sentence(text)) {
		buf_add_span(out, text);
		return true;
	}
	char *inner = mem_text(text);
	const bool is_known = depth < DEPTH_MAX && translate(inner, depth + 1, out);
	mem_free(inner);
	return is_known;
}

static bool translate(const char *english, unsigned depth, struct buf *out)
{
	struct places places;
	const char *french = find(english, &places);
	unsigned place = 0;
	if (!french)
		return false;
	while (*french) {
		const size_t size = literal_size(french);
		buf_add(out, french, size);
		french += size;
		if (*french && (place == places.count || !fill(places.texts[place++], depth, out)))
			return false;
		french += place_size(french);
	}
	return true;
}

char *french_of(const char *english)
{
	struct buf out = {0};
	char *french = translate(english, 1, &out) ? mem_text(buf_span(&out)) : NULL;
	buf_close(&out);
	return french;
}
