/*
 * node/uv_shell.h - a device of a team in production: one data directory, one libuv loop, node and peers over them.
 *
 * In the directory, all for the user alone: device.key (the database key under the passphrase), incarnation, db/ (LMDB), meetings,
 * socket and web.url while the program runs.
 *
 * Normal course: uv_shell_open(); then the loop runs; every turn of it submits what was written, and completions come when it is
 * durable. uv_shell_close() flushes, writes a checkpoint and gives everything back.
 *
 * Failures: a directory that is open elsewhere, a wrong passphrase, a damaged key file, each with its own sentence, nothing
 * changed. A database older than what this device wrote (a restored backup) begins a new incarnation before anything is written, when
 * opened or as soon as a peer tells; the log says so. Threads: the loop's, and the store's writer inside.
 */
#ifndef NODE_UV_SHELL_H
#define NODE_UV_SHELL_H

#include <uv.h>

#include "node/journal.h"
#include "node/meetings.h"
#include "node/peers.h"
#include "node/uv_database.h"

/* Where a device listens when nobody says otherwise: not given to any service by IANA, the neighbour of the beacons' port. */
enum { UV_SHELL_PORT = 7766 };

struct uv_shell;

struct uv_shell_config {
	const char *directory;
	struct span passphrase; /* in NFC; borrowed during the call */
	struct journal *journal; /* borrowed for life */
	void (*turned)(void *context, const struct node_news *news); /* after each turn; may be NULL */
	/* The node is about to be closed and opened again, perhaps over another database: whatever borrows them lets go. May be NULL. */
	void (*reopening)(void *context);
	/* The node was closed to be opened again, and does not open: this team is at its end, and its database closed. The owner closes the shell, here or
	 * later, and calls nothing else of it. NULL: the program ends. */
	void (*failed)(void *context, int error);
	void *context;
};

/* No core files, no reading by other processes of the user, files for the user alone. Call first in the process. */
void uv_shell_harden(void);

/* Make the directory (its parent must be there), a device key and an identity in it. ERR_EXISTS: there is one already. */
int uv_shell_init(const char *directory, struct span passphrase, struct keyfile_cost cost,
        struct uv_database_problem *problem);

/* ERR_NOTFOUND: no device there yet. ERR_PASSPHRASE, ERR_BUSY (open already), ERR_CORRUPT, ERR_MALFORMED (key file cut), the errors of
 * the store. *out is then unchanged. */
int uv_shell_open(uv_loop_t *loop, const struct uv_shell_config *config, struct uv_shell **out,
        struct uv_database_problem *problem);

/* Accept peers, announce by beacons and look for known devices from now on. `local->port` 0 chooses one. ERR_NETWORK. */
int uv_shell_listen(
        struct uv_shell *shell, const struct net_address *local, bool beacons, struct net_address *bound);

/* uv_database_change_passphrase(), while it is open. */
int uv_shell_change_passphrase(struct uv_shell *shell, struct span old_passphrase, struct span new_passphrase,
        struct uv_database_problem *problem);

/* Everything written becomes durable, a checkpoint is written, connections end. `closed` runs from the loop at the end. */
void uv_shell_close(struct uv_shell *shell, void (*closed)(void *context), void *context);

/* The team's keys are renewed from here when they are older (0: never, but for removals). */
enum { UV_SHELL_KEY_DAYS = 30 };
void uv_shell_renew_keys_after(struct uv_shell *shell, unsigned days);

/* A relay's: see node/README.md, "Relay". 0: no limit. */
struct uv_shell_quota {
	uint64_t team_bytes; /* of the database's pages in use */
	uint64_t device_entries;
	uint64_t photo_bytes; /* of pictures; 0: none */
	uint32_t photo_days; /* since their entries were written; 0: for ever */
};
void uv_shell_limit(struct uv_shell *shell, struct uv_shell_quota quota);
struct uv_shell_quota uv_shell_quota(const struct uv_shell *shell);
bool uv_shell_over_quota(const struct uv_shell *shell); /* of bytes: nothing but membership is taken */

/* The disk is full: the ballast was given up, new records are refused until it can be held again. */
bool uv_shell_full(const struct uv_shell *shell);

/* Connections that have not shown who they are: now, and how many were ended for their number. */
void uv_shell_strangers(const struct uv_shell *shell, uint64_t *half_open, uint64_t *turned_away);

struct node *uv_shell_node(struct uv_shell *shell);
struct peers *uv_shell_peers(struct uv_shell *shell);
struct store *uv_shell_store(struct uv_shell *shell);
struct vault *uv_shell_vault(struct uv_shell *shell);
struct meetings *uv_shell_meetings(struct uv_shell *shell);
struct net_address uv_shell_address(const struct uv_shell *shell); /* port 0: not listening */

/* Look for every known device now, instead of at the next tick. */
void uv_shell_seek(struct uv_shell *shell);

#endif
