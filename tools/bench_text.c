/*
 * releve-bench-text - texts on published editing traces, each figure beside the floor of this machine in the same run.
 *
 *   releve-bench-text [--runs N] [--level ZSTD] TRACE.json.gz...
 *   releve-bench-text --phase NAME TRACE.json.gz       one phase (and load, merge) in this process, for profilers
 *
 * Phases of a sequential trace, each in a process of its own, so that its peak memory is its own:
 *   local  every edit alone into an editing session that shows it at once; the session's operations are written to changes whenever they are
 *          due, and each change is checked as a receiver would check it and applied to the document. `save` is the document's snapshot with
 *          the whole history, compressed
 *   batch  the same edits, written to changes only at the end
 *   each   the same edits, one change for each (peers whose transaction is an edit do this; a nurse's save never is)
 *   more   after the trace a letter is typed a thousand times at a random place, each a change of its own that is saved at once: `add` is that saving,
 *          of one edit, into the form that grows; `whole` a snapshot in its place; `load` the form with all of them
 *   load   the snapshot, inflated, checked, and read
 *   merge  the changes as they stand in the log, checked and applied to an empty document, and read
 * A concurrent trace: every author on a replica of its own gets exactly its causal past and then writes, a change per burst (replay); a third
 * replica gets all changes, one by one (remote).
 *
 * The final text is compared with the trace's end in every phase. Changes and snapshots carry authors, moments and the whole history. Not in these
 * figures: signing, sealing and the disk, which the node does per entry (tools/bench team measures them). Lines "RESULT {...}" have the
 * fields of the peers' harness; times are milliseconds passed, and beside each those of the processor; rss MiB.
 *
 * Long because every phase works on the same replica and log, and forks from the same parent.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/rng.h"
#include "crdt/base/wire.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "crdt/incremental.h"
#include "tools/bench_node.h"
#include "tools/floor_text.h"
#include "tools/trace.h"

enum {
	DOC_KIND = 1,
	RUNS_MAX = 25,
	NAME_BYTES = 80,
	AUTHORS_MAX = 65,
	MORE_EDITS = 1000,
	SHARED_BYTES = 256 * 1024 * 1024
};

static int level = 3;
static char trace_name[NAME_BYTES];

/* Milliseconds of a step: passed, and of the processor. The second is worth more when others are at work on the machine. */
struct took {
	double ms, cpu_ms;
};

static struct took start_step(void)
{
	return (struct took){bench_now_ms(), bench_cpu_ms()};
}

static struct took end_step(struct took start)
{
	return (struct took){bench_now_ms() - start.ms, bench_cpu_ms() - start.cpu_ms};
}

/* What a phase tells its parent, and leaves for the next phase. */
struct shared {
	struct took apply, save, load, merge, replay, remote, add, whole;
	double rss_mb;
	uint64_t size, raw_size, changes, deps, ops, wire, add_bytes, whole_bytes;
	size_t snapshot_bytes, log_bytes;
	uint8_t *snapshot, *log; /* behind this, in shared memory */
};

static struct shared *shared;

static const struct record_id doc_id = {{0xd0, 0xc0}};

static struct span text_path(struct crdt_path *path)
{
	*path = (struct crdt_path){0};
	crdt_path_field(path, 1);
	return crdt_path_span(path);
}

/* --- A replica that writes --- */

struct replica {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct crdt_edit *edit;
	struct crdt_builder builder;
	struct entry_ref own;
	uint64_t known[AUTHORS_MAX];
	uint32_t author_count; /* of which it may know something */
};

/* Changes as a log keeps them. */
struct entry {
	uint32_t author, seq;
	uint32_t dep_at, dep_count; /* those of the log from `dep_at` on */
	uint32_t start, size;
};

struct log {
	struct buf bytes;
	struct entry *entries;
	struct entry_ref *deps;
	uint32_t count, capacity, dep_count, dep_capacity;
};

