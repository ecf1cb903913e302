#include "tests/sim/sim_trust_check.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_photo.h"
#include "tests/sim/sim_rogue_rows.h"

int64_t sim_true_day(const struct sim_world *world)
{
	return (int64_t)(sim_true_ms(world) / 1000 + 3600) / 86400;
}

bool sim_is_erased(const struct sim_world *world, const struct record_id *dossier)
{
	return node_is_erased(world->members[0].device.node, dossier);
}

/* The next order that counts: others are kept, and nothing is done by them (node/README.md, "Whose orders count"). */
static bool next_order(const struct node *node, uint32_t *index, struct node_erasure *out)
{
	while (node_erasure_at(node, (*index)++, out))
		if (out->counts)
			return true;
	return false;
}

/* ---- Who may read what ---- */

static const struct sim_patient *patient_of(const struct sim_world *world, const struct record_id *id)
{
	for (uint32_t i = 0; i < world->patient_count; i++)
		if (record_id_eq(&world->patients[i].id, id))
			return &world->patients[i];
	return NULL;
}

/* Nobody was removed: what that device had said of a sharing, or its end, may be void, and the secret that it made is written under all the same. */
static bool all_words_stand(const struct sim_world *world)
{
	return !world->counts.removals && !world->events.lost_devices;
}

/* Her own, or one that is shared with her now. Of everything else she lacks what was written before her time, or after the sharing. */
static bool locum_reads(const struct sim_member *locum, const struct team_view *view, uint32_t kind,
        const struct record_id *id)
{
	struct sim_world *world = locum->world;
	const struct team_device *device = team_view_device(view, &locum->id);
	const struct sim_patient *patient = kind == SCHEMA_DOC_DOSSIER ? patient_of(world, id) : NULL;
	const bool is_hers = patient && !patient->was_unshared && patient->admitted_by == locum;
	if (!patient || !device || (patient->was_unshared && !all_words_stand(world)))
		return false;
	if (is_hers && !locum->was_restored && all_words_stand(world))
		return true;
	return node_shared(world->members[0].device.node, &device->person, id);
}

static bool is_for(const struct sim_member *member, const struct record_id *id)
{
	const struct sim_world *world = member->world;
	for (uint32_t i = 0; i < world->case_count; i++)
		if (record_id_eq(&world->cases[i].id, id))
			return world->cases[i].facilitator == member;
	return false;
}

