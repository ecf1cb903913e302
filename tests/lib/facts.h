/*
 * tests/lib/facts.h - facts (node/facts.h) from JSON, as two devices would have written them, handed over in any order.
 */
#ifndef TESTS_LIB_FACTS_H
#define TESTS_LIB_FACTS_H

#include "node/facts.h"
#include "node/record.h"

enum { FACTS_MAX = 256 };

struct facts {
	struct arena arena;
	struct fact items[FACTS_MAX];
	uint32_t count;
};

/* An event of `kind` as JSON; its id is all `number`, and a reference to it "NNNNNNNNNNNN" with NN in hexadecimal. Written by device `number` % 2, in the
 * order of calls. `corrects`: the number of the one that it corrects; 0: none. What is wrong with it fails the test. */
void facts_put(struct facts *facts, uint8_t number, const char *kind, uint8_t corrects, const char *json);

/* To `take`, in an order that `seed` says. */
void facts_give(const struct facts *facts, uint64_t seed, fact_taker take, void *context);
void facts_close(struct facts *facts);

#endif
