#include "node/team/check.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/fold.h"
#include "node/team/statement.h"

/* One judgement under way. */
struct check {
	const struct team_view *view;
	struct team_dag *dag;
	const struct team_id *team;
	struct team_node *node;
	const struct team_device *author;
};

static int deny(struct check *check, int error, enum team_reason reason)
{
	check->node->reason = reason;
	return error;
}

static void rest_on(struct check *check, uint32_t index, bool full)
{
	struct team_node *node = check->node;
	assert(node->support_count < TEAM_SUPPORTS_MAX);
	node->supports[node->support_count++] = (struct team_support){index, full};
}

uint32_t team_check_supports(const struct team_view *view, const struct team_dag *dag,
        const struct team_device *device, bool manage, struct team_support *out)
{
	uint32_t count = 0;
	bool by_admission = manage && device->endorse_node == TEAM_NODE_NONE;
	out[count++] = (struct team_support){device->admit_node, by_admission};
	if (manage && !by_admission)
		out[count++] = (struct team_support){device->endorse_node,
		        dag->nodes[device->endorse_node]->action.kind == TEAM_ACTION_ROLE};
	const struct team_person *person = team_view_person(view, &device->person);
	if (person && person->role_node != device->admit_node)
		out[count++] = (struct team_support){
		        person->role_node, dag->nodes[person->role_node]->action.kind == TEAM_ACTION_ROLE};
	return count;
}

static void rest_on_author(struct check *check, bool manage)
{
	struct team_node *node = check->node;
	node->support_count = team_check_supports(
	        check->view, check->dag, check->author, manage, node->supports);
}

/* The entry of the set that `hash` names, of the given kind and in force; TEAM_NODE_NONE otherwise. */
static uint32_t cited(const struct check *check, const struct entry_hash *hash, enum team_action_kind kind)
{
	uint32_t index = team_dag_find(check->dag, hash);
	if (index == TEAM_NODE_NONE || check->dag->nodes[index]->action.kind != kind)
		return TEAM_NODE_NONE;
	return team_status_holds(team_view_status(check->view, index)) ? index : TEAM_NODE_NONE;
}

static bool is_nobody(const struct person_id *person)
{
	return person_id_is_zero(person);
}

/* --- Arrivals ---------------------------------------------------------------------------------------------------- */

static int check_invite(struct check *check)
{
	const struct team_invite *invite = &check->node->action.as.invite;
	if (!team_role_invitable(invite->role))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	for (uint32_t i = 0; i < invite->psk_count; i++)
		if (!team_view_manages(check->view, &invite->psk_boxes[i].device))
			return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	for (uint32_t i = 0; i < check->view->invitation_count; i++) {
		const struct team_node *other = check->dag->nodes[check->view->invitations[i].node];
		if (memcmp(other->action.as.invite.invitation, invite->invitation, TEAM_KEY_BYTES) == 0)
			return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	}
	return 0;
}

static bool person_manages(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        team_view_manages(view, &view->devices[i].id))
			return true;
	return false;
}

static bool person_remains(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state < TEAM_DEVICE_REMOVED)
			return true;
	return false;
}

/* Does the newcomer manage with this one signature? By her own invitation, or because the admitting nurse is alone. */
static void decide_endorsement(struct check *check, const struct team_node *invite)
{
	struct team_node *node = check->node;
	const struct team_admit *admit = &node->action.as.admit;
	if (person_id_eq(&invite->author_person, &admit->person) &&
	        person_manages(check->view, &admit->person)) {
		node->endorsed = true;
		return;
	}
	if (!team_role_manages(admit->role) && !team_view_person(check->view, &admit->person))
		return; /* nothing to endorse */
	if (person_remains(check->view, &admit->person))
		return; /* nobody is alone who speaks for a colleague */
	node->alone = team_view_people(check->view, NULL) <= 1;
	node->endorsed = node->alone;
}

static bool is_full(const struct team_view *view)
{
	uint32_t present = 0;
	for (uint32_t i = 0; i < view->device_count; i++)
		present += view->devices[i].state < TEAM_DEVICE_REMOVED;
	return view->device_count >= LIMIT_TEAM_DEVICES || present >= LIMIT_TEAM_DEVICES_ACTIVE;
}

