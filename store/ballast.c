#include "store/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/file.h"

static const char BALLAST_NAME[] = "ballast";

bool store_ballast_held(const char *directory)
{
	struct stat status;
	char *path = file_join(directory, BALLAST_NAME);
	bool held = stat(path, &status) == 0 && status.st_size == LIMIT_BALLAST_BYTES &&
	        status.st_blocks * 512 >= LIMIT_BALLAST_BYTES;
	mem_free(path);
	return held;
}

int store_ballast_make(const char *directory)
{
	if (store_ballast_held(directory))
		return 0;
	char *path = file_join(directory, BALLAST_NAME);
	int err, fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = file_error(errno);
		goto out;
	}
	err = file_error(posix_fallocate(fd, 0, LIMIT_BALLAST_BYTES));
	if (!err && fsync(fd) != 0)
		err = file_error(errno);
	close(fd);
	if (err)
		unlink(path);
	else
		err = file_sync_parent(path);
out:
	mem_free(path);
	return err;
}

int store_ballast_free(const char *directory)
{
	char *path = file_join(directory, BALLAST_NAME);
	int err = file_remove(path);
	mem_free(path);
	return err;
}
