/*
 * The cold join: one thread streams a stored log over loopback TCP, the other opens each record and stores it.
 *
 * Normal course: the sender writes length and record, 64 KiB at a time, then ends its side; the receiver reads to the
 * end. Failures: whoever fails shuts its socket, so that the other one's next call ends; the receiver's error counts.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"

enum { WRITE_BYTES = 64 * 1024, READ_BYTES = 128 * 1024, LENGTH_BYTES = 4 };

struct sender {
	const char *directory, *name;
	int fd;
	size_t limit; /* records */
	int result;
};

static int network_error(const char *what)
{
	perror(what);
	return ERR_NETWORK;
}

/* A connected pair of TCP sockets on loopback. */
static int connect_pair(int out[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *generic = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);
	int result = 0, on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	out[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	out[1] = -1;
	if (listener < 0 || out[0] < 0 || bind(listener, generic, size) || listen(listener, 1) ||
	        getsockname(listener, generic, &size) || connect(out[0], generic, size))
		result = network_error("floor: loopback");
	else if ((out[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
		result = network_error("floor: loopback");
	if (listener >= 0)
		close(listener);
	if (result && out[0] >= 0)
		close(out[0]);
	for (int i = 0; i < 2 && !result; i++)
		setsockopt(out[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return result;
}

static int send_all(int fd, struct span bytes)
{
	while (bytes.size) {
		ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
		if (sent <= 0)
			return ERR_NETWORK;
		bytes = span_sub(bytes, (size_t)sent, bytes.size);
	}
	return 0;
}

static int send_log(struct sender *sender, MDB_cursor *cursor)
{
	struct buf out = {0};
	MDB_val key, value;
	int result = 0;
	for (size_t i = 0; i < sender->limit && !result; i++) {
		int code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (code) {
			result = floor_lmdb_error(code);
			break;
		}
		uint32_t size = (uint32_t)value.mv_size;
		buf_add(&out, &size, sizeof(size));
		buf_add(&out, value.mv_data, value.mv_size);
		if (out.size > WRITE_BYTES) {
			result = send_all(sender->fd, buf_span(&out));
			buf_clear(&out);
		}
	}
	if (!result)
		result = send_all(sender->fd, buf_span(&out));
	buf_close(&out);
	return result;
}

static void *send_thread(void *context)
{
	struct sender *sender = context;
	struct floor_log log;
	MDB_txn *txn = NULL;
	MDB_cursor *cursor = NULL;
	int code;
	sender->result = floor_log_open(&log, sender->directory, sender->name, false, 0, FLOOR_PER_TXN);
	if (sender->result == 0) {
		if ((code = mdb_txn_begin(log.env, NULL, MDB_RDONLY, &txn)) ||
		        (code = mdb_cursor_open(txn, log.table, &cursor)))
			sender->result = floor_lmdb_error(code);
		else
			sender->result = send_log(sender, cursor);
		if (cursor)
			mdb_cursor_close(cursor);
		if (txn)
			mdb_txn_abort(txn);
		floor_log_close(&log);
	}
	shutdown(sender->fd, SHUT_WR);
	return NULL;
}

static int receive(struct floor *floor, FILE *in, enum floor_signature signature, struct floor_log *log,
        struct floor_join *out)
{
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX], plain[FLOOR_RECORD_BYTES_MAX];
	size_t plain_bytes;
	uint32_t size;
	int result = 0;
	while (!result && fread(&size, LENGTH_BYTES, 1, in) == 1) {
		if (size > sizeof(sealed))
			return ERR_TOOBIG;
		if (fread(sealed, 1, size, in) != size)
			return ERR_TRUNCATED;
		struct span record = span_of(sealed, size);
		result = floor_unseal(&floor->sealer, plain, &plain_bytes, record, signature);
		if (!result)
			result = floor_log_append(log, record);
		out->wire_bytes += LENGTH_BYTES + size;
		out->record_count++;
	}
	return result ? result : floor_log_commit(log);
}

static int run(struct floor *floor, bool signed_each, struct floor_log *log, struct floor_join *out)
{
	pthread_t thread;
	int fds[2], result = connect_pair(fds);
	if (result)
		return result;
	struct sender sender = {.directory = floor->directory,
	        .name = signed_each ? "load-signed" : "load",
	        .fd = fds[0],
	        .limit = floor->history->count};
	FILE *in = fdopen(fds[1], "rb");
	if (!in || pthread_create(&thread, NULL, send_thread, &sender)) {
		if (in)
			fclose(in);
		else
			close(fds[1]);
		close(fds[0]);
		return network_error("floor: join");
	}
	setvbuf(in, NULL, _IOFBF, READ_BYTES);
	result = receive(floor, in, signed_each ? FLOOR_SIGNED : FLOOR_UNSIGNED, log, out);
	shutdown(fds[1], SHUT_RDWR);
	pthread_join(thread, NULL);
	fclose(in);
	close(fds[0]);
	if (!result)
		result = sender.result;
	return result || out->record_count == floor->history->count ? result : ERR_TRUNCATED;
}

int floor_join(struct floor *floor, bool signed_each, struct floor_join *out)
{
	struct floor_log log;
	*out = (struct floor_join){0};
	int result = floor_log_open(&log, floor->directory, "joiner", true, 0, FLOOR_PER_TXN);
	if (result)
		return result;
	double start_ms = floor_now_ms();
	result = run(floor, signed_each, &log, out);
	out->ms = floor_now_ms() - start_ms;
	out->file_bytes = floor_env_bytes(log.env);
	floor_log_close(&log);
	return result;
}
