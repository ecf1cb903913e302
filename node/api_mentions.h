/*
 * node/api_mentions.h - where a patient is named in words outside of her dossier.
 */
#ifndef NODE_API_MENTIONS_H
#define NODE_API_MENTIONS_H

#include "node/api_node.h"

/* Put into `json`: "namedIn", records of minutes, of the team's practice, of threads and of working time in which her last or birth name stands as a word, the first 200: [{"document",
 * "documentId", "kind", "id", "label": {"fr","en"}, "title", "count"}]; "perhapsIn", the same of those where something like it stands ("as"), a name misspelt;
 * "namedLeft", how many more of both. `dossier` is not valid afterwards. */
void api_put_mentions(struct api_node *app, const struct crdt_doc *dossier, json_t *json);

#endif
