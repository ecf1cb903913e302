#include "node/team/fold.h"

#include <assert.h>

static void *new_row(void *rows, uint32_t *count, uint32_t *capacity, size_t size)
{
	if (*count == *capacity) {
		*capacity = *capacity ? 2 * *capacity : 8;
		rows = mem_resize(rows, *capacity, size);
	}
	memset((uint8_t *)rows + *count * size, 0, size);
	(*count)++;
	return rows;
}

/* Append a zeroed row and name it. */
#define NEW_ROW(view, rows, count, capacity) \
	((view)->rows = new_row((view)->rows, &(view)->count, &(view)->capacity, sizeof(*(view)->rows)), \
	        &(view)->rows[(view)->count - 1])

static struct team_person *find_person(struct team_view *view, const struct person_id *id)
{
	for (uint32_t i = 0; i < view->person_count; i++)
		if (person_id_eq(&view->people[i].id, id))
			return &view->people[i];
	return NULL;
}

static struct team_device *find_device(struct team_view *view, const struct device_id *id)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (device_id_eq(&view->devices[i].id, id))
			return &view->devices[i];
	return NULL;
}

static struct team_invitation_row *find_invitation(struct team_view *view, const struct entry_hash *hash)
{
	for (uint32_t i = 0; i < view->invitation_count; i++)
		if (entry_hash_eq(&view->invitations[i].hash, hash))
			return &view->invitations[i];
	return NULL;
}

static void add_device(struct team_view *view, const struct team_dag *dag, uint32_t index,
        const struct device_id *id, const struct team_keys *keys, const struct person_id *person)
{
	/* Of concurrent admits of one device, the one that fares best names its person; then the first in canonical order. */
	struct team_device *device = find_device(view, id);
	if (device && team_view_status(view, index) <= team_view_status(view, device->admit_node))
		return;
	if (!device)
		device = NEW_ROW(view, devices, device_count, device_capacity);
	*device = (struct team_device){.id = *id,
	        .keys = *keys,
	        .person = *person,
	        .admission = dag->nodes[index]->hash,
	        .admit_node = index,
	        .endorse_node = TEAM_NODE_NONE,
	        .beacon_node = TEAM_NODE_NONE};
	device->endorsed = dag->nodes[index]->endorsed &&
	        team_view_status(view, index) == TEAM_STATUS_IN_FORCE;
}

/* The role entry that `index` puts in force: itself, or the proposal that it confirms. */
static uint32_t change_of(const struct team_dag *dag, uint32_t index)
{
	const struct team_action *action = &dag->nodes[index]->action;
	return action->kind == TEAM_ACTION_CONFIRM ? team_dag_find(dag, &action->as.confirm.proposal) : index;
}

/* The role and dates that an entry gives. */
struct given {
	uint8_t role;
	uint64_t from_ms, until_ms;
};

static struct given given_by(const struct team_dag *dag, uint32_t index)
{
	const struct team_action *action = &dag->nodes[change_of(dag, index)]->action;
	if (action->kind == TEAM_ACTION_ROLE)
		return (struct given){action->as.role.role, action->as.role.rights_from_ms,
		        action->as.role.rights_until_ms};
	if (action->kind == TEAM_ACTION_FOUND)
		return (struct given){.role = TEAM_ROLE_NURSE};
	uint32_t index_of_invite = team_dag_find(dag, &action->as.admit.invite);
	assert(index_of_invite != TEAM_NODE_NONE);
	const struct team_invite *invite = &dag->nodes[index_of_invite]->action.as.invite;
	return (struct given){action->as.admit.role, invite->rights_from_ms, invite->rights_until_ms};
}

uint8_t team_fold_given_role(const struct team_dag *dag, uint32_t index)
{
	return given_by(dag, index).role;
}

/* Of two entries that neither knew of the other, does `a` give less? Less power; else an earlier end; else a later begin. */
static bool gives_less(const struct team_dag *dag, uint32_t a, uint32_t b)
{
	struct given one = given_by(dag, a), other = given_by(dag, b);
	if (one.role != other.role)
		return team_role_lesser(one.role, other.role) == one.role;
	if (one.until_ms != other.until_ms)
		return one.until_ms && (!other.until_ms || one.until_ms < other.until_ms);
	return one.from_ms > other.from_ms;
}

