/* What a nurse types as a measure (the first byte says of which vital): what is read is written again as the same. */
#include <assert.h>

#include "node/vitals/measure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct schema_vital *vital = size ? schema_vital(data[0]) : NULL;
	char text[MEASURE_TEXT_BYTES];
	int32_t value, again;
	if (!vital || measure_read(vital, span_of(data + 1, size - 1), &value))
		return 0;
	measure_write(text, vital, value);
	assert(measure_read(vital, span_text(text), &again) == 0 && again == value);
	for (uint32_t i = 0; measure_write_in(text, vital, value, i); i++)
		assert(strlen(text) < sizeof(text));
	return 0;
}
