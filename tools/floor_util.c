#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"

int floor_io_error(const char *what)
{
	int code = errno;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(code));
	return code == ENOSPC ? ERR_NOSPACE : code == ENOENT ? ERR_NOTFOUND : ERR_IO;
}

int floor_path(char *out, const char *directory, const char *name)
{
	int length = snprintf(out, FLOOR_PATH_CHARS, "%s/%s", directory, name);
	return length < 0 || length >= FLOOR_PATH_CHARS ? ERR_TOOBIG : 0;
}

double floor_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

double floor_percentile(double *values, size_t count, double share)
{
	size_t index = (size_t)((double)count * share);
	qsort(values, count, sizeof(*values), compare);
	return values[index < count ? index : count - 1];
}

struct span floor_field(struct span record, const char *marker, size_t size)
{
	size_t marker_bytes = strlen(marker);
	const uint8_t *found = record.size ? memmem(record.data, record.size, marker, marker_bytes) : NULL;
	if (!found)
		return (struct span){NULL, 0};
	return span_sub(record, (size_t)(found - record.data) + marker_bytes, size);
}

int floor_number(struct span record, const char *marker, uint64_t *out)
{
	struct span digits = floor_field(record, marker, 18);
	size_t at = 0;
	*out = 0;
	for (; at < digits.size && digits.data[at] >= '0' && digits.data[at] <= '9'; at++)
		*out = *out * 10 + (uint64_t)(digits.data[at] - '0');
	return at ? 0 : ERR_MALFORMED;
}

bool floor_is(struct span record, const char *kind)
{
	char start[32];
	int length = snprintf(start, sizeof(start), "{\"t\":\"%s\"", kind);
	return span_eq(span_sub(record, 0, (size_t)length), span_of(start, (size_t)length));
}

static int split_lines(struct floor_records *records)
{
	size_t capacity = 0;
	for (size_t at = 0; at < records->file.size;) {
		struct span rest = span_sub(records->file, at, records->file.size);
		const uint8_t *feed = memchr(rest.data, '\n', rest.size);
		size_t size = feed ? (size_t)(feed - rest.data) : rest.size;
		if (size > FLOOR_RECORD_BYTES_MAX)
			return ERR_TOOBIG;
		if (records->count == capacity) {
			capacity = capacity ? 2 * capacity : 1024;
			records->lines = mem_resize(records->lines, capacity, sizeof(*records->lines));
		}
		records->lines[records->count++] = span_sub(rest, 0, size);
		records->bytes += size;
		at += size + 1;
	}
	return 0;
}

int floor_records_read(struct floor_records *records, const char *path)
{
	struct stat stat;
	int result = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
	*records = (struct floor_records){0};
	if (fd < 0)
		return floor_io_error(path);
	if (fstat(fd, &stat)) {
		result = floor_io_error(path);
	} else if (stat.st_size > 0) {
		void *bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes == MAP_FAILED) {
			result = floor_io_error(path);
		} else {
			records->file = span_of(bytes, (size_t)stat.st_size);
			result = split_lines(records);
		}
	}
	close(fd);
	if (result)
		floor_records_close(records);
	return result;
}

void floor_records_release(const struct floor_records *records)
{
	if (records->file.size)
		madvise((void *)(uintptr_t)records->file.data, records->file.size, MADV_DONTNEED);
}

void floor_records_close(struct floor_records *records)
{
	if (records->file.size)
		munmap((void *)(uintptr_t)records->file.data, records->file.size);
	mem_free(records->lines);
	*records = (struct floor_records){0};
}
