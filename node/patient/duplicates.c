#include "node/patient/duplicates.h"

#include <stdlib.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "node/patient/fields.h"

/* What each likeness is worth, of 100 (README.md, "Duplicates"). */
enum {
	FAMILY_WORTH = 35,
	FIRST_WORTH = 35,
	BIRTH_WORTH = 30,
	BIRTH_EXCHANGED_WORTH = 24,
	BIRTH_SIMILAR_WORTH = 20,
	BIRTH_UNKNOWN_WORTH = 10,
	PHONE_WORTH = 8,
	PHONE_ALONE = 70,
	BIRTH_DIFFERS = -15,
	SEX_DIFFERS = -15,
	FIRST_DIFFERS = -20, /* brothers, twins and couples share all the rest */
	BIRTH_NAMES_DIFFER = -20, /* no marriage changes them */
	OTHER_INS_MOST = 50,
	NEARLY_EQUAL = 85,
};

static const struct {
	enum patient_reason reason;
	struct schema_label label;
} REASONS[] = {{PATIENT_SAME_INS, {"même matricule INS", "same INS number"}},
        {PATIENT_SAME_BIRTH, {"même date de naissance", "same date of birth"}},
        {PATIENT_BIRTH_EXCHANGED, {"jour et mois de naissance inversés", "day and month of birth exchanged"}},
        {PATIENT_SIMILAR_BIRTH, {"date de naissance proche", "similar date of birth"}},
        {PATIENT_SAME_NAMES, {"mêmes nom et prénoms", "same names"}},
        {PATIENT_SIMILAR_NAMES, {"nom et prénoms proches", "similar names"}},
        {PATIENT_NAMES_EXCHANGED, {"nom et prénom inversés", "last and first name exchanged"}},
        {PATIENT_SAME_FIRST_NAME,
                {"même prénom, autre nom (mariage ?)", "same first name, another last name (marriage?)"}},
        {PATIENT_SAME_PHONE, {"même téléphone", "same phone"}},
        {PATIENT_OTHER_BIRTH, {"date de naissance différente", "different date of birth"}},
        {PATIENT_OTHER_SEX, {"sexe différent", "different sex"}},
        {PATIENT_OTHER_INS, {"autre matricule INS", "another INS number"}}};

const struct schema_label *patient_reason_label(uint32_t reasons, uint32_t index)
{
	for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++)
		if ((reasons & REASONS[i].reason) && index-- == 0)
			return &REASONS[i].label;
	return NULL;
}

/* ---- One pair ---------------------------------------------------------------------------------------------------- */

struct comparison {
	const struct patient_who *a, *b;
	bool is_typing; /* `a` is being typed */
	int points, most; /* most: what could have been reached with what is typed */
	uint32_t reasons;
};

static unsigned better(unsigned best, const struct patient_name *a, const struct patient_name *b, bool typing)
{
	unsigned like = patient_name_likeness(a, b, typing);
	return like > best ? like : best;
}

/* The name in use and the one of birth are each tried with each. */
static unsigned family_likeness(const struct comparison *c)
{
	unsigned best = better(0, &c->a->last, &c->b->last, c->is_typing);
	best = better(best, &c->a->last, &c->b->birth, c->is_typing);
	best = better(best, &c->a->birth, &c->b->last, c->is_typing);
	return better(best, &c->a->birth, &c->b->birth, c->is_typing);
}

static bool have(const struct patient_name *a, const struct patient_name *b)
{
	return a->count && b->count;
}

static void weigh_names(struct comparison *c)
{
	unsigned family = family_likeness(c),
	         first = patient_name_likeness(&c->a->first, &c->b->first, c->is_typing);
	unsigned last_as_first = patient_name_likeness(&c->a->last, &c->b->first, c->is_typing),
	         first_as_last = patient_name_likeness(&c->a->first, &c->b->last, c->is_typing);
	const bool has_family = c->a->last.count || c->a->birth.count, has_first = c->a->first.count;
	if (family + first < last_as_first + first_as_last && last_as_first >= NEARLY_EQUAL &&
	        first_as_last >= NEARLY_EQUAL) {
		family = last_as_first;
		first = first_as_last;
		c->reasons |= PATIENT_NAMES_EXCHANGED;
	} else if (family == 100 && first == 100) {
		c->reasons |= PATIENT_SAME_NAMES;
	} else if (family && (first || !has_first)) {
		c->reasons |= PATIENT_SIMILAR_NAMES;
	} else if (first >= NEARLY_EQUAL && has_family) {
		c->reasons |= PATIENT_SAME_FIRST_NAME;
	}
	c->points += (int)(family * FAMILY_WORTH + first * FIRST_WORTH) / 100;
	c->most += (has_family ? FAMILY_WORTH : 0) + (has_first ? FIRST_WORTH : 0);
	if (!first && have(&c->a->first, &c->b->first))
		c->points += FIRST_DIFFERS;
	if (!family && have(&c->a->birth, &c->b->birth))
		c->points += BIRTH_NAMES_DIFFER;
}

