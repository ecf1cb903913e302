/*
 * node/import_rules.h - the kinds of lines of an import: which keys they have, how each is read and where it goes. For import.c.
 */
#ifndef NODE_IMPORT_RULES_H
#define NODE_IMPORT_RULES_H

#include "node/import.h"

enum import_action {
	TAKE_ID,
	TAKE_AT,
	TAKE_BY,
	TAKE_DOSSIER, /* the patient that the line is about */
	TAKE_PROBLEM,
	TAKE_NURSE,
	TAKE_TEXT, /* these go to a field of the line's record; an empty text is no value */
	TAKE_INTEGER,
	TAKE_DATE,
	TAKE_CHOICE, /* by the schema's name */
	TAKE_DOMAIN, /* by the file's words */
	TAKE_SEVERITY,
	TAKE_CATEGORY,
	TAKE_PLACE,
	TAKE_START,
	TAKE_END,
	TAKE_DONE,
	TAKE_VITALS,
	TAKE_SCORE, /* of the problem's first rating */
	TAKE_INTERVENTIONS,
	TAKE_INTERVENTION,
	TAKE_FIELD_NAME,
	TAKE_FIELD_VALUE,
};

struct import_key {
	const char *name;
	enum import_action action;
	uint8_t field; /* number in the schema */
	bool is_optional;
};

struct import_rule {
	const char *name;
	enum schema_kind_number kind; /* of the line's first record */
	const struct import_key *keys; /* at most 64 */
	uint32_t key_count;
};

extern const struct import_rule import_rules[IMPORT_TYPE_COUNT];
extern const struct import_rule import_rule_intervention; /* the objects inside a problem or an addint line */

/* What the file calls things, and the schema's numbers. A list ends with no text. */
struct import_word {
	const char *text;
	uint32_t number;
};
extern const struct import_word import_domains[], import_severities[], import_categories[], import_places[];

/* The number of a word, or 0. */
uint32_t import_word_number(const struct import_word *words, struct span text);

/* The rule of a key; `*next` is where it probably is, and moves. NULL: not a key of this kind of line. */
const struct import_key *import_key_find(const struct import_rule *rule, struct span key, uint32_t *next);

#endif
