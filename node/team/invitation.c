#include "node/team/invitation.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/team/groups.h"
#include "node/team/roles.h"

static const char PSK_DOMAIN[] = "releve pairing psk 1", HINT_DOMAIN[] = "releve invitation hint 1";
static const struct groups_kind KIND = {"releve invitation checksum 1", "RELEVE:"};

enum {
	VERSION = 1,
	PAYLOAD_BYTES = 1 + 32 + 4 + TEAM_INVITATION_TEAM_HINT_BYTES, /* 40 bytes: 64 characters, 16 groups */
	MINUTE_MS = 60000,
};

/* --- Payload: version and role, seed, minutes until expiry, team hint ---------------------------------------------------- */

static void write_payload(const struct team_invitation *invitation, uint8_t out[PAYLOAD_BYTES])
{
	uint32_t minutes = (uint32_t)(invitation->expires_ms / MINUTE_MS);
	out[0] = (uint8_t)(VERSION << 4 | invitation->role);
	memcpy(out + 1, invitation->seed, 32);
	for (unsigned i = 0; i < 4; i++)
		out[33 + i] = (uint8_t)(minutes >> (8 * i));
	memcpy(out + 37, invitation->team_hint, TEAM_INVITATION_TEAM_HINT_BYTES);
}

static int read_payload(const uint8_t bytes[PAYLOAD_BYTES], struct team_invitation *out)
{
	uint32_t minutes = 0;
	if (bytes[0] >> 4 != VERSION)
		return ERR_VERSION;
	if (!team_role_invitable(bytes[0] & 15))
		return ERR_INVALID;
	for (unsigned i = 0; i < 4; i++)
		minutes |= (uint32_t)bytes[33 + i] << (8 * i);
	out->role = bytes[0] & 15;
	memcpy(out->seed, bytes + 1, 32);
	out->expires_ms = (uint64_t)minutes * MINUTE_MS;
	memcpy(out->team_hint, bytes + 37, TEAM_INVITATION_TEAM_HINT_BYTES);
	return 0;
}

/* --- Text ---------------------------------------------------------------------------------------------------------------- */

void team_invitation_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_TEXT_BYTES])
{
	uint8_t payload[PAYLOAD_BYTES];
	write_payload(invitation, payload);
	groups_text(&KIND, span_of(payload, sizeof(payload)), out);
	sodium_memzero(payload, sizeof(payload));
}

void team_invitation_qr_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_QR_BYTES])
{
	uint8_t payload[PAYLOAD_BYTES];
	write_payload(invitation, payload);
	groups_qr_text(&KIND, span_of(payload, sizeof(payload)), out);
	sodium_memzero(payload, sizeof(payload));
}

int team_invitation_parse(struct span text, struct team_invitation *out, unsigned *group)
{
	uint8_t payload[GROUPS_BYTES_MAX];
	unsigned wrong = 0;
	size_t size;
	int error = groups_read(&KIND, text, TEAM_INVITATION_GROUPS, payload, &size, &wrong);
	if (!error)
		error = read_payload(payload, out);
	if (group)
		*group = error ? wrong : 0;
	sodium_memzero(payload, sizeof(payload));
	return error;
}

/* --- Secrets --------------------------------------------------------------------------------------------------------------- */

int team_invitation_make(struct team_invitation *out, const struct env *env, const struct team_id *team,
        uint8_t role, uint64_t expires_ms)
{
	if (!team_role_invitable(role) || expires_ms / MINUTE_MS > UINT32_MAX)
		return ERR_INVALID;
	env_random_bytes(env, out->seed, sizeof(out->seed));
	out->role = role;
	out->expires_ms = expires_ms / MINUTE_MS * MINUTE_MS;
	memcpy(out->team_hint, team->bytes, sizeof(out->team_hint));
	return 0;
}

void team_invitation_wipe(struct team_invitation *invitation)
{
	mem_wipe(invitation, sizeof(*invitation));
}

void team_invitation_keys(
        const struct team_invitation *invitation, uint8_t public_key[32], uint8_t secret_key[64])
{
	crypto_sign_seed_keypair(public_key, secret_key, invitation->seed);
}

void team_invitation_psk(const struct team_invitation *invitation, uint8_t psk[32])
{
	crypto_generichash(psk, 32, (const uint8_t *)PSK_DOMAIN, sizeof(PSK_DOMAIN) - 1, invitation->seed,
	        sizeof(invitation->seed));
}

void team_invitation_hint(const uint8_t public_key[32], uint8_t hint[TEAM_INVITATION_HINT_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, TEAM_INVITATION_HINT_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)HINT_DOMAIN, sizeof(HINT_DOMAIN) - 1);
	crypto_generichash_update(&state, public_key, 32);
	crypto_generichash_final(&state, hint, TEAM_INVITATION_HINT_BYTES);
}

/* The nonce of a sealed box, as libsodium's crypto_box_seal makes it. */
static void seal_nonce(
        uint8_t nonce[crypto_box_NONCEBYTES], const uint8_t ephemeral[32], const uint8_t recipient[32])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
	crypto_generichash_update(&state, ephemeral, 32);
	crypto_generichash_update(&state, recipient, 32);
	crypto_generichash_final(&state, nonce, crypto_box_NONCEBYTES);
}

int team_invitation_seal(uint8_t box[TEAM_PSK_BOX_BYTES], const struct env *env, const uint8_t public_key[32],
        const uint8_t psk[32], const uint8_t recipient[32])
{
	uint8_t plain[64], secret[32], nonce[crypto_box_NONCEBYTES];
	memcpy(plain, public_key, 32);
	memcpy(plain + 32, psk, 32);
	env_random_bytes(env, secret, sizeof(secret));
	crypto_scalarmult_base(box, secret);
	seal_nonce(nonce, box, recipient);
	/* Who has no usable key gets what nobody opens. */
	if (crypto_box_easy(box + 32, plain, sizeof(plain), nonce, recipient, secret))
		env_random_bytes(env, box + 32, TEAM_PSK_BOX_BYTES - 32);
	mem_wipe(plain, sizeof(plain));
	mem_wipe(secret, sizeof(secret));
	return 0;
}

int team_invitation_open(uint8_t psk[32], const uint8_t box[TEAM_PSK_BOX_BYTES], const uint8_t public_key[32],
        const uint8_t own_public[32], const uint8_t own_secret[32])
{
	uint8_t plain[64];
	int error = 0;
	if (crypto_box_seal_open(plain, box, TEAM_PSK_BOX_BYTES, own_public, own_secret) != 0 ||
	        sodium_memcmp(plain, public_key, 32) != 0)
		error = ERR_BADSEAL;
	else
		memcpy(psk, plain + 32, 32);
	mem_wipe(plain, sizeof(plain));
	return error;
}
