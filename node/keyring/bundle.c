#include "node/keyring/bundle.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

static const char TAG_DOMAIN[] = "releve bundle tag 1", HEAD_DOMAIN[] = "releve bundle head 1",
                  CHUNK_DOMAIN[] = "releve bundle chunk 1";
static const uint8_t MAGIC[7] = {'R', 'E', 'L', 'E', 'V', 'E', 'B'};

enum {
	TAG_BYTES = 16,
	SLOTS_AT = sizeof(MAGIC) + 1 + 2 * TAG_BYTES, /* where the number of slots stands */
	AD_BYTES = sizeof(CHUNK_DOMAIN) - 1 + 32 + 8 + 1,
};

_Static_assert(BUNDLE_HEAD_BYTES_MIN == SLOTS_AT + 1 + BUNDLE_SLOTS_STEP * BOX_KEY_BYTES, "format");

void bundle_key_wipe(struct bundle_key *key)
{
	mem_wipe(key, sizeof(*key));
}

static void make_tag(
        uint8_t tag[TAG_BYTES], const struct discovery_secret *discovery, const uint8_t nonce[TAG_BYTES])
{
	uint8_t message[sizeof(TAG_DOMAIN) - 1 + TAG_BYTES];
	memcpy(message, TAG_DOMAIN, sizeof(TAG_DOMAIN) - 1);
	memcpy(message + sizeof(TAG_DOMAIN) - 1, nonce, TAG_BYTES);
	crypto_generichash(
	        tag, TAG_BYTES, message, sizeof(message), discovery->bytes, sizeof(discovery->bytes));
}

static void hash_head(uint8_t out[32], struct span head)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, (const uint8_t *)HEAD_DOMAIN, sizeof(HEAD_DOMAIN) - 1);
	crypto_generichash_update(&state, head.data, head.size);
	crypto_generichash_final(&state, out, 32);
}

/* A box for a device, or for a key that is forgotten at once. */
static int fill_slot(struct box_key *slot, const struct env *env, const struct seal_public *recipient,
        const struct bundle_secret *secret)
{
	struct seal_public nobody;
	uint8_t seed[SECRET_BYTES], forgotten[SECRET_BYTES];
	if (recipient)
		return box_seal(slot, env, recipient, secret->bytes);
	env_random_bytes(env, seed, sizeof(seed));
	crypto_box_seed_keypair(nobody.bytes, forgotten, seed);
	mem_wipe(forgotten, sizeof(forgotten));
	mem_wipe(seed, sizeof(seed));
	return box_seal(slot, env, &nobody, secret->bytes);
}

/* Fisher-Yates with bytes of the environment; the bias of 64 bits modulo 40 is of no account. */
static void shuffle(struct box_key *slots, size_t count, const struct env *env)
{
	for (size_t i = count; i > 1; i--) {
		uint64_t word;
		env_random_bytes(env, &word, sizeof(word));
		struct box_key swap = slots[i - 1];
		slots[i - 1] = slots[word % i];
		slots[word % i] = swap;
	}
}

int bundle_begin(struct bundle_key *out, const struct env *env, const struct discovery_secret *discovery,
        const struct seal_public *recipients, size_t count, struct buf *head)
{
	struct box_key slots[BUNDLE_SLOTS_MAX];
	struct bundle_key key;
	uint8_t tag[2 * TAG_BYTES];
	int error = 0;
	if (count == 0)
		return ERR_INVALID;
	if (count > BUNDLE_SLOTS_MAX)
		return ERR_TOOBIG;
	size_t slot_count = (count + BUNDLE_SLOTS_STEP - 1) / BUNDLE_SLOTS_STEP * BUNDLE_SLOTS_STEP,
	       start = head->size;
	env_random_bytes(env, key.secret.bytes, sizeof(key.secret.bytes));
	for (size_t i = 0; i < slot_count && !error; i++)
		error = fill_slot(&slots[i], env, i < count ? &recipients[i] : NULL, &key.secret);
	if (!error) {
		shuffle(slots, slot_count, env);
		env_random_bytes(env, tag, TAG_BYTES);
		make_tag(tag + TAG_BYTES, discovery, tag);
		buf_add(head, MAGIC, sizeof(MAGIC));
		wire_put_u8(head, BUNDLE_VERSION);
		buf_add(head, tag, sizeof(tag));
		wire_put_u8(head, (uint8_t)slot_count);
		buf_add(head, slots, slot_count * sizeof(*slots));
		hash_head(key.head_hash, span_of(head->data + start, head->size - start));
		*out = key;
	}
	bundle_key_wipe(&key);
	return error;
}

