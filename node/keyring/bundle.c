#include "node/keyring/bundle.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char TAG_DOMAIN[] = "releve bundle tag 2", HEAD_DOMAIN[] = "releve bundle head 2",
                  CHUNK_DOMAIN[] = "releve bundle chunk 2",
                  INVITATION_DOMAIN[] = "releve bundle invitation 1", FILE_DOMAIN[] = "releve bundle file 3",
                  SIGN_DOMAIN[] = "releve bundle signed 3";
static const uint8_t MAGIC[7] = {'R', 'E', 'L', 'E', 'V', 'E', 'B'};

enum {
	TAG_BYTES = 16,
	SLOTS_AT = sizeof(MAGIC) + 1 + 2 * TAG_BYTES, /* where the number of slots stands */
	AD_BYTES = sizeof(CHUNK_DOMAIN) - 1 + 32 + 8 + 1,
	SLOT_KEYS = 1,
	SLOT_INVITATION = 2,
	SLOT_PLAIN_BYTES = BUNDLE_SLOT_BYTES - BOX_OVERHEAD_BYTES,
	INNER_BYTES = BUNDLE_CONTENT_BYTES + AEAD_OVERHEAD_BYTES,
	NO_FRAME = 0xffff,
};

_Static_assert(BUNDLE_HEAD_BYTES_MIN == SLOTS_AT + 1 + BUNDLE_SLOTS_STEP * BUNDLE_SLOT_BYTES, "format");
_Static_assert((int)BUNDLE_STREAM_BYTES < (int)NO_FRAME, "format");
_Static_assert(BUNDLE_SLOTS_MAX >= LIMIT_TEAM_DEVICES_ACTIVE + LIMIT_INVITATIONS, "room for all");

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

/* ---- Slots ------------------------------------------------------------------------------------------------------ */

struct slot {
	uint8_t bytes[BUNDLE_SLOT_BYTES];
};

static bool is_for(const struct bundle_recipient *recipient, unsigned part)
{
	return recipient->parts & 1u << part;
}

static void slot_plain(uint8_t plain[SLOT_PLAIN_BYTES], const struct bundle_recipient *recipient,
        const struct bundle_key *key)
{
	memset(plain, 0, SLOT_PLAIN_BYTES);
	plain[0] = recipient->parts ? SLOT_KEYS : SLOT_INVITATION;
	if (!recipient->parts) {
		memcpy(plain + 1, recipient->team.bytes, sizeof(recipient->team.bytes));
		return;
	}
	memcpy(plain + 1, key->whole.bytes, SECRET_BYTES);
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		if (is_for(recipient, part))
			memcpy(plain + 1 + part * SECRET_BYTES, key->parts[part].bytes, SECRET_BYTES);
}

/* For a recipient; or, NULL, for a key that is forgotten at once. */
static int fill_slot(struct slot *slot, const struct env *env, const struct bundle_recipient *recipient,
        const struct bundle_key *key)
{
	struct seal_public nobody;
	uint8_t seed[SECRET_BYTES], forgotten[SECRET_BYTES], plain[SLOT_PLAIN_BYTES] = {0};
	if (!recipient) {
		env_random_bytes(env, seed, sizeof(seed));
		crypto_box_seed_keypair(nobody.bytes, forgotten, seed);
		mem_wipe(forgotten, sizeof(forgotten));
		mem_wipe(seed, sizeof(seed));
	} else {
		slot_plain(plain, recipient, key);
	}
	int error = box_seal_bytes(
	        slot->bytes, env, recipient ? &recipient->key : &nobody, span_of(plain, sizeof(plain)));
	mem_wipe(plain, sizeof(plain));
	return error;
}

/* Fisher-Yates with bytes of the environment; the bias of 64 bits modulo 72 is of no account. */
static void shuffle(struct slot *slots, size_t count, const struct env *env)
{
	for (size_t i = count; i > 1; i--) {
		uint64_t word;
		env_random_bytes(env, &word, sizeof(word));
		struct slot swap = slots[i - 1];
		slots[i - 1] = slots[word % i];
		slots[word % i] = swap;
	}
}

