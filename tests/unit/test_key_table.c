#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/key_people.h"

#include "crdt/base/limits.h"

enum { PEOPLE = 3 };

struct fixture {
	struct seeded seeded;
	struct key_person people[PEOPLE]; /* 0 issues, 1 and 2 receive */
};

static const struct record_id A = {{1}}, B = {{2}}, C = {{3}};

static int set_up(void **state)
{
	struct fixture *f = mem_zero(1, sizeof(*f));
	struct team_id team = {{42}};
	seeded_init(&f->seeded, 5);
	for (size_t i = 0; i < PEOPLE; i++)
		key_person_init(&f->people[i], &f->seeded, &team);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < PEOPLE; i++)
		key_table_free(f->people[i].table);
	mem_free(f);
	return 0;
}

static struct buf row_of(const struct key_table *table, size_t index)
{
	struct buf row = {0};
	key_table_row(table, index, &row);
	return row;
}

/* Everything that `from` has, to `to`. */
static void send(const struct key_person *from, struct key_person *to)
{
	for (size_t i = 0; i < key_table_row_count(from->table); i++) {
		struct buf row = row_of(from->table, i);
		int result = key_table_add(to->table, buf_span(&row));
		assert_true(result == 0 || result == KEY_TABLE_KNOWN);
		buf_close(&row);
	}
}

static void create(struct fixture *f, size_t who, struct record_id dossier)
{
	check_ok(key_table_create(f->people[who].table, &f->seeded.env, &dossier));
}

static void issue(struct fixture *f, size_t from, size_t to, const struct record_id *dossiers, size_t count)
{
	struct key_person *issuer = &f->people[from];
	check_ok(key_table_issue(issuer->table, &f->seeded.env, &issuer->signer, &f->people[to].signer.device,
	        &f->people[to].open, dossiers, count));
}

static void same_secret(struct fixture *f, size_t a, size_t b, struct record_id dossier, size_t index)
{
	const struct dossier_secret *x = key_table_secret(f->people[a].table, &dossier, index);
	const struct dossier_secret *y = key_table_secret(f->people[b].table, &dossier, index);
	assert_non_null(x);
	assert_non_null(y);
	assert_true(dossier_secret_eq(x, y));
}

/* Exactly these dossiers `to` lacks, by what `from` knows. */
static void check_lacking(
        struct fixture *f, size_t from, size_t to, const struct record_id *dossiers, size_t count)
{
	struct record_id *lacking;
	assert_int_equal(
	        key_table_lacking(f->people[from].table, &f->people[to].signer.device, &lacking), count);
	for (size_t i = 0; i < count; i++)
		assert_true(record_id_eq(&lacking[i], &dossiers[i]));
	mem_free(lacking);
}

static void secrets_reach_their_recipient_only(void **state)
{
	struct fixture *f = *state;
	const struct record_id both[] = {A, B};
	create(f, 0, A);
	create(f, 0, B);
	check_lacking(f, 0, 1, both, 2);
	issue(f, 0, 1, both, 2);
	check_lacking(f, 0, 1, NULL, 0);
	send(&f->people[0], &f->people[1]);
	send(&f->people[0], &f->people[2]);
	same_secret(f, 0, 1, A, 0);
	same_secret(f, 0, 1, B, 0);
	assert_false(dossier_secret_eq(
	        key_table_secret(f->people[1].table, &A, 0), key_table_secret(f->people[1].table, &B, 0)));
	assert_null(key_table_secret(f->people[2].table, &A, 0));
	assert_int_equal(key_table_row_count(f->people[2].table), 1); /* carried all the same */
}

/* Person 2 sees chosen dossiers only. */
static bool all_but_the_last(const void *context, const struct device_id *issuer)
{
	const struct fixture *f = context;
	return !device_id_eq(issuer, &f->people[2].signer.device);
}

