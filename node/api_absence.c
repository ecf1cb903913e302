/* Who is away, and when: her visits of those days are nobody's (node/round). */
#include "node/api_round.h"

#include <string.h>

#include "crdt/base/err.h"

static struct record_id planning_id(struct api_node *app)
{
	return record_document_id(node_team(app->node), SCHEMA_DOC_PLANNING, NULL);
}

static json_t *absence_json(struct api_node *app, const struct record_id *id, struct api_round_ask *ask)
{
	const struct record_id planning = planning_id(app);
	struct round_person person;
	struct crdt_doc *doc;
	if (node_doc(app->node, SCHEMA_DOC_PLANNING, &planning, &doc))
		return NULL;
	json_t *json = record_json(doc, schema_kind(SCHEMA_ABSENCE), id);
	const char *hex = api_text(json, "person");
	if (hex && ids_from_hex(person.bytes, sizeof(person.bytes), hex)) {
		json_t *named = api_round_person_json(ask, &person);
		json_object_set(json, "name", json_object_get(named, "name"));
		json_decref(named);
	}
	return json;
}

int api_get_absences(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct record_id planning = planning_id(app);
	struct api_round_ask ask;
	struct crdt_doc *doc;
	struct span cursor = {0};
	struct record_id id;
	json_t *ids = json_array(), *list = json_array(), *one;
	size_t index;
	int result = api_round_open(app, &ask);
	/* names are looked up in another document, after which this one is not borrowed any more */
	if (!result && node_doc(app->node, SCHEMA_DOC_PLANNING, &planning, &doc) == 0)
		while (record_next(doc, schema_kind(SCHEMA_ABSENCE), &cursor, &id))
			json_array_append_new(ids, api_hex(id.bytes, sizeof(id.bytes)));
	json_array_foreach(ids, index, one)
	{
		json_t *json = ids_from_hex(id.bytes, sizeof(id.bytes), json_string_value(one))
		        ? absence_json(app, &id, &ask)
		        : NULL;
		if (json)
			json_array_append_new(list, json);
	}
	if (!result)
		api_call_reply(call, 200, json_pack("{s:O}", "absences", list));
	json_decref(ids);
	json_decref(list);
	api_round_close(&ask);
	return result;
}

/* "person" takes the first digits of an id, or of one of her devices'. */
int api_post_absence(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct record_id planning = planning_id(app);
	struct person_id person;
	const char *text;
	if (!api_optional_text(call, "person", &text) || (text && !api_person_or_reply(call, text, &person)))
		return 0;
	if (text)
		json_object_set_new(api_call_json(call), "person", api_hex(person.bytes, SCHEMA_SHORT_BYTES));
	return api_write_record(call, schema_kind(SCHEMA_ABSENCE), &planning, NULL, SCHEMA_CHECK_NEW, NULL);
}
