/*
 * node/csv.h - fields of CSV for spreadsheets: RFC 4180, UTF-8; who uses them puts the separators ";" and CRLF.
 */
#ifndef NODE_CSV_H
#define NODE_CSV_H

#include "crdt/base/mem.h"

void csv_text(struct buf *out, const char *text); /* as it is */
void csv_number(struct buf *out, int64_t number);
void csv_hex(struct buf *out, const uint8_t *bytes, size_t size); /* at most 64 bytes */

/* Would a spreadsheet take the text for a formula? */
bool csv_is_formula(struct span text);

/* A field of outside text. Quoted; what would be a formula is put behind a space. */
void csv_quoted(struct buf *out, struct span text);

#endif
