/*
 * A member whose program is a hostile one: it speaks the real channel with the real keys of a data directory, and then does one deed for as long as its
 * standard input stays open. Usage: hostile DIRECTORY PASSPHRASE IP PORT VICTIM DEED, where VICTIM begins a device's id and DEED is of the table below.
 * The directory's own program does not run. Prints "at work" once the deed has begun, and at the end what it sent: "sent_bytes=N frames=N sessions=N".
 *
 * Normal course: connect, shake hands; begin() once, more() whenever less than QUEUE_BYTES wait to be sent, heard() for each frame; where the victim hangs up,
 * connect again. What waits is sent as the socket takes it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "net/channel.h"
#include "net/session.h"
#include "node/keyring/ack.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "node/team/identity.h"
#include "node/uv_database.h"
#include "node/uv_env.h"
#include "store/file.h"
#include "store/incarnation.h"
#include "tests/lib/questions.h"

enum { QUEUE_BYTES = 256 * 1024, NAMES = 4000, TICK_MS = 1000 };

struct rogue;

struct deed {
	const char *name;
	void (*begin)(struct rogue *rogue);
	void (*more)(struct rogue *rogue); /* NULL: nothing more comes */
	void (*heard)(struct rogue *rogue, const struct net_frame *frame);
	bool reads; /* what the victim sends */
	bool drips; /* a byte a tick */
	bool leaves; /* as soon as it has begun, and comes back */
};

struct rogue {
	const struct deed *deed;
	struct uv_database database;
	struct node *node;
	struct store_writer *writer;
	struct sockaddr_in address;
	uint8_t victim[NET_NOISE_KEY_BYTES];
	int fd;
	struct net_channel *channel;
	bool begun, ended, deaf;
	uint64_t count; /* the deed's own */
	uint64_t sent_bytes, frames, sessions;
	struct buf out, run; /* on its way; a run of the membership */
};

static void give(struct rogue *rogue, uint8_t type, const struct buf *payload)
{
	rogue->frames++;
	net_channel_send(rogue->channel, type, buf_span(payload));
}

/* ---- What is said ------------------------------------------------------------------------------------------------ */

static uint32_t feed_count(const struct rogue *rogue)
{
	return log_feed_count(node_log(rogue->node));
}

static const struct log_feed *feed_at(const struct rogue *rogue, uint32_t number)
{
	return log_feed(node_log(rogue->node), number);
}

