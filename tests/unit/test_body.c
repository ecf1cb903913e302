#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/keyring/body.h"

static const char RECORD[] = "{\"t\":\"visit\",\"note\":\"Pansement refait, plaie propre, pas de signe "
                             "d'infection. Pansement refait demain.\"}";

struct fixture {
	struct seeded seeded;
	struct body_codec codec;
	struct epoch_key epoch;
	struct dossier_secret dossier;
	struct body_key key;
	struct body_place place;
	struct buf sealed;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zero(1, sizeof(*f));
	seeded_init(&f->seeded, 7);
	body_codec_init(&f->codec);
	rng_bytes(&f->seeded.rng, f->epoch.bytes, SECRET_BYTES);
	rng_bytes(&f->seeded.rng, f->dossier.bytes, SECRET_BYTES);
	rng_bytes(&f->seeded.rng, f->place.feed.bytes, ID_LONG_BYTES);
	f->place.compartment = COMPARTMENT_CLINICAL;
	f->place.seq = 0x0102030405;
	body_key_derive(&f->key, &f->epoch, COMPARTMENT_CLINICAL, &f->dossier);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	buf_close(&f->sealed);
	body_codec_close(&f->codec);
	mem_free(f);
	return 0;
}

static int seal(struct fixture *f, struct span raw)
{
	buf_clear(&f->sealed);
	return body_seal(&f->codec, &f->seeded.env, &f->key, &f->place, raw, &f->sealed);
}

static void open_gives(struct fixture *f, struct span want)
{
	struct span raw;
	check_ok(body_open(&f->codec, &f->key, &f->place, buf_span(&f->sealed), &raw));
	check_span(raw, want);
}

/* Seals `packed` as it is, as a hostile author with the key would. */
static int open_packed(struct fixture *f, struct span packed)
{
	static const char domain[] = "releve body 1";
	struct buf ad = {0};
	struct span raw = {0};
	buf_add(&ad, domain, sizeof(domain) - 1);
	buf_add(&ad, "\x03", 1);
	buf_add(&ad, f->place.feed.bytes, ID_LONG_BYTES);
	buf_add(&ad, "\x05\x04\x03\x02\x01\0\0\0", 8);
	buf_clear(&f->sealed);
	uint8_t *out = buf_extend(&f->sealed, packed.size + BODY_OVERHEAD_BYTES);
	memset(out, 9, AEAD_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + AEAD_NONCE_BYTES, NULL, packed.data, packed.size,
	        ad.data, ad.size, NULL, out, f->key.bytes);
	buf_close(&ad);
	return body_open(&f->codec, &f->key, &f->place, buf_span(&f->sealed), &raw);
}

static void every_length_comes_back(void **state)
{
	struct fixture *f = *state;
	struct buf raw = {0};
	for (size_t size = 0; size < 3000; size++) {
		check_ok(seal(f, buf_span(&raw)));
		size_t packed_bytes = f->sealed.size - BODY_OVERHEAD_BYTES;
		assert_int_equal(pack_class(packed_bytes), packed_bytes);
		open_gives(f, buf_span(&raw));
		uint8_t byte = size % 3 ? (uint8_t)rng_u64(&f->seeded.rng) : 'a';
		buf_add(&raw, &byte, 1);
	}
	buf_close(&raw);
}

static void text_is_compressed_and_noise_is_not(void **state)
{
	struct fixture *f = *state;
	uint8_t noise[400];
	rng_bytes(&f->seeded.rng, noise, sizeof(noise));
	check_ok(seal(f, span_text(RECORD)));
	assert_true(f->sealed.size < sizeof(RECORD) + BODY_OVERHEAD_BYTES);
	open_gives(f, span_text(RECORD));
	check_ok(seal(f, span_of(noise, sizeof(noise))));
	assert_int_equal(
	        f->sealed.size, BODY_OVERHEAD_BYTES + 416); /* codec, two of length, 400, 13 of padding */
	open_gives(f, span_of(noise, sizeof(noise)));
}

static void classes_are_coarse_and_close(void **state)
{
	(void)state;
	size_t count = 0;
	assert_int_equal(pack_class(1), 16);
	assert_int_equal(pack_class(16), 16);
	assert_int_equal(pack_class(512), 512);
	assert_int_equal(pack_class(513), 544);
	assert_int_equal(pack_class(1024), 1024);
	assert_int_equal(pack_class(1025), 1088);
	for (size_t size = 1; size < 70000; size++) {
		size_t class = pack_class(size);
		assert_true(class >= size && pack_class(class) == class && class <= pack_class(size + 1));
		assert_true(class - size < 16 || (class - size) * 16 <= size);
		count += class == size;
	}
	assert_true(count < 32 + 16 * 8);
}

