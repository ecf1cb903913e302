/*
 * node/billing/statement.h - a lot for people and for other programs: CSV and JSON (README.md, section 6).
 *
 * Both carry every line, the rules that were applied, the control totals and the hash of the lot; ids only, no names and
 * nothing clinical. The same lot gives the same bytes.
 */
#ifndef NODE_BILLING_STATEMENT_H
#define NODE_BILLING_STATEMENT_H

#include <jansson.h>

#include "node/billing/lot.h"

/* Append CSV (RFC 4180, UTF-8, separator ";", CRLF) to `out`. */
void statement_csv(const struct billing_lot *lot, const struct lot_hash *hash, struct buf *out);

/* Owner decrefs. */
json_t *statement_json(const struct billing_lot *lot, const struct lot_hash *hash);

#endif
