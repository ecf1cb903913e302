#include "net/sketch.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"

enum { PLACES = 4 };

/* The last step of splitmix64: each bit of the result depends on each of the number. */
static uint64_t mix(uint64_t number)
{
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* One cell in each quarter, so that no number falls twice into one. */
static uint32_t place(const struct net_sketch *sketch, uint64_t number, uint32_t which)
{
	const uint32_t from = (uint32_t)((uint64_t)sketch->count * which / PLACES),
	               upto = (uint32_t)((uint64_t)sketch->count * (which + 1) / PLACES);
	return from + (uint32_t)(mix(number + which + 1) % (upto - from));
}

static uint32_t check_of(uint64_t number)
{
	return (uint32_t)(mix(~number) >> 32);
}

void net_sketch_init(struct net_sketch *sketch, uint32_t cells)
{
	assert(cells >= NET_SKETCH_CELLS_MIN);
	*sketch = (struct net_sketch){.cells = mem_zero(cells, sizeof(*sketch->cells)), .count = cells};
}

void net_sketch_close(struct net_sketch *sketch)
{
	mem_free(sketch->cells);
	*sketch = (struct net_sketch){0};
}

static void change(struct net_sketch *sketch, uint64_t number, uint8_t by)
{
	for (uint32_t which = 0; which < PLACES; which++) {
		struct net_sketch_cell *cell = &sketch->cells[place(sketch, number, which)];
		cell->sum ^= number;
		cell->check ^= check_of(number);
		cell->count = (uint8_t)(cell->count + by);
	}
}

void net_sketch_add(struct net_sketch *sketch, uint64_t number)
{
	change(sketch, number, 1);
}

void net_sketch_remove(struct net_sketch *sketch, uint64_t number)
{
	change(sketch, number, UINT8_MAX);
}

void net_sketch_encode(const struct net_sketch *sketch, struct buf *out)
{
	wire_put_varint(out, sketch->count);
	for (uint32_t i = 0; i < sketch->count; i++) {
		wire_put_u64(out, sketch->cells[i].sum);
		wire_put_u32(out, sketch->cells[i].check);
		wire_put_u8(out, sketch->cells[i].count);
	}
}

void net_sketch_decode(struct net_sketch *sketch, uint32_t cells_max, struct wire_in *in)
{
	const uint32_t count = wire_count(in, cells_max, NET_SKETCH_CELL_BYTES);
	if (count < NET_SKETCH_CELLS_MIN)
		wire_fail(in, ERR_MALFORMED);
	net_sketch_init(sketch, in->error ? NET_SKETCH_CELLS_MIN : count);
	for (uint32_t i = 0; i < count && !in->error; i++) {
		sketch->cells[i].sum = wire_u64(in);
		sketch->cells[i].check = wire_u32(in);
		sketch->cells[i].count = wire_u8(in);
	}
}

/* One number is left in it, which belongs there. */
static bool is_single(const struct net_sketch *sketch, uint32_t at)
{
	const struct net_sketch_cell *cell = &sketch->cells[at];
	if ((cell->count != 1 && cell->count != UINT8_MAX) || cell->check != check_of(cell->sum))
		return false;
	for (uint32_t which = 0; which < PLACES; which++)
		if (place(sketch, cell->sum, which) == at)
			return true;
	return false;
}

static int number_cmp(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Takes one number out. Says whether it was one that was removed. */
static bool take_out(struct net_sketch *sketch, uint32_t at, uint64_t *number)
{
	const bool is_removed = sketch->cells[at].count == UINT8_MAX;
	*number = sketch->cells[at].sum;
	change(sketch, *number, is_removed ? 1 : UINT8_MAX);
	return is_removed;
}

bool net_sketch_open(struct net_sketch *sketch, uint64_t **removed, uint32_t *count)
{
	/* Taking a number out may leave single ones in its other cells: these are looked at next, so that no cell is looked at in vain for each of a
	 * made-up chain. A made-up sketch could go on for ever: each number fills a cell at least, so there are no more of them than cells. */
	uint32_t left = sketch->count, waiting = 0;
	uint32_t *next = mem_zero(sketch->count * (PLACES + 1), sizeof(*next));
	*removed = mem_zero(sketch->count, sizeof(**removed));
	*count = 0;
	for (uint32_t i = sketch->count; i > 0; i--)
		next[waiting++] = i - 1;
	while (waiting > 0 && left > 0) {
		const uint32_t at = next[--waiting];
		uint64_t number;
		if (!is_single(sketch, at))
			continue;
		if (take_out(sketch, at, &number))
			(*removed)[(*count)++] = number;
		for (uint32_t which = 0; which < PLACES; which++)
			next[waiting++] = place(sketch, number, which);
		left--;
	}
	mem_free(next);
	qsort(*removed, *count, sizeof(**removed), number_cmp);
	for (uint32_t i = 0; i < sketch->count; i++)
		if (sketch->cells[i].sum || sketch->cells[i].check || sketch->cells[i].count)
			return false;
	return true;
}
