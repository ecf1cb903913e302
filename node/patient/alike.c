#include "node/patient/alike.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"

/* Two who may be one share one of these, by its hash: a collision costs a comparison. */
struct patient_key {
	uint64_t hash;
	uint32_t place;
};

struct keys {
	struct patient_key *items;
	uint32_t count, capacity;
};

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

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
	keys->items[keys->count++] = (struct patient_key){hash, place};
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
	const struct patient_key *a = left, *b = right;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static void sort_keys(struct keys *keys)
{
	if (keys->count)
		qsort(keys->items, keys->count, sizeof(*keys->items), by_hash);
}

/* The first key that is not below. */
static uint32_t first_of(const struct patient_alike *alike, uint64_t hash)
{
	uint32_t low = 0;
	for (uint32_t high = alike->key_count; low < high;) {
		const uint32_t middle = low + (high - low) / 2;
		if (alike->keys[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t end_of(const struct patient_alike *alike, uint32_t from)
{
	uint32_t to = from;
	while (to < alike->key_count && alike->keys[to].hash == alike->keys[from].hash)
		to++;
	return to;
}

/* ---- Pairs ------------------------------------------------------------------------------------------------------- */

static void add_pair(struct patient_alike *alike, uint32_t a, uint32_t b, const struct patient_who *who_a,
        const struct patient_who *who_b)
{
	const bool in_order = a < b;
	struct patient_pair_found pair = {.first = in_order ? a : b, .second = in_order ? b : a};
	if (a == b)
		return;
	pair.match = in_order ? patient_compare(who_a, who_b) : patient_compare(who_b, who_a);
	if (pair.match.score < PATIENT_POSSIBLE)
		return;
	alike->pairs = mem_room(alike->pairs, alike->pair_count, &alike->pair_room, sizeof(*alike->pairs));
	alike->pairs[alike->pair_count++] = pair;
}

static int by_places(const void *left, const void *right)
{
	const struct patient_pair_found *a = left, *b = right;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->second > b->second) - (a->second < b->second);
}

static void keep_each_once(struct patient_alike *alike)
{
	uint32_t kept = 0;
	if (alike->pair_count)
		qsort(alike->pairs, alike->pair_count, sizeof(*alike->pairs), by_places);
	for (uint32_t i = 0; i < alike->pair_count; i++)
		if (i == 0 || by_places(&alike->pairs[i], &alike->pairs[kept - 1]) != 0)
			alike->pairs[kept++] = alike->pairs[i];
	alike->pair_count = kept;
}

void patient_alike_close(struct patient_alike *alike)
{
	mem_free(alike->keys);
	mem_free(alike->pairs);
	*alike = (struct patient_alike){0};
}

/* Keys and pairs go by the place in `all` until the end, which is in the same order. */
void patient_alike_make(struct patient_alike *alike, const struct patient_alike_one *all, uint32_t count)
{
	struct keys keys = {0};
	patient_alike_close(alike);
	for (uint32_t i = 0; i < count; i++)
		add_keys(&keys, all[i].who, i);
	sort_keys(&keys);
	alike->keys = keys.items;
	alike->key_count = keys.count;
	for (uint32_t from = 0, to; from < alike->key_count; from = to) {
		to = end_of(alike, from);
		for (uint32_t i = from; to - from <= LIMIT_DUPLICATE_KEY && i < to; i++)
			for (uint32_t j = i + 1; j < to; j++)
				add_pair(alike, alike->keys[i].place, alike->keys[j].place,
				        all[alike->keys[i].place].who, all[alike->keys[j].place].who);
	}
	keep_each_once(alike);
	for (uint32_t i = 0; i < alike->key_count; i++)
		alike->keys[i].place = all[alike->keys[i].place].place;
	for (uint32_t i = 0; i < alike->pair_count; i++) {
		alike->pairs[i].first = all[alike->pairs[i].first].place;
		alike->pairs[i].second = all[alike->pairs[i].second].place;
	}
}

/* ---- Changes ----------------------------------------------------------------------------------------------------- */

static const struct patient_alike_one *change_of(
        const struct patient_alike_one *changes, uint32_t count, uint32_t place)
{
	uint32_t low = 0;
	while (low < count) {
		const uint32_t middle = low + (count - low) / 2;
		if (changes[middle].place == place)
			return &changes[middle];
		if (changes[middle].place < place)
			low = middle + 1;
		else
			count = middle;
	}
	return NULL;
}

/* The keys without those of the changed, and with their new ones: `dropped` and `added` ascending. */
static void merge_keys(struct patient_alike *alike, const struct patient_alike_one *changes, uint32_t count,
        struct keys *dropped, struct keys *added)
{
	struct patient_key *merged;
	uint32_t at = 0, j = 0;
	for (uint32_t i = 0; i < count; i++)
		if (changes[i].who)
			add_keys(added, changes[i].who, changes[i].place);
	sort_keys(added);
	merged = mem_zero((size_t)alike->key_count + added->count + 1, sizeof(*merged));
	for (uint32_t i = 0; i < alike->key_count; i++) {
		const struct patient_key *key = &alike->keys[i];
		if (change_of(changes, count, key->place)) {
			add_key(dropped, key->hash, key->place);
			continue;
		}
		for (; j < added->count && by_hash(&added->items[j], key) < 0; j++)
			merged[at++] = added->items[j];
		merged[at++] = *key;
	}
	for (; j < added->count; j++)
		merged[at++] = added->items[j];
	mem_free(alike->keys);
	alike->keys = merged;
	alike->key_count = at;
}

static uint32_t count_in(const struct keys *keys, uint64_t hash)
{
	uint32_t low = 0, count = 0;
	for (uint32_t high = keys->count; low < high;) {
		const uint32_t middle = low + (high - low) / 2;
		if (keys->items[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < keys->count && keys->items[low + count].hash == hash)
		count++;
	return count;
}

/* One that so many share that it counted for nothing counts now, or the other way round: others' pairs come or go with it. */
static bool turns(const struct patient_alike *alike, uint64_t hash, const struct keys *dropped,
        const struct keys *added)
{
	const uint32_t from = first_of(alike, hash),
	               now = from < alike->key_count && alike->keys[from].hash == hash
	        ? end_of(alike, from) - from
	        : 0,
	               before = now + count_in(dropped, hash) - count_in(added, hash);
	return (before <= LIMIT_DUPLICATE_KEY) != (now <= LIMIT_DUPLICATE_KEY);
}

static bool any_turns(const struct patient_alike *alike, const struct keys *dropped, const struct keys *added)
{
	for (uint32_t i = 0; i < dropped->count; i++)
		if (turns(alike, dropped->items[i].hash, dropped, added))
			return true;
	for (uint32_t i = 0; i < added->count; i++)
		if (turns(alike, added->items[i].hash, dropped, added))
			return true;
	return false;
}

static void drop_pairs(struct patient_alike *alike, const struct patient_alike_one *changes, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < alike->pair_count; i++)
		if (!change_of(changes, count, alike->pairs[i].first) &&
		        !change_of(changes, count, alike->pairs[i].second))
			alike->pairs[kept++] = alike->pairs[i];
	alike->pair_count = kept;
}

/* Each changed one beside all that share one of its keys. */
static void compare_changed(struct patient_alike *alike, const struct patient_alike_one *changes,
        uint32_t count, const struct keys *added, patient_alike_who who_of, void *context)
{
	for (uint32_t i = 0; i < added->count; i++) {
		const uint32_t place = added->items[i].place, from = first_of(alike, added->items[i].hash),
		               to = end_of(alike, from);
		const struct patient_who *who = change_of(changes, count, place)->who;
		for (uint32_t j = from; to - from <= LIMIT_DUPLICATE_KEY && j < to; j++) {
			const struct patient_alike_one *other = change_of(
			        changes, count, alike->keys[j].place);
			struct patient_who read;
			if (other && other->place <= place)
				continue; /* itself, or from the other side */
			if (other || who_of(context, alike->keys[j].place, &read))
				add_pair(alike, place, alike->keys[j].place, who, other ? other->who : &read);
		}
	}
}

bool patient_alike_change(struct patient_alike *alike, const struct patient_alike_one *changes,
        uint32_t count, patient_alike_who who_of, void *context)
{
	struct keys dropped = {0}, added = {0};
	merge_keys(alike, changes, count, &dropped, &added);
	const bool holds = !any_turns(alike, &dropped, &added);
	if (holds) {
		drop_pairs(alike, changes, count);
		compare_changed(alike, changes, count, &added, who_of, context);
		keep_each_once(alike);
	}
	mem_free(dropped.items);
	mem_free(added.items);
	return holds;
}

/* ---- Ranking ----------------------------------------------------------------------------------------------------- */

static int by_rank(const void *left, const void *right)
{
	const struct patient_alike_pair *a = left, *b = right;
	if (a->match.score != b->match.score)
		return a->match.score > b->match.score ? -1 : 1;
	const int order = record_id_cmp(&a->low, &b->low);
	return order ? order : record_id_cmp(&a->high, &b->high);
}

struct patient_alike_pair *patient_alike_best(const struct patient_alike *alike,
        const struct record_id *(*id_of)(const void *context, uint32_t place), const void *context,
        uint32_t max, uint32_t *count)
{
	struct patient_alike_pair *ranked = mem_zero((size_t)alike->pair_count + 1, sizeof(*ranked));
	for (uint32_t i = 0; i < alike->pair_count; i++) {
		const struct record_id *first = id_of(context, alike->pairs[i].first),
		                       *second = id_of(context, alike->pairs[i].second);
		const bool in_order = record_id_cmp(first, second) < 0;
		ranked[i] = (struct patient_alike_pair){
		        in_order ? *first : *second, in_order ? *second : *first, alike->pairs[i].match};
	}
	if (alike->pair_count)
		qsort(ranked, alike->pair_count, sizeof(*ranked), by_rank);
	*count = alike->pair_count < max ? alike->pair_count : max;
	return ranked;
}
