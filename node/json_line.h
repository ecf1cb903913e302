/*
 * node/json_line.h - a cursor over one line of JSON: strict, bounded, nothing allocated per value.
 *
 * For the importer's own format, where a general JSON library costs more than all the rest. The reader walks: open an object, take key
 * after key, read the value that it expects. Errors stick; json_line_end() reports the first. RFC 8259; beyond it refused: NUL in a text,
 * exponents and numbers of more than 15 digits. Duplicate keys are the caller's to notice (it knows its keys).
 * Texts come out in UTF-8, NFC.
 */
#ifndef NODE_JSON_LINE_H
#define NODE_JSON_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum json_line_error {
	JSON_LINE_OK,
	JSON_LINE_SYNTAX, /* not JSON */
	JSON_LINE_ENDS, /* the line ends in the middle */
	JSON_LINE_UTF8, /* bytes that are not UTF-8, a lone surrogate, a control character or NUL */
	JSON_LINE_TYPE, /* a value of another type than expected here */
	JSON_LINE_NUMBER, /* a number out of bounds */
	JSON_LINE_EXTRA, /* something after the end */
};

struct json_line {
	const uint8_t *at, *end;
	enum json_line_error error;
	bool is_first; /* of the innermost object or array: no comma before it */
	struct buf text; /* texts that had to be rewritten; never over 4 times the line's size */
};

/* `space` is memory kept from line to line; texts read before stay valid until the next begin. */
void json_line_begin(struct json_line *line, struct span bytes);
void json_line_close(struct json_line *line);

/* { ... }: open, then key until false (which also takes the closing brace). */
bool json_line_object(struct json_line *line);
bool json_line_key(struct json_line *line, struct span *key);

/* [ ... ]: open, then item until false (which also takes the closing bracket); read one value after each true. */
bool json_line_array(struct json_line *line);
bool json_line_item(struct json_line *line);

/* Values. On an error zeros or empty texts. */
struct span json_line_text(struct json_line *line);
int64_t json_line_integer(struct json_line *line);
int64_t json_line_decimal(
        struct json_line *line, unsigned scale); /* in units of 10^-scale; more decimals are an error */

void json_line_fail(struct json_line *line, enum json_line_error error); /* unless one is set */
enum json_line_error json_line_end(
        struct json_line *line); /* after the last value: only white space may follow */

#endif
