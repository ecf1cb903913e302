#include "node/picture/sandbox.h"

#include <errno.h>
#include <linux/close_range.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crdt/base/err.h"

enum {
	/* A photo of 64 million pixels takes 200 MiB while it is decoded, a scan of 16 MiB a few times that many objects. */
	MEMORY_BYTES_MAX = 1024 * 1024 * 1024,
	CPU_SECONDS_MAX = 20,
};

static bool limit(int what, rlim_t value)
{
	const struct rlimit both = {value, value};
	return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

static bool limit_all(void)
{
	/* A sanitizer's shadow is larger than any limit. */
	const bool is_bounded = PICTURE_IS_INSTRUMENTED || limit(RLIMIT_AS, MEMORY_BYTES_MAX);
	return is_bounded && limit(RLIMIT_CPU, CPU_SECONDS_MAX) && limit(RLIMIT_CORE, 0) &&
	        limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 3);
}

static bool allow(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(brk), SCMP_SYS(munmap),
	        SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn),
	        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(clock_gettime),
	        SCMP_SYS(getrandom), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(restart_syscall),
	        SCMP_SYS(fstat)};
	/* What libraries try on their way, and go on without. */
	static const int refused[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(newfstatat),
	        SCMP_SYS(readlink), SCMP_SYS(access), SCMP_SYS(ioctl), SCMP_SYS(sysinfo)};
	int result = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		result |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	result |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0));
	result |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_LE, 2, 0));
	/* An end by abort(); no other process of this user. */
	result |= seccomp_rule_add(
	        filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	/* Memory, none of which may be run. */
	result |= seccomp_rule_add(
	        filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	result |= seccomp_rule_add(
	        filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return result == 0;
}

static bool filter_calls(void)
{
	if (PICTURE_IS_INSTRUMENTED)
		return true;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	const bool is_in_force = filter && allow(filter) && seccomp_load(filter) == 0;
	if (filter)
		seccomp_release(filter);
	return is_in_force;
}

int picture_confine(void)
{
	if (close_range(3, ~0U, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return ERR_IO;
	return limit_all() && filter_calls() ? 0 : ERR_IO;
}
