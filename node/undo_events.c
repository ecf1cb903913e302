#include "node/undo_events.h"

/* The kind that corrects events of `kind`: it names one by a whole id, and can say that it did not take place. */
static const struct schema_kind *correction_of(const struct schema_kind *kind,
        const struct schema_field **cited, const struct schema_field **cancelled)
{
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	for (uint32_t i = 0; i < count; i++) {
		if (!kinds[i].is_correction || kinds[i].doc != kind->doc)
			continue;
		*cited = NULL;
		for (uint32_t j = 0; j < kinds[i].field_count; j++)
			if (kinds[i].fields[j].type == SCHEMA_REF &&
			        kinds[i].fields[j].ref_kind == (uint32_t)kind->number)
				*cited = &kinds[i].fields[j];
		*cancelled = schema_field_named(&kinds[i], span_text("cancelled"));
		if (*cited && *cancelled)
			return &kinds[i];
	}
	return NULL;
}

static bool decode(const struct crdt_step *step, struct schema_measures *measures, struct schema_record *out)
{
	uint32_t unknown;
	out->kind = step->kind == CRDT_OP_EVENT ? schema_kind(step->event_kind) : NULL;
	if (!out->kind || out->kind->shape != SCHEMA_EVENT)
		return false;
	out->count = 0;
	schema_event_get(out, step->value, measures, &unknown);
	return true;
}

static void put(struct schema_record *record, const struct schema_field *field, struct schema_value value)
{
	value.field = field;
	*schema_put(record, field) = value;
}

/* Events are laid over one another in the order of HLC, then op id (node/billing/book.h). */
static bool is_before(const struct crdt_step *a, const struct crdt_step *b)
{
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc;
	return op_id_cmp(&a->op, &b->op) < 0;
}

static void cancel(const struct crdt_step *step, const struct schema_kind *kind,
        const struct schema_field *cited, const struct schema_field *cancelled, struct undo_event *out)
{
	out->kind = UNDO_EVENT_CANCEL;
	out->corrects = step->op;
	out->record.kind = kind;
	put(&out->record, cited,
	        (struct schema_value){.bytes = span_of(step->event_id.bytes, sizeof(step->event_id.bytes))});
	put(&out->record, cancelled, (struct schema_value){.number = 1});
}

static bool corrects_same(const struct crdt_step *step, const struct crdt_step *other)
{
	return other->is_correction && op_id_cmp(&other->corrects, &step->corrects) == 0;
}

static bool gives(const struct crdt_step *step, uint32_t field)
{
	struct schema_measures measures;
	struct schema_record record;
	return decode(step, &measures, &record) && schema_value(&record, field);
}

/* What said a field before the correction `step` did: the latest correction before it, else the event itself; NULL: nothing. */
static const struct crdt_step *giver_before(const struct crdt_history *history, const struct crdt_step *step,
        const struct crdt_step *event, uint32_t field)
{
	const struct crdt_step *best = gives(event, field) ? event : NULL;
	for (uint32_t i = 0; i < crdt_history_count(history); i++) {
		const struct crdt_step *other = crdt_history_step(history, i);
		if (corrects_same(step, other) && is_before(other, step) && gives(other, field) &&
		        (!best || best == event || is_before(best, other)))
			best = other;
	}
	return best;
}

/* Its value then. Vitals stay in `measures`, which nothing else of the record uses. */
static bool value_before(const struct crdt_history *history, const struct crdt_step *step,
        const struct crdt_step *event, const struct schema_field *field, struct schema_measures *measures,
        struct schema_value *value)
{
	struct schema_measures others;
	struct schema_record record;
	const struct crdt_step *giver = giver_before(history, step, event, field->number);
	if (!giver || !decode(giver, field->type == SCHEMA_VITALS ? measures : &others, &record))
		return false;
	*value = *schema_value(&record, field->number);
	return true;
}

static bool was_corrected_since(const struct crdt_history *history, const struct crdt_step *step)
{
	for (uint32_t i = 0; i < crdt_history_count(history); i++) {
		const struct crdt_step *other = crdt_history_step(history, i);
		if (corrects_same(step, other) && is_before(step, other))
			return true;
	}
	return false;
}

