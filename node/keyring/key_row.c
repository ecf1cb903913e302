#include "node/keyring/key_row.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char PACKET_DOMAIN[] = "releve key packet 1", ITEM_DOMAIN[] = "releve key item 1",
                  MASK_DOMAIN[] = "releve key mask 1", TOMBSTONE_DOMAIN[] = "releve key tombstone 1";

enum { ITEM_BYTES_MIN = ID_SHORT_BYTES + 1 + 1 + SECRET_BYTES };

int key_row_peek(struct span row, uint8_t *kind, struct device_id *issuer)
{
	struct wire_in in = wire_begin(row);
	uint8_t version = wire_u8(&in), row_kind = wire_u8(&in);
	struct device_id who;
	if (row_kind == KEY_ROW_TOMBSTONE)
		wire_span(&in, ID_SHORT_BYTES);
	wire_raw(&in, who.bytes, sizeof(who.bytes));
	if (in.error)
		return in.error;
	if (row_kind != KEY_ROW_PACKET && row_kind != KEY_ROW_TOMBSTONE)
		return ERR_VERSION;
	if (version < KEY_ROW_VERSION ||
	        version > (row_kind == KEY_ROW_TOMBSTONE ? KEY_TOMBSTONE_VERSION : KEY_ROW_VERSION))
		return ERR_VERSION;
	*kind = row_kind;
	*issuer = who;
	return 0;
}

/* Reads past the issuer, to the signature. */
static void read_order(struct wire_in *in, struct key_order *order)
{
	const uint8_t version = wire_u8(in);
	*order = (struct key_order){0};
	wire_u8(in);
	wire_raw(in, order->dossier.bytes, sizeof(order->dossier.bytes));
	wire_span(in, ID_LONG_BYTES);
	order->reason = wire_u8(in);
	order->time_ms = wire_u64(in);
	if (version < KEY_TOMBSTONE_VERSION)
		return;
	wire_raw(in, order->membership.bytes, sizeof(order->membership.bytes));
	wire_raw(in, order->upheld.bytes, sizeof(order->upheld.bytes));
}

int key_row_order(struct span tombstone_row, struct key_order *order)
{
	struct wire_in in = wire_begin(tombstone_row);
	struct key_order read;
	read_order(&in, &read);
	if (in.error)
		return in.error;
	*order = read;
	return 0;
}

int key_row_recipient(struct span packet_row, struct device_id *recipient)
{
	struct wire_in in = wire_begin(packet_row);
	struct device_id who;
	wire_span(&in, 2 + sizeof(who.bytes));
	wire_raw(&in, who.bytes, sizeof(who.bytes));
	if (in.error)
		return in.error;
	*recipient = who;
	return 0;
}

/* --- Packets ---------------------------------------------------------------------------------------------- */

static void put_packet_head(const struct key_packet *packet, struct buf *out)
{
	wire_put_u8(out, KEY_ROW_VERSION);
	wire_put_u8(out, KEY_ROW_PACKET);
	buf_add(out, packet->issuer.bytes, sizeof(packet->issuer.bytes));
	buf_add(out, packet->recipient.bytes, sizeof(packet->recipient.bytes));
	wire_put_u64(out, packet->counter);
	buf_add(out, packet->box.bytes, sizeof(packet->box.bytes));
	wire_put_varint(out, packet->item_count);
}

static void put_item_name(const struct key_item *item, struct buf *out)
{
	buf_add(out, item->dossier.bytes, sizeof(item->dossier.bytes));
	wire_put_varint(out, item->version);
}

static void item_hash(uint8_t out[32], const struct key_item *item)
{
	crypto_generichash_state state;
	if (!item->held) {
		memcpy(out, item->bytes, 32);
		return;
	}
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, (const uint8_t *)ITEM_DOMAIN, sizeof(ITEM_DOMAIN) - 1);
	crypto_generichash_update(&state, item->bytes, SECRET_BYTES);
	crypto_generichash_final(&state, out, 32);
}

static void packet_id(struct key_packet *packet, const struct team_id *team)
{
	struct buf bytes = {0};
	put_packet_head(packet, &bytes);
	for (uint32_t i = 0; i < packet->item_count; i++) {
		put_item_name(&packet->items[i], &bytes);
		item_hash(buf_extend(&bytes, 32), &packet->items[i]);
	}
	sign_digest(packet->id, PACKET_DOMAIN, team, buf_span(&bytes));
	buf_close(&bytes);
}