bool sim_reads_doc(const struct sim_member *member, const struct team_view *view, uint32_t kind,
        const struct record_id *id)
{
	if (team_view_level(view, &member->id, (uint8_t)schema_doc(kind)->compartment) < TEAM_LEVEL_READ)
		return false;
	if (member->role == TEAM_ROLE_LOCUM)
		return locum_reads(member, view, kind, id);
	return kind != SCHEMA_DOC_CASE || is_for(member, id) ||
	        team_view_level(view, &member->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
}

/* May its canary be on that device? Before somebody shared a dossier, and after it was erased, not. */
static bool may_hold(const struct sim_member *member, const struct sim_patient *patient)
{
	if (member->role == TEAM_ROLE_LOCUM)
		return patient->was_shared || patient->admitted_by == member;
	return member->role != TEAM_ROLE_RELAY &&
	        (member->role != TEAM_ROLE_FACILITATOR || (member->world->troubles & SIM_ROLES));
}

/* ---- Receipts ---- */

/* NULL: what `at` believes of the other one's feed is so. */
static const char *false_receipt(struct sim_member *at, struct sim_member *of, const struct log_feed *feed,
        uint64_t *seq, uint64_t *holds)
{
	struct log *there = node_log(of->device.node);
	uint32_t number;
	*seq = *holds = 0;
	if (!node_acknowledged(at->device.node, &of->id, &feed->id, seq) || *seq == 0 ||
	        feed->state == LOG_FEED_FROZEN)
		return NULL;
	if (log_feed_number(there, &feed->id, &number)) {
		*holds = log_feed(there, number)->committed_seq;
		if (log_feed(there, number)->state == LOG_FEED_FROZEN)
			return NULL; /* each has the history that it has */
	}
	at->world->events.receipts++;
	return *seq > *holds ? "believes more than is true" : NULL;
}

/* After an older copy was put back the device says anew what it has as soon as it is shown what it said. */
static const char *false_receipts(struct sim_member *at, bool calm, char *detail, size_t detail_bytes)
{
	struct sim_world *world = at->world;
	struct log *log = node_log(at->device.node);
	uint64_t seq, holds;
	for (uint32_t j = 0; j < world->member_count; j++) {
		struct sim_member *of = &world->members[j];
		bool sincere = of->device.up && !of->is_liar && (calm ? !sim_is_out(of) : !of->was_restored);
		for (uint32_t f = 0; sincere && f < log_feed_count(log); f++) {
			const char *why = false_receipt(at, of, log_feed(log, f), &seq, &holds);
			if (!why)
				continue;
			snprintf(detail, detail_bytes, "that %u has %u entries of %02x%02x, it has %u", j,
			        (unsigned)seq, log_feed(log, f)->id.bytes[0], log_feed(log, f)->id.bytes[1],
			        (unsigned)holds);
			return why;
		}
	}
	return NULL;
}

static void check_receipts(struct sim_world *world)
{
	char detail[80];
	for (uint32_t i = 0; i < world->member_count; i++)
		if (world->members[i].device.up &&
		        false_receipts(&world->members[i], false, detail, sizeof(detail)))
			sim_fail(world, "receipts: %u believes %s", i, detail);
}

/* ---- Key rows ---- */

/* Does the packet tell a secret that it must not? `why` says which. */
static const char *bad_packet(
        struct sim_world *world, const struct sim_member *holder, const struct key_packet *packet)
{
	const struct sim_member *to = NULL;
	for (uint32_t i = 0; i < world->member_count; i++)
		if (device_id_eq(&world->members[i].id, &packet->recipient))
			to = &world->members[i];
	if (!to)
		return "somebody unknown";
	bool facilitated = to->role == TEAM_ROLE_FACILITATOR && !(world->troubles & SIM_ROLES);
	if (to->role == TEAM_ROLE_RELAY)
		return "a relay";
	if (holder->role == TEAM_ROLE_FACILITATOR && holder != to && !(world->troubles & SIM_ROLES))
		return "somebody else";
	for (uint32_t i = 0; i < packet->item_count; i++) {
		const struct key_item *item = &packet->items[i];
		const struct sim_patient *patient = patient_of(world, &item->dossier);
		if (item->held && node_is_erased(holder->device.node, &item->dossier))
			return "anybody, of an erased dossier";
		if (facilitated && !is_for(to, &item->dossier))
			return "the facilitator, of what is no case for her";
		if (to->role == TEAM_ROLE_LOCUM && (!patient || !may_hold(to, patient)))
			return "the locum, of what was not chosen";
	}
	return NULL;
}

static void check_rows(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	uint32_t count = node_in_team(node) ? node_state_count(node, NODE_STATE_ALL) : 0;
	for (uint32_t i = 0; i < count; i++) {
		struct span row = node_state_row(node, NODE_STATE_ALL, i);
		struct key_packet packet;
		if (row.data[0] != STATE_KEY ||
		        key_packet_decode(&packet, span_sub(row, 1, SIZE_MAX), node_team(node)))
			continue;
		const char *why = bad_packet(world, member, &packet);
		if (why)
			sim_fail(world, "chosen: %u holds a key packet for %s", member->device.number, why);
		key_packet_close(&packet);
	}
}

static void check_blind(struct sim_member *member)
{
	struct node *node = member->device.node;
	struct record_id dossier;
	if (!node->bodies)
		return;
	if (epochs_count(node->epochs) || key_own_next(key_table_own(node->keys), NULL, &dossier) ||
	        node_doc_count(node))
		sim_fail(member->world, "blind: relay %u holds a key or a document", member->device.number);
}

static void check_locum(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	uint32_t version;
	for (uint32_t i = 0; node->bodies && i < world->patient_count; i++) {
		const struct sim_patient *patient = &world->patients[i];
		if (!may_hold(member, patient) &&
		        key_own_find(key_table_own(node->keys), &patient->id, 0, &version))
			sim_fail(world, "chosen: locum %u holds a secret of %02x%02x", member->device.number,
			        patient->id.bytes[0], patient->id.bytes[1]);
	}
}

/* ---- Forks ---- */

static bool is_false_fork(const struct sim_world *world, const struct feed_id *id)
{
	for (uint32_t i = 0; i < world->false_fork_count; i++)
		if (feed_id_eq(&world->false_forks[i], id))
			return true;
	return false;
}

static bool is_copied(const struct sim_world *world, const struct device_id *device)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (device_id_eq(&world->members[i].id, device))
			return world->members[i].was_copied;
	return false;
}

