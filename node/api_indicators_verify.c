/* Is what was written of a period what the records at its source frontier give? For nurses: a facilitator has neither (node/indicators/README.md, section 6). */
#include "node/api_indicators.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/indicators/rows.h"
#include "node/node_digest.h"
#include "node/node_indicators.h"

enum { SOURCE_HASH = 1, SOURCE_SALT = 2, SOURCE_FRONTIER = 3 };

enum verdict { SAME, DIFFERS, OBSERVED, NO_SOURCE, INCOMPLETE, OTHER_VERSION, VERDICTS };

static const char *const VERDICT_NAMES[VERDICTS] = {
        "same", "differs", "observed", "no-source", "incomplete", "other-version"};

struct verifying {
	struct api_node *app;
	struct api_period period;
	struct arena arena;
	const struct published *published;
	json_t *rows;
	uint32_t counts[VERDICTS];
};

/* ---- Sources ----------------------------------------------------------------------------------------------------- */

static bool has_bytes(const struct schema_value *value, size_t size)
{
	return value && value->bytes.size == size;
}

/* The frontier that a nurse's device wrote down under this hash. Its bytes must give the hash: a record that lies is none. */
static bool find_frontier(struct verifying *verifying, const uint8_t *hash, struct node_frontier *out)
{
	const struct record_id doc_id = record_document_id(
	        node_team(verifying->app->node), SCHEMA_DOC_SOURCES, NULL);
	struct node_reading reading = {.node = verifying->app->node, .is_final = true};
	struct crdt_event event;
	struct crdt_doc *doc;
	uint32_t cursor = 0;
	if (node_doc(verifying->app->node, SCHEMA_DOC_SOURCES, &doc_id, &doc))
		return false;
	const struct digest_source source = {doc, node_read_event, &reading};
	while (crdt_doc_event(doc, SCHEMA_INDICATOR_SOURCE, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		uint8_t computed[PUBLISHED_SOURCE_BYTES];
		if (!digest_event(&source, &event, &measures, &record))
			continue;
		const struct schema_value *named = schema_value(&record, SOURCE_HASH),
		                          *salt = schema_value(&record, SOURCE_SALT),
		                          *frontier = schema_value(&record, SOURCE_FRONTIER);
		if (!has_bytes(named, PUBLISHED_SOURCE_BYTES) || !has_bytes(salt, NODE_FRONTIER_SALT_BYTES) ||
		        !frontier || memcmp(named->bytes.data, hash, PUBLISHED_SOURCE_BYTES) != 0)
			continue;
		node_frontier_hash(salt->bytes.data, frontier->bytes, computed);
		if (memcmp(computed, hash, sizeof(computed)) == 0 &&
		        node_frontier_get(frontier->bytes, &verifying->arena, out) == 0)
			return true;
	}
	return false;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static void add_row(struct verifying *verifying, const struct published_entry *entry, enum verdict verdict)
{
	const struct indicator *indicator = indicator_numbered(entry->number);
	char stratum[32];
	strata_name(stratum, sizeof(stratum), entry->scheme, entry->level, entry->key);
	verifying->counts[verdict]++;
	if (verdict == SAME || verdict == OBSERVED)
		return;
	json_array_append_new(verifying->rows,
	        json_pack("{s:s, s:s, s:s}", "indicator", indicator ? indicator->id : "?", "stratum", stratum,
	                "verdict", VERDICT_NAMES[verdict]));
}

static bool is_same(const struct indicator_values *values, const struct indicator *indicator,
        const struct published_entry *entry)
{
	struct indicator_amount sums[STRATA_GROUPS_MAX] = {{0}};
	if (entry->scheme == STRATA_PROBLEM)
		return entry->key < STRATA_CODES && entry->cell_count == 1 &&
		        entry->cells[0].numerator == values->problems[entry->key].numerator &&
		        entry->cells[0].denominator == values->problems[entry->key].denominator;
	const struct indicator_amount *cells = values->cells[indicator - indicators_table];
	if (entry->level >= strata_levels(entry->scheme) ||
	        entry->cell_count != strata_groups(entry->scheme, entry->level))
		return false;
	for (uint32_t fine = 0; fine < strata_groups(entry->scheme, 0); fine++) {
		const uint32_t group = strata_group(entry->scheme, entry->level, fine);
		sums[group].numerator += cells[strata_first(entry->scheme) + fine].numerator;
		sums[group].denominator += cells[strata_first(entry->scheme) + fine].denominator;
	}
	for (uint32_t i = 0; i < entry->cell_count; i++)
		if (sums[i].numerator != entry->cells[i].numerator ||
		        sums[i].denominator != entry->cells[i].denominator)
			return false;
	return true;
}

static void compare(struct verifying *verifying, uint32_t source, const struct indicator_values *values,
        enum verdict without)
{
	for (uint32_t i = 0; i < verifying->published->entry_count; i++) {
		const struct published_entry *entry = &verifying->published->entries[i];
		const struct indicator *indicator = indicator_numbered(entry->number);
		if (entry->source != source)
			continue;
		if (!indicator || indicator->version != entry->version)
			add_row(verifying, entry, OTHER_VERSION);
		else if (indicator->class == INDICATOR_OBSERVED)
			add_row(verifying, entry, OBSERVED);
		else if (!values)
			add_row(verifying, entry, without);
		else
			add_row(verifying, entry, is_same(values, indicator, entry) ? SAME : DIFFERS);
	}
}

static int verify_source(struct verifying *verifying, uint32_t source)
{
	struct api_node *app = verifying->app;
	struct node_frontier frontier;
	struct arena arena = {0};
	struct indicator_values values = {
	        .month = verifying->period.month, .months = verifying->period.months};
	if (!find_frontier(verifying, verifying->published->sources[source], &frontier)) {
		compare(verifying, source, NULL, NO_SOURCE);
		return 0;
	}
	int result = node_indicators_past(app->node, app->store, app->vault, &frontier, &arena, &values);
	if (result == 0) {
		compare(verifying, source, &values, SAME);
	} else if (result == ERR_GAP) {
		compare(verifying, source, NULL, INCOMPLETE);
		result = 0;
	}
	arena_close(&arena);
	return result;
}

static void say(const struct verifying *verifying, json_t *json)
{
	const uint32_t *counts = verifying->counts;
	const char *fr = "Ce qui est écrit est ce que donnent les dossiers, dans l'état qui est cité.",
	           *en = "What was written is what the records give at the frontier that it cites.";
	if (counts[DIFFERS]) {
		fr = "Ce qui est écrit n'est pas ce que donnent les dossiers, dans l'état qui est cité.";
		en = "What was written is not what the records give at the frontier that it cites.";
	} else if (counts[NO_SOURCE]) {
		fr = "L'état des dossiers qui est cité n'est pas connu de cet appareil : rien ne se "
		     "recalcule.";
		en = "The frontier that it cites is not on this device: nothing can be computed again.";
	} else if (counts[INCOMPLETE]) {
		fr = "Il manque ici une partie de l'état cité : synchronisez d'abord.";
		en = "Records of the frontier that it cites are lacking here: synchronize first.";
	} else if (counts[OTHER_VERSION]) {
		fr = "Compté par d'autres définitions que celles de ce programme.";
		en = "Counted by other definitions than this program's.";
	}
	json_object_set_new(json, "same",
	        json_boolean(!counts[DIFFERS] && !counts[NO_SOURCE] && !counts[INCOMPLETE] &&
	                !counts[OTHER_VERSION]));
	json_object_set_new(json, "fr", json_string(fr));
	json_object_set_new(json, "en", json_string(en));
}

static int verify(struct api_call *call)
{
	struct verifying verifying = {.app = api_node_of(call), .rows = json_array()};
	const struct schema_label *why;
	struct published published;
	bool is_disputed;
	int result = 0;
	if (!api_period_or_reply(call, api_call_param(call, 0), &verifying.period))
		goto out;
	result = api_published(
	        verifying.app, &verifying.period, &verifying.arena, &published, &why, &is_disputed);
	if (result == ERR_NOTFOUND) {
		api_call_fail(call, ERR_NOTFOUND, "Nothing was written of this period.");
		result = 0;
		goto out;
	}
	if (result)
		goto out;
	verifying.published = &published;
	for (uint32_t i = 0; result == 0 && i < published.source_count; i++)
		result = verify_source(&verifying, i);
	if (result)
		goto out;
	json_t *json = json_pack("{s:i, s:i, s:i, s:i, s:b, s:O}", "checked", (int)verifying.counts[SAME],
	        "differing", (int)verifying.counts[DIFFERS], "observed", (int)verifying.counts[OBSERVED],
	        "sources", (int)published.source_count, "disputed", is_disputed, "rows", verifying.rows);
	if (why)
		json_object_set_new(json, "broken", json_pack("{s:s, s:s}", "fr", why->fr, "en", why->en));
	say(&verifying, json);
	api_call_reply(call, 200, json);
out:
	json_decref(verifying.rows);
	arena_close(&verifying.arena);
	return result;
}

int api_get_indicators_verify(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (!node_may_read(app->node, COMPARTMENT_CLINICAL) || !node_may_read(app->node, COMPARTMENT_BILLING))
		return ERR_DENIED;
	return api_refused_partial(call) ? 0 : api_when_quiet(call, verify);
}