static int check_admit(struct check *check)
{
	const struct team_admit *admit = &check->node->action.as.admit;
	uint32_t index = cited(check, &admit->invite, TEAM_ACTION_INVITE);
	if (index == TEAM_NODE_NONE)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	const struct team_node *invite = check->dag->nodes[index];
	if (team_view_invitation(check->view, &admit->invite)->state != TEAM_INVITATION_OPEN)
		return deny(check, ERR_USED, TEAM_REASON_INVITATION_CLOSED);
	if (admit->role != invite->action.as.invite.role || is_nobody(&admit->person))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	if (team_view_device(check->view, &admit->device))
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (is_full(check->view))
		return deny(check, ERR_FULL, TEAM_REASON_TEAM_FULL);
	const struct team_person *person = team_view_person(check->view, &admit->person);
	if (person && person->role != admit->role)
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	if (!team_statement_admit_holds(check->team, invite->action.as.invite.invitation, admit))
		return deny(check, ERR_BADSIG, TEAM_REASON_BAD_SIGNATURE);
	rest_on(check, index, false);
	decide_endorsement(check, invite);
	return 0;
}

static int check_relay(struct check *check)
{
	const struct team_relay *relay = &check->node->action.as.relay;
	if (team_view_device(check->view, &relay->device))
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (is_full(check->view))
		return deny(check, ERR_FULL, TEAM_REASON_TEAM_FULL);
	if (!team_statement_relay_holds(check->team, relay))
		return deny(check, ERR_BADSIG, TEAM_REASON_BAD_SIGNATURE);
	return 0;
}

static const struct team_device *admitted_by(const struct team_view *view, const struct entry_hash *admission)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (entry_hash_eq(&view->devices[i].admission, admission))
			return &view->devices[i];
	return NULL;
}

static int check_endorse(struct check *check)
{
	uint32_t index = cited(check, &check->node->action.as.admission, TEAM_ACTION_ADMIT);
	const struct team_device *device = admitted_by(check->view, &check->node->action.as.admission);
	if (index == TEAM_NODE_NONE || !device || device->state > TEAM_DEVICE_PENDING)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	const struct team_person *person = team_view_person(check->view, &device->person);
	if (!person || (!team_role_manages(person->role) && device->state != TEAM_DEVICE_PENDING))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	if (device->endorsed)
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (person_id_eq(&check->author->person, &check->dag->nodes[index]->author_person))
		return deny(check, ERR_DENIED, TEAM_REASON_SAME_PERSON);
	rest_on(check, index, false);
	return 0;
}

static int check_revoke(struct check *check)
{
	const struct team_invitation_row *invitation = team_view_invitation(
	        check->view, &check->node->action.as.invitation);
	if (!invitation)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (invitation->state != TEAM_INVITATION_OPEN)
		return deny(check, ERR_USED, TEAM_REASON_INVITATION_CLOSED);
	return 0;
}

static int check_choose(struct check *check)
{
	const struct team_choose *choose = &check->node->action.as.choose;
	const struct team_invitation_row *invitation = team_view_invitation(check->view, &choose->invite);
	if (!invitation || invitation->state != TEAM_INVITATION_CONTESTED)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (entry_hash_is_zero(&choose->admit))
		return 0;
	uint32_t index = team_dag_find(check->dag, &choose->admit);
	if (index == TEAM_NODE_NONE || team_view_status(check->view, index) != TEAM_STATUS_PENDING ||
	        check->dag->nodes[index]->action.kind != TEAM_ACTION_ADMIT ||
	        !entry_hash_eq(&check->dag->nodes[index]->action.as.admit.invite, &choose->invite))
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	return 0;
}

/* --- Roles and removals -------------------------------------------------------------------------------------------- */

/* The admission of the device by which the person is here: the one that needs no other's word. */
static uint32_t first_device(const struct check *check, const struct person_id *person)
{
	for (uint32_t i = 0; i < check->view->device_count; i++) {
		const struct team_device *device = &check->view->devices[i];
		if (person_id_eq(&device->person, person) &&
		        team_status_holds(team_view_status(check->view, device->admit_node)) &&
		        !team_fold_borrows(check->view, check->dag, device))
			return device->admit_node;
	}
	return TEAM_NODE_NONE;
}

