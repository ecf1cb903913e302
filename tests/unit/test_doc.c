/* Documents step by step. Long because everything is told with the same three replicas, whose entries are made by hand. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/doc.h"
#include "crdt/doc_text.h"
#include "crdt/doc_write.h"

/* Two or three replicas of one document, with hand-made entries. */
enum { KIND = 7, REPLICAS = 3, ENTRIES = 32 };

static const struct record_id doc_id = {{0xd0, 0xc0}};

struct entry {
	struct crdt_meta meta;
	struct entry_ref *deps;
	struct buf bytes;
};

struct world {
	struct crdt_feeds *feeds[REPLICAS];
	struct crdt_doc *docs[REPLICAS];
	uint64_t seqs[REPLICAS];
	uint64_t lamport;
	struct entry entries[ENTRIES];
	size_t entry_count;
	struct crdt_builder builder;
	struct crdt_values values;
};

static struct feed_id feed_of(int replica)
{
	return (struct feed_id){{(uint8_t)(0xf0 + replica)}};
}

static int set_up(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	for (int i = 0; i < REPLICAS; i++) {
		world->feeds[i] = crdt_feeds_new();
		world->docs[i] = crdt_doc_new(world->feeds[i], KIND, doc_id);
	}
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < REPLICAS; i++) {
		crdt_doc_free(world->docs[i]);
		crdt_feeds_free(world->feeds[i]);
	}
	for (size_t i = 0; i < world->entry_count; i++) {
		buf_close(&world->entries[i].bytes);
		mem_free(world->entries[i].deps);
	}
	crdt_values_close(&world->values);
	mem_free(world);
	return 0;
}

static struct crdt_builder *begin(struct world *world, int replica)
{
	struct entry_ref own = {feed_of(replica), world->seqs[replica] + 1};
	crdt_builder_begin(&world->builder, &own, KIND, doc_id, NULL, 0);
	return &world->builder;
}

/* Finish the change of `replica`, apply it there, and give its number for deliver(). HLC is 100 x Lamport. */
static size_t commit(struct world *world, int replica)
{
	struct entry *entry = &world->entries[world->entry_count];
	struct crdt_change change;
	check_ok(crdt_builder_finish(&world->builder, &entry->bytes));
	entry->deps = world->builder.deps;
	world->builder.deps = NULL;
	entry->meta = (struct crdt_meta){.feed = feed_of(replica),
	        .seq = ++world->seqs[replica],
	        .lamport = ++world->lamport,
	        .hlc = 100 * world->lamport,
	        .deps = entry->deps,
	        .dep_count = world->builder.dep_count};
	crdt_builder_close(&world->builder);
	check_ok(crdt_change_open(&change, &entry->meta, buf_span(&entry->bytes)));
	check_ok(crdt_doc_apply(world->docs[replica], &change));
	return world->entry_count++;
}

static int deliver(struct world *world, size_t number, int replica)
{
	struct crdt_change change;
	check_ok(crdt_change_open(
	        &change, &world->entries[number].meta, buf_span(&world->entries[number].bytes)));
	return crdt_doc_apply(world->docs[replica], &change);
}

static struct span path1(uint32_t field)
{
	static struct crdt_path path;
	path = (struct crdt_path){0};
	crdt_path_field(&path, field);
	return crdt_path_span(&path);
}

static struct span path2(uint32_t field, uint32_t below)
{
	static struct crdt_path path;
	path = (struct crdt_path){0};
	crdt_path_field(&path, field);
	crdt_path_field(&path, below);
	return crdt_path_span(&path);
}

static struct span none(void)
{
	return (struct span){NULL, 0};
}

static struct span number(uint8_t value)
{
	static uint8_t bytes[8];
	static int next;
	next = (next + 1) % 8;
	bytes[next] = value & 0x7f;
	return span_of(&bytes[next], 1);
}

static size_t write_register(struct world *world, int replica, uint32_t field, uint8_t value)
{
	struct crdt_builder *b = begin(world, replica);
	check_ok(crdt_doc_set(world->docs[replica], b, path1(field), number(value), none()));
	return commit(world, replica);
}

