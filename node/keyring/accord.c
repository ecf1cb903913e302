#include "node/keyring/accord.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char DOMAIN[] = "releve accord 1";

enum {
	HEADS_BYTES = 1 + ACCORD_HASH_BYTES,
	PRESENT_BYTES = ID_LONG_BYTES + 2,
	MISSING_BYTES = ID_LONG_BYTES + 1
};

/* Errors of both: written and read. */
static int check(const struct accord *accord)
{
	if (accord->head_count > COMPARTMENT_LAST || accord->present_count > LIMIT_TEAM_DEVICES_ACTIVE ||
	        accord->missing_count > LIMIT_TEAM_DEVICES_ACTIVE)
		return ERR_TOOBIG;
	if (accord->counter == 0 || accord->head_count == 0)
		return ERR_INVALID;
	for (uint32_t i = 1; i < accord->head_count; i++)
		if (accord->heads[i - 1].compartment >= accord->heads[i].compartment)
			return ERR_INVALID;
	for (uint32_t i = 0; i < accord->present_count; i++)
		if (accord->present[i].ahead_s > ACCORD_AHEAD_MAX_S ||
		        accord->present[i].ahead_s < -ACCORD_AHEAD_MAX_S)
			return ERR_INVALID;
	for (uint32_t i = 1; i < accord->present_count; i++)
		if (device_id_cmp(&accord->present[i - 1].device, &accord->present[i].device) >= 0)
			return ERR_INVALID;
	for (uint32_t i = 1; i < accord->missing_count; i++)
		if (device_id_cmp(&accord->missing[i - 1].device, &accord->missing[i].device) >= 0)
			return ERR_INVALID;
	return 0;
}

int accord_encode(const struct accord *accord, const struct key_signer *signer, struct buf *out)
{
	uint8_t digest[SIGN_DIGEST_BYTES];
	struct entry_signature signature;
	const size_t start = out->size;
	int error = check(accord);
	if (error)
		return error;
	wire_put_u8(out, ACCORD_VERSION);
	buf_add(out, accord->device.bytes, sizeof(accord->device.bytes));
	wire_put_u64(out, accord->counter);
	buf_add(out, accord->membership.bytes, sizeof(accord->membership.bytes));
	wire_put_varint(out, accord->head_count);
	for (uint32_t i = 0; i < accord->head_count; i++) {
		wire_put_u8(out, accord->heads[i].compartment);
		buf_add(out, accord->heads[i].hash, ACCORD_HASH_BYTES);
	}
	wire_put_varint(out, accord->present_count);
	for (uint32_t i = 0; i < accord->present_count; i++) {
		buf_add(out, accord->present[i].device.bytes, ID_LONG_BYTES);
		wire_put_u8(out, accord->present[i].is_level);
		wire_put_zigzag(out, accord->present[i].ahead_s);
	}
	wire_put_varint(out, accord->missing_count);
	for (uint32_t i = 0; i < accord->missing_count; i++) {
		buf_add(out, accord->missing[i].device.bytes, ID_LONG_BYTES);
		wire_put_varint(out, accord->missing[i].heard_s);
	}
	sign_digest(digest, DOMAIN, &signer->team, span_of(out->data + start, out->size - start));
	sign_make(&signature, DOMAIN, digest, signer->secret_key);
	buf_add(out, signature.bytes, sizeof(signature.bytes));
	return 0;
}

static void read_heads(struct wire_in *in, struct accord *accord)
{
	accord->head_count = wire_count(in, COMPARTMENT_LAST, HEADS_BYTES);
	for (uint32_t i = 0; i < accord->head_count; i++) {
		accord->heads[i].compartment = wire_u8(in);
		wire_raw(in, accord->heads[i].hash, ACCORD_HASH_BYTES);
	}
}

static void read_present(struct wire_in *in, struct accord *accord, struct arena *arena)
{
	accord->present_count = wire_count(in, LIMIT_TEAM_DEVICES_ACTIVE, PRESENT_BYTES);
	struct accord_present *list = arena_zero(arena, accord->present_count, sizeof(*list));
	for (uint32_t i = 0; i < accord->present_count; i++) {
		wire_raw(in, list[i].device.bytes, ID_LONG_BYTES);
		const uint8_t level = wire_u8(in);
		list[i].is_level = level == 1;
		if (level > 1)
			wire_fail(in, ERR_MALFORMED);
		list[i].ahead_s = wire_zigzag(in);
	}
	accord->present = list;
}

static void read_missing(struct wire_in *in, struct accord *accord, struct arena *arena)
{
	accord->missing_count = wire_count(in, LIMIT_TEAM_DEVICES_ACTIVE, MISSING_BYTES);
	struct accord_missing *list = arena_zero(arena, accord->missing_count, sizeof(*list));
	for (uint32_t i = 0; i < accord->missing_count; i++) {
		wire_raw(in, list[i].device.bytes, ID_LONG_BYTES);
		list[i].heard_s = wire_varint(in);
	}
	accord->missing = list;
}

int accord_decode(struct accord *out, struct span bytes, const struct team_id *team, struct arena *arena)
{
	struct accord accord = {0};
	struct entry_signature signature;
	uint8_t digest[SIGN_DIGEST_BYTES];
	struct wire_in in = wire_begin(bytes);
	const uint8_t version = wire_u8(&in);
	if (!in.error && version != ACCORD_VERSION)
		return ERR_VERSION;
	wire_raw(&in, accord.device.bytes, sizeof(accord.device.bytes));
	accord.counter = wire_u64(&in);
	wire_raw(&in, accord.membership.bytes, sizeof(accord.membership.bytes));
	read_heads(&in, &accord);
	read_present(&in, &accord, arena);
	read_missing(&in, &accord, arena);
	wire_raw(&in, signature.bytes, sizeof(signature.bytes));
	int error = wire_end(&in);
	if (error)
		return error;
	if (check(&accord))
		return ERR_MALFORMED;
	sign_digest(digest, DOMAIN, team, span_sub(bytes, 0, bytes.size - ENTRY_SIGNATURE_BYTES));
	if (!sign_check(&signature, DOMAIN, digest, &accord.device))
		return ERR_BADSIG;
	*out = accord;
	return 0;
}

bool accord_is_later(const struct accord *a, struct span a_bytes, const struct accord *b, struct span b_bytes)
{
	return a->counter != b->counter ? a->counter > b->counter : span_cmp(a_bytes, b_bytes) > 0;
}

const struct accord_present *accord_find_present(const struct accord *accord, const struct device_id *device)
{
	for (uint32_t i = 0; i < accord->present_count; i++)
		if (device_id_eq(&accord->present[i].device, device))
			return &accord->present[i];
	return NULL;
}

const struct accord_heads *accord_find_heads(const struct accord *accord, uint8_t compartment)
{
	for (uint32_t i = 0; i < accord->head_count; i++)
		if (accord->heads[i].compartment == compartment)
			return &accord->heads[i];
	return NULL;
}
