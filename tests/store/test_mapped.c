/* A mapped file is given back to the system now and then, and reads the same. */
#include "tests/lib/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/mapped.h"

enum { STEP = 4096 };

static size_t mapped_pages(void)
{
	unsigned long long all = 0, resident = 0, shared = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu %llu %llu", &all, &resident, &shared), 3);
	fclose(file);
	return (size_t)shared;
}

static uint64_t read_all(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0;
	for (size_t at = 0; at < size; at += STEP)
		sum += bytes[at];
	return sum;
}

static void what_was_looked_at_is_given_back(void **state)
{
	const size_t size = MAPPED_FILE_BYTES;
	struct mapped mapped = {0};
	size_t found_size = 0;
	char path[] = "/tmp/releve-mapped-XXXXXX";
	(void)state;
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_null(mapped_find(fd, &found_size));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, "abc", 3, STEP), 3);
	uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	assert_ptr_equal(mapped_find(fd, &found_size), bytes);
	assert_int_equal(found_size, size);
	const size_t before = mapped_pages();
	const uint64_t sum = read_all(bytes, size);
	assert_int_equal(sum, 'a');
	const size_t looked = mapped_pages();
	assert_true(looked >= before + size / STEP / 2);
	for (size_t at = 0; at < MAPPED_TOUCHED_BYTES;
	        at += STEP) /* one place, however often, is no reason */
		mapped_touch(&mapped, fd, bytes + STEP, STEP);
	assert_true(mapped_pages() >= looked);
	for (size_t at = 0; at < MAPPED_TOUCHED_BYTES; at += STEP)
		mapped_touch(&mapped, fd, bytes + at, STEP);
	assert_true(mapped_pages() < looked - size / STEP / 2);
	assert_int_equal(read_all(bytes, size), sum);
	mapped_give_back(fd);
	assert_true(mapped_pages() < looked - size / STEP / 2);
	assert_int_equal(read_all(bytes, size), sum);
	munmap(bytes, size);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_looked_at_is_given_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