static void weigh_birth(struct comparison *c)
{
	const struct patient_who *a = c->a, *b = c->b;
	const int same = (a->year == b->year) + (a->month == b->month) + (a->day == b->day);
	c->most += a->has_birth ? BIRTH_WORTH : 0;
	if (!a->has_birth || !b->has_birth) {
		c->points += a->has_birth || !c->is_typing ? BIRTH_UNKNOWN_WORTH : 0;
	} else if (same == 3) {
		c->points += BIRTH_WORTH;
		c->reasons |= PATIENT_SAME_BIRTH;
	} else if (a->year == b->year && a->month == b->day && a->day == b->month) {
		c->points += BIRTH_EXCHANGED_WORTH;
		c->reasons |= PATIENT_BIRTH_EXCHANGED;
	} else if (same == 2) {
		c->points += BIRTH_SIMILAR_WORTH;
		c->reasons |= PATIENT_SIMILAR_BIRTH;
	} else {
		c->points += BIRTH_DIFFERS;
		c->reasons |= PATIENT_OTHER_BIRTH;
	}
}

static bool share_phone(const struct patient_who *a, const struct patient_who *b)
{
	for (size_t i = 0; i < PATIENT_PHONES; i++)
		for (size_t j = 0; a->phones[i][0] && j < PATIENT_PHONES; j++)
			if (strcmp(a->phones[i], b->phones[j]) == 0)
				return true;
	return false;
}

static bool is_known(int64_t sex)
{
	return sex == PATIENT_FEMALE || sex == PATIENT_MALE;
}

static void weigh_rest(struct comparison *c)
{
	if (share_phone(c->a, c->b)) {
		c->points += PHONE_WORTH;
		c->reasons |= PATIENT_SAME_PHONE;
	}
	if (is_known(c->a->sex) && is_known(c->b->sex) && c->a->sex != c->b->sex) {
		c->points += SEX_DIFFERS;
		c->reasons |= PATIENT_OTHER_SEX;
	}
	if (c->a->ins[0] && c->b->ins[0])
		c->reasons |= strcmp(c->a->ins, c->b->ins) == 0 ? PATIENT_SAME_INS : PATIENT_OTHER_INS;
}

static struct patient_match match_of(const struct comparison *c)
{
	int score = c->points;
	if (c->is_typing && c->most)
		score = score * 100 / c->most;
	else if (c->is_typing)
		score = c->reasons & PATIENT_SAME_PHONE ? PHONE_ALONE : 0;
	if ((c->reasons & PATIENT_OTHER_INS) && score > OTHER_INS_MOST)
		score = OTHER_INS_MOST;
	if (c->reasons & PATIENT_SAME_INS)
		score = 100;
	return (struct patient_match){score < 0 ? 0 : score > 100 ? 100 : (unsigned)score, c->reasons};
}

static struct patient_match compare(const struct patient_who *a, const struct patient_who *b, bool is_typing)
{
	struct comparison c = {.a = a, .b = b, .is_typing = is_typing};
	weigh_names(&c);
	weigh_birth(&c);
	weigh_rest(&c);
	return match_of(&c);
}

struct patient_match patient_compare(const struct patient_who *a, const struct patient_who *b)
{
	return compare(a, b, false);
}

struct patient_match patient_compare_typed(const struct patient_who *typed, const struct patient_who *with)
{
	return compare(typed, with, true);
}

/* ---- All pairs of many ------------------------------------------------------------------------------------------- */

/* Two who may be one share one of these, by its hash: a collision costs a comparison. */
struct key {
	uint64_t hash;
	uint32_t place;
};

struct keys {
	struct key *items;
	uint32_t count, capacity;
};

enum key_kind { KEY_INS, KEY_PHONE, KEY_BIRTH, KEY_NAMES };

