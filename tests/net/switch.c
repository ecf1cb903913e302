/*
 * A switch for tests: Ethernet frames between network namespaces that it makes itself, over links as bad as the test orders.
 *
 * Usage: switch SEED. Orders come on standard input, a line each; each is answered by one line, "ok ..." or "error ...". tests/net/README.md
 * lists them. Normal course: `port` makes a namespace with a TAP device; a frame that a device sends is read, recorded, and put into the queue of
 * frames under way, once per receiver; it is written into the receiver's device when its time has come.
 * Everything ends with standard input: namespaces and devices live as long as somebody holds them open, and nobody else does.
 *
 * Failures: 77 where this machine does not let namespaces or TAP devices be made; 1 when something else is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PORTS_MAX = 64,
	NAME_BYTES = 32,
	FRAME_BYTES = 2048, /* the device's own limit is 1500 and a header */
	QUEUE_MAX = 16384, /* frames under way, once per receiver; more are dropped, as a real switch does */
	LINE_BYTES = 1024,
	MILLION = 1000000,
	EXIT_SKIP = 77,
};

/* What one port's cable does to each frame that passes it, in either direction. */
struct cable {
	uint64_t delay_us, jitter_us; /* jitter keeps the order, as a queue on the way does */
	uint32_t loss_ppm, twice_ppm, late_ppm; /* late: so much later that others overtake it */
	uint64_t rate_kbit; /* 0: as fast as it can */
	uint64_t flap_on_us, flap_off_us; /* both 0: it does not flap */
};

struct port {
	char name[NAME_BYTES];
	int tap, space; /* the device, and its namespace */
	uint8_t mac[6];
	unsigned group; /* frames pass between ports of one group only */
	struct cable cable;
	uint64_t free_us; /* when its slow link has room again */
	uint64_t last_us; /* due time of the last frame to it, so that jitter keeps the order */
	uint64_t flap_since_us;
	uint64_t sent_frames, sent_bytes;
};

struct frame {
	uint64_t due_us, number;
	unsigned to;
	size_t size;
	uint8_t *bytes;
};

static struct port ports[PORTS_MAX];
static unsigned port_count;
static struct frame *queue[QUEUE_MAX]; /* a heap: the earliest first */
static size_t queued;
static uint64_t frame_number, random_state, lost_count, full_count, group_dropped;
static bool multicast = true;
static FILE *record;
static int own_space;

static void skip(const char *what)
{
	fprintf(stderr, "switch: %s: %s\n", what, strerror(errno));
	exit(EXIT_SKIP);
}

static void broken(const char *what)
{
	fprintf(stderr, "switch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * MILLION + (uint64_t)now.tv_nsec / 1000;
}

/* xorshift64*: the same seed, the same fate of the same frames. */
static uint64_t draw(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return below ? (random_state * 0x2545f4914f6cdd1dULL >> 11) % below : 0;
}

static bool happens(uint32_t ppm)
{
	return ppm && draw(MILLION) < ppm;
}

/* ---- Frames under way ---- */

static bool is_before(const struct frame *a, const struct frame *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->number < b->number;
}

static void exchange(size_t a, size_t b)
{
	struct frame *kept = queue[a];
	queue[a] = queue[b];
	queue[b] = kept;
}

static void push(struct frame *frame)
{
	size_t at = queued++;
	queue[at] = frame;
	for (; at && is_before(queue[at], queue[(at - 1) / 2]); at = (at - 1) / 2)
		exchange(at, (at - 1) / 2);
}

static struct frame *pop(void)
{
	struct frame *first = queue[0];
	queue[0] = queue[--queued];
	for (size_t at = 0, least = 0;; at = least) {
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queued; child++)
			if (is_before(queue[child], queue[least]))
				least = child;
		if (least == at)
			return first;
		exchange(at, least);
	}
}

static void deliver_due(void)
{
	while (queued && queue[0]->due_us <= now_us()) {
		struct frame *frame = pop();
		if (write(ports[frame->to].tap, frame->bytes, frame->size) < 0)
			full_count++; /* its device takes no more: lost, as on any network */
		free(frame->bytes);
		free(frame);
	}
}

static bool is_down(const struct port *port, uint64_t at_us)
{
	uint64_t on_us = port->cable.flap_on_us, whole_us = on_us + port->cable.flap_off_us;
	return whole_us && (at_us - port->flap_since_us) % whole_us >= on_us;
}

static uint64_t jitter(const struct cable *cable)
{
	return draw(cable->jitter_us + 1);
}

