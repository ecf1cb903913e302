#include "node/team/judge.h"

#include "crdt/base/err.h"
#include "node/team/check.h"
#include "node/team/fold.h"

enum { HLC_COUNTER_BITS = 16 };

/* One header under judgement. */
struct judge {
	struct team_membership *membership;
	struct team_dag *dag;
	const struct entry_header *header;
	const struct entry_hash *hash;
	const struct team_author *author;
	const struct team_branch *branch;
	const struct team_view *cited, *merged;
	const struct team_device *device; /* as it was at the state cited */
};

static struct team_judgement verdict(enum team_verdict verdict, int error, enum team_reason reason)
{
	return (struct team_judgement){verdict, error, reason};
}

static struct team_judgement accepted(void)
{
	return verdict(TEAM_VERDICT_ACCEPTED, 0, TEAM_REASON_NONE);
}

static struct team_judgement quarantined(enum team_reason reason)
{
	return verdict(TEAM_VERDICT_QUARANTINED, ERR_QUARANTINED, reason);
}

static struct team_judgement refused(int error, enum team_reason reason)
{
	return verdict(TEAM_VERDICT_REFUSED, error, reason);
}

static bool good(struct team_judgement judgement)
{
	return judgement.verdict == TEAM_VERDICT_ACCEPTED;
}