int bundle_head_bytes(struct span bytes, size_t *out)
{
	if (bytes.size < sizeof(MAGIC) || memcmp(bytes.data, MAGIC, sizeof(MAGIC)) != 0)
		return ERR_MALFORMED;
	if (bytes.size > sizeof(MAGIC) && bytes.data[sizeof(MAGIC)] != BUNDLE_VERSION)
		return ERR_VERSION;
	if (bytes.size < BUNDLE_HEAD_BYTES_MIN)
		return ERR_TRUNCATED;
	uint8_t slots = bytes.data[SLOTS_AT];
	if (slots == 0 || slots > BUNDLE_SLOTS_MAX || slots % BUNDLE_SLOTS_STEP)
		return ERR_MALFORMED;
	*out = SLOTS_AT + 1 + (size_t)slots * BOX_KEY_BYTES;
	return 0;
}

/* A whole header and nothing more. */
static int check_head(struct span head)
{
	size_t head_bytes;
	int error = bundle_head_bytes(head, &head_bytes);
	if (error)
		return error;
	return head.size < head_bytes ? ERR_TRUNCATED : head.size > head_bytes ? ERR_MALFORMED : 0;
}

bool bundle_is_ours(struct span head, const struct discovery_secret *discovery)
{
	uint8_t tag[TAG_BYTES];
	if (check_head(head))
		return false;
	const uint8_t *nonce = head.data + sizeof(MAGIC) + 1;
	make_tag(tag, discovery, nonce);
	return sodium_memcmp(tag, nonce + TAG_BYTES, TAG_BYTES) == 0;
}

int bundle_open(struct bundle_key *out, struct span head, const struct seal_public *own_public,
        const struct seal_secret *own_secret)
{
	struct box_key slot;
	int error = check_head(head);
	if (error)
		return error;
	for (size_t i = 0; i < head.data[SLOTS_AT]; i++) {
		memcpy(slot.bytes, head.data + SLOTS_AT + 1 + i * BOX_KEY_BYTES, BOX_KEY_BYTES);
		if (box_open(out->secret.bytes, &slot, own_public, own_secret))
			continue;
		hash_head(out->head_hash, head);
		return 0;
	}
	return ERR_DENIED;
}

uint64_t bundle_chunk_offset(size_t head_bytes, uint64_t number)
{
	return head_bytes + number * BUNDLE_CHUNK_BYTES;
}

static void chunk_ad(uint8_t out[AD_BYTES], const struct bundle_key *key, uint64_t number, bool final)
{
	memcpy(out, CHUNK_DOMAIN, sizeof(CHUNK_DOMAIN) - 1);
	out += sizeof(CHUNK_DOMAIN) - 1;
	memcpy(out, key->head_hash, 32);
	for (unsigned i = 0; i < 8; i++)
		out[32 + i] = (uint8_t)(number >> (8 * i));
	out[40] = final;
}

int bundle_chunk_seal(const struct bundle_key *key, const struct env *env, uint64_t number, bool final,
        struct span plain, struct buf *out)
{
	uint8_t ad[AD_BYTES];
	if (plain.size > BUNDLE_PLAIN_BYTES || (!final && plain.size < BUNDLE_PLAIN_BYTES))
		return ERR_INVALID;
	chunk_ad(ad, key, number, final);
	aead_seal(buf_extend(out, plain.size + AEAD_OVERHEAD_BYTES), env, key->secret.bytes,
	        span_of(ad, sizeof(ad)), plain);
	return 0;
}

int bundle_chunk_open(
        const struct bundle_key *key, uint64_t number, bool final, struct span sealed, struct buf *out)
{
	uint8_t ad[AD_BYTES];
	if (sealed.size < AEAD_OVERHEAD_BYTES || (!final && sealed.size < BUNDLE_CHUNK_BYTES))
		return ERR_TRUNCATED;
	if (sealed.size > BUNDLE_CHUNK_BYTES)
		return ERR_TOOBIG;
	size_t before = out->size;
	chunk_ad(ad, key, number, final);
	int error = aead_open(buf_extend(out, sealed.size - AEAD_OVERHEAD_BYTES), key->secret.bytes,
	        span_of(ad, sizeof(ad)), sealed);
	if (error)
		out->size = before;
	return error;
}
