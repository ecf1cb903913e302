/* A keystroke on a draft (node/visit/draft.h), and transmissions as a digest has them (threads.h): the first byte says which. Within bounds, and a refused request changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "node/visit/draft.h"
#include "node/visit/threads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void keystroke(struct span bytes)
{
	static const char row[] = "{\"key\":\"a\",\"version\":1,\"kind\":\"visit\",\"id\":\"x\",\"values\":{"
	                          "\"note\":\"d\xc3\xa9j\xc3\xa0 "
	                          "\xf0\x9f\x98\x80\",\"list\":[\"a\",{\"b\":\"c\"}]}}";
	json_t *draft = draft_read(span_text(row)), *before = json_deep_copy(draft);
	json_t *request = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, NULL);
	const char *why = NULL;
	if (json_is_object(request)) {
		const int result = draft_apply(draft, request, &why);
		must(result == 0 || (json_equal(draft, before) && why));
		char *again = draft_row(draft);
		must(again != NULL);
		json_t *read = draft_read(span_text(again));
		must(json_equal(read, draft));
		json_decref(read);
		free(again);
	}
	json_decref(draft_read(bytes));
	json_decref(request);
	json_decref(before);
	json_decref(draft);
}

static struct person_id somebody(void *context, const uint8_t feed[THREADS_FEED_BYTES])
{
	struct person_id person = {{feed[0]}};
	(void)context;
	return person;
}

static void part(struct span bytes)
{
	struct threads threads;
	const struct person_id reader = {{1}};
	if (!threads_part_read(bytes, &threads))
		return;
	for (uint32_t i = 0; i < threads.count; i++) {
		threads_to_read(&threads, &threads.items[i], &reader, 0, somebody, NULL);
		threads_is_waiting(&threads, &threads.items[i], UINT64_MAX, somebody, NULL);
	}
	threads_is_near(&threads, &reader);
	threads_close(&threads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'p')
		part(span_of(data + 1, size - 1));
	else if (size > 0)
		keystroke(span_of(data + 1, size - 1));
	return 0;
}
