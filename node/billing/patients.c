#include "node/billing/patients.h"

#include <stdlib.h>

#include "crdt/base/mem.h"

/* For whom a lot billed a visit. */
struct billed {
	struct record_id visit, patient;
	const struct billing_previous *in;
};

static int lot_order(const struct billing_previous *a, const struct billing_previous *b)
{
	if (a->lot->month != b->lot->month)
		return a->lot->month < b->lot->month ? -1 : 1;
	if (a->lot->fence != b->lot->fence)
		return a->lot->fence < b->lot->fence ? -1 : 1;
	return lot_hash_cmp(&a->hash, &b->hash);
}

static int billed_cmp(const void *left, const void *right)
{
	const struct billed *a = left, *b = right;
	int order = record_id_cmp(&a->visit, &b->visit);
	if (!order)
		order = lot_order(a->in, b->in);
	return order ? order : record_id_cmp(&a->patient, &b->patient);
}

/* Every visit of every line that bills something. Owner frees. */
static struct billed *list_billed(
        const struct billing_previous *previous, uint32_t previous_count, uint32_t *count)
{
	struct billed *out = NULL;
	uint32_t capacity = 0;
	*count = 0;
	for (uint32_t i = 0; i < previous_count; i++) {
		const struct billing_lot *lot = previous[i].lot;
		for (uint32_t j = 0; j < lot->line_count; j++) {
			const struct billing_line *line = &lot->lines[j];
			if (line->kind == BILLING_CREDIT)
				continue;
			for (uint32_t k = 0; k < line->item_count; k++) {
				out = mem_room(out, *count, &capacity, sizeof(*out));
				out[(*count)++] = (struct billed){
				        line->items[k].visit, line->patient, &previous[i]};
			}
		}
	}
	if (*count)
		qsort(out, *count, sizeof(*out), billed_cmp);
	return out;
}

/* The first of those of a visit; NULL: it was never billed. */
static const struct billed *find_billed(
        const struct billed *list, uint32_t count, const struct record_id *visit)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (record_id_cmp(&list[middle].visit, visit) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && record_id_eq(&list[low].visit, visit) ? &list[low] : NULL;
}

static int visit_cmp(const void *left, const void *right)
{
	const struct billing_visit *a = left, *b = right;
	int order = record_id_cmp(&a->patient, &b->patient);
	return order ? order : record_id_cmp(&a->item.visit, &b->item.visit);
}

void billing_visits_of_patients(struct billing_visit *visits, uint32_t count,
        const struct billing_previous *previous, uint32_t previous_count,
        const struct billing_patients *patients)
{
	const uint32_t of_patient = BILLING_ALD | BILLING_NO_IDENTITY;
	uint32_t billed_count;
	struct billed *billed = list_billed(previous, previous_count, &billed_count);
	for (uint32_t i = 0; i < count; i++) {
		struct billing_visit *visit = &visits[i];
		const struct billed *before = find_billed(billed, billed_count, &visit->item.visit);
		struct record_id patient;
		if (before) {
			visit->patient = before->patient;
		} else if (patients->patient_of(patients->context, &visit->patient, &patient)) {
			visit->patient = patient;
			visit->flags = (visit->flags & ~of_patient) |
			        patients->flags_of(patients->context, &patient);
		}
	}
	if (count)
		qsort(visits, count, sizeof(*visits), visit_cmp);
	mem_free(billed);
}
