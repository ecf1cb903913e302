#include "node/keyring/epochs.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"

static const char COMMIT_DOMAIN[] = "releve epoch commitment 1", PARENT_DOMAIN[] = "releve epoch parent 1";

enum { COUNT_FIRST = 16 };

struct held {
	struct epoch_key key;
	struct epoch_id id;
	enum compartment compartment;
};

struct epochs {
	struct held *held; /* protected; ascending by id */
	size_t count, room;
};

void epoch_commit(struct epoch_commitment *out, const struct epoch_key *key, enum compartment compartment)
{
	uint8_t byte = (uint8_t)compartment;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(out->bytes));
	crypto_generichash_update(&state, (const uint8_t *)COMMIT_DOMAIN, sizeof(COMMIT_DOMAIN) - 1);
	crypto_generichash_update(&state, &byte, 1);
	crypto_generichash_update(&state, key->bytes, sizeof(key->bytes));
	crypto_generichash_final(&state, out->bytes, sizeof(out->bytes));
	mem_wipe(&state, sizeof(state));
}

struct epochs *epochs_new(void)
{
	return mem_zero(1, sizeof(struct epochs));
}

void epochs_free(struct epochs *epochs)
{
	if (!epochs)
		return;
	secret_array_free(epochs->held);
	mem_free(epochs);
}

size_t epochs_count(const struct epochs *epochs)
{
	return epochs->count;
}

bool epochs_at(const struct epochs *epochs, size_t index, struct epoch_id *id, enum compartment *compartment,
        const struct epoch_key **key)
{
	if (index >= epochs->count)
		return false;
	*id = epochs->held[index].id;
	*compartment = epochs->held[index].compartment;
	*key = &epochs->held[index].key;
	return true;
}

/* Where `id` stands, or would stand. */
static size_t place_of(const struct epochs *epochs, const struct epoch_id *id)
{
	size_t low = 0, high = epochs->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (epoch_id_cmp(&epochs->held[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct held *find(const struct epochs *epochs, const struct epoch_id *id)
{
	size_t place = place_of(epochs, id);
	return place < epochs->count && epoch_id_eq(&epochs->held[place].id, id) ? &epochs->held[place]
	                                                                         : NULL;
}

const struct epoch_key *epochs_find(const struct epochs *epochs, const struct epoch_id *id)
{
	const struct held *held = find(epochs, id);
	return held ? &held->key : NULL;
}

int epochs_adopt(struct epochs *epochs, const struct epoch_about *about, const struct epoch_key *key)
{
	struct epoch_commitment commitment;
	epoch_commit(&commitment, key, about->compartment);
	if (sodium_memcmp(commitment.bytes, about->commitment.bytes, sizeof(commitment.bytes)))
		return ERR_BADSEAL;
	if (find(epochs, &about->id))
		return EPOCHS_HELD;
	if (epochs->count == LIMIT_EPOCHS)
		return ERR_FULL;
	if (epochs->count == epochs->room) {
		epochs->room = epochs->room ? epochs->room * 2 : COUNT_FIRST;
		epochs->held = secret_array_grow(
		        epochs->held, epochs->count, epochs->room, sizeof(*epochs->held));
	}
	size_t place = place_of(epochs, &about->id);
	memmove(epochs->held + place + 1, epochs->held + place,
	        (epochs->count - place) * sizeof(*epochs->held));
	epochs->held[place] = (struct held){*key, about->id, about->compartment};
	epochs->count++;
	return 0;
}

int epochs_open_box(struct epochs *epochs, const struct epoch_about *about, const struct box_key *box,
        const struct seal_public *own_public, const struct seal_secret *own_secret)
{
	struct epoch_key key;
	int result = box_open(key.bytes, box, own_public, own_secret);
	if (result)
		return result;
	result = epochs_adopt(epochs, about, &key);
	epoch_key_wipe(&key);
	return result;
}

static void parent_key(uint8_t out[SECRET_BYTES], const struct epoch_key *child, enum compartment compartment)
{
	uint8_t byte = (uint8_t)compartment;
	secret_derive(out, child->bytes, PARENT_DOMAIN, &byte, 1);
}

int epochs_open_parent(struct epochs *epochs, const struct epoch_id *child, const struct epoch_parent *parent,
        const struct epoch_about *about)
{
	struct epoch_key key;
	uint8_t wrap[SECRET_BYTES];
	const struct held *held = find(epochs, child);
	if (!held)
		return ERR_NOTFOUND;
	if (held->compartment != about->compartment || !epoch_id_eq(&parent->id, &about->id))
		return ERR_INVALID;
	parent_key(wrap, &held->key, about->compartment);
	int result = aead_open(key.bytes, wrap, span_of(parent->id.bytes, sizeof(parent->id.bytes)),
	        span_of(parent->sealed, sizeof(parent->sealed)));
	mem_wipe(wrap, sizeof(wrap));
	if (!result)
		result = epochs_adopt(epochs, about, &key);
	epoch_key_wipe(&key);
	return result;
}

void epoch_draft_make(struct epoch_draft *out, const struct env *env, enum compartment compartment)
{
	env_random_bytes(env, out->key.bytes, sizeof(out->key.bytes));
	out->compartment = compartment;
	epoch_commit(&out->commitment, &out->key, compartment);
}

int epoch_draft_box(struct box_key *out, const struct epoch_draft *draft, const struct env *env,
        const struct seal_public *recipient)
{
	return box_seal(out, env, recipient, draft->key.bytes);
}

int epochs_draft_parent(struct epoch_parent *out, const struct epochs *epochs,
        const struct epoch_draft *draft, const struct env *env, const struct epoch_id *id)
{
	uint8_t wrap[SECRET_BYTES];
	const struct held *held = find(epochs, id);
	if (!held)
		return ERR_NOTFOUND;
	if (held->compartment != draft->compartment)
		return ERR_INVALID;
	out->id = *id;
	parent_key(wrap, &draft->key, draft->compartment);
	aead_seal(out->sealed, env, wrap, span_of(id->bytes, sizeof(id->bytes)),
	        span_of(held->key.bytes, sizeof(held->key.bytes)));
	mem_wipe(wrap, sizeof(wrap));
	return 0;
}

int epochs_box(struct box_key *out, const struct epochs *epochs, const struct env *env,
        const struct epoch_id *id, const struct seal_public *recipient)
{
	const struct held *held = find(epochs, id);
	return held ? box_seal(out, env, recipient, held->key.bytes) : ERR_NOTFOUND;
}
