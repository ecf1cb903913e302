/*
 * Sealing and opening one 433-byte record, beside the floor: bare zstd with the same dictionary and XChaCha20-Poly1305 on the
 * same bytes, without length, padding, place or canonical form. Medians of rounds that alternate between the two.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zstd.h>

#include "node/keyring/body.h"
#include "node/keyring/body_dict.h"

enum { RECORD_BYTES = 433, RECORDS = 64, ROUNDS = 61, PER_ROUND = 2000 };

static struct {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *inflate;
	ZSTD_CDict *compress_dict;
	ZSTD_DDict *inflate_dict;
	uint8_t sealed[RECORDS][1024];
	size_t sealed_bytes[RECORDS];
} floor_;

static struct {
	struct body_codec codec;
	struct body_place place;
	struct buf sealed[RECORDS];
} ours;

static uint8_t records[RECORDS][RECORD_BYTES];
static struct body_key key;

static uint64_t no_clock(void *context)
{
	(void)context;
	return 0;
}

static void system_bytes(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
}

static const struct env env = {no_clock, no_clock, system_bytes, NULL};

static double now_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* A visit as the generated team writes it, a little different each time. */
static void make_records(void)
{
	static const char text[] = "Pansement de la plaie du talon refait, exsudat faible, berges propres. "
	                           "TA 13/7, prise de l'hypoglycémiant "
	                           "vérifiée. Mme Lefeuvre fatiguée ce matin, appel au Dr Guillou pour le "
	                           "renouvellement, passage de la fille "
	                           "prévu à 17h30. Surveiller la douleur, EVA 4 avant soin, 2 après. "
	                           "Piluliers préparés pour la semaine, pas de chute "
	                           "signalée depuis la dernière visite, marche avec déambulateur dans le "
	                           "couloir. RAS pour le transit.";
	static uint8_t head[16] = {0x94, 1, 3, 0xc4, 16};
	for (size_t i = 0; i < RECORDS; i++) {
		memcpy(records[i], head, sizeof(head));
		randombytes_buf(records[i] + 5, 40);
		memcpy(records[i] + 45, text + i % 32, RECORD_BYTES - 45);
	}
}

static void floor_seal(void)
{
	for (size_t n = 0; n < PER_ROUND; n++) {
		uint8_t packed[1024];
		size_t i = n % RECORDS;
		size_t size = ZSTD_compress_usingCDict(floor_.compress, packed, sizeof(packed), records[i],
		        RECORD_BYTES, floor_.compress_dict);
		randombytes_buf(floor_.sealed[i], 24);
		crypto_aead_xchacha20poly1305_ietf_encrypt(floor_.sealed[i] + 24, NULL, packed, size, NULL, 0,
		        NULL, floor_.sealed[i], key.bytes);
		floor_.sealed_bytes[i] = size + 40;
	}
}

static void floor_open(void)
{
	for (size_t n = 0; n < PER_ROUND; n++) {
		uint8_t packed[1024], raw[1024];
		size_t i = n % RECORDS;
		if (crypto_aead_xchacha20poly1305_ietf_decrypt(packed, NULL, NULL, floor_.sealed[i] + 24,
		            floor_.sealed_bytes[i] - 24, NULL, 0, floor_.sealed[i], key.bytes) ||
		        ZSTD_decompress_usingDDict(floor_.inflate, raw, sizeof(raw), packed,
		                floor_.sealed_bytes[i] - 40, floor_.inflate_dict) != RECORD_BYTES)
			abort();
	}
}

static void ours_seal(void)
{
	for (size_t n = 0; n < PER_ROUND; n++) {
		struct buf *out = &ours.sealed[n % RECORDS];
		buf_clear(out);
		if (body_seal(&ours.codec, &env, &key, &ours.place,
		            span_of(records[n % RECORDS], RECORD_BYTES), out))
			abort();
	}
}

static void ours_open(void)
{
	struct span raw;
	for (size_t n = 0; n < PER_ROUND; n++)
		if (body_open(&ours.codec, &key, &ours.place, buf_span(&ours.sealed[n % RECORDS]), &raw) ||
		        raw.size != RECORD_BYTES)
			abort();
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void compare(const char *name, void (*floor_run)(void), void (*our_run)(void))
{
	double floor_us[ROUNDS], our_us[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_us();
		floor_run();
		double middle = now_us();
		our_run();
		floor_us[round] = (middle - start) / PER_ROUND;
		our_us[round] = (now_us() - middle) / PER_ROUND;
	}
	qsort(floor_us, ROUNDS, sizeof(*floor_us), by_value);
	qsort(our_us, ROUNDS, sizeof(*our_us), by_value);
	double base = floor_us[ROUNDS / 2], us = our_us[ROUNDS / 2];
	printf("%s: %.2f us, floor %.2f us, %.2f x (aim 1.3)\n", name, us, base, us / base);
}

int main(void)
{
	struct span dict = body_dict_v1();
	size_t sealed_bytes = 0, floor_bytes = 0;
	if (sodium_init() < 0)
		return 1;
	floor_.compress = ZSTD_createCCtx();
	floor_.inflate = ZSTD_createDCtx();
	floor_.compress_dict = ZSTD_createCDict(dict.data, dict.size, 3);
	floor_.inflate_dict = ZSTD_createDDict(dict.data, dict.size);
	body_codec_init(&ours.codec);
	randombytes_buf(key.bytes, sizeof(key.bytes));
	ours.place.compartment = COMPARTMENT_CLINICAL;
	make_records();
	compare("seal", floor_seal, ours_seal);
	compare("open", floor_open, ours_open);
	for (size_t i = 0; i < RECORDS; i++) {
		sealed_bytes += ours.sealed[i].size;
		floor_bytes += floor_.sealed_bytes[i];
		buf_close(&ours.sealed[i]);
	}
	printf("sealed record: %zu bytes with padding, floor %zu\n", sealed_bytes / RECORDS,
	        floor_bytes / RECORDS);
	body_codec_close(&ours.codec);
	ZSTD_freeCCtx(floor_.compress);
	ZSTD_freeDCtx(floor_.inflate);
	ZSTD_freeCDict(floor_.compress_dict);
	ZSTD_freeDDict(floor_.inflate_dict);
	return 0;
}
