/*
 * tests/lib/bundles.h - files as a patched program makes them: any frames, for one device (node/keyring/README.md, section 8).
 */
#ifndef TESTS_LIB_BUNDLES_H
#define TESTS_LIB_BUNDLES_H

#include "node/keyring/bundle.h"

/* Append a whole file with these frames in the part that every recipient reads. */
void bundles_seal(const struct env *env, const struct seal_public *to, struct span frames, struct buf *out);

#endif
