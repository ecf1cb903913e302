#include "node/billing/statement_page.h"

#include <stdio.h>
#include <string.h>

#include "node/billing/said.h"
#include "node/billing/statement.h"
#include "node/exchange/page.h"
#include "node/schema/moment.h"

enum { TEXT_BYTES = 512 };

struct paper {
	const struct billing_lot *lot;
	const struct statement_part *part;
	const struct statement_people *people;
	bool is_french;
	struct buf *out;
};

/* A macro, so that formats stay literals. */
#define SAY(paper, french, english) ((paper)->is_french ? french : english)

static void put_pair(const struct paper *paper, const char *title, const char *text)
{
	page_markup(paper->out, "<tr>");
	page_element(paper->out, "th", title);
	page_element(paper->out, "td", text);
	page_markup(paper->out, "</tr>\n");
}

static const char *words(const struct paper *paper, const struct said *said)
{
	return paper->is_french ? said->fr : said->en;
}

/* ---- Who -------------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));
	return text ? text : "";
}

/* "Martin Jeanne, 1940-05-06", or the id. */
static void patient_words(const struct paper *paper, const struct record_id *id, char out[TEXT_BYTES])
{
	char hex[2 * ID_SHORT_BYTES + 1];
	ids_hex(hex, id->bytes, ID_SHORT_BYTES);
	const json_t *record = json_object_get(paper->people->patients, hex);
	const char *birth = text_of(record, "birthDate");
	const struct said day = said_day(strlen(birth) >= 10 ? birth : "          ");
	if (record)
		snprintf(out, TEXT_BYTES, "%s %s, %s (%.12s)", text_of(record, "lastName"),
		        text_of(record, "firstName"), *birth ? words(paper, &day) : "", hex);
	else
		snprintf(out, TEXT_BYTES, "%s", hex);
}

static void nurse_words(const struct paper *paper, const struct person_id *id, char out[TEXT_BYTES])
{
	char hex[2 * PART_NURSE_BYTES + 1];
	ids_hex(hex, id->bytes, PART_NURSE_BYTES);
	const json_t *record = json_object_get(paper->people->nurses, hex);
	const char *rpps = text_of(record, "rpps");
	if (record)
		snprintf(out, TEXT_BYTES, "%s %s%s%s", text_of(record, "firstName"),
		        text_of(record, "lastName"), *rpps ? ", RPPS " : "", rpps);
	else
		snprintf(out, TEXT_BYTES, "%s", hex);
}

/* ---- What the lot says of itself -------------------------------------------------------------------------------- */

static void put_totals(const struct paper *paper, const char *title, const struct billing_totals *totals)
{
	char text[TEXT_BYTES];
	const struct said all = said_money(totals->cents), amo = said_money(totals->amo_cents),
	                  amc = said_money(totals->cents - totals->amo_cents);
	snprintf(text, sizeof(text),
	        SAY(paper, "%s (AMO %s, AMC %s) · %lld visites · %lld minutes · %lu lignes, dont %lu avoirs",
	                "%s (AMO %s, AMC %s) · %lld visits · %lld minutes · %lu lines, %lu of them credits"),
	        words(paper, &all), words(paper, &amo), words(paper, &amc), (long long)totals->visit_count,
	        (long long)totals->minutes, (unsigned long)totals->line_count,
	        (unsigned long)totals->credit_count);
	put_pair(paper, title, text);
}

static void put_rate(const struct paper *paper, const struct billing_rate *rate)
{
	char text[TEXT_BYTES], day[MOMENT_DAY_TEXT_BYTES];
	const bool per_visit = rate->unit == BILLING_PER_VISIT, half_up = rate->ties == BILLING_HALF_UP;
	moment_day_text(day, rate->valid_from_day);
	const struct said hour = said_money(rate->cents_per_hour), since = said_day(day),
	                  amo = said_percent(rate->amo_per_mille),
	                  ald = said_percent(rate->amo_ald_per_mille);
	snprintf(text, sizeof(text),
	        SAY(paper,
	                "%s l'heure à partir du %s ; arrondi au centime %s, demi-centime %s ; AMO %s, en ALD "
	                "%s",
	                "%s an hour from %s; rounded to the cent %s, half a cent %s; AMO %s, long-term "
	                "illness %s"),
	        words(paper, &hour), words(paper, &since),
	        per_visit ? SAY(paper, "par visite", "per visit")
	                  : SAY(paper, "sur les minutes du mois de chaque patient",
	                            "on each patient's minutes of the month"),
	        half_up ? SAY(paper, "vers le haut", "up") : SAY(paper, "vers le pair", "to even"),
	        words(paper, &amo), words(paper, &ald));
	put_pair(paper, SAY(paper, "Tarif", "Rate"), text);
}

