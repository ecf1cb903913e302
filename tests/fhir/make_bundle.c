/* Prints a bundle with a record of every kind of a dossier, one for each choice of each field: what tests/fhir/check.py holds against validators. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/fhir.h"
#include "tests/lib/exchange.h"

int main(void)
{
	json_t *file = exchange_every_kind(), *bundle = fhir_bundle(file);
	char *text = json_dumps(bundle, FHIR_DUMP);
	puts(text);
	free(text);
	json_decref(bundle);
	json_decref(file);
	return 0;
}