/* The mask stands for one place in one packet, so that no two secrets ever share one. */
static void mask(uint8_t bytes[SECRET_BYTES], const struct key_packet *packet, const struct packet_key *key,
        uint32_t index)
{
	uint8_t stream[SECRET_BYTES];
	struct buf message = {0};
	buf_add(&message, packet->issuer.bytes, sizeof(packet->issuer.bytes));
	buf_add(&message, packet->recipient.bytes, sizeof(packet->recipient.bytes));
	wire_put_u64(&message, packet->counter);
	wire_put_u32(&message, index);
	buf_add(&message, packet->items[index].dossier.bytes, ID_SHORT_BYTES);
	wire_put_u32(&message, packet->items[index].version);
	secret_derive(stream, key->bytes, MASK_DOMAIN, message.data, message.size);
	for (size_t i = 0; i < SECRET_BYTES; i++)
		bytes[i] ^= stream[i];
	mem_wipe(stream, sizeof(stream));
	buf_close(&message);
}

static int item_cmp(const struct key_item *a, const struct key_item *b)
{
	int order = record_id_cmp(&a->dossier, &b->dossier);
	return order ? order : (a->version > b->version) - (a->version < b->version);
}

int key_secret_cmp(const void *a, const void *b)
{
	const struct key_secret *left = a, *right = b;
	int order = record_id_cmp(&left->dossier, &right->dossier);
	return order ? order : (left->version > right->version) - (left->version < right->version);
}

int key_packet_make(struct key_packet *out, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, uint64_t counter,
        const struct key_secret *secrets, size_t count)
{
	struct packet_key key;
	struct key_packet packet = {.issuer = signer->device, .recipient = *recipient, .counter = counter};
	assert(count > 0 && count <= LIMIT_KEY_PACKET_ITEMS && counter > 0);
	env_random_bytes(env, key.bytes, sizeof(key.bytes));
	int error = box_seal(&packet.box, env, to, key.bytes);
	if (error)
		goto done;
	packet.item_count = (uint32_t)count;
	packet.items = mem_zero(count, sizeof(*packet.items));
	for (uint32_t i = 0; i < count; i++) {
		struct key_item *item = &packet.items[i];
		item->dossier = secrets[i].dossier;
		item->version = secrets[i].version;
		item->held = true;
		memcpy(item->bytes, secrets[i].secret.bytes, SECRET_BYTES);
		mask(item->bytes, &packet, &key, i);
		assert(i == 0 || item_cmp(item - 1, item) <= 0);
	}
	packet_id(&packet, &signer->team);
	sign_make(&packet.signature, PACKET_DOMAIN, packet.id, signer->secret_key);
	*out = packet;
done:
	packet_key_wipe(&key);
	return error;
}

void key_packet_encode(const struct key_packet *packet, struct buf *out)
{
	put_packet_head(packet, out);
	for (uint32_t i = 0; i < packet->item_count; i++) {
		put_item_name(&packet->items[i], out);
		wire_put_u8(out, packet->items[i].held);
		buf_add(out, packet->items[i].bytes, sizeof(packet->items[i].bytes));
	}
	buf_add(out, packet->signature.bytes, sizeof(packet->signature.bytes));
}

void key_packet_close(struct key_packet *packet)
{
	mem_free(packet->items);
	*packet = (struct key_packet){0};
}

static void read_item(struct wire_in *in, struct key_item *item)
{
	wire_raw(in, item->dossier.bytes, sizeof(item->dossier.bytes));
	uint64_t version = wire_varint(in);
	uint8_t held = wire_u8(in);
	wire_raw(in, item->bytes, sizeof(item->bytes));
	item->version = (uint32_t)version;
	item->held = held == 1;
	if (version == 0 || version > UINT32_MAX || held > 1)
		wire_fail(in, ERR_MALFORMED);
}

