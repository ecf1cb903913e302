/* Early copies: their bytes, what the log does to them, what may be written on one (node/early.h). */
#include "tests/lib/check.h"

#include "crdt/base/wire.h"
#include "crdt/builder.h"
#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "node/early_bodies.h"
#include "tests/lib/golden.h"

enum { KIND = 1, VISIT = 6, NAME = 1, PHONE = 2 };

static const struct record_id dossier = {{7, 7}};
static const struct feed_id anna = {{1}}, bea = {{2}};

struct world {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc; /* what was signed */
	struct crdt_builder builder;
	struct buf change;
	struct early_copy *copy;
};

/* The bytes are kept until the next one. */
static struct crdt_change finish(struct world *world, struct crdt_meta *meta)
{
	struct crdt_change change;
	buf_clear(&world->change);
	check_ok(crdt_builder_finish(&world->builder, &world->change));
	check_ok(crdt_change_open(&change, meta, buf_span(&world->change)));
	return change;
}

static void begin(struct world *world, const struct feed_id *feed, uint64_t seq, const struct entry_ref *dep)
{
	struct entry_ref place = {*feed, seq};
	crdt_builder_close(&world->builder);
	world->builder = (struct crdt_builder){0};
	crdt_builder_again(&world->builder, &place, KIND, dossier, dep, dep ? 1 : 0);
}

static struct crdt_meta meta_of(const struct feed_id *feed, uint64_t seq, const struct entry_ref *dep)
{
	return (struct crdt_meta){.feed = *feed,
	        .seq = seq,
	        .lamport = seq,
	        .hlc = seq << 16,
	        .deps = dep,
	        .dep_count = dep ? 1 : 0};
}

static struct crdt_path field_path(uint32_t field)
{
	struct crdt_path path = {0};
	crdt_path_field(&path, 2);
	crdt_path_field(&path, field);
	return path;
}

static void set(struct world *world, uint32_t field, const char *text)
{
	struct crdt_path path = field_path(field);
	struct buf value = {0};
	mpack_put_str(&value, span_text(text));
	check_ok(crdt_doc_set(
	        world->doc, &world->builder, crdt_path_span(&path), buf_span(&value), (struct span){0}));
	buf_close(&value);
}

static struct span fields_of(uint8_t number, struct buf *space)
{
	buf_clear(space);
	mpack_put_map(space, 1);
	mpack_put_uint(space, 1);
	mpack_put_uint(space, number);
	return buf_span(space);
}

static void event(struct world *world, uint8_t number)
{
	struct buf fields = {0};
	struct record_id id = {{number, 'v'}};
	crdt_builder_event(&world->builder, VISIT, id, fields_of(number, &fields), NULL, (struct span){0});
	buf_close(&fields);
}

static void apply(struct world *world, const struct feed_id *feed, uint64_t seq)
{
	struct crdt_meta meta = meta_of(feed, seq, NULL);
	struct crdt_change change = finish(world, &meta);
	check_ok(crdt_doc_apply(world->doc, &change));
}

/* A name, a phone number, and two visits by Anna; and the copy of that with the bodies of the visits that `numbers` says. */
static struct world open_world(void)
{
	struct world world = {.feeds = crdt_feeds_new()};
	world.doc = crdt_doc_new(world.feeds, KIND, dossier);
	begin(&world, &anna, 1, NULL);
	set(&world, NAME, "Dugenou");
	apply(&world, &anna, 1);
	for (uint8_t i = 2; i <= 3; i++) {
		begin(&world, &anna, i, NULL);
		event(&world, i);
		apply(&world, &anna, i);
	}
	return world;
}

static void close_world(struct world *world)
{
	early_copy_free(world->copy);
	crdt_builder_close(&world->builder);
	buf_close(&world->change);
	crdt_doc_free(world->doc);
	crdt_feeds_free(world->feeds);
}

static int copy_with(struct world *world, uint8_t first, uint8_t second, struct early_copy **out)
{
	struct buf state = {0}, bytes = {0}, a = {0}, b = {0};
	const struct early_body bodies[] = {{.kind = VISIT, .fields = fields_of(first, &a)},
	        {.kind = VISIT, .fields = fields_of(second, &b)}};
	const uint32_t places[] = {0, 1};
	crdt_doc_save(world->doc, &state);
	early_put_bodies(&bytes, bodies, places, 2);
	int result = early_copy_new(KIND, &dossier, buf_span(&state), buf_span(&bytes), out);
	buf_close(&state);
	buf_close(&bytes);
	buf_close(&a);
	buf_close(&b);
	return result;
}

