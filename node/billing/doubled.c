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

/* The latest ends of the first visits of a patient so far, of two nurses. A visit that begins before one of another nurse has ended is a second. */
struct firsts {
	struct person_id nurses[2];
	int64_t ends_s[2]; /* the first one is the later; 0: none */
};

/* One nurse's visits at one patient, ascending by start; `end_s` is the latest end up to this one. */
struct own {
	const struct fact *fact;
	int64_t end_s;
};

static int own_cmp(const void *a, const void *b)
{
	const struct fact *left = ((const struct own *)a)->fact, *right = ((const struct own *)b)->fact;
	int order = record_id_cmp(&left->patient, &right->patient);
	if (!order)
		order = person_id_cmp(&left->item.nurse, &right->item.nurse);
	return order
	        ? order
	        : (left->item.start_s > right->item.start_s) - (left->item.start_s < right->item.start_s);
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
static bool is_second(const struct firsts *firsts, const struct fact *fact)
{
	const int other = person_id_eq(&firsts->nurses[0], &fact->item.nurse);
	return firsts->ends_s[other] > fact->item.start_s;
}

static void note_first(struct firsts *firsts, const struct fact *fact)
{
	const int at = !person_id_eq(&firsts->nurses[0], &fact->item.nurse);
	if (fact->item.end_s <= firsts->ends_s[at])
		return;
	firsts->nurses[at] = fact->item.nurse;
	firsts->ends_s[at] = fact->item.end_s;
	if (firsts->ends_s[1] > firsts->ends_s[0])
		*firsts = (struct firsts){
		        {firsts->nurses[1], firsts->nurses[0]}, {firsts->ends_s[1], firsts->ends_s[0]}};
}

static struct own *take_own(const struct work *work, struct fact *const *facts, uint32_t count)
{
	struct own *own = arena_zero(work->arena, count, sizeof(*own));
	for (uint32_t i = 0; i < count; i++)
		own[i] = (struct own){facts[i], facts[i]->item.end_s};
	if (count)
		qsort(own, count, sizeof(*own), own_cmp);
	for (uint32_t i = 1; i < count; i++)
		if (record_id_eq(&own[i].fact->patient, &own[i - 1].fact->patient) &&
		        person_id_eq(&own[i].fact->item.nurse, &own[i - 1].fact->item.nurse) &&
		        own[i].end_s < own[i - 1].end_s)
			own[i].end_s = own[i - 1].end_s;
	return own;
}

/* Does the nurse whom a visit names have a visit of her own there? That one is billed then. */
static bool has_own(const struct own *own, uint32_t count, const struct fact *fact)
{
	struct fact end = {.patient = fact->patient};
	end.item.nurse = fact->item.co_nurse;
	end.item.start_s = fact->item.end_s;
	const struct own key = {&end, 0};
	uint32_t low = 0, high = count; /* the first one that begins when this one has ended, or later */
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (own_cmp(&own[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || person_id_eq(&fact->item.co_nurse, &fact->item.nurse))
		return false;
	const struct own *last = &own[low - 1];
	return record_id_eq(&last->fact->patient, &fact->patient) &&
	        person_id_eq(&last->fact->item.nurse, &fact->item.co_nurse) &&
	        last->end_s > fact->item.start_s;
}

static void weigh(const struct work *work, const struct own *own, uint32_t count, struct fact *fact,
        struct firsts *firsts)
{
	const struct billing_rate *rate = &work->rates[fact->rate];
	const bool is_other = is_second(firsts, fact);
	if (!is_other)
		note_first(firsts, fact);
	if (fact->is_billed)
		return;
	if (is_other)
		fact->item.weight_per_mille = weight_of_second(rate);
	else if (!person_id_is_zero(&fact->item.co_nurse) && rate->doubled != BILLING_AS_RECORDED &&
	        !has_own(own, count, fact))
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
	uint32_t count = 0;
	for (uint32_t i = 0; i < work->fact_count; i++)
		if (work->facts[i].item.is_doubled)
			facts[count++] = &work->facts[i];
	if (count)
		qsort(facts, count, sizeof(struct fact *), pointer_cmp);
	const struct own *own = take_own(work, facts, count);
	struct firsts firsts = {0};
	for (uint32_t i = 0; i < count; i++) {
		if (i && !record_id_eq(&facts[i]->patient, &facts[i - 1]->patient))
			firsts = (struct firsts){0};
		weigh(work, own, count, facts[i], &firsts);
	}
	drop_unbilled(work);
}
