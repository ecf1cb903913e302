/*
 * tools/team_folder.h - where the teams of a data directory stand: names, directories, ports (node/README.md, "Several teams on one device").
 *
 * Threads: one.
 */
#ifndef TOOLS_TEAM_FOLDER_H
#define TOOLS_TEAM_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

enum { TEAM_FOLDER_NAME_BYTES = 33 }; /* with its terminator */

#define TEAM_FOLDER_MAIN "main"

struct team_folder_name {
	char text[TEAM_FOLDER_NAME_BYTES];
};

/* May a directory be called so? "main" may not: it is the data directory itself. */
bool team_folder_name_is(const char *name);

/* ROOT for NULL and "main", else ROOT/teams/NAME. Owner frees with mem_free(). */
char *team_folder_path(const char *root, const char *name);

/* Is there a device, or one that a restore is about to put there? */
bool team_folder_has_device(const char *directory);

/* The names beside "main" that have a device, in ascending order, at most `max`. */
uint32_t team_folder_list(const char *root, struct team_folder_name *out, uint32_t max);

/* The port that the team's file names; 0: none, or it cannot be read. */
uint16_t team_folder_port(const char *directory);
int team_folder_set_port(const char *directory, uint16_t port); /* errors of file_replace() */

#endif
