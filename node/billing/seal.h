/*
 * node/billing/seal.h - the seal of a statement's file: one changed byte shows (README.md, section 6). No signature: whoever alters a file can
 * seal it again; the lot's hash, signed in the ledger, is what binds. Pure.
 */
#ifndef NODE_BILLING_SEAL_H
#define NODE_BILLING_SEAL_H

#include "crdt/base/mem.h"

enum { SEAL_DIGITS = 64 };
#define SEAL_ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* The bytes from `start` on are a file with the mark and SEAL_ZEROS behind its last occurrence: put the seal there. */
void seal_put(struct buf *out, size_t start, const char *mark);

#endif
