/*
 * node/access/access_export.h - a stretch of the access log for somebody who controls: CSV or JSON, signed, and the check of such a file
 * (README.md, "Export").
 *
 * Pure. Hostile files are fine.
 */
#ifndef NODE_ACCESS_ACCESS_EXPORT_H
#define NODE_ACCESS_ACCESS_EXPORT_H

#include <jansson.h>

#include "crdt/base/arena.h"
#include "node/access/access.h"
#include "node/keyring/sign.h"

/* A row and what the device could tell of it. Texts are as the file shows them (access_export_text()). */
struct access_shown {
	struct access_row row;
	struct access_chain chain; /* after it */
	struct record_id record; /* zero: not known */
	struct span name, label;
};

/* Zero-initialized is empty. Owner calls access_export_close(). */
struct access_export {
	struct device_id device;
	struct team_id team;
	uint64_t from_s, to_s, gone;
	struct access_chain before;
	struct access_shown *rows;
	uint32_t count, capacity;
	struct entry_signature signature;
	struct arena arena; /* of the texts */
};

void access_export_close(struct access_export *out);

/* Add a row, whose chain follows. ERR_TOOBIG: LIMIT_ACCESS_EXPORT_ROWS. */
int access_export_add(struct access_export *out, const struct access_shown *shown);

/* A text as it may stand in a spreadsheet: nothing that starts a formula, no control characters. In the export's arena. */
struct span access_export_text(struct access_export *out, const char *text);

void access_export_sign(struct access_export *out, const uint8_t *secret_key);

void access_export_csv(const struct access_export *export, struct buf *out);
json_t *access_export_json(const struct access_export *export); /* owner decrefs */

/* Read a file of either form. ERR_MALFORMED, ERR_TRUNCATED (its last lines are missing), ERR_TOOBIG, ERR_VERSION; *line is where. */
int access_export_read(struct span file, struct access_export *out, uint64_t *line);

/* Does all of it fit together? ERR_CORRUPT: row *number does not follow from the one before it. ERR_BADSIG: each row does, and the device
 * did not sign this. */
int access_export_check(const struct access_export *export, uint64_t *number);

#endif
