#include "node/patient/names.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SAME = 100, GLUED = 98, HEARD = 92, BEGINNING = 84, SLIP = 86, TWO_SLIPS = 78, INITIAL = 75 };
enum { LESS_WORDS = 8 }; /* taken off where one name has more words than the other */
enum { SLIP_LETTERS = 4, TWO_SLIPS_LETTERS = 8, TYPED_LETTERS = 2 };

/* ---- Taking apart ------------------------------------------------------------------------------------------------ */

/* Letters that no decomposition takes apart. */
static const struct {
	const char *letter, *plain;
} LIGATURES[] = {{"œ", "oe"}, {"æ", "ae"}, {"ø", "o"}, {"ł", "l"}, {"đ", "d"}};

static const char *const PARTICLES[] = {"d", "de", "des", "du", "l", "la", "le", "les", "von", "van", "der",
        "den", "da", "di", "dos", "el", "al", "ep", "epouse", "nee", "veuve", "vve", "mme", "mr", "m"};

static const char *without_abbreviation(const char *word)
{
	return strcmp(word, "st") == 0 ? "saint" : strcmp(word, "ste") == 0 ? "sainte" : word;
}

static bool is_particle(const char *word)
{
	for (size_t i = 0; i < sizeof(PARTICLES) / sizeof(*PARTICLES); i++)
		if (strcmp(word, PARTICLES[i]) == 0)
			return true;
	return false;
}

/* The bytes of a separator at the place: anything of ASCII that is neither letter nor digit, and the typographic apostrophes, hyphens and dashes (U+2000 to
 * U+203F). 0: a letter. */
static size_t separator_at(const char *at)
{
	const uint8_t c = (uint8_t)*at;
	if (c < 0x80)
		return c && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9');
	return c == 0xe2 && (uint8_t)at[1] == 0x80 && at[2] ? 3 : 0;
}

/* Small letters without accents. Owner frees; NULL: not text. */
static char *folded(struct span text)
{
	utf8proc_uint8_t *out = NULL;
	const int options = UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD;
	ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &out, (utf8proc_option_t)options);
	if (size >= 0)
		return (char *)out;
	free(out);
	return NULL;
}

/* What a ligature at the place is written as; NULL: none is there. */
static const char *ligature_at(const char *at, size_t *size)
{
	for (size_t i = 0; i < sizeof(LIGATURES) / sizeof(*LIGATURES); i++) {
		*size = strlen(LIGATURES[i].letter);
		if (strncmp(at, LIGATURES[i].letter, *size) == 0)
			return LIGATURES[i].plain;
	}
	return NULL;
}

static void append(char *out, size_t capacity, const char *text, size_t size)
{
	size_t used = strlen(out), room = capacity - 1 - used;
	memcpy(out + used, text, size < room ? size : room);
	out[used + (size < room ? size : room)] = 0;
}

/* The next word of folded text, cut at its room. False: none. */
static bool next_word(const char **at, char word[PATIENT_NAME_WORD_BYTES])
{
	word[0] = 0;
	for (size_t skipped; (skipped = separator_at(*at));)
		*at += skipped;
	while (**at && !separator_at(*at)) {
		size_t size;
		const char *plain = ligature_at(*at, &size);
		if (!plain)
			size = 1;
		append(word, PATIENT_NAME_WORD_BYTES, plain ? plain : *at, plain ? strlen(plain) : size);
		*at += size;
	}
	return word[0] != 0;
}

/* ---- What a word sounds like ------------------------------------------------------------------------------------- */

/* Written so, heard so: the first that fits, at each place. A capital letter is a sound of its own: A "an", I "in", O "on". Before the first colon
 * what is read, behind the last what has to follow and is read again: v a vowel, ^ no vowel (nor n, m), e one of e i y. */
