/* Who closes months: designated, released, lost; the words of two persons, and every lot that there is. */
#include "node/api_billing.h"

#include "crdt/base/err.h"
#include "node/api_statement.h"
#include "node/team/dag.h"
#include "node/team/membership.h"

static const char *const WORDS[] = {"", "close", "sent", "over"};

static json_t *hash_json(const void *bytes)
{
	return api_hex(bytes, ID_LONG_BYTES);
}

static json_t *device_json(struct api_node *app, const struct device_id *device)
{
	const struct team_device *row = team_view_device(node_view(app->node), device);
	json_t *json = json_pack("{s:o}", "device", hash_json(device->bytes));
	if (!row)
		return json;
	json_object_set_new(json, "person", api_hex(row->person.bytes, ID_SHORT_BYTES));
	json_object_set_new(json, "name", api_person(app, &row->person));
	return json;
}

static json_t *leases_json(struct api_node *app)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = json_array();
	for (uint32_t i = 0; i < view->lease_count; i++) {
		const struct team_lease_fact *lease = &view->leases[i];
		const bool is_current = view->lease.held && entry_hash_eq(&view->lease.lease, &lease->hash);
		json_t *json = device_json(app, &lease->holder);
		json_object_set_new(json, "lease", hash_json(lease->hash.bytes));
		json_object_set_new(json, "fence", json_integer((json_int_t)lease->fence));
		json_object_set_new(json, "inForce", json_boolean(is_current));
		json_object_set_new(json, "released", json_boolean(lease->released));
		if (lease->released && !entry_hash_is_zero(&lease->last_lot))
			json_object_set_new(json, "lastLot", hash_json(lease->last_lot.bytes));
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *word_json(struct api_node *app, const struct team_word_row *row)
{
	const struct team_dag *dag = team_membership_dag(node_membership(app->node));
	const struct team_billing_word *word = &dag->nodes[row->node]->action.as.word;
	json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:b}", "word", hash_json(row->hash.bytes), "what",
	        word->what < sizeof(WORDS) / sizeof(*WORDS) ? WORDS[word->what] : "", "by",
	        api_hex(row->by.bytes, ID_SHORT_BYTES), "name", api_person(app, &row->by), "seconded",
	        row->is_seconded);
	if (word->what == TEAM_WORD_CLOSE)
		json_object_set_new(json, "month", billing_month_json(word->month));
	if (!entry_hash_is_zero(&word->lease))
		json_object_set_new(json, "lease", hash_json(word->lease.bytes));
	if (!entry_hash_is_zero(&word->lot))
		json_object_set_new(json, "lot", hash_json(word->lot.bytes));
	return json;
}

static json_t *lot_row_json(const struct node_billing_row *row)
{
	const struct billing_totals *totals = &row->lot->totals;
	json_t *json = json_pack("{s:o, s:o, s:i, s:o, s:I, s:i, s:i, s:I, s:I, s:o}", "lot",
	        hash_json(row->hash.bytes), "month", billing_month_json(row->lot->month), "ruleVersion",
	        (int)row->lot->rule_version, "holder", hash_json(row->lot->holder.bytes), "fence",
	        (json_int_t)row->lot->fence, "lines", (int)totals->line_count, "credits",
	        (int)totals->credit_count, "visits", (json_int_t)totals->visit_count, "cents",
	        (json_int_t)totals->cents, "written", api_moment_ms(row->written_ms));
	billing_put_standing(json, row->standing);
	return json;
}

static int get_state(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count;
	int result = node_billing_lots(app->node, &billing, &rows, &count);
	if (!result) {
		const struct team_view *view = node_view(app->node);
		json_t *words = json_array(), *lots = json_array();
		for (uint32_t i = 0; i < view->word_count; i++)
			json_array_append_new(words, word_json(app, &view->words[i]));
		/* Who closes is known to all; what it came to, to who reads it. */
		for (uint32_t i = 0; node_may_read(app->node, COMPARTMENT_BILLING) && i < count; i++)
			json_array_append_new(lots, lot_row_json(&rows[i]));
		api_call_reply(call, 200,
		        json_pack("{s:o, s:b, s:o, s:o, s:o}", "holder",
		                view->lease.held ? device_json(app, &view->lease.holder) : json_null(),
		                "contested", view->lease.held && view->lease.contested, "leases",
		                leases_json(app), "words", words, "lots", lots));
	}
	node_billing_wipe(&billing);
	return result;
}

int api_get_billing_state(struct api_call *call)
{
	return api_when_quiet(call, get_state);
}

static int release(struct api_call *call)
{
	struct node *node = api_node_of(call)->node;
	int result = node_billing_release(node, NULL, NULL);
	if (result == ERR_DENIED) {
		api_fail_words(call, result, "Cet appareil n'est pas désigné : il n'y a rien à rendre.",
		        "This device is not designated: there is nothing to release.");
		return 0;
	}
	return result ? result : api_reply_durable(call, 200, json_pack("{s:b}", "released", 1));
}

