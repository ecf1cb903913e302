/*
 * The classes of fields (DESIGN: safety, ordinary, narrative, event), each promise by a test that names its class: two nurses write one
 * dossier apart and meet. The second one's program may be a patched one that checks nothing.
 */
#include "tests/lib/check.h"

#include <string.h>

#include "crdt/base/limits.h"
#include "crdt/doc_write.h"
#include "node/classes.h"
#include "node/narrative.h"
#include "node/record.h"

enum { ANNA, BEA, SIDES, CHANGES = 64, PHONE = 21, ALLERGIES = 13, HISTORY = 34 };

static const struct record_id PATIENT = {{9}};

struct side {
	struct crdt_doc *doc;
	uint64_t seq;
};

struct desk {
	struct crdt_feeds *feeds;
	struct side sides[SIDES];
	struct arena arena;
	struct crdt_meta metas[CHANGES];
	struct span changes[CHANGES];
	uint32_t count;
	uint64_t hlc;
	bool patched[SIDES]; /* its program does not check */
};

static int setup(void **state)
{
	struct desk *desk = mem_zero(1, sizeof(*desk));
	desk->feeds = crdt_feeds_new();
	for (int i = 0; i < SIDES; i++)
		desk->sides[i].doc = crdt_doc_new(desk->feeds, SCHEMA_DOC_DOSSIER, PATIENT);
	desk->hlc = UINT64_C(1719814500000) << 16;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;
	for (int i = 0; i < SIDES; i++)
		crdt_doc_free(desk->sides[i].doc);
	crdt_feeds_free(desk->feeds);
	arena_close(&desk->arena);
	mem_free(desk);
	return 0;
}

static void begin(struct desk *desk, int who, struct crdt_builder *builder)
{
	struct entry_ref own = {{{(uint8_t)(who + 1)}}, desk->sides[who].seq + 1}, deps[SIDES];
	uint32_t count = 0;
	struct feed_id other = {{(uint8_t)(2 - who)}};
	if (crdt_doc_applied(desk->sides[who].doc, &other))
		deps[count++] = (struct entry_ref){other, crdt_doc_applied(desk->sides[who].doc, &other)};
	crdt_builder_begin(builder, &own, SCHEMA_DOC_DOSSIER, PATIENT, deps, count);
}

/* What a program does with a change of its own: check it, sign it, apply it. */
static int finish(struct desk *desk, int who, struct crdt_builder *builder)
{
	struct buf bytes = {0};
	struct crdt_change change;
	struct crdt_meta *meta = &desk->metas[desk->count];
	check_ok(crdt_builder_finish(builder, &bytes));
	desk->hlc += 1 << 16;
	*meta = (struct crdt_meta){.feed = builder->feed,
	        .seq = builder->seq,
	        .lamport = desk->count + 1,
	        .hlc = desk->hlc,
	        .deps = arena_copy(&desk->arena, builder->deps, builder->dep_count * sizeof(*builder->deps)),
	        .dep_count = builder->dep_count};
	desk->changes[desk->count] = arena_span(&desk->arena, buf_span(&bytes));
	crdt_builder_close(builder);
	buf_close(&bytes);
	check_ok(crdt_change_open(&change, meta, desk->changes[desk->count]));
	int result = desk->patched[who] ? 0 : classes_check(desk->sides[who].doc, &change);
	if (result)
		return result;
	check_ok(crdt_doc_apply(desk->sides[who].doc, &change));
	desk->sides[who].seq++;
	desk->count++;
	return 0;
}

static struct crdt_path path_of(uint32_t field)
{
	struct crdt_path path;
	record_path(schema_kind(SCHEMA_PATIENT), &PATIENT, field, &path);
	return path;
}

/* `text` NULL takes the field away. */
static int save(struct desk *desk, int who, uint32_t field, const char *text, const char *reason)
{
	struct crdt_builder builder;
	struct crdt_path path = path_of(field);
	struct buf value = {0};
	begin(desk, who, &builder);
	if (text)
		mpack_put_str(&value, span_text(text));
	if (text)
		check_ok(crdt_doc_set(desk->sides[who].doc, &builder, crdt_path_span(&path), buf_span(&value),
		        span_text(reason)));
	else
		check_ok(crdt_doc_clear(
		        desk->sides[who].doc, &builder, crdt_path_span(&path), span_text(reason)));
	buf_close(&value);
	return finish(desk, who, &builder);
}

