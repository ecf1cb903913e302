/* What wants a person's attention (work/README.md): from every document, and what no document says. */
#include "node/api_work.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_medication.h"
#include "node/api_notices.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/digest/who.h"
#include "node/medication/medication_work.h"
#include "node/node_digest.h"
#include "node/schema/moment.h"
#include "node/visit/running.h"
#include "node/work/work_later.h"

static const char LATER_ROW[] = "work later";
enum {
	LIST_DEFAULT = 200,
	LIST_MAX = 2000,
	ID_DIGITS_MIN = 4,
};

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

struct digest_source api_digest_source(struct api_node *app, const struct crdt_doc *doc)
{
	return (struct digest_source){doc, api_read_op, app};
}

static void keep(struct api_work *work, const struct work_facts *facts, uint32_t doc_kind,
        const struct record_id *doc_id)
{
	work->facts = mem_room(work->facts, work->facts_count, &work->facts_capacity, sizeof(*work->facts));
	struct work_facts *kept = mem_copy(facts, sizeof(*facts));
	work->facts[work->facts_count++] = kept;
	work_items_add(&work->items, kept, doc_kind, doc_id, work->today);
}

/* Named in any of her files. */
static struct span referents_of_all(
        struct api_node *app, const struct patient_group *group, struct arena *arena)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(app, group, docs);
	struct buf all = {0};
	for (uint32_t i = 0; i < count; i++)
		buf_add_span(&all, work_referents(docs[i], arena));
	const struct span kept = arena_span(arena, buf_span(&all));
	buf_close(&all);
	return kept;
}

/* Of one of several files: what each says of its medication alone is left to what all say together. */
static void adjust(struct api_node *app, const struct api_work *work, const struct record_id *file,
        struct work_facts *facts)
{
	struct patient_group group;
	uint32_t kept = 0;
	if (!patient_groups_is_joined(&work->groups, file))
		return;
	patient_groups_of(&work->groups, file, &group);
	for (uint32_t i = 0; i < facts->count; i++)
		if (!medication_is_work(facts->items[i].source))
			facts->items[kept++] = facts->items[i];
	facts->count = kept;
	facts->referents = referents_of_all(app, &group, &facts->arena);
}

/* What patients with several files take: a drug that two of them prescribe, a dose that was noted in both. */
static void add_joined_medication(struct api_node *app, struct api_work *work)
{
	for (uint32_t i = 0; i < work->groups.count; i++) {
		const struct record_id *file = &work->groups.files[i];
		struct patient_group group;
		struct work_facts facts = {0};
		if (!record_id_eq(file, &work->groups.main[i]) ||
		        !patient_groups_is_joined(&work->groups, file))
			continue;
		patient_groups_of(&work->groups, file, &group);
		if (api_medication_work(app, &group, &facts) == 0 && facts.count) {
			facts.referents = referents_of_all(app, &group, &facts.arena);
			keep(work, &facts, SCHEMA_DOC_DOSSIER, file);
		} else {
			work_facts_close(&facts);
		}
	}
}

static void add_document(struct api_node *app, uint32_t number, struct api_work *work)
{
	uint32_t doc_kind;
	struct record_id id;
	struct work_facts facts = {0};
	struct crdt_doc *doc;
	if (node_shown_at(app->node, number, &doc_kind, &id) || node_shown_by_number(app->node, number, &doc))
		return;
	if (doc_kind == SCHEMA_DOC_THREAD && api_messages_are_seen(app, doc))
		return;
	const struct digest_source source = api_digest_source(app, doc);
	work_facts_of(&source, &facts);
	if (doc_kind == SCHEMA_DOC_DOSSIER)
		adjust(app, work, &id, &facts);
	if (facts.count)
		keep(work, &facts, doc_kind, &id);
	else
		work_facts_close(&facts);
}

struct gathering {
	struct api_node *app;
	struct api_work *work;
};

static bool add_dossier(void *context, const struct node_digest *digest)
{
	const struct gathering *gathering = context;
	struct work_facts facts = {0};
	if (digest->is_cut || work_part_get(digest->part, &facts)) {
		add_document(gathering->app, digest->number, gathering->work);
		return true;
	}
	adjust(gathering->app, gathering->work, &digest->dossier, &facts);
	keep(gathering->work, &facts, SCHEMA_DOC_DOSSIER, &digest->dossier);
	return true;
}

