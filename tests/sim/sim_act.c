/*
 * What people do: write about patients, invite and join, endorse, change roles, remove devices and let them in again, vouch for each other.
 */
#include "tests/sim/sim_act.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "tests/sim/sim_bill.h"
#include "tests/sim/sim_early.h"
#include "tests/sim/sim_guest.h"
#include "tests/sim/sim_rogue.h"
#include "tests/sim/sim_text.h"
#include "tests/sim/sim_trust.h"

static struct rng *dice(struct sim_member *member)
{
	return &member->device.rng;
}

/* --- Saving ---------------------------------------------------------------------------------------------------------- */

static void on_saved(void *context, int result)
{
	struct sim_save *save = context;
	uint32_t feed;
	save->acknowledged = result == 0;
	if (result == 0 && log_feed_number(node_log(save->node), &save->place.feed, &feed))
		node_read_hash(save->node, feed, save->place.seq, &save->hash);
	save->node = NULL;
}

static void remember(struct sim_member *member, struct sim_save *save, const struct entry_ref *place,
        uint32_t doc_kind, const struct record_id *doc)
{
	struct sim_world *world = member->world;
	save->number = (uint32_t)++world->counts.saves;
	save->member = member->device.number;
	save->place = *place;
	save->doc_kind = doc_kind;
	save->doc = *doc;
	save->at_ms = sim_true_ms(world);
	save->next = world->saves;
	world->saves = save;
}

/* A save may be refused for what is no fault of the program; nothing else may keep a nurse from writing. */
static void refused(
        struct sim_member *member, int result, const struct record_id *doc, const struct record_edit *edit)
{
	struct sim_world *world = member->world;
	world->counts.refused_saves++;
	sim_trace(world, "%u: a save is refused: %s", member->device.number, err_name(result));
	if (result != ERR_DENIED && result != ERR_LOCKED && result != ERR_STALE && result != ERR_NOSPACE &&
	        result != ERR_UNCERTAIN &&
	        !(result == ERR_UNVERIFIED && sim_early_refuses(member, doc, edit)))
		sim_fail(world, "saves: %u cannot save: %s", member->device.number, err_name(result));
}

struct sim_save *sim_save_record(struct sim_member *member, enum schema_doc_kind doc_kind,
        const struct record_id *doc, const struct record_edit *edit)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct node_change change;
	struct entry_ref place;
	int result = node_change_begin(node, doc_kind, doc, &change);
	if (result) {
		refused(member, result, doc, edit);
		return NULL;
	}
	result = record_write(change.doc, &change.builder, edit, NULL,
	        edit->record.kind->shape == SCHEMA_EVENT ? span_text("") : span_text("seen both"));
	if (result) {
		node_change_drop(&change);
		return NULL;
	}
	struct sim_save *save = arena_zero(&world->arena, 1, sizeof(*save));
	save->node = node;
	result = node_change_finish(node, &change, &place, on_saved, save);
	if (result == 0)
		remember(member, save, &place, doc_kind, doc);
	else
		refused(member, result, doc, edit);
	sim_trace(world, "%u: save %s %s", member->device.number, edit->record.kind->name, err_name(result));
	return result == 0 ? save : NULL;
}

static void save_record(struct sim_member *member, enum schema_doc_kind doc_kind, const struct record_id *doc,
        const struct schema_record *record)
{
	struct record_edit edit = {.record = *record};
	sim_save_record(member, doc_kind, doc, &edit);
}

struct schema_record sim_record(enum schema_kind_number number, const struct record_id *id)
{
	struct schema_record record = {.kind = schema_kind(number), .id = *id};
	return record;
}

void sim_put_text(struct schema_record *record, const char *field, const char *text)
{
	schema_put(record, schema_field_named(record->kind, span_text(field)))->bytes = span_text(text);
}

struct schema_value *sim_put_number(struct schema_record *record, const char *field, int64_t number)
{
	struct schema_value *value = schema_put(record, schema_field_named(record->kind, span_text(field)));
	value->number = number;
	return value;
}

static struct record_id random_id(struct sim_member *member)
{
	struct record_id id;
	rng_bytes(dice(member), id.bytes, sizeof(id.bytes));
	return id;
}

