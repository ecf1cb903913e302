/* Rate tables: a new one is looked at beside those that hold. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/billing/book.h"
#include "node/billing/rate_check.h"
#include "node/node_billing.h"

/* The table that the request says; false: it is not one, which whoever saves it says. */
static bool read_rate(struct api_call *call, struct arena *arena, struct billing_rate *rate, bool *has_share,
        bool *is_withdrawn)
{
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_RATE_TABLE)}};
	struct schema_report report = {0};
	if (record_from_json(api_call_json(call), SCHEMA_CHECK_NEW, arena, &edit, &report))
		return false;
	*rate = book_rate(&edit.record);
	*has_share = schema_value(&edit.record, 12) != NULL;
	*is_withdrawn = book_is_withdrawn(&edit.record);
	return true;
}

static bool corrected(struct api_call *call, struct record_id *out)
{
	const char *text = api_text(api_call_json(call), "corrects");
	return text && strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(out->bytes, ID_SHORT_BYTES, text);
}

static int post(struct api_call *call)
{
	struct node_billing billing = {0};
	struct billing_rate rate;
	struct record_id former, other = {{0}};
	bool has_share, is_withdrawn;
	enum rate_check check = RATE_CHECK_GOOD;
	int result = node_billing_rates(api_node_of(call)->node, &billing);
	if (!result && read_rate(call, &billing.arena, &rate, &has_share, &is_withdrawn) && !is_withdrawn)
		check = rate_check(&rate, has_share, billing.input.rates, billing.input.rate_count,
		        corrected(call, &former) ? &former : NULL, &other);
	node_billing_wipe(&billing);
	if (result)
		return result;
	if (check == RATE_CHECK_GOOD)
		return api_add_rate(call);
	json_t *more = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "fr", rate_check_sentence(check, true),
	        "problems", "field", check == RATE_CHECK_SAME_DAY ? "validFrom" : "doubledPerMille", "fr",
	        rate_check_sentence(check, true), "en", rate_check_sentence(check, false));
	if (check == RATE_CHECK_SAME_DAY)
		json_object_set_new(more, "other", api_hex(other.bytes, ID_SHORT_BYTES));
	api_call_fail_with(call, check == RATE_CHECK_SAME_DAY ? ERR_EXISTS : ERR_INVALID,
	        rate_check_sentence(check, false), more);
	return 0;
}

int api_post_rate(struct api_call *call)
{
	return api_when_quiet(call, post);
}
