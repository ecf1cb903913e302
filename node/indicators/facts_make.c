/* A dossier's facts from its document and the bodies of its events. */
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/clock.h"
#include "node/calendar.h"
#include "node/fold.h"
#include "node/indicators/facts_making.h"
#include "node/schema/moment.h"
#include "node/work/conflicts.h"

enum { /* numbers of the schema's tables */
	PATIENT_BIRTH = 5,
	PATIENT_REFERENT = 11,
	PATIENT_ALD = 15,
	PATIENT_DOCTOR = 27,
	PATIENT_ARCHIVED = 35,
	PATIENT_ALD_FROM = 39,
	PATIENT_ALD_UNTIL = 40,
	PATIENT_DECEASED = 41,
	PROBLEM_CODE = 1,
	PROBLEM_STATE = 7,
	PROBLEM_CLOSED = 2,
	RATING_PROBLEM = 1,
	RATING_KNOWLEDGE = 2,
	RATING_AT = 11,
	CONTACT_PARTNER = 1,
	CONTACT_CHANNEL = 2,
	CONTACT_AT = 5,
	CONTACT_WITH = 9,
	CONTACT_MISTAKEN = 13,
	CHANNEL_MSSANTE = 2,
	CHANNEL_LETTER = 3,
	CHANNEL_DMP = 7,
	PARTNER_ROLE_FIELD = 2,
	ROLE_DOCTOR = 6,
	TRANSMISSION_AT = 8,
	READING_OF = 1,
	REPLY_TO = 1,
	WOUND_STATE_FIELD = 4,
	WOUND_HEALED = 2,
	PLANNED_START = 1,
	PLANNED_ASSIGNEE = 3,
	PLANNED_STATE_FIELD = 5,
	PLANNED_CANCELLED = 3,
	OUTCOME_TYPE = 1,
	OUTCOME_AT = 2,
	OUTCOME_PLACE = 3,
	OUTCOME_WOUND = 5,
	OUTCOME_MISTAKEN = 7,
	OUTCOME_PLACE_HOME = 1,
	SURVEY_AT = 2,
	SURVEY_SATISFACTION = 3,
	SURVEY_RECOMMENDS = 4,
	SURVEY_AUTONOMOUS = 5,
};

static int32_t local_day(const struct schema_value *at)
{
	return (int32_t)moment_local_day((struct moment){at->number, at->offset_minutes});
}

static int32_t day_or_none(const struct schema_record *record, uint32_t field)
{
	return (int32_t)number_or(record, field, FACTS_NO_DAY);
}

static bool short_is(const struct schema_value *value, const uint8_t *id)
{
	return value && value->bytes.size >= SCHEMA_SHORT_BYTES &&
	        memcmp(value->bytes.data, id, SCHEMA_SHORT_BYTES) == 0;
}

/* ---- The head ---------------------------------------------------------------------------------------------------- */

/* *doctor: the general practitioner's name, folded; the caller's to close. */
static void make_head(struct making *making, struct buf *doctor)
{
	struct facts_file *out = making->out;
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct record_id id = crdt_doc_id(making->source->doc);
	struct schema_measures measures;
	struct schema_record record;
	*out = (struct facts_file)FACTS_NOTHING;
	out->has_conflict = conflicts_any_safety(making->source->doc);
	if (!record_read(making->source->doc, kind, &id, &measures, &record))
		return;
	out->birth_day = day_or_none(&record, PATIENT_BIRTH);
	out->ald_from = day_or_none(&record, PATIENT_ALD_FROM);
	out->ald_until = day_or_none(&record, PATIENT_ALD_UNTIL);
	out->archived_day = day_or_none(&record, PATIENT_ARCHIVED);
	out->deceased_day = day_or_none(&record, PATIENT_DECEASED);
	out->is_ald = number_or(&record, PATIENT_ALD, 0) != 0;
	const struct schema_value *referent = schema_value(&record, PATIENT_REFERENT),
	                          *name = schema_value(&record, PATIENT_DOCTOR);
	out->has_referent = referent && referent->bytes.size == SCHEMA_SHORT_BYTES;
	if (out->has_referent)
		memcpy(out->referent, referent->bytes.data, SCHEMA_SHORT_BYTES);
	if (name)
		fold_text(name->bytes, doctor);
}

/* ---- Problems and ratings ---------------------------------------------------------------------------------------- */

