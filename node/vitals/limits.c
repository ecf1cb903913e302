/* Limits that a doctor set for this patient, as they stand in the dossier's registers; and what wants attention. */
#include "node/record.h"
#include "node/vitals/measure.h"
#include "node/vitals/vitals.h"

enum { LOW = 1, HIGH = 2, STATE = 5, ACTIVE = 1 };

/* Of each vital the narrower one counts. */
static void take_measure(struct vitals_limit *limit, bool is_high, int32_t value)
{
	bool *has = is_high ? &limit->has_high : &limit->has_low;
	int32_t *bound = is_high ? &limit->high : &limit->low;
	if (*has && *bound != value)
		limit->is_disputed = true;
	if (!*has || (is_high ? value < *bound : value > *bound))
		*bound = value;
	*has = true;
}

/* Every value that lives: of two that were written apart both are there. */
static void take_field(
        struct vitals *vitals, const struct crdt_doc *doc, const struct record_id *id, uint32_t number)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_VITAL_LIMIT);
	struct crdt_values values = {0};
	struct crdt_path path;
	record_path(kind, id, number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_measures measures;
		struct schema_value value;
		if (!schema_value_get(
		            schema_field(kind, number), values.items[i].value, NULL, &measures, &value))
			continue;
		for (uint32_t j = 0; j < value.measure_count; j++)
			if (schema_vital(value.measures[j].vital))
				take_measure(&vitals->limits[value.measures[j].vital], number == HIGH,
				        value.measures[j].value);
	}
	crdt_values_close(&values);
}

void vitals_take_limits(struct vitals *vitals, const struct crdt_doc *doc)
{
	struct span cursor = {NULL, 0};
	struct record_id id;
	while (record_next(doc, schema_kind(SCHEMA_VITAL_LIMIT), &cursor, &id)) {
		if (!fact_may_be(doc, schema_kind(SCHEMA_VITAL_LIMIT), &id, STATE, ACTIVE))
			continue;
		take_field(vitals, doc, &id, LOW);
		take_field(vitals, doc, &id, HIGH);
	}
}

/* ---- Attention --------------------------------------------------------------------------------------------------- */

uint32_t vitals_items(const struct vitals *vitals, struct vitals_item out[VITALS_COUNT])
{
	uint32_t count = 0;
	for (uint32_t vital = 1; vital < VITALS_COUNT; vital++) {
		uint32_t value_count;
		const struct vitals_value *values = vitals_of(vitals, vital, &value_count);
		while (value_count && values[value_count - 1].opinion == VITALS_SUSPECT)
			value_count--;
		if (!value_count)
			continue;
		const struct vitals_value *last = &values[value_count - 1];
		int beyond = vitals_beyond(&vitals->limits[vital], last->value);
		if (beyond || (last->is_unusual && last->opinion != VITALS_CONFIRMED))
			out[count++] = (struct vitals_item){vital, last, beyond};
	}
	return count;
}

void vitals_item_words(
        const struct vitals_item *item, const struct vitals *vitals, bool is_french, struct buf *out)
{
	const struct schema_vital *vital = schema_vital(item->vital);
	const struct vitals_limit *limit = &vitals->limits[item->vital];
	char value[MEASURE_TEXT_BYTES], bound[MEASURE_TEXT_BYTES];
	measure_write(value, vital, item->value->value);
	measure_write(bound, vital, item->beyond < 0 ? limit->low : limit->high);
	const char *parts[] = {is_french ? vital->label.fr : vital->label.en, is_french ? " : " : ": ", value,
	        " ", vital->unit,
	        item->beyond < 0 ? (is_french ? ", sous le seuil de " : ", below the limit of ")
	                : item->beyond > 0
	                ? (is_french ? ", au-dessus du seuil de " : ", above the limit of ")
	                : (is_french ? ", valeur inhabituelle à vérifier" : ", unusual, to be checked"),
	        item->beyond ? bound : "", "."};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(out, span_text(parts[i]));
}
