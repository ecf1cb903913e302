/*
 * node/team/reason.h - why a membership entry is refused or has no power, or an entry of another compartment is kept apart or refused.
 *
 * Numbers appear in logs and in the JSON interface: append, never renumber.
 */
#ifndef NODE_TEAM_REASON_H
#define NODE_TEAM_REASON_H

#define TEAM_REASON_TABLE(X) \
	X(0, NONE, "Nothing is wrong.") \
	X(1, UNKNOWN_STATE, "It cites a state of the team that is not here yet.") \
	X(2, UNKNOWN_DEVICE, "Its device was never admitted to this team.") \
	X(3, UNKNOWN_ACTION, "It was written by a newer version, and has no effect here.") \
	X(4, NOT_ACTIVE, "Its device was not active at the state that it cites.") \
	X(5, NOT_ALLOWED, "Its author's role does not allow this.") \
	X(6, NOT_MANAGER, "Its author was not a manager at the state that it cites.") \
	X(7, BACKDATED, "It cites an older state than its predecessor did.") \
	X(8, BEYOND_CUT, "Its device was removed before this was known.") \
	X(9, PENDING, "Its device waits for a nurse to choose between two admissions.") \
	X(10, ADMISSION_VOID, "What gave its author this right is void.") \
	X(11, RIGHTS_DATES, "It was written outside the dates of its author's rights.") \
	X(12, WRONG_PLACE, "This kind of entry does not belong in this part of the log.") \
	X(13, NOT_SEALED, "It should be sealed under a key epoch, and is not.") \
	X(14, UNKNOWN_EPOCH, "Its key epoch is not here yet.") \
	X(15, BAD_EPOCH, "Its key epoch is not a valid one for this part of the log.") \
	X(16, NO_SUCH_THING, "It speaks of something that does not exist at the state that it cites.") \
	X(17, INVITATION_CLOSED, "The invitation was used or revoked.") \
	X(18, BAD_SIGNATURE, "A signature inside it does not match.") \
	X(19, WRONG_ROLE, "The role is not the one that was agreed.") \
	X(20, EXISTS_ALREADY, "It was there already.") \
	X(21, SAME_PERSON, "It needs the signature of another person.") \
	X(22, WRONG_RECIPIENTS, "Its recipients are not those entitled to the key.") \
	X(23, BAD_PARENTS, "The earlier keys that it names are not the right ones.") \
	X(24, STALE_FENCE, "Its number is not the one after the greatest earlier one.") \
	X(25, REMOVED_CONCURRENTLY, "Its author was removed at the same time.") \
	X(26, TEAM_FULL, "The team has as many devices as it can have.") \
	X(27, MALFORMED, "Its bytes are not those of such an entry.") \
	X(28, TOO_BIG, "It is longer than such an entry may be.") \
	X(29, NEWER_VERSION, "It was written by a newer version, and cannot be read here.") \
	X(30, FORGED, "It is not what its device signed.") \
	X(31, CONTRADICTION, "It contradicts the entries that it builds on.") \
	X(32, NO_ROOM, "There is no room for more.") \
	X(33, CLOCK_AHEAD, "Its counter is too far ahead.") \
	X(34, TOO_MANY_FEEDS, "Its device has begun more feeds than there is room for.")

enum team_reason {
#define TEAM_REASON_ENUM(number, name, sentence) TEAM_REASON_##name = (number),
	TEAM_REASON_TABLE(TEAM_REASON_ENUM)
#undef TEAM_REASON_ENUM
};

/* For arrays with one place per reason. */
enum {
#define TEAM_REASON_ONE(number, name, sentence) +1
	TEAM_REASON_COUNT = 0 TEAM_REASON_TABLE(TEAM_REASON_ONE)
#undef TEAM_REASON_ONE
};

/* "BEYOND_CUT"; the sentence for people. Static text, never NULL. */
const char *team_reason_name(enum team_reason reason);
const char *team_reason_sentence(enum team_reason reason);

#endif
