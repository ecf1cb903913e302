/* Before a month is closed: the lot as it would be. Afterwards: its lines explained, statements of each nurse and patient. */
#include "node/api_billing.h"

#include "crdt/base/err.h"
#include "node/api_statement.h"
#include "node/billing/explain.h"
#include "node/billing/shares.h"
#include "node/billing/statement.h"
#include "node/calendar.h"

/* ---- Preview ---- */

static json_t *kinds_json(const struct billing_lot *lot)
{
	static const char *const NAMES[] = {"", "normal", "late", "correction", "credit", "reinstate"};
	json_t *json = json_object();
	for (int kind = BILLING_NORMAL; kind <= BILLING_REINSTATE; kind++) {
		json_int_t lines = 0, visits = 0, cents = 0;
		for (uint32_t i = 0; i < lot->line_count; i++) {
			if (lot->lines[i].kind != (enum billing_line_kind)kind)
				continue;
			lines++;
			visits += lot->lines[i].item_count;
			cents += lot->lines[i].cents;
		}
		json_object_set_new(json, NAMES[kind],
		        json_pack("{s:I, s:I, s:I}", "lines", lines, "visits", visits, "cents", cents));
	}
	return json;
}

static int preview(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint32_t month;
	struct node_billing billing = {0};
	struct billing_lot lot;
	struct node_billing_refusal why;
	struct buf bytes = {0};
	json_int_t stands = 0;
	if (billing_month_or_reply(call, &month))
		return 0;
	int result = node_billing_preview(app->node, month,
	        billing_territory_of(api_call_query(call, "territory")), &billing, &lot, &why);
	if (!result)
		result = lot_encode(&lot, &bytes);
	if (!result) {
		struct lot_hash hash = lot_hash_of(buf_span(&bytes));
		json_t *json = statement_json(&lot, &hash, &part_whole);
		for (uint32_t i = 0; i < billing.input.previous_count; i++)
			stands += billing.input.previous[i].lot->totals.cents;
		json_object_set_new(json, "preview", json_true());
		json_object_set_new(json, "kinds", kinds_json(&lot));
		json_object_set_new(json, "standsBefore", json_integer(stands));
		json_object_set_new(json, "standsAfter", json_integer(stands + lot.totals.cents));
		json_object_set_new(
		        json, "inTheWay", billing_refusal_json(call, why.standing ? ERR_DENIED : 0, &why));
		billing_put_names(call, json);
		billing_note(call);
		api_call_reply(call, 200, json);
	} else {
		billing_refuse(call, result, &why);
		result = 0;
	}
	buf_close(&bytes);
	node_billing_wipe(&billing);
	return result;
}

int api_get_billing_preview(struct api_call *call)
{
	return api_when_quiet(call, preview);
}

/* ---- Explain ---- */

/* The lots that count, as lines cite them. */
static int take_lots(struct api_call *call, struct node_billing *billing, struct billing_previous **lots,
        uint32_t *count, struct node_billing_row **rows, uint32_t *row_count)
{
	int result = node_billing_lots(api_node_of(call)->node, billing, rows, row_count);
	*count = 0;
	*lots = arena_zero(&billing->arena, result ? 0 : *row_count, sizeof(**lots));
	for (uint32_t i = 0; result == 0 && i < *row_count; i++)
		if (billing_standing_counts((*rows)[i].standing))
			(*lots)[(*count)++] = (struct billing_previous){(*rows)[i].lot, (*rows)[i].hash};
	return result;
}

static bool named_visit(struct api_call *call, const struct billing_visit *visits, uint32_t count,
        const char *text, const struct billing_visit **out)
{
	uint32_t found = 0;
	*out = NULL;
	for (uint32_t i = 0; i < count; i++) {
		char hex[2 * ID_SHORT_BYTES + 1];
		ids_hex(hex, visits[i].item.visit.bytes, ID_SHORT_BYTES);
		if (*text && strncmp(hex, text, strlen(text)) == 0) {
			*out = &visits[i];
			found++;
		}
	}
	if (found > 1)
		api_call_fail(call, ERR_CONFLICT, "Several visits begin so: give more digits.");
	return found <= 1;
}