static void check_forks(struct sim_member *member)
{
	struct node *node = member->device.node;
	struct log *log = node_log(node);
	for (uint32_t f = 0; f < log_feed_count(log); f++)
		if ((log_feed(log, f)->state == LOG_FEED_FROZEN || node_forked_at(node, f)) &&
		        !is_copied(member->world, &log_feed(log, f)->device) &&
		        !is_false_fork(member->world, &log_feed(log, f)->written))
			sim_fail(member->world,
			        "forks: %u knows two histories of feed %02x%02x of an honest device",
			        member->device.number, log_feed(log, f)->id.bytes[0],
			        log_feed(log, f)->id.bytes[1]);
}

/* ---- Erased dossiers ---- */

static const struct sim_member *member_with(const struct sim_world *world, const struct device_id *device)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (device_id_eq(&world->members[i].id, device))
			return &world->members[i];
	return NULL;
}

static void check_orders(struct sim_member *member)
{
	struct node_erasure erasure;
	for (uint32_t i = 0; next_order(member->device.node, &i, &erasure);) {
		const struct sim_member *by = member_with(member->world, &erasure.by);
		if (!by || by->role != TEAM_ROLE_NURSE)
			sim_fail(member->world, "erased: %u erased a dossier because %d said so",
			        member->device.number, by ? (int)by->device.number : -1);
	}
}

/* Bodies of erased dossiers and ended cases that this device has a key to. */
static uint32_t run_bodies(struct node *node, const struct run *run)
{
	struct node_erasure erasure;
	uint32_t found = 0;
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *header = &run->entries[i].header;
		const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
		if (!epoch || run->entries[i].purged || pseudonym_is_zero(&header->dossier))
			continue;
		for (uint32_t e = 0; next_order(node, &e, &erasure);) {
			struct pseudonym name = secret_pseudonym(epoch, &erasure.dossier);
			found += pseudonym_eq(&name, &header->dossier);
		}
	}
	return found;
}

static uint32_t bodies_left(const struct sim_member *member)
{
	struct node *node = member->device.node;
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t found = 0;
	if (node_begin_read(node, &txn))
		return 0; /* closed for a moment */
	for (uint32_t f = 0; f < log_feed_count(node->log); f++)
		for (uint64_t seq = 1; seq <= log_feed(node->log, f)->committed_seq;) {
			if (log_read_run(node->log, txn, &reader, f, seq))
				break; /* sim_check_whole() tells */
			found += run_bodies(node, &reader.run);
			seq = run_last(&reader.run)->header.seq + 1;
		}
	log_reader_close(&reader);
	store_abort(txn);
	return found;
}

/* Rows in which a canary stands that this device may not hold, as they are and as the vault opens them. */
static void scan_row(struct sim_member *member, enum store_table table, struct span row)
{
	struct sim_world *world = member->world;
	if (sim_photo_in_row(member, row))
		sim_fail(world, "erased: table %s of %u names a photo of an erased dossier",
		        store_table_name(table), member->device.number);
	for (uint32_t i = 0; row.size && i < world->patient_count; i++) {
		const struct sim_patient *patient = &world->patients[i];
		if (!memmem(row.data, row.size, patient->canary, strlen(patient->canary)))
			continue;
		bool erased = node_is_erased(member->device.node, &patient->id);
		world->events.canaries++;
		if (erased || !may_hold(member, patient))
			sim_fail(world, "%s: table %s of %u holds a text of %02x%02x",
			        erased ? "erased" : "chosen", store_table_name(table), member->device.number,
			        patient->id.bytes[0], patient->id.bytes[1]);
	}
}

static void scan_rows(struct sim_member *member)
{
	struct sim_device *device = &member->device;
	struct store_txn *txn;
	struct span key, value;
	struct buf plain = {0};
	if (store_begin(device->store, false, &txn))
		return; /* closed for a moment */
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
		uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
		size_t size = 1;
		while (store_seek(txn, (enum store_table)table, STORE_FIRST_FROM, span_of(from, size), &key,
		               &value) == 0) {
			scan_row(member, (enum store_table)table, value);
			if (vault_unseal(device->vault, (enum store_table)table, key, value, &plain) == 0)
				scan_row(member, (enum store_table)table, buf_span(&plain));
			memcpy(from, key.data, key.size);
			from[key.size] = 0;
			size = key.size + 1;
		}
	}
	store_abort(txn);
	buf_wipe(&plain);
}

