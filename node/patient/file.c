#include "node/patient/file.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/patient/identity.h"
#include "node/schema/identifiers.h"
#include "node/schema/moment.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

/* NULL: the table does not have it. */
static const struct schema_field *field_of(enum schema_kind_number number, const char *name)
{
	const struct schema_kind *kind = schema_kind(number);
	return kind ? schema_field_named(kind, span_text(name)) : NULL;
}

static const struct schema_choice *choice_of(const struct schema_field *field, const char *name)
{
	return field ? schema_choice_named(field, span_text(name)) : NULL;
}

/* The label of a choice by its name. */
static json_t *choice_label(const struct schema_field *field, const char *name)
{
	const struct schema_choice *choice = choice_of(field, name);
	return json_pack(
	        "{s:s, s:s}", "fr", choice ? choice->label.fr : name, "en", choice ? choice->label.en : name);
}

static void copy(json_t *to, const char *as, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);
	if (value)
		json_object_set(to, as, value);
}

/* ---- Identity ---------------------------------------------------------------------------------------------------- */

static const char *const IDENTITY[] = {"lastName", "firstName", "birthName", "sex", "birthDate", "birthPlace",
        "birthCommune", "nir", "insOid", "deceasedOn"};

/* The values that files give a field: one for each file that gives one. Several different ones: true. */
static bool values_of(const json_t *heads, const char *name, json_t *values)
{
	bool differ = false;
	size_t index;
	json_t *head;
	json_array_foreach((json_t *)(uintptr_t)heads, index, head)
	{
		json_t *value = json_object_get(head, name);
		const json_t *first = json_object_get(json_array_get(values, 0), "value");
		if (!value)
			continue;
		differ |= first && !json_equal(first, value);
		json_array_append_new(values,
		        json_pack("{s:O, s:O}", "value", value, "dossier", json_object_get(head, "id")));
	}
	return differ;
}

static json_t *differing(const json_t *heads)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof(IDENTITY) / sizeof(*IDENTITY); i++) {
		json_t *values = json_array();
		const struct schema_field *field = field_of(SCHEMA_PATIENT, IDENTITY[i]);
		if (field && values_of(heads, IDENTITY[i], values))
			json_array_append_new(list,
			        json_pack("{s:s, s:{s:s, s:s}, s:O}", "field", IDENTITY[i], "label", "fr",
			                field->label.fr, "en", field->label.en, "values", values));
		json_decref(values);
	}
	return list;
}

/* Does what is known agree with the INS number? */
static json_t *warnings_of(const json_t *head)
{
	static const char *const names[] = {"sex", "birthDate", "birthCommune", "nir"};
	struct schema_record all = {.kind = schema_kind(SCHEMA_PATIENT)};
	struct schema_report report = {0};
	struct arena arena = {0};
	json_t *list = json_array(), *known = json_object();
	struct record_edit edit = {.record = {.kind = all.kind}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		copy(known, names[i], head, names[i]);
	if (json_object_size(known) &&
	        record_from_json(known, SCHEMA_CHECK_TAKEN, &arena, &edit, &report) == 0)
		all = edit.record;
	report = (struct schema_report){0};
	if (edit.record.count)
		identity_report_doubts(&edit.record, &report);
	for (uint32_t i = 0; i < report.count; i++) {
		struct buf fr = {0}, en = {0};
		schema_problem_sentence(&report.problems[i], SCHEMA_FR, &fr);
		schema_problem_sentence(&report.problems[i], SCHEMA_EN, &en);
		json_array_append_new(list,
		        json_pack("{s:s, s:s%, s:s%}", "field", report.problems[i].field->name, "fr",
		                (const char *)fr.data, fr.size, "en", (const char *)en.data, en.size));
		buf_close(&fr);
		buf_close(&en);
	}
	arena_close(&arena);
	json_decref(known);
	return list;
}

static json_t *ins_of(const json_t *head)
{
	const char *number = text_of(head, "nir"), *kind = text_of(head, "insOid");
	const struct schema_choice *choice = choice_of(field_of(SCHEMA_PATIENT, "insOid"), kind);
	const char *oid = choice ? identifiers_ins_oid(choice->number) : NULL;
	if (!*number)
		return json_null();
	json_t *json = json_pack("{s:s}", "number", number);
	if (oid) {
		json_object_set_new(json, "oid", json_string(oid));
		json_object_set_new(json, "kind", choice_label(field_of(SCHEMA_PATIENT, "insOid"), kind));
	}
	return json;
}

json_t *file_identity(const json_t *heads)
{
	const json_t *head = json_array_get(heads, 0);
	const char *status = text_of(head, "insStatus");
	if (!*status)
		status = "provisoire";
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "status", status, "statusLabel",
	        choice_label(field_of(SCHEMA_PATIENT, "insStatus"), status), "ins", ins_of(head), "warnings",
	        warnings_of(head), "differs", differing(heads));
}

