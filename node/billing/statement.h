/*
 * node/billing/statement.h - a lot for people and for other programs: CSV and JSON (README.md, section 6).
 *
 * Both carry every line of the part that is asked for, the rules that were applied, control totals, the hash of the lot and a seal; ids only, no names
 * and nothing clinical. From the JSON of a whole lot the lot's bytes can be written again. The same lot gives the same bytes.
 */
#ifndef NODE_BILLING_STATEMENT_H
#define NODE_BILLING_STATEMENT_H

#include <jansson.h>

#include "node/billing/part.h"

#define STATEMENT_FORMAT "releve statement 2"

enum { STATEMENT_MONTH_BYTES = 8, STATEMENT_EUROS_BYTES = 32 };

/* Append CSV (RFC 4180, UTF-8, separator ";", CRLF) to `out`. */
void statement_csv(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, struct buf *out);

/* Owner decrefs. And the file of it, with its seal. */
json_t *statement_json(
        const struct billing_lot *lot, const struct lot_hash *hash, const struct statement_part *part);
void statement_json_file(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, struct buf *out);

/* Words that all statements share: "2026-11"; "normal", "credit", ...; "visit"; "half-up"; "-13,49" with this decimal mark. */
void statement_month(char out[STATEMENT_MONTH_BYTES], uint32_t month);
const char *statement_kind(enum billing_line_kind kind);
const char *statement_unit(enum billing_unit unit);
const char *statement_ties(enum billing_ties ties);
const char *statement_tariff(enum billing_tariff tariff); /* "all", "self-employed", "health-centre" */
const char *statement_doubled(enum billing_doubled doubled); /* "as-recorded", "both", "one", "share" */
void statement_euros(char out[STATEMENT_EUROS_BYTES], int64_t cents, char mark);

#endif
