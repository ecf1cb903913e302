/* The list of work is kept from one question to the next: after any edits it is what somebody finds who keeps nothing; and what did not change is not made again. */
#include "tests/lib/check.h"

#include "crdt/base/rng.h"
#include "node/api_work.h"
#include "node/keyring/key_row.h"
#include "node/calendar.h"
#include "tests/lib/imported.h"

enum { DAY_S = 86400, NAME = 1, FIRST_NAME = 2, EDITS = 120, PATIENTS_MAX = 12, DOSSIERS_MAX = 64 };
static const int64_t JANUARY_S = INT64_C(1767258000); /* 2026-01-01 10:00 in Paris */

struct desk {
	struct imported own;
	struct seeded wall; /* the clock of the interface */
	struct api_node app;
	struct rng rng;
	unsigned patients, visits;
	uint8_t decisions;
	bool has_erased; /* nobody visits those */
};

static uint32_t below(struct desk *desk, uint32_t bound)
{
	return (uint32_t)(rng_below(&desk->rng, bound));
}

static void desk_open(struct desk *desk, uint64_t seed)
{
	memset(desk, 0, sizeof(*desk));
	imported_open(&desk->own);
	seeded_init(&desk->wall, 7);
	desk->rng = rng_new(seed);
	desk->wall.now_ms = (uint64_t)JANUARY_S * 1000;
	desk->app = (struct api_node){.node = desk->own.device.node,
	        .store = desk->own.device.store,
	        .vault = desk->own.device.vault,
	        .env = &desk->wall.env};
	desk->app.api = api_new(&(struct api_config){
	        .routes = api_node_routes, .ready = api_node_ready, .owner = &desk->app});
}

