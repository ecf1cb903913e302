#include "tools/bench_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdatomic.h>
#include <uv.h>

#include "net/uv_link.h"
#include "node/api_node.h"
#include "node/calendar.h"
#include "node/digest/digests.h"
#include "node/node_import.h"
#include "node/node_search.h"
#include "node/uv_env.h"
#include "node/schema/moment.h"
#include "tools/bench_node.h"

enum {
	TIMES = 40,
	FEW_TIMES = 5, /* of what takes seconds */
	WORDS = 24,
	WORD_BYTES = 40,
	TIMES_MAX = WORDS * WORD_BYTES,
	TARGET_BYTES = 400,
	AHEAD_DOSSIERS = 1000,
	AHEAD_MS = 10,
	EDITS = 20,
	LINE_BYTES = 8192
};

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

struct screen {
	struct bench_node bench;
	uv_loop_t loop;
	struct net_link *link;
	struct api_node app;
	double started_ms, replied_ms, written_ms;
	uint64_t bytes;
	bool keeps; /* the body of the next reply */
	json_t *body;
};

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* Looked at every millisecond by a thread of its own, since what a request takes it gives back before it ends. */
struct watch {
	uv_thread_t thread;
	atomic_bool is_over;
	double most_mb;
};

static void watch_on(void *context)
{
	struct watch *watch = context;
	while (!atomic_load(&watch->is_over)) {
		const double now_mb = bench_anonymous_mb();
		watch->most_mb = now_mb > watch->most_mb ? now_mb : watch->most_mb;
		uv_sleep(1);
	}
}

static void watch_begin(struct watch *watch)
{
	*watch = (struct watch){.most_mb = bench_anonymous_mb()};
	bench_check(uv_thread_create(&watch->thread, watch_on, watch), "thread");
}

static double watch_end(struct watch *watch)
{
	atomic_store(&watch->is_over, true);
	uv_thread_join(&watch->thread);
	return watch->most_mb;
}

static void reply(void *context, int status, const json_t *body)
{
	struct screen *screen = context;
	bench_check(status == 200 ? 0 : -1, "a request");
	const double before_ms = bench_thread_ms();
	char *text = json_dumps(body, JSON_COMPACT);
	screen->replied_ms = bench_thread_ms();
	screen->written_ms = screen->replied_ms - before_ms;
	screen->bytes = text ? strlen(text) : 0;
	free(text);
	json_decref(screen->body);
	screen->body = screen->keeps ? json_deep_copy(body) : NULL;
	screen->keeps = false;
}

static double ask(struct screen *screen, const char *target)
{
	static const struct api_sink sink = {.reply = reply};
	const struct api_request request = {.method = API_GET, .target = span_text(target)};
	screen->started_ms = bench_thread_ms();
	struct api_call *call = api_call_new(screen->app.api, &request, &sink, screen);
	api_call_end(call);
	api_call_close(call);
	return screen->replied_ms - screen->started_ms;
}

static void ask_times(struct screen *screen, const char *target, size_t times, struct bench_request *out)
{
	double times_ms[TIMES], written_ms[TIMES];
	for (size_t i = 0; i < times; i++) {
		times_ms[i] = ask(screen, target);
		written_ms[i] = screen->written_ms;
	}
	out->p50_ms = bench_percentile(times_ms, times, 0.5);
	out->p99_ms = bench_percentile(times_ms, times, 0.99);
	out->written_ms = bench_percentile(written_ms, times, 0.5);
	out->bytes = screen->bytes;
	out->count = times;
}

static void ask_often(struct screen *screen, const char *target, struct bench_request *out)
{
	ask_times(screen, target, TIMES, out);
}

static void open_screen(struct screen *screen, const char *directory)
{
	const struct net_uv_limits limits = net_uv_limits_default();
	memset(screen, 0, sizeof(*screen));
	uv_loop_init(&screen->loop);
	bench_node_open(&screen->bench, directory);
	screen->link = net_uv_link_new(&screen->loop, &limits);
	screen->app = (struct api_node){.node = screen->bench.node,
	        .peers = peers_new(screen->bench.node, screen->link),
	        .store = screen->bench.store,
	        .vault = screen->bench.vault,
	        .env = &bench_env};
	screen->app.api = api_new(&(struct api_config){
	        .routes = api_node_routes, .ready = api_node_ready, .owner = &screen->app});
}

