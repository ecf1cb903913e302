/* The bundle begins with who is paid and who pays, then the lot (Basic); then, for each patient, Patient, Coverages, nurses who were not named before, and the
 * Claim. */
#include "node/billing/claim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/billing/seal.h"
#include "node/billing/statement.h"
#include "node/calendar.h"
#include "node/exchange/fhir_parts.h"
#include "node/schema/moment.h"

static const char SEAL_MARK[] = "\"system\":\"" FHIR_OWN "seal\",\"code\":\"";

struct claims {
	struct fhir fhir;
	const struct billing_lot *lot;
	const struct statement_part *part;
	const struct statement_people *people;
	char hash[2 * ID_LONG_BYTES + 1];
	char team[FHIR_ID_BYTES], amo[FHIR_ID_BYTES], amc[FHIR_ID_BYTES];
};

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

/* {"url", "valueX"}; takes the value. */
static json_t *extension(const char *name, const char *type, json_t *value)
{
	char url[80];
	snprintf(url, sizeof(url), FHIR_OWN "%s", name);
	return json_pack("{s:s, s:o}", "url", url, type, value);
}

/* Inside an extension names are short. */
static void put(json_t *object, const char *name, const char *type, json_t *value)
{
	fhir_add(object, "extension", json_pack("{s:s, s:o}", "url", name, type, value));
}

static json_t *hex(const uint8_t *bytes, size_t size)
{
	char text[2 * ID_LONG_BYTES + 1];
	ids_hex(text, bytes, size);
	return json_string(text);
}

static json_t *money(int64_t cents)
{
	char text[STATEMENT_EUROS_BYTES];
	statement_euros(text, cents, '.');
	return json_pack("{s:f, s:s}", "value", strtod(text, NULL), "currency", "EUR");
}

static json_t *span_json(struct span text)
{
	return json_stringn(text.data ? (const char *)text.data : "", text.size);
}

static json_t *month_json(uint32_t month)
{
	char text[STATEMENT_MONTH_BYTES];
	statement_month(text, month);
	return json_string(text);
}

static json_t *moment_json(int64_t seconds, int32_t offset_minutes)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, offset_minutes});
	return json_string(text);
}

/* Thousandths of a minute, as minutes: whole ones without a point. */
static json_t *minutes_json(int64_t milli)
{
	json_t *value = milli % MONEY_PER_MILLE ? json_real((double)milli / MONEY_PER_MILLE)
	                                        : json_integer(milli / MONEY_PER_MILLE);
	return json_pack(
	        "{s:o, s:s, s:s, s:s}", "value", value, "unit", "min", "system", UCUM, "code", "min");
}

static json_t *service(void)
{
	json_t *concept = fhir_concept(
	        FHIR_OWN "service", "nursing-time", "Temps infirmier auprès du patient");
	return concept;
}

static void put_amounts(json_t *object, const struct billing_totals *totals)
{
	put(object, "lines", "valueUnsignedInt", json_integer(totals->line_count));
	put(object, "credits", "valueUnsignedInt", json_integer(totals->credit_count));
	put(object, "visits", "valueInteger", json_integer(totals->visit_count));
	put(object, "minutes", "valueInteger", json_integer(totals->minutes));
	put(object, "billed", "valueQuantity", minutes_json(totals->billed_milli));
	put(object, "amount", "valueMoney", money(totals->cents));
	put(object, "amo", "valueMoney", money(totals->amo_cents));
	put(object, "amc", "valueMoney", money(totals->cents - totals->amo_cents));
}

/* ---- The lot ---------------------------------------------------------------------------------------------------- */

static json_t *rate_json(const struct billing_rate *rate)
{
	char day[MOMENT_DAY_TEXT_BYTES];
	json_t *out = json_object();
	json_object_set_new(out, "url", json_string(FHIR_OWN "rate"));
	moment_day_text(day, rate->valid_from_day);
	put(out, "id", "valueString", hex(rate->id.bytes, sizeof(rate->id.bytes)));
	if (rate->territory.size) /* a string is never empty there */
		put(out, "territory", "valueString", span_json(rate->territory));
	put(out, "validFrom", "valueDate", json_string(day));
	put(out, "perHour", "valueMoney", money(rate->cents_per_hour));
	put(out, "roundedPer", "valueCode", json_string(statement_unit(rate->unit)));
	put(out, "ties", "valueCode", json_string(statement_ties(rate->ties)));
	put(out, "amoPerMille", "valueUnsignedInt", json_integer(rate->amo_per_mille));
	put(out, "amoAldPerMille", "valueUnsignedInt", json_integer(rate->amo_ald_per_mille));
	put(out, "tariff", "valueCode", json_string(statement_tariff(rate->tariff)));
	put(out, "minMinutes", "valueUnsignedInt", json_integer(rate->min_minutes));
	put(out, "leastMinutes", "valueUnsignedInt", json_integer(rate->least_minutes));
	put(out, "doubled", "valueCode", json_string(statement_doubled(rate->doubled)));
	put(out, "doubledPerMille", "valueUnsignedInt", json_integer(rate->doubled_per_mille));
	return out;
}

