#include "tests/lib/check.h"

#include <ctype.h>
#include <stdio.h>

#include <sodium.h>

#include "crdt/base/rng.h"
#include "node/team/identity.h"
#include "node/team/invitation.h"
#include "node/team/qr.h"
#include "node/team/roles.h"

/* Made by another program (Python's hashlib and plain Ed25519 arithmetic) from README.md, section 7. */
#define GOLDEN \
	"24001 20G3B 0G2GT C1R8D 14504 P30D6 1R7HJ 048J9 2CA1C A5GQQ 30CHC M6RWC 3MF1J Y080X 000AV NEYCQ " \
	"TPZE3"
#define GOLDEN_2 \
	"4400E 20G3B 0G2GT C1R8D 14504 P30D6 1R7GG 2000D 02N07 20G33 0G2GJ C1R85 1450C P30DE 1R7HT 048JH " \
	"E5HM4"
#define GOLDEN_2_SEED "f08159d782dc101d019886c13ed37f65e58b7ce9e2948ba57754e0e6a8e2d326"
#define GOLDEN_2_PSK "be428cbcd85eceef114a902bba2ae028bae6368b3e66b0fcfc383a0bce9caba0"
#define GOLDEN_PSK "1ad599907f25547662fab61157bf8facb2373cedd5bd2354e4625630605cf21b"
#define GOLDEN_HINT "c770be0e1d0ce6f42344b4dd4229ab8b"

static void seeded_bytes(void *context, void *out, size_t size)
{
	rng_bytes(context, out, size);
}

static struct env env_of(struct rng *rng)
{
	return (struct env){.random_bytes = seeded_bytes, .context = rng};
}

static struct team_invitation sample(uint64_t seed)
{
	struct rng rng = rng_new(seed);
	struct env env = env_of(&rng);
	struct team_id team = {{0xab, 0xcd, 0xef, 1}};
	struct team_invitation invitation;
	check_ok(team_invitation_make(&invitation, &env, &team, TEAM_ROLE_LOCUM, 1700000059999u));
	return invitation;
}

static void check_same(const struct team_invitation *a, const struct team_invitation *b)
{
	assert_int_equal(a->version, b->version);
	assert_memory_equal(a->secret, b->secret, sizeof(a->secret));
	assert_memory_equal(a->seed, b->seed, 32);
	assert_int_equal(a->role, b->role);
	assert_true(a->expires_ms == b->expires_ms);
	assert_memory_equal(a->team, b->team, sizeof(a->team));
}

static void check_parses(const char *text, const struct team_invitation *want)
{
	struct team_invitation got;
	unsigned group = 99;
	check_ok(team_invitation_parse(span_text(text), &got, &group));
	assert_int_equal(group, 0);
	check_same(&got, want);
}

static void a_code_reads_back_in_every_guise(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct team_invitation invitation = sample(seed);
		assert_true(invitation.expires_ms == 1700000040000u);
		char text[TEAM_INVITATION_TEXT_BYTES], qr[TEAM_INVITATION_QR_BYTES], other[256];
		team_invitation_text(&invitation, text);
		team_invitation_qr_text(&invitation, qr);
		assert_int_equal(strlen(text), TEAM_INVITATION_TEXT_BYTES - 1);
		assert_int_equal(strlen(qr), TEAM_INVITATION_QR_BYTES - 1);
		check_parses(text, &invitation);
		check_parses(qr, &invitation);
		size_t size = 0;
		for (const char *c = text; *c; c++) { /* lower case, hyphens, O for 0, l and I for 1 */
			char typed = (char)tolower(*c);
			typed = *c == '0'   ? 'o'
			        : *c == '1' ? (size % 2 ? 'l' : 'I')
			        : *c == ' ' ? '-'
			                    : typed;
			other[size++] = typed;
		}
		other[size] = '\0';
		check_parses(other, &invitation);
		snprintf(other, sizeof(other), "  %s \r\n", text);
		check_parses(other, &invitation);
	}
}

