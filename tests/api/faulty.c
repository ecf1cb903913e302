/*
 * `releve` on a machine of which something is wrong. A disk that fails once: linked before libc, this pwrite() fails on LMDB's meta pages, after everything else of a commit was
 * written, when the file $RELEVE_TEST_FAULT is there; the file goes with it. So the outcome of that commit is not known.
 *
 * Its clock is $RELEVE_TEST_LATER_S seconds ahead. Once the file $RELEVE_TEST_SLEPT is there, the machine slept for an hour.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Under the name that LMDB asks for, which <unistd.h> redirects. */
ssize_t stand_in_pwrite(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite");

ssize_t stand_in_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	const char *fault = getenv("RELEVE_TEST_FAULT");
	if (fault && offset < 2 * 4096 && unlink(fault) == 0) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	const char *later = getenv("RELEVE_TEST_LATER_S"), *slept = getenv("RELEVE_TEST_SLEPT");
	int result = (int)syscall(SYS_clock_gettime, clock, out);
	if (clock == CLOCK_REALTIME && later)
		out->tv_sec += strtol(later, NULL, 10);
	if (clock == CLOCK_BOOTTIME && slept && access(slept, F_OK) == 0)
		out->tv_sec += 3600;
	return result;
}
