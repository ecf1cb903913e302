#include "node/billing/anomalies.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/calendar.h"

enum { LONG_S = 3 * 3600 };

struct list {
	struct billing_anomaly *items; /* room for LIMIT_LOT_LINES */
	uint32_t count;
	bool is_full;
};

static void add(struct list *list, struct billing_anomaly anomaly)
{
	if (list->count == LIMIT_LOT_LINES)
		list->is_full = true;
	else
		list->items[list->count++] = anomaly;
}

static void add_visit(struct list *list, enum billing_anomaly_kind kind, const struct billing_visit *visit)
{
	add(list, (struct billing_anomaly){.kind = kind, .visit = visit->item.visit});
}

static void check_rate(
        const struct billing_input *input, const struct billing_visit *visit, struct list *list)
{
	const struct billing_rate *tie, *rate = billing_rate_for(input, visit, &tie);
	const int64_t minutes = money_minutes(visit->item.start_s, visit->item.end_s);
	if (!rate || tie)
		add_visit(list, tie ? BILLING_ANOMALY_TWO_RATES : BILLING_ANOMALY_NO_RATE, visit);
	else if (!(visit->flags & BILLING_RUNNING) && minutes > 0 && minutes < rate->min_minutes)
		add_visit(list, BILLING_ANOMALY_BELOW_MINIMUM, visit);
}

static void check_length(const struct billing_visit *visit, struct list *list)
{
	const int64_t seconds = visit->item.end_s - visit->item.start_s;
	if (seconds < 0)
		add_visit(list, BILLING_ANOMALY_NEGATIVE, visit);
	else if (seconds > LOT_VISIT_SECONDS_MAX)
		add_visit(list, BILLING_ANOMALY_TOO_LONG, visit);
	else if (seconds > LONG_S)
		add_visit(list, BILLING_ANOMALY_LONG, visit);
	else if (money_minutes(visit->item.start_s, visit->item.end_s) == 0)
		add_visit(list, BILLING_ANOMALY_SHORT, visit);
}

static void check_visit(
        const struct billing_input *input, const struct billing_visit *visit, struct list *list)
{
	static const struct {
		uint32_t flag;
		enum billing_anomaly_kind kind;
	} FLAGS[] = {{BILLING_NO_IDENTITY, BILLING_ANOMALY_NO_IDENTITY},
	        {BILLING_NO_PRESCRIPTION, BILLING_ANOMALY_NO_PRESCRIPTION},
	        {BILLING_OTHER_FUNDING, BILLING_ANOMALY_OTHER_FUNDING},
	        {BILLING_DISPUTED, BILLING_ANOMALY_DISPUTED}, {BILLING_RUNNING, BILLING_ANOMALY_RUNNING}};
	for (size_t i = 0; i < sizeof(FLAGS) / sizeof(*FLAGS); i++)
		if (visit->flags & FLAGS[i].flag)
			add_visit(list, FLAGS[i].kind, visit);
	check_rate(input, visit, list);
	if (input->now_s && (visit->item.end_s > input->now_s || visit->item.start_s > input->now_s))
		add_visit(list, BILLING_ANOMALY_FUTURE, visit);
	if (!(visit->flags & BILLING_RUNNING))
		check_length(visit, list);
}

static int time_cmp(const struct billing_visit *a, const struct billing_visit *b)
{
	if (a->item.start_s != b->item.start_s)
		return a->item.start_s < b->item.start_s ? -1 : 1;
	return record_id_cmp(&a->item.visit, &b->item.visit);
}

static int nurse_cmp(const void *a, const void *b)
{
	const struct billing_visit *left = a, *right = b;
	int order = person_id_cmp(&left->item.nurse, &right->item.nurse);
	return order ? order : time_cmp(left, right);
}

static int patient_cmp(const void *a, const void *b)
{
	const struct billing_visit *left = a, *right = b;
	int order = record_id_cmp(&left->patient, &right->patient);
	return order ? order : time_cmp(left, right);
}

static void add_overlap(struct list *list, enum billing_anomaly_kind kind, const struct billing_visit *a,
        const struct billing_visit *b)
{
	bool in_order = record_id_cmp(&a->item.visit, &b->item.visit) <= 0;
	add(list,
	        (struct billing_anomaly){.kind = kind,
	                .visit = in_order ? a->item.visit : b->item.visit,
	                .other = in_order ? b->item.visit : a->item.visit});
}

/* A visit of two is a visit of each of them; who recorded her own part is not in two places for it. */
static bool is_one_visit(const struct billing_visit *a, const struct billing_visit *b)
{
	return record_id_eq(&a->item.visit, &b->item.visit) ||
	        (record_id_eq(&a->patient, &b->patient) && (a->flags & b->flags & BILLING_DOUBLED));
}