static void key_and_place_are_bound(void **state)
{
	struct fixture *f = *state;
	struct span raw;
	struct body_place place;
	struct body_key key;
	struct dossier_secret other = f->dossier;
	check_ok(seal(f, span_text(RECORD)));
	place = f->place;
	place.seq++;
	check_code(body_open(&f->codec, &f->key, &place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
	place = f->place;
	place.feed.bytes[31] ^= 1;
	check_code(body_open(&f->codec, &f->key, &place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
	place = f->place;
	place.compartment = COMPARTMENT_MESSAGE;
	check_code(body_open(&f->codec, &f->key, &place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
	body_key_derive(&key, &f->epoch, COMPARTMENT_CLINICAL, NULL);
	check_code(body_open(&f->codec, &key, &f->place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
	body_key_derive(&key, &f->epoch, COMPARTMENT_MESSAGE, &f->dossier);
	assert_false(body_key_eq(&key, &f->key));
	other.bytes[0] ^= 1;
	body_key_derive(&key, &f->epoch, COMPARTMENT_CLINICAL, &other);
	check_code(body_open(&f->codec, &key, &f->place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
	for (size_t i = 0; i < f->sealed.size; i++) {
		f->sealed.data[i] ^= 0x40;
		check_code(body_open(&f->codec, &f->key, &f->place, buf_span(&f->sealed), &raw), ERR_BADSEAL);
		f->sealed.data[i] ^= 0x40;
	}
	open_gives(f, span_text(RECORD));
}

static void one_form_only(void **state)
{
	struct fixture *f = *state;
	uint8_t p[64] = {PACK_RAW, 3, 'a', 'b', 'c'};
	check_ok(open_packed(f, span_of(p, 16)));
	check_code(open_packed(f, span_of(p, 32)), ERR_MALFORMED); /* a larger class than needed */
	p[15] = 1;
	check_code(open_packed(f, span_of(p, 16)), ERR_MALFORMED); /* padding that says something */
	memset(p, 0, sizeof(p));
	p[1] = 15;
	check_code(open_packed(f, span_of(p, 16)), ERR_TRUNCATED);
	memcpy(p + 1, "\x83\0", 2);
	check_code(open_packed(f, span_of(p, 16)), ERR_MALFORMED); /* a length in more bytes than needed */
	memcpy(p, "\x01\x81\x80\x80\x02", 5); /* one byte more than allowed */
	check_code(open_packed(f, span_of(p, 16)), ERR_TOOBIG);
	p[0] = 2;
	check_code(open_packed(f, span_of(p, 16)), ERR_VERSION);
	check_code(open_packed(f, span_of(p, 0)), ERR_TRUNCATED);
	memset(p, 0xff, sizeof(p));
	p[0] = PACK_ZSTD_1;
	p[1] = 100;
	check_code(open_packed(f, span_of(p, 64)), ERR_MALFORMED); /* not a frame */
}

static void hostile_frames(void **state)
{
	struct fixture *f = *state;
	struct span packed;
	uint8_t copy[256];
	memset(copy, 'x', 200);
	check_ok(pack_make(&f->codec, span_of(copy, 200), 256, &packed));
	size_t size = packed.size;
	memcpy(copy, packed.data, size);
	assert_int_equal(copy[0], PACK_ZSTD_1);
	check_ok(open_packed(f, span_of(copy, size)));
	copy[1]++; /* a declared length that the frame does not give: 201, 199 */
	check_code(open_packed(f, span_of(copy, size)), ERR_MALFORMED);
	copy[1] -= 2;
	check_code(open_packed(f, span_of(copy, size)), ERR_MALFORMED);
	/* a frame that would inflate to 128 KiB and says 200: an RLE block */
	uint8_t bomb[16] = {PACK_ZSTD_1, 200, 1, 0x58, 0x03, 0x00, 0x10, 'x'};
	check_code(open_packed(f, span_of(bomb, 16)), ERR_MALFORMED);
}

static void limits_hold(void **state)
{
	struct fixture *f = *state;
	struct buf raw = {0};
	struct span none;
	size_t fits = LIMIT_ENTRY_BODY_BYTES - 32768 - 4; /* the largest class under 1 MiB less overhead */
	rng_bytes(&f->seeded.rng, buf_extend(&raw, fits + 1), fits + 1);
	check_code(seal(f, buf_span(&raw)), ERR_TOOBIG);
	assert_int_equal(f->sealed.size, 0);
	raw.size = fits;
	check_ok(seal(f, buf_span(&raw)));
	open_gives(f, buf_span(&raw));
	buf_clear(&raw);
	memset(buf_extend(&raw, LIMIT_PACK_RAW_BYTES + 1), 'a', LIMIT_PACK_RAW_BYTES + 1);
	check_code(seal(f, buf_span(&raw)), ERR_TOOBIG);
	raw.size--;
	check_ok(seal(f, buf_span(&raw)));
	open_gives(f, buf_span(&raw));
	buf_clear(&f->sealed);
	buf_extend(&f->sealed, LIMIT_ENTRY_BODY_BYTES + 1);
	check_code(body_open(&f->codec, &f->key, &f->place, buf_span(&f->sealed), &none), ERR_TOOBIG);
	check_code(body_open(&f->codec, &f->key, &f->place, span_of("abc", 3), &none), ERR_TRUNCATED);
	buf_close(&raw);
}

static void golden_files(void **state)
{
	struct fixture *f = *state;
	struct record_id dossier = {{1, 2, 3}};
	struct pseudonym name = secret_pseudonym(&f->epoch, &dossier);
	golden_check("keyring/pseudonym.hex", span_of(name.bytes, sizeof(name.bytes)));
	golden_check("keyring/body-key.hex", span_of(f->key.bytes, sizeof(f->key.bytes)));
	check_ok(seal(f, span_text("too short to compress")));
	golden_check("keyring/body-raw.hex", buf_span(&f->sealed));
	/* what a compressor makes may change with its release; what was once written must open for ever */
	check_ok(seal(f, span_text(RECORD)));
	const char *mode = getenv("RELEVE_GOLDEN");
	if (mode && strcmp(mode, "write") == 0)
		golden_check("keyring/body-zstd.hex", buf_span(&f->sealed));
	buf_close(&f->sealed);
	f->sealed = golden_read("keyring/body-zstd.hex");
	open_gives(f, span_text(RECORD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(every_length_comes_back, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(text_is_compressed_and_noise_is_not, set_up, tear_down),
	        cmocka_unit_test(classes_are_coarse_and_close),
	        cmocka_unit_test_setup_teardown(key_and_place_are_bound, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(one_form_only, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(hostile_frames, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(limits_hold, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(golden_files, set_up, tear_down),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