static const struct {
	const char *fr, *en;
} WHY_NOT[] = {{"Elle n'est pas facturable.", "It is not billable."},
        {"Elle a été annulée.", "It was cancelled."}, {"Elle n'est pas terminée.", "It is still running."},
        {"Elle dure moins d'une minute.", "It lasts less than a minute."},
        {"Elle est plus courte que le minimum du tarif.", "It is shorter than the rate table's minimum."},
        {"Elle est d'avant le premier mois facturé.", "It is from before the first month that was billed."},
        {"Son mois n'est pas clos : elle attend la clôture.",
                "Its month is not closed: it waits for the closing."},
        {"Elle attend la prochaine clôture, ou une autre visite du même passage en binôme est facturée à sa "
         "place.",
                "It waits for the next closing, or another visit of the same doubled one is billed in its "
                "place."}};
enum { NOT_BILLABLE, CANCELLED, RUNNING, SHORT, MINIMUM, BEFORE, OPEN, WAITS };

static int why_not(const struct billing_input *input, const struct billing_visit *visit)
{
	const struct billing_rate *tie, *rate;
	const int64_t minutes = money_minutes(visit->item.start_s, visit->item.end_s);
	const uint32_t month = (uint32_t)calendar_month(visit->item.start_s, visit->item.offset_minutes);
	uint32_t opening = UINT32_MAX, closed = 0;
	if (!(visit->flags & BILLING_BILLABLE))
		return NOT_BILLABLE;
	if (visit->flags & BILLING_CANCELLED)
		return CANCELLED;
	if (visit->flags & BILLING_RUNNING)
		return RUNNING;
	if (minutes == 0)
		return SHORT;
	rate = billing_rate_for(input, visit, &tie);
	if (rate && minutes < rate->min_minutes)
		return MINIMUM;
	for (uint32_t i = 0; i < input->previous_count; i++) {
		const struct billing_lot *lot = input->previous[i].lot;
		opening = lot->opening_month < opening ? lot->opening_month : opening;
		closed = lot->month > closed ? lot->month : closed;
	}
	if (opening != UINT32_MAX && month < opening)
		return BEFORE;
	return month > closed ? OPEN : WAITS;
}

static int explain_one_visit(struct api_call *call)
{
	struct node_billing billing = {0};
	const struct billing_visit *visit;
	const char *text = api_call_query(call, "visit");
	int result = node_billing_gather(api_node_of(call)->node, LOT_MONTHS - 1,
	        billing_territory_of(api_call_query(call, "territory")), &billing);
	const struct billing_input *input = &billing.input;
	struct record_id id;
	if (!result && named_visit(call, input->visits, input->visit_count, text ? text : "", &visit)) {
		bool is_named = visit != NULL ||
		        (text && strlen(text) == 2 * ID_SHORT_BYTES &&
		                ids_from_hex(id.bytes, ID_SHORT_BYTES, text));
		if (visit)
			id = visit->item.visit;
		json_t *lines = is_named ? explain_visit(input->previous, input->previous_count, &id)
		                         : json_array();
		if (!visit && json_array_size(lines) == 0) {
			json_decref(lines);
			api_call_fail(
			        call, ERR_NOTFOUND, "There is no such visit here, and no lot bills one.");
		} else {
			json_t *json = json_pack(
			        "{s:o, s:o}", "visit", api_hex(id.bytes, ID_SHORT_BYTES), "lines", lines);
			if (json_array_size(lines) == 0) {
				const int why = why_not(input, visit);
				json_object_set_new(json, "notBilled",
				        json_pack(
				                "{s:s, s:s}", "fr", WHY_NOT[why].fr, "en", WHY_NOT[why].en));
			}
			billing_put_names(call, json);
			api_note(api_node_of(call), ACCESS_BILLING, NULL, 0);
			api_call_reply(call, 200, json);
		}
	}
	node_billing_wipe(&billing);
	return result;
}

bool billing_lot_or_reply(struct api_call *call, const struct node_billing_row *rows, uint32_t count,
        const char *text, uint32_t *out)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, rows[i].hash.bytes, ID_LONG_BYTES);
		if (*text && strncmp(hex, text, strlen(text)) == 0) {
			*out = i;
			found++;
		}
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several lots begin so: give more digits." : "There is no such lot here.");
	return found == 1;
}

