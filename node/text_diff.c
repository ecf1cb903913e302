#include "node/text_diff.h"

#include <string.h>

/* The words of a text: where each begins, and at the end where the text ends. */
struct words {
	struct span text;
	uint32_t *at;
	uint32_t count, capacity;
};

static bool is_letter(uint8_t byte)
{
	return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	        (byte >= 'A' && byte <= 'Z');
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* A sign between two letters belongs to their word: "l'eau", "12,5". */
static bool is_inside(struct span text, size_t at)
{
	return at + 1 < text.size && text.data[at] > ' ' && is_letter(text.data[at + 1]);
}

/* Where the word that begins at `at` ends. */
static size_t word_end(struct span text, size_t at)
{
	size_t end = at + 1;
	if (is_blank(text.data[at]))
		while (end < text.size && is_blank(text.data[end]))
			end++;
	else if (is_letter(text.data[at]))
		while (end < text.size && (is_letter(text.data[end]) || is_inside(text, end)))
			end++;
	return end;
}

static void add_word(struct words *words, size_t at)
{
	words->at = mem_room(words->at, words->count, &words->capacity, sizeof(*words->at));
	words->at[words->count++] = (uint32_t)at;
}

static struct words words_of(struct span text)
{
	struct words words = {.text = text};
	for (size_t at = 0; at < text.size; at = word_end(text, at))
		add_word(&words, at);
	add_word(&words, text.size);
	words.count--; /* the end is no word */
	return words;
}

static struct span word(const struct words *words, uint32_t number)
{
	return span_sub(words->text, words->at[number], words->at[number + 1] - words->at[number]);
}

/* What is compared: the words between the common beginning and the common end. */
struct between {
	const struct words *old, *now;
	uint32_t first, old_count, now_count;
};

static bool same(const struct between *it, uint32_t old, uint32_t now)
{
	return span_eq(word(it->old, it->first + old), word(it->now, it->first + now));
}

static struct between between_of(const struct words *old, const struct words *now)
{
	struct between it = {old, now, 0, old->count, now->count};
	while (it.old_count && it.now_count && same(&it, 0, 0)) {
		it.first++;
		it.old_count--;
		it.now_count--;
	}
	while (it.old_count && it.now_count && same(&it, it.old_count - 1, it.now_count - 1)) {
		it.old_count--;
		it.now_count--;
	}
	return it;
}

/* ---- Myers: how far d changes reach on each diagonal k = old - now, kept for every d ---- */

static int32_t *row_of(const struct buf *reach, int32_t d)
{
	return (int32_t *)(void *)reach->data + (size_t)d * (size_t)d + (size_t)d; /* of k = 0 */
}

/* Do d changes come to diagonal k by a word that comes, or by one that goes? */
static bool is_by_coming(const int32_t *before, int32_t d, int32_t k)
{
	return k == -d || (k != d && before[k - 1] < before[k + 1]);
}

static int32_t step(const int32_t *before, int32_t d, int32_t k)
{
	if (d == 0)
		return 0;
	return is_by_coming(before, d, k) ? before[k + 1] : before[k - 1] + 1;
}

/* How many changes it takes; -1: more than TEXT_DIFF_WORDS_MAX. */
static int32_t find_reach(const struct between *it, struct buf *reach)
{
	int32_t old_count = (int32_t)it->old_count, now_count = (int32_t)it->now_count;
	for (int32_t d = 0; d <= TEXT_DIFF_WORDS_MAX; d++) {
		buf_extend(reach, (2 * (size_t)d + 1) * sizeof(int32_t));
		int32_t *row = row_of(reach, d), *before = d ? row_of(reach, d - 1) : NULL;
		for (int32_t k = -d; k <= d; k += 2) {
			int32_t x = step(before, d, k);
			while (x < old_count && x - k < now_count && same(it, (uint32_t)x, (uint32_t)(x - k)))
				x++;
			row[k] = x;
			if (x >= old_count && x - k >= now_count)
				return d;
		}
	}
	return -1;
}

/* Mark the words that stay, from the end backwards. */
static void mark_kept(
        const struct between *it, const struct buf *reach, int32_t d, uint8_t *old_kept, uint8_t *now_kept)
{
	int32_t x = (int32_t)it->old_count, y = (int32_t)it->now_count;
	for (; d >= 0; d--) {
		int32_t k = x - y, from_x = 0, from_y = 0;
		const int32_t *before = d ? row_of(reach, d - 1) : NULL;
		if (d > 0) {
			int32_t from_k = is_by_coming(before, d, k) ? k + 1 : k - 1;
			from_x = before[from_k];
			from_y = from_x - from_k;
		}
		while (x > from_x && y > from_y) {
			x--;
			y--;
			old_kept[x] = now_kept[y] = 1;
		}
		x = from_x;
		y = from_y;
	}
}

/* ---- Hunks, of words first ---- */

static struct text_hunk *last_of(struct text_hunks *hunks)
{
	return hunks->count ? &hunks->items[hunks->count - 1] : NULL;
}

/* How much was replaced; nothing by what only came or only went. */
static uint32_t replaced(const struct text_hunk *hunk)
{
	return hunk->gone < hunk->came ? hunk->gone : hunk->came;
}

static bool is_all_blank(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_blank(text.data[i]))
			return false;
	return true;
}

