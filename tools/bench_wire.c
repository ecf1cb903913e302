#include "tools/bench_wire.h"

#include <stdio.h>

#include "crdt/base/mem.h"
#include "net/early.h"

struct bench_heads bench_heads(const struct bench_device *device)
{
	const struct log *log = node_log(device->bench.node);
	struct bench_heads heads = {.count = log_feed_count(log)};
	heads.seqs = mem_zero(heads.count + 1, sizeof(*heads.seqs));
	for (uint32_t feed = 0; feed < heads.count; feed++)
		heads.seqs[feed] = log_feed(log, feed)->committed_seq;
	return heads;
}

static void count_entries(
        struct bench_wire *wire, const struct bench_device *device, const struct bench_heads *before)
{
	struct log *log = node_log(device->bench.node);
	const uint32_t count = log_feed_count(log);
	struct log_range *ranges = mem_zero(count + 1, sizeof(*ranges));
	struct store_txn *txn;
	const struct run_entry *entry;
	uint32_t feed;
	int result;
	for (feed = 0; feed < count; feed++)
		ranges[feed] = (struct log_range){feed, 1 + (feed < before->count ? before->seqs[feed] : 0),
		        log_feed(log, feed)->committed_seq};
	struct log_stream *stream = log_stream_new(log, ranges, count);
	bench_check(node_begin_read(device->bench.node, &txn), "read");
	while ((result = log_stream_next_entry(stream, txn, &feed, &entry)) == 1) {
		wire->entries++;
		wire->bodies += entry->header.body_bytes;
	}
	bench_check(result, "entries");
	store_abort(txn);
	log_stream_free(stream);
	mem_free(ranges);
}

void bench_wire_add(struct bench_wire *wire, const struct bench_device *device, struct bench_heads *before)
{
	uint64_t bytes_in, bytes_out;
	peers_traffic(device->peers, &bytes_in, &bytes_out);
	wire->all += bytes_out;
	for (uint8_t type = 0; type < PEERS_FRAME_TYPES; type++) {
		const struct peers_sent sent = peers_sent(device->peers, type);
		wire->kinds[type].frames += sent.frames;
		wire->kinds[type].bytes += sent.bytes;
	}
	count_entries(wire, device, before);
	mem_free(before->seqs);
	*before = (struct bench_heads){0};
}

double bench_wire_overhead(const struct bench_wire *wire)
{
	return wire->bodies ? 100 * (double)(wire->all - wire->bodies) / (double)wire->bodies : 0;
}

static void print(const struct bench_wire *wire, const char *what, uint64_t frames, uint64_t bytes)
{
	if (!bytes)
		return;
	printf("    %-40s %8llu in %6llu", what, (unsigned long long)bytes, (unsigned long long)frames);
	if (wire->bodies)
		printf("  %6.2f %% of the ciphertext", 100 * (double)bytes / (double)wire->bodies);
	printf("\n");
}

void bench_wire_print(const struct bench_wire *wire)
{
	static const char *const names[PEERS_FRAME_TYPES] = {[NET_FRAME_FEEDS] = "names of feeds",
	        [NET_FRAME_HEADS] = "heads",
	        [NET_FRAME_WANT] = "questions for entries",
	        [NET_FRAME_SUPPLY] = "what answers will bring",
	        [NET_FRAME_SUPPLIED] = "ends of answers",
	        [NET_FRAME_STATE_DIGEST] = "digests of state",
	        [NET_FRAME_STATE_IDS] = "questions for state",
	        [NET_FRAME_STATE_ROWS] = "rows of state",
	        [NET_FRAME_CLOCK] = "clocks",
	        [NET_FRAME_ENOUGH] = "enough",
	        [NET_FRAME_SUMMARY] = "summaries",
	        [NET_FRAME_EARLY_WANT] = "questions for early copies",
	        [NET_FRAME_EARLY_OFFER] = "what they will bring",
	        [NET_FRAME_EARLY_COPY] = "early copies"};
	uint64_t rest = wire->all;
	const struct peers_sent runs = wire->kinds[NET_FRAME_RUN];
	print(wire, "ciphertext, once per device that lacked it", wire->entries, wire->bodies);
	print(wire, "headers, signatures, what came twice", runs.frames, runs.bytes - wire->bodies);
	for (uint8_t type = 0; type < PEERS_FRAME_TYPES; type++) {
		rest -= wire->kinds[type].bytes;
		if (type != NET_FRAME_RUN)
			print(wire, names[type] ? names[type] : "others", wire->kinds[type].frames,
			        wire->kinds[type].bytes);
	}
	print(wire, "handshakes, frames' heads, seals", 0, rest);
	printf("    overhead %.1f %% of the ciphertext\n", bench_wire_overhead(wire));
}

static bool moved(const struct bench_device *device, const struct bench_heads *before)
{
	const struct log *log = node_log(device->bench.node);
	for (uint32_t feed = 0; feed < log_feed_count(log); feed++)
		if (feed >= before->count || log_feed(log, feed)->committed_seq != before->seqs[feed])
			return true;
	return false;
}

void bench_devices_acknowledge(
        struct bench_device *devices, const struct bench_heads *before, int count, uv_loop_t *loop)
{
	for (int i = 0; i < count; i++)
		if (moved(&devices[i], &before[i]))
			bench_check(node_acknowledge(devices[i].bench.node), "acknowledge");
	bench_devices_quiet(devices, count, loop);
}