/* Documents that are no dossiers: few. */
static void add_others(struct api_node *app, struct api_work *work)
{
	for (uint32_t i = 0, count = node_shown_count(app->node); i < count; i++) {
		uint32_t doc_kind;
		struct record_id id;
		if (node_shown_at(app->node, i, &doc_kind, &id) == 0 && doc_kind != SCHEMA_DOC_DOSSIER)
			add_document(app, i, work);
	}
}

/* What a nurse is asked for about the team: a second signature, a choice. */
static void add_asked(struct api_node *app, struct work_facts *facts)
{
	json_t *asks = api_asks(app), *ask;
	size_t index;
	json_array_foreach(asks, index, ask)
	{
		const char *what = api_text(ask, "what"), *id = api_text(ask, "id");
		uint8_t key[WORK_ID_BYTES];
		crypto_generichash_state state;
		struct work_fact *fact = strcmp(what, "wait") == 0 ? NULL : work_add(facts, WORK_ASKED);
		if (!fact)
			continue;
		crypto_generichash_init(&state, NULL, 0, sizeof(key));
		crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
		crypto_generichash_update(&state, (const uint8_t *)id, id ? strlen(id) : 0);
		crypto_generichash_final(&state, key, sizeof(key));
		fact->key = work_keep(facts, span_of(key, sizeof(key)));
		fact->soon = WORK_ALWAYS;
		fact->fr = work_words(facts, "%s", api_text(ask, "fr"));
		fact->en = work_words(facts, "%s", api_text(ask, "en"));
	}
	json_decref(asks);
}

static void say_kept_apart(
        struct api_node *app, struct work_facts *facts, uint32_t feed, unsigned long long count)
{
	struct work_fact *fact = work_add(facts, WORK_QUARANTINE);
	struct buf fr = {0}, en = {0};
	if (!fact)
		return;
	describe_feed(app, feed, SCHEMA_FR, &fr);
	describe_feed(app, feed, SCHEMA_EN, &en);
	fact->key = work_keep(facts, span_of(log_feed(node_log(app->node), feed)->id.bytes, ID_LONG_BYTES));
	fact->soon = WORK_ALWAYS;
	fact->fr = work_words(facts, "%llu saisie(s) de %.*s sont mises à part et ne comptent pas", count,
	        (int)fr.size, (const char *)fr.data);
	fact->en = work_words(facts, "%llu entries of %.*s are kept apart and do not count", count,
	        (int)en.size, (const char *)en.data);
	buf_close(&fr);
	buf_close(&en);
}

/* Entries that wait for a colleague's word, by the feed that they stand in. */
static void add_quarantine(struct api_node *app, struct work_facts *facts)
{
	struct node_quarantined at = {0};
	uint64_t count = 0;
	uint32_t feed = 0;
	while (node_quarantine_next(app->node, &at)) {
		if (count && at.feed != feed) {
			say_kept_apart(app, facts, feed, count);
			count = 0;
		}
		feed = at.feed;
		count += !at.is_effective;
	}
	if (count)
		say_kept_apart(app, facts, feed, count);
}

static void add_notices(struct api_node *app, struct work_facts *facts)
{
	json_t *notices = api_notices(app, API_NOTICES_NEW, 0), *notice;
	size_t index;
	json_array_foreach(notices, index, notice)
	{
		const char *what = api_text(notice, "what"), *device = api_text(notice, "device");
		struct work_fact *fact = work_add(facts, WORK_NOTICED);
		uint8_t key[WORK_ID_BYTES];
		if (!fact) /* counted */
			continue;
		crypto_generichash(key, sizeof(key), (const uint8_t *)device, strlen(device),
		        (const uint8_t *)what, strlen(what));
		fact->key = work_keep(facts, span_of(key, sizeof(key)));
		fact->fr = work_words(facts, "%s", api_text(notice, "fr"));
		fact->en = work_words(facts, "%s", api_text(notice, "en"));
	}
	json_decref(notices);
}

