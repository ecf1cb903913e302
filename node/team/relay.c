#include "node/team/relay.h"

#include <ctype.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "node/team/statement.h"

enum { CHECK_BYTES = 4, SIGNED_BYTES = TEAM_RELAY_CODE_BYTES - CHECK_BYTES };

static void check_bytes(const uint8_t code[SIGNED_BYTES], uint8_t out[CHECK_BYTES])
{
	static const char domain[] = "releve relay code 1";
	crypto_generichash_state state;
	uint8_t hash[16];
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
	crypto_generichash_update(&state, code, SIGNED_BYTES);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, CHECK_BYTES);
}

void team_relay_code(
        const struct team_identity *self, const struct team_id *team, char out[TEAM_RELAY_TEXT_BYTES])
{
	struct team_relay relay = {.device = self->device, .keys = self->keys};
	uint8_t code[TEAM_RELAY_CODE_BYTES], *at = code;
	team_statement_relay_sign(relay.newcomer_signature, team, &relay, self->secrets->sign);
	memcpy(at, relay.device.bytes, sizeof(relay.device.bytes));
	memcpy(at += TEAM_KEY_BYTES, relay.keys.handshake, TEAM_KEY_BYTES);
	memcpy(at += TEAM_KEY_BYTES, relay.keys.sealing, TEAM_KEY_BYTES);
	memcpy(at += TEAM_KEY_BYTES, relay.newcomer_signature, TEAM_SIGNATURE_BYTES);
	check_bytes(code, at + TEAM_SIGNATURE_BYTES);
	ids_hex(out, code, sizeof(code));
}

/* The digits without what stands between them. */
static int gather(struct span text, char out[TEAM_RELAY_TEXT_BYTES])
{
	size_t count = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (isspace(text.data[i]))
			continue;
		if (count == TEAM_RELAY_TEXT_BYTES - 1)
			return ERR_TOOBIG;
		out[count++] = (char)tolower(text.data[i]);
	}
	out[count] = '\0';
	return count < TEAM_RELAY_TEXT_BYTES - 1 ? ERR_TRUNCATED : 0;
}

int team_relay_parse(struct span text, const struct team_id *team, struct team_relay *out)
{
	char digits[TEAM_RELAY_TEXT_BYTES];
	uint8_t code[TEAM_RELAY_CODE_BYTES], check[CHECK_BYTES], *at = code;
	int result = gather(text, digits);
	if (result)
		return result;
	if (!ids_from_hex(code, sizeof(code), digits))
		return ERR_MALFORMED;
	check_bytes(code, check);
	if (memcmp(check, code + SIGNED_BYTES, sizeof(check)) != 0)
		return ERR_CHECKDIGIT;
	memcpy(out->device.bytes, at, sizeof(out->device.bytes));
	memcpy(out->keys.handshake, at += TEAM_KEY_BYTES, TEAM_KEY_BYTES);
	memcpy(out->keys.sealing, at += TEAM_KEY_BYTES, TEAM_KEY_BYTES);
	memcpy(out->newcomer_signature, at + TEAM_KEY_BYTES, TEAM_SIGNATURE_BYTES);
	return team_statement_relay_holds(team, out) ? 0 : ERR_DENIED;
}
