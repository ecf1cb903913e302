/*
 * Each entry of the set asks: did its author have the right to it (known since it arrived), do the entries it rests on
 * hold, and has a removal in force cut its author off before it? Removals ask the same about themselves, so the answers
 * depend on one another; they are worked out in passes until nothing changes. What is left then hangs on removals that
 * cut each other in a circle: there the side stands that more persons signed for; between equals all hold, as suspensions
 * (both sides are out until a third decides).
 */
#include "node/team/resolve.h"

#include "crdt/base/err.h"
#include "node/team/circles.h"
#include "node/team/fold.h"

/* `removal` cuts `entry` off if it is in force and not undone for it. */
struct cut_pair {
	uint32_t entry, removal;
};

struct list {
	uint32_t *items;
	uint32_t count;
};

/* Removals that wait for themselves; made when there are some, used again each time. Arrays are per node index unless said otherwise. */
struct circle {
	struct list removals, strongest, uncut;
	bool *circular, *strong;
	uint32_t *weights, *seen, *stack;
	uint32_t stamp; /* of `seen` */
	uint32_t *targets; /* one removal per target */
	const struct person_id **signers; /* room for counting */
};

struct resolve {
	struct team_dag *dag;
	struct team_view *view;
	struct arena arena;
	const uint32_t *order; /* the set, canonical */
	uint32_t count;
	struct list removals, undos, admits, revokes, chooses; /* those valid at their own state */
	struct list growth; /* those by which one more person may count where signatures are counted */
	struct cut_pair *pairs; /* in the canonical order of their entries */
	uint32_t pair_count;
	uint32_t *first_pair; /* per node index: its first pair; pairs of one entry are contiguous */
	bool *rivalled; /* per node index, ADMIT: another entry uses the invitation too */
	bool *not_alone; /* per node index: the small-team exception is lost */
	struct circle *circle; /* NULL: none was met */
};

enum answer { NO, MAYBE, YES };

static enum team_status status_of(const struct resolve *r, uint32_t node)
{
	return team_view_status(r->view, node);
}

/* --- Prepare ---------------------------------------------------------------------------------------------------------- */

static void note(struct resolve *r, struct list *list, uint32_t node)
{
	if (!list->items)
		list->items = arena_alloc(&r->arena, r->count * sizeof(uint32_t));
	list->items[list->count++] = node;
}

/* The person whom this entry, by itself, may make one of those whose signatures count; NULL: nobody. */
static const struct person_id *new_manager(const struct team_dag *dag, const struct team_node *node)
{
	const struct team_action *action = &node->action;
	bool given = node->complete;
	if (action->kind == TEAM_ACTION_ADMIT)
		return team_role_manages(action->as.admit.role) ? &action->as.admit.person : NULL;
	if (action->kind == TEAM_ACTION_CONFIRM) {
		action = &dag->nodes[team_dag_find(dag, &action->as.confirm.proposal)]->action;
		given = true;
	}
	return given && action->kind == TEAM_ACTION_ROLE && team_role_manages(action->as.role.role)
	        ? &action->as.role.person
	        : NULL;
}

static void sort_entries(struct resolve *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		uint32_t index = r->order[i];
		const struct team_node *node = r->dag->nodes[index];
		r->view->status[index] = node->error ? TEAM_STATUS_VOID : TEAM_STATUS_UNKNOWN;
		if (node->error)
			continue;
		if (new_manager(r->dag, node))
			note(r, &r->growth, index);
		if (node->removes)
			note(r, &r->removals, index);
		else if (node->action.kind == TEAM_ACTION_UNDO)
			note(r, &r->undos, index);
		else if (node->action.kind == TEAM_ACTION_ADMIT)
			note(r, &r->admits, index);
		else if (node->action.kind == TEAM_ACTION_REVOKE)
			note(r, &r->revokes, index);
		else if (node->action.kind == TEAM_ACTION_CHOOSE)
			note(r, &r->chooses, index);
	}
}

/* Does `removal` aim at the author of `entry`? A device of the person that was admitted afterwards is not meant. */
static bool aims_at(struct resolve *r, uint32_t removal, const struct team_node *entry)
{
	struct device_id device;
	struct person_id person;
	if (team_fold_target(r->dag, r->dag->nodes[removal], &device, &person))
		return device_id_eq(&device, &entry->author);
	return person_id_eq(&person, &entry->author_person) &&
	        !team_dag_reaches(r->dag, entry->author_admission, removal);
}

