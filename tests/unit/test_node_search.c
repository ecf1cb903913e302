/*
 * Searching by words on devices of a team: what is found, what is not (any more), after a start, a crash, an erasure.
 */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/node_search.h"
#include "node/node_state.h"
#include "node/record.h"
#include "tests/lib/pair.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, PATIENTS = 3, BUDGET_MS = 60 * 1000 };

static const struct record_id PATIENT[PATIENTS] = {{{1, 'p'}}, {{2, 'p'}}, {{3, 'p'}}};

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void write_record(struct device *device, int patient, enum schema_kind_number kind, const char *json,
        uint8_t id, const struct op_id *corrects)
{
	struct record_edit edit = {.record = {.kind = schema_kind(kind), .id = {{id, 'r'}}}};
	struct arena arena = {0};
	struct schema_report report = {0};
	struct node_change change;
	json_t *object = json_loads(json, 0, NULL);
	assert_non_null(object);
	if (edit.record.kind->shape == SCHEMA_ONE)
		edit.record.id = PATIENT[patient];
	check_ok(record_from_json(object, SCHEMA_CHECK_EDIT, &arena, &edit, &report));
	check_ok(node_change_begin(device->node, DOSSIER, &PATIENT[patient], &change));
	check_ok(record_write(
	        change.doc, &change.builder, &edit, corrects, span_text(corrects ? "an error" : "")));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	json_decref(object);
	arena_close(&arena);
}

static void note(struct pair *pair, int device, int patient, const char *body, uint8_t id)
{
	char json[300];
	snprintf(json, sizeof(json), "{\"body\":\"%s\",\"at\":\"2026-03-%02uT08:00:00+01:00\"}", body, id);
	write_record(&pair->devices[device], patient, SCHEMA_NOTE, json, id, NULL);
	devices_run(&pair->loop, pair_saved, pair);
}

static void open_team(struct pair *pair)
{
	pair_open(pair, TEAM_ROLE_NURSE);
	struct device *anna = &pair->devices[0];
	write_record(anna, 0, SCHEMA_PATIENT,
	        "{\"lastName\":\"Dupont\",\"firstName\":\"Marie\",\"birthDate\":\"1948-03-15\","
	        "\"phone\":\"02.40.99.88.77\",\"doorCode\":\"secret77\"}",
	        0, NULL);
	write_record(anna, 1, SCHEMA_PATIENT, "{\"lastName\":\"Le Goff\",\"firstName\":\"Jean\"}", 0, NULL);
	write_record(anna, 0, SCHEMA_PROBLEM, "{\"code\":\"PB26\",\"severity\":\"actual\"}", 50, NULL);
	note(pair, 0, 0, "Escarre au talon, pansement", 1);
	note(pair, 0, 1, "Pansement fait", 2);
	pair_meet(pair);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

/* "P0 note1 P1 note2": in the order found; names as "P0". */
static const char *find(struct device *device, const char *words)
{
	static char line[600];
	struct search_query query;
	struct node_hits hits;
	line[0] = '\0';
	search_query_read(span_text(words), &query);
	check_ok(node_search(device->node, &query, 20, BUDGET_MS, &hits));
	assert_int_equal(hits.left, 0);
	for (uint32_t i = 0; i < hits.count; i++) {
		const struct node_hit *hit = &hits.items[i];
		struct record_id doc;
		struct node_entry entry;
		uint32_t kind;
		uint8_t id = hit->id.bytes[0];
		check_ok(node_shown_at(device->node, hit->number, &kind, &doc));
		struct crdt_op op;
		if (hit->is_event) {
			check_ok(node_read_op(device->node, &hit->op, &entry));
			struct crdt_ops ops = crdt_change_ops(&entry.change);
			assert_true(crdt_ops_next(&ops, &op));
			id = op.event_id.bytes[0];
		}
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s%u", i ? " " : "",
		        hit->kind == SEARCH_NAMES ? "P" : schema_kind(hit->kind)->name,
		        hit->kind == SEARCH_NAMES ? (unsigned)doc.bytes[0] - 1 : id);
	}
	node_hits_close(&hits);
	return line;
}