int key_packet_decode(struct key_packet *out, struct span row, const struct team_id *team)
{
	struct key_packet packet = {0};
	uint8_t kind;
	int error = key_row_peek(row, &kind, &packet.issuer);
	if (error || kind != KEY_ROW_PACKET)
		return error ? error : ERR_MALFORMED;
	struct wire_in in = wire_begin(row);
	wire_span(&in, 2 + ID_LONG_BYTES);
	wire_raw(&in, packet.recipient.bytes, sizeof(packet.recipient.bytes));
	packet.counter = wire_u64(&in);
	wire_raw(&in, packet.box.bytes, sizeof(packet.box.bytes));
	packet.item_count = wire_count(&in, LIMIT_KEY_PACKET_ITEMS, ITEM_BYTES_MIN);
	packet.items = mem_zero(packet.item_count, sizeof(*packet.items));
	for (uint32_t i = 0; i < packet.item_count; i++) {
		read_item(&in, &packet.items[i]);
		if (i && item_cmp(&packet.items[i - 1], &packet.items[i]) > 0)
			wire_fail(&in, ERR_MALFORMED);
	}
	wire_raw(&in, packet.signature.bytes, sizeof(packet.signature.bytes));
	error = wire_end(&in);
	if (!error && (packet.counter == 0 || packet.item_count == 0))
		error = ERR_MALFORMED;
	if (!error) {
		packet_id(&packet, team);
		if (!sign_check(&packet.signature, PACKET_DOMAIN, packet.id, &packet.issuer))
			error = ERR_BADSIG;
	}
	if (error)
		key_packet_close(&packet);
	else
		*out = packet;
	return error;
}

void key_item_erase(struct key_item *item)
{
	uint8_t hash[32];
	if (!item->held)
		return;
	item_hash(hash, item);
	mem_wipe(item->bytes, sizeof(item->bytes));
	memcpy(item->bytes, hash, sizeof(item->bytes));
	item->held = false;
}

int key_packet_open(struct packet_key *out, const struct key_packet *packet,
        const struct seal_public *own_public, const struct seal_secret *own_secret)
{
	return box_open(out->bytes, &packet->box, own_public, own_secret);
}

void key_packet_secret(struct dossier_secret *out, const struct key_packet *packet,
        const struct packet_key *key, uint32_t index)
{
	assert(index < packet->item_count && packet->items[index].held);
	memcpy(out->bytes, packet->items[index].bytes, SECRET_BYTES);
	mask(out->bytes, packet, key, index);
}

/* --- Tombstones --------------------------------------------------------------------------------------------- */

static void put_tombstone_head(const struct key_tombstone *tombstone, struct buf *out)
{
	const struct key_order *order = &tombstone->order;
	wire_put_u8(out, tombstone->version);
	wire_put_u8(out, KEY_ROW_TOMBSTONE);
	buf_add(out, order->dossier.bytes, sizeof(order->dossier.bytes));
	buf_add(out, tombstone->issuer.bytes, sizeof(tombstone->issuer.bytes));
	wire_put_u8(out, order->reason);
	wire_put_u64(out, order->time_ms);
	if (tombstone->version < KEY_TOMBSTONE_VERSION)
		return;
	buf_add(out, order->membership.bytes, sizeof(order->membership.bytes));
	buf_add(out, order->upheld.bytes, sizeof(order->upheld.bytes));
}

static void tombstone_hash(uint8_t out[32], const struct key_tombstone *tombstone, const struct team_id *team)
{
	struct buf bytes = {0};
	put_tombstone_head(tombstone, &bytes);
	sign_digest(out, TOMBSTONE_DOMAIN, team, buf_span(&bytes));
	buf_close(&bytes);
}

void key_tombstone_make(
        struct key_tombstone *out, const struct key_signer *signer, const struct key_order *order)
{
	uint8_t hash[32];
	*out = (struct key_tombstone){
	        .version = KEY_TOMBSTONE_VERSION, .order = *order, .issuer = signer->device};
	tombstone_hash(hash, out, &signer->team);
	sign_make(&out->signature, TOMBSTONE_DOMAIN, hash, signer->secret_key);
}

int key_tombstone_decode(struct key_tombstone *out, struct span row, const struct team_id *team)
{
	struct key_tombstone tombstone = {0};
	uint8_t kind, hash[32];
	int error = key_row_peek(row, &kind, &tombstone.issuer);
	if (error || kind != KEY_ROW_TOMBSTONE)
		return error ? error : ERR_MALFORMED;
	struct wire_in in = wire_begin(row);
	tombstone.version = row.data[0];
	read_order(&in, &tombstone.order);
	wire_raw(&in, tombstone.signature.bytes, sizeof(tombstone.signature.bytes));
	error = wire_end(&in);
	if (error)
		return error;
	tombstone_hash(hash, &tombstone, team);
	if (!sign_check(&tombstone.signature, TOMBSTONE_DOMAIN, hash, &tombstone.issuer))
		return ERR_BADSIG;
	*out = tombstone;
	return 0;
}

void key_tombstone_encode(const struct key_tombstone *tombstone, struct buf *out)
{
	put_tombstone_head(tombstone, out);
	buf_add(out, tombstone->signature.bytes, sizeof(tombstone->signature.bytes));
}
