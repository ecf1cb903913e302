/*
 * node/api_billing.h - private to api_billing*.c: months, territories and refusals, as requests have them.
 */
#ifndef NODE_API_BILLING_H
#define NODE_API_BILLING_H

#include "node/api_node.h"
#include "node/node_billing.h"

/* The month that the path names first, to whoever reads what is billed. ERR_INVALID, ERR_DENIED: replied. */
int billing_month_or_reply(struct api_call *call, uint32_t *out);
json_t *billing_month_json(uint32_t month);
struct span billing_territory_of(const char *text); /* NULL: none */

/* That a billing list or statement of the path's month was shown. */
void billing_note(struct api_call *call);

/* The code of a refused closing ("DENIED"), its sentence, and what it is about. */
void billing_refuse(struct api_call *call, int result, const struct node_billing_refusal *why);
/* The same as a part of a reply; null where nothing is in the way. */
json_t *billing_refusal_json(struct api_call *call, int result, const struct node_billing_refusal *why);

/* Put `counts` and `why` ({fr, en}) of a lot into a reply about it. */
void billing_put_standing(json_t *reply, enum billing_standing standing);

/* With names=1: "names" of the patients and nurses whose ids stand in the reply's lines, rows and anomalies, {"patients": {id: name}, "nurses": {the
 * first 12 digits: name}}. Who is not here (any more) has none. Each patient who is named is noted in the access log. */
void billing_put_names(struct api_call *call, json_t *reply);

/* Whole id of a lot, of the team's lots here; fewer digits do where they are one's alone. False: replied. */
bool billing_lot_or_reply(struct api_call *call, const struct node_billing_row *rows, uint32_t count,
        const char *text, uint32_t *out);

#endif
