/*
 * store/file.h - small whole files, replaced so that a crash leaves the old one or the new one, never a mixture.
 *
 * Files are made with mode 0600, directories with 0700. Errors: ERR_NOTFOUND, ERR_TOOBIG, ERR_NOSPACE (disk, quota or file
 * size limit), ERR_DENIED, ERR_IO.
 */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

/* The ERR_* for a value of errno. */
int file_error(int system_code);

/* Make the directory unless it is there (its parent must be), durably. */
int file_make_directory(const char *path);

/* Whether only this user can put files there. ERR_DENIED: the directory belongs to another one, or others may write to it. */
int file_check_private(const char *path);

/* fsync of a directory: the names in it are durable. */
int file_sync_directory(const char *path);

/* The same for the directory that holds `path`. */
int file_sync_parent(const char *path);

/* Temporary file beside `path`, fsync, rename, fsync of the directory. On error `path` is as before; only an ERR_IO
 * from the last step leaves open whether the new content survives a power cut. */
int file_replace(const char *path, struct span content);

/* The same for a file that must not be there yet, whoever else makes it at the same moment: ERR_EXISTS, and it is as it was. */
int file_create(const char *path, struct span content);

/* As file_replace(), for what nobody shall find again: the old content is overwritten afterwards, as far as the disk writes in place, unless it has
 * another name too. */
int file_replace_secret(const char *path, struct span content);

/* Overwrite the content, durably and as far as the disk writes in place, and then remove the file. Success when it is not there. */
int file_destroy(const char *path);

/* The steps of it, for a file that is written piece by piece. A name of this process's own beside `path`, in heap memory that the caller frees
 * with mem_free(); all of `bytes` to a descriptor; and `temporary`, whose content is on the disk, under its name, where nothing may be yet: ERR_EXISTS. */
char *file_beside(const char *path);
int file_write_all(int fd, struct span bytes);
int file_publish(const char *temporary, const char *path);

/* From a descriptor: as many bytes as there are, up to `size`. */
int file_read_some(int fd, uint8_t *out, size_t size, size_t *got);

/* The whole file into `out` (replacing its contents). ERR_TOOBIG over `size_max`; `out` is empty after an error. */
int file_read(const char *path, size_t size_max, struct buf *out);

/* Bytes that this user may still write on the disk of `path`; 0 when that cannot be told. */
uint64_t file_room(const char *path);

/* Remove it durably; success when it is not there. */
int file_remove(const char *path);

/* "directory/name" in heap memory; the caller frees with mem_free(). */
char *file_join(const char *directory, const char *name);

#endif