static void admit_patient(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct record_id id = random_id(member);
	struct schema_record record = sim_record(SCHEMA_PATIENT, &id);
	if (world->patient_count == SIM_PATIENTS_MAX)
		return;
	struct sim_patient *patient = &world->patients[world->patient_count++];
	patient->id = id;
	patient->admitted_by = member;
	memcpy(patient->canary, "Zq", 2);
	ids_hex(patient->canary + 2, id.bytes, 8);
	sim_put_text(&record, "lastName", patient->canary);
	sim_put_text(&record, "firstName", "Jeanne");
	sim_put_text(&record, "phone", "02 98 00 00 00");
	save_record(member, SCHEMA_DOC_DOSSIER, &id, &record);
}

static void edit_patient(struct sim_member *member, const struct sim_patient *patient)
{
	static const char *const fields[] = {"phone", "street", "allergies", "doctor", "doorCode"};
	char text[64];
	struct schema_record record = sim_record(SCHEMA_PATIENT, &patient->id);
	snprintf(text, sizeof(text), "%s %u of %u", patient->canary, (unsigned)rng_below(dice(member), 1000),
	        member->device.number);
	sim_put_text(&record, fields[rng_below(dice(member), 5)], text);
	save_record(member, SCHEMA_DOC_DOSSIER, &patient->id, &record);
}

static void plan(struct sim_member *member, const struct record_id *patient)
{
	/* Few ids, so that two nurses edit the same item. */
	struct record_id id = {{(uint8_t)rng_below(dice(member), 3), 'p'}};
	struct schema_record record = sim_record(SCHEMA_INTERVENTION, &id);
	schema_put(&record, schema_field_named(record.kind, span_text("problem")))->bytes = span_of(
	        id.bytes, 6);
	sim_put_number(&record, "category", 1 + (int64_t)rng_below(dice(member), 4));
	sim_put_text(&record, "target", rng_chance(dice(member), 500) ? "pansement" : "observance");
	sim_put_text(&record, "recurrence", rng_chance(dice(member), 500) ? "1/j" : "2/j");
	save_record(member, SCHEMA_DOC_DOSSIER, patient, &record);
}

static void visit(struct sim_member *member, const struct record_id *patient)
{
	struct record_id id = random_id(member);
	struct schema_record record = sim_record(SCHEMA_VISIT, &id);
	int64_t start_s = SIM_MONTH_START_S + (int64_t)rng_below(dice(member), 29 * 86400);
	sim_put_number(&record, "start", start_s)->offset_minutes = 60;
	sim_put_number(&record, "end", start_s + 60 * (int64_t)rng_between(dice(member), 5, 60))
	        ->offset_minutes = 60;
	schema_put(&record, schema_field_named(record.kind, span_text("nurse")))->bytes = span_of(
	        member->id.bytes, SCHEMA_SHORT_BYTES);
	sim_put_number(&record, "place", 1);
	sim_put_number(&record, "activity", 1);
	sim_put_number(&record, "billable", 1);
	sim_put_text(&record, "note", "RAS");
	save_record(member, SCHEMA_DOC_DOSSIER, patient, &record);
}

static void directory(struct sim_member *member)
{
	const struct team_id *team = node_team(member->device.node);
	struct record_id doc = record_document_id(team, SCHEMA_DOC_DIRECTORY, NULL);
	struct record_id id = {{(uint8_t)rng_below(dice(member), 3), 'd'}};
	struct schema_record record = sim_record(SCHEMA_PERSON, &id);
	char text[40];
	snprintf(text, sizeof(text), "06 %u", (unsigned)rng_below(dice(member), 1000));
	sim_put_text(&record, "phone", text);
	save_record(member, SCHEMA_DOC_DIRECTORY, &doc, &record);
}

