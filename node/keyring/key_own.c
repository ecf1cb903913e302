#include "node/keyring/key_own.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { ROW_VERSION = 1, COUNT_FIRST = 64, SECRET_ITEM_BYTES_MIN = 1 + SECRET_BYTES };

struct key_own_secret {
	struct record_id dossier;
	uint64_t version;
	struct dossier_secret secret;
};

/* Places of the secrets: by dossier, version descending, bytes. Those that rows brought since are behind, and come into it once somebody looks. */
struct key_own_order {
	uint32_t *places;
	size_t sorted;
};

void key_own_close(struct key_own *own)
{
	secret_array_free(own->secrets);
	if (own->order)
		mem_free(own->order->places);
	mem_free(own->order);
	*own = (struct key_own){0};
}

/* Not in constant time: the order of secrets is known to those who hold them, and nobody else can time it. */
static int secret_cmp(const struct key_own_secret *a, const struct key_own_secret *b)
{
	int order = record_id_cmp(&a->dossier, &b->dossier);
	if (order)
		return order;
	if (a->version != b->version)
		return a->version > b->version ? -1 : 1;
	return memcmp(a->secret.bytes, b->secret.bytes, SECRET_BYTES);
}

/* The secret at a place of the order. */
static struct key_own_secret *at(const struct key_own *own, size_t place)
{
	return &own->secrets[own->order->places[place]];
}

static int place_cmp(const void *a, const void *b, void *own)
{
	const struct key_own_secret *secrets = ((const struct key_own *)own)->secrets;
	return secret_cmp(&secrets[*(const uint32_t *)a], &secrets[*(const uint32_t *)b]);
}

/* Thousands of rows come at a start, in no order: sorted once, not each into its place. */
static void sort(const struct key_own *own)
{
	if (!own->order || own->order->sorted == own->count)
		return;
	qsort_r(own->order->places, own->count, sizeof(*own->order->places), place_cmp,
	        (void *)(uintptr_t)own);
	own->order->sorted = own->count;
}

