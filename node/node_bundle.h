/*
 * node/node_bundle.h - everything that sessions carry, in a file: written for colleagues, taken in, and a newcomer's request (README.md, "Bundles";
 * the bytes: node/keyring/README.md, section 8).
 *
 * Pure: bytes out and in, piece by piece; the files are node/uv_bundle.h's. Between two steps the node may go on; when it is opened again, or node_take_news() says
 * `reloaded`, what is under way has to be given up.
 *
 * Threads: one.
 */
#ifndef NODE_NODE_BUNDLE_H
#define NODE_NODE_BUNDLE_H

#include "node/joining.h"

enum {
	/* The largest frame, its volume's other parts and the header always fit. */
	NODE_BUNDLE_VOLUME_BYTES_MIN = 4 * 1024 * 1024,
	/* What one step writes, about: milliseconds of work. */
	NODE_BUNDLE_STEP_BYTES = 1024 * 1024,
	NODE_BUNDLE_SERIES_BYTES = 16,
};

/* What stands at the beginning of each volume. */
struct node_bundle_about {
	struct team_id team;
	struct device_id by;
	uint8_t series[NODE_BUNDLE_SERIES_BYTES]; /* the same in all volumes of one export */
	uint64_t volume; /* from 1 */
	uint64_t made_ms; /* its maker's clock */
	bool for_one; /* not for everybody: for this person's devices */
	struct person_id person;
};

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

struct node_export_wish {
	bool whole; /* also what everybody it is for is known to have */
	const struct person_id *person; /* for this person's devices alone; NULL: for all */
	uint64_t volume_bytes; /* of one file at most, not under NODE_BUNDLE_VOLUME_BYTES_MIN; 0: no limit */
};

struct node_export_counts {
	uint64_t entries, entries_expected, bytes;
	uint32_t devices; /* that it is for, this one aside */
	uint32_t invitations; /* whose holders can ask to join by it */
	uint64_t volumes;
};

struct node_export;

/* Colleagues leave out what this device has by its own word: sign that, unless it stands so already. It goes with the next commit, which the caller awaits. */
int node_export_prepare(struct node *node);

/* Of what is committed. ERR_NOTEAM; ERR_BUSY: a dossier is being erased; ERR_NOTFOUND: there is nobody that it would be for; ERR_INVALID: volume_bytes. */
int node_export_new(struct node *node, const struct node_export_wish *wish, struct node_export **out);
void node_export_free(struct node_export *exporting); /* NULL is allowed */

/* Append the next bytes. NODE_EXPORT_MORE; NODE_EXPORT_VOLUME: this volume is complete, another one follows; 0: it is, and it was the last. ERR_BUSY: a dossier is being
 * erased now. Errors of the store. */
enum { NODE_EXPORT_MORE = 1, NODE_EXPORT_VOLUME = 2 };
int node_export_step(struct node_export *exporting, struct buf *out);
struct node_export_counts node_export_counts(const struct node_export *exporting);
const struct node_bundle_about *node_export_about(const struct node_export *exporting);

/* All of it at once, appended, in one volume: for tests and the simulator. `wish` NULL: what colleagues lack. */
int node_export(struct node *node, const struct node_export_wish *wish, struct buf *out, uint64_t *entries);

/* ---- Taking in -------------------------------------------------------------------------------------------------- */

struct node_taken {
	uint64_t bytes;
	uint32_t entries; /* that were new */
	uint32_t refused; /* runs and rows that were not believed */
	uint32_t early; /* runs that follow others that are neither here nor came before them in the file */
	uint32_t
	        waiting; /* runs in memory that wait for what others' feeds hold; lost at the end of the program */
	bool again; /* it told of a feed with two histories: taken in once more after this is durable, it brings what is of the other one */
	bool ended; /* its end is there */
	bool is_signed; /* ended, and all of it is as a device of the team made it (`about.by`) */
	uint32_t damaged; /* chunks that did not open */
	uint64_t damaged_at; /* where the first of them begins */
	bool has_about;
	struct node_bundle_about about;
	uint64_t volumes; /* of the export, as far as this is its last one; 0: it is not */
	bool full; /* this device has no room for others' entries */
	/* A request to join. */
	bool asks;
	int admitted; /* 0, JOINING_AGAIN, or why not */
	struct device_id newcomer;
	bool has_joined; /* this device came into the team by this file */
};

struct node_taking;

struct node_taking *node_taking_new(struct node *node);
void node_taking_free(struct node_taking *taking); /* NULL is allowed */

/* The next bytes of the file. What opens is treated as a peer's: it is durable with the next commits, which the caller awaits before it brings much more. ERR_DENIED: not for this
 * device (node_taking_is_ours() says whether it is of this team); ERR_MALFORMED: no such file, or of a maker that does not follow the format; ERR_VERSION. Then nothing more is taken. */
int node_taking_feed(struct node_taking *taking, struct span bytes);
bool node_taking_is_ours(const struct node_taking *taking);
bool node_taking_is_older(const struct node_taking *taking); /* with ERR_VERSION: of an earlier version */

/* The file is over. ERR_MALFORMED: it was none. What came is in *taken, also after an error. */
int node_taking_end(struct node_taking *taking, struct node_taken *taken);
/* So far. */
const struct node_taken *node_taking_so_far(const struct node_taking *taking);

int node_take_in(struct node *node, struct span file, struct node_taken *taken); /* all of it at once */

/* Who made the file that begins with these bytes, header and first chunk? ERR_DENIED: not for this device. */
enum { NODE_BUNDLE_BEGIN_BYTES = 96 * 1024 };
int node_bundle_peek(struct node *node, struct span begin, struct node_bundle_about *out);

/* ---- A newcomer's request --------------------------------------------------------------------------------------- */

/* Of which team is this invitation, by a file with this beginning? ERR_DENIED: it does not say. */
int node_bundle_team(struct span begin, const struct team_invitation *invitation, struct team_id *team);

/* Append a whole file that asks a device of `team` to let this one in; what is taken in later may then be this team's, from when that is durable. ERR_EXISTS: this device is in another team. */
int node_request_join(struct node *node, const struct team_id *team, const struct team_invitation *invitation,
        const struct person_id *person, struct span name, node_done done, void *context, struct buf *out);

#endif