static void checkpoint(struct pair *pair, int device)
{
	check_ok(node_checkpoint(pair->devices[device].node, true));
	devices_run(&pair->loop, pair_saved, pair);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void names_notes_and_plans_are_found(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		struct device *device = &pair.devices[i];
		assert_string_equal(find(device, "dupont"), "P0");
		assert_string_equal(find(device, "goff jean"), "P1");
		assert_string_equal(find(device, "pansement"), "note2 note1"); /* the newest first */
		assert_string_equal(find(device, "pans talon"), "note1");
		assert_string_equal(find(device, "l'escarre"), "note1");
		assert_string_equal(find(device, "dupont pansement"), "note1"); /* whose, and what */
		assert_string_equal(find(device, "PB26"), "problem50");
		assert_string_equal(find(device, "nutrition alimentation"), "");
		assert_string_equal(find(device, "02 40 99"), "patient1");
		assert_string_equal(find(device, "0240998877"), "patient1");
		assert_string_equal(find(device, "15/03/1948"), "P0");
		assert_string_equal(find(device, "15031948"), "P0");
		assert_string_equal(find(device, "1948-03"), "P0");
		assert_string_equal(find(device, "secret77"), ""); /* nobody searches by door codes */
		assert_string_equal(find(device, "ansement"), "");
	}
	pair_close(&pair);
}

/* What is written on either device is found on both, also in the midst of what was read already. */
static void what_comes_later_is_found(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	assert_string_equal(find(&pair.devices[1], "pansement"), "note2 note1");
	note(&pair, 0, 2, "Pansement refusé", 3);
	assert_string_equal(find(&pair.devices[0], "pansement"), "note3 note2 note1");
	note(&pair, 1, 0, "Pansement sec", 4);
	pair_meet(&pair);
	for (int i = 0; i < PAIR_DEVICES; i++)
		assert_string_equal(find(&pair.devices[i], "pansement"), "note4 note3 note2 note1");
	write_record(&pair.devices[0], 0, SCHEMA_PATIENT, "{\"lastName\":\"Morel\"}", 0, NULL);
	assert_string_equal(find(&pair.devices[0], "dupont"), "");
	assert_string_equal(find(&pair.devices[0], "morel marie"), "P0");
	pair_close(&pair);
}

/* Rows of the index go with a checkpoint; what came after it is read again. */
static void a_start_and_a_crash_lose_nothing(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	assert_string_equal(find(device, "pansement"), "note2 note1");
	checkpoint(&pair, 0);
	const size_t bytes = node_search_bytes(device->node);
	device_restart(device, &pair.loop);
	assert_int_equal(node_search_bytes(device->node), 0);
	assert_string_equal(find(device, "pansement"), "note2 note1");
	assert_int_equal(node_search_bytes(device->node), bytes);
	note(&pair, 0, 2, "Pansement refusé", 3);
	assert_string_equal(find(device, "pansement"), "note3 note2 note1");
	device_crash(device, &pair.loop);
	assert_string_equal(find(device, "pansement"), "note3 note2 note1");
	checkpoint(&pair, 0); /* joined to what stood there */
	device_restart(device, &pair.loop);
	assert_string_equal(find(device, "pansement"), "note3 note2 note1");
	check_ok(node_rebuild(device->node));
	node_end_read(device->node);
	assert_string_equal(find(device, "pansement"), "note3 note2 note1");
	checkpoint(&pair, 0);
	device_restart(device, &pair.loop);
	assert_string_equal(find(device, "pansement"), "note3 note2 note1");
	pair_close(&pair);
}

/* Does a word of the erased patient stand in a row of the index? They are packed. */
static uint32_t rows_with(struct device *device, const char *word)
{
	enum { ROW_SEGMENT = 5 };
	struct store_txn *txn;
	struct span key, value, raw;
	struct buf plain = {0};
	struct body_codec codec;
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {ROW_SEGMENT};
	size_t size = 1;
	uint32_t found = 0;
	body_codec_init(&codec);
	check_ok(store_begin(device->store, false, &txn));
	while (store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_of(from, size), &key, &value) == 0) {
		check_ok(vault_unseal(device->vault, STORE_DOC, key, value, &plain));
		memcpy(pack_room(&codec, plain.size), plain.data, plain.size);
		check_ok(pack_open(&codec, plain.size, &raw));
		found += memmem(raw.data, raw.size, word, strlen(word)) != NULL;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
	}
	store_abort(txn);
	buf_wipe(&plain);
	body_codec_close(&codec);
	return found;
}

