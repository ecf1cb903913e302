/* Any line is refused with a reason, or is JSON to another reader too and gives records that a receiver would take as a change. */
#include <assert.h>

#include <jansson.h>

#include "node/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import *import;
	static const struct team_id TEAM = {{7}};
	struct import_line line;
	char why[256];
	if (!import)
		import = import_new(&TEAM);
	int result = import_read(import, span_of(data, size), &line);
	import_reason(import, SCHEMA_FR, why, sizeof(why));
	if (result != 0)
		return 0;
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	assert(json);
	json_decref(json);
	struct crdt_builder builder;
	struct entry_ref own = {{{1}}, 1};
	struct buf bytes = {0};
	crdt_builder_begin(&builder, &own, line.doc_kind, line.doc_id, NULL, 0);
	result = import_write(import, NULL, &builder);
	if (result == 0 && line.record_count > 0)
		result = crdt_builder_finish(&builder, &bytes);
	assert(result == 0);
	crdt_builder_close(&builder);
	buf_close(&bytes);
	return 0;
}
