/* Deciding that two files are one person's, or are not, and taking that back (node/patient/README.md, "Joined files"). */
#include "node/api_patients.h"

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/team/roles.h"

struct deciding {
	struct api_node *app;
	struct patient_links links; /* around both files */
	struct record_id file, other;
	bool has_other;
	enum patient_decision decision;
	const char *note; /* NULL: none */
};

/* ---- Writing a decision ------------------------------------------------------------------------------------------ */

static struct schema_value *put(struct schema_record *record, const char *field)
{
	return schema_put(record, schema_field_named(record->kind, span_text(field)));
}

/* One half: the event in the dossier `file`. */
static int write_half(struct api_node *app, const struct record_id *file, const struct schema_record *record)
{
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, file, &change);
	if (result)
		return result;
	result = record_write_new(&change.builder, record);
	if (!result)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

/* Both halves are one batch on the disk, under one id. What was decided about these two before is followed. */
static int write_decision(const struct deciding *deciding, const struct record_id *a,
        const struct record_id *b, enum patient_decision decision)
{
	struct api_node *app = deciding->app;
	struct schema_record record = {.kind = schema_kind(SCHEMA_PATIENT_LINK)};
	struct record_id heads[LIMIT_LINK_FOLLOWS];
	uint8_t follows[LIMIT_LINK_FOLLOWS * SCHEMA_SHORT_BYTES];
	const uint32_t count = patient_pair_heads(deciding->links.items, deciding->links.count, a, b, heads);
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	env_random_bytes(app->env, record.id.bytes, sizeof(record.id.bytes));
	for (uint32_t i = 0; i < count; i++)
		memcpy(follows + i * SCHEMA_SHORT_BYTES, heads[i].bytes, SCHEMA_SHORT_BYTES);
	struct schema_value *at = put(&record, "at"); /* a place moves when another field is put before it */
	at->number = now_s;
	at->offset_minutes = calendar_paris_offset_minutes(now_s);
	put(&record, "decision")->number = decision;
	if (deciding->note)
		put(&record, "note")->bytes = span_text(deciding->note);
	if (count)
		put(&record, "follows")->bytes = span_of(follows, count * SCHEMA_SHORT_BYTES);
	put(&record, "other")->bytes = span_of(b->bytes, sizeof(b->bytes));
	int result = write_half(app, a, &record);
	put(&record, "other")->bytes = span_of(a->bytes, sizeof(a->bytes));
	return result ? result : write_half(app, b, &record);
}

/* ---- Joining ----------------------------------------------------------------------------------------------------- */

static enum patient_pair_state state_of(
        const struct deciding *deciding, const struct record_id *a, const struct record_id *b)
{
	return patient_pair_of(deciding->links.items, deciding->links.count, a, b);
}

static bool is_named_pair(const struct deciding *d, const struct record_id *a, const struct record_id *b)
{
	return record_id_eq(a, &d->file) && record_id_eq(b, &d->other);
}

/* Would two files be one patient's of which somebody says that they are two people's? */
static bool contradicts(
        const struct deciding *d, const struct patient_group *mine, const struct patient_group *theirs)
{
	for (uint32_t i = 0; i < mine->count; i++)
		for (uint32_t j = 0; j < theirs->count; j++) {
			const enum patient_pair_state state = state_of(d, &mine->files[i], &theirs->files[j]);
			if (!is_named_pair(d, &mine->files[i], &theirs->files[j]) &&
			        (state == PATIENT_PAIR_DIFFERENT || state == PATIENT_PAIR_DISPUTED))
				return true;
		}
	return false;
}

/* Joining opens one file's records to whoever is given the other: it takes somebody who reads both in any case, here and at every receiver (node_links.h). */
static bool may_join(struct api_node *app)
{
	const struct device_id self = node_device(app->node);
	const struct team_view *view = node_view(app->node);
	const uint8_t role = view ? team_view_role(view, &self) : TEAM_ROLE_NONE;
	return role == TEAM_ROLE_NURSE || role == TEAM_ROLE_BILLING;
}

