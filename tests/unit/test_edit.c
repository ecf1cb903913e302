/* What an editing session refuses, and who deleted what. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"

static const struct record_id doc_id = {{0xd0}};
static const struct span path = {(const uint8_t *)"\x01", 1};

/* What a session did becomes a change of `own` and is applied. */
static void save(struct crdt_doc *doc, struct crdt_edit *edit, const struct entry_ref *own,
        const struct entry_ref *dep, uint64_t lamport)
{
	struct crdt_builder builder;
	struct crdt_change change;
	struct buf bytes = {0};
	crdt_builder_begin(&builder, own, 3, doc_id, dep, dep ? 1 : 0);
	check_ok(crdt_edit_write(edit, &builder));
	check_ok(crdt_builder_finish_open(&builder, &bytes, &change));
	struct crdt_meta meta = {
	        own->feed, own->seq, lamport, lamport, builder.deps, builder.dep_count, NULL};
	change.meta = &meta;
	check_ok(crdt_doc_apply(doc, &change));
	crdt_builder_close(&builder);
	buf_close(&bytes);
}

static void a_session_refuses_what_cannot_be(void **state)
{
	(void)state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, 3, doc_id);
	struct entry_ref own = {{{0xa0}}, 1}, other = {{{0xb0}}, 1};
	assert_null(crdt_edit_text(doc, span_of("\xc1", 1), &own.feed));
	assert_null(crdt_edit_text(doc, (struct span){NULL, 0}, &own.feed));
	struct crdt_edit *edit = crdt_edit_text(doc, path, &own.feed);
	struct crdt_builder builder;
	uint8_t *letters = mem_alloc(LIMIT_VALUE_BYTES + 1);
	memset(letters, 'a', LIMIT_VALUE_BYTES + 1);
	check_code(crdt_edit_insert(edit, 0, span_of(letters, LIMIT_VALUE_BYTES + 1)), ERR_TOOBIG);
	check_code(crdt_edit_insert(edit, 1, span_text("a")), ERR_INVALID);
	check_code(crdt_edit_insert(edit, 0, (struct span){NULL, 0}), ERR_INVALID);
	check_code(crdt_edit_insert(edit, 0, span_of("\xff", 1)), ERR_INVALID);
	check_ok(crdt_edit_insert(edit, 0, span_text("abc")));
	check_code(crdt_edit_delete(edit, 4, 0), ERR_INVALID);
	check_code(crdt_edit_delete(edit, 2, 2), ERR_INVALID);
	check_code(crdt_edit_move(edit, 0, 1), ERR_INVALID);
	assert_int_equal(seq_size(crdt_edit_seq(edit)).elements, 3);
	crdt_builder_begin(&builder, &other, 3, doc_id, NULL, 0);
	check_code(crdt_edit_write(edit, &builder), ERR_INVALID);
	crdt_builder_close(&builder);
	save(doc, edit, &own, NULL, 1);
	crdt_edit_free(edit);
	edit = crdt_edit_list(doc, path, &own.feed);
	check_ok(crdt_edit_insert(edit, 0, span_of("\x01\x02", 2)));
	check_code(crdt_edit_move(edit, 0, 2), ERR_INVALID);
	check_ok(crdt_edit_move(edit, 1, 1));
	crdt_edit_free(edit);
	mem_free(letters);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

/* Two delete the same letter: the first by Lamport clock is told, and of two at one time the lower feed. */
static void the_first_who_deleted_is_told(void **state)
{
	(void)state;
	for (uint64_t later = 0; later < 3; later++) {
		struct crdt_feeds *feeds = crdt_feeds_new();
		struct crdt_doc *doc = crdt_doc_new(feeds, 3, doc_id);
		struct entry_ref first = {{{0xa0}}, 1}, second = {{{0x20}}, 1}, third = {{{0x70}}, 1};
		struct crdt_author author;
		struct crdt_edit *edit = crdt_edit_text(doc, path, &first.feed);
		check_ok(crdt_edit_insert(edit, 0, span_text("abc")));
		save(doc, edit, &first, NULL, 1);
		struct crdt_edit *deleting[] = {
		        crdt_edit_text(doc, path, &second.feed), crdt_edit_text(doc, path, &third.feed)};
		for (int i = 0; i < 2; i++)
			check_ok(crdt_edit_delete(deleting[i], 1, 1));
		save(doc, deleting[0], &second, &first, 4);
		save(doc, deleting[1], &third, &first, 3 + later);
		const struct seq *seq = crdt_doc_text(doc, path);
		uint32_t number = seq_after(seq, seq_at(seq, 0));
		assert_true(crdt_doc_deletion(doc, seq, number, &author));
		assert_int_equal(author.element.op.feed.bytes[0], later == 0 ? 0x70 : 0x20);
		assert_false(crdt_doc_deletion(doc, seq, seq_at(seq, 0), &author));
		assert_true(crdt_doc_memory_bytes(doc) > 500);
		for (int i = 0; i < 2; i++)
			crdt_edit_free(deleting[i]);
		crdt_edit_free(edit);
		crdt_doc_free(doc);
		crdt_feeds_free(feeds);
	}
}

static void events_are_found_by_their_id(void **state)
{
	(void)state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, 3, doc_id);
	struct entry_ref own = {{{0xa0}}, 1};
	struct record_id here = {{0xe1}}, elsewhere = {{0xe2}};
	struct crdt_builder builder;
	struct crdt_change change;
	struct buf bytes = {0};
	crdt_builder_begin(&builder, &own, 3, doc_id, NULL, 0);
	crdt_builder_event(&builder, 1, here, span_of("\x80", 1), NULL, (struct span){NULL, 0});
	check_ok(crdt_builder_finish_open(&builder, &bytes, &change));
	struct crdt_meta meta = {.feed = own.feed, .seq = 1, .lamport = 1};
	change.meta = &meta;
	check_ok(crdt_doc_apply(doc, &change));
	assert_true(crdt_doc_has_event(doc, &here));
	assert_false(crdt_doc_has_event(doc, &elsewhere));
	crdt_builder_close(&builder);
	buf_close(&bytes);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_session_refuses_what_cannot_be),
	        cmocka_unit_test(the_first_who_deleted_is_told),
	        cmocka_unit_test(events_are_found_by_their_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