static void make_problems(struct making *making)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PROBLEM);
	struct facts_file *out = making->out;
	struct span cursor = {0};
	struct record_id id;
	while (out->problem_count < FACTS_ITEMS_MAX && record_next(making->source->doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_record record;
		if (!record_read(making->source->doc, kind, &id, &measures, &record))
			continue;
		const int64_t code = number_or(&record, PROBLEM_CODE, 0);
		out->problems = mem_room(
		        out->problems, out->problem_count, &making->problem_room, sizeof(*out->problems));
		making->problem_ids = mem_room(
		        making->problem_ids, out->problem_count, &making->id_room, sizeof(id));
		making->problem_ids[out->problem_count] = id;
		out->problems[out->problem_count++] = (struct facts_problem){
		        code > 0 && code < 100 ? (uint32_t)code : 0,
		        number_or(&record, PROBLEM_STATE, 1) == PROBLEM_CLOSED};
	}
}

static bool problem_at(const struct making *making, const struct schema_value *value, uint32_t *place)
{
	for (*place = 0; *place < making->out->problem_count; ++*place)
		if (short_is(value, making->problem_ids[*place].bytes))
			return true;
	return false;
}

static int rating_cmp(const void *a, const void *b)
{
	const struct facts_rating *x = a, *y = b;
	if (x->minute != y->minute)
		return x->minute < y->minute ? -1 : 1;
	if (x->problem != y->problem)
		return x->problem < y->problem ? -1 : 1;
	return memcmp(x->scores, y->scores, sizeof(x->scores));
}

static void make_ratings(struct making *making)
{
	struct facts_file *out = making->out;
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0;
	while (out->rating_count < FACTS_ITEMS_MAX &&
	        crdt_doc_event(making->source->doc, SCHEMA_RATING, &cursor, &event)) {
		struct facts_rating rating = {0};
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *at = schema_value(&record, RATING_AT);
		if (!at || !problem_at(making, schema_value(&record, RATING_PROBLEM), &rating.problem))
			continue;
		rating.minute = local_minute(at);
		for (uint32_t i = 0; i < 3; i++)
			rating.scores[i] = (uint8_t)(number_or(&record, RATING_KNOWLEDGE + i, 0) & 15);
		out->ratings = mem_room(
		        out->ratings, out->rating_count, &making->rating_room, sizeof(*out->ratings));
		out->ratings[out->rating_count++] = rating;
	}
	if (out->rating_count)
		qsort(out->ratings, out->rating_count, sizeof(*out->ratings), rating_cmp);
}

/* ---- Contacts ---------------------------------------------------------------------------------------------------- */

static bool is_partner_doctor(const struct making *making, const struct schema_value *with)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PARTNER);
	struct span cursor = {0};
	struct record_id id;
	while (with && record_next(making->source->doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_record record;
		if (short_is(with, id.bytes) &&
		        record_read(making->source->doc, kind, &id, &measures, &record))
			return number_or(&record, PARTNER_ROLE_FIELD, 0) == ROLE_DOCTOR;
	}
	return false;
}

static bool is_doctor_by_name(const struct schema_value *partner, struct span doctor)
{
	struct buf folded = {0};
	if (!partner || doctor.size < 3)
		return false;
	fold_text(partner->bytes, &folded);
	const bool is = memmem(folded.data, folded.size, doctor.data, doctor.size) != NULL ||
	        (folded.size >= 3 && memmem(doctor.data, doctor.size, folded.data, folded.size) != NULL);
	buf_wipe(&folded);
	return is;
}

