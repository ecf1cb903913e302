/*
 * node/access/access.h - the bytes of the access log: rows, their chain, the head and the blocks they are kept in (README.md).
 *
 * Pure. Hostile bytes are fine.
 */
#ifndef NODE_ACCESS_ACCESS_H
#define NODE_ACCESS_ACCESS_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "node/keyring/secret.h"

enum {
	ACCESS_ROW_BYTES = 57,
	ACCESS_PATIENT_BYTES = 16,
	ACCESS_LOG_ID_BYTES = 8,
	ACCESS_BLOCK_ROWS = 64,
	ACCESS_DAYS_DEFAULT = 365,
	ACCESS_DAYS_MIN = 180,
	ACCESS_DAYS_MAX = 1095,
};

enum access_kind {
	ACCESS_BEGIN = 1,
	ACCESS_EXPIRED,
	ACCESS_LOST,
	ACCESS_PERIOD,
	ACCESS_BROKEN,
	ACCESS_RECORD = 16,
	ACCESS_HISTORY,
	ACCESS_NEWS,
	ACCESS_PHOTO,
	ACCESS_SEARCH,
	ACCESS_COPY,
	ACCESS_MINUTES,
	ACCESS_THREAD,
	ACCESS_CONTROL = 30,
	ACCESS_PATIENTS = 32,
	ACCESS_VISITS,
	ACCESS_BILLING,
	ACCESS_DUMP,
	ACCESS_LOG,
	ACCESS_EXPORT,
	ACCESS_BACKUP,
	ACCESS_FILE,
	ACCESS_CASES,
	ACCESS_WORK,
	ACCESS_OWN = 47,
};

/* "record", or the number of a kind that this version does not know, in `space`. And back; 0: none. */
enum { ACCESS_KIND_BYTES = 4 };
const char *access_kind_name(unsigned kind, char space[ACCESS_KIND_BYTES]);
unsigned access_kind_named(const char *name);

struct access_patient {
	uint8_t bytes[ACCESS_PATIENT_BYTES];
};

/* What names a dossier in the log. Nobody links it to the dossier without the secret. */
struct access_patient access_patient(const struct dossier_secret *secret, const struct record_id *dossier);

struct access_row {
	uint64_t number;
	uint64_t at_s; /* since 1970 */
	unsigned kind; /* a byte */
	struct person_id person;
	struct access_patient patient; /* zero: of none */
	uint64_t detail;
};

void access_row_encode(uint8_t out[ACCESS_ROW_BYTES], const struct access_row *row);
struct access_row access_row_decode(const uint8_t bytes[ACCESS_ROW_BYTES]); /* any bytes are a row */

struct access_chain {
	uint8_t bytes[32];
};

/* `chain` becomes that of the next row. */
void access_chain_add(struct access_chain *chain, const uint8_t row[ACCESS_ROW_BYTES]);

struct access_log_id {
	uint8_t bytes[ACCESS_LOG_ID_BYTES];
};

struct access_head {
	struct access_log_id log;
	uint32_t days;
	uint64_t gone; /* number of the last row that is gone; 0: none */
	struct access_chain gone_chain;
	uint64_t last; /* number of the last row */
	struct access_chain last_chain;
};

void access_head_encode(const struct access_head *head, struct buf *out);
/* ERR_VERSION, ERR_CORRUPT; *out is then unchanged. */
int access_head_decode(struct span bytes, struct access_head *out);

/* Zero-initialized holds no row. */
struct access_block {
	struct access_log_id log;
	uint64_t first; /* number of its first row */
	struct access_chain before;
	uint8_t rows[ACCESS_BLOCK_ROWS][ACCESS_ROW_BYTES];
	uint32_t count;
};

static inline uint64_t access_block_of(uint64_t number)
{
	return (number - 1) / ACCESS_BLOCK_ROWS;
}

bool access_is_block(struct span bytes);
void access_block_encode(const struct access_block *block, struct buf *out);
/* Also checked: rows are numbered from `first` on and stay in one block. ERR_VERSION, ERR_CORRUPT; *out is then unchanged. */
int access_block_decode(struct span bytes, struct access_block *out);

#endif