static int check_role(struct check *check)
{
	struct team_node *node = check->node;
	const struct team_role_change *change = &node->action.as.role;
	const struct team_person *person = team_view_person(check->view, &change->person);
	if (!person)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (!team_role_invitable(change->role))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	bool was = team_role_manages(person->role), becomes = team_role_manages(change->role);
	if (!was && becomes)
		node->alone = team_view_people(check->view, &person->id) <= 1;
	else if (was && !person_id_eq(&person->id, &check->author->person))
		node->alone = team_view_people(check->view, NULL) <= 2;
	bool steps_down = was && !becomes && person_id_eq(&person->id, &check->author->person);
	node->complete = (!was && !becomes) || steps_down || node->alone;
	node->vouches = !was && becomes ? first_device(check, &person->id) : TEAM_NODE_NONE;
	return 0;
}

/* The author's person has signed a removal of this device that still stands. */
static bool has_signed(const struct check *check, const struct team_device *target)
{
	for (uint32_t i = 0; i < check->view->removal_count; i++) {
		const struct team_removal *removal = &check->view->removals[i];
		if (!removal->undone && !removal->of_person && device_id_eq(&removal->device, &target->id) &&
		        person_id_eq(
		                &check->dag->nodes[removal->node]->author_person, &check->author->person))
			return true;
	}
	return false;
}

static int check_remove_device(struct check *check)
{
	struct team_node *node = check->node;
	const struct team_device *target = team_view_device(
	        check->view, &node->action.as.remove_device.device);
	if (!target)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	/* A second nurse may join her signature to a suspension: it then outweighs what the device does in return. */
	if (target->state >= TEAM_DEVICE_REMOVED ||
	        (target->state == TEAM_DEVICE_SUSPENDED && has_signed(check, target)))
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (target == check->author)
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	node->removes = true;
	node->target = target->person;
	node->suspends = !is_nobody(&target->person);
	for (uint32_t i = 0; i < check->view->device_count; i++) {
		const struct team_device *other = &check->view->devices[i];
		if (other != target && other->state == TEAM_DEVICE_ACTIVE &&
		        person_id_eq(&other->person, &target->person))
			node->suspends = false;
	}
	return 0;
}

static int check_remove_person(struct check *check)
{
	struct team_node *node = check->node;
	const struct team_person *person = team_view_person(
	        check->view, &node->action.as.remove_person.person);
	if (!person || !person_remains(check->view, &person->id))
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (person_id_eq(&person->id, &check->author->person))
		return deny(check, ERR_DENIED, TEAM_REASON_SAME_PERSON);
	if (person->leave_node != TEAM_NODE_NONE)
		rest_on(check, person->leave_node, false); /* the leaver's own signature is the second one */
	else
		node->alone = team_view_people(check->view, NULL) <= 2;
	node->complete = node->alone || person->leave_node != TEAM_NODE_NONE;
	node->removes = node->complete;
	node->target = person->id;
	return 0;
}

static int check_confirm(struct check *check)
{
	struct team_node *node = check->node;
	const struct team_confirm *confirm = &node->action.as.confirm;
	const struct team_proposal *proposal = NULL;
	for (uint32_t i = 0; i < check->view->proposal_count; i++)
		if (entry_hash_eq(&check->view->proposals[i].hash, &confirm->proposal))
			proposal = &check->view->proposals[i];
	if (!proposal)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (proposal->confirmed)
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	const struct team_node *proposed = check->dag->nodes[proposal->node];
	bool role = proposed->action.kind == TEAM_ACTION_ROLE;
	const struct person_id *target = role ? &proposed->action.as.role.person
	                                      : &proposed->action.as.remove_person.person;
	if (person_id_eq(&proposed->author_person, &check->author->person) ||
	        person_id_eq(target, &check->author->person))
		return deny(check, ERR_DENIED, TEAM_REASON_SAME_PERSON);
	if (!role && !person_remains(check->view, target))
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	node->removes = !role;
	node->target = *target;
	if (role && team_role_manages(proposed->action.as.role.role) &&
	        !team_role_manages(team_view_person(check->view, target)->role))
		node->vouches = first_device(check, target);
	rest_on(check, proposal->node, false);
	return 0;
}

