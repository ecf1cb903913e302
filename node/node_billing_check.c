/* What to look at before a month is closed, with what the dossiers say of prescriptions and of joined files (node/billing/README.md, section 5). */
#include "node/node_billing_parts.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/medication/medication.h"
#include "node/node_digest.h"
#include "node/node_state.h"
#include "node/schema/moment.h"

struct looking {
	struct node *node;
	struct patient_groups groups;
	struct patient_pairs pairs;
	struct medication medication; /* of `group` */
	struct patient_group group;
};

static void look(void *context, const struct digest_source *source)
{
	static const uint32_t kinds[] = {SCHEMA_PRESCRIPTION, SCHEMA_PRESCRIPTION_STOP};
	facts_of(source, kinds, 2, FACTS_ALL, medication_add, context);
}

/* The prescriptions of all files that are the patient's. */
static void take_prescriptions(struct looking *looking, const struct record_id *file)
{
	medication_close(&looking->medication);
	looking->medication = (struct medication){0};
	looking->group = (struct patient_group){.count = 1, .files = {*file}};
	if (patient_groups_is_joined(&looking->groups, file))
		patient_groups_of(&looking->groups, file, &looking->group);
	for (uint32_t i = 0; i < looking->group.count; i++)
		node_digest_look(looking->node, &looking->group.files[i], look, &looking->medication);
	medication_derive(&looking->medication);
}

static bool holds_on(const struct medication *medication, uint32_t root, int64_t day)
{
	const enum medication_state state = medication_prescription_on(medication, root, day);
	return state == MEDICATION_CURRENT || state == MEDICATION_ENDS;
}

/* The one that the visit names, else any of the patient's, holds on its day. */
static bool is_prescribed(const struct medication *medication, const struct billing_visit *visit)
{
	const bool names = !record_id_is_zero(&visit->prescription);
	const int64_t day = moment_local_day(
	        (struct moment){visit->item.start_s, visit->item.offset_minutes});
	for (uint32_t i = 0; i < medication->prescription_count; i++)
		if ((!names ||
		            memcmp(medication->prescriptions[i].head.id.bytes, visit->prescription.bytes,
		                    SCHEMA_SHORT_BYTES) == 0) &&
		        holds_on(medication, medication->prescriptions[i].version.root, day))
			return true;
	return false;
}

static bool is_disputed(const struct looking *looking, const struct record_id *file)
{
	struct patient_group group = {0};
	for (uint32_t i = 0; i < looking->pairs.count; i++) {
		const struct patient_pair *pair = &looking->pairs.items[i];
		if (pair->state == PATIENT_PAIR_DISPUTED &&
		        (record_id_eq(&pair->low, file) || record_id_eq(&pair->high, file)))
			return true;
	}
	patient_groups_of(&looking->groups, file, &group);
	return group.is_contradicted;
}

static int file_cmp(const void *a, const void *b)
{
	const struct billing_visit *left = a, *right = b;
	int order = record_id_cmp(&left->file, &right->file);
	return order ? order : record_id_cmp(&left->item.visit, &right->item.visit);
}

static bool is_of_month(const struct billing_visit *visit, uint32_t month)
{
	return visit->item.start_s >= 0 && visit->item.start_s <= LOT_SECONDS_MAX &&
	        calendar_month(visit->item.start_s, visit->item.offset_minutes) == (int32_t)month;
}

static void mark_visits(struct looking *looking, struct node_billing *billing)
{
	struct billing_visit *visits = arena_copy(&billing->arena, billing->input.visits,
	        billing->input.visit_count * sizeof(*billing->input.visits));
	const struct record_id *file = NULL;
	bool disputed = false;
	if (billing->input.visit_count)
		qsort(visits, billing->input.visit_count, sizeof(*visits), file_cmp);
	for (uint32_t i = 0; i < billing->input.visit_count; i++) {
		struct billing_visit *visit = &visits[i];
		if (!is_of_month(visit, billing->input.month))
			continue;
		if (!file || !record_id_eq(file, &visit->file)) {
			take_prescriptions(looking, &visit->file);
			disputed = is_disputed(looking, &visit->file);
			file = &visit->file;
		}
		visit->flags &= ~(uint32_t)BILLING_NO_PRESCRIPTION;
		if (!is_prescribed(&looking->medication, visit))
			visit->flags |= BILLING_NO_PRESCRIPTION;
		if (disputed)
			visit->flags |= BILLING_DISPUTED;
	}
	billing->input.visits = visits;
}

int node_billing_check(struct node *node, uint32_t month, struct span territory, struct node_billing *billing,
        struct billing_anomaly **anomalies, uint32_t *count)
{
	const struct billing_bounds all = {NULL};
	struct looking looking = {.node = node};
	struct patient_links links = {0};
	int result = node_billing_gather(node, month, territory, billing);
	if (result == 0)
		result = billing_gather_links(node, &all, &links);
	if (result == 0) {
		patient_groups_make(links.items, links.count, &looking.groups);
		patient_pairs_make(links.items, links.count, &looking.pairs);
		mark_visits(&looking, billing);
		billing->input.now_s = (int64_t)(env_wall_ms(node->config.env) / 1000);
		result = billing_anomalies(&billing->input, &billing->arena, anomalies, count);
	}
	medication_close(&looking.medication);
	patient_pairs_close(&looking.pairs);
	patient_groups_close(&looking.groups);
	patient_links_close(&links);
	return result;
}
