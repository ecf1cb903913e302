/*
 * Sequences against an author who wants to make everybody's device slow: what one more operation costs after so many of the same shape,
 * beside a letter typed at the end of a text. A shape whose figures grow with the count is a fault.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/lib/seq_shapes.h"

enum {
	STEPS_LAST = 10, /* the last of so many parts of the operations is measured */
	PATIENCE_MS = 20 * 1000, /* a shape that would take longer with more of it is not tried */
};

/* Time of this process alone: the machine may be busy with others. */
static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Nanoseconds of one operation at the end. */
static double measure(const struct seq_shape *shape, uint32_t count, uint64_t *took_ms)
{
	struct seq_shape_world world;
	seq_shape_open(&world, shape->kind, count);
	uint64_t begin = now_ns();
	shape->base(&world);
	uint32_t from = shape->is_one ? 0 : count - count / STEPS_LAST;
	for (uint32_t i = 0; i < from; i++)
		shape->step(&world, i);
	uint64_t start = now_ns();
	for (uint32_t i = from; i < count; i++)
		shape->step(&world, i);
	uint64_t end = now_ns();
	*took_ms = (end - begin) / 1000000;
	seq_shape_close(&world);
	return (double)(end - start) / (count - from);
}

int main(int argument_count, char **arguments)
{
	static const uint32_t counts[] = {1000, 10 * 1000, 100 * 1000};
	printf("%-42s %10s %10s %10s   ns an operation\n", "", "1,000", "10,000", "100,000");
	for (size_t i = 0; i < SEQ_SHAPE_COUNT; i++) {
		uint64_t took_ms = 0;
		if (argument_count > 1 && !strstr(seq_shapes[i].name, arguments[1]))
			continue;
		printf("%-42s", seq_shapes[i].name);
		for (size_t j = 0; j < sizeof(counts) / sizeof(*counts); j++) {
			if (took_ms * 20 > PATIENCE_MS)
				printf(" %10s", "-");
			else
				printf(" %10.0f", measure(&seq_shapes[i], counts[j], &took_ms));
			fflush(stdout);
		}
		printf("\n");
	}
	return 0;
}
