#include "store/run.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { RUN_VERSION = 1 };

enum run_flags {
	RUN_SIGNED = 1, /* a signature follows the body */
	RUN_PURGED = 2, /* the ciphertext's hash stands in place of the body */
	RUN_KIND = 4, /* a kind byte follows; otherwise the usual kind of the compartment */
	RUN_DOSSIER = 8, /* index of the dossier pseudonym */
	RUN_REFS = 16, /* membership, epoch and clock grade; otherwise those of the entry before */
	RUN_DEPS = 32, /* direct dependencies */
	RUN_COUNTER = 64, /* the counter part of the hybrid clock, when it is not zero */
	RUN_FLAGS_KNOWN = 127,
};

/* The identifiers that a run's entries name by index, each written once. */
struct run_tables {
	struct span long_ids; /* 32 bytes each: membership entries and epochs, in order of first use */
	struct span feeds; /* 32 bytes each: feeds of dependencies */
	struct span dossiers; /* 16 bytes each */
};

static uint8_t usual_kind(enum compartment compartment)
{
	return compartment == COMPARTMENT_MEMBERSHIP ? ENTRY_MEMBERSHIP : ENTRY_CHANGE;
}

/* ---- Encoding --------------------------------------------------------------------------------------------------- */

/* Index of `id` among the fixed-size ids in `table`, added at the end when new. Runs are short: a scan is fastest. */
static uint32_t table_index(struct buf *table, const uint8_t *id, size_t size)
{
	size_t count = table->size / size;
	for (size_t i = count; i > 0; i--)
		if (memcmp(table->data + (i - 1) * size, id, size) == 0)
			return (uint32_t)(i - 1);
	buf_add(table, id, size);
	return (uint32_t)count;
}

struct run_encoder {
	struct buf long_ids, feeds, dossiers, entries;
	const struct entry_header *before; /* NULL for the first entry */
};

static bool same_refs(const struct entry_header *a, const struct entry_header *b)
{
	return a && entry_hash_eq(&a->membership, &b->membership) && epoch_id_eq(&a->epoch, &b->epoch) &&
	        a->clock_grade == b->clock_grade;
}

static uint8_t entry_flags(const struct run_encoder *encoder, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header;
	unsigned flags = 0;
	flags |= entry->is_signed ? RUN_SIGNED : 0;
	flags |= entry->purged ? RUN_PURGED : 0;
	flags |= header->kind != usual_kind(header->compartment) ? RUN_KIND : 0;
	flags |= pseudonym_is_zero(&header->dossier) ? 0 : RUN_DOSSIER;
	flags |= same_refs(encoder->before, header) ? 0 : RUN_REFS;
	flags |= header->dep_count ? RUN_DEPS : 0;
	flags |= (header->hlc & 0xffff) ? RUN_COUNTER : 0;
	return (uint8_t)flags;
}

static void encode_deps(struct run_encoder *encoder, const struct entry_header *header)
{
	wire_put_varint(&encoder->entries, header->dep_count);
	for (uint32_t i = 0; i < header->dep_count; i++) {
		const struct entry_ref *dep = &header->deps[i];
		wire_put_varint(
		        &encoder->entries, table_index(&encoder->feeds, dep->feed.bytes, ID_LONG_BYTES));
		wire_put_varint(&encoder->entries, dep->seq);
	}
}

static void encode_refs(struct run_encoder *encoder, const struct entry_header *header)
{
	struct buf *out = &encoder->entries;
	wire_put_varint(out, table_index(&encoder->long_ids, header->membership.bytes, ID_LONG_BYTES));
	wire_put_varint(out, table_index(&encoder->long_ids, header->epoch.bytes, ID_LONG_BYTES));
	wire_put_u8(out, header->clock_grade);
}