static void put_head(struct buf *head, const struct env *env, const struct discovery_secret *discovery,
        const struct slot *slots, size_t slot_count)
{
	uint8_t tag[2 * TAG_BYTES];
	env_random_bytes(env, tag, sizeof(tag));
	if (discovery)
		make_tag(tag + TAG_BYTES, discovery, tag);
	buf_add(head, MAGIC, sizeof(MAGIC));
	wire_put_u8(head, BUNDLE_VERSION);
	buf_add(head, tag, sizeof(tag));
	wire_put_u8(head, (uint8_t)slot_count);
	buf_add(head, slots, slot_count * sizeof(*slots));
}

int bundle_begin(struct bundle_key *out, const struct env *env, const struct discovery_secret *discovery,
        const struct bundle_recipient *recipients, size_t count, struct buf *head)
{
	struct slot slots[BUNDLE_SLOTS_MAX];
	struct bundle_key key = {.head_hash = {0}};
	int error = 0;
	if (count == 0)
		return ERR_INVALID;
	if (count > BUNDLE_SLOTS_MAX)
		return ERR_TOOBIG;
	size_t slot_count = (count + BUNDLE_SLOTS_STEP - 1) / BUNDLE_SLOTS_STEP * BUNDLE_SLOTS_STEP,
	       start = head->size;
	env_random_bytes(env, key.whole.bytes, sizeof(key.whole.bytes));
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		env_random_bytes(env, key.parts[part].bytes, sizeof(key.parts[part].bytes));
	for (size_t i = 0; i < slot_count && !error; i++)
		error = fill_slot(&slots[i], env, i < count ? &recipients[i] : NULL, &key);
	if (!error) {
		shuffle(slots, slot_count, env);
		put_head(head, env, discovery, slots, slot_count);
		hash_head(key.head_hash, span_of(head->data + start, head->size - start));
		*out = key;
	}
	bundle_key_wipe(&key);
	return error;
}

/* ---- Reading a header ------------------------------------------------------------------------------------------- */

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
	*out = SLOTS_AT + 1 + (size_t)slots * BUNDLE_SLOT_BYTES;
	return 0;
}

