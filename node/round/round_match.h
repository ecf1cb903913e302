/*
 * node/round/round_match.h - visits that took place, laid over those that were planned (README.md, section 4). Pure.
 */
#ifndef NODE_ROUND_ROUND_MATCH_H
#define NODE_ROUND_ROUND_MATCH_H

#include "node/round/round.h"

enum { ROUND_MATCH_WITHIN_S = 6 * 3600 };

/* One that took place, as corrected. */
struct round_took {
	struct record_id patient; /* whose it is: the first of her files */
	struct record_id dossier, id;
	int64_t start_s, end_s;
	struct round_person nurse;
	bool has_planned;
	struct round_person planned; /* the first bytes of the record's id */
	bool is_laid; /* it was laid over a planned one */
};

/* `took` is put in the order of start and id. Each lies over one at most; several may name the same. */
void round_match(struct round_visits *visits, struct round_took *took, uint32_t count);

#endif
