/* The life of the team in figures, its charter and rules (practice/README.md). */
#include "node/api_conflicts.h"
#include "node/api_doubled.h"
#include "node/api_work.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/practice/practice.h"
#include "node/practice/rules.h"
#include "node/schema/moment.h"
#include "node/team/roles.h"

/* The team's document of practice. NULL: nothing was written there yet. */
static struct crdt_doc *practice_doc(struct api_node *app, struct record_id *id)
{
	struct crdt_doc *doc;
	return api_own_doc_id(app, schema_doc(SCHEMA_DOC_PRACTICE), id) &&
	                node_doc(app->node, SCHEMA_DOC_PRACTICE, id, &doc) == 0
	        ? doc
	        : NULL;
}

static json_t *day_json(int32_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	if (day == PRACTICE_NO_DAY)
		return json_null();
	moment_day_text(text, day);
	return json_string(text);
}

static json_t *person_json(struct api_node *app, struct span id)
{
	struct buf name = {0};
	json_t *json = json_pack("{s:o}", "id", api_hex(id.data, id.size));
	if (describe_person(app, id, &name))
		json_object_set_new(json, "name", describe_text(&name));
	buf_close(&name);
	return json;
}

/* ---- The year ---------------------------------------------------------------------------------------------------- */

static json_t *types_json(const struct practice_year *year)
{
	const struct schema_field *type = schema_field_named(
	        schema_kind(SCHEMA_PRACTICE_EVENT), span_text("type"));
	json_t *list = json_array();
	for (const struct schema_choice *choice = type->choices; choice->number; choice++)
		if (choice->number < PRACTICE_TYPES)
			json_array_append_new(list,
			        json_pack("{s:s, s:{s:s, s:s}, s:i, s:i, s:i, s:o}", "type", choice->name,
			                "label", "fr", choice->label.fr, "en", choice->label.en, "count",
			                (int)year->types[choice->number].count, "minutes",
			                (int)year->types[choice->number].minutes, "personMinutes",
			                (int)year->types[choice->number].person_minutes, "lastOn",
			                day_json(year->types[choice->number].last_day)));
	return list;
}

static json_t *sharing_json(const struct practice_year *year, int32_t today)
{
	const int32_t last = year->last_sharing_day;
	json_t *json = json_pack("{s:i, s:o, s:i}", "everyDays", PRACTICE_SHARING_DAYS, "lastOn",
	        day_json(last), "longestGapDays", (int)year->longest_gap_days);
	if (last == PRACTICE_NO_DAY)
		return json;
	json_object_set_new(json, "daysSince", json_integer(today - last));
	json_object_set_new(json, "dueOn", day_json(last + PRACTICE_SHARING_DAYS));
	json_object_set_new(json, "late", json_boolean(today - last > PRACTICE_SHARING_DAYS));
	return json;
}

static json_t *people_json(struct api_node *app, const struct practice_year *year)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < year->person_count; i++) {
		const struct practice_person *person = &year->people[i];
		json_t *json = person_json(app, span_of(person->id, sizeof(person->id)));
		json_object_set_new(json, "sharings", json_integer(person->sharings));
		json_object_set_new(json, "peerVisits", json_integer(person->peer_visits));
		json_object_set_new(json, "interTeam", json_integer(person->inter_teams));
		json_object_set_new(json, "trainingMinutes", json_integer(person->training_minutes));
		json_object_set_new(json, "omahaMinutes", json_integer(person->omaha_minutes));
		json_object_set_new(
		        json, "selfOrganizationMinutes", json_integer(person->self_organization_minutes));
		json_array_append_new(list, json);
	}
	return list;
}

/* Who has said that she leaves, or whose rights end. */
static json_t *leaving_json(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		if (!person->leave_until_ms)
			continue;
		json_t *json = person_json(app, span_of(person->id.bytes, sizeof(person->id.bytes)));
		json_object_set_new(json, "until", api_moment_ms(person->leave_until_ms));
		json_array_append_new(list, json);
	}
	return list;
}

static void add_times(
        struct api_node *app, const struct crdt_doc *doc, int32_t year, int64_t minutes[SCHEMA_FIELDS_MAX])
{
	const struct schema_kind *kind = schema_kind(SCHEMA_TIME_ENTRY);
	const struct digest_source source = api_digest_source(app, doc);
	const uint32_t start = schema_field_named(kind, span_text("start"))->number,
	               end = schema_field_named(kind, span_text("end"))->number,
	               activity = schema_field_named(kind, span_text("activity"))->number;
	struct crdt_event event;
	for (uint32_t cursor = 0; crdt_doc_event(doc, SCHEMA_TIME_ENTRY, &cursor, &event);) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(&source, &event, &measures, &record))
			continue;
		const struct schema_value *from = schema_value(&record, start),
		                          *to = schema_value(&record, end),
		                          *what = schema_value(&record, activity);
		if (!from || !to || !what || what->number >= SCHEMA_FIELDS_MAX || what->number < 0)
			continue;
		const int64_t day = moment_local_day((struct moment){from->number, from->offset_minutes});
		if (calendar_date(day).year == year)
			minutes[what->number] += (to->number - from->number) / 60;
	}
}