/* A visit that was started here and not stopped (visit/README.md, section 3). */
static void add_running(struct api_node *app, struct api_work *work, struct work_facts *facts)
{
	json_t *running = api_running_json(app);
	const char *start = api_text(running, "start");
	const bool is_long = json_is_true(json_object_get(running, "long"));
	if (running && !is_long)
		api_work_due_at(work,
		        work->now_s + VISIT_LONG_S + 1 -
		                60 * (int64_t)json_integer_value(json_object_get(running, "minutes")));
	if (is_long || json_is_true(json_object_get(running, "overMidnight"))) {
		struct work_fact *fact = work_add(facts, WORK_RUNNING);
		fact->key = work_keep(facts, span_text(start));
		fact->now = WORK_ALWAYS;
		fact->fr = work_words(facts, "%s", api_text(running, "fr"));
		fact->en = work_words(facts, "%s", api_text(running, "en"));
	}
	json_decref(running);
}

static void add_team(struct api_node *app, struct api_work *work)
{
	static const struct record_id none = {{0}};
	struct work_facts facts = {0};
	add_quarantine(app, &facts);
	add_asked(app, &facts);
	add_notices(app, &facts);
	api_moves_work(app, work->today, &facts);
	int64_t due_s = INT64_MAX;
	api_round_work(app, work->today, &facts, &due_s);
	api_work_due_at(work, due_s);
	add_running(app, work, &facts);
	keep(work, &facts, 0, &none);
}

struct feed_id *api_own_feeds(struct api_node *app, uint32_t *count)
{
	struct log *log = node_log(app->node);
	struct feed_id *feeds = mem_zero(log_feed_count(log) + 1, sizeof(*feeds));
	*count = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (describe_is_self(app, i))
			feeds[(*count)++] = log_feed(log, i)->id;
	return feeds;
}

static void find_reader(struct api_node *app, struct api_work *work)
{
	if (!api_own_person(app, &work->reader.person))
		return;
	work->feeds = api_own_feeds(app, &work->reader.feed_count);
	work->reader.feeds = work->feeds;
}

/* Of two files that are perhaps one person's: beside one of them. */
static void keep_pair(void *work, struct work_facts *facts, const struct record_id *file)
{
	keep(work, facts, SCHEMA_DOC_DOSSIER, file);
}

void api_work_due_at(struct api_work *work, int64_t due_s)
{
	if (due_s > work->now_s && due_s < work->due_s)
		work->due_s = due_s;
}

int api_work_gather(struct api_node *app, struct api_work *out)
{
	struct gathering gathering = {app, out};
	*out = (struct api_work){.now_s = (int64_t)(env_wall_ms(app->env) / 1000), .due_s = INT64_MAX};
	out->today = (int32_t)calendar_paris_day(out->now_s);
	find_reader(app, out);
	api_groups(app, &out->groups);
	const int result = node_digest_each(app->node, DIGEST_WORK, add_dossier, &gathering);
	add_joined_medication(app, out);
	add_others(app, out);
	add_team(app, out);
	api_duplicates_work(app, keep_pair, out);
	api_partly_shared_work(app, &out->groups, keep_pair, out);
	work_items_sort(&out->items);
	return result;
}

void api_work_close(struct api_work *work)
{
	for (uint32_t i = 0; i < work->facts_count; i++) {
		work_facts_close(work->facts[i]);
		mem_free(work->facts[i]);
	}
	mem_free(work->facts);
	patient_groups_close(&work->groups);
	mem_free(work->feeds);
	work_items_close(&work->items);
}

const struct work_item *api_work_item_or_reply(
        struct api_call *call, const struct api_work *work, const char *text)
{
	const size_t digits = strlen(text);
	const struct work_item *found = NULL;
	unsigned count = 0;
	for (uint32_t i = 0; digits >= ID_DIGITS_MIN && i < work->items.count; i++) {
		char hex[2 * WORK_ID_BYTES + 1];
		ids_hex(hex, work->items.items[i].id, WORK_ID_BYTES);
		if (strncmp(hex, text, digits) != 0)
			continue;
		found = &work->items.items[i];
		count++;
	}
	if (count == 1)
		return found;
	api_call_fail(call, count ? ERR_CONFLICT : ERR_NOTFOUND,
	        count ? "Several items' ids begin so: give more digits."
	              : "There is no such item any more: see \"releve work\". Nothing was changed.");
	return NULL;
}

/* ---- Showing ----------------------------------------------------------------------------------------------------- */

