/*
 * node/api_backup.h - a backup asked for over the local interface, written in pieces so that other requests come between.
 *
 * Threads: one.
 */
#ifndef NODE_API_BACKUP_H
#define NODE_API_BACKUP_H

#include <stdint.h>

struct api_backup;
struct api_node;

/* Ends the one under way when nobody asked for its next piece for long, or when the store has to be opened again, for which its
 * transaction would have to be waited for. Called after each turn. */
void api_backup_turned(struct api_node *app);

/* What is not done leaves no file. NULL is allowed. */
void api_backup_free(struct api_backup *backup);

#endif
