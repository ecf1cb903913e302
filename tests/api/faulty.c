/*
 * `releve` on a machine of which something is wrong. A disk that fails once: linked before libc, this pwrite() fails on LMDB's meta pages, after everything else of a commit was
 * written, when the file $RELEVE_TEST_FAULT is there; the file goes with it. So the outcome of that commit is not known.
 *
 * Its clock is $RELEVE_TEST_LATER_S seconds ahead. Once the file $RELEVE_TEST_SLEPT is there, the machine slept for an hour. Its time since the start passes
 * $RELEVE_TEST_FAST times as fast, so that what takes the program half a minute takes the test a few seconds: the wall's clock goes on as it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <signal.h>
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

static long fast(void)
{
	const char *text = getenv("RELEVE_TEST_FAST");
	const long factor = text ? strtol(text, NULL, 10) : 1;
	return factor > 1 ? factor : 1;
}

static void hasten(struct timespec *time)
{
	const long factor = fast(), nanoseconds = 1000000000;
	const long rest = time->tv_nsec * factor;
	time->tv_sec = time->tv_sec * factor + rest / nanoseconds;
	time->tv_nsec = rest % nanoseconds;
}

/* A timeout is of the fast time; the kernel's is not. */
int epoll_pwait(int fd, struct epoll_event *events, int most, int timeout_ms, const sigset_t *mask)
{
	const long wait_ms = timeout_ms > 0 ? (timeout_ms + fast() - 1) / fast() : timeout_ms;
	return (int)syscall(SYS_epoll_pwait, fd, events, most, (int)wait_ms, mask, _NSIG / 8);
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout_ms)
{
	return epoll_pwait(fd, events, most, timeout_ms, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	const char *later = getenv("RELEVE_TEST_LATER_S"), *slept = getenv("RELEVE_TEST_SLEPT");
	int result = (int)syscall(SYS_clock_gettime, clock, out);
	if (clock == CLOCK_REALTIME && later)
		out->tv_sec += strtol(later, NULL, 10);
	if (clock == CLOCK_BOOTTIME && slept && access(slept, F_OK) == 0)
		out->tv_sec += 3600;
	if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME)
		hasten(out);
	return result;
}
