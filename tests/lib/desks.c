#include "tests/lib/desks.h"

#include "tests/lib/check.h"

void desks_open(struct desks *desks, enum schema_doc_kind kind, struct record_id id)
{
	*desks = (struct desks){.feeds = crdt_feeds_new(), .hlc = UINT64_C(1719814500000) << 16};
	for (int i = 0; i < DESKS; i++)
		desks->docs[i] = crdt_doc_new(desks->feeds, kind, id);
}

void desks_close(struct desks *desks)
{
	for (int i = 0; i < DESKS; i++)
		crdt_doc_free(desks->docs[i]);
	crdt_feeds_free(desks->feeds);
	arena_close(&desks->arena);
}

static struct feed_id feed_of(int who)
{
	return (struct feed_id){{(uint8_t)(who + 1)}};
}

static void begin(struct desks *desks, int who, struct crdt_builder *builder)
{
	struct crdt_doc *doc = desks->docs[who];
	struct entry_ref own = {feed_of(who), desks->seqs[who] + 1}, deps[DESKS];
	uint32_t count = 0;
	for (int other = 0; other < DESKS; other++) {
		const struct feed_id feed = feed_of(other);
		if (other != who && crdt_doc_applied(doc, &feed))
			deps[count++] = (struct entry_ref){feed, crdt_doc_applied(doc, &feed)};
	}
	crdt_builder_begin(builder, &own, crdt_doc_kind(doc), crdt_doc_id(doc), deps, count);
}

static void finish(struct desks *desks, int who, struct crdt_builder *builder)
{
	struct buf bytes = {0};
	struct crdt_change change;
	assert_true(desks->count < DESKS_CHANGES);
	struct crdt_meta *meta = &desks->metas[desks->count];
	check_ok(crdt_builder_finish(builder, &bytes));
	desks->hlc += UINT64_C(1000) << 16;
	*meta = (struct crdt_meta){.feed = builder->feed,
	        .seq = builder->seq,
	        .lamport = desks->count + 1,
	        .hlc = desks->hlc,
	        .deps = arena_copy(&desks->arena, builder->deps, builder->dep_count * sizeof(*builder->deps)),
	        .dep_count = builder->dep_count};
	desks->changes[desks->count] = arena_span(&desks->arena, buf_span(&bytes));
	buf_close(&bytes);
	check_ok(crdt_change_open(&change, meta, desks->changes[desks->count++]));
	check_ok(crdt_doc_apply(desks->docs[who], &change));
	desks->seqs[who]++;
}

void desks_write(struct desks *desks, int who, const struct record_edit *edit, const struct op_id *corrects,
        const char *reason)
{
	struct crdt_builder builder;
	begin(desks, who, &builder);
	check_ok(record_write(desks->docs[who], &builder, edit, corrects, span_text(reason ? reason : "")));
	finish(desks, who, &builder);
	crdt_builder_close(&builder);
}

static void write_record(struct desks *desks, int who, enum schema_kind_number kind, struct record_id id,
        const struct op_id *corrects, const char *text, const char *reason)
{
	struct record_edit edit = {.record = {.kind = schema_kind(kind), .id = id}};
	struct schema_report report = {0};
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s: %s", text, error.text);
	if (record_from_json(json, SCHEMA_CHECK_EDIT, &desks->arena, &edit, &report))
		fail_msg("%s: field \"%s\"", text,
		        report.problems[0].field ? report.problems[0].field->name : "");
	json_decref(json);
	desks_write(desks, who, &edit, corrects, reason);
}

void desks_save(struct desks *desks, int who, enum schema_kind_number kind, struct record_id id,
        const char *json, const char *reason)
{
	write_record(desks, who, kind, id, NULL, json, reason);
}

void desks_correct(struct desks *desks, int who, enum schema_kind_number kind, struct record_id id,
        struct record_id corrects, const char *json, const char *reason)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	bool found = false;
	while (!found && crdt_doc_event(desks->docs[who], 0, &cursor, &event))
		found = record_id_eq(&event.id, &corrects);
	assert_true(found);
	write_record(desks, who, kind, id, &event.op, json, reason);
}

/* Applied again nothing happens. */
static void apply_all(struct desks *desks, const struct crdt_doc *known, int to)
{
	for (uint32_t i = 0; i < desks->count; i++) {
		struct crdt_change change;
		if (known && crdt_doc_applied(known, &desks->metas[i].feed) < desks->metas[i].seq)
			continue;
		check_ok(crdt_change_open(&change, &desks->metas[i], desks->changes[i]));
		assert_true(crdt_doc_apply(desks->docs[to], &change) >= 0);
	}
}

void desks_meet(struct desks *desks)
{
	for (int to = 0; to < DESKS; to++)
		apply_all(desks, NULL, to);
}

void desks_give(struct desks *desks, int from, int to)
{
	apply_all(desks, desks->docs[from], to);
}

static bool read_op(void *context, const struct op_id *op, struct crdt_op *out, struct crdt_meta *meta)
{
	struct desks *desks = context;
	for (uint32_t i = 0; i < desks->count; i++) {
		struct crdt_change change;
		if (!feed_id_eq(&desks->metas[i].feed, &op->feed) || desks->metas[i].seq != op->seq)
			continue;
		*meta = desks->metas[i];
		check_ok(crdt_change_open(&change, &desks->metas[i], desks->changes[i]));
		for (struct crdt_ops ops = crdt_change_ops(&change); crdt_ops_next(&ops, out);)
			if (out->index == op->index)
				return true;
	}
	return false;
}

struct digest_source desks_view(struct desks *desks, int who)
{
	return (struct digest_source){desks->docs[who], read_op, desks};
}

struct work_reader desks_reader(int who)
{
	static const struct feed_id feeds[DESKS] = {{{1}}, {{2}}, {{3}}};
	return (struct work_reader){{{(uint8_t)(who + 1)}}, &feeds[who], 1};
}
