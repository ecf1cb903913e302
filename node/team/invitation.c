#include "node/team/invitation.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/team/groups.h"
#include "node/team/roles.h"

static const char PSK_DOMAIN[] = "releve pairing psk 1", HINT_DOMAIN[] = "releve invitation hint 1",
                  SEED_DOMAIN[] = "releve invitation seed 2";
static const struct groups_kind KIND = {"releve invitation checksum 1", "RELEVE:"};

enum {
	VERSION_1 = 1,
	VERSION = 2,
	PAYLOAD_BYTES = 40, /* 64 characters, 16 groups */
	MINUTE_MS = 60000,
};

_Static_assert(1 + 32 + 4 + TEAM_INVITATION_TEAM_BYTES_1 == PAYLOAD_BYTES, "version 1");
_Static_assert(
        1 + TEAM_INVITATION_SECRET_BYTES + 4 + TEAM_INVITATION_TEAM_BYTES == PAYLOAD_BYTES, "version 2");

/* --- Payload: version and role, seed or secret, minutes until expiry, the team --------------------------------------------- */

/* Where the parts stand. */
struct payload {
	uint8_t *secret, *minutes, *team;
	size_t secret_bytes, team_bytes;
};

static struct payload parts_of(const struct team_invitation *invitation, uint8_t bytes[PAYLOAD_BYTES])
{
	const bool is_old = invitation->version == VERSION_1;
	const size_t secret_bytes = is_old ? sizeof(invitation->seed) : sizeof(invitation->secret);
	return (struct payload){bytes + 1, bytes + 1 + secret_bytes, bytes + 1 + secret_bytes + 4,
	        secret_bytes, is_old ? TEAM_INVITATION_TEAM_BYTES_1 : TEAM_INVITATION_TEAM_BYTES};
}

static void write_payload(const struct team_invitation *invitation, uint8_t out[PAYLOAD_BYTES])
{
	const uint32_t minutes = (uint32_t)(invitation->expires_ms / MINUTE_MS);
	const struct payload parts = parts_of(invitation, out);
	out[0] = (uint8_t)(invitation->version << 4 | invitation->role);
	memcpy(parts.secret, invitation->version == VERSION_1 ? invitation->seed : invitation->secret,
	        parts.secret_bytes);
	for (unsigned i = 0; i < 4; i++)
		parts.minutes[i] = (uint8_t)(minutes >> (8 * i));
	memcpy(parts.team, invitation->team, parts.team_bytes);
}

/* The same secret for another team is another seed. */
static void derive_seed(struct team_invitation *invitation)
{
	crypto_generichash_state state;
	crypto_generichash_init(
	        &state, invitation->secret, sizeof(invitation->secret), sizeof(invitation->seed));
	crypto_generichash_update(&state, (const uint8_t *)SEED_DOMAIN, sizeof(SEED_DOMAIN) - 1);
	crypto_generichash_update(&state, invitation->team, sizeof(invitation->team));
	crypto_generichash_final(&state, invitation->seed, sizeof(invitation->seed));
	mem_wipe(&state, sizeof(state));
}

static int read_payload(uint8_t bytes[PAYLOAD_BYTES], struct team_invitation *out)
{
	struct team_invitation read = {.version = bytes[0] >> 4, .role = bytes[0] & 15};
	uint32_t minutes = 0;
	if (read.version != VERSION_1 && read.version != VERSION)
		return ERR_VERSION;
	if (!team_role_invitable(read.role))
		return ERR_INVALID;
	const struct payload parts = parts_of(&read, bytes);
	for (unsigned i = 0; i < 4; i++)
		minutes |= (uint32_t)parts.minutes[i] << (8 * i);
	read.expires_ms = (uint64_t)minutes * MINUTE_MS;
	memcpy(read.version == VERSION_1 ? read.seed : read.secret, parts.secret, parts.secret_bytes);
	memcpy(read.team, parts.team, parts.team_bytes);
	if (read.version != VERSION_1)
		derive_seed(&read);
	*out = read;
	mem_wipe(&read, sizeof(read));
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
	*out = (struct team_invitation){
	        .version = VERSION, .role = role, .expires_ms = expires_ms / MINUTE_MS * MINUTE_MS};
	env_random_bytes(env, out->secret, sizeof(out->secret));
	memcpy(out->team, team->bytes, sizeof(out->team));
	derive_seed(out);
	return 0;
}

bool team_invitation_is_of(const struct team_invitation *invitation, const struct team_id *team)
{
	const size_t bytes = invitation->version == VERSION_1 ? TEAM_INVITATION_TEAM_BYTES_1
	                                                      : TEAM_INVITATION_TEAM_BYTES;
	return memcmp(team->bytes, invitation->team, bytes) == 0;
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