static void work(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	if (!node_may_write(node, COMPARTMENT_CLINICAL))
		return;
	uint32_t kinds = (uint32_t)rng_below(dice(member), 100);
	if (world->patient_count == 0 || kinds < 8) {
		admit_patient(member);
		return;
	}
	const struct sim_patient *chosen = &world->patients[rng_below(dice(member), world->patient_count)];
	const struct record_id *patient = &chosen->id;
	struct crdt_doc *doc;
	if (kinds < 15)
		directory(member);
	else if (node_doc(node, SCHEMA_DOC_DOSSIER, patient, &doc))
		return; /* she has not heard of that patient yet */
	else if (kinds < 40)
		edit_patient(member, chosen);
	else if (kinds < 60)
		plan(member, patient);
	else if (kinds < 80)
		sim_text(member, patient);
	else
		visit(member, patient);
}

/* --- The team -------------------------------------------------------------------------------------------------------- */

void sim_found(struct sim_member *founder)
{
	struct person_id person;
	int result = node_found_team(founder->device.node, &person, NULL, NULL);
	assert(result == 0);
	founder->state = SIM_INSIDE;
	sim_device_turn(&founder->device);
}

bool sim_manages(const struct sim_member *member)
{
	struct node *node = member->device.node;
	return member->device.up && !member->lost && node_in_team(node) && node_view(node) &&
	        team_view_manages(node_view(node), &member->id);
}

struct sim_member *sim_some_manager(struct sim_world *world)
{
	uint32_t at = (uint32_t)rng_below(&world->rng, world->member_count);
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[(at + i) % world->member_count];
		if (sim_manages(member) && !member->suspended)
			return member;
	}
	return NULL;
}

static void on_invited(void *context, int result)
{
	struct sim_member *newcomer = context;
	if (result == 0 && newcomer->state == SIM_OUTSIDE) {
		newcomer->state = SIM_INVITED;
		newcomer->failures = 0;
	}
}

static void ask_for_invitation(struct sim_member *newcomer)
{
	struct sim_member *manager = sim_some_manager(newcomer->world);
	if (!manager || (newcomer->twin && !sim_guest_person(newcomer, manager, NULL)))
		return;
	int result = node_invite(manager->device.node, newcomer->role, 0, newcomer->rights_from_ms,
	        newcomer->rights_until_ms, &newcomer->invitation, on_invited, newcomer);
	if (result == 0 && newcomer->twin)
		result = sim_guest_invite(newcomer, manager);
	sim_trace(newcomer->world, "%u: invites %u: %s", manager->device.number, newcomer->device.number,
	        err_name(result));
	sim_device_turn(&manager->device);
}

static void on_paired(void *context, int result)
{
	struct sim_member *newcomer = context;
	sim_trace(newcomer->world, "%u: pairing: %s", newcomer->device.number, err_name(result));
	if (result == 0) {
		newcomer->state = SIM_INSIDE;
		newcomer->world->counts.joins++;
		newcomer->world->events.second_devices += newcomer->twin != NULL;
	} else if (newcomer->state == SIM_PAIRING) {
		newcomer->state = ++newcomer->failures < 6 ? SIM_INVITED : SIM_OUTSIDE;
	}
}

static void redeem(struct sim_member *newcomer)
{
	struct sim_member *manager = newcomer->host ? sim_guest_host(newcomer)
	                                            : sim_some_manager(newcomer->world);
	struct person_id person;
	if (!manager || (newcomer->twin && !sim_guest_person(newcomer, manager, &person)))
		return;
	struct net_address address = sim_net_address(manager->device.number);
	newcomer->state = SIM_PAIRING;
	sim_trace(newcomer->world, "%u: redeems at %u", newcomer->device.number, manager->device.number);
	int result = pairing_start_as(newcomer->device.peers, &address, &newcomer->invitation,
	        span_text("Nom"), newcomer->twin ? &person : NULL, on_paired, newcomer);
	if (result)
		on_paired(newcomer, result);
}

/* She is in the team, and nobody whom she meets knows her: the device where she joined lost it again. */
static bool is_alone(const struct sim_member *member)
{
	enum { REFUSED_MANY = 3 };
	return !member->suspended && node_in_team(member->device.node) &&
	        !peers_any_session(member->device.peers) &&
	        peers_refused(member->device.peers) >= REFUSED_MANY;
}

