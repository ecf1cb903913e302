/* What was freed is overwritten: the heap of this process is searched for it. Of the C library's heap; a sanitizer has its own. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/mem.h"
#include "node/uv_env.h"

/* The text that is looked for, never whole in the program's own data. */
static void canary(char out[12])
{
	static const char half[] = "Qvfoofwjmmf";
	for (size_t i = 0; i < sizeof(half); i++)
		out[i] = half[i] ? (char)(half[i] - 1) : 0;
}

/* How often it stands in what brk() gave this process. */
static unsigned in_heap(const char *text)
{
	unsigned long from, to;
	unsigned count = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		const char *at = (const char *)from, *end = (const char *)to;
		while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
			count++;
			at++;
		}
	}
	fclose(maps);
	return count;
}

/* Pieces of all sizes, freed in an order that leaves holes; others stay. */
static void freed_memory_is_overwritten(void **state)
{
	(void)state;
	enum { PIECES = 3000 };
	static char *pieces[PIECES];
	char text[12];
	canary(text);
	for (unsigned i = 0; i < PIECES; i++) {
		size_t size = 24 + (i * 131) % (i % 50 ? 1500 : 60000);
		pieces[i] = mem_zero(1, size);
		if (i % 3)
			memcpy(pieces[i] + size - sizeof(text), text, sizeof(text));
	}
	for (unsigned i = 0; i < PIECES; i++)
		if (i % 3)
			mem_free(pieces[i]);
	assert_true(in_heap(text) > PIECES / 10); /* the search finds what is there */
	uv_env_wipe_free();
	assert_int_equal(in_heap(text), 0);
	for (unsigned i = 0; i < PIECES; i += 3)
		mem_free(pieces[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(freed_memory_is_overwritten)};
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
