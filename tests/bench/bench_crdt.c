/*
 * What a bulk import costs: 49,270 changes, nearly all one EVENT of about 300 bytes, into 840 documents, beside a copy of
 * the same bytes. Then what one patient's document weighs, and saving and loading it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crdt/base/rng.h"
#include "crdt/doc.h"
#include "crdt/doc_write.h"

enum { CHANGES = 49270, DOCS = 840, FEEDS = 12, ROUNDS = 5, KIND = 1 };

struct workload {
	struct buf bytes;
	size_t starts[CHANGES + 1];
	struct crdt_meta metas[CHANGES];
	uint32_t doc_numbers[CHANGES];
	struct feed_id feeds[FEEDS];
	struct record_id ids[DOCS];
};

/* Time of this process alone: the machine may be busy with others. */
static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void put_field(struct buf *out, uint32_t key, struct span text)
{
	mpack_put_uint(out, key);
	mpack_put_str(out, text);
}

/* A closed visit as the schema will write it: instants, durations, a dozen small codes, a note. */
static void visit_fields(struct rng *rng, struct buf *out)
{
	buf_clear(out);
	mpack_put_map(out, 14);
	for (uint32_t key = 1; key <= 6; key++) {
		mpack_put_uint(out, key);
		mpack_put_uint(out, rng_below(rng, key < 3 ? UINT64_C(1) << 41 : 400));
	}
	mpack_put_uint(out, 7);
	uint8_t id[16];
	rng_bytes(rng, id, sizeof(id));
	mpack_put_bin(out, span_of(id, sizeof(id)));
	put_field(out, 8, span_text("TG-28"));
	mpack_put_uint(out, 9);
	mpack_put_array(out, 4);
	for (int i = 0; i < 4; i++)
		mpack_put_uint(out, rng_below(rng, 200));
	mpack_put_uint(out, 10);
	mpack_put_bool(out, true);
	put_field(out, 11,
	        span_text("Pansement refait, plaie propre, berges nettes; patiente fatigu\xc3\xa9"
	                  "e mais sereine."));
	put_field(out, 12,
	        span_text("Surveiller la douleur au lever; pr\xc3\xa9venir le m\xc3\xa9"
	                  "decin si fi\xc3\xa8vre au-dessus de 38,5."));
	put_field(out, 13, span_text("Europe/Paris"));
	mpack_put_uint(out, 14);
	mpack_put_nil(out);
}

static struct workload *prepare(struct rng *rng)
{
	struct workload *w = mem_zero(1, sizeof(*w));
	struct buf fields = {0};
	uint64_t seqs[FEEDS] = {0};
	rng_bytes(rng, w->feeds, sizeof(w->feeds));
	rng_bytes(rng, w->ids, sizeof(w->ids));
	for (uint32_t i = 0; i < CHANGES; i++) {
		struct crdt_builder b;
		struct record_id event;
		uint32_t feed = (uint32_t)rng_below(rng, FEEDS);
		w->doc_numbers[i] = (uint32_t)rng_below(rng, DOCS);
		rng_bytes(rng, &event, sizeof(event));
		visit_fields(rng, &fields);
		struct entry_ref own = {w->feeds[feed], ++seqs[feed]};
		crdt_builder_begin(&b, &own, KIND, w->ids[w->doc_numbers[i]], NULL, 0);
		crdt_builder_event(&b, 3, event, buf_span(&fields), NULL, (struct span){NULL, 0});
		w->starts[i] = w->bytes.size;
		int error = crdt_builder_finish(&b, &w->bytes);
		assert(!error);
		(void)error;
		crdt_builder_close(&b);
		w->metas[i] = (struct crdt_meta){.feed = own.feed,
		        .seq = own.seq,
		        .lamport = i + 1,
		        .hlc = (UINT64_C(1700000000000) + i * 2000) << 16};
	}
	w->starts[CHANGES] = w->bytes.size;
	buf_close(&fields);
	return w;
}

static struct span change_bytes(const struct workload *w, uint32_t i)
{
	return span_sub(buf_span(&w->bytes), w->starts[i], w->starts[i + 1] - w->starts[i]);
}

static double copy_all(const struct workload *w)
{
	uint8_t *to = mem_alloc(w->bytes.size);
	memset(to, 1, w->bytes.size);
	uint64_t start = now_ns();
	for (uint32_t i = 0; i < CHANGES; i++) {
		struct span bytes = change_bytes(w, i);
		memcpy(to + w->starts[i], bytes.data, bytes.size);
	}
	double ns = (double)(now_ns() - start) / CHANGES;
	assert(memcmp(to, w->bytes.data, w->bytes.size) == 0);
	mem_free(to);
	return ns;
}

static double open_all(const struct workload *w)
{
	uint64_t start = now_ns();
	struct crdt_change change;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < CHANGES; i++) {
		if (crdt_change_open(&change, &w->metas[i], change_bytes(w, i)))
			abort();
		sum += change.op_count;
	}
	if (sum != CHANGES)
		abort();
	return (double)(now_ns() - start) / CHANGES;
}

