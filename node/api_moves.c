/* Who came into the team and who left it, for a fortnight, as work to take note of (work/README.md, section 2). */
#include "node/api_work.h"

#include "crdt/clock.h"
#include "node/calendar.h"
#include "node/describe_parts.h"

enum { MOVES_DAYS = 14, CAME = 1, LEFT = 2 };

static int32_t day_of(uint64_t hlc)
{
	return (int32_t)calendar_paris_day((int64_t)(crdt_hlc_ms(hlc) / 1000));
}

static bool is_here(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state != TEAM_DEVICE_REMOVED &&
		        view->devices[i].state != TEAM_DEVICE_VOID)
			return true;
	return false;
}

static void tell(struct api_node *app, struct work_facts *facts, const struct person_id *person, uint8_t what,
        int32_t day)
{
	uint8_t key[1 + ID_SHORT_BYTES] = {what};
	struct buf name = {0};
	struct work_fact *fact = work_add(facts, WORK_TEAM_MOVED);
	if (!fact)
		return;
	memcpy(key + 1, person->bytes, ID_SHORT_BYTES);
	if (!describe_person(app, span_of(person->bytes, sizeof(person->bytes)), &name))
		buf_add_span(&name, span_text("?"));
	fact->key = work_keep(facts, span_of(key, sizeof(key)));
	fact->day = day;
	fact->until = day + MOVES_DAYS;
	fact->fr = work_words(facts,
	        what == CAME ? "%.*s est arrivée dans l'équipe" : "%.*s n'est plus dans l'équipe",
	        (int)name.size, (const char *)name.data);
	fact->en = work_words(facts,
	        what == CAME ? "%.*s came into the team" : "%.*s is not in the team any more", (int)name.size,
	        (const char *)name.data);
	buf_close(&name);
}

/* Who founded the team did not come into it. */
static void tell_came(struct api_node *app, const struct team_dag *dag, const struct person_id *self,
        int32_t today, struct work_facts *facts)
{
	const struct team_view *view = node_view(app->node);
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		const struct team_node *node = person->arrival_node < dag->count
		        ? dag->nodes[person->arrival_node]
		        : NULL;
		if (!node || node->action.kind == TEAM_ACTION_FOUND || person_id_eq(&person->id, self) ||
		        day_of(node->hlc) + MOVES_DAYS < today || !is_here(view, &person->id))
			continue;
		tell(app, facts, &person->id, CAME, day_of(node->hlc));
	}
}

/* The last removal of each that stands: who came back is here. */
static void tell_left(
        struct api_node *app, const struct team_dag *dag, int32_t today, struct work_facts *facts)
{
	const struct team_view *view = node_view(app->node);
	struct person_id *told = mem_zero((size_t)view->person_count + dag->count + 1, sizeof(*told));
	uint32_t count = 0;
	for (uint32_t i = dag->count; i-- > 0 && count < WORK_FACTS_MAX;) {
		const struct team_node *node = dag->nodes[i];
		bool is_told = node->error || !node->removes || day_of(node->hlc) + MOVES_DAYS < today ||
		        is_here(view, &node->target);
		for (uint32_t j = 0; j < count && !is_told; j++)
			is_told = person_id_eq(&told[j], &node->target);
		if (is_told)
			continue;
		told[count++] = node->target;
		tell(app, facts, &node->target, LEFT, day_of(node->hlc));
	}
	mem_free(told);
}

void api_moves_work(struct api_node *app, int32_t today, struct work_facts *facts)
{
	struct person_id self;
	if (!node_view(app->node) || !api_own_person(app, &self))
		return;
	const struct team_dag *dag = team_membership_dag(node_membership(app->node));
	tell_left(app, dag, today, facts);
	tell_came(app, dag, &self, today, facts);
}