static struct team_judgement judge_membership(const struct judge *judge)
{
	uint32_t node = team_dag_find(judge->dag, judge->hash);
	if (node == TEAM_NODE_NONE)
		return verdict(TEAM_VERDICT_WAITING, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
	if (judge->dag->nodes[node]->error)
		return refused(ERR_DENIED, judge->dag->nodes[node]->reason);
	if (!team_status_holds(team_view_status(judge->merged, node)))
		return quarantined(TEAM_REASON_REMOVED_CONCURRENTLY);
	return accepted();
}

static struct team_judgement judge_form(const struct judge *judge)
{
	const struct entry_header *header = judge->header;
	struct feed_id feed = entry_feed_id(
	        &judge->author->device, (enum compartment)header->compartment, &judge->author->incarnation);
	if (!feed_id_eq(&feed, &header->feed) || header->kind == ENTRY_MEMBERSHIP)
		return refused(ERR_INVALID, TEAM_REASON_WRONG_PLACE);
	if (epoch_id_is_zero(&header->epoch))
		return refused(ERR_INVALID, TEAM_REASON_NOT_SEALED);
	return accepted();
}

/* What the role allowed at the state cited, were the device active. */
static uint8_t role_cited(const struct judge *judge)
{
	const struct team_person *person = team_view_person(judge->cited, &judge->device->person);
	uint8_t role = judge->device->relay ? TEAM_ROLE_RELAY : person ? person->role : TEAM_ROLE_NONE;
	bool holder = judge->cited->lease.held &&
	        device_id_eq(&judge->cited->lease.holder, &judge->device->id);
	return role == TEAM_ROLE_NURSE && holder && judge->device->endorsed ? TEAM_ROLE_BILLING : role;
}

static struct team_judgement judge_cited(const struct judge *judge)
{
	if (!judge->device)
		return refused(ERR_DENIED, TEAM_REASON_UNKNOWN_DEVICE);
	if (judge->device->state == TEAM_DEVICE_VOID)
		return quarantined(TEAM_REASON_ADMISSION_VOID);
	if (team_role_level(role_cited(judge), judge->header->compartment) < TEAM_LEVEL_WRITE)
		return refused(ERR_DENIED, TEAM_REASON_NOT_ALLOWED);
	if (judge->device->state == TEAM_DEVICE_PENDING)
		return quarantined(TEAM_REASON_PENDING);
	if (judge->device->state != TEAM_DEVICE_ACTIVE)
		return quarantined(TEAM_REASON_NOT_ACTIVE);
	return accepted();
}

/* Any distribution that was valid where it was written: the newest is a matter of writing, not of reading. */
static struct team_judgement judge_epoch(const struct judge *judge)
{
	const struct team_epoch_row *row = team_view_epoch(judge->merged, &judge->header->epoch);
	if (row && row->compartment == judge->header->compartment)
		return accepted();
	struct entry_hash distribution;
	memcpy(distribution.bytes, judge->header->epoch.bytes, sizeof(distribution.bytes));
	if (row || team_dag_find(judge->dag, &distribution) != TEAM_NODE_NONE)
		return refused(ERR_INVALID, TEAM_REASON_BAD_EPOCH);
	return verdict(TEAM_VERDICT_WAITING, ERR_GAP, TEAM_REASON_UNKNOWN_EPOCH);
}

/* An undo in force, known to the author, took this removal back. */
static bool undone_for(const struct judge *judge, const struct team_removal *removal)
{
	if (!removal->undone)
		return false;
	for (uint32_t i = 0; i < judge->cited->removal_count; i++)
		if (judge->cited->removals[i].node == removal->node)
			return judge->cited->removals[i].undone;
	return false;
}

static const struct team_cut_place *place_in(const struct team_cut *cut, const struct feed_id *feed)
{
	for (uint32_t i = 0; i < cut->count; i++)
		if (feed_id_eq(&cut->places[i].feed, feed))
			return &cut->places[i];
	return NULL;
}

/* The last part of its history that the cut names decides. What is named up to beyond its end was written by who knew of one of the histories that
 * go on from there: the one that has this entry. */
static bool beyond_in_branch(const struct judge *judge, const struct team_cut *cut)
{
	const struct team_branch *branch = judge->branch;
	const struct feed_id *part;
	for (uint32_t i = 0; (part = branch->part(branch->context, i)); i++) {
		const struct team_cut_place *place = place_in(cut, part);
		if (place)
			return judge->header->seq > place->seq ||
			        (i > 0 && !branch->passes(branch->context, place->seq, &place->hash));
	}
	return true;
}

static bool beyond(const struct judge *judge, const struct team_cut *cut)
{
	if (judge->branch)
		return beyond_in_branch(judge, cut);
	const struct team_cut_place *place = place_in(cut, &judge->header->feed);
	if (!place || judge->header->seq > place->seq)
		return true;
	return judge->header->seq == place->seq && !entry_hash_eq(judge->hash, &place->hash);
}

static struct team_judgement judge_removals(const struct judge *judge)
{
	for (uint32_t i = 0; i < judge->merged->removal_count; i++) {
		const struct team_removal *removal = &judge->merged->removals[i];
		if (team_fold_aims(judge->dag, removal, judge->device) && !undone_for(judge, removal) &&
		        beyond(judge, removal->cut))
			return quarantined(TEAM_REASON_BEYOND_CUT);
	}
	return accepted();
}

/* A change of role that its author did not know, and this entry comes after. */
static bool is_after(const struct judge *judge, const struct team_role_cut *change)
{
	return person_id_eq(&change->person, &judge->device->person) &&
	        team_view_status(judge->cited, change->node) == TEAM_STATUS_ABSENT &&
	        beyond(judge, change->cut);
}

/* What the new role may no longer write ends at the cut. */
static struct team_judgement judge_roles(const struct judge *judge)
{
	for (uint32_t i = 0; i < judge->merged->role_cut_count; i++) {
		const struct team_role_cut *change = &judge->merged->role_cuts[i];
		if (team_role_level(change->role, judge->header->compartment) < TEAM_LEVEL_WRITE &&
		        is_after(judge, change))
			return quarantined(TEAM_REASON_BEYOND_CUT);
	}
	return accepted();
}

/* The admission at the state cited does not hold; the device was admitted twice, and stands on the other one as far as that goes: for the same person,
 * and, where the role came with the admission, with a role that would have allowed this too. */
static bool stands_otherwise(const struct judge *judge, const struct team_device *now)
{
	const struct team_person *person = team_view_person(judge->cited, &judge->device->person);
	if (!person_id_eq(&now->person, &judge->device->person))
		return false;
	if (!person || person->role_node != judge->device->admit_node)
		return true; /* what gave the role is looked at by itself */
	uint8_t role = team_fold_given_role(judge->dag, now->admit_node);
	if (role == TEAM_ROLE_NURSE && role_cited(judge) == TEAM_ROLE_BILLING)
		role = TEAM_ROLE_BILLING; /* so is the lease */
	return team_role_level(role, judge->header->compartment) >= TEAM_LEVEL_WRITE;
}

/* Does what gave the author its right at the state cited still stand in the whole set? */
static struct team_judgement judge_supports(const struct judge *judge)
{
	struct team_support supports[TEAM_SUPPORTS_MAX];
	uint32_t count = team_check_supports(judge->cited, judge->dag, judge->device, false, supports);
	const struct team_device *now = team_view_device(judge->merged, &judge->author->device);
	if (!now || now->state == TEAM_DEVICE_VOID)
		return quarantined(TEAM_REASON_ADMISSION_VOID);
	if (now->state == TEAM_DEVICE_PENDING)
		return quarantined(TEAM_REASON_PENDING);
	if (role_cited(judge) == TEAM_ROLE_BILLING && judge->header->compartment == COMPARTMENT_BILLING)
		supports[count++] = (struct team_support){judge->cited->lease.node, false};
	for (uint32_t i = 0; i < count; i++) {
		enum team_status status = team_view_status(judge->merged, supports[i].node);
		if (team_status_holds(status) && !(supports[i].full && status == TEAM_STATUS_HALF))
			continue;
		if (supports[i].node != judge->device->admit_node || !stands_otherwise(judge, now))
			return quarantined(TEAM_REASON_ADMISSION_VOID);
	}
	return accepted();
}

static struct team_judgement judge_dates(const struct judge *judge)
{
	const struct team_person *person = team_view_person(judge->merged, &judge->device->person);
	uint64_t wrote_ms = judge->header->hlc >> HLC_COUNTER_BITS;
	if (person &&
	        ((person->rights_from_ms && wrote_ms < person->rights_from_ms) ||
	                (person->rights_until_ms && wrote_ms >= person->rights_until_ms)))
		return quarantined(TEAM_REASON_RIGHTS_DATES);
	return accepted();
}

struct team_judgement team_judge_branch(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author,
        const struct entry_hash *previous_cited, const struct team_branch *branch)
{
	struct judge judge = {.membership = membership,
	        .dag = team_membership_dag(membership),
	        .header = header,
	        .hash = hash,
	        .author = author,
	        .branch = branch,
	        .merged = team_membership_view(membership)};
	if (!judge.merged)
		return verdict(TEAM_VERDICT_WAITING, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
	if (header->compartment == COMPARTMENT_MEMBERSHIP)
		return judge_membership(&judge);
	struct team_judgement judgement = judge_form(&judge);
	if (!good(judgement))
		return judgement;
	judge.cited = team_membership_view_at(membership, &header->membership);
	if (!judge.cited || (previous_cited && !team_membership_knows(membership, previous_cited)))
		return verdict(TEAM_VERDICT_WAITING, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
	judge.device = team_view_device(judge.cited, &author->device);
	if (!good(judgement = judge_cited(&judge)) || !good(judgement = judge_epoch(&judge)))
		return judgement;
	if (previous_cited && !team_membership_descends(membership, &header->membership, previous_cited))
		return quarantined(TEAM_REASON_BACKDATED);
	if (!good(judgement = judge_removals(&judge)) || !good(judgement = judge_roles(&judge)) ||
	        !good(judgement = judge_supports(&judge)))
		return judgement;
	return judge_dates(&judge);
}

struct team_judgement team_judge(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author,
        const struct entry_hash *previous_cited)
{
	return team_judge_branch(membership, header, hash, author, previous_cited, NULL);
}

bool team_judge_after_role(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, const struct team_branch *branch,
        uint8_t role)
{
	struct judge judge = {.membership = membership,
	        .header = header,
	        .hash = hash,
	        .author = author,
	        .branch = branch,
	        .cited = team_membership_view_at(membership, &header->membership),
	        .merged = team_membership_view(membership)};
	judge.device = judge.cited && judge.merged ? team_view_device(judge.cited, &author->device) : NULL;
	for (uint32_t i = 0; judge.device && i < judge.merged->role_cut_count; i++)
		if (judge.merged->role_cuts[i].role == role && is_after(&judge, &judge.merged->role_cuts[i]))
			return true;
	return false;
}
