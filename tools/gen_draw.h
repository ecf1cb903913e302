/*
 * tools/gen_draw.h - the random draws of the generated teams.
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand) and the draws are those of the reference harness in JavaScript, so
 * that the same seed gives the same bytes there and here: comparisons with other systems then use one data set. Never
 * for keys, and not for tests (crdt/base/rng.h).
 */
#ifndef TOOLS_GEN_DRAW_H
#define TOOLS_GEN_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "tools/gen_vocab.h"

enum { GEN_ID_CHARS = 13 };

struct gen_draw {
	uint32_t a, b, c, d;
};

/* An identifier as text: 13 characters of base 32, terminated. */
struct gen_id {
	char text[GEN_ID_CHARS + 1];
};

/* The state after 20 warming draws. Only the lower 32 bits of `seed` matter. */
struct gen_draw gen_draw_new(uint64_t seed);

double gen_draw_unit(struct gen_draw *draw); /* 0 <= result < 1, a multiple of 2^-32 */
int64_t gen_draw_between(struct gen_draw *draw, int64_t low, int64_t high); /* inclusive; low <= high */
size_t gen_draw_index(struct gen_draw *draw, size_t count); /* result < count; count > 0 */
double gen_draw_bell(struct gen_draw *draw, double mean, double spread); /* sum of four, so bounded */
struct gen_id gen_draw_id(struct gen_draw *draw);
void gen_draw_digits(struct gen_draw *draw, struct buf *out, size_t count); /* appends */

const char *gen_draw_pick(struct gen_draw *draw, const struct gen_words *words); /* all alike */
const char *gen_draw_zipf(struct gen_draw *draw, const struct gen_words *words); /* the head more often */

/* Chooses `wanted` of 0 .. count-1 without repetition into picked[0 .. result-1], in random order; the result is
 * min(wanted, count). `picked` has room for `count` numbers. */
size_t gen_draw_some(struct gen_draw *draw, uint32_t *picked, size_t count, size_t wanted);

/* Nearest integer, ties upward. */
int64_t gen_draw_round(double value);

#endif