/* Mark in `before` (per node index) the removal and its ancestors: what it knew stays. */
static void mark_ancestors(struct resolve *r, uint32_t removal, bool *before, uint32_t *room)
{
	uint32_t stacked = 0;
	memset(before, 0, r->dag->count * sizeof(*before));
	before[removal] = true;
	room[stacked++] = removal;
	while (stacked) {
		const struct team_node *node = r->dag->nodes[room[--stacked]];
		for (uint32_t i = 0; i < node->parent_count; i++) {
			if (before[node->parents[i]])
				continue;
			before[node->parents[i]] = true;
			room[stacked++] = node->parents[i];
		}
	}
}

/* The entries of the set with power at their own state, those of one author together: by the admission of their device. */
struct authored {
	uint32_t *entries;
	uint32_t *first; /* per node index of an admission: its first entry; one more at the end */
	struct list admissions; /* those with entries */
};

static struct authored group_by_author(struct resolve *r)
{
	struct authored authored = {0};
	uint32_t *place = arena_zero(&r->arena, r->dag->count + 1, sizeof(uint32_t));
	authored.entries = arena_alloc(&r->arena, r->count * sizeof(uint32_t));
	for (uint32_t i = 0; i < r->count; i++)
		if (!r->dag->nodes[r->order[i]]->error)
			place[r->dag->nodes[r->order[i]]->author_admission + 1]++;
	for (uint32_t i = 0; i < r->dag->count; i++) {
		if (place[i + 1])
			note(r, &authored.admissions, i);
		place[i + 1] += place[i];
	}
	authored.first = arena_copy(&r->arena, place, (r->dag->count + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < r->count; i++)
		if (!r->dag->nodes[r->order[i]]->error)
			authored.entries[place[r->dag->nodes[r->order[i]]->author_admission]++] = r->order[i];
	return authored;
}

static void add_pair(struct resolve *r, uint32_t entry, uint32_t removal, uint32_t *capacity)
{
	if (r->pair_count == *capacity) {
		*capacity = *capacity ? 2 * *capacity : 64;
		r->pairs = mem_resize(r->pairs, *capacity, sizeof(*r->pairs));
	}
	r->pairs[r->pair_count++] = (struct cut_pair){entry, removal};
}

/* Order pairs by entry (node index), so that those of one entry stand together. */
static void group_pairs(struct resolve *r)
{
	uint32_t *starts = arena_zero(&r->arena, r->dag->count + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < r->pair_count; i++)
		starts[r->pairs[i].entry + 1]++;
	for (uint32_t i = 0; i < r->dag->count; i++)
		starts[i + 1] += starts[i];
	r->first_pair = arena_copy(&r->arena, starts, (r->dag->count + 1) * sizeof(uint32_t));
	struct cut_pair *sorted = mem_zero(r->pair_count, sizeof(*sorted));
	for (uint32_t i = 0; i < r->pair_count; i++)
		sorted[starts[r->pairs[i].entry]++] = r->pairs[i];
	mem_free(r->pairs);
	r->pairs = sorted;
}

static void find_pairs(struct resolve *r)
{
	uint32_t capacity = 0;
	bool *before = arena_alloc(&r->arena, r->dag->count * sizeof(*before));
	uint32_t *room = arena_alloc(&r->arena, r->dag->count * sizeof(uint32_t));
	struct authored authored = {0};
	if (r->removals.count)
		authored = group_by_author(r);
	for (uint32_t i = 0; i < r->removals.count; i++) {
		uint32_t removal = r->removals.items[i];
		mark_ancestors(r, removal, before, room);
		for (uint32_t a = 0; a < authored.admissions.count; a++) {
			uint32_t first = authored.first[authored.admissions.items[a]];
			uint32_t end = authored.first[authored.admissions.items[a] + 1];
			if (!aims_at(r, removal, r->dag->nodes[authored.entries[first]]))
				continue;
			for (uint32_t e = first; e < end; e++)
				if (!before[authored.entries[e]])
					add_pair(r, authored.entries[e], removal, &capacity);
		}
	}
	group_pairs(r);
}

static const struct entry_hash *invite_of(const struct team_node *node)
{
	return node->action.kind == TEAM_ACTION_ADMIT     ? &node->action.as.admit.invite
	        : node->action.kind == TEAM_ACTION_REVOKE ? &node->action.as.invitation
	                                                  : &node->action.as.choose.invite;
}

/* Another admit or a revocation of the same invitation in the set. It is concurrent, or it would not be valid. */
static bool has_rivals(const struct resolve *r, uint32_t admit)
{
	const struct entry_hash *invite = invite_of(r->dag->nodes[admit]);
	for (uint32_t i = 0; i < r->admits.count; i++)
		if (r->admits.items[i] != admit &&
		        entry_hash_eq(invite_of(r->dag->nodes[r->admits.items[i]]), invite))
			return true;
	for (uint32_t i = 0; i < r->revokes.count; i++)
		if (entry_hash_eq(invite_of(r->dag->nodes[r->revokes.items[i]]), invite))
			return true;
	return false;
}

/* The one whom an entry with the small-team exception is about does not make the team larger; a newcomer's namesake does. A word about closing
 * months is about nobody. */
static bool is_about(const struct team_node *node, const struct person_id *person)
{
	if (node->action.kind == TEAM_ACTION_ROLE)
		return person_id_eq(person, &node->action.as.role.person);
	return node->action.kind == TEAM_ACTION_REMOVE_PERSON &&
	        person_id_eq(person, &node->action.as.remove_person.person);
}

/* An entry that took one signature for enough because it saw a small team, while another manager arrived unseen. Entries of
 * the founding feed are one chain with the founder's admits and cannot be written beside them. */
static bool loses_exception(struct resolve *r, uint32_t index)
{
	const struct team_node *node = r->dag->nodes[index];
	if (!node->alone || feed_id_eq(&node->feed, &r->dag->nodes[0]->feed))
		return false;
	for (uint32_t i = 0; i < r->growth.count; i++) {
		const struct person_id *other = new_manager(r->dag, r->dag->nodes[r->growth.items[i]]);
		if (!is_about(node, other) && !person_id_eq(other, &node->author_person) &&
		        team_dag_concurrent(r->dag, index, r->growth.items[i]))
			return true;
	}
	return false;
}

static void prepare(struct resolve *r)
{
	r->rivalled = arena_zero(&r->arena, r->dag->count, sizeof(bool));
	r->not_alone = arena_zero(&r->arena, r->dag->count, sizeof(bool));
	sort_entries(r);
	for (uint32_t i = 0; i < r->admits.count; i++)
		r->rivalled[r->admits.items[i]] = has_rivals(r, r->admits.items[i]);
	for (uint32_t i = 0; i < r->count; i++)
		if (r->dag->nodes[r->order[i]]->alone && !r->dag->nodes[r->order[i]]->error)
			r->not_alone[r->order[i]] = loses_exception(r, r->order[i]);
	find_pairs(r);
}

/* --- Ask -------------------------------------------------------------------------------------------------------------- */

/* Does this undo, in force, take the removal back for the entry? It names the removal, and the entry was written after it. */
static bool spares(const struct resolve *r, uint32_t undo, const struct cut_pair *pair)
{
	const struct team_hashes *undone = &r->dag->nodes[undo]->action.as.hashes;
	for (uint32_t i = 0; i < undone->count; i++)
		if (entry_hash_eq(&undone->hashes[i], &r->dag->nodes[pair->removal]->hash))
			return team_dag_reaches(r->dag, pair->entry, undo);
	return false;
}

/* Does the removal of this pair cut the entry off? Not one that was undone before the entry was written. */
static enum answer cuts(struct resolve *r, const struct cut_pair *pair)
{
	enum team_status status = status_of(r, pair->removal);
	if (status == TEAM_STATUS_VOID || status == TEAM_STATUS_PENDING || status == TEAM_STATUS_HALF)
		return NO;
	enum answer answer = status == TEAM_STATUS_UNKNOWN ? MAYBE : YES;
	for (uint32_t i = 0; i < r->undos.count; i++) {
		uint32_t undo = r->undos.items[i];
		if (!spares(r, undo, pair))
			continue;
		if (status_of(r, undo) == TEAM_STATUS_IN_FORCE)
			return NO;
		if (status_of(r, undo) == TEAM_STATUS_UNKNOWN)
			answer = MAYBE;
	}
	return answer;
}

static enum answer supported(const struct resolve *r, const struct team_node *node)
{
	enum answer answer = YES;
	for (uint32_t i = 0; i < node->support_count; i++) {
		enum team_status status = status_of(r, node->supports[i].node);
		if (status == TEAM_STATUS_UNKNOWN)
			answer = MAYBE;
		else if (!team_status_holds(status) || (node->supports[i].full && status == TEAM_STATUS_HALF))
			return NO;
	}
	return answer;
}

/* Is it supported and not cut off? That another entry uses the same invitation is not asked here. */
static enum answer stands(struct resolve *r, uint32_t index)
{
	enum answer answer = supported(r, r->dag->nodes[index]);
	for (uint32_t i = r->first_pair[index]; i < r->first_pair[index + 1] && answer != NO; i++) {
		enum answer cut = cuts(r, &r->pairs[i]);
		if (cut != NO)
			answer = cut == YES ? NO : MAYBE;
	}
	return answer;
}

/* Does one of `users` other than `admit` itself use the same invitation, and stand? */
static enum answer used_by(struct resolve *r, uint32_t admit, const struct list *users)
{
	enum answer answer = NO;
	for (uint32_t i = 0; i < users->count && answer != YES; i++) {
		const struct team_node *user = r->dag->nodes[users->items[i]];
		if (users->items[i] == admit ||
		        !entry_hash_eq(invite_of(user), invite_of(r->dag->nodes[admit])))
			continue;
		enum answer rival = stands(r, users->items[i]);
		answer = rival > answer ? rival : answer;
	}
	return answer;
}

/* The status of a contested admit by the choices made: the latest ones, if they agree. */
static enum team_status chosen(struct resolve *r, uint32_t admit)
{
	const struct entry_hash *pick = NULL, *invite = invite_of(r->dag->nodes[admit]);
	for (uint32_t i = 0; i < r->chooses.count; i++) {
		uint32_t choose = r->chooses.items[i];
		if (!entry_hash_eq(invite_of(r->dag->nodes[choose]), invite))
			continue;
		if (status_of(r, choose) == TEAM_STATUS_UNKNOWN)
			return TEAM_STATUS_UNKNOWN;
	}
	for (uint32_t i = 0; i < r->chooses.count; i++) {
		uint32_t choose = r->chooses.items[i];
		bool latest = status_of(r, choose) == TEAM_STATUS_IN_FORCE &&
		        entry_hash_eq(invite_of(r->dag->nodes[choose]), invite);
		for (uint32_t j = 0; j < r->chooses.count && latest; j++)
			if (j != i && status_of(r, r->chooses.items[j]) == TEAM_STATUS_IN_FORCE &&
			        entry_hash_eq(invite_of(r->dag->nodes[r->chooses.items[j]]), invite) &&
			        team_dag_reaches(r->dag, r->chooses.items[j], choose))
				latest = false;
		if (!latest)
			continue;
		const struct entry_hash *this_pick = &r->dag->nodes[choose]->action.as.choose.admit;
		if (pick && !entry_hash_eq(pick, this_pick))
			return TEAM_STATUS_PENDING;
		pick = this_pick;
	}
	if (!pick)
		return TEAM_STATUS_PENDING;
	return entry_hash_eq(pick, &r->dag->nodes[admit]->hash) ? TEAM_STATUS_IN_FORCE : TEAM_STATUS_VOID;
}

/* The status of an admit that has rivals. One that is void itself contests nothing: it may be a removed device's. */
static enum team_status among_rivals(struct resolve *r, uint32_t admit)
{
	enum team_status status = chosen(r, admit);
	if (status != TEAM_STATUS_PENDING)
		return status;
	enum answer admits = used_by(r, admit, &r->admits), revokes = used_by(r, admit, &r->revokes);
	if (admits == YES || revokes == YES)
		return TEAM_STATUS_PENDING;
	return admits == MAYBE || revokes == MAYBE ? TEAM_STATUS_UNKNOWN : TEAM_STATUS_IN_FORCE;
}

static enum team_status decide(struct resolve *r, uint32_t index)
{
	enum answer answer = stands(r, index);
	if (answer != YES)
		return answer == NO ? TEAM_STATUS_VOID : TEAM_STATUS_UNKNOWN;
	enum team_status status = r->rivalled[index] ? among_rivals(r, index) : TEAM_STATUS_IN_FORCE;
	return status == TEAM_STATUS_IN_FORCE && r->not_alone[index] ? TEAM_STATUS_HALF : status;
}

/* --- Circles ----------------------------------------------------------------------------------------------------------- */

static void wait_for(const struct resolve *r, uint32_t node, struct team_circles_edges *edges)
{
	if (status_of(r, node) == TEAM_STATUS_UNKNOWN)
		team_circles_edge(edges, node);
}

static void wait_for_users(const struct resolve *r, const struct entry_hash *invite, const struct list *users,
        struct team_circles_edges *edges)
{
	for (uint32_t i = 0; i < users->count; i++)
		if (entry_hash_eq(invite_of(r->dag->nodes[users->items[i]]), invite))
			wait_for(r, users->items[i], edges);
}

/* Everything undecided that the status of `index` waits for. */
static void list_waits(void *context, uint32_t index, struct team_circles_edges *edges)
{
	struct resolve *r = context;
	const struct team_node *node = r->dag->nodes[index];
	for (uint32_t i = 0; i < node->support_count; i++)
		wait_for(r, node->supports[i].node, edges);
	for (uint32_t i = r->first_pair[index]; i < r->first_pair[index + 1]; i++) {
		if (cuts(r, &r->pairs[i]) != MAYBE)
			continue;
		wait_for(r, r->pairs[i].removal, edges);
		for (uint32_t u = 0; u < r->undos.count; u++)
			if (spares(r, r->undos.items[u], &r->pairs[i]))
				wait_for(r, r->undos.items[u], edges);
	}
	if (!r->rivalled[index])
		return;
	wait_for_users(r, invite_of(node), &r->chooses, edges);
	wait_for_users(r, invite_of(node), &r->admits, edges);
	wait_for_users(r, invite_of(node), &r->revokes, edges);
}

/* Adds the persons who signed `removal` to `signers`; a leaver signed her own. */
static uint32_t add_signers(
        const struct resolve *r, uint32_t removal, const struct person_id **signers, uint32_t count)
{
	const struct team_node *node = r->dag->nodes[removal];
	const struct person_id *signed_by[2] = {&node->author_person, NULL};
	if (node->action.kind == TEAM_ACTION_CONFIRM)
		signed_by[1] = &r->dag->nodes[team_dag_find(r->dag, &node->action.as.confirm.proposal)]
		                        ->author_person;
	else if (node->action.kind == TEAM_ACTION_REMOVE_PERSON && !node->alone)
		signed_by[1] = &node->target;
	for (uint32_t i = 0; i < 2 && signed_by[i]; i++) {
		uint32_t known = 0;
		while (known < count && !person_id_eq(signers[known], signed_by[i]))
			known++;
		if (known == count)
			signers[count++] = signed_by[i];
	}
	return count;
}

static bool same_target(const struct resolve *r, uint32_t a, uint32_t b)
{
	return person_id_eq(&r->dag->nodes[a]->target, &r->dag->nodes[b]->target);
}

/* How many persons in the circle want the target of `removal` out. */
static uint32_t weigh(const struct resolve *r, const struct circle *circle, uint32_t removal)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < circle->removals.count; i++)
		if (same_target(r, circle->removals.items[i], removal))
			count = add_signers(r, circle->removals.items[i], circle->signers, count);
	return count;
}

