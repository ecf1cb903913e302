/*
 * node/api_settings.h - what this device alone is set to, and what it remembers of itself for the settings screen: GET and POST /api/settings.
 *
 * Two sealed rows, STORE_LOCAL: "settings" (version u8 = 1 ‖ varint minutes) and "backup", the last one that was finished (version u8 = 1 ‖ varint ms ‖
 * varint bytes ‖ its path, to the end). A row of another version is as none. Threads: one.
 */
#ifndef NODE_API_SETTINGS_H
#define NODE_API_SETTINGS_H

#include <stdint.h>

struct api_node;

/* The device was opened: read what it is set to. */
void api_settings_opened(struct api_node *app);

/* After how long without a request it locks, where the program was told `option_ms` (0: never): the sooner of that and the setting. 0: never. */
uint64_t api_lock_after_ms(const struct api_node *app, uint64_t option_ms);

/* A backup was finished. What cannot be noted is not: the backup is there all the same. */
void api_settings_backed_up(struct api_node *app, const char *path, uint64_t bytes);

#endif