static void encode_entry(struct run_encoder *encoder, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header, *before = encoder->before;
	struct buf *out = &encoder->entries;
	uint8_t flags = entry_flags(encoder, entry);
	wire_put_u8(out, flags);
	if (flags & RUN_KIND)
		wire_put_u8(out, header->kind);
	wire_put_varint(out, header->lamport - (before ? before->lamport + 1 : 1));
	wire_put_zigzag(out, (int64_t)(header->hlc >> 16) - (int64_t)(before ? before->hlc >> 16 : 0));
	if (flags & RUN_COUNTER)
		wire_put_u16(out, (uint16_t)header->hlc);
	if (flags & RUN_REFS)
		encode_refs(encoder, header);
	if (flags & RUN_DOSSIER)
		wire_put_varint(out, table_index(&encoder->dossiers, header->dossier.bytes, ID_SHORT_BYTES));
	if (flags & RUN_DEPS)
		encode_deps(encoder, header);
	wire_put_varint(out, header->body_bytes);
	if (flags & RUN_PURGED)
		buf_add(out, header->body.bytes, ID_LONG_BYTES);
	else
		buf_add_span(out, entry->body);
	if (flags & RUN_SIGNED)
		buf_add(out, entry->signature.bytes, ENTRY_SIGNATURE_BYTES);
	encoder->before = header;
}

static void put_table(struct buf *out, const struct buf *table, size_t size)
{
	wire_put_varint(out, table->size / size);
	buf_add_span(out, buf_span(table));
}

void run_encode(const struct run *run, struct buf *out)
{
	struct run_encoder encoder = {0};
	assert(run->count > 0 && run_last(run)->is_signed);
	for (uint32_t i = 0; i < run->count; i++) {
		assert(run->entries[i].header.seq == run_first_seq(run) + i);
		encode_entry(&encoder, &run->entries[i]);
	}
	wire_put_u8(out, RUN_VERSION);
	wire_put_varint(out, run_first_seq(run));
	wire_put_varint(out, run->count);
	if (run_first_seq(run) > 1)
		buf_add(out, run->previous.bytes, ID_LONG_BYTES);
	put_table(out, &encoder.long_ids, ID_LONG_BYTES);
	put_table(out, &encoder.feeds, ID_LONG_BYTES);
	put_table(out, &encoder.dossiers, ID_SHORT_BYTES);
	buf_add_span(out, buf_span(&encoder.entries));
	buf_close(&encoder.long_ids);
	buf_close(&encoder.feeds);
	buf_close(&encoder.dossiers);
	buf_close(&encoder.entries);
}

static size_t varint_bytes(uint64_t value)
{
	size_t bytes = 1;
	for (; value > 127; value >>= 7)
		bytes++;
	return bytes;
}

static size_t clock_bytes(const struct entry_header *before, const struct entry_header *header)
{
	int64_t step_ms = (int64_t)(header->hlc >> 16) - (int64_t)(before ? before->hlc >> 16 : 0);
	uint64_t zigzag = (uint64_t)step_ms << 1 ^ (uint64_t)(step_ms >> 63);
	return varint_bytes(header->lamport - (before ? before->lamport + 1 : 1)) + varint_bytes(zigzag) +
	        ((header->hlc & 0xffff) ? 2 : 0);
}

static bool names_dossier(const struct run_entry *entries, uint32_t count, const struct pseudonym *dossier)
{
	for (uint32_t i = count; i > 0; i--)
		if (pseudonym_eq(&entries[i - 1].header.dossier, dossier))
			return true;
	return false;
}

size_t run_entry_bytes(const struct run_entry *entries, uint32_t count, const struct entry_header *next)
{
	const struct entry_header *before = count ? &entries[count - 1].header : NULL;
	size_t bytes = 2 + clock_bytes(before, next) + varint_bytes(next->body_bytes) + next->body_bytes;
	if (!same_refs(before, next))
		bytes += 2 * ID_LONG_BYTES + 3;
	if (!pseudonym_is_zero(&next->dossier))
		bytes += names_dossier(entries, count, &next->dossier) ? 1u : 1u + ID_SHORT_BYTES;
	if (next->dep_count)
		bytes += 2 + (size_t)next->dep_count * (ID_LONG_BYTES + WIRE_VARINT_BYTES_MAX + 2);
	return bytes;
}

/* ---- Decoding --------------------------------------------------------------------------------------------------- */

static struct span read_table(struct wire_in *in, uint32_t max, size_t size)
{
	uint32_t count = wire_count(in, max, size);
	return wire_span(in, count * size);
}

static void read_id(struct wire_in *in, struct span table, uint8_t *out, size_t size)
{
	uint64_t index = wire_varint(in);
	if (index >= table.size / size)
		wire_fail(in, ERR_MALFORMED);
	else
		memcpy(out, table.data + (size_t)index * size, size);
}

