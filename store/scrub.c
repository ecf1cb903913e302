/*
 * Normal course: begin() notes which feeds and entries there are; then table after table, row by row; entries add to what their feed is
 * known to hold and to the list of what they need elsewhere; finish() looks that up.
 *
 * Failures: a row that cannot be followed leaves its feed unlinked: the next row is checked for itself, and the chain goes on from there.
 */
#include "store/scrub.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* One feed on its way. */
struct walked {
	struct log_feed about;
	bool known; /* its row was read */
	bool told; /* there is a row, and what is wrong with it was told */
	bool linked; /* `hash` is the header hash of entry `seq` */
	uint64_t upto; /* the key of its last run when the check began */
	uint64_t seq;
	struct entry_hash hash, cited;
	uint64_t skipped; /* sequences before its first */
	uint64_t *lamports; /* by sequence - 1 - skipped; 0 where the entry cannot be read */
	size_t lamport_count, lamport_capacity;
	uint64_t broken; /* first sequence of a run that cannot be read, until its end is known; 0: none */
	enum scrub_what broken_why;
};

/* An entry needs another to be there before it. */
struct need {
	uint32_t from, on;
	uint64_t from_seq, on_seq, lamport;
};

struct cite {
	struct entry_hash hash;
	uint32_t from;
	uint64_t from_seq;
};

struct scrub {
	struct store *store;
	const struct vault *vault;
	scrub_found found;
	void *context;
	struct scrub_counts counts;
	struct scrub_fault held; /* told when the next one does not continue it; what = 0: none */

	struct walked *feeds;
	uint32_t *by_id; /* numbers of feeds that are known, in the order of their ids */
	uint32_t feed_count, known_count;
	struct buf needs, cites, members; /* struct need, struct cite, struct entry_hash */

	enum store_table table; /* being walked; STORE_TABLE_COUNT at the end */
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1]; /* the next key is this or a greater one */
	size_t from_size;
	uint64_t version_end, version_max; /* of rows */
	struct buf row;
	struct arena arena;
};

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *sentence;
} WHATS[] = {
        [SCRUB_UNREADABLE] = {"unreadable", "does not open: it was altered, cut or moved"},
        [SCRUB_MALFORMED] = {"malformed", "is not what belongs there"},
        [SCRUB_MISSING] = {"missing", "is missing"},
        [SCRUB_CHAIN] = {"chain", "does not follow what stands before it"},
        [SCRUB_SIGNATURE] = {"signature", "is not signed by its author"},
        [SCRUB_DEPENDENCY] = {"dependency", "builds on an entry that is not here before it"},
        [SCRUB_MEMBERSHIP] = {"membership", "cites a membership entry that is not here"},
        [SCRUB_VERSION] = {"version", "an older row was put back"},
        [SCRUB_DIFFERS] = {"differs", "is not what the log gives"},
        [SCRUB_EXTRA] = {"extra", "is there and should not be"},
};

const char *scrub_what_name(enum scrub_what what)
{
	return WHATS[what].name;
}

const char *scrub_what_sentence(enum scrub_what what)
{
	return WHATS[what].sentence;
}

static void tell_held(struct scrub *scrub)
{
	if (scrub->held.what)
		scrub->found(scrub->context, &scrub->held);
	scrub->held = (struct scrub_fault){0};
}

static void fault_entries(
        struct scrub *scrub, enum scrub_what what, uint32_t number, uint64_t first, uint64_t last)
{
	const struct walked *feed = &scrub->feeds[number];
	struct scrub_fault *held = &scrub->held;
	if (held->what == what && held->table == STORE_LOG && feed_id_eq(&held->feed, &feed->about.id) &&
	        first == held->last + 1) {
		held->last = last;
		return;
	}
	tell_held(scrub);
	*held = (struct scrub_fault){.what = what,
	        .table = STORE_LOG,
	        .has_feed = feed->known,
	        .feed = feed->about.id,
	        .first = first,
	        .last = last};
}

static void fault_row(struct scrub *scrub, enum scrub_what what, enum store_table table, struct span key)
{
	tell_held(scrub);
	struct scrub_fault *held = &scrub->held;
	*held = (struct scrub_fault){.what = what, .table = table};
	held->key_size = (uint8_t)(key.size < sizeof(held->key) ? key.size : sizeof(held->key));
	if (held->key_size)
		memcpy(held->key, key.data, held->key_size);
}