static void put_name(struct buf *out, const struct log_feed *feed)
{
	buf_add(out, feed->device.bytes, sizeof(feed->device.bytes));
	wire_put_u8(out, (uint8_t)feed->compartment);
	buf_add(out, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
}

/* The feeds that there are, under their own numbers. */
static void tell_names(struct rogue *rogue)
{
	struct buf names = {0};
	wire_put_varint(&names, feed_count(rogue));
	for (uint32_t i = 0; i < feed_count(rogue); i++)
		put_name(&names, feed_at(rogue, i));
	give(rogue, NET_FRAME_FEEDS, &names);
	buf_close(&names);
}

/* Heads `ahead` of what there is; 0: as they are. The last hash is made up then. */
static void tell_heads(struct rogue *rogue, uint64_t ahead)
{
	struct buf all = {0}, heads = {0};
	uint32_t count = 0;
	for (uint32_t i = 0; i < feed_count(rogue); i++) {
		const struct log_feed *feed = feed_at(rogue, i);
		if (feed->committed_seq + ahead == 0)
			continue;
		wire_put_varint(&heads, i);
		wire_put_varint(&heads, feed->committed_seq + ahead);
		buf_add(&heads, feed->committed_hash.bytes, NET_HEAD_HASH_BYTES);
		heads.data[heads.size - 1] ^= (uint8_t)ahead;
		count++;
	}
	wire_put_u8(&all, 1);
	wire_put_varint(&all, count);
	buf_add_span(&all, buf_span(&heads));
	give(rogue, NET_FRAME_HEADS, &all);
	buf_close(&heads);
	buf_close(&all);
}

/* A digest that is never the victim's, and that no two of are the same. */
static void tell_digest(struct rogue *rogue)
{
	struct buf digest = {0};
	wire_put_u64(&digest, ++rogue->count);
	memset(buf_extend(&digest, NET_DIGEST_BYTES - 8), 0, NET_DIGEST_BYTES - 8);
	give(rogue, NET_FRAME_STATE_DIGEST, &digest);
	buf_close(&digest);
}

static void greet(struct rogue *rogue)
{
	struct buf clock = {0}, summary = {0};
	wire_put_u64(&clock, env_wall_ms(uv_env()));
	wire_put_u8(&clock, 0);
	give(rogue, NET_FRAME_CLOCK, &clock);
	question_summary(&summary);
	give(rogue, NET_FRAME_SUMMARY, &summary);
	buf_close(&clock);
	buf_close(&summary);
	tell_names(rogue);
}

static void end_rows(struct rogue *rogue)
{
	struct buf none = {0};
	wire_put_varint(&none, 0);
	wire_put_u8(&none, 0);
	give(rogue, NET_FRAME_STATE_ROWS, &none);
	buf_close(&none);
}

static void give_row(struct rogue *rogue, struct span row)
{
	struct buf rows = {0};
	wire_put_varint(&rows, 1);
	wire_put_blob(&rows, row);
	give(rogue, NET_FRAME_STATE_ROWS, &rows);
	buf_close(&rows);
}

/* ---- Stalls ------------------------------------------------------------------------------------------------------ */

static void begin_ahead(struct rogue *rogue)
{
	greet(rogue);
	tell_heads(rogue, 1000);
	tell_digest(rogue);
}

static void begin_equal(struct rogue *rogue)
{
	greet(rogue);
	tell_heads(rogue, 0);
	tell_digest(rogue);
}

/* The first half of a run that is announced whole: the frame's length is said, and half of it comes. Sealed messages are cut anywhere, so that half a
 * frame is half of what the channel made. */
static void begin_half_a_run(struct rogue *rogue)
{
	struct buf run = {0};
	begin_ahead(rogue);
	memset(buf_extend(&run, LIMIT_RUN_BYTES), 0, LIMIT_RUN_BYTES);
	give(rogue, NET_FRAME_RUN, &run);
	buf_close(&run);
	net_channel_take(rogue->channel, env_monotonic_ms(uv_env()), &rogue->out);
	rogue->out.size /= 2;
}

/* Everything is asked for; once it begins to come, nothing more is read. */
static void ask_for_all(struct rogue *rogue, const struct net_frame *frame)
{
	struct buf wants = {0};
	struct wire_in in = wire_begin(frame->payload);
	if (frame->type == NET_FRAME_FEEDS)
		rogue->count = wire_varint(&in);
	rogue->deaf |= frame->type == NET_FRAME_RUN;
	if (frame->type != NET_FRAME_STATE_IDS)
		return;
	end_rows(rogue);
	wire_put_varint(&wants, rogue->count);
	for (uint64_t i = 0; i < rogue->count; i++) {
		wire_put_varint(&wants, i);
		wire_put_varint(&wants, 1);
		wire_put_varint(&wants, UINT32_MAX);
	}
	give(rogue, NET_FRAME_WANT, &wants);
	buf_close(&wants);
}

static void ask_for_rows(struct rogue *rogue)
{
	struct buf none = {0};
	question_for_all_rows(&none);
	give(rogue, NET_FRAME_STATE_IDS, &none);
	buf_close(&none);
}

/* ---- Floods ------------------------------------------------------------------------------------------------------ */

/* Names of feeds of our own, and of devices that there are none of, as many as a session takes; of these, heads that move. */
static void begin_names(struct rogue *rogue)
{
	struct buf names = {0};
	begin_equal(rogue);
	wire_put_varint(&names, NAMES - feed_count(rogue));
	for (uint32_t i = feed_count(rogue); i < NAMES; i++) {
		struct device_id device = node_device(rogue->node);
		memcpy(device.bytes, &i, i % 2 ? sizeof(i) : 0);
		buf_add(&names, device.bytes, sizeof(device.bytes));
		wire_put_u8(&names, (uint8_t)(COMPARTMENT_MEMBERSHIP + i % COMPARTMENT_LAST));
		memset(buf_extend(&names, 16), (int)i, 16);
		memcpy(names.data + names.size - 16, &i, sizeof(i));
	}
	give(rogue, NET_FRAME_FEEDS, &names);
	buf_close(&names);
}

static void more_heads(struct rogue *rogue)
{
	struct buf heads = {0};
	const uint64_t index = feed_count(rogue) + rogue->count++ % (NAMES - feed_count(rogue));
	wire_put_u8(&heads, 0);
	wire_put_varint(&heads, 1);
	wire_put_varint(&heads, index);
	wire_put_varint(&heads, rogue->count);
	memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), (int)rogue->count, NET_HEAD_HASH_BYTES);
	give(rogue, NET_FRAME_HEADS, &heads);
	buf_close(&heads);
}

