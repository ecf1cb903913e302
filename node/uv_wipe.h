/*
 * node/uv_wipe.h - a data directory made unreadable, and then empty.
 *
 * uv_wipe_begin() overwrites and removes every copy of the key file that this program made there: from then on nothing can be opened any
 * more, whatever else is left and whenever a crash comes. uv_wipe_finish() removes the rest, and may be called again after a crash.
 *
 * What no program can reach: blocks that a flash or copy-on-write disk keeps, and backups elsewhere. Threads: one.
 */
#ifndef NODE_UV_WIPE_H
#define NODE_UV_WIPE_H

#include <stdbool.h>

/* Is there a device, or what is left of one? */
bool uv_wipe_knows(const char *directory);

/* ERR_NOTFOUND: no such directory. ERR_DENIED, ERR_IO: a key file may still be there. 0 also when there is none. */
int uv_wipe_begin(const char *directory);

/* Remove database, incarnation, addresses, sockets and what a restore left. Files that are not this program's stay. Nobody has the database open. */
int uv_wipe_finish(const char *directory);

#endif