/* ---- Alerts ------------------------------------------------------------------------------------------------------ */

static bool is_state(const json_t *record, const char *wanted, const char *preset)
{
	const json_t *live = json_object_get(
	        json_object_get(json_object_get(record, "concurrent"), "state"), "values");
	const char *state = text_of(record, "state");
	for (size_t i = 0; i < json_array_size(live); i++)
		if (strcmp(text_of(json_array_get(live, i), "value"), wanted) == 0)
			return true;
	return strcmp(*state ? state : preset, wanted) == 0;
}

static uint32_t number_of(const struct schema_field *field, const char *name)
{
	const struct schema_choice *choice = choice_of(field, name);
	return choice ? choice->number : 0;
}

struct graded {
	json_t *alert;
	uint32_t severity;
	size_t place;
};

static int gravest_first(const void *left, const void *right)
{
	const struct graded *a = left, *b = right;
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

json_t *file_alerts(const json_t *alerts, bool held)
{
	const struct schema_field *severity = field_of(SCHEMA_ALERT, "severity");
	struct graded *graded = mem_zero(json_array_size(alerts) + 1, sizeof(*graded));
	json_t *list = json_array(), *alert;
	size_t index, count = 0;
	json_array_foreach((json_t *)(uintptr_t)alerts, index, alert)
	{
		if (is_state(alert, "active", "active") == held)
			graded[count++] = (struct graded){
			        alert, number_of(severity, text_of(alert, "severity")), index};
	}
	qsort(graded, count, sizeof(*graded), gravest_first);
	for (size_t i = 0; i < count; i++)
		json_array_append(list, graded[i].alert);
	mem_free(graded);
	return list;
}

/* ---- Consents ---------------------------------------------------------------------------------------------------- */

static json_t *of_scope(const json_t *list, const char *scope)
{
	size_t index;
	json_t *one;
	json_array_foreach((json_t *)(uintptr_t)list, index, one)
	{
		if (strcmp(text_of(one, "scope"), scope) == 0)
			return one;
	}
	return NULL;
}

static json_t *last_consent(const json_t *consent, const char *today)
{
	const char *decision = text_of(consent, "decision"), *until = text_of(consent, "until");
	const bool is_given = !*decision || strcmp(decision, "given") == 0;
	json_t *json = json_pack("{s:s, s:o, s:s, s:b, s:O, s:[]}", "scope", text_of(consent, "scope"),
	        "label", choice_label(field_of(SCHEMA_CONSENT, "scope"), text_of(consent, "scope")),
	        "decision", *decision ? decision : "given", "holds",
	        is_given && (!*until || strcmp(until, today) >= 0), "record", json_object_get(consent, "id"),
	        "earlier");
	copy(json, "until", consent, "until");
	copy(json, "who", consent, "who");
	copy(json, "saved", consent, "saved");
	copy(json, "dossier", consent, "dossier");
	return json;
}

json_t *file_consents(const json_t *consents, const char *today)
{
	json_t *list = json_array(), *consent;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)consents, index, consent)
	{
		json_t *last = of_scope(list, text_of(consent, "scope"));
		if (json_is_true(json_object_get(consent, "corrected")))
			continue;
		if (last)
			json_array_append(json_object_get(last, "earlier"), consent);
		else
			json_array_append_new(list, last_consent(consent, today));
	}
	return list;
}

