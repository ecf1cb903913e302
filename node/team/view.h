/*
 * node/team/view.h - what a set of membership entries amounts to: devices, people, invitations, epochs, lease.
 *
 * A view is a function of a set of entries that contains all their ancestors: the same on every replica, whatever the
 * order of arrival. It is made and owned by node/team/membership.h; everything here only reads it. Lists stand in
 * canonical order. No clock: dates are given, the caller compares them with its own clock.
 */
#ifndef NODE_TEAM_VIEW_H
#define NODE_TEAM_VIEW_H

#include "node/team/action.h"
#include "node/team/dag.h"
#include "node/team/roles.h"

enum team_device_state {
	TEAM_DEVICE_ACTIVE = 1,
	/* Its invitation was redeemed twice or revoked meanwhile: a nurse must choose. Or it was admitted as another device of
	 * a person who did not invite it: a second nurse, or that person, must endorse it. */
	TEAM_DEVICE_PENDING = 2,
	TEAM_DEVICE_SUSPENDED = 3, /* another nurse can undo it */
	TEAM_DEVICE_REMOVED = 4,
	TEAM_DEVICE_VOID = 5, /* its admission turned out void, or another one was chosen */
};

struct team_device {
	struct device_id id;
	struct team_keys keys;
	struct person_id person; /* zero for a relay */
	enum team_device_state state;
	bool endorsed; /* nurses: two signatures (or a small team) */
	struct entry_hash admission;
	uint32_t admit_node,
	        endorse_node; /* endorse_node: TEAM_NODE_NONE unless an endorse was needed and given */
	bool relay;
	bool beacon; /* has published a beacon secret: beacon_node */
	uint32_t beacon_node;
};

struct team_person {
	struct person_id id;
	uint8_t role; /* as given; the billing role comes from the lease, per device */
	uint64_t rights_from_ms, rights_until_ms; /* 0: unbounded; until is the earlier of rights and leave */
	uint64_t leave_until_ms; /* 0: has not announced to leave */
	uint32_t role_node; /* what gave the role: an admit, a role or a confirm */
	uint32_t arrival_node; /* by which the person came: what gives the role until it is changed */
	uint32_t leave_node; /* the notice in force; TEAM_NODE_NONE: none, or whoever set the dates knew it */
	bool role_named; /* some change of role names her, in force or not: she may have written by a right that is gone */
};

enum team_invitation_state {
	TEAM_INVITATION_OPEN = 1,
	TEAM_INVITATION_USED = 2,
	TEAM_INVITATION_REVOKED = 3,
	TEAM_INVITATION_CONTESTED = 4, /* waits for a choose */
};

struct team_invitation_row {
	struct entry_hash hash; /* of the invite entry */
	uint32_t node;
	enum team_invitation_state state;
	struct person_id inviter;
	uint32_t admit_count; /* newcomers that redeemed it, in force or not */
};

struct team_epoch_row {
	struct epoch_id id;
	uint8_t compartment;
	uint32_t node;
	bool in_force; /* false: its author's removal voids it; still good for reading */
};

struct team_grant_row {
	uint32_t source_node, node;
	struct device_id device;
};

/* A removal in force, undone or not. */
struct team_removal {
	struct entry_hash hash; /* of the entry that put it in force */
	uint32_t node;
	bool of_person;
	struct device_id device; /* unless of_person */
	struct person_id person; /* zero for a relay's device */
	bool suspends;
	bool undone;
	const struct team_cut *cut; /* borrowed from the entry */
};

/* A change of role in force: where the new role may not write, authority ends at the cut. */
struct team_role_cut {
	uint32_t node; /* the entry that put it in force */
	struct person_id person;
	uint8_t role;
	const struct team_cut *cut; /* borrowed from the entry */
};

/* A remove-person or role entry that still needs another person's signature. */
struct team_proposal {
	struct entry_hash hash;
	uint32_t node;
	bool confirmed;
};

struct team_lease_row {
	bool held;
	bool contested; /* two leases with the same number */
	bool handed_over; /* the holder before had released */
	struct device_id holder;
	uint64_t fence;
	struct entry_hash lease;
	struct entry_hash previous_lot;
	uint32_t node;
	uint64_t fence_max; /* greatest number ever used */
};

/* Every lease that was given, in canonical order: void ones too, since their holders may have closed months meanwhile. */
struct team_lease_fact {
	struct entry_hash hash;
	struct device_id holder;
	uint64_t fence;
	uint32_t node;
	bool in_force;
	bool released; /* by its holder */
	struct entry_hash last_lot; /* of a release; zero: none was closed */
};