void sim_trust_check_restart(struct sim_member *member)
{
	struct node *node = member->device.node;
	struct node_erasure erasure;
	uint64_t time_ms;
	bool all = true, any = false;
	sim_photo_check_restart(member);
	for (uint32_t i = 0; next_order(node, &i, &erasure);) {
		any = true;
		all &= node_erasure_confirmed(node, &erasure.dossier, &member->id, &time_ms);
	}
	if (any && all && !member->was_restored && !node_erasing(node) && bodies_left(member))
		sim_fail(member->world, "erased: %u gave its word and holds a body", member->device.number);
}

/* ---- Cases ---- */

static void check_case(struct sim_member *member, const struct sim_case *case_)
{
	struct sim_world *world = member->world;
	struct node *node = member->device.node;
	struct node_case about;
	bool shows = node_case(node, &case_->id, &about), over = case_->until_day < sim_true_day(world);
	if (shows && (over || node_is_erased(node, &case_->id)))
		sim_fail(world, "cases: %u shows a case that is over", member->device.number);
	if (member == case_->facilitator && !node_is_erased(node, &case_->id) && shows)
		world->events.cases_read++;
	if (member == case_->facilitator)
		world->events.cases_over += over && node_is_erased(node, &case_->id);
}

/* ---- A locum's dates and choices ---- */

/* By right clocks, her rights being over. */
static void check_dated(struct sim_member *locum)
{
	struct sim_world *world = locum->world;
	if (!locum->rights_until_ms || sim_true_ms(world) < locum->rights_until_ms ||
	        (world->troubles & SIM_CLOCKS) || !locum->device.up)
		return;
	world->events.lapsed++;
	for (const struct sim_save *save = world->saves; save; save = save->next)
		if (save->member != locum->device.number && save->at_ms >= locum->rights_until_ms &&
		        sim_check_holds(locum->device.node, save))
			sim_fail(world, "dated: save %u of %u came to the locum after her time", save->number,
			        save->member);
}

static bool locum_may_read(const struct sim_member *locum, const struct sim_patient *patient)
{
	struct sim_world *world = locum->world;
	return sim_reads_doc(
	               locum, node_view(world->members[0].device.node), SCHEMA_DOC_DOSSIER, &patient->id) ||
	        (patient->admitted_by == locum && !patient->was_unshared); /* she made it */
}

static bool locum_holds_newest(const struct sim_member *locum, const struct sim_patient *patient)
{
	const struct key_table *nurses = locum->world->members[0].device.node->keys;
	const struct dossier_secret *newest = key_table_secret(nurses, &patient->id, 0), *hers;
	for (size_t i = 0; newest && (hers = key_table_secret(locum->device.node->keys, &patient->id, i));
	        i++)
		if (dossier_secret_eq(hers, newest))
			return true;
	return false;
}

/* What was shared with her and is no more stands under a secret that she lacks. */
static bool choices_end(const struct sim_member *locum)
{
	const struct sim_world *world = locum->world;
	for (uint32_t i = 0; locum->device.node->keys && i < world->patient_count; i++) {
		const struct sim_patient *patient = &world->patients[i];
		if (all_words_stand(world) && patient->was_unshared && !locum_may_read(locum, patient) &&
		        locum_holds_newest(locum, patient))
			return false;
	}
	return true;
}

static void count_choices(struct sim_member *locum)
{
	struct sim_world *world = locum->world;
	for (uint32_t i = 0; i < world->patient_count; i++)
		world->events.chosen_read += locum_may_read(locum, &world->patients[i]) &&
		        world->patients[i].was_shared && !sim_is_out(locum);
}

/* ---- All of it ---- */

void sim_trust_check_always(struct sim_world *world)
{
	check_receipts(world);
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		if (!member->device.up)
			continue;
		check_forks(member);
		check_orders(member);
		if (member->role == TEAM_ROLE_RELAY)
			check_blind(member);
		else if (member->role == TEAM_ROLE_LOCUM)
			check_locum(member);
	}
}

