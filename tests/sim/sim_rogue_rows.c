#include "tests/sim/sim_rogue_rows.h"

#include "node/node_state.h"
#include "tests/sim/sim_meeting.h"

static struct key_signer signer_of(const struct sim_member *member)
{
	struct node *node = member->device.node;
	return (struct key_signer){*node_team(node), member->id, node_identity(node)->secrets->sign};
}

/* A secret of her own for a patient, from somebody who writes in no dossier. */
static const char *false_key(struct sim_member *member, const struct sim_member *victim, struct buf *row)
{
	struct sim_world *world = member->world;
	const struct team_view *view = node_view(member->device.node);
	const struct team_device *to = team_view_device(view, &victim->id);
	struct key_signer signer = signer_of(member);
	struct sim_false_secret *made = arena_zero(&world->arena, 1, sizeof(*made));
	struct key_secret secret = {.version = 1 + (uint32_t)rng_below(&world->rng, 3)};
	struct key_packet packet;
	if (team_view_level(view, &member->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE ||
	        world->patient_count == 0 || member->role == TEAM_ROLE_NURSE ||
	        member->role == TEAM_ROLE_LOCUM)
		return NULL;
	secret.dossier = world->patients[rng_below(&world->rng, world->patient_count)].id;
	rng_bytes(&world->rng, secret.secret.bytes, sizeof(secret.secret.bytes));
	if (key_packet_make(&packet, &member->device.env, &signer, &victim->id, node_sealing_key(to),
	            1 + rng_below(&world->rng, 1000), &secret, 1))
		return NULL;
	wire_put_u8(row, STATE_KEY);
	key_packet_encode(&packet, row);
	key_packet_close(&packet);
	*made = (struct sim_false_secret){world->false_secrets, secret};
	world->false_secrets = made;
	world->events.false_keys++;
	return "a key that it may not hand out";
}

/* An order to erase, from somebody who is no nurse: a nurse's would be her right. */
static const char *false_tombstone(struct sim_member *member, struct buf *row)
{
	struct sim_world *world = member->world;
	struct key_signer signer = signer_of(member);
	struct key_tombstone tombstone;
	if (world->patient_count == 0 || member->role == TEAM_ROLE_NURSE)
		return NULL;
	key_tombstone_make(&tombstone, &signer,
	        &(struct key_order){
	                .dossier = world->patients[rng_below(&world->rng, world->patient_count)].id,
	                .time_ms = sim_true_ms(world)});
	wire_put_u8(row, STATE_KEY);
	key_tombstone_encode(&tombstone, row);
	world->events.false_tombstones++;
	return "to erase a dossier";
}

/* Everything and more is said to be there: in a colleague's name, whose signature it is not, or in its own. */
static const char *false_ack(struct sim_member *member, const struct sim_member *victim, struct buf *row)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct key_signer signer = signer_of(member);
	struct log *log = node_log(node);
	struct ack_head heads[2] = {0};
	bool own = rng_chance(&world->rng, 500);
	uint32_t count = log_feed_count(log), kept = 0;
	for (uint32_t i = 0; i < count && kept == 0; i++) {
		const struct log_feed *feed = log_feed(log, (i + member->device.number) % count);
		if (feed->committed_seq == 0)
			continue;
		heads[kept++] = (struct ack_head){.feed = feed->id, .seq = feed->committed_seq + 5};
	}
	struct ack ack = {.device = own ? member->id : victim->id,
	        .counter = node->ack_counter + 1 + rng_below(&world->rng, 100),
	        .heads = heads,
	        .head_count = kept};
	signer.device = ack.device;
	wire_put_u8(row, STATE_ACK);
	if (ack_encode(&ack, &signer, row))
		return NULL;
	member->is_liar |= own;
	world->events.false_acks++;
	return own ? "to have acknowledged what is nowhere" : "to acknowledge in a colleague's name";
}

const char *sim_rogue_row(struct sim_member *member, const struct sim_member *victim, struct buf *row)
{
	switch (member->role == TEAM_ROLE_NURSE ? 2 : rng_below(&member->world->rng, 3)) {
	case 0:
		return false_key(member, victim, row);
	case 1:
		return false_tombstone(member, row);
	default:
		return rng_chance(&member->world->rng, 500) ? false_ack(member, victim, row)
		                                            : sim_false_accord(member, victim, row);
	}
}

void sim_rogue_rows_check(struct sim_world *world)
{
	for (const struct sim_false_secret *made = world->false_secrets; made; made = made->next)
		for (uint32_t i = 0; i < world->member_count; i++) {
			const struct sim_member *member = &world->members[i];
			const struct dossier_secret *held;
			if (!member->device.up || !member->device.node->keys)
				continue;
			for (size_t s = 0; (held = key_table_secret(
			                            member->device.node->keys, &made->secret.dossier, s));
			        s++)
				if (dossier_secret_eq(held, &made->secret.secret))
					sim_fail(world,
					        "authorized: %u took a key from somebody who may give none",
					        i);
		}
}