int api_post_release(struct api_call *call)
{
	return api_refused_partial(call) ? 0 : api_when_quiet(call, release);
}

/* ---- Words ---- */

static bool hash_or_reply(
        struct api_call *call, const char *text, const char *sentence, uint8_t out[ID_LONG_BYTES])
{
	if (text && strlen(text) == 2 * ID_LONG_BYTES && ids_from_hex(out, ID_LONG_BYTES, text))
		return true;
	api_call_fail(call, ERR_INVALID, sentence);
	return false;
}

/* The last lease of the device that was not released. */
static bool lease_of(struct api_call *call, const char *text, struct entry_hash *out)
{
	const struct team_view *view = node_view(api_node_of(call)->node);
	struct device_id device;
	bool found = false;
	if (api_device_or_reply(call, text, &device))
		return false;
	for (uint32_t i = 0; i < view->lease_count; i++)
		if (!view->leases[i].released && device_id_eq(&view->leases[i].holder, &device)) {
			*out = view->leases[i].hash;
			found = true;
		}
	if (!found)
		api_fail_words(call, ERR_NOTFOUND,
		        "Cet appareil n'a pas été désigné, ou a rendu le rôle lui-même.",
		        "That device was not designated, or released the role itself.");
	return found;
}

static bool read_word(struct api_call *call, struct team_billing_word *word)
{
	const json_t *body = api_call_json(call);
	const char *what = api_text(body, "what"), *month = api_text(body, "month"),
	           *lot = api_text(body, "lot"), *device = api_text(body, "device");
	static const char WHOLE[] = "A lot is named by its whole hash (64 digits): see releve billing state.";
	int32_t number;
	*word = (struct team_billing_word){0};
	if (what && strcmp(what, "close") == 0) {
		word->what = TEAM_WORD_CLOSE;
		word->lease = node_view(api_node_of(call)->node)->lease.lease;
		if (month && strlen(month) == 7 && api_month(month, &number) && number >= 0) {
			word->month = (uint32_t)number;
			return true;
		}
		api_fail_words(call, ERR_INVALID, "Un mois s'écrit 2026-11.", "A month is written 2026-11.");
		return false;
	}
	if (what && strcmp(what, "sent") == 0) {
		word->what = TEAM_WORD_SENT;
		return hash_or_reply(call, lot, WHOLE, word->lot.bytes);
	}
	if (what && strcmp(what, "over") == 0) {
		word->what = TEAM_WORD_OVER;
		return lease_of(call, device, &word->lease) &&
		        (!lot || hash_or_reply(call, lot, WHOLE, word->lot.bytes));
	}
	api_call_fail(
	        call, ERR_INVALID, "\"what\" is close (a month), sent (a lot) or over (a device's role).");
	return false;
}

int api_post_word(struct api_call *call)
{
	struct node *node = api_node_of(call)->node;
	struct team_billing_word word;
	struct entry_hash hash;
	if (!node_view(node))
		return ERR_NOTEAM;
	if (!read_word(call, &word))
		return 0;
	int result = node_billing_say(node, &word, &hash, NULL, NULL);
	if (result == ERR_NOTFOUND) {
		api_fail_words(call, result, "Personne n'est désigné en ce moment.",
		        "Nobody is designated now: see releve billing designate.");
		return 0;
	}
	return result ? result
	              : api_reply_durable(call, 201, json_pack("{s:o}", "word", hash_json(hash.bytes)));
}

/* The word whose hash begins so. */
static bool named_word(struct api_call *call, const char *text, struct entry_hash *out)
{
	const struct team_view *view = node_view(api_node_of(call)->node);
	uint32_t found = 0;
	for (uint32_t i = 0; i < view->word_count; i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, view->words[i].hash.bytes, ID_LONG_BYTES);
		if (*text && strncmp(hex, text, strlen(text)) == 0) {
			*out = view->words[i].hash;
			found++;
		}
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several begin so: give more digits."
		              : "Nobody said such a thing about billing: see releve billing state.");
	return found == 1;
}

int api_post_second(struct api_call *call)
{
	struct node *node = api_node_of(call)->node;
	struct entry_hash word;
	if (!node_view(node))
		return ERR_NOTEAM;
	if (!named_word(call, api_call_param(call, 0), &word))
		return 0;
	int result = node_billing_second(node, &word, NULL, NULL);
	if (result == ERR_DENIED && node_denied_why(node) == TEAM_REASON_SAME_PERSON)
		api_fail_words(call, result, "Vous l'avez dit vous-même : une autre personne doit confirmer.",
		        "You said it yourself: it takes another person to confirm it.");
	else if (result == ERR_EXISTS)
		api_fail_words(
		        call, result, "Deux personnes l'ont déjà dit.", "Two persons have said so already.");
	else
		return result ? result : api_reply_durable(call, 200, json_pack("{s:b}", "seconded", 1));
	return 0;
}
