#include "store/mapped.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A look at one page maps those around it that the system has in its cache: 64 KiB of them (fault_around_bytes). */
enum { FAULT_BYTES = 64 * 1024, LINE_BYTES = 4096 + 256 };

void *mapped_find(int fd, size_t *size)
{
	char line[LINE_BYTES];
	struct stat status;
	void *found = NULL;
	FILE *maps = fstat(fd, &status) == 0 ? fopen("/proc/self/maps", "re") : NULL;
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		unsigned long long from, to, offset, inode;
		char shared;
		/* Some file systems call a file's device otherwise there than in stat(): of a shared mapping nothing is lost, whosever it is. */
		if (sscanf(line, "%llx-%llx %*3c%c %llx %*x:%*x %llu", &from, &to, &shared, &offset,
		            &inode) != 5 ||
		        shared != 's' || offset != 0 || inode != status.st_ino)
			continue;
		found = (void *)(uintptr_t)from;
		*size = (size_t)(to - from);
	}
	if (maps)
		fclose(maps);
	return found;
}

void mapped_give_back(int fd)
{
	size_t size;
	void *address = mapped_find(fd, &size);
	if (address) /* whoever refuses that keeps its memory */
		(void)madvise(address, size, MADV_DONTNEED);
}

/* What a look maps that the one before did not. */
static size_t stretches(struct mapped *mapped, const void *at, size_t bytes)
{
	const uintptr_t first = (uintptr_t)at / FAULT_BYTES,
	                last = ((uintptr_t)at + (bytes ? bytes - 1 : 0)) / FAULT_BYTES,
	                before = atomic_exchange_explicit(&mapped->last, last, memory_order_relaxed);
	return last - first + (before != first);
}

void mapped_touch(struct mapped *mapped, int fd, const void *at, size_t bytes)
{
	const size_t touched = at ? stretches(mapped, at, bytes) * FAULT_BYTES : bytes + FAULT_BYTES,
	             before = atomic_fetch_add_explicit(
	                     &mapped->touched_bytes, touched, memory_order_relaxed);
	if (touched == 0 || before + touched < MAPPED_TOUCHED_BYTES || before >= MAPPED_TOUCHED_BYTES)
		return; /* it is not time, or another thread is at it */
	struct stat status;
	if (fstat(fd, &status) == 0 && status.st_size >= MAPPED_FILE_BYTES)
		mapped_give_back(fd);
	atomic_store_explicit(&mapped->touched_bytes, 0, memory_order_relaxed);
	atomic_store_explicit(&mapped->last, 0, memory_order_relaxed);
}
