/*
 * Our own entries: one change of one document each, applied at once, then sealed and signed by the thread that makes them durable.
 */
#include "node/node_state.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/classes.h"
#include "node/node_early.h"
#include "node/schema/schema.h"

/* A builder that grew past this is not kept: the next change is small again. */
enum { SPARE_BYTES = 256 * 1024 };

bool node_may_write(const struct node *node, enum compartment compartment)
{
	if (!node->in_team)
		return false;
	struct device_id self = node_device(node);
	return team_view_level(team_membership_view(node->members), &self, (uint8_t)compartment) >=
	        TEAM_LEVEL_WRITE;
}

bool node_may_read(const struct node *node, enum compartment compartment)
{
	if (!node->in_team)
		return false;
	struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	return compartment == COMPARTMENT_MEMBERSHIP ||
	        (view && team_view_level(view, &self, (uint8_t)compartment) >= TEAM_LEVEL_RELAY);
}

/* ---- Appending -------------------------------------------------------------------------------------------------- */

static int date(struct node *node, struct entry_header *header)
{
	struct crdt_moment moment;
	int result = crdt_clock_tick(&node->clock, env_wall_ms(node->config.env), &moment);
	header->lamport = moment.lamport;
	header->hlc = moment.hlc;
	header->clock_grade = node_clock_grade(node);
	return result;
}

int node_append(struct node *node, uint32_t feed, struct entry_header *header, struct span body,
        struct entry_hash *hash)
{
	int result = date(node, header);
	if (result == 0)
		result = log_append(
		        node->log, &node->batch, feed, header, body, node->identity.secrets->sign);
	if (result == 0)
		*hash = log_feed(node->log, feed)->hash;
	node->unsealed |= result == 0;
	return result;
}

int node_draft(struct node *node, uint32_t feed, struct entry_header *header, const struct body_key *key,
        struct span raw)
{
	struct tail *tail;
	int result = date(node, header);
	if (result == 0)
		result = log_draft(node->log, feed, header, &tail);
	if (result)
		return result;
	if (!node->sealing)
		node->sealing = sealing_new(&node->sealing_codec, node->identity.secrets->sign);
	sealing_add(node->sealing, tail, header, key, raw);
	node->unsealed = true;
	return 0;
}

/* ---- Dependencies ----------------------------------------------------------------------------------------------- */

static int ref_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct entry_ref *)a)->feed, &((const struct entry_ref *)b)->feed);
}

/* What the document holds of other feeds, as far as our own feed does not depend on it already: a device's entry depends on its
 * predecessor, and so on all that this one depends on. */
static uint32_t heads_of(
        struct node *node, const struct node_change *change, struct entry_ref *deps, uint32_t max)
{
	uint32_t count = 0;
	for (uint32_t feed = 0; feed < log_feed_count(node->log) && count < max; feed++) {
		const struct log_feed *known = log_feed(node->log, feed);
		uint64_t seq = feed == change->feed ? 0 : crdt_doc_applied(change->doc, &known->id);
		if (seq > node_progress(node, feed)->covered[change->compartment])
			deps[count++] = (struct entry_ref){known->id, seq};
	}
	qsort(deps, count, sizeof(*deps), ref_cmp);
	return count;
}

static void cover(struct node *node, const struct node_change *change)
{
	for (uint32_t i = 0; i < change->builder.dep_count; i++) {
		const struct entry_ref *dep = &change->builder.deps[i];
		uint32_t feed;
		if (!log_feed_number(node->log, &dep->feed, &feed))
			continue;
		uint64_t *covered = &node_progress(node, feed)->covered[change->compartment];
		if (dep->seq > *covered)
			*covered = dep->seq;
	}
}

/* ---- Changes ---------------------------------------------------------------------------------------------------- */

static int prepare(struct node *node, const struct schema_doc *kind, const struct record_id *doc_id,
        struct node_change *change)
{
	int result = node_own_feed(node, change->compartment, &change->feed);
	if (result == 0)
		result = docs_add(node->docs, kind->number, doc_id, &change->doc_number);
	if (result == 0)
		result = node_document(node, change->doc_number, &change->doc);
	if (result)
		return result;
	const struct log_feed *own = log_feed(node->log, change->feed);
	struct entry_ref deps[LIMIT_ENTRY_DEPS], place = {own->id, own->seq + 1};
	uint32_t dep_count = heads_of(node, change, deps, LIMIT_ENTRY_DEPS);
	change->builder = node->spare_builder;
	node->spare_builder = (struct crdt_builder){0};
	crdt_builder_again(&change->builder, &place, kind->number, *doc_id, deps, dep_count);
	return 0;
}

int node_change_begin(
        struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct node_change *change)
{
	const struct schema_doc *kind = schema_doc(doc_kind);
	*change = (struct node_change){0};
	if (node->stopped)
		return ERR_CORRUPT;
	if (node->outdated)
		return ERR_STALE;
	if (!kind)
		return ERR_INVALID;
	if (!node->in_team)
		return ERR_NOTEAM;
	if (!node_may_write(node, kind->compartment))
		return ERR_DENIED;
	change->compartment = kind->compartment;
	change->has_dossier = kind->has_dossier_key;
	change->dossier = *doc_id;
	int result = prepare(node, kind, doc_id, change);
	node_end_read(node);
	return result;
}

void node_change_drop(struct node_change *change)
{
	crdt_builder_close(&change->builder);
}