static void desk_close(struct desk *desk)
{
	api_work_forget(&desk->app);
	api_free(desk->app.api);
	imported_close(&desk->own);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static void take_reply(void *context, int status, const json_t *body)
{
	assert_int_equal(status, 200);
	*(json_t **)context = json_deep_copy(body);
}

static json_t *ask(struct api *api, const char *target)
{
	static const struct api_sink sink = {.reply = take_reply};
	const struct api_request request = {.method = API_GET, .target = span_text(target)};
	json_t *reply = NULL;
	struct api_call *call = api_call_new(api, &request, &sink, &reply);
	api_call_end(call);
	api_call_close(call);
	assert_non_null(reply);
	return reply;
}

/* Whoever keeps nothing finds the same. How many items there are. */
static size_t check_same(struct desk *desk)
{
	static const char TARGET[] = "/api/work?all=1&limit=2000";
	struct api_node fresh = desk->app;
	fresh.work = NULL;
	fresh.api = api_new(
	        &(struct api_config){.routes = api_node_routes, .ready = api_node_ready, .owner = &fresh});
	json_t *kept = ask(desk->app.api, TARGET), *anew = ask(fresh.api, TARGET);
	if (!json_equal(kept, anew)) {
		char *a = json_dumps(kept, JSON_INDENT(1) | JSON_SORT_KEYS),
		     *b = json_dumps(anew, JSON_INDENT(1) | JSON_SORT_KEYS);
		print_error("kept: %s\nanew: %s\n", a, b);
		fail();
	}
	const size_t count = json_array_size(json_object_get(kept, "items"));
	json_decref(kept);
	json_decref(anew);
	api_work_forget(&fresh);
	api_free(fresh.api);
	return count;
}

/* ---- Edits ------------------------------------------------------------------------------------------------------- */

static uint32_t dossiers(struct desk *desk, struct record_id out[DOSSIERS_MAX])
{
	uint32_t kind, count = 0;
	struct record_id id;
	for (uint32_t i = 0; count < DOSSIERS_MAX && node_shown_at(desk->app.node, i, &kind, &id) == 0; i++)
		if (kind == SCHEMA_DOC_DOSSIER && !node_is_erased(desk->app.node, &id))
			out[count++] = id;
	return count;
}

static void put(struct schema_record *record, const char *field, struct schema_value value)
{
	const struct schema_field *row = schema_field_named(record->kind, span_text(field));
	value.field = row;
	*schema_put(record, row) = value;
}

static void decide_half(struct desk *desk, const struct record_id *file, const struct record_id *other,
        enum patient_decision decision)
{
	struct schema_record record = {
	        .kind = schema_kind(SCHEMA_PATIENT_LINK), .id = {{1, desk->decisions}}};
	struct node_change change;
	put(&record, "at", (struct schema_value){.number = JANUARY_S + desk->decisions});
	put(&record, "decision", (struct schema_value){.number = decision});
	put(&record, "other", (struct schema_value){.bytes = span_of(other->bytes, sizeof(other->bytes))});
	check_ok(node_change_begin(desk->app.node, SCHEMA_DOC_DOSSIER, file, &change));
	check_ok(record_write_new(&change.builder, &record));
	check_ok(node_change_finish(desk->app.node, &change, NULL, NULL, NULL));
}

/* Files of one patient, or of two after all. */
static void decide(struct desk *desk, const struct record_id *all, uint32_t count)
{
	const uint32_t a = below(desk, count), b = (a + 1 + below(desk, count - 1)) % count;
	const enum patient_decision decision = below(desk, 3) ? PATIENT_SAME : PATIENT_DIFFERENT;
	desk->decisions++;
	decide_half(desk, &all[a], &all[b], decision);
	decide_half(desk, &all[b], &all[a], decision);
}

/* So that some are like others. */
static void rename_one(struct desk *desk, const struct record_id *file)
{
	static const char *const names[] = {"Martin", "Martine", "Le Goff"};
	const uint32_t field = below(desk, 2) ? NAME : FIRST_NAME;
	device_save(
	        &desk->own.device, SCHEMA_DOC_DOSSIER, file, SCHEMA_PATIENT, field, names[below(desk, 3)]);
}

static void restart(struct desk *desk)
{
	imported_settle(&desk->own);
	device_restart(&desk->own.device, &desk->own.loop);
	desk->app.node = desk->own.device.node;
	desk->app.store = desk->own.device.store;
	desk->app.vault = desk->own.device.vault;
	api_work_forget(&desk->app);
}

static void erase_one(struct desk *desk, const struct record_id *file)
{
	desk->has_erased = true;
	check_ok(node_erase(desk->app.node, file, KEY_REASON_REQUEST, NULL, NULL));
}

static void edit(struct desk *desk)
{
	struct record_id all[DOSSIERS_MAX];
	const uint32_t count = dossiers(desk, all), what = below(desk, 16);
	const int64_t now_s = (int64_t)(desk->wall.now_ms / 1000);
	if (desk->patients < 3 || (what < 2 && desk->patients < PATIENTS_MAX))
		imported_patient(&desk->own, ++desk->patients, now_s - 80 * DAY_S);
	else if (what < 6 && !desk->has_erased)
		imported_visit(&desk->own, ++desk->visits, 1 + below(desk, desk->patients), now_s - 3600);
	else if (what < 9)
		rename_one(desk, &all[below(desk, count)]);
	else if (what < 11 && count > 1)
		decide(desk, all, count);
	else if (what < 13)
		desk->wall.now_ms += (uint64_t)below(desk, 40) * DAY_S * 1000;
	else if (what == 13)
		check_ok(node_checkpoint(desk->app.node, true));
	else if (what == 14)
		imported_settle(&desk->own);
	else if (below(desk, 8) == 0)
		restart(desk);
	else if (count > 4 && desk->visits > 10)
		erase_one(desk, &all[below(desk, count)]);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void any_edits_give_what_is_found_afresh(void **state)
{
	(void)state;
	size_t most = 0;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct desk desk;
		desk_open(&desk, seed);
		for (int i = 0; i < EDITS; i++) {
			edit(&desk);
			if (below(&desk, 3)) /* else what was saved is not durable yet */
				imported_settle(&desk.own);
			const size_t count = check_same(&desk);
			most = count > most ? count : most;
		}
		desk_close(&desk);
	}
	assert_true(most > 10);
}

static struct work_doc *kept_of(struct desk *desk, const struct record_id *file)
{
	struct api_work *work;
	check_ok(api_work_gather(&desk->app, &work));
	for (uint32_t i = 0; i < work->list.count; i++)
		if (work->list.docs[i].kind == SCHEMA_DOC_DOSSIER &&
		        record_id_eq(&work->list.docs[i].id, file))
			return &work->list.docs[i];
	fail();
	return NULL;
}

/* Two patients, a mark on what is kept of each; a visit to one of them leaves what is kept of the other as it is. */
static void what_did_not_change_is_not_made_again(void **state)
{
	enum { MARK = 99999 };
	(void)state;
	struct desk desk;
	struct record_id all[DOSSIERS_MAX];
	uint32_t kept = 0;
	desk_open(&desk, 1);
	imported_patient(&desk.own, 1, JANUARY_S - 200 * DAY_S);
	imported_patient(&desk.own, 2, JANUARY_S - 200 * DAY_S);
	imported_settle(&desk.own);
	assert_int_equal(dossiers(&desk, all), 2);
	for (int i = 0; i < 2; i++) {
		struct work_doc *doc = kept_of(&desk, &all[i]);
		assert_true(doc->count > 0);
		doc->lines[0].day = MARK;
	}
	imported_visit(&desk.own, 1, 1, JANUARY_S - DAY_S);
	imported_settle(&desk.own);
	for (int i = 0; i < 2; i++)
		kept += kept_of(&desk, &all[i])->lines[0].day == MARK;
	assert_int_equal(kept, 1);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_edits_give_what_is_found_afresh),
	        cmocka_unit_test(what_did_not_change_is_not_made_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
