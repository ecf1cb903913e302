/*
 * Our own membership entries, and the keys that membership entries bring us.
 */
#include "node/node_links.h"
#include "node/node_state.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/boxes.h"
#include "node/team/epoch.h"
#include "node/team/judge.h"

struct device_id node_device(const struct node *node)
{
	return node->identity.device;
}

const struct team_identity *node_identity(const struct node *node)
{
	return &node->identity;
}

bool node_in_team(const struct node *node)
{
	return node->in_team;
}

const struct team_id *node_team(const struct node *node)
{
	return node->in_team ? &node->team : NULL;
}

const struct team_view *node_view(const struct node *node)
{
	return node->members ? team_membership_view(node->members) : NULL;
}

struct team_membership *node_membership(struct node *node)
{
	return node->members;
}

/* ---- Adding entries --------------------------------------------------------------------------------------------- */

/* The membership is another: what is here may lie beyond a cut now, or not any more. */
static void membership_moved(struct node *node)
{
	node->rights_mark++;
	node->keys_generation++;
	node_links_forget(node);
	uint64_t mark = node_standing_mark(node);
	if (mark == node->judged_mark)
		return;
	node->judged_mark = mark;
	node->judge_again = node->weigh_again = true;
}

int node_add_membership(struct node *node, const struct entry_header *header, const struct entry_hash *hash,
        struct span body, bool handed_on)
{
	uint32_t feed;
	if (!log_feed_number(node->log, &header->feed, &feed))
		return ERR_INTERNAL;
	const struct log_feed *known = log_feed(node->log, feed);
	struct team_author author = {known->device, known->incarnation};
	bool first = team_membership_count(node->members) == 0;
	if (first && memcmp(hash->bytes, node->team.bytes, ID_LONG_BYTES) != 0) {
		node_refused(node, REFUSED_MEMBERSHIP, TEAM_REASON_NO_SUCH_THING);
		return ERR_DENIED; /* the founding entry of another team */
	}
	int result = team_membership_offer(node->members, header, hash, &author, body, handed_on);
	if (result < 0)
		node_refused(node, REFUSED_MEMBERSHIP, team_membership_refusal(node->members));
	/* A team is entered for good together with its founding entry: a crash before leaves a device that can redeem again. */
	if (result >= 0 && first)
		result = node_put_team_row(node);
	if (result < 0)
		return result;
	node->news.membership = true;
	membership_moved(node);
	node_collect_keys(node);
	return 0;
}

void node_take_back_membership(struct node *node, uint32_t count)
{
	if (!node->members || team_membership_count(node->members) == count)
		return;
	team_membership_take_back(node->members, count);
	membership_moved(node);
}

/* One entry in our own membership feed. */
static int append_action(struct node *node, const struct team_action *action, const struct entry_hash *cited,
        const struct entry_ref *deps, uint32_t dep_count, struct entry_hash *hash)
{
	struct entry_header header = {
	        .kind = ENTRY_MEMBERSHIP, .membership = *cited, .deps = deps, .dep_count = dep_count};
	struct buf body = {0};
	uint32_t feed;
	int result = node_own_feed(node, COMPARTMENT_MEMBERSHIP, &feed);
	if (result == 0) {
		team_action_encode(action, &body);
		result = node_append(node, feed, &header, buf_span(&body), hash);
	}
	if (result == 0 && action->kind == TEAM_ACTION_FOUND)
		memcpy(node->team.bytes, hash->bytes, ID_LONG_BYTES);
	if (result == 0)
		result = node_add_membership(node, &header, hash, buf_span(&body), false);
	if (result == 0)
		node_progress(node, feed)->applied = header.seq;
	buf_close(&body);
	return result;
}

/* One head that builds on all that we cited before. */
static int cite_one_head(const struct node *node, struct entry_hash *head)
{
	struct entry_hash heads[LIMIT_MEMBERSHIP_HEADS];
	uint32_t count = team_membership_heads(node->members, heads, LIMIT_MEMBERSHIP_HEADS);
	for (uint32_t i = 0; i < count && i < LIMIT_MEMBERSHIP_HEADS; i++) {
		bool builds = true;
		for (unsigned own = COMPARTMENT_MEMBERSHIP; builds && own < NODE_COMPARTMENTS; own++) {
			const struct log_feed *feed = node->own_feed[own] != NODE_NO_FEED
			        ? log_feed(node->log, node->own_feed[own])
			        : NULL;
			builds = !feed || !feed->seq ||
			        team_membership_descends(node->members, &heads[i], &feed->membership);
		}
		*head = heads[i];
		if (builds)
			return 0;
	}
	return ERR_FULL;
}