bool bundle_is_older(struct span bytes)
{
	return bytes.size > sizeof(MAGIC) && bytes.data[sizeof(MAGIC)] < BUNDLE_VERSION;
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

/* Kinds of later versions are passed over. Keys that another slot gave stay. */
static int read_slot(struct bundle_key *out, const uint8_t plain[SLOT_PLAIN_BYTES], struct team_id *team)
{
	if (plain[0] == SLOT_INVITATION) {
		memcpy(team->bytes, plain + 1, sizeof(team->bytes));
		return BUNDLE_IS_INVITATION;
	}
	if (plain[0] != SLOT_KEYS)
		return ERR_DENIED;
	memcpy(out->whole.bytes, plain + 1, SECRET_BYTES);
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		if (sodium_is_zero(out->parts[part].bytes, SECRET_BYTES))
			memcpy(out->parts[part].bytes, plain + 1 + part * SECRET_BYTES, SECRET_BYTES);
	return 0;
}

static bool has_all_parts(const struct bundle_key *key)
{
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		if (sodium_is_zero(key->parts[part].bytes, SECRET_BYTES))
			return false;
	return true;
}

/* A key that somebody else named as hers too has several slots: what it may have stands in all of them together. */
int bundle_open(struct bundle_key *out, struct span head, const struct seal_public *own_public,
        const struct seal_secret *own_secret, struct team_id *team)
{
	uint8_t plain[SLOT_PLAIN_BYTES];
	struct bundle_key key = {.head_hash = {0}};
	int error = check_head(head);
	if (error)
		return error;
	error = ERR_DENIED;
	for (size_t i = 0; !has_all_parts(&key) && i < head.data[SLOTS_AT]; i++) {
		struct span slot = span_of(
		        head.data + SLOTS_AT + 1 + i * BUNDLE_SLOT_BYTES, BUNDLE_SLOT_BYTES);
		if (box_open_bytes(plain, slot, own_public, own_secret))
			continue;
		const int kind = read_slot(&key, plain, team);
		if (kind == 0 || error == ERR_DENIED)
			error = kind;
	}
	if (error == 0) {
		hash_head(key.head_hash, head);
		*out = key;
	}
	bundle_key_wipe(&key);
	mem_wipe(plain, sizeof(plain));
	return error;
}

void bundle_invitation_keys(
        const uint8_t psk[SECRET_BYTES], struct seal_public *open, struct seal_secret *secret)
{
	secret_derive(secret->bytes, psk, INVITATION_DOMAIN, NULL, 0);
	crypto_scalarmult_base(open->bytes, secret->bytes);
}

/* ---- Chunks ----------------------------------------------------------------------------------------------------- */

/* Room for the part's number behind it. */
static struct span chunk_ad(
        uint8_t out[AD_BYTES + 1], const struct bundle_key *key, uint64_t number, bool final)
{
	uint8_t *at = out;
	memcpy(at, CHUNK_DOMAIN, sizeof(CHUNK_DOMAIN) - 1);
	at += sizeof(CHUNK_DOMAIN) - 1;
	memcpy(at, key->head_hash, 32);
	for (unsigned i = 0; i < 8; i++)
		at[32 + i] = (uint8_t)(number >> (8 * i));
	at[40] = final;
	return span_of(out, AD_BYTES);
}

static void put_content(uint8_t content[BUNDLE_CONTENT_BYTES], struct span stream, size_t first)
{
	const size_t begins = first == SIZE_MAX ? NO_FRAME : first;
	content[0] = (uint8_t)begins;
	content[1] = (uint8_t)(begins >> 8);
	content[2] = (uint8_t)stream.size;
	content[3] = (uint8_t)(stream.size >> 8);
	if (stream.size)
		memcpy(content + 4, stream.data, stream.size);
	memset(content + 4 + stream.size, 0, BUNDLE_STREAM_BYTES - stream.size);
}

void bundle_chunk_seal(const struct bundle_key *key, const struct env *env, uint64_t number, bool final,
        enum bundle_part part, struct span stream, size_t first, struct buf *out)
{
	uint8_t ad[AD_BYTES + 1];
	assert(stream.size <= BUNDLE_STREAM_BYTES && (unsigned)part >= 1 && (unsigned)part <= BUNDLE_PARTS);
	uint8_t *inner = mem_alloc(1 + INNER_BYTES), *content = mem_alloc(BUNDLE_CONTENT_BYTES);
	struct span outer_ad = chunk_ad(ad, key, number, final);
	inner[0] = ad[AD_BYTES] = (uint8_t)part;
	put_content(content, stream, first);
	aead_seal(inner + 1, env, key->parts[part].bytes, span_of(ad, sizeof(ad)),
	        span_of(content, BUNDLE_CONTENT_BYTES));
	aead_seal(buf_extend(out, BUNDLE_CHUNK_BYTES), env, key->whole.bytes, outer_ad,
	        span_of(inner, 1 + INNER_BYTES));
	mem_wipe(content, BUNDLE_CONTENT_BYTES);
	mem_free(content);
	mem_free(inner);
}

static int read_content(const uint8_t content[BUNDLE_CONTENT_BYTES], struct span *stream, size_t *first)
{
	const size_t begins = content[0] | (size_t)content[1] << 8,
	             used = content[2] | (size_t)content[3] << 8;
	if (used > BUNDLE_STREAM_BYTES || (begins != NO_FRAME && begins >= used))
		return ERR_MALFORMED;
	*stream = span_of(content + 4, used);
	*first = begins == NO_FRAME ? SIZE_MAX : begins;
	return 0;
}

static int open_outer(const struct bundle_key *key, uint64_t number, struct span sealed, bool *final,
        uint8_t inner[1 + INNER_BYTES])
{
	uint8_t ad[AD_BYTES + 1];
	int error = ERR_BADSEAL;
	for (int last = 0; error && last < 2; last++) {
		*final = last;
		error = aead_open(inner, key->whole.bytes, chunk_ad(ad, key, number, last), sealed);
	}
	return error;
}

int bundle_chunk_open(const struct bundle_key *key, uint64_t number, struct span sealed, bool *final,
        enum bundle_part *part, uint8_t content[BUNDLE_CONTENT_BYTES], struct span *stream, size_t *first)
{
	uint8_t ad[AD_BYTES + 1];
	*stream = span_of(NULL, 0);
	*first = SIZE_MAX;
	if (sealed.size != BUNDLE_CHUNK_BYTES)
		return ERR_BADSEAL;
	uint8_t *inner = mem_alloc(1 + INNER_BYTES);
	int error = open_outer(key, number, sealed, final, inner);
	*part = (enum bundle_part)(error ? BUNDLE_COMMON : inner[0]);
	if (!error && (inner[0] < 1 || inner[0] > BUNDLE_PARTS))
		error = ERR_MALFORMED;
	if (!error && !sodium_is_zero(key->parts[*part].bytes, SECRET_BYTES)) {
		chunk_ad(ad, key, number, *final);
		ad[AD_BYTES] = inner[0];
		error = aead_open(content, key->parts[*part].bytes, span_of(ad, sizeof(ad)),
		        span_of(inner + 1, INNER_BYTES));
		error = error ? ERR_MALFORMED : read_content(content, stream, first);
	}
	mem_free(inner);
	return error;
}

/* ---- The maker's signature -------------------------------------------------------------------------------------- */

void bundle_digest_add(uint8_t digest[SIGN_DIGEST_BYTES], struct span sealed)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, SIGN_DIGEST_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)FILE_DOMAIN, sizeof(FILE_DOMAIN) - 1);
	crypto_generichash_update(&state, digest, SIGN_DIGEST_BYTES);
	crypto_generichash_update(&state, sealed.data, sealed.size);
	crypto_generichash_final(&state, digest, SIGN_DIGEST_BYTES);
}

