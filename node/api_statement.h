/*
 * node/api_statement.h - statements of closed months as files: what their handlers share.
 *
 * Threads: one, as the interface's.
 */
#ifndef NODE_API_STATEMENT_H
#define NODE_API_STATEMENT_H

#include "node/api_node.h"
#include "node/billing/claim.h"

/* Who does not read what is billed is given nothing of it, also not what could be computed from visits. False: replied. */
bool api_reads_billing_or_reply(struct api_call *call);

/* A refusal in both languages. */
void api_fail_words(struct api_call *call, int error, const char *french, const char *english);

/* Records of the patients in the lot (of the part) and of the team's members, as struct statement_people has them. Owner decrefs both. */
struct api_statement_people {
	json_t *patients, *nurses;
};
void api_statement_people(struct api_node *app, const struct billing_lot *lot,
        const struct statement_part *part, struct api_statement_people *out);
void api_statement_nurses(struct api_node *app, json_t *out); /* of the team alone, into an object */
void api_statement_people_close(struct api_statement_people *people);

/* The lot whose hash begins with these digits, whether it counts or not (NULL: the newest that counts), of this month (LOT_MONTHS: of any); appended to `bytes`. ERR_NOTFOUND,
 * ERR_BUSY: call when quiet. */
int api_find_lot(struct api_node *app, uint32_t month, const char *hash, struct buf *bytes);

#endif
