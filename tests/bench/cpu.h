/*
 * tests/bench/cpu.h - processor time of this process, and the median of a benchmark's rounds.
 */
#ifndef TESTS_BENCH_CPU_H
#define TESTS_BENCH_CPU_H

#include <stdlib.h>
#include <time.h>

static inline double cpu_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline int cpu_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static inline double cpu_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), cpu_by_value);
	return values[count / 2];
}

#endif
