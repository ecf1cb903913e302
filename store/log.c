/*
 * Long because feeds, their heads and parts, writing and reading work on one table that nobody else may touch.
 */
#include "store/log.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "store/fork.h"

enum { FEED_ROW_VERSION = 1, FEED_ROW_VERSION_FORKED = 2, FLAG_BRANCH = 1, FLAG_PARTED = 2 };

struct log {
	struct vault *vault;
	struct log_feed *feeds;
	uint32_t *by_id; /* feed numbers in the order of their ids */
	struct tail **tails; /* of own feeds written to, by feed number; NULL for most */
	bool *moved;
	uint32_t count, capacity;
	uint64_t added; /* entries, by head_moves() */
	bool has_branches;
	struct buf scratch;
};

struct log *log_new(struct vault *vault)
{
	struct log *log = mem_zero(1, sizeof(*log));
	log->vault = vault;
	return log;
}

static void forget(struct log *log)
{
	for (uint32_t i = 0; i < log->count; i++)
		tail_free(log->tails[i]);
	log->count = 0;
	log->has_branches = false;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	forget(log);
	mem_free(log->feeds);
	mem_free(log->by_id);
	mem_free(log->tails);
	mem_free(log->moved);
	buf_wipe(&log->scratch);
	mem_free(log);
}

/* ---- Feeds ------------------------------------------------------------------------------------------------------ */

uint32_t log_feed_count(const struct log *log)
{
	return log->count;
}

const struct log_feed *log_feed(const struct log *log, uint32_t number)
{
	assert(number < log->count);
	return &log->feeds[number];
}