static json_t *totals_json(const char *name, const struct billing_totals *totals)
{
	char url[80];
	json_t *out = json_object();
	snprintf(url, sizeof(url), FHIR_OWN "%s", name);
	json_object_set_new(out, "url", json_string(url));
	put_amounts(out, totals);
	return out;
}

static void add_lot(struct claims *claims)
{
	const struct billing_lot *lot = claims->lot;
	const struct billing_totals totals = part_totals(claims->part, lot);
	char id[FHIR_ID_BYTES];
	fhir_derived_id(id, claims->hash, "lot");
	json_t *out = fhir_derived(&claims->fhir, "Basic", id);
	fhir_add(out, "extension", extension("month", "valueString", month_json(lot->month)));
	fhir_add(out, "extension", extension("lotFormat", "valueUnsignedInt", json_integer(lot->format)));
	fhir_add(out, "extension",
	        extension("ruleVersion", "valueUnsignedInt", json_integer(lot->rule_version)));
	for (uint32_t i = 0; i < lot->rate_count; i++)
		fhir_add(out, "extension", rate_json(&lot->rates[i]));
	fhir_add(out, "extension", totals_json("totals", &totals));
	if (!part_is_whole(claims->part))
		fhir_add(out, "extension", totals_json("lotTotals", &lot->totals));
	fhir_add(out, "identifier", fhir_identifier(FHIR_OWN "lot", claims->hash));
	json_object_set_new(out, "code", fhir_concept(FHIR_OWN "basic", "lot", "Lot de facturation"));
	json_object_set_new(out, "subject", fhir_to_id(claims->team));
}

/* ---- Who is paid, who pays -------------------------------------------------------------------------------------- */

static void add_organization(
        struct claims *claims, const char *id, const char *system, const char *value, const char *name)
{
	json_t *out = fhir_derived(&claims->fhir, "Organization", id);
	fhir_add(out, "identifier", fhir_identifier(system, value));
	json_object_set_new(out, "name", json_string(name));
}

static void add_organizations(struct claims *claims)
{
	char team[2 * ID_LONG_BYTES + 1];
	ids_hex(team, claims->lot->team.bytes, ID_LONG_BYTES);
	fhir_derived_id(claims->team, team, "team");
	fhir_derived_id(claims->amo, "AMO", "insurer");
	fhir_derived_id(claims->amc, "AMC", "insurer");
	add_organization(
	        claims, claims->team, FHIR_OWN "team", team, "Équipe de soins infirmiers à domicile");
	add_organization(claims, claims->amo, FHIR_OWN "insurer", "AMO", "Assurance maladie obligatoire");
	add_organization(claims, claims->amc, FHIR_OWN "insurer", "AMC", "Assurance maladie complémentaire");
}

struct nurses {
	struct person_id *ids; /* ascending, each once */
	uint32_t count;
};

static int nurse_cmp(const void *a, const void *b)
{
	return person_id_cmp(a, b);
}

/* Of lines `from` up to before `upto`. Owner frees the ids. */
static struct nurses nurses_of(const struct billing_lot *lot, uint32_t from, uint32_t upto)
{
	uint32_t count = 0, kept = 0;
	for (uint32_t i = from; i < upto; i++)
		count += lot->lines[i].item_count;
	struct nurses out = {mem_zero(count + 1, sizeof(*out.ids)), 0};
	for (uint32_t i = from; i < upto; i++)
		for (uint32_t j = 0; j < lot->lines[i].item_count; j++)
			out.ids[out.count++] = lot->lines[i].items[j].nurse;
	if (out.count)
		qsort(out.ids, out.count, sizeof(*out.ids), nurse_cmp);
	for (uint32_t i = 0; i < out.count; i++)
		if (kept == 0 || person_id_cmp(&out.ids[kept - 1], &out.ids[i]))
			out.ids[kept++] = out.ids[i];
	out.count = kept;
	return out;
}

