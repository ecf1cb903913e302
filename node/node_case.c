/*
 * Redacted cases: until when they are there, and their end.
 *
 * Normal course: a nurse writes the case into `aggregate` under a secret of its own (api_case.c); the facilitator whom it names is given
 * the secret (node_share.c). When the consent ends, every device hides it by its own clock; the first one of a nurse who manages the team that
 * notices destroys the secret for all, by a tombstone; with it the document is emptied wherever it is.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/record.h"
#include "node/schema/tables.h"

enum { FACILITATOR = 1, UNTIL = 2 };

/* Its id belongs to a dossier of another kind: somebody wants us to hand out that secret, or to destroy it. */
static bool is_of_another(const struct node *node, const struct record_id *id)
{
	uint32_t unused;
	for (uint32_t i = 0; i < schema_table_doc_count; i++) {
		const struct schema_doc *doc = &schema_table_docs[i];
		if (doc->has_dossier_key && doc->number != SCHEMA_DOC_CASE &&
		        docs_find(node->docs, doc->number, id, &unused))
			return true;
	}
	return false;
}

/* Written by nobody but such as might erase it by an order of their own: what it names may not be here yet. */
static bool may_end_by_itself(struct node *node, const struct record_id *id)
{
	struct crdt_doc *doc;
	if (node_doc(node, SCHEMA_DOC_CASE, id, &doc))
		return false;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		const struct team_device *author = team_view_device(node_view(node), &feed->device);
		if (crdt_doc_applied(doc, &feed->id) && !(author && author->endorsed))
			return false;
	}
	return true;
}

bool node_case(struct node *node, const struct record_id *id, struct node_case *out)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_doc *doc;
	if (is_of_another(node, id) || node_doc(node, SCHEMA_DOC_CASE, id, &doc) ||
	        !record_read(doc, schema_kind(SCHEMA_CASE), id, &measures, &record))
		return false;
	const struct schema_value *facilitator = schema_value(&record, FACILITATOR),
	                          *until = schema_value(&record, UNTIL);
	if (!facilitator || !until || facilitator->bytes.size != sizeof(out->facilitator.bytes))
		return false;
	memcpy(out->facilitator.bytes, facilitator->bytes.data, sizeof(out->facilitator.bytes));
	out->until_day = until->number;
	out->is_over = calendar_paris_day((int64_t)(env_wall_ms(node->config.env) / 1000)) > until->number ||
	        key_table_erased(node->keys, id);
	return true;
}

int node_end_case(struct node *node, const struct record_id *id, uint8_t reason)
{
	const struct device_id self = node_device(node);
	struct key_signer signer = {node->team, self, node->identity.secrets->sign};
	if (!node_view(node) || !team_view_manages(node_view(node), &self))
		return ERR_DENIED;
	if (is_of_another(node, id))
		return ERR_NOTFOUND;
	int result = key_table_erase(node->keys, &signer, id, reason, env_wall_ms(node->config.env));
	if (result)
		return result;
	node->secrets_moved = true;
	node_keys_moved(node);
	node_state_moved(node);
	node->news.keys = true;
	return 0;
}

int node_end_cases(struct node *node)
{
	const struct device_id self = node_device(node);
	const bool manages = node_view(node) && team_view_manages(node_view(node), &self);
	uint32_t kind;
	struct record_id id;
	struct node_case about;
	int result = 0;
	for (uint32_t i = 0; result == 0 && node->keys && i < node_doc_count(node); i++) {
		if (node_doc_at(node, i, &kind, &id) || kind != SCHEMA_DOC_CASE ||
		        !node_case(node, &id, &about) || !about.is_over)
			continue;
		if (!key_table_erased(node->keys, &id) && manages && may_end_by_itself(node, &id))
			result = node_end_case(node, &id, KEY_REASON_RETENTION);
		if (result == 0 && key_table_erased(node->keys, &id)) {
			docs_clear(node->docs, i);
			node->since_checkpoint++; /* the document changed */
		}
	}
	node_end_read(node);
	return result;
}
