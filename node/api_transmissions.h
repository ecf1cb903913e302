/*
 * node/api_transmissions.h - transmissions of all dossiers, and the threads of one (visit/README.md, section 4). Threads: one.
 */
#ifndef NODE_API_TRANSMISSIONS_H
#define NODE_API_TRANSMISSIONS_H

#include "node/api_node.h"

struct node_digest;
struct threads;

/* The part of a digest, or where that is cut what the document says. False: there is nothing. Owner calls threads_close(). */
bool api_threads_of(struct api_node *app, const struct node_digest *digest, struct threads *out);

/* What a person is called; NULL: nothing says. Owner decrefs. */
json_t *api_person_name(struct api_node *app, const struct person_id *person);

/* "nurseName" of an event: who wrote it. */
void api_put_author(struct api_node *app, json_t *event);

/* Of a reply that is about to be written: the replies to the same transmission that are known here, unless it says so itself. */
void api_preset_reply(struct api_node *app, struct crdt_doc *doc, json_t *record);

#endif