/* The place of `id` in the order of ids: of itself, or where it would stand. */
static uint32_t id_place(const struct log *log, const struct feed_id *id)
{
	uint32_t low = 0, high = log->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (feed_id_cmp(&log->feeds[log->by_id[middle]].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool log_feed_number(const struct log *log, const struct feed_id *id, uint32_t *number)
{
	uint32_t place = id_place(log, id);
	if (place == log->count || !feed_id_eq(&log->feeds[log->by_id[place]].id, id))
		return false;
	*number = log->by_id[place];
	return true;
}

static void grow(struct log *log)
{
	if (log->count < log->capacity)
		return;
	log->capacity = log->capacity ? 2 * log->capacity : 16;
	log->feeds = mem_resize(log->feeds, log->capacity, sizeof(*log->feeds));
	log->by_id = mem_resize(log->by_id, log->capacity, sizeof(*log->by_id));
	log->tails = mem_resize(log->tails, log->capacity, sizeof(struct tail *));
	log->moved = mem_resize(log->moved, log->capacity, sizeof(*log->moved));
}

/* A feed as it is before it has any entry. */
static void make_plain(struct log_feed *feed, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation)
{
	*feed = (struct log_feed){.id = entry_feed_id(device, compartment, incarnation),
	        .device = *device,
	        .compartment = compartment,
	        .incarnation = *incarnation,
	        .begin = 1};
	feed->written = feed->id;
}

/* Before its first entry, a branch stands where the feed it comes from ended. */
static void stand_at_base(struct log_feed *feed)
{
	feed->seq = feed->committed_seq = feed->begin - 1;
	feed->hash = feed->committed_hash = feed->base.hash;
	feed->membership = feed->base.membership;
	feed->lamport = feed->base.lamport;
	feed->hlc = feed->base.hlc;
}

static struct log_feed *add_in_memory(struct log *log, const struct log_feed *added)
{
	grow(log);
	struct log_feed *feed = &log->feeds[log->count];
	*feed = *added;
	uint32_t place = id_place(log, &feed->id);
	memmove(log->by_id + place + 1, log->by_id + place, (log->count - place) * sizeof(*log->by_id));
	log->by_id[place] = log->count;
	log->tails[log->count] = NULL;
	log->moved[log->count] = false;
	log->has_branches |= feed->is_branch;
	log->count++;
	return feed;
}

static void encode_feed(const struct log_feed *feed, struct buf *out)
{
	const bool forked = feed->is_branch || feed->is_parted;
	wire_put_u8(out, forked ? FEED_ROW_VERSION_FORKED : FEED_ROW_VERSION);
	buf_add(out, feed->device.bytes, sizeof(feed->device.bytes));
	wire_put_u8(out, (uint8_t)feed->compartment);
	buf_add(out, feed->incarnation.bytes, sizeof(feed->incarnation.bytes));
	wire_put_u8(out, (uint8_t)feed->state);
	if (!forked)
		return;
	wire_put_u8(
	        out, (uint8_t)((feed->is_branch ? FLAG_BRANCH : 0) | (feed->is_parted ? FLAG_PARTED : 0)));
	if (feed->is_branch) {
		buf_add(out, feed->first.bytes, sizeof(feed->first.bytes));
		buf_add(out, feed->base.hash.bytes, sizeof(feed->base.hash.bytes));
		wire_put_varint(out, feed->begin);
		wire_put_u32(out, feed->rows);
		wire_put_varint(out, feed->base.lamport);
		wire_put_u64(out, feed->base.hlc);
		buf_add(out, feed->base.membership.bytes, sizeof(feed->base.membership.bytes));
	}
	if (feed->is_parted)
		wire_put_varint(out, feed->seq);
}

static int put_feed_row(struct log *log, struct store_batch *batch, uint32_t number)
{
	uint8_t key[LOG_FEED_KEY_BYTES];
	buf_clear(&log->scratch);
	encode_feed(&log->feeds[number], &log->scratch);
	return vault_batch_put(
	        log->vault, batch, STORE_FEED, log_feed_key(key, number), buf_span(&log->scratch));
}

int log_feed_add(struct log *log, struct store_batch *batch, const struct device_id *device,
        enum compartment compartment, const struct incarnation_id *incarnation, uint32_t *number)
{
	struct feed_id id = entry_feed_id(device, compartment, incarnation);
	if (log_feed_number(log, &id, number))
		return 0;
	if (log->count >= LIMIT_FEEDS)
		return ERR_FULL;
	struct log_feed added;
	make_plain(&added, device, compartment, incarnation);
	added.rows = *number = log->count;
	add_in_memory(log, &added);
	return put_feed_row(log, batch, *number);
}

int log_feed_set_state(struct log *log, struct store_batch *batch, uint32_t number, enum log_feed_state state)
{
	assert(number < log->count);
	log->feeds[number].state = state;
	return put_feed_row(log, batch, number);
}

uint64_t log_added(const struct log *log)
{
	return log->added;
}

uint64_t log_lamport(const struct log *log)
{
	uint64_t greatest = 0;
	for (uint32_t i = 0; i < log->count; i++)
		if (log->feeds[i].lamport > greatest)
			greatest = log->feeds[i].lamport;
	return greatest;
}

uint64_t log_hlc(const struct log *log, const struct device_id *device)
{
	uint64_t greatest = 0;
	for (uint32_t i = 0; i < log->count; i++)
		if (log->feeds[i].hlc > greatest && device_id_eq(&log->feeds[i].device, device))
			greatest = log->feeds[i].hlc;
	return greatest;
}

/* ---- Loading ---------------------------------------------------------------------------------------------------- */

static void read_branch(struct wire_in *in, struct log_feed *out)
{
	out->is_branch = true;
	wire_raw(in, out->first.bytes, sizeof(out->first.bytes));
	wire_raw(in, out->base.hash.bytes, sizeof(out->base.hash.bytes));
	out->begin = wire_varint(in);
	out->rows = wire_u32(in);
	out->base.lamport = wire_varint(in);
	out->base.hlc = wire_u64(in);
	wire_raw(in, out->base.membership.bytes, sizeof(out->base.membership.bytes));
	out->id = fork_branch(&out->written, &out->first);
}

int log_feed_row_read(struct log_feed *out, uint32_t number, struct span row)
{
	struct wire_in in = wire_begin(row);
	struct device_id device;
	struct incarnation_id incarnation;
	*out = (struct log_feed){0};
	const uint8_t version = wire_u8(&in);
	if (version != FEED_ROW_VERSION && version != FEED_ROW_VERSION_FORKED)
		return ERR_VERSION;
	wire_raw(&in, device.bytes, sizeof(device.bytes));
	const enum compartment compartment = (enum compartment)wire_u8(&in);
	wire_raw(&in, incarnation.bytes, sizeof(incarnation.bytes));
	make_plain(out, &device, compartment, &incarnation);
	out->rows = number;
	out->state = (enum log_feed_state)wire_u8(&in);
	const uint8_t flags = version == FEED_ROW_VERSION_FORKED ? wire_u8(&in) : 0;
	if (flags & FLAG_BRANCH)
		read_branch(&in, out);
	stand_at_base(out);
	out->is_parted = flags & FLAG_PARTED;
	if (out->is_parted)
		out->seq = wire_varint(&in);
	if (wire_end(&in) || out->state > LOG_FEED_ENDED || flags > (FLAG_BRANCH | FLAG_PARTED) ||
	        out->begin == 0 || out->rows > number || out->seq + 1 < out->begin)
		return ERR_CORRUPT;
	return 0;
}

bool log_run_key_read(struct span key, uint32_t *feed, uint64_t *first)
{
	*feed = 0;
	*first = 0;
	for (unsigned i = 0; i < LOG_FEED_KEY_BYTES && i < key.size; i++)
		*feed = *feed << 8 | key.data[i];
	for (unsigned i = LOG_FEED_KEY_BYTES; i < key.size; i++)
		*first = *first << 8 | key.data[i];
	return key.size == LOG_RUN_KEY_BYTES;
}

static int load_feed(struct log *log, uint32_t number, struct span row)
{
	struct log_feed feed;
	int result = log_feed_row_read(&feed, number, row);
	if (result)
		return result;
	if (number != log->count || number >= LIMIT_FEEDS)
		return ERR_CORRUPT;
	add_in_memory(log, &feed);
	return 0;
}

static void stand_at(struct log_feed *feed, const struct entry_header *header, const struct entry_hash *hash)
{
	feed->seq = feed->committed_seq = header->seq;
	feed->hash = feed->committed_hash = *hash;
	feed->lamport = header->lamport;
	feed->hlc = header->hlc;
	feed->membership = header->membership;
}

/* The entry of the run in the reader that has this sequence, hashed. NULL: it is not in it. */
static const struct run_entry *hashed_at(struct log_reader *reader, uint64_t seq)
{
	uint64_t first = run_first_seq(&reader->run);
	if (seq < first || seq - first >= reader->run.count)
		return NULL;
	run_hash(&reader->run);
	return &reader->run.entries[seq - first];
}

/* Its last run may be one in which a fork lies. */
static int load_end(struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t number)
{
	struct log_feed *feed = &log->feeds[number];
	if (feed->seq < feed->begin)
		return 0;
	int result = log_read_run(log, txn, reader, number, feed->seq);
	const struct run_entry *entry = result ? NULL : hashed_at(reader, feed->seq);
	if (!entry)
		return result && result != ERR_NOTFOUND ? result : ERR_CORRUPT;
	stand_at(feed, &entry->header, &entry->hash);
	return 0;
}

static int load_head(struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t number)
{
	struct log_feed *feed = &log->feeds[number];
	struct entry_hash hash;
	if (feed->is_parted)
		return load_end(log, txn, reader, number);
	int result = log_read_run(log, txn, reader, number, UINT64_MAX);
	if (result == ERR_NOTFOUND)
		return 0;
	if (result)
		return result;
	const struct entry_header *last = &run_last(&reader->run)->header;
	memcpy(hash.bytes, reader->row.data, sizeof(hash.bytes));
	if (last->seq >= feed->begin) /* otherwise it is the end of what the branch comes from */
		stand_at(feed, last, &hash);
	return 0;
}

int log_load(struct log *log, struct store_txn *txn)
{
	struct log_reader reader = {0};
	struct span key, value;
	uint8_t from[LOG_FEED_KEY_BYTES];
	int result = 0;
	forget(log);
	while (result == 0) {
		uint32_t number = log->count;
		result = store_seek(
		        txn, STORE_FEED, STORE_FIRST_FROM, log_feed_key(from, number), &key, &value);
		if (result)
			break;
		buf_clear(&log->scratch);
		result = vault_unseal(log->vault, STORE_FEED, key, value, &log->scratch);
		if (result == 0)
			result = load_feed(log, number, buf_span(&log->scratch));
		if (result == 0)
			result = load_head(log, txn, &reader, number);
	}
	log_reader_close(&reader);
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static int put_run(struct log *log, struct store_batch *batch, uint32_t number, uint64_t first,
        const struct entry_hash *last, struct span encoded)
{
	uint8_t key[LOG_RUN_KEY_BYTES];
	buf_clear(&log->scratch);
	buf_add(&log->scratch, last->bytes, sizeof(last->bytes));
	buf_add_span(&log->scratch, encoded);
	return vault_batch_put(log->vault, batch, STORE_LOG, log_run_key(key, log->feeds[number].rows, first),
	        buf_span(&log->scratch));
}

static void head_moves(
        struct log *log, uint32_t number, const struct entry_header *last, const struct entry_hash *hash)
{
	struct log_feed *feed = &log->feeds[number];
	log->added += last->seq - feed->seq;
	feed->seq = last->seq;
	feed->lamport = last->lamport;
	feed->hlc = last->hlc;
	feed->membership = last->membership;
	feed->hash = *hash;
	log->moved[number] = true;
}

static struct tail *tail_of(struct log *log, uint32_t number)
{
	const struct log_feed *feed = &log->feeds[number];
	if (!log->tails[number]) {
		struct tail *tail = log->tails[number] = mem_zero(1, sizeof(*tail));
		tail->feed = number;
		tail->id = feed->id;
		tail->compartment = feed->compartment;
		tail->seq = feed->seq;
		tail->hash = feed->hash;
	}
	return log->tails[number];
}

/* The hash of the head is not known before the tail has written it. */
static bool is_drafted(const struct log_feed *feed)
{
	return feed->seq > 0 && entry_hash_is_zero(&feed->hash);
}

/* What the log knows of an entry of ours before its body is sealed. */
static int fill_in(const struct log_feed *feed, struct entry_header *header)
{
	if (feed->state != LOG_FEED_OPEN || feed->is_branch)
		return ERR_DENIED;
	header->version = ENTRY_VERSION;
	header->compartment = (uint8_t)feed->compartment;
	header->feed = feed->id;
	header->seq = feed->seq + 1;
	struct entry_header checked = *header;
	checked.previous.bytes[0] = feed->seq > 0; /* zero in the first entry only */
	assert(header->lamport > feed->lamport);
	return entry_check(&checked);
}

int log_draft(struct log *log, uint32_t number, struct entry_header *header, struct tail **tail)
{
	static const struct entry_hash unknown;
	int result = fill_in(&log->feeds[number], header);
	if (result)
		return result;
	*tail = tail_of(log, number);
	head_moves(log, number, header, &unknown);
	return 0;
}

int log_seal(struct log *log, struct store_batch *batch, uint32_t number, const uint8_t secret_key[64])
{
	struct vault_lease lease;
	if (is_drafted(&log->feeds[number]) || !log->tails[number] || log->tails[number]->count == 0)
		return 0;
	int result = vault_lease_begin(log->vault, batch, 1, &lease);
	if (result == 0)
		result = tail_seal(log->tails[number], &lease, batch, secret_key);
	vault_lease_end(&lease);
	return result;
}

int log_append(struct log *log, struct store_batch *batch, uint32_t number, struct entry_header *header,
        struct span body, const uint8_t secret_key[64])
{
	struct vault_lease lease;
	if (body.size > LIMIT_ENTRY_BODY_BYTES)
		return ERR_TOOBIG;
	assert(!is_drafted(&log->feeds[number]));
	int result = fill_in(&log->feeds[number], header);
	if (result)
		return result;
	struct tail *tail = tail_of(log, number);
	result = vault_lease_begin(log->vault, batch, 1, &lease);
	if (result == 0)
		result = tail_append(tail, &lease, batch, header, body, secret_key);
	vault_lease_end(&lease);
	if (result == 0)
		head_moves(log, number, header, &tail->hash);
	return result;
}

int log_accept(struct log *log, struct store_batch *batch, const struct waiting_run *item)
{
	const struct log_feed *feed = &log->feeds[item->feed];
	if (run_first_seq(&item->run) != feed->seq + 1)
		return ERR_GAP;
	if (!entry_hash_eq(&item->run.previous, &feed->hash))
		return ERR_FORK;
	const struct run_entry *last = run_last(&item->run);
	int result = put_run(
	        log, batch, item->feed, run_first_seq(&item->run), &last->hash, buf_span(&item->bytes));
	if (result)
		return result;
	head_moves(log, item->feed, &last->header, &last->hash);
	if (log->tails[item->feed]) { /* our own entries come back to an older copy of the database */
		log->tails[item->feed]->seq = last->header.seq;
		log->tails[item->feed]->hash = last->hash;
	}
	return 0;
}

int log_purge(struct log *log, struct store_batch *batch, struct log_reader *reader,
        bool (*is_erased)(void *context, const struct entry_header *header), void *context)
{
	struct buf encoded = {0};
	if (!run_purge(&reader->run, is_erased, context))
		return 0;
	run_encode(&reader->run, &encoded);
	int result = put_run(log, batch, reader->feed, run_first_seq(&reader->run),
	        &run_last(&reader->run)->hash, buf_span(&encoded));
	buf_wipe(&encoded);
	log_reader_close(reader);
	return result ? result : 1;
}

int log_refill(struct log *log, struct store_batch *batch, uint32_t feed, struct run *stored,
        const struct run *from, bool (*is_missing)(void *context, const struct entry_header *header),
        void *context, struct buf *encoded)
{
	if (!run_refill(stored, from, is_missing, context))
		return 0;
	buf_clear(encoded);
	run_encode(stored, encoded);
	if (encoded->size > LIMIT_RUN_BYTES)
		return ERR_TOOBIG;
	int result = put_run(
	        log, batch, feed, run_first_seq(stored), &run_last(stored)->hash, buf_span(encoded));
	return result ? result : 1;
}

/* ---- Parting ---------------------------------------------------------------------------------------------------- */

static struct log_feed branch_of(const struct log_feed *from, const struct entry_hash *first)
{
	struct log_feed branch = {.device = from->device,
	        .compartment = from->compartment,
	        .incarnation = from->incarnation,
	        .is_branch = true,
	        .written = from->written,
	        .begin = from->seq + 1,
	        .first = *first,
	        .id = fork_branch(&from->written, first),
	        .base = {from->hash, from->membership, from->lamport, from->hlc}};
	stand_at_base(&branch);
	return branch;
}

bool log_spans_fork(const struct log *log, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; log->has_branches && i < log->count; i++)
		if (log->feeds[i].is_branch && first <= log->feeds[i].base.lamport &&
		        last > log->feeds[i].base.lamport)
			return true;
	return false;
}

int log_branch_add(struct log *log, struct store_batch *batch, uint32_t number,
        const struct entry_hash *first, uint32_t *branch)
{
	assert(log->feeds[number].is_parted);
	struct log_feed added = branch_of(&log->feeds[number], first);
	if (log_feed_number(log, &added.id, branch))
		return 0;
	if (log->count >= LIMIT_FEEDS)
		return ERR_FULL;
	added.rows = *branch = log->count;
	add_in_memory(log, &added);
	return put_feed_row(log, batch, *branch);
}

/* The feed ends at `seq`, which its head is not before. */
static int end_at(struct log *log, struct store_txn *txn, uint32_t number, uint64_t seq)
{
	struct log_feed *feed = &log->feeds[number];
	struct log_reader reader = {0};
	int result = 0;
	if (seq < feed->begin) {
		stand_at_base(feed);
	} else if (seq < feed->seq) {
		result = log_read_run(log, txn, &reader, number, seq);
		const struct run_entry *entry = result ? NULL : hashed_at(&reader, seq);
		if (entry)
			stand_at(feed, &entry->header, &entry->hash);
		else if (result == 0)
			result = ERR_CORRUPT;
	}
	log_reader_close(&reader);
	if (result)
		return result;
	feed->is_parted = true;
	feed->state = LOG_FEED_FROZEN;
	tail_free(log->tails[number]);
	log->tails[number] = NULL;
	return 0;
}

static int first_hash(
        struct log *log, struct store_txn *txn, uint32_t number, uint64_t seq, struct entry_hash *first)
{
	struct log_reader reader = {0};
	int result = log_read_run(log, txn, &reader, number, seq);
	const struct run_entry *entry = result ? NULL : hashed_at(&reader, seq);
	if (entry)
		*first = entry->hash;
	log_reader_close(&reader);
	return entry ? 0 : result ? result : ERR_CORRUPT;
}

int log_part(struct log *log, struct store_txn *txn, struct store_batch *batch, uint32_t number, uint64_t seq,
        uint32_t *branch)
{
	const struct log_feed before = log->feeds[number];
	struct entry_hash first;
	const bool goes_on = seq <= before.seq;
	assert(before.seq == before.committed_seq && seq >= before.begin &&
	        (goes_on || (seq == before.seq + 1 && !before.is_parted)));
	if (goes_on && log->count >= LIMIT_FEEDS)
		return ERR_FULL;
	int result = goes_on ? first_hash(log, txn, number, seq, &first) : 0;
	if (result == 0)
		result = end_at(log, txn, number, seq - 1);
	if (result == 0)
		result = put_feed_row(log, batch, number);
	*branch = LOG_NO_FEED;
	if (result || !goes_on)
		return result;
	struct log_feed rest = branch_of(&log->feeds[number], &first);
	rest.rows = before.rows;
	rest.state = before.is_parted ? LOG_FEED_FROZEN : LOG_FEED_OPEN;
	rest.is_parted = before.is_parted;
	rest.seq = rest.committed_seq = before.seq;
	rest.hash = rest.committed_hash = before.hash;
	rest.lamport = before.lamport;
	rest.hlc = before.hlc;
	rest.membership = before.membership;
	*branch = log->count;
	add_in_memory(log, &rest);
	return put_feed_row(log, batch, *branch);
}

uint32_t log_take_marks(struct log *log, struct log_mark **marks)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < log->count; i++)
		count += log->moved[i];
	*marks = mem_zero(count, sizeof(**marks));
	count = 0;
	for (uint32_t i = 0; i < log->count; i++) {
		if (!log->moved[i])
			continue;
		(*marks)[count++] = (struct log_mark){i, log->feeds[i].seq, log->feeds[i].hash};
		log->moved[i] = false;
	}
	return count;
}

void log_committed(struct log *log, const struct log_mark *marks, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct log_feed *feed = &log->feeds[marks[i].feed];
		feed->committed_seq = marks[i].seq;
		feed->committed_hash = marks[i].hash;
		if (feed->seq == marks[i].seq)
			feed->hash = marks[i].hash;
	}
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

void log_reader_close(struct log_reader *reader)
{
	buf_wipe(&reader->row);
	arena_close(&reader->arena);
	*reader = (struct log_reader){0};
}

static bool reader_holds(const struct log_reader *reader, uint32_t feed, uint64_t seq)
{
	if (reader->run.count == 0 || reader->feed != feed)
		return false;
	uint64_t first = run_first_seq(&reader->run);
	return seq >= first && seq - first < reader->run.count;
}

static int open_row(
        struct log *log, struct log_reader *reader, uint32_t feed, struct span key, struct span value)
{
	const struct log_feed *known = &log->feeds[feed];
	buf_clear(&reader->row);
	arena_clear(&reader->arena);
	reader->run.count = 0;
	int result = vault_unseal(log->vault, STORE_LOG, key, value, &reader->row);
	if (result)
		return result;
	if (reader->row.size < ID_LONG_BYTES)
		return ERR_CORRUPT;
	reader->bytes = span_sub(buf_span(&reader->row), ID_LONG_BYTES, SIZE_MAX);
	result = run_decode(&reader->run, &known->written, known->compartment, reader->bytes, &reader->arena);
	if (result)
		reader->run.count = 0;
	reader->feed = feed;
	return result ? ERR_CORRUPT : 0;
}

int log_read_run(
        struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t feed, uint64_t seq)
{
	const struct log_feed *known = &log->feeds[feed];
	uint8_t want[LOG_RUN_KEY_BYTES];
	struct span key, value;
	/* What stands under the same number before or beyond it belongs to another part. */
	if (seq < known->begin || (known->is_parted && seq > known->seq))
		return ERR_NOTFOUND;
	if (reader_holds(reader, feed, seq))
		return 0;
	int result = store_seek(
	        txn, STORE_LOG, STORE_LAST_UPTO, log_run_key(want, known->rows, seq), &key, &value);
	if (result)
		return result;
	if (key.size != LOG_RUN_KEY_BYTES || memcmp(key.data, want, LOG_FEED_KEY_BYTES) != 0)
		return ERR_NOTFOUND;
	return open_row(log, reader, feed, key, value);
}

int log_next_run(struct store_txn *txn, uint32_t feed, uint64_t seq, uint64_t *first)
{
	uint8_t from[LOG_RUN_KEY_BYTES], want[LOG_FEED_KEY_BYTES];
	struct span key, value;
	*first = UINT64_MAX;
	int result = store_seek(
	        txn, STORE_LOG, STORE_FIRST_FROM, log_run_key(from, feed, seq + 1), &key, &value);
	if (result)
		return result == ERR_NOTFOUND ? 0 : result;
	log_feed_key(want, feed);
	if (key.size != LOG_RUN_KEY_BYTES || memcmp(key.data, want, LOG_FEED_KEY_BYTES) != 0)
		return 0;
	*first = 0;
	for (size_t i = LOG_FEED_KEY_BYTES; i < LOG_RUN_KEY_BYTES; i++)
		*first = *first << 8 | key.data[i];
	return 0;
}

int log_read_entry(struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t feed,
        uint64_t seq, const struct run_entry **entry)
{
	int result = log_read_run(log, txn, reader, feed, seq);
	if (result)
		return result;
	if (!reader_holds(reader, feed, seq))
		return ERR_NOTFOUND;
	*entry = &reader->run.entries[seq - run_first_seq(&reader->run)];
	return 0;
}
