#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

#include <sodium.h>

#include "node/keyring/epochs.h"

struct device {
	struct seal_public open;
	struct seal_secret secret;
	struct epochs *epochs;
};

struct fixture {
	struct seeded seeded;
	struct device author, reader;
};

static void device_init(struct device *device, struct seeded *seeded)
{
	uint8_t seed[32];
	rng_bytes(&seeded->rng, seed, sizeof(seed));
	crypto_box_seed_keypair(device->open.bytes, device->secret.bytes, seed);
	device->epochs = epochs_new();
}

static int set_up(void **state)
{
	struct fixture *f = mem_zero(1, sizeof(*f));
	seeded_init(&f->seeded, 11);
	device_init(&f->author, &f->seeded);
	device_init(&f->reader, &f->seeded);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	epochs_free(f->author.epochs);
	epochs_free(f->reader.epochs);
	mem_free(f);
	return 0;
}

/* A new epoch at the author, named by one byte. */
static struct epoch_about rotate(
        struct fixture *f, uint8_t name, enum compartment compartment, struct epoch_draft *draft)
{
	epoch_draft_make(draft, &f->seeded.env, compartment);
	struct epoch_about about = {{{name}}, draft->commitment, compartment};
	check_ok(epochs_adopt(f->author.epochs, &about, &draft->key));
	return about;
}

static int read_box(struct fixture *f, const struct epoch_about *about, const struct box_key *box)
{
	return epochs_open_box(f->reader.epochs, about, box, &f->reader.open, &f->reader.secret);
}

static void a_box_reaches_its_recipient_only(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft draft;
	struct box_key box;
	struct epoch_about about = rotate(f, 1, COMPARTMENT_CLINICAL, &draft);
	check_ok(epoch_draft_box(&box, &draft, &f->seeded.env, &f->reader.open));
	check_code(epochs_open_box(f->reader.epochs, &about, &box, &f->author.open, &f->author.secret),
	        ERR_BADSEAL);
	for (size_t i = 0; i < sizeof(box.bytes); i++) {
		box.bytes[i] ^= 1;
		check_code(read_box(f, &about, &box), ERR_BADSEAL);
		box.bytes[i] ^= 1;
	}
	assert_null(epochs_find(f->reader.epochs, &about.id));
	check_ok(read_box(f, &about, &box));
	check_code(read_box(f, &about, &box), EPOCHS_HELD);
	assert_true(epoch_key_eq(epochs_find(f->reader.epochs, &about.id), &draft.key));
	assert_int_equal(epochs_count(f->reader.epochs), 1);
}

static void another_key_than_committed_is_refused(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft honest, other;
	struct box_key box;
	struct epoch_about about = rotate(f, 1, COMPARTMENT_CLINICAL, &honest);
	rotate(f, 2, COMPARTMENT_CLINICAL, &other);
	check_ok(epoch_draft_box(&box, &other, &f->seeded.env, &f->reader.open));
	check_code(read_box(f, &about, &box), ERR_BADSEAL);
	check_ok(epoch_draft_box(&box, &honest, &f->seeded.env, &f->reader.open));
	about.compartment = COMPARTMENT_BILLING; /* the same key for another compartment */
	check_code(read_box(f, &about, &box), ERR_BADSEAL);
	assert_int_equal(epochs_count(f->reader.epochs), 0);
}

/* One device with such a key keeps the others from nothing: what it gets opens to nobody. */
static void a_point_of_small_order_opens_nothing(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft draft;
	struct box_key box, again;
	struct seal_public zero = {{0}};
	struct epoch_about about = rotate(f, 1, COMPARTMENT_TEAM, &draft);
	check_ok(epoch_draft_box(&box, &draft, &f->seeded.env, &zero));
	check_code(read_box(f, &about, &box), ERR_BADSEAL);
	check_ok(epoch_draft_box(&again, &draft, &f->seeded.env, &zero));
	assert_memory_not_equal(again.bytes, box.bytes, sizeof(box.bytes));
	check_ok(epochs_box(&box, f->author.epochs, &f->seeded.env, &about.id, &zero));
	check_code(read_box(f, &about, &box), ERR_BADSEAL);
}

static void away_for_three_rotations(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft draft[4];
	struct epoch_about about[4];
	struct epoch_parent parent[4], wrong;
	struct box_key box;
	for (uint8_t i = 0; i < 4; i++) {
		about[i] = rotate(f, (uint8_t)(9 - i), COMPARTMENT_CLINICAL, &draft[i]);
		if (i)
			check_ok(epochs_draft_parent(
			        &parent[i], f->author.epochs, &draft[i], &f->seeded.env, &about[i - 1].id));
	}
	check_code(epochs_open_parent(f->reader.epochs, &about[3].id, &parent[3], &about[2]), ERR_NOTFOUND);
	check_ok(epoch_draft_box(&box, &draft[3], &f->seeded.env, &f->reader.open));
	check_ok(read_box(f, &about[3], &box));
	wrong = parent[3];
	wrong.sealed[40] ^= 1;
	check_code(epochs_open_parent(f->reader.epochs, &about[3].id, &wrong, &about[2]), ERR_BADSEAL);
	wrong = parent[3];
	wrong.id = about[1].id; /* another parent's name on it */
	check_code(epochs_open_parent(f->reader.epochs, &about[3].id, &wrong, &about[1]), ERR_BADSEAL);
	check_code(epochs_open_parent(f->reader.epochs, &about[3].id, &parent[3], &about[1]), ERR_INVALID);
	for (size_t i = 3; i > 0; i--)
		check_ok(epochs_open_parent(f->reader.epochs, &about[i].id, &parent[i], &about[i - 1]));
	for (size_t i = 0; i < 4; i++)
		assert_true(epoch_key_eq(epochs_find(f->reader.epochs, &about[i].id), &draft[i].key));
}

