/*
 * store/ballast.h - a file that holds room on the disk, given up when the disk is full.
 *
 * LMDB writes new pages even to delete, so a full disk would forbid erasing and revoking too. Freeing the ballast gives
 * those a margin (store/README.md, "What happens when the disk fails").
 */
#ifndef STORE_BALLAST_H
#define STORE_BALLAST_H

#include <stdbool.h>

/* Reserve LIMIT_BALLAST_BYTES in `directory` unless that is done. ERR_NOSPACE: nothing is reserved. */
int store_ballast_make(const char *directory);

/* Give the room back; success when there was none. */
int store_ballast_free(const char *directory);

/* Whether the whole ballast is there. */
bool store_ballast_held(const char *directory);

#endif