/* Is what stays between two hunks less than what was replaced on either side? Then all of it was written anew. A space between is nobody's. */
static bool is_one(struct span old, const struct text_hunk *a, const struct text_hunk *b)
{
	struct span kept = span_sub(old, a->at + a->gone, b->at - a->at - a->gone);
	if (is_all_blank(kept))
		return true;
	return kept.size <= replaced(a) && kept.size <= replaced(b) && !memchr(kept.data, '\n', kept.size);
}

/* Spaces that go at either end and come again. */
static void leave_spaces(const struct between *it, struct text_hunk *hunk)
{
	const uint8_t *old = it->old->text.data, *now = it->now->text.data;
	for (uint8_t last; hunk->gone && hunk->came; hunk->gone--, hunk->came--) {
		last = old[hunk->at + hunk->gone - 1];
		if (!is_blank(last) || last != now[hunk->from + hunk->came - 1])
			break;
	}
	while (hunk->gone && hunk->came && is_blank(old[hunk->at]) && old[hunk->at] == now[hunk->from])
		*hunk = (struct text_hunk){hunk->at + 1, hunk->gone - 1, hunk->from + 1, hunk->came - 1};
}

/* A hunk that became larger may take in the one before, too. */
static void add_hunk(struct text_hunks *hunks, const struct between *it, struct text_hunk hunk)
{
	struct text_hunk *last = last_of(hunks);
	for (; last && is_one(it->old->text, last, &hunk); last = last_of(hunks)) {
		hunk = (struct text_hunk){last->at, hunk.at + hunk.gone - last->at, last->from,
		        hunk.from + hunk.came - last->from};
		hunks->count--;
	}
	leave_spaces(it, &hunk);
	hunks->items = mem_room(hunks->items, hunks->count, &hunks->capacity, sizeof(*hunks->items));
	hunks->items[hunks->count++] = hunk;
}

/* Words by number. */
struct stretch {
	uint32_t old_first, old_end, now_first, now_end;
};

static struct text_hunk hunk_of(const struct between *it, struct stretch stretch)
{
	const uint32_t *old = it->old->at + it->first, *now = it->now->at + it->first;
	return (struct text_hunk){old[stretch.old_first], old[stretch.old_end] - old[stretch.old_first],
	        now[stretch.now_first], now[stretch.now_end] - now[stretch.now_first]};
}

/* What only came, or only went, may as well stand further on when it begins like what follows: as far as can be, so that a sentence comes
 * behind the full stop of the one before, and not with it. At most by `count` words. */
static void slide(const struct between *it, uint32_t count, struct stretch *stretch)
{
	bool comes = stretch->old_end == stretch->old_first;
	if (!comes && stretch->now_end > stretch->now_first)
		return;
	for (; count > 0; count--) {
		struct span first = comes ? word(it->now, it->first + stretch->now_first)
		                          : word(it->old, it->first + stretch->old_first);
		if (!span_eq(first, word(it->old, it->first + stretch->old_end)))
			return;
		stretch->old_first++;
		stretch->old_end++;
		stretch->now_first++;
		stretch->now_end++;
	}
}

