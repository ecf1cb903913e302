#include "crdt/incremental.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/frontier.h"

enum {
	INCREMENTAL_VERSION = 1,
	/* Less than a page is not worth beginning anew for: a disk writes whole ones. */
	DUE_BYTES_MIN = 4096,
	/* Feed, sequence, two clocks and a count, each at its longest, a dependency's two numbers, an id for each feed. */
	HEAD_BYTES_MAX = 5 * WIRE_VARINT_BYTES_MAX + LIMIT_ENTRY_DEPS * 2 * WIRE_VARINT_BYTES_MAX +
	        (LIMIT_ENTRY_DEPS + 1) * ID_LONG_BYTES,
	RECORD_BYTES_MAX = HEAD_BYTES_MAX + LIMIT_ENTRY_BODY_BYTES,
};

void crdt_incremental_close(struct crdt_incremental *form)
{
	crdt_feeds_free(form->names);
	mem_free(form->seqs);
	*form = (struct crdt_incremental){0};
}

/* A feed that is named for the first time has the next number. */
static void add_name(struct crdt_incremental *form, const struct entry_ref *entry)
{
	uint32_t number = crdt_feeds_count(form->names);
	form->seqs = mem_room(form->seqs, number, &form->seq_capacity, sizeof(*form->seqs));
	form->seqs[number] = entry->seq;
	crdt_feeds_add(form->names, &entry->feed);
}

/* The names of a form whose snapshot is the document's: its feeds in its order. */
static void begin_names(struct crdt_incremental *form, const struct crdt_doc *doc)
{
	struct crdt_frontier frontier = {0};
	form->names = crdt_feeds_new();
	crdt_frontier_of(doc, &frontier);
	for (uint32_t i = 0; i < frontier.count; i++)
		add_name(form, &frontier.items[i]);
	crdt_frontier_close(&frontier);
}

void crdt_incremental_begin(struct crdt_incremental *form, const struct crdt_doc *doc, struct buf *out)
{
	struct buf snapshot = {0};
	size_t start = out->size;
	crdt_incremental_close(form);
	begin_names(form, doc);
	crdt_doc_save(doc, &snapshot);
	wire_put_u8(out, INCREMENTAL_VERSION);
	wire_put_blob(out, buf_span(&snapshot));
	buf_close(&snapshot);
	form->snapshot_bytes = out->size - start;
}

bool crdt_incremental_is_due(const struct crdt_incremental *form)
{
	return form->change_bytes > DUE_BYTES_MIN && form->change_bytes > form->snapshot_bytes;
}

/* --- Adding --- */

static void put_entry(struct crdt_incremental *form, const struct entry_ref *entry, struct buf *out)
{
	int number = crdt_feeds_find(form->names, &entry->feed);
	if (number < 0) {
		wire_put_varint(out, crdt_feeds_count(form->names));
		buf_add(out, entry->feed.bytes, sizeof(entry->feed.bytes));
		wire_put_varint(out, entry->seq);
		add_name(form, entry);
		return;
	}
	wire_put_varint(out, (uint64_t)number);
	wire_put_zigzag(out, (int64_t)(entry->seq - form->seqs[number]));
	form->seqs[number] = entry->seq;
}

int crdt_incremental_add(struct crdt_incremental *form, const struct crdt_change *change, struct buf *out)
{
	const struct crdt_meta *meta = change->meta;
	struct entry_ref own = {meta->feed, meta->seq};
	struct buf record = {0};
	size_t start = out->size;
	if (crdt_feeds_count(form->names) + 1 + meta->dep_count > LIMIT_FEEDS)
		return ERR_FULL;
	put_entry(form, &own, &record);
	wire_put_zigzag(&record, (int64_t)(meta->lamport - form->lamport));
	wire_put_zigzag(&record, (int64_t)(meta->hlc - form->hlc));
	wire_put_varint(&record, meta->dep_count);
	for (uint32_t i = 0; i < meta->dep_count; i++)
		put_entry(form, &meta->deps[i], &record);
	buf_add_span(&record, change->bytes);
	wire_put_blob(out, buf_span(&record));
	buf_close(&record);
	form->lamport = meta->lamport;
	form->hlc = meta->hlc;
	form->change_bytes += out->size - start;
	return 0;
}