static void meet(struct desk *desk)
{
	for (uint32_t i = 0; i < desk->count; i++)
		for (int side = 0; side < SIDES; side++) {
			struct crdt_change change;
			check_ok(crdt_change_open(&change, &desk->metas[i], desk->changes[i]));
			assert_true(crdt_doc_apply(desk->sides[side].doc, &change) >= 0);
		}
}

/* The values of a field as both sides show them, newest first: "iode|latex". */
static void check_shown(struct desk *desk, uint32_t field, const char *want)
{
	struct crdt_path path = path_of(field);
	for (int side = 0; side < SIDES; side++) {
		struct crdt_values values = {0};
		char shown[256] = "";
		crdt_doc_values(desk->sides[side].doc, crdt_path_span(&path), &values);
		for (uint32_t i = 0; i < values.count; i++) {
			struct mpack_in in = mpack_begin(values.items[i].value);
			struct span text = mpack_str(&in);
			size_t at = strlen(shown);
			snprintf(shown + at, sizeof(shown) - at, "%s%.*s", i ? "|" : "", (int)text.size,
			        (const char *)text.data);
		}
		crdt_values_close(&values);
		assert_string_equal(shown, want);
	}
}

/* What the interface says of a field that has several values. Owner decrefs. */
static json_t *concurrent(struct desk *desk, const char *field)
{
	json_t *json = record_json(desk->sides[ANNA].doc, schema_kind(SCHEMA_PATIENT), &PATIENT);
	json_t *found = json_incref(json_object_get(json_object_get(json, "concurrent"), field));
	json_decref(json);
	return found;
}

static bool is_conflict(struct desk *desk, const char *field)
{
	json_t *found = concurrent(desk, field);
	bool conflict = json_is_true(json_object_get(found, "conflict"));
	json_decref(found);
	return conflict;
}

/* ---- Safety ---- */

static void safety_shows_all_values_and_picks_none(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, ALLERGIES, "latex", ""));
	check_ok(save(desk, BEA, ALLERGIES, "iode", ""));
	meet(desk);
	check_shown(desk, ALLERGIES, "iode|latex");
	json_t *shown = concurrent(desk, "allergies");
	assert_string_equal(json_string_value(json_object_get(shown, "class")), "safety");
	assert_true(json_is_true(json_object_get(shown, "conflict")));
	assert_int_equal(json_array_size(json_object_get(shown, "values")), 2);
	json_decref(shown);
}

static void safety_the_same_value_twice_asks_nobody(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, ALLERGIES, "latex", ""));
	check_ok(save(desk, BEA, ALLERGIES, "latex", ""));
	meet(desk);
	assert_false(is_conflict(desk, "allergies"));
	check_ok(save(desk, ANNA, ALLERGIES, "latex, iode", ""));
	meet(desk);
	check_shown(desk, ALLERGIES, "latex, iode");
}

static void safety_additions_win_over_concurrent_removals(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, ALLERGIES, "latex", ""));
	meet(desk);
	check_ok(save(desk, ANNA, ALLERGIES, NULL, "other patient"));
	check_ok(save(desk, BEA, ALLERGIES, "latex, iode", ""));
	meet(desk);
	check_shown(desk, ALLERGIES, "latex, iode");
}

static void safety_removals_and_choices_need_a_reason(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, ALLERGIES, "latex", ""));
	check_code(save(desk, ANNA, ALLERGIES, NULL, ""), ERR_INVALID);
	check_ok(save(desk, ANNA, ALLERGIES, "latex, iode", "")); /* a settled value may be replaced */
	check_ok(save(desk, BEA, ALLERGIES, "pollen", ""));
	meet(desk);
	check_code(save(desk, ANNA, ALLERGIES, "pollen", ""), ERR_INVALID);
	check_ok(save(desk, ANNA, ALLERGIES, "pollen", "asked the daughter"));
	meet(desk);
	check_shown(desk, ALLERGIES, "pollen");
	check_ok(save(desk, ANNA, ALLERGIES, NULL, "none after all"));
	meet(desk);
	check_shown(desk, ALLERGIES, "");
}

