#include "tests/lib/liar.h"

#include "crdt/base/err.h"
#include "crdt/mpack.h"
#include "node/early_bodies.h"
#include "node/keyring/snapshot.h"
#include "node/node_state.h"
#include "node/record.h"
#include "node/schema/schema.h"

static void write_name(struct crdt_builder *builder, const struct record_id *dossier)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	struct buf value = {0};
	struct crdt_path path;
	record_path(kind, dossier, schema_field_named(kind, span_text("lastName"))->number, &path);
	mpack_put_str(&value, span_text(LIAR_NAME));
	crdt_builder_set(
	        builder, crdt_path_span(&path), buf_span(&value), (struct crdt_cites){0}, (struct span){0});
	buf_close(&value);
}

/* A document that this one change made. */
static bool state_of(
        const struct record_id *dossier, const struct feed_id *feed, uint64_t seq, struct buf *saved)
{
	const struct entry_ref place = {*feed, seq};
	const struct crdt_meta meta = {.feed = *feed, .seq = seq, .lamport = seq, .hlc = seq};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, SCHEMA_DOC_DOSSIER, *dossier);
	struct crdt_builder builder = {0};
	struct crdt_change opened;
	struct buf change = {0};
	crdt_builder_again(&builder, &place, SCHEMA_DOC_DOSSIER, *dossier, NULL, 0);
	write_name(&builder, dossier);
	const bool is_made = crdt_builder_finish(&builder, &change) == 0 &&
	        crdt_change_open(&opened, &meta, buf_span(&change)) == 0 && crdt_doc_apply(doc, &opened) == 0;
	crdt_doc_save(doc, saved);
	crdt_builder_close(&builder);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	buf_close(&change);
	return is_made;
}

bool liar_copy(struct node *node, const struct record_id *dossier, const struct feed_id *feed, uint64_t seq,
        struct buf *out)
{
	const struct dossier_secret *secret = node->keys ? key_table_secret(node->keys, dossier, 0) : NULL;
	const struct snapshot head = {.dossier = *dossier, .part = 0, .part_count = 1};
	struct buf saved = {0}, bodies = {0};
	bool is_made = secret && state_of(dossier, feed, seq, &saved);
	early_put_bodies(&bodies, NULL, NULL, 0);
	const struct span parts[] = {buf_span(&saved), buf_span(&bodies)};
	is_made = is_made && snapshot_seal(&node->codec, node->config.env, secret, &head, parts, 2, out) == 0;
	buf_close(&saved);
	buf_close(&bodies);
	return is_made;
}