/* What it asks for is answered at once: that was all, and there is more. */
static void claim_more(struct rogue *rogue, const struct net_frame *frame)
{
	struct buf payload = {0};
	if (frame->type == NET_FRAME_WANT) {
		wire_put_varint(&payload, UINT32_MAX);
		wire_put_varint(&payload, UINT32_MAX);
		give(rogue, NET_FRAME_SUPPLY, &payload);
		buf_clear(&payload);
		give(rogue, NET_FRAME_SUPPLIED, &payload);
		tell_heads(rogue, 1000 + ++rogue->count);
	} else if (frame->type == NET_FRAME_STATE_IDS) {
		end_rows(rogue);
		tell_digest(rogue);
	}
	buf_close(&payload);
}

/* The membership that everybody has, as it was signed. */
static void more_known_runs(struct rogue *rogue)
{
	give(rogue, NET_FRAME_RUN, &rogue->run);
}

/* Entries that nobody signed: the victim hangs up, and we come back. */
static void more_forged_runs(struct rogue *rogue)
{
	rogue->run.data[rogue->run.size - 1 - rogue->count++ % 32] ^= 1;
	give(rogue, NET_FRAME_RUN, &rogue->run);
}

/* Keys, proofs, words and kinds that do not exist, made of noise. */
static void more_rows(struct rogue *rogue)
{
	uint8_t row[600];
	randombytes_buf(row, sizeof(row));
	row[0] = (uint8_t)(rogue->count++ % 7);
	give_row(rogue, span_of(row, sizeof(row)));
}

/* Each is signed, and newer than the one before. */
static void more_acks(struct rogue *rogue)
{
	const struct team_identity *own = node_identity(rogue->node);
	const struct key_signer signer = {
	        *node_team(rogue->node), node_device(rogue->node), own->secrets->sign};
	struct buf row = {0};
	struct ack ack = {
	        .device = node_device(rogue->node), .counter = (UINT64_C(1) << 40) + rogue->count++};
	node_cite_membership(rogue->node, &ack.membership);
	wire_put_u8(&row, 2);
	if (ack_encode(&ack, &signer, &row) == 0)
		give_row(rogue, buf_span(&row));
	buf_close(&row);
}

static void more_questions(struct rogue *rogue)
{
	ask_for_rows(rogue);
	tell_digest(rogue);
}

static void begin_nothing(struct rogue *rogue)
{
	(void)rogue;
}

static const struct deed DEEDS[] = {
        {.name = "after-handshake", .begin = begin_nothing, .reads = true},
        {.name = "after-heads", .begin = begin_ahead, .reads = true},
        {.name = "half-a-run", .begin = begin_half_a_run, .reads = true},
        {.name = "drip", .begin = begin_ahead, .reads = true, .drips = true},
        {.name = "not-reading", .begin = begin_equal, .heard = ask_for_all, .reads = true},
        {.name = "deaf-questions", .begin = begin_equal, .more = ask_for_rows},
        {.name = "heads", .begin = begin_names, .more = more_heads, .reads = true},
        {.name = "claims", .begin = begin_ahead, .heard = claim_more, .reads = true},
        {.name = "known-runs", .begin = begin_equal, .more = more_known_runs, .reads = true},
        {.name = "forged-runs", .begin = begin_equal, .more = more_forged_runs, .reads = true},
        {.name = "rows", .begin = begin_equal, .more = more_rows, .reads = true},
        {.name = "acks", .begin = begin_equal, .more = more_acks, .reads = true},
        {.name = "questions", .begin = begin_equal, .more = more_questions, .reads = true},
        {.name = "comes-and-goes", .begin = begin_ahead, .reads = true, .leaves = true},
};

/* ---- The connection ---------------------------------------------------------------------------------------------- */

