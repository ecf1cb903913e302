#include "node/uv_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/uv_bundle_folder.h"
#include "store/file.h"

/* On another machine it belongs to somebody else, who has to read it; it is sealed. */
enum { OPEN_MODE = 0644 };

enum { NAME_RANDOM_BYTES = 8, READ_BYTES = 1024 * 1024, PASSES_MAX = 16, AGAIN_MAX = 8 };

static bool is_folder(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* "releve-0123456789abcdef" and an end. */
static char *random_path(struct node *node, const char *folder, const char *end)
{
	uint8_t bytes[NAME_RANDOM_BYTES];
	char name[64], hex[2 * sizeof(bytes) + 1];
	env_random_bytes(node_env(node), bytes, sizeof(bytes));
	ids_hex(hex, bytes, sizeof(bytes));
	snprintf(name, sizeof(name), "%s%s%s", uv_bundle_prefix, hex, end);
	return file_join(folder, name);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL    ? mem_text(span_text("."))
	        : slash == path ? mem_text(span_text("/"))
	                        : mem_text(span_of((const uint8_t *)path, (size_t)(slash - path)));
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

struct uv_bundle_writer {
	struct node *node;
	struct node_export *exporting;
	struct uv_bundle_sweep
	        *sweep; /* of what was broken off, before it is written; of older files, behind it */
	bool is_folder, replace, is_written;
	char *path; /* as given */
	char *folder;
	char *temporary; /* of the volume being written; NULL: none */
	int fd;
	char **files;
	uint32_t file_count, file_capacity;
	struct buf bytes;
};

static char *volume_path(struct uv_bundle_writer *writer)
{
	if (writer->is_folder)
		return random_path(writer->node, writer->folder, uv_bundle_suffix);
	const uint32_t number = writer->file_count + 1;
	const size_t size = strlen(writer->path) + 16;
	char *path = mem_alloc(size);
	if (number == 1)
		snprintf(path, size, "%s", writer->path);
	else
		snprintf(path, size, "%s.%u", writer->path, number);
	return path;
}

/* Somebody else's is not lost by a slip. */
static int may_stand(struct uv_bundle_writer *writer, const char *path)
{
	struct stat status;
	struct node_bundle_about about;
	if (lstat(path, &status) != 0)
		return errno == ENOENT ? 0 : file_error(errno);
	if (!S_ISREG(status.st_mode))
		return ERR_EXISTS;
	return writer->replace || uv_bundle_is_own(writer->node, path, &about) ? 0 : ERR_EXISTS;
}

static int open_volume(struct uv_bundle_writer *writer)
{
	writer->temporary = random_path(writer->node, writer->folder, uv_bundle_part);
	writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->fd < 0)
		return file_error(errno);
	fchmod(writer->fd, OPEN_MODE); /* FAT has no such thing */
	return 0;
}

static void drop_volume(struct uv_bundle_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	if (writer->fd >= 0 && writer->temporary)
		unlink(writer->temporary);
	writer->fd = -1;
	mem_free(writer->temporary);
	writer->temporary = NULL;
}

static int name_volume(struct uv_bundle_writer *writer)
{
	char *path = volume_path(writer);
	int result = may_stand(writer, path);
	if (result == 0 && fsync(writer->fd) != 0)
		result = file_error(errno);
	if (result == 0 && rename(writer->temporary, path) != 0)
		result = file_error(errno);
	if (result) {
		mem_free(path);
		return result;
	}
	close(writer->fd);
	writer->fd = -1;
	mem_free(writer->temporary);
	writer->temporary = NULL;
	writer->files = mem_room(
	        writer->files, writer->file_count, &writer->file_capacity, sizeof(*writer->files));
	writer->files[writer->file_count++] = path;
	return file_sync_directory(writer->folder);
}

int uv_bundle_writer_new(struct node *node, const char *path, bool replace,
        const struct node_export_wish *wish, struct uv_bundle_writer **out)
{
	struct uv_bundle_writer *writer = mem_zero(1, sizeof(*writer));
	writer->node = node;
	writer->fd = -1;
	writer->replace = replace;
	writer->path = mem_text(span_text(path));
	writer->is_folder = is_folder(path);
	writer->folder = writer->is_folder ? mem_text(span_text(path)) : folder_of(path);
	int result = is_folder(writer->folder) ? 0 : ERR_IO;
	if (result == 0 && !writer->is_folder)
		result = may_stand(writer, path);
	if (result == 0)
		result = node_export_new(node, wish, &writer->exporting);
	if (result) {
		uv_bundle_writer_free(writer);
		return result;
	}
	uv_bundle_sweep_new(node, writer->folder, NULL, &writer->sweep);
	*out = writer;
	return 0;
}

void uv_bundle_writer_free(struct uv_bundle_writer *writer)
{
	if (!writer)
		return;
	drop_volume(writer);
	uv_bundle_sweep_free(writer->sweep);
	node_export_free(writer->exporting);
	for (uint32_t i = 0; i < writer->file_count; i++)
		mem_free(writer->files[i]);
	mem_free(writer->files);
	mem_free(writer->path);
	mem_free(writer->folder);
	buf_wipe(&writer->bytes);
	mem_free(writer);
}

/* 1: it has more to do. */
static int sweep(struct uv_bundle_writer *writer)
{
	if (uv_bundle_sweep_step(writer->sweep))
		return 1;
	uv_bundle_sweep_free(writer->sweep);
	writer->sweep = NULL;
	return !writer->is_written;
}

int uv_bundle_writer_step(struct uv_bundle_writer *writer)
{
	if (writer->sweep)
		return sweep(writer);
	buf_clear(&writer->bytes);
	int more = node_export_step(writer->exporting, &writer->bytes);
	if (more < 0)
		return more;
	int result = writer->fd < 0 ? open_volume(writer) : 0;
	if (result == 0)
		result = file_write_all(writer->fd, buf_span(&writer->bytes));
	if (result == 0 && more != NODE_EXPORT_MORE)
		result = name_volume(writer);
	if (result)
		return result;
	writer->is_written = more == 0;
	if (more == 0 && writer->is_folder)
		uv_bundle_sweep_new(
		        writer->node, writer->folder, node_export_about(writer->exporting), &writer->sweep);
	return more != 0 || writer->sweep;
}

struct node_export_counts uv_bundle_writer_counts(const struct uv_bundle_writer *writer)
{
	return node_export_counts(writer->exporting);
}

const char *uv_bundle_writer_file(const struct uv_bundle_writer *writer, uint32_t index)
{
	return index < writer->file_count ? writer->files[index] : NULL;
}

int uv_bundle_put(struct node *node, const char *path, struct span content, char **name)
{
	char *folder = is_folder(path) ? mem_text(span_text(path)) : folder_of(path);
	*name = random_path(node, folder, uv_bundle_suffix);
	mem_free(folder);
	int result = file_create(*name, content);
	if (result == 0)
		chmod(*name, OPEN_MODE);
	if (result) {
		mem_free(*name);
		*name = NULL;
	}
	return result;
}

/* ---- A folder ----------------------------------------------------------------------------------------------------- */

static int file_cmp(const void *a, const void *b)
{
	const struct uv_bundle_file *left = a, *right = b;
	if (left->has_about != right->has_about)
		return right->has_about - left->has_about;
	if (!left->has_about)
		return strcmp(left->path, right->path);
	if (left->about.made_ms != right->about.made_ms)
		return left->about.made_ms < right->about.made_ms ? -1 : 1;
	int order = memcmp(left->about.series, right->about.series, sizeof(left->about.series));
	if (order)
		return order;
	return (left->about.volume > right->about.volume) - (left->about.volume < right->about.volume);
}

static void list_file(struct node *node, struct uv_bundle_list *list, char *path)
{
	struct uv_bundle_file file = {.path = path};
	struct buf begin = {0};
	struct stat status;
	if (stat(path, &status) == 0)
		file.bytes = (uint64_t)status.st_size;
	file.has_about = uv_bundle_begin(path, &begin) == 0 &&
	        node_bundle_peek(node, buf_span(&begin), &file.about) == 0;
	buf_close(&begin);
	list->files = mem_room(list->files, list->count, &list->capacity, sizeof(*list->files));
	list->files[list->count++] = file;
}

/* 1: there is more. */
static int list_some(struct node *node, struct uv_bundle_walk *walk, struct uv_bundle_list *list)
{
	char *path;
	int more;
	while ((more = uv_bundle_walk_next(walk, &path)) == 1) {
		if (list->count == LIMIT_BUNDLE_FILES) {
			mem_free(path);
			return ERR_TOOBIG;
		}
		list_file(node, list, path);
	}
	return more == UV_BUNDLE_WALK_LATER ? 1 : more < 0 ? more : list->count ? 0 : ERR_NOTFOUND;
}

static void close_list(struct uv_bundle_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		mem_free(list->files[i].path);
	mem_free(list->files);
	*list = (struct uv_bundle_list){0};
}

/* ---- An invitation's team ----------------------------------------------------------------------------------------- */

struct uv_bundle_asking {
	struct uv_bundle_walk *walk; /* NULL: one file */
	char *path;
	uint32_t files;
};

int uv_bundle_asking_new(const char *path, struct uv_bundle_asking **out)
{
	struct uv_bundle_walk *walk = NULL;
	int result = is_folder(path) ? uv_bundle_walk_new(path, NULL, uv_bundle_suffix, &walk) : 0;
	*out = NULL;
	if (result)
		return result;
	*out = mem_zero(1, sizeof(**out));
	**out = (struct uv_bundle_asking){walk, mem_text(span_text(path)), 0};
	return 0;
}

void uv_bundle_asking_free(struct uv_bundle_asking *asking)
{
	if (!asking)
		return;
	uv_bundle_walk_free(asking->walk);
	mem_free(asking->path);
	mem_free(asking);
}

static bool says_team(const char *path, const struct team_invitation *invitation, struct team_id *team)
{
	struct buf begin = {0};
	const bool says = uv_bundle_begin(path, &begin) == 0 &&
	        node_bundle_team(buf_span(&begin), invitation, team) == 0;
	buf_close(&begin);
	return says;
}

int uv_bundle_asking_step(
        struct uv_bundle_asking *asking, const struct team_invitation *invitation, struct team_id *team)
{
	char *path;
	int more;
	if (!asking->walk)
		return says_team(asking->path, invitation, team) ? 0 : ERR_NOTFOUND;
	while ((more = uv_bundle_walk_next(asking->walk, &path)) == 1) {
		const bool says = says_team(path, invitation, team);
		mem_free(path);
		if (says)
			return 0;
		if (++asking->files == LIMIT_BUNDLE_FILES)
			return ERR_TOOBIG;
	}
	return more == UV_BUNDLE_WALK_LATER ? 1 : more < 0 ? more : ERR_NOTFOUND;
}

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

struct uv_bundle_reader {
	struct node *node;
	struct uv_bundle_walk *walk; /* while the folder is looked at */
	struct uv_bundle_list list;
	uint32_t at; /* in the list */
	int fd;
	struct node_taking *taking; /* of the file that is open */
	uint32_t again; /* times that this file was begun once more */
	uint32_t passes, taken, lacking; /* of this pass */
	uint64_t bytes, bytes_expected;
	uint8_t *piece;
};

static void begin_reading(struct uv_bundle_reader *reader)
{
	if (reader->list.count)
		qsort(reader->list.files, reader->list.count, sizeof(*reader->list.files), file_cmp);
	for (uint32_t i = 0; i < reader->list.count; i++)
		reader->bytes_expected += reader->list.files[i].bytes;
	reader->piece = mem_alloc(READ_BYTES);
}

int uv_bundle_reader_new(struct node *node, const char *path, struct uv_bundle_reader **out)
{
	struct uv_bundle_reader *reader = mem_zero(1, sizeof(*reader));
	int result = 0;
	reader->node = node;
	reader->fd = -1;
	if (is_folder(path)) {
		result = uv_bundle_walk_new(path, NULL, uv_bundle_suffix, &reader->walk);
	} else {
		list_file(node, &reader->list, mem_text(span_text(path)));
		begin_reading(reader);
	}
	if (result) {
		uv_bundle_reader_free(reader);
		return result;
	}
	*out = reader;
	return 0;
}

static void close_file(struct uv_bundle_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
	node_taking_free(reader->taking);
	reader->taking = NULL;
}

void uv_bundle_reader_free(struct uv_bundle_reader *reader)
{
	if (!reader)
		return;
	close_file(reader);
	uv_bundle_walk_free(reader->walk);
	close_list(&reader->list);
	mem_free(reader->piece);
	mem_free(reader);
}

/* The next piece of the open file. 1: more may follow. */
static int read_piece(struct uv_bundle_reader *reader, int *error)
{
	size_t got;
	*error = file_read_some(reader->fd, reader->piece, READ_BYTES, &got);
	if (*error == 0)
		*error = node_taking_feed(reader->taking, span_of(reader->piece, got));
	reader->bytes += got;
	return *error == 0 && got == READ_BYTES;
}

static int open_file(struct uv_bundle_reader *reader, int *error)
{
	uint64_t bytes;
	reader->fd = uv_bundle_open(reader->list.files[reader->at].path, &bytes);
	*error = reader->fd < 0 ? reader->fd : 0;
	reader->taking = node_taking_new(reader->node);
	return *error == 0;
}

static void end_file(struct uv_bundle_reader *reader, struct uv_bundle_report *report)
{
	int ended = node_taking_end(reader->taking, &report->taken);
	report->error = report->error ? report->error : ended;
	report->path = reader->list.files[reader->at].path;
	report->is_ours = node_taking_is_ours(reader->taking);
	report->is_older = node_taking_is_older(reader->taking);
	reader->taken += report->taken.entries;
	reader->lacking += report->taken.early + report->taken.waiting;
	close_file(reader);
}

/* What is lacking for one file may stand in one that came after it. */
static bool pass_again(struct uv_bundle_reader *reader)
{
	if (reader->list.count < 2 || reader->taken == 0 || reader->lacking == 0 ||
	        ++reader->passes >= PASSES_MAX)
		return false;
	reader->at = reader->taken = reader->lacking = 0;
	reader->bytes = 0;
	return true;
}

/* What lies in the folder, a piece at a time. */
static int look(struct uv_bundle_reader *reader)
{
	const int more = list_some(reader->node, reader->walk, &reader->list);
	if (more)
		return more;
	uv_bundle_walk_free(reader->walk);
	reader->walk = NULL;
	begin_reading(reader);
	return 1;
}

int uv_bundle_reader_step(struct uv_bundle_reader *reader, bool *ended, struct uv_bundle_report *report)
{
	*ended = false;
	*report = (struct uv_bundle_report){0};
	if (reader->walk)
		return look(reader);
	if (reader->at == reader->list.count)
		return pass_again(reader);
	bool more = reader->taking || open_file(reader, &report->error);
	if (more)
		more = read_piece(reader, &report->error);
	if (report->error == ERR_IO && reader->fd >= 0 && node_wants_store(reader->node))
		return ERR_IO;
	if (more)
		return 1;
	*ended = true;
	end_file(reader, report);
	/* A copy of a copy takes one more each. */
	if (report->error == 0 && report->taken.again && reader->again++ < AGAIN_MAX)
		return 1;
	reader->again = 0;
	reader->at++;
	return 1;
}

struct uv_bundle_progress uv_bundle_reader_progress(const struct uv_bundle_reader *reader)
{
	return (struct uv_bundle_progress){reader->bytes, reader->bytes_expected,
	        reader->at < reader->list.count ? reader->at + 1 : reader->list.count, reader->list.count};
}
