/*
 * tests/lib/device.h - a whole device on a libuv loop: node over a store in memory, peers over real sockets on loopback.
 */
#ifndef TESTS_LIB_DEVICE_H
#define TESTS_LIB_DEVICE_H

#include <uv.h>

#include "net/uv_link.h"
#include "node/peers.h"
#include "store/store_mem.h"
#include "tests/lib/seeded.h"

struct device {
	struct seeded seeded;
	struct env env; /* clocks of the loop, seeded randomness */
	struct store *store;
	struct vault *vault;
	struct store_writer *writer;
	struct node *node;
	struct net_link *link;
	struct peers *peers;
	struct net_address address; /* where it listens */
	uv_prepare_t prepare;
	uv_timer_t timer;
	struct incarnation_id incarnation;
	uint8_t key[VAULT_KEY_BYTES]; /* of the database */
	bool disk_waits; /* nothing is committed meanwhile */
};

/* A new device with an identity; listening. Checks fail the running test. */
void device_open(struct device *device, uv_loop_t *loop, uint8_t number);
void device_close(struct device *device, uv_loop_t *loop);

/* Stop and start again from what is in the store. */
void device_restart(struct device *device, uv_loop_t *loop);

/* The power fails now: what was not committed is lost. */
void device_crash(struct device *device, uv_loop_t *loop);

/* Every row sealed under another key in another store, and the node told so: what the shell does after a dossier was erased. */
void device_new_file(struct device *device, uv_loop_t *loop);

/* The same with an older copy of the database, noticed: under a new incarnation. */
void device_put_back(struct device *device, uv_loop_t *loop, const struct store_mem_image *image);

/* Go on as another device, from a copy of its whole disk: database, keys and the note beside it. */
void device_become(struct device *device, uv_loop_t *loop, const struct device *other,
        const struct store_mem_image *image);

/* Turn the loop until `done` says so; fails the test after a very long while. */
void devices_run(uv_loop_t *loop, bool (*done)(void *context), void *context);

/* Write one text register; waits for nothing. */
void device_save(struct device *device, uint32_t doc_kind, const struct record_id *doc, uint32_t section,
        uint32_t field, const char *text);

/* The number of live values of that register, and the first one's bytes. */
uint32_t device_values(struct device *device, uint32_t doc_kind, const struct record_id *doc,
        uint32_t section, uint32_t field, char *out, size_t size);

/* One bit of the stored run that holds (feed, seq) flips. */
void device_damage_run(struct device *device, uint32_t feed, uint64_t seq);
/* How many rows a table of its store has. */
uint32_t device_rows(struct device *device, enum store_table table);

#endif
