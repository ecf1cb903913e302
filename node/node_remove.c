/*
 * Removing devices and persons, changes of role, leaving; and the new keys that follow (node/team/README.md, sections 3 and 6).
 *
 * Normal course: the heads that are known are joined, the action is written with the cut as this device holds it, and the keys that somebody holds
 * who is not entitled any more are renewed in the same batch, so that whoever hears of the removal has the keys to write on. Invitations that such
 * a device can open are revoked with them.
 *
 * Failures: when two removals were written apart, each with its own keys, neither set is written under once they meet: whoever manages and writes
 * next, or is reminded (node_renew_old_keys), renews them.
 */
#include "node/node_state.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* ---- Cuts ------------------------------------------------------------------------------------------------------- */

static int place_cmp(const void *a, const void *b)
{
	return feed_id_cmp(
	        &((const struct team_cut_place *)a)->feed, &((const struct team_cut_place *)b)->feed);
}

static int longest_first(const void *a, const void *b)
{
	uint64_t left = ((const struct team_cut_place *)a)->seq,
	         right = ((const struct team_cut_place *)b)->seq;
	return left != right ? (left < right) - (left > right) : place_cmp(a, b);
}

uint32_t node_cut_fit(struct team_cut_place *places, uint32_t count)
{
	if (count > LIMIT_CUT_FEEDS) {
		qsort(places, count, sizeof(*places), longest_first);
		count = LIMIT_CUT_FEEDS;
	}
	qsort(places, count, sizeof(*places), place_cmp);
	return count;
}

static bool is_meant(const struct team_view *view, const struct device_id *device,
        const struct device_id *one, const struct person_id *all_of)
{
	const struct team_device *known = team_view_device(view, device);
	return one ? device_id_eq(device, one) : known && person_id_eq(&known->person, all_of);
}

/* How far the feeds of a device (`one`), or of all devices of a person, are held here. Lists lie in `arena`. ERR_BUSY: one of our own is on its
 * way to the disk, and its last entry has no hash yet. */
static int cut_of(struct node *node, const struct device_id *one, const struct person_id *all_of,
        struct arena *arena, struct team_cut *out)
{
	const struct team_view *view = node_view(node);
	const uint32_t feed_count = log_feed_count(node->log);
	struct team_cut_place *places = arena_zero(arena, feed_count + 1, sizeof(*places));
	uint32_t count = 0;
	for (uint32_t i = 0; i < feed_count; i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->compartment == COMPARTMENT_MEMBERSHIP || feed->seq == 0 ||
		        !is_meant(view, &feed->device, one, all_of))
			continue;
		if (entry_hash_is_zero(&feed->hash))
			return ERR_BUSY;
		places[count++] = (struct team_cut_place){feed->id, feed->seq, feed->hash};
	}
	*out = (struct team_cut){node_cut_fit(places, count), places};
	return 0;
}

/* ---- New keys --------------------------------------------------------------------------------------------------- */

static bool holds_unduly(struct node *node, const struct device_id *id, uint8_t compartment)
{
	const struct team_view *view = node_view(node);
	const struct team_device *device = team_view_device(view, id);
	if (!device || device->state != TEAM_DEVICE_ACTIVE)
		return true;
	if (compartment != COMPARTMENT_MEMBERSHIP && team_view_level(view, id, compartment) < TEAM_LEVEL_READ)
		return true;
	return node_rights_lapsed(node, device);
}

static bool held_unduly(struct node *node, const struct entry_hash *source, uint8_t compartment)
{
	for (struct team_holder at = {0}; team_holder_next(node->members, source, &at);)
		if (holds_unduly(node, &at.device, compartment))
			return true;
	return false;
}

static bool discovery_due(struct node *node)
{
	struct entry_hash source;
	return !team_discovery(node->members, &source) || held_unduly(node, &source, COMPARTMENT_MEMBERSHIP);
}

static uint64_t age_ms(struct node *node, const struct entry_hash *epoch)
{
	struct device_id author;
	uint64_t written_ms = 0, now_ms = env_wall_ms(node->config.env);
	team_membership_written(node->members, epoch, &author, &written_ms);
	return now_ms > written_ms ? now_ms - written_ms : 0;
}

/* Each device waits a little longer than the one before it, so that mostly one renews for all. */
static uint64_t patience_ms(struct node *node, uint64_t max_age_ms)
{
	const struct team_view *view = node_view(node);
	uint64_t place = 0;
	for (uint32_t i = 0; i < view->device_count; i++)
		place += team_view_manages(view, &view->devices[i].id) &&
		        device_id_cmp(&view->devices[i].id, &node->identity.device) < 0;
	return max_age_ms + max_age_ms / 30 * place;
}