/* The register's values, as one decimal digit each, in the order shown. */
static unsigned values(struct world *world, int replica, struct span path)
{
	unsigned digits = 0;
	crdt_doc_values(world->docs[replica], path, &world->values);
	for (uint32_t i = 0; i < world->values.count; i++)
		digits = 10 * digits + world->values.items[i].value.data[0];
	return digits;
}

static unsigned members(struct world *world, int replica, struct span path)
{
	unsigned digits = 0;
	crdt_doc_members(world->docs[replica], path, &world->values);
	for (uint32_t i = 0; i < world->values.count; i++)
		digits = 10 * digits + world->values.items[i].value.data[0];
	return digits;
}

static void check_same(struct world *world, int a, int b)
{
	struct buf left = {0}, right = {0};
	crdt_doc_save(world->docs[a], &left);
	crdt_doc_save(world->docs[b], &right);
	check_span(buf_span(&left), buf_span(&right));
	buf_close(&left);
	buf_close(&right);
}

static struct buf read_text(const struct world *world, int replica, struct span path)
{
	const struct seq *text = crdt_doc_text(world->docs[replica], path);
	struct buf out = {0};
	struct span piece;
	uint64_t cursor = 0;
	while (text && seq_next(text, &cursor, &piece))
		buf_add_span(&out, piece);
	return out;
}

static void check_text(const struct world *world, int replica, struct span path, const char *want)
{
	struct buf text = read_text(world, replica, path);
	check_span(buf_span(&text), span_text(want));
	buf_close(&text);
}

static void check_list(const struct world *world, int replica, const char *want)
{
	const struct seq *list = crdt_doc_list(world->docs[replica], path1(3));
	uint32_t count = seq_size(list).elements;
	assert_int_equal(count, strlen(want));
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(*seq_content(list, seq_at(list, i)).data, want[i]);
}

static void check_saved_and_loaded(const struct world *world, int replica)
{
	struct buf saved = {0}, again = {0};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *loaded;
	crdt_doc_save(world->docs[replica], &saved);
	check_ok(crdt_doc_load(feeds, buf_span(&saved), &loaded));
	crdt_doc_save(loaded, &again);
	check_span(buf_span(&again), buf_span(&saved));
	crdt_doc_free(loaded);
	crdt_feeds_free(feeds);
	buf_close(&saved);
	buf_close(&again);
}

static void a_later_write_replaces_and_concurrent_ones_stay(void **state)
{
	struct world *world = *state;
	size_t first = write_register(world, 0, 1, 1);
	check_code(deliver(world, first, 1), 0);
	size_t left = write_register(world, 0, 1, 2), right = write_register(world, 1, 1, 3);
	assert_int_equal(values(world, 0, path1(1)), 2);
	check_code(deliver(world, left, 1), 0);
	check_code(deliver(world, right, 0), 0);
	assert_int_equal(values(world, 0, path1(1)), 32); /* the later HLC first */
	assert_int_equal(values(world, 1, path1(1)), 32);
	check_same(world, 0, 1);
	struct crdt_builder *b = begin(world, 0);
	check_ok(crdt_doc_set(world->docs[0], b, path1(1), number(4), span_text("vu avec le patient")));
	size_t choice = commit(world, 0);
	check_code(deliver(world, choice, 1), 0);
	struct crdt_value value;
	assert_true(crdt_doc_get(world->docs[1], path1(1), &value));
	assert_int_equal(values(world, 1, path1(1)), 4);
	check_span(value.reason, span_text("vu avec le patient"));
	assert_true(value.op.feed.bytes[0] == 0xf0 && value.op.seq == 3 && value.op.index == 0);
	assert_true(value.lamport == 4 && value.hlc == 400);
	check_same(world, 0, 1);
}

static void a_concurrent_write_survives_a_resolution_that_did_not_see_it(void **state)
{
	struct world *world = *state;
	size_t a = write_register(world, 0, 1, 1), b = write_register(world, 1, 1, 2),
	       c = write_register(world, 2, 1, 3);
	check_code(deliver(world, b, 0), 0);
	size_t choice = write_register(world, 0, 1, 4);
	check_code(deliver(world, c, 0), 0);
	assert_int_equal(values(world, 0, path1(1)), 43);
	check_code(deliver(world, c, 1), 0);
	check_code(deliver(world, a, 1), 0);
	assert_int_equal(values(world, 1, path1(1)), 321);
	check_code(deliver(world, choice, 1), 0);
	assert_int_equal(values(world, 1, path1(1)), 43);
	check_same(world, 0, 1);
}