/* A later change of the person's role builds on this entry. */
static bool is_overtaken(
        const struct team_view *view, struct team_dag *dag, const struct team_person *person, uint32_t index)
{
	for (uint32_t i = 0; i < view->role_cut_count; i++) {
		const struct team_role_cut *row = &view->role_cuts[i];
		if (row->node != index && person_id_eq(&row->person, &person->id) &&
		        team_dag_reaches(dag, row->node, index))
			return true;
	}
	return false;
}

static void take_notice(struct team_person *person, const struct team_dag *dag, uint32_t index)
{
	uint64_t until_ms = dag->nodes[index]->action.as.leave_until_ms;
	bool later = person->leave_until_ms &&
	        (until_ms > person->leave_until_ms ||
	                (until_ms == person->leave_until_ms &&
	                        team_dag_cmp(dag, person->leave_node, index) < 0));
	if (later)
		return;
	person->leave_until_ms = until_ms;
	person->leave_node = index;
}

/* The earliest notice that the change of role in force did not know: who knows a notice, and sets other dates, takes it back. */
static void find_notice(struct team_view *view, struct team_dag *dag, struct team_person *person)
{
	uint32_t change = change_of(dag, person->role_node);
	person->leave_until_ms = 0;
	person->leave_node = TEAM_NODE_NONE;
	for (uint32_t i = 0; i < view->status_count; i++)
		if (dag->nodes[i]->action.kind == TEAM_ACTION_LEAVE &&
		        team_status_holds(team_view_status(view, i)) &&
		        person_id_eq(&dag->nodes[i]->author_person, &person->id) &&
		        !team_dag_reaches(dag, change, i))
			take_notice(person, dag, i);
}

static void set_dates(struct team_person *person, const struct team_dag *dag)
{
	struct given given = given_by(dag, person->role_node);
	person->rights_from_ms = given.from_ms;
	person->rights_until_ms = given.until_ms;
	if (person->leave_until_ms && (!given.until_ms || person->leave_until_ms < given.until_ms))
		person->rights_until_ms = person->leave_until_ms;
}

/* The role is what the latest entry gave; of several latest ones, the one that gave least. */
static void decide_role(struct team_view *view, struct team_dag *dag, struct team_person *person)
{
	uint32_t best = TEAM_NODE_NONE;
	if (!is_overtaken(view, dag, person, person->arrival_node))
		best = person->arrival_node;
	for (uint32_t i = 0; i < view->role_cut_count; i++) {
		const struct team_role_cut *row = &view->role_cuts[i];
		if (!person_id_eq(&row->person, &person->id) || is_overtaken(view, dag, person, row->node))
			continue;
		if (best == TEAM_NODE_NONE || gives_less(dag, row->node, best))
			best = row->node;
	}
	assert(best != TEAM_NODE_NONE);
	person->role = given_by(dag, best).role;
	person->role_node = best;
	if (best != person->arrival_node)
		find_notice(view, dag, person);
	set_dates(person, dag);
}

/* Also by changes that are void, or came before she did: others may have met them in force. */
static bool is_named(const struct team_view *view, const struct team_dag *dag, const struct person_id *id)
{
	for (uint32_t i = 0; i < view->status_count; i++)
		if (dag->nodes[i]->action.kind == TEAM_ACTION_ROLE &&
		        team_view_status(view, i) != TEAM_STATUS_ABSENT &&
		        person_id_eq(&dag->nodes[i]->action.as.role.person, id))
			return true;
	return false;
}

static struct team_person *new_person(
        struct team_view *view, const struct team_dag *dag, const struct person_id *id, uint32_t index)
{
	struct team_person *person = NEW_ROW(view, people, person_count, person_capacity);
	person->id = *id;
	person->arrival_node = index;
	person->leave_node = TEAM_NODE_NONE;
	person->role_named = is_named(view, dag, id);
	return person;
}

static void fold_found(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_node *node = dag->nodes[index];
	const struct team_found *found = &node->action.as.found;
	decide_role(view, dag, new_person(view, dag, &found->person, index));
	add_device(view, dag, index, &node->author, &found->keys, &found->person);
}

