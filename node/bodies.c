#include "node/bodies.h"

#include "crdt/base/err.h"

/* One dossier under one epoch, with the key of its first secret. */
struct known_body {
	struct epoch_id epoch;
	struct pseudonym pseudonym;
	struct record_id dossier;
	struct body_key key; /* 32 bytes; valid when `derived` */
	uint64_t derived;
};

/* Pseudonyms of dossiers that were written to: a hash each to find. */
enum { NAMED_ROWS = 1024 };

struct named {
	struct epoch_id epoch; /* zero: an empty row */
	struct record_id dossier;
	struct pseudonym pseudonym;
};

struct bodies {
	struct epochs *epochs;
	struct key_table *keys;
	struct body_codec *codec;
	struct known_body
	        *table; /* protected, open addressing, sorted by nothing; `used` tells which are taken */
	bool *used;
	uint32_t size, count;
	struct named *named; /* NAMED_ROWS, by the dossier's first bytes */
	struct epoch_id *listed; /* epochs whose dossiers are all in the table */
	uint32_t listed_count;
};

struct bodies *bodies_new(struct epochs *epochs, struct key_table *keys, struct body_codec *codec)
{
	struct bodies *bodies = mem_zero(1, sizeof(*bodies));
	bodies->epochs = epochs;
	bodies->keys = keys;
	bodies->codec = codec;
	bodies->named = mem_zero(NAMED_ROWS, sizeof(*bodies->named));
	return bodies;
}

void bodies_keys_changed(struct bodies *bodies)
{
	secret_array_free(bodies->table);
	mem_free(bodies->used);
	mem_free(bodies->listed);
	bodies->table = NULL;
	bodies->used = NULL;
	bodies->listed = NULL;
	bodies->size = bodies->count = bodies->listed_count = 0;
}