static void test_comes_back(void **state)
{
	struct world world = open_world();
	struct buf saved = {0};
	(void)state;
	check_ok(copy_with(&world, 2, 3, &world.copy));
	crdt_doc_save(world.copy->doc, &saved);
	check_span(buf_span(&saved), world.copy->state);
	assert_int_equal(world.copy->body_count, 2);
	assert_int_equal(world.copy->ends.count, 1);
	const struct op_id op = {anna, 3, 0}, none = {anna, 4, 0};
	const struct early_body *body = early_copy_body(world.copy, &op);
	assert_non_null(body);
	assert_int_equal(body->kind, VISIT);
	assert_null(early_copy_body(world.copy, &none));
	struct crdt_meta meta;
	struct entry_ref dep;
	struct crdt_op shown = early_body_op(body, &meta, &dep);
	check_span(shown.value, body->fields);
	assert_int_equal(meta.seq, 3);
	/* Also the first seed of tests/fuzz/corpus/early. */
	struct buf golden = {0};
	wire_put_blob(&golden, world.copy->state);
	buf_add_span(&golden, span_sub(buf_span(&world.copy->plain), world.copy->state.size, SIZE_MAX));
	golden_check("node/early-copy.hex", buf_span(&golden));
	buf_close(&golden);
	buf_close(&saved);
	close_world(&world);
}

/* Bodies of any form are the same bytes afterwards: also what a later program may write. */
static void test_bodies(void **state)
{
	static const struct span forms[] = {
	        {(const uint8_t *)"\x80", 1}, /* no fields */
	        {(const uint8_t *)"\x82\x01\x05\x7f\xa2hi", 7},
	        {(const uint8_t *)"\x82\x01\x82\x01\x02\x03\x04\xcd\x01\x00\xc0", 11},
	        {(const uint8_t *)"\x81\xa1k\x01", 4}, /* a key that is a text */
	        {(const uint8_t *)"\x81\xce\x00\x01\x00\x00\x09", 7}, /* one that is large */
	};
	enum { FORMS = sizeof(forms) / sizeof(*forms) };
	struct world world = open_world();
	(void)state;
	begin(&world, &anna, 4, NULL);
	event(&world, 4);
	apply(&world, &anna, 4);
	for (uint32_t first = 0; first < FORMS; first++) {
		for (uint32_t second = 0; second < FORMS; second++) {
			const struct early_body bodies[] = {{.kind = VISIT, .fields = forms[first]},
			        {.kind = VISIT, .fields = forms[second]},
			        {.kind = VISIT, .fields = forms[(first + second) % FORMS]}};
			const uint32_t places[] = {0, 1, 2};
			struct buf bytes = {0};
			struct early_bodies read;
			early_put_bodies(&bytes, bodies, places, 3);
			check_ok(early_bodies_read(world.doc, buf_span(&bytes), &read));
			assert_int_equal(read.count, 3);
			for (uint32_t i = 0; i < 3; i++)
				check_span(read.items[i].fields, bodies[i].fields);
			early_bodies_close(&read);
			for (size_t size = 0; size < bytes.size; size++) {
				assert_true(
				        early_bodies_read(world.doc, span_of(bytes.data, size), &read) < 0);
				early_bodies_close(&read);
			}
			buf_close(&bytes);
		}
	}
	close_world(&world);
}

