/*
 * The sets of packets and tombstones, how rows merge, and what is taken from those for this device. Long because all of it keeps one invariant: what
 * tombstones forbid, and later packets cover, is nowhere in the table.
 */
#include "node/keyring/key_table.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/keyring/tombstones.h"

struct key_table {
	struct team_id team;
	struct device_id self;
	struct seal_public self_public;
	struct seal_secret *self_secret; /* protected */
	struct key_own own;
	struct key_past past;
	struct key_packet **packets; /* by (issuer, recipient, counter, id) */
	size_t packet_count, packet_room, item_count;
	struct tombstones tombstones;
	key_entitled hands_out_all; /* NULL: everybody does */
	const void *trust_context;
};

/* Versions of a dossier's first secret: what a nurse made stands before what a locum makes up for the same dossier. */
enum { FIRST_OF_LOCUM = 1, FIRST_OF_NURSE = 2 };

struct key_table *key_table_new(const struct team_id *team, const struct device_id *self,
        const struct seal_public *self_public, const struct seal_secret *self_secret)
{
	struct key_table *table = mem_zero(1, sizeof(*table));
	table->team = *team;
	table->self = *self;
	table->self_public = *self_public;
	table->self_secret = secret_array_grow(NULL, 0, 1, sizeof(*table->self_secret));
	*table->self_secret = *self_secret;
	return table;
}

void key_table_trust(struct key_table *table, key_entitled hands_out_all, const void *context)
{
	table->hands_out_all = hands_out_all;
	table->trust_context = context;
}

static bool hands_out_all(const struct key_table *table, const struct device_id *issuer)
{
	return !table->hands_out_all || table->hands_out_all(table->trust_context, issuer);
}

static void packet_free(struct key_packet *packet)
{
	key_packet_close(packet);
	mem_free(packet);
}

void key_table_free(struct key_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->packet_count; i++)
		packet_free(table->packets[i]);
	mem_free(table->packets);
	tombstones_close(&table->tombstones);
	key_own_close(&table->own);
	key_past_close(&table->past);
	secret_array_free(table->self_secret);
	mem_free(table);
}

/* --- Order ------------------------------------------------------------------------------------------------ */

static int pair_cmp(const struct key_packet *a, const struct key_packet *b)
{
	int order = device_id_cmp(&a->issuer, &b->issuer);
	return order ? order : device_id_cmp(&a->recipient, &b->recipient);
}

static int packet_cmp(const struct key_packet *a, const struct key_packet *b)
{
	int order = pair_cmp(a, b);
	if (order)
		return order;
	if (a->counter != b->counter)
		return a->counter < b->counter ? -1 : 1;
	return memcmp(a->id, b->id, sizeof(a->id));
}