void bodies_free(struct bodies *bodies)
{
	if (!bodies)
		return;
	bodies_keys_changed(bodies);
	mem_free(bodies->named);
	mem_free(bodies);
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

/* Pseudonyms are outputs of a keyed hash, so their own bits spread well; the epoch is mixed in for several epochs. */
static uint32_t place_of(
        const struct bodies *bodies, const struct epoch_id *epoch, const struct pseudonym *pseudonym)
{
	uint64_t a, b;
	memcpy(&a, pseudonym->bytes, sizeof(a));
	memcpy(&b, epoch->bytes, sizeof(b));
	uint64_t place = (a ^ b) * 0x9e3779b97f4a7c15u >> 32;
	for (;; place++) {
		uint32_t at = (uint32_t)(place & (bodies->size - 1));
		const struct known_body *known = &bodies->table[at];
		if (!bodies->used[at] ||
		        (pseudonym_eq(&known->pseudonym, pseudonym) && epoch_id_eq(&known->epoch, epoch)))
			return at;
	}
}

static void grow(struct bodies *bodies)
{
	if (bodies->size >= 2 * (bodies->count + 1))
		return;
	struct bodies old = *bodies;
	bodies->size = old.size ? 2 * old.size : 256;
	bodies->table = secret_array_grow(NULL, 0, bodies->size, sizeof(*bodies->table));
	bodies->used = mem_zero(bodies->size, sizeof(*bodies->used));
	for (uint32_t i = 0; i < old.size; i++) {
		if (!old.used[i])
			continue;
		uint32_t at = place_of(bodies, &old.table[i].epoch, &old.table[i].pseudonym);
		bodies->table[at] = old.table[i];
		bodies->used[at] = true;
	}
	secret_array_free(old.table);
	mem_free(old.used);
}

static struct known_body *remember(struct bodies *bodies, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, const struct record_id *dossier)
{
	grow(bodies);
	uint32_t at = place_of(bodies, epoch, pseudonym);
	struct known_body *known = &bodies->table[at];
	if (!bodies->used[at]) {
		bodies->used[at] = true;
		bodies->count++;
		known->epoch = *epoch;
		known->pseudonym = *pseudonym;
		known->dossier = *dossier;
		known->derived = 0;
	}
	return known;
}

static bool is_listed(const struct bodies *bodies, const struct epoch_id *epoch)
{
	for (uint32_t i = 0; i < bodies->listed_count; i++)
		if (epoch_id_eq(&bodies->listed[i], epoch))
			return true;
	return false;
}

static void list_epoch(struct bodies *bodies, const struct epoch_id *epoch, const struct epoch_key *key)
{
	struct record_id dossier;
	const struct key_own *own = key_table_own(bodies->keys);
	for (bool more = key_own_next(own, NULL, &dossier); more;
	        more = key_own_next(own, &dossier, &dossier)) {
		struct pseudonym pseudonym = secret_pseudonym(key, &dossier);
		remember(bodies, epoch, &pseudonym, &dossier);
	}
	bodies->listed = mem_resize(bodies->listed, bodies->listed_count + 1, sizeof(*bodies->listed));
	bodies->listed[bodies->listed_count++] = *epoch;
}

static struct known_body *find(struct bodies *bodies, const struct epoch_id *epoch,
        const struct epoch_key *key, const struct pseudonym *pseudonym)
{
	if (bodies->size) {
		uint32_t at = place_of(bodies, epoch, pseudonym);
		if (bodies->used[at])
			return &bodies->table[at];
	}
	if (!bodies->keys || is_listed(bodies, epoch))
		return NULL;
	list_epoch(bodies, epoch, key);
	return find(bodies, epoch, key, pseudonym);
}

static int first_key(struct bodies *bodies, struct known_body *known, const struct epoch_key *epoch,
        enum compartment compartment)
{
	const struct dossier_secret *secret = NULL;
	if (known->derived)
		return 0;
	if (!pseudonym_is_zero(&known->pseudonym)) {
		secret = key_table_secret(bodies->keys, &known->dossier, 0);
		if (!secret)
			return ERR_LOCKED;
	}
	body_key_derive(&known->key, epoch, compartment, secret);
	known->derived = 1;
	return 0;
}

/* The entry of an epoch's bodies without a dossier. */
static struct known_body *plain(struct bodies *bodies, const struct epoch_id *epoch)
{
	static const struct pseudonym none;
	static const struct record_id nobody;
	return remember(bodies, epoch, &none, &nobody);
}

/* ---- Opening, and keys to seal with ------------------------------------------------------------------------------ */

/* Two devices that created the same dossier apart made two secrets; both are in use. */
static int open_with_others(struct bodies *bodies, const struct known_body *known,
        const struct epoch_key *epoch, const struct body_place *place, struct span body, struct span *raw)
{
	const struct dossier_secret *secret;
	int result = ERR_BADSEAL;
	for (size_t i = 1;
	        result == ERR_BADSEAL && (secret = key_table_secret(bodies->keys, &known->dossier, i)); i++) {
		struct body_key key;
		body_key_derive(&key, epoch, place->compartment, secret);
		result = body_open(bodies->codec, &key, place, body, raw);
		body_key_wipe(&key);
	}
	return result;
}

/* An epoch that is not held: the keys of single dossiers in it are tried. One that opened is remembered by the pseudonym. */
static int open_past(struct bodies *bodies, const struct entry_header *header, const struct body_place *place,
        struct span body, struct span *raw, struct record_id *dossier)
{
	const uint32_t version = key_past_version(&header->epoch);
	const struct key_past *past = bodies->keys ? key_table_past(bodies->keys) : NULL;
	const struct body_key *key;
	/* Dossiers, minutes, threads: what is given one by one to those who come later. */
	const bool is_chosen = header->compartment == COMPARTMENT_CLINICAL ||
	        header->compartment == COMPARTMENT_MESSAGE;
	if (!past || past->count == 0 || pseudonym_is_zero(&header->dossier) || !is_chosen)
		return ERR_LOCKED;
	uint32_t at = bodies->size ? place_of(bodies, &header->epoch, &header->dossier) : 0;
	if (bodies->size && bodies->used[at]) {
		*dossier = bodies->table[at].dossier;
		if (body_open(bodies->codec, &bodies->table[at].key, place, body, raw) == 0)
			return 0;
	}
	for (size_t i = 0; (key = key_past_find(past, version, i, dossier)); i++) {
		int result = body_open(bodies->codec, key, place, body, raw);
		if (result == ERR_BADSEAL)
			continue;
		struct known_body *known = remember(bodies, &header->epoch, &header->dossier, dossier);
		known->key = *key;
		known->derived = 1;
		return result;
	}
	return ERR_LOCKED;
}

int bodies_open(struct bodies *bodies, const struct entry_header *header, struct span body, struct span *raw,
        struct record_id *dossier)
{
	const struct epoch_key *epoch = epochs_find(bodies->epochs, &header->epoch);
	struct body_place place = {header->feed, header->seq, (enum compartment)header->compartment};
	if (!epoch)
		return open_past(bodies, header, &place, body, raw, dossier);
	bool has_dossier = !pseudonym_is_zero(&header->dossier);
	struct known_body *known = has_dossier ? find(bodies, &header->epoch, epoch, &header->dossier)
	                                       : plain(bodies, &header->epoch);
	if (!known)
		return ERR_LOCKED;
	int result = first_key(bodies, known, epoch, place.compartment);
	if (result)
		return result;
	*dossier = known->dossier;
	result = body_open(bodies->codec, &known->key, &place, body, raw);
	if (result == ERR_BADSEAL && has_dossier) {
		result = open_with_others(bodies, known, epoch, &place, body, raw);
		/* Perhaps a secret that somebody made while apart, and that is still on its way. */
		return result == ERR_BADSEAL ? ERR_LOCKED : result;
	}
	return result;
}

static uint32_t past_keys(struct bodies *bodies, const struct epoch_id *epoch,
        const struct pseudonym *pseudonym, struct record_id *dossier)
{
	struct record_id unused;
	uint32_t at = bodies->size ? place_of(bodies, epoch, pseudonym) : 0, count = 0;
	if (bodies->size && bodies->used[at])
		*dossier = bodies->table[at].dossier;
	while (bodies->keys &&
	        key_past_find(key_table_past(bodies->keys), key_past_version(epoch), count, &unused))
		count++;
	return count;
}

uint32_t bodies_secrets(struct bodies *bodies, const struct epoch_id *epoch_id,
        const struct pseudonym *pseudonym, struct record_id *dossier)
{
	const struct epoch_key *epoch = epochs_find(bodies->epochs, epoch_id);
	uint32_t count = 0;
	*dossier = (struct record_id){0};
	if (!epoch && !pseudonym_is_zero(pseudonym))
		return past_keys(bodies, epoch_id, pseudonym, dossier);
	if (!epoch || pseudonym_is_zero(pseudonym))
		return epoch != NULL;
	const struct known_body *known = find(bodies, epoch_id, epoch, pseudonym);
	if (!known)
		return 0;
	*dossier = known->dossier;
	while (key_table_secret(bodies->keys, dossier, count))
		count++;
	return count;
}

uint32_t bodies_mark(struct bodies *bodies, const struct epoch_id *epoch, const struct pseudonym *pseudonym)
{
	struct record_id unused;
	const uint32_t count = bodies_secrets(bodies, epoch, pseudonym, &unused);
	return count && epochs_find(bodies->epochs, epoch) ? BODIES_EPOCH + count : count;
}

/* Kept across changes of keys: an epoch's key never changes. */
static struct pseudonym name_of(struct bodies *bodies, const struct epoch_id *epoch,
        const struct epoch_key *key, const struct record_id *dossier)
{
	uint16_t place;
	memcpy(&place, dossier->bytes, sizeof(place));
	struct named *named = &bodies->named[place % NAMED_ROWS];
	if (!record_id_eq(&named->dossier, dossier) || !epoch_id_eq(&named->epoch, epoch))
		*named = (struct named){*epoch, *dossier, secret_pseudonym(key, dossier)};
	return named->pseudonym;
}

int bodies_key(struct bodies *bodies, const struct epoch_id *epoch_id, const struct record_id *dossier,
        enum compartment compartment, const struct body_key **key, struct pseudonym *pseudonym)
{
	const struct epoch_key *epoch = epochs_find(bodies->epochs, epoch_id);
	struct known_body *known;
	if (!epoch)
		return ERR_LOCKED;
	if (dossier) {
		*pseudonym = name_of(bodies, epoch_id, epoch, dossier);
		known = remember(bodies, epoch_id, pseudonym, dossier);
	} else {
		memset(pseudonym, 0, sizeof(*pseudonym));
		known = plain(bodies, epoch_id);
	}
	*key = &known->key;
	return first_key(bodies, known, epoch, compartment);
}
