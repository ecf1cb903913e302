/*
 * node/access/access_log.h - the access log of one device over sealed rows (README.md).
 *
 * Normal course: access_log_note() remembers an access in memory; access_log_put() adds all that wait to a batch; when the batch is through,
 * access_log_done() says so. One batch at a time is under way. Nothing is read before the first note.
 *
 * Failures: rows of a batch that is not on the disk wait again. Rows that cannot be kept are counted, and the log says how many. A log that cannot be read goes on behind
 * its damaged block, or begins anew; noting never fails.
 *
 * Threads: the vault's.
 */
#ifndef NODE_ACCESS_ACCESS_LOG_H
#define NODE_ACCESS_ACCESS_LOG_H

#include "crdt/base/env.h"
#include "node/access/access.h"
#include "store/scrub.h"

struct access_log;

/* All borrowed for life. Owner calls access_log_free(). */
struct access_log *access_log_new(struct store *store, struct vault *vault, const struct env *env);
void access_log_free(struct access_log *log); /* what waits is lost; NULL is allowed */

/* Positive result of access_log_note(): it stands for this hour already. Exports are noted each time. */
enum { ACCESS_KNOWN = 1 };

/* `person` and `patient` may be NULL. */
int access_log_note(struct access_log *log, enum access_kind kind, const struct person_id *person,
        const struct access_patient *patient, uint64_t detail);

/* Rows wait to be put, and may be now: no batch of them is under way, and the last failure is a minute ago. */
bool access_log_waits(struct access_log *log);

bool access_log_is_under_way(const struct access_log *log);

/* Put what waits, and what expires with it. Errors of vault_batch_put(): nothing is under way. */
int access_log_put(struct access_log *log, struct store_batch *batch);
void access_log_done(struct access_log *log, int result);

/* For how long rows are kept. */
int access_log_days(struct access_log *log, uint32_t *days);
/* ERR_INVALID: out of bounds. Counts from the next batch on, which holds a row that says so. */
int access_log_set_days(struct access_log *log, const struct person_id *person, uint32_t days);

/* ---- What is on the disk ---- */

/* ERR_NOTFOUND: there is no log yet. ERR_VERSION, ERR_CORRUPT and errors of vault_get(). */
int access_head_read(const struct vault *vault, struct store_txn *txn, struct access_head *out);
/* Block `number` of the head's log, which must be what stands there. The same errors. */
int access_block_read(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        uint64_t number, struct access_block *out);

/* Every row that can be read, in order, with the chain before and after it, until `visit` gives something else than 0. *unread: blocks that
 * cannot be. Errors of the store, or what `visit` gave. */
typedef int (*access_visit)(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after);
int access_rows_read(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        access_visit visit, void *context, uint64_t *unread);

/* Check all of it against itself; `found` as in store/scrub.h, in STORE_LOCAL. Rows that do not open are told of by the scrub. Errors of the
 * store. */
int access_log_check(const struct vault *vault, struct store_txn *txn, scrub_found found, void *context);

#endif