/* Whatever takes more than a field away takes safety fields away. */
static void safety_a_whole_record_goes_with_a_reason_only(void **state)
{
	struct desk *desk = *state;
	struct crdt_builder builder;
	struct crdt_path record = path_of(0);
	check_ok(save(desk, ANNA, PHONE, "01", ""));
	for (int i = 0; i < 4; i++) {
		struct span path = i < 2 ? crdt_path_span(&record) : (struct span){NULL, 0};
		begin(desk, ANNA, &builder);
		check_ok(crdt_doc_clear(
		        desk->sides[ANNA].doc, &builder, path, span_text(i % 2 ? "moved" : "")));
		check_code(finish(desk, ANNA, &builder), i % 2 ? 0 : ERR_INVALID);
		if (i == 1)
			check_ok(save(desk, ANNA, PHONE, "02", ""));
	}
	check_shown(desk, PHONE, "");
}

/* A change that was signed counts as it is, on every replica alike, and shows without a reason. */
static void safety_a_peers_removal_without_reason_counts_alike_everywhere(void **state)
{
	struct desk *desk = *state;
	struct buf left = {0}, right = {0};
	desk->patched[BEA] = true;
	check_ok(save(desk, ANNA, ALLERGIES, "latex", ""));
	meet(desk);
	check_ok(save(desk, BEA, ALLERGIES, NULL, ""));
	check_ok(save(desk, ANNA, PHONE, "01", ""));
	meet(desk);
	check_shown(desk, ALLERGIES, "");
	crdt_doc_save(desk->sides[ANNA].doc, &left);
	crdt_doc_save(desk->sides[BEA].doc, &right);
	assert_true(span_eq(buf_span(&left), buf_span(&right)));
	buf_close(&left);
	buf_close(&right);
	/* What she did not see stays: she could not name it. */
	check_ok(save(desk, ANNA, ALLERGIES, "iode", ""));
	check_ok(save(desk, BEA, ALLERGIES, "pollen", ""));
	meet(desk);
	check_shown(desk, ALLERGIES, "pollen|iode");
}

/* ---- Ordinary ---- */

static void ordinary_shows_the_latest_by_causality_then_by_clock(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, PHONE, "01", ""));
	meet(desk);
	desk->hlc -= UINT64_C(3600000) << 16; /* a clock an hour behind */
	check_ok(save(desk, BEA, PHONE, "02", ""));
	meet(desk);
	check_shown(desk, PHONE, "02"); /* she saw 01 and replaced it, whatever her clock says */
	desk->hlc += UINT64_C(7200000) << 16;
	check_ok(save(desk, ANNA, PHONE, "03", ""));
	desk->hlc -= UINT64_C(60000) << 16;
	check_ok(save(desk, BEA, PHONE, "04", ""));
	meet(desk);
	check_shown(desk, PHONE, "03|04"); /* apart: the later by the clock first, the other one tap away */
	assert_false(is_conflict(desk, "phone"));
	check_ok(save(desk, ANNA, PHONE, "05", "")); /* and no reason is asked */
	meet(desk);
	check_shown(desk, PHONE, "05");
	check_ok(save(desk, BEA, PHONE, NULL, ""));
	meet(desk);
	check_shown(desk, PHONE, "");
}

/* ---- Narrative ---- */

/* Save what `json` says of the patient, as the interface does it. "seen" comes from `form` (NULL: what stands there now). */
static int edit(struct desk *desk, int who, const char *text, const json_t *form)
{
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT), .id = PATIENT}};
	struct schema_report report = {.count = 0};
	struct crdt_builder builder;
	json_t *json = json_loads(text, 0, NULL);
	if (form)
		json_object_set(json, "seen", json_object_get(form, "seen"));
	check_ok(record_from_json(json, SCHEMA_CHECK_EDIT, &desk->arena, &edit, &report));
	begin(desk, who, &builder);
	int result = record_write(desk->sides[who].doc, &builder, &edit, NULL, (struct span){NULL, 0});
	json_decref(json);
	if (result == 0)
		return finish(desk, who, &builder);
	crdt_builder_close(&builder);
	return result;
}