static struct feed_id feed_of(uint32_t author)
{
	static struct feed_id feeds[AUTHORS_MAX];
	struct feed_id *feed = &feeds[author];
	if (feed->bytes[0] == 0) {
		feed->bytes[0] = (uint8_t)(author + 1);
		for (uint32_t i = 1; i < sizeof(feed->bytes); i++)
			feed->bytes[i] = (uint8_t)(feed->bytes[i - 1] * 167 + 13);
	}
	return *feed;
}

static void replica_open(struct replica *replica, uint32_t author)
{
	struct crdt_path path;
	*replica = (struct replica){.feeds = crdt_feeds_new(), .own = {feed_of(author), 0}};
	replica->doc = crdt_doc_new(replica->feeds, DOC_KIND, doc_id);
	replica->edit = crdt_edit_text(replica->doc, text_path(&path), &replica->own.feed);
}

static void edit_patch(struct replica *replica, const struct trace *trace, const struct trace_patch *patch)
{
	struct span text = trace_text(trace, patch);
	if (patch->deleted)
		bench_check(crdt_edit_delete(replica->edit, patch->position, patch->deleted), "delete");
	if (text.size)
		bench_check(crdt_edit_insert(replica->edit, patch->position, text), "insert");
}

/* What stands in an entry's header. Clocks go with the place in the log. */
static struct crdt_meta entry_meta(const struct log *log, const struct entry *entry)
{
	uint64_t lamport = (uint64_t)(entry - log->entries) + 1;
	return (struct crdt_meta){.feed = feed_of(entry->author),
	        .seq = entry->seq,
	        .lamport = lamport,
	        .hlc = (UINT64_C(1700000000000) + 2000 * lamport) << 16,
	        .deps = log->dep_count ? log->deps + entry->dep_at : NULL,
	        .dep_count = entry->dep_count};
}

static struct span entry_bytes(const struct log *log, const struct entry *entry)
{
	return span_sub(buf_span(&log->bytes), entry->start, entry->size);
}

static void add_dep(struct log *log, struct entry_ref dep)
{
	log->deps = mem_room(log->deps, log->dep_count, &log->dep_capacity, sizeof(*log->deps));
	log->deps[log->dep_count++] = dep;
}

/* The entry of the change that was built last, whose bytes begin at `start`. */
static struct entry *add_entry(struct log *log, const struct replica *replica, uint32_t author, size_t start)
{
	const struct crdt_builder *builder = &replica->builder;
	log->entries = mem_room(log->entries, log->count, &log->capacity, sizeof(*log->entries));
	struct entry *entry = &log->entries[log->count++];
	*entry = (struct entry){author, (uint32_t)replica->own.seq, log->dep_count, builder->dep_count,
	        (uint32_t)start, (uint32_t)(log->bytes.size - start)};
	for (uint32_t i = 0; i < builder->dep_count; i++)
		add_dep(log, builder->deps[i]);
	return entry;
}

static void note_known(struct replica *replica, const struct entry *entry)
{
	replica->known[entry->author] = entry->seq;
	if (replica->author_count <= entry->author)
		replica->author_count = entry->author + 1;
}

/* One change with what the session holds, applied to the replica's own document. CRDT_EDIT_MORE, or ERR_NOTFOUND when there was nothing. */
static int save_change(struct replica *replica, uint32_t author, struct log *log)
{
	struct crdt_change change;
	struct entry_ref deps[AUTHORS_MAX];
	uint32_t dep_count = 0;
	for (uint32_t i = 0; i < replica->author_count; i++)
		if (i != author && replica->known[i])
			deps[dep_count++] = (struct entry_ref){feed_of(i), replica->known[i]};
	replica->own.seq++;
	crdt_builder_again(&replica->builder, &replica->own, DOC_KIND, doc_id, deps, dep_count);
	int more = crdt_edit_write(replica->edit, &replica->builder);
	if (more < 0) {
		replica->own.seq--;
		return more;
	}
	size_t start = log->bytes.size;
	bench_check(crdt_builder_finish_open(&replica->builder, &log->bytes, &change), "change");
	struct entry *entry = add_entry(log, replica, author, start);
	struct crdt_meta meta = entry_meta(log, entry);
	change.meta = &meta;
	bench_check(crdt_doc_apply(replica->doc, &change), "apply");
	note_known(replica, entry);
	shared->ops += change.op_count;
	return more;
}