static void what_is_applied_twice_counts_once(void **state)
{
	struct world *world = *state;
	size_t a = write_register(world, 0, 1, 1);
	check_code(deliver(world, a, 0), CRDT_DOC_DUPLICATE);
	check_code(deliver(world, a, 1), 0);
	check_code(deliver(world, a, 1), CRDT_DOC_DUPLICATE);
	check_same(world, 0, 1);
	struct feed_id feed = feed_of(0), other = feed_of(1);
	assert_int_equal(crdt_doc_applied(world->docs[1], &feed), 1);
	assert_int_equal(crdt_doc_applied(world->docs[1], &other), 0);
	uint32_t cursor = 0;
	struct entry_ref head;
	assert_true(crdt_doc_frontier(world->docs[1], &cursor, &head));
	assert_true(feed_id_eq(&head.feed, &feed) && head.seq == 1);
	assert_false(crdt_doc_frontier(world->docs[1], &cursor, &head));
}

/* An op of an entry that is not here. */
static const struct op_id nowhere = {{{0xf0}}, 1, 0};

/* The change cites what replica 0 keeps for itself: as if it were withheld from the others, or of another document. */
static size_t write_unseen(struct world *world)
{
	struct crdt_builder *b = begin(world, 0);
	crdt_builder_set(b, path1(1), number(1), (struct crdt_cites){NULL, 0}, none());
	crdt_builder_event(b, 3, (struct record_id){{1}}, span_of("\x80", 1), NULL, none());
	crdt_builder_text_insert(b, path1(5), NULL, NULL, span_text("abc"));
	crdt_builder_list_insert(b, path1(3), NULL, NULL, span_of("\x92\x01\x02", 3));
	return commit(world, 0);
}

static void write_about_the_unseen(struct world *world)
{
	const struct op_id event = {nowhere.feed, 1, 1}, text = {nowhere.feed, 1, 2},
	                   list = {nowhere.feed, 1, 3};
	const struct crdt_cites cites = {&nowhere, 1};
	struct crdt_element letter = {text, 1}, item = {list, 0};
	struct crdt_target letters = {letter, 2}, items = {item, 1};
	struct crdt_path path = {0};
	struct crdt_builder *b = begin(world, 1);
	crdt_path_field(&path, 4);
	crdt_path_element(&path, &item);
	crdt_builder_set(b, path1(1), number(2), cites, none());
	crdt_builder_clear(b, none(), cites, none());
	crdt_builder_add(b, path1(2), number(3), cites);
	crdt_builder_remove(b, path1(1), cites, none());
	crdt_builder_event(b, 3, (struct record_id){{2}}, span_of("\x80", 1), &event, span_text("relu"));
	crdt_builder_text_delete(b, path1(5), &letters, 1);
	crdt_builder_text_insert(b, path1(5), &letter, &letter, span_text("xy"));
	crdt_builder_text_delete(b, path1(5), &letters, 1);
	crdt_builder_list_delete(b, path1(3), &items, 1);
	crdt_builder_list_move(b, path1(3), &item, &item, NULL, cites);
	crdt_builder_list_insert(b, path1(3), &item, NULL, span_of("\x91\x07", 2));
	crdt_builder_set(b, crdt_path_span(&path), number(4), (struct crdt_cites){NULL, 0}, none());
}

static void check_without_the_unseen(struct world *world, int replica)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	struct span key = {NULL, 0};
	assert_int_equal(values(world, replica, path1(1)), 2);
	assert_int_equal(members(world, replica, path1(2)), 3);
	assert_true(crdt_doc_event(world->docs[replica], 0, &cursor, &event));
	assert_true(event.id.bytes[0] == 2 && !event.is_correction && !event.is_corrected);
	assert_false(crdt_doc_event(world->docs[replica], 0, &cursor, &event));
	check_text(world, replica, path1(5), "xy");
	check_list(world, replica, "\x07");
	assert_true(crdt_doc_child(world->docs[replica], path1(4), &key)); /* a path is only a name */
}