/* The first place whose secret is not before `key`. */
static size_t lower(const struct key_own *own, const struct key_own_secret *key)
{
	size_t low = 0, high = own->count;
	sort(own);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (secret_cmp(at(own, middle), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the secrets of a dossier begin, and how many there are. */
static size_t run(const struct key_own *own, const struct record_id *dossier, size_t *count)
{
	const struct key_own_secret first = {.dossier = *dossier, .version = UINT64_MAX};
	size_t start = lower(own, &first), end = start;
	while (end < own->count && record_id_eq(&at(own, end)->dossier, dossier))
		end++;
	*count = end - start;
	return start;
}

static void grow(struct key_own *own)
{
	if (own->count < own->room)
		return;
	own->room = own->room ? own->room * 2 : COUNT_FIRST;
	own->secrets = secret_array_grow(own->secrets, own->count, own->room, sizeof(*own->secrets));
	if (!own->order)
		own->order = mem_zero(1, sizeof(*own->order));
	own->order->places = mem_resize(own->order->places, own->room, sizeof(*own->order->places));
}

int key_own_add(struct key_own *own, const struct record_id *dossier, uint32_t version,
        const struct dossier_secret *secret)
{
	struct key_own_secret key = {*dossier, version, *secret};
	size_t place = lower(own, &key), standing;
	int result = 0;
	run(own, dossier, &standing);
	if (place < own->count && secret_cmp(at(own, place), &key) == 0) {
		result = 1;
	} else if (own->count == LIMIT_KEY_SECRETS || standing == LIMIT_DOSSIER_SECRETS) {
		result = ERR_FULL;
	} else {
		grow(own);
		uint32_t *places = own->order->places;
		memmove(places + place + 1, places + place, (own->count - place) * sizeof(*places));
		places[place] = (uint32_t)own->count;
		own->secrets[own->count++] = key;
		own->order->sorted = own->count;
	}
	mem_wipe(&key, sizeof(key));
	return result;
}

/* Takes one secret out of the order, overwrites it, and puts the last of the array in its place. */
static void erase_one(struct key_own *own, size_t place)
{
	uint32_t *places = own->order->places, hole = places[place], last = (uint32_t)own->count - 1;
	if (hole != last) {
		places[lower(own, &own->secrets[last])] = hole;
		own->secrets[hole] = own->secrets[last];
	}
	memmove(places + place, places + place + 1, (last - place) * sizeof(*places));
	mem_wipe(&own->secrets[last], sizeof(*own->secrets));
	own->count = own->order->sorted = last;
}

void key_own_erase(struct key_own *own, const struct record_id *dossier)
{
	size_t count, start = run(own, dossier, &count);
	while (count > 0)
		erase_one(own, start + --count);
}

const struct dossier_secret *key_own_find(
        const struct key_own *own, const struct record_id *dossier, size_t index, uint32_t *version)
{
	size_t count, start = run(own, dossier, &count);
	if (index >= count)
		return NULL;
	*version = (uint32_t)at(own, start + index)->version;
	return &at(own, start + index)->secret;
}

bool key_own_at(const struct key_own *own, size_t index, struct record_id *dossier, uint32_t *version)
{
	if (index >= own->count)
		return false;
	sort(own);
	*dossier = at(own, index)->dossier;
	*version = (uint32_t)at(own, index)->version;
	return true;
}

bool key_own_next(const struct key_own *own, const struct record_id *after, struct record_id *dossier)
{
	size_t place = 0;
	sort(own);
	if (after) {
		size_t count;
		place = run(own, after, &count);
		place += count;
	}
	if (place >= own->count)
		return false;
	*dossier = at(own, place)->dossier;
	return true;
}

int key_own_encode(const struct key_own *own, const struct record_id *dossier, struct buf *out)
{
	size_t count, start = run(own, dossier, &count);
	if (count == 0)
		return ERR_NOTFOUND;
	wire_put_u8(out, ROW_VERSION);
	buf_add(out, dossier->bytes, sizeof(dossier->bytes));
	wire_put_varint(out, count);
	for (size_t i = start; i < start + count; i++) {
		wire_put_varint(out, at(own, i)->version);
		buf_add(out, at(own, i)->secret.bytes, SECRET_BYTES);
	}
	return 0;
}

static void read_secret(struct wire_in *in, struct key_own_secret *out)
{
	out->version = wire_varint(in);
	wire_raw(in, out->secret.bytes, SECRET_BYTES);
	if (out->version == 0 || out->version > UINT32_MAX)
		wire_fail(in, ERR_MALFORMED);
}

/* Behind the others, in no order yet. */
static void append(struct key_own *own, const struct key_own_secret *secrets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		grow(own);
		own->order->places[own->count] = (uint32_t)own->count;
		own->secrets[own->count++] = secrets[i];
	}
}

int key_own_decode(struct key_own *own, struct span row)
{
	struct key_own_secret read[LIMIT_DOSSIER_SECRETS];
	struct record_id dossier;
	struct wire_in in = wire_begin(row);
	uint8_t version = wire_u8(&in);
	wire_raw(&in, dossier.bytes, sizeof(dossier.bytes));
	uint32_t count = wire_count(&in, LIMIT_DOSSIER_SECRETS, SECRET_ITEM_BYTES_MIN);
	for (uint32_t i = 0; i < count; i++) {
		read[i].dossier = dossier;
		read_secret(&in, &read[i]);
		if (i && secret_cmp(&read[i - 1], &read[i]) >= 0)
			wire_fail(&in, ERR_MALFORMED);
	}
	int error = wire_end(&in);
	if (!error && version != ROW_VERSION)
		error = ERR_VERSION;
	if (!error && count == 0)
		error = ERR_MALFORMED;
	if (!error && own->count + count > LIMIT_KEY_SECRETS)
		error = ERR_FULL;
	if (!error)
		append(own, read, count);
	mem_wipe(read, count * sizeof(*read));
	return error;
}
