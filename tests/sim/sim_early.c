#include "tests/sim/sim_early.h"

#include <stdio.h>

#include "node/node_early.h"
#include "tests/lib/liar.h"
#include "tests/sim/sim_act.h"

static bool can_look(const struct sim_member *member)
{
	return member->device.up && member->state == SIM_INSIDE && node_in_team(member->device.node);
}

/* The feed in which this member's device writes about patients, with an entry that it has, or will have after very long. */
static bool some_place(struct sim_member *member, struct entry_ref *place)
{
	struct log *log = node_log(member->device.node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (feed->compartment != COMPARTMENT_CLINICAL || feed->committed_seq == 0 ||
		        feed->is_branch || !device_id_eq(&feed->device, &member->id))
			continue;
		*place = (struct entry_ref){
		        feed->id, 1 + rng_below(&member->device.rng, 2 * feed->committed_seq)};
		return true;
	}
	return false;
}

/* What she is shown she would correct, which has to wait. */
static void try_to_correct(struct sim_member *victim, const struct sim_patient *patient)
{
	struct record_edit edit = {.record = sim_record(SCHEMA_PATIENT, &patient->id)};
	char text[40];
	snprintf(text, sizeof(text), "%s again", patient->canary);
	sim_put_text(&edit.record, "lastName", text);
	sim_save_record(victim, SCHEMA_DOC_DOSSIER, &patient->id, &edit);
}

bool sim_early_lie(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct rng *rng = &member->device.rng;
	struct sim_member *victim = &world->members[rng_below(rng, world->member_count)];
	struct buf bytes = {0};
	struct entry_ref place;
	if (victim == member || !can_look(victim) || world->patient_count == 0 ||
	        !node_early_useful(victim->device.node) || !some_place(member, &place))
		return false;
	const struct sim_patient *patient = &world->patients[rng_below(rng, world->patient_count)];
	const struct record_id *dossier = &patient->id;
	const bool is_taken = liar_copy(member->device.node, dossier, &place.feed, place.seq, &bytes) &&
	        node_early_take(victim->device.node, &member->id, true, buf_span(&bytes)) == 0;
	buf_close(&bytes);
	if (!is_taken)
		return false;
	member->showed_false = true;
	world->events.early_lies++;
	sim_trace(world, "%u: shows %u a false dossier", member->device.number, victim->device.number);
	try_to_correct(victim, patient);
	return true;
}

bool sim_early_refuses(
        struct sim_member *member, const struct record_id *dossier, const struct record_edit *edit)
{
	const bool is_shown = node_early_of(member->device.node, dossier) != NULL;
	member->world->events.early_refusals += is_shown;
	return is_shown && edit->record.kind->shape != SCHEMA_EVENT;
}

static uint64_t verified_by(const struct sim_member *member)
{
	struct node_early_tally tally;
	uint64_t count = 0;
	for (uint32_t i = 0; node_early_tally(member->device.node, i, &tally); i++)
		count += tally.verified;
	return count;
}

void sim_early_look(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		if (!can_look(member))
			continue;
		const uint64_t verified = verified_by(member);
		const bool is_partial = node_copy(member->device.node).is_partial;
		if (verified > member->early_verified)
			world->events.early_verified += verified - member->early_verified;
		world->events.partial += is_partial && !member->was_partial;
		member->early_verified = verified;
		member->was_partial = is_partial;
	}
}

static void check_tallies(struct sim_world *world, const struct sim_member *member)
{
	struct node_early_tally tally;
	for (uint32_t i = 0; node_early_tally(member->device.node, i, &tally); i++) {
		for (uint32_t j = 0; tally.wrong && j < world->member_count; j++) {
			const struct sim_member *sender = &world->members[j];
			if (!device_id_eq(&sender->id, &tally.sender))
				continue;
			world->events.early_unmasked += tally.wrong;
			if (!sender->showed_false)
				sim_fail(world, "early: %u accuses %u, who told the truth",
				        member->device.number, sender->device.number);
		}
	}
	world->counts.checks++;
}

bool sim_early_is_settled(const struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		const struct sim_member *member = &world->members[i];
		if (!can_look(member) || sim_is_out(member))
			continue;
		const struct node_copy copy = node_copy(member->device.node);
		if (copy.is_partial || copy.early_count) {
			snprintf(why, why_bytes, "early: %u has %u early copies, %s", member->device.number,
			        copy.early_count, copy.is_partial ? "a partial copy" : "no partial copy");
			return false;
		}
	}
	return true;
}

void sim_early_check(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (can_look(&world->members[i]) && !sim_is_out(&world->members[i]))
			check_tallies(world, &world->members[i]);
}
