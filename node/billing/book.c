#include "node/billing/book.h"

#include <stdlib.h>

enum { /* numbers of the schema's table */
	VISIT_START = 1,
	VISIT_END = 2,
	VISIT_NURSE = 5,
	VISIT_CO_NURSE = 6,
	VISIT_ACTIVITY = 7,
	VISIT_BILLABLE = 11,
	VISIT_RATE = 12,
	VISIT_PRESCRIPTION = 13,
	AMENDMENT_VISIT = 14,
	AMENDMENT_CANCELLED = 15,
	VISIT_FUNDING = 19,
	FUNDING_NONE = 1,
	ACTIVITY_DOUBLED = 4,
};

/* What an event says that matters to a bill. */
struct row {
	struct record_id visit, patient;
	struct entry_hash header;
	struct op_id op;
	uint64_t hlc;
	bool is_amendment;
	uint32_t given; /* bit n: field n is given */
	struct schema_value start, end; /* numbers and offset only */
	struct person_id nurse, co_nurse;
	struct record_id rate;
	bool is_doubled, is_billable, is_cancelled, is_funded;
	struct record_id prescription; /* short id, then zeros */
};

struct book {
	struct row *rows;
	uint32_t count, capacity;
};

struct book *book_new(void)
{
	return mem_zero(1, sizeof(struct book));
}

void book_free(struct book *book)
{
	if (!book)
		return;
	mem_free(book->rows);
	mem_free(book);
}

static void take_value(struct row *row, const struct schema_value *value)
{
	row->given |= UINT32_C(1) << value->field->number;
	switch (value->field->number) {
	case VISIT_START:
		row->start = *value;
		break;
	case VISIT_END:
		row->end = *value;
		break;
	case VISIT_NURSE:
		memcpy(row->nurse.bytes, value->bytes.data, SCHEMA_SHORT_BYTES);
		break;
	case VISIT_CO_NURSE:
		memcpy(row->co_nurse.bytes, value->bytes.data, SCHEMA_SHORT_BYTES);
		break;
	case VISIT_ACTIVITY:
		row->is_doubled = value->number == ACTIVITY_DOUBLED;
		break;
	case VISIT_BILLABLE:
		row->is_billable = value->number != 0;
		break;
	case VISIT_RATE:
		memcpy(row->rate.bytes, value->bytes.data, sizeof(row->rate.bytes));
		break;
	case VISIT_PRESCRIPTION:
		memcpy(row->prescription.bytes, value->bytes.data, SCHEMA_SHORT_BYTES);
		break;
	case VISIT_FUNDING:
		row->is_funded = value->number != FUNDING_NONE;
		break;
	case AMENDMENT_VISIT:
		memcpy(row->visit.bytes, value->bytes.data, sizeof(row->visit.bytes));
		break;
	case AMENDMENT_CANCELLED:
		row->is_cancelled = value->number != 0;
		break;
	default: /* that it is given says enough, or nothing that matters */
		break;
	}
}

void book_add(struct book *book, const struct book_event *event)
{
	const struct schema_record *record = event->record;
	if (record->kind->number != SCHEMA_VISIT && record->kind->number != SCHEMA_VISIT_AMENDMENT)
		return;
	if (book->count == book->capacity) {
		book->capacity = book->capacity ? 2 * book->capacity : 64;
		book->rows = mem_resize(book->rows, book->capacity, sizeof(*book->rows));
	}
	struct row *row = &book->rows[book->count++];
	*row = (struct row){.patient = event->patient,
	        .header = event->header,
	        .op = event->op,
	        .hlc = event->hlc,
	        .is_amendment = record->kind->number == SCHEMA_VISIT_AMENDMENT,
	        .is_billable = true};
	if (!row->is_amendment)
		row->visit = record->id;
	for (uint32_t i = 0; i < record->count; i++)
		if (record->values[i].field->number < 32)
			take_value(row, &record->values[i]);
}

static int row_cmp(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = record_id_cmp(&left->patient, &right->patient);
	if (!order)
		order = record_id_cmp(&left->visit, &right->visit);
	if (!order)
		order = left->is_amendment - right->is_amendment;
	if (!order)
		order = (left->hlc > right->hlc) - (left->hlc < right->hlc);
	return order ? order : op_id_cmp(&left->op, &right->op);
}

static bool is_given(const struct row *row, uint32_t field)
{
	return row->given >> field & 1;
}

