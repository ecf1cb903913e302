#include "tests/prop/prop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"

enum {
	SHRINK_RUNS_MAX = 4000,
	SHRINK_CHOICES_MAX = 20000000, /* cases of a hundred thousand choices take long to run */
	SEED_DEFAULT = 20240613
};

typedef bool prop_law(struct prop *prop);

uint32_t prop_below(struct prop *prop, uint32_t bound)
{
	if (prop->replays)
		return prop->at < prop->tape_size ? prop->tape[prop->at++] % bound : 0;
	if (prop->tape_size == prop->tape_capacity) {
		prop->tape_capacity = prop->tape_capacity ? 2 * prop->tape_capacity : 256;
		prop->tape = mem_resize(prop->tape, prop->tape_capacity, sizeof(*prop->tape));
	}
	uint32_t choice = (uint32_t)rng_below(&prop->rng, bound);
	prop->tape[prop->tape_size++] = choice;
	return choice;
}

bool prop_chance(struct prop *prop, uint32_t per_hundred)
{
	return prop_below(prop, 100) >= 100 - per_hundred;
}

void prop_edit(struct prop *prop)
{
	prop->edits++;
}

bool prop_fail(struct prop *prop, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(prop->failure, sizeof(prop->failure), format, arguments);
	va_end(arguments);
	return false;
}

void prop_say(const struct prop *prop, const char *format, ...)
{
	va_list arguments;
	if (!prop->talks)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
}

/* Does the law fail on this tape? */
static bool fails(prop_law *law, struct prop *prop)
{
	prop->at = 0;
	prop->failure[0] = '\0';
	bool failed = !law(prop);
	prop->replayed += prop->at;
	return failed;
}

/* Try the tape without `count` choices from `from`; keep it when the law still fails. */
static bool drop(prop_law *law, struct prop *prop, uint32_t from, uint32_t count)
{
	struct prop smaller = *prop;
	smaller.tape = mem_copy(prop->tape, prop->tape_size * sizeof(*prop->tape));
	memmove(smaller.tape + from, smaller.tape + from + count,
	        (prop->tape_size - from - count) * sizeof(*prop->tape));
	smaller.tape_size -= count;
	bool smaller_fails = fails(law, &smaller);
	prop->replayed = smaller.replayed;
	mem_free(smaller_fails ? prop->tape : smaller.tape);
	if (smaller_fails)
		*prop = smaller;
	return smaller_fails;
}

static bool lower(prop_law *law, struct prop *prop, uint32_t place, uint32_t value)
{
	uint32_t before = prop->tape[place];
	if (value >= before)
		return false;
	prop->tape[place] = value;
	if (fails(law, prop))
		return true;
	prop->tape[place] = before;
	return false;
}

static bool has_patience(const struct prop *prop, uint32_t runs)
{
	return runs < SHRINK_RUNS_MAX && prop->replayed < SHRINK_CHOICES_MAX;
}

static void shrink(prop_law *law, struct prop *prop)
{
	uint32_t runs = 0;
	for (bool better = true; better && has_patience(prop, runs);) {
		better = false;
		for (uint32_t size = prop->tape_size / 2; size > 0; size /= 2)
			for (uint32_t from = 0; from + size <= prop->tape_size && has_patience(prop, runs);
			        runs++) {
				if (drop(law, prop, from, size))
					better = true;
				else
					from += size;
			}
		for (uint32_t i = 0; i < prop->tape_size && has_patience(prop, runs); i++, runs += 3)
			better |= lower(law, prop, i, 0) || lower(law, prop, i, prop->tape[i] / 2) ||
			        (prop->tape[i] && lower(law, prop, i, prop->tape[i] - 1));
	}
}

static uint64_t number_from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* Sanitizers look at how a case is computed, not at which case it is, and take eight times as long: an eighth of them runs there. */
#ifdef __has_feature /* clang */
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && defined(__SANITIZE_ADDRESS__) /* gcc */
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
enum { SANITIZED_SHARE = 8 };

bool prop_is_sample(void)
{
	return SANITIZED;
}

bool prop_holds(const char *name, prop_law *law, uint32_t case_count)
{
	uint64_t seed = number_from_env("RELEVE_SEED", SEED_DEFAULT);
	uint64_t count = number_from_env(
	        "RELEVE_CASES", SANITIZED ? case_count / SANITIZED_SHARE + 1 : case_count);
	bool held = true;
	struct prop prop = {0};
	for (uint64_t i = 0; i < count && held; i++) {
		prop.rng = rng_new(seed + i * UINT64_C(0x9e3779b97f4a7c15));
		prop.tape_size = 0;
		held = !fails(law, &prop);
		if (held)
			continue;
		prop.replays = true;
		printf("%s: broken by case %llu of RELEVE_SEED=%llu: %s\n", name, (unsigned long long)i,
		        (unsigned long long)seed, prop.failure);
		shrink(law, &prop);
		prop.talks = true;
		printf("the shrunk case (%u choices):\n", prop.tape_size);
		fails(law, &prop);
		printf("%s: %s\n", name, prop.failure);
	}
	if (held)
		printf("%s: holds in %llu cases, %llu edits (RELEVE_SEED=%llu)\n", name,
		        (unsigned long long)count, (unsigned long long)prop.edits, (unsigned long long)seed);
	mem_free(prop.tape);
	return held;
}