/* Of the month's newest lot that counts, or of the one that `lot` names. */
static bool lot_asked(
        struct api_call *call, const struct node_billing_row *rows, uint32_t count, uint32_t *out)
{
	const char *lot = api_call_query(call, "lot"), *text = api_call_query(call, "month");
	int32_t month;
	bool found = false;
	if (lot)
		return billing_lot_or_reply(call, rows, count, lot, out);
	if (!text || strlen(text) != 7 || !api_month(text, &month)) {
		api_call_fail(
		        call, ERR_INVALID, "Say which: visit=ID, or lot=HASH or month=2026-11 with line=N.");
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		if ((int32_t)rows[i].lot->month == month && billing_standing_counts(rows[i].standing)) {
			*out = i;
			found = true;
		}
	if (!found)
		api_call_fail(
		        call, ERR_NOTFOUND, "This month has not been closed, as far as this device knows.");
	return found;
}

static int explain_one_line(struct api_call *call)
{
	struct node_billing billing = {0};
	struct node_billing_row *rows;
	struct billing_previous *lots;
	uint32_t count, row_count, at;
	const char *text = api_call_query(call, "line");
	char *end = NULL;
	const unsigned long line = text ? strtoul(text, &end, 10) : 0;
	int result = take_lots(call, &billing, &lots, &count, &rows, &row_count);
	if (!result && lot_asked(call, rows, row_count, &at)) {
		uint32_t lot = 0;
		while (lot < count && !lot_hash_eq(&lots[lot].hash, &rows[at].hash))
			lot++;
		if (lot == count) {
			api_fail_words(call, ERR_CONFLICT, billing_standing_sentence(rows[at].standing, true),
			        billing_standing_sentence(rows[at].standing, false));
		} else if (!text || !*text || *end || line >= lots[lot].lot->line_count) {
			api_call_fail(
			        call, ERR_NOTFOUND, "That lot has no such line: they are numbered from 0.");
		} else {
			json_t *json = json_pack(
			        "{s:[o]}", "lines", explain_line(lots, count, lot, (uint32_t)line));
			billing_put_names(call, json);
			api_note(api_node_of(call), ACCESS_BILLING, NULL, 0);
			api_call_reply(call, 200, json);
		}
	}
	node_billing_wipe(&billing);
	return result;
}

int api_get_billing_explain(struct api_call *call)
{
	if (!api_reads_billing_or_reply(call))
		return 0;
	return api_when_quiet(call, api_call_query(call, "visit") ? explain_one_visit : explain_one_line);
}

/* ---- Statements of each ---- */

/* The row that is asked for alone. False: replied. */
static bool read_only(struct api_call *call, const char *text, struct record_id *id, struct span *only)
{
	const size_t digits = text ? strlen(text) : 0;
	*only = span_of(id->bytes, digits / 2);
	if (!text ||
	        (digits % 2 == 0 && digits <= 2 * ID_SHORT_BYTES &&
	                ids_from_hex(id->bytes, digits / 2, text)))
		return true;
	api_call_fail(
	        call, ERR_INVALID, "An id, or how it begins, has an even number of digits from 0 to f.");
	return false;
}

static int shares(struct api_call *call, enum billing_by by)
{
	struct node_billing billing = {0};
	struct node_billing_row *rows;
	struct billing_previous *lots;
	struct billing_shares found;
	struct record_id id;
	struct span only;
	struct buf csv = {0};
	uint32_t month, count, row_count, of_month = 0;
	if (billing_month_or_reply(call, &month) ||
	        !read_only(call, api_call_query(call, "only"), &id, &only))
		return 0;
	int result = take_lots(call, &billing, &lots, &count, &rows, &row_count);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		if (lots[i].lot->month == month)
			lots[of_month++] = lots[i];
	if (!result && of_month == 0) {
		api_call_fail(
		        call, ERR_NOTFOUND, "This month has not been closed, as far as this device knows.");
	} else if (!result) {
		billing_shares_of(lots, of_month, by, &billing.arena, &found);
		billing_shares_csv(&found, by, month, only, &csv);
		json_t *json = billing_shares_json(&found, by, only), *hashes = json_array();
		for (uint32_t i = 0; i < of_month; i++)
			json_array_append_new(hashes, api_hex(lots[i].hash.bytes, ID_LONG_BYTES));
		json_object_set_new(json, "month", billing_month_json(month));
		json_object_set_new(json, "lots", hashes);
		json_object_set_new(json, "csv", json_stringn((const char *)csv.data, csv.size));
		billing_put_names(call, json);
		billing_note(call);
		api_call_reply(call, 200, json);
	}
	buf_close(&csv);
	node_billing_wipe(&billing);
	return result;
}

static int of_nurses(struct api_call *call)
{
	return shares(call, BILLING_BY_NURSE);
}

static int of_patients(struct api_call *call)
{
	return shares(call, BILLING_BY_PATIENT);
}

int api_get_billing_nurses(struct api_call *call)
{
	return api_when_quiet(call, of_nurses);
}

int api_get_billing_patients(struct api_call *call)
{
	return api_when_quiet(call, of_patients);
}
