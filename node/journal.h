/*
 * node/journal.h - the program's log: one line per event, key=value, to standard error or a file.
 *
 *   2026-11-22T14:05:09.120Z info peer.level device=3f09ab12 missing=0
 *   2026-11-22T14:05:09.120Z info peer.level team=sud device=3f09ab12 missing=0
 *
 * Never patients' data, names or secrets: identifiers are cut to eight digits, everything else is numbers and names of
 * our own tables. Threads: the owner's.
 */
#ifndef NODE_JOURNAL_H
#define NODE_JOURNAL_H

#include <stdio.h>

#include "crdt/base/env.h"

enum journal_level { JOURNAL_INFO, JOURNAL_WARN, JOURNAL_ERROR };

enum { JOURNAL_ID_BYTES = 9 };

struct journal {
	FILE *file; /* borrowed; NULL: nothing is written */
	const struct env *env;
	const char *
	        team; /* of several in this program, as its directory is called; NULL: none is named. Borrowed */
};

/* `format` gives "key=value key=value", without line feed; NULL for none. */
__attribute__((format(printf, 4, 5))) void journal_write(
        struct journal *journal, enum journal_level level, const char *event, const char *format, ...);

/* The first eight digits of an identifier. */
const char *journal_id(char out[JOURNAL_ID_BYTES], const uint8_t *id);

#endif