/* The membership entry to cite; several heads are joined by an entry of our own first. Not before we know that we were admitted: what somebody
 * unknown signs is refused by all, and its feed ends there for good. */
static int join_heads(struct node *node, struct entry_hash *head)
{
	struct arena arena = {0};
	struct team_merge merge;
	struct entry_hash cited;
	uint32_t feed;
	int result = node_own_feed(node, COMPARTMENT_MEMBERSHIP, &feed);
	if (result == 0)
		result = team_membership_cite(
		        node->members, &log_feed(node->log, feed)->id, &arena, &cited, &merge);
	if (result == TEAM_MEMBERSHIP_MERGE)
		result = append_action(node, &merge.action, &cited, merge.deps, merge.dep_count, head);
	else if (result == 0)
		*head = cited;
	arena_close(&arena);
	return result;
}

/* Not before we know that we were admitted: what somebody unknown signs is refused by all, and its feed ends there for good. Nobody is kept from
 * saving by how often heads had to be joined, and what is left then is for removals. */
int node_cite_membership(struct node *node, struct entry_hash *head)
{
	struct device_id self = node_device(node);
	if (!node_view(node) || !team_view_device(node_view(node), &self))
		return ERR_DENIED;
	return team_membership_has_room(node->members, &self, TEAM_ACTION_UNKNOWN, 1, false)
	        ? join_heads(node, head)
	        : cite_one_head(node, head);
}

enum team_reason node_denied_why(const struct node *node)
{
	return node->denied_why;
}

/* The keys of a device that the action lets in. NULL: it lets nobody in. */
static const struct team_keys *keys_of_new(const struct team_action *action, struct device_id *device)
{
	if (action->kind == TEAM_ACTION_ADMIT) {
		*device = action->as.admit.device;
		return &action->as.admit.keys;
	}
	if (action->kind == TEAM_ACTION_RELAY) {
		*device = action->as.relay.device;
		return &action->as.relay.keys;
	}
	return NULL;
}

bool node_has_key_of(const struct node *node, const struct team_keys *keys, const struct device_id *owner)
{
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (!device_id_eq(&device->id, owner) &&
		        (memcmp(device->keys.handshake, keys->handshake, TEAM_KEY_BYTES) == 0 ||
		                memcmp(device->keys.sealing, keys->sealing, TEAM_KEY_BYTES) == 0))
			return true;
	}
	return false;
}

/* A point of small order: whatever is agreed on with it, everybody knows. */
static bool is_no_key(const uint8_t key[TEAM_KEY_BYTES])
{
	static const uint8_t any[crypto_scalarmult_SCALARBYTES] = {1};
	uint8_t shared[crypto_scalarmult_BYTES];
	return crypto_scalarmult(shared, any, key) != 0;
}

/* The code of a relay may hold anybody's keys. Whoever let a newcomer in has seen that it holds its own (joining_admit). */
static int check_new_keys(struct node *node, const struct team_action *action)
{
	struct device_id device;
	const struct team_keys *keys = keys_of_new(action, &device);
	if (keys && (is_no_key(keys->handshake) || is_no_key(keys->sealing))) {
		node->denied_why = TEAM_REASON_MALFORMED;
		return ERR_INVALID;
	}
	if (action->kind == TEAM_ACTION_RELAY && node_has_key_of(node, keys, &device)) {
		node->denied_why = TEAM_REASON_EXISTS_ALREADY;
		return ERR_EXISTS;
	}
	return 0;
}

