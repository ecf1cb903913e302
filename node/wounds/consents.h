/*
 * node/wounds/consents.h - is a consent in force? The last one about a scope holds (node/schema/README.md). Pure.
 */
#ifndef NODE_WOUNDS_CONSENTS_H
#define NODE_WOUNDS_CONSENTS_H

#include "node/facts.h"

enum consents_scope {
	CONSENTS_RECORD = 1,
	CONSENTS_PHOTO = 2,
	CONSENTS_NIGHT_CABINET = 4
}; /* as in the schema */

/* The last word about one scope. Zero-initialized, with `scope` and `day`: nothing was said. */
struct consents_word {
	enum consents_scope scope;
	int64_t day; /* on which it is asked whether one is in force */
	bool is_said, is_in_force;
	struct fact_head head; /* of the consent that says so */
};

/* What a dossier says, laid over what others of the same patient said before: the last one by (clock, operation). Whoever withdraws a consent that her device holds has a later
 * clock than it (crdt/clock.h), whichever of the files each stands in; so of words that were said one after the other the last holds, and of words said apart the one saved later. */
void consents_look(struct consents_word *word, const struct digest_source *source);

/* Of one dossier: the consent that is in force on `day`; false: none is. *out is its id. */
bool consents_in_force(
        const struct digest_source *source, enum consents_scope scope, int64_t day, struct record_id *out);

#endif
