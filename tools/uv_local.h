/*
 * tools/uv_local.h - the local interface in this process: for each team a shell, a node and routes, with or without the sockets around them
 * (node/README.md, "Several teams on one device").
 *
 * `releve run` puts HTTP around it; every other command, when no program runs, opens its team and calls it directly.
 */
#ifndef TOOLS_UV_LOCAL_H
#define TOOLS_UV_LOCAL_H

#include "crdt/base/limits.h"
#include "node/api_hand.h"
#include "node/api_node.h"
#include "node/uv_picture.h"
#include "node/uv_shell.h"
#include "tools/team_folder.h"

struct uv_local;

struct uv_team {
	struct uv_local *local;
	char name[TEAM_FOLDER_NAME_BYTES];
	char *directory;
	struct journal journal;
	struct uv_shell *shell; /* NULL: locked */
	struct api_node app;
	bool closed;
	bool met; /* the owner's: it listens */
	int held_fd; /* of the database, while locked */
	struct uv_picture *picture; /* a file that is looked at; NULL: none */
	uv_picture_done looked; /* and who waits for it */
	void *looked_context;
};

struct uv_local {
	uv_loop_t loop;
	FILE *log;
	char *root; /* the data directory */
	uint64_t began_ms; /* monotonic */
	uint64_t lock_after_ms; /* as the program was told; 0: never */
	struct uv_team *teams[LIMIT_TEAMS]; /* the first is "main", or the one that a command is for */
	uint32_t team_count;
	struct passphrase_tries tries;
	struct api_hand hand;
	void (*stop)(void *context); /* what POST /api/stop does; may be NULL */
	void (*lock)(void *context); /* uv_local_may_end() */
	void (*wipe)(void *context, const struct uv_team *team); /* the same */
	void *context;
	struct api_call *unlocking; /* waits for uv_local_turn() */
	struct uv_team *unlocking_team; /* NULL: all of them */
	struct buf passphrase; /* that it came with */
	bool makes_device; /* where there is none yet, before it is opened */
	bool makes_cheap_key;
};

/* One team, for a command. Errors of uv_shell_open(), with the sentence in *problem. */
int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase,
        struct uv_database_problem *problem);

/* All teams of a data directory; those that this passphrase does not open, or that do not open at all, stay locked. An error: none opened; the
 * problem is the first one's. */
int uv_local_open_all(struct uv_local *local, const char *root, struct span passphrase, FILE *log,
        struct uv_database_problem *problem);

/* The interfaces alone: they say that the device is locked, until POST /api/unlock and uv_local_turn() open it. */
void uv_local_open_locked(struct uv_local *local, const char *root, FILE *log);

/* Let requests lock or wipe: both are to end everything; what follows is another process image, or nothing. */
void uv_local_may_end(struct uv_local *local, void (*locking)(void *context),
        void (*wiping)(void *context, const struct uv_team *team));

/* What requests go to: it leads to every team. */
struct api *uv_local_api(struct uv_local *local);

/* What a request to unlock asked for, outside of the loop, which was stopped for it. True: a team was opened. */
bool uv_local_turn(struct uv_local *local);

/* Everything becomes durable; the loop has ended afterwards. Whatever else was in it was closed before. */
void uv_local_close(struct uv_local *local);

#endif
