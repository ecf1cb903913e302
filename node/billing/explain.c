#include "node/billing/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/billing/said.h"
#include "node/schema/moment.h"

enum { STEP_BYTES = 400 };

struct steps {
	json_t *list;
	const struct billing_previous *lots;
	uint32_t count, lot;
	const struct billing_line *line;
	const struct billing_rate *rate;
};

__attribute__((format(printf, 2, 0))) static json_t *text(
        json_t *step, const char *format, va_list words, const char *language)
{
	char out[STEP_BYTES];
	vsnprintf(out, sizeof(out), format, words);
	json_object_set_new(step, language, json_string(out));
	return step;
}

/* Both sentences take the same words in the same order. */
static void say(struct steps *steps, const char *french, const char *english, ...)
        __attribute__((format(printf, 2, 4))) __attribute__((format(printf, 3, 4)));
static void say(struct steps *steps, const char *french, const char *english, ...)
{
	va_list words;
	json_t *step = json_object();
	va_start(words, english);
	text(step, french, words, "fr");
	va_end(words);
	va_start(words, english);
	text(step, english, words, "en");
	va_end(words);
	json_array_append_new(steps->list, step);
}

/* The languages' words differ by more than the sentence. */
static void say_both(struct steps *steps, const char *french, const char *english)
{
	json_array_append_new(steps->list, json_pack("{s:s, s:s}", "fr", french, "en", english));
}

static const char *kind_name(enum billing_line_kind kind)
{
	static const char *const NAMES[] = {"", "normal", "late", "correction", "credit", "reinstate"};
	return NAMES[kind];
}

static void month_text(char out[16], uint32_t month)
{
	snprintf(out, 16, "%04u-%02u", (1970 + month / 12) % 10000, month % 12 + 1);
}

static json_t *hex(const void *bytes, size_t size)
{
	char out[2 * ID_LONG_BYTES + 1];
	ids_hex(out, bytes, size);
	return json_string(out);
}

static json_t *moment(int64_t seconds, int32_t offset_minutes)
{
	char out[MOMENT_TEXT_BYTES];
	moment_text(out, (struct moment){seconds, offset_minutes});
	return json_string(out);
}

/* --- What other lines say --- */

static bool bills(const struct billing_line *line, const struct record_id *visit)
{
	for (uint32_t i = 0; i < line->item_count; i++)
		if (record_id_eq(&line->items[i].visit, visit))
			return true;
	return false;
}

/* Credits of a line less what reinstates it. */
static int32_t credited(const struct steps *steps, uint32_t lot, uint32_t line)
{
	int32_t count = 0;
	for (uint32_t i = 0; i < steps->count; i++)
		for (uint32_t j = 0; j < steps->lots[i].lot->line_count; j++) {
			const struct billing_line *at = &steps->lots[i].lot->lines[j];
			if (billing_line_cites(at) && at->cited_line == line &&
			        lot_hash_eq(&at->cited_lot, &steps->lots[lot].hash))
				count += at->kind == BILLING_CREDIT ? 1 : -1;
		}
	return count;
}

/* A line of this lot that bills one of the visits anew. */
static bool replaced_by(const struct steps *steps, uint32_t *line)
{
	const struct billing_lot *lot = steps->lots[steps->lot].lot;
	for (uint32_t i = 0; i < lot->line_count; i++)
		for (uint32_t j = 0; !billing_line_cites(&lot->lines[i]) && j < steps->line->item_count; j++)
			if (bills(&lot->lines[i], &steps->line->items[j].visit)) {
				*line = i;
				return true;
			}
	return false;
}

/* Another lot, not the cited one, whose line stands for the first visit. */
static bool billed_elsewhere(const struct steps *steps, uint32_t *lot, uint32_t *line)
{
	for (uint32_t i = 0; i < steps->count; i++) {
		if (i == steps->lot || lot_hash_eq(&steps->lots[i].hash, &steps->line->cited_lot))
			continue;
		for (uint32_t j = 0; j < steps->lots[i].lot->line_count; j++) {
			const struct billing_line *at = &steps->lots[i].lot->lines[j];
			if (!billing_line_cites(at) && bills(at, &steps->line->items[0].visit) &&
			        credited(steps, i, j) <= 0) {
				*lot = i;
				*line = j;
				return true;
			}
		}
	}
	return false;
}