/* Every pair of the two groups is joined, so that they hold together when one file is erased. *refused: the sentence. */
static int join(const struct deciding *d, const char **refused)
{
	struct patient_group mine, theirs;
	int result = 0;
	if (!may_join(d->app)) {
		*refused = "Only a nurse joins two files: tell a colleague, who reads both. Nothing was "
		           "changed.";
		return ERR_DENIED;
	}
	api_group_of(d->app, &d->file, &mine);
	api_group_of(d->app, &d->other, &theirs);
	if (record_id_eq(&mine.files[0], &theirs.files[0])) {
		*refused = "These two files are joined already. Nothing was changed.";
		return ERR_EXISTS;
	}
	if (contradicts(d, &mine, &theirs)) {
		*refused = "Of the files that would be one patient's, two were said to be different people: "
		           "decide "
		           "that first. Nothing was changed.";
		return ERR_CONFLICT;
	}
	if (mine.count + theirs.count > LIMIT_JOINED_FILES) {
		*refused = "That would be more files than one patient can have. Nothing was changed.";
		return ERR_FULL;
	}
	for (uint32_t i = 0; i < mine.count && !result; i++)
		for (uint32_t j = 0; j < theirs.count && !result; j++)
			if (state_of(d, &mine.files[i], &theirs.files[j]) != PATIENT_PAIR_JOINED)
				result = write_decision(d, &mine.files[i], &theirs.files[j], PATIENT_SAME);
	return result;
}

/* ---- Setting apart ----------------------------------------------------------------------------------------------- */

/* The file leaves its group: whatever joins it with one of the others is undone. *done: how many. */
static int leave_group(const struct deciding *d, const struct patient_group *group, uint32_t *done)
{
	int result = 0;
	for (uint32_t i = 0; i < group->count && !result; i++) {
		const struct record_id *other = &group->files[i];
		if (record_id_eq(other, &d->file) || (d->has_other && record_id_eq(other, &d->other)) ||
		        state_of(d, &d->file, other) != PATIENT_PAIR_JOINED)
			continue;
		result = write_decision(d, &d->file, other, PATIENT_UNDONE);
		++*done;
	}
	return result;
}

static int set_apart(const struct deciding *d, const char **refused)
{
	struct patient_group group;
	uint32_t done = 0;
	const enum patient_pair_state state = d->has_other ? state_of(d, &d->file, &d->other)
	                                                   : PATIENT_PAIR_OPEN;
	api_group_of(d->app, &d->file, &group);
	const bool is_linked = state == PATIENT_PAIR_JOINED || state == PATIENT_PAIR_DISPUTED ||
	        state == PATIENT_PAIR_HALF || state == PATIENT_PAIR_PROPOSED;
	if (d->decision == PATIENT_UNDONE && d->has_other && !is_linked &&
	        !api_group_has(&group, &d->other)) {
		*refused = "These two files are not joined. Nothing was changed.";
		return ERR_NOTFOUND;
	}
	int result = leave_group(d, &group, &done);
	if (!result && d->has_other && (is_linked || d->decision == PATIENT_DIFFERENT))
		result = write_decision(d, &d->file, &d->other, d->decision);
	else if (!result && !done && !d->has_other) {
		*refused = "This file is not joined with another. Nothing was changed.";
		return ERR_NOTFOUND;
	}
	return result;
}

/* ---- The request ------------------------------------------------------------------------------------------------- */

/* Who is given some of a patient's files and not all: what is written from now on goes to the first. */
static json_t *shares_json(struct api_node *app, const struct patient_group *group)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct person_id person = view->people[i].id;
		struct buf name = {0};
		uint32_t given = 0;
		for (uint32_t j = 0; j < group->count; j++)
			given += node_shared(app->node, &person, &group->files[j]);
		if (given == 0 || given == group->count)
			continue;
		describe_person(app, span_of(person.bytes, sizeof(person.bytes)), &name);
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:b}", "person", api_hex(person.bytes, sizeof(person.bytes)),
		                "name", describe_text(&name), "getsNew",
		                node_shared(app->node, &person, &group->files[0])));
		buf_close(&name);
	}
	return list;
}

