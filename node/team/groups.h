/*
 * node/team/groups.h - bytes as text that people copy by hand: groups of five characters, of which the last one checks (README.md, section 7).
 *
 * Crockford's base 32, so that no character is taken for another one; a mistyped group is named by its number; the last group is a checksum over
 * the whole. Pure.
 */
#ifndef NODE_TEAM_GROUPS_H
#define NODE_TEAM_GROUPS_H

#include "crdt/base/span.h"

enum {
	GROUPS_CHARS = 5,
	GROUPS_MAX = 64,
	GROUPS_DATA_BITS = 20, /* of a group */
	GROUPS_BYTES_MAX = (GROUPS_MAX - 1) * GROUPS_DATA_BITS / 8,
	GROUPS_TEXT_BYTES = GROUPS_MAX * (GROUPS_CHARS + 1), /* with spaces, terminated */
	GROUPS_PREFIX_MAX = 16,
};

/* What the text is of: `domain` goes into the checksum, so that one kind of code is not taken for another; `prefix` stands before the text in a QR code. */
struct groups_kind {
	const char *domain, *prefix;
};

/* How many groups so many bytes take. */
static inline unsigned groups_count(size_t byte_count)
{
	return (unsigned)((byte_count * 8 + GROUPS_DATA_BITS - 1) / GROUPS_DATA_BITS) + 1;
}

/* Write at most GROUPS_BYTES_MAX bytes, terminated: groups separated by spaces (6 bytes a group); or the prefix and then groups without anything between them,
 * all of it in QR's alphanumeric set (the prefix and 5 bytes a group, and 1). */
void groups_text(const struct groups_kind *kind, struct span bytes, char *out);
void groups_qr_text(const struct groups_kind *kind, struct span bytes, char *out);

/* Read either text: any case, spaces and hyphens anywhere between groups, O for 0, I and L for 1. What comes out is as long as the groups allow, with zeros behind what
 * was written, at most GROUPS_BYTES_MAX. `group_count` groups are expected, 0: any number. *group: the number, from 1, of the first group that is wrong, or 0. ERR_CHECKDIGIT: that
 * group was mistyped (0: the whole does not match its checksum). ERR_TRUNCATED, ERR_TOOBIG: too few or too many characters (in that group). ERR_MALFORMED: a character outside
 * the alphabet. */
int groups_read(const struct groups_kind *kind, struct span text, unsigned group_count,
        uint8_t out[GROUPS_BYTES_MAX], size_t *byte_count, unsigned *group);

#endif
