/*
 * node/api_notices.h - what this device noticed, for replies: [{"what": "fork" or "withheld", "device", "name", "noticed", "seen", "fr", "en", ...}].
 *
 * Of a fork also "compartment" and "from"; of a relay that withheld "address", "entries" (0: it has shown all since), "noticedEntries". Threads: one.
 */
#ifndef NODE_API_NOTICES_H
#define NODE_API_NOTICES_H

#include "node/api_node.h"

enum api_notices {
	API_NOTICES_ALL,
	API_NOTICES_NEW, /* that nobody looked at */
	API_NOTICES_FORKS, /* of feeds of that compartment */
};

/* Owner decrefs. */
json_t *api_notices(struct api_node *app, enum api_notices which, uint8_t compartment);
json_t *api_address_text(const struct net_address *address); /* without the port */

#endif