static void send_one(struct port *from, struct port *to, const uint8_t *bytes, size_t size, uint64_t sent_us)
{
	if (queued == QUEUE_MAX) {
		full_count++;
		return;
	}
	struct frame *frame = malloc(sizeof(*frame));
	uint64_t due_us = sent_us + from->cable.delay_us + to->cable.delay_us + jitter(&from->cable) +
	        jitter(&to->cable);
	due_us = due_us < to->last_us ? to->last_us : due_us;
	if (happens(from->cable.late_ppm) || happens(to->cable.late_ppm))
		due_us += (from->cable.delay_us + to->cable.delay_us) / 2 + 20000;
	else
		to->last_us = due_us;
	*frame = (struct frame){due_us, frame_number++, (unsigned)(to - ports), size, malloc(size)};
	memcpy(frame->bytes, bytes, size);
	push(frame);
}

static void carry(struct port *from, struct port *to, const uint8_t *bytes, size_t size, uint64_t sent_us)
{
	if (from->group != to->group || is_down(from, sent_us) || is_down(to, sent_us) ||
	        happens(from->cable.loss_ppm) || happens(to->cable.loss_ppm)) {
		lost_count++;
		return;
	}
	send_one(from, to, bytes, size, sent_us);
	if (happens(from->cable.twice_ppm) || happens(to->cable.twice_ppm))
		send_one(from, to, bytes, size, sent_us);
}

/* Networks for guests keep groups from each other, but for what IPv6 needs to find a neighbour (ICMPv6). */
static bool is_kept_back(const uint8_t *bytes, size_t size)
{
	bool is_v4 = bytes[0] == 0x01 && bytes[1] == 0x00 && bytes[2] == 0x5e;
	bool is_v6 = bytes[0] == 0x33 && bytes[1] == 0x33;
	bool is_icmp6 = size > 20 && bytes[12] == 0x86 && bytes[13] == 0xdd &&
	        (bytes[20] == 58 || bytes[20] == 0);
	return !multicast && (is_v4 || (is_v6 && !is_icmp6));
}

static void record_frame(const uint8_t *bytes, size_t size)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint32_t header[4] = {
	        (uint32_t)now.tv_sec, (uint32_t)(now.tv_nsec / 1000), (uint32_t)size, (uint32_t)size};
	fwrite(header, sizeof(header), 1, record);
	fwrite(bytes, size, 1, record);
}

static void take(struct port *from, const uint8_t *bytes, size_t size)
{
	uint64_t sent_us = now_us();
	from->sent_frames++;
	from->sent_bytes += size;
	if (record)
		record_frame(bytes, size);
	if (is_kept_back(bytes, size)) {
		group_dropped++;
		return;
	}
	if (from->cable.rate_kbit) {
		from->free_us = (from->free_us > sent_us ? from->free_us : sent_us) +
		        size * 8 * 1000 / from->cable.rate_kbit;
		sent_us = from->free_us;
	}
	for (unsigned i = 0; i < port_count; i++)
		if (&ports[i] != from && ((bytes[0] & 1) || memcmp(bytes, ports[i].mac, 6) == 0))
			carry(from, &ports[i], bytes, size, sent_us);
}

static void read_port(struct port *port)
{
	uint8_t bytes[FRAME_BYTES];
	ssize_t size;
	while ((size = read(port->tap, bytes, sizeof(bytes))) > 0)
		if (size >= 14)
			take(port, bytes, (size_t)size);
}

/* ---- Ports ---- */

static int bring_up(const char *name, const uint8_t *mac)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = -1;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (mac) {
		request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(request.ifr_hwaddr.sa_data, mac, 6);
		if (ioctl(fd, SIOCSIFHWADDR, &request))
			goto out;
	}
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP;
		result = ioctl(fd, SIOCSIFFLAGS, &request);
	}
out:
	close(fd);
	return result;
}

/* In a namespace of its own: loopback, and the device "lan0". */
static void make_port(struct port *port)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "lan0");
	if (unshare(CLONE_NEWNET))
		skip("no network namespace can be made");
	port->space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	port->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port->tap < 0 || ioctl(port->tap, TUNSETIFF, &request))
		skip("no TAP device can be made");
	if (bring_up("lo", NULL) || bring_up("lan0", port->mac))
		broken("the device does not come up");
	if (setns(own_space, CLONE_NEWNET))
		broken("no way back from the namespace");
}

/* ---- Orders ---- */

__attribute__((format(printf, 1, 2))) static void answer(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	fflush(stdout);
}

static struct port *port_named(const char *name)
{
	for (unsigned i = 0; name && i < port_count; i++)
		if (strcmp(ports[i].name, name) == 0)
			return &ports[i];
	return NULL;
}

static void order_port(const char *name)
{
	if (!name || strlen(name) >= NAME_BYTES || port_named(name) || port_count == PORTS_MAX) {
		answer("error no such port can be made");
		return;
	}
	struct port *port = &ports[port_count++];
	snprintf(port->name, sizeof(port->name), "%s", name);
	memcpy(port->mac, (const uint8_t[]){0x02, 0, 0, 0, 0, (uint8_t)port_count}, 6);
	make_port(port);
	answer("ok /proc/%d/fd/%d", (int)getpid(), port->space);
}

