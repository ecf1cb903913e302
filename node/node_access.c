#include "node/node_access.h"

#include "crdt/base/err.h"
#include "node/access/access_export.h"
#include "node/node_state.h"

bool node_access_patient(
        struct node *node, const struct record_id *dossier, size_t index, struct access_patient *out)
{
	const struct dossier_secret *secret = node->keys ? key_table_secret(node->keys, dossier, index)
	                                                 : NULL;
	if (!secret)
		return false;
	*out = access_patient(secret, dossier);
	return true;
}

void node_note_access(struct node *node, enum access_kind kind, const struct person_id *person,
        const struct record_id *dossier, uint64_t detail)
{
	struct access_patient patient;
	if (!dossier)
		access_log_note(node->accesses, kind, person, NULL, detail);
	else if (node_access_patient(node, dossier, 0, &patient))
		access_log_note(node->accesses, kind, person, &patient, detail);
}

void node_write_accesses(struct node *node)
{
	node->accesses_due = true;
}

int node_when_noted(struct node *node, node_done done, void *context)
{
	node_write_accesses(node);
	node_wait_in(&node->access_waiters, done, context);
	return 0;
}

static void on_written(void *context, int result)
{
	struct node *node = context;
	access_log_done(node->accesses, result);
	if (access_log_waits(node->accesses))
		node->accesses_due |= !queue_empty(&node->access_waiters);
	else
		node_tell(&node->access_waiters, 0);
}

void node_put_accesses(struct node *node)
{
	bool is_due = node->accesses_due || !store_batch_is_empty(&node->batch);
	if (is_due && access_log_waits(node->accesses) && access_log_put(node->accesses, &node->batch) == 0)
		node_wait_for_batch(node, on_written, node);
	node->accesses_due = false;
	if (!access_log_is_under_way(node->accesses))
		node_tell(&node->access_waiters, 0);
}

struct access_log *node_access_log(struct node *node)
{
	return node->accesses;
}

void node_sign_access_export(struct node *node, struct access_export *out)
{
	out->device = node_device(node);
	out->team = node->team;
	access_export_sign(out, node->identity.secrets->sign);
}
