/*
 * node/billing/lot_file.h - a statement's file that somebody brings (CSV, JSON, a bundle of Claims), and what in it differs from ours (README.md, section 6.3).
 *
 * Nothing of the file is believed: it says of which lot it is and of which part, and is then held against the file that this node writes of that. Hostile
 * bytes are fine. Pure.
 */
#ifndef NODE_BILLING_LOT_FILE_H
#define NODE_BILLING_LOT_FILE_H

#include <jansson.h>

#include "node/billing/claim.h"

enum lot_file_form { LOT_FILE_CSV = 1, LOT_FILE_JSON, LOT_FILE_CLAIM };

enum { LOT_FILE_DIFFERENCES_MAX = 200 }; /* that are listed; all are counted */

/* Zero-initialized is empty. Owner calls lot_file_close(). */
struct lot_file {
	enum lot_file_form form;
	struct span bytes; /* borrowed */
	json_t *json; /* NULL of CSV */
	bool has_hash, has_month;
	struct lot_hash hash;
	uint32_t month;
	struct statement_part part;
	bool has_names; /* of patients and nurses */
};

/* ERR_MALFORMED: no statement of a lot; *line (from 1) is where reading ended, 0: nowhere. ERR_VERSION: one of another version. *out is then empty. */
int lot_file_read(struct span bytes, struct lot_file *out, uint64_t *line);
void lot_file_close(struct lot_file *file);

/* What `expected`, of the same form and part, says otherwise: [{"where", "file", "here"}], at most LOT_FILE_DIFFERENCES_MAX; NULL values: it is not there.
 * *count is how many there are. Owner decrefs. */
json_t *lot_file_differences(const struct lot_file *file, struct span expected, size_t *count);

#endif
