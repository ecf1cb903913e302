#include "node/uv_bundle_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/file.h"

const char uv_bundle_prefix[] = "releve-", uv_bundle_suffix[] = ".bundle", uv_bundle_part[] = ".part";

/* In one turn: a name takes a microsecond, a file on a slow stick some milliseconds. */
enum { NAMES_PER_TURN = 512, FILES_PER_TURN = 8 };

/* ---- Names ------------------------------------------------------------------------------------------------------- */

struct uv_bundle_walk {
	DIR *directory;
	char *folder;
	const char *prefix, *suffix;
	uint32_t names, names_in_turn, files_in_turn;
};

int uv_bundle_walk_new(
        const char *folder, const char *prefix, const char *suffix, struct uv_bundle_walk **out)
{
	DIR *directory = opendir(folder);
	*out = NULL;
	if (!directory)
		return file_error(errno);
	*out = mem_zero(1, sizeof(**out));
	**out = (struct uv_bundle_walk){directory, mem_text(span_text(folder)), prefix, suffix, 0, 0, 0};
	return 0;
}

void uv_bundle_walk_free(struct uv_bundle_walk *walk)
{
	if (!walk)
		return;
	closedir(walk->directory);
	mem_free(walk->folder);
	mem_free(walk);
}

static bool fits(const struct uv_bundle_walk *walk, const char *name)
{
	const size_t size = strlen(name), end_size = strlen(walk->suffix);
	return size >= end_size && strcmp(name + size - end_size, walk->suffix) == 0 &&
	        (!walk->prefix || strncmp(name, walk->prefix, strlen(walk->prefix)) == 0);
}

int uv_bundle_walk_next(struct uv_bundle_walk *walk, char **path)
{
	while (walk->names_in_turn < NAMES_PER_TURN && walk->files_in_turn < FILES_PER_TURN) {
		const struct dirent *entry = readdir(walk->directory);
		if (!entry)
			return 0;
		if (walk->names++ == LIMIT_BUNDLE_NAMES)
			return ERR_TOOBIG;
		walk->names_in_turn++;
		if (!fits(walk, entry->d_name))
			continue;
		walk->files_in_turn++;
		*path = file_join(walk->folder, entry->d_name);
		return 1;
	}
	walk->names_in_turn = walk->files_in_turn = 0;
	return UV_BUNDLE_WALK_LATER;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

int uv_bundle_open(const char *path, uint64_t *bytes)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return file_error(errno);
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		*bytes = (uint64_t)status.st_size;
		return fd;
	}
	close(fd);
	return ERR_INVALID;
}

int uv_bundle_begin(const char *path, struct buf *out)
{
	uint64_t bytes;
	size_t got = 0;
	int fd = uv_bundle_open(path, &bytes);
	if (fd < 0)
		return fd;
	buf_clear(out);
	int result = file_read_some(
	        fd, buf_extend(out, NODE_BUNDLE_BEGIN_BYTES), NODE_BUNDLE_BEGIN_BYTES, &got);
	out->size = got;
	close(fd);
	return result;
}

bool uv_bundle_is_own(struct node *node, const char *path, struct node_bundle_about *about)
{
	struct buf begin = {0};
	const struct device_id self = node_device(node);
	bool own = uv_bundle_begin(path, &begin) == 0 &&
	        node_bundle_peek(node, buf_span(&begin), about) == 0 && device_id_eq(&about->by, &self);
	buf_close(&begin);
	return own;
}

/* ---- What this device wrote before ------------------------------------------------------------------------------- */

struct uv_bundle_sweep {
	struct node *node;
	struct uv_bundle_walk *walk;
	char *folder;
	struct node_bundle_about newer;
	bool has_newer;
};

int uv_bundle_sweep_new(struct node *node, const char *folder, const struct node_bundle_about *newer,
        struct uv_bundle_sweep **out)
{
	struct uv_bundle_walk *walk;
	*out = NULL;
	int result = uv_bundle_walk_new(
	        folder, uv_bundle_prefix, newer ? uv_bundle_suffix : uv_bundle_part, &walk);
	if (result)
		return result;
	*out = mem_zero(1, sizeof(**out));
	(*out)->node = node;
	(*out)->walk = walk;
	(*out)->folder = mem_text(span_text(folder));
	(*out)->has_newer = newer != NULL;
	if (newer)
		(*out)->newer = *newer;
	return 0;
}

void uv_bundle_sweep_free(struct uv_bundle_sweep *sweep)
{
	if (!sweep)
		return;
	uv_bundle_walk_free(sweep->walk);
	mem_free(sweep->folder);
	mem_free(sweep);
}

/* Does whoever was to have the older one find all of it in the newer one? */
static bool replaces(const struct node_bundle_about *newer, const struct node_bundle_about *older)
{
	return memcmp(newer->series, older->series, sizeof(newer->series)) != 0 &&
	        (!newer->for_one || (older->for_one && person_id_eq(&newer->person, &older->person)));
}

int uv_bundle_sweep_step(struct uv_bundle_sweep *sweep)
{
	struct node_bundle_about older;
	char *path;
	int more;
	while ((more = uv_bundle_walk_next(sweep->walk, &path)) == 1) {
		if (uv_bundle_is_own(sweep->node, path, &older) &&
		        (!sweep->has_newer || replaces(&sweep->newer, &older)))
			unlink(path);
		mem_free(path);
	}
	if (more == UV_BUNDLE_WALK_LATER)
		return 1;
	file_sync_directory(sweep->folder);
	return 0;
}