static void a_golden_code(void **state)
{
	(void)state;
	struct team_invitation invitation = {.version = 1, .role = TEAM_ROLE_NURSE, .expires_ms = 60000};
	for (uint8_t i = 0; i < 32; i++)
		invitation.seed[i] = i;
	memcpy(invitation.team, "\xaa\xbb\xcc", 3);
	char text[TEAM_INVITATION_TEXT_BYTES];
	team_invitation_text(&invitation, text);
	assert_string_equal(text, GOLDEN);
	uint8_t public_key[32], secret_key[64], psk[32], hint[16];
	char hex[65];
	team_invitation_keys(&invitation, public_key, secret_key);
	team_invitation_psk(&invitation, psk);
	team_invitation_hint(public_key, hint);
	ids_hex(hex, psk, 32);
	assert_string_equal(hex, GOLDEN_PSK);
	ids_hex(hex, hint, 16);
	assert_string_equal(hex, GOLDEN_HINT);
}

static void a_golden_code_of_version_2(void **state)
{
	(void)state;
	struct team_invitation invitation;
	struct team_id team = {{0xaa}};
	unsigned group;
	char hex[65], text[TEAM_INVITATION_TEXT_BYTES];
	uint8_t psk[32];
	for (uint8_t i = 1; i < sizeof(team.bytes); i++)
		team.bytes[i] = i;
	check_ok(team_invitation_parse(span_text(GOLDEN_2), &invitation, &group));
	assert_int_equal(invitation.version, 2);
	assert_int_equal(invitation.role, TEAM_ROLE_NURSE);
	assert_true(invitation.expires_ms == 60000);
	assert_true(team_invitation_is_of(&invitation, &team));
	ids_hex(hex, invitation.seed, 32);
	assert_string_equal(hex, GOLDEN_2_SEED);
	team_invitation_psk(&invitation, psk);
	ids_hex(hex, psk, 32);
	assert_string_equal(hex, GOLDEN_2_PSK);
	team_invitation_text(&invitation, text);
	assert_string_equal(text, GOLDEN_2);
}

/* Whoever saw the code makes a team whose id begins alike, as far as she can try: the newcomer is not let into that. */
static void another_team_is_not_of_the_code(void **state)
{
	(void)state;
	const struct team_id team = {{0xab, 0xcd, 0xef, 1}};
	struct team_invitation invitation = sample(3), old, other;
	unsigned group;
	assert_true(team_invitation_is_of(&invitation, &team));
	for (size_t i = 0; i < TEAM_INVITATION_TEAM_BYTES; i++) {
		struct team_id alike = team;
		alike.bytes[i] ^= 1;
		assert_false(team_invitation_is_of(&invitation, &alike));
	}
	/* A code of before is read, and says what it always said. */
	check_ok(team_invitation_parse(span_text(GOLDEN), &old, &group));
	assert_int_equal(old.version, 1);
	assert_true(team_invitation_is_of(&old, &(struct team_id){{0xaa, 0xbb, 0xcc, 9}}));
	assert_false(team_invitation_is_of(&old, &(struct team_id){{0xaa, 0xbb, 0xcd, 9}}));
	/* The same secret for another team is another invitation. */
	struct rng rng = rng_new(3);
	struct env env = env_of(&rng);
	struct team_id alike = team;
	alike.bytes[18] ^= 1;
	check_ok(team_invitation_make(&other, &env, &alike, TEAM_ROLE_LOCUM, 0));
	assert_memory_equal(other.secret, invitation.secret, sizeof(other.secret));
	assert_memory_not_equal(other.seed, invitation.seed, sizeof(other.seed));
}

/* Every character replaced by every other one: refused, and its group named. */
static void every_substitution_is_named(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct team_invitation invitation = sample(7), got;
	char text[TEAM_INVITATION_TEXT_BYTES];
	unsigned group, tried = 0;
	team_invitation_text(&invitation, text);
	for (size_t i = 0; text[i]; i++) {
		char right = text[i];
		for (size_t c = 0; right != ' ' && alphabet[c]; c++) {
			if (alphabet[c] == right)
				continue;
			text[i] = alphabet[c];
			check_code(team_invitation_parse(span_text(text), &got, &group), ERR_CHECKDIGIT);
			assert_int_equal(group, i / 6 + 1);
			tried++;
		}
		text[i] = right;
	}
	assert_int_equal(tried, 85 * 31);
}