static void read_deps(
        struct wire_in *in, const struct run_tables *tables, struct entry_header *header, struct arena *arena)
{
	uint32_t count = wire_count(in, LIMIT_ENTRY_DEPS, 2);
	struct entry_ref *deps = arena_zero(arena, count, sizeof(*deps));
	for (uint32_t i = 0; i < count; i++) {
		read_id(in, tables->feeds, deps[i].feed.bytes, ID_LONG_BYTES);
		deps[i].seq = wire_varint(in);
	}
	if (count == 0)
		wire_fail(in, ERR_MALFORMED);
	header->deps = deps;
	header->dep_count = count;
}

static void read_clock(
        struct wire_in *in, uint8_t flags, const struct entry_header *before, struct entry_header *header)
{
	uint64_t step = wire_varint(in), base = before ? before->lamport + 1 : 1;
	if (__builtin_add_overflow(base, step, &header->lamport) || header->lamport == UINT64_MAX)
		wire_fail(in, ERR_MALFORMED);
	int64_t ms;
	if (__builtin_add_overflow(wire_zigzag(in), (int64_t)(before ? before->hlc >> 16 : 0), &ms) ||
	        ms < 0 || ms >> 48)
		wire_fail(in, ERR_MALFORMED);
	uint16_t counter = flags & RUN_COUNTER ? wire_u16(in) : 0;
	if ((flags & RUN_COUNTER) && counter == 0)
		wire_fail(in, ERR_MALFORMED);
	header->hlc = in->error ? 0 : (uint64_t)ms << 16 | counter;
}

static void read_refs(struct wire_in *in, uint8_t flags, const struct run_tables *tables,
        const struct entry_header *before, struct entry_header *header)
{
	if (flags & RUN_REFS) {
		read_id(in, tables->long_ids, header->membership.bytes, ID_LONG_BYTES);
		read_id(in, tables->long_ids, header->epoch.bytes, ID_LONG_BYTES);
		header->clock_grade = wire_u8(in);
	} else if (before) {
		header->membership = before->membership;
		header->epoch = before->epoch;
		header->clock_grade = before->clock_grade;
	} else {
		wire_fail(in, ERR_MALFORMED);
	}
}

static void read_body(struct wire_in *in, struct run_entry *entry)
{
	uint64_t size = wire_varint(in);
	if (size > LIMIT_ENTRY_BODY_BYTES)
		wire_fail(in, ERR_TOOBIG);
	entry->header.body_bytes = (uint32_t)size;
	if (entry->purged)
		wire_raw(in, entry->header.body.bytes, ID_LONG_BYTES);
	else
		entry->body = wire_span(in, (size_t)size);
	if (entry->is_signed)
		wire_raw(in, entry->signature.bytes, ENTRY_SIGNATURE_BYTES);
}

static int read_entry(struct wire_in *in, const struct run *run, const struct run_tables *tables,
        const struct entry_header *before, uint64_t seq, struct run_entry *entry, struct arena *arena)
{
	struct entry_header *header = &entry->header;
	uint8_t flags = wire_u8(in);
	if (flags & ~(unsigned)RUN_FLAGS_KNOWN)
		wire_fail(in, ERR_MALFORMED);
	entry->purged = flags & RUN_PURGED;
	entry->is_signed = flags & RUN_SIGNED;
	header->version = ENTRY_VERSION;
	header->feed = run->feed;
	header->compartment = (uint8_t)run->compartment;
	header->seq = seq;
	header->kind = flags & RUN_KIND ? wire_u8(in) : usual_kind(run->compartment);
	read_clock(in, flags, before, header);
	read_refs(in, flags, tables, before, header);
	if (flags & RUN_DOSSIER)
		read_id(in, tables->dossiers, header->dossier.bytes, ID_SHORT_BYTES);
	if (flags & RUN_DEPS)
		read_deps(in, tables, header, arena);
	read_body(in, entry);
	return in->error;
}

static int read_entries(struct wire_in *in, struct run *run, const struct run_tables *tables, uint64_t first,
        struct arena *arena)
{
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *before = i ? &run->entries[i - 1].header : NULL;
		int result = read_entry(in, run, tables, before, first + i, &run->entries[i], arena);
		if (result)
			return result;
		if (i == 0)
			run->entries[0].header.previous = run->previous;
	}
	return wire_end(in);
}

