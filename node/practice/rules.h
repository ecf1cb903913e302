/*
 * node/practice/rules.h - the charter and the rules of a team: which version of a text each person signed (README.md, section 2).
 *
 * A function of the document: the same on every device. Pure.
 */
#ifndef NODE_PRACTICE_RULES_H
#define NODE_PRACTICE_RULES_H

#include "node/work/work.h"

enum { RULES_DIGEST_BYTES = 32, RULES_SIGNATURES_MAX = 500 /* of one text, the newest ones */ };

/* What a text is now, as a signature names it. */
void rules_digest(
        const struct crdt_doc *doc, const struct record_id *rule, uint8_t digest[RULES_DIGEST_BYTES]);

struct rules_signature {
	struct record_id id;
	struct op_id op; /* its feed and sequence: where the text stood then */
	uint64_t hlc;
	int64_t at_s;
	bool has_digest;
	uint8_t digest[RULES_DIGEST_BYTES];
	bool is_current; /* of the text as it is now */
	uint32_t version; /* from 1, by the first signature of each digest; 0: not known */
};

/* The signatures of a text, oldest first. Owner frees with mem_free(). `current` is the number of the version that stands now; 0: nobody has signed it. */
struct rules_signature *rules_signatures(const struct digest_source *document, const struct record_id *rule,
        uint32_t *count, uint32_t *current);

/* Does the text hold, as far as it says so: what several say apart counts as holding. */
bool rules_holds(const struct crdt_doc *doc, const struct record_id *rule);

/* The source "ruleToSign" (work.h). */
void rules_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