static void save_all(struct replica *replica, uint32_t author, struct log *log)
{
	int result;
	do
		result = save_change(replica, author, log);
	while (result == CRDT_EDIT_MORE);
	if (result != ERR_NOTFOUND)
		bench_check(result, "save");
}

/* A change from elsewhere. */
static void receive(struct replica *replica, const struct log *log, const struct entry *entry)
{
	struct crdt_change change;
	struct crdt_meta meta = entry_meta(log, entry);
	bench_check(crdt_change_open(&change, &meta, entry_bytes(log, entry)), "open");
	int result = crdt_doc_apply(replica->doc, &change);
	bench_check(result > 0 ? ERR_INTERNAL : result, "apply");
	if (replica->edit)
		bench_check(crdt_edit_follow(replica->edit, &change), "follow");
	note_known(replica, entry);
}

/* --- Reading and saving --- */

static void read_text(const struct crdt_doc *doc, struct buf *out)
{
	struct crdt_path path;
	const struct seq *text = crdt_doc_text(doc, text_path(&path));
	struct span piece;
	buf_clear(out);
	for (uint64_t cursor = 0; text && seq_next(text, &cursor, &piece);)
		buf_add_span(out, piece);
}

static void check_text(const struct buf *text, const struct trace *trace, const char *phase)
{
	if (span_eq(buf_span(text), trace->end))
		return;
	fprintf(stderr, "releve %s %s: WRONG TEXT\n", trace_name, phase);
	exit(3);
}

static void check_doc(const struct crdt_doc *doc, const struct trace *trace, const char *phase)
{
	struct buf text = {0};
	read_text(doc, &text);
	check_text(&text, trace, phase);
	buf_close(&text);
}

static struct took save_doc(const struct crdt_doc *doc)
{
	struct buf raw = {0};
	struct took start = start_step();
	crdt_doc_save(doc, &raw);
	shared->snapshot_bytes = ZSTD_compress(
	        shared->snapshot, ZSTD_compressBound(raw.size), raw.data, raw.size, level);
	struct took took = end_step(start);
	shared->size = shared->snapshot_bytes;
	shared->raw_size = raw.size;
	buf_close(&raw);
	return took;
}

static struct took load_doc(const struct trace *trace)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc;
	struct buf raw = {0}, text = {0};
	struct took start = start_step();
	unsigned long long size = ZSTD_getFrameContentSize(shared->snapshot, shared->snapshot_bytes);
	if (size > LIMIT_SNAPSHOT_BYTES)
		bench_check(ERR_TOOBIG, "snapshot");
	size_t got = ZSTD_decompress(
	        buf_extend(&raw, (size_t)size), (size_t)size, shared->snapshot, shared->snapshot_bytes);
	if (ZSTD_isError(got))
		bench_check(ERR_MALFORMED, "snapshot");
	bench_check(crdt_doc_load(feeds, buf_span(&raw), &doc), "load");
	read_text(doc, &text);
	struct took took = end_step(start);
	check_text(&text, trace, "load");
	return took;
}

/* --- The log between two phases: entries, dependencies, bytes --- */

static void keep_log(const struct log *log)
{
	size_t entries_bytes = log->count * sizeof(*log->entries),
	       deps_bytes = log->dep_count * sizeof(*log->deps);
	if (entries_bytes + deps_bytes + log->bytes.size > SHARED_BYTES / 2)
		bench_check(ERR_TOOBIG, "log");
	memcpy(shared->log, log->entries, entries_bytes);
	if (deps_bytes)
		memcpy(shared->log + entries_bytes, log->deps, deps_bytes);
	memcpy(shared->log + entries_bytes + deps_bytes, log->bytes.data, log->bytes.size);
	shared->changes = log->count;
	shared->deps = log->dep_count;
	shared->log_bytes = log->bytes.size;
}