static void hang_up(struct rogue *rogue)
{
	net_channel_free(rogue->channel);
	rogue->channel = NULL;
	if (rogue->fd >= 0)
		close(rogue->fd);
	rogue->fd = -1;
	rogue->begun = rogue->ended = rogue->deaf = false;
	buf_clear(&rogue->out);
}

static bool call_up(struct rogue *rogue)
{
	uint8_t ephemeral[NET_NOISE_KEY_BYTES];
	randombytes_buf(ephemeral, sizeof(ephemeral));
	struct net_channel_config config = {.initiator = true,
	        .team = *node_team(rogue->node),
	        .static_secret = node_identity(rogue->node)->secrets->handshake,
	        .ephemeral_secret = ephemeral,
	        .now_ms = env_monotonic_ms(uv_env()),
	        .version_min = PEER_VERSION,
	        .version_max = PEER_VERSION,
	        .features = 1,
	        .remote_static = rogue->victim};
	rogue->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (rogue->fd >= 0) /* what it does not read stays with the victim */
		setsockopt(rogue->fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
	if (rogue->fd < 0 ||
	        connect(rogue->fd, (const struct sockaddr *)&rogue->address, sizeof(rogue->address)) != 0 ||
	        net_channel_new(&rogue->channel, &config) != 0)
		return false;
	fcntl(rogue->fd, F_SETFL, O_NONBLOCK);
	return true;
}

static void begin_deed(struct rogue *rogue)
{
	rogue->begun = true;
	rogue->deed->begin(rogue);
	if (++rogue->sessions == 1) {
		printf("at work\n");
		fflush(stdout);
	}
}

static void take_in(struct rogue *rogue)
{
	static uint8_t chunk[65536];
	struct net_frame frame = {0};
	ssize_t size = recv(rogue->fd, chunk, sizeof(chunk), 0);
	rogue->ended |= size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
	struct span bytes = span_of(chunk, size > 0 ? (size_t)size : 0);
	while (!rogue->ended) {
		switch (net_channel_feed(rogue->channel, env_monotonic_ms(uv_env()), &bytes, &frame)) {
		case NET_CHANNEL_ASK:
			net_channel_accept(rogue->channel);
			break;
		case NET_CHANNEL_ESTABLISHED:
			begin_deed(rogue);
			break;
		case NET_CHANNEL_FRAME:
			if (rogue->deed->heard)
				rogue->deed->heard(rogue, &frame);
			break;
		case NET_CHANNEL_CLOSED:
			rogue->ended = true;
			break;
		case NET_CHANNEL_NOTHING:
			return;
		}
	}
}

static void send_out(struct rogue *rogue)
{
	struct buf sealed = {0};
	while (rogue->begun && rogue->deed->more &&
	        rogue->out.size + net_channel_unsent_bytes(rogue->channel) < QUEUE_BYTES)
		rogue->deed->more(rogue);
	net_channel_take(rogue->channel, env_monotonic_ms(uv_env()), &sealed);
	buf_add_span(&rogue->out, buf_span(&sealed));
	buf_close(&sealed);
	const size_t most = rogue->begun && rogue->deed->drips && rogue->out.size ? 1 : rogue->out.size;
	ssize_t size = most ? send(rogue->fd, rogue->out.data, most, MSG_NOSIGNAL) : 0;
	rogue->ended |= size < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
	if (size <= 0)
		return;
	rogue->sent_bytes += (uint64_t)size;
	buf_drop_front(&rogue->out, (size_t)size);
}

/* Until the standard input ends. */
static void work(struct rogue *rogue)
{
	for (;;) {
		if (rogue->fd < 0 && !call_up(rogue))
			hang_up(rogue);
		const bool is_there = rogue->fd >= 0, drips = rogue->begun && rogue->deed->drips;
		const bool reads = is_there && (!rogue->begun || (rogue->deed->reads && !rogue->deaf));
		if (is_there && !drips)
			send_out(rogue);
		const short wanted = (short)((reads ? POLLIN : 0) |
		        (is_there && rogue->out.size && !drips ? POLLOUT : 0));
		struct pollfd fds[2] = {
		        {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = rogue->fd, .events = wanted}};
		const int ready = poll(fds, is_there ? 2 : 1, is_there ? TICK_MS : TICK_MS / 10);
		if (fds[0].revents)
			return;
		if (ready == 0 && drips)
			send_out(rogue);
		if (is_there && reads && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
			take_in(rogue);
		rogue->ended |= is_there && !reads && fds[1].revents & (POLLHUP | POLLERR);
		rogue->ended |= is_there && rogue->begun && rogue->deed->leaves && rogue->out.size == 0;
		if (rogue->ended)
			hang_up(rogue);
	}
}

/* ---- The directory ------------------------------------------------------------------------------------------------ */

static int fail(const char *what)
{
	fprintf(stderr, "hostile: %s\n", what);
	return 1;
}

static int open_node(struct rogue *rogue, const char *directory, const char *passphrase)
{
	struct uv_database_problem problem = {{0}};
	struct node_config config = {.env = uv_env()};
	if (uv_database_open(directory, span_text(passphrase), &rogue->database, &problem))
		return fail(problem.sentence);
	char *path = file_join(directory, "incarnation");
	config.store = rogue->database.store;
	config.vault = rogue->database.vault;
	int result = incarnation_check(config.store, path, &config.incarnation);
	if (!result)
		result = store_writer_new(config.store, STORE_WRITER_STEPPED, NULL, NULL, &config.writer);
	rogue->writer = config.writer;
	if (!result)
		result = node_new(&config, &rogue->node);
	mem_free(path);
	return result || !node_in_team(rogue->node) ? fail("the node does not open, or is in no team") : 0;
}

/* The first run of the founder's membership feed, with its number in our table before it. */
static int read_run(struct rogue *rogue)
{
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t number = 0;
	while (number < feed_count(rogue) &&
	        (feed_at(rogue, number)->compartment != COMPARTMENT_MEMBERSHIP ||
	                feed_at(rogue, number)->committed_seq == 0))
		number++;
	if (number == feed_count(rogue) || node_begin_read(rogue->node, &txn))
		return fail("there is no membership");
	int result = log_read_run(node_log(rogue->node), txn, &reader, number, 1);
	wire_put_varint(&rogue->run, number);
	buf_add_span(&rogue->run, reader.bytes);
	log_reader_close(&reader);
	store_abort(txn);
	return result ? fail("its run cannot be read") : 0;
}

static int find_victim(struct rogue *rogue, const char *digits)
{
	const struct team_view *view = node_view(rogue->node);
	char id[2 * ID_LONG_BYTES + 1];
	for (uint32_t i = 0; i < view->device_count; i++) {
		ids_hex(id, view->devices[i].id.bytes, ID_LONG_BYTES);
		if (strncmp(id, digits, strlen(digits)) != 0)
			continue;
		memcpy(rogue->victim, view->devices[i].keys.handshake, sizeof(rogue->victim));
		return 0;
	}
	return fail("no such device");
}

static const struct deed *find_deed(const char *name)
{
	for (size_t i = 0; i < sizeof(DEEDS) / sizeof(*DEEDS); i++)
		if (strcmp(DEEDS[i].name, name) == 0)
			return &DEEDS[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct rogue rogue = {.fd = -1};
	if (argc == 1) { /* the deeds, a line each */
		for (size_t i = 0; i < sizeof(DEEDS) / sizeof(*DEEDS); i++)
			printf("%s\n", DEEDS[i].name);
		return 0;
	}
	if (argc != 7 || sodium_init() < 0 || !(rogue.deed = find_deed(argv[6])))
		return fail("DIRECTORY PASSPHRASE IP PORT VICTIM DEED");
	rogue.address = (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[4], NULL, 10))};
	int result = inet_pton(AF_INET, argv[3], &rogue.address.sin_addr) == 1 ? 0 : fail("no address");
	if (!result)
		result = open_node(&rogue, argv[1], argv[2]);
	if (!result)
		result = find_victim(&rogue, argv[5]);
	if (!result)
		result = read_run(&rogue);
	if (!result)
		work(&rogue);
	hang_up(&rogue);
	printf("sent_bytes=%llu frames=%llu sessions=%llu\n", (unsigned long long)rogue.sent_bytes,
	        (unsigned long long)rogue.frames, (unsigned long long)rogue.sessions);
	node_free(rogue.node);
	store_writer_free(rogue.writer);
	uv_database_close(&rogue.database);
	buf_close(&rogue.out);
	buf_close(&rogue.run);
	return result;
}
