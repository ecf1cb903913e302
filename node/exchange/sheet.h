/*
 * node/exchange/sheet.h - what is printed of a dossier: the liaison sheet for a hospital or a doctor, and the nursing synthesis.
 *
 * Of an exchange file (fhir.h) and what its reader has to know about it. Pure: today is an argument.
 */
#ifndef NODE_EXCHANGE_SHEET_H
#define NODE_EXCHANGE_SHEET_H

#include <jansson.h>

#include "crdt/base/mem.h"
#include "node/schema/check.h"

struct sheet {
	const json_t *file;
	enum schema_language language;
	int64_t now_s; /* since 1970 */
	uint32_t days; /* of which transmissions and visits are told, up to today */
	const json_t *age; /* {"fr", "en"}: how old what is shown is */
};

/* Append the page. What is provisional or in conflict is marked as such, and said again at the end. */
void sheet_liaison(const struct sheet *sheet, struct buf *out);
void sheet_synthesis(const struct sheet *sheet, struct buf *out);

#endif
