/*
 * node/schema/rows.h - how a row of the table is written; for the rows_*.h, which tables.c puts together.
 *
 * One row per field: number, JSON name, type and merge class, then what departs from "optional, no limits". Rows are never
 * renumbered; a field that falls out of use stays as a row.
 */
#ifndef NODE_SCHEMA_ROWS_H
#define NODE_SCHEMA_ROWS_H

#include "crdt/base/limits.h"
#include "node/schema/schema.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LABEL(french, english) .label = {french, english}
#define FIELD(n, json, kind, merge, french, english, ...) \
	{ \
		.number = n, .name = json, .type = SCHEMA_##kind, .class = SCHEMA_##merge, \
		LABEL(french, english), __VA_ARGS__ \
	}
#define TEXT(n, json, merge, bytes, french, english, ...) \
	FIELD(n, json, TEXT, merge, french, english, .max = bytes, __VA_ARGS__)
#define ENUM(n, json, merge, list, french, english, ...) \
	FIELD(n, json, ENUM, merge, french, english, .choices = list, __VA_ARGS__)
#define REQUIRED .required = true
#define OPTIONAL .required = false
#define SET .is_set = true
#define RANGE(low, high) .min = low, .max = high

enum {
	LINE = 120,
	PARAGRAPH = 4000,
	NOTE = 16384,
	MANIFEST = 12 * 1024,
	AGGREGATE_BYTES = 32 * 1024,
	FRONTIER_BYTES = 48 * 1024
};

/* 1900-01-01 and 2199-12-31 in days; instants: 1970 to 2199. */
#define DAYS RANGE(-25567, 84005)
#define SECONDS RANGE(0, INT64_C(7258118399))

/* What many kinds share. */
static const struct schema_choice SEX[] = {{1, "F", {"Féminin", "Female"}}, {2, "M", {"Masculin", "Male"}},
        {3, "I", {"Indéterminé", "Undetermined"}}, {0}};
#define MOMENT(n, json, french, english, ...) \
	FIELD(n, json, INSTANT, FACT, french, english, SECONDS, __VA_ARGS__)
#define NURSE(n) FIELD(n, "nurse", SHORT, FACT, "Infirmière", "Nurse", .ref_kind = SCHEMA_PERSON)
#define VISITED(n) FIELD(n, "visit", SHORT, FACT, "Visite", "Visit", .ref_kind = SCHEMA_VISIT)
#define REMARK(n, merge) TEXT(n, "note", merge, PARAGRAPH, "Remarque", "Remark", OPTIONAL)

/* In a correction, says that what it corrects is not so; that stays readable. */
#define MISTAKEN(n) FIELD(n, "mistaken", BOOL, FACT, "Saisi par erreur", "Entered by mistake", OPTIONAL)

#endif