static json_t *form_of(struct desk *desk, int who)
{
	return record_json(desk->sides[who].doc, schema_kind(SCHEMA_PATIENT), &PATIENT);
}

static void check_history(struct desk *desk, const char *want)
{
	for (int who = 0; who < SIDES; who++) {
		json_t *form = form_of(desk, who);
		const char *text = json_string_value(json_object_get(form, "history"));
		assert_string_equal(text ? text : "", want);
		assert_null(json_object_get(form, "concurrent"));
		json_decref(form);
	}
}

static void narrative_keeps_what_both_wrote_first(void **state)
{
	struct desk *desk = *state;
	check_ok(edit(desk, ANNA, "{\"history\":\"Diabète.\"}", NULL));
	check_ok(edit(desk, BEA, "{\"history\":\"Fracture.\"}", NULL));
	meet(desk);
	check_history(desk, "Diabète.\nFracture."); /* neither glued nor mixed */
	check_ok(edit(desk, ANNA, "{\"history\":\"Diabète. Fracture en 2019.\"}", NULL));
	meet(desk);
	check_history(desk, "Diabète. Fracture en 2019.");
	check_code(edit(desk, ANNA, "{\"history\":\"Diabète. Fracture en 2019.\"}", NULL), RECORD_UNCHANGED);
}

static void narrative_keeps_different_sentences(void **state)
{
	struct desk *desk = *state;
	check_ok(edit(
	        desk, ANNA, "{\"history\":\"Pansement le matin. Toilette au lit. Appeler le fils.\"}", NULL));
	meet(desk);
	check_ok(edit(desk, ANNA,
	        "{\"history\":\"Pansement gras le matin. Toilette au lit. Appeler la fille.\"}", NULL));
	check_ok(edit(desk, BEA,
	        "{\"history\":\"Pansement le matin. Toilette au lavabo. Appeler le fils. Peser.\"}", NULL));
	meet(desk);
	check_history(desk, "Pansement gras le matin. Toilette au lavabo. Appeler la fille. Peser.");
}

/* Each sentence stays in one piece, although they have words in common. */
static void narrative_keeps_both_of_one_sentence(void **state)
{
	struct desk *desk = *state;
	check_ok(edit(desk, ANNA, "{\"history\":\"Douche le matin.\"}", NULL));
	meet(desk);
	check_ok(edit(desk, ANNA, "{\"history\":\"Bain tous les soirs.\"}", NULL));
	check_ok(edit(desk, BEA, "{\"history\":\"Toilette les mardis.\"}", NULL));
	meet(desk);
	check_history(desk, "Bain tous les soirs.\nToilette les mardis.");
	check_ok(edit(desk, ANNA, "{\"history\":\"Bain le soir.\"}", NULL));
	meet(desk);
	check_ok(edit(desk, ANNA, "{\"history\":\"Bain le matin.\"}", NULL));
	check_ok(edit(desk, BEA, "{\"history\":\"Bain le mardi.\"}", NULL));
	meet(desk);
	check_history(desk, "Bain le matin mardi.");
}

static void narrative_forms_left_open_take_nothing_away(void **state)
{
	struct desk *desk = *state;
	check_ok(edit(desk, ANNA, "{\"history\":\"Diabète. HTA.\"}", NULL));
	meet(desk);
	json_t *form = form_of(desk, BEA);
	check_ok(edit(desk, ANNA, "{\"history\":\"Diabète de type 2. HTA. Fracture.\"}", NULL));
	meet(desk);
	check_ok(edit(desk, BEA, "{\"history\":\"Diabète. HTA sévère.\"}", form));
	meet(desk);
	check_history(desk, "Diabète de type 2. HTA sévère. Fracture.");
	check_ok(edit(desk, BEA, "{\"history\":null}", form)); /* what she saw goes, the rest she never saw */
	meet(desk);
	check_history(desk, " de type 2 sévère Fracture.");
	check_ok(edit(desk, BEA, "{\"history\":null}", NULL));
	meet(desk);
	check_history(desk, "");
	check_ok(edit(desk, BEA, "{\"history\":\"Diabète.\"}", form));
	meet(desk);
	check_history(desk, "Diabète.");
	json_decref(form);
}