/* --- The steps --- */

static void say_why_credit(struct steps *steps)
{
	char cited[2 * ID_LONG_BYTES + 1], other[2 * ID_LONG_BYTES + 1];
	uint32_t lot, line;
	ids_hex(cited, steps->line->cited_lot.bytes, ID_LONG_BYTES);
	say(steps, "Reprend la ligne %u du lot %.16s : mêmes visites, montants négatifs.",
	        "Takes back line %u of lot %.16s: the same visits, negative amounts.",
	        steps->line->cited_line, cited);
	if (replaced_by(steps, &line)) {
		say(steps,
		        "Une visite a été corrigée, ou d'autres s'y sont ajoutées : la ligne %u de ce lot la "
		        "remplace.",
		        "A visit was corrected, or others came to it: line %u of this lot replaces it.",
		        line);
	} else if (billed_elsewhere(steps, &lot, &line)) {
		ids_hex(other, steps->lots[lot].hash.bytes, ID_LONG_BYTES);
		say(steps,
		        "C'est un doublon : la ligne %u du lot %.16s facture la même visite et reste "
		        "valable.",
		        "It is a duplicate: line %u of lot %.16s bills the same visit, and stands.", line,
		        other);
	} else {
		say(steps,
		        "Ces visites ne sont plus à facturer : annulées, déclarées non facturables, ou non "
		        "comptées.%s",
		        "These visits are not billed any more: cancelled, said not to be billable, or not "
		        "counted.%s",
		        "");
	}
}

static void say_why(struct steps *steps)
{
	char fr[STEP_BYTES], en[STEP_BYTES], cited[2 * ID_LONG_BYTES + 1];
	const struct said month = said_month(steps->line->month),
	                  of_lot = said_month(steps->lots[steps->lot].lot->month);
	switch (steps->line->kind) {
	case BILLING_NORMAL:
		snprintf(fr, sizeof(fr), "Mois des visites : %s ; facturées avec leur mois.", month.fr);
		snprintf(en, sizeof(en), "Visits of %s, billed with their month.", month.en);
		say_both(steps, fr, en);
		break;
	case BILLING_LATE:
		snprintf(fr, sizeof(fr),
		        "Mois des visites : %s ; facturées avec %s, car elles n'étaient pas encore connues, "
		        "ou "
		        "pas terminées, quand leur mois a été clos.",
		        month.fr, of_lot.fr);
		snprintf(en, sizeof(en),
		        "Visits of %s, billed with %s: they were not known yet, or not ended, when their "
		        "month was closed.",
		        month.en, of_lot.en);
		say_both(steps, fr, en);
		break;
	case BILLING_CORRECTION:
		snprintf(fr, sizeof(fr),
		        "Ces visites (%s) avaient été facturées autrement ; l'ancienne ligne est reprise par "
		        "un avoir.",
		        month.fr);
		snprintf(en, sizeof(en),
		        "Visits of %s had been billed in another form; a credit takes the earlier line back.",
		        month.en);
		say_both(steps, fr, en);
		break;
	case BILLING_CREDIT:
		say_why_credit(steps);
		break;
	case BILLING_REINSTATE:
		ids_hex(cited, steps->line->cited_lot.bytes, ID_LONG_BYTES);
		say(steps,
		        "La ligne %u du lot %.16s avait été reprise deux fois : un avoir de trop est annulé.",
		        "Line %u of lot %.16s had been taken back twice: one credit too many is undone.",
		        steps->line->cited_line, cited);
		break;
	}
}