/* The suspended device that `removal` keeps out, or NULL. */
static const struct team_device *suspended_by(const struct check *check, const struct team_removal *removal)
{
	for (uint32_t i = 0; i < check->view->device_count; i++) {
		const struct team_device *device = &check->view->devices[i];
		bool target = removal->of_person ? person_id_eq(&device->person, &removal->person)
		                                 : device_id_eq(&device->id, &removal->device);
		if (target && device->state == TEAM_DEVICE_SUSPENDED)
			return device;
	}
	return NULL;
}

static int check_undo(struct check *check)
{
	const struct team_hashes *hashes = &check->node->action.as.hashes;
	for (uint32_t i = 0; i < hashes->count; i++) {
		const struct team_removal *removal = NULL;
		for (uint32_t j = 0; j < check->view->removal_count; j++)
			if (entry_hash_eq(&check->view->removals[j].hash, &hashes->hashes[i]))
				removal = &check->view->removals[j];
		if (!removal || removal->undone || !suspended_by(check, removal))
			return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
		if (person_id_eq(&removal->person, &check->author->person))
			return deny(check, ERR_DENIED, TEAM_REASON_SAME_PERSON);
	}
	return 0;
}

static int check_leave(struct check *check)
{
	if (check->node->action.as.leave_until_ms == 0)
		return deny(check, ERR_INVALID, TEAM_REASON_NO_SUCH_THING);
	if (!team_role_manages(team_view_role(check->view, &check->author->id)))
		return 0;
	/* A nurse's notice counts as a signature for her removal: not from a device that nobody vouched for. */
	if (!team_view_manages(check->view, &check->author->id))
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_MANAGER);
	rest_on_author(check, true);
	return 0;
}

/* --- Keys ------------------------------------------------------------------------------------------------------------ */

/* May be left out by honest devices whose clock says that it is past its dates. */
static bool is_dated(const struct team_view *view, const struct device_id *device)
{
	const struct team_device *row = team_view_device(view, device);
	const struct team_person *person = row ? team_view_person(view, &row->person) : NULL;
	return person && (person->rights_from_ms || person->rights_until_ms);
}

/* Recipients and omitted devices together are exactly the entitled ones, and only dated ones are omitted. */
static bool recipients_match(const struct check *check, uint8_t compartment,
        const struct team_device_list *omitted, const struct team_key_boxes *recipients)
{
	struct device_id entitled[LIMIT_TEAM_DEVICES_ACTIVE];
	uint32_t count = team_view_recipients(check->view, compartment, entitled, LIMIT_TEAM_DEVICES_ACTIVE);
	uint32_t sealed = 0, left_out = 0;
	if (count > LIMIT_TEAM_DEVICES_ACTIVE || count != recipients->count + omitted->count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (sealed < recipients->count &&
		        device_id_eq(&recipients->boxes[sealed].device, &entitled[i]))
			sealed++;
		else if (left_out < omitted->count &&
		        device_id_eq(&omitted->devices[left_out], &entitled[i]) &&
		        is_dated(check->view, &entitled[i]))
			left_out++;
		else
			return false;
	}
	return true;
}

/* A parent's key would open it to every recipient. */
static bool parent_may_have_key(const struct check *check, const struct team_epoch *parent,
        uint32_t parent_node, const struct team_key_boxes *recipients)
{
	for (uint32_t i = 0; i < recipients->count; i++)
		if (!team_view_may_hold(check->view, parent, parent_node, &recipients->boxes[i].device))
			return false;
	return true;
}

static int check_epoch(struct check *check)
{
	const struct team_epoch *epoch = &check->node->action.as.epoch;
	if (team_view_level(check->view, &check->author->id, epoch->compartment) < TEAM_LEVEL_READ)
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	if (!recipients_match(check, epoch->compartment, &epoch->omitted, &epoch->recipients))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		const struct team_epoch_row *row = team_view_epoch(check->view, &epoch->parents[i].epoch);
		if (!row || row->compartment != epoch->compartment)
			return deny(check, ERR_INVALID, TEAM_REASON_BAD_PARENTS);
		const struct team_epoch *parent = &check->dag->nodes[row->node]->action.as.epoch;
		if (epoch->parents[i].has_key &&
		        !parent_may_have_key(check, parent, row->node, &epoch->recipients))
			return deny(check, ERR_INVALID, TEAM_REASON_BAD_PARENTS);
	}
	return 0;
}