static void close_screen(struct screen *screen)
{
	json_decref(screen->body);
	api_node_wipe(&screen->app);
	api_free(screen->app.api);
	peers_free(screen->app.peers);
	net_uv_link_close(screen->link, NULL, NULL);
	uv_run(&screen->loop, UV_RUN_DEFAULT);
	uv_loop_close(&screen->loop);
	bench_node_close(&screen->bench);
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

/* The notes of all visits, one after the other, as the file has them. */
static void read_notes(const struct floor_records *records, struct buf *out)
{
	static const char begin[] = "\"note\":\"";
	for (size_t i = 0; i < records->count; i++) {
		const struct span line = records->lines[i];
		const char *at = memmem(line.data, line.size, begin, strlen(begin));
		if (!at)
			continue;
		at += strlen(begin);
		const char *end = memchr(at, '"', line.size - (size_t)(at - (const char *)line.data));
		if (end)
			buf_add(out, at, (size_t)(end - at));
		buf_add(out, " ", 1);
	}
}

/* Words of five plain letters and more, from all over the notes. */
static uint32_t choose_words(struct span notes, char words[WORDS][WORD_BYTES])
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < WORDS; i++) {
		const size_t from = notes.size / WORDS * i;
		size_t at = from, size = 0;
		for (; at < notes.size && size < 5; at++)
			size = notes.data[at] >= 'a' && notes.data[at] <= 'z' ? size + 1 : 0;
		for (; at < notes.size && notes.data[at] >= 'a' && notes.data[at] <= 'z'; at++)
			size++;
		if (size >= 5 && size < WORD_BYTES) {
			memcpy(words[count], notes.data + at - size, size);
			words[count++][size] = '\0';
		}
	}
	return count;
}

static double scan(struct span notes)
{
	static const char word[] = " xylophone";
	double times_ms[TIMES];
	static volatile bool found; /* so that it is looked for */
	for (int i = 0; i < TIMES; i++) {
		const double start_ms = bench_thread_ms();
		found = memmem(notes.data, notes.size, word, strlen(word)) != NULL;
		times_ms[i] = bench_thread_ms() - start_ms;
	}
	(void)found;
	return bench_percentile(times_ms, TIMES, 0.5);
}

/* Each word letter by letter. */
static void type_words(
        struct screen *screen, char words[WORDS][WORD_BYTES], uint32_t count, struct bench_request *out)
{
	static double times_ms[TIMES_MAX], written_ms[TIMES_MAX];
	size_t asked = 0;
	for (uint32_t i = 0; i < count; i++)
		for (size_t letters = 1; letters <= strlen(words[i]) && asked < TIMES_MAX; letters++) {
			char target[TARGET_BYTES];
			snprintf(target, sizeof(target), "/api/search?words=%.*s", (int)letters, words[i]);
			times_ms[asked] = ask(screen, target);
			written_ms[asked++] = screen->written_ms;
		}
	out->p50_ms = bench_percentile(times_ms, asked, 0.5);
	out->p99_ms = bench_percentile(times_ms, asked, 0.99);
	out->written_ms = bench_percentile(written_ms, asked, 0.5);
	out->count = asked;
}

/* ---- Measuring --------------------------------------------------------------------------------------------------- */

static void step(struct bench_node *bench, struct bench_lists *out)
{
	bench_node_settle(bench, 1);
	const double now_mb = bench_anonymous_mb();
	out->anonymous_mb = now_mb > out->anonymous_mb ? now_mb : out->anonymous_mb;
}

void bench_lists_make(const char *directory, struct bench_lists *out)
{
	struct bench_node bench;
	bench_node_open(&bench, directory);
	double start_ms = bench_cpu_ms();
	while (node_digest_ahead(bench.node, AHEAD_DOSSIERS, AHEAD_MS))
		step(&bench, out);
	out->digests_ms = bench_cpu_ms() - start_ms;
	start_ms = bench_cpu_ms();
	while (node_search_ahead(bench.node, AHEAD_MS)) {
		bench_check(node_checkpoint(bench.node, false), "checkpoint");
		step(&bench, out);
	}
	out->words_ms = bench_cpu_ms() - start_ms;
	out->words_mb = (double)node_search_bytes(bench.node) / 1e6;
	out->digests_mb = (double)node_digest_bytes(bench.node) / 1e6;
	bench_check(node_checkpoint(bench.node, true), "checkpoint");
	bench_node_close(&bench);
}

static void last_day(struct screen *screen, char target[TARGET_BYTES])
{
	const struct index_event *events;
	uint32_t count = 0;
	char day[MOMENT_DAY_TEXT_BYTES];
	const int64_t now = (int64_t)(bench_env.wall_ms(NULL) / 86400000);
	for (int32_t month = calendar_month(now * 86400, 0); count == 0 && month > 0; month--)
		bench_check(node_month(screen->bench.node, month, &events, &count), "month");
	moment_day_text(day, count ? events[count - 1].when_s / 86400 : now);
	snprintf(target, TARGET_BYTES, "/api/visits?day=%s", day);
}

