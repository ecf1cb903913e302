/*
 * tests/unit/noise_suites.h - what the public vectors need beyond production: every pattern, and two more hashes.
 */
#ifndef TESTS_UNIT_NOISE_SUITES_H
#define TESTS_UNIT_NOISE_SUITES_H

#include "net/noise.h"

/* A pattern built from its name, with the messages that its PSK modifiers changed. */
struct noise_suite {
	struct net_noise_pattern pattern;
	const struct net_noise_hash *hash;
	char name[16];
	char messages[NET_NOISE_MESSAGES_MAX][32];
};

/* Read "Noise_XXpsk3_25519_ChaChaPoly_SHA256". False: not a suite we know. `suite` must not move afterwards. */
bool noise_suite_parse(struct noise_suite *suite, const char *protocol_name);

#endif