static void add_person(struct api_node *app, struct span prefix, json_t *list)
{
	struct buf name = {0};
	json_t *person = json_pack("{s:o}", "id", api_hex(prefix.data, prefix.size));
	if (describe_person(app, prefix, &name))
		json_object_set_new(person, "name", describe_text(&name));
	json_array_append_new(list, person);
	buf_close(&name);
}

static void add_author(struct api_node *app, struct span feed, json_t *list)
{
	struct log *log = node_log(app->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		struct device_id device;
		struct person_id person;
		if (feed.size && memcmp(log_feed(log, i)->id.bytes, feed.data, feed.size) == 0 &&
		        node_feed_author(app->node, i, &device, &person))
			add_person(app, span_of(person.bytes, sizeof(person.bytes)), list);
	}
}

/* Whose it is, by name where somebody is named. */
static json_t *people_json(struct api_node *app, const struct work_item *item)
{
	json_t *list = json_array();
	const struct span people = item->fact->whose == WORK_REFERENT ? item->referents : item->fact->person;
	if (item->fact->whose == WORK_AUTHOR)
		add_author(app, people, list);
	else if (item->fact->whose != WORK_TEAM)
		for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= people.size; at += SCHEMA_SHORT_BYTES)
			add_person(app, span_sub(people, at, SCHEMA_SHORT_BYTES), list);
	return list;
}

static json_t *records_json(struct span records)
{
	json_t *list = json_array();
	for (size_t at = 0; at + ID_SHORT_BYTES <= records.size; at += ID_SHORT_BYTES)
		json_array_append_new(list, api_hex(records.data + at, ID_SHORT_BYTES));
	return list;
}

static json_t *day_json(int32_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	return json_string(text);
}

/* By the digest: no document is opened for a list. */
static json_t *patient_json(struct api_node *app, const struct record_id *id)
{
	struct node_digest digest;
	struct digest_who who;
	json_t *json = json_pack("{s:o}", "id", api_hex(id->bytes, sizeof(id->bytes)));
	if (node_digest_of(app->node, id, DIGEST_WHO, &digest) || !digest_who_read(digest.part, &who))
		return json;
	json_t *shown = json_loadb(
	        (const char *)who.shown.data, who.shown.size, JSON_REJECT_DUPLICATES, NULL);
	json_object_set_new(json, "name", api_full_name(shown));
	json_decref(shown);
	return json;
}

/* Whose it is, whichever of her files it stands beside. */
static void put_patient(
        struct api_node *app, const struct patient_groups *groups, const struct record_id *file, json_t *json)
{
	const struct record_id main = patient_groups_main(groups, file);
	json_object_set_new(json, "patient", patient_json(app, &main));
	if (patient_groups_is_joined(groups, file))
		json_object_set_new(json, "dossier", api_hex(file->bytes, sizeof(file->bytes)));
}

static json_t *item_json(
        struct api_node *app, const struct api_work *work, const struct work_item *item, int32_t later)
{
	static const char *const urgencies[] = {
	        [WORK_NOW] = "now", [WORK_SOON] = "soon", [WORK_NOTE] = "note"};
	static const char *const whose[] = {[WORK_TEAM] = "team",
	        [WORK_REFERENT] = "referent",
	        [WORK_PERSON] = "person",
	        [WORK_AUTHOR] = "author"};
	const struct work_fact *fact = item->fact;
	const struct work_source *source = work_source(fact->source);
	json_t *json = json_pack("{s:o, s:s, s:{s:s, s:s}, s:s, s:o, s:s, s:o, s:b, s:s%, s:s%}", "id",
	        api_hex(item->id, sizeof(item->id)), "type", source->name, "label", "fr", source->label.fr,
	        "en", source->label.en, "urgency", urgencies[item->urgency], "records",
	        records_json(fact->records), "whose", whose[fact->whose], "people", people_json(app, item),
	        "mine", work_is_for(item, &work->reader), "fr", (const char *)fact->fr.data, fact->fr.size,
	        "en", (const char *)fact->en.data, fact->en.size);
	if (item->doc_kind == SCHEMA_DOC_DOSSIER)
		put_patient(app, &work->groups, &item->doc_id, json);
	else if (item->doc_kind)
		json_object_set_new(json, "document", describe_document(app, item->doc_kind, &item->doc_id));
	if (fact->day != WORK_NO_DAY)
		json_object_set_new(json, "day", day_json(fact->day));
	if (later != WORK_NO_DAY)
		json_object_set_new(json, "notBefore", day_json(later));
	if (item->is_resting)
		json_object_set_new(json, "resting", json_true());
	return json;
}

