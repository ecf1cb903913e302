/*
 * node/exchange/contacts.h - what was said to partners and came from them: which contact answers which, and what answers are due.
 *
 * Pure. A contact that was corrected counts no more, nor does what it answered.
 */
#ifndef NODE_EXCHANGE_CONTACTS_H
#define NODE_EXCHANGE_CONTACTS_H

#include <jansson.h>

#include "node/work/work.h"

/* Each of these contact records (as the interface shows them) gets "answers": ids of those that answer it, and where an answer is expected "state": "awaited",
 * "late" (its day is over on `today`), "answered". In place. */
void contacts_join(json_t *contacts, int64_t today);

/* A source of work: an answer that is expected by a day and has not come. */
void contacts_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
