/*
 * Redacted cases: until when they are there, and their end.
 *
 * Normal course: a nurse writes the case into `aggregate` under a secret of its own (api_case.c); the facilitator whom it names is given
 * the secret (node_share.c). When the consent ends, every device hides it by its own clock; the first one of a nurse who manages the team that
 * notices destroys the secret for all, by a tombstone; with it the document is emptied wherever it is, and the bodies are purged as a dossier's are.
 * The case of a dossier that is erased goes with it: only the dossier's consents say whose case it is, so that whoever is about to lose them ends it.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/record.h"
#include "node/schema/tables.h"

enum { FACILITATOR = 1, UNTIL = 2, CONSENT_CASE = 4 };

bool node_id_is_of_another(const struct node *node, uint32_t kind, const struct record_id *id)
{
	uint32_t unused;
	for (uint32_t i = 0; i < schema_table_doc_count; i++) {
		const struct schema_doc *doc = &schema_table_docs[i];
		if (doc->has_dossier_key && doc->number != kind &&
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
	if (node_id_is_of_another(node, SCHEMA_DOC_CASE, id) || node_doc(node, SCHEMA_DOC_CASE, id, &doc) ||
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
	if (node_id_is_of_another(node, SCHEMA_DOC_CASE, id))
		return ERR_NOTFOUND;
	int result = node_erase(node, id, reason, NULL, NULL);
	return result == ERR_EXISTS ? 0 : result;
}

/* The case that a consent names, whatever the consent's author wrote there. 0, RECORD_UNCHANGED when it names none, or an error of reading. */
static int case_of_consent(struct node *node, const struct op_id *consent, struct record_id *out)
{
	struct node_entry entry;
	struct crdt_op op;
	int result = node_read_op(node, consent, &entry);
	if (result)
		return result;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	while (crdt_ops_next(&ops, &op)) {
		struct schema_measures measures;
		struct schema_record record;
		uint32_t unknown;
		const struct schema_value *value;
		if (op.index != consent->index || !record_event_read(&op, &measures, &record, &unknown) ||
		        !(value = schema_value(&record, CONSENT_CASE)) ||
		        value->bytes.size != sizeof(out->bytes))
			continue;
		memcpy(out->bytes, value->bytes.data, sizeof(out->bytes));
		return 0;
	}
	return RECORD_UNCHANGED;
}

/* The consents of a dossier; the caller frees the list. */
static struct op_id *consents_of(struct node *node, const struct record_id *dossier, uint32_t *count)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	struct op_id *list = NULL;
	uint32_t cursor = 0, room = 0;
	*count = 0;
	if (node_doc(node, SCHEMA_DOC_DOSSIER, dossier, &doc))
		return NULL;
	while (crdt_doc_event(doc, SCHEMA_CONSENT, &cursor, &event)) {
		list = mem_room(list, *count, &room, sizeof(*list));
		list[(*count)++] = event.op;
	}
	return list;
}

int node_end_cases_of(struct node *node, const struct record_id *dossier)
{
	const struct device_id self = node_device(node);
	struct record_id id;
	uint32_t count;
	int result = 0;
	if (!node_may_erase(node, &self))
		return 0;
	struct op_id *consents = consents_of(node, dossier, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		struct node_case about;
		int read = case_of_consent(node, &consents[i], &id);
		if (read == 0 && node_case(node, &id, &about))
			result = node_end_case(node, &id, KEY_REASON_CASE);
		else if (read == ERR_NOTFOUND && !node_idle(node))
			result = ERR_BUSY; /* it was written in this very moment */
	}
	mem_free(consents);
	return result;
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
			result = node_end_case(node, &id, KEY_REASON_CASE);
		if (result == 0 && key_table_erased(node->keys, &id)) {
			docs_clear(node->docs, i);
			node->since_checkpoint++; /* the document changed */
		}
	}
	node_end_read(node);
	return result;
}
