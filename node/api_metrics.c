/* Numbers of the running program, for whoever looks after it: README.md, "Metrics". */
#include "node/api_node.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node/metrics.h"
#include "node/node_photo.h"
#include "store/store.h"

static void count_log(struct api_node *app, struct metrics_team *out)
{
	struct log *log = node_log(app->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		out->entries[feed->compartment] += feed->committed_seq + 1 - feed->begin;
		out->feeds[feed->state]++;
		out->forks += feed->state == LOG_FEED_OPEN && node_forked_at(app->node, i) > 0;
		out->only_here += node_only_here(app->node, i);
	}
}

static void count_peers(struct api_node *app, struct metrics_team *out)
{
	const struct team_view *view = node_view(app->node);
	const struct device_id self = node_device(app->node);
	struct peer_status status;
	for (uint32_t i = 0; view && i < view->device_count; i++)
		out->devices += view->devices[i].state == TEAM_DEVICE_ACTIVE &&
		        !device_id_eq(&view->devices[i].id, &self);
	for (uint32_t i = 0; peers_status(app->peers, i, &status); i++) {
		out->connected += status.connected;
		out->level += status.connected && status.level;
		if (status.connected && status.progress.missing_here > out->behind)
			out->behind = status.progress.missing_here;
	}
	const struct peers_totals totals = peers_totals(app->peers);
	out->sessions = totals.sessions;
	memcpy(out->kind_in, totals.kind_in, sizeof(out->kind_in));
	memcpy(out->kind_out, totals.kind_out, sizeof(out->kind_out));
	peers_traffic(app->peers, &out->bytes_in, &out->bytes_out);
	out->full_devices = peers_full_count(app->peers);
	out->half_open = app->half_open;
	out->turned_away = app->turned_away;
}

static void count_store(struct api_node *app, struct metrics_team *out)
{
	struct store_usage usage;
	struct store_writer_stats writing;
	if (store_usage(app->store, &usage) == 0) {
		out->database_used_bytes = usage.used_bytes;
		out->database_file_bytes = usage.file_bytes;
		out->database_map_bytes = usage.map_bytes;
	}
	node_writing(app->node, &writing);
	out->commits = writing.commit_count;
	out->waiting_batches = writing.waiting_count;
	out->waiting_bytes = writing.waiting_bytes;
	out->room = api_room(app);
	out->disk_full = app->disk_full;
	out->quota_bytes = app->quota_bytes;
	out->quota_device_entries = app->quota_device_entries;
	out->quota_reached = app->over_quota;
}

void api_metrics_of(struct api_node *app, struct metrics_team *out)
{
	*out = (struct metrics_team){.locked = app->locked, .stopped = app->failed != 0};
	if (app->locked)
		return;
	out->stopped = node_is_stopped(app->node);
	const struct node_photo_counts photos = node_photo_counts(app->node);
	count_log(app, out);
	count_peers(app, out);
	count_store(app, out);
	out->quarantined = node_quarantine_count(app->node);
	out->refused = *node_refusals(app->node);
	out->pictures = photos.known;
	out->pieces_missing = photos.pieces_missing;
}

/* Resident pages stand second in the file; 0 where the system does not say. */
static uint64_t memory_bytes(void)
{
	unsigned long long whole, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &whole, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t in_ms(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_usec / 1000;
}

struct metrics_program api_metrics_program(uint64_t uptime_ms)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (struct metrics_program){.uptime_s = uptime_ms / 1000,
	        .memory_bytes = memory_bytes(),
	        .processor_ms = in_ms(&used.ru_utime) + in_ms(&used.ru_stime)};
}

int api_get_metrics(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct buf page = {0};
	if (app->metrics) {
		app->metrics(app->context, &page);
	} else {
		struct metrics_team *team = mem_zero(1, sizeof(*team));
		const struct metrics_program program = api_metrics_program(0);
		api_metrics_of(app, team);
		metrics_write(&program, team, 1, &page);
		mem_free(team);
	}
	api_call_reply(call, 200, json_pack("{s:s%}", "page", (const char *)page.data, page.size));
	buf_close(&page);
	return 0;
}