static struct log kept_log(void)
{
	struct log log = {.entries = (struct entry *)(void *)shared->log,
	        .count = (uint32_t)shared->changes,
	        .dep_count = (uint32_t)shared->deps};
	log.deps = (struct entry_ref *)(void *)(log.entries + log.count);
	log.bytes.data = (uint8_t *)(log.deps + shared->deps);
	log.bytes.size = shared->log_bytes;
	return log;
}

/* --- Phases --- */

enum saving { SAVE_DUE, SAVE_END, SAVE_EACH };

static void edit_trace(
        const struct trace *trace, enum saving saving, struct replica *replica, struct log *log)
{
	replica_open(replica, 0);
	for (uint32_t i = 0; i < trace->patch_count; i++) {
		edit_patch(replica, trace, &trace->patches[i]);
		if (saving == SAVE_EACH || (saving == SAVE_DUE && crdt_edit_is_due(replica->edit)))
			save_change(replica, 0, log);
	}
	save_all(replica, 0, log);
}

static void write_trace(const struct trace *trace, enum saving saving, const char *phase)
{
	struct replica replica;
	struct log log = {.count = 0};
	struct took start = start_step();
	edit_trace(trace, saving, &replica, &log);
	shared->apply = end_step(start);
	check_doc(replica.doc, trace, phase);
	shared->save = save_doc(replica.doc);
	keep_log(&log);
}

static void phase_local(const struct trace *trace)
{
	write_trace(trace, SAVE_DUE, "local");
}

static void phase_batch(const struct trace *trace)
{
	write_trace(trace, SAVE_END, "batch");
}

static void phase_each(const struct trace *trace)
{
	write_trace(trace, SAVE_EACH, "each");
}

/* The change that was saved last, appended to the form. */
static void add_last(const struct log *log, struct crdt_incremental *form, struct buf *bytes)
{
	struct crdt_change change;
	const struct entry *entry = &log->entries[log->count - 1];
	struct crdt_meta meta = entry_meta(log, entry);
	bench_check(crdt_change_open(&change, &meta, entry_bytes(log, entry)), "open");
	struct took start = start_step();
	bench_check(crdt_incremental_add(form, &change, bytes), "add");
	struct took took = end_step(start);
	shared->add.ms += took.ms;
	shared->add.cpu_ms += took.cpu_ms;
}

static void load_form(struct span bytes, const struct crdt_doc *doc)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *again;
	struct buf want = {0}, got = {0};
	struct took start = start_step();
	bench_check(crdt_incremental_load(feeds, bytes, &form, &again), "load");
	shared->load = end_step(start);
	start = start_step();
	crdt_doc_save(doc, &want);
	shared->whole = end_step(start);
	crdt_doc_save(again, &got);
	bench_check(span_eq(buf_span(&want), buf_span(&got)) ? 0 : ERR_INTERNAL, "the form's document");
	shared->whole_bytes = want.size;
}

static void phase_more(const struct trace *trace)
{
	struct replica replica;
	struct log log = {.count = 0};
	struct crdt_incremental form = {0};
	struct buf bytes = {0};
	struct rng rng = rng_new(1);
	edit_trace(trace, SAVE_DUE, &replica, &log);
	check_doc(replica.doc, trace, "more");
	crdt_incremental_begin(&form, replica.doc, &bytes);
	size_t before = bytes.size;
	shared->add = (struct took){0, 0};
	for (uint32_t i = 0; i < MORE_EDITS; i++) {
		uint32_t size = seq_size(crdt_edit_seq(replica.edit)).elements;
		uint32_t position = (uint32_t)rng_below(&rng, size + 1);
		bench_check(crdt_edit_insert(replica.edit, position, span_text("x")), "insert");
		bench_check(save_change(&replica, 0, &log), "save");
		add_last(&log, &form, &bytes);
	}
	shared->add_bytes = bytes.size - before;
	load_form(buf_span(&bytes), replica.doc);
}

static void phase_load(const struct trace *trace)
{
	shared->load = load_doc(trace);
}