/* A time that is stored as the time after another cannot be said when it is not after it: several corrections laid over one another. */
static void drop_impossible(struct undo_event *out)
{
	struct schema_record *record = &out->record;
	for (uint32_t i = record->count; i-- > 0;) {
		const struct schema_value *value = &record->values[i],
		                          *base = value->field->type == SCHEMA_AFTER
		        ? schema_value(record, value->field->base)
		        : NULL;
		if (value->field->type != SCHEMA_AFTER || (base && value->number > base->number))
			continue;
		memmove(&record->values[i], &record->values[i + 1],
		        (record->count - i - 1) * sizeof(*record->values));
		record->count--;
		out->incomplete = true;
	}
}

static void restore(const struct crdt_history *history, const struct crdt_step *step, uint32_t corrected,
        struct undo_event *out)
{
	const struct crdt_step *event = crdt_history_step(history, corrected);
	struct schema_measures measures;
	struct schema_record given;
	if (!decode(step, &measures, &given))
		return;
	out->kind = was_corrected_since(history, step) ? UNDO_EVENT_OVERTAKEN : UNDO_EVENT_RESTORE;
	out->corrects = step->corrects;
	out->record.kind = given.kind;
	for (uint32_t i = 0; i < given.count; i++) {
		const struct schema_field *field = given.values[i].field;
		struct schema_value value = given.values[i]; /* that it names what it corrects stays so */
		bool is_frame = field->type == SCHEMA_REF && field->required;
		bool was_there = is_frame ||
		        value_before(history, step, event, field, &out->measures, &value);
		if (!was_there && field->type == SCHEMA_BOOL) {
			value = (struct schema_value){.number = 0};
			was_there = true;
		}
		if (was_there)
			put(&out->record, field, value);
		out->incomplete |= !was_there;
	}
	drop_impossible(out);
}

static bool is_corrected(const struct crdt_history *history, const struct crdt_step *step)
{
	for (uint32_t i = 0; i < crdt_history_count(history); i++) {
		const struct crdt_step *other = crdt_history_step(history, i);
		if (other->is_correction && op_id_cmp(&other->corrects, &step->op) == 0)
			return true;
	}
	return false;
}

/* A kind whose events are corrected by whole events of the same kind: what `says` is said in place of `step`, of a first event as entered by mistake. */
static void say_again(const struct crdt_history *history, const struct crdt_step *step,
        const struct crdt_step *says, const struct schema_field *mistaken, struct undo_event *out)
{
	if (!decode(says, &out->measures, &out->record))
		return;
	out->kind = is_corrected(history, step) ? UNDO_EVENT_OVERTAKEN
	        : says == step                  ? UNDO_EVENT_CANCEL
	                                        : UNDO_EVENT_RESTORE;
	out->corrects = step->op;
	if (says == step)
		put(&out->record, mistaken, (struct schema_value){.number = 1});
}

void undo_event_plan(const struct crdt_history *history, uint32_t number, struct undo_event *out)
{
	const struct crdt_step *step = crdt_history_step(history, number);
	const struct schema_kind *kind = schema_kind(step->event_kind), *correction;
	const struct schema_field *cited, *cancelled;
	uint32_t corrected;
	*out = (struct undo_event){.kind = UNDO_EVENT_STAYS};
	if (!kind || kind->shape != SCHEMA_EVENT)
		return;
	const struct schema_field *mistaken = schema_field_named(kind, span_text("mistaken"));
	if (mistaken) {
		const bool is_correction = step->is_correction &&
		        crdt_history_find(history, &step->corrects, &corrected);
		const struct crdt_step *before = is_correction ? crdt_history_step(history, corrected) : step;
		say_again(
		        history, step, before->event_kind == step->event_kind ? before : step, mistaken, out);
		return;
	}
	if (step->is_correction) {
		if (crdt_history_find(history, &step->corrects, &corrected) &&
		        crdt_history_step(history, corrected)->kind == CRDT_OP_EVENT)
			restore(history, step, corrected, out);
		return;
	}
	correction = correction_of(kind, &cited, &cancelled);
	if (correction)
		cancel(step, correction, cited, cancelled, out);
}

void undo_event_write(
        const struct undo_event *event, struct record_id id, struct crdt_builder *builder, struct span reason)
{
	struct buf fields = {0};
	if (event->kind != UNDO_EVENT_CANCEL && event->kind != UNDO_EVENT_RESTORE)
		return;
	schema_event_put(&event->record, &fields);
	crdt_builder_event(
	        builder, event->record.kind->number, id, buf_span(&fields), &event->corrects, reason);
	buf_close(&fields);
}