static void make_contacts(struct making *making, struct span doctor)
{
	struct facts_file *out = making->out;
	struct crdt_event event;
	uint32_t cursor = 0;
	while (out->contact_count < FACTS_ITEMS_MAX &&
	        crdt_doc_event(making->source->doc, SCHEMA_CONTACT, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *at = schema_value(&record, CONTACT_AT);
		const int64_t channel = number_or(&record, CONTACT_CHANNEL, 0);
		if (!at || number_or(&record, CONTACT_MISTAKEN, 0))
			continue;
		out->contacts = mem_room(
		        out->contacts, out->contact_count, &making->contact_room, sizeof(*out->contacts));
		out->contacts[out->contact_count++] = (struct facts_contact){local_day(at),
		        is_partner_doctor(making, schema_value(&record, CONTACT_WITH)) ||
		                is_doctor_by_name(schema_value(&record, CONTACT_PARTNER), doctor),
		        channel == CHANNEL_MSSANTE || channel == CHANNEL_LETTER || channel == CHANNEL_DMP};
	}
}

/* ---- Transmissions ----------------------------------------------------------------------------------------------- */

static bool feed_at(struct making *making, const struct feed_id *feed, uint32_t *place)
{
	struct facts_file *out = making->out;
	for (*place = 0; *place < out->feed_count; ++*place)
		if (memcmp(out->feeds[*place], feed->bytes, FACTS_FEED_BYTES) == 0)
			return true;
	if (out->feed_count == FACTS_FEEDS_MAX)
		return false;
	memcpy(out->feeds[out->feed_count++], feed->bytes, FACTS_FEED_BYTES);
	return true;
}

static void note_reader(struct facts_transmission *item, uint32_t feed, uint64_t read_ms)
{
	for (uint32_t i = 0; i < item->reader_count; i++)
		if (item->readers[i].feed == feed)
			return; /* events come by their clock: the first one counts */
	if (feed == item->author || item->reader_count == FACTS_READERS_MAX)
		return;
	item->readers[item->reader_count].feed = feed;
	item->readers[item->reader_count++].read_ms = read_ms;
}

static void note_readings(struct making *making, uint32_t kind, uint32_t field, const struct record_id *ids)
{
	struct facts_file *out = making->out;
	struct crdt_event event;
	uint32_t cursor = 0, feed;
	while (crdt_doc_event(making->source->doc, kind, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *of = schema_value(&record, field);
		if (!of || !feed_at(making, &event.op.feed, &feed))
			continue;
		for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= of->bytes.size; at += SCHEMA_SHORT_BYTES)
			for (uint32_t i = 0; i < out->transmission_count; i++)
				if (memcmp(ids[i].bytes, of->bytes.data + at, SCHEMA_SHORT_BYTES) == 0)
					note_reader(&out->transmissions[i], feed, crdt_hlc_ms(event.hlc));
	}
}

static void make_transmissions(struct making *making)
{
	struct facts_file *out = making->out;
	struct record_id *ids = NULL;
	struct crdt_event event;
	uint32_t cursor = 0, room = 0;
	out->feeds = arena_zero(making->arena, FACTS_FEEDS_MAX, FACTS_FEED_BYTES);
	while (out->transmission_count < FACTS_ITEMS_MAX &&
	        crdt_doc_event(making->source->doc, SCHEMA_TRANSMISSION, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		struct facts_transmission item = {.saved_ms = crdt_hlc_ms(event.hlc)};
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record) ||
		        !feed_at(making, &event.op.feed, &item.author))
			continue;
		const struct schema_value *at = schema_value(&record, TRANSMISSION_AT);
		if (!at)
			continue;
		item.day = local_day(at);
		out->transmissions = mem_room(out->transmissions, out->transmission_count,
		        &making->transmission_room, sizeof(*out->transmissions));
		ids = mem_room(ids, out->transmission_count, &room, sizeof(*ids));
		ids[out->transmission_count] = event.id;
		out->transmissions[out->transmission_count++] = item;
	}
	if (out->transmission_count) {
		note_readings(making, SCHEMA_READING, READING_OF, ids);
		note_readings(making, SCHEMA_REPLY, REPLY_TO, ids);
	}
	mem_free(ids);
}

/* ---- Outcomes ---------------------------------------------------------------------------------------------------- */

static void add_outcome(struct making *making, struct facts_outcome outcome)
{
	struct facts_file *out = making->out;
	if (out->outcome_count == FACTS_ITEMS_MAX)
		return;
	out->outcomes = mem_room(
	        out->outcomes, out->outcome_count, &making->outcome_room, sizeof(*out->outcomes));
	out->outcomes[out->outcome_count++] = outcome;
}

static void note_healed(struct making *making, const struct schema_value *wound)
{
	if (!wound || wound->bytes.size < SCHEMA_SHORT_BYTES)
		return;
	making->healed = mem_room(
	        making->healed, making->healed_count, &making->healed_room, sizeof(*making->healed));
	memcpy(making->healed[making->healed_count++], wound->bytes.data, SCHEMA_SHORT_BYTES);
}

static void make_outcomes(struct making *making)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(making->source->doc, SCHEMA_OUTCOME, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *at = schema_value(&record, OUTCOME_AT);
		const int64_t type = number_or(&record, OUTCOME_TYPE, 0);
		if (!at || type < 1 || type > 400 || number_or(&record, OUTCOME_MISTAKEN, 0))
			continue;
		if (type == FACTS_WOUND_HEALED)
			note_healed(making, schema_value(&record, OUTCOME_WOUND));
		add_outcome(making,
		        (struct facts_outcome){local_day(at), (uint32_t)type,
		                number_or(&record, OUTCOME_PLACE, 0) == OUTCOME_PLACE_HOME});
	}
}

