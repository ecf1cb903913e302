/*
 * crdt/path.h - where a value stands in a document: a sequence of keys, as bytes.
 *
 * The bytes are the keys' canonical MessagePack, one after the other, with a list element written as
 * [feed: bin 32, seq, index, offset]. Keys delimit themselves, so byte order is a total order of paths that every
 * replica shares, and "under this path" is "starts with these bytes" (crdt/README.md, section 6).
 */
#ifndef CRDT_PATH_H
#define CRDT_PATH_H

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/base/span.h"

enum {
	/* The longest key: a bin of LIMIT_KEY_BYTES has a head of 2; an element is 1 + 34 + 5 + 5 + 5. */
	CRDT_KEY_BYTES = LIMIT_KEY_BYTES + 2,
	CRDT_PATH_BYTES = LIMIT_PATH_DEPTH * CRDT_KEY_BYTES,
};

/* Zero-initialized is the empty path: the document's root. */
struct crdt_path {
	uint16_t size;
	uint8_t depth;
	uint8_t bytes[CRDT_PATH_BYTES];
};

/* An element of a list or text. */
struct crdt_element {
	struct op_id op;
	uint32_t offset;
};

/* Append a key. Our own code keeps within LIMIT_PATH_DEPTH and 1..LIMIT_KEY_BYTES: both are asserted. */
void crdt_path_field(struct crdt_path *path, uint32_t field);
void crdt_path_text(struct crdt_path *path, struct span text);
void crdt_path_bytes(struct crdt_path *path, struct span bytes);
void crdt_path_record(struct crdt_path *path, struct record_id id);
void crdt_path_element(struct crdt_path *path, const struct crdt_element *element);

static inline struct span crdt_path_span(const struct crdt_path *path)
{
	return (struct span){path->bytes, path->size};
}

/* Reading the keys of a path. */
enum crdt_key_type { CRDT_KEY_FIELD, CRDT_KEY_TEXT, CRDT_KEY_BIN, CRDT_KEY_ELEMENT };

struct crdt_key {
	enum crdt_key_type type;
	uint32_t field;
	struct span bytes; /* of text and bin; borrows from the path */
	struct crdt_element element;
	struct span encoded; /* the whole key; borrows from the path */
};

/* The key at the start of `*path`, which moves past it. False at the end. ERR-free: `*path` must be a valid path
 * (from crdt_path_*, from a document, or checked by crdt_path_check). */
bool crdt_path_next(struct span *path, struct crdt_key *key);

/* `path` has this form, with at most LIMIT_PATH_DEPTH keys. 0, ERR_MALFORMED, ERR_TOOBIG. For bytes from outside. */
int crdt_path_check(struct span path);

/* Where the last key of a valid path starts. */
size_t crdt_path_parent(struct span path);

#endif
