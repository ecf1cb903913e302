/* Any bytes are refused with a reason, or give rows of which each says what would become of it. */
#include <assert.h>
#include <stdint.h>

#include "node/exchange/csv_read.h"
#include "node/exchange/directory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fr = NULL, *en = NULL;
	json_t *here = json_array(), *out = directory_read(span_of(data, size), here, "00", &fr, &en), *row;
	size_t index;
	assert(out || (fr && en));
	json_array_foreach(json_object_get(out, "rows"), index, row)
	{
		assert(json_is_string(json_object_get(row, "status")));
		assert(json_is_array(json_object_get(row, "problems")));
		assert(json_integer_value(json_object_get(row, "line")) >= 2);
	}
	json_decref(out);
	json_decref(here);
	return 0;
}