static void parents_stay_in_their_compartment(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft clinical, billing;
	struct epoch_parent parent;
	struct epoch_about about = rotate(f, 1, COMPARTMENT_CLINICAL, &clinical);
	rotate(f, 2, COMPARTMENT_BILLING, &billing);
	check_code(epochs_draft_parent(&parent, f->author.epochs, &billing, &f->seeded.env, &about.id),
	        ERR_INVALID);
	check_ok(epochs_draft_parent(&parent, f->author.epochs, &clinical, &f->seeded.env, &about.id));
	struct epoch_about elsewhere = about;
	elsewhere.compartment = COMPARTMENT_BILLING;
	check_code(epochs_open_parent(f->author.epochs, &about.id, &parent, &elsewhere), ERR_INVALID);
	struct epoch_id none = {{77}};
	check_code(epochs_draft_parent(&parent, f->author.epochs, &billing, &f->seeded.env, &none),
	        ERR_NOTFOUND);
}

static void a_grant_reaches_who_was_left_out(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft draft;
	struct box_key box;
	struct epoch_about about = rotate(f, 1, COMPARTMENT_MESSAGE, &draft);
	check_ok(epochs_box(&box, f->author.epochs, &f->seeded.env, &about.id, &f->reader.open));
	check_ok(read_box(f, &about, &box));
	check_code(
	        epochs_box(&box, f->reader.epochs, &f->seeded.env, &(struct epoch_id){{5}}, &f->reader.open),
	        ERR_NOTFOUND);
}

static void many_stay_sorted(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft draft;
	struct epoch_id id, last = {{0}};
	enum compartment compartment;
	const struct epoch_key *key;
	for (unsigned i = 0; i < 200; i++)
		rotate(f, (uint8_t)(i * 37 + 1), COMPARTMENT_TEAM, &draft);
	for (size_t i = 0; i < 200; i++) {
		assert_true(epochs_at(f->author.epochs, i, &id, &compartment, &key));
		assert_true(i == 0 || epoch_id_cmp(&last, &id) < 0);
		assert_ptr_equal(epochs_find(f->author.epochs, &id), key);
		assert_int_equal(compartment, COMPARTMENT_TEAM);
		last = id;
	}
	assert_false(epochs_at(f->author.epochs, 200, &id, &compartment, &key));
}

static void golden_files(void **state)
{
	struct fixture *f = *state;
	struct epoch_draft old, draft;
	struct epoch_parent parent;
	struct box_key box;
	struct epoch_about about = rotate(f, 1, COMPARTMENT_CLINICAL, &old);
	rotate(f, 2, COMPARTMENT_CLINICAL, &draft);
	check_ok(epoch_draft_box(&box, &draft, &f->seeded.env, &f->reader.open));
	check_ok(epochs_draft_parent(&parent, f->author.epochs, &draft, &f->seeded.env, &about.id));
	golden_check("keyring/epoch-commitment.hex", span_of(&draft.commitment, sizeof(draft.commitment)));
	golden_check("keyring/epoch-box.hex", span_of(&box, sizeof(box)));
	golden_check("keyring/epoch-parent.hex", span_of(parent.sealed, sizeof(parent.sealed)));
}

/* What libsodium seals we open: the box is the standard one. */
static void boxes_are_libsodiums(void **state)
{
	struct fixture *f = *state;
	struct box_key box;
	uint8_t secret[SECRET_BYTES] = {1, 2, 3}, opened[SECRET_BYTES];
	check_ok(crypto_box_seal(box.bytes, secret, sizeof(secret), f->reader.open.bytes));
	check_ok(box_open(opened, &box, &f->reader.open, &f->reader.secret));
	assert_memory_equal(opened, secret, sizeof(secret));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_box_reaches_its_recipient_only),
	        CASE(another_key_than_committed_is_refused),
	        CASE(a_point_of_small_order_opens_nothing),
	        CASE(away_for_three_rotations),
	        CASE(parents_stay_in_their_compartment),
	        CASE(a_grant_reaches_who_was_left_out),
	        CASE(many_stay_sorted),
	        CASE(golden_files),
	        CASE(boxes_are_libsodiums),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("epochs", tests, NULL, NULL);
}