/* Of all nurses whose time is here, beside the events and not added to them. */
static json_t *times_json(struct api_node *app, int32_t year)
{
	const struct schema_field *activity = schema_field_named(
	        schema_kind(SCHEMA_TIME_ENTRY), span_text("activity"));
	int64_t minutes[SCHEMA_FIELDS_MAX] = {0};
	json_t *list = json_array();
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		if (node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_TIME &&
		        node_doc_by_number(app->node, i, &doc) == 0)
			add_times(app, doc, year, minutes);
	}
	for (const struct schema_choice *choice = activity->choices; choice->number; choice++)
		json_array_append_new(list,
		        json_pack("{s:s, s:{s:s, s:s}, s:I}", "activity", choice->name, "label", "fr",
		                choice->label.fr, "en", choice->label.en, "minutes",
		                (json_int_t)minutes[choice->number]));
	return list;
}

static json_t *summary_json(
        struct api_node *app, const struct practice_year *figures, int32_t year, int32_t today)
{
	const int32_t facilitated = figures->types[PRACTICE_FACILITATION].minutes;
	json_t *json = json_pack("{s:i, s:o, s:o, s:o}", "year", (int)year, "today", day_json(today), "types",
	        types_json(figures), "sharing", sharing_json(figures, today));
	json_object_set_new(json, "facilitation",
	        json_pack("{s:i, s:i, s:i, s:i}", "minutes", (int)facilitated, "weeks", (int)figures->weeks,
	                "minutesPerWeek", (int)(figures->weeks ? facilitated / figures->weeks : 0),
	                "expectedPerWeek", PRACTICE_FACILITATION_MINUTES));
	json_object_set_new(json, "peerVisits",
	        json_pack("{s:i, s:i}", "count", (int)figures->types[PRACTICE_PEER_VISIT].count, "expected",
	                PRACTICE_PEER_VISITS));
	json_object_set_new(json, "interTeam",
	        json_pack("{s:i, s:i}", "count", (int)figures->types[PRACTICE_INTER_TEAM].count, "expected",
	                PRACTICE_INTER_TEAMS));
	json_object_set_new(json, "training",
	        json_pack("{s:i, s:i}", "omahaExpected", PRACTICE_OMAHA_MINUTES, "selfOrganizationExpected",
	                PRACTICE_SELF_ORGANIZATION_MINUTES));
	json_object_set_new(json, "people", people_json(app, figures));
	return json;
}

int api_get_practice_summary(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const int32_t today = (int32_t)calendar_paris_day((int64_t)(env_wall_ms(app->env) / 1000));
	const char *asked = api_call_query(call, "year");
	const long year = asked ? strtol(asked, NULL, 10) : calendar_date(today).year;
	struct record_id id;
	if (year < 1970 || year > 2199) {
		api_call_fail(call, ERR_INVALID, "\"year\" takes a year, as 2026.");
		return 0;
	}
	struct crdt_doc *doc = practice_doc(app, &id);
	const struct digest_source source = api_digest_source(app, doc);
	struct practice_year *figures = mem_zero(1, sizeof(*figures));
	uint32_t count = 0;
	struct practice_event *events = doc ? practice_events(&source, &count) : NULL;
	practice_of(events, count, (int32_t)year, today, figures);
	json_t *json = summary_json(app, figures, (int32_t)year, today);
	mem_free(events);
	mem_free(figures);
	json_object_set_new(json, "time", times_json(app, (int32_t)year));
	json_object_set_new(json, "doubled", api_doubled_json(app, (int32_t)year));
	json_object_set_new(json, "leaving", leaving_json(app));
	api_call_reply(call, 200, json);
	return 0;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

static json_t *signature_json(struct api_node *app, const struct rules_signature *signature)
{
	uint32_t feed;
	json_t *json = json_pack("{s:o, s:o, s:i, s:b}", "id",
	        api_hex(signature->id.bytes, sizeof(signature->id.bytes)), "at",
	        api_moment_ms((uint64_t)signature->at_s * 1000), "version", (int)signature->version,
	        "current", signature->is_current);
	if (log_feed_number(node_log(app->node), &signature->op.feed, &feed))
		json_object_set_new(json, "by",
		        describe_author(app, feed, signature->op.seq, signature->hlc,
		                api_clock_of(app, &signature->op)));
	json_object_set_new(json, "fr",
	        json_string(signature->is_current    ? "A signé le texte tel qu'il est."
	                        : signature->version ? "A signé une version antérieure."
	                                             : "A signé une version inconnue."));
	json_object_set_new(json, "en",
	        json_string(signature->is_current    ? "Signed the text as it is."
	                        : signature->version ? "Signed an earlier version."
	                                             : "Signed an unknown version."));
	return json;
}

static bool has_signed(struct api_node *app, const struct person_id *person,
        const struct rules_signature *all, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t feed;
		struct device_id device;
		struct person_id by;
		if (all[i].is_current && log_feed_number(node_log(app->node), &all[i].op.feed, &feed) &&
		        node_feed_author(app->node, feed, &device, &by) && person_id_eq(&by, person))
			return true;
	}
	return false;
}