void api_work_read_later(struct api_node *app, struct work_later *out)
{
	struct buf row = {0};
	*out = (struct work_later){0};
	if (api_local(app, LATER_ROW, &row) == 0)
		work_later_read(buf_span(&row), out);
	buf_close(&row);
}

struct wanted {
	const char *type;
	bool mine, later, all, has_patient;
	struct patient_group patient; /* whichever of her files an item stands beside */
	size_t from, limit, each; /* of all types; of each */
};

/* False: replied. */
static bool read_wanted(struct api_call *call, struct wanted *out)
{
	const char *patient = api_call_query(call, "patient"), *limit = api_call_query(call, "limit"),
	           *each = api_call_query(call, "each"), *from = api_call_query(call, "from");
	const unsigned long asked = limit ? strtoul(limit, NULL, 10) : 0;
	*out = (struct wanted){.type = api_call_query(call, "type"),
	        .mine = api_call_query(call, "mine") != NULL,
	        .later = api_call_query(call, "later") != NULL,
	        .all = api_call_query(call, "all") != NULL || patient != NULL,
	        .each = each ? strtoul(each, NULL, 10) : SIZE_MAX,
	        .has_patient = patient != NULL,
	        .from = from ? strtoul(from, NULL, 10) : 0,
	        .limit = asked == 0        ? LIST_DEFAULT
	                : asked > LIST_MAX ? LIST_MAX
	                                   : asked};
	return !patient || api_group_named_or_reply(call, patient, &out->patient);
}

static bool is_wanted(const struct wanted *wanted, const struct api_work *work, const struct work_item *item)
{
	return (!wanted->type || strcmp(wanted->type, work_source(item->fact->source)->name) == 0) &&
	        (!wanted->mine || work_is_for(item, &work->reader)) &&
	        (!wanted->has_patient ||
	                (item->doc_kind == SCHEMA_DOC_DOSSIER &&
	                        api_group_has(&wanted->patient, &item->doc_id))) &&
	        !work_is_done_by(item, &work->reader);
}

/* What sources had no room to say. */
static uint32_t left_out_of(const struct api_work *work)
{
	uint32_t left_out = 0;
	for (uint32_t i = 0; i < work->facts_count; i++)
		left_out += work->facts[i]->left_out;
	return left_out;
}

/* How many there are of a type, shown or not: the most urgent type first. */
struct group {
	const struct work_source *source;
	uint32_t counts[WORK_NOTE + 1], mine, total;
};

struct answer {
	struct api_node *app;
	const struct wanted *wanted;
	const struct api_work *work;
	const struct work_later *later;
	json_t *items;
	struct group *groups;
	uint32_t group_count, group_room;
	size_t listed; /* of the list that is given in pages */
	int total, put_off, resting;
};

static struct group *group_of(struct answer *answer, uint32_t source)
{
	for (uint32_t i = 0; i < answer->group_count; i++)
		if (answer->groups[i].source->number == source)
			return &answer->groups[i];
	answer->groups = mem_room(
	        answer->groups, answer->group_count, &answer->group_room, sizeof(*answer->groups));
	answer->groups[answer->group_count] = (struct group){.source = work_source(source)};
	return &answer->groups[answer->group_count++];
}

static void answer_item(struct answer *answer, const struct work_item *item)
{
	const struct wanted *wanted = answer->wanted;
	const int32_t until = work_later_until(answer->later, item, answer->work->today);
	if (!is_wanted(wanted, answer->work, item))
		return;
	if (until != WORK_NO_DAY && !wanted->later) {
		answer->put_off++;
		return;
	}
	if (item->is_resting && !wanted->all) {
		answer->resting++;
		return;
	}
	struct group *group = group_of(answer, item->fact->source);
	group->counts[item->urgency]++;
	group->mine += work_is_for(item, &answer->work->reader);
	answer->total++;
	if (group->total++ >= wanted->each)
		return;
	if (answer->listed++ >= wanted->from && json_array_size(answer->items) < wanted->limit)
		json_array_append_new(answer->items, item_json(answer->app, answer->work, item, until));
}