static void join(struct sim_member *newcomer)
{
	if (newcomer->role == TEAM_ROLE_RELAY) {
		sim_guest_relay(newcomer, is_alone(newcomer));
		return;
	}
	if (node_in_team(newcomer->device.node) && !is_alone(newcomer)) {
		if (newcomer->state != SIM_PAIRING)
			newcomer->state = SIM_INSIDE; /* somebody knew her after all */
		return; /* or the membership is on its way */
	}
	if (newcomer->state == SIM_INSIDE)
		newcomer->state = SIM_INVITED; /* it did not reach the disk */
	if (newcomer->state == SIM_OUTSIDE)
		ask_for_invitation(newcomer);
	else if (newcomer->state == SIM_INVITED)
		redeem(newcomer);
}

void sim_back(struct sim_member *member)
{
	if (node_in_team(member->device.node))
		member->state = SIM_INSIDE;
	else if (member->state == SIM_PAIRING || member->state == SIM_INSIDE)
		member->state = SIM_INVITED;
}

static bool endorse(struct sim_member *member)
{
	struct node *node = member->device.node;
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		struct team_action action = {.kind = TEAM_ACTION_ENDORSE, .as.admission = device->admission};
		struct entry_hash hash;
		bool waits = device->state == TEAM_DEVICE_PENDING && sim_guest_is_second(view, device);
		if (!waits &&
		        (device->endorsed || device->state != TEAM_DEVICE_ACTIVE ||
		                team_view_role(view, &device->id) != TEAM_ROLE_NURSE))
			continue;
		if (node_act(node, &action, &hash, NULL, NULL) == 0)
			return true;
	}
	return false;
}

/* An invitation was redeemed at two devices that did not know of each other: somebody says which one counts. */
static bool choose(struct sim_member *member)
{
	struct node *node = member->device.node;
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		const struct team_action *admit = device->state == TEAM_DEVICE_PENDING
		        ? team_membership_action(node_membership(node), &device->admission, NULL)
		        : NULL;
		struct entry_hash hash;
		if (!admit || admit->kind != TEAM_ACTION_ADMIT)
			continue;
		struct team_action action = {
		        .kind = TEAM_ACTION_CHOOSE, .as.choose = {admit->as.admit.invite, device->admission}};
		int result = node_act(node, &action, &hash, NULL, NULL);
		sim_trace(member->world, "%u: chooses an admission: %s", member->device.number,
		        err_name(result));
		if (result == 0)
			return true;
	}
	return false;
}

static void change_role(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct sim_member *other = &world->members[rng_below(&world->rng, world->member_count)];
	const struct team_device *device = team_view_device(node_view(node), &other->id);
	uint8_t role = device ? team_view_role(node_view(node), &other->id) : TEAM_ROLE_NONE;
	if (role != TEAM_ROLE_READER && role != TEAM_ROLE_FACILITATOR)
		return;
	uint8_t other_role = role == TEAM_ROLE_READER ? TEAM_ROLE_FACILITATOR : TEAM_ROLE_READER;
	struct person_id person = device->person;
	int result = node_change_role(node, &person, other_role, 0, 0, NULL, NULL);
	if (result == 0)
		result = node_share_keys(node, &other->id);
	world->counts.role_changes += result == 0;
	sim_trace(world, "%u: %u becomes %s: %s", member->device.number, other->device.number,
	        team_role_name(other_role), err_name(result));
}

/* --- Removals --------------------------------------------------------------------------------------------------------- */

bool sim_all_inside(const struct sim_world *world, const struct team_view *view)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		const struct team_device *device = team_view_device(view, &world->members[i].id);
		if (world->members[i].lost)
			continue;
		if (world->members[i].state != SIM_INSIDE || !device || device->state != TEAM_DEVICE_ACTIVE)
			return false;
	}
	return true;
}

/* Of a nurse, never of the first: somebody has to let them in again. */
static void remove_device(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct sim_member *other = &world->members[rng_below(&world->rng, world->member_count)];
	const struct team_device *device = team_view_device(node_view(node), &other->id);
	if (other == &world->members[0] || other == member || other->role != TEAM_ROLE_NURSE || !device ||
	        sim_guest_has_two(other) || device->state != TEAM_DEVICE_ACTIVE ||
	        !sim_all_inside(world, node_view(node)))
		return;
	int result = node_remove_device(node, &other->id, 1, NULL, NULL);
	other->suspended |= result == 0;
	world->counts.removals += result == 0;
	sim_trace(world, "%u: removes the device of %u: %s", member->device.number, other->device.number,
	        err_name(result));
}

