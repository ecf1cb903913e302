/* Any target is refused, or decodes to text that means the same when it is encoded again, whatever route it fits. */
#include <assert.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "crdt/nfc.h"
#include "node/api_node.h"
#include "node/api_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void escape(struct buf *out, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text,
		        escaped[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
		buf_add(out, escaped, sizeof(escaped));
	}
}

static void check_text(const char *text)
{
	assert(crdt_utf8_valid(span_text(text)));
	for (; *text; text++)
		assert((uint8_t)*text >= ' ' && *text != 0x7f);
}

static void encode(const struct api_target *target, struct buf *out)
{
	for (unsigned i = 0; i < target->segment_count; i++) {
		check_text(target->segments[i]);
		assert(*target->segments[i]);
		buf_add(out, "/", 1);
		escape(out, target->segments[i]);
	}
	if (target->segment_count == 0)
		buf_add(out, "/", 1);
	for (unsigned i = 0; i < target->query_count; i++) {
		check_text(target->queries[i].name);
		check_text(target->queries[i].value);
		buf_add(out, i ? "&" : "?", 1);
		escape(out, target->queries[i].name);
		buf_add(out, "=", 1);
		escape(out, target->queries[i].value);
	}
}

static void check_same(const struct api_target *a, const struct api_target *b)
{
	assert(a->segment_count == b->segment_count && a->query_count == b->query_count);
	for (unsigned i = 0; i < a->segment_count; i++)
		assert(strcmp(a->segments[i], b->segments[i]) == 0);
	for (unsigned i = 0; i < a->query_count; i++)
		assert(strcmp(a->queries[i].name, b->queries[i].name) == 0 &&
		        strcmp(a->queries[i].value, b->queries[i].value) == 0);
}

static void check_routes(const struct api_target *target)
{
	for (const struct api_route *route = api_node_routes; route->method; route++) {
		if (!api_target_match(target, route->pattern))
			continue;
		unsigned params = 0;
		for (const char *c = route->pattern; *c; c++)
			params += *c == ':';
		for (unsigned i = 0; i < params; i++)
			assert(*api_target_param(target, route->pattern, i));
		assert(!*api_target_param(target, route->pattern, params));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct api_target target, again;
	struct buf text = {0};
	if (api_target_read(&target, span_of(data, size)) == 0) {
		encode(&target, &text);
		if (text.size <= API_TARGET_BYTES) {
			int result = api_target_read(&again, buf_span(&text));
			assert(result == 0);
			check_same(&target, &again);
			api_target_close(&again);
		}
		check_routes(&target);
		for (unsigned i = 0; i < target.query_count; i++)
			assert(api_target_query(&target, target.queries[i].name));
	}
	api_target_close(&target);
	buf_close(&text);
	return 0;
}
