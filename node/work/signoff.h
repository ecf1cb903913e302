/*
 * node/work/signoff.h - sign-offs of a dossier: who said that the file was reviewed, and at which state of it (README.md, section 5).
 *
 * A sign-off names the frontier of the document that its author saw. So whoever reads it can tell what came later, also what was written before and arrived only
 * then. A function of the document: the same on every device. Pure.
 */
#ifndef NODE_WORK_SIGNOFF_H
#define NODE_WORK_SIGNOFF_H

#include "crdt/frontier.h"
#include "node/work/work.h"

enum {
	SIGNOFF_FEEDS_MAX = 400, /* of one dossier: 40 devices, each of which began again nine times */
	SIGNOFF_SHOWN_MAX = 50, /* of one dossier, the newest first */
};

struct signoff {
	struct record_id id;
	struct op_id op;
	uint64_t hlc;
	int64_t at_s; /* as its author says */
	struct span note; /* borrowed from the caller's arena */
	struct crdt_frontier seen;
	bool is_replaced; /* somebody who saw it signed again */
	bool has_changed; /* something stands in the document that its author had not seen, other sign-offs aside */
	uint32_t conflicts_since; /* open safety conflicts of which its author had not seen every value */
	uint32_t conflicts_seen; /* of which she had seen all: no honest program signs so */
};

/* Newest first. Zero-initialized is empty; owner calls signoffs_close(). */
struct signoffs {
	struct arena arena;
	struct signoff items[SIGNOFF_SHOWN_MAX];
	uint32_t count;
};

void signoffs_of(const struct digest_source *document, struct signoffs *out);
void signoffs_close(struct signoffs *signoffs);

/* Was not every value of this open conflict there when it was signed? */
bool signoff_before(const struct signoff *signoff, const struct crdt_values *values);

/* The frontier as the field "state" has it: varint n, n × (feed 32, varint sequence), ascending. ERR_TOOBIG: of too many feeds. */
int signoff_state_put(const struct crdt_frontier *frontier, struct buf *out);
/* Hostile bytes are fine. False: it is none; `out` is empty. */
bool signoff_state_get(struct span bytes, struct crdt_frontier *out);

/* The source "signOffOvertaken" (work.h). */
void signoff_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
