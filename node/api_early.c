/* What is said of a partial copy: in the status, beside what is shown from early copies, and where it stands in the way. */
#include "node/api_node.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/node_early.h"

static json_t *device_hex(const struct device_id *device)
{
	return api_hex(device->bytes, ID_LONG_BYTES);
}

/* Each device whose early copies are shown, with their number. */
static json_t *shown_json(struct api_node *app)
{
	json_t *list = json_array();
	const struct early_copy *copy;
	for (uint32_t i = 0; (copy = node_early_at(app->node, i)); i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		size_t at;
		json_t *item, *mine = NULL;
		ids_hex(hex, copy->sender.bytes, ID_LONG_BYTES);
		json_array_foreach(list, at, item)
		{
			if (strcmp(api_text(item, "device"), hex) == 0)
				mine = item;
		}
		if (!mine) {
			mine = json_pack("{s:s, s:i}", "device", hex, "dossiers", 0);
			json_array_append_new(list, mine);
		}
		json_t *count = json_object_get(mine, "dossiers");
		json_integer_set(count, json_integer_value(count) + 1);
	}
	return list;
}

static json_t *tallies_json(struct api_node *app)
{
	json_t *list = json_array();
	struct node_early_tally tally;
	for (uint32_t i = 0; node_early_tally(app->node, i, &tally); i++)
		json_array_append_new(list,
		        json_pack("{s:o, s:I, s:I, s:I}", "device", device_hex(&tally.sender), "verified",
		                (json_int_t)tally.verified, "false", (json_int_t)tally.wrong, "open",
		                (json_int_t)tally.open));
	return list;
}

static json_t *coming_json(struct api_node *app)
{
	const struct peers_coming coming = peers_coming(app->peers);
	json_t *json = json_object();
	if (coming.early)
		json_object_set_new(json, "early",
		        json_pack("{s:I, s:I, s:I, s:I}", "dossiers", (json_int_t)coming.early_copies,
		                "dossiersExpected", (json_int_t)coming.early_copies_expected, "bytes",
		                (json_int_t)coming.early_bytes, "bytesExpected",
		                (json_int_t)coming.early_bytes_expected));
	if (coming.records)
		json_object_set_new(json, "records",
		        json_pack("{s:I, s:I, s:I, s:I}", "records", (json_int_t)coming.entries,
		                "recordsExpected", (json_int_t)coming.entries_expected, "bytes",
		                (json_int_t)coming.bytes, "bytesExpected",
		                (json_int_t)coming.bytes_expected));
	json_object_set_new(json, "remainingSeconds",
	        coming.remaining_s < 0 ? json_null() : json_integer((json_int_t)coming.remaining_s));
	return json;
}

/* Who announced what came from nobody. */
static json_t *unmet_json(struct api_node *app)
{
	json_t *list = json_array();
	struct device_id device;
	uint64_t goal;
	for (uint32_t i = 0; node_copy_unmet(app->node, i, &device, &goal); i++)
		json_array_append_new(
		        list, json_pack("{s:o, s:I}", "device", device_hex(&device), "of", (json_int_t)goal));
	return list;
}

json_t *api_copy_json(struct api_node *app)
{
	const struct node_copy copy = node_copy(app->node);
	json_t *json = json_pack("{s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "partial", copy.is_partial, "records",
	        (json_int_t)copy.records, "of", (json_int_t)copy.goal, "shownFrom", shown_json(app),
	        "earlyCopies", tallies_json(app), "unmet", unmet_json(app), "coming", coming_json(app));
	if (copy.is_partial) {
		json_object_set_new(json, "announcedBy", device_hex(&copy.by));
		json_object_set_new(json, "since", api_moment_ms(copy.since_ms));
	}
	return json;
}

/* A person decides: whoever announced more is away, or lied. */
int api_post_copy_accept(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct node_copy copy = node_copy(app->node);
	if (!node_copy_accept(app->node)) {
		api_call_fail_with(call, ERR_EXISTS,
		        "This device's copy is not partial: nothing is waited for. Nothing was changed.",
		        json_pack("{s:s}", "fr",
		                "La copie de cet appareil n'est pas partielle : rien n'est attendu. Rien n'a "
		                "été "
		                "changé."));
		return 0;
	}
	return api_reply_durable(call, 200,
	        json_pack("{s:I, s:I, s:o}", "records", (json_int_t)copy.records, "of", (json_int_t)copy.goal,
	                "announcedBy", device_hex(&copy.by)));
}

void api_mark_early(struct api_node *app, json_t *json, const struct record_id *dossier)
{
	const struct early_copy *copy = node_early_of(app->node, dossier);
	if (copy && json)
		json_object_set_new(json, "unverified",
		        json_pack("{s:o, s:o}", "device", device_hex(&copy->sender), "received",
		                api_moment_ms(copy->received_ms)));
}

json_t *api_early_body_json(struct api_node *app, const struct early_body *body)
{
	struct crdt_meta meta;
	struct entry_ref dep;
	(void)app;
	const struct crdt_op op = early_body_op(body, &meta, &dep);
	json_t *json = record_event_json(&op, &meta);
	if (json)
		json_object_set_new(json, "notInLog", json_true());
	return json;
}

bool api_refused_partial(struct api_call *call)
{
	if (!node_copy_is_partial(api_node_of(call)->node))
		return false;
	api_call_fail_with(call, ERR_UNVERIFIED,
	        "This device has a partial copy of the records: this waits until the rest has come (releve "
	        "status), or until somebody here decides not to wait (releve partial accept). "
	        "Nothing was changed.",
	        json_pack("{s:s}", "fr",
	                "Cet appareil n'a qu'une copie partielle des données : attendez que le reste soit "
	                "arrivé "
	                "(releve status), ou que quelqu'un ici décide de ne pas attendre (releve partial "
	                "accept). Rien n'a été changé."));
	return true;
}

void api_fail_unverified(struct api_call *call)
{
	api_call_fail_with(call, ERR_UNVERIFIED, NULL,
	        json_pack("{s:s}", "fr",
	                "Ce dossier est montré d'après une copie provisoire, pas encore vérifiée : on peut "
	                "le lire et y "
	                "ajouter (une visite, par exemple), le modifier dès que le reste sera arrivé. Rien "
	                "n'a été "
	                "enregistré."));
}