static json_t *groups_json(const struct answer *answer)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < answer->group_count; i++) {
		const struct group *group = &answer->groups[i];
		json_array_append_new(list,
		        json_pack("{s:s, s:{s:s, s:s}, s:I, s:I, s:I, s:I}", "type", group->source->name,
		                "label", "fr", group->source->label.fr, "en", group->source->label.en, "now",
		                (json_int_t)group->counts[WORK_NOW], "soon",
		                (json_int_t)group->counts[WORK_SOON], "note",
		                (json_int_t)group->counts[WORK_NOTE], "mine", (json_int_t)group->mine));
	}
	return list;
}

int api_get_work(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct wanted wanted;
	struct api_work work;
	struct work_later later;
	if (!read_wanted(call, &wanted))
		return 0;
	struct answer answer = {
	        .app = app, .wanted = &wanted, .work = &work, .later = &later, .items = json_array()};
	const int result = api_work_gather(app, &work);
	api_work_read_later(app, &later);
	for (uint32_t i = 0; i < work.items.count; i++)
		answer_item(&answer, &work.items.items[i]);
	json_t *json = json_pack("{s:o, s:o, s:i, s:i, s:i, s:i}", "items", answer.items, "groups",
	        groups_json(&answer), "total", answer.total, "notNow", answer.put_off, "resting",
	        answer.resting, "leftOut", (int)left_out_of(&work));
	const size_t next = wanted.from + json_array_size(answer.items);
	if (next < answer.listed)
		json_object_set_new(json, "next", json_integer((json_int_t)next));
	mem_free(answer.groups);
	work_later_close(&later);
	api_work_close(&work);
	if (wanted.has_patient)
		api_note_group(app, &wanted.patient);
	else
		api_note(app, ACCESS_WORK, NULL, 0);
	if (result == 0)
		api_call_reply(call, 200, json);
	else
		json_decref(json);
	return result;
}

/* ---- Not before -------------------------------------------------------------------------------------------------- */

/* The day, or today where it is null: at once. False: replied. */
static bool read_until(struct api_call *call, int32_t today, int32_t *out)
{
	const json_t *until = json_object_get(api_call_json(call), "until");
	const char *text = json_string_value(until);
	int64_t day = today;
	if (!json_is_null(until) &&
	        (!text || !moment_day_parse(span_text(text), &day) || day > WORK_NEVER - 1)) {
		api_call_fail(call, ERR_INVALID,
		        "Say until which day, as 2026-12-01, or null: at once. Nothing was changed.");
		return false;
	}
	*out = day < today ? today : (int32_t)day;
	return true;
}

static int put_off(struct api_call *call, const struct work_item *item, int32_t until, int32_t today)
{
	struct api_node *app = api_node_of(call);
	struct work_later later;
	struct buf row = {0};
	api_work_read_later(app, &later);
	int result = work_later_put(&later, item, until, today);
	if (result == 0) {
		work_later_write(&later, &row);
		result = node_put_local(app->node, LATER_ROW, buf_span(&row), NULL, NULL);
	} else {
		api_call_fail(call, result,
		        item->urgency == WORK_NOW
		                ? "What is urgent now is put off until tomorrow at the latest. Nothing was "
		                  "changed."
		                : "It is put off for 31 days at most. Nothing was changed.");
	}
	work_later_close(&later);
	buf_close(&row);
	return result;
}

int api_post_work_later(struct api_call *call)
{
	struct api_work work;
	int32_t until;
	const int result = api_work_gather(api_node_of(call), &work);
	if (result) {
		api_work_close(&work);
		return result;
	}
	const struct work_item *item = api_work_item_or_reply(call, &work, api_call_param(call, 0));
	const bool done = item && read_until(call, work.today, &until) &&
	        put_off(call, item, until, work.today) == 0;
	json_t *body = done ? json_pack("{s:o, s:o}", "id", api_hex(item->id, sizeof(item->id)), "notBefore",
	                              until > work.today ? day_json(until) : json_null())
	                    : NULL;
	api_work_close(&work);
	return done ? api_reply_durable(call, 200, body) : 0;
}
