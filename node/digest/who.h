/*
 * node/digest/who.h - the part that says who the patient is.
 *
 * MessagePack map: 1 the folded text that a list is searched by, 2 names by which it is sorted, 3 birth date (days since 1970), 4 sex, 5 référent (bin 6), 6 archived
 * on (days), 7 what GET /api/patients shows, as JSON; those that are there. All values that live count in 1; of the others the one shown.
 */
#ifndef NODE_DIGEST_WHO_H
#define NODE_DIGEST_WHO_H

#include "node/digest/digest.h"

struct digest_who {
	struct span
	        folded; /* of each value of last, first and birth name and town (node/fold.h), each on a line of its own */
	struct span
	        sorted; /* last name, first name, folded; then as they are written: bytes in the order of the list */
	bool has_birth, is_archived;
	int64_t birth_day, archived_day;
	uint32_t sex; /* as the schema numbers it; 0: not said */
	struct span referent; /* SCHEMA_SHORT_BYTES, or empty */
	struct span shown;
};

void digest_who_make(const struct digest_source *source, struct buf *out);

/* Borrows from `part`. False: nothing is known of who it is. */
bool digest_who_read(struct span part, struct digest_who *out);

#endif
