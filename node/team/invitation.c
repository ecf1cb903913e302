#include "node/team/invitation.h"

#include <assert.h>

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/team/roles.h"

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char QR_PREFIX[] = "RELEVE:";
static const char PSK_DOMAIN[] = "releve pairing psk 1", HINT_DOMAIN[] = "releve invitation hint 1",
                  CHECKSUM_DOMAIN[] = "releve invitation checksum 1";

enum {
	VERSION = 1,
	PAYLOAD_BYTES = 1 + 32 + 4 + TEAM_INVITATION_TEAM_HINT_BYTES, /* 40 bytes: 64 characters, 16 groups */
	DATA_CHARS = TEAM_INVITATION_GROUP_CHARS - 1,
	CHARS = TEAM_INVITATION_GROUPS * TEAM_INVITATION_GROUP_CHARS,
	MINUTE_MS = 60000,
};

/* One character is 5 bits: a number of GF(32). */
struct code {
	uint8_t values[CHARS];
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

/* 20 bits over the payload: the data of the last group. */
static void checksum(const uint8_t payload[PAYLOAD_BYTES], uint8_t out[DATA_CHARS])
{
	crypto_generichash_state state;
	uint8_t hash[16];
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)CHECKSUM_DOMAIN, sizeof(CHECKSUM_DOMAIN) - 1);
	crypto_generichash_update(&state, payload, PAYLOAD_BYTES);
	crypto_generichash_final(&state, hash, sizeof(hash));
	for (unsigned i = 0; i < DATA_CHARS; i++)
		out[i] = hash[i] & 31;
}

/* --- Check characters ---------------------------------------------------------------------------------------------------- */

/* Times x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1). */
static uint8_t times_x(uint8_t value)
{
	return (uint8_t)((value << 1 & 31) ^ (value & 16 ? 5 : 0));
}

/* The weighted sum of a group's characters and the group's number, zero when the group is right. Position i weighs x^i: the
 * weights differ and none is zero, so that any one wrong character, or any two exchanged, leaves a rest. The number makes
 * two exchanged groups leave one as well. */
static uint8_t syndrome(const uint8_t *values, unsigned group)
{
	uint8_t sum = 0;
	for (unsigned i = 0; i < TEAM_INVITATION_GROUP_CHARS; i++)
		sum = times_x(sum) ^ values[i]; /* the last character, the check one, weighs 1 */
	return sum ^ (uint8_t)(group + 1);
}

static struct code encode(const struct team_invitation *invitation)
{
	struct code code;
	uint8_t payload[PAYLOAD_BYTES], data[TEAM_INVITATION_GROUPS * DATA_CHARS];
	write_payload(invitation, payload);
	for (unsigned i = 0; i < PAYLOAD_BYTES * 8 / 5; i++) {
		unsigned bit = i * 5, value = (unsigned)payload[bit / 8] << 8;
		if (bit / 8 + 1 < PAYLOAD_BYTES)
			value |= payload[bit / 8 + 1];
		data[i] = (uint8_t)(value >> (11 - bit % 8) & 31);
	}
	checksum(payload, data + (TEAM_INVITATION_GROUPS - 1) * DATA_CHARS);
	for (unsigned group = 0; group < TEAM_INVITATION_GROUPS; group++) {
		uint8_t *values = code.values + group * TEAM_INVITATION_GROUP_CHARS;
		memcpy(values, data + group * DATA_CHARS, DATA_CHARS);
		values[DATA_CHARS] = 0;
		values[DATA_CHARS] = syndrome(values, group);
	}
	sodium_memzero(payload, sizeof(payload));
	sodium_memzero(data, sizeof(data));
	return code;
}