/* The feed table of replica 2 has the feed that is cited, that of replica 1 has not. */
static void what_is_cited_and_not_there_has_no_effect(void **state)
{
	struct world *world = *state;
	size_t unseen = write_unseen(world);
	crdt_feeds_add(world->feeds[2], &nowhere.feed);
	write_about_the_unseen(world);
	size_t about = commit(world, 1), later = write_register(world, 1, 6, 5);
	check_without_the_unseen(world, 1);
	check_code(deliver(world, about, 2), 0);
	check_code(deliver(world, later, 2), 0);
	check_without_the_unseen(world, 2);
	assert_int_equal(values(world, 2, path1(6)), 5);
	check_same(world, 1, 2);
	/* Where it is there it has. */
	check_code(deliver(world, about, 0), 0);
	assert_int_equal(values(world, 0, path1(1)), 2);
	check_text(world, 0, path1(5), "axy");
	check_list(world, 0, "\x02\x07");
	check_code(deliver(world, unseen, 1), 0); /* too late: the caller's fault, nothing breaks */
	check_saved_and_loaded(world, 1);
}

/* Of entries about other documents, ops that were not made, and things of another kind. */
static void what_is_cited_of_another_kind_has_no_effect(void **state)
{
	struct world *world = *state;
	size_t first = write_unseen(world);
	const struct op_id set = {nowhere.feed, 1, 0}, list = {nowhere.feed, 1, 3},
	                   unmade = {nowhere.feed, 1, 9};
	struct crdt_element by_set = {set, 0}, item = {list, 0}, beyond = {list, 2};
	struct crdt_event event;
	uint32_t cursor = 0;
	check_code(deliver(world, first, 1), 0);
	struct crdt_builder *b = begin(world, 1);
	crdt_builder_event(b, 3, (struct record_id){{2}}, span_of("\x80", 1), &set, span_text("relu"));
	crdt_builder_event(b, 3, (struct record_id){{3}}, span_of("\x80", 1), &unmade, span_text("relu"));
	crdt_builder_text_insert(b, path1(5), &item, &by_set, span_text("-")); /* from the list */
	crdt_builder_list_move(b, path1(3), &by_set, &beyond, NULL, (struct crdt_cites){&set, 1});
	crdt_builder_set(b, path1(1), number(2), (struct crdt_cites){&list, 1}, none());
	size_t second = commit(world, 1);
	check_code(deliver(world, second, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(crdt_doc_event(world->docs[0], 0, &cursor, &event));
		assert_false(event.is_correction || event.is_corrected);
	}
	check_text(world, 0, path1(5), "abc-");
	check_list(world, 0, "\x01\x02");
	assert_int_equal(values(world, 0, path1(1)), 21);
	check_same(world, 0, 1);
	check_saved_and_loaded(world, 0);
}

/* One operation deletes an element by itself, by its place, and again with its neighbour. */
static void an_element_named_twice_is_deleted_once(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	crdt_builder_list_insert(b, path1(3), NULL, NULL, span_of("\x93\x01\x02\x03", 4));
	struct crdt_element two = {{feed_of(0), 1, 0}, 1}, place = {{feed_of(0), 1, 1}, 0},
	                    again = {{feed_of(0), 1, 2}, 0};
	crdt_builder_list_move(b, path1(3), &two, NULL, NULL, (struct crdt_cites){NULL, 0});
	crdt_builder_list_move(b, path1(3), &two, NULL, NULL, (struct crdt_cites){NULL, 0});
	struct crdt_target targets[] = {{two, 2}, {place, 1}, {again, 1}};
	crdt_builder_list_delete(b, path1(3), targets, 3);
	size_t change = commit(world, 0);
	check_list(world, 0, "\x01");
	check_code(deliver(world, change, 1), 0);
	check_same(world, 0, 1);
	check_saved_and_loaded(world, 0);
}

static void additions_win_over_concurrent_removals(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	check_ok(crdt_doc_add(world->docs[0], b, path1(3), number(5)));
	check_ok(crdt_doc_add(world->docs[0], b, path1(3), number(4)));
	check_ok(crdt_doc_add(world->docs[0], b, path1(3), number(5))); /* replaces the first */
	size_t first = commit(world, 0);
	assert_int_equal(members(world, 0, path1(3)), 45);
	check_code(deliver(world, first, 1), 0);
	b = begin(world, 0);
	check_ok(crdt_doc_remove(world->docs[0], b, path1(3), number(5), span_text("erreur")));
	check_code(crdt_doc_remove(world->docs[0], b, path1(3), number(9), none()), ERR_NOTFOUND);
	size_t removal = commit(world, 0);
	assert_int_equal(members(world, 0, path1(3)), 4);
	b = begin(world, 1);
	check_ok(crdt_doc_add(world->docs[1], b, path1(3), number(5)));
	size_t again = commit(world, 1);
	check_code(deliver(world, removal, 1), 0);
	check_code(deliver(world, again, 0), 0);
	assert_int_equal(members(world, 0, path1(3)), 45);
	assert_int_equal(members(world, 1, path1(3)), 45);
	check_same(world, 0, 1);
}

static void clearing_removes_what_was_seen_under_a_path(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	check_ok(crdt_doc_set(world->docs[0], b, path2(1, 1), number(1), none()));
	check_ok(crdt_doc_set(world->docs[0], b, path2(1, 2), number(2), none()));
	check_ok(crdt_doc_set(world->docs[0], b, path1(2), number(3), none()));
	size_t first = commit(world, 0);
	check_code(deliver(world, first, 1), 0);
	b = begin(world, 0);
	check_ok(crdt_doc_clear(world->docs[0], b, path1(1), none()));
	check_code(crdt_doc_clear(world->docs[0], b, path1(9), none()), ERR_NOTFOUND);
	size_t clearing = commit(world, 0);
	b = begin(world, 1);
	check_ok(crdt_doc_set(world->docs[1], b, path2(1, 2), number(7), none()));
	size_t kept = commit(world, 1);
	check_code(deliver(world, kept, 0), 0);
	check_code(deliver(world, clearing, 1), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(values(world, i, path2(1, 1)), 0);
		assert_int_equal(values(world, i, path2(1, 2)), 7);
		assert_int_equal(values(world, i, path1(2)), 3);
	}
	check_same(world, 0, 1);
}

static void children_come_in_key_order(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	static const uint8_t fields[] = {9, 2, 5, 2};
	for (uint8_t i = 0; i < 4; i++)
		check_ok(crdt_doc_set(world->docs[0], b, path2(1, fields[i]), number(i), none()));
	check_ok(crdt_doc_set(world->docs[0], b, path1(1), number(3), none()));
	check_ok(crdt_doc_set(world->docs[0], b, path1(2), number(3), none()));
	commit(world, 0);
	struct span key = {NULL, 0};
	static const uint8_t want[] = {2, 5, 9};
	for (int i = 0; i < 3; i++) {
		assert_true(crdt_doc_child(world->docs[0], path1(1), &key));
		check_span(key, span_of(&want[i], 1));
	}
	assert_false(crdt_doc_child(world->docs[0], path1(1), &key));
	key = none();
	assert_true(crdt_doc_child(world->docs[0], none(), &key) && key.data[0] == 1);
	assert_true(crdt_doc_child(world->docs[0], none(), &key) && key.data[0] == 2);
	assert_false(crdt_doc_child(world->docs[0], none(), &key));
	key = none();
	assert_false(crdt_doc_child(world->docs[0], path1(2), &key));
}

static void events_stay_and_corrections_cite_them(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	crdt_builder_event(b, 3, (struct record_id){{1}}, span_of("\x81\x01\x05", 3), NULL, none());
	crdt_builder_event(b, 4, (struct record_id){{2}}, span_of("\x80", 1), NULL, none());
	size_t first = commit(world, 0);
	check_code(deliver(world, first, 1), 0);
	struct op_id old = {feed_of(0), 1, 0};
	b = begin(world, 1);
	crdt_builder_event(
	        b, 3, (struct record_id){{3}}, span_of("\x81\x01\x06", 3), &old, span_text("relu"));
	size_t correction = commit(world, 1);
	check_code(deliver(world, correction, 0), 0);
	uint32_t cursor = 0;
	struct crdt_event event;
	assert_true(crdt_doc_event(world->docs[0], 3, &cursor, &event));
	assert_true(event.id.bytes[0] == 1 && event.is_corrected && !event.is_correction);
	assert_true(crdt_doc_event(world->docs[0], 3, &cursor, &event));
	assert_true(event.id.bytes[0] == 3 && !event.is_corrected && event.is_correction);
	assert_int_equal(op_id_cmp(&event.corrects, &old), 0);
	assert_false(crdt_doc_event(world->docs[0], 3, &cursor, &event));
	cursor = 0;
	for (int i = 0; i < 3; i++)
		assert_true(crdt_doc_event(world->docs[1], 0, &cursor, &event));
	assert_false(crdt_doc_event(world->docs[1], 0, &cursor, &event));
	check_same(world, 0, 1);
}

static void texts_and_counters(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	crdt_builder_text_insert(b, path1(1), NULL, NULL, span_text("bonjour"));
	crdt_builder_count(b, path1(2), -5);
	crdt_builder_count(b, path1(2), 7);
	size_t first = commit(world, 0);
	check_code(deliver(world, first, 1), 0);
	struct crdt_element left = {{feed_of(0), 1, 0}, 6};
	struct crdt_target target = {{{feed_of(0), 1, 0}, 0}, 2};
	b = begin(world, 1);
	crdt_builder_text_insert(b, path1(1), &left, NULL, span_text(" !"));
	crdt_builder_text_delete(b, path1(1), &target, 1);
	size_t second = commit(world, 1);
	check_code(deliver(world, second, 0), 0);
	check_text(world, 0, path1(1), "njour !");
	assert_int_equal(crdt_doc_count(world->docs[1], path1(2)), 2);
	const struct seq *text = crdt_doc_text(world->docs[0], path1(1));
	struct crdt_author author = crdt_doc_author(world->docs[0], text, seq_at(text, 6));
	struct feed_id writer = feed_of(1);
	assert_true(feed_id_eq(&author.element.op.feed, &writer) && author.element.offset == 1);
	assert_int_equal(
	        seq_before(text, crdt_doc_element(world->docs[0], text, &author.element)).elements, 6);
	struct entry_ref before = {feed_of(0), 1};
	struct buf past = {0};
	crdt_doc_text_past(world->docs[0], text, &before, 1, &past);
	check_span(buf_span(&past), span_text("bonjour"));
	buf_close(&past);
	assert_false(crdt_doc_deletion(world->docs[0], text, seq_at(text, 0), &author));
	assert_true(crdt_doc_deletion(world->docs[0], text, seq_after(text, SEQ_NONE), &author));
	assert_true(feed_id_eq(&author.element.op.feed, &writer) && author.element.op.index == 1);
	left.op.index = 1; /* a counter's */
	assert_int_equal(crdt_doc_element(world->docs[0], text, &left), SEQ_NONE);
	assert_null(crdt_doc_list(world->docs[0], path1(1)));
	check_same(world, 0, 1);
}

/* A clearing deletes what it saw; what was typed at the same time stays, between what is gone. */
static void clearing_a_text(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	crdt_builder_text_insert(b, path1(1), NULL, NULL, span_text("ab"));
	size_t first = commit(world, 0);
	check_code(deliver(world, first, 1), 0);
	struct crdt_element left = {{feed_of(0), 1, 0}, 0}, right = {{feed_of(0), 1, 0}, 1};
	b = begin(world, 1);
	crdt_builder_text_insert(b, path1(1), &left, &right, span_text("-"));
	size_t second = commit(world, 1);
	b = begin(world, 0);
	check_ok(crdt_doc_clear(world->docs[0], b, none(), none()));
	size_t clearing = commit(world, 0);
	struct span key = none();
	check_text(world, 0, path1(1), "");
	assert_false(crdt_doc_child(world->docs[0], none(), &key));
	b = begin(world, 0);
	check_code(crdt_doc_clear(world->docs[0], b, none(), none()), ERR_NOTFOUND);
	check_code(deliver(world, second, 0), 0);
	check_code(deliver(world, clearing, 1), 0);
	check_text(world, 1, path1(1), "-");
	assert_true(crdt_doc_child(world->docs[1], none(), &key));
	check_same(world, 0, 1);
}

/* Two move one element, a third deletes another: one place wins everywhere. */
static void moving_elements_of_a_list(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	struct crdt_cites no_cites = {NULL, 0};
	crdt_builder_list_insert(b, path1(3), NULL, NULL, span_of("\x93\x01\x02\x03", 4));
	size_t first = commit(world, 0);
	check_code(deliver(world, first, 1), 0);
	check_code(deliver(world, first, 2), 0);
	struct crdt_element one = {{feed_of(0), 1, 0}, 0}, two = {{feed_of(0), 1, 0}, 1},
	                    three = {{feed_of(0), 1, 0}, 2};
	b = begin(world, 0);
	crdt_builder_list_move(b, path1(3), &one, &three, NULL, no_cites);
	size_t to_end = commit(world, 0);
	check_list(world, 0, "\x02\x03\x01");
	b = begin(world, 1);
	crdt_builder_list_move(b, path1(3), &one, &two, &three, no_cites);
	size_t to_middle = commit(world, 1);
	check_list(world, 1, "\x02\x01\x03");
	b = begin(world, 2);
	struct crdt_target target = {two, 1};
	crdt_builder_list_delete(b, path1(3), &target, 1);
	size_t deletion = commit(world, 2);
	for (int i = 0; i < 3; i++) {
		deliver(world, deletion, i);
		deliver(world, to_end, i);
		deliver(world, to_middle, i);
		check_list(world, i, "\x01\x03"); /* the greater Lamport clock */
	}
	check_same(world, 0, 1);
	check_same(world, 1, 2);
}

static void unknown_operations_are_kept_and_skipped(void **state)
{
	struct world *world = *state;
	struct crdt_builder *b = begin(world, 0);
	check_ok(crdt_doc_set(world->docs[0], b, path1(1), number(1), none()));
	size_t number_of = commit(world, 0);
	struct buf *bytes = &world->entries[number_of].bytes;
	/* Make the op's kind 77 with arbitrary items after it. */
	uint8_t *op = bytes->data + bytes->size - 5;
	assert_int_equal(op[0], 0x93);
	op[1] = 77;
	check_code(deliver(world, number_of, 1), 0);
	uint32_t cursor = 0;
	struct crdt_held held;
	assert_true(crdt_doc_held(world->docs[1], &cursor, &held));
	assert_true(held.kind == 77 && held.op.seq == 1);
	assert_false(crdt_doc_held(world->docs[1], &cursor, &held));
	assert_int_equal(values(world, 1, path1(1)), 0);
	check_saved_and_loaded(world, 1);
}

static void a_change_for_another_document_is_refused(void **state)
{
	struct world *world = *state;
	struct record_id other = {{1}};
	struct entry_ref own = {feed_of(0), 1};
	struct buf bytes = {0};
	crdt_builder_begin(&world->builder, &own, KIND, other, NULL, 0);
	crdt_builder_set(&world->builder, path1(1), number(1), (struct crdt_cites){NULL, 0}, none());
	check_ok(crdt_builder_finish(&world->builder, &bytes));
	crdt_builder_close(&world->builder);
	struct crdt_meta meta = {.feed = own.feed, .seq = 1};
	struct crdt_change change;
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	check_code(crdt_doc_apply(world->docs[0], &change), ERR_INVALID);
	buf_close(&bytes);
}

static void memory_stays_small_under_many_overwrites(void **state)
{
	struct world *world = *state;
	size_t most = 0;
	for (int i = 0; i < 5000; i++) {
		write_register(world, 0, (uint32_t)i % 20, (uint8_t)(i % 100));
		world->entry_count--; /* not delivered anywhere */
		buf_close(&world->entries[world->entry_count].bytes);
		mem_free(world->entries[world->entry_count].deps);
		size_t bytes = crdt_doc_memory_bytes(world->docs[0]);
		most = bytes > most ? bytes : most;
	}
	assert_true(most < 6000);
	crdt_doc_trim(world->docs[0]);
	assert_true(crdt_doc_memory_bytes(world->docs[0]) <= most);
	assert_int_equal(values(world, 0, path1(19)), 99);
}

static struct feed_id numbered_feed(uint32_t number)
{
	struct feed_id feed = {{0}};
	feed.bytes[0] = (uint8_t)(number * 37); /* not ascending */
	feed.bytes[1] = (uint8_t)(number >> 8);
	feed.bytes[2] = (uint8_t)number;
	return feed;
}

static void a_full_feed_table_refuses_and_changes_nothing(void **state)
{
	struct world *world = *state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	size_t first = write_register(world, 0, 1, 1);
	for (uint32_t i = 0; i < LIMIT_FEEDS; i++) {
		struct feed_id feed = numbered_feed(i);
		check_code(crdt_feeds_find(feeds, &feed), ERR_NOTFOUND);
		assert_int_equal(crdt_feeds_add(feeds, &feed), i);
	}
	for (uint32_t i = 0; i < LIMIT_FEEDS; i++) {
		struct feed_id feed = numbered_feed(i);
		assert_int_equal(crdt_feeds_find(feeds, &feed), i);
		assert_true(feed_id_eq(crdt_feeds_id(feeds, i), &feed));
	}
	struct crdt_doc *doc = crdt_doc_new(feeds, KIND, doc_id), *loaded;
	struct buf empty = {0}, after = {0}, saved = {0};
	struct crdt_change change;
	crdt_doc_save(doc, &empty);
	check_ok(crdt_change_open(
	        &change, &world->entries[first].meta, buf_span(&world->entries[first].bytes)));
	check_code(crdt_doc_apply(doc, &change), ERR_FULL);
	crdt_doc_save(doc, &after);
	check_span(buf_span(&after), buf_span(&empty));
	crdt_doc_save(world->docs[0], &saved);
	check_code(crdt_doc_load(feeds, buf_span(&saved), &loaded), ERR_FULL);
	assert_int_equal(crdt_feeds_count(feeds), LIMIT_FEEDS);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	buf_close(&empty);
	buf_close(&after);
	buf_close(&saved);
}

static void damaged_snapshots_are_refused(void **state)
{
	struct world *world = *state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct buf saved = {0};
	struct crdt_doc *doc;
	write_register(world, 0, 1, 1);
	write_register(world, 0, 2, 2);
	crdt_doc_save(world->docs[0], &saved);
	size_t refused = 0;
	for (size_t i = 0; i < saved.size; i++) {
		struct buf again = {0};
		saved.data[i] ^= 0x81;
		if (crdt_doc_load(feeds, buf_span(&saved), &doc) == 0) {
			crdt_doc_save(doc, &again); /* another document then, but a sound one */
			check_span(buf_span(&again), buf_span(&saved));
			crdt_doc_free(doc);
			buf_close(&again);
		} else {
			refused++;
		}
		saved.data[i] ^= 0x81;
	}
	assert_true(refused > 10);
	saved.data[0] = 1; /* version 1 knew no texts: its documents are built anew from the log */
	check_code(crdt_doc_load(feeds, buf_span(&saved), &doc), ERR_VERSION);
	saved.data[0] = 6;
	check_code(crdt_doc_load(feeds, buf_span(&saved), &doc), ERR_VERSION);
	saved.data[0] = 5; /* where no move was taken back */
	check_code(crdt_doc_load(feeds, buf_span(&saved), &doc), ERR_MALFORMED);
	saved.data[0] = 4;
	wire_put_u8(&saved, 0);
	check_code(crdt_doc_load(feeds, buf_span(&saved), &doc), ERR_MALFORMED);
	buf_close(&saved);
	crdt_feeds_free(feeds);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_later_write_replaces_and_concurrent_ones_stay),
	        TEST(a_concurrent_write_survives_a_resolution_that_did_not_see_it),
	        TEST(what_is_applied_twice_counts_once),
	        TEST(what_is_cited_and_not_there_has_no_effect),
	        TEST(what_is_cited_of_another_kind_has_no_effect),
	        TEST(an_element_named_twice_is_deleted_once),
	        TEST(additions_win_over_concurrent_removals),
	        TEST(clearing_removes_what_was_seen_under_a_path),
	        TEST(children_come_in_key_order),
	        TEST(events_stay_and_corrections_cite_them),
	        TEST(texts_and_counters),
	        TEST(clearing_a_text),
	        TEST(moving_elements_of_a_list),
	        TEST(unknown_operations_are_kept_and_skipped),
	        TEST(a_change_for_another_document_is_refused),
	        TEST(a_full_feed_table_refuses_and_changes_nothing),
	        TEST(damaged_snapshots_are_refused),
	        TEST(memory_stays_small_under_many_overwrites),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