static void phase_merge(const struct trace *trace)
{
	struct replica replica = {.feeds = crdt_feeds_new()};
	struct log log = kept_log();
	struct buf text = {0};
	struct took start = start_step();
	replica.doc = crdt_doc_new(replica.feeds, DOC_KIND, doc_id);
	for (uint32_t i = 0; i < log.count; i++)
		receive(&replica, &log, &log.entries[i]);
	read_text(replica.doc, &text);
	shared->merge = end_step(start);
	check_text(&text, trace, "merge");
}

/* --- Concurrent traces --- */

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

struct replay {
	const struct trace *trace;
	struct trace_txn *runs;
	uint32_t *parents, run_count;
	uint32_t *entry_of; /* by run; UINT32_MAX: nothing was written */
	uint8_t *has[AUTHORS_MAX];
	uint32_t *need, *todo;
	struct replica replicas[AUTHORS_MAX];
	struct log log;
};

/* Bring an author exactly what its next run has seen. */
static void bring_past(struct replay *r, const struct trace_txn *run)
{
	uint8_t *has = r->has[run->author];
	uint32_t need_count = 0, todo_count = 0;
	for (uint32_t i = 0; i < run->parent_count; i++)
		r->todo[todo_count++] = r->parents[run->parent_at + i];
	while (todo_count > 0) {
		uint32_t number = r->todo[--todo_count];
		const struct trace_txn *past = &r->runs[number];
		if (has[number])
			continue;
		has[number] = 1;
		r->need[need_count++] = number;
		for (uint32_t i = 0; i < past->parent_count; i++)
			if (!has[r->parents[past->parent_at + i]])
				r->todo[todo_count++] = r->parents[past->parent_at + i];
	}
	if (need_count > 1)
		qsort(r->need, need_count, sizeof(*r->need), by_number);
	for (uint32_t i = 0; i < need_count; i++)
		if (r->entry_of[r->need[i]] != UINT32_MAX)
			receive(&r->replicas[run->author], &r->log, &r->log.entries[r->entry_of[r->need[i]]]);
}

static void replay_all(struct replay *r)
{
	for (uint32_t i = 0; i < r->run_count; i++) {
		const struct trace_txn *run = &r->runs[i];
		struct replica *replica = &r->replicas[run->author];
		bring_past(r, run);
		for (uint32_t j = 0; j < run->patch_count; j++)
			edit_patch(replica, r->trace, &r->trace->patches[run->patch_at + j]);
		r->entry_of[i] = run->patch_count ? r->log.count : UINT32_MAX;
		if (run->patch_count && save_change(replica, run->author, &r->log) != 0)
			bench_check(ERR_INTERNAL, "a burst of the trace is no single change");
		r->has[run->author][i] = 1;
	}
}

/* What an entry's update takes: its change and what of its header a receiver cannot work out, without signature and seal. */
static size_t wire_bytes(const struct log *log)
{
	struct buf head = {0};
	for (uint32_t i = 0; i < log->count; i++) {
		const struct entry *entry = &log->entries[i];
		wire_put_varint(&head, entry->author);
		struct crdt_meta meta = entry_meta(log, entry);
		wire_put_varint(&head, meta.seq);
		wire_put_varint(&head, meta.lamport);
		wire_put_u64(&head, meta.hlc);
		for (uint32_t j = 0; j < meta.dep_count; j++)
			wire_put_varint(&head, log->deps[entry->dep_at + j].seq << 6);
	}
	size_t size = head.size + log->bytes.size;
	buf_close(&head);
	return size;
}

static void replay_open(struct replay *r, const struct trace *trace)
{
	uint32_t count = trace->txn_count;
	*r = (struct replay){.trace = trace};
	r->runs = mem_alloc(count * sizeof(*r->runs));
	r->parents = mem_alloc(trace->parent_count * sizeof(*r->parents));
	r->run_count = trace_runs(trace, r->runs, r->parents);
	r->entry_of = mem_alloc(count * sizeof(*r->entry_of));
	r->need = mem_alloc(count * sizeof(*r->need));
	r->todo = mem_alloc((count + trace->parent_count) * sizeof(*r->todo));
	for (uint32_t i = 0; i < trace->author_count; i++) {
		r->has[i] = mem_zero(count, 1);
		replica_open(&r->replicas[i], i);
	}
}

