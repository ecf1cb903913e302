/*
 * crdt/base/err.h - the one table of errors.
 *
 * A function returns 0 for success, a negative ERR_* for failure (passed up unchanged), or a positive outcome that
 * its own comment names. Codes are never reused or renumbered: they appear in logs, exit codes and the JSON interface.
 * Sentences are for people; they say what was wrong and never contain data.
 */
#ifndef CRDT_BASE_ERR_H
#define CRDT_BASE_ERR_H

#define ERR_TABLE(X) \
	X(1, MALFORMED, "The data is not in the expected format.") \
	X(2, TRUNCATED, "The data ends too early.") \
	X(3, TOOBIG, "The data is larger than the limit.") \
	X(4, FULL, "A limit has been reached.") \
	X(5, NOTFOUND, "There is no such thing here.") \
	X(6, EXISTS, "It exists already.") \
	X(7, DENIED, "This device or person is not allowed to do that.") \
	X(8, BADSIG, "A signature does not match.") \
	X(9, BADSEAL, "The data was altered, or the key is not the right one.") \
	X(10, FORK, "Two different histories claim the same place.") \
	X(11, GAP, "Something that comes before this is still missing.") \
	X(12, STALE, \
	        "This copy of the database is older than what this device wrote before; try again in a " \
	        "moment.") \
	X(13, VERSION, "This was written by a version that this program does not understand: update it.") \
	X(14, IO, "The disk reported an error.") \
	X(15, NOSPACE, \
	        "There is no room left on the disk: this was not saved. Make room, then do it again.") \
	X(16, BUSY, "It is in use at this moment, here or by another program: try again.") \
	X(17, UNCERTAIN, \
	        "It is not known whether the last write reached the disk: look before you do it again.") \
	X(18, CORRUPT, "The database contains damaged data: have it checked (releve fsck).") \
	X(19, CANCELLED, "It was cancelled.") \
	X(20, TIMEOUT, "It took too long: try again.") \
	X(21, CLOSED, "The other side closed the connection.") \
	X(22, EXPIRED, "It has expired.") \
	X(23, USED, "It was used before.") \
	X(24, CHECKDIGIT, "A check digit does not match: it was mistyped.") \
	X(25, USAGE, "The command was not understood.") \
	X(26, INVALID, "A value is not allowed here.") \
	X(27, LOCKED, "The database is locked.") \
	X(28, PASSPHRASE, "The passphrase is not the right one.") \
	X(29, CONFLICT, "Somebody else changed this at the same time: look again, then decide.") \
	X(30, NOTEAM, "This device belongs to no team yet: found one, or join a colleague's.") \
	X(31, NETWORK, "The network reported an error: is this machine connected?") \
	X(32, UNSUPPORTED, "This is not supported here.") \
	X(33, QUARANTINED, "The entry is kept apart until another nurse countersigns it.") \
	X(34, INTERNAL, "The program contradicts itself; please report this.") \
	X(35, UNVERIFIED, \
	        "What is shown here is an early copy that is not verified yet: it can be read and added " \
	        "to, and changed " \
	        "once the rest has come. Nothing was saved.")

enum err_code {
	ERR_NONE = 0,
#define ERR_ENUM(number, name, sentence) ERR_##name = -(number),
	ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

/* "MALFORMED" for ERR_MALFORMED; "OK" for 0; "UNKNOWN" for anything that is not in the table. Static text. */
const char *err_name(int code);

/* The sentence for people. Static text, never NULL. */
const char *err_sentence(int code);

#endif