static double import_all(const struct workload *w, size_t *memory_bytes)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *docs[DOCS];
	struct crdt_change change;
	for (uint32_t i = 0; i < DOCS; i++)
		docs[i] = crdt_doc_new(feeds, KIND, w->ids[i]);
	uint64_t start = now_ns();
	for (uint32_t i = 0; i < CHANGES; i++)
		if (crdt_change_open(&change, &w->metas[i], change_bytes(w, i)) ||
		        crdt_doc_apply(docs[w->doc_numbers[i]], &change))
			abort();
	double ns = (double)(now_ns() - start) / CHANGES;
	*memory_bytes = 0;
	for (uint32_t i = 0; i < DOCS; i++) {
		crdt_doc_trim(docs[i]);
		*memory_bytes += crdt_doc_memory_bytes(docs[i]);
		crdt_doc_free(docs[i]);
	}
	crdt_feeds_free(feeds);
	return ns;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* A change of `count` small registers at field, or at (field, record). */
static void write_registers(struct crdt_doc *doc, const struct crdt_meta *meta, struct rng *rng,
        const struct record_id *record, uint32_t count)
{
	struct crdt_builder b;
	struct buf value = {0}, bytes = {0};
	struct entry_ref own = {meta->feed, meta->seq};
	crdt_builder_begin(&b, &own, KIND, crdt_doc_id(doc), NULL, 0);
	for (uint32_t i = 0; i < count; i++) {
		struct crdt_path path = {0};
		crdt_path_field(&path, record ? 40 : i + 1);
		if (record) {
			crdt_path_record(&path, *record);
			crdt_path_field(&path, i + 1);
		}
		buf_clear(&value);
		if (record)
			mpack_put_uint(&value, rng_below(rng, 1000));
		else
			mpack_put_str(&value, span_of("Marie-Christine", rng_below(rng, 16)));
		crdt_doc_set(doc, &b, crdt_path_span(&path), buf_span(&value), (struct span){NULL, 0});
	}
	struct crdt_change change;
	if (crdt_builder_finish(&b, &bytes) || crdt_change_open(&change, meta, buf_span(&bytes)) ||
	        crdt_doc_apply(doc, &change))
		abort();
	crdt_builder_close(&b);
	buf_close(&value);
	buf_close(&bytes);
}

/* A patient: 30 registers, 6 problems of 8, 15 plan items, 60 events by 6 nurses. */
static void weigh_patient(const struct workload *w, struct rng *rng)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = crdt_doc_new(feeds, KIND, w->ids[0]);
	struct crdt_meta meta = {.feed = w->feeds[0], .hlc = UINT64_C(1700000000000) << 16};
	for (uint32_t i = 0; i < 22; i++) {
		struct record_id record;
		rng_bytes(rng, &record, sizeof(record));
		meta.seq++;
		meta.lamport += 10;
		meta.hlc += rng_below(rng, UINT64_C(86400000) << 16);
		write_registers(doc, &meta, rng, i ? &record : NULL, i == 0 ? 30 : i <= 6 ? 8 : 1);
	}
	for (uint32_t i = 0, done = 0; done < 60 && i < CHANGES; i++) {
		struct crdt_change change;
		if (w->doc_numbers[i] || feed_id_eq(&w->metas[i].feed, &w->feeds[0]))
			continue;
		if (crdt_change_open(&change, &w->metas[i], change_bytes(w, i)) ||
		        crdt_doc_apply(doc, &change))
			abort();
		done++;
	}
	crdt_doc_trim(doc);
	struct buf saved = {0};
	uint64_t start = now_ns();
	for (int i = 0; i < 1000; i++) {
		buf_clear(&saved);
		crdt_doc_save(doc, &saved);
	}
	double save_us = (double)(now_ns() - start) / 1e6;
	start = now_ns();
	for (int i = 0; i < 1000; i++) {
		struct crdt_doc *loaded;
		if (crdt_doc_load(feeds, buf_span(&saved), &loaded))
			abort();
		crdt_doc_free(loaded);
	}
	double load_us = (double)(now_ns() - start) / 1e6;
	printf("patient (93 registers, 60 events): %zu bytes in memory, %zu saved; save %.1f us, load %.1f "
	       "us\n",
	        crdt_doc_memory_bytes(doc), saved.size, save_us, load_us);
	buf_close(&saved);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

int main(void)
{
	struct rng rng = rng_new(1);
	struct workload *w = prepare(&rng);
	double copy = 1e9, open = 1e9, import = 1e9;
	size_t memory_bytes = 0;
	for (int i = 0; i < ROUNDS; i++) {
		copy = least(copy, copy_all(w));
		open = least(open, open_all(w));
		import = least(import, import_all(w, &memory_bytes));
	}
	printf("%d changes, %zu bytes each: copy %.0f ns, decode %.0f ns, decode and apply %.0f ns (%.1f x "
	       "copy)\n",
	        CHANGES, w->bytes.size / CHANGES, copy, open, import, import / copy);
	printf("%d documents of events: %zu bytes each\n", DOCS, memory_bytes / DOCS);
	weigh_patient(w, &rng);
	buf_close(&w->bytes);
	mem_free(w);
	return 0;
}