/* ---- Référent, circle, ALD --------------------------------------------------------------------------------------- */

static void add_person(json_t *values, const json_t *person, const json_t *head)
{
	size_t index;
	json_t *one;
	json_array_foreach(values, index, one)
	{
		if (json_equal(json_object_get(one, "person"), person))
			return;
	}
	json_t *value = json_pack("{s:O, s:O}", "person", person, "dossier", json_object_get(head, "id"));
	copy(value, "from", head, "referentFrom");
	json_array_append_new(values, value);
}

json_t *file_referent(const json_t *heads)
{
	json_t *values = json_array(), *head;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)heads, index, head)
	{
		const json_t *live = json_object_get(
		        json_object_get(json_object_get(head, "concurrent"), "referent"), "values");
		const json_t *person = json_object_get(head, "referent");
		for (size_t i = 0; i < json_array_size(live); i++)
			add_person(values, json_object_get(json_array_get(live, i), "value"), head);
		if (person)
			add_person(values, person, head);
	}
	return json_pack("{s:o, s:b}", "values", values, "conflict", json_array_size(values) > 1);
}

json_t *file_circle(const json_t *heads)
{
	json_t *list = json_array(), *head, *person;
	size_t index, place;
	json_array_foreach((json_t *)(uintptr_t)heads, index, head)
	{
		json_array_foreach(json_object_get(head, "circle"), place, person)
		{
			bool known = false;
			for (size_t i = 0; i < json_array_size(list); i++)
				known |= json_equal(json_array_get(list, i), person);
			if (!known)
				json_array_append(list, person);
		}
	}
	return list;
}

json_t *file_fields(const json_t *heads, const char *const *names)
{
	json_t *json = json_object(), *head;
	for (size_t i = 0; names[i]; i++) {
		size_t index;
		json_array_foreach((json_t *)(uintptr_t)heads, index, head)
		{
			if (!json_object_get(json, names[i]))
				copy(json, names[i], head, names[i]);
		}
	}
	return json;
}

json_t *file_ald(const json_t *heads, const char *today)
{
	static const char *const names[] = {"ald", "aldFrom", "aldUntil", NULL};
	json_t *found = file_fields(heads, names), *head;
	const char *until = text_of(found, "aldUntil");
	bool is_ald = false;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)heads, index, head)
	{
		is_ald |= json_is_true(json_object_get(head, "ald"));
	}
	json_t *json = json_pack("{s:b, s:b}", "ald", is_ald, "ended", *until && strcmp(until, today) < 0);
	copy(json, "from", found, "aldFrom");
	copy(json, "until", found, "aldUntil");
	json_decref(found);
	return json;
}

/* ---- Planned visits ---------------------------------------------------------------------------------------------- */

struct slot {
	json_t *visit;
	int64_t start_s;
	size_t place;
};

static int next_first(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;
	if (a->start_s != b->start_s)
		return a->start_s < b->start_s ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

json_t *file_planned(const json_t *planned, int64_t from_s, size_t limit)
{
	struct slot *slots = mem_zero(json_array_size(planned) + 1, sizeof(*slots));
	json_t *list = json_array(), *visit;
	size_t index, count = 0;
	json_array_foreach((json_t *)(uintptr_t)planned, index, visit)
	{
		struct moment start;
		if (is_state(visit, "planned", "planned") &&
		        moment_parse(span_text(text_of(visit, "start")), &start) && start.seconds >= from_s)
			slots[count++] = (struct slot){visit, start.seconds, index};
	}
	qsort(slots, count, sizeof(*slots), next_first);
	for (size_t i = 0; i < count && i < limit; i++)
		json_array_append(list, slots[i].visit);
	mem_free(slots);
	return list;
}