static bool reinstate(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *other = &world->members[i];
		const struct team_device *device = team_view_device(node_view(node), &other->id);
		if (!device || device->state != TEAM_DEVICE_SUSPENDED)
			continue;
		struct person_id person = device->person;
		int result = node_undo_suspension(node, &person, NULL, NULL);
		world->counts.reinstated += result == 0;
		sim_trace(world, "%u: lets %u in again: %s", member->device.number, i, err_name(result));
		if (result == 0)
			return true;
	}
	return false;
}

/* Vouch for some of what others wrote. */
static bool countersign(struct sim_member *member)
{
	enum { SOME = 8 };
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct node_place places[SOME];
	struct node_entry entry;
	uint32_t count = 0;
	for (struct node_quarantined at = {0}; count < SOME && node_quarantine_next(node, &at);) {
		const struct log_feed *feed = log_feed(node_log(node), at.feed);
		if (!at.is_effective && feed->compartment == COMPARTMENT_CLINICAL &&
		        !device_id_eq(&feed->device, &member->id) && rng_chance(dice(member), 700) &&
		        feed->committed_seq >= at.seq && node_read(node, at.feed, at.seq, &entry) == 0)
			places[count++] = (struct node_place){at.feed, at.seq};
	}
	int result = count ? node_countersign(node, places, count, span_text("vu"), NULL, NULL)
	                   : ERR_NOTFOUND;
	world->counts.countersigned += result == 0 ? count : 0;
	if (count)
		sim_trace(world, "%u: vouches for %u entries: %s", member->device.number, count,
		        err_name(result));
	return result == 0;
}

static bool mend_removals(struct sim_member *member)
{
	struct sim_world *world = member->world;
	if (!(world->troubles & SIM_REMOVALS))
		return false;
	if (sim_manages(member) &&
	        (world->calm ? member == &world->members[0] : rng_chance(dice(member), 200)) &&
	        reinstate(member))
		return true;
	return rng_chance(dice(member), 150) && node_may_write(member->device.node, COMPARTMENT_CLINICAL) &&
	        countersign(member);
}

/* --- Turns ------------------------------------------------------------------------------------------------------------ */

void sim_act(struct sim_member *member)
{
	struct sim_world *world = member->world;
	if (!member->device.up || member->lost)
		return;
	if (member->state == SIM_INSIDE && is_alone(member) && !sim_is_out(member)) {
		sim_trace(world, "%u: is alone", member->device.number);
		world->counts.alone++;
		member->state = SIM_OUTSIDE;
	}
	if (member->state != SIM_INSIDE || !node_in_team(member->device.node))
		join(member);
	else if (!node_view(member->device.node))
		return;
	else if (sim_manages(member) && endorse(member))
		sim_trace(world, "%u: endorses", member->device.number);
	else if (sim_manages(member) && choose(member))
		;
	else if (mend_removals(member) || sim_guest_mend(member))
		;
	else if (world->calm)
		return;
	else if ((world->troubles & (SIM_ROGUES | SIM_ROWS)) && rng_chance(dice(member), 60))
		sim_rogue(member);
	else if ((world->troubles & SIM_FLOODS) && rng_chance(dice(member), 60))
		sim_flood(member);
	else if ((world->troubles & SIM_EARLY) && rng_chance(dice(member), 60) && sim_early_lie(member))
		;
	else if ((world->troubles & SIM_BACKDATES) && rng_chance(dice(member), 60))
		sim_backdate(member);
	else if ((world->troubles & SIM_ROLES) && sim_manages(member) && rng_chance(dice(member), 40))
		change_role(member);
	else if ((world->troubles & SIM_REMOVALS) && sim_manages(member) && rng_chance(dice(member), 40))
		remove_device(member);
	else if (!sim_trust(member))
		work(member);
	if (member->device.up)
		sim_device_turn(&member->device);
}