static bool epoch_due(struct node *node, enum compartment compartment, uint64_t max_age_ms)
{
	struct epoch_id epoch;
	struct entry_hash hash;
	if (team_epoch_to_write(node->members, (uint8_t)compartment, &epoch))
		return true;
	memcpy(hash.bytes, epoch.bytes, sizeof(hash.bytes));
	return held_unduly(node, &hash, (uint8_t)compartment) ||
	        (max_age_ms && age_ms(node, &hash) > patience_ms(node, max_age_ms));
}

static bool manages(const struct node *node)
{
	struct device_id self = node_device(node);
	return node_view(node) && team_view_manages(node_view(node), &self);
}

/* The discovery secret changes with removals only, so that who was away long is still recognized. */
static int renew_due(struct node *node, uint64_t max_age_ms)
{
	int result = 0;
	if (!manages(node))
		return 0;
	result = node_close_invitations(node);
	if (result == 0 && discovery_due(node))
		result = node_share_discovery(node);
	for (unsigned i = COMPARTMENT_TEAM; result == 0 && i <= COMPARTMENT_LAST; i++)
		if (epoch_due(node, (enum compartment)i, max_age_ms))
			result = node_rotate(node, (enum compartment)i);
	return result;
}

int node_renew_old_keys(struct node *node, uint64_t max_age_ms)
{
	if (!node->in_team || node->outdated || node->stopped)
		return 0;
	int result = renew_due(node, max_age_ms);
	return result == 0 && manages(node) ? node_withdraw_disputed(node) : result;
}

/* ---- Actions ---------------------------------------------------------------------------------------------------- */

/* Write it, then whatever keys are due. */
static int act_and_renew(struct node *node, const struct team_action *action, node_done done, void *context)
{
	struct entry_hash hash;
	int result = node_act(node, action, &hash, NULL, NULL);
	if (result == 0)
		result = renew_due(node, 0);
	return result ? result : node_wait_for_batch(node, done, context);
}

static uint8_t role_of(const struct node *node, const struct person_id *person)
{
	const struct team_person *known = node_view(node) ? team_view_person(node_view(node), person) : NULL;
	return known ? known->role : TEAM_ROLE_NONE;
}

/* Who held every dossier and is a locum now goes on reading the team's epochs: what is written from here on stands under secrets that she lacks. */
static int act_on_role(struct node *node, const struct team_action *action, const struct person_id *person,
        node_done done, void *context)
{
	const uint8_t before = role_of(node, person);
	int result = act_and_renew(node, action, NULL, NULL);
	if (result == 0 && manages(node) && before != TEAM_ROLE_LOCUM &&
	        role_of(node, person) == TEAM_ROLE_LOCUM)
		result = node_withdraw_dossiers(node, person);
	return result ? result : node_wait_for_batch(node, done, context);
}

static int ready(struct node *node)
{
	node->denied_why = TEAM_REASON_NONE;
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	if (node->stopped)
		return ERR_CORRUPT;
	return node->outdated ? ERR_STALE : 0;
}

int node_renew_keys(struct node *node, node_done done, void *context)
{
	int result = ready(node);
	if (result)
		return result;
	if (!manages(node)) {
		node->denied_why = TEAM_REASON_NOT_MANAGER;
		return ERR_DENIED;
	}
	result = node_share_discovery(node);
	for (unsigned i = COMPARTMENT_TEAM; result == 0 && i <= COMPARTMENT_LAST; i++)
		result = node_rotate(node, (enum compartment)i);
	return result ? result : node_wait_for_batch(node, done, context);
}

int node_remove_device(
        struct node *node, const struct device_id *device, uint8_t reason, node_done done, void *context)
{
	struct arena arena = {0};
	struct team_action action = {
	        .kind = TEAM_ACTION_REMOVE_DEVICE, .as.remove_device = {.device = *device, .reason = reason}};
	int result = ready(node);
	if (result == 0)
		result = cut_of(node, device, NULL, &arena, &action.as.remove_device.cut);
	if (result == 0)
		result = act_and_renew(node, &action, done, context);
	arena_close(&arena);
	return result;
}

int node_remove_person(
        struct node *node, const struct person_id *person, uint8_t reason, node_done done, void *context)
{
	struct arena arena = {0};
	struct team_action action = {
	        .kind = TEAM_ACTION_REMOVE_PERSON, .as.remove_person = {.person = *person, .reason = reason}};
	int result = ready(node);
	if (result == 0)
		result = cut_of(node, NULL, person, &arena, &action.as.remove_person.cut);
	if (result == 0)
		result = act_and_renew(node, &action, done, context);
	arena_close(&arena);
	return result;
}

