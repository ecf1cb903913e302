#include "node/keyring/ack.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char DOMAIN[] = "releve ack 1";

enum { HEAD_BYTES = ID_LONG_BYTES + 8 + ACK_HASH_BYTES };

enum { MOMENT_BITS = 32 };

uint64_t ack_counter_next(uint64_t counter, uint64_t wall_ms)
{
	const uint64_t seconds = wall_ms / 1000 < UINT32_MAX ? wall_ms / 1000 : UINT32_MAX,
	               count = counter >> MOMENT_BITS;
	return count == UINT32_MAX ? counter + 1 : (count + 1) << MOMENT_BITS | seconds;
}

uint64_t ack_moment_ms(uint64_t counter)
{
	return counter >> MOMENT_BITS ? (counter & UINT32_MAX) * 1000 : 0;
}

static int check(const struct ack *ack)
{
	if (ack->head_count > LIMIT_FEEDS)
		return ERR_TOOBIG;
	if (ack->counter == 0)
		return ERR_INVALID;
	for (uint32_t i = 0; i < ack->head_count; i++) {
		if (ack->heads[i].seq == 0)
			return ERR_INVALID;
		if (i && feed_id_cmp(&ack->heads[i - 1].feed, &ack->heads[i].feed) >= 0)
			return ERR_INVALID;
	}
	return 0;
}

static void put_content(const struct ack *ack, struct buf *out)
{
	wire_put_u8(out, ACK_VERSION);
	buf_add(out, ack->device.bytes, sizeof(ack->device.bytes));
	wire_put_u64(out, ack->counter);
	buf_add(out, ack->membership.bytes, sizeof(ack->membership.bytes));
	wire_put_varint(out, ack->head_count);
	for (uint32_t i = 0; i < ack->head_count; i++) {
		buf_add(out, ack->heads[i].feed.bytes, sizeof(ack->heads[i].feed.bytes));
		wire_put_u64(out, ack->heads[i].seq);
		buf_add(out, ack->heads[i].hash, sizeof(ack->heads[i].hash));
	}
}

void ack_put(const struct ack *ack, const struct entry_signature *signature, struct buf *out)
{
	put_content(ack, out);
	buf_add(out, signature->bytes, sizeof(signature->bytes));
}

int ack_encode(const struct ack *ack, const struct key_signer *signer, struct buf *out)
{
	uint8_t digest[SIGN_DIGEST_BYTES];
	struct entry_signature signature;
	size_t start = out->size;
	int error = check(ack);
	if (error)
		return error;
	put_content(ack, out);
	sign_digest(digest, DOMAIN, &signer->team, span_of(out->data + start, out->size - start));
	sign_make(&signature, DOMAIN, digest, signer->secret_key);
	buf_add(out, signature.bytes, sizeof(signature.bytes));
	return 0;
}

/* Everything but the signature. */
static struct span content(struct span bytes)
{
	return span_sub(bytes, 0, bytes.size - ENTRY_SIGNATURE_BYTES);
}

int ack_parse(struct ack *out, struct entry_signature *signature, struct span bytes, struct arena *arena)
{
	struct ack ack;
	struct wire_in in = wire_begin(bytes);
	uint8_t version = wire_u8(&in);
	wire_raw(&in, ack.device.bytes, sizeof(ack.device.bytes));
	ack.counter = wire_u64(&in);
	wire_raw(&in, ack.membership.bytes, sizeof(ack.membership.bytes));
	if (!in.error && version != ACK_VERSION)
		return ERR_VERSION;
	ack.head_count = wire_count(&in, LIMIT_FEEDS, HEAD_BYTES);
	struct ack_head *heads = arena_zero(arena, ack.head_count, sizeof(*heads));
	for (uint32_t i = 0; i < ack.head_count; i++) {
		wire_raw(&in, heads[i].feed.bytes, sizeof(heads[i].feed.bytes));
		heads[i].seq = wire_u64(&in);
		wire_raw(&in, heads[i].hash, sizeof(heads[i].hash));
	}
	ack.heads = heads;
	wire_raw(&in, signature->bytes, sizeof(signature->bytes));
	int error = wire_end(&in);
	if (error)
		return error;
	if (check(&ack))
		return ERR_MALFORMED;
	*out = ack;
	return 0;
}

int ack_decode(struct ack *out, struct span bytes, const struct team_id *team, struct arena *arena)
{
	struct ack ack;
	struct entry_signature signature;
	uint8_t digest[SIGN_DIGEST_BYTES];
	int error = ack_parse(&ack, &signature, bytes, arena);
	if (error)
		return error;
	sign_digest(digest, DOMAIN, team, content(bytes));
	if (!sign_check(&signature, DOMAIN, digest, &ack.device))
		return ERR_BADSIG;
	*out = ack;
	return 0;
}

const struct ack_head *ack_find(const struct ack *ack, const struct feed_id *feed)
{
	uint32_t low = 0, high = ack->head_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = feed_id_cmp(&ack->heads[middle].feed, feed);
		if (order == 0)
			return &ack->heads[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void ack_peek(struct span bytes, struct device_id *device, uint64_t *counter)
{
	struct wire_in in = wire_begin(bytes);
	wire_u8(&in);
	wire_raw(&in, device->bytes, sizeof(device->bytes));
	*counter = wire_u64(&in);
}

static int decode_alone(struct ack *out, struct span bytes, const struct team_id *team)
{
	struct arena arena = {0};
	int error = ack_decode(out, bytes, team, &arena);
	arena_close(&arena);
	if (!error)
		out->heads = NULL;
	return error;
}

static void replace(struct buf *current, struct span bytes)
{
	buf_clear(current);
	buf_add_span(current, bytes);
}

int ack_merge(struct buf *current, struct span candidate, const struct team_id *team)
{
	struct ack new;
	struct device_id device;
	uint64_t counter = 0;
	int error = decode_alone(&new, candidate, team);
	if (error)
		return error;
	if (current->size) {
		ack_peek(buf_span(current), &device, &counter);
		if (!device_id_eq(&device, &new.device))
			return ERR_INVALID;
	}
	if (new.counter > counter) {
		replace(current, candidate);
		return 0;
	}
	if (new.counter < counter || span_eq(buf_span(current), candidate))
		return ACK_KNOWN;
	bool cloned = !span_eq(content(buf_span(current)), content(candidate));
	if (span_cmp(buf_span(current), candidate) < 0)
		replace(current, candidate);
	return cloned ? ACK_CLONED : ACK_KNOWN;
}

bool ack_proves_clone(struct span a, struct span b, const struct team_id *team)
{
	struct ack first, second;
	if (decode_alone(&first, a, team) || decode_alone(&second, b, team))
		return false;
	return device_id_eq(&first.device, &second.device) && first.counter == second.counter &&
	        !span_eq(content(a), content(b));
}