/* What somebody who sees chosen dossiers only claims to have given keeps nobody from giving it. */
static void what_a_locum_gives_is_not_relied_on(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < PEOPLE; i++)
		key_table_trust(f->people[i].table, all_but_the_last, f);
	create(f, 0, A);
	create(f, 1, C);
	create(f, 2, B);
	check_ok(key_table_create(f->people[2].table, &f->seeded.env, &A));
	check_ok(key_table_create(f->people[2].table, &f->seeded.env, &A));
	const struct record_id both[] = {A, B};
	issue(f, 2, 1, both, 2);
	check_lacking(f, 2, 1, NULL, 0); /* it did what it could */
	send(&f->people[2], &f->people[1]);
	send(&f->people[2], &f->people[0]);
	same_secret(f, 2, 1, B, 0); /* its own patient */
	check_lacking(f, 0, 1, &A, 1);
	issue(f, 0, 1, &A, 1);
	send(&f->people[0], &f->people[1]);
	same_secret(f, 0, 1, A, 0);
	check_lacking(f, 0, 1, NULL, 0);
}

static void a_tombstone_beats_every_packet_for_ever(void **state)
{
	struct fixture *f = *state;
	const struct record_id both[] = {A, B};
	create(f, 0, A);
	create(f, 0, B);
	issue(f, 0, 1, both, 2);
	struct buf packet = row_of(f->people[0].table, 0);
	check_ok(key_table_add(f->people[1].table, buf_span(&packet)));
	struct dossier_secret erased = *key_table_secret(f->people[1].table, &A, 0);
	check_ok(key_table_erase(f->people[0].table, &f->people[0].signer,
	        &(struct key_order){.dossier = A, .reason = KEY_REASON_REQUEST, .time_ms = 1700000000000}));
	check_ok(key_table_erase(f->people[0].table, &f->people[0].signer,
	        &(struct key_order){.dossier = A, .reason = KEY_REASON_REQUEST, .time_ms = 1800000000000}));
	assert_null(key_table_secret(f->people[0].table, &A, 0));
	check_code(key_table_create(f->people[0].table, &f->seeded.env, &A), ERR_USED);
	send(&f->people[0], &f->people[1]);
	assert_true(key_table_erased(f->people[1].table, &A));
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	same_secret(f, 0, 1, B, 0);
	/* the packet comes again whole: the erased item stays erased */
	check_code(key_table_add(f->people[1].table, buf_span(&packet)), KEY_TABLE_KNOWN);
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	/* one who meets the tombstone and the stripped packet first still gets the other dossier, and the whole packet adds nothing */
	send(&f->people[1], &f->people[2]);
	check_code(key_table_add(f->people[2].table, buf_span(&packet)), KEY_TABLE_KNOWN);
	struct buf stripped = row_of(f->people[2].table, 0);
	assert_int_equal(stripped.size, packet.size);
	for (size_t i = 0; i + 8 < stripped.size; i++)
		assert_memory_not_equal(stripped.data + i, erased.bytes, 8);
	assert_memory_not_equal(stripped.data + 156, packet.data + 156, 50);
	buf_close(&stripped);
	buf_close(&packet);
}

static void a_stripped_copy_is_filled_again(void **state)
{
	struct fixture *f = *state;
	struct key_packet packet;
	struct buf stripped = {0};
	create(f, 0, A);
	issue(f, 0, 1, &A, 1);
	struct buf whole = row_of(f->people[0].table, 0);
	check_ok(key_packet_decode(&packet, buf_span(&whole), &f->people[0].signer.team));
	key_item_erase(&packet.items[0]);
	key_packet_encode(&packet, &stripped);
	key_packet_close(&packet);
	check_ok(key_table_add(f->people[1].table, buf_span(&stripped)));
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	check_ok(key_table_add(f->people[1].table, buf_span(&whole)));
	same_secret(f, 0, 1, A, 0);
	check_code(key_table_add(f->people[1].table, buf_span(&stripped)), KEY_TABLE_KNOWN);
	assert_int_equal(key_table_row_count(f->people[1].table), 1);
	buf_close(&whole);
	buf_close(&stripped);
}

