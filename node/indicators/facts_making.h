/*
 * node/indicators/facts_making.h - private to facts_make.c and facts_visits.c: a dossier's facts while they are put together.
 */
#ifndef NODE_INDICATORS_FACTS_MAKING_H
#define NODE_INDICATORS_FACTS_MAKING_H

#include "node/indicators/facts.h"

struct making {
	const struct digest_source *source;
	struct arena *arena;
	struct facts_file *out;
	struct record_id *problem_ids; /* beside out->problems, ascending */
	struct making_item {
		uint8_t id[SCHEMA_SHORT_BYTES];
		uint32_t category;
	} * items;
	uint32_t item_count, item_room, visit_room, problem_room, id_room, rating_room, contact_room,
	        transmission_room, outcome_room, planned_room, survey_room;
	uint8_t (*healed)[SCHEMA_SHORT_BYTES]; /* wounds that an outcome names */
	uint32_t healed_count, healed_room;
};

static inline int64_t number_or(const struct schema_record *record, uint32_t field, int64_t otherwise)
{
	const struct schema_value *value = schema_value(record, field);
	return value ? value->number : otherwise;
}

static inline int64_t local_minute(const struct schema_value *at)
{
	const int64_t local = at->number + 60 * (int64_t)at->offset_minutes;
	return local / 60 - (local % 60 < 0);
}

/* Visits that took place, amendments laid over, and the nurses who made them. */
void facts_make_visits(struct making *making);

#endif