int node_act(struct node *node, const struct team_action *action, struct entry_hash *hash, node_done done,
        void *context)
{
	struct device_id self = node_device(node);
	struct entry_hash cited;
	node->denied_why = TEAM_REASON_NONE;
	if (!node->in_team)
		return ERR_NOTEAM;
	int result = check_new_keys(node, action);
	if (result == 0)
		result = team_membership_try(node->members, &self, action, &node->denied_why);
	if (result == 0)
		result = join_heads(node, &cited);
	if (result == 0)
		result = append_action(node, action, &cited, NULL, 0, hash);
	return result ? result : node_wait_for_batch(node, done, context);
}

/* ---- Epochs ----------------------------------------------------------------------------------------------------- */

/* Fill `boxes` (ascending by device) with `secret` sealed to those entitled now; devices past their dates are omitted. */
static int seal_to_entitled(struct node *node, const struct epoch_draft *draft, uint8_t compartment,
        struct arena *arena, struct team_key_boxes *boxes, struct team_device_list *omitted)
{
	const struct team_view *view = node_view(node);
	struct device_id devices[LIMIT_TEAM_DEVICES_ACTIVE];
	uint32_t count = team_view_recipients(view, compartment, devices, LIMIT_TEAM_DEVICES_ACTIVE),
	         kept = 0, left_out = 0;
	if (count > LIMIT_TEAM_DEVICES_ACTIVE)
		return ERR_FULL;
	struct team_key_box *list = arena_zero(arena, count, sizeof(*list));
	struct device_id *out = arena_zero(arena, count, sizeof(*out));
	for (uint32_t i = 0; i < count; i++) {
		const struct team_device *device = team_view_device(view, &devices[i]);
		struct box_key box;
		if (node_rights_lapsed(node, device)) {
			out[left_out++] = devices[i];
			continue;
		}
		int result = epoch_draft_box(&box, draft, node->config.env, node_sealing_key(device));
		if (result)
			return result;
		list[kept].device = devices[i];
		memcpy(list[kept++].box, box.bytes, sizeof(box.bytes));
	}
	*boxes = (struct team_key_boxes){kept, list};
	*omitted = (struct team_device_list){left_out, out};
	return 0;
}

static int put_parents(
        struct node *node, const struct epoch_draft *draft, struct team_epoch *epoch, struct arena *arena)
{
	struct epoch_id ids[LIMIT_EPOCH_PARENTS];
	struct team_device_list recipients = {epoch->recipients.count, NULL};
	struct device_id *devices = arena_zero(arena, recipients.count, sizeof(*devices));
	for (uint32_t i = 0; i < recipients.count; i++)
		devices[i] = epoch->recipients.boxes[i].device;
	recipients.devices = devices;
	epoch->parent_count = team_epoch_parents(node->members, epoch->compartment, ids);
	struct team_parent *parents = arena_zero(arena, epoch->parent_count, sizeof(*parents));
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		struct epoch_parent sealed;
		parents[i].epoch = ids[i];
		if (!team_epoch_parent_has_key(node->members, &ids[i], &recipients) ||
		        epochs_draft_parent(&sealed, node->epochs, draft, node->config.env, &ids[i]))
			continue;
		parents[i].has_key = true;
		memcpy(parents[i].box, sealed.sealed, sizeof(parents[i].box));
	}
	epoch->parents = parents;
	return 0;
}

int node_rotate(struct node *node, enum compartment compartment)
{
	struct arena arena = {0};
	struct epoch_draft draft;
	struct entry_hash hash;
	struct team_action action = {.kind = TEAM_ACTION_EPOCH, .as.epoch.compartment = (uint8_t)compartment};
	struct team_epoch *epoch = &action.as.epoch;
	epoch_draft_make(&draft, node->config.env, compartment);
	memcpy(epoch->commitment, draft.commitment.bytes, sizeof(epoch->commitment));
	int result = seal_to_entitled(
	        node, &draft, (uint8_t)compartment, &arena, &epoch->recipients, &epoch->omitted);
	if (result == 0)
		result = put_parents(node, &draft, epoch, &arena);
	if (result == 0)
		result = node_act(node, &action, &hash, NULL, NULL);
	epoch_key_wipe(&draft.key);
	arena_close(&arena);
	return result;
}