/* Whatever is cut off or altered is refused, or is another copy that is whole: never anything in between. */
/* However many there are, each is its own event's. */
static void test_many_bodies(void **state)
{
	enum { MANY = 9 };
	(void)state;
	struct world world = {.feeds = crdt_feeds_new()};
	struct early_body bodies[MANY] = {0};
	uint32_t places[MANY];
	struct buf spaces[MANY] = {0}, bytes = {0};
	struct early_bodies read;
	world.doc = crdt_doc_new(world.feeds, KIND, dossier);
	for (uint8_t i = 0; i < MANY; i++) {
		begin(&world, &anna, i + 1u, NULL);
		event(&world, i);
		apply(&world, &anna, i + 1u);
		bodies[i] = (struct early_body){.kind = VISIT, .fields = fields_of(i, &spaces[i])};
		places[i] = i;
	}
	early_put_bodies(&bytes, bodies, places, MANY);
	check_ok(early_bodies_read(world.doc, buf_span(&bytes), &read));
	assert_int_equal(read.count, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_true(span_eq(read.items[i].fields, bodies[i].fields));
	early_bodies_close(&read);
	for (uint32_t i = 0; i < MANY; i++)
		buf_close(&spaces[i]);
	buf_close(&bytes);
	close_world(&world);
}

static void test_hostile(void **state)
{
	struct world world = open_world();
	struct buf saved = {0}, bodies = {0}, space = {0};
	const struct record_id other = {{8}};
	const struct early_body body = {.kind = VISIT, .fields = fields_of(2, &space)};
	const uint32_t place = 1, far = 2;
	struct early_copy *copy = NULL;
	(void)state;
	crdt_doc_save(world.doc, &saved);
	early_put_bodies(&bodies, &body, &place, 1);
	check_code(early_copy_new(KIND, &other, buf_span(&saved), buf_span(&bodies), &copy), ERR_INVALID);
	check_code(
	        early_copy_new(KIND + 1, &dossier, buf_span(&saved), buf_span(&bodies), &copy), ERR_INVALID);
	for (size_t size = 0; size < bodies.size; size++)
		assert_true(early_copy_new(
		                    KIND, &dossier, buf_span(&saved), span_of(bodies.data, size), &copy) < 0);
	for (size_t size = 0; size < saved.size; size++)
		assert_true(early_copy_new(
		                    KIND, &dossier, span_of(saved.data, size), buf_span(&bodies), &copy) < 0);
	buf_clear(&bodies);
	early_put_bodies(&bodies, &body, &far, 1); /* an event that there is not */
	check_code(early_copy_new(KIND, &dossier, buf_span(&saved), buf_span(&bodies), &copy), ERR_MALFORMED);
	buf_clear(&bodies);
	wire_put_u8(&bodies, 2);
	wire_put_varint(&bodies, UINT32_MAX); /* more than it holds */
	assert_true(early_copy_new(KIND, &dossier, buf_span(&saved), buf_span(&bodies), &copy) < 0);
	const struct early_body number = {.kind = VISIT, .fields = span_text("\x01")}; /* no map of fields */
	buf_clear(&bodies);
	early_put_bodies(&bodies, &number, &place, 1);
	check_code(early_copy_new(KIND, &dossier, buf_span(&saved), buf_span(&bodies), &copy), ERR_MALFORMED);
	const struct early_body reasoned = {
	        .kind = VISIT, .is_correction = true, .fields = body.fields, .reason = span_text("why")};
	buf_clear(&bodies);
	early_put_bodies(&bodies, &reasoned, &place, 1); /* it corrects nothing */
	check_code(early_copy_new(KIND, &dossier, buf_span(&saved), buf_span(&bodies), &copy), ERR_MALFORMED);
	/* Of nobody's entries nothing could ever be said. */
	struct crdt_doc *empty = crdt_doc_new(world.feeds, KIND, dossier);
	buf_clear(&saved);
	buf_clear(&bodies);
	crdt_doc_save(empty, &saved);
	early_put_bodies(&bodies, NULL, NULL, 0);
	check_code(early_copy_new(KIND, &dossier, buf_span(&saved), buf_span(&bodies), &copy), ERR_INVALID);
	crdt_doc_free(empty);
	assert_null(copy);
	buf_close(&saved);
	buf_close(&bodies);
	buf_close(&space);
	close_world(&world);
}

/* The log comes: what the copy holds is compared, what it does not is shown as well. */
static void test_log_comes(void **state)
{
	struct world world = open_world();
	struct record_id id = {{9, 'v'}};
	(void)state;
	check_ok(copy_with(&world, 2, 99, &world.copy)); /* the second visit is not what Anna signed */
	for (uint8_t i = 2; i <= 3; i++) {
		struct crdt_meta meta = meta_of(&anna, i, NULL);
		begin(&world, &anna, i, NULL);
		event(&world, i);
		struct crdt_change change = finish(&world, &meta);
		early_copy_apply(world.copy, &change);
	}
	const struct op_id second = {anna, 2, 0}, third = {anna, 3, 0};
	assert_int_equal(early_copy_body(world.copy, &second)->state, EARLY_BODY_SAME);
	assert_int_equal(early_copy_body(world.copy, &third)->state, EARLY_BODY_DIFFERS);
	assert_false(crdt_doc_has_event(world.copy->doc, &id));
	begin(&world, &bea, 1, NULL);
	event(&world, 9);
	struct crdt_meta meta = meta_of(&bea, 1, NULL);
	struct crdt_change change = finish(&world, &meta);
	early_copy_apply(world.copy, &change);
	assert_true(crdt_doc_has_event(world.copy->doc, &id));
	assert_int_equal(world.copy->ends.count, 1); /* what it claimed stays what it claimed */
	close_world(&world);
}

static bool permits(struct world *world, const struct entry_ref *dep)
{
	struct crdt_meta meta = meta_of(&bea, 1, dep);
	struct crdt_change change = finish(world, &meta);
	return early_copy_permits(world->copy, &change);
}

/* Bea's device holds nothing of the dossier: she may add what stands nowhere, and change nothing. */
static void test_permits(void **state)
{
	struct world world = open_world();
	struct crdt_doc *full = world.doc;
	const struct entry_ref dep = {anna, 3};
	(void)state;
	check_ok(copy_with(&world, 2, 3, &world.copy));
	world.doc = crdt_doc_new(world.feeds, KIND, dossier);
	begin(&world, &bea, 1, NULL);
	event(&world, 4);
	assert_true(permits(&world, NULL));
	begin(&world, &bea, 1, NULL);
	set(&world, PHONE, "02 98 00 00 00");
	assert_true(permits(&world, NULL));
	begin(&world, &bea, 1, NULL);
	set(&world, NAME, "Martin");
	assert_false(permits(&world, NULL));
	begin(&world, &bea, 1, NULL);
	event(&world, 4);
	set(&world, NAME, "Martin");
	assert_false(permits(&world, NULL)); /* not half of it either */
	crdt_doc_free(world.doc);
	world.doc = full;
	begin(&world, &bea, 1, &dep);
	set(&world, NAME, "Martin"); /* citing what she saw */
	assert_false(permits(&world, &dep));
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_comes_back),
	        cmocka_unit_test(test_bodies),
	        cmocka_unit_test(test_many_bodies),
	        cmocka_unit_test(test_hostile),
	        cmocka_unit_test(test_log_comes),
	        cmocka_unit_test(test_permits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