/* What an earlier version wrote is shown, becomes part of the text when somebody edits it, and is nobody's to lose. */
static void narrative_takes_register_values_in(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, HISTORY, "diabète", ""));
	check_ok(save(desk, BEA, HISTORY, "fracture", ""));
	meet(desk);
	check_shown(desk, HISTORY, "fracture|diabète");
	check_history(desk, "fracture\ndiabète");
	check_code(edit(desk, ANNA, "{\"history\":\"fracture\\ndiabète\"}", NULL), RECORD_UNCHANGED);
	check_ok(edit(desk, ANNA, "{\"history\":\"fracture en 2019\\ndiabète\"}", NULL));
	check_ok(edit(desk, BEA, "{\"history\":\"fracture\\ndiabète de type 2\"}", NULL));
	meet(desk); /* both carried it over while apart: two whole texts, one below the other */
	check_shown(desk, HISTORY, "");
	check_history(desk, "fracture en 2019\ndiabète\nfracture\ndiabète de type 2");
	check_ok(save(desk, BEA, HISTORY, "hta", "")); /* a device not brought up to date yet */
	meet(desk);
	check_ok(edit(desk, ANNA, "{\"history\":\"fracture en 2019\\ndiabète de type 2\\nhta\"}", NULL));
	meet(desk);
	check_shown(desk, HISTORY, "");
	check_history(desk, "fracture en 2019\ndiabète de type 2\nhta");
}

static void narrative_values_that_a_form_never_showed_stay(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, ANNA, HISTORY, "diabète", ""));
	json_t *form = form_of(desk, ANNA);
	check_ok(save(desk, BEA, HISTORY, "fracture", ""));
	meet(desk);
	check_ok(edit(desk, ANNA, "{\"history\":null}", form)); /* she saw another value */
	meet(desk);
	check_history(desk, "fracture");
	check_ok(edit(desk, ANNA, "{\"history\":\"diabète de type 2\"}", form));
	meet(desk);
	check_history(desk, "fracture\ndiabète de type 2");
	json_decref(form);
}

/* A patched device fills a field with more than one change can carry over: what is shown is bounded, and who edits it is heard. */
static void narrative_that_somebody_floods_is_edited_all_the_same(void **state)
{
	enum { VALUES = 50, BYTES = 60 * 1024 };
	struct desk *desk = *state;
	struct crdt_path path = path_of(HISTORY);
	char *text = mem_zero(1, BYTES + 1);
	desk->patched[ANNA] = true;
	for (uint32_t i = 0; i < VALUES; i++) {
		struct crdt_builder builder;
		struct buf value = {0};
		memset(text, 'a' + (char)(i % 26), BYTES);
		mpack_put_str(&value, span_text(text));
		begin(desk, ANNA, &builder);
		crdt_builder_set(&builder, crdt_path_span(&path), buf_span(&value),
		        (struct crdt_cites){NULL, 0}, span_text(""));
		check_ok(finish(desk, ANNA, &builder));
		buf_close(&value);
	}
	meet(desk);
	struct buf shown = {0};
	narrative_read(desk->sides[BEA].doc, crdt_path_span(&path), &shown);
	assert_true(shown.size > 400 * 1024 && shown.size < 600 * 1024);
	check_ok(edit(desk, BEA, "{\"history\":\"fracture\"}", NULL));
	meet(desk);
	buf_clear(&shown);
	narrative_read(desk->sides[ANNA].doc, crdt_path_span(&path), &shown);
	assert_memory_equal(shown.data, "fracture\n", 9);
	assert_true(shown.size > 400 * 1024); /* the next ones: nothing was dropped */
	buf_close(&shown);
	mem_free(text);
}

