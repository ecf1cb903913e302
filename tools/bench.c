/*
 * releve-bench - the nursing team's workload, each figure beside the floor of this machine in the same run.
 *
 *   releve-bench team TEAM.ndjson DAY.ndjson [--dir DIR] [--runs N]
 *   releve-bench phase NAME TEAM.ndjson DAY.ndjson [--dir DIR]
 *
 * The second form runs one phase without floors in a directory that an earlier run left, for profilers.
 *
 * Phases: load (the history into one node), join (a new device takes everything over TCP and Noise, both sides durable), stick (the same by a file), day (12 replicas write a
 * day offline and converge in a star: logs and indexes; documents that nobody looks at follow at the checkpoint, timed apart), today (process start to the list of a day's visits), start (the same on what lists left), write (one visit saved, with fsync), past (a dossier's history, news after the day; "floor" is there what opening every entry costs), lists (lists, a dossier, a search while typing, through the interface), screens (the same on what lists left). Every
 * phase is a process of its own, so that its peak memory is its own. The file is long because it is one table of phases and their report. Lines "RESULT {…}" have the fields of the peers' harness.
 */
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/digest/who.h"
#include "node/node_digest.h"
#include "node/node_import.h"
#include "node/pairing.h"
#include "node/record.h"
#include "node/schema/schema.h"
#include "node/node_early.h"
#include "node/node_history.h"
#include "tools/bench_early.h"
#include "tools/bench_lists.h"
#include "tools/bench_net.h"
#include "tools/bench_past.h"
#include "tools/bench_stick.h"
#include "tools/bench_wire.h"
#include "tools/floor.h"

enum { REPLICAS = 12, WRITES = 300, RUNS_MAX = 20, PATH_BYTES = 600 };

static const char *team_file, *day_file, *base = "/tmp/releve-bench";

/* What a phase tells its parent, in shared memory. */
struct figures {
	double ms, cpu_ms, offline_ms, checkpoint_ms, peak_mb, peak_other_mb, p50_ms, p99_ms, max_ms;
	uint64_t file_bytes, used_bytes, visits, entries, commits, rows;
	double round_ms; /* until a newcomer reads the last day's visits */
	uint64_t early_copies, early_bytes;
	struct bench_snapshot recent, whole;
	struct bench_past past;
	struct bench_lists lists;
	struct bench_stick stick;
	struct bench_wire wire;
};

static struct figures *figures;

/* ---- Helpers ---------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
	(void)info;
	(void)flag;
	(void)walk;
	return remove(path);
}

static void fresh_directory(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (mkdir(path, 0700))
		bench_check(ERR_IO, path);
}

static const char *in_base(char out[PATH_BYTES], const char *name)
{
	snprintf(out, PATH_BYTES, "%s/%s", base, name);
	return out;
}

/* Run a phase in a child; its figures come back in shared memory. */
static void in_child(void (*phase)(void))
{
	int status;
	fflush(stdout);
	memset(figures, 0, sizeof(*figures));
	pid_t child = fork();
	if (child == 0) {
		phase();
		figures->peak_mb = bench_peak_mb();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	        WEXITSTATUS(status) != 0)
		bench_check(ERR_INTERNAL, "a phase failed");
}

static void line_failed(struct import *import, size_t number, int result, bool is_bad)
{
	char why[200] = "";
	if (is_bad)
		import_reason(import, SCHEMA_EN, why, sizeof(why));
	fprintf(stderr, "line %zu: %s %s\n", number, err_name(result), why);
	exit(1);
}

static void import_all(struct bench_node *bench, const struct floor_records *records)
{
	struct import *import = import_new(node_team(bench->node));
	for (size_t i = 0; i < records->count; i++) {
		bool is_bad;
		int result = node_import_line(bench->node, import, records->lines[i], &is_bad);
		if (result < 0)
			line_failed(import, i + 1, result, is_bad);
		figures->entries += result == NODE_IMPORT_TAKEN;
		if (i % NODE_IMPORT_BATCH != NODE_IMPORT_BATCH - 1)
			continue;
		bench_node_settle(bench, 4);
		floor_records_release(records);
	}
	import_free(import);
}

static void take_usage(struct bench_node *bench)
{
	struct store_usage usage;
	bench_check(store_usage(bench->store, &usage), "usage");
	figures->used_bytes = usage.used_bytes;
	figures->file_bytes = usage.file_bytes;
}

/* ---- Phases ----------------------------------------------------------------------------------------------------- */

static void phase_load(void)
{
	char path[PATH_BYTES];
	struct floor_records records;
	struct bench_node bench;
	struct person_id person;
	bench_check(floor_records_read(&records, team_file), team_file);
	fresh_directory(in_base(path, "team"));
	bench_node_open(&bench, path);
	bench_check(node_found_team(bench.node, &person, NULL, NULL), "found");
	bench_node_settle(&bench, 0);
	double start_ms = bench_now_ms(), start_cpu_ms = bench_cpu_ms();
	import_all(&bench, &records);
	bench_check(node_checkpoint(bench.node, true), "checkpoint");
	bench_node_settle(&bench, 0);
	figures->ms = bench_now_ms() - start_ms;
	figures->cpu_ms = bench_cpu_ms() - start_cpu_ms;
	take_usage(&bench);
	figures->visits = bench_visits(bench.node);
	bench_node_close(&bench);
	floor_records_close(&records);
}

static void copy_store(const char *from, const char *to)
{
	char command[3 * PATH_BYTES];
	snprintf(command, sizeof(command), "cp -a '%s' '%s'", from, to);
	if (system(command) != 0)
		bench_check(ERR_IO, "copy");
}

