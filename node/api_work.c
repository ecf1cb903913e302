/* Requests about what wants a person's attention (work/README.md). */
#include "node/api_work.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/describe_parts.h"
#include "node/digest/who.h"
#include "node/node_digest.h"
#include "node/schema/moment.h"
#include "node/work/work_later.h"

static const char LATER_ROW[] = "work later";
enum {
	LIST_DEFAULT = 200,
	LIST_MAX = 2000,
	ID_DIGITS_MIN = 4,
};

/* The entry that a path names by its id, or the first 4 or more digits of it. NULL: there is none, or several; replied. */
static const struct work_entry *entry_or_reply(
        struct api_call *call, const struct api_work *work, const char *text)
{
	const size_t digits = strlen(text);
	const struct work_entry *found = NULL;
	unsigned count = 0;
	for (uint32_t i = 0; digits >= ID_DIGITS_MIN && i < work->list.entry_count; i++) {
		char hex[2 * WORK_ID_BYTES + 1];
		ids_hex(hex, work->list.entries[i].line->id, WORK_ID_BYTES);
		if (strncmp(hex, text, digits) != 0)
			continue;
		found = &work->list.entries[i];
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

static bool is_wanted(const struct wanted *wanted, const struct work_entry *entry)
{
	return (!wanted->type || strcmp(wanted->type, work_source(entry->line->source)->name) == 0) &&
	        (!wanted->mine || entry->line->is_mine) &&
	        (!wanted->has_patient ||
	                (entry->doc->kind == SCHEMA_DOC_DOSSIER &&
	                        api_group_has(&wanted->patient, &entry->doc->id))) &&
	        !entry->line->is_done;
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

struct showing {
	struct answer *answer;
	int32_t until;
};

static void show_item(void *context, const struct work_item *item)
{
	const struct showing *showing = context;
	const struct answer *answer = showing->answer;
	json_array_append_new(answer->items, item_json(answer->app, answer->work, item, showing->until));
}

static void answer_item(struct answer *answer, const struct work_entry *entry)
{
	const struct wanted *wanted = answer->wanted;
	if (!is_wanted(wanted, entry))
		return;
	const struct work_item item = work_entry_item(entry);
	const int32_t until = work_later_until(answer->later, &item, answer->work->list.today);
	if (until != WORK_NO_DAY && !wanted->later) {
		answer->put_off++;
		return;
	}
	if (entry->is_resting && !wanted->all) {
		answer->resting++;
		return;
	}
	struct group *group = group_of(answer, entry->line->source);
	group->counts[entry->urgency]++;
	group->mine += entry->line->is_mine;
	answer->total++;
	if (group->total++ >= wanted->each)
		return;
	struct showing showing = {answer, until};
	if (answer->listed++ >= wanted->from && json_array_size(answer->items) < wanted->limit)
		api_work_look(answer->app, answer->work, entry, show_item, &showing);
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
	struct api_work *work;
	struct work_later later;
	if (!read_wanted(call, &wanted))
		return 0;
	const int result = api_work_gather(app, &work);
	struct answer answer = {
	        .app = app, .wanted = &wanted, .work = work, .later = &later, .items = json_array()};
	api_work_read_later(app, &later);
	for (uint32_t i = 0; i < work->list.entry_count; i++)
		answer_item(&answer, &work->list.entries[i]);
	json_t *json = json_pack("{s:o, s:o, s:i, s:i, s:i, s:i}", "items", answer.items, "groups",
	        groups_json(&answer), "total", answer.total, "notNow", answer.put_off, "resting",
	        answer.resting, "leftOut", (int)work_list_left_out(&work->list));
	const size_t next = wanted.from + json_array_size(answer.items);
	if (next < answer.listed)
		json_object_set_new(json, "next", json_integer((json_int_t)next));
	mem_free(answer.groups);
	work_later_close(&later);
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
	struct api_work *work;
	int32_t until;
	const int result = api_work_gather(api_node_of(call), &work);
	if (result)
		return result;
	const int32_t today = work->list.today;
	const struct work_entry *entry = entry_or_reply(call, work, api_call_param(call, 0));
	if (!entry || !read_until(call, today, &until))
		return 0;
	const struct work_item item = work_entry_item(entry);
	if (put_off(call, &item, until, today))
		return 0;
	return api_reply_durable(call, 200,
	        json_pack("{s:o, s:o}", "id", api_hex(item.id, sizeof(item.id)), "notBefore",
	                until > today ? day_json(until) : json_null()));
}