static void say_times(struct steps *steps, const struct billing_item *item)
{
	char start[MOMENT_TEXT_BYTES], end[MOMENT_TEXT_BYTES], fr[STEP_BYTES], en[STEP_BYTES];
	const long minutes = (long)money_minutes(item->start_s, item->end_s);
	moment_text(start, (struct moment){item->start_s, item->offset_minutes});
	moment_text(end, (struct moment){item->end_s, item->offset_minutes});
	const struct said from = said_day(start), to = said_day(end);
	const bool is_one_day = strncmp(start, end, 10) == 0;
	const char *between = is_one_day ? "" : " ";
	snprintf(fr, sizeof(fr), "%s, de %.5s à %s%s%.5s : %ld minutes, d'heure affichée à heure affichée.",
	        from.fr, start + 11, is_one_day ? "" : to.fr, between, end + 11, minutes);
	snprintf(en, sizeof(en), "From %s %.5s to %s%s%.5s: %ld minutes, from printed time to printed time.",
	        from.en, start + 11, is_one_day ? "" : to.en, between, end + 11, minutes);
	say_both(steps, fr, en);
}

static void say_item(struct steps *steps, const struct billing_item *item)
{
	char fr[STEP_BYTES], en[STEP_BYTES];
	const struct billing_rate *rate = steps->rate;
	say_times(steps, item);
	if (steps->line->rule != LOT_FORMAT_FIRST &&
	        money_minutes(item->start_s, item->end_s) < rate->least_minutes)
		say(steps, "Le tarif facture au moins %u minutes.",
		        "The rate table bills at least %u minutes.", rate->least_minutes);
	if (item->weight_per_mille == MONEY_PER_MILLE)
		return;
	const struct said share = said_percent(item->weight_per_mille);
	snprintf(fr, sizeof(fr), "Passage en binôme : %s de ces minutes sont facturées.", share.fr);
	snprintf(en, sizeof(en), "Doubled visit: %s of these minutes are billed.", share.en);
	say_both(steps, fr, en);
}

static void say_rate(struct steps *steps)
{
	const struct billing_rate *rate = steps->rate;
	char day[MOMENT_DAY_TEXT_BYTES], fr[STEP_BYTES], en[STEP_BYTES];
	moment_day_text(day, rate->valid_from_day);
	const struct said hour = said_money(rate->cents_per_hour), since = said_day(day);
	snprintf(fr, sizeof(fr), "Tarif : %s l'heure, depuis le %s (règle de calcul n° %u).", hour.fr,
	        since.fr, steps->line->rule);
	snprintf(en, sizeof(en), "Rate: %s an hour, since %s (rule %u).", hour.en, since.en,
	        steps->line->rule);
	say_both(steps, fr, en);
}

static void say_rounding(struct steps *steps)
{
	const struct said amount = said_money(steps->line->cents);
	const bool is_per_visit = steps->rate->unit == BILLING_PER_VISIT,
	           is_half_up = steps->rate->ties == BILLING_HALF_UP;
	char fr[STEP_BYTES], en[STEP_BYTES];
	snprintf(fr, sizeof(fr), "Arrondi au centime, %s : %s.",
	        is_per_visit ? "visite par visite" : "une seule fois, pour le patient et le mois", amount.fr);
	snprintf(en, sizeof(en), "Rounded to the cent%s: %s.",
	        is_per_visit ? ", visit by visit" : " once, for the patient and month", amount.en);
	say_both(steps, fr, en);
	say_both(steps,
	        is_half_up ? "Un demi-centime exact va vers le haut."
	                   : "Un demi-centime exact va vers le centime pair.",
	        is_half_up ? "An exact half cent goes up." : "An exact half cent goes to the even cent.");
}

static void say_amount(struct steps *steps)
{
	const struct billing_line *line = steps->line;
	const int64_t milli = line->billed_milli < 0 ? -line->billed_milli : line->billed_milli,
	              hour = steps->rate->cents_per_hour, whole = milli * hour / 60000,
	              part = milli * hour % 60000 * 1000000 / 60000;
	char fr[STEP_BYTES], en[STEP_BYTES];
	say_rate(steps);
	snprintf(fr, sizeof(fr),
	        "%" PRId64 ",%03" PRId64 " minutes × %" PRId64 " centimes ÷ 60 = %" PRId64 ",%06" PRId64
	        " centimes.",
	        milli / 1000, milli % 1000, hour, whole, part);
	snprintf(en, sizeof(en),
	        "%" PRId64 ".%03" PRId64 " minutes × %" PRId64 " cents ÷ 60 = %" PRId64 ".%06" PRId64
	        " cents.",
	        milli / 1000, milli % 1000, hour, whole, part);
	say_both(steps, fr, en);
	say_rounding(steps);
	const struct said share = said_percent(line->amo_per_mille), amo = said_money(line->amo_cents),
	                  amc = said_money(line->cents - line->amo_cents);
	snprintf(fr, sizeof(fr),
	        "Part AMO (assurance maladie), %s : %s ; part AMC (complémentaire), le reste : %s.", share.fr,
	        amo.fr, amc.fr);
	snprintf(en, sizeof(en),
	        "AMO share (compulsory insurance), %s: %s; AMC (complementary), the rest: %s.", share.en,
	        amo.en, amc.en);
	say_both(steps, fr, en);
}

