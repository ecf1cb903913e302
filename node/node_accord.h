/*
 * node/node_accord.h - what devices sign at a meeting (README.md, "Meetings"; node/keyring/accord.h), and how good this device's clock is.
 *
 * Threads: one.
 */
#ifndef NODE_NODE_ACCORD_H
#define NODE_NODE_ACCORD_H

#include "crdt/frontier.h"
#include "node/keyring/accord.h"
#include "node/node.h"

enum { NODE_ROW_ACCORD = 6, NODE_CLOCK_OFF_MS = 2 * 60 * 1000 };

/* Does the device sign: an active person's, within its dates, that holds every record? NULL is allowed. */
bool node_signs(const struct node *node, const struct team_device *device);

/* The last accord of a device; NULL: none is here. Borrowed until the next call into the node. */
const struct accord *node_accord_of(const struct node *node, const struct device_id *device);
uint64_t node_accords_mark(const struct node *node); /* moves with each that comes */

/* Sign what is on the disk, being with those (ascending, at most LIMIT_TEAM_DEVICES_ACTIVE). `is_first`: of a meeting. ERR_BUSY: not now, what is here moves
 * by it first. ERR_DENIED: it does not know of its own admission. */
int node_sign_accord(struct node *node, const struct accord_present *present, uint32_t count, bool is_first);
/* Is what is on the disk here what was signed, in every compartment that both have? */
bool node_accord_holds(struct node *node, const struct accord *accord);
/* Our last one as a row of replicated state, appended; nothing when there is none. */
void node_own_accord(struct node *node, struct buf *row);

/* What was here at the last meeting; while one is under way (this device signed in it), at the one before. *ms: when; 0: never. */
const struct crdt_frontier *node_last_meeting(const struct node *node, bool is_under_way, uint64_t *ms);

/* enum clock_grade, for what is written now; the clocks were compared now: from here on jumps are noticed. */
uint8_t node_clock_grade(const struct node *node);
void node_clock_compared(struct node *node);
int64_t node_clock_moved_ms(const struct node *node); /* by how much it was set since; 0: not compared yet */

#endif