/* Every two neighbours exchanged, also across the gap between two groups; and every two neighbouring groups. */
static void every_transposition_is_named(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 40; seed++) {
		struct team_invitation invitation = sample(seed), got;
		char text[TEAM_INVITATION_TEXT_BYTES], typed[TEAM_INVITATION_TEXT_BYTES];
		unsigned group;
		team_invitation_text(&invitation, text);
		for (size_t i = 0; text[i + 1]; i++) {
			size_t other = text[i + 1] == ' ' ? i + 2 : i + 1;
			if (text[i] == ' ' || text[i] == text[other])
				continue;
			memcpy(typed, text, sizeof(text));
			typed[i] = text[other];
			typed[other] = text[i];
			check_code(team_invitation_parse(span_text(typed), &got, &group), ERR_CHECKDIGIT);
			assert_int_equal(group, i / 6 + 1);
		}
		for (size_t i = 0; i + 12 < sizeof(text); i += 6) {
			memcpy(typed, text, sizeof(text));
			memcpy(typed + i, text + i + 6, 5);
			memcpy(typed + i + 6, text + i, 5);
			if (memcmp(text + i, text + i + 6, 5) == 0)
				continue;
			check_code(team_invitation_parse(span_text(typed), &got, &group), ERR_CHECKDIGIT);
			assert_int_equal(group, i / 6 + 1);
		}
	}
}

static void lost_and_doubled_characters_are_named(void **state)
{
	(void)state;
	struct team_invitation invitation = sample(8), got = invitation;
	char text[TEAM_INVITATION_TEXT_BYTES], typed[TEAM_INVITATION_TEXT_BYTES + 8];
	unsigned group;
	team_invitation_text(&invitation, text);
	for (size_t i = 0; text[i]; i++) {
		if (text[i] == ' ')
			continue;
		memcpy(typed, text, i);
		memcpy(typed + i, text + i + 1, sizeof(text) - i - 1);
		check_code(team_invitation_parse(span_text(typed), &got, &group), ERR_TRUNCATED);
		assert_int_equal(group, i / 6 + 1);
		memcpy(typed, text, i + 1);
		memcpy(typed + i + 1, text + i, sizeof(text) - i);
		assert_true(team_invitation_parse(span_text(typed), &got, &group) < 0);
		assert_in_range(group, i / 6 + 1, i / 6 + 2);
	}
	check_code(team_invitation_parse(span_text(""), &got, &group), ERR_TRUNCATED);
	assert_int_equal(group, 1);
	memcpy(typed, text, sizeof(text));
	typed[13] = 'U';
	check_code(team_invitation_parse(span_text(typed), &got, &group), ERR_MALFORMED);
	assert_int_equal(group, 3);
	snprintf(typed, sizeof(typed), "%s %s", text, "00000");
	check_code(team_invitation_parse(span_text(typed), &got, &group), ERR_TOOBIG);
	check_same(&got, &invitation); /* nothing was written */
}

static void a_psk_box_is_for_one_device_and_one_invitation(void **state)
{
	(void)state;
	struct rng rng = rng_new(9);
	struct env env = env_of(&rng);
	struct team_identity device, other;
	struct team_invitation invitation = sample(9);
	uint8_t public_key[32], secret_key[64], psk[32], got[32], box[TEAM_PSK_BOX_BYTES];
	team_identity_make(&device, &env);
	team_identity_make(&other, &env);
	team_invitation_keys(&invitation, public_key, secret_key);
	team_invitation_psk(&invitation, psk);
	check_ok(team_invitation_seal(box, &env, public_key, psk, device.keys.sealing));
	check_ok(team_invitation_open(got, box, public_key, device.keys.sealing, device.secrets->sealing));
	assert_memory_equal(got, psk, 32);
	check_code(team_invitation_open(got, box, public_key, other.keys.sealing, other.secrets->sealing),
	        ERR_BADSEAL);
	box[70] ^= 1;
	check_code(team_invitation_open(got, box, public_key, device.keys.sealing, device.secrets->sealing),
	        ERR_BADSEAL);
	box[70] ^= 1;
	public_key[0] ^= 1;
	check_code(team_invitation_open(got, box, public_key, device.keys.sealing, device.secrets->sealing),
	        ERR_BADSEAL);
	uint8_t small_order[32] = {0};
	public_key[0] ^= 1;
	check_ok(team_invitation_seal(box, &env, public_key, psk, small_order));
	check_code(team_invitation_open(got, box, public_key, device.keys.sealing, device.secrets->sealing),
	        ERR_BADSEAL); /* nor can anybody */
	team_identity_wipe(&device);
	team_identity_wipe(&other);
}