static void lay_over(struct row *visit, const struct row *amendment)
{
	if (is_given(amendment, VISIT_START))
		visit->start = amendment->start;
	if (is_given(amendment, VISIT_END))
		visit->end = amendment->end;
	if (is_given(amendment, VISIT_NURSE))
		visit->nurse = amendment->nurse;
	if (is_given(amendment, VISIT_CO_NURSE))
		visit->co_nurse = amendment->co_nurse;
	if (is_given(amendment, VISIT_ACTIVITY))
		visit->is_doubled = amendment->is_doubled;
	if (is_given(amendment, VISIT_BILLABLE))
		visit->is_billable = amendment->is_billable;
	if (is_given(amendment, VISIT_RATE))
		visit->rate = amendment->rate;
	if (is_given(amendment, VISIT_PRESCRIPTION))
		visit->prescription = amendment->prescription;
	if (is_given(amendment, VISIT_FUNDING))
		visit->is_funded = amendment->is_funded;
	if (is_given(amendment, AMENDMENT_CANCELLED))
		visit->is_cancelled = amendment->is_cancelled;
	visit->given |= amendment->given;
	visit->header = amendment->header;
}

static struct billing_visit visit_of(const struct row *row, uint32_t patient_flags)
{
	bool is_ended = is_given(row, VISIT_START) && is_given(row, VISIT_END);
	struct billing_visit visit = {.item = {.visit = row->visit,
	                                      .header = row->header,
	                                      .nurse = row->nurse,
	                                      .start_s = row->start.number,
	                                      .end_s = is_ended ? row->end.number : row->start.number,
	                                      .offset_minutes = row->start.offset_minutes},
	        .patient = row->patient,
	        .co_nurse = row->co_nurse,
	        .rate = row->rate,
	        .prescription = row->prescription,
	        .file = row->patient,
	        .flags = patient_flags};
	visit.flags |= row->is_billable ? BILLING_BILLABLE : 0;
	visit.flags |= row->is_cancelled ? BILLING_CANCELLED : 0;
	visit.flags |= is_ended ? 0 : BILLING_RUNNING;
	visit.flags |= row->is_doubled || is_given(row, VISIT_CO_NURSE) ? BILLING_DOUBLED : 0;
	visit.flags |= is_given(row, VISIT_PRESCRIPTION) ? 0 : BILLING_NO_PRESCRIPTION;
	visit.flags |= row->is_funded ? BILLING_OTHER_FUNDING : 0;
	return visit;
}

void book_finish(struct book *book, book_patient_flags flags, void *context, struct arena *arena,
        struct billing_visit **visits, uint32_t *count)
{
	*visits = arena_zero(arena, book->count, sizeof(**visits));
	*count = 0;
	if (book->count)
		qsort(book->rows, book->count, sizeof(*book->rows), row_cmp);
	for (uint32_t i = 0; i < book->count;) {
		struct row visit = book->rows[i];
		uint32_t next = i + 1;
		for (; next < book->count && record_id_eq(&book->rows[next].visit, &visit.visit) &&
		        record_id_eq(&book->rows[next].patient, &visit.patient);
		        next++)
			if (book->rows[next].is_amendment && !visit.is_amendment)
				lay_over(&visit, &book->rows[next]);
		if (!visit.is_amendment) /* else its visit is not here (yet) */
			(*visits)[(*count)++] = visit_of(&visit, flags ? flags(context, &visit.patient) : 0);
		i = next;
	}
}

static int64_t number_of(const struct schema_record *record, uint32_t field, int64_t absent)
{
	const struct schema_value *value = schema_value(record, field);
	return value ? value->number : absent;
}

struct billing_rate book_rate(const struct schema_record *rate)
{
	const struct schema_value *territory = schema_value(rate, 1);
	struct billing_rate out = {.id = rate->id,
	        .territory = territory ? territory->bytes : (struct span){NULL, 0},
	        .valid_from_day = number_of(rate, 2, 0),
	        .cents_per_hour = number_of(rate, 3, 0),
	        .unit = (enum billing_unit)number_of(rate, 4, BILLING_PER_VISIT),
	        .ties = (enum billing_ties)number_of(rate, 5, BILLING_HALF_UP),
	        .amo_per_mille = (uint32_t)number_of(rate, 6, 0),
	        .amo_ald_per_mille = (uint32_t)number_of(rate, 7, MONEY_PER_MILLE),
	        .tariff = (enum billing_tariff)number_of(rate, 8, BILLING_FOR_ALL),
	        .min_minutes = (uint32_t)number_of(rate, 9, 1),
	        .least_minutes = (uint32_t)number_of(rate, 10, 0),
	        .doubled = (enum billing_doubled)number_of(rate, 11, BILLING_AS_RECORDED)};
	if (out.doubled == BILLING_SHARE)
		out.doubled_per_mille = (uint32_t)number_of(rate, 12, 0);
	return out;
}

struct billing_status book_status(const struct schema_record *status)
{
	const struct schema_value *person = schema_value(status, 1);
	struct billing_status out = {.from_day = number_of(status, 2, 0),
	        .tariff = (enum billing_tariff)number_of(status, 3, BILLING_SELF_EMPLOYED)};
	if (person)
		memcpy(out.nurse.bytes, person->bytes.data, SCHEMA_SHORT_BYTES);
	return out;
}

bool book_is_withdrawn(const struct schema_record *record)
{
	return number_of(record, record->kind->number == SCHEMA_RATE_TABLE ? 13 : 4, 0) != 0;
}
