/*
 * tools/gen_json.h - writes JSON objects the way JSON.stringify does: no spaces, members in the order given.
 */
#ifndef TOOLS_GEN_JSON_H
#define TOOLS_GEN_JSON_H

#include "crdt/base/mem.h"

/* Appends to `out`, with a comma when it follows a value. */
struct gen_json {
	struct buf *out; /* borrowed */
	bool follows;
};

void gen_json_open(
        struct gen_json *json, const char *name, char bracket); /* '{' or '['; name NULL: no name */
void gen_json_close(struct gen_json *json, char bracket); /* '}' or ']' */
void gen_json_text(struct gen_json *json, const char *name, struct span text); /* UTF-8, escaped */
void gen_json_words(struct gen_json *json, const char *name, const char *text);
void gen_json_number(struct gen_json *json, const char *name, int64_t number);

/* A positive number rounded to `decimals` places, ties upward, without trailing zeros. */
void gen_json_decimal(struct gen_json *json, const char *name, double number, int decimals);

#endif