/* Fills weights, and `strongest` with those that weigh most. There are few targets, and may be many removals. */
static void find_strongest(struct resolve *r, struct circle *circle)
{
	struct list targets = {circle->targets, 0};
	uint32_t most = 0;
	for (uint32_t i = 0; i < circle->removals.count; i++) {
		uint32_t removal = circle->removals.items[i], known = 0;
		while (known < targets.count && !same_target(r, targets.items[known], removal))
			known++;
		if (known == targets.count) {
			targets.items[targets.count++] = removal;
			circle->weights[removal] = weigh(r, circle, removal);
		}
		circle->weights[removal] = circle->weights[targets.items[known]];
		most = circle->weights[removal] > most ? circle->weights[removal] : most;
	}
	for (uint32_t i = 0; i < circle->removals.count; i++)
		if (circle->weights[circle->removals.items[i]] == most)
			note(r, &circle->strongest, circle->removals.items[i]);
}

/* Does one of the strongest cut `removal`, or something that it rests on at any remove, off? */
static bool is_cut(struct resolve *r, struct circle *circle, uint32_t removal)
{
	uint32_t stacked = 0, stamp = ++circle->stamp;
	circle->stack[stacked++] = removal;
	circle->seen[removal] = stamp;
	while (stacked) {
		uint32_t entry = circle->stack[--stacked];
		const struct team_node *node = r->dag->nodes[entry];
		for (uint32_t i = r->first_pair[entry]; i < r->first_pair[entry + 1]; i++)
			if (circle->strong[r->pairs[i].removal] && cuts(r, &r->pairs[i]) == MAYBE)
				return true;
		for (uint32_t i = 0; i < node->support_count; i++) {
			uint32_t support = node->supports[i].node;
			if (status_of(r, support) != TEAM_STATUS_UNKNOWN || circle->seen[support] == stamp)
				continue;
			circle->seen[support] = stamp;
			circle->stack[stacked++] = support;
		}
	}
	return false;
}