static uint64_t hashed(uint64_t hash, const void *data, size_t size) /* FNV-1a */
{
	const uint8_t *bytes = data;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_of(enum key_kind kind, const void *data, size_t size)
{
	const uint8_t first = (uint8_t)kind;
	return hashed(hashed(UINT64_C(0xcbf29ce484222325), &first, 1), data, size);
}

static void add_key(struct keys *keys, uint64_t hash, uint32_t place)
{
	keys->items = mem_room(keys->items, keys->count, &keys->capacity, sizeof(*keys->items));
	keys->items[keys->count++] = (struct key){hash, place};
}

/* Words of last and first name that sound so, in either order: exchanged names meet as well. */
static void add_names(
        struct keys *keys, const struct patient_name *last, const struct patient_name *first, uint32_t place)
{
	for (uint32_t i = 0; i < last->count; i++)
		for (uint32_t j = 0; j < first->count; j++) {
			const uint64_t a = hash_of(KEY_NAMES, last->sounds[i], strlen(last->sounds[i])),
			               b = hash_of(KEY_NAMES, first->sounds[j], strlen(first->sounds[j]));
			add_key(keys, a + b, place);
		}
}

static void add_keys(struct keys *keys, const struct patient_who *who, uint32_t place)
{
	if (who->ins[0])
		add_key(keys, hash_of(KEY_INS, who->ins, strlen(who->ins)), place);
	for (size_t i = 0; i < PATIENT_PHONES; i++)
		if (who->phones[i][0])
			add_key(keys, hash_of(KEY_PHONE, who->phones[i], strlen(who->phones[i])), place);
	if (who->has_birth) {
		const bool day_first = who->day < who->month;
		const int32_t birth[] = {who->year, (int32_t)(day_first ? who->day : who->month),
		        (int32_t)(day_first ? who->month : who->day)};
		add_key(keys, hash_of(KEY_BIRTH, birth, sizeof(birth)), place);
	}
	add_names(keys, &who->last, &who->first, place);
	add_names(keys, &who->birth, &who->first, place);
}

static int by_hash(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

struct found {
	struct patient_pair_found *items;
	uint32_t count, capacity;
};

/* The places that share a key, ascending, and the same one perhaps several times. */
static void compare_run(
        const struct patient_who *all, const struct key *run, uint32_t count, struct found *found)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count; j++) {
			struct patient_pair_found pair = {.first = run[i].place, .second = run[j].place};
			if (pair.first == pair.second)
				continue;
			pair.match = patient_compare(&all[pair.first], &all[pair.second]);
			if (pair.match.score < PATIENT_POSSIBLE)
				continue;
			found->items = mem_room(
			        found->items, found->count, &found->capacity, sizeof(*found->items));
			found->items[found->count++] = pair;
		}
}

static int by_places(const void *left, const void *right)
{
	const struct patient_pair_found *a = left, *b = right;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->second > b->second) - (a->second < b->second);
}

static void keep_each_once(struct found *found)
{
	uint32_t kept = 0;
	if (found->count)
		qsort(found->items, found->count, sizeof(*found->items), by_places);
	for (uint32_t i = 0; i < found->count; i++)
		if (i == 0 || by_places(&found->items[i], &found->items[i - 1]) != 0)
			found->items[kept++] = found->items[i];
	found->count = kept;
}

/* qsort has no context: what is compared stands beside the pair. */
struct ranked {
	struct patient_pair_found pair;
	struct record_id low, high;
};

static int by_rank(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	if (a->pair.match.score != b->pair.match.score)
		return a->pair.match.score > b->pair.match.score ? -1 : 1;
	int order = record_id_cmp(&a->low, &b->low);
	return order ? order : record_id_cmp(&a->high, &b->high);
}

/* The order does not depend on that of the list: the same on every device. */
static void rank(const struct patient_who *all, struct found *found)
{
	struct ranked *ranked = mem_zero(found->count + 1, sizeof(*ranked));
	for (uint32_t i = 0; i < found->count; i++) {
		struct patient_pair_found pair = found->items[i];
		const struct record_id first = all[pair.first].id, second = all[pair.second].id;
		const bool in_order = record_id_cmp(&first, &second) < 0;
		ranked[i] = (struct ranked){pair, in_order ? first : second, in_order ? second : first};
	}
	if (found->count)
		qsort(ranked, found->count, sizeof(*ranked), by_rank);
	for (uint32_t i = 0; i < found->count; i++)
		found->items[i] = ranked[i].pair;
	mem_free(ranked);
}

struct patient_pair_found *patient_duplicates(
        const struct patient_who *all, uint32_t all_count, uint32_t max, uint32_t *count)
{
	struct keys keys = {0};
	struct found found = {0};
	for (uint32_t i = 0; i < all_count; i++)
		add_keys(&keys, &all[i], i);
	if (keys.count)
		qsort(keys.items, keys.count, sizeof(*keys.items), by_hash);
	for (uint32_t from = 0, to; from < keys.count; from = to) {
		for (to = from + 1; to < keys.count && keys.items[to].hash == keys.items[from].hash;)
			to++;
		if (to - from <= LIMIT_DUPLICATE_KEY)
			compare_run(all, keys.items + from, to - from, &found);
	}
	mem_free(keys.items);
	keep_each_once(&found);
	rank(all, &found);
	*count = found.count < max ? found.count : max;
	return found.items;
}