static void phase_concurrent(const struct trace *trace)
{
	static struct replay r;
	struct replica third = {.feeds = crdt_feeds_new()};
	replay_open(&r, trace);
	struct took start = start_step();
	replay_all(&r);
	shared->replay = end_step(start);
	third.doc = crdt_doc_new(third.feeds, DOC_KIND, doc_id);
	start = start_step();
	for (uint32_t i = 0; i < r.log.count; i++)
		receive(&third, &r.log, &r.log.entries[i]);
	shared->remote = end_step(start);
	check_doc(third.doc, trace, "concurrent");
	shared->save = save_doc(third.doc);
	shared->load = load_doc(trace);
	shared->wire = wire_bytes(&r.log);
	shared->changes = r.log.count;
}

/* --- Running --- */

static void wait_for(pid_t child)
{
	int status;
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		exit(1); /* it said why */
}

static void in_child(void (*phase)(const struct trace *trace), const struct trace *trace)
{
	fflush(stdout);
	shared->ops = 0;
	pid_t child = fork();
	if (child == 0) {
		phase(trace);
		fflush(stdout);
		shared->rss_mb = bench_peak_mb();
		_exit(0);
	}
	wait_for(child);
}

static void print_start(const char *phase)
{
	printf("RESULT {\"bench\":\"text\",\"peer\":\"releve\",\"trace\":\"%s\",\"phase\":\"%s\"", trace_name,
	        phase);
}

static void print_end(void)
{
	printf(",\"rss\":%.1f}\n", shared->rss_mb);
}

static void print_took(const char *name, struct took took)
{
	int digits = took.ms < 1 ? 5 : 2; /* microseconds, for a single edit */
	printf(",\"%s\":%.*f,\"%s_cpu\":%.*f", name, digits, took.ms, name, digits, took.cpu_ms);
}

static void print_number(const char *name, uint64_t number)
{
	printf(",\"%s\":%llu", name, (unsigned long long)number);
}

static void print_writing(const char *phase, const struct trace *trace)
{
	print_start(phase);
	print_number("edits", trace->patch_count);
	print_took("apply", shared->apply);
	print_took("save", shared->save);
	print_number("size", shared->size);
	print_number("raw", shared->raw_size);
	print_number("changes", shared->changes);
	print_number("ops", shared->ops);
	print_number("log", shared->log_bytes);
	print_end();
}

/* The gap buffer, and the sizes of bare columns. */
static void print_floor(const struct trace *trace)
{
	struct floor_edit *edits = mem_alloc(trace->patch_count * sizeof(*edits));
	struct floor_text floor;
	struct buf text = {0};
	for (uint32_t i = 0; i < trace->patch_count; i++)
		edits[i] = (struct floor_edit){trace->patches[i].position, trace->patches[i].deleted,
		        trace_text(trace, &trace->patches[i])};
	bench_check(floor_text(edits, trace->patch_count, &text, &floor), "floor");
	check_text(&text, trace, "floor");
	printf("RESULT "
	       "{\"bench\":\"text\",\"peer\":\"floor\",\"trace\":\"%s\",\"phase\":\"local\",\"edits\":%zu,"
	       "\"apply\":%.2f,\"size\":%zu,\"size2\":%zu}\n",
	        trace_name, floor.edit_count, floor.ms, floor.columns_fast_bytes, floor.columns_small_bytes);
	buf_close(&text);
	mem_free(edits);
}