static const struct {
	const char *read, *sound, *before;
} SOUNDS[] = {{"eau", "o", ""}, {"ault", "o", ""}, {"aux", "o", ""}, {"au", "o", ""}, {"ph", "f", ""},
        {"sch", "J", ""}, {"ch", "J", ""}, {"qu", "k", ""}, {"gu", "g", "e"}, {"ge", "j", "v"},
        {"g", "j", "e"}, {"ck", "k", ""}, {"c", "s", "e"}, {"c", "k", ""}, {"q", "k", ""}, {"th", "t", ""},
        {"h", "", ""}, {"ou", "u", ""}, {"oi", "W", ""}, {"oy", "W", ""}, {"ain", "I", "^"},
        {"ein", "I", "^"}, {"in", "I", "^"}, {"im", "I", "^"}, {"yn", "I", "^"}, {"un", "I", "^"},
        {"en", "A", "^"}, {"em", "A", "^"}, {"an", "A", "^"}, {"am", "A", "^"}, {"on", "O", "^"},
        {"om", "O", "^"}, {"ai", "e", ""}, {"ei", "e", ""}, {"ay", "e", ""}, {"ey", "e", ""}, {"oe", "e", ""},
        {"eu", "e", ""}, {"ill", "i", ""}, {"y", "i", ""}, {"w", "v", ""}, {"z", "s", ""}, {"x", "s", ""}};

static bool is_vowel(char c)
{
	return c && strchr("aeiouy", c);
}

static bool follows(const char *rest, const char *rule)
{
	switch (*rule) {
	case 'v':
		return is_vowel(*rest);
	case 'e':
		return *rest == 'e' || *rest == 'i' || *rest == 'y';
	case '^':
		return !is_vowel(*rest) && *rest != 'n' && *rest != 'm';
	default:
		return true;
	}
}

/* What is heard at the place, and how many letters that takes. */
static const char *sound_at(const char *at, size_t *letters)
{
	for (size_t i = 0; i < sizeof(SOUNDS) / sizeof(*SOUNDS); i++) {
		*letters = strlen(SOUNDS[i].read);
		if (strncmp(at, SOUNDS[i].read, *letters) == 0 && follows(at + *letters, SOUNDS[i].before))
			return SOUNDS[i].sound;
	}
	*letters = 1;
	return NULL;
}

/* Without the letters at the end that nobody hears: of "-ault" all but the vowel, of "Yann" the second n ("Jeanne" is not "Jean"). */
static size_t spoken_letters(const char *word)
{
	size_t size = strlen(word);
	if (size > 2 && word[size - 1] == word[size - 2])
		size--;
	if (size > 4 && strncmp(word + size - 4, "ault", 4) == 0)
		return size - 2;
	while (size > 3 && strchr("estdxzp", word[size - 1]))
		size--;
	return size;
}

static void sound_of(const char *word, char out[PATIENT_NAME_SOUND_BYTES])
{
	char spoken[PATIENT_NAME_WORD_BYTES];
	memcpy(spoken, word, PATIENT_NAME_WORD_BYTES);
	spoken[spoken_letters(word)] = 0;
	out[0] = 0;
	for (const char *at = spoken; *at;) {
		size_t letters, used = strlen(out);
		const char *sound = sound_at(at, &letters);
		char one[2] = {*at, 0};
		if (!sound)
			sound = one;
		at += letters;
		if (*sound && (used == 0 || out[used - 1] != *sound)) /* twice the same is heard once */
			append(out, PATIENT_NAME_SOUND_BYTES, sound, strlen(sound));
	}
}

static void add_word(struct patient_name *name, const char *word)
{
	if (name->count == PATIENT_NAME_WORDS)
		return;
	char *to = name->words[name->count];
	to[0] = 0;
	append(to, PATIENT_NAME_WORD_BYTES, word, strlen(word));
	sound_of(to, name->sounds[name->count]);
	name->count++;
}