static void put_heard(const struct paper *paper)
{
	const struct billing_lot *lot = paper->lot;
	char text[TEXT_BYTES], device[2 * ID_LONG_BYTES + 1], until[MOMENT_TEXT_BYTES];
	for (uint32_t i = 0; i < lot->heard_count; i++) {
		const uint64_t seconds = lot->heard[i].until_ms / 1000;
		ids_hex(device, lot->heard[i].device.bytes, ID_LONG_BYTES);
		moment_text(until,
		        (struct moment){
		                seconds > (uint64_t)LOT_SECONDS_MAX ? LOT_SECONDS_MAX : (int64_t)seconds, 0});
		const struct said day = said_day(until);
		snprintf(text, sizeof(text),
		        SAY(paper, "%.16s, jusqu'au %s %.5s UTC", "%.16s, up to %s %.5s UTC"), device,
		        words(paper, &day), until + 11);
		put_pair(paper, SAY(paper, "Appareil pris en compte", "Device taken into account"), text);
	}
}

static void put_head(const struct paper *paper, const struct lot_hash *hash)
{
	const struct billing_lot *lot = paper->lot;
	const struct billing_totals totals = part_totals(paper->part, lot);
	char text[TEXT_BYTES], hex[2 * ID_LONG_BYTES + 1];
	page_markup(paper->out, "<div class=\"box\"><table>\n");
	if (paper->part->has_patient) {
		patient_words(paper, &paper->part->patient, text);
		put_pair(paper, SAY(paper, "Patient", "Patient"), text);
	}
	if (paper->part->has_nurse) {
		nurse_words(paper, &paper->part->nurse, text);
		put_pair(paper, SAY(paper, "Infirmière", "Nurse"), text);
	}
	put_totals(paper, SAY(paper, "Total", "Total"), &totals);
	if (!part_is_whole(paper->part))
		put_totals(paper, SAY(paper, "Total du lot entier", "Total of the whole lot"), &lot->totals);
	ids_hex(hex, hash->bytes, ID_LONG_BYTES);
	put_pair(paper, SAY(paper, "Empreinte du lot", "Hash of the lot"), hex);
	snprintf(text, sizeof(text), "%lu", (unsigned long)lot->rule_version);
	put_pair(paper, SAY(paper, "Version de la règle", "Rule version"), text);
	ids_hex(hex, lot->team.bytes, ID_LONG_BYTES);
	put_pair(paper, SAY(paper, "Équipe", "Team"), hex);
	ids_hex(hex, lot->holder.bytes, ID_LONG_BYTES);
	snprintf(text, sizeof(text),
	        SAY(paper, "appareil %.16s, désignation n° %llu", "device %.16s, designation %llu"), hex,
	        (unsigned long long)lot->fence);
	put_pair(paper, SAY(paper, "Clôturé par", "Closed by"), text);
	for (uint32_t i = 0; i < lot->rate_count; i++)
		put_rate(paper, &lot->rates[i]);
	put_heard(paper);
	page_markup(paper->out, "</table></div>\n");
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static const char *kind_words(const struct paper *paper, enum billing_line_kind kind)
{
	static const char *const words[][2] = {{"", ""}, {"facturé", "billed"},
	        {"facturé en retard", "billed late"}, {"correction", "correction"}, {"avoir", "credit"},
	        {"avoir annulé", "credit taken back"}};
	return words[kind][!paper->is_french];
}

static void put_number(const struct paper *paper, int64_t number)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld", (long long)number);
	page_element(paper->out, "td", text);
}

static void put_visit(const struct paper *paper, const struct billing_item *item)
{
	char text[TEXT_BYTES], start[MOMENT_TEXT_BYTES], end[MOMENT_TEXT_BYTES], nurse[TEXT_BYTES],
	        second[TEXT_BYTES] = "";
	const bool is_doubled = !person_id_is_zero(&item->co_nurse);
	moment_text(start, (struct moment){item->start_s, item->offset_minutes});
	moment_text(end, (struct moment){item->end_s, item->offset_minutes});
	nurse_words(paper, &item->nurse, nurse);
	if (is_doubled)
		nurse_words(paper, &item->co_nurse, second);
	const struct said day = said_day(start);
	snprintf(text, sizeof(text), "%s %.5s–%.5s %.200s%s%.200s · %lld min\n", words(paper, &day),
	        start + 11, end + 11, nurse, is_doubled ? " + " : "", second,
	        (long long)money_minutes(item->start_s, item->end_s));
	page_text(paper->out, span_text(text));
}