/* Each row's signature is checked again, which takes its time. */
void sim_trust_check_rows(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (world->members[i].device.up)
			check_rows(&world->members[i]);
}

/* She holds the key that everybody writes under, and so can save. */
static bool can_write(struct node *node, enum compartment compartment)
{
	struct epoch_id epoch;
	return team_epoch_to_write(node->members, (uint8_t)compartment, &epoch) == 0 &&
	        epochs_find(node->epochs, &epoch);
}

/* Everybody has heard of the same, has carried it out, and said so to those who read dossiers. */
static const char *unsettled(struct sim_world *world, struct sim_member *member)
{
	struct node *node = member->device.node;
	struct node_erasure erasure;
	struct node_case about;
	uint64_t time_ms;
	char detail[80];
	if (false_receipts(member, true, detail, sizeof(detail)))
		return "believes that somebody has more than is true";
	if (node_erasing(node) || node_wants_new_file(node))
		return "has not done with erasing";
	if (node_may_write(node, COMPARTMENT_CLINICAL) && !can_write(node, COMPARTMENT_CLINICAL))
		return "lacks the key to write under";
	for (uint32_t i = 0; i < world->patient_count; i++)
		if (node_is_erased(node, &world->patients[i].id) !=
		        sim_is_erased(world, &world->patients[i].id))
			return "has not heard of an erasure";
	for (uint32_t i = 0; i < world->case_count; i++)
		if ((node_case(node, &world->cases[i].id, &about) && about.is_over) ||
		        node_is_erased(node, &world->cases[i].id) !=
		                sim_is_erased(world, &world->cases[i].id))
			return "has a case that is over";
	for (uint32_t e = 0; next_order(node, &e, &erasure);)
		for (uint32_t i = 0; i < world->member_count; i++) {
			const struct sim_member *other = &world->members[i];
			if (!patient_of(world, &erasure.dossier) || sim_is_out(other) ||
			        team_view_level(node_view(node), &other->id, COMPARTMENT_CLINICAL) <
			                TEAM_LEVEL_READ)
				continue;
			if (team_view_level(node_view(node), &member->id, COMPARTMENT_CLINICAL) >=
			                TEAM_LEVEL_READ &&
			        !node_erasure_confirmed(node, &erasure.dossier, &other->id, &time_ms))
				return "misses somebody's word of an erasure";
		}
	return NULL;
}

bool sim_trust_settled(struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		const struct team_device *device = team_view_device(
		        node_view(world->members[0].device.node), &member->id);
		const char *what = NULL;
		if (member->lost && device && device->state == TEAM_DEVICE_ACTIVE)
			what = "was lost and is not removed";
		else if (member->role == TEAM_ROLE_LOCUM && member->device.up && !choices_end(member))
			what = "holds the secret under which is written what is not shared any more";
		else if (!sim_is_out(member))
			what = unsettled(world, member);
		if (what) {
			snprintf(why, why_bytes, "%u %s", i, what);
			return false;
		}
	}
	return sim_photo_settled(world, why, why_bytes);
}

void sim_trust_check_end(struct sim_world *world)
{
	struct node_erasure erasure;
	sim_photo_check_end(world);
	sim_trust_check_always(world);
	sim_trust_check_rows(world);
	sim_rogue_rows_check(world);
	for (uint32_t i = 0; node_erasure_at(world->members[0].device.node, i, &erasure); i++) {
		world->counts.void_orders += !erasure.counts;
		world->counts.upheld += erasure.counts && !device_id_is_zero(&erasure.upheld);
	}
	for (uint32_t i = 0; next_order(world->members[0].device.node, &i, &erasure);)
		world->events.confirmed += patient_of(world, &erasure.dossier) != NULL;
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		if (!member->device.up)
			continue;
		if (member->role == TEAM_ROLE_LOCUM) {
			check_dated(member);
			count_choices(member);
		}
		if (sim_is_out(member))
			continue;
		scan_rows(member);
		if (bodies_left(member))
			sim_fail(world, "erased: %u holds a body of an erased dossier", i);
		for (uint32_t c = 0; c < world->case_count; c++)
			check_case(member, &world->cases[c]);
	}
	for (const struct sim_save *save = world->saves; save; save = save->next)
		world->events.given_back += save->taken_back && !save->rolled_back && save->acknowledged;
}
