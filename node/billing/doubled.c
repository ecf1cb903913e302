/* What of a doubled visit is billed, by the rate table of each of its visits (README.md, section 1). A visit that an earlier lot billed and that is
 * not here any more keeps the weight that it was billed with. */
#include <stdlib.h>

#include "node/billing/work.h"

static int pointer_cmp(const void *a, const void *b)
{
	const struct fact *left = *(const struct fact *const *)a, *right = *(const struct fact *const *)b;
	int order = record_id_cmp(&left->patient, &right->patient);
	if (!order)
		order = (left->item.start_s > right->item.start_s) -
		        (left->item.start_s < right->item.start_s);
	return order ? order : record_id_cmp(&left->item.visit, &right->item.visit);
}

static bool are_together(const struct fact *a, const struct fact *b)
{
	return record_id_eq(&a->patient, &b->patient) && a->item.start_s < b->item.end_s &&
	        b->item.start_s < a->item.end_s && !person_id_eq(&a->item.nurse, &b->item.nurse);
}

/* Nobody looks back further than a visit can last. */
static bool is_near(const struct fact *earlier, const struct fact *later)
{
	return record_id_eq(&earlier->patient, &later->patient) &&
	        later->item.start_s - earlier->item.start_s <= LOT_VISIT_SECONDS_MAX;
}

static uint32_t weight_of_second(const struct billing_rate *rate)
{
	switch (rate->doubled) {
	case BILLING_AS_RECORDED:
	case BILLING_BOTH:
		return MONEY_PER_MILLE;
	case BILLING_ONE:
		return 0;
	case BILLING_SHARE:
		return rate->doubled_per_mille;
	}
	return 0;
}

/* Who came first is the one whose visit began first; is there one, and not herself the second of another? */
static bool is_second(struct fact *const *facts, uint32_t at, const bool *second)
{
	for (uint32_t i = at; i-- > 0 && is_near(facts[i], facts[at]);)
		if (!second[i] && are_together(facts[i], facts[at]))
			return true;
	return false;
}

/* Does the nurse whom a visit names have a visit of her own there? That one is billed then. */
static bool has_own(struct fact *const *facts, uint32_t count, uint32_t at)
{
	const struct fact *fact = facts[at];
	for (uint32_t i = at; i-- > 0 && is_near(facts[i], fact);)
		if (are_together(facts[i], fact) && person_id_eq(&facts[i]->item.nurse, &fact->item.co_nurse))
			return true;
	for (uint32_t i = at + 1; i < count && is_near(fact, facts[i]); i++)
		if (are_together(facts[i], fact) && person_id_eq(&facts[i]->item.nurse, &fact->item.co_nurse))
			return true;
	return false;
}

static void weigh(
        const struct work *work, struct fact *const *facts, uint32_t count, uint32_t at, bool *second)
{
	struct fact *fact = facts[at];
	const struct billing_rate *rate = &work->rates[fact->rate];
	second[at] = is_second(facts, at, second);
	if (fact->is_billed)
		return;
	if (second[at])
		fact->item.weight_per_mille = weight_of_second(rate);
	else if (!person_id_is_zero(&fact->item.co_nurse) && rate->doubled != BILLING_AS_RECORDED &&
	        !has_own(facts, count, at))
		fact->item.weight_per_mille += weight_of_second(rate);
}

static void drop_unbilled(struct work *work)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < work->fact_count; i++) {
		const struct fact *fact = &work->facts[i];
		if (fact->rule == LOT_FORMAT_FIRST ||
		        lot_item_milli(&fact->item, &work->rates[fact->rate]) > 0)
			work->facts[kept++] = *fact;
	}
	work->fact_count = kept;
}

void work_weigh_facts(struct work *work)
{
	struct fact **facts = arena_zero(work->arena, work->fact_count, sizeof(struct fact *));
	bool *second = arena_zero(work->arena, work->fact_count, sizeof(*second));
	uint32_t count = 0;
	for (uint32_t i = 0; i < work->fact_count; i++)
		if (work->facts[i].item.is_doubled)
			facts[count++] = &work->facts[i];
	if (count)
		qsort(facts, count, sizeof(struct fact *), pointer_cmp);
	for (uint32_t i = 0; i < count; i++)
		weigh(work, facts, count, i, second);
	drop_unbilled(work);
}
