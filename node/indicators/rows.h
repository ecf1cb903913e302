/*
 * node/indicators/rows.h - indicators as rows: JSON for the interface, CSV and NDJSON for a statistics package (README.md, section 1).
 *
 * Pure. Threads: any.
 */
#ifndef NODE_INDICATORS_ROWS_H
#define NODE_INDICATORS_ROWS_H

#include <jansson.h>

#include "node/indicators/suppress.h"

/* "month", "quarter", "year"; NULL: no such period. */
const char *rows_period_name(uint32_t months);
uint32_t rows_period_named(const char *name); /* 0: none */
void rows_month_text(char out[8], int32_t month); /* "2026-10" */

/* Append what was written of one period; what is not shown is a row with "suppressed". `team`: in hexadecimal. `territory`: whose rates all of it was billed by; empty:
 * not known, or several. */
void rows_add_published(json_t *rows, const char *team, int32_t month, uint32_t months,
        const struct published *published, struct span territory);

/* Append what was computed now, exactly; "suppressed" says what others would not be shown. */
void rows_add_exact(
        json_t *rows, const char *team, const struct indicator_values *values, struct arena *arena);

/* numerator / denominator in units of 10^-4, half away from zero. False: there is none. */
bool rows_value(int64_t numerator, int64_t denominator, int64_t *value);

/* Rows that rows_add_...() made, or that look like them. Suppressed ones have no numbers unless `exact`. */
void rows_csv(const json_t *rows, bool exact, struct buf *out);
void rows_ndjson(const json_t *rows, bool exact, struct buf *out);

/* A definition for people and programs. */
json_t *rows_definition(const struct indicator *indicator);

#endif