/* Each visit beside the one before it that ends last: that one overlaps if any does. */
static void check_nurses(
        const struct billing_visit *visits, uint32_t count, struct arena *arena, struct list *list)
{
	struct billing_visit *by = arena_zero(arena, 2 * (size_t)count + 1, sizeof(*by));
	const struct billing_visit *last = NULL;
	uint32_t by_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		by[by_count++] = visits[i];
		if (person_id_is_zero(&visits[i].co_nurse) ||
		        person_id_eq(&visits[i].co_nurse, &visits[i].item.nurse))
			continue;
		by[by_count] = visits[i];
		by[by_count++].item.nurse = visits[i].co_nurse;
	}
	qsort(by, by_count, sizeof(*by), nurse_cmp);
	for (uint32_t i = 0; i < by_count; i++) {
		const struct billing_visit *at = &by[i];
		bool is_same = last && person_id_eq(&last->item.nurse, &at->item.nurse);
		if (is_same && at->item.start_s < last->item.end_s && !is_one_visit(last, at))
			add_overlap(list, BILLING_ANOMALY_NURSE_OVERLAP, last, at);
		if (!is_same || at->item.end_s > last->item.end_s)
			last = at;
	}
}

/* All pairs of one patient that touch in time: a day has few. The look back ends where no visit can reach. */
static void check_patients(struct billing_visit *visits, uint32_t count, struct list *list)
{
	qsort(visits, count, sizeof(*visits), patient_cmp);
	for (uint32_t i = 0; i < count && !list->is_full; i++) {
		const struct billing_visit *at = &visits[i];
		for (uint32_t j = i; j-- > 0 && !list->is_full;) {
			const struct billing_visit *before = &visits[j];
			if (!record_id_eq(&before->patient, &at->patient) ||
			        at->item.start_s - before->item.start_s > LOT_VISIT_SECONDS_MAX)
				break;
			bool is_marked = (before->flags & at->flags & BILLING_DOUBLED) != 0;
			if (!is_marked && before->item.end_s > at->item.start_s &&
			        !person_id_eq(&before->item.nurse, &at->item.nurse))
				add_overlap(list, BILLING_ANOMALY_PATIENT_OVERLAP, before, at);
		}
	}
}

static void check_devices(const struct billing_input *input, struct list *list)
{
	uint64_t end_ms = (uint64_t)calendar_month_start((int32_t)input->month + 1) * 1000;
	if (input->now_s && (uint64_t)input->now_s * 1000 < end_ms)
		add(list, (struct billing_anomaly){.kind = BILLING_ANOMALY_NOT_OVER});
	for (uint32_t i = 0; i < input->heard_count; i++)
		if (input->heard[i].until_ms < end_ms)
			add(list,
			        (struct billing_anomaly){
			                .kind = BILLING_ANOMALY_NOT_HEARD, .device = input->heard[i].device});
}

static int anomaly_cmp(const void *a, const void *b)
{
	const struct billing_anomaly *left = a, *right = b;
	int order = (left->kind > right->kind) - (left->kind < right->kind);
	if (!order)
		order = record_id_cmp(&left->visit, &right->visit);
	if (!order)
		order = record_id_cmp(&left->other, &right->other);
	return order ? order : device_id_cmp(&left->device, &right->device);
}

static bool is_of_month(const struct billing_input *input, const struct billing_visit *visit)
{
	const struct billing_item *item = &visit->item;
	return (visit->flags & BILLING_BILLABLE) && !(visit->flags & BILLING_CANCELLED) &&
	        item->start_s >= 0 && item->start_s <= LOT_SECONDS_MAX &&
	        item->offset_minutes >= -LOT_OFFSET_MAX_MINUTES &&
	        item->offset_minutes <= LOT_OFFSET_MAX_MINUTES &&
	        calendar_month(item->start_s, item->offset_minutes) == (int32_t)input->month;
}

int billing_anomalies(
        const struct billing_input *input, struct arena *arena, struct billing_anomaly **out, uint32_t *count)
{
	struct list list = {.items = arena_zero(arena, LIMIT_LOT_LINES, sizeof(*list.items))};
	struct billing_visit *visits = arena_zero(arena, (size_t)input->visit_count + 1, sizeof(*visits));
	uint32_t ended_count = 0;
	for (uint32_t i = 0; i < input->visit_count; i++) {
		if (!is_of_month(input, &input->visits[i]))
			continue;
		check_visit(input, &input->visits[i], &list);
		if (!(input->visits[i].flags & BILLING_RUNNING))
			visits[ended_count++] = input->visits[i];
	}
	check_nurses(visits, ended_count, arena, &list);
	check_patients(visits, ended_count, &list);
	check_devices(input, &list);
	qsort(list.items, list.count, sizeof(*list.items), anomaly_cmp);
	*out = list.items;
	*count = list.count;
	return list.is_full ? ERR_TOOBIG : 0;
}

bool billing_anomaly_stops(enum billing_anomaly_kind kind)
{
	return kind == BILLING_ANOMALY_NO_RATE || kind == BILLING_ANOMALY_TWO_RATES ||
	        kind == BILLING_ANOMALY_NEGATIVE || kind == BILLING_ANOMALY_TOO_LONG ||
	        kind == BILLING_ANOMALY_FUTURE;
}

const char *billing_anomaly_sentence(enum billing_anomaly_kind kind, bool french)
{
	switch (kind) {
#define BILLING_ANOMALY_CASE(number, name, fr, en) \
	case BILLING_ANOMALY_##name: \
		return french ? fr : en;
		BILLING_ANOMALY_TABLE(BILLING_ANOMALY_CASE)
#undef BILLING_ANOMALY_CASE
	}
	return "";
}