static void one_packet_replaces_many(void **state)
{
	struct fixture *f = *state;
	const struct record_id all[] = {A, B, C};
	for (size_t i = 0; i < 3; i++) {
		create(f, 0, all[i]);
		issue(f, 0, 1, &all[i], 1);
	}
	const struct device_id *from = &f->people[0].signer.device, *to = &f->people[1].signer.device;
	send(&f->people[0], &f->people[2]);
	assert_int_equal(key_table_packets(f->people[0].table, from, to), 3);
	issue(f, 0, 1, all, 3);
	assert_int_equal(key_table_packets(f->people[0].table, from, to), 1);
	send(&f->people[2], &f->people[0]); /* the old ones come back and are not wanted */
	assert_int_equal(key_table_packets(f->people[0].table, from, to), 1);
	send(&f->people[0], &f->people[2]);
	assert_int_equal(key_table_packets(f->people[2].table, from, to), 1);
	send(&f->people[2], &f->people[1]);
	for (size_t i = 0; i < 3; i++)
		same_secret(f, 0, 1, all[i], 0);
}

/* Restored from a backup, a device may erase the same dossier twice: everywhere the same tombstone stays. */
static void two_tombstones_of_one_device_become_one(void **state)
{
	struct fixture *f = *state;
	struct key_tombstone twice[2];
	struct buf rows[2] = {{0}, {0}};
	uint8_t digest[2][32];
	for (size_t i = 0; i < 2; i++) {
		key_tombstone_make(&twice[i], &f->people[0].signer,
		        &(struct key_order){.dossier = A, .reason = KEY_REASON_REQUEST, .time_ms = 1000 + i});
		key_tombstone_encode(&twice[i], &rows[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		check_ok(key_table_add(f->people[1 + i].table, buf_span(&rows[i])));
		check_code(key_table_add(f->people[1 + i].table, buf_span(&rows[1 - i])),
		        i ? 0 : KEY_TABLE_KNOWN);
		assert_int_equal(key_table_row_count(f->people[1 + i].table), 1);
		key_table_digest(f->people[1 + i].table, digest[i]);
	}
	assert_memory_equal(digest[0], digest[1], 32);
	buf_close(&rows[0]);
	buf_close(&rows[1]);
}

/* A carrier cannot make a packet vanish by stripping the later one that would replace it. */
static void a_stripped_packet_replaces_nothing(void **state)
{
	struct fixture *f = *state;
	const struct record_id both[] = {A, B};
	struct key_packet packet;
	struct buf stripped = {0};
	create(f, 0, A);
	create(f, 0, B);
	issue(f, 0, 1, &A, 1);
	send(&f->people[0], &f->people[2]);
	issue(f, 0, 1, both, 2);
	struct buf whole = row_of(f->people[0].table, 0);
	check_ok(key_packet_decode(&packet, buf_span(&whole), &f->people[0].signer.team));
	key_item_erase(&packet.items[0]);
	key_packet_encode(&packet, &stripped);
	key_packet_close(&packet);
	check_ok(key_table_add(f->people[2].table, buf_span(&stripped)));
	assert_int_equal(key_table_row_count(f->people[2].table), 2);
	send(&f->people[2], &f->people[1]);
	same_secret(f, 0, 1, A, 0);
	same_secret(f, 0, 1, B, 0);
	check_ok(key_table_add(f->people[2].table, buf_span(&whole)));
	assert_int_equal(key_table_row_count(f->people[2].table), 1);
	buf_close(&whole);
	buf_close(&stripped);
}

static void two_secrets_for_one_dossier_both_stay(void **state)
{
	struct fixture *f = *state;
	create(f, 0, A);
	create(f, 1, A);
	issue(f, 0, 1, &A, 1);
	issue(f, 1, 0, &A, 1);
	send(&f->people[0], &f->people[1]);
	send(&f->people[1], &f->people[0]);
	same_secret(f, 0, 1, A, 0);
	same_secret(f, 0, 1, A, 1);
	assert_null(key_table_secret(f->people[0].table, &A, 2));
	create(f, 1, A); /* a newer version goes first */
	issue(f, 1, 0, &A, 1);
	send(&f->people[1], &f->people[0]);
	for (size_t i = 0; i < 3; i++)
		same_secret(f, 0, 1, A, i);
	issue(f, 0, 2, &A, 1); /* three secrets, two of them of one version, in one packet */
	send(&f->people[0], &f->people[2]);
	for (size_t i = 0; i < 3; i++)
		same_secret(f, 0, 2, A, i);
	check_lacking(f, 0, 2, NULL, 0);
}

static void altered_rows_change_nothing(void **state)
{
	struct fixture *f = *state;
	const struct record_id both[] = {A, B};
	create(f, 0, A);
	create(f, 0, B);
	issue(f, 0, 1, both, 2);
	check_ok(key_table_erase(f->people[0].table, &f->people[0].signer,
	        &(struct key_order){.dossier = C, .reason = KEY_REASON_MISTAKE, .time_ms = 1}));
	for (size_t r = 0; r < 2; r++) {
		struct buf row = row_of(f->people[0].table, r);
		for (size_t i = 0; i < row.size; i++) {
			row.data[i] ^= 1;
			assert_true(key_table_add(f->people[1].table, buf_span(&row)) < 0);
			row.data[i] ^= 1;
			assert_true(key_table_add(f->people[1].table, span_of(row.data, i)) < 0);
		}
		buf_add(&row, "", 1);
		check_code(key_table_add(f->people[1].table, buf_span(&row)), ERR_MALFORMED);
		buf_close(&row);
	}
	assert_int_equal(key_table_row_count(f->people[1].table), 0);
	struct team_id other = {{43}};
	struct key_table *stranger = key_table_new(
	        &other, &f->people[1].signer.device, &f->people[1].open, &f->people[1].secret);
	for (size_t r = 0; r < 2; r++) {
		struct buf row = row_of(f->people[0].table, r);
		check_code(key_table_add(stranger, buf_span(&row)), ERR_BADSIG);
		buf_close(&row);
	}
	key_table_free(stranger);
}

static void a_packet_sealed_to_another_key_is_carried(void **state)
{
	struct fixture *f = *state;
	struct key_person *issuer = &f->people[0];
	create(f, 0, A);
	check_ok(key_table_issue(issuer->table, &f->seeded.env, &issuer->signer, &f->people[1].signer.device,
	        &f->people[2].open, &A, 1));
	send(issuer, &f->people[1]);
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	assert_int_equal(key_table_row_count(f->people[1].table), 1);
}

static void issuing_refuses(void **state)
{
	struct fixture *f = *state;
	struct key_person *issuer = &f->people[0];
	const struct device_id *to = &f->people[1].signer.device;
	const struct record_id wrong[] = {B, A};
	const struct seal_public zero = {{0}};
	create(f, 0, A);
	create(f, 0, B);
	check_code(key_table_issue(
	                   issuer->table, &f->seeded.env, &issuer->signer, to, &f->people[1].open, wrong, 2),
	        ERR_INVALID);
	check_code(key_table_issue(
	                   issuer->table, &f->seeded.env, &issuer->signer, to, &f->people[1].open, wrong, 0),
	        ERR_INVALID);
	check_code(key_table_issue(
	                   issuer->table, &f->seeded.env, &issuer->signer, to, &f->people[1].open, &C, 1),
	        ERR_NOTFOUND);
	assert_int_equal(key_table_row_count(issuer->table), 0);
	/* A key that is no key stops nobody: a packet that nobody opens. */
	check_ok(key_table_issue(issuer->table, &f->seeded.env, &issuer->signer, to, &zero, &A, 1));
	assert_int_equal(key_table_row_count(issuer->table), 1);
}

static void limits_hold(void **state)
{
	struct fixture *f = *state;
	for (unsigned i = 0; i < LIMIT_DOSSIER_SECRETS; i++)
		create(f, 0, A);
	check_code(key_table_create(f->people[0].table, &f->seeded.env, &A), ERR_FULL);
	for (unsigned i = 0; i < LIMIT_KEY_PACKETS_PAIR; i++) {
		struct record_id dossier = {{9, (uint8_t)i, (uint8_t)(i >> 8)}};
		create(f, 0, dossier);
		issue(f, 0, 1, &dossier, 1);
	}
	struct key_person *issuer = &f->people[0];
	create(f, 0, B);
	check_code(key_table_issue(issuer->table, &f->seeded.env, &issuer->signer,
	                   &f->people[1].signer.device, &f->people[1].open, &B, 1),
	        ERR_FULL);
	/* one that replaces others fits */
	issue(f, 0, 1, (const struct record_id[]){{{9, 0}}, {{9, 1}}}, 2);
	issue(f, 0, 1, &B, 1);
}

/* Tombstones stay for ever: those of one device must not take the room of all others', nor of the rows of state. */
static void one_device_erases_so_much_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct buf row = {0};
	for (uint32_t i = 0; i <= LIMIT_KEY_TOMBSTONES_ISSUER; i++) {
		const struct record_id made_up = {{9, (uint8_t)i, (uint8_t)(i >> 8)}};
		struct key_tombstone tombstone;
		key_tombstone_make(&tombstone, &f->people[0].signer,
		        &(struct key_order){.dossier = made_up, .reason = KEY_REASON_OTHER, .time_ms = 1});
		buf_clear(&row);
		key_tombstone_encode(&tombstone, &row);
		check_code(key_table_add(f->people[1].table, buf_span(&row)),
		        i < LIMIT_KEY_TOMBSTONES_ISSUER ? 0 : ERR_FULL);
	}
	check_ok(key_table_erase(f->people[1].table, &f->people[1].signer,
	        &(struct key_order){.dossier = A, .reason = KEY_REASON_REQUEST, .time_ms = 1}));
	assert_true(key_table_erased(f->people[1].table, &A));
	buf_close(&row);
}

/* Full packets from `who`, until they are refused: of the same dossiers to devices that nobody knows, or of ever new ones to person 1. */
static void flood(struct fixture *f, size_t who, bool one, struct key_table *at)
{
	struct record_id *dossiers = mem_zero(LIMIT_KEY_PACKET_ITEMS, sizeof(*dossiers));
	struct key_person *issuer = &f->people[who];
	int result = 0;
	for (uint8_t i = 0; result == 0; i++) {
		struct device_id nobody = {{7, i}};
		for (uint32_t j = 0; (one || i == 0) && j < LIMIT_KEY_PACKET_ITEMS; j++) {
			dossiers[j] = (struct record_id){{i, (uint8_t)(j >> 8), (uint8_t)j, 1}};
			create(f, who, dossiers[j]);
		}
		result = key_table_issue(issuer->table, &f->seeded.env, &issuer->signer,
		        one ? &f->people[1].signer.device : &nobody, &f->people[1].open, dossiers,
		        LIMIT_KEY_PACKET_ITEMS);
	}
	check_code(result, ERR_FULL);
	for (size_t i = 0; i < key_table_row_count(issuer->table); i++) {
		struct buf row = row_of(issuer->table, i);
		check_ok(key_table_add(at, buf_span(&row)));
		buf_close(&row);
	}
	mem_free(dossiers);
}

static void a_flood_leaves_room_for_others(void **state)
{
	struct fixture *f = *state;
	flood(f, 0, false, f->people[2].table);
	create(f, 2, A);
	issue(f, 2, 1, &A, 1);
	send(&f->people[2], &f->people[1]);
	same_secret(f, 2, 1, A, 0);
}

static void a_flood_of_secrets_leaves_room_for_ours(void **state)
{
	struct fixture *f = *state;
	flood(f, 0, true, f->people[1].table);
	create(f, 1, A);
	issue(f, 1, 2, &A, 1);
	send(&f->people[1], &f->people[2]);
	same_secret(f, 1, 2, A, 0);
}

static void own_secrets_are_stored_per_dossier(void **state)
{
	struct fixture *f = *state;
	struct buf row = {0};
	struct record_id dossier;
	create(f, 0, A);
	create(f, 0, A);
	create(f, 0, B);
	const struct key_own *own = key_table_own(f->people[0].table);
	assert_true(key_own_next(own, NULL, &dossier) && record_id_eq(&dossier, &A));
	check_ok(key_own_encode(own, &A, &row));
	check_code(key_own_encode(own, &C, &row), ERR_NOTFOUND);
	assert_true(key_own_next(own, &A, &dossier) && record_id_eq(&dossier, &B));
	assert_false(key_own_next(own, &B, &dossier));
	for (size_t i = 0; i < row.size; i++)
		assert_true(key_table_load_own(f->people[1].table, span_of(row.data, i)) < 0);
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	check_ok(key_table_load_own(f->people[1].table, buf_span(&row)));
	same_secret(f, 0, 1, A, 0);
	same_secret(f, 0, 1, A, 1);
	check_ok(key_table_erase(f->people[2].table, &f->people[2].signer,
	        &(struct key_order){.dossier = A, .reason = 0, .time_ms = 1}));
	check_code(key_table_load_own(f->people[2].table, buf_span(&row)), KEY_TABLE_KNOWN);
	assert_null(key_table_secret(f->people[2].table, &A, 0));
	golden_check("keyring/key-own.hex", buf_span(&row));
	buf_wipe(&row);
}

/* Whatever order they were made in. */
static void dossiers_are_walked_in_ascending_order(void **state)
{
	struct fixture *f = *state;
	enum { COUNT = 40 };
	struct record_id made[COUNT], dossier, before = {{0}};
	uint32_t version;
	size_t count = 0;
	for (size_t i = 0; i < COUNT; i++) {
		made[i] = (struct record_id){{(uint8_t)(i * 37 % COUNT + 1), 9}};
		create(f, 0, made[i]);
		create(f, 0, made[i]);
	}
	for (; key_own_at(key_table_own(f->people[0].table), count, &dossier, &version); count++) {
		int order = record_id_cmp(&before, &dossier);
		assert_int_equal(order < 0 ? -1 : order, count % 2 ? 0 : -1);
		assert_int_equal(version, count % 2 ? 1 : 2);
		before = dossier;
	}
	assert_int_equal(count, 2 * COUNT);
	struct record_id *lacking;
	assert_int_equal(key_table_lacking(f->people[0].table, &f->people[1].signer.device, &lacking), COUNT);
	issue(f, 0, 1, lacking, COUNT);
	mem_free(lacking);
	check_lacking(f, 0, 1, NULL, 0);
	send(&f->people[0], &f->people[1]);
	for (size_t i = 0; i < COUNT; i++)
		same_secret(f, 0, 1, made[i], 1);
}

static bool is_allowed(const void *context, const struct device_id *issuer)
{
	const struct fixture *f = ((const void *const *)context)[0];
	const bool *may = ((const void *const *)context)[1];
	for (size_t i = 0; i < 3; i++)
		if (device_id_eq(&f->people[i].signer.device, issuer))
			return may[i];
	return false;
}

/* An order counts while its issuer may erase; of two who uphold it one is kept as soon as both may. */
static void who_may_erase_changes(void **state)
{
	struct fixture *f = *state;
	bool may[3] = {false, false, false};
	const void *context[] = {f, may};
	struct buf rows[3] = {{0}, {0}, {0}};
	uint8_t digests[2][32];
	for (size_t i = 0; i < 3; i++) { /* an order, and two who uphold it */
		struct key_tombstone tombstone;
		struct key_order order = {.dossier = A, .membership = {{7}}};
		if (i)
			order.upheld = f->people[0].signer.device;
		key_tombstone_make(&tombstone, &f->people[i].signer, &order);
		key_tombstone_encode(&tombstone, &rows[i]);
	}
	for (int late = 0; late < 2; late++) { /* they may before the rows come, or after */
		struct key_table *table = f->people[late].table;
		memset(may, 0, sizeof(may));
		create(f, (size_t)late, A);
		key_table_judge_by(table, is_allowed, context);
		may[1] = may[2] = !late;
		for (size_t i = 0; i < 3; i++) {
			int result = key_table_add(table, buf_span(&rows[i]));
			assert_true(result == 0 || (!late && result == KEY_TABLE_KNOWN));
		}
		assert_int_equal(key_table_erased(table, &A), !late);
		assert_int_equal(key_table_secret(table, &A, 0) == NULL, !late);
		may[1] = may[2] = true;
		assert_int_equal(key_table_judge(table), late);
		assert_true(key_table_erased(table, &A));
		assert_null(key_table_secret(table, &A, 0));
		assert_int_equal(key_table_row_count(table), 2);
		key_table_digest(table, digests[late]);
		may[1] = may[2] = false;
		assert_true(key_table_judge(table));
		assert_false(key_table_erased(table, &A));
		assert_int_equal(key_table_row_count(table), 2); /* as rows without power */
	}
	assert_memory_equal(digests[0], digests[1], sizeof(digests[0]));
	for (size_t i = 0; i < 3; i++)
		buf_close(&rows[i]);
}

/* One of version 1, by the same device: it is read, and kept as it came. */
static void an_older_tombstone_is_read(void **state)
{
	struct fixture *f = *state;
	struct buf row = golden_read("keyring/key-tombstone.hex"), again = {0};
	struct key_tombstone tombstone;
	create(f, 1, A);
	check_ok(key_tombstone_decode(&tombstone, buf_span(&row), &f->people[0].signer.team));
	assert_true(entry_hash_is_zero(&tombstone.order.membership));
	assert_int_equal(tombstone.order.reason, KEY_REASON_RETENTION);
	key_tombstone_encode(&tombstone, &again);
	check_span(buf_span(&again), buf_span(&row));
	check_ok(key_table_add(f->people[1].table, buf_span(&row)));
	assert_null(key_table_secret(f->people[1].table, &A, 0));
	row.data[0] = 3;
	check_code(key_table_add(f->people[1].table, buf_span(&row)), ERR_VERSION);
	buf_close(&row);
	buf_close(&again);
}

static void golden_files(void **state)
{
	struct fixture *f = *state;
	const struct record_id both[] = {A, B};
	create(f, 0, A);
	create(f, 0, B);
	issue(f, 0, 1, both, 2);
	struct buf whole = row_of(f->people[0].table, 0);
	golden_check("keyring/key-packet.hex", buf_span(&whole));
	check_ok(key_table_erase(f->people[0].table, &f->people[0].signer,
	        &(struct key_order){.dossier = A, .reason = KEY_REASON_RETENTION, .time_ms = 1700000000000}));
	struct buf stripped = row_of(f->people[0].table, 0), tombstone = row_of(f->people[0].table, 1);
	golden_check("keyring/key-packet-erased.hex", buf_span(&stripped));
	golden_check("keyring/key-tombstone-2.hex", buf_span(&tombstone));
	buf_close(&whole);
	buf_close(&stripped);
	buf_close(&tombstone);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(secrets_reach_their_recipient_only),
	        CASE(what_a_locum_gives_is_not_relied_on),
	        CASE(a_tombstone_beats_every_packet_for_ever),
	        CASE(a_stripped_copy_is_filled_again),
	        CASE(one_packet_replaces_many),
	        CASE(two_tombstones_of_one_device_become_one),
	        CASE(a_stripped_packet_replaces_nothing),
	        CASE(two_secrets_for_one_dossier_both_stay),
	        CASE(altered_rows_change_nothing),
	        CASE(a_packet_sealed_to_another_key_is_carried),
	        CASE(issuing_refuses),
	        CASE(a_flood_leaves_room_for_others),
	        CASE(a_flood_of_secrets_leaves_room_for_ours),
	        CASE(limits_hold),
	        CASE(one_device_erases_so_much_and_no_more),
	        CASE(own_secrets_are_stored_per_dossier),
	        CASE(dossiers_are_walked_in_ascending_order),
	        CASE(who_may_erase_changes),
	        CASE(an_older_tombstone_is_read),
	        CASE(golden_files),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("key_table", tests, NULL, NULL);
}