static uint32_t place_of(const struct nurses *nurses, const struct person_id *id)
{
	const struct person_id *found = bsearch(id, nurses->ids, nurses->count, sizeof(*id), nurse_cmp);
	return (uint32_t)(found - nurses->ids) + 1;
}

static void practitioner_id(
        const struct person_id *nurse, char out[FHIR_ID_BYTES], char short_id[2 * PART_NURSE_BYTES + 1])
{
	ids_hex(short_id, nurse->bytes, PART_NURSE_BYTES);
	fhir_derived_id(out, short_id, "nurse");
}

static void add_practitioner(struct claims *claims, const char *id, const char *short_id)
{
	if (fhir_has(&claims->fhir, id))
		return;
	json_t *out = fhir_derived(&claims->fhir, "Practitioner", id);
	fhir_add(out, "identifier", fhir_identifier(FHIR_OWN "nurse", short_id));
	fhir_practitioner_identity(out, json_object_get(claims->people->nurses, short_id));
}

/* ---- A patient's claim ------------------------------------------------------------------------------------------ */

static json_t *visit_json(const struct statement_part *part, const struct billing_lot *lot,
        const struct billing_line *line, uint32_t index, const struct nurses *nurses)
{
	const struct billing_item *item = &line->items[index];
	const struct part_amounts amounts = part_of_item(part, lot, line, index);
	json_t *out = json_object(), *said = json_object();
	json_object_set_new(said, "url", json_string(FHIR_OWN "visit"));
	put(said, "id", "valueString", hex(item->visit.bytes, sizeof(item->visit.bytes)));
	put(said, "entryHash", "valueString", hex(item->header.bytes, sizeof(item->header.bytes)));
	put(said, "careTeamSequence", "valuePositiveInt", json_integer(place_of(nurses, &item->nurse)));
	put(said, "period", "valuePeriod",
	        json_pack("{s:o, s:o}", "start", moment_json(item->start_s, item->offset_minutes), "end",
	                moment_json(item->end_s, item->offset_minutes)));
	put(said, "worked", "valueQuantity", minutes_json(amounts.minutes * MONEY_PER_MILLE));
	if (!person_id_is_zero(&item->co_nurse))
		put(said, "coNurse", "valueString", hex(item->co_nurse.bytes, PART_NURSE_BYTES));
	put(said, "isDoubled", "valueBoolean", json_boolean(item->is_doubled));
	put(said, "weightPerMille", "valueUnsignedInt", json_integer(item->weight_per_mille));
	fhir_add(out, "extension", said);
	json_object_set_new(out, "sequence", json_integer(index + 1));
	json_object_set_new(out, "productOrService", service());
	json_object_set_new(out, "quantity", minutes_json(amounts.billed_milli));
	return out;
}

static json_t *cites_json(const struct billing_line *line)
{
	json_t *out = json_object();
	json_object_set_new(out, "url", json_string(FHIR_OWN "cites"));
	put(out, "lot", "valueString", hex(line->cited_lot.bytes, sizeof(line->cited_lot.bytes)));
	put(out, "line", "valueUnsignedInt", json_integer(line->cited_line));
	return out;
}

static void put_said(json_t *item, const struct billing_line *line, uint32_t number)
{
	fhir_add(item, "extension", extension("line", "valueUnsignedInt", json_integer(number)));
	fhir_add(item, "extension", extension("kind", "valueCode", json_string(statement_kind(line->kind))));
	fhir_add(item, "extension", extension("rule", "valueUnsignedInt", json_integer(line->rule)));
	fhir_add(item, "extension", extension("month", "valueString", month_json(line->month)));
	fhir_add(item, "extension", extension("rateIndex", "valueUnsignedInt", json_integer(line->rate)));
	fhir_add(item, "extension",
	        extension("amoPerMille", "valueUnsignedInt", json_integer(line->amo_per_mille)));
	fhir_add(item, "extension", extension("amo", "valueMoney", money(line->amo_cents)));
	fhir_add(item, "extension", extension("amc", "valueMoney", money(line->cents - line->amo_cents)));
	if (billing_line_cites(line))
		fhir_add(item, "extension", cites_json(line));
}

/* From the first visit's start to the last end. */
static json_t *period_of(const struct billing_line *line)
{
	const struct billing_item *first = &line->items[0], *last = first;
	for (uint32_t i = 1; i < line->item_count; i++)
		if (line->items[i].end_s > last->end_s)
			last = &line->items[i];
	return json_pack("{s:o, s:o}", "start", moment_json(first->start_s, first->offset_minutes), "end",
	        moment_json(last->end_s, last->offset_minutes));
}