static void admit_person(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct person_id *id = &dag->nodes[index]->action.as.admit.person;
	struct team_person *person = find_person(view, id);
	bool holds = team_status_holds(team_view_status(view, index));
	if (!person)
		person = new_person(view, dag, id, index);
	/* Two concurrent admits may bring one new person, under two roles. */
	else if (holds && !team_status_holds(team_view_status(view, person->arrival_node)))
		person->arrival_node = index;
	else if (holds && team_dag_concurrent(dag, person->arrival_node, index) &&
	        gives_less(dag, index, person->arrival_node))
		person->arrival_node = index;
	else
		return;
	decide_role(view, dag, person);
}

static void fold_admit(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_admit *admit = &dag->nodes[index]->action.as.admit;
	enum team_status status = team_view_status(view, index);
	add_device(view, dag, index, &admit->device, &admit->keys, &admit->person);
	if (status != TEAM_STATUS_VOID)
		admit_person(view, dag, index);
	struct team_invitation_row *invitation = find_invitation(view, &admit->invite);
	if (!invitation)
		return;
	invitation->admit_count++;
	if (status == TEAM_STATUS_PENDING)
		invitation->state = TEAM_INVITATION_CONTESTED;
	else if (team_status_holds(status) || invitation->state == TEAM_INVITATION_OPEN)
		invitation->state =
		        TEAM_INVITATION_USED; /* also by an admit that is void: it is known to others */
}

static void fold_choose(struct team_view *view, const struct team_dag *dag, uint32_t index)
{
	const struct team_choose *choose = &dag->nodes[index]->action.as.choose;
	struct team_invitation_row *invitation = find_invitation(view, &choose->invite);
	if (!invitation)
		return;
	for (uint32_t i = 0; i < view->device_count; i++) {
		uint32_t admit = view->devices[i].admit_node;
		if (!view->devices[i].relay && dag->nodes[admit]->action.kind == TEAM_ACTION_ADMIT &&
		        entry_hash_eq(&dag->nodes[admit]->action.as.admit.invite, &choose->invite) &&
		        team_view_status(view, admit) == TEAM_STATUS_PENDING)
			return; /* another choice contradicts this one */
	}
	invitation->state = entry_hash_is_zero(&choose->admit) ? TEAM_INVITATION_REVOKED
	                                                       : TEAM_INVITATION_USED;
}

/* A change of role comes into force by the entry `index`. */
static void set_role(struct team_view *view, struct team_dag *dag, uint32_t index, const struct team_cut *cut)
{
	const struct team_role_change *change = &dag->nodes[change_of(dag, index)]->action.as.role;
	struct team_person *person = find_person(view, &change->person);
	if (!person)
		return;
	struct team_role_cut *row = NEW_ROW(view, role_cuts, role_cut_count, role_cut_capacity);
	*row = (struct team_role_cut){index, change->person, change->role, cut};
	for (uint32_t i = 0; i < view->device_count; i++) {
		struct team_device *device = &view->devices[i];
		if (device->endorsed || device->admit_node != dag->nodes[index]->vouches)
			continue;
		device->endorsed = true; /* the role itself had the signatures that it takes */
		device->endorse_node = index;
	}
	decide_role(view, dag, person);
}

static void propose(struct team_view *view, const struct team_dag *dag, uint32_t index)
{
	struct team_proposal *proposal = NEW_ROW(view, proposals, proposal_count, proposal_capacity);
	proposal->hash = dag->nodes[index]->hash;
	proposal->node = index;
}

bool team_fold_target(const struct team_dag *dag, const struct team_node *node, struct device_id *device,
        struct person_id *person)
{
	const struct team_action *action = &node->action;
	if (action->kind == TEAM_ACTION_REMOVE_DEVICE) {
		*device = action->as.remove_device.device;
		return true;
	}
	if (action->kind == TEAM_ACTION_CONFIRM)
		action = &dag->nodes[team_dag_find(dag, &action->as.confirm.proposal)]->action;
	assert(action->kind == TEAM_ACTION_REMOVE_PERSON);
	*person = action->as.remove_person.person;
	return false;
}

static void fold_removal(
        struct team_view *view, const struct team_dag *dag, uint32_t index, const struct team_cut *cut)
{
	const struct team_node *node = dag->nodes[index];
	struct team_removal removal = {.hash = node->hash, .node = index, .cut = cut};
	removal.of_person = !team_fold_target(dag, node, &removal.device, &removal.person);
	removal.suspends = node->suspends || team_view_status(view, index) == TEAM_STATUS_SUSPENDING;
	if (!removal.of_person) {
		const struct team_device *device = find_device(view, &removal.device);
		if (device)
			removal.person = device->person;
	}
	struct team_removal *row = NEW_ROW(view, removals, removal_count, removal_capacity);
	*row = removal;
}

