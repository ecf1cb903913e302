/*
 * node/vitals/measure.h - a value as a nurse writes it, "5.5 mmol/L", and as it is kept: in the vital's own unit and scale (node/schema).
 *
 * Pure. Outside text: hostile bytes are fine.
 */
#ifndef NODE_VITALS_MEASURE_H
#define NODE_VITALS_MEASURE_H

#include "node/schema/schema.h"

enum { MEASURE_TEXT_BYTES = 32 };

/* Read "37.2", "37,2", "37.2 °C", "5.5 mmol/L", "13 cmHg": with a unit of the vital, whatever its case, or none. ERR_INVALID: not a number, or with more
 * decimals than the unit has. ERR_UNSUPPORTED: another unit, or one in which the value does not come out even. */
int measure_read(const struct schema_vital *vital, struct span text, int32_t *out);

/* The number alone in the vital's own unit, "0.99"; or in the index-th of its other units: NULL past the last. */
void measure_write(char out[MEASURE_TEXT_BYTES], const struct schema_vital *vital, int64_t value);
const struct schema_unit *measure_write_in(
        char out[MEASURE_TEXT_BYTES], const struct schema_vital *vital, int64_t value, uint32_t index);

#endif