/* The serving side, in a process of its own: prints its address and invitation on a pipe, ends when its other end closes. */
struct offer {
	struct net_address address;
	struct team_invitation invitation;
};

static void on_parent(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	*(bool *)poll->data = true;
}

static void serve(int out, int in)
{
	char path[PATH_BYTES];
	uv_loop_t loop;
	struct bench_device device;
	struct offer offer;
	uv_poll_t poll;
	bool stop = false;
	uv_loop_init(&loop);
	bench_device_open(&device, &loop, in_base(path, "server"));
	bench_check(node_invite(device.bench.node, TEAM_ROLE_NURSE, 0, 0, 0, &offer.invitation, NULL, NULL),
	        "invite");
	bench_node_settle(&device.bench, 0);
	offer.address = device.address;
	if (write(out, &offer, sizeof(offer)) != sizeof(offer))
		exit(1);
	uv_poll_init(&loop, &poll, in);
	poll.data = &stop;
	uv_poll_start(&poll, UV_READABLE | UV_DISCONNECT, on_parent);
	struct bench_heads before = bench_heads(&device);
	while (!stop)
		uv_run(&loop, UV_RUN_ONCE);
	bench_wire_add(&figures->wire, &device, &before);
	figures->peak_other_mb = bench_peak_mb();
	bench_device_close(&device, &loop);
	_exit(0);
}

static void became_member(void *context, int result)
{
	bench_check(result, "join");
	*(bool *)context = true;
}

/* The guest is done when a session says that nothing is missing and all of it is on the disk. */
static bool complete(struct bench_device *device)
{
	struct peer_status status;
	return node_idle(device->bench.node) && peers_status(device->peers, 0, &status) && status.level &&
	        status.progress.missing_here == 0;
}

/* The day of the last visit of the history, and how many it has. */
static uint32_t last_round(int64_t *day_s)
{
	struct floor_records records;
	uint32_t count = 0;
	bench_check(floor_records_read(&records, team_file), team_file);
	*day_s = 0;
	for (size_t i = records.count; i > 0; i--) {
		const struct span line = records.lines[i - 1];
		const char *at = memmem(line.data, line.size, "\"start\":", 8);
		const int64_t start_s = at ? atoll(at + 8) : 0;
		if (!memmem(line.data, line.size, "\"t\":\"visit\"", 11) || start_s < *day_s)
			continue;
		count = start_s >= *day_s + 86400 ? 1 : count + 1;
		*day_s = start_s - start_s % 86400;
	}
	floor_records_close(&records);
	return count;
}

/* The log has to have confirmed whatever was shown before it. */
static void check_copies(struct node *node)
{
	struct node_early_tally tally;
	for (uint32_t i = 0; node_early_tally(node, i, &tally); i++)
		if (tally.wrong || tally.open || tally.verified != figures->early_copies) {
			fprintf(stderr, "%llu verified, %llu wrong, %llu open of %llu; %u left\n",
			        (unsigned long long)tally.verified, (unsigned long long)tally.wrong,
			        (unsigned long long)tally.open, (unsigned long long)figures->early_copies,
			        node_copy(node).early_count);
			bench_check(ERR_CORRUPT, "early copies were not verified");
		}
	if (node_copy(node).is_partial || node_copy(node).early_count)
		bench_check(ERR_GAP, "the copy is still partial");
}