static void fold_confirm(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_confirm *confirm = &dag->nodes[index]->action.as.confirm;
	for (uint32_t i = 0; i < view->proposal_count; i++)
		if (entry_hash_eq(&view->proposals[i].hash, &confirm->proposal))
			view->proposals[i].confirmed = true;
	const struct team_node *proposal = dag->nodes[team_dag_find(dag, &confirm->proposal)];
	if (proposal->action.kind == TEAM_ACTION_ROLE)
		set_role(view, dag, index, &confirm->cut);
	else
		fold_removal(view, dag, index, &confirm->cut);
}

static void fold_undo(struct team_view *view, const struct team_hashes *undone)
{
	for (uint32_t i = 0; i < view->removal_count; i++)
		for (uint32_t j = 0; j < undone->count; j++)
			if (entry_hash_eq(&view->removals[i].hash, &undone->hashes[j]))
				view->removals[i].undone = true;
}

static void fold_leave(struct team_view *view, const struct team_dag *dag, uint32_t index)
{
	struct team_person *person = find_person(view, &dag->nodes[index]->author_person);
	if (!person)
		return;
	take_notice(person, dag, index);
	set_dates(person, dag);
}

static void note_lease(struct team_view *view, const struct team_node *node, uint32_t index, bool holds)
{
	struct team_lease_fact *fact = NEW_ROW(view, leases, lease_count, lease_capacity);
	*fact = (struct team_lease_fact){.hash = node->hash,
	        .holder = node->action.as.lease.holder,
	        .fence = node->action.as.lease.fence,
	        .node = index,
	        .in_force = holds};
}

static void fold_release(struct team_view *view, const struct team_release *release)
{
	if (entry_hash_eq(&view->lease.lease, &release->lease))
		view->lease.held = false;
	for (uint32_t i = 0; i < view->lease_count; i++)
		if (entry_hash_eq(&view->leases[i].hash, &release->lease)) {
			view->leases[i].released = true;
			view->leases[i].last_lot = release->last_lot;
		}
}

static void fold_word(struct team_view *view, const struct team_node *node, uint32_t index, bool half)
{
	struct team_word_row *row = NEW_ROW(view, words, word_count, word_capacity);
	*row = (struct team_word_row){.hash = node->hash,
	        .node = index,
	        .by = node->author_person,
	        .is_seconded = node->complete && !half};
}

static void fold_second(struct team_view *view, const struct entry_hash *word)
{
	for (uint32_t i = 0; i < view->word_count; i++)
		if (entry_hash_eq(&view->words[i].hash, word))
			view->words[i].is_seconded = true;
}

static void fold_lease(struct team_view *view, const struct team_node *node, uint32_t index, bool holds)
{
	const struct team_lease *lease = &node->action.as.lease;
	struct team_lease_row *row = &view->lease;
	note_lease(view, node, index, holds);
	if (lease->fence > row->fence_max)
		row->fence_max = lease->fence; /* a number is spent even if its lease is void */
	if (!holds || lease->fence < row->fence)
		return;
	*row = (struct team_lease_row){.held = true,
	        .contested = row->node != TEAM_NODE_NONE && row->fence == lease->fence,
	        .handed_over = !row->held,
	        .holder = lease->holder,
	        .fence = lease->fence,
	        .lease = node->hash,
	        .previous_lot = lease->previous_lot,
	        .node = index,
	        .fence_max = row->fence_max};
}

static void fold_epoch(struct team_view *view, const struct team_node *node, uint32_t index, bool holds)
{
	struct team_epoch_row *row = NEW_ROW(view, epochs, epoch_count, epoch_capacity);
	memcpy(row->id.bytes, node->hash.bytes, sizeof(row->id.bytes));
	row->compartment = node->action.as.epoch.compartment;
	row->node = index;
	row->in_force = holds;
}