/* ERR_CHECKDIGIT: *group is the first one that is wrong, or 0. */
static int decode(const struct code *code, struct team_invitation *out, unsigned *group)
{
	uint8_t payload[PAYLOAD_BYTES] = {0}, want[DATA_CHARS];
	for (unsigned i = 0; i < TEAM_INVITATION_GROUPS; i++)
		if (syndrome(code->values + i * TEAM_INVITATION_GROUP_CHARS, i)) {
			*group = i + 1;
			return ERR_CHECKDIGIT;
		}
	for (unsigned i = 0; i < PAYLOAD_BYTES * 8 / 5; i++) {
		unsigned bit = i * 5;
		uint8_t value = code->values[i / DATA_CHARS * TEAM_INVITATION_GROUP_CHARS + i % DATA_CHARS];
		unsigned wide = (unsigned)value << (11 - bit % 8);
		payload[bit / 8] |= (uint8_t)(wide >> 8);
		if (bit / 8 + 1 < PAYLOAD_BYTES)
			payload[bit / 8 + 1] |= (uint8_t)wide;
	}
	checksum(payload, want);
	int error = memcmp(want, code->values + (TEAM_INVITATION_GROUPS - 1) * TEAM_INVITATION_GROUP_CHARS,
	                    DATA_CHARS)
	        ? ERR_CHECKDIGIT
	        : read_payload(payload, out);
	sodium_memzero(payload, sizeof(payload));
	return error;
}

/* --- Text ---------------------------------------------------------------------------------------------------------------- */

static int value_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		c = (uint8_t)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c ? strchr(ALPHABET, c) : NULL;
	return at ? (int)(at - ALPHABET) : -1;
}

static bool is_separator(uint8_t c)
{
	return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n';
}

static struct span without_prefix(struct span text)
{
	while (text.size && is_separator(text.data[0]))
		text = span_sub(text, 1, text.size);
	for (size_t i = 0; i < sizeof(QR_PREFIX) - 1; i++) {
		uint8_t c = i < text.size ? text.data[i] : 0;
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if (c != (uint8_t)QR_PREFIX[i])
			return text;
	}
	return span_sub(text, sizeof(QR_PREFIX) - 1, text.size);
}

/* Characters to values. Separators tell where a group was meant to end, so that a lost or doubled character is named too. */
static int read_text(struct span text, struct code *code, unsigned *group)
{
	unsigned count = 0, run = 0; /* run: characters since the last separator */
	for (size_t i = 0; i <= text.size; i++) {
		bool end = i == text.size || is_separator(text.data[i]);
		if (end && run % TEAM_INVITATION_GROUP_CHARS != 0) {
			*group = (count - 1) / TEAM_INVITATION_GROUP_CHARS + 1;
			return run < TEAM_INVITATION_GROUP_CHARS ? ERR_TRUNCATED : ERR_TOOBIG;
		}
		if (end) {
			run = 0;
			continue;
		}
		int value = value_of(text.data[i]);
		*group = count / TEAM_INVITATION_GROUP_CHARS + 1;
		if (value < 0)
			return ERR_MALFORMED;
		if (count == CHARS)
			return ERR_TOOBIG;
		code->values[count++] = (uint8_t)value;
		run++;
	}
	*group = count / TEAM_INVITATION_GROUP_CHARS + 1;
	return count == CHARS ? 0 : ERR_TRUNCATED;
}

void team_invitation_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_TEXT_BYTES])
{
	struct code code = encode(invitation);
	for (unsigned i = 0; i < CHARS; i++) {
		*out++ = ALPHABET[code.values[i]];
		if (i % TEAM_INVITATION_GROUP_CHARS == DATA_CHARS)
			*out++ = i + 1 < CHARS ? ' ' : '\0';
	}
	sodium_memzero(&code, sizeof(code));
}

void team_invitation_qr_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_QR_BYTES])
{
	struct code code = encode(invitation);
	memcpy(out, QR_PREFIX, sizeof(QR_PREFIX) - 1);
	out += sizeof(QR_PREFIX) - 1;
	for (unsigned i = 0; i < CHARS; i++)
		*out++ = ALPHABET[code.values[i]];
	*out = '\0';
	sodium_memzero(&code, sizeof(code));
}

int team_invitation_parse(struct span text, struct team_invitation *out, unsigned *group)
{
	struct code code;
	unsigned wrong = 0;
	int error = read_text(without_prefix(text), &code, &wrong);
	if (!error) {
		wrong = 0;
		error = decode(&code, out, &wrong);
	}
	if (group)
		*group = error ? wrong : 0;
	sodium_memzero(&code, sizeof(code));
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
	int result = crypto_box_easy(box + 32, plain, sizeof(plain), nonce, recipient, secret);
	mem_wipe(plain, sizeof(plain));
	mem_wipe(secret, sizeof(secret));
	return result == 0 ? 0 : ERR_INVALID;
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
