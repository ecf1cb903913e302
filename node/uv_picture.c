#include "node/uv_picture.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/picture/reply.h"

enum { ANSWER_BYTES_MAX = LIMIT_BLOB_BYTES + LIMIT_THUMBNAIL_BYTES + 64, HANDLES = 4 };

struct uv_picture {
	uv_process_t process;
	uv_pipe_t in, out; /* its ends */
	uv_timer_t timer;
	uv_write_t write;
	struct buf bytes, answer;
	bool has_ended, is_read, is_late;
	unsigned open_handles;
	uv_picture_done done; /* NULL: cancelled, or called */
	void *context;
};

/* ---- Where it is --------------------------------------------------------------------------------------------------- */

/* Beside the program that runs, as after a build; else where it was installed. */
static const char *find(char path[PATH_MAX])
{
	char program[PATH_MAX];
	const ssize_t size = readlink("/proc/self/exe", program, sizeof(program));
	const char *slash = size > 0 ? memrchr(program, '/', (size_t)size) : NULL;
	if (slash && slash - program < PATH_MAX - (ssize_t)sizeof("/releve-picture")) {
		snprintf(path, PATH_MAX, "%.*s/releve-picture", (int)(slash - program), program);
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s/releve-picture", PICTURE_HELPER_DIR);
	return access(path, X_OK) == 0 ? path : NULL;
}

/* ---- The end -------------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct uv_picture *it = handle->data;
	if (--it->open_handles)
		return;
	buf_wipe(&it->bytes);
	buf_wipe(&it->answer);
	mem_free(it);
}

static void close_one(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
}

static void close_all(struct uv_picture *it)
{
	close_one((uv_handle_t *)&it->process);
	close_one((uv_handle_t *)&it->in);
	close_one((uv_handle_t *)&it->out);
	close_one((uv_handle_t *)&it->timer);
}

static void finish(struct uv_picture *it)
{
	struct picture picture = {0};
	if (!it->has_ended || !it->is_read)
		return;
	const uv_picture_done done = it->done;
	const int result = it->is_late ? ERR_TIMEOUT : picture_reply_decode(buf_span(&it->answer), &picture);
	it->done = NULL;
	if (done)
		done(it->context, result, &picture);
	picture_close(&picture);
	close_all(it);
}

static void on_exit_(uv_process_t *process, int64_t status, int signal)
{
	struct uv_picture *it = process->data;
	(void)status;
	(void)signal;
	it->has_ended = true;
	finish(it);
}

void uv_picture_cancel(struct uv_picture *it)
{
	it->done = NULL;
	if (!it->has_ended)
		uv_process_kill(&it->process, SIGKILL);
}

static void on_timer(uv_timer_t *timer)
{
	struct uv_picture *it = timer->data;
	it->is_late = true;
	uv_process_kill(&it->process, SIGKILL);
}

/* ---- Bytes ----------------------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *write, int status)
{
	struct uv_picture *it = write->data;
	(void)status; /* it ended before it read all: its answer tells */
	buf_wipe(&it->bytes);
	it->bytes = (struct buf){0};
	close_one((uv_handle_t *)&it->in);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
	struct uv_picture *it = handle->data;
	const size_t before = it->answer.size;
	out->base = (char *)buf_extend(&it->answer, size);
	out->len = size;
	it->answer.size = before;
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *unused)
{
	struct uv_picture *it = stream->data;
	(void)unused;
	if (size > 0)
		it->answer.size += (size_t)size;
	if (size < 0 || it->answer.size > ANSWER_BYTES_MAX) {
		uv_read_stop(stream);
		if (!it->has_ended && size >= 0)
			uv_process_kill(&it->process, SIGKILL);
		it->is_read = true;
		finish(it);
	}
}

/* ---- The start -------------------------------------------------------------------------------------------------------- */

static void init_handles(struct uv_picture *it, uv_loop_t *loop)
{
	uv_pipe_init(loop, &it->in, 0);
	uv_pipe_init(loop, &it->out, 0);
	uv_timer_init(loop, &it->timer);
	it->process.data = it->in.data = it->out.data = it->timer.data = it->write.data = it;
	it->open_handles = HANDLES;
}

static int spawn(struct uv_picture *it, uv_loop_t *loop, char *path)
{
	char *arguments[] = {path, NULL}, *environment[] = {NULL};
	uv_stdio_container_t ends[3] = {
	        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&it->in},
	        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&it->out},
	        {.flags = UV_IGNORE}};
	const uv_process_options_t options = {.exit_cb = on_exit_,
	        .file = path,
	        .args = arguments,
	        .env = environment,
	        .cwd = "/",
	        .stdio_count = 3,
	        .stdio = ends};
	return uv_spawn(loop, &it->process, &options) ? ERR_IO : 0;
}

int uv_picture_start(
        uv_loop_t *loop, struct buf *bytes, uv_picture_done done, void *context, struct uv_picture **out)
{
	char path[PATH_MAX];
	if (!find(path))
		return ERR_NOTFOUND;
	struct uv_picture *it = mem_zero(1, sizeof(*it));
	it->done = done;
	it->context = context;
	init_handles(it, loop);
	int result = spawn(it, loop, path);
	if (result) {
		close_all(it);
		return result;
	}
	it->bytes = *bytes;
	*bytes = (struct buf){0};
	const uv_buf_t all = uv_buf_init((char *)it->bytes.data, (unsigned)it->bytes.size);
	uv_timer_start(&it->timer, on_timer, LIMIT_PICTURE_MS, 0);
	uv_read_start((uv_stream_t *)&it->out, on_room, on_read);
	if (uv_write(&it->write, (uv_stream_t *)&it->in, &all, 1, on_written))
		on_written(&it->write, 0);
	*out = it;
	return 0;
}