static void fold_invite(struct team_view *view, const struct team_node *node, uint32_t index)
{
	struct team_invitation_row *row = NEW_ROW(view, invitations, invitation_count, invitation_capacity);
	row->hash = node->hash;
	row->node = index;
	row->state = TEAM_INVITATION_OPEN;
	row->inviter = node->author_person;
}

static void fold_grant(struct team_view *view, const struct team_dag *dag, uint32_t index)
{
	const struct team_grant *grant = &dag->nodes[index]->action.as.grant;
	struct team_grant_row *row = NEW_ROW(view, grants, grant_count, grant_capacity);
	row->source_node = team_dag_find(dag, &grant->source);
	row->node = index;
	row->device = grant->box.device;
}

/* Entries that leave a trace even when they are void: keys and numbers that others may have used meanwhile. */
static bool fold_void(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_node *node = dag->nodes[index];
	const struct person_id nobody = {{0}};
	struct team_invitation_row *invitation;
	switch ((int)node->action.kind) {
	case TEAM_ACTION_ADMIT:
		fold_admit(view, dag, index);
		return true;
	case TEAM_ACTION_RELAY:
		add_device(view, dag, index, &node->action.as.relay.device, &node->action.as.relay.keys,
		        &nobody);
		find_device(view, &node->action.as.relay.device)->relay = true;
		return true;
	case TEAM_ACTION_REVOKE:
		invitation = find_invitation(view, &node->action.as.invitation);
		if (invitation && invitation->state == TEAM_INVITATION_OPEN)
			invitation->state = TEAM_INVITATION_REVOKED;
		return true;
	case TEAM_ACTION_EPOCH:
		fold_epoch(view, node, index, team_status_holds(team_view_status(view, index)));
		return true;
	case TEAM_ACTION_LEASE:
		fold_lease(view, node, index, team_status_holds(team_view_status(view, index)));
		return true;
	default:
		return false;
	}
}

static void fold_endorse(struct team_view *view, const struct team_node *node, uint32_t index)
{
	for (uint32_t i = 0; i < view->device_count; i++) {
		struct team_device *device = &view->devices[i];
		if (device->endorsed || !entry_hash_eq(&device->admission, &node->action.as.admission))
			continue;
		device->endorsed = true;
		device->endorse_node = index;
	}
}

static void fold_in_force(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_node *node = dag->nodes[index];
	bool half = team_view_status(view, index) == TEAM_STATUS_HALF;
	struct team_device *device;
	switch (node->action.kind) {
	case TEAM_ACTION_FOUND:
		fold_found(view, dag, index);
		return;
	case TEAM_ACTION_INVITE:
		fold_invite(view, node, index);
		return;
	case TEAM_ACTION_ENDORSE:
		fold_endorse(view, node, index);
		return;
	case TEAM_ACTION_CHOOSE:
		fold_choose(view, dag, index);
		return;
	case TEAM_ACTION_ROLE:
		if (node->complete && !half)
			set_role(view, dag, index, &node->action.as.role.cut);
		else
			propose(view, dag, index);
		return;
	case TEAM_ACTION_REMOVE_DEVICE:
		fold_removal(view, dag, index, &node->action.as.remove_device.cut);
		return;
	case TEAM_ACTION_REMOVE_PERSON:
		if (node->removes && !half)
			fold_removal(view, dag, index, &node->action.as.remove_person.cut);
		else
			propose(view, dag, index);
		return;
	case TEAM_ACTION_CONFIRM:
		fold_confirm(view, dag, index);
		return;
	case TEAM_ACTION_UNDO:
		fold_undo(view, &node->action.as.hashes);
		return;
	case TEAM_ACTION_LEAVE:
		fold_leave(view, dag, index);
		return;
	case TEAM_ACTION_GRANT:
		fold_grant(view, dag, index);
		return;
	case TEAM_ACTION_DISCOVERY:
		view->discovery_node = index;
		return;
	case TEAM_ACTION_BEACON:
		device = find_device(view, &node->author);
		device->beacon = true;
		device->beacon_node = index;
		return;
	case TEAM_ACTION_RELEASE:
		fold_release(view, &node->action.as.release);
		return;
	case TEAM_ACTION_BILLING_WORD:
		fold_word(view, node, index, half);
		return;
	case TEAM_ACTION_SECOND:
		fold_second(view, &node->action.as.word_hash);
		return;
	case TEAM_ACTION_ADMIT:
	case TEAM_ACTION_RELAY:
	case TEAM_ACTION_REVOKE:
	case TEAM_ACTION_EPOCH:
	case TEAM_ACTION_LEASE:
	case TEAM_ACTION_MERGE:
	case TEAM_ACTION_UNKNOWN:
		return;
	}
}

