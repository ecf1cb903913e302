/*
 * node/schema/value.h - values of fields as canonical MessagePack and back (README.md, section 3).
 *
 * Writing takes values that schema_check() passed. Reading takes what any device wrote, within bytes that mpack_check() passed:
 * a value that is not of its field's type is not an error, it is unknown.
 */
#ifndef NODE_SCHEMA_VALUE_H
#define NODE_SCHEMA_VALUE_H

#include "crdt/base/mem.h"
#include "node/schema/schema.h"

/* Append the value of one field. `record` holds the base of a SCHEMA_AFTER. */
void schema_value_put(const struct schema_record *record, const struct schema_value *value, struct buf *out);

/* Append one element of a set (schema_element()) as it stands in the document. schema_value_get() of a set's field reads one element. */
void schema_element_put(const struct schema_field *field, struct span element, struct buf *out);

/* Append all fields of an event as one map; presets are left out. */
void schema_event_put(const struct schema_record *record, struct buf *out);

/* Room for the vitals of one record. */
struct schema_measures {
	struct schema_measure items[SCHEMA_VITALS_MAX];
	uint8_t code[SCHEMA_CODE_BYTES]; /* of an element of CODES */
};

/* Decode the value of a field. `base` is that of a SCHEMA_AFTER (NULL: none). Text and bytes borrow from `encoded`, vitals and codes from
 * `measures`. False: not a value of this field, show it as unknown. */
bool schema_value_get(const struct schema_field *field, struct span encoded, const struct schema_value *base,
        struct schema_measures *measures, struct schema_value *out);

/* Decode an event's fields into record->values, with record->kind set. Absent presets are filled in. Fields that are not known or not of
 * their type are left out and counted. */
void schema_event_get(struct schema_record *record, struct span fields, struct schema_measures *measures,
        uint32_t *unknown_count);

#endif