static void phase_join(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	int up[2], down[2];
	struct offer offer;
	uv_loop_t loop;
	struct bench_device guest;
	bool is_member = false;
	int64_t day_s;
	const uint32_t visits_of_day = last_round(&day_s);
	nftw(in_base(path, "server"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	if (pipe(up) || pipe(down))
		bench_check(ERR_IO, "pipe");
	pid_t server = fork();
	if (server == 0) {
		close(down[1]);
		close(up[0]);
		serve(up[1], down[0]);
	}
	close(down[0]);
	close(up[1]);
	if (read(up[0], &offer, sizeof(offer)) != sizeof(offer))
		bench_check(ERR_IO, "server");
	fresh_directory(in_base(path, "joiner"));
	uv_loop_init(&loop);
	bench_device_open(&guest, &loop, path);
	double start_ms = bench_now_ms();
	bench_check(pairing_start(guest.peers, &offer.address, &offer.invitation, span_text("Bench"),
	                    became_member, &is_member),
	        "pair");
	while (!is_member || !complete(&guest)) {
		uv_run(&loop, UV_RUN_ONCE);
		if (figures->round_ms <= 0 && is_member &&
		        bench_round(guest.bench.node, day_s) >= visits_of_day)
			figures->round_ms = bench_now_ms() - start_ms;
	}
	bench_check(node_checkpoint(guest.bench.node, true), "checkpoint");
	bench_node_settle(&guest.bench, 0);
	figures->ms = bench_now_ms() - start_ms;
	struct bench_heads nothing = {0};
	bench_wire_add(&figures->wire, &guest, &nothing);
	peers_early(guest.peers, &figures->early_copies, &figures->early_bytes);
	check_copies(guest.bench.node);
	figures->visits = bench_visits(guest.bench.node);
	take_usage(&guest.bench);
	bench_device_close(&guest, &loop);
	close(down[1]);
	waitpid(server, NULL, 0);
}

/* The same by a file: nobody meets anybody. */
static void phase_stick(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	struct bench_node host, guest;
	nftw(in_base(path, "server"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_node_open(&host, path);
	fresh_directory(in_base(path, "joiner"));
	bench_node_open(&guest, path);
	bench_stick(&host, &guest, in_base(path, "stick.bundle"), &figures->stick);
	figures->ms = figures->stick.import_ms;
	figures->visits = bench_visits(guest.node);
	bench_node_close(&guest);
	bench_node_close(&host);
}

/* What the server of the join would give as early copies: those that it gave, and all there is. */
static void phase_snapshot(void)
{
	char path[PATH_BYTES];
	struct bench_node bench;
	bench_node_open(&bench, in_base(path, "server"));
	bench_snapshot(bench.node, 31, &figures->recent);
	bench_snapshot(bench.node, 0, &figures->whole);
	figures->ms = figures->whole.ms;
	bench_node_close(&bench);
}

/* Replica 0 founds the team and imports the history; the others join it. Kept for all runs of the day. */
static void phase_replicas(void)
{
	char path[PATH_BYTES], from[PATH_BYTES], name[32];
	uv_loop_t loop;
	static struct bench_device devices[REPLICAS];
	uv_loop_init(&loop);
	nftw(in_base(path, "replica0"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_device_open(&devices[0], &loop, path);
	for (int i = 1; i < REPLICAS; i++) {
		snprintf(name, sizeof(name), "replica%d", i);
		fresh_directory(in_base(path, name));
		bench_device_open(&devices[i], &loop, path);
		bench_device_join(&loop, &devices[0], &devices[i]);
	}
	for (int settled = 0; settled < REPLICAS;) {
		uv_run(&loop, UV_RUN_ONCE);
		settled = 0;
		for (int i = 0; i < REPLICAS; i++)
			settled += bench_devices_equal(&devices[0], &devices[i]);
	}
	for (int i = 0; i < REPLICAS; i++) {
		bench_check(node_checkpoint(devices[i].bench.node, true), "checkpoint");
		bench_device_close(&devices[i], &loop);
	}
}

static unsigned author_of(struct span line)
{
	const char *by = memmem(line.data, line.size, "\"by\":", 5);
	return by ? (unsigned)atoi(by + 5) % REPLICAS : 0;
}

static void write_day(struct bench_device *devices, const struct floor_records *records)
{
	struct import *import = import_new(node_team(devices[0].bench.node));
	for (size_t i = 0; i < records->count; i++) {
		bool is_bad;
		struct bench_node *bench = &devices[author_of(records->lines[i])].bench;
		int result = node_import_line(bench->node, import, records->lines[i], &is_bad);
		if (result < 0)
			line_failed(import, i + 1, result, is_bad);
		bench_node_settle(bench, 0); /* every save is durable before the next */
	}
	import_free(import);
}

static uint64_t commits_of(const struct bench_device *devices)
{
	struct store_writer_stats stats;
	uint64_t commits = 0;
	for (int i = 0; i < REPLICAS; i++) {
		store_writer_stats(devices[i].bench.writer, &stats);
		commits += stats.commit_count;
	}
	return commits;
}

static bool all_equal(const struct bench_device *devices)
{
	for (int i = 1; i < REPLICAS; i++)
		if (!bench_devices_equal(&devices[0], &devices[i]))
			return false;
	return true;
}

/* A star: everybody meets replica 0. */
static void converge(struct bench_device *devices, uv_loop_t *loop)
{
	double start_ms = bench_now_ms(), start_cpu_ms = bench_cpu_ms();
	uint64_t commits = commits_of(devices);
	struct device_id hub = node_device(devices[0].bench.node);
	struct bench_heads before[REPLICAS];
	for (int i = 0; i < REPLICAS; i++)
		before[i] = bench_heads(&devices[i]);
	for (int i = 1; i < REPLICAS; i++)
		bench_check(peers_dial(devices[i].peers, &devices[0].address, &hub), "dial");
	while (!all_equal(devices))
		uv_run(loop, UV_RUN_ONCE);
	figures->ms = bench_now_ms() - start_ms;
	figures->cpu_ms = bench_cpu_ms() - start_cpu_ms;
	figures->commits = commits_of(devices) - commits;
	bench_devices_acknowledge(devices, before, REPLICAS, loop);
	for (int i = 0; i < REPLICAS; i++)
		bench_wire_add(&figures->wire, &devices[i], &before[i]);
}

/* Documents that nobody looked at take in what came. */
static void checkpoint_all(struct bench_device *devices)
{
	double start_ms = bench_now_ms();
	for (int i = 0; i < REPLICAS; i++)
		bench_check(node_checkpoint(devices[i].bench.node, true), "checkpoint");
	for (int i = 0; i < REPLICAS; i++)
		bench_node_settle(&devices[i].bench, 0);
	figures->checkpoint_ms = bench_now_ms() - start_ms;
}

static void phase_day(void)
{
	char path[PATH_BYTES], from[PATH_BYTES], name[32];
	uv_loop_t loop;
	static struct bench_device devices[REPLICAS];
	struct floor_records records;
	bench_check(floor_records_read(&records, day_file), day_file);
	uv_loop_init(&loop);
	for (int i = 0; i < REPLICAS; i++) {
		snprintf(name, sizeof(name), "replica%d", i);
		in_base(from, name);
		snprintf(name, sizeof(name), "day%d", i);
		nftw(in_base(path, name), remove_one, 16, FTW_DEPTH | FTW_PHYS);
		copy_store(from, path);
		bench_device_open(&devices[i], &loop, path);
	}
	double start_ms = bench_now_ms();
	write_day(devices, &records);
	figures->offline_ms = bench_now_ms() - start_ms;
	converge(devices, &loop);
	checkpoint_all(devices);
	for (int i = 0; i < REPLICAS; i++)
		figures->visits += bench_visits(devices[i].bench.node);
	for (int i = 0; i < REPLICAS; i++)
		bench_device_close(&devices[i], &loop);
	floor_records_close(&records);
}

/* ---- Small meetings --------------------------------------------------------------------------------------------- */

/* The last line of that kind once more, as another one. */
static void write_again(struct bench_device *device, const char *file, const char *kind, unsigned number)
{
	struct floor_records records;
	char line[8192], name[8], *id = NULL;
	bool is_bad;
	bench_check(floor_records_read(&records, file), file);
	for (size_t i = records.count; !id && i > 0; i--) {
		const struct span from = records.lines[i - 1];
		if (!memmem(from.data, from.size, kind, strlen(kind)))
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)from.size, (const char *)from.data);
		id = strstr(line, "\"id\":\"");
	}
	bench_check(id ? 0 : ERR_NOTFOUND, kind);
	snprintf(name, sizeof(name), "new%02u", number % 100);
	memcpy(id + 6, name, 5);
	struct import *import = import_new(node_team(device->bench.node));
	bench_check(node_import_line(device->bench.node, import, span_text(line), &is_bad), kind);
	import_free(import);
	bench_node_settle(&device->bench, 0);
	floor_records_close(&records);
}

static const char VISIT[] = "\"t\":\"visit\"", PATIENT[] = "\"t\":\"patient\"";

/* The first two of the day's devices meet once, which are level but for what the second one writes before. */
static void meet(const char *what, unsigned visits, unsigned patients)
{
	static struct bench_device devices[2];
	static unsigned written;
	char path[PATH_BYTES];
	uv_loop_t loop;
	struct bench_wire wire = {0};
	uv_loop_init(&loop);
	bench_device_open(&devices[0], &loop, in_base(path, "day0"));
	bench_device_open(&devices[1], &loop, in_base(path, "day1"));
	while (visits-- > 0)
		write_again(&devices[1], day_file, VISIT, written++);
	while (patients-- > 0)
		write_again(&devices[1], team_file, PATIENT, written++);
	const struct device_id hub = node_device(devices[0].bench.node);
	struct bench_heads before[2] = {bench_heads(&devices[0]), bench_heads(&devices[1])};
	bench_check(peers_dial(devices[1].peers, &devices[0].address, &hub), "dial");
	bench_devices_quiet(devices, 2, &loop);
	bench_devices_acknowledge(devices, before, 2, &loop);
	for (int i = 0; i < 2; i++)
		bench_wire_add(&wire, &devices[i], &before[i]);
	for (int i = 0; i < 2; i++)
		bench_device_close(&devices[i], &loop);
	if (!what)
		return;
	printf("%-34s %10llu B\n", what, (unsigned long long)wire.all);
	bench_wire_print(&wire);
}

/* After the day: what it costs to meet. 20 patients are as many packets of keys for each colleague. */
static void phase_meet(void)
{
	meet(NULL, 0, 20);
	meet("two level devices meet", 0, 0);
	meet("two devices meet, one new visit", 1, 0);
	meet("two devices meet, one new patient", 0, 1);
	fflush(stdout);
}

static void phase_write(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	struct bench_node bench;
	struct floor_records records;
	double latency_ms[WRITES];
	size_t count = 0;
	bench_check(floor_records_read(&records, day_file), day_file);
	nftw(in_base(path, "writer"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_node_open(&bench, path);
	struct import *import = import_new(node_team(bench.node));
	for (size_t i = 0; i < records.count && count < WRITES; i++) {
		bool is_bad;
		if (!memmem(records.lines[i].data, records.lines[i].size, "\"t\":\"visit\"", 11))
			continue;
		double start_ms = bench_now_ms();
		int result = node_import_line(bench.node, import, records.lines[i], &is_bad);
		if (result < 0)
			line_failed(import, i + 1, result, is_bad);
		bench_node_settle(&bench, 0);
		latency_ms[count++] = bench_now_ms() - start_ms;
	}
	struct store_writer_stats stats;
	store_writer_stats(bench.writer, &stats);
	figures->commits = stats.commit_count;
	figures->entries = count;
	figures->p50_ms = bench_percentile(latency_ms, count, 0.5);
	figures->p99_ms = bench_percentile(latency_ms, count, 0.99);
	figures->max_ms = bench_percentile(latency_ms, count, 1);
	import_free(import);
	bench_node_close(&bench);
	floor_records_close(&records);
}

/* The day's records come, and somebody looks at what is new, and at dossiers. */
static void phase_past(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	struct bench_node bench;
	struct floor_records records;
	struct crdt_frontier seen = {0};
	bench_check(floor_records_read(&records, day_file), day_file);
	nftw(in_base(path, "past"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_node_open(&bench, path);
	node_present(bench.node, &seen);
	import_all(&bench, &records);
	bench_node_settle(&bench, 0);
	double start_ms = bench_now_ms();
	bench_past(bench.node, &seen, &figures->past);
	figures->ms = bench_now_ms() - start_ms;
	crdt_frontier_close(&seen);
	bench_node_close(&bench);
	floor_records_close(&records);
}

/* What somebody waits for at the screen. */
static void phase_lists(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	nftw(in_base(path, "lists"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_lists(path, team_file, &figures->lists);
	figures->ms = figures->lists.search.p99_ms;
}

/* The same once more, of what that left. */
static void phase_screens(void)
{
	char path[PATH_BYTES];
	bench_lists(in_base(path, "lists"), team_file, &figures->lists);
}

/* ---- Today ------------------------------------------------------------------------------------------------------ */

/* Who the patient is, as a list shows it: by her digest, which an idle device has made. */
static void print_row(struct node *node, FILE *out, const struct index_event *event)
{
	uint32_t kind;
	struct record_id id;
	struct node_digest digest;
	struct digest_who who;
	bench_check(node_shown_at(node, event->doc, &kind, &id), "patient");
	if (node_digest_of(node, &id, DIGEST_WHO, &digest) == 0 && digest_who_read(digest.part, &who))
		fprintf(out, "%.*s %lld\n", (int)who.shown.size, (const char *)who.shown.data,
		        (long long)event->when_s);
}

/* In its own process: open the node and list the last day that has visits. The key is there already, as after unlocking. */
static int today(const char *directory, const char *month_text)
{
	struct bench_node bench;
	const struct index_event *events;
	uint32_t count, rows = 0;
	FILE *out = fopen("/dev/null", "w");
	bench_node_open(&bench, directory);
	bench_check(node_month(bench.node, (int32_t)atoi(month_text), &events, &count), "month");
	for (uint32_t i = count; i > 0 && events[i - 1].when_s / 86400 == events[count - 1].when_s / 86400;
	        i--) {
		if (events[i - 1].kind != SCHEMA_VISIT)
			continue;
		print_row(bench.node, out, &events[i - 1]);
		rows++;
	}
	fclose(out);
	_exit(rows > 5 ? 0 : 3);
}

static void phase_today(void)
{
	char path[PATH_BYTES], from[PATH_BYTES];
	nftw(in_base(path, "today"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	copy_store(in_base(from, "team"), path);
	bench_lists_make(path, &figures->lists);
}

/* Of what the phase lists left: all that an idle device makes is there. */
static void phase_start(void)
{
}

static int32_t last_month(void)
{
	struct floor_records records;
	bench_check(floor_records_read(&records, team_file), team_file);
	struct span line = records.lines[records.count - 1];
	const char *at = memmem(line.data, line.size, "\"at\":", 5);
	int64_t seconds = at ? atoll(at + 5) : 0;
	floor_records_close(&records);
	return calendar_month(seconds, 0);
}

static double time_today(const char *directory, bool cold, size_t runs, double *cpu_ms)
{
	char path[PATH_BYTES], month[16];
	double times_ms[RUNS_MAX], used_ms[RUNS_MAX];
	snprintf(month, sizeof(month), "%d", (int)last_month());
	in_base(path, directory);
	for (size_t i = 0; i < runs; i++) {
		char program[] = "/proc/self/exe", verb[] = "today";
		char *arguments[] = {program, verb, path, month, NULL};
		extern char **environ;
		int status, drop = cold ? open("/proc/sys/vm/drop_caches", O_WRONLY) : -1;
		pid_t child;
		struct rusage used;
		sync();
		if (cold && (drop < 0 || write(drop, "3", 1) != 1))
			return -1;
		if (drop >= 0)
			close(drop);
		double start_ms = bench_now_ms();
		if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) ||
		        wait4(child, &status, 0, &used) != child || status != 0)
			bench_check(ERR_INTERNAL, "today");
		times_ms[i] = bench_now_ms() - start_ms;
		used_ms[i] = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
		        (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
	}
	*cpu_ms = bench_percentile(used_ms, runs, 0.5);
	return bench_percentile(times_ms, runs, 0.5);
}

/* ---- Report ----------------------------------------------------------------------------------------------------- */

static void row(const char *what, double ours, double floor_, const char *unit, double aim_ratio, double aim)
{
	printf("%-34s %10.2f %-4s", what, ours, unit);
	if (floor_ > 0)
		printf("  floor %8.2f  ratio %5.2f", floor_, ours / floor_);
	if (aim_ratio > 0)
		printf("  aim <= %.1f x floor  %s", aim_ratio,
		        ours <= aim_ratio * floor_ ? "reached" : "MISSED");
	if (aim > 0)
		printf("  aim <= %.2f  %s", aim, ours <= aim ? "reached" : "MISSED");
	printf("\n");
	fflush(stdout);
}

static void result(const char *phase, const char *fields)
{
	printf("RESULT {\"bench\":\"nurse\",\"peer\":\"releve\",\"phase\":\"%s\",%s,\"rss\":%.1f}\n", phase,
	        fields, figures->peak_mb);
}

struct floors {
	struct floor_load load;
	struct floor_join join;
	struct floor_day day;
	struct floor_put put;
	double today_warm_ms, today_cold_ms;
};

static void measure_floors(struct floors *out)
{
	char path[PATH_BYTES];
	struct floor_records team, day;
	struct floor *floor_;
	struct floor_training training;
	char program[] = "/proc/self/exe", verb[] = "floor-today";
	in_base(path, "floor");
	char *command[] = {program, verb, path, NULL};
	struct floor_today today_;
	bench_check(floor_records_read(&team, team_file), team_file);
	bench_check(floor_records_read(&day, day_file), day_file);
	bench_check(floor_open(&floor_, &team, &day, path, &training), "floor");
	bench_check(floor_load(floor_, false, &out->load), "floor load");
	bench_check(floor_join(floor_, false, &out->join), "floor join");
	bench_check(floor_day(floor_, false, &out->day), "floor day");
	bench_check(floor_put(floor_, FLOOR_PUTS, &out->put), "floor put");
	size_t bytes;
	bench_check(floor_today_build(floor_, &bytes), "floor today");
	bench_check(floor_today(floor_, command, false, &today_), "floor today");
	out->today_warm_ms = today_.p50_ms;
	out->today_cold_ms = floor_today(floor_, command, true, &today_) == 0 ? today_.p50_ms : 0;
	floor_close(floor_);
	floor_records_close(&team);
	floor_records_close(&day);
}

static void repeat(void (*phase)(void), int runs, struct figures *median)
{
	double times_ms[RUNS_MAX];
	struct figures all[RUNS_MAX];
	for (int i = 0; i < runs; i++) {
		in_child(phase);
		all[i] = *figures;
		times_ms[i] = figures->ms + figures->p50_ms;
	}
	double middle = bench_percentile(times_ms, (size_t)runs, 0.5);
	for (int i = 0; i < runs; i++)
		if (all[i].ms + all[i].p50_ms == middle)
			*median = all[i];
	*figures = *median;
}

static void report_load(const struct floors *floors, int runs)
{
	struct figures f = {0};
	char fields[300];
	repeat(phase_load, runs, &f);
	row("load the history", f.ms, floors->load.ms, "ms", 2, 0);
	row("  peak memory", f.peak_mb, 0, "MB", 0, 60);
	row("  disk, bytes per visit", (double)f.file_bytes / (double)f.visits, 0, "B", 0, 450);
	snprintf(fields, sizeof(fields), "\"ms\":%.1f,\"visits\":%llu,\"bytes\":%llu,\"disk\":%llu", f.ms,
	        (unsigned long long)f.visits, (unsigned long long)f.file_bytes,
	        (unsigned long long)f.file_bytes);
	result("load", fields);
}

static double report_join(const struct floors *floors, int runs)
{
	struct figures f = {0};
	char fields[300];
	repeat(phase_join, runs, &f);
	row("cold join", f.ms, floors->join.ms, "ms", 3, 0);
	row("  peak memory of the newcomer", f.peak_mb, 0, "MB", 0, 60);
	row("  peak memory of the server", f.peak_other_mb, 0, "MB", 0, 60);
	row("  wire, the log", (double)(f.wire.all - f.early_bytes) / 1e6,
	        (double)floors->join.wire_bytes / 1e6, "MB", 0, 12);
	row("  wire, early copies", (double)f.early_bytes / 1e6, 0, "MB", 0, 0);
	bench_wire_print(&f.wire);
	row("  until the last round is readable", f.round_ms, floors->join.ms, "ms", 1, 0);
	row("  part of the whole join", 100 * f.round_ms / f.ms, 0, "%", 0, 0);
	row("  early copies that came for it", (double)f.early_copies, 0, "", 0, 0);
	snprintf(fields, sizeof(fields),
	        "\"ms\":%.1f,\"visits\":%llu,\"bytes\":%llu,\"disk\":%llu,\"serverRss\":%.1f,\"round\":%.1f,"
	        "\"early\":%llu,\"earlyBytes\":%llu",
	        f.ms, (unsigned long long)f.visits, (unsigned long long)f.wire.all,
	        (unsigned long long)f.file_bytes, f.peak_other_mb, f.round_ms,
	        (unsigned long long)f.early_copies, (unsigned long long)f.early_bytes);
	result("join", fields);
	const uint64_t visits = f.visits;
	const double join_ms = f.ms;
	in_child(phase_snapshot);
	f = *figures;
	row("a snapshot of all dossiers", (double)f.whole.bytes / 1e6, (double)floors->join.wire_bytes / 1e6,
	        "MB", 0, 6);
	row("  bytes a visit", (double)f.whole.bytes / (double)visits, 0, "B", 0, 150);
	row("  making it", f.whole.ms, floors->join.ms, "ms", 0, 0);
	row("  of those in use within a month", (double)f.recent.bytes / 1e6, 0, "MB", 0, 0);
	snprintf(fields, sizeof(fields),
	        "\"ms\":%.1f,\"dossiers\":%llu,\"bytes\":%llu,\"recent\":%llu,\"recentBytes\":%llu",
	        f.whole.ms, (unsigned long long)f.whole.dossiers, (unsigned long long)f.whole.bytes,
	        (unsigned long long)f.recent.dossiers, (unsigned long long)f.recent.bytes);
	result("snapshot", fields);
	return join_ms;
}

/* Beside the cold join of the same run, whose other side reads and sends at the same time. */
static void report_stick(double join_ms, int runs)
{
	struct figures f = {0};
	char fields[200];
	repeat(phase_stick, runs, &f);
	row("cold join by a file", f.ms, 0, "ms", 0, 0);
	row("  of the cold join by a session", 100 * f.ms / join_ms, 0, "%", 0, 0);
	row("  writing it, durable", f.stick.export_ms, 0, "ms", 0, 0);
	row("  taking it in once more", f.stick.again_ms, 0, "ms", 0, 0);
	row("  its size", (double)f.stick.bytes / 1e6, 0, "MB", 0, 0);
	row("  peak memory of both nodes", f.peak_mb, 0, "MB", 0, 0);
	snprintf(fields, sizeof(fields),
	        "\"ms\":%.1f,\"visits\":%llu,\"bytes\":%llu,\"export\":%.1f,\"again\":%.1f", f.ms,
	        (unsigned long long)f.visits, (unsigned long long)f.stick.bytes, f.stick.export_ms,
	        f.stick.again_ms);
	result("stick", fields);
}

static void report_day(const struct floors *floors, int runs)
{
	struct figures f = {0};
	char fields[300];
	in_child(phase_replicas);
	repeat(phase_day, runs, &f);
	row("the day: 12 replicas converge", f.ms, floors->day.ms, "ms", 4, 0);
	row("  after that: documents and checkpoint", f.checkpoint_ms, 0, "ms", 0, 0);
	row("  writing offline, durable", f.offline_ms, floors->day.offline_ms, "ms", 0, 0);
	row("  processor time of all 12", f.cpu_ms, floors->day.ms, "ms", 0, 0);
	row("  commits (fsyncs) of all 12", (double)f.commits, 0, "", 0, 0);
	row("  wire", (double)f.wire.all / 1e3, (double)floors->day.wire_bytes / 1e3, "KB", 0, 1100);
	row("  wire beside the ciphertext", bench_wire_overhead(&f.wire), 0, "%", 0, 25);
	bench_wire_print(&f.wire);
	struct figures unused = {0};
	repeat(phase_meet, 1, &unused);
	snprintf(fields, sizeof(fields), "\"ms\":%.1f,\"checkpoint\":%.1f,\"offline\":%.1f,\"bytes\":%llu",
	        f.ms, f.checkpoint_ms, f.offline_ms, (unsigned long long)f.wire.all);
	result("day", fields);
}

static void report_write(const struct floors *floors, int runs)
{
	struct figures f = {0};
	char fields[300];
	repeat(phase_write, runs, &f);
	row("one visit saved, p50", f.p50_ms, floors->put.p50_ms, "ms", 2, 0);
	row("  p99", f.p99_ms, floors->put.p99_ms, "ms", 0, 1);
	row("  commits (fsyncs) per save", (double)f.commits / (double)f.entries, 0, "", 0, 1);
	snprintf(fields, sizeof(fields), "\"n\":%llu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f",
	        (unsigned long long)f.entries, f.p50_ms, f.p99_ms, f.max_ms);
	result("write", fields);
}

static void report_today(const struct floors *floors, int runs)
{
	in_child(phase_today);
	for (int cold = 0; cold < 2; cold++) {
		char fields[120];
		double cpu_ms,
		        ms = time_today("today", cold,
		                (size_t)runs * 3 > RUNS_MAX ? RUNS_MAX : (size_t)runs * 3, &cpu_ms);
		if (ms < 0)
			continue; /* caches can be dropped by root only */
		row(cold ? "start to today's round, cold cache" : "start to today's round, warm", ms,
		        cold ? floors->today_cold_ms : floors->today_warm_ms, "ms", 0, cold ? 60 : 20);
		row("  processor time", cpu_ms, 0, "ms", 0, 0);
		snprintf(fields, sizeof(fields), "\"ms\":%.2f,\"cache\":\"%s\"", ms, cold ? "cold" : "warm");
		result("today", fields);
	}
}

static void report_past(int runs)
{
	struct figures f = {0};
	char fields[300];
	repeat(phase_past, runs, &f);
	row("history of a dossier, p50", f.past.history_p50_ms, f.past.open_all_ms, "ms", 0, 0);
	row("  slowest of 100", f.past.history_max_ms, 0, "ms", 0, 0);
	row("news after the day, in all", f.past.news_ms, f.past.open_all_ms, "ms", 0, 0);
	row("  one page of 100 entries, p50", f.past.page_p50_ms, 0, "ms", 0, 0);
	snprintf(fields, sizeof(fields),
	        "\"history\":%.2f,\"changes\":%llu,\"news\":%.2f,\"entries\":%llu,\"items\":%llu,\"openAll\":"
	        "%.1f",
	        f.past.history_p50_ms, (unsigned long long)f.past.changes, f.past.news_ms,
	        (unsigned long long)f.past.news_entries, (unsigned long long)f.past.news_items,
	        f.past.open_all_ms);
	result("past", fields);
}

/* The floors: writing the reply's JSON; of a search, going once through the notes in memory. */
enum { EXPERIMENT_ROWS = 5000 };

static void print_lists(const struct bench_lists *l, double today_ms)
{
	/* The experiment is given five times as long as a team. */
	const double times = l->rows > EXPERIMENT_ROWS ? 5 : 1;
	printf("what a screen asks for, in processor time of the loop's thread:\n");
	row("start to usable: open, first list", l->open_ms + l->first_list_ms, today_ms, "ms", 0,
	        300 * times);
	row("  the first search", l->first_search_ms, 0, "ms", 0, 0);
	row("list of patients, 200 of all", l->list.p50_ms, l->list.written_ms, "ms", 0, 20 * times);
	row("  those whose name has \"mar\"", l->find.p50_ms, l->find.written_ms, "ms", 0, 20 * times);
	row("a day's round", l->round.p50_ms, l->round.written_ms, "ms", 0, 20 * times);
	row("status, while nothing moves", l->status.p50_ms, l->status.written_ms, "ms", 0, 1);
	row("what wants attention, first", l->first_work_ms, 0, "ms", 0, 0);
	row("  again", l->work.p50_ms, l->work.written_ms, "ms", 0, times > 1 ? 100 : 10);
	row("  after a visit was saved", l->visited_work_ms, l->work.written_ms, "ms", 0,
	        times > 1 ? 100 : 10);
	row("  after a patient was", l->admitted_work_ms, l->work.written_ms, "ms", 0, times > 1 ? 100 : 10);
	row("a patient's file", l->file.p50_ms, l->file.written_ms, "ms", 0, 20 * times);
	row("  20 last visits, from the log", l->notes.p50_ms, l->notes.written_ms, "ms", 0, 20 * times);
	row("all indicators of 48 months, p50", l->indicators.p50_ms, l->indicators.written_ms, "ms", 0,
	        1000 * times);
	row("search while typing, p50", l->search.p50_ms, l->scan_ms, "ms", 0, 30 * times);
	row("  p99", l->search.p99_ms, l->scan_ms, "ms", 0, 30 * times);
	row("  of so many dossiers", (double)l->rows, 0, "", 0, 0);
	row("digests of all, from nothing, cpu", l->digests_ms, 0, "ms", 0, 0);
	row("  in memory", l->digests_mb, 0, "MB", 0, 0);
	row("index over words, from nothing, cpu", l->words_ms, 0, "ms", 0, 0);
	row("  in memory", l->words_mb, 0, "MB", 0, 0);
	row("  the most in memory meanwhile", l->anonymous_mb, 0, "MB", 0, 300);
	row("own memory, while screens ask", l->screens_mb, 0, "MB", 0, 300);
	row("  while all indicators are asked for", l->indicators_mb, 0, "MB", 0, 300);
	row("  the most, with the mapped database", l->peak_mb, 0, "MB", 0, 0);
}

static void report_lists(const struct floors *floors, int runs)
{
	struct figures f = {0};
	char fields[500];
	repeat(phase_lists, runs, &f);
	const struct bench_lists *l = &f.lists;
	print_lists(l, floors->today_warm_ms);
	snprintf(fields, sizeof(fields),
	        "\"open\":%.2f,\"firstList\":%.2f,\"firstSearch\":%.2f,\"list\":%.2f,\"round\":%.2f,\"file\":"
	        "%.2f,"
	        "\"searchP50\":%.2f,\"searchP99\":%.2f,\"scan\":%.2f,\"digests\":%.0f,\"words\":%.0f",
	        l->open_ms, l->first_list_ms, l->first_search_ms, l->list.p50_ms, l->round.p50_ms,
	        l->file.p50_ms, l->search.p50_ms, l->search.p99_ms, l->scan_ms, l->digests_ms, l->words_ms);
	result("lists", fields);
}

static int team(int runs)
{
	struct floors floors = {0};
	fresh_directory(base);
	measure_floors(&floors);
	report_load(&floors, runs);
	report_stick(report_join(&floors, runs), runs);
	report_day(&floors, runs);
	report_today(&floors, runs);
	report_write(&floors, runs);
	report_past(runs);
	report_lists(&floors, runs);
	return 0;
}

/* One phase in this process. */
static int one_phase(const char *name)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} phases[] = {{"load", phase_load}, {"join", phase_join}, {"snapshot", phase_snapshot},
	        {"stick", phase_stick}, {"replicas", phase_replicas}, {"day", phase_day},
	        {"meet", phase_meet}, {"write", phase_write}, {"past", phase_past}, {"lists", phase_lists},
	        {"screens", phase_screens}, {"today", phase_today}, {"start", phase_start}};
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(phases[i].name, name) != 0)
			continue;
		phases[i].run();
		if (phases[i].run == phase_today || phases[i].run == phase_start) {
			double cpu_ms,
			        ms = time_today(phases[i].run == phase_today ? "today" : "lists", false,
			                RUNS_MAX, &cpu_ms);
			printf("start to today's round, warm: %.2f ms, processor time %.2f ms\n", ms, cpu_ms);
		}
		printf("%s: %.2f ms, cpu %.2f ms of %.2f in all, p50 %.3f ms, p99 %.3f ms, peak %.1f MB, "
		       "wire %llu "
		       "B, file %llu B, commits %llu\n",
		        name, figures->ms, figures->cpu_ms, bench_cpu_ms(), figures->p50_ms, figures->p99_ms,
		        bench_peak_mb(), (unsigned long long)figures->wire.all,
		        (unsigned long long)figures->file_bytes, (unsigned long long)figures->commits);
		if (figures->wire.all)
			bench_wire_print(&figures->wire);
		if (figures->round_ms > 0)
			printf("join: the last round after %.2f ms; %llu early copies, %llu B\n",
			        figures->round_ms, (unsigned long long)figures->early_copies,
			        (unsigned long long)figures->early_bytes);
		if (figures->whole.bytes)
			printf("snapshot: %llu dossiers, %llu B; in use within a month: %llu, %llu B, %.2f "
			       "ms\n",
			        (unsigned long long)figures->whole.dossiers,
			        (unsigned long long)figures->whole.bytes,
			        (unsigned long long)figures->recent.dossiers,
			        (unsigned long long)figures->recent.bytes, figures->recent.ms);
		if (figures->lists.rows)
			print_lists(&figures->lists, 0);
		if (figures->past.pages)
			printf("past: a dossier p50 %.2f, max %.2f ms; news %.2f ms in %llu pages, p50 %.2f "
			       "ms; all opened %.1f ms\n",
			        figures->past.history_p50_ms, figures->past.history_max_ms,
			        figures->past.news_ms, (unsigned long long)figures->past.pages,
			        figures->past.page_p50_ms, figures->past.open_all_ms);
		return 0;
	}
	fprintf(stderr, "no phase %s\n", name);
	return 2;
}

static int usage(FILE *out)
{
	fputs("Usage: releve-bench team TEAM.ndjson DAY.ndjson [--dir DIR] [--runs N]\n"
	      "       releve-bench phase NAME TEAM.ndjson DAY.ndjson [--dir DIR]\n"
	      "Measures load, cold join, a day's convergence, start to today's round, one durable save and "
	      "reading the past, each beside the\n"
	      "floor of this machine in the same run. DIR (default /tmp/releve-bench) is emptied.\n"
	      "The second form runs one of load, join, stick, replicas, day, meet, write, past, lists, "
	      "screens, today, start alone, "
	      "in the "
	      "DIR of "
	      "an "
	      "earlier "
	      "run.\n",
	        out);
	return out == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
	        {"runs", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {0}};
	int runs = 3, option;
	if (sodium_init() < 0)
		return 1;
	if (argc == 4 && strcmp(argv[1], "today") == 0)
		return today(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "floor-today") == 0)
		return floor_today_child(argv[2]);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			base = optarg;
		else if (option == 'r')
			runs = atoi(optarg);
		else
			return usage(option == 'h' ? stdout : stderr);
	}
	bool is_team = argc - optind == 3 && strcmp(argv[optind], "team") == 0,
	     is_phase = argc - optind == 4 && strcmp(argv[optind], "phase") == 0;
	if ((!is_team && !is_phase) || runs < 1 || runs > RUNS_MAX)
		return usage(stderr);
	team_file = argv[argc - 2];
	day_file = argv[argc - 1];
	figures = mmap(NULL, sizeof(*figures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return is_team ? team(runs) : one_phase(argv[optind + 1]);
}