/* Somebody holds its key whose rights are over by our clock. */
static bool is_outlived(struct node *node, const struct epoch_id *epoch)
{
	const struct team_view *view = node_view(node);
	uint8_t unused[TEAM_KEY_BOX_BYTES];
	for (uint32_t i = 0; i < view->device_count; i++)
		if (view->devices[i].state == TEAM_DEVICE_ACTIVE &&
		        node_rights_over(node, &view->devices[i]) &&
		        team_epoch_box(node->members, epoch, &view->devices[i].id, 0, unused))
			return true;
	return false;
}

/* The epoch to write follows from the membership alone: it is looked for once per state of it, however many saves there are. */
static int epoch_to_write(struct node *node, enum compartment compartment, struct epoch_id *out)
{
	struct node_write_epoch *known = &node->write_epochs[compartment];
	const uint32_t count = team_membership_count(node->members);
	if (known->rights_mark == node->rights_mark && known->count == count) {
		*out = known->id;
		return 0;
	}
	int result = team_epoch_to_write(node->members, (uint8_t)compartment, out);
	if (result == 0)
		*known = (struct node_write_epoch){node->rights_mark, count, *out};
	return result;
}

const struct epoch_id *node_write_epoch(
        struct node *node, enum compartment compartment, struct epoch_id *space)
{
	int result = epoch_to_write(node, compartment, space);
	if (result == ERR_NOTFOUND) {
		struct device_id self = node_device(node);
		if (!team_view_manages(node_view(node), &self) || node_rotate(node, compartment))
			return NULL;
		result = epoch_to_write(node, compartment, space);
	}
	/* A new one leaves them out; who cannot make one goes on, rather than lose what is to be saved. */
	if (result == 0 && is_outlived(node, space) && node_rotate(node, compartment) == 0)
		result = epoch_to_write(node, compartment, space);
	return result == 0 && epochs_find(node->epochs, space) ? space : NULL;
}

/* ---- Keys for us ------------------------------------------------------------------------------------------------ */

static bool about_epoch(const struct node *node, const struct epoch_id *id, struct epoch_about *about,
        const struct team_epoch **epoch)
{
	struct entry_hash hash;
	memcpy(hash.bytes, id->bytes, sizeof(hash.bytes));
	const struct team_action *action = team_membership_action(node->members, &hash, NULL);
	if (!action || action->kind != TEAM_ACTION_EPOCH)
		return false;
	about->id = *id;
	memcpy(about->commitment.bytes, action->as.epoch.commitment, sizeof(about->commitment.bytes));
	about->compartment = (enum compartment)action->as.epoch.compartment;
	*epoch = &action->as.epoch;
	return true;
}

static bool open_boxes(struct node *node, const struct epoch_about *about)
{
	struct device_id self = node_device(node);
	struct box_key box;
	const struct seal_public *own_public = node_seal_public(node);
	const struct seal_secret *own_secret = node_seal_secret(node);
	for (uint32_t i = 0; team_epoch_box(node->members, &about->id, &self, i, box.bytes); i++)
		if (epochs_open_box(node->epochs, about, &box, own_public, own_secret) >= 0)
			return true;
	return false;
}

/* Parents' keys inside the distributions of epochs that we hold. */
static bool open_parents(struct node *node, const struct epoch_id *child, const struct team_epoch *epoch)
{
	bool more = false;
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		struct epoch_about about;
		const struct team_epoch *unused;
		struct epoch_parent parent = {.id = epoch->parents[i].epoch};
		if (!epoch->parents[i].has_key || epochs_find(node->epochs, &parent.id) ||
		        !about_epoch(node, &parent.id, &about, &unused))
			continue;
		memcpy(parent.sealed, epoch->parents[i].box, sizeof(parent.sealed));
		more |= epochs_open_parent(node->epochs, child, &parent, &about) >= 0;
	}
	return more;
}

void node_collect_keys(struct node *node)
{
	const struct team_view *view = node_view(node);
	bool more = true, any = false;
	while (view && more) {
		more = false;
		for (uint32_t i = 0; i < view->epoch_count; i++) {
			struct epoch_about about;
			const struct team_epoch *epoch;
			if (!about_epoch(node, &view->epochs[i].id, &about, &epoch))
				continue;
			if (epochs_find(node->epochs, &about.id))
				more |= open_parents(node, &about.id, epoch);
			else
				more |= open_boxes(node, &about);
		}
		any |= more;
	}
	if (any)
		node_keys_moved(node);
}

