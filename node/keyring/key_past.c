#include "node/keyring/key_past.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { COUNT_FIRST = 64 };

struct key_past_item {
	struct record_id dossier;
	uint64_t version;
	struct body_key key;
};

void key_past_close(struct key_past *past)
{
	secret_array_free(past->items);
	*past = (struct key_past){0};
}

uint32_t key_past_version(const struct epoch_id *epoch)
{
	uint32_t number = 0;
	for (unsigned i = 0; i < sizeof(number); i++)
		number |= (uint32_t)epoch->bytes[i] << 8 * i;
	return KEY_VERSION_PAST | number;
}

static int item_cmp(const struct key_past_item *a, const struct key_past_item *b)
{
	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	int order = record_id_cmp(&a->dossier, &b->dossier);
	return order ? order : memcmp(a->key.bytes, b->key.bytes, sizeof(a->key.bytes));
}

/* The first place whose item is not before `key`. */
static size_t lower(const struct key_past *past, const struct key_past_item *key)
{
	size_t low = 0, high = past->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (item_cmp(&past->items[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the keys of a number begin, and how many there are. */
static size_t run(const struct key_past *past, uint32_t version, size_t *count)
{
	const struct key_past_item first = {.version = version}, next = {.version = (uint64_t)version + 1};
	size_t start = lower(past, &first);
	*count = lower(past, &next) - start;
	return start;
}

int key_past_add(struct key_past *past, const struct record_id *dossier, uint32_t version,
        const struct dossier_secret *key)
{
	struct key_past_item item = {.dossier = *dossier, .version = version};
	size_t standing;
	int result = 0;
	memcpy(item.key.bytes, key->bytes, sizeof(item.key.bytes));
	run(past, version, &standing);
	size_t place = lower(past, &item);
	if (place < past->count && item_cmp(&past->items[place], &item) == 0) {
		result = 1;
	} else if (past->count == LIMIT_KEY_PAST || standing == LIMIT_KEY_PAST_EPOCH) {
		result = ERR_FULL;
	} else {
		if (past->count == past->room) {
			past->room = past->room ? past->room * 2 : COUNT_FIRST;
			past->items = secret_array_grow(
			        past->items, past->count, past->room, sizeof(*past->items));
		}
		memmove(past->items + place + 1, past->items + place,
		        (past->count - place) * sizeof(*past->items));
		past->items[place] = item;
		past->count++;
	}
	mem_wipe(&item, sizeof(item));
	return result;
}

void key_past_erase(struct key_past *past, const struct record_id *dossier)
{
	size_t kept = 0;
	for (size_t i = 0; i < past->count; i++)
		if (!record_id_eq(&past->items[i].dossier, dossier))
			past->items[kept++] = past->items[i];
	if (kept < past->count)
		mem_wipe(past->items + kept, (past->count - kept) * sizeof(*past->items));
	past->count = kept;
}

const struct body_key *key_past_find(
        const struct key_past *past, uint32_t version, size_t index, struct record_id *dossier)
{
	size_t count, start = run(past, version, &count);
	if (index >= count)
		return NULL;
	*dossier = past->items[start + index].dossier;
	return &past->items[start + index].key;
}