static bool is_erased(void *context)
{
	struct pair *pair = context;
	return pair_saved(pair) && node_wants_new_file(pair->devices[0].node);
}

static void of_an_erased_dossier_no_word_stays(void **state)
{
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	note(&pair, 0, 0, "quetzalcoatl", 5);
	assert_string_equal(find(device, "quetzal"), "note5");
	checkpoint(&pair, 0);
	assert_int_equal(rows_with(device, "quetzalcoatl"), 1);
	check_ok(node_erase(device->node, &PATIENT[0], KEY_REASON_REQUEST, NULL, NULL));
	assert_int_equal(node_search_bytes(device->node), 0); /* at once */
	assert_string_equal(find(device, "quetzal"), "");
	assert_string_equal(find(device, "pansement"), "note2");
	devices_run(&pair.loop, is_erased, &pair);
	assert_int_equal(rows_with(device, "quetzalcoatl"), 0);
	assert_string_equal(find(device, "dupont"), "");
	assert_string_equal(find(device, "pansement"), "note2");
	checkpoint(&pair, 0);
	device_new_file(device, &pair.loop);
	assert_int_equal(rows_with(device, "quetzalcoatl"), 0);
	assert_string_equal(find(device, "pansement"), "note2");
	pair_close(&pair);
}

/* Some thousand notes: the newest are found, each once, and it is said that there are more. */
static void of_many_the_newest_are_found(void **state)
{
	enum { NOTES = 300 };
	(void)state;
	struct pair pair;
	open_team(&pair);
	struct device *device = &pair.devices[0];
	char json[200];
	for (int i = 0; i < NOTES; i++) {
		const int day = (i * 7) % NOTES; /* written in another order than that of their days */
		snprintf(json, sizeof(json),
		        "{\"body\":\"toilette %d\",\"at\":\"2025-%02d-%02dT%02d:00:00+01:00\"}", day,
		        1 + day / 100, 1 + (day % 100) / 4, day % 4);
		struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_NOTE)}};
		edit.record.id.bytes[0] = (uint8_t)(day >> 8);
		edit.record.id.bytes[1] = (uint8_t)day;
		edit.record.id.bytes[2] = 1;
		struct arena arena = {0};
		struct schema_report report = {0};
		struct node_change change;
		json_t *object = json_loads(json, 0, NULL);
		check_ok(record_from_json(object, SCHEMA_CHECK_EDIT, &arena, &edit, &report));
		check_ok(node_change_begin(device->node, DOSSIER, &PATIENT[day % PATIENTS], &change));
		check_ok(record_write(change.doc, &change.builder, &edit, NULL, span_text("")));
		check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
		json_decref(object);
		arena_close(&arena);
	}
	devices_run(&pair.loop, pair_saved, &pair);
	struct search_query query;
	struct node_hits hits;
	search_query_read(span_text("toil"), &query);
	check_ok(node_search(device->node, &query, 10, BUDGET_MS, &hits));
	assert_int_equal(hits.count, 10);
	assert_true(hits.has_more);
	for (uint32_t i = 1; i < hits.count; i++)
		assert_true(hits.items[i - 1].when_s > hits.items[i].when_s);
	node_hits_close(&hits);
	check_ok(node_search(device->node, &query, 1000, BUDGET_MS, &hits));
	assert_int_equal(hits.count, NOTES);
	assert_false(hits.has_more);
	node_hits_close(&hits);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_notes_and_plans_are_found),
	        cmocka_unit_test(what_comes_later_is_found),
	        cmocka_unit_test(a_start_and_a_crash_lose_nothing),
	        cmocka_unit_test(of_an_erased_dossier_no_word_stays),
	        cmocka_unit_test(of_many_the_newest_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