static int check_grant(struct check *check)
{
	const struct team_grant *grant = &check->node->action.as.grant;
	uint32_t index = team_dag_find(check->dag, &grant->source);
	if (index == TEAM_NODE_NONE || check->dag->nodes[index]->error ||
	        team_view_status(check->view, index) == TEAM_STATUS_ABSENT)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	const struct team_action *source = &check->dag->nodes[index]->action;
	const struct team_device *target = team_view_device(check->view, &grant->box.device);
	if (!target || target->state != TEAM_DEVICE_ACTIVE)
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	if (source->kind == TEAM_ACTION_DISCOVERY)
		return 0;
	if (source->kind != TEAM_ACTION_EPOCH)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	uint8_t compartment = source->as.epoch.compartment;
	if (team_view_level(check->view, &check->author->id, compartment) < TEAM_LEVEL_READ)
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	if (team_view_level(check->view, &target->id, compartment) < TEAM_LEVEL_READ)
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	if (!team_role_has_history(team_view_role(check->view, &target->id)) &&
	        team_dag_reaches(check->dag, target->admit_node, index))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	return 0;
}

static int check_discovery(struct check *check)
{
	const struct team_secret *secret = &check->node->action.as.secret;
	if (!recipients_match(check, COMPARTMENT_MEMBERSHIP, &secret->omitted, &secret->recipients))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	return 0;
}

static int check_beacon(struct check *check)
{
	const struct team_key_boxes *recipients = &check->node->action.as.secret.recipients;
	for (uint32_t i = 0; i < recipients->count; i++)
		if (!team_view_manages(check->view, &recipients->boxes[i].device))
			return deny(check, ERR_INVALID, TEAM_REASON_WRONG_RECIPIENTS);
	return 0;
}

/* --- Billing ----------------------------------------------------------------------------------------------------------- */

static int check_lease(struct check *check)
{
	const struct team_lease *lease = &check->node->action.as.lease;
	if (!team_view_manages(check->view, &lease->holder))
		return deny(check, ERR_INVALID, TEAM_REASON_WRONG_ROLE);
	if (lease->fence != check->view->lease.fence_max + 1) /* so that nobody uses all numbers up */
		return deny(check, ERR_INVALID, TEAM_REASON_STALE_FENCE);
	return 0;
}

static int check_release(struct check *check)
{
	const struct team_lease_row *lease = &check->view->lease;
	if (!lease->held || !entry_hash_eq(&lease->lease, &check->node->action.as.release.lease))
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (!device_id_eq(&lease->holder, &check->author->id))
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	rest_on(check, lease->node, false);
	return 0;
}

static const struct team_lease_fact *lease_named(const struct check *check, const struct entry_hash *lease)
{
	for (uint32_t i = 0; i < check->view->lease_count; i++)
		if (entry_hash_eq(&check->view->leases[i].hash, lease))
			return &check->view->leases[i];
	return NULL;
}

static int check_word(struct check *check)
{
	const struct team_billing_word *word = &check->node->action.as.word;
	const bool names_lease = !entry_hash_is_zero(&word->lease),
	           names_lot = !entry_hash_is_zero(&word->lot);
	bool is_formed = word->month < TEAM_MONTHS;
	bool is_there = true;
	switch (word->what) {
	case TEAM_WORD_CLOSE:
		is_formed = is_formed && names_lease && !names_lot;
		is_there = check->view->lease.held && entry_hash_eq(&check->view->lease.lease, &word->lease);
		break;
	case TEAM_WORD_SENT:
		is_formed = !names_lease && names_lot && word->month == 0;
		break;
	case TEAM_WORD_OVER:
		is_formed = names_lease && word->month == 0;
		is_there = lease_named(check, &word->lease) != NULL;
		break;
	default:
		is_formed = false;
	}
	if (!is_formed)
		return deny(check, ERR_INVALID, TEAM_REASON_MALFORMED);
	if (!is_there)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	check->node->alone = team_view_people(check->view, NULL) <= 1;
	check->node->complete = check->node->alone;
	return 0;
}

