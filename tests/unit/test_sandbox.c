/* A process that confined itself reads, writes, computes and ends; whatever else it tries is refused or ends it (node/picture/sandbox.h). */
#include "tests/lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/picture/sandbox.h"

enum { CONFINED = 42, UNCONFINED = 43, TRIED = 44, MEMORY = 1100 * 1024 * 1024 };

/* The process that tries all this in its children. */
static pid_t tested;

static bool compute(void)
{
	char *bytes = malloc(1 << 20);
	if (!bytes)
		return false;
	memset(bytes, 1, 1 << 20);
	free(bytes);
	return write(STDOUT_FILENO, "", 0) == 0;
}

static bool open_file(void)
{
	return open("/etc/passwd", O_RDONLY) < 0;
}

static bool use_descriptor(void)
{
	return read(9, &(char){0}, 1) < 0;
}

static bool connect_somewhere(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static bool run_program(void)
{
	return execl("/bin/true", "true", (char *)NULL) < 0;
}

static bool begin_process(void)
{
	return fork() < 0;
}

static bool signal_another(void)
{
	return kill(getppid(), SIGUSR1) < 0;
}

static bool signal_thread_of_another(void)
{
	return syscall(SYS_tgkill, tested, tested, 0) == 0;
}

static bool take_memory(void)
{
	return mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static bool run_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	        MAP_FAILED;
}

/* How a child ended that confined itself and tried that: its exit code, or 1000 and the signal. */
static int ends(bool (*try)(void))
{
	int status;
	const pid_t child = fork();
	if (child == 0) {
		dup2(STDIN_FILENO, 9);
		if (picture_confine())
			_exit(UNCONFINED);
		_exit(try() ? CONFINED : TRIED);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_confined(void **state)
{
	(void)state;
	tested = getpid();
	assert_int_equal(ends(compute), CONFINED);
	if (PICTURE_IS_INSTRUMENTED)
		return;
	assert_int_equal(ends(open_file), CONFINED);
	assert_int_equal(ends(take_memory), CONFINED);
	bool (*const fatal[])(void) = {use_descriptor, connect_somewhere, run_program, begin_process,
	        signal_another, signal_thread_of_another, run_memory};
	for (unsigned i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		assert_int_equal(ends(fatal[i]), 1000 + SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_confined)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
