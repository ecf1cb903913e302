/*
 * tests/lib/key_people.h - a few devices with signing and sealing keys, from a seed.
 */
#ifndef TESTS_LIB_KEY_PEOPLE_H
#define TESTS_LIB_KEY_PEOPLE_H

#include <sodium.h>

#include "node/keyring/key_table.h"
#include "tests/lib/seeded.h"

struct key_person {
	struct key_signer signer;
	uint8_t sign_secret[64];
	struct seal_public open;
	struct seal_secret secret;
	struct key_table *table;
};

static inline void key_person_init(
        struct key_person *person, struct seeded *seeded, const struct team_id *team)
{
	uint8_t seed[32];
	rng_bytes(&seeded->rng, seed, sizeof(seed));
	crypto_sign_seed_keypair(person->signer.device.bytes, person->sign_secret, seed);
	person->signer.team = *team;
	person->signer.secret_key = person->sign_secret;
	rng_bytes(&seeded->rng, seed, sizeof(seed));
	crypto_box_seed_keypair(person->open.bytes, person->secret.bytes, seed);
	person->table = key_table_new(team, &person->signer.device, &person->open, &person->secret);
}

#endif
