/*
 * node/api_work.h - what wants a person's attention on this device, over all documents (work/README.md).
 */
#ifndef NODE_API_WORK_H
#define NODE_API_WORK_H

#include "node/api_node.h"
#include "node/patient/links.h"
#include "node/work/work.h"

/* Everything there is today, in order. Owner calls api_work_close(), also after an error. */
struct api_work {
	struct work_facts **facts; /* of each document that has some; of none: the last ones */
	uint32_t facts_count, facts_capacity;
	struct work_items items;
	struct patient_groups groups; /* whose the files are */
	int64_t now_s; /* by the clock on the wall, */
	int32_t today; /* and its day in Paris */
	int64_t due_s; /* behind `now_s`: from then on items are other ones, with nothing written and on the same day; INT64_MAX: none */
	struct work_reader reader; /* this device's person; zero: it is nobody's */
	struct feed_id *feeds; /* hers */
};

/* Documents borrowed before are not valid afterwards (node_digest.h). Errors of the store. */
int api_work_gather(struct api_node *app, struct api_work *out);

/* Who came into the team and who left it in the last days (api_moves.c). */
void api_moves_work(struct api_node *app, int32_t today, struct work_facts *facts);
void api_work_close(struct api_work *work);
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

/* The item that a path names by its id, or the first 4 or more digits of it. NULL: there is none, or several; replied. */
const struct work_item *api_work_item_or_reply(
        struct api_call *call, const struct api_work *work, const char *text);

#endif