/* --- Loading --- */

static struct entry_ref read_entry(struct crdt_incremental *form, struct wire_in *in)
{
	struct entry_ref entry = {0};
	uint64_t number = wire_varint(in);
	if (number < crdt_feeds_count(form->names)) {
		entry.feed = *crdt_feeds_id(form->names, (uint32_t)number);
		entry.seq = form->seqs[number] + (uint64_t)wire_zigzag(in);
		form->seqs[number] = entry.seq;
		return entry;
	}
	wire_raw(in, entry.feed.bytes, sizeof(entry.feed.bytes));
	entry.seq = wire_varint(in);
	bool is_next = number == crdt_feeds_count(form->names) && number < LIMIT_FEEDS;
	if (!is_next || crdt_feeds_find(form->names, &entry.feed) >= 0)
		wire_fail(in, ERR_MALFORMED);
	if (!in->error)
		add_name(form, &entry);
	return entry;
}

/* A change of the form: what stood in its entry's header; `deps` has room. */
static struct crdt_meta read_meta(
        struct crdt_incremental *form, struct wire_in *in, struct entry_ref deps[LIMIT_ENTRY_DEPS])
{
	struct entry_ref own = read_entry(form, in);
	form->lamport += (uint64_t)wire_zigzag(in);
	form->hlc += (uint64_t)wire_zigzag(in);
	struct crdt_meta meta = {
	        own.feed, own.seq, form->lamport, form->hlc, deps, wire_count(in, LIMIT_ENTRY_DEPS, 2), NULL};
	for (uint32_t i = 0; i < meta.dep_count; i++) {
		deps[i] = read_entry(form, in);
		bool ascends = i == 0 || feed_id_cmp(&deps[i - 1].feed, &deps[i].feed) < 0;
		if (!ascends || feed_id_eq(&deps[i].feed, &own.feed) || deps[i].seq == 0)
			wire_fail(in, ERR_MALFORMED);
	}
	return meta;
}

static int read_change(struct crdt_incremental *form, struct span record, struct crdt_doc *doc)
{
	struct entry_ref deps[LIMIT_ENTRY_DEPS];
	struct crdt_change change;
	struct wire_in in = wire_begin(record);
	struct crdt_meta meta = read_meta(form, &in, deps);
	if (in.error || crdt_change_open(&change, &meta, wire_span(&in, wire_left(&in))) ||
	        crdt_doc_apply(doc, &change))
		return ERR_MALFORMED;
	return 0;
}

/* The next whole record. False: there is none. What an interrupted writing left ends early, and is nothing else. */
static bool next_record(struct wire_in *in, struct span *record)
{
	*record = wire_blob(in, RECORD_BYTES_MAX);
	return !in->error;
}

static int read_changes(struct crdt_incremental *form, struct wire_in *in, struct crdt_doc *doc)
{
	const uint8_t *start = in->at;
	struct span record;
	while (wire_left(in) && next_record(in, &record)) {
		int error = read_change(form, record, doc);
		if (error)
			return error;
		form->change_bytes = (size_t)(in->at - start);
	}
	return in->error == ERR_TRUNCATED ? 0 : in->error;
}

int crdt_incremental_load(
        struct crdt_feeds *feeds, struct span bytes, struct crdt_incremental *form, struct crdt_doc **out)
{
	struct wire_in in = wire_begin(bytes);
	struct crdt_incremental loaded = {0};
	struct crdt_doc *doc = NULL;
	uint8_t version = wire_u8(&in);
	if (!in.error && version != INCREMENTAL_VERSION)
		return ERR_VERSION;
	struct span snapshot = wire_blob(&in, LIMIT_SNAPSHOT_BYTES);
	int error = in.error ? in.error : crdt_doc_load(feeds, snapshot, &doc);
	if (error)
		return error;
	loaded.snapshot_bytes = (size_t)(in.at - bytes.data);
	begin_names(&loaded, doc);
	error = read_changes(&loaded, &in, doc);
	if (error) {
		crdt_doc_free(doc);
		crdt_incremental_close(&loaded);
		return error;
	}
	*form = loaded;
	*out = doc;
	return 0;
}