static json_t *item_json(
        const struct claims *claims, uint32_t number, uint32_t sequence, const struct nurses *nurses)
{
	const struct billing_line *line = &claims->lot->lines[number];
	const struct billing_rate *rate = &claims->lot->rates[line->rate];
	json_t *out = json_object();
	struct nurses own = nurses_of(claims->lot, number, number + 1);
	put_said(out, line, number);
	json_object_set_new(out, "sequence", json_integer(sequence));
	for (uint32_t i = 0; i < own.count; i++)
		fhir_add(out, "careTeamSequence", json_integer(place_of(nurses, &own.ids[i])));
	json_object_set_new(out, "productOrService", service());
	json_object_set_new(out, "servicedPeriod", period_of(line));
	json_object_set_new(out, "quantity", minutes_json(line->billed_milli));
	json_object_set_new(out, "unitPrice", money(rate->cents_per_hour));
	json_object_set_new(out, "factor", json_real(1.0 / 60));
	json_object_set_new(out, "net", money(line->cents));
	for (uint32_t i = 0; i < line->item_count; i++)
		fhir_add(out, "detail", visit_json(claims->part, claims->lot, line, i, nurses));
	mem_free(own.ids);
	return out;
}

/* Earlier claims of which lines are taken back here, or given back. */
static void put_related(json_t *claim, const struct billing_line *line, const char *patient)
{
	char lot[2 * ID_LONG_BYTES + 1], value[2 * ID_LONG_BYTES + 48];
	ids_hex(lot, line->cited_lot.bytes, ID_LONG_BYTES);
	snprintf(value, sizeof(value), "%s/%s", lot, patient);
	json_t *related = json_pack(
	        "{s:{s:o}}", "claim", "identifier", fhir_identifier(FHIR_OWN "claim", value));
	json_object_set_new(related, "relationship",
	        fhir_concept(HL7_TERMS "ex-relatedclaimrelationship", "prior", "Prior Claim"));
	snprintf(value, sizeof(value), "%s/%lu", lot, (unsigned long)line->cited_line);
	json_object_set_new(related, "reference", fhir_identifier(FHIR_OWN "line", value));
	fhir_add(claim, "related", related);
}

static json_t *coverage_of(struct claims *claims, const char *patient, const char *tag, const char *payor)
{
	char id[FHIR_ID_BYTES];
	fhir_derived_id(id, patient, tag);
	json_t *out = fhir_derived(&claims->fhir, "Coverage", id);
	json_object_set_new(out, "status", json_string("active"));
	json_object_set_new(out, "beneficiary", fhir_to_id(patient));
	fhir_add(out, "payor", fhir_to_id(payor));
	return fhir_to_id(id);
}

static void put_care_team(struct claims *claims, json_t *claim, const struct nurses *nurses)
{
	for (uint32_t i = 0; i < nurses->count; i++) {
		char id[FHIR_ID_BYTES], short_id[2 * PART_NURSE_BYTES + 1];
		practitioner_id(&nurses->ids[i], id, short_id);
		add_practitioner(claims, id, short_id);
		fhir_add(claim, "careTeam",
		        json_pack("{s:I, s:o}", "sequence", (json_int_t)i + 1, "provider", fhir_to_id(id)));
	}
}

/* The first and the last day of the months that the lines are of. */
static json_t *billable_period(const struct billing_lot *lot, uint32_t from, uint32_t upto)
{
	char first[MOMENT_DAY_TEXT_BYTES], last[MOMENT_DAY_TEXT_BYTES];
	uint32_t earliest = lot->lines[from].month, latest = earliest;
	for (uint32_t i = from; i < upto; i++) {
		earliest = lot->lines[i].month < earliest ? lot->lines[i].month : earliest;
		latest = lot->lines[i].month > latest ? lot->lines[i].month : latest;
	}
	moment_day_text(first, calendar_month_start((int32_t)earliest) / 86400);
	moment_day_text(last, calendar_month_start((int32_t)latest + 1) / 86400 - 1);
	return json_pack("{s:s, s:s}", "start", first, "end", last);
}

static void put_insurance(json_t *claim, json_t *amo, json_t *amc)
{
	json_object_set_new(claim, "insurance",
	        json_pack("[{s:i, s:b, s:o}, {s:i, s:b, s:o}]", "sequence", 1, "focal", 1, "coverage", amo,
	                "sequence", 2, "focal", 0, "coverage", amc));
}