static int check_second(struct check *check)
{
	const struct team_word_row *word = NULL;
	for (uint32_t i = 0; i < check->view->word_count; i++)
		if (entry_hash_eq(&check->view->words[i].hash, &check->node->action.as.word_hash))
			word = &check->view->words[i];
	if (!word)
		return deny(check, ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING);
	if (word->is_seconded)
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (person_id_eq(&word->by, &check->author->person))
		return deny(check, ERR_DENIED, TEAM_REASON_SAME_PERSON);
	rest_on(check, word->node, false);
	return 0;
}

/* --- The table ----------------------------------------------------------------------------------------------------------- */

static const struct rule {
	int (*check)(struct check *check); /* NULL: nothing more to check */
	bool manager; /* else: any active device */
	bool person; /* a relay may not */
} rules[TEAM_ACTION_LAST + 1] = {
        [TEAM_ACTION_INVITE] = {check_invite, true, true},
        [TEAM_ACTION_ADMIT] = {check_admit, true, true},
        [TEAM_ACTION_ENDORSE] = {check_endorse, true, true},
        [TEAM_ACTION_REVOKE] = {check_revoke, true, true},
        [TEAM_ACTION_CHOOSE] = {check_choose, true, true},
        [TEAM_ACTION_MERGE] = {NULL, false, false},
        [TEAM_ACTION_ROLE] = {check_role, true, true},
        [TEAM_ACTION_REMOVE_DEVICE] = {check_remove_device, true, true},
        [TEAM_ACTION_REMOVE_PERSON] = {check_remove_person, true, true},
        [TEAM_ACTION_CONFIRM] = {check_confirm, true, true},
        [TEAM_ACTION_UNDO] = {check_undo, true, true},
        [TEAM_ACTION_LEAVE] = {check_leave, false, true},
        [TEAM_ACTION_EPOCH] = {check_epoch, true, true},
        [TEAM_ACTION_GRANT] = {check_grant, false, true},
        [TEAM_ACTION_DISCOVERY] = {check_discovery, true, true},
        [TEAM_ACTION_BEACON] = {check_beacon, false, false},
        [TEAM_ACTION_LEASE] = {check_lease, true, true},
        [TEAM_ACTION_RELEASE] = {check_release, false, true},
        [TEAM_ACTION_RELAY] = {check_relay, true, true},
        [TEAM_ACTION_BILLING_WORD] = {check_word, true, true},
        [TEAM_ACTION_SECOND] = {check_second, true, true},
};

static int run(struct check *check)
{
	enum team_action_kind kind = check->node->action.kind;
	const struct rule *rule = &rules[kind];
	if (kind == TEAM_ACTION_UNKNOWN)
		return deny(check, ERR_UNSUPPORTED, TEAM_REASON_UNKNOWN_ACTION);
	if (kind == TEAM_ACTION_FOUND)
		return deny(check, ERR_EXISTS, TEAM_REASON_EXISTS_ALREADY);
	if (!check->author)
		return deny(check, ERR_DENIED, TEAM_REASON_UNKNOWN_DEVICE);
	if (check->author->state != TEAM_DEVICE_ACTIVE)
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ACTIVE);
	if (rule->manager && !team_view_manages(check->view, &check->author->id))
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_MANAGER);
	if (rule->person && check->author->relay)
		return deny(check, ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	rest_on_author(check, rule->manager);
	return rule->check ? rule->check(check) : 0;
}

int team_check(const struct team_view *view, struct team_dag *dag, const struct team_id *team,
        struct team_node *node)
{
	struct check check = {view, dag, team, node, team_view_device(view, &node->author)};
	node->reason = TEAM_REASON_NONE;
	node->alone = node->endorsed = node->complete = node->removes = node->suspends = false;
	node->support_count = 0;
	node->vouches = TEAM_NODE_NONE;
	node->error = run(&check);
	return node->error;
}