int node_change_role(struct node *node, const struct person_id *person, uint8_t role, uint64_t rights_from_ms,
        uint64_t rights_until_ms, node_done done, void *context)
{
	struct arena arena = {0};
	struct team_action action = {.kind = TEAM_ACTION_ROLE,
	        .as.role = {.person = *person,
	                .role = role,
	                .rights_from_ms = rights_from_ms,
	                .rights_until_ms = rights_until_ms}};
	int result = ready(node);
	if (result == 0)
		result = cut_of(node, NULL, person, &arena, &action.as.role.cut);
	if (result == 0)
		result = act_on_role(node, &action, person, done, context);
	arena_close(&arena);
	return result;
}

int node_confirm(struct node *node, const struct entry_hash *proposal, node_done done, void *context)
{
	struct arena arena = {0};
	struct team_action action = {.kind = TEAM_ACTION_CONFIRM, .as.confirm = {.proposal = *proposal}};
	int result = ready(node);
	const struct team_action *proposed = result ? NULL
	                                            : team_membership_action(node->members, proposal, NULL);
	if (result == 0 &&
	        (!proposed ||
	                (proposed->kind != TEAM_ACTION_ROLE && proposed->kind != TEAM_ACTION_REMOVE_PERSON)))
		result = ERR_NOTFOUND;
	if (result == 0) {
		/* The membership moves while this is written. */
		const struct person_id person = proposed->kind == TEAM_ACTION_ROLE
		        ? proposed->as.role.person
		        : proposed->as.remove_person.person;
		result = cut_of(node, NULL, &person, &arena, &action.as.confirm.cut);
		if (result == 0)
			result = act_on_role(node, &action, &person, done, context);
	}
	arena_close(&arena);
	return result;
}

static int hash_cmp(const void *a, const void *b)
{
	return entry_hash_cmp(a, b);
}

/* It keeps a device of this person out that another nurse may let in again. */
static bool is_suspension(
        const struct team_view *view, const struct team_removal *removal, const struct person_id *person)
{
	if (removal->undone || !person_id_eq(&removal->person, person))
		return false;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (device->state == TEAM_DEVICE_SUSPENDED && person_id_eq(&device->person, person) &&
		        (removal->of_person || device_id_eq(&device->id, &removal->device)))
			return true;
	}
	return false;
}

int node_undo_suspension(struct node *node, const struct person_id *person, node_done done, void *context)
{
	struct arena arena = {0};
	struct team_action action = {.kind = TEAM_ACTION_UNDO};
	uint32_t count = 0;
	int result = ready(node);
	if (result)
		return result;
	const struct team_view *view = node_view(node);
	struct entry_hash *hashes = arena_zero(&arena, view->removal_count + 1, sizeof(*hashes));
	for (uint32_t i = 0; i < view->removal_count; i++)
		if (is_suspension(view, &view->removals[i], person))
			hashes[count++] = view->removals[i].hash;
	qsort(hashes, count, sizeof(*hashes), hash_cmp);
	action.as.hashes = (struct team_hashes){count, hashes};
	result = count ? act_and_renew(node, &action, NULL, NULL) : ERR_NOTFOUND;
	/* Who is back holds none of the keys that were made meanwhile. */
	for (uint32_t i = 0; result == 0 && i < node_view(node)->device_count; i++) {
		const struct team_device *device = &node_view(node)->devices[i];
		const struct device_id id = device->id;
		if (person_id_eq(&device->person, person) && device->state == TEAM_DEVICE_ACTIVE)
			result = node_share_keys(node, &id);
	}
	arena_close(&arena);
	return result ? result : node_wait_for_batch(node, done, context);
}

int node_leave(struct node *node, uint64_t until_ms, node_done done, void *context)
{
	const struct team_action action = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = until_ms};
	int result = ready(node);
	return result ? result : act_and_renew(node, &action, done, context);
}

int node_choose(struct node *node, const struct device_id *device, const struct entry_hash *invitation,
        node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_CHOOSE};
	int result = ready(node);
	if (result)
		return result;
	assert(device || invitation);
	if (device) {
		const struct team_device *known = team_view_device(node_view(node), device);
		const struct team_action *admit = known
		        ? team_membership_action(node->members, &known->admission, NULL)
		        : NULL;
		if (!admit || admit->kind != TEAM_ACTION_ADMIT)
			return ERR_NOTFOUND;
		action.as.choose = (struct team_choose){admit->as.admit.invite, known->admission};
	} else {
		action.as.choose.invite = *invitation;
	}
	result = act_and_renew(node, &action, NULL, NULL);
	if (result == 0 && device)
		result = node_share_keys(node, device);
	return result ? result : node_wait_for_batch(node, done, context);
}
