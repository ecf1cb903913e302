#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "crdt/base/err.h"

int file_error(int system_code)
{
	switch (system_code) {
	case 0:
		return 0;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_NOSPACE;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

char *file_join(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = mem_alloc(size);
	snprintf(path, size, "%s/%s", directory, name);
	return path;
}

int file_sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return file_error(errno);
	int err = fsync(fd) == 0 ? 0 : file_error(errno);
	close(fd);
	return err;
}

int file_sync_parent(const char *path)
{
	size_t end = strlen(path);
	while (end > 1 && path[end - 1] == '/') /* a directory may be named with a slash at its end */
		end--;
	while (end > 0 && path[end - 1] != '/')
		end--;
	char *parent = end == 0 ? mem_text(span_text(".")) : mem_text(span_of(path, end));
	int err = file_sync_directory(parent);
	mem_free(parent);
	return err;
}

int file_make_directory(const char *path)
{
	struct stat status;
	if (mkdir(path, 0700) == 0)
		return file_sync_parent(path);
	if (errno != EEXIST)
		return file_error(errno);
	if (stat(path, &status) != 0)
		return file_error(errno);
	return S_ISDIR(status.st_mode) ? 0 : ERR_INVALID;
}

int file_check_private(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return file_error(errno);
	return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : ERR_DENIED;
}

int file_write_all(int fd, struct span bytes)
{
	while (bytes.size > 0) {
		ssize_t written = write(fd, bytes.data, bytes.size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return file_error(errno);
		bytes = span_sub(bytes, (size_t)written, bytes.size);
	}
	return 0;
}

static int write_new(const char *path, struct span content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return file_error(errno);
	int err = file_write_all(fd, content);
	if (!err && fsync(fd) != 0)
		err = file_error(errno);
	return close(fd) != 0 && !err ? file_error(errno) : err;
}

/* `flags` as for renameat2(). */
static int take_place(const char *temporary, const char *path, unsigned flags)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) != 0)
		return errno == EEXIST ? ERR_EXISTS : file_error(errno);
	return file_sync_parent(path);
}

/* By way of the file `temporary`, which is freed. */
static int put(const char *path, char *temporary, unsigned flags, struct span content)
{
	int err = write_new(temporary, content);
	if (!err)
		err = take_place(temporary, path, flags);
	if (err)
		unlink(temporary); /* gone already when only the last sync failed */
	mem_free(temporary);
	return err;
}

static char *with_suffix(const char *path, const char *suffix)
{
	size_t size = strlen(path) + strlen(suffix) + 1;
	char *name = mem_alloc(size);
	snprintf(name, size, "%s%s", path, suffix);
	return name;
}

char *file_beside(const char *path)
{
	char suffix[32]; /* of this process: another one may be at the same */
	snprintf(suffix, sizeof(suffix), ".%d.new", (int)getpid());
	return with_suffix(path, suffix);
}

int file_publish(const char *temporary, const char *path)
{
	return take_place(temporary, path, RENAME_NOREPLACE);
}

int file_replace(const char *path, struct span content)
{
	return put(path, with_suffix(path, ".new"), 0, content);
}

/* With zeros, durably. */
static int overwrite(int fd, off_t size)
{
	static const uint8_t zeros[4096];
	int err = lseek(fd, 0, SEEK_SET) == 0 ? 0 : file_error(errno);
	for (off_t at = 0; !err && at < size; at += (off_t)sizeof(zeros))
		err = file_write_all(fd,
		        span_of(zeros,
		                size - at < (off_t)sizeof(zeros) ? (size_t)(size - at) : sizeof(zeros)));
	if (!err && fsync(fd) != 0)
		err = file_error(errno);
	return err;
}

int file_replace_secret(const char *path, struct span content)
{
	struct stat old;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	int err = file_replace(path, content);
	/* Best effort: the new content stands already. */
	if (!err && fd >= 0 && fstat(fd, &old) == 0 && S_ISREG(old.st_mode) && old.st_nlink == 0)
		overwrite(fd, old.st_size);
	if (fd >= 0)
		close(fd);
	return err;
}

int file_destroy(const char *path)
{
	struct stat old;
	int err = 0, fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &old) == 0 && S_ISREG(old.st_mode))
		err = overwrite(fd, old.st_size);
	if (fd >= 0)
		close(fd);
	int removed = file_remove(path); /* also what could not be overwritten */
	return removed ? removed : err;
}

int file_create(const char *path, struct span content)
{
	return put(path, file_beside(path), RENAME_NOREPLACE, content);
}

int file_read_some(int fd, uint8_t *out, size_t size, size_t *got)
{
	*got = 0;
	while (*got < size) {
		ssize_t part = read(fd, out + *got, size - *got);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return file_error(errno);
		if (part == 0)
			break;
		*got += (size_t)part;
	}
	return 0;
}

int file_read(const char *path, size_t size_max, struct buf *out)
{
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return file_error(errno);
	buf_clear(out);
	for (;;) {
		uint8_t part[4096];
		ssize_t got = read(fd, part, sizeof(part));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = file_error(errno);
		else if (out->size + (size_t)got > size_max)
			err = ERR_TOOBIG;
		else
			buf_add(out, part, (size_t)got);
		mem_wipe(part, sizeof(part));
		if (err || got == 0)
			break;
	}
	close(fd);
	if (err)
		buf_clear(out);
	return err;
}

uint64_t file_room(const char *path)
{
	struct statvfs disk;
	return statvfs(path, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : 0;
}

int file_remove(const char *path)
{
	if (unlink(path) != 0)
		return errno == ENOENT ? 0 : file_error(errno);
	return file_sync_parent(path);
}