static void put_amount(const struct paper *paper, int64_t cents)
{
	const struct said amount = said_money(cents);
	page_element(paper->out, "td class=amount", words(paper, &amount));
}

static void put_line(const struct paper *paper, uint32_t number)
{
	const struct billing_line *line = &paper->lot->lines[number];
	const struct part_amounts amounts = part_of_line(paper->part, paper->lot, line);
	const struct said month = said_month(line->month);
	char text[TEXT_BYTES], hex[2 * ID_LONG_BYTES + 1];
	page_markup(paper->out, "<tr>");
	put_number(paper, number);
	ids_hex(hex, line->cited_lot.bytes, ID_LONG_BYTES);
	if (billing_line_cites(line))
		snprintf(text, sizeof(text),
		        SAY(paper, "%s, %s : ligne %lu du lot %.16s", "%s, %s: line %lu of lot %.16s"),
		        kind_words(paper, line->kind), words(paper, &month), (unsigned long)line->cited_line,
		        hex);
	else
		snprintf(text, sizeof(text), "%s, %s", kind_words(paper, line->kind), words(paper, &month));
	page_element(paper->out, "td", text);
	page_markup(paper->out, "<td>");
	for (uint32_t i = 0; i < line->item_count; i++)
		if (part_has_item(paper->part, &line->items[i]))
			put_visit(paper, &line->items[i]);
	page_markup(paper->out, "</td>");
	put_number(paper, amounts.minutes);
	put_amount(paper, amounts.cents);
	put_amount(paper, amounts.amo_cents);
	put_amount(paper, amounts.cents - amounts.amo_cents);
	page_markup(paper->out, "</tr>\n");
}

static void begin_patient(const struct paper *paper, const struct record_id *patient)
{
	char text[TEXT_BYTES];
	patient_words(paper, patient, text);
	page_element(paper->out, "h2", text);
	page_markup(paper->out, "<table class=\"grid\"><tr>");
	page_element(paper->out, "th", SAY(paper, "Ligne", "Line"));
	page_element(paper->out, "th", SAY(paper, "Nature, mois", "Kind, month"));
	page_element(paper->out, "th", SAY(paper, "Visites", "Visits"));
	page_element(paper->out, "th", "min");
	page_element(paper->out, "th", SAY(paper, "Montant", "Amount"));
	page_element(paper->out, "th", "AMO");
	page_element(paper->out, "th", "AMC");
	page_markup(paper->out, "</tr>\n");
}

/* Lines are in the order of patients. */
static void put_lines(const struct paper *paper)
{
	const struct billing_lot *lot = paper->lot;
	const struct record_id *patient = NULL;
	for (uint32_t i = 0; i < lot->line_count; i++) {
		if (!part_has_line(paper->part, &lot->lines[i]))
			continue;
		if (!patient || !record_id_eq(patient, &lot->lines[i].patient)) {
			if (patient)
				page_markup(paper->out, "</table>\n");
			patient = &lot->lines[i].patient;
			begin_patient(paper, patient);
		}
		put_line(paper, i);
	}
	if (patient)
		page_markup(paper->out, "</table>\n");
	else
		page_element(paper->out, "p", SAY(paper, "Aucune ligne.", "No line."));
}

/* Where visits of several nurses make one amount, hers is a share. */
static void put_foot(const struct paper *paper)
{
	if (paper->part->has_nurse)
		page_element(paper->out, "p class=quiet",
		        SAY(paper,
		                "Un montant arrondi sur les minutes d'un mois est réparti entre les visites "
		                "au prorata de leurs minutes ; la "
		                "somme des parts est le montant.",
		                "An amount rounded on a month's minutes is shared among the visits by their "
		                "minutes; the shares add up to the "
		                "amount."));
	page_element(paper->out, "p class=quiet",
	        SAY(paper,
	                "Aucun contenu clinique. Chaque appareil de l'équipe recalcule ce lot : releve "
	                "billing verify.",
	                "Nothing clinical. Every device of the team recomputes this lot: releve billing "
	                "verify."));
}

void statement_page(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, const struct statement_people *people,
        enum schema_language language, struct buf *out)
{
	static const struct statement_people nobody;
	const struct paper paper = {lot, part, people ? people : &nobody, language == SCHEMA_FR, out};
	const struct said month = said_month(lot->month);
	char title[96];
	snprintf(title, sizeof(title), SAY(&paper, "Relevé de facturation, %s", "Billing statement, %s"),
	        words(&paper, &month));
	page_begin(out, language, title);
	page_element(out, "h1", title);
	put_head(&paper, hash);
	put_lines(&paper);
	put_foot(&paper);
	page_end(out);
}