/* What a person said about closing months, and another one seconded. */
struct team_word_row {
	struct entry_hash hash;
	uint32_t node; /* what it says: its action */
	struct person_id by;
	bool is_seconded; /* it has force */
};

/* How an entry fares in the set (resolve.h). */
enum team_status {
	TEAM_STATUS_ABSENT = 0, /* not in this set */
	TEAM_STATUS_UNKNOWN = 1, /* while resolving */
	TEAM_STATUS_VOID = 2,
	TEAM_STATUS_PENDING = 3, /* an admit that waits for a choose */
	TEAM_STATUS_HALF = 4, /* in force, but the second signature is missing after all */
	TEAM_STATUS_SUSPENDING = 5, /* a removal in a circle of removals */
	TEAM_STATUS_IN_FORCE = 6,
};

struct team_view {
	struct team_device *devices;
	uint32_t device_count, device_capacity;
	struct team_person *people;
	uint32_t person_count, person_capacity;
	struct team_invitation_row *invitations;
	uint32_t invitation_count, invitation_capacity;
	struct team_epoch_row *epochs;
	uint32_t epoch_count, epoch_capacity;
	struct team_grant_row *grants;
	uint32_t grant_count, grant_capacity;
	struct team_removal *removals;
	uint32_t removal_count, removal_capacity;
	struct team_role_cut *role_cuts;
	uint32_t role_cut_count, role_cut_capacity;
	struct team_proposal *proposals;
	uint32_t proposal_count, proposal_capacity;
	struct team_lease_row lease;
	struct team_lease_fact *leases;
	uint32_t lease_count, lease_capacity;
	struct team_word_row *words;
	uint32_t word_count, word_capacity;
	uint32_t discovery_node; /* TEAM_NODE_NONE: none */
	uint8_t *status; /* enum team_status per node index */
	uint32_t status_count;
};

/* NULL when unknown. Borrowed from the view. */
const struct team_device *team_view_device(const struct team_view *view, const struct device_id *device);
const struct team_person *team_view_person(const struct team_view *view, const struct person_id *person);
const struct team_invitation_row *team_view_invitation(
        const struct team_view *view, const struct entry_hash *invite);
const struct team_epoch_row *team_view_epoch(const struct team_view *view, const struct epoch_id *epoch);

/* The role of a device, the billing lease considered; TEAM_ROLE_NONE unless it is active. */
uint8_t team_view_role(const struct team_view *view, const struct device_id *device);

/* What a device may do in a compartment: by its role, less `manage` until it is endorsed; NONE unless it is active. */
enum team_level team_view_level(
        const struct team_view *view, const struct device_id *device, uint8_t compartment);

/* An active, endorsed device of a nurse. */
bool team_view_manages(const struct team_view *view, const struct device_id *device);

/* Persons with role nurse and a device that is not removed, other than `except` (may be NULL). */
uint32_t team_view_people(const struct team_view *view, const struct person_id *except);

/* The devices to which a distribution for `compartment` must be sealed, ascending by id: those active with at least
 * `read`. Compartment MEMBERSHIP means the discovery secret: every active device. Whoever is past the dates of its rights
 * is for the caller to move to `omitted`. Returns how many; at most `max` are written. */
uint32_t team_view_recipients(
        const struct team_view *view, uint8_t compartment, struct device_id *out, uint32_t max);

/* May `device` be given the key of `epoch` (entry `node`) along with a later one? Roles with a right to history may; others
 * only if they were its recipient or were granted it. */
bool team_view_may_hold(const struct team_view *view, const struct team_epoch *epoch, uint32_t node,
        const struct device_id *device);

/* --- For node/team alone --------------------------------------------------------------------------------------------- */

struct team_view *team_view_new(uint32_t status_count);
struct team_view *team_view_copy(const struct team_view *view, uint32_t status_count);
void team_view_free(struct team_view *view); /* NULL is allowed */

/* The entry is one of the set. */
static inline enum team_status team_view_status(const struct team_view *view, uint32_t node)
{
	return node < view->status_count ? (enum team_status)view->status[node] : TEAM_STATUS_ABSENT;
}

/* In force with or without its second signature. */
static inline bool team_status_holds(enum team_status status)
{
	return status >= TEAM_STATUS_HALF;
}

#endif
