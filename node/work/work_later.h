/*
 * node/work/work_later.h - "not before": what somebody does not want to see until a day, on this device alone (README.md, section 4).
 *
 * Pure. Days since 1970-01-01.
 */
#ifndef NODE_WORK_WORK_LATER_H
#define NODE_WORK_WORK_LATER_H

#include "node/work/work.h"

enum {
	WORK_LATER_MAX = 1000, /* of a team's device; those whose day comes first give way */
	WORK_LATER_DAYS_MAX = 31,
	WORK_LATER_DAYS_URGENT_MAX = 1,
};

struct work_later_row {
	uint8_t id[WORK_ID_BYTES];
	enum work_urgency urgency; /* as it was then */
	int32_t until; /* the day on which it comes back */
};

/* Zero-initialized is empty; owner calls work_later_close(). */
struct work_later {
	struct work_later_row *rows;
	uint32_t count, capacity;
};

void work_later_close(struct work_later *later);

/* From the bytes of the row. What makes no sense, or is of a later version, is as if nothing had been put off. */
void work_later_read(struct span bytes, struct work_later *out);
void work_later_write(const struct work_later *later, struct buf *out);

/* The day on which the item comes back; WORK_NO_DAY: it is to be seen today. */
int32_t work_later_until(const struct work_later *later, const struct work_item *item, int32_t today);

/* Put an item off until a day; `until` not after `today`: it is to be seen again. ERR_INVALID: later than may be. Rows whose day has come go. */
int work_later_put(struct work_later *later, const struct work_item *item, int32_t until, int32_t today);

#endif
