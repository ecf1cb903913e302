/*
 * node/api_work.h - what wants a person's attention on this device, over all documents (work/README.md).
 */
#ifndef NODE_API_WORK_H
#define NODE_API_WORK_H

#include "node/api_node.h"
#include "node/api_patients.h"
#include "node/work/work_list.h"

/* Everything there is today, in order: kept by the interface (api_node.work), and brought up to date by each api_work_gather(). */
struct api_work {
	const struct node *node; /* of which it is */
	struct work_list list;
	uint32_t shown; /* documents: the list's numbers from here on are patients with several files */
	struct patient_groups groups; /* whose the files are */
	uint64_t *marks; /* beside the groups' files: of all that they hold */
	int64_t now_s; /* by the clock on the wall */
	int64_t due_s; /* behind `now_s`: from then on items are other ones, with nothing written and on the same day; INT64_MAX: none */
	struct work_reader reader; /* this device's person; zero: it is nobody's */
	struct feed_id *feeds; /* hers */
	struct api_duplicates duplicates;
};

/* Documents borrowed before are not valid afterwards (node_digest.h). *out borrows until the next call, or api_work_forget(). Errors of the store. */
int api_work_gather(struct api_node *app, struct api_work **out);
void api_work_forget(struct api_node *app);

/* Look at the item of an entry, with its fact. False: it cannot be read. */
bool api_work_look(struct api_node *app, const struct api_work *work, const struct work_entry *entry,
        void (*look)(void *context, const struct work_item *item), void *context);

/* What no document says. */
void api_work_of_team(struct api_node *app, struct api_work *work, struct work_facts *facts);

/* Who came into the team and who left it in the last days (api_moves.c). */
void api_moves_work(struct api_node *app, int32_t today, struct work_facts *facts);
void api_work_due_at(struct api_work *work, int64_t due_s); /* what is not behind `now_s` is passed over */

struct work_later;
/* What was put off on this device. Owner calls work_later_close(). */
void api_work_read_later(struct api_node *app, struct work_later *out);

/* The feeds that this device's person writes, with any of her devices. Owner frees with mem_free(). */
struct feed_id *api_own_feeds(struct api_node *app, uint32_t *count);

/* Who may not write in threads says nowhere that she has read one: this device alone knows that it showed her all of it (practice/README.md, section 3). */
bool api_messages_are_seen(struct api_node *app, const struct crdt_doc *thread);

/* A document with the bodies of its events, as they stand in the log. */
struct digest_source api_digest_source(struct api_node *app, const struct crdt_doc *doc);

/* {"now", "soon", "note": how many of each, "mine": how many of them are this device's person's, "resting": how many besides; put off ones aside}. They are kept until something moves, or time makes
 * others due. null: it cannot be told now. Owner decrefs. */
json_t *api_work_counts(struct api_node *app);

/* After each turn, in which something moved or not: whoever follows is told ("work") when items came, went or are more urgent, at most once a second; also
 * when time alone made them so. */
void api_work_turned(struct api_node *app, bool moved);

#endif
