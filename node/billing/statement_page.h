/*
 * node/billing/statement_page.h - a lot, a patient's or a nurse's part of it, for paper (README.md, section 6).
 *
 * One HTML file as node/exchange/page.h makes them. Ids where `people` names nobody. Nothing clinical. Pure.
 */
#ifndef NODE_BILLING_STATEMENT_PAGE_H
#define NODE_BILLING_STATEMENT_PAGE_H

#include "node/billing/claim.h"
#include "node/schema/check.h"

void statement_page(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, const struct statement_people *people,
        enum schema_language language, struct buf *out);

#endif