static bool is_told(const struct making *making, const struct record_id *wound)
{
	for (uint32_t i = 0; i < making->healed_count; i++)
		if (memcmp(making->healed[i], wound->bytes, SCHEMA_SHORT_BYTES) == 0)
			return true;
	return false;
}

/* Wounds that were only noted as healed: the day on which that was saved. */
static void make_healed(struct making *making)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_WOUND);
	const struct schema_field *state = schema_field(kind, WOUND_STATE_FIELD);
	struct span cursor = {0};
	struct record_id id;
	while (record_next(making->source->doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_value value;
		struct crdt_value found;
		struct crdt_path path;
		record_path(kind, &id, WOUND_STATE_FIELD, &path);
		if (is_told(making, &id) ||
		        !crdt_doc_get(making->source->doc, crdt_path_span(&path), &found) ||
		        !schema_value_get(state, found.value, NULL, &measures, &value) ||
		        value.number != WOUND_HEALED)
			continue;
		add_outcome(making,
		        (struct facts_outcome){
		                (int32_t)calendar_paris_day((int64_t)(crdt_hlc_ms(found.hlc) / 1000)),
		                FACTS_WOUND_HEALED, false});
	}
}

/* ---- Planned visits, surveys ------------------------------------------------------------------------------------- */

static void make_planned(struct making *making)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PLANNED_VISIT);
	struct facts_file *out = making->out;
	struct span cursor = {0};
	struct record_id id;
	while (out->planned_count < FACTS_ITEMS_MAX && record_next(making->source->doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_record record;
		if (!record_read(making->source->doc, kind, &id, &measures, &record))
			continue;
		const struct schema_value *start = schema_value(&record, PLANNED_START);
		if (!start || number_or(&record, PLANNED_STATE_FIELD, 1) == PLANNED_CANCELLED)
			continue;
		out->planned = mem_room(
		        out->planned, out->planned_count, &making->planned_room, sizeof(*out->planned));
		out->planned[out->planned_count++] = (struct facts_planned){
		        local_day(start), schema_value(&record, PLANNED_ASSIGNEE) != NULL};
	}
}

static int8_t mark_of(const struct schema_record *record, uint32_t field, int64_t max)
{
	const int64_t number = number_or(record, field, -1);
	return (int8_t)(number > max ? -1 : number);
}

static void make_surveys(struct making *making)
{
	struct facts_file *out = making->out;
	struct crdt_event event;
	uint32_t cursor = 0;
	while (out->survey_count < FACTS_ITEMS_MAX &&
	        crdt_doc_event(making->source->doc, SCHEMA_SURVEY, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *at = schema_value(&record, SURVEY_AT);
		if (!at)
			continue;
		out->surveys = mem_room(
		        out->surveys, out->survey_count, &making->survey_room, sizeof(*out->surveys));
		out->surveys[out->survey_count++] = (struct facts_survey){local_day(at),
		        mark_of(&record, SURVEY_SATISFACTION, 10), mark_of(&record, SURVEY_RECOMMENDS, 1),
		        mark_of(&record, SURVEY_AUTONOMOUS, 1)};
	}
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

/* Lists grew on the heap; from here on they live in the arena. */
#define INTO_ARENA(list, count) \
	do { \
		void *grown = out->list; \
		out->list = out->count ? arena_copy(making.arena, grown, out->count * sizeof(*out->list)) \
		                       : NULL; \
		mem_free(grown); \
	} while (0)

void indicator_facts_of(const struct digest_source *source, struct arena *arena, struct facts_file *out)
{
	struct making making = {.source = source, .arena = arena, .out = out};
	struct buf doctor = {0};
	make_head(&making, &doctor);
	make_problems(&making);
	make_ratings(&making);
	facts_make_visits(&making);
	make_contacts(&making, buf_span(&doctor));
	make_transmissions(&making);
	make_outcomes(&making);
	make_healed(&making);
	make_planned(&making);
	make_surveys(&making);
	INTO_ARENA(problems, problem_count);
	INTO_ARENA(ratings, rating_count);
	INTO_ARENA(visits, visit_count);
	INTO_ARENA(contacts, contact_count);
	INTO_ARENA(transmissions, transmission_count);
	INTO_ARENA(outcomes, outcome_count);
	INTO_ARENA(planned, planned_count);
	INTO_ARENA(surveys, survey_count);
	mem_free(making.problem_ids);
	mem_free(making.items);
	mem_free(making.healed);
	buf_wipe(&doctor);
}
