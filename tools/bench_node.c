#include "tools/bench_node.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "store/store_lmdb.h"

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t monotonic_ms(void *context)
{
	(void)context;
	return clock_ms(CLOCK_MONOTONIC);
}

static uint64_t wall_ms(void *context)
{
	(void)context;
	return clock_ms(CLOCK_REALTIME);
}

static void random_bytes(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
}

const struct env bench_env = {monotonic_ms, wall_ms, random_bytes, NULL};

double bench_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double bench_peak_mb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

double bench_thread_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double bench_anonymous_mb(void)
{
	unsigned long long pages = 0, shared = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	const bool is_read = file && fscanf(file, "%*u %llu %llu", &pages, &shared) == 2;
	if (file)
		fclose(file);
	return is_read ? (double)(pages - shared) * (double)sysconf(_SC_PAGESIZE) / 1048576 : 0;
}

double bench_cpu_ms(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t count, double part)
{
	qsort(values, count, sizeof(*values), compare);
	size_t at = (size_t)((double)count * part);
	return values[at < count ? at : count - 1];
}

void bench_check(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %s %s\n", what, err_name(result), err_sentence(result));
	exit(1);
}

static void wake(void *context)
{
	uint64_t one = 1;
	struct bench_node *bench = context;
	if (write(bench->wake_fd, &one, sizeof(one)) < 0)
		abort();
}

void bench_node_open(struct bench_node *bench, const char *directory)
{
	static const uint8_t key[VAULT_KEY_BYTES] = "the same key for every bench run";
	*bench = (struct bench_node){.wake_fd = eventfd(0, EFD_CLOEXEC)};
	bench_check(store_lmdb_open(directory, STORE_LMDB_MAP_BYTES, &bench->store), directory);
	bench_check(vault_new(bench->store, key, &bench_env, &bench->vault), "vault");
	bench_check(
	        store_writer_new(bench->store, STORE_WRITER_THREADED, wake, bench, &bench->writer), "writer");
	struct node_config config = {.env = &bench_env,
	        .store = bench->store,
	        .writer = bench->writer,
	        .vault = bench->vault,
	        .incarnation = {{1}}};
	int result = node_new(&config, &bench->node);
	if (result == ERR_NOTFOUND) {
		bench_check(node_init(&config), "init");
		result = node_new(&config, &bench->node);
	}
	bench_check(result, "open");
}

void bench_node_settle(struct bench_node *bench, unsigned commits)
{
	struct store_writer_stats stats;
	bench_check(node_flush(bench->node), "flush");
	for (;;) {
		uint64_t count;
		node_poll(bench->node);
		store_writer_stats(bench->writer, &stats);
		if (commits ? stats.waiting_count <= commits : node_idle(bench->node))
			return;
		struct pollfd wait = {.fd = bench->wake_fd, .events = POLLIN};
		if (poll(&wait, 1, -1) > 0 && read(bench->wake_fd, &count, sizeof(count)) < 0 &&
		        errno != EAGAIN)
			abort();
	}
}

void bench_node_close(struct bench_node *bench)
{
	bench_node_settle(bench, 0);
	node_free(bench->node);
	store_writer_free(bench->writer);
	vault_free(bench->vault);
	store_close(bench->store);
	close(bench->wake_fd);
}
