/*
 * `releve` on a disk that fails once: linked before libc, this pwrite() fails on LMDB's meta pages, after everything else of a commit was
 * written, when the file $RELEVE_TEST_FAULT is there; the file goes with it. So the outcome of that commit is not known.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
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
