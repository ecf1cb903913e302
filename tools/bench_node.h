/*
 * tools/bench_node.h - a whole node on a disk, without a daemon around it: for measuring.
 */
#ifndef TOOLS_BENCH_NODE_H
#define TOOLS_BENCH_NODE_H

#include "node/node.h"
#include "store/vault.h"

struct bench_node {
	struct store *store;
	struct vault *vault;
	struct store_writer *writer;
	struct node *node;
	int wake_fd;
};

extern const struct env bench_env;

/* Open the node in `directory`, made with a new identity when missing; the key is the same for every bench node. Errors end the program
 * with a sentence. */
void bench_node_open(struct bench_node *bench, const char *directory);
void bench_node_close(struct bench_node *bench); /* waits for what is under way */

/* Submit what was written and wait until at most `commits` are under way (0: everything is durable). */
void bench_node_settle(struct bench_node *bench, unsigned commits);

/* Seconds and memory. */
double bench_now_ms(void);
double bench_thread_ms(
        void); /* processor time of this thread: what it takes however many others the machine serves */
double bench_anonymous_mb(void); /* in memory now, pages of files aside */
double bench_peak_mb(void);
double bench_cpu_ms(void); /* of this process so far, all threads */
double bench_percentile(double *values, size_t count, double part); /* sorts them */

/* Print the sentence of an error and exit when `result` is negative. */
void bench_check(int result, const char *what);

#endif
