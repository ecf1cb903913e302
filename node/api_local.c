/* Sealed rows of this device alone: what nobody else is concerned with, there again after a crash. */
#include "node/api_node.h"

#include "crdt/base/err.h"

static struct span row_key(struct api_node *app, const char *name, uint8_t out[VAULT_NAME_BYTES])
{
	vault_name(app->vault, out, STORE_LOCAL, span_text(name));
	return span_of(out, VAULT_NAME_BYTES);
}

int api_local_read(struct api_node *app, const char *name, struct buf *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct store_txn *txn;
	int result = store_begin(app->store, false, &txn);
	if (result)
		return result;
	result = vault_get(app->vault, txn, STORE_LOCAL, row_key(app, name, key), out);
	store_abort(txn);
	return result;
}

struct local_write {
	struct api_call *call;
	json_t *body;
	int status;
};

static void on_written(void *context, int result, struct store_batch *batch)
{
	struct local_write *write = context;
	(void)batch;
	if (result)
		api_call_fail(write->call, result, NULL);
	else
		api_call_reply(write->call, write->status, json_incref(write->body));
	api_call_release(write->call);
	json_decref(write->body);
	mem_free(write);
}

int api_local_write(struct api_call *call, const char *name, struct span row, int status, json_t *body)
{
	struct api_node *app = api_node_of(call);
	uint8_t key[VAULT_NAME_BYTES];
	struct store_batch batch = {0};
	struct local_write *write = mem_zero(1, sizeof(*write));
	*write = (struct local_write){.call = call, .body = body, .status = status};
	api_call_hold(call);
	int result = vault_batch_put(app->vault, &batch, STORE_LOCAL, row_key(app, name, key), row);
	if (!result)
		result = store_writer_submit(app->writer, &batch, on_written, write);
	if (result) {
		store_batch_close(&batch);
		json_decref(body);
		mem_free(write);
		api_call_release(call);
	}
	return result;
}