static json_t *visits_json(const struct billing_line *line)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		json_array_append_new(list,
		        json_pack("{s:o, s:o, s:o, s:o, s:I, s:b, s:i, s:o}", "visit",
		                hex(item->visit.bytes, ID_SHORT_BYTES), "nurse",
		                hex(item->nurse.bytes, ID_SHORT_BYTES), "start",
		                moment(item->start_s, item->offset_minutes), "end",
		                moment(item->end_s, item->offset_minutes), "minutes",
		                (json_int_t)money_minutes(item->start_s, item->end_s), "doubled",
		                item->is_doubled, "weightPerMille", (int)item->weight_per_mille, "entryHash",
		                hex(item->header.bytes, ID_LONG_BYTES)));
	}
	return list;
}

json_t *explain_line(const struct billing_previous *lots, uint32_t count, uint32_t lot, uint32_t number)
{
	const struct billing_line *line = &lots[lot].lot->lines[number];
	struct steps steps = {json_array(), lots, count, lot, line, &lots[lot].lot->rates[line->rate]};
	char month[16], of_lot[16];
	month_text(month, line->month);
	month_text(of_lot, lots[lot].lot->month);
	say_why(&steps);
	for (uint32_t i = 0; i < line->item_count; i++)
		say_item(&steps, &line->items[i]);
	say_amount(&steps);
	const bool stands = billing_line_cites(line) || credited(&steps, lot, number) <= 0;
	return json_pack("{s:o, s:s, s:i, s:s, s:s, s:o, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o}",
	        "lot", hex(lots[lot].hash.bytes, ID_LONG_BYTES), "lotMonth", of_lot, "line", (int)number,
	        "kind", kind_name(line->kind), "month", month, "patient",
	        hex(line->patient.bytes, ID_SHORT_BYTES), "rate", hex(steps.rate->id.bytes, ID_SHORT_BYTES),
	        "rule", (int)line->rule, "minutes", (json_int_t)line->minutes, "billedMilliminutes",
	        (json_int_t)line->billed_milli, "cents", (json_int_t)line->cents, "amoCents",
	        (json_int_t)line->amo_cents, "amcCents", (json_int_t)(line->cents - line->amo_cents),
	        "stands", stands, "visits", visits_json(line), "steps", steps.list);
}

struct place {
	const struct billing_previous *in;
	uint32_t lot, line;
};

static int place_cmp(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	if (left->in->lot->month != right->in->lot->month)
		return left->in->lot->month < right->in->lot->month ? -1 : 1;
	if (left->in->lot->fence != right->in->lot->fence)
		return left->in->lot->fence < right->in->lot->fence ? -1 : 1;
	int order = lot_hash_cmp(&left->in->hash, &right->in->hash);
	return order ? order : (left->line > right->line) - (left->line < right->line);
}

json_t *explain_visit(const struct billing_previous *lots, uint32_t count, const struct record_id *visit)
{
	struct place *places = NULL;
	uint32_t place_count = 0, capacity = 0;
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < lots[i].lot->line_count; j++)
			if (bills(&lots[i].lot->lines[j], visit)) {
				places = mem_room(places, place_count, &capacity, sizeof(*places));
				places[place_count++] = (struct place){&lots[i], i, j};
			}
	if (place_count)
		qsort(places, place_count, sizeof(*places), place_cmp);
	for (uint32_t i = 0; i < place_count; i++)
		json_array_append_new(list, explain_line(lots, count, places[i].lot, places[i].line));
	mem_free(places);
	return list;
}
