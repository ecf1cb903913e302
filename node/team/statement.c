#include "node/team/statement.h"

#include <sodium.h>

#include "crdt/base/wire.h"

static const char ADMIT_DOMAIN[] = "releve admit 1", RELAY_DOMAIN[] = "releve relay 1",
                  COMMITMENT_DOMAIN[] = "releve commitment 1";

enum { STATEMENT_BYTES_MAX = 256 };

struct statement {
	uint8_t bytes[STATEMENT_BYTES_MAX];
	size_t size;
};

static void say(struct statement *statement, const void *bytes, size_t size)
{
	memcpy(statement->bytes + statement->size, bytes, size);
	statement->size += size;
}

static void say_device(
        struct statement *statement, const struct device_id *device, const struct team_keys *keys)
{
	say(statement, device->bytes, sizeof(device->bytes));
	say(statement, keys->handshake, sizeof(keys->handshake));
	say(statement, keys->sealing, sizeof(keys->sealing));
}

static struct statement admit_statement(
        const struct team_id *team, const uint8_t invitation[TEAM_KEY_BYTES], const struct team_admit *admit)
{
	struct statement statement = {.size = 0};
	say(&statement, ADMIT_DOMAIN, sizeof(ADMIT_DOMAIN) - 1);
	say(&statement, team->bytes, sizeof(team->bytes));
	say(&statement, invitation, TEAM_KEY_BYTES);
	say_device(&statement, &admit->device, &admit->keys);
	say(&statement, admit->person.bytes, sizeof(admit->person.bytes));
	say(&statement, &admit->role, 1);
	return statement;
}

static struct statement relay_statement(const struct team_id *team, const struct team_relay *relay)
{
	struct statement statement = {.size = 0};
	say(&statement, RELAY_DOMAIN, sizeof(RELAY_DOMAIN) - 1);
	say(&statement, team->bytes, sizeof(team->bytes));
	say_device(&statement, &relay->device, &relay->keys);
	return statement;
}

static bool signed_by(const struct statement *statement, const uint8_t signature[TEAM_SIGNATURE_BYTES],
        const uint8_t key[TEAM_KEY_BYTES])
{
	return crypto_sign_verify_detached(signature, statement->bytes, statement->size, key) == 0;
}

void team_statement_admit_sign(uint8_t signature[TEAM_SIGNATURE_BYTES], const struct team_id *team,
        const uint8_t invitation[TEAM_KEY_BYTES], const struct team_admit *admit,
        const uint8_t secret_key[64])
{
	struct statement statement = admit_statement(team, invitation, admit);
	crypto_sign_detached(signature, NULL, statement.bytes, statement.size, secret_key);
}

bool team_statement_admit_holds(
        const struct team_id *team, const uint8_t invitation[TEAM_KEY_BYTES], const struct team_admit *admit)
{
	struct statement statement = admit_statement(team, invitation, admit);
	return signed_by(&statement, admit->invitation_signature, invitation) &&
	        signed_by(&statement, admit->newcomer_signature, admit->device.bytes);
}

void team_statement_relay_sign(uint8_t signature[TEAM_SIGNATURE_BYTES], const struct team_id *team,
        const struct team_relay *relay, const uint8_t secret_key[64])
{
	struct statement statement = relay_statement(team, relay);
	crypto_sign_detached(signature, NULL, statement.bytes, statement.size, secret_key);
}

bool team_statement_relay_holds(const struct team_id *team, const struct team_relay *relay)
{
	struct statement statement = relay_statement(team, relay);
	return signed_by(&statement, relay->newcomer_signature, relay->device.bytes);
}

void team_statement_commitment(
        uint8_t out[32], const struct team_id *team, uint8_t purpose, const uint8_t secret[TEAM_KEY_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, (const uint8_t *)COMMITMENT_DOMAIN, sizeof(COMMITMENT_DOMAIN) - 1);
	crypto_generichash_update(&state, team->bytes, sizeof(team->bytes));
	crypto_generichash_update(&state, &purpose, 1);
	crypto_generichash_update(&state, secret, TEAM_KEY_BYTES);
	crypto_generichash_final(&state, out, 32);
	sodium_memzero(&state, sizeof(state));
}