static json_t *state_json(struct api_node *app, const struct record_id *file)
{
	struct patient_group group;
	api_group_of(app, file, &group);
	json_t *files = json_array();
	for (uint32_t i = 0; i < group.count; i++)
		json_array_append_new(files, api_file_names(app, &group.files[i]));
	return json_pack("{s:o, s:o, s:b, s:o}", "patient",
	        api_hex(group.files[0].bytes, sizeof(group.files[0].bytes)), "files", files, "contradicted",
	        group.is_contradicted, "shares", shares_json(app, &group));
}

static int reply_state(struct api_call *call)
{
	struct record_id file;
	if (!api_patient_or_reply(call, &file, NULL))
		return 0;
	api_note(api_node_of(call), ACCESS_PATIENTS, NULL, 0);
	api_call_reply(call, 200, state_json(api_node_of(call), &file));
	return 0;
}

/* False: replied. */
static bool read_other(struct api_call *call, struct deciding *out)
{
	const char *text = api_text(api_call_json(call), "other");
	const int result = text ? api_patient_id(out->app, text, &out->other) : 0;
	out->has_other = text != NULL;
	if (result)
		api_call_fail(call, result,
		        result == ERR_NOTFOUND ? "There is no such other file here. Nothing was changed."
		                               : "Several patients' ids begin so: give more digits.");
	else if (!text && out->decision != PATIENT_UNDONE)
		api_call_fail(
		        call, ERR_INVALID, "With which other file? \"other\" takes the digits of an id.");
	else if (text && record_id_eq(&out->file, &out->other))
		api_call_fail(call, ERR_INVALID, "That is the same file. Nothing was changed.");
	else
		return true;
	return false;
}

/* False: replied. */
static bool read_deciding(struct api_call *call, struct deciding *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT_LINK);
	const struct schema_field *field = schema_field_named(kind, span_text("decision"));
	const char *decision = api_text(api_call_json(call), "decision");
	const struct schema_choice *choice = decision ? schema_choice_named(field, span_text(decision))
	                                              : NULL;
	*out = (struct deciding){.app = api_node_of(call)};
	if (!api_patient_or_reply(call, &out->file, NULL) || !api_optional_text(call, "note", &out->note))
		return false;
	if (!choice) {
		api_call_fail(call, ERR_INVALID,
		        "\"decision\" is same-person, different or undone. Nothing was changed.");
		return false;
	}
	out->decision = (enum patient_decision)choice->number;
	if (out->note &&
	        (!*out->note || strlen(out->note) > (size_t)schema_field_named(kind, span_text("note"))->max))
		out->note = NULL;
	if (!out->note && out->decision != PATIENT_SAME) {
		api_call_fail(call, ERR_INVALID,
		        "A reason is needed to set files apart (--reason, or \"note\"), of at most 4,000 "
		        "bytes.");
		return false;
	}
	return read_other(call, out);
}

/* The decisions that both files know of. */
static void read_links(struct deciding *deciding)
{
	struct patient_links theirs = {0};
	api_links_around(deciding->app, &deciding->file, &deciding->links);
	for (uint32_t i = 0; i < deciding->links.count; i++)
		if (deciding->has_other && record_id_eq(&deciding->links.items[i].file, &deciding->other))
			return; /* it was among them */
	if (deciding->has_other)
		api_links_around(deciding->app, &deciding->other, &theirs);
	for (uint32_t i = 0; i < theirs.count; i++)
		patient_links_add(&deciding->links, &theirs.items[i]);
	patient_links_close(&theirs);
}

int api_post_link(struct api_call *call)
{
	struct deciding deciding;
	const char *refused = NULL;
	if (!read_deciding(call, &deciding))
		return 0;
	if (!node_may_write(deciding.app->node, COMPARTMENT_CLINICAL))
		return ERR_DENIED;
	read_links(&deciding);
	const int result = deciding.decision == PATIENT_SAME ? join(&deciding, &refused)
	                                                     : set_apart(&deciding, &refused);
	patient_links_close(&deciding.links);
	if (result == ERR_UNVERIFIED) {
		api_fail_unverified(call);
		return 0;
	}
	if (result && refused) {
		api_call_fail(call, result, refused);
		return 0;
	}
	return result ? result : api_when_durable(call, reply_state);
}
