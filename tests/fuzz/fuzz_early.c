/* An early copy from anybody: refused, or a document and bodies that can be shown, compared and asked. Input: varint length of the state, the state, bodies. */
#include <assert.h>
#include <jansson.h>

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/early.h"
#include "node/record.h"
#include "node/schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct early_copy *copy)
{
	for (uint32_t i = 0; i < copy->body_count; i++) {
		struct crdt_meta meta;
		struct entry_ref dep;
		struct early_body *body = &copy->bodies[i];
		const struct crdt_op op = early_body_op(body, &meta, &dep);
		int64_t when_s;
		assert(i == 0 || op_id_cmp(&copy->bodies[i - 1].op, &body->op) < 0);
		assert(early_copy_body(copy, &body->op) == body);
		record_event_when(body->kind, body->fields, &when_s);
		json_decref(record_event_json(&op, &meta));
		early_body_compare(body, &op, &meta);
		assert(body->state == EARLY_BODY_SAME);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct record_id dossier = {{7, 7}};
	struct wire_in in = wire_begin(span_of(data, size));
	const struct span state = wire_blob(&in, LIMIT_PACK_RAW_BYTES),
	                  bodies = wire_span(&in, wire_left(&in));
	struct early_copy *copy;
	if (in.error || early_copy_new(SCHEMA_DOC_DOSSIER, &dossier, state, bodies, &copy))
		return 0;
	struct buf saved = {0};
	crdt_doc_save(copy->doc, &saved);
	assert(span_eq(buf_span(&saved), copy->state));
	show(copy);
	buf_close(&saved);
	early_copy_free(copy);
	return 0;
}
