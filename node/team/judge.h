/*
 * node/team/judge.h - may the author of this header write there? (README.md, section 5)
 *
 * Judged by the state of the team that the entry cites, then by what the whole set says since. Judgements are functions of
 * the header and the set of membership entries, so they change only when membership entries arrive: judge again then.
 */
#ifndef NODE_TEAM_JUDGE_H
#define NODE_TEAM_JUDGE_H

#include "node/team/membership.h"

enum team_verdict {
	TEAM_VERDICT_ACCEPTED = 0,
	TEAM_VERDICT_WAITING = 1, /* something that it names is not here yet */
	TEAM_VERDICT_QUARANTINED = 2, /* kept apart and shown; another nurse can countersign */
	TEAM_VERDICT_REFUSED = 3, /* never within its author's rights */
};

struct team_judgement {
	enum team_verdict verdict;
	int error; /* 0; ERR_GAP; ERR_QUARANTINED; ERR_DENIED or ERR_INVALID */
	enum team_reason reason;
};

/* A history of a feed that has several (store/README.md, "Forks"): what its entries are judged by where a cut names the feed. */
struct team_branch {
	/* What it is called, then what the parts before it are, back to the feed; NULL: there are no more. */
	const struct feed_id *(*part)(void *context, uint32_t index);
	bool (*passes)(
	        void *context, uint64_t seq, const struct entry_hash *hash); /* does it have this entry? */
	void *context;
};

/* Judge a header whose signature and chain were verified. `previous_cited` is the membership entry cited by the entry before
 * it in its feed; NULL for the first. Headers in `membership` must have been added before (else WAITING). */
struct team_judgement team_judge(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author,
        const struct entry_hash *previous_cited);

/* The same for an entry of a branch; NULL: of none. */
struct team_judgement team_judge_branch(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author,
        const struct entry_hash *previous_cited, const struct team_branch *branch);

/* Did its author get this role before this entry, without knowing at the state cited? For what the new role may write, but with less weight. */
bool team_judge_after_role(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, const struct team_branch *branch,
        uint8_t role);

#endif
