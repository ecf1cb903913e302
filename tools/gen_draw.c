#include "tools/gen_draw.h"

#include <assert.h>
#include <math.h>

static uint32_t next(struct gen_draw *draw)
{
	uint32_t sum = draw->a + draw->b + draw->d;
	draw->d++;
	draw->a = draw->b ^ draw->b >> 9;
	draw->b = draw->c + (draw->c << 3);
	draw->c = (draw->c << 21 | draw->c >> 11) + sum;
	return sum;
}

struct gen_draw gen_draw_new(uint64_t seed)
{
	uint32_t low = (uint32_t)seed;
	struct gen_draw draw = {0x9e3779b9u ^ low, 0x243f6a88u, 0xb7e15162u + low, 1};
	for (int i = 0; i < 20; i++)
		next(&draw);
	return draw;
}

double gen_draw_unit(struct gen_draw *draw)
{
	return next(draw) / 4294967296.0;
}

int64_t gen_draw_between(struct gen_draw *draw, int64_t low, int64_t high)
{
	assert(low <= high);
	return low + (int64_t)floor(gen_draw_unit(draw) * (double)(high - low + 1));
}

size_t gen_draw_index(struct gen_draw *draw, size_t count)
{
	assert(count > 0);
	return (size_t)(gen_draw_unit(draw) * (double)count);
}

double gen_draw_bell(struct gen_draw *draw, double mean, double spread)
{
	double sum = gen_draw_unit(draw);
	sum += gen_draw_unit(draw);
	sum += gen_draw_unit(draw);
	sum += gen_draw_unit(draw);
	return mean + spread * (sum - 2) * 1.73;
}

struct gen_id gen_draw_id(struct gen_draw *draw)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	struct gen_id id = {{0}};
	for (size_t i = 0; i < GEN_ID_CHARS; i++)
		id.text[i] = digits[next(draw) & 31];
	return id;
}

void gen_draw_digits(struct gen_draw *draw, struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*buf_extend(out, 1) = (uint8_t)('0' + gen_draw_between(draw, 0, 9));
}

const char *gen_draw_pick(struct gen_draw *draw, const struct gen_words *words)
{
	return words->items[gen_draw_index(draw, words->count)];
}

const char *gen_draw_zipf(struct gen_draw *draw, const struct gen_words *words)
{
	return words->items[(size_t)((double)words->count * pow(gen_draw_unit(draw), 1.5))];
}

size_t gen_draw_some(struct gen_draw *draw, uint32_t *picked, size_t count, size_t wanted)
{
	size_t taken = wanted < count ? wanted : count;
	for (size_t i = 0; i < count; i++)
		picked[i] = (uint32_t)i;
	for (size_t i = 0; i < taken; i++) {
		size_t other = (size_t)gen_draw_between(draw, (int64_t)i, (int64_t)count - 1);
		uint32_t held = picked[i];
		picked[i] = picked[other];
		picked[other] = held;
	}
	return taken;
}

int64_t gen_draw_round(double value)
{
	double below = floor(value);
	return (int64_t)(value - below >= 0.5 ? below + 1 : below);
}
