/*
 * store/mapped.h - how much of a mapped file stands in this process's memory: now and then it is given back.
 *
 * LMDB reads its file through a mapping, and every page that was looked at once counts as this process's until the kernel wants it. Pages are clean: what is given back
 * stays in the system's cache, and is there again when somebody looks, also under a value that is borrowed. Linux: the mapping is found in /proc/self/maps.
 *
 * Threads: any, at the same time.
 */
#ifndef STORE_MAPPED_H
#define STORE_MAPPED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MAPPED_FILE_BYTES = 64 * 1024 * 1024, /* a smaller file is left alone: ten teams' */
	MAPPED_TOUCHED_BYTES = 64 * 1024 * 1024, /* given back after so much was looked at */
};

struct mapped {
	atomic_size_t touched_bytes; /* since the last time, about */
	atomic_uintptr_t last; /* the stretch that was looked at last */
};

/* So much was read there: what faults map, around it; once, while one looks at a stretch again and again. `at` NULL: somewhere. Then perhaps it is time. */
void mapped_touch(struct mapped *mapped, int fd, const void *at, size_t bytes);

/* All of it now, however small the file: whoever rests needs none of it. */
void mapped_give_back(int fd);

/* The mapping of the file, and its size. NULL: it is not found. */
void *mapped_find(int fd, size_t *size);

#endif
