/*
 * node/passphrase.h - what can be said of a passphrase without asking anybody, and how often one may be tried.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_PASSPHRASE_H
#define NODE_PASSPHRASE_H

#include <stdint.h>

#include "crdt/base/span.h"

/* A rough measure: how long it is, how many different characters and words it has. No list of known passphrases stands behind it. */
enum passphrase_strength { PASSPHRASE_WEAK, PASSPHRASE_FAIR, PASSPHRASE_GOOD };
enum passphrase_strength passphrase_strength(struct span passphrase);
const char *passphrase_strength_name(enum passphrase_strength strength); /* "weak" */

/* What to do about it, for people; NULL when it is good. Static text. */
const char *passphrase_hint(enum passphrase_strength strength);

/* Wrong tries in a row, and until when no other is taken. Zero-initialized is none. Each try also costs what the key file says. */
struct passphrase_tries {
	uint32_t wrong;
	uint64_t until_ms; /* env_monotonic_ms() */
};

/* How long the next try has to wait; 0: it may be made now. */
uint64_t passphrase_wait_ms(const struct passphrase_tries *tries, uint64_t now_ms);

/* After three wrong ones the wait doubles with each, from one second to five minutes. */
void passphrase_tried(struct passphrase_tries *tries, uint64_t now_ms, int result);

#endif