static bool is_here(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state == TEAM_DEVICE_ACTIVE)
			return true;
	return false;
}

/* Nurses of the team who have not signed the text as it is. */
static json_t *unsigned_json(struct api_node *app, const struct rules_signature *all, uint32_t count)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct person_id person = view->people[i].id;
		if (view->people[i].role == TEAM_ROLE_NURSE && is_here(view, &person) &&
		        !has_signed(app, &person, all, count))
			json_array_append_new(
			        list, person_json(app, span_of(person.bytes, sizeof(person.bytes))));
	}
	return list;
}

static json_t *rule_json(struct api_node *app, struct crdt_doc *doc, const struct record_id *rule)
{
	const struct digest_source source = api_digest_source(app, doc);
	json_t *json = record_json(doc, schema_kind(SCHEMA_TEAM_RULE), rule), *signatures = json_array();
	uint8_t digest[RULES_DIGEST_BYTES];
	uint32_t count, current;
	rules_digest(doc, rule, digest);
	struct rules_signature *all = rules_signatures(&source, rule, &count, &current);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(signatures, signature_json(app, &all[i]));
	json_object_set_new(json, "digest", api_hex(digest, sizeof(digest)));
	json_object_set_new(json, "holds", json_boolean(rules_holds(doc, rule)));
	json_object_set_new(json, "version", json_integer(current));
	json_object_set_new(json, "signatures", signatures);
	json_object_set_new(json, "unsigned", unsigned_json(app, all, count));
	mem_free(all);
	return json;
}

int api_get_rules(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id, rule;
	struct crdt_doc *doc = practice_doc(app, &id);
	struct span cursor = {NULL, 0};
	json_t *list = json_array();
	while (doc && record_next(doc, schema_kind(SCHEMA_TEAM_RULE), &cursor, &rule))
		json_array_append_new(list, rule_json(app, doc, &rule));
	api_call_reply(call, 200, json_pack("{s:o}", "rules", list));
	return 0;
}

/* By the first 4 or more digits. False: replied. */
static bool find_rule(struct api_call *call, struct crdt_doc *doc, struct record_id *out)
{
	const char *text = api_call_param(call, 0);
	struct span cursor = {NULL, 0};
	struct record_id rule;
	unsigned found = 0;
	while (doc && strlen(text) >= 4 && record_next(doc, schema_kind(SCHEMA_TEAM_RULE), &cursor, &rule)) {
		char hex[2 * ID_SHORT_BYTES + 1];
		ids_hex(hex, rule.bytes, sizeof(rule.bytes));
		if (strncmp(hex, text, strlen(text)) != 0)
			continue;
		*out = rule;
		found++;
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several texts' ids begin so: give more digits."
		              : "There is no such text: see \"releve rules list\".");
	return found == 1;
}

static int write_signature(struct api_node *app, const struct record_id *doc_id, const struct record_id *rule,
        const uint8_t digest[RULES_DIGEST_BYTES], struct record_id *id)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SIGNATURE);
	struct record_edit edit = {.record = {.kind = kind}};
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_PRACTICE, doc_id, &change);
	if (result)
		return result;
	env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	*id = edit.record.id;
	schema_put(&edit.record, schema_field_named(kind, span_text("rule")))->bytes = span_of(
	        rule->bytes, SCHEMA_SHORT_BYTES);
	struct schema_value *at = schema_put(&edit.record, schema_field_named(kind, span_text("at")));
	at->number = (int64_t)(env_wall_ms(app->env) / 1000);
	at->offset_minutes = calendar_paris_offset_minutes(at->number);
	schema_put(&edit.record, schema_field_named(kind, span_text("digest")))->bytes = span_of(
	        digest, RULES_DIGEST_BYTES);
	result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (result) {
		node_change_drop(&change);
		return result;
	}
	return node_change_finish(app->node, &change, NULL, NULL, NULL);
}

int api_post_rule_sign(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *saw = api_text(api_call_json(call), "saw");
	struct record_id doc_id, rule, id;
	struct crdt_doc *doc = practice_doc(app, &doc_id);
	uint8_t seen[RULES_DIGEST_BYTES], digest[RULES_DIGEST_BYTES];
	if (!find_rule(call, doc, &rule) || api_refused_record(call))
		return 0;
	if (!saw || strlen(saw) != 2 * sizeof(seen) || !ids_from_hex(seen, sizeof(seen), saw)) {
		api_call_fail(call, ERR_INVALID,
		        "\"saw\" is the \"digest\" of the text that you read. Nothing was signed.");
		return 0;
	}
	rules_digest(doc, &rule, digest);
	if (memcmp(seen, digest, sizeof(seen)) != 0) {
		api_call_fail(call, ERR_CONFLICT,
		        "The text has changed since you read it: read it again. Nothing was signed.");
		return 0;
	}
	int result = write_signature(app, &doc_id, &rule, digest, &id);
	return result
	        ? result
	        : api_reply_durable(call, 201, json_pack("{s:o}", "id", api_hex(id.bytes, sizeof(id.bytes))));
}