static size_t packet_place(const struct key_table *table, const struct key_packet *packet)
{
	size_t low = 0, high = table->packet_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (packet_cmp(table->packets[middle], packet) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the packets of a pair begin, and how many there are. */
static size_t pair_run(const struct key_table *table, const struct device_id *issuer,
        const struct device_id *recipient, size_t *count)
{
	const struct key_packet first = {.issuer = *issuer, .recipient = *recipient};
	size_t start = packet_place(table, &first), end = start;
	while (end < table->packet_count && pair_cmp(table->packets[end], &first) == 0)
		end++;
	*count = end - start;
	return start;
}

bool key_table_erased(const struct key_table *table, const struct record_id *dossier)
{
	return tombstones_erase(&table->tombstones, dossier);
}

const struct key_tombstone *key_table_tombstone(const struct key_table *table, size_t index)
{
	return index < table->tombstones.count ? &table->tombstones.items[index] : NULL;
}

bool key_table_erased_as(
        const struct key_table *table, const struct epoch_key *epoch, const struct pseudonym *pseudonym)
{
	return tombstones_name(&table->tombstones, epoch, pseudonym, true);
}

bool key_table_ordered_as(
        const struct key_table *table, const struct epoch_key *epoch, const struct pseudonym *pseudonym)
{
	return tombstones_name(&table->tombstones, epoch, pseudonym, false);
}

/* --- Packets ---------------------------------------------------------------------------------------------- */

static int item_cmp(const struct key_item *a, const struct key_item *b)
{
	int order = record_id_cmp(&a->dossier, &b->dossier);
	return order ? order : (a->version > b->version) - (a->version < b->version);
}

/* Is everything that `old` still gives also held by `new`, a later packet of the same pair? Both lists are ascending. */
static bool covers(const struct key_table *table, const struct key_packet *new, const struct key_packet *old)
{
	uint32_t at = 0;
	if (pair_cmp(new, old) || new->counter <= old->counter)
		return false;
	for (uint32_t i = 0; i < old->item_count; i++) {
		const struct key_item *item = &old->items[i];
		if (key_table_erased(table, &item->dossier))
			continue;
		while (at < new->item_count && (!new->items[at].held || item_cmp(&new->items[at], item) < 0))
			at++;
		if (at == new->item_count || item_cmp(&new->items[at], item) != 0)
			return false;
		at++;
	}
	return true;
}

static bool covered(const struct key_table *table, const struct key_packet *packet)
{
	size_t count, start = pair_run(table, &packet->issuer, &packet->recipient, &count);
	for (size_t i = start; i < start + count; i++)
		if (covers(table, table->packets[i], packet))
			return true;
	return false;
}

static void packets_close_gap(struct key_table *table, size_t kept, size_t end)
{
	memmove(table->packets + kept, table->packets + end,
	        (table->packet_count - end) * sizeof(struct key_packet *));
	table->packet_count -= end - kept;
}

static void packet_drop(struct key_table *table, struct key_packet *packet)
{
	table->item_count -= packet->item_count;
	packet_free(packet);
}

/* Drops what `packet`, a member of the table, covers. */
static void drop_covered_by(struct key_table *table, const struct key_packet *packet)
{
	size_t count, start = pair_run(table, &packet->issuer, &packet->recipient, &count), kept = start;
	for (size_t i = start; i < start + count; i++) {
		if (covers(table, packet, table->packets[i]))
			packet_drop(table, table->packets[i]);
		else
			table->packets[kept++] = table->packets[i];
	}
	packets_close_gap(table, kept, start + count);
}

/* Drops all that is covered between two devices. A packet that covers another one that covers a third covers the third too, so
 * the order of dropping does not matter. */
static void drop_covered(struct key_table *table, size_t start, size_t count)
{
	size_t kept = start;
	for (size_t i = start; i < start + count; i++) {
		struct key_packet *packet = table->packets[i];
		bool drop = false;
		for (size_t j = i + 1; j < start + count && !drop; j++)
			drop = covers(table, table->packets[j], packet);
		if (drop)
			packet_drop(table, packet);
		else
			table->packets[kept++] = packet;
	}
	packets_close_gap(table, kept, start + count);
}

static void strip_erased(const struct key_table *table, struct key_packet *packet)
{
	for (uint32_t i = 0; i < packet->item_count; i++)
		if (packet->items[i].held && key_table_erased(table, &packet->items[i].dossier))
			key_item_erase(&packet->items[i]);
}

/* 0: it is new here. */
static int take(struct key_table *table, const struct key_item *item, const struct dossier_secret *secret)
{
	return item->version < KEY_VERSION_PAST
	        ? key_own_add(&table->own, &item->dossier, item->version, secret)
	        : key_past_add(&table->past, &item->dossier, item->version, secret);
}

/* What somebody who sees chosen dossiers only may give: the first secret of a dossier that she made. */
static bool may_give(const struct key_table *table, const struct key_item *item)
{
	uint32_t version;
	return item->version == FIRST_OF_LOCUM && !key_own_find(&table->own, &item->dossier, 0, &version);
}

/* Takes what a packet for this device holds: all of it, or keys of past epochs alone, which no other row holds. One that does not open stays for
 * what it is: a signed row. */
static void absorb(struct key_table *table, const struct key_packet *packet, bool past_alone)
{
	struct packet_key key;
	struct dossier_secret secret;
	if (!device_id_eq(&packet->recipient, &table->self))
		return;
	if (key_packet_open(&key, packet, &table->self_public, table->self_secret))
		return;
	const bool is_trusted = hands_out_all(table, &packet->issuer);
	for (uint32_t i = 0; i < packet->item_count; i++) {
		const struct key_item *item = &packet->items[i];
		if (!item->held || (past_alone && item->version < KEY_VERSION_PAST) ||
		        (!is_trusted && !may_give(table, item)))
			continue;
		key_packet_secret(&secret, packet, &key, i);
		take(table, item, &secret);
	}
	dossier_secret_wipe(&secret);
	packet_key_wipe(&key);
}

/* Items that this copy still holds and ours does not (somebody sent ours stripped). */
static bool fill(struct key_packet *ours, const struct key_packet *copy)
{
	bool changed = false;
	for (uint32_t i = 0; i < ours->item_count; i++) {
		if (ours->items[i].held || !copy->items[i].held)
			continue;
		ours->items[i] = copy->items[i];
		changed = true;
	}
	return changed;
}

static void packet_insert(struct key_table *table, size_t place, const struct key_packet *packet)
{
	if (table->packet_count == table->packet_room) {
		table->packet_room = table->packet_room ? table->packet_room * 2 : 64;
		table->packets = mem_resize(table->packets, table->packet_room, sizeof(struct key_packet *));
	}
	memmove(table->packets + place + 1, table->packets + place,
	        (table->packet_count - place) * sizeof(struct key_packet *));
	table->packets[place] = mem_copy(packet, sizeof(*packet));
	table->packet_count++;
	table->item_count += packet->item_count;
}

/* Would its issuer have more than one device's part? While all of them together have less, nobody needs to count. */
static bool is_flood(
        const struct key_table *table, const struct key_packet *packet, size_t freed, size_t freed_items)
{
	const struct key_packet first = {.issuer = packet->issuer};
	size_t packets = 0, items = packet->item_count;
	if (table->packet_count < LIMIT_KEY_PACKETS_ISSUER &&
	        table->item_count + packet->item_count <= LIMIT_KEY_ITEMS_ISSUER)
		return false;
	for (size_t i = packet_place(table, &first);
	        i < table->packet_count && device_id_eq(&table->packets[i]->issuer, &packet->issuer); i++) {
		packets++;
		items += table->packets[i]->item_count;
	}
	return packets - freed >= LIMIT_KEY_PACKETS_ISSUER || items - freed_items > LIMIT_KEY_ITEMS_ISSUER;
}

/* Is there room for `packet`, counting what it will replace as free? */
static bool fits(const struct key_table *table, const struct key_packet *packet)
{
	size_t count, start = pair_run(table, &packet->issuer, &packet->recipient, &count), freed = 0,
	              freed_items = 0, pair_items = packet->item_count;
	for (size_t i = start; i < start + count; i++) {
		pair_items += table->packets[i]->item_count;
		if (!covers(table, packet, table->packets[i]))
			continue;
		freed++;
		freed_items += table->packets[i]->item_count;
	}
	return count - freed < LIMIT_KEY_PACKETS_PAIR && table->packet_count - freed < LIMIT_KEY_PACKETS &&
	        table->item_count - freed_items + packet->item_count <= LIMIT_KEY_ITEMS &&
	        pair_items - freed_items <= LIMIT_KEY_ITEMS_PAIR &&
	        !is_flood(table, packet, freed, freed_items);
}

/* Takes `packet` whatever comes of it. */
static int merge_packet(struct key_table *table, struct key_packet *packet, bool is_stored)
{
	int result = 0;
	size_t place = packet_place(table, packet);
	strip_erased(table, packet);
	if (place < table->packet_count && packet_cmp(table->packets[place], packet) == 0) {
		if (!fill(table->packets[place], packet))
			result = KEY_TABLE_KNOWN;
		key_packet_close(packet);
		packet = table->packets[place];
	} else {
		if (covered(table, packet))
			result = KEY_TABLE_KNOWN;
		else if (!fits(table, packet))
			result = ERR_FULL;
		if (result) {
			key_packet_close(packet);
			return result;
		}
		packet_insert(table, place, packet);
		packet = table->packets[place];
	}
	if (result)
		return result;
	absorb(table, packet, is_stored);
	drop_covered_by(table, packet);
	return 0;
}

/* Somebody was given a secret of it: it comes from there. */
static bool is_given(const struct key_table *table, const struct record_id *dossier)
{
	for (size_t i = 0; i < table->packet_count; i++) {
		const struct key_packet *packet = table->packets[i];
		uint32_t low = 0, high = packet->item_count;
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			if (record_id_cmp(&packet->items[middle].dossier, dossier) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < packet->item_count && record_id_eq(&packet->items[low].dossier, dossier); low++)
			if (packet->items[low].held)
				return true;
	}
	return false;
}

/* Somebody who was removed may make up secrets: room is left for a colleague's, and numbers for newer ones. A dossier that nobody else holds has had one or two. */
enum {
	RESCUED_MAX = LIMIT_DOSSIER_SECRETS / 2,
	RESCUED_VERSION_MAX = LIMIT_DOSSIER_SECRETS + FIRST_OF_NURSE
};

/* Items ascend by dossier: each dossier is decided once. */
static int rescue_items(struct key_table *table, const struct key_packet *packet,
        const struct packet_key *key, bool (*wanted)(void *context, const struct record_id *dossier),
        void *context)
{
	struct dossier_secret secret;
	const struct record_id *last = NULL;
	bool is_wanted = false;
	int count = 0, before = 0; /* before: of the dossiers that came earlier */
	for (uint32_t i = 0; i < packet->item_count; i++) {
		const struct key_item *item = &packet->items[i];
		if (!last || !record_id_eq(&item->dossier, last)) {
			before = count;
			is_wanted = !key_own_find(&table->own, &item->dossier, 0, &(uint32_t){0}) &&
			        !key_table_erased(table, &item->dossier) && wanted(context, &item->dossier) &&
			        !is_given(table, &item->dossier);
		}
		last = &item->dossier;
		if (!item->held || !is_wanted || item->version > RESCUED_VERSION_MAX ||
		        count - before == RESCUED_MAX)
			continue;
		key_packet_secret(&secret, packet, key, i);
		count += take(table, item, &secret) == 0;
	}
	dossier_secret_wipe(&secret);
	return count;
}

int key_table_rescue(struct key_table *table, struct span row,
        bool (*wanted)(void *context, const struct record_id *dossier), void *context)
{
	struct key_packet packet;
	struct packet_key key;
	int result = key_packet_decode(&packet, row, &table->team);
	if (result)
		return result;
	if (!device_id_eq(&packet.recipient, &table->self))
		result = ERR_DENIED;
	if (result == 0)
		result = key_packet_open(&key, &packet, &table->self_public, table->self_secret);
	if (result == 0)
		result = rescue_items(table, &packet, &key, wanted, context);
	packet_key_wipe(&key);
	key_packet_close(&packet);
	return result;
}

size_t key_table_keep(struct key_table *table, key_entitled entitled, const void *context)
{
	const size_t before = table->packet_count;
	size_t kept = 0;
	for (size_t i = 0; i < before; i++) {
		if (entitled(context, &table->packets[i]->issuer))
			table->packets[kept++] = table->packets[i];
		else
			packet_drop(table, table->packets[i]);
	}
	table->packet_count = kept;
	return before - kept;
}

static int add_packet(struct key_table *table, struct span row, bool is_stored)
{
	struct key_packet packet;
	int error = key_packet_decode(&packet, row, &table->team);
	return error ? error : merge_packet(table, &packet, is_stored);
}

/* --- Tombstones --------------------------------------------------------------------------------------------- */

/* Strips the dossier everywhere. What remains of a packet may now be covered by a later one. */
static void bury(struct key_table *table, const struct record_id *dossier)
{
	key_own_erase(&table->own, dossier);
	key_past_erase(&table->past, dossier);
	for (size_t i = 0; i < table->packet_count; i++)
		strip_erased(table, table->packets[i]);
	for (size_t start = 0, count; start < table->packet_count; start += count) {
		const struct device_id issuer = table->packets[start]->issuer;
		const struct device_id recipient = table->packets[start]->recipient;
		pair_run(table, &issuer, &recipient, &count);
		drop_covered(table, start, count);
		pair_run(table, &issuer, &recipient, &count);
	}
}

static int merge_tombstone(struct key_table *table, const struct key_tombstone *tombstone)
{
	bool first;
	int result = tombstones_add(&table->tombstones, tombstone, &first);
	if (first)
		bury(table, &tombstone->order.dossier);
	return result == TOMBSTONES_KNOWN ? KEY_TABLE_KNOWN : result;
}

void key_table_judge_by(struct key_table *table, key_entitled may_erase, const void *context)
{
	table->tombstones.may_erase = may_erase;
	table->tombstones.context = context;
}

static void bury_now(void *table, const struct record_id *dossier)
{
	bury(table, dossier);
}

bool key_table_judge(struct key_table *table)
{
	return tombstones_judge(&table->tombstones, bury_now, table);
}

static int add_row(struct key_table *table, struct span row, bool is_stored)
{
	uint8_t kind;
	struct device_id issuer;
	struct key_tombstone tombstone;
	int error = key_row_peek(row, &kind, &issuer);
	if (error)
		return error;
	if (kind == KEY_ROW_PACKET)
		return add_packet(table, row, is_stored);
	error = key_tombstone_decode(&tombstone, row, &table->team);
	return error ? error : merge_tombstone(table, &tombstone);
}

int key_table_add(struct key_table *table, struct span row)
{
	return add_row(table, row, false);
}

int key_table_load(struct key_table *table, struct span row)
{
	return add_row(table, row, true);
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

size_t key_table_row_count(const struct key_table *table)
{
	return table->packet_count + table->tombstones.count;
}

void key_table_row(const struct key_table *table, size_t index, struct buf *out)
{
	assert(index < key_table_row_count(table));
	if (index < table->packet_count)
		key_packet_encode(table->packets[index], out);
	else
		key_tombstone_encode(&table->tombstones.items[index - table->packet_count], out);
}

void key_table_digest(const struct key_table *table, uint8_t out[32])
{
	crypto_generichash_state state;
	struct buf row = {0};
	crypto_generichash_init(&state, NULL, 0, 32);
	for (size_t i = 0; i < key_table_row_count(table); i++) {
		buf_clear(&row);
		key_table_row(table, i, &row);
		crypto_generichash_update(&state, row.data, row.size); /* rows say where they end */
	}
	crypto_generichash_final(&state, out, 32);
	buf_close(&row);
}

const struct dossier_secret *key_table_secret(
        const struct key_table *table, const struct record_id *dossier, size_t index)
{
	uint32_t version;
	return key_own_find(&table->own, dossier, index, &version);
}

const struct key_own *key_table_own(const struct key_table *table)
{
	return &table->own;
}

const struct key_past *key_table_past(const struct key_table *table)
{
	return &table->past;
}

size_t key_table_packets(
        const struct key_table *table, const struct device_id *issuer, const struct device_id *recipient)
{
	size_t count;
	pair_run(table, issuer, recipient, &count);
	return count;
}

/* Does the recipient surely take what the packet holds? What we gave, it may have to refuse; then it is not given better by doing so again. */
static bool arrives(
        const struct key_table *table, const struct key_packet *packet, const struct device_id *recipient)
{
	return device_id_eq(&packet->recipient, recipient) &&
	        (device_id_eq(&packet->issuer, &table->self) || hands_out_all(table, &packet->issuer));
}

/* A packet to the recipient, and how far the walk over all dossiers has come in it. */
struct reading {
	const struct key_packet *packet;
	uint32_t at;
};

/* Items that a packet gives of this dossier in this version. Dossiers are asked for in ascending order. */
static uint32_t items_of(struct reading *reading, const struct record_id *dossier, uint32_t version)
{
	const struct key_packet *packet = reading->packet;
	uint32_t count = 0;
	while (reading->at < packet->item_count &&
	        record_id_cmp(&packet->items[reading->at].dossier, dossier) < 0)
		reading->at++;
	for (uint32_t i = reading->at;
	        i < packet->item_count && record_id_eq(&packet->items[i].dossier, dossier); i++)
		count += packet->items[i].version == version && packet->items[i].held;
	return count;
}

static size_t packets_to(
        const struct key_table *table, const struct device_id *recipient, struct reading **out)
{
	size_t count = 0;
	*out = mem_zero(table->packet_count, sizeof(**out));
	for (size_t i = 0; i < table->packet_count; i++)
		if (arrives(table, table->packets[i], recipient))
			(*out)[count++] = (struct reading){table->packets[i], 0};
	return count;
}

uint32_t key_table_given(const struct key_table *table, const struct device_id *recipient,
        const struct record_id *dossier, uint32_t version)
{
	uint32_t best = 0;
	for (size_t i = 0; i < table->packet_count; i++) {
		struct reading reading = {table->packets[i], 0};
		uint32_t got = arrives(table, table->packets[i], recipient)
		        ? items_of(&reading, dossier, version)
		        : 0;
		best = got > best ? got : best;
	}
	return best;
}

bool key_table_gives(const struct key_table *table, const struct device_id *issuer,
        const struct device_id *recipient, const struct record_id *dossier, uint32_t version)
{
	size_t count, start = pair_run(table, issuer, recipient, &count);
	for (size_t i = start; i < start + count; i++) {
		struct reading reading = {table->packets[i], 0};
		if (items_of(&reading, dossier, version))
			return true;
	}
	return false;
}

/* Masks hide which secret an item is; by version and number, the most that one packet gives is what surely arrives. */
size_t key_table_lacking(
        const struct key_table *table, const struct device_id *recipient, struct record_id **dossiers)
{
	struct reading *readings;
	struct record_id dossier, other;
	uint32_t version, other_version, want;
	size_t reading_count = packets_to(table, recipient, &readings), count = 0;
	*dossiers = mem_zero(table->own.count, sizeof(**dossiers));
	for (size_t i = 0; key_own_at(&table->own, i, &dossier, &version); i += want) {
		uint32_t best = 0;
		for (want = 1; key_own_at(&table->own, i + want, &other, &other_version) &&
		        record_id_eq(&other, &dossier) && other_version == version;
		        want++)
			;
		for (size_t p = 0; p < reading_count && best < want; p++) {
			uint32_t got = items_of(&readings[p], &dossier, version);
			best = got > best ? got : best;
		}
		if (best < want && (count == 0 || !record_id_eq(&(*dossiers)[count - 1], &dossier)))
			(*dossiers)[count++] = dossier;
	}
	mem_free(readings);
	return count;
}

/* --- Writing ------------------------------------------------------------------------------------------------- */

int key_table_load_own(struct key_table *table, struct span row)
{
	struct record_id dossier;
	if (row.size < 1 + sizeof(dossier.bytes))
		return ERR_TRUNCATED;
	memcpy(dossier.bytes, row.data + 1, sizeof(dossier.bytes));
	if (key_table_erased(table, &dossier))
		return KEY_TABLE_KNOWN;
	return key_own_decode(&table->own, row);
}

int key_table_create(struct key_table *table, const struct env *env, const struct record_id *dossier)
{
	return key_table_renew(table, env, dossier, 0);
}

int key_table_renew(
        struct key_table *table, const struct env *env, const struct record_id *dossier, uint32_t above)
{
	struct dossier_secret secret;
	uint32_t version = 0;
	if (key_table_erased(table, dossier))
		return ERR_USED;
	if (!key_own_find(&table->own, dossier, 0, &version) && table->hands_out_all)
		version = (hands_out_all(table, &table->self) ? FIRST_OF_NURSE : FIRST_OF_LOCUM) - 1;
	version = version > above ? version : above;
	if (version >= KEY_VERSION_PAST - 1)
		return ERR_FULL;
	env_random_bytes(env, secret.bytes, sizeof(secret.bytes));
	int result = key_own_add(&table->own, dossier, version + 1, &secret);
	dossier_secret_wipe(&secret);
	return result < 0 ? result : 0;
}

/* All secrets of the dossiers, oldest version first. */
static int collect(const struct key_table *table, const struct record_id *dossiers, size_t count,
        struct key_secret *out, size_t *out_count)
{
	size_t total = 0;
	for (size_t d = 0; d < count; d++) {
		uint32_t version;
		size_t standing = 0;
		if (d && record_id_cmp(&dossiers[d - 1], &dossiers[d]) >= 0)
			return ERR_INVALID;
		while (key_own_find(&table->own, &dossiers[d], standing, &version))
			standing++;
		if (standing == 0)
			return ERR_NOTFOUND;
		if (standing > LIMIT_KEY_PACKET_ITEMS - total)
			return ERR_TOOBIG;
		while (standing--) {
			struct key_secret *secret = &out[total++];
			secret->dossier = dossiers[d];
			secret->secret = *key_own_find(&table->own, &dossiers[d], standing, &secret->version);
		}
	}
	*out_count = total;
	return total ? 0 : ERR_INVALID;
}

static uint64_t next_counter(
        const struct key_table *table, const struct device_id *issuer, const struct device_id *recipient)
{
	size_t count, start = pair_run(table, issuer, recipient, &count);
	return count ? table->packets[start + count - 1]->counter + 1 : 1;
}

int key_table_issue_these(struct key_table *table, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, const struct key_secret *secrets,
        size_t count)
{
	struct key_packet packet;
	uint64_t counter = next_counter(table, &signer->device, recipient);
	int result = counter ? key_packet_make(&packet, env, signer, recipient, to, counter, secrets, count)
	                     : ERR_FULL;
	return result ? result : merge_packet(table, &packet, false);
}

int key_table_issue(struct key_table *table, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, const struct record_id *dossiers,
        size_t count)
{
	struct key_secret *secrets = secret_array_grow(NULL, 0, LIMIT_KEY_PACKET_ITEMS, sizeof(*secrets));
	size_t secret_count = 0;
	int result = collect(table, dossiers, count, secrets, &secret_count);
	if (!result)
		result = key_table_issue_these(table, env, signer, recipient, to, secrets, secret_count);
	secret_array_free(secrets);
	return result;
}

int key_table_erase(struct key_table *table, const struct key_signer *signer, const struct key_order *order)
{
	struct key_tombstone tombstone;
	if (key_table_erased(table, &order->dossier))
		return 0;
	key_tombstone_make(&tombstone, signer, order);
	int result = merge_tombstone(table, &tombstone);
	return result < 0 ? result : 0;
}
