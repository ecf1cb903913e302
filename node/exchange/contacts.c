#include "node/exchange/contacts.h"

#include <string.h>

#include "node/schema/moment.h"

enum { NOTE_DAYS = 7, SOON_DAYS = 1 }; /* before the answer is due */

static const char *text_of(const json_t *record, const char *name)
{
	return json_string_value(json_object_get(record, name));
}

static bool counts(const json_t *contact)
{
	return !json_is_true(json_object_get(contact, "corrected")) &&
	        !json_is_true(json_object_get(contact, "mistaken"));
}

/* "replyTo" holds the first digits of an id. */
static bool answers(const json_t *reply, const json_t *contact)
{
	const char *to = text_of(reply, "replyTo"), *id = text_of(contact, "id");
	return to && id && *to && strncmp(id, to, strlen(to)) == 0 && counts(reply);
}

static bool answer_day(const json_t *contact, int64_t *day)
{
	const char *text = text_of(contact, "answerBy");
	return text && counts(contact) && moment_day_parse(span_text(text), day);
}

void contacts_join(json_t *contacts, int64_t today)
{
	size_t i, j;
	json_t *contact, *reply;
	int64_t day;
	json_array_foreach(contacts, i, contact)
	{
		json_t *found = json_array();
		json_array_foreach(contacts, j, reply) if (answers(reply, contact))
		        json_array_append(found, json_object_get(reply, "id"));
		if (answer_day(contact, &day))
			json_object_set_new(contact, "state",
			        json_string(json_array_size(found) ? "answered"
			                        : day < today      ? "late"
			                                           : "awaited"));
		json_object_set_new(contact, "answers", found);
	}
}

static void add_fact(const json_t *contact, int64_t day, uint32_t source, struct work_facts *out)
{
	struct record_id id;
	const char *hex = text_of(contact, "id"), *partner = text_of(contact, "partner");
	if (!hex || !ids_from_hex(id.bytes, sizeof(id.bytes), hex) || day < -25567 || day > 84005)
		return;
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	fact->key = fact->records = work_keep(out, span_of(id.bytes, sizeof(id.bytes)));
	fact->note = (int32_t)day - NOTE_DAYS;
	fact->soon = (int32_t)day - SOON_DAYS;
	fact->now = (int32_t)day + 1;
	fact->day = (int32_t)day;
	fact->whose = WORK_REFERENT;
	fact->fr = work_words(out, "Réponse attendue de %s.", partner ? partner : "?");
	fact->en = work_words(out, "An answer is expected from %s.", partner ? partner : "?");
}

void contacts_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_CONTACT);
	json_t *contacts = kind ? digest_records_json(document, kind) : json_array(), *contact;
	size_t index;
	int64_t day;
	contacts_join(contacts, 0);
	json_array_foreach(contacts, index, contact) if (answer_day(contact, &day) &&
	        json_array_size(json_object_get(contact, "answers")) == 0)
	        add_fact(contact, day, source, out);
	json_decref(contacts);
}