static void look(struct screen *screen, struct bench_lists *out)
{
	char target[TARGET_BYTES];
	out->first_list_ms = ask(screen, "/api/patients?limit=200");
	out->first_work_ms = ask(screen, "/api/work");
	out->first_search_ms = ask(screen, "/api/search?words=pansement");
	ask_often(screen, "/api/patients?limit=200", &out->list);
	screen->keeps = true;
	ask(screen, "/api/patients?limit=200");
	out->rows = (uint64_t)json_integer_value(json_object_get(screen->body, "total"));
	const json_t *patient = json_array_get(json_object_get(screen->body, "patients"), 100);
	snprintf(target, sizeof(target), "/api/patients/%s",
	        json_string_value(json_object_get(patient, "id")));
	ask_often(screen, target, &out->file);
	strncat(target, "/visit?limit=20", sizeof(target) - strlen(target) - 1);
	ask_often(screen, target, &out->notes);
	ask_often(screen, "/api/patients?search=mar", &out->find);
	ask_often(screen, "/api/status", &out->status);
	ask_often(screen, "/api/work", &out->work);
	last_day(screen, target);
	ask_often(screen, target, &out->round);
}

/* Whatever a screen shows but a search: with the database alone in memory. */
static void look_at_all(struct screen *screen, struct bench_lists *out)
{
	struct watch watch;
	watch_begin(&watch);
	look(screen, out);
	out->screens_mb = watch_end(&watch);
	watch_begin(&watch);
	ask_times(screen, "/api/indicators?exact=1&from=2021-01&to=2024-12", FEW_TIMES, &out->indicators);
	out->indicators_mb = watch_end(&watch);
	out->peak_mb = bench_peak_mb();
}

/* ---- Edits ------------------------------------------------------------------------------------------------------- */

/* A line of the file once more, as another record. False: it is of another kind. */
static bool another(struct span line, const char *kind, unsigned number, char out[LINE_BYTES])
{
	char name[8];
	if (!memmem(line.data, line.size, kind, strlen(kind)) || line.size >= LINE_BYTES)
		return false;
	snprintf(out, LINE_BYTES, "%.*s", (int)line.size, (const char *)line.data);
	char *id = strstr(out, "\"id\":\"");
	snprintf(name, sizeof(name), "new%02u", number % 100);
	if (id)
		memcpy(id + 6, name, 5);
	return id != NULL;
}

/* What wants attention, each time after somebody saved a record of a kind. */
static double edit(struct screen *screen, const struct floor_records *records, const char *kind)
{
	static char line[LINE_BYTES];
	double times_ms[EDITS];
	struct import *import = import_new(node_team(screen->bench.node));
	unsigned done = 0;
	for (size_t i = records->count; i-- > 0 && done < EDITS;) {
		bool is_bad;
		if (!another(records->lines[i], kind, done, line))
			continue;
		bench_check(node_import_line(screen->bench.node, import, span_text(line), &is_bad), kind);
		bench_node_settle(&screen->bench, 0);
		times_ms[done++] = ask(screen, "/api/work");
	}
	import_free(import);
	return bench_percentile(times_ms, done, 0.5);
}

/* Words of the notes, typed. */
static void search(struct screen *screen, const char *file, struct bench_lists *out)
{
	static char words[WORDS][WORD_BYTES];
	struct floor_records records;
	struct buf notes = {0};
	bench_check(floor_records_read(&records, file), file);
	read_notes(&records, &notes);
	out->visited_work_ms = edit(screen, &records, "\"t\":\"visit\"");
	out->admitted_work_ms = edit(screen, &records, "\"t\":\"patient\"");
	floor_records_close(&records);
	const uint32_t word_count = choose_words(buf_span(&notes), words);
	out->scan_ms = scan(buf_span(&notes));
	buf_close(&notes);
	type_words(screen, words, word_count, &out->search);
}

void bench_lists(const char *directory, const char *file, struct bench_lists *out)
{
	static struct screen screen;
	uv_env_one_heap(); /* as the program does */
	bench_lists_make(directory, out);
	const double start_ms = bench_thread_ms();
	open_screen(&screen, directory);
	out->open_ms = bench_thread_ms() - start_ms;
	look_at_all(&screen, out);
	search(&screen, file, out);
	close_screen(&screen);
	struct bench_lists unused = {0};
	bench_lists_make(
	        directory, &unused); /* what was edited: the directory is as an idle device leaves it */
}