static void find_circle(struct resolve *r, struct circle *circle)
{
	circle->removals.count = circle->strongest.count = circle->uncut.count = 0;
	team_circles_find(
	        r->dag->count, r->removals.items, r->removals.count, list_waits, r, circle->circular);
	for (uint32_t i = 0; i < r->removals.count; i++)
		if (status_of(r, r->removals.items[i]) == TEAM_STATUS_UNKNOWN &&
		        circle->circular[r->removals.items[i]])
			note(r, &circle->removals, r->removals.items[i]);
}

static struct circle *new_circle(struct resolve *r)
{
	struct circle *circle = arena_zero(&r->arena, 1, sizeof(*circle));
	circle->circular = arena_zero(&r->arena, r->dag->count, sizeof(bool));
	circle->strong = arena_zero(&r->arena, r->dag->count, sizeof(bool));
	circle->weights = arena_zero(&r->arena, r->dag->count, sizeof(uint32_t));
	circle->seen = arena_zero(&r->arena, r->dag->count, sizeof(uint32_t));
	circle->stack = arena_zero(&r->arena, r->dag->count, sizeof(uint32_t));
	circle->targets = arena_zero(&r->arena, r->removals.count, sizeof(uint32_t));
	circle->signers = arena_zero(&r->arena, 2 * (size_t)r->removals.count, sizeof(*circle->signers));
	return circle;
}