/* ---- Feeds ------------------------------------------------------------------------------------------------------ */

static struct walked *feed_at(struct scrub *scrub, uint32_t number)
{
	if (number >= scrub->feed_count) {
		scrub->feeds = mem_resize(scrub->feeds, number + 1, sizeof(*scrub->feeds));
		memset(scrub->feeds + scrub->feed_count, 0,
		        (number + 1 - scrub->feed_count) * sizeof(*scrub->feeds));
		scrub->feed_count = number + 1;
	}
	return &scrub->feeds[number];
}

static void note_version(struct scrub *scrub, struct span sealed)
{
	uint64_t version = vault_row_version(sealed);
	if (version > scrub->version_max)
		scrub->version_max = version;
}

static void take_feed_row(struct scrub *scrub, struct span key, struct span value)
{
	uint32_t number;
	uint64_t none;
	log_run_key_read(key, &number, &none);
	scrub->counts.rows++;
	if (key.size != 4 || number >= LIMIT_FEEDS) {
		fault_row(scrub, SCRUB_MALFORMED, STORE_FEED, key);
		return;
	}
	struct walked *feed = feed_at(scrub, number);
	bool opens = vault_unseal(scrub->vault, STORE_FEED, key, value, &scrub->row) == 0;
	feed->known = feed->linked = opens &&
	        log_feed_row_read(&feed->about, number, buf_span(&scrub->row)) == 0;
	if (feed->known) { /* a branch goes on from where its feed ended */
		feed->seq = feed->skipped = feed->about.begin - 1;
		feed->hash = feed->about.base.hash;
		feed->cited = feed->about.base.membership;
	}
	feed->told = !feed->known;
	if (feed->told)
		fault_row(scrub, opens ? SCRUB_MALFORMED : SCRUB_UNREADABLE, STORE_FEED, key);
	if (opens)
		note_version(scrub, value);
}