static void digest_signed(uint8_t out[SIGN_DIGEST_BYTES], const struct team_id *team,
        const uint8_t digest[SIGN_DIGEST_BYTES], uint64_t chunks)
{
	uint8_t bytes[SIGN_DIGEST_BYTES + 8];
	memcpy(bytes, digest, SIGN_DIGEST_BYTES);
	for (unsigned i = 0; i < 8; i++)
		bytes[SIGN_DIGEST_BYTES + i] = (uint8_t)(chunks >> (8 * i));
	sign_digest(out, SIGN_DOMAIN, team, span_of(bytes, sizeof(bytes)));
}

void bundle_sign(struct entry_signature *out, const struct key_signer *signer,
        const uint8_t digest[SIGN_DIGEST_BYTES], uint64_t chunks)
{
	uint8_t whole[SIGN_DIGEST_BYTES];
	digest_signed(whole, &signer->team, digest, chunks);
	sign_make(out, SIGN_DOMAIN, whole, signer->secret_key);
}

bool bundle_sign_check(const struct entry_signature *signature, const struct team_id *team,
        const struct device_id *maker, const uint8_t digest[SIGN_DIGEST_BYTES], uint64_t chunks)
{
	uint8_t whole[SIGN_DIGEST_BYTES];
	digest_signed(whole, team, digest, chunks);
	return sign_check(signature, SIGN_DOMAIN, whole, maker);
}

uint64_t bundle_chunks_padded(uint64_t chunks)
{
	uint64_t step = 1;
	while (chunks / step >= 16)
		step *= 2;
	const uint64_t padded = (chunks + step - 1) / step * step;
	return padded < BUNDLE_CHUNKS_MIN ? BUNDLE_CHUNKS_MIN : padded;
}
