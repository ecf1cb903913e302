#include "tests/lib/patched.h"

#include <sodium.h>

#include "node/team/statement.h"
#include "tests/lib/check.h"

uint32_t patched_own_feed(struct device *device, enum compartment compartment)
{
	uint32_t feed;
	check_ok(node_own_feed(device->node, compartment, &feed));
	return feed;
}

/* The number that `at` has for a feed of `of`. */
uint32_t patched_feed_at(struct device *at, struct device *of, enum compartment compartment)
{
	const struct log_feed *feed = log_feed(node_log(of->node), patched_own_feed(of, compartment));
	uint32_t number;
	check_ok(node_feed_number(at->node, &feed->device, compartment, &feed->incarnation, &number));
	return number;
}

/* The stored run of an own feed that holds `seq`, as a peer would send it. */
void patched_copy_run(struct device *device, enum compartment compartment, uint64_t seq, struct buf *out)
{
	struct log_reader reader = {0};
	struct store_txn *txn;
	check_ok(node_begin_read(device->node, &txn));
	check_ok(log_read_run(
	        node_log(device->node), txn, &reader, patched_own_feed(device, compartment), seq));
	buf_clear(out);
	buf_add_span(out, reader.bytes);
	store_abort(txn);
	log_reader_close(&reader);
}

/* Fill in what the place says, and sign; `run` holds the feed, what comes before, and the entries. */
static void make_run(const struct device *device, struct run *run, uint64_t first_seq, struct buf *out)
{
	for (uint32_t i = 0; i < run->count; i++) {
		struct entry_header *header = &run->entries[i].header;
		header->version = ENTRY_VERSION;
		header->feed = run->feed;
		header->compartment = (uint8_t)run->compartment;
		header->seq = first_seq + i;
		header->body_bytes = (uint32_t)run->entries[i].body.size;
		if (header->lamport == 0)
			header->lamport = device->node->clock.lamport + 1 + i;
	}
	run_hash(run);
	run_last(run)->is_signed = true;
	entry_sign(&run_last(run)->signature, &run_last(run)->hash, device->node->identity.secrets->sign);
	buf_clear(out);
	run_encode(run, out);
}

void patched_run(struct device *device, enum compartment compartment, struct run_entry *entries,
        uint32_t count, struct buf *out)
{
	const struct log_feed *feed = log_feed(node_log(device->node), patched_own_feed(device, compartment));
	struct run run = {.feed = feed->id,
	        .compartment = compartment,
	        .previous = feed->hash,
	        .count = count,
	        .entries = entries};
	make_run(device, &run, feed->seq + 1, out);
}

void patched_first_run(
        struct device *device, const struct node_feed_name *name, struct run_entry *entry, struct buf *out)
{
	struct run run = {.feed = entry_feed_id(&name->device, name->compartment, &name->incarnation),
	        .compartment = name->compartment,
	        .count = 1,
	        .entries = entry};
	make_run(device, &run, 1, out);
}

static struct key_signer signer_of(const struct device *device)
{
	return (struct key_signer){
	        device->node->team, node_device(device->node), device->node->identity.secrets->sign};
}

void patched_tombstone(struct device *issuer, const struct record_id *dossier, struct buf *out)
{
	struct key_tombstone tombstone;
	const struct key_signer signer = signer_of(issuer);
	key_tombstone_make(&tombstone, &signer,
	        &(struct key_order){.dossier = *dossier, .reason = KEY_REASON_REQUEST, .time_ms = 1});
	buf_clear(out);
	wire_put_u8(out, 1);
	key_tombstone_encode(&tombstone, out);
}

void patched_packet(struct device *issuer, struct device *to, const struct record_id *dossier,
        const struct device_id *recipient, struct buf *out)
{
	struct key_packet packet;
	const struct key_signer signer = signer_of(issuer);
	const struct key_secret secret = {.dossier = *dossier, .version = 1, .secret = {{5}}};
	check_ok(key_packet_make(
	        &packet, &issuer->env, &signer, recipient, node_seal_public(to->node), 9, &secret, 1));
	buf_clear(out);
	wire_put_u8(out, 1);
	key_packet_encode(&packet, out);
	key_packet_close(&packet);
}

void patched_admit(struct device *host, const struct team_invitation *invitation, uint32_t number,
        struct patched_guest *out)
{
	struct team_action action = {.kind = TEAM_ACTION_ADMIT};
	struct team_admit *to = &action.as.admit;
	uint8_t seed[32] = {1}, key[32], invited[64], unused[32];
	memcpy(seed + 1, &number, sizeof(number));
	team_invitation_keys(invitation, key, invited);
	check_ok(node_invitation_terms(host->node, key, &to->invite, &to->role));
	crypto_sign_seed_keypair(to->device.bytes, out->secret, seed);
	seed[0] = 2;
	crypto_box_seed_keypair(to->keys.handshake, unused, seed);
	seed[0] = 3;
	crypto_box_seed_keypair(to->keys.sealing, unused, seed);
	memcpy(to->person.bytes, seed, sizeof(to->person.bytes));
	team_statement_admit_sign(to->invitation_signature, node_team(host->node), key, to, invited);
	team_statement_admit_sign(to->newcomer_signature, node_team(host->node), key, to, out->secret);
	check_ok(node_act(host->node, &action, &out->admit, NULL, NULL));
	out->device = to->device;
}