/* A new patient's dossier gets its own secret with its first entry. */
static int ensure_secret(struct node *node, const struct node_change *change)
{
	if (!change->has_dossier || key_table_secret(node->keys, &change->dossier, 0))
		return 0;
	if (key_table_erased(node->keys, &change->dossier))
		return ERR_DENIED;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		if (crdt_doc_applied(change->doc, &log_feed(node->log, i)->id))
			return ERR_LOCKED; /* it exists, and its key was never given to us */
	int result = key_table_create(node->keys, node->config.env, &change->dossier);
	if (result == 0)
		node_secret_made(node, &change->dossier);
	return result;
}

/* Its clocks are not known yet, and do not matter to that. */
static int check_classes(const struct node_change *change, struct crdt_change *opened)
{
	const struct crdt_builder *builder = &change->builder;
	struct crdt_meta meta = {.feed = builder->feed,
	        .seq = builder->seq,
	        .deps = builder->deps,
	        .dep_count = builder->dep_count};
	opened->meta = &meta;
	int result = classes_check(change->doc, opened);
	opened->meta = NULL;
	return result;
}

/* What is shown of a dossier is an early copy: what was written on top of that would name what is not here. */
static int check_early(const struct node *node, const struct node_change *change, struct crdt_change *opened)
{
	const struct early_copy *copy = change->has_dossier ? node_early_of(node, &change->dossier) : NULL;
	const struct crdt_builder *builder = &change->builder;
	const struct crdt_meta meta = {.feed = builder->feed,
	        .seq = builder->seq,
	        .deps = builder->deps,
	        .dep_count = builder->dep_count};
	opened->meta = &meta;
	const bool is_fine = !copy || early_copy_permits(copy, opened);
	opened->meta = NULL;
	return is_fine ? 0 : ERR_UNVERIFIED;
}

/* Small ones fit however badly they compress; the others are tried. */
static int check_size(struct node *node, struct span raw)
{
	enum { PACKED_BYTES_MAX = LIMIT_ENTRY_BODY_BYTES - BODY_OVERHEAD_BYTES };
	struct span packed;
	return raw.size <= PACKED_BYTES_MAX / 2 ? 0 : pack_make(&node->codec, raw, PACKED_BYTES_MAX, &packed);
}

/* Sets what the header says of the change, and finds the key of its body. */
static int finish(struct node *node, struct node_change *change, struct entry_header *header,
        const struct body_key **key, struct crdt_change *opened)
{
	struct epoch_id space;
	const struct epoch_id *epoch = node_write_epoch(node, change->compartment, &space);
	buf_clear(&node->scratch);
	int result = crdt_builder_finish_open(&change->builder, &node->scratch, opened);
	const struct entry_ref place = {change->builder.feed, change->builder.seq};
	if (result == 0 && change->has_dossier)
		result = node_early_written(node, &change->dossier, &place);
	if (result == 0)
		result = check_early(node, change, opened);
	if (result == 0)
		result = check_classes(change, opened);
	if (result == 0 && !epoch)
		result = ERR_LOCKED;
	if (result == 0)
		result = check_size(node, buf_span(&node->scratch));
	if (result == 0)
		result = ensure_secret(node, change);
	if (result)
		return result;
	header->epoch = *epoch;
	header->kind = ENTRY_CHANGE;
	header->deps = change->builder.deps;
	header->dep_count = change->builder.dep_count;
	return bodies_key(node->bodies, epoch, change->has_dossier ? &change->dossier : NULL,
	        change->compartment, key, &header->dossier);
}

void node_applied_own(struct node *node, uint32_t feed, const struct entry_header *header)
{
	node_progress(node, feed)->applied = header->seq;
	node_progress(node, feed)->cited = header->membership;
	node->since_checkpoint++;
}

/* Our own entry goes through the same code as everybody else's, from the same clear bytes. */
static int apply_own(struct node *node, const struct node_change *change, const struct entry_header *header,
        struct crdt_change *opened)
{
	const struct crdt_meta meta = node_entry_meta(node, change->feed, header);
	const struct entry_hash before = node_progress(node, change->feed)->cited;
	enum team_reason why = node_entry_reason(node, change->feed, &before, header);
	opened->meta = &meta;
	node_applied_own(node, change->feed, header);
	if (why)
		quarantine_note(&node->quarantine, change->feed, header->seq, (uint8_t)why);
	return why ? 0 : node_apply_change(node, change->feed, header, opened);
}

/* Its memory serves the next change. */
static void keep_builder(struct node *node, struct node_change *change)
{
	if (change->builder.ops.capacity > SPARE_BYTES) {
		node_change_drop(change);
		return;
	}
	crdt_builder_close(&node->spare_builder);
	node->spare_builder = change->builder;
	change->builder = (struct crdt_builder){0};
}

int node_change_finish(
        struct node *node, struct node_change *change, struct entry_ref *place, node_done done, void *context)
{
	struct entry_header header = {0};
	const struct body_key *key;
	struct crdt_change opened;
	int result = node_cite_membership(node, &header.membership);
	if (result == 0)
		result = finish(node, change, &header, &key, &opened);
	if (result == 0)
		result = node_draft(node, change->feed, &header, key, buf_span(&node->scratch));
	if (result == 0) {
		cover(node, change);
		result = apply_own(node, change, &header, &opened);
	}
	if (result == 0 && place)
		*place = (struct entry_ref){header.feed, header.seq};
	if (result == 0)
		result = node_wait_for_batch(node, done, context);
	keep_builder(node, change);
	node_end_read(node);
	return result;
}
