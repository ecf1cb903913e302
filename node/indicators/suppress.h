/*
 * node/indicators/suppress.h - what of a period's indicators may be shown to somebody who gives no care (README.md, section 5: the attack, the rule, why it holds).
 *
 * Counts under INDICATORS_COUNT_MIN tell of persons; so do differences: between a part and its whole, between parts, between two versions that were
 * written. All are suppressed before anything is written. Pure.
 */
#ifndef NODE_INDICATORS_SUPPRESS_H
#define NODE_INDICATORS_SUPPRESS_H

#include "node/indicators/compute.h"
#include "node/indicators/published.h"

enum { INDICATORS_COUNT_MIN = 11 };

/* A positive result: nothing that is not there already may be shown. */
enum { SUPPRESS_UNCHANGED = 1 };

/* What may be written of `values`, where `before` was (all that was ever written shows in it, or rose from it by SUPPRESS's own rule). Entries that may not be
 * replaced stay as they were. `count_min` is INDICATORS_COUNT_MIN but in tests. From the arena; `source` is the frontier's hash. ERR_FULL: it was
 * written too often. */
int suppress(const struct indicator_values *values, const struct published *before,
        const uint8_t source[PUBLISHED_SOURCE_BYTES], uint32_t count_min, struct arena *arena,
        struct published *out);

/* Does what somebody wrote hold to the rule, as far as it shows in it? For every receiver, before it believes or shows it. NULL: yes; else a sentence in both
 * languages. *entry: the place of the first entry that breaks it. */
const struct schema_label *suppress_check(
        const struct published *published, uint32_t months, uint32_t *entry);

#endif
