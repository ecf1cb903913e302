/* Closing a month, showing it, checking it. Computing waits until everything written is durable. */
#include "node/api_billing.h"

#include "crdt/base/err.h"
#include "node/api_statement.h"
#include "node/calendar.h"
#include "node/billing/statement.h"

int billing_month_or_reply(struct api_call *call, uint32_t *out)
{
	int32_t month;
	const char *text = api_call_param(call, 0);
	if (!api_reads_billing_or_reply(call))
		return ERR_DENIED;
	if (strlen(text) == 7 && api_month(text, &month) && month >= 0) {
		*out = (uint32_t)month;
		return 0;
	}
	api_call_fail(call, ERR_INVALID, "A month is written 2026-11.");
	return ERR_INVALID;
}

json_t *billing_month_json(uint32_t month)
{
	char text[16];
	snprintf(text, sizeof(text), "%04u-%02u", (1970 + month / 12) % 10000, month % 12 + 1);
	return json_string(text);
}

struct span billing_territory_of(const char *text)
{
	return text ? span_text(text) : (struct span){(const uint8_t *)"", 0};
}

int api_post_designate(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct device_id holder = node_device(app->node);
	const char *text;
	if (!api_optional_text(call, "device", &text))
		return 0;
	if (text && api_device_or_reply(call, text, &holder))
		return 0;
	const struct team_view *view = node_view(app->node);
	if (view && team_view_device(view, &holder) && !team_view_manages(view, &holder)) {
		api_fail_words(call, ERR_DENIED,
		        "Les mois sont clos par l'appareil d'une infirmière qui gère l'équipe ; celui-ci "
		        "attend la "
		        "signature d'une deuxième collègue.",
		        "The month is closed by a nurse's device that manages; this one waits for a second "
		        "colleague's signature "
		        "(releve endorse).");
		return 0;
	}
	int result = node_billing_designate(app->node, &holder, NULL, NULL);
	return result ? result
	              : api_reply_durable(call, 200,
	                        json_pack("{s:o}", "holder", api_hex(holder.bytes, ID_LONG_BYTES)));
}

/* The statement of a lot's bytes; NULL when they are none. */
static json_t *lot_json(struct span bytes)
{
	struct arena arena = {0};
	struct billing_lot lot;
	struct buf csv = {0};
	json_t *json = NULL;
	if (lot_decode(&lot, bytes, &arena) == 0) {
		struct lot_hash hash = lot_hash_of(bytes);
		statement_csv(&lot, &hash, &part_whole, &csv);
		json = statement_json(&lot, &hash, &part_whole);
		json_object_set_new(json, "csv", json_stringn((const char *)csv.data, csv.size));
	}
	buf_close(&csv);
	arena_close(&arena);
	return json;
}

void billing_note(struct api_call *call)
{
	api_note(api_node_of(call), ACCESS_BILLING, NULL, api_note_day(api_call_param(call, 0)));
}

static int reply_lot(struct api_call *call, int status, struct span bytes)
{
	json_t *json = lot_json(bytes);
	if (!json)
		return ERR_CORRUPT;
	billing_put_names(call, json);
	billing_note(call);
	return api_reply_durable(call, status, json);
}

/* The month's newest lot that counts, or the one that `lot` names, whether it counts or not. */
static int lot_asked(struct api_call *call, uint32_t month, struct buf *bytes)
{
	struct api_node *app = api_node_of(call);
	const char *hash = api_call_query(call, "lot");
	return hash ? api_find_lot(app, month, hash, bytes) : node_billing_lot(app->node, month, bytes);
}

static int get_billing(struct api_call *call)
{
	uint32_t month;
	struct buf bytes = {0};
	if (billing_month_or_reply(call, &month))
		return 0;
	int result = lot_asked(call, month, &bytes);
	if (result == ERR_NOTFOUND) {
		api_fail_words(call, result, "Ce mois n'a pas été clos, à la connaissance de cet appareil.",
		        "This month has not been closed, as far as this device knows.");
		result = 0;
	} else if (!result) {
		result = reply_lot(call, 200, buf_span(&bytes));
	}
	buf_close(&bytes);
	return result;
}

int api_get_billing(struct api_call *call)
{
	return api_when_quiet(call, get_billing);
}

static const char *refusal_sentence(int error, const struct node_billing_refusal *why, bool french)
{
	if (why->standing)
		return billing_standing_sentence(why->standing, french);
	if (why->obstacle.kind && error != ERR_NOTFOUND)
		return billing_obstacle_sentence(why->obstacle.kind, french);
	switch (error) {
	case ERR_DENIED:
		return french ? "Seul l'appareil désigné clôt un mois : voir « billing designate »."
		              : "Only the designated device closes a month: see \"billing designate\".";
	case ERR_EXISTS:
		return french ? "Ce mois est déjà clos ; les différences vont dans le lot suivant, ou avec « "
		                "again »."
		              : "This month was closed already; differences go into the next lot, or with "
		                "\"again\".";
	case ERR_NOTFOUND:
		return french ? "Une visite facturable n'a pas de tarif : ajoutez-en un qui vaut ce jour-là, "
		                "ou nommez le territoire."
		              : "A billable visit has no rate: add a rate table that is valid on its day, or "
		                "name the territory.";
	case ERR_INVALID:
		return french
		        ? "Un mois plus récent est déjà clos : les visites tardives vont avec le mois "
		          "suivant."
		        : "A later month was closed already: late visits are billed with the next month.";
	case ERR_CONFLICT:
		return french ? "Une visite ou un tarif existe en deux versions : décidez d'abord."
		              : "A visit or a rate stands in two versions: settle that first.";
	case ERR_GAP:
		return french ? "Un lot précédent n'est pas encore arrivé sur cet appareil."
		              : "An earlier lot has not arrived on this device yet.";
	default:
		return NULL;
	}
}

