#include "store/entry.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char FEED_DOMAIN[] = "releve feed 1", HEADER_DOMAIN[] = "releve header 1",
                  BODY_DOMAIN[] = "releve body 1", SIGN_DOMAIN[] = "releve entry 1";

static void hash_begin(crypto_generichash_state *state, const char *domain, size_t domain_bytes)
{
	crypto_generichash_init(state, NULL, 0, ID_LONG_BYTES);
	crypto_generichash_update(state, (const uint8_t *)domain, domain_bytes);
}

struct feed_id entry_feed_id(const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation)
{
	struct feed_id id;
	uint8_t byte = (uint8_t)compartment;
	crypto_generichash_state state;
	hash_begin(&state, FEED_DOMAIN, sizeof(FEED_DOMAIN) - 1);
	crypto_generichash_update(&state, device->bytes, sizeof(device->bytes));
	crypto_generichash_update(&state, &byte, 1);
	crypto_generichash_update(&state, incarnation->bytes, sizeof(incarnation->bytes));
	crypto_generichash_final(&state, id.bytes, sizeof(id.bytes));
	return id;
}

/* The fixed part, 212 bytes, written in place: this runs for every entry received. */
static void encode_fixed(const struct entry_header *h, uint8_t *out)
{
	const uint64_t numbers[3] = {h->seq, h->lamport, h->hlc};
	*out++ = h->version;
	*out++ = h->kind;
	*out++ = h->compartment;
	*out++ = h->clock_grade;
	for (unsigned i = 0; i < 4; i++)
		*out++ = (uint8_t)(h->body_bytes >> (8 * i));
	memcpy(out, h->feed.bytes, ID_LONG_BYTES);
	out += ID_LONG_BYTES;
	for (unsigned n = 0; n < 3; n++)
		for (unsigned i = 0; i < 8; i++)
			*out++ = (uint8_t)(numbers[n] >> (8 * i));
	memcpy(out, h->previous.bytes, ID_LONG_BYTES);
	memcpy(out + 32, h->membership.bytes, ID_LONG_BYTES);
	memcpy(out + 64, h->epoch.bytes, ID_LONG_BYTES);
	memcpy(out + 96, h->dossier.bytes, ID_SHORT_BYTES);
	memcpy(out + 112, h->body.bytes, ID_LONG_BYTES);
	out += 144;
	for (unsigned i = 0; i < 4; i++)
		*out++ = (uint8_t)(h->dep_count >> (8 * i));
}

static void encode_dep(const struct entry_ref *dep, uint8_t *out)
{
	memcpy(out, dep->feed.bytes, ID_LONG_BYTES);
	for (unsigned i = 0; i < 8; i++)
		out[ID_LONG_BYTES + i] = (uint8_t)(dep->seq >> (8 * i));
}

void entry_encode(const struct entry_header *header, struct buf *out)
{
	encode_fixed(header, buf_extend(out, ENTRY_HEADER_BYTES_MIN));
	for (uint32_t i = 0; i < header->dep_count; i++)
		encode_dep(&header->deps[i], buf_extend(out, ENTRY_DEP_BYTES));
}

struct entry_hash entry_hash(const struct entry_header *header)
{
	struct entry_hash hash;
	uint8_t fixed[ENTRY_HEADER_BYTES_MIN], dep[ENTRY_DEP_BYTES];
	crypto_generichash_state state;
	hash_begin(&state, HEADER_DOMAIN, sizeof(HEADER_DOMAIN) - 1);
	encode_fixed(header, fixed);
	crypto_generichash_update(&state, fixed, sizeof(fixed));
	for (uint32_t i = 0; i < header->dep_count; i++) {
		encode_dep(&header->deps[i], dep);
		crypto_generichash_update(&state, dep, sizeof(dep));
	}
	crypto_generichash_final(&state, hash.bytes, sizeof(hash.bytes));
	return hash;
}

struct body_hash entry_body_hash(struct span body)
{
	struct body_hash hash;
	crypto_generichash_state state;
	hash_begin(&state, BODY_DOMAIN, sizeof(BODY_DOMAIN) - 1);
	crypto_generichash_update(&state, body.data, body.size);
	crypto_generichash_final(&state, hash.bytes, sizeof(hash.bytes));
	return hash;
}

static int check_deps(const struct entry_header *header)
{
	if (header->dep_count > LIMIT_ENTRY_DEPS)
		return ERR_TOOBIG;
	for (uint32_t i = 0; i < header->dep_count; i++) {
		const struct entry_ref *dep = &header->deps[i];
		if (dep->seq == 0 || feed_id_eq(&dep->feed, &header->feed))
			return ERR_MALFORMED;
		if (i > 0 && feed_id_cmp(&header->deps[i - 1].feed, &dep->feed) >= 0)
			return ERR_MALFORMED;
	}
	return 0;
}

int entry_check(const struct entry_header *header)
{
	if (header->version != ENTRY_VERSION)
		return ERR_VERSION;
	if (header->body_bytes > LIMIT_ENTRY_BODY_BYTES)
		return ERR_TOOBIG;
	if (header->kind == 0 || header->compartment < COMPARTMENT_MEMBERSHIP ||
	        header->compartment > COMPARTMENT_LAST)
		return ERR_MALFORMED;
	if (header->clock_grade > CLOCK_DOUBTFUL || header->seq == 0 || header->lamport == 0)
		return ERR_MALFORMED;
	if ((header->seq == 1) != entry_hash_is_zero(&header->previous))
		return ERR_MALFORMED;
	return check_deps(header);
}

static void statement(uint8_t out[sizeof(SIGN_DOMAIN) - 1 + ID_LONG_BYTES], const struct entry_hash *hash)
{
	memcpy(out, SIGN_DOMAIN, sizeof(SIGN_DOMAIN) - 1);
	memcpy(out + sizeof(SIGN_DOMAIN) - 1, hash->bytes, ID_LONG_BYTES);
}

void entry_sign(struct entry_signature *out, const struct entry_hash *hash, const uint8_t secret_key[64])
{
	uint8_t message[sizeof(SIGN_DOMAIN) - 1 + ID_LONG_BYTES];
	statement(message, hash);
	crypto_sign_detached(out->bytes, NULL, message, sizeof(message), secret_key);
}

bool entry_signed_by(const struct entry_signature *signature, const struct entry_hash *hash,
        const struct device_id *device)
{
	uint8_t message[sizeof(SIGN_DOMAIN) - 1 + ID_LONG_BYTES];
	statement(message, hash);
	return crypto_sign_verify_detached(signature->bytes, message, sizeof(message), device->bytes) == 0;
}