/* The number of the feed; false for one that is not known here. */
static bool find_feed(const struct scrub *scrub, const struct feed_id *id, uint32_t *number)
{
	uint32_t low = 0, high = scrub->known_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = feed_id_cmp(&scrub->feeds[scrub->by_id[middle]].about.id, id);
		if (order == 0) {
			*number = scrub->by_id[middle];
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Insertion keeps the order: feeds are few. */
static void sort_feeds(struct scrub *scrub)
{
	scrub->by_id = mem_zero(scrub->feed_count, sizeof(*scrub->by_id));
	for (uint32_t i = 0; i < scrub->feed_count; i++) {
		uint32_t at = scrub->known_count;
		if (!scrub->feeds[i].known)
			continue;
		while (at > 0 &&
		        feed_id_cmp(&scrub->feeds[scrub->by_id[at - 1]].about.id, &scrub->feeds[i].about.id) >
		                0) {
			scrub->by_id[at] = scrub->by_id[at - 1];
			at--;
		}
		scrub->by_id[at] = i;
		scrub->known_count++;
	}
}

static int walk_feeds(struct scrub *scrub, struct store_txn *txn)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	struct span key, value;
	int result;
	while ((result = store_seek(txn, STORE_FEED, STORE_FIRST_FROM, span_of(from, size), &key, &value)) ==
	        0) {
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
		take_feed_row(scrub, key, value);
	}
	return result == ERR_NOTFOUND ? 0 : result;
}

/* Where each feed ends now; what comes later is not looked at. A feed may have entries and no row. */
static int note_ends(struct scrub *scrub, struct store_txn *txn)
{
	uint8_t upto[12];
	struct span key, value;
	uint32_t number = 0, limit = LIMIT_FEEDS;
	while (limit > 0) {
		memset(upto, 0xff, sizeof(upto));
		for (unsigned i = 0; i < 4; i++)
			upto[i] = (uint8_t)((limit - 1) >> (24 - 8 * i));
		int result = store_seek(
		        txn, STORE_LOG, STORE_LAST_UPTO, span_of(upto, sizeof(upto)), &key, &value);
		if (result)
			return result == ERR_NOTFOUND ? 0 : result;
		uint64_t first;
		bool is_key = log_run_key_read(key, &number, &first);
		if (number >= limit) /* keys that are none sort between */
			return 0;
		struct walked *feed = feed_at(scrub, number);
		if (is_key)
			feed->upto = first;
		scrub->counts.entries_expected += is_key ? first : 0;
		limit = number;
	}
	return 0;
}

static int begin(struct scrub *scrub)
{
	struct store_txn *txn;
	int result = store_begin(scrub->store, false, &txn);
	if (result)
		return result;
	result = walk_feeds(scrub, txn);
	if (result == 0)
		result = note_ends(scrub, txn);
	if (result == ERR_CORRUPT) {
		fault_row(scrub, SCRUB_UNREADABLE, STORE_FEED, (struct span){NULL, 0});
		result = 0;
	}
	store_abort(txn);
	for (uint32_t i = 0; i < scrub->feed_count; i++) {
		uint8_t key[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		if (!scrub->feeds[i].known && !scrub->feeds[i].told)
			fault_row(scrub, SCRUB_MISSING, STORE_FEED, span_of(key, sizeof(key)));
	}
	sort_feeds(scrub);
	return result;
}

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

static void note_lamport(struct walked *feed, uint64_t lamport)
{
	if (feed->lamport_count == feed->lamport_capacity) {
		feed->lamport_capacity = feed->lamport_capacity ? 2 * feed->lamport_capacity : 64;
		feed->lamports = mem_resize(feed->lamports, feed->lamport_capacity, sizeof(*feed->lamports));
	}
	feed->lamports[feed->lamport_count++] = lamport;
}

/* Entries up to `last` cannot be read. */
static void skip_to(struct walked *feed, uint64_t last)
{
	while (feed->seq < last && feed->lamport_count < LIMIT_STORE_VALUE_BYTES) {
		note_lamport(feed, 0);
		feed->seq++;
	}
	feed->seq = last;
	feed->linked = false;
}

/* A run that could not be read ends where the next one begins; the last one of a feed is counted as one entry. */
static void settle_broken(struct scrub *scrub, uint32_t number, uint64_t next)
{
	struct walked *feed = &scrub->feeds[number];
	if (!feed->broken)
		return;
	uint64_t last = next > feed->broken ? next - 1 : feed->broken;
	fault_entries(scrub, feed->broken_why, number, feed->broken, last);
	skip_to(feed, last);
	feed->broken = 0;
}

/* Where the entry stands that is needed. True: nowhere, since its feed ended at a fork before it. */
static bool place_need(const struct scrub *scrub, struct need *need)
{
	const struct log_feed *on = &scrub->feeds[need->on].about;
	if (on->is_parted && need->on_seq > on->seq)
		need->on_seq = on->seq;
	need->on = on->rows;
	return need->on_seq == 0 && on->is_parted;
}

static void note_needs(struct scrub *scrub, uint32_t number, const struct entry_header *header)
{
	struct walked *feed = &scrub->feeds[number];
	for (uint32_t i = 0; i < header->dep_count; i++) {
		struct need need = {.from = number,
		        .from_seq = header->seq,
		        .on_seq = header->deps[i].seq,
		        .lamport = header->lamport,
		        .on = LOG_NO_FEED};
		if (find_feed(scrub, &header->deps[i].feed, &need.on) && place_need(scrub, &need))
			continue;
		if (need.on < scrub->feed_count)
			buf_add(&scrub->needs, &need, sizeof(need));
		else
			fault_entries(scrub, SCRUB_DEPENDENCY, number, header->seq, header->seq);
	}
	if (entry_hash_is_zero(&header->membership) || entry_hash_eq(&header->membership, &feed->cited))
		return;
	feed->cited = header->membership;
	buf_add(&scrub->cites, &(struct cite){header->membership, number, header->seq}, sizeof(struct cite));
}

/* Each signature that was kept; the last one vouches for all of the run. */
static bool signatures_hold(struct scrub *scrub, const struct run *run, const struct device_id *device)
{
	bool good = true;
	for (uint32_t i = 0; good && i < run->count; i++) {
		const struct run_entry *entry = &run->entries[i];
		if (!entry->is_signed)
			continue;
		scrub->counts.signatures++;
		good = entry_signed_by(&entry->signature, &entry->hash, device);
	}
	return good;
}

static void take_run(struct scrub *scrub, uint32_t number, struct run *run, const uint8_t *head)
{
	struct walked *feed = &scrub->feeds[number];
	const uint64_t first = run_first_seq(run), last = run_last(run)->header.seq;
	run_hash(run);
	if (feed->linked && !entry_hash_eq(&run->previous, &feed->hash))
		fault_entries(scrub, SCRUB_CHAIN, number, first, last);
	else if (!signatures_hold(scrub, run, &feed->about.device))
		fault_entries(scrub, SCRUB_SIGNATURE, number, first, last);
	else if (memcmp(head, run_last(run)->hash.bytes, ID_LONG_BYTES) != 0)
		fault_entries(scrub, SCRUB_CHAIN, number, last, last);
	for (uint32_t i = 0; i < run->count; i++) {
		const struct run_entry *entry = &run->entries[i];
		note_lamport(feed, entry->header.lamport);
		note_needs(scrub, number, &entry->header);
		if (run->compartment == COMPARTMENT_MEMBERSHIP)
			buf_add(&scrub->members, entry->hash.bytes, sizeof(entry->hash.bytes));
	}
	scrub->counts.entries += run->count;
	feed->seq = last;
	feed->hash = run_last(run)->hash;
	feed->linked = true;
}

/* The run of the opened row; 0 or what is wrong with it as a whole. */
static int read_run(struct scrub *scrub, const struct walked *feed, uint64_t first, struct run *run)
{
	struct span row = buf_span(&scrub->row);
	arena_clear(&scrub->arena);
	if (row.size < ID_LONG_BYTES ||
	        run_decode(run, &feed->about.written, feed->about.compartment,
	                span_sub(row, ID_LONG_BYTES, SIZE_MAX), &scrub->arena))
		return SCRUB_MALFORMED;
	return run_first_seq(run) == first ? 0 : SCRUB_CHAIN;
}

static void take_log_row(struct scrub *scrub, struct span key, bool opens)
{
	uint32_t number;
	uint64_t first;
	struct run run;
	if (!log_run_key_read(key, &number, &first) || number >= LIMIT_FEEDS || first == 0) {
		fault_row(scrub, SCRUB_MALFORMED, STORE_LOG, key);
		return;
	}
	if (number >= scrub->feed_count || first > scrub->feeds[number].upto)
		return; /* written since the check began */
	struct walked *feed = &scrub->feeds[number];
	if (!feed->known) { /* told of with its feed's row: nothing says whose entries these are */
		if (!opens)
			fault_row(scrub, SCRUB_UNREADABLE, STORE_LOG, key);
		return;
	}
	settle_broken(scrub, number, first);
	if (first > feed->seq + 1) {
		fault_entries(scrub, SCRUB_MISSING, number, feed->seq + 1, first - 1);
		skip_to(feed, first - 1);
	}
	int why = opens ? 0 : SCRUB_UNREADABLE;
	if (!why && first <= feed->seq)
		why = SCRUB_CHAIN;
	if (!why)
		why = read_run(scrub, feed, first, &run);
	if (why) {
		feed->broken = first;
		feed->broken_why = (enum scrub_what)why;
		return;
	}
	take_run(scrub, number, &run, scrub->row.data);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void take_row(struct scrub *scrub, struct span key, struct span value)
{
	scrub->counts.rows++;
	if (vault_is_readable_row(scrub->table, key))
		return;
	bool opens = vault_unseal(scrub->vault, scrub->table, key, value, &scrub->row) == 0;
	if (opens)
		note_version(scrub, value);
	if (scrub->table == STORE_LOG)
		take_log_row(scrub, key, opens);
	else if (!opens)
		fault_row(scrub, SCRUB_UNREADABLE, scrub->table, key);
}

static int step_row(struct scrub *scrub, struct store_txn *txn)
{
	struct span key, value;
	int result = store_seek(
	        txn, scrub->table, STORE_FIRST_FROM, span_of(scrub->from, scrub->from_size), &key, &value);
	if (result)
		return result;
	take_row(scrub, key, value);
	memcpy(scrub->from, key.data, key.size);
	scrub->from[key.size] = 0;
	scrub->from_size = key.size + 1;
	return 0;
}

/* ---- The end ---------------------------------------------------------------------------------------------------- */

static int hash_cmp(const void *left, const void *right)
{
	return entry_hash_cmp(left, right);
}

static bool is_met(const struct scrub *scrub, const struct need *need)
{
	const struct walked *on = &scrub->feeds[need->on];
	if (need->on_seq <= on->skipped) /* what the branch comes from */
		return need->on_seq >= 1;
	const uint64_t at = need->on_seq - on->skipped - 1;
	return need->on_seq <= on->seq && (at >= on->lamport_count || on->lamports[at] < need->lamport);
}

static void check_needs(struct scrub *scrub)
{
	const struct need *needs = (const struct need *)(const void *)scrub->needs.data;
	for (size_t i = 0; i < scrub->needs.size / sizeof(*needs); i++)
		if (!is_met(scrub, &needs[i]))
			fault_entries(
			        scrub, SCRUB_DEPENDENCY, needs[i].from, needs[i].from_seq, needs[i].from_seq);
}

static void check_cites(struct scrub *scrub)
{
	const struct cite *cites = (const struct cite *)(const void *)scrub->cites.data;
	size_t count = scrub->members.size / sizeof(struct entry_hash);
	if (count)
		qsort(scrub->members.data, count, sizeof(struct entry_hash), hash_cmp);
	for (size_t i = 0; i < scrub->cites.size / sizeof(*cites); i++)
		if (!count ||
		        !bsearch(&cites[i].hash, scrub->members.data, count, sizeof(struct entry_hash),
		                hash_cmp))
			fault_entries(
			        scrub, SCRUB_MEMBERSHIP, cites[i].from, cites[i].from_seq, cites[i].from_seq);
}

static void finish(struct scrub *scrub, struct store_txn *txn)
{
	uint64_t end = 0;
	check_needs(scrub);
	check_cites(scrub);
	/* A row of it that does not open was told of already. */
	if (vault_versions_end(scrub->vault, txn, &end) == 0 && scrub->version_max >= end)
		fault_row(scrub, SCRUB_VERSION, STORE_META, span_text("versions"));
	tell_held(scrub);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

static void next_table(struct scrub *scrub)
{
	for (uint32_t i = 0; scrub->table == STORE_LOG && i < scrub->feed_count; i++)
		settle_broken(scrub, i, 0);
	scrub->table++;
	if (scrub->table == STORE_FEED) /* walked at the beginning */
		scrub->table++;
	scrub->from[0] = 0;
	scrub->from_size = 1;
}

/* A page between the rows is damaged: the rest of the table is out of reach, and this transaction is of no more use. */
static void leave_table(struct scrub *scrub)
{
	fault_row(scrub, SCRUB_UNREADABLE, scrub->table, (struct span){NULL, 0});
	next_table(scrub);
}

int scrub_step(struct scrub *scrub, uint32_t rows)
{
	struct store_txn *txn;
	if (scrub->table == STORE_TABLE_COUNT)
		return 0;
	int result = store_begin(scrub->store, false, &txn);
	for (; result == 0 && rows > 0 && scrub->table < STORE_TABLE_COUNT; rows--) {
		result = step_row(scrub, txn);
		if (result != ERR_NOTFOUND)
			continue;
		next_table(scrub);
		result = 0;
	}
	if (result == ERR_CORRUPT)
		leave_table(scrub);
	if (scrub->table == STORE_TABLE_COUNT)
		finish(scrub, txn);
	store_abort(txn);
	if (result && result != ERR_CORRUPT)
		return result;
	return scrub->table < STORE_TABLE_COUNT;
}

int scrub_new(
        struct store *store, const struct vault *vault, scrub_found found, void *context, struct scrub **out)
{
	struct scrub *scrub = mem_zero(1, sizeof(*scrub));
	scrub->store = store;
	scrub->vault = vault;
	scrub->found = found;
	scrub->context = context;
	scrub->table = STORE_META;
	scrub->from_size = 1;
	int result = begin(scrub);
	if (result)
		scrub_free(scrub);
	else
		*out = scrub;
	return result;
}

void scrub_free(struct scrub *scrub)
{
	if (!scrub)
		return;
	for (uint32_t i = 0; i < scrub->feed_count; i++)
		mem_free(scrub->feeds[i].lamports);
	mem_free(scrub->feeds);
	mem_free(scrub->by_id);
	buf_close(&scrub->needs);
	buf_close(&scrub->cites);
	buf_close(&scrub->members);
	buf_wipe(&scrub->row);
	arena_close(&scrub->arena);
	mem_free(scrub);
}

struct scrub_counts scrub_counts(const struct scrub *scrub)
{
	return scrub->counts;
}