static void gather_hunks(
        const struct between *it, const uint8_t *old_kept, const uint8_t *now_kept, struct text_hunks *out)
{
	uint32_t x = 0, y = 0;
	while (x < it->old_count || y < it->now_count) {
		struct stretch stretch = {.old_first = x, .now_first = y};
		while (x < it->old_count && !old_kept[x])
			x++;
		while (y < it->now_count && !now_kept[y])
			y++;
		stretch.old_end = x;
		stretch.now_end = y;
		for (; x < it->old_count && y < it->now_count && old_kept[x] && now_kept[y]; y++)
			x++;
		if (x == it->old_count && y == it->now_count) /* what stays goes on to the end */
			slide(it, it->old->count - it->first - stretch.old_end, &stretch);
		else
			slide(it, x - stretch.old_end, &stretch);
		if (stretch.old_end > stretch.old_first || stretch.now_end > stretch.now_first)
			add_hunk(out, it, hunk_of(it, stretch));
	}
}

/* How far behind `end` the next space or line feed ends, when no word stands before it; 0: it does. */
static uint32_t until_blank(struct span text, uint32_t end)
{
	size_t at = end;
	while (at < text.size && !is_letter(text.data[at]) && !is_blank(text.data[at]) &&
	        text.data[at] != '\n')
		at++;
	if (at == text.size || is_letter(text.data[at]))
		return 0;
	return (uint32_t)(at + 1) - end;
}

/* A replaced word takes the space before it along: "matin" in "le matin" by "soir" is " matin" by " soir". At the beginning of a line it takes
 * what is behind it up to the next space or the end of the line. */
static void take_space(struct span old, size_t low, size_t high, struct text_hunk *it)
{
	uint32_t before = 0, behind = 0;
	if (it->gone == 0 || it->came == 0)
		return;
	while (it->at - before > low && is_blank(old.data[it->at - 1 - before]))
		before++;
	if (before == 0)
		behind = until_blank(span_sub(old, 0, high), it->at + it->gone);
	*it = (struct text_hunk){
	        it->at - before, it->gone + before + behind, it->from - before, it->came + before + behind};
}

/* Hunks that come to touch each other then are one. */
static void take_spaces(struct span old, struct text_hunks *hunks)
{
	uint32_t count = hunks->count;
	hunks->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct text_hunk hunk = hunks->items[i], *last = last_of(hunks);
		take_space(old, last ? last->at + last->gone : 0,
		        i + 1 < count ? hunks->items[i + 1].at : old.size, &hunk);
		if (last && last->at + last->gone == hunk.at) {
			last->gone += hunk.gone;
			last->came += hunk.came;
		} else {
			hunks->items[hunks->count++] = hunk;
		}
	}
}

void text_diff(struct span old, struct span now, struct text_hunks *out)
{
	struct words old_words = words_of(old), now_words = words_of(now);
	struct between it = between_of(&old_words, &now_words);
	struct buf reach = {0};
	out->count = 0;
	int32_t changes = find_reach(&it, &reach);
	if (changes > 0) {
		uint8_t *old_kept = mem_zero(it.old_count, 1), *now_kept = mem_zero(it.now_count, 1);
		mark_kept(&it, &reach, changes, old_kept, now_kept);
		gather_hunks(&it, old_kept, now_kept, out);
		mem_free(old_kept);
		mem_free(now_kept);
	} else if (changes < 0) {
		add_hunk(out, &it, hunk_of(&it, (struct stretch){0, it.old_count, 0, it.now_count}));
	}
	take_spaces(old, out);
	buf_close(&reach);
	mem_free(old_words.at);
	mem_free(now_words.at);
}

void text_hunks_close(struct text_hunks *hunks)
{
	mem_free(hunks->items);
	*hunks = (struct text_hunks){0};
}
