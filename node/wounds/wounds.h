/*
 * node/wounds/wounds.h - a dossier's wounds, their checks, and how one check compares with another (README.md).
 *
 * Made from facts in any order and the dossier's registers, then a function of them alone. Pure: no clock, no I/O. Hostile facts are fine. Threads: one per
 * object.
 */
#ifndef NODE_WOUNDS_WOUNDS_H
#define NODE_WOUNDS_WOUNDS_H

#include "node/facts.h"

enum {
	WOUNDS_NONE = -1, /* not noted */
	WOUNDS_MOST = 100000, /* of any number that is noted: a hundred metres */
	WOUNDS_CHECK_DAYS = 7, /* an open wound is looked at within */
	WOUNDS_TOLD_DAYS = 30, /* and told for so long */
	WOUNDS_WEEK_FROM = 4,
	WOUNDS_WEEK_TO = 14,
};

struct wounds_check {
	struct fact_head head;
	struct fact_version version;
	struct span wound; /* short id */
	int64_t at_s, day;
	int32_t length, width, depth; /* tenths of a cm; NONE */
	int32_t stage, tissue, exudate, pain; /* as the schema numbers them; NONE */
	struct span photo, note; /* photo: short id */
	bool is_mistaken;
};

struct wounds_wound {
	struct record_id id;
	bool is_open; /* or may be: of several states that live one says so */
	struct span site; /* the one shown */
	uint32_t first, count; /* its checks: places in `order` */
};

/* On which day the index-th check of a wound was. */
struct wounds_seen {
	uint32_t wound;
	int64_t day;
	uint32_t index;
};

struct wounds {
	struct arena arena;
	struct wounds_check *checks;
	uint32_t check_count, check_room;
	struct wounds_wound *wounds; /* ascending by id */
	uint32_t wound_count, wound_room;
	uint32_t order_count;
	uint32_t *order; /* checks that count, by wound, then moment: indices of the versions shown */
	struct wounds_seen *seen; /* the same, ascending */
};

/* Zero-initialized is empty and valid. Add all facts (a fact_taker) and the registers, then derive once. Owner closes. */
void wounds_add(void *wounds, const struct fact *fact);
void wounds_take(struct wounds *wounds, const struct crdt_doc *doc);
void wounds_derive(struct wounds *wounds);
void wounds_close(struct wounds *wounds);

/* The index-th check of a wound, oldest first. */
const struct wounds_check *wounds_check(
        const struct wounds *wounds, const struct wounds_wound *wound, uint32_t index);
/* The check of about a week before that one: its index; NONE. */
int32_t wounds_week_before(const struct wounds *wounds, const struct wounds_wound *wound, uint32_t index);

/* Hundredths of a cm²; NONE. */
int64_t wounds_surface(const struct wounds_check *check);

enum wounds_trend { WOUNDS_SAME, WOUNDS_BETTER, WOUNDS_WORSE, WOUNDS_MIXED };
struct wounds_difference {
	enum wounds_trend trend;
	bool has_surface, has_pain;
	int64_t surface; /* later less earlier, hundredths of a cm² */
	int32_t percent; /* of the earlier one; INT32_MAX when that was 0 */
	int32_t pain;
};
void wounds_compare(
        const struct wounds_check *earlier, const struct wounds_check *later, struct wounds_difference *out);
const char *wounds_trend_name(enum wounds_trend trend); /* "better" */

/* What wants attention of a wound. */
enum wounds_attention { WOUNDS_QUIET, WOUNDS_UNCHECKED, WOUNDS_WORSENING };
/* By its last check, on any day: WORSENING now; UNCHECKED from *from on. QUIET: it is healed, or was never checked. */
enum wounds_attention wounds_attention(
        const struct wounds *wounds, const struct wounds_wound *wound, int64_t *from);

#endif
