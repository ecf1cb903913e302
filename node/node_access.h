/*
 * node/node_access.h - the access log of this device (node/access/README.md) among the node's batches.
 *
 * Rows go with the next batch of anything else; node_write_accesses() lets them go without one. Threads: one.
 */
#ifndef NODE_NODE_ACCESS_H
#define NODE_NODE_ACCESS_H

#include "node/access/access_log.h"
#include "node/node.h"

/* Somebody sees something of `dossier`, or a list (NULL). A dossier without a secret here shows nothing, and is not noted. Never waits for the disk. */
void node_note_access(struct node *node, enum access_kind kind, const struct person_id *person,
        const struct record_id *dossier, uint64_t detail);

/* Rows that wait go with the next node_flush(). Called each second. */
void node_write_accesses(struct node *node);

/* Call back when all that was noted so far is durable; at once, and with 0, where the disk does not take it: rows wait then. */
int node_when_noted(struct node *node, node_done done, void *context);

/* What names a dossier in the log, under its index-th secret. False: it has not so many here. */
bool node_access_patient(
        struct node *node, const struct record_id *dossier, size_t index, struct access_patient *out);

struct access_log *node_access_log(struct node *node);

/* Sign an export of this device's log; sets its device and team. */
struct access_export;
void node_sign_access_export(struct node *node, struct access_export *out);

#endif
