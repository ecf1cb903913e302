#include "node/uv_wipe.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "store/file.h"

/* Where this program keeps files of its own; below first. */
static const char *const FOLDERS[] = {
        "db/rebuilt", "db", "restoring/db", "restoring", "restored/db", "restored"};

/* One that is called so, or a temporary one that begins so. */
static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool is_key(const char *name)
{
	static const char *const names[] = {"device.key"};
	return is_one_of(name, names, 1);
}

static bool is_ours(const char *name)
{
	static const char *const names[] = {"device.key", "incarnation", "ballast", "meetings", "port",
	        "socket", "web.url", "metrics.token", "data.mdb", "lock.mdb", "open.lock"};
	return is_one_of(name, names, sizeof(names) / sizeof(*names));
}

/* The first error is kept, and the rest removed all the same. ERR_NOTFOUND: no such folder. */
static int remove_in(const char *folder, bool (*wanted)(const char *name), int (*removing)(const char *path))
{
	int result = 0;
	DIR *directory = opendir(folder);
	if (!directory)
		return file_error(errno);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!wanted(entry->d_name) || entry->d_type == DT_DIR)
			continue;
		char *path = file_join(folder, entry->d_name);
		int removed = removing(path);
		result = result ? result : removed;
		mem_free(path);
	}
	closedir(directory);
	return result;
}

static int ignore_missing(int result)
{
	return result == ERR_NOTFOUND ? 0 : result;
}

bool uv_wipe_knows(const char *directory)
{
	static const char *const names[] = {
	        "device.key", "incarnation", "db/data.mdb", "db/open.lock", "restoring", "restored"};
	bool found = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = file_join(directory, names[i]);
		found |= access(path, F_OK) == 0;
		mem_free(path);
	}
	return found;
}

int uv_wipe_begin(const char *directory)
{
	int result = remove_in(directory, is_key, file_destroy);
	for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(*FOLDERS); i++) {
		char *folder = file_join(directory, FOLDERS[i]);
		int removed = ignore_missing(remove_in(folder, is_key, file_destroy));
		result = result ? result : removed;
		mem_free(folder);
	}
	return result;
}

int uv_wipe_finish(const char *directory)
{
	int result = 0;
	for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(*FOLDERS); i++) {
		char *folder = file_join(directory, FOLDERS[i]);
		int removed = ignore_missing(remove_in(folder, is_ours, file_remove));
		const int failed = removed || rmdir(folder) == 0 ? 0 : errno;
		/* A folder that is elsewhere stays there, empty; the link to it goes. */
		if (failed == ENOTDIR)
			removed = file_remove(folder);
		else if (failed && failed != ENOENT && failed != ENOTEMPTY && failed != EEXIST)
			removed = file_error(failed);
		result = result ? result : removed;
		mem_free(folder);
	}
	int removed = remove_in(directory, is_ours, file_remove);
	return result ? result : removed ? removed : file_sync_directory(directory);
}