static void add_claim(struct claims *claims, const char *patient, uint32_t from, uint32_t upto)
{
	const struct billing_lot *lot = claims->lot;
	char id[FHIR_ID_BYTES], value[2 * ID_LONG_BYTES + 48];
	struct nurses nurses = nurses_of(lot, from, upto);
	int64_t cents = 0;
	json_t *amo = coverage_of(claims, patient, "AMO coverage", claims->amo),
	       *amc = coverage_of(claims, patient, "AMC coverage", claims->amc);
	snprintf(value, sizeof(value), "%s/%s", claims->hash, patient);
	fhir_derived_id(id, value, "claim");
	json_t *out = fhir_derived(&claims->fhir, "Claim", id);
	fhir_add(out, "identifier", fhir_identifier(FHIR_OWN "claim", value));
	json_object_set_new(out, "status", json_string("active"));
	json_object_set_new(
	        out, "type", fhir_concept(HL7_TERMS "claim-type", "professional", "Professional"));
	json_object_set_new(out, "use", json_string("claim"));
	json_object_set_new(out, "patient", fhir_to_id(patient));
	json_object_set_new(out, "billablePeriod", billable_period(lot, from, upto));
	json_object_set_new(out, "created", month_json(lot->month));
	json_object_set_new(out, "provider", fhir_to_id(claims->team));
	json_object_set_new(out, "priority", fhir_concept(HL7_TERMS "processpriority", "normal", "Normal"));
	for (uint32_t i = from; i < upto; i++)
		if (billing_line_cites(&lot->lines[i]))
			put_related(out, &lot->lines[i], patient);
	put_care_team(claims, out, &nurses);
	put_insurance(out, amo, amc);
	for (uint32_t i = from; i < upto; i++) {
		fhir_add(out, "item", item_json(claims, i, i - from + 1, &nurses));
		cents += lot->lines[i].cents;
	}
	json_object_set_new(out, "total", money(cents));
	mem_free(nurses.ids);
}

static void add_patient(struct claims *claims, const char *patient)
{
	json_t *out = fhir_derived(&claims->fhir, "Patient", patient);
	fhir_add(out, "identifier", fhir_identifier(FHIR_OWN "patient", patient));
	fhir_patient_identity(out, json_object_get(claims->people->patients, patient));
}

/* Lines are in the order of patients. */
static void add_patients(struct claims *claims)
{
	const struct billing_lot *lot = claims->lot;
	for (uint32_t from = 0, upto; from < lot->line_count; from = upto) {
		char patient[FHIR_ID_BYTES];
		const struct record_id *id = &lot->lines[from].patient;
		for (upto = from + 1; upto < lot->line_count && record_id_eq(id, &lot->lines[upto].patient);)
			upto++;
		if (!part_has_line(claims->part, &lot->lines[from]))
			continue;
		ids_hex(patient, id->bytes, sizeof(id->bytes));
		add_patient(claims, patient);
		add_claim(claims, patient, from, upto);
	}
}

void claim_file(const struct billing_lot *lot, const struct lot_hash *hash, const struct statement_part *part,
        const struct statement_people *people, struct buf *out)
{
	static const struct statement_people nobody;
	const size_t start = out->size;
	struct claims claims = {.fhir = {.entries = json_array(), .known = json_object()},
	        .lot = lot,
	        .part = part,
	        .people = people ? people : &nobody};
	assert(!part->has_nurse);
	ids_hex(claims.hash, hash->bytes, ID_LONG_BYTES);
	json_t *bundle = json_pack("{s:s, s:{s:[{s:s, s:s}]}, s:{s:s, s:s}, s:s}", "resourceType", "Bundle",
	        "meta", "tag", "system", FHIR_OWN "seal", "code", SEAL_ZEROS, "identifier", "system",
	        FHIR_OWN "lot", "value", claims.hash, "type", "collection");
	add_organizations(&claims);
	add_lot(&claims);
	add_patients(&claims);
	json_object_set_new(bundle, "entry", claims.fhir.entries);
	char *text = json_dumps(bundle, FHIR_DUMP);
	assert(text);
	buf_add_span(out, span_text(text));
	buf_add(out, "\n", 1);
	seal_put(out, start, SEAL_MARK);
	mem_wipe(text, strlen(text));
	free(text);
	json_decref(bundle);
	json_decref(claims.fhir.known);
}
