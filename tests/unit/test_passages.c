/* Texts, lists and counters that two people write, their differences and undo, case by case; the laws are in tests/prop/prop_passages.c. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/arena.h"
#include "crdt/base/err.h"
#include "crdt/diff.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "crdt/mpack.h"
#include "crdt/undo.h"

enum { DOC_KIND = 9, CHANGES_MAX = 160, ANNA = 0, BEA = 1, PEOPLE = 2 };

static const struct record_id DOC = {{1}};

struct person {
	struct entry_ref own;
	struct crdt_doc *doc;
	struct crdt_edit *typing, *filling; /* of the change being written */
	struct crdt_builder builder;
};

struct desk {
	struct arena arena;
	struct crdt_feeds *feeds;
	struct person people[PEOPLE];
	struct crdt_meta metas[CHANGES_MAX];
	struct span changes[CHANGES_MAX];
	uint32_t change_count;
	uint64_t minute; /* of the authors' clocks */
	struct crdt_path text, list, count;
};

static int setup(void **state)
{
	struct desk *desk = mem_zero(1, sizeof(*desk));
	desk->feeds = crdt_feeds_new();
	for (int i = 0; i < PEOPLE; i++) {
		desk->people[i].own.feed = (struct feed_id){{(uint8_t)(0x11 * (i + 1))}};
		desk->people[i].doc = crdt_doc_new(desk->feeds, DOC_KIND, DOC);
	}
	crdt_path_field(&desk->text, 1);
	crdt_path_field(&desk->list, 2);
	crdt_path_field(&desk->count, 3);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;
	for (int i = 0; i < PEOPLE; i++)
		crdt_doc_free(desk->people[i].doc);
	crdt_feeds_free(desk->feeds);
	arena_close(&desk->arena);
	mem_free(desk);
	return 0;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static struct person *begin(struct desk *desk, int who)
{
	struct person *person = &desk->people[who];
	struct entry_ref head = desk->people[1 - who].own;
	head.seq = crdt_doc_applied(person->doc, &head.feed);
	person->own.seq++;
	crdt_builder_begin(&person->builder, &person->own, DOC_KIND, DOC, &head, head.seq ? 1 : 0);
	person->typing = crdt_edit_text(person->doc, crdt_path_span(&desk->text), &person->own.feed);
	person->filling = crdt_edit_list(person->doc, crdt_path_span(&desk->list), &person->own.feed);
	return person;
}

static void receive(struct desk *desk, int who, uint32_t number)
{
	struct crdt_change change;
	check_ok(crdt_change_open(&change, &desk->metas[number], desk->changes[number]));
	check_ok(crdt_doc_apply(desk->people[who].doc, &change));
}

/* What was begun becomes a change, which its author has. Returns its number. */
static uint32_t finish(struct desk *desk, int who)
{
	struct person *person = &desk->people[who];
	uint32_t number = desk->change_count++;
	struct buf bytes = {0};
	crdt_edit_write(person->typing, &person->builder); /* ERR_NOTFOUND: nothing was done */
	crdt_edit_write(person->filling, &person->builder);
	check_ok(crdt_builder_finish(&person->builder, &bytes));
	desk->metas[number] = (struct crdt_meta){.feed = person->own.feed,
	        .seq = person->own.seq,
	        .lamport = number + 1,
	        .hlc = desk->minute * 60000 << 16,
	        .deps = arena_copy(&desk->arena, person->builder.deps,
	                person->builder.dep_count * sizeof(struct entry_ref)),
	        .dep_count = person->builder.dep_count};
	desk->changes[number] = arena_span(&desk->arena, buf_span(&bytes));
	buf_close(&bytes);
	crdt_builder_close(&person->builder);
	crdt_edit_free(person->typing);
	crdt_edit_free(person->filling);
	receive(desk, who, number);
	return number;
}

/* Replace letters of the text. */
static uint32_t type(struct desk *desk, int who, uint32_t position, uint32_t gone, const char *text)
{
	struct person *person = begin(desk, who);
	check_ok(crdt_edit_delete(person->typing, position, gone));
	if (*text)
		check_ok(crdt_edit_insert(person->typing, position, span_text(text)));
	return finish(desk, who);
}

static uint32_t move(struct desk *desk, int who, uint32_t from, uint32_t to)
{
	check_ok(crdt_edit_move(begin(desk, who)->filling, from, to));
	return finish(desk, who);
}

/* Three values: 1 2 3. */
static void fill(struct desk *desk)
{
	check_ok(crdt_edit_insert(begin(desk, ANNA)->filling, 0, span_of("\x01\x02\x03", 3)));
	receive(desk, BEA, finish(desk, ANNA));
}

static uint32_t count(struct desk *desk, int who, int64_t delta)
{
	struct person *person = begin(desk, who);
	crdt_builder_count(&person->builder, crdt_path_span(&desk->count), delta);
	return finish(desk, who);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static void check_seq(const struct seq *seq, struct span want)
{
	struct buf content = {0};
	for (uint32_t i = 0; i < seq_size(seq).elements; i++)
		buf_add_span(&content, seq_content(seq, seq_at(seq, i)));
	assert_true(span_eq(buf_span(&content), want));
	buf_close(&content);
}

static void reads(struct desk *desk, int who, const char *text)
{
	check_seq(crdt_doc_text(desk->people[who].doc, crdt_path_span(&desk->text)), span_text(text));
}

static void lists(struct desk *desk, int who, const char *values)
{
	check_seq(crdt_doc_list(desk->people[who].doc, crdt_path_span(&desk->list)), span_text(values));
}

static struct crdt_history *history_of(struct desk *desk)
{
	struct crdt_history *history = crdt_history_new(DOC_KIND, DOC);
	for (uint32_t i = 0; i < desk->change_count; i++) {
		struct crdt_change change;
		check_ok(crdt_change_open(&change, &desk->metas[i], desk->changes[i]));
		check_ok(crdt_history_add(history, &change));
	}
	crdt_history_link(history);
	return history;
}

/* The passages between two numbers of changes, as "kind from to utf16 content;". */
static void check_passages(struct desk *desk, uint32_t from, uint32_t to, const char *want)
{
	struct crdt_history *history = history_of(desk);
	struct crdt_frontier before = {0}, after = {0};
	struct crdt_passages passages = {0};
	struct buf told = {0};
	const char signs[] = {' ', '+', '-', '~'};
	char line[64];
	crdt_history_frontier(history, from, &before);
	crdt_history_frontier(history, to, &after);
	crdt_history_passages(history, crdt_path_span(&desk->text), SEQ_TEXT, &before, &after, &passages);
	for (uint32_t i = 0; i < passages.count; i++) {
		const struct crdt_passage *it = &passages.items[i];
		snprintf(line, sizeof(line), "%c%x %u-%u/%u ", signs[it->kind], it->by.feed.bytes[0],
		        it->from.position, it->to.position, it->to.utf16);
		buf_add_span(&told, span_text(line));
		buf_add_span(&told, it->content);
		buf_add_span(&told, span_text(";"));
	}
	buf_add(&told, "", 1);
	assert_string_equal((const char *)told.data, want);
	buf_close(&told);
	crdt_passages_close(&passages);
	crdt_frontier_close(&before);
	crdt_frontier_close(&after);
	crdt_history_free(history);
}

/* ---- Undo ------------------------------------------------------------------------------------------------------- */

struct undone {
	struct crdt_history *history;
	struct crdt_undo plan;
	uint32_t change;
};

static void undone_close(struct undone *undone)
{
	crdt_undo_close(&undone->plan);
	crdt_history_free(undone->history);
}

/* Plan the undo of change `number`: one item. */
static const struct crdt_undo_item *plan(struct desk *desk, uint32_t number, struct undone *out)
{
	struct entry_ref entry = {desk->metas[number].feed, desk->metas[number].seq};
	*out = (struct undone){.history = history_of(desk)};
	check_ok(crdt_undo_plan(out->history, &entry, &out->plan));
	assert_int_equal(out->plan.count, 1);
	return &out->plan.items[0];
}

static void check_others(const struct undone *undone, const struct crdt_undo_item *item, uint32_t change)
{
	assert_int_equal(item->others.count, 1);
	assert_int_equal(crdt_history_step(undone->history, item->others.items[0])->change, change);
}

static uint32_t write(struct desk *desk, int who, struct undone *undone)
{
	struct person *person = begin(desk, who);
	check_ok(crdt_undo_write(undone->history, &undone->plan, &person->builder, span_text("mistaken")));
	undone_close(undone);
	return finish(desk, who);
}

static uint32_t take_back(struct desk *desk, int who, uint32_t number)
{
	struct undone undone;
	plan(desk, number, &undone);
	return write(desk, who, &undone);
}

/* ---- Passages --------------------------------------------------------------------------------------------------- */

static void one_author_in_one_sitting_is_one_passage(void **state)
{
	struct desk *desk = *state;
	type(desk, ANNA, 0, 0, "Wo");
	desk->minute = 10;
	type(desk, ANNA, 2, 0, "und");
	desk->minute = 21;
	type(desk, ANNA, 5, 0, " dry");
	receive(desk, BEA, 0);
	receive(desk, BEA, 1);
	receive(desk, BEA, 2);
	type(desk, BEA, 9, 0, ".");
	check_passages(desk, 0, 4, "+11 0-0/0 Wound;+11 0-5/5  dry;+22 0-9/9 .;");
	check_passages(desk, 1, 2, "+11 2-2/2 und;");
}

static void what_was_replaced_stands_before_what_came(void **state)
{
	struct desk *desk = *state;
	type(desk, ANNA, 0, 0, "\xf0\x9f\x98\x80 wet");
	type(desk, ANNA, 2, 3, "dry");
	check_passages(desk, 1, 2, "-11 2-2/3 wet;+11 5-2/3 dry;");
	check_passages(desk, 2, 1, "-11 2-2/3 dry;+11 5-2/3 wet;"); /* backwards */
}

static void what_went_and_came_again_is_no_difference(void **state)
{
	struct desk *desk = *state;
	type(desk, ANNA, 0, 0, "Wound clean.");
	take_back(desk, ANNA, type(desk, ANNA, 5, 6, ""));
	reads(desk, ANNA, "Wound clean.");
	check_passages(desk, 1, 3, "");
	check_passages(desk, 2, 3, "+11 5-5/5  clean;");
}

static void a_frontier_beside_does_not_know_everything(void **state)
{
	struct desk *desk = *state;
	struct crdt_frontier anna = {0}, bea = {0};
	struct crdt_passages passages = {0};
	receive(desk, BEA, type(desk, ANNA, 0, 0, "ab"));
	type(desk, ANNA, 2, 0, "c");
	type(desk, BEA, 0, 1, "");
	crdt_frontier_of(desk->people[ANNA].doc, &anna);
	crdt_frontier_of(desk->people[BEA].doc, &bea);
	receive(desk, BEA, 1);
	const struct seq *text = crdt_doc_text(desk->people[BEA].doc, crdt_path_span(&desk->text));
	crdt_passages(text, &anna, &bea, &passages);
	assert_int_equal(passages.count, 2);
	assert_int_equal(passages.items[0].kind, CRDT_PASSAGE_DELETED);
	assert_false(passages.items[0].is_apart); /* Bea deleted it */
	assert_int_equal(passages.items[1].kind, CRDT_PASSAGE_DELETED);
	assert_true(passages.items[1].is_apart); /* Anna wrote it, which Bea's does not know */
	crdt_passages(text, &bea, &anna, &passages);
	assert_int_equal(passages.count, 2);
	assert_int_equal(passages.items[0].kind, CRDT_PASSAGE_INSERTED);
	assert_true(passages.items[0].is_apart);
	assert_false(passages.items[1].is_apart);
	crdt_passages_close(&passages);
	crdt_frontier_close(&anna);
	crdt_frontier_close(&bea);
}

/* ---- Undo of texts ---------------------------------------------------------------------------------------------- */

static void others_words_stay(void **state)
{
	struct desk *desk = *state;
	receive(desk, BEA, type(desk, ANNA, 0, 0, "Wound wet and red."));
	uint32_t replaced = type(desk, ANNA, 6, 11, "dry");
	type(desk, BEA, 10, 0, "still "); /* apart, in the middle of what Anna struck out */
	receive(desk, BEA, replaced);
	receive(desk, ANNA, 2);
	reads(desk, ANNA, "Wound drystill .");
	uint32_t undo = take_back(desk, ANNA, replaced);
	reads(desk, ANNA, "Wound wet still and red.");
	receive(desk, BEA, undo);
	reads(desk, BEA, "Wound wet still and red.");
	receive(desk, BEA, take_back(desk, ANNA, undo));
	reads(desk, BEA, "Wound drystill .");
}

static void what_both_struck_out_stays_away(void **state)
{
	struct desk *desk = *state;
	struct undone undone;
	receive(desk, BEA, type(desk, ANNA, 0, 0, "abcdef"));
	uint32_t anna = type(desk, ANNA, 1, 3, ""), bea = type(desk, BEA, 3, 2, "");
	receive(desk, ANNA, bea);
	const struct crdt_undo_item *item = plan(desk, anna, &undone);
	assert_int_equal(item->kind, CRDT_UNDO_TEXT);
	check_others(&undone, item, bea);
	write(desk, ANNA, &undone);
	reads(desk, ANNA, "abcf");
}

static void what_was_given_back_is_not_given_back_again(void **state)
{
	struct desk *desk = *state;
	struct undone undone;
	type(desk, ANNA, 0, 0, "abc");
	uint32_t struck = type(desk, ANNA, 0, 2, ""), undo = take_back(desk, ANNA, struck);
	const struct crdt_undo_item *item = plan(desk, struck, &undone);
	assert_int_equal(item->kind, CRDT_UNDO_OVERTAKEN);
	assert_false(undone.plan.does_something);
	check_others(&undone, item, undo);
	undone_close(&undone);
	/* Who typed there apart had not seen that it was struck out: nothing was given back by that. */
	receive(desk, BEA, 0);
	struck = type(desk, ANNA, 1, 1, "");
	receive(desk, ANNA, type(desk, BEA, 2, 0, "x"));
	take_back(desk, ANNA, struck);
	reads(desk, ANNA, "abxc");
}

static void what_is_gone_already_needs_nothing(void **state)
{
	struct desk *desk = *state;
	struct undone undone;
	uint32_t typed = type(desk, ANNA, 0, 0, "abc");
	receive(desk, BEA, typed);
	uint32_t struck = type(desk, BEA, 0, 3, "");
	receive(desk, ANNA, struck);
	const struct crdt_undo_item *item = plan(desk, typed, &undone);
	assert_int_equal(item->kind, CRDT_UNDO_OVERTAKEN);
	check_others(&undone, item, struck);
	undone_close(&undone);
}

/* ---- Undo of lists ---------------------------------------------------------------------------------------------- */

static void moved_elements_go_back_unless_moved_since(void **state)
{
	struct desk *desk = *state;
	struct undone undone;
	fill(desk);
	uint32_t moved = move(desk, ANNA, 0, 2);
	lists(desk, ANNA, "\x02\x03\x01");
	take_back(desk, ANNA, moved);
	lists(desk, ANNA, "\x01\x02\x03");
	moved = move(desk, ANNA, 2, 0);
	for (uint32_t i = 1; i < desk->change_count; i++)
		receive(desk, BEA, i);
	uint32_t since = move(desk, BEA, 0, 1);
	receive(desk, ANNA, since);
	lists(desk, ANNA, "\x01\x03\x02");
	const struct crdt_undo_item *item = plan(desk, moved, &undone);
	assert_int_equal(item->kind, CRDT_UNDO_OVERTAKEN);
	check_others(&undone, item, since);
	undone_close(&undone);
}

/* A move taken back by hand comes again, unless somebody moved the element since. */
static void a_move_taken_back_comes_again(void **state)
{
	struct desk *desk = *state;
	struct undone undone;
	fill(desk);
	uint32_t moved = move(desk, ANNA, 0, 2);
	struct op_id op = {desk->metas[moved].feed, desk->metas[moved].seq, 0};
	struct person *anna = begin(desk, ANNA);
	crdt_builder_clear(&anna->builder, crdt_path_span(&desk->list), (struct crdt_cites){&op, 1},
	        span_text("mistaken"));
	uint32_t taken = finish(desk, ANNA);
	lists(desk, ANNA, "\x01\x02\x03");
	take_back(desk, ANNA, taken);
	lists(desk, ANNA, "\x02\x03\x01");
	move(desk, ANNA, 2, 1);
	lists(desk, ANNA, "\x02\x01\x03");
	const struct crdt_undo_item *item = plan(desk, taken, &undone);
	assert_int_equal(item->kind, CRDT_UNDO_NOTHING);
	undone_close(&undone);
}

/* A hostile list: each of its many elements was moved, and each move taken back, in as few changes as can be. */
enum { MANY = 16000, INSERTED_AT_ONCE = 8000, MOVED_AT_ONCE = 800, TAKEN_AT_ONCE = 1000 };

/* The op of change `first + number / at_once`. */
static struct op_id many_op(const struct desk *desk, uint32_t first, uint32_t number, uint32_t at_once)
{
	const struct crdt_meta *meta = &desk->metas[first + number / at_once];
	return (struct op_id){meta->feed, meta->seq, number % at_once};
}

static void insert_many(struct desk *desk)
{
	struct buf values = {0};
	mpack_put_array(&values, INSERTED_AT_ONCE);
	for (uint32_t i = 0; i < INSERTED_AT_ONCE; i++)
		buf_add(&values, "\x07", 1);
	for (uint32_t i = 0; i < MANY; i += INSERTED_AT_ONCE) {
		crdt_builder_list_insert(&begin(desk, ANNA)->builder, crdt_path_span(&desk->list), NULL, NULL,
		        buf_span(&values));
		finish(desk, ANNA);
	}
	buf_close(&values);
}

/* All of them, so that they stand in another order; or one of them again and again. */
static void move_many(struct desk *desk, bool is_one)
{
	for (uint32_t i = 0; i < MANY; i += MOVED_AT_ONCE) {
		struct person *anna = begin(desk, ANNA);
		for (uint32_t j = i; j < i + MOVED_AT_ONCE; j++) {
			uint32_t number = is_one ? 0 : MANY - 1 - j;
			struct crdt_element element = {
			        many_op(desk, 0, number, INSERTED_AT_ONCE), number % INSERTED_AT_ONCE};
			element.op.index = 0;
			crdt_builder_list_move(&anna->builder, crdt_path_span(&desk->list), &element, NULL,
			        NULL, (struct crdt_cites){NULL, 0});
		}
		finish(desk, ANNA);
	}
}

/* The last ones first: whoever wins goes. */
static void take_many_back(struct desk *desk, uint32_t first_move)
{
	struct op_id ops[TAKEN_AT_ONCE];
	for (uint32_t i = 0; i < MANY; i += TAKEN_AT_ONCE) {
		for (uint32_t j = 0; j < TAKEN_AT_ONCE; j++)
			ops[j] = many_op(desk, first_move, MANY - 1 - i - j, MOVED_AT_ONCE);
		crdt_builder_clear(&begin(desk, ANNA)->builder, crdt_path_span(&desk->list),
		        (struct crdt_cites){ops, TAKEN_AT_ONCE}, span_text("again"));
		finish(desk, ANNA);
	}
}

static void many_moves_that_were_taken_back_are_compared_in_one_pass(void **state)
{
	struct desk *desk = *state;
	struct crdt_frontier before = {0}, after = {0};
	struct crdt_passages passages = {0};
	insert_many(desk);
	const uint32_t first_move = desk->change_count;
	move_many(desk, false);
	const uint32_t first_taking = desk->change_count;
	take_many_back(desk, first_move);
	struct crdt_history *history = history_of(desk);
	crdt_history_frontier(history, first_taking, &before);
	crdt_history_frontier(history, desk->change_count, &after);
	crdt_history_passages(history, crdt_path_span(&desk->list), SEQ_LIST, &before, &after, &passages);
	assert_true(passages.count > MANY / 2);
	for (uint32_t i = 0; i < passages.count; i++) {
		assert_int_equal(passages.items[i].kind, CRDT_PASSAGE_MOVED);
		assert_true(passages.items[i].by.seq >= desk->metas[first_taking].seq);
		assert_false(passages.items[i].is_apart);
	}
	crdt_passages_close(&passages);
	crdt_frontier_close(&before);
	crdt_frontier_close(&after);
	crdt_history_free(history);
}

static void one_element_moved_many_times_goes_back_step_by_step(void **state)
{
	struct desk *desk = *state;
	insert_many(desk);
	const uint32_t first_move = desk->change_count;
	move_many(desk, true);
	take_many_back(desk, first_move);
	const struct seq *list = crdt_doc_list(desk->people[ANNA].doc, crdt_path_span(&desk->list));
	assert_int_equal(seq_size(list).elements, MANY);
	struct buf saved = {0};
	crdt_doc_save(desk->people[ANNA].doc, &saved);
	struct crdt_doc *loaded;
	check_ok(crdt_doc_load(desk->feeds, buf_span(&saved), &loaded));
	assert_int_equal(seq_size(crdt_doc_list(loaded, crdt_path_span(&desk->list))).elements, MANY);
	crdt_doc_free(loaded);
	buf_close(&saved);
}

static void elements_go_and_come_again(void **state)
{
	struct desk *desk = *state;
	fill(desk);
	struct person *anna = begin(desk, ANNA);
	check_ok(crdt_edit_delete(anna->filling, 1, 1));
	check_ok(crdt_edit_insert(anna->filling, 2, span_text("\x04")));
	uint32_t changed = finish(desk, ANNA);
	receive(desk, BEA, changed);
	receive(desk, ANNA, move(desk, BEA, 2, 0)); /* what she inserted, moved by Bea, goes all the same */
	lists(desk, ANNA, "\x04\x01\x03");
	take_back(desk, ANNA, changed);
	lists(desk, ANNA, "\x01\x02\x03");
}

/* ---- Counters --------------------------------------------------------------------------------------------------- */

static int64_t counted(struct desk *desk, int who)
{
	return crdt_doc_count(desk->people[who].doc, crdt_path_span(&desk->count));
}

static void an_addition_taken_back_twice_goes_once(void **state)
{
	struct desk *desk = *state;
	struct undone first, second;
	uint32_t added = count(desk, ANNA, 5);
	receive(desk, BEA, added);
	receive(desk, BEA, count(desk, ANNA, 2));
	assert_int_equal(plan(desk, added, &first)->delta, -5);
	plan(desk, added, &second);
	uint32_t by_anna = write(desk, ANNA, &first), by_bea = write(desk, BEA, &second);
	receive(desk, ANNA, by_bea);
	receive(desk, BEA, by_anna);
	assert_int_equal(counted(desk, ANNA), 2);
	assert_int_equal(counted(desk, BEA), 2);
	const struct crdt_undo_item *item = plan(desk, by_anna, &first);
	assert_int_equal(item->kind, CRDT_UNDO_OVERTAKEN); /* Bea took it back as well */
	check_others(&first, item, by_bea);
	undone_close(&first);
}

static void a_counter_says_who_added_how_much(void **state)
{
	struct desk *desk = *state;
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	receive(desk, BEA, count(desk, ANNA, 5));
	count(desk, BEA, -2);
	struct person *bea = begin(desk, BEA);
	struct op_id op = {desk->metas[0].feed, 1, 0};
	crdt_builder_clear(&bea->builder, crdt_path_span(&desk->count), (struct crdt_cites){&op, 1},
	        span_text("mistaken"));
	finish(desk, BEA);
	struct crdt_history *history = history_of(desk);
	crdt_history_frontier(history, 1, &from);
	crdt_history_frontier(history, 3, &to);
	check_ok(crdt_diff(history, &from, &to, &diff));
	assert_int_equal(diff.count, 1);
	assert_int_equal(diff.items[0].kind, CRDT_DIFF_COUNT);
	assert_int_equal(diff.items[0].count_before, 5);
	assert_int_equal(diff.items[0].count_after, -2);
	assert_int_equal(diff.items[0].share_count, 2);
	assert_int_equal(diff.items[0].shares[0].delta, -2);
	assert_int_equal(diff.items[0].shares[1].delta, -5);
	crdt_diff_close(&diff);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	crdt_history_free(history);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(one_author_in_one_sitting_is_one_passage),
	        TEST(what_was_replaced_stands_before_what_came),
	        TEST(what_went_and_came_again_is_no_difference),
	        TEST(a_frontier_beside_does_not_know_everything),
	        TEST(others_words_stay),
	        TEST(what_both_struck_out_stays_away),
	        TEST(what_was_given_back_is_not_given_back_again),
	        TEST(what_is_gone_already_needs_nothing),
	        TEST(moved_elements_go_back_unless_moved_since),
	        TEST(a_move_taken_back_comes_again),
	        TEST(one_element_moved_many_times_goes_back_step_by_step),
	        TEST(many_moves_that_were_taken_back_are_compared_in_one_pass),
	        TEST(elements_go_and_come_again),
	        TEST(an_addition_taken_back_twice_goes_once),
	        TEST(a_counter_says_who_added_how_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