/* ---- Dates ------------------------------------------------------------------------------------------------------ */

bool node_rights_over(const struct node *node, const struct team_device *device)
{
	const struct team_person *person = team_view_person(node_view(node), &device->person);
	return person && person->rights_until_ms && env_wall_ms(node->config.env) >= person->rights_until_ms;
}

bool node_rights_lapsed(const struct node *node, const struct team_device *device)
{
	const struct team_person *person = team_view_person(node_view(node), &device->person);
	bool is_early = person && env_wall_ms(node->config.env) < person->rights_from_ms;
	return is_early || node_rights_over(node, device);
}

/* ---- Judging others --------------------------------------------------------------------------------------------- */

int node_judge(struct node *node, uint32_t feed, const struct entry_hash *previous_cited,
        const struct entry_header *header, const struct entry_hash *hash)
{
	const struct entry_hash *before = header->seq > 1 ? previous_cited : NULL;
	struct team_judgement judgement = node_judgement(node, feed, header, hash, before);
	node->last_reason = judgement.reason;
	return judgement.verdict == TEAM_VERDICT_ACCEPTED ? 0 : judgement.error;
}

/* Most devices: active, never aimed at by a removal, and a person whose rights have no dates and of whose role no change ever spoke. Then nothing
 * about one entry differs from the one before. Who bills does so by a lease, which may be void. */
bool node_author_plain(const struct node *node, uint32_t feed)
{
	const struct team_view *view = node_view(node);
	const struct log_feed *known = log_feed(node->log, feed);
	const struct team_device *device = view ? team_view_device(view, &known->device) : NULL;
	const struct team_person *person = device ? team_view_person(view, &device->person) : NULL;
	bool plain = device && device->state == TEAM_DEVICE_ACTIVE && person && !person->rights_from_ms &&
	        !person->rights_until_ms && !person->role_named && known->compartment != COMPARTMENT_BILLING;
	for (uint32_t i = 0; plain && i < view->removal_count; i++) {
		const struct team_removal *removal = &view->removals[i];
		plain = removal->of_person ? !person_id_eq(&removal->person, &person->id)
		                           : !device_id_eq(&removal->device, &device->id);
	}
	return plain;
}

/* ---- Founding and entering -------------------------------------------------------------------------------------- */

static int enter(struct node *node, const struct team_id *team)
{
	node->members = team_membership_new();
	node->in_team = true;
	node->team = *team;
	return node_keys_of_team(node);
}

static int found(struct node *node, struct team_action *action)
{
	struct entry_hash none = {{0}}, hash;
	struct team_id unknown = {{0}};
	int result = enter(node, &unknown);
	if (result == 0)
		result = append_action(node, action, &none, NULL, 0, &hash);
	if (result == 0)
		result = node_keys_of_team(node);
	if (result == 0)
		result = node_share_discovery(node);
	for (unsigned i = COMPARTMENT_TEAM; result == 0 && i <= COMPARTMENT_LAST; i++)
		result = node_rotate(node, (enum compartment)i);
	return result;
}

int node_found_team(struct node *node, struct person_id *person, node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_FOUND};
	if (node->in_team)
		return ERR_EXISTS;
	env_random_bytes(node->config.env, action.as.found.nonce, sizeof(action.as.found.nonce));
	env_random_bytes(node->config.env, person->bytes, sizeof(person->bytes));
	action.as.found.person = *person;
	action.as.found.keys = node->identity.keys;
	int result = found(node, &action);
	return result ? result : node_wait_for_batch(node, done, context);
}

int node_enter_team(struct node *node, const struct team_id *team)
{
	if (node->in_team)
		return team_id_eq(&node->team, team) ? 0 : ERR_EXISTS;
	return enter(node, team);
}

void node_leave_empty_team(struct node *node)
{
	if (!node->in_team || team_membership_count(node->members) > 0)
		return;
	bodies_free(node->bodies);
	key_table_free(node->keys);
	team_membership_free(node->members);
	node->bodies = NULL;
	node->keys = NULL;
	node->members = NULL;
	node->in_team = node->state_valid = false;
}