static void run_sequential(const struct trace *trace)
{
	in_child(print_floor, trace);
	in_child(phase_each, trace);
	print_writing("each", trace);
	in_child(phase_batch, trace);
	print_writing("batch", trace);
	in_child(phase_local, trace);
	print_writing("local", trace);
	in_child(phase_more, trace);
	print_start("more");
	print_number("edits", MORE_EDITS);
	print_took("add", (struct took){shared->add.ms / MORE_EDITS, shared->add.cpu_ms / MORE_EDITS});
	print_number("add_bytes", shared->add_bytes / MORE_EDITS);
	print_took("whole", shared->whole);
	print_number("whole_bytes", shared->whole_bytes);
	print_took("load", shared->load);
	print_end();
	in_child(phase_load, trace);
	print_start("load");
	print_took("load", shared->load);
	print_number("size", shared->size);
	print_end();
	in_child(phase_merge, trace);
	print_start("merge");
	print_took("merge", shared->merge);
	print_end();
}

static void run_concurrent(const struct trace *trace)
{
	in_child(phase_concurrent, trace);
	print_start("concurrent");
	print_number("txns", shared->changes);
	print_took("replay", shared->replay);
	print_took("remote", shared->remote);
	print_number("wire", shared->wire);
	print_took("save", shared->save);
	print_number("size", shared->size);
	print_number("raw", shared->raw_size);
	print_took("load", shared->load);
	print_end();
}

static void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		bench_check(ERR_FULL, "shared memory");
	return memory;
}

/* Parsing takes far more memory than the trace: a child does it. */
static struct trace parse_in_child(const char *path)
{
	size_t *size = shared_memory(SHARED_BYTES);
	uint8_t *flat = (uint8_t *)size + 64;
	pid_t child = fork();
	if (child == 0) {
		struct buf out = {0};
		bench_check(trace_read(path, &out), path);
		if (out.size > SHARED_BYTES - 64)
			bench_check(ERR_TOOBIG, path);
		memcpy(flat, out.data, out.size);
		*size = out.size;
		_exit(0);
	}
	wait_for(child);
	return trace_of(span_of(flat, *size));
}

/* "automerge-paper" of "/somewhere/automerge-paper.json.gz". */
static void set_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	snprintf(trace_name, sizeof(trace_name), "%.*s", (int)strcspn(name, "."), name);
}

/* One phase in this process, for profilers. False: there is none of that name. */
static bool run_phase(const char *name, const struct trace *trace)
{
	static const struct {
		const char *name;
		void (*run)(const struct trace *trace);
	} phases[] = {{"local", phase_local}, {"batch", phase_batch}, {"each", phase_each},
	        {"more", phase_more}, {"concurrent", phase_concurrent}};
	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++) {
		if (strcmp(phases[i].name, name) != 0)
			continue;
		phases[i].run(trace);
		if (!trace->is_concurrent && shared->changes) {
			phase_load(trace);
			phase_merge(trace);
		}
		return true;
	}
	return false;
}

static int usage(void)
{
	fputs("Usage: releve-bench-text [--runs N] [--level ZSTD] [--phase NAME] TRACE.json.gz...\n", stderr);
	return 2;
}

int main(int count, char **arguments)
{
	static const struct option options[] = {{"runs", required_argument, NULL, 'r'},
	        {"level", required_argument, NULL, 'l'}, {"phase", required_argument, NULL, 'p'}, {0}};
	int runs = 1;
	const char *phase = NULL;
	for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
		if (option == 'r')
			runs = atoi(optarg);
		else if (option == 'l')
			level = atoi(optarg);
		else if (option == 'p')
			phase = optarg;
		else
			return usage();
	}
	if (optind == count || runs < 1 || runs > RUNS_MAX)
		return usage();
	shared = shared_memory(SHARED_BYTES);
	shared->snapshot = (uint8_t *)(shared + 1);
	shared->log = shared->snapshot + SHARED_BYTES / 4;
	for (int i = optind; i < count; i++) {
		set_name(arguments[i]);
		struct trace trace = parse_in_child(arguments[i]);
		if (phase && !run_phase(phase, &trace))
			return usage();
		for (int run = 0; run < runs && !phase; run++)
			(trace.is_concurrent ? run_concurrent : run_sequential)(&trace);
	}
	return 0;
}
