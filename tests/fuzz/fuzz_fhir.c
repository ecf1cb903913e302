/* Any bundle is refused with a reason, or gives an exchange file of which a bundle can be made that is read again as the same. */
#include <assert.h>
#include <stdint.h>

#include "node/exchange/fhir.h"
#include "node/exchange/take.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fr = NULL, *en = NULL;
	json_t *bundle = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *read = take_read(bundle, "00", &fr, &en);
	assert(read || (fr && en));
	if (read) {
		json_t *file = json_object_get(read, "file"), *made = fhir_bundle(file),
		       *again = fhir_file(made);
		fhir_keep_period(file, "2026-03-05", NULL);
		json_decref(made);
		json_decref(again);
	}
	json_decref(read);
	json_decref(bundle);
	return 0;
}