static bool set_value(struct port *port, const char *key, uint64_t value)
{
	struct cable *cable = &port->cable;
	if (strcmp(key, "delay_ms") == 0)
		cable->delay_us = value * 1000;
	else if (strcmp(key, "jitter_ms") == 0)
		cable->jitter_us = value * 1000;
	else if (strcmp(key, "loss_ppm") == 0)
		cable->loss_ppm = (uint32_t)value;
	else if (strcmp(key, "twice_ppm") == 0)
		cable->twice_ppm = (uint32_t)value;
	else if (strcmp(key, "late_ppm") == 0)
		cable->late_ppm = (uint32_t)value;
	else if (strcmp(key, "rate_kbit") == 0)
		cable->rate_kbit = value;
	else if (strcmp(key, "flap_on_ms") == 0)
		cable->flap_on_us = value * 1000;
	else if (strcmp(key, "flap_off_ms") == 0)
		cable->flap_off_us = value * 1000;
	else if (strcmp(key, "group") == 0)
		port->group = (unsigned)value;
	else
		return false;
	port->flap_since_us = now_us();
	return true;
}

/* "NAME key=number ..." */
static void order_set(char *rest)
{
	char *save, *word = rest ? strtok_r(rest, " ", &save) : NULL;
	struct port *port = port_named(word);
	if (!port) {
		answer("error no such port");
		return;
	}
	while ((word = strtok_r(NULL, " ", &save))) {
		char *value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		if (!value || !set_value(port, word, strtoull(value, NULL, 10))) {
			answer("error not understood: %s", word);
			return;
		}
	}
	answer("ok");
}

static void end_record(void)
{
	if (record && fclose(record))
		broken("the record of frames cannot be written");
	record = NULL;
}

/* The usual file of captured frames: pcap, Ethernet. */
static void order_record(const char *path)
{
	static const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	end_record();
	if (!path) {
		answer("ok");
		return;
	}
	record = fopen(path, "we");
	if (!record || fwrite(header, sizeof(header), 1, record) != 1)
		broken("the record of frames cannot be made");
	answer("ok");
}

static void order_stats(void)
{
	uint64_t frames = 0, bytes = 0;
	if (record)
		fflush(record);
	for (unsigned i = 0; i < port_count; i++) {
		frames += ports[i].sent_frames;
		bytes += ports[i].sent_bytes;
	}
	answer("ok frames=%llu bytes=%llu lost=%llu full=%llu kept_back=%llu", (unsigned long long)frames,
	        (unsigned long long)bytes, (unsigned long long)lost_count, (unsigned long long)full_count,
	        (unsigned long long)group_dropped);
}

static void obey(char *line)
{
	char *rest, *word = strtok_r(line, " ", &rest);
	rest = rest && *rest ? rest : NULL;
	if (word && strcmp(word, "port") == 0)
		order_port(rest);
	else if (word && strcmp(word, "set") == 0)
		order_set(rest);
	else if (word && strcmp(word, "multicast") == 0 && rest) {
		multicast = strcmp(rest, "on") == 0;
		answer("ok");
	} else if (word && strcmp(word, "record") == 0)
		order_record(rest);
	else if (word && strcmp(word, "stats") == 0)
		order_stats();
	else
		answer("error not understood");
}

/* False at the end of the orders. */
static bool read_orders(void)
{
	static char line[LINE_BYTES];
	static size_t size;
	ssize_t got = read(STDIN_FILENO, line + size, sizeof(line) - size);
	if (got <= 0)
		return false;
	size += (size_t)got;
	for (char *end; (end = memchr(line, '\n', size));) {
		size_t length = (size_t)(end - line);
		*end = '\0';
		obey(line);
		memmove(line, end + 1, size - length - 1);
		size -= length + 1;
	}
	return size < sizeof(line);
}

static int wait_ms(void)
{
	if (!queued)
		return -1;
	uint64_t now = now_us();
	return queue[0]->due_us <= now ? 0 : (int)((queue[0]->due_us - now + 999) / 1000);
}

int main(int argc, char **argv)
{
	struct pollfd fds[PORTS_MAX + 1];
	if (argc != 2)
		return 1;
	random_state = strtoull(argv[1], NULL, 10) | 1;
	own_space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (;;) {
		fds[PORTS_MAX] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		for (unsigned i = 0; i < PORTS_MAX; i++)
			fds[i] = (struct pollfd){.fd = i < port_count ? ports[i].tap : -1, .events = POLLIN};
		if (poll(fds, PORTS_MAX + 1, wait_ms()) < 0 && errno != EINTR)
			broken("poll");
		if (fds[PORTS_MAX].revents && !read_orders())
			break;
		for (unsigned i = 0; i < port_count; i++)
			read_port(&ports[i]);
		deliver_due();
	}
	end_record();
	return 0;
}