/* Of the removals that wait for themselves, those stand that most persons signed; where they cut each other, they hold as
 * suspensions. True when there was one. */
static bool break_circles(struct resolve *r)
{
	struct circle *circle = r->circle ? r->circle : new_circle(r);
	r->circle = circle;
	find_circle(r, circle);
	find_strongest(r, circle);
	for (uint32_t i = 0; i < circle->strongest.count; i++)
		circle->strong[circle->strongest.items[i]] = true;
	for (uint32_t i = 0; i < circle->strongest.count; i++)
		if (!is_cut(r, circle, circle->strongest.items[i]))
			note(r, &circle->uncut, circle->strongest.items[i]);
	for (uint32_t i = 0; i < circle->strongest.count; i++)
		circle->strong[circle->strongest.items[i]] = false;
	const struct list *decided = circle->uncut.count ? &circle->uncut : &circle->strongest;
	for (uint32_t i = 0; i < decided->count; i++)
		r->view->status[decided->items[i]] = circle->uncut.count ? TEAM_STATUS_IN_FORCE
		                                                         : TEAM_STATUS_SUSPENDING;
	return circle->removals.count > 0;
}

/* Passes in canonical order until nothing changes. Returns how many are still undecided. */
static uint32_t pass(struct resolve *r)
{
	for (;;) {
		uint32_t unknown = 0;
		bool changed = false;
		for (uint32_t i = 0; i < r->count; i++) {
			uint32_t index = r->order[i];
			if (r->view->status[index] != TEAM_STATUS_UNKNOWN)
				continue;
			enum team_status status = decide(r, index);
			r->view->status[index] = (uint8_t)status;
			changed = changed || status != TEAM_STATUS_UNKNOWN;
			unknown += status == TEAM_STATUS_UNKNOWN;
		}
		if (!changed || !unknown)
			return unknown;
	}
}

struct team_view *team_resolve(struct team_dag *dag, const uint32_t *roots, uint32_t root_count)
{
	struct resolve r = {.dag = dag, .view = team_view_new(dag->count)};
	uint32_t *order = arena_alloc(&r.arena, dag->count * sizeof(uint32_t));
	r.count = team_dag_closure(dag, roots, root_count, order);
	r.order = order;
	prepare(&r);
	while (pass(&r) && break_circles(&r))
		;
	for (uint32_t i = 0; i < r.count; i++)
		if (r.view->status[order[i]] == TEAM_STATUS_UNKNOWN)
			r.view->status[order[i]] = TEAM_STATUS_VOID;
	for (uint32_t i = 0; i < r.count; i++)
		team_fold_entry(r.view, dag, order[i]);
	team_fold_settle(r.view, dag);
	mem_free(r.pairs);
	arena_close(&r.arena);
	return r.view;
}