void team_fold_entry(struct team_view *view, struct team_dag *dag, uint32_t index)
{
	const struct team_action *action = &dag->nodes[index]->action;
	struct team_person *named = action->kind == TEAM_ACTION_ROLE
	        ? find_person(view, &action->as.role.person)
	        : NULL;
	if (named)
		named->role_named = true;
	if (dag->nodes[index]->error)
		return;
	if (fold_void(view, dag, index))
		return;
	if (team_status_holds(team_view_status(view, index)))
		fold_in_force(view, dag, index);
}

bool team_fold_aims(
        struct team_dag *dag, const struct team_removal *removal, const struct team_device *device)
{
	if (!removal->of_person)
		return device_id_eq(&removal->device, &device->id);
	return person_id_eq(&removal->person, &device->person) &&
	        !team_dag_reaches(dag, device->admit_node, removal->node);
}

bool team_fold_borrows(const struct team_view *view, struct team_dag *dag, const struct team_device *device)
{
	if (device->endorsed || device->relay)
		return false;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *other = &view->devices[i];
		if (other != device && person_id_eq(&other->person, &device->person) &&
		        team_status_holds(team_view_status(view, other->admit_node)) &&
		        !team_dag_reaches(dag, other->admit_node, device->admit_node))
			return true;
	}
	return false;
}

static void settle_device(struct team_view *view, struct team_dag *dag, struct team_device *device)
{
	enum team_status status = team_view_status(view, device->admit_node);
	device->state = team_status_holds(status) ? TEAM_DEVICE_ACTIVE
	        : status == TEAM_STATUS_PENDING   ? TEAM_DEVICE_PENDING
	                                          : TEAM_DEVICE_VOID;
	if (device->state == TEAM_DEVICE_ACTIVE && team_fold_borrows(view, dag, device))
		device->state = TEAM_DEVICE_PENDING;
	for (uint32_t i = 0; i < view->removal_count && device->state != TEAM_DEVICE_VOID; i++) {
		if (view->removals[i].undone || !team_fold_aims(dag, &view->removals[i], device))
			continue;
		enum team_device_state state = view->removals[i].suspends ? TEAM_DEVICE_SUSPENDED
		                                                          : TEAM_DEVICE_REMOVED;
		device->state = state > device->state ? state : device->state;
	}
}

/* No later removal of a device of the same person builds on this one. */
static bool is_last_removal(struct team_view *view, struct team_dag *dag, const struct team_removal *removal)
{
	for (uint32_t i = 0; i < view->removal_count; i++) {
		const struct team_removal *other = &view->removals[i];
		if (other != removal && !other->undone && person_id_eq(&other->person, &removal->person) &&
		        team_dag_reaches(dag, other->node, removal->node))
			return false;
	}
	return true;
}

/* When single signatures took all devices of a person at the same time, the last of them are only suspended. */
static void keep_last_device(struct team_view *view, struct team_dag *dag, const struct team_person *person)
{
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (person_id_eq(&device->person, &person->id) && device->state < TEAM_DEVICE_REMOVED)
			return;
	}
	for (uint32_t i = 0; i < view->removal_count; i++)
		if (view->removals[i].of_person && !view->removals[i].undone &&
		        person_id_eq(&view->removals[i].person, &person->id))
			return;
	for (uint32_t i = 0; i < view->removal_count; i++) {
		const struct team_removal *removal = &view->removals[i];
		if (removal->undone || removal->of_person || !person_id_eq(&removal->person, &person->id) ||
		        !is_last_removal(view, dag, removal))
			continue;
		struct team_device *device = find_device(view, &removal->device);
		if (device && device->state == TEAM_DEVICE_REMOVED)
			device->state = TEAM_DEVICE_SUSPENDED;
	}
}

void team_fold_settle(struct team_view *view, struct team_dag *dag)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		settle_device(view, dag, &view->devices[i]);
	if (view->removal_count == 0)
		return;
	for (uint32_t i = 0; i < view->person_count; i++)
		keep_last_device(view, dag, &view->people[i]);
}