static void narrative_is_nothing_else(void **state)
{
	struct desk *desk = *state;
	const uint32_t fields[] = {ALLERGIES, PHONE, HISTORY};
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		struct crdt_builder builder;
		struct crdt_path path = path_of(fields[i]);
		begin(desk, ANNA, &builder);
		crdt_builder_text_insert(&builder, crdt_path_span(&path), NULL, NULL, span_text("latex"));
		check_code(finish(desk, ANNA, &builder), fields[i] == HISTORY ? 0 : ERR_INVALID);
	}
}

/* ---- Event ---- */

static void write_event(struct crdt_builder *builder, uint32_t kind, uint8_t id, const struct op_id *corrects)
{
	struct record_id event = {{id}};
	crdt_builder_event(builder, kind, event, span_of("\x80", 1), corrects,
	        corrects ? span_text("typo") : (struct span){NULL, 0});
}

static int save_event(struct desk *desk, int who, uint32_t kind, uint8_t id, const struct op_id *corrects)
{
	struct crdt_builder builder;
	begin(desk, who, &builder);
	write_event(&builder, kind, id, corrects);
	return finish(desk, who, &builder);
}

static void event_a_correction_names_what_it_corrects_and_both_stay(void **state)
{
	struct desk *desk = *state;
	struct op_id visit = {{{1}}, 1, 0}, rating = {{{1}}, 2, 0}, nothing = {{{1}}, 2, 7};
	check_ok(save_event(desk, ANNA, SCHEMA_VISIT, 1, NULL));
	check_ok(save_event(desk, ANNA, SCHEMA_RATING, 2, NULL));
	meet(desk);
	check_code(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 3, NULL), ERR_INVALID);
	check_code(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 3, &nothing), ERR_INVALID);
	check_code(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 3, &rating), ERR_INVALID);
	check_code(save_event(desk, BEA, SCHEMA_RATING, 3, &visit), ERR_INVALID);
	check_ok(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 3, &visit));
	check_ok(save_event(desk, BEA, SCHEMA_RATING, 4, &rating)); /* one rating in place of another */
	meet(desk);
	uint32_t cursor = 0, corrected = 0, count = 0;
	for (struct crdt_event event; crdt_doc_event(desk->sides[ANNA].doc, 0, &cursor, &event); count++)
		corrected += event.is_corrected;
	assert_int_equal(count, 4);
	assert_int_equal(corrected, 2); /* shown struck through */
}

static void event_a_peers_correction_of_nothing_strikes_nothing_through(void **state)
{
	struct desk *desk = *state;
	struct op_id nothing = {{{1}}, 1, 5};
	struct crdt_event event;
	uint32_t cursor = 0;
	desk->patched[BEA] = true;
	check_ok(save_event(desk, ANNA, SCHEMA_VISIT, 1, NULL));
	meet(desk);
	check_ok(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 3, &nothing));
	check_ok(save_event(desk, BEA, SCHEMA_VISIT_AMENDMENT, 4, NULL));
	meet(desk);
	while (crdt_doc_event(desk->sides[ANNA].doc, 0, &cursor, &event))
		assert_false(event.is_corrected);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(safety_shows_all_values_and_picks_none),
	        TEST(safety_the_same_value_twice_asks_nobody),
	        TEST(safety_additions_win_over_concurrent_removals),
	        TEST(safety_removals_and_choices_need_a_reason),
	        TEST(safety_a_whole_record_goes_with_a_reason_only),
	        TEST(safety_a_peers_removal_without_reason_counts_alike_everywhere),
	        TEST(ordinary_shows_the_latest_by_causality_then_by_clock),
	        TEST(narrative_keeps_what_both_wrote_first),
	        TEST(narrative_keeps_different_sentences),
	        TEST(narrative_keeps_both_of_one_sentence),
	        TEST(narrative_forms_left_open_take_nothing_away),
	        TEST(narrative_takes_register_values_in),
	        TEST(narrative_values_that_a_form_never_showed_stay),
	        TEST(narrative_that_somebody_floods_is_edited_all_the_same),
	        TEST(narrative_is_nothing_else),
	        TEST(event_a_correction_names_what_it_corrects_and_both_stay),
	        TEST(event_a_peers_correction_of_nothing_strikes_nothing_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