void patient_name_read(struct span text, struct patient_name *out)
{
	char word[PATIENT_NAME_WORD_BYTES], particle[PATIENT_NAME_WORD_BYTES] = "";
	char *plain = text.size ? folded(text) : NULL;
	*out = (struct patient_name){0};
	for (const char *at = plain; at && next_word(&at, word);) {
		const char *meant = without_abbreviation(word);
		append(out->whole, PATIENT_NAME_WHOLE_BYTES, meant, strlen(meant));
		if (is_particle(meant))
			memcpy(particle, word, sizeof(particle));
		else
			add_word(out, meant);
	}
	if (out->count == 0 && particle[0]) /* somebody is called so */
		add_word(out, particle);
	free(plain);
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Letters that were left out, added, replaced, or exchanged with their neighbour (optimal string alignment). */
static size_t slips(const char *a, const char *b)
{
	size_t rows[3][PATIENT_NAME_WHOLE_BYTES + 1], n = strlen(a), m = strlen(b);
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			bool same = a[i - 1] == b[j - 1];
			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
			bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (exchanged && two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[n % 3][m];
}

static bool has_digit(const char *word)
{
	return strpbrk(word, "0123456789") != NULL;
}

/* Of two words that are not equal. */
static unsigned with_slips(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), shorter = n < m ? n : m, longer = n < m ? m : n;
	if (shorter < SLIP_LETTERS || longer - shorter > 2 || has_digit(a) || has_digit(b))
		return 0;
	size_t count = slips(a, b);
	return count == 1 ? SLIP : count == 2 && shorter >= TWO_SLIPS_LETTERS ? TWO_SLIPS : 0;
}

static bool begins(const char *word, const char *with)
{
	return strncmp(word, with, strlen(with)) == 0;
}

static unsigned word_likeness(
        const struct patient_name *a, uint32_t i, const struct patient_name *b, uint32_t j, bool is_typing)
{
	const char *x = a->words[i], *y = b->words[j];
	if (strcmp(x, y) == 0)
		return SAME;
	if (!has_digit(x) && !has_digit(y) && a->sounds[i][0] && a->sounds[i][1] &&
	        strcmp(a->sounds[i], b->sounds[j]) == 0)
		return HEARD;
	if ((strlen(x) == 1 || strlen(y) == 1) && *x == *y)
		return INITIAL;
	unsigned slipped = with_slips(x, y);
	if (is_typing && slipped < BEGINNING && strlen(x) >= TYPED_LETTERS && begins(y, x))
		return BEGINNING;
	return slipped;
}

/* Each word of the one beside the one of the other that is most like it and not taken yet: how like in all. */
static unsigned side_by_side(
        const struct patient_name *a, const struct patient_name *b, bool a_goes_first, bool is_typing)
{
	const uint32_t rows = a_goes_first ? a->count : b->count,
	               columns = a_goes_first ? b->count : a->count;
	bool taken[PATIENT_NAME_WORDS] = {false};
	unsigned sum = 0;
	for (uint32_t i = 0; i < rows; i++) {
		unsigned best = 0;
		uint32_t at = 0;
		for (uint32_t j = 0; j < columns; j++) {
			unsigned like = taken[j]
			        ? 0
			        : word_likeness(a, a_goes_first ? i : j, b, a_goes_first ? j : i, is_typing);
			if (like > best) {
				best = like;
				at = j;
			}
		}
		taken[at] |= best > 0;
		sum += best;
	}
	return sum;
}

/* The words of the shorter name beside those of the longer; of two that are as long, whichever way round they are more alike. */
static unsigned by_words(const struct patient_name *a, const struct patient_name *b, bool is_typing)
{
	const uint32_t shorter = a->count < b->count ? a->count : b->count;
	unsigned sum = side_by_side(a, b, a->count <= b->count, is_typing);
	if (a->count == b->count) {
		const unsigned other = side_by_side(a, b, false, is_typing);
		return (other > sum ? other : sum) / shorter;
	}
	const unsigned mean = sum / shorter;
	return mean < LESS_WORDS ? mean : mean - LESS_WORDS;
}

unsigned patient_name_likeness(const struct patient_name *a, const struct patient_name *b, bool is_typing)
{
	if (a->count == 0 || b->count == 0)
		return 0;
	unsigned like = by_words(a, b, is_typing), glued = 0;
	if (strcmp(a->whole, b->whole) == 0)
		glued = GLUED;
	else if (a->count > 1 || b->count > 1 || strcmp(a->whole, a->words[0]) ||
	        strcmp(b->whole, b->words[0]))
		glued = with_slips(a->whole, b->whole);
	if (glued > like)
		like = glued;
	return like < PATIENT_NAME_SIMILAR ? 0 : like;
}