/* entry_check() on headers whose `previous` is still to be computed. */
static int check_entries(const struct run *run)
{
	if (!run_last(run)->is_signed)
		return ERR_MALFORMED;
	for (uint32_t i = 0; i < run->count; i++) {
		struct entry_header header = run->entries[i].header;
		if (header.seq > 1)
			header.previous.bytes[0] |= 1;
		int result = entry_check(&header);
		if (result)
			return result;
	}
	return 0;
}

int run_decode(struct run *out, const struct feed_id *feed, enum compartment compartment, struct span bytes,
        struct arena *arena)
{
	if (bytes.size > LIMIT_RUN_BYTES)
		return ERR_TOOBIG;
	struct wire_in in = wire_begin(bytes);
	*out = (struct run){.feed = *feed, .compartment = compartment};
	if (wire_u8(&in) != RUN_VERSION)
		return in.error ? in.error : ERR_VERSION;
	uint64_t first = wire_varint(&in);
	out->count = wire_count(&in, LIMIT_UNSIGNED_RUN, 4);
	if (in.error)
		return in.error;
	if (out->count == 0 || first == 0 || first > UINT64_MAX - LIMIT_UNSIGNED_RUN)
		return ERR_MALFORMED;
	if (first > 1) {
		wire_raw(&in, out->previous.bytes, ID_LONG_BYTES);
		if (!in.error && entry_hash_is_zero(&out->previous))
			return ERR_MALFORMED;
	}
	struct run_tables tables;
	tables.long_ids = read_table(&in, 2 * LIMIT_UNSIGNED_RUN, ID_LONG_BYTES);
	tables.feeds = read_table(&in, LIMIT_FEEDS, ID_LONG_BYTES);
	tables.dossiers = read_table(&in, LIMIT_UNSIGNED_RUN, ID_SHORT_BYTES);
	if (in.error)
		return in.error;
	out->entries = arena_zero(arena, out->count, sizeof(*out->entries));
	int result = read_entries(&in, out, &tables, first, arena);
	return result ? result : check_entries(out);
}

/* ---- Checking --------------------------------------------------------------------------------------------------- */

void run_hash(struct run *run)
{
	struct entry_hash previous = run->previous;
	for (uint32_t i = 0; i < run->count; i++) {
		struct run_entry *entry = &run->entries[i];
		entry->header.previous = previous;
		if (!entry->purged)
			entry->header.body = entry_body_hash(entry->body);
		entry->hash = entry_hash(&entry->header);
		previous = entry->hash;
	}
}

bool run_signed_by(const struct run *run, const struct device_id *device)
{
	const struct run_entry *last = run_last(run);
	return last->is_signed && entry_signed_by(&last->signature, &last->hash, device);
}

bool run_refill(struct run *run, const struct run *from,
        bool (*is_missing)(void *context, const struct entry_header *header), void *context)
{
	bool any = false;
	for (uint32_t i = 0; i < run->count; i++) {
		struct run_entry *entry = &run->entries[i];
		const uint64_t seq = entry->header.seq, first = run_first_seq(from);
		if (!entry->purged || seq < first || seq - first >= from->count)
			continue;
		const struct run_entry *whole = &from->entries[seq - first];
		if (whole->purged || !entry_hash_eq(&whole->hash, &entry->hash) ||
		        !is_missing(context, &entry->header))
			continue;
		entry->purged = false;
		entry->body = whole->body;
		any = true;
	}
	return any;
}

bool run_purge(
        struct run *run, bool (*is_erased)(void *context, const struct entry_header *header), void *context)
{
	bool is_hashed = false;
	for (uint32_t i = 0; i < run->count; i++) {
		struct run_entry *entry = &run->entries[i];
		if (entry->purged || !is_erased(context, &entry->header))
			continue;
		if (!is_hashed) /* while all bodies are there */
			run_hash(run);
		is_hashed = true;
		entry->purged = true;
		entry->body = span_of(NULL, 0);
	}
	return is_hashed;
}

struct run run_from(const struct run *run, uint64_t seq)
{
	struct run rest = *run;
	assert(seq >= run_first_seq(run) && seq < run_first_seq(run) + run->count);
	uint32_t skip = (uint32_t)(seq - run_first_seq(run));
	rest.entries += skip;
	rest.count -= skip;
	rest.previous = rest.entries[0].header.previous;
	return rest;
}
