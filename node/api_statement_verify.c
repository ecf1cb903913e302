/* A statement's file that somebody brings, held against what this node computes (node/billing/README.md, section 6.3). */
#include "crdt/base/err.h"
#include "node/api_billing.h"
#include "node/api_statement.h"
#include "node/billing/lot_file.h"
#include "node/billing/statement.h"
#include "node/node_billing.h"

struct verifying {
	struct api_call *call;
	struct lot_file file;
	struct buf bytes; /* of the lot in the ledger */
	bool is_known; /* it is the one that the file names; else that of the file's month */
	struct node_billing billing;
	struct billing_lot theirs, mine;
	enum billing_standing standing; /* of the lot */
	int result; /* of recomputing it: 0 or BILLING_DIFFERS */
};

static const char *form_name(enum lot_file_form form)
{
	return form == LOT_FILE_CSV ? "csv" : form == LOT_FILE_JSON ? "json" : "fhir";
}

/* Visits that the lot bills and that are not here: erased, or never come. */
static uint32_t missing_count(const struct verifying *verifying)
{
	const struct billing_input *input = &verifying->billing.input;
	uint32_t count = 0;
	for (uint32_t i = 0; i < verifying->theirs.line_count; i++) {
		const struct billing_line *line = &verifying->theirs.lines[i];
		for (uint32_t j = 0; !billing_line_cites(line) && j < line->item_count; j++) {
			bool is_here = false;
			for (uint32_t k = 0; !is_here && k < input->visit_count; k++)
				is_here = record_id_eq(&input->visits[k].item.visit, &line->items[j].visit);
			count += !is_here;
		}
	}
	return count;
}

/* The file that this node writes of the same lot and part, from its own computation. */
static int write_ours(struct verifying *verifying, struct buf *out)
{
	struct api_statement_people named = {0};
	const struct statement_part *part = &verifying->file.part;
	struct buf bytes = {0};
	int result = lot_encode(&verifying->mine, &bytes);
	if (result)
		return result;
	const struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	if (verifying->file.has_names)
		api_statement_people(api_node_of(verifying->call), &verifying->mine, part, &named);
	const struct statement_people people = {named.patients, named.nurses};
	if (verifying->file.form == LOT_FILE_CSV)
		statement_csv(&verifying->mine, &hash, part, out);
	else if (verifying->file.form == LOT_FILE_JSON)
		statement_json_file(&verifying->mine, &hash, part, out);
	else
		claim_file(&verifying->mine, &hash, part, &people, out);
	api_statement_people_close(&named);
	buf_close(&bytes);
	return 0;
}

static int reply(struct verifying *verifying)
{
	struct buf ours = {0};
	char month[STATEMENT_MONTH_BYTES];
	size_t count;
	int result = write_ours(verifying, &ours);
	if (result)
		return result;
	const struct lot_hash hash = lot_hash_of(buf_span(&verifying->bytes));
	json_t *list = lot_file_differences(&verifying->file, buf_span(&ours), &count);
	statement_month(month, verifying->theirs.month);
	json_t *json = json_pack("{s:b, s:s, s:s, s:o, s:b, s:b, s:I, s:I, s:o}", "same",
	        count == 0 && verifying->result == 0 && verifying->is_known &&
	                billing_standing_counts(verifying->standing),
	        "form", form_name(verifying->file.form), "month", month, "lot",
	        api_hex(hash.bytes, sizeof(hash.bytes)), "lotKnown", verifying->is_known, "lotSame",
	        verifying->result == 0, "notHere",
	        (json_int_t)(verifying->result ? missing_count(verifying) : 0), "count", (json_int_t)count,
	        "differences", list);
	billing_put_standing(json, verifying->standing);
	api_call_reply(verifying->call, 200, json);
	buf_close(&ours);
	return 0;
}

/* The lot that the file names, else one of its month. */
static int find(struct verifying *verifying)
{
	struct api_node *app = api_node_of(verifying->call);
	char hex[2 * ID_LONG_BYTES + 1];
	int result = ERR_NOTFOUND;
	if (verifying->file.has_hash) {
		ids_hex(hex, verifying->file.hash.bytes, sizeof(verifying->file.hash.bytes));
		result = api_find_lot(app, LOT_MONTHS, hex, &verifying->bytes);
	}
	verifying->is_known = result == 0;
	if (result == ERR_NOTFOUND && verifying->file.has_month)
		result = api_find_lot(app, verifying->file.month, NULL, &verifying->bytes);
	return result;
}

static void refuse(struct api_call *call, int error, uint64_t line)
{
	json_t *more = line ? json_pack("{s:I}", "line", (json_int_t)line) : NULL;
	api_call_fail_with(call, error == ERR_MALFORMED || error == ERR_VERSION ? ERR_INVALID : error,
	        error == ERR_NOTFOUND
	                ? "This device knows neither the lot that the file names, nor one of its month."
	                : error == ERR_GAP
	                ? "This device has not yet received everything that the lot was computed from."
	                : error == ERR_VERSION
	                ? "This is a statement of another version."
	                : "This file is no statement that can be read (csv, json or fhir).",
	        more);
}

static int verify(struct api_call *call)
{
	struct verifying verifying = {.call = call};
	uint64_t line;
	int result = lot_file_read(api_call_bytes(call), &verifying.file, &line);
	if (result) {
		refuse(call, result, line);
		return 0;
	}
	result = find(&verifying);
	if (result == 0) {
		const struct lot_hash hash = lot_hash_of(buf_span(&verifying.bytes));
		result = node_billing_standing(api_node_of(call)->node, &hash, &verifying.standing);
	}
	if (result == 0)
		result = verifying.result = node_billing_verify(api_node_of(call)->node,
		        buf_span(&verifying.bytes), &verifying.billing, &verifying.theirs, &verifying.mine);
	if (result >= 0)
		result = reply(&verifying);
	else if (result == ERR_NOTFOUND || result == ERR_GAP) {
		refuse(call, result, 0);
		result = 0;
	}
	node_billing_wipe(&verifying.billing);
	lot_file_close(&verifying.file);
	buf_close(&verifying.bytes);
	return result;
}

int api_post_verify_file(struct api_call *call)
{
	if (!api_reads_billing_or_reply(call))
		return 0;
	api_note(api_node_of(call), ACCESS_BILLING, NULL, 0);
	return api_when_quiet(call, verify);
}
