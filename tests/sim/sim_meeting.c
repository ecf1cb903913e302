#include "tests/sim/sim_meeting.h"

#include <stdio.h>

#include "node/accords.h"
#include "node/keyring/ack.h"
#include "node/node_state.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_trust_check.h"

/* ---- Lying ------------------------------------------------------------------------------------------------------------ */

static void lie_about_heads(struct sim_world *world, struct accord *accord)
{
	for (uint32_t i = 0; i < accord->head_count; i++)
		accord->heads[i].hash[rng_below(&world->rng, ACCORD_HASH_BYTES)] ^= 1;
}

const char *sim_false_accord(struct sim_member *member, const struct sim_member *victim, struct buf *row)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	const struct accord *own = node_accord_of(node, &member->id);
	const struct key_signer signer = {*node_team(node), member->id, node_identity(node)->secrets->sign};
	struct accord_present present = {.device = victim->id, .is_level = true};
	const bool in_her_name = rng_chance(&world->rng, 300);
	struct accord accord = own ? *own
	                           : (struct accord){.heads = {{COMPARTMENT_TEAM, {7}}}, .head_count = 1};
	accord.device = in_her_name ? victim->id : member->id;
	accord.counter = ack_counter_next(accord.counter, sim_true_ms(world));
	if (rng_chance(&world->rng, 500))
		lie_about_heads(world, &accord);
	if (rng_chance(&world->rng, 300))
		accord.counter = ack_counter_next(accord.counter, rng_below(&world->rng, UINT32_MAX) * 1000);
	if (!own || rng_chance(&world->rng, 300)) { /* somebody who may never have been here */
		accord.present = &present;
		accord.present_count = 1;
		accord.missing_count = 0;
	}
	wire_put_u8(row, NODE_ROW_ACCORD);
	if (accord_encode(&accord, &signer, row))
		return NULL;
	member->signs_falsely |= !in_her_name;
	world->events.false_accords++;
	return in_her_name ? "to have signed in a colleague's name" : "to have signed another state";
}

/* ---- Checking --------------------------------------------------------------------------------------------------------- */

static const struct node_accord *accord_at(const struct sim_member *at, const struct sim_member *of)
{
	const struct node *node = at->device.node;
	for (uint32_t i = 0; i < node->accord_count; i++)
		if (device_id_eq(&node->accords[i].accord.device, &of->id))
			return &node->accords[i];
	return NULL;
}

/* What others hold in its name it has signed: its own is as late, or the same. One that was put back from a copy may have forgotten. */
static bool is_its_own(const struct sim_member *at, const struct sim_member *of)
{
	const struct node_accord *here = accord_at(at, of), *own = accord_at(of, of);
	if (!here || of->signs_falsely || of->was_restored || of->was_copied || of->device.counts.crashes)
		return true;
	return own && own->accord.counter >= here->accord.counter &&
	        (own->accord.counter > here->accord.counter ||
	                span_eq(buf_span(&own->bytes), buf_span(&here->bytes)));
}

void sim_meeting_check_always(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		for (uint32_t j = 0; j < world->member_count; j++) {
			const struct sim_member *at = &world->members[i], *of = &world->members[j];
			if (at->device.up && of->device.up && !is_its_own(at, of))
				sim_fail(world, "signed: %u holds what %u has not signed", i, j);
		}
}

static bool is_honest_signer(const struct sim_member *member)
{
	const struct node *node = member->device.node;
	return member->device.up && !member->signs_falsely && !member->was_copied && node_view(node) &&
	        node_signs(node, team_view_device(node_view(node), &member->id));
}

static bool is_even(const struct sim_member *a, const struct sim_member *b)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(a->device.peers, i, &status); i++)
		if (device_id_eq(&status.device, &b->id) && status.even)
			return true;
	return false;
}

/* Somebody's device may lie in a drawer. */
static bool is_among(const struct sim_member *at, const struct sim_member *a, const struct sim_member *b)
{
	return at == a || at == b || (is_even(at, a) && is_even(at, b));
}

/* Does `at` see that these two, who are level with each other, signed the same? */
static bool sees_together(const struct sim_member *at, const struct sim_member *a, const struct sim_member *b)
{
	const struct node_accord *first = accord_at(at, a), *second = accord_at(at, b);
	return first && second && accords_agree(&first->accord, &second->accord);
}

bool sim_meeting_is_together(struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			const struct sim_member *a = &world->members[i], *b = &world->members[j];
			if (!is_honest_signer(a) || !is_honest_signer(b) || !is_even(a, b) || !is_even(b, a))
				continue;
			for (uint32_t k = 0; k < world->member_count; k++) {
				const struct sim_member *at = &world->members[k];
				if (!is_honest_signer(at) || !is_among(at, a, b) || sees_together(at, a, b))
					continue;
				snprintf(why, why_bytes, "%u does not see that %u and %u signed the same", k,
				        i, j);
				return false;
			}
		}
	return true;
}

void sim_meeting_count(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		for (uint32_t j = 0; j < i; j++) {
			const struct sim_member *a = &world->members[i], *b = &world->members[j];
			world->events.agreed += is_honest_signer(a) && is_honest_signer(b) &&
			        sees_together(a, a, b);
		}
}