static void an_identity_keeps_its_keys(void **state)
{
	(void)state;
	struct rng rng = rng_new(10);
	struct env env = env_of(&rng);
	struct team_identity one, two = {0};
	struct buf row = {0};
	team_identity_make(&one, &env);
	assert_memory_not_equal(one.secrets->handshake, one.secrets->sealing, 32);
	assert_memory_not_equal(one.secrets->handshake, one.secrets->sign, 32);
	team_identity_encode(&one, &row);
	assert_int_equal(row.size, TEAM_IDENTITY_BYTES);
	check_ok(team_identity_decode(buf_span(&row), &two));
	assert_true(device_id_eq(&one.device, &two.device));
	assert_memory_equal(&one.keys, &two.keys, sizeof(one.keys));
	assert_memory_equal(one.secrets, two.secrets, sizeof(*one.secrets));
	uint8_t signature[64];
	crypto_sign_detached(signature, NULL, (const uint8_t *)"x", 1, two.secrets->sign);
	assert_int_equal(
	        crypto_sign_verify_detached(signature, (const uint8_t *)"x", 1, one.device.bytes), 0);
	team_identity_wipe(&two);
	team_identity_wipe(&two);
	assert_null(two.secrets);
	check_code(team_identity_decode(span_of(row.data, row.size - 1), &two), ERR_TRUNCATED);
	row.data[0] = 2;
	check_code(team_identity_decode(buf_span(&row), &two), ERR_VERSION);
	assert_null(two.secrets);
	buf_wipe(&row);
	team_identity_wipe(&one);
}

/* A module of the picture: true when it is drawn (light). */
static bool light_at(const char *picture, unsigned x, unsigned y)
{
	for (unsigned line = 0; line < y / 2; line++)
		picture = strchr(picture, '\n') + 1;
	for (unsigned i = 0; i < x; i++)
		picture += *picture == ' ' ? 1 : 3;
	if (*picture == ' ')
		return false;
	return (uint8_t)picture[2] == 0x88 || ((uint8_t)picture[2] == 0x80) == (y % 2 == 0);
}

static void check_finder(const char *picture, unsigned left, unsigned top)
{
	for (unsigned y = 0; y < 7; y++)
		for (unsigned x = 0; x < 7; x++) {
			bool ring = (x == 1 || x == 5 || y == 1 || y == 5) && x > 0 && x < 6 && y > 0 &&
			        y < 6;
			assert_int_equal(light_at(picture, left + x, top + y), ring);
		}
}

static void a_picture_is_a_qr_code(void **state)
{
	(void)state;
	struct team_invitation invitation = sample(11);
	char text[TEAM_INVITATION_QR_BYTES];
	struct buf picture = {0};
	team_invitation_qr_text(&invitation, text);
	check_ok(team_qr_draw(text, &picture));
	buf_add(&picture, "", 1);
	const char *lines = (const char *)picture.data;
	unsigned side = 0, line_count = 0;
	for (const char *c = lines; *c != '\n'; c += 3)
		side++; /* the first line is quiet zone: blocks of three bytes */
	for (const char *c = lines; *c; c++)
		line_count += *c == '\n';
	assert_int_equal(line_count, (side + 1) / 2);
	assert_int_equal((side - 8 - 17) % 4, 0); /* 17 + 4 x version */
	check_finder(lines, 4, 4);
	check_finder(lines, side - 11, 4);
	check_finder(lines, 4, side - 11);
	char *huge = mem_zero(8000, 1);
	memset(huge, 'x', 7999);
	check_code(team_qr_draw(huge, &picture), ERR_TOOBIG);
	mem_free(huge);
	buf_close(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_code_reads_back_in_every_guise),
	        cmocka_unit_test(a_golden_code),
	        cmocka_unit_test(a_golden_code_of_version_2),
	        cmocka_unit_test(another_team_is_not_of_the_code),
	        cmocka_unit_test(every_substitution_is_named),
	        cmocka_unit_test(every_transposition_is_named),
	        cmocka_unit_test(lost_and_doubled_characters_are_named),
	        cmocka_unit_test(a_psk_box_is_for_one_device_and_one_invitation),
	        cmocka_unit_test(an_identity_keeps_its_keys),
	        cmocka_unit_test(a_picture_is_a_qr_code),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
