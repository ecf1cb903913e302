/* Words and codes that somebody types: whatever they are, what is found is a term, and a code that is read is written again as the same one. */
#include <assert.h>

#include "node/omaha/omaha.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct omaha_term *found[20];
	enum omaha_kind kind, again_kind;
	uint32_t code, again;
	char text[OMAHA_CODE_BYTES];
	uint32_t count = omaha_search(span_of(data, size), found, 20);
	assert(count <= 20);
	for (uint32_t i = 0; i < count; i++)
		assert(omaha_find(found[i]->kind, found[i]->code) == found[i]);
	if (!omaha_read_code(span_of(data, size), NULL, &kind, &code))
		return 0;
	omaha_write_code(text, kind, code);
	assert(omaha_read_code(span_text(text), NULL, &again_kind, &again) && again == code &&
	        again_kind == kind);
	return 0;
}