/* What it is about. */
static json_t *refusal_about(const struct node_billing_refusal *why)
{
	const struct billing_obstacle *obstacle = &why->obstacle;
	json_t *more = json_object();
	if (obstacle->has_visit)
		json_object_set_new(
		        more, "visit", api_hex(obstacle->visit.bytes, sizeof(obstacle->visit.bytes)));
	if (obstacle->kind == BILLING_OBSTACLE_TWO_RATES)
		json_object_set_new(more, "rates",
		        json_pack("[o, o]", api_hex(obstacle->rates[0].bytes, ID_SHORT_BYTES),
		                api_hex(obstacle->rates[1].bytes, ID_SHORT_BYTES)));
	if (!device_id_is_zero(&why->holder))
		json_object_set_new(more, "device", api_hex(why->holder.bytes, ID_LONG_BYTES));
	if (why->later)
		json_object_set_new(more, "laterMonth", billing_month_json(why->later));
	return more;
}

void billing_refuse(struct api_call *call, int result, const struct node_billing_refusal *why)
{
	const char *french = refusal_sentence(result, why, true);
	json_t *more = refusal_about(why);
	if (french)
		json_object_set_new(more, "fr", json_string(french));
	api_call_fail_with(call, result, refusal_sentence(result, why, false), more);
}

json_t *billing_refusal_json(struct api_call *call, int result, const struct node_billing_refusal *why)
{
	(void)call;
	if (!result)
		return json_null();
	json_t *json = refusal_about(why);
	json_object_set_new(json, "fr", json_string(refusal_sentence(result, why, true)));
	json_object_set_new(json, "en", json_string(refusal_sentence(result, why, false)));
	return json;
}

/* By this device's clock. What takes place later in the month that runs comes into the next lot. */
static bool has_begun_or_reply(struct api_call *call, uint32_t month, int64_t now_s)
{
	const int32_t running = calendar_month(now_s, calendar_paris_offset_minutes(now_s));
	if ((int64_t)month <= running)
		return true;
	api_fail_words(call, ERR_INVALID, "Ce mois n'a pas commencé. Rien n'a été clos.",
	        "This month has not begun. Nothing was closed.");
	return false;
}

static int close_month(struct api_call *call)
{
	uint32_t month;
	struct buf bytes = {0};
	struct lot_hash hash;
	struct node_billing_refusal why;
	const char *territory;
	const struct node_billing_how how = {json_is_true(json_object_get(api_call_json(call), "again")),
	        (int64_t)(env_wall_ms(api_node_of(call)->env) / 1000)};
	if (billing_month_or_reply(call, &month) || !api_optional_text(call, "territory", &territory) ||
	        !has_begun_or_reply(call, month, how.now_s))
		return 0;
	int result = node_billing_close(api_node_of(call)->node, month, billing_territory_of(territory), &how,
	        &bytes, &hash, &why, NULL, NULL);
	if (result) {
		billing_refuse(call, result, &why);
		result = 0;
	} else {
		result = reply_lot(call, 201, buf_span(&bytes));
	}
	buf_close(&bytes);
	return result;
}

int api_post_close(struct api_call *call)
{
	if (api_refused_record(call) || api_refused_partial(call))
		return 0;
	return api_when_quiet(call, close_month);
}

void billing_put_standing(json_t *reply, enum billing_standing standing)
{
	json_object_set_new(reply, "counts", json_boolean(billing_standing_counts(standing)));
	json_object_set_new(reply, "why",
	        json_pack("{s:s, s:s}", "fr", billing_standing_sentence(standing, true), "en",
	                billing_standing_sentence(standing, false)));
}

static int verify(struct api_call *call)
{
	uint32_t month;
	struct node *node = api_node_of(call)->node;
	struct buf bytes = {0};
	struct node_billing billing = {0};
	struct billing_lot theirs, mine;
	if (billing_month_or_reply(call, &month))
		return 0;
	int result = lot_asked(call, month, &bytes);
	if (result) {
		buf_close(&bytes);
		api_call_fail(call, result,
		        result == ERR_NOTFOUND
		                ? "This month has not been closed, as far as this device knows."
		                : NULL);
		return 0;
	}
	enum billing_standing standing = 0;
	const struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	result = node_billing_standing(node, &hash, &standing);
	if (result == 0)
		result = node_billing_verify(node, buf_span(&bytes), &billing, &theirs, &mine);
	if (result >= 0) {
		json_t *json = statement_json(&theirs, &hash, &part_whole);
		json_object_set_new(
		        json, "same", json_boolean(result == 0 && billing_standing_counts(standing)));
		billing_put_standing(json, standing);
		billing_note(call);
		api_call_reply(call, 200, json);
		result = 0;
	} else if (result == ERR_GAP) {
		api_fail_words(call, result,
		        "Cet appareil n'a pas encore reçu tout ce dont ce mois a été calculé.",
		        "This device has not yet received everything that the month was closed from.");
		result = 0;
	}
	node_billing_wipe(&billing);
	buf_close(&bytes);
	return result;
}

int api_get_verify(struct api_call *call)
{
	return api_when_quiet(call, verify);
}
