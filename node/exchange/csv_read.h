/*
 * node/exchange/csv_read.h - a table that a spreadsheet or a national directory wrote: RFC 4180, separated by ";", ",", tab or "|".
 *
 * Pure; hostile bytes are fine. Limits: CSV_READ_*.
 */
#ifndef NODE_EXCHANGE_CSV_READ_H
#define NODE_EXCHANGE_CSV_READ_H

#include <stdbool.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum {
	CSV_READ_FIELDS_MAX = 128, /* the national directory has 56 columns */
	CSV_READ_FIELD_BYTES_MAX = 16 * 1024, /* a remark, as records have them */
	CSV_READ_ROWS_MAX = 20000, /* a department's doctors, nurses and pharmacists */
};

struct csv_reader {
	struct span rest;
	char separator;
	uint32_t line; /* of the row that was read last, from 1; a row may take several */
	uint32_t row_count, lines_read;
	struct buf text; /* the row's fields, one after the other */
	struct span fields[CSV_READ_FIELDS_MAX]; /* of the row that was read last; borrowed until the next */
	uint32_t field_count;
};

/* A byte order mark is passed over; the separator is the one that stands most often in the first line. ERR_MALFORMED: it is not UTF-8. */
int csv_reader_begin(struct csv_reader *reader, struct span bytes);
void csv_reader_close(struct csv_reader *reader);

/* The next row that is not empty. 0; CSV_READ_END; ERR_MALFORMED: a quote that does not end, or text behind one; ERR_TOOBIG: a limit. */
enum { CSV_READ_END = 1 };
int csv_reader_next(struct csv_reader *reader);

#endif
