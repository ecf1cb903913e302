/*
 * Searching by words.
 *
 * Normal course: what the log has beyond the index is read into it, which of an ordinary day is nothing; each word of the query marks the records that it stands in, piece by piece;
 * of those with all of them, words of the patient's name counted, the newest are kept. What stands in registers is searched in the dossiers' digests, early copies' events where they are.
 * Failures: an entry that cannot be read yet is noted, and looked at again once keys came or documents were made anew.
 */
#include "node/node_search.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/search/index.h"
#include "node/search/texts.h"

enum { STEP_ENTRIES = 256, KEPT_TIMES = 4 };

/* ---- Reading the log --------------------------------------------------------------------------------------------- */

struct reading {
	struct search_index *index;
	struct search_record record;
	bool is_begun;
};

static void add_text(void *context, const struct schema_field *field, struct span text)
{
	struct reading *reading = context;
	struct buf digits = {0};
	(void)field;
	if (!reading->is_begun)
		search_index_record(reading->index, &reading->record);
	reading->is_begun = true;
	search_index_words(reading->index, text);
	search_digits(text, &digits);
	search_index_words(reading->index, buf_span(&digits));
	buf_wipe(&digits);
}

static bool is_searched_doc(uint32_t kind)
{
	return kind == SCHEMA_DOC_DOSSIER || kind == SCHEMA_DOC_THREAD || kind == SCHEMA_DOC_PRACTICE;
}

static int64_t moment_of(const struct crdt_op *op, const struct crdt_meta *meta)
{
	int64_t when_s;
	return record_event_when(op->event_kind, op->value, &when_s)
	        ? when_s
	        : (int64_t)(crdt_hlc_ms(meta->hlc) / 1000);
}

static void add_event(struct node *node, uint32_t feed, uint32_t doc, const struct crdt_op *op,
        const struct crdt_meta *meta)
{
	const struct schema_kind *kind = schema_kind(op->event_kind);
	struct schema_record record;
	struct schema_measures measures;
	uint32_t unknown_count;
	if (op->kind != CRDT_OP_EVENT || !kind || !search_has_texts(kind) || op->index > UINT16_MAX ||
	        meta->seq > UINT32_MAX || !record_event_read(op, &measures, &record, &unknown_count))
		return;
	struct reading reading = {.index = node->words,
	        .record = {.doc = doc,
	                .feed = feed,
	                .seq = meta->seq,
	                .op = op->index,
	                .kind = op->event_kind,
	                .when_s = moment_of(op, meta)}};
	search_event_texts(&record, add_text, &reading);
}

static void add_change(struct node *node, uint32_t feed, const struct crdt_change *change)
{
	uint32_t doc;
	struct crdt_ops ops = crdt_change_ops(change);
	struct crdt_op op;
	if (!is_searched_doc(change->doc_kind))
		return;
	if (docs_find(node->docs, change->doc_kind, &change->doc_id, &doc))
		while (crdt_ops_next(&ops, &op))
			add_event(node, feed, doc, &op, change->meta);
	else /* it is kept apart, and its document is not there yet */
		search_index_later(node->words, feed, change->meta->seq);
}

static void add_entry(struct node *node, uint32_t feed, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header;
	struct record_id dossier;
	struct crdt_change change;
	struct span raw;
	if (entry->purged || header->kind != ENTRY_CHANGE || header->compartment == COMPARTMENT_MEMBERSHIP)
		return;
	const struct crdt_meta meta = node_entry_meta(node, feed, header);
	int result = bodies_open(node->bodies, header, entry->body, &raw, &dossier);
	if (result == ERR_LOCKED)
		search_index_later(node->words, feed, header->seq);
	if (result == 0 && crdt_change_open(&change, &meta, raw) == 0 &&
	        node_entry_belongs(&change, header, &dossier))
		add_change(node, feed, &change);
}

/* What is on the disk, and in documents. */
static uint64_t readable(struct node *node, uint32_t feed)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const uint64_t applied = node_progress(node, feed)->applied;
	if (known->compartment == COMPARTMENT_MEMBERSHIP)
		return 0;
	return applied < known->committed_seq ? applied : known->committed_seq;
}

static uint64_t left_to_read(struct node *node)
{
	uint64_t left = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const uint64_t upto = search_index_upto(node->words, i), end = readable(node, i);
		left += end > upto ? end - upto : 0;
	}
	return left;
}

/* At most `max` entries, those with the lowest clocks first. How many there were; negative: an error. */
static int read_some(struct node *node, struct store_txn *txn, uint32_t max)
{
	const uint32_t count = log_feed_count(node->log);
	struct log_range *ranges = mem_zero(count + 1, sizeof(*ranges));
	const struct run_entry *entry;
	uint32_t used = 0, feed, read = 0;
	int result = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t upto = search_index_upto(node->words, i), end = readable(node, i);
		if (end > upto)
			ranges[used++] = (struct log_range){i, upto + 1, end};
	}
	struct log_stream *stream = used ? log_stream_new(node->log, ranges, used) : NULL;
	while (stream && read < max && (result = log_stream_next_entry(stream, txn, &feed, &entry)) == 1) {
		add_entry(node, feed, entry);
		search_index_read(node->words, feed, entry->header.seq);
		read++;
	}
	log_stream_free(stream);
	mem_free(ranges);
	return result < 0 ? result : (int)read;
}

/* Entries that could not be read: keys may have come, or their documents. */
static int read_later(struct node *node, struct store_txn *txn)
{
	uint32_t count;
	const struct run_entry *entry;
	int result = 0;
	struct search_later *items = search_index_take_later(node->words, &count);
	for (uint32_t i = 0; i < count; i++)
		for (uint64_t j = 0; result == 0 && j < items[i].count; j++) {
			result = log_read_entry(
			        node->log, txn, &node->reader, items[i].feed, items[i].first + j, &entry);
			if (result == 0)
				add_entry(node, items[i].feed, entry);
			else if (node_is_damage(result))
				result = 0;
		}
	mem_free(items);
	return result;
}

static int catch_up(struct node *node, uint64_t budget_ms)
{
	const uint64_t end_ms = env_monotonic_ms(node->config.env) + budget_ms;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = search_index_load(node->words, txn);
	if (result == 0 && node->words_later && search_index_is_short(node->words))
		result = search_index_restart(node->words, txn);
	else if (result == 0 && node->words_later)
		result = read_later(node, txn);
	node->words_later = false;
	while (result == 0) {
		const int read = read_some(node, txn, STEP_ENTRIES);
		result = read < 0 ? read : 0;
		node->since_checkpoint += read > 0 ? (uint64_t)read : 0; /* rows are due */
		if (read < STEP_ENTRIES || env_monotonic_ms(node->config.env) >= end_ms)
			break;
	}
	node_end_read(node);
	return result;
}

/* A row that does not open keeps nobody from finding the rest. */
static int read_log(struct node *node, uint64_t budget_ms)
{
	if (!node->bodies || node->stopped)
		return 0;
	const int result = catch_up(node, budget_ms);
	return node_is_damage(result) ? 0 : result;
}

uint64_t node_search_ahead(struct node *node, uint64_t budget_ms)
{
	return read_log(node, budget_ms) ? 0 : left_to_read(node);
}

bool node_event_is_apart(const struct node *node, const struct op_id *op)
{
	uint32_t feed;
	return log_feed_number(node->log, &op->feed, &feed) && node_entry_apart(node, feed, op->seq);
}

size_t node_search_bytes(const struct node *node)
{
	return search_index_bytes(node->words);
}

/* ---- Hits -------------------------------------------------------------------------------------------------------- */

struct finding {
	struct node *node;
	const struct search_query *query;
	const struct patient_groups *groups; /* NULL: no files are one patient's */
	uint8_t all;
	uint32_t max;
	uint8_t *names; /* by shown number: words that are the patient's name */
	struct node_hits *names_found, *found;
};

static int by_place(const struct node_hit *a, const struct node_hit *b)
{
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	const int order = op_id_cmp(&a->op, &b->op);
	return order ? order : record_id_cmp(&a->id, &b->id);
}

static int newest_first(const void *left, const void *right)
{
	const struct node_hit *a = left, *b = right;
	if (a->when_s != b->when_s)
		return a->when_s > b->when_s ? -1 : 1;
	return by_place(a, b);
}

/* In order, each once, at most `max`. */
static void settle(struct node_hits *hits, uint32_t max)
{
	uint32_t kept = 0;
	if (hits->count)
		qsort(hits->items, hits->count, sizeof(*hits->items), newest_first);
	for (uint32_t i = 0; i < hits->count; i++)
		if (kept == 0 || newest_first(&hits->items[kept - 1], &hits->items[i]) != 0)
			hits->items[kept++] = hits->items[i];
	hits->has_more |= kept > max;
	hits->count = kept < max ? kept : max;
	if (hits->count == max)
		hits->oldest_s = hits->items[max - 1].when_s;
}

static void keep(struct node_hits *hits, const struct node_hit *hit, uint32_t max)
{
	if (hit->when_s < hits->oldest_s) { /* so many are newer */
		hits->has_more = true;
		return;
	}
	if (hits->count >= KEPT_TIMES * max)
		settle(hits, max);
	hits->items = mem_room(hits->items, hits->count, &hits->room, sizeof(*hits->items));
	hits->items[hits->count++] = *hit;
}

void node_hits_close(struct node_hits *hits)
{
	mem_free(hits->items);
	*hits = (struct node_hits){0};
}

/* ---- Registers --------------------------------------------------------------------------------------------------- */

static void look_at_entry(struct finding *finding, uint32_t number, const struct search_entry *entry)
{
	uint8_t *names = &finding->names[number];
	const uint8_t words = search_query_in_folded(finding->query, entry->folded);
	struct node_hit hit = {.number = number, .kind = entry->kind, .id = entry->id};
	if (entry->kind == SEARCH_NAMES) {
		*names |= words;
		hit.names = words;
		if (words == finding->all)
			keep(finding->names_found, &hit, finding->max);
		return;
	}
	hit.names = *names;
	hit.when_s = entry->when_s;
	if (words && (words | *names) == finding->all)
		keep(finding->found, &hit, finding->max);
}

/* Most dossiers have none of the words in any record. */
static void look_at_entries(struct finding *finding, uint32_t number, struct span part)
{
	if (!search_query_in_folded(finding->query, part))
		return;
	struct mpack_in in = mpack_begin(part);
	uint32_t left = search_entries_count(&in);
	struct search_entry entry;
	while (search_entries_next(&in, &left, &entry))
		look_at_entry(finding, number, &entry);
}

static bool look_at_dossier(void *context, const struct node_digest *digest)
{
	struct finding *finding = context;
	struct crdt_doc *doc;
	struct buf whole = {0};
	if (!digest->is_cut) {
		look_at_entries(finding, digest->number, digest->part);
		return true;
	}
	if (node_shown_by_number(finding->node, digest->number, &doc) == 0)
		search_entries_of(doc, &whole);
	look_at_entries(finding, digest->number, buf_span(&whole));
	buf_wipe(&whole);
	return true;
}

/* ---- Files of one patient ---------------------------------------------------------------------------------------- */

/* The words that are her name in any of these files. */
static uint8_t names_of_all(struct finding *finding, const struct patient_group *group)
{
	uint8_t names = 0;
	for (uint32_t i = 0; i < group->count; i++) {
		struct node_digest digest;
		if (node_digest_of(finding->node, &group->files[i], DIGEST_WORDS, &digest) == 0)
			names |= finding->names[digest.number];
	}
	return names;
}

static void look_again(struct finding *finding, const struct patient_group *group)
{
	const uint8_t names = names_of_all(finding, group);
	for (uint32_t i = 0; i < group->count; i++) {
		struct node_digest digest;
		if (node_digest_of(finding->node, &group->files[i], DIGEST_WORDS, &digest) ||
		        finding->names[digest.number] == names)
			continue;
		finding->names[digest.number] = names;
		look_at_dossier(finding, &digest); /* what was found already is there once all the same */
	}
}

static void look_at_joined(struct finding *finding)
{
	const struct patient_groups *groups = finding->groups;
	for (uint32_t i = 0; groups && i < groups->count; i++) {
		struct patient_group group;
		if (!record_id_eq(&groups->files[i], &groups->main[i]))
			continue;
		patient_groups_of(groups, &groups->files[i], &group);
		if (group.count > 1)
			look_again(finding, &group);
	}
}

/* ---- Events ------------------------------------------------------------------------------------------------------ */

static void keep_event(struct finding *finding, const struct search_record *record)
{
	const struct log_feed *feed = log_feed(finding->node->log, record->feed);
	const struct node_hit hit = {.number = record->doc,
	        .kind = record->kind,
	        .is_event = true,
	        .names = finding->names[record->doc],
	        .op = {feed->id, record->seq, record->op},
	        .when_s = record->when_s};
	keep(finding->found, &hit, finding->max);
}

static void look_at_piece(struct finding *finding, uint32_t piece, uint8_t *masks)
{
	const struct search_index *index = finding->node->words;
	const uint32_t count = search_index_count(index, piece), docs = docs_count(finding->node->docs),
	               feeds = log_feed_count(finding->node->log);
	memset(masks, 0, count);
	for (uint32_t i = 0; i < finding->query->count; i++) {
		const struct fold_word *word = &finding->query->words[i];
		search_index_mark(index, piece, span_of(word->bytes, word->size), (uint8_t)(1U << i), masks);
	}
	for (uint32_t i = count; i-- > 0;) { /* the newest are behind */
		struct search_record record;
		if (!masks[i])
			continue;
		if (masks[i] == finding->all &&
		        search_index_when(index, piece, i) < finding->found->oldest_s) {
			finding->found->has_more = true; /* so many are newer */
			continue;
		}
		search_index_get(index, piece, i, &record);
		if (record.doc < docs && record.feed < feeds &&
		        (masks[i] | finding->names[record.doc]) == finding->all)
			keep_event(finding, &record);
	}
}

static void look_at_events(struct finding *finding)
{
	uint8_t *masks = mem_zero(SEGMENT_RECORDS + 1, 1);
	for (uint32_t i = search_index_pieces(finding->node->words); i-- > 0;)
		look_at_piece(finding, i, masks);
	mem_free(masks);
}

/* ---- Early copies ------------------------------------------------------------------------------------------------ */

struct bits {
	const struct search_query *query;
	unsigned found;
};

static void look_at_text(void *context, const struct schema_field *field, struct span text)
{
	struct bits *bits = context;
	struct buf digits = {0};
	(void)field;
	search_digits(text, &digits);
	bits->found |= search_query_in(bits->query, text);
	bits->found |= search_query_in(bits->query, buf_span(&digits));
	buf_wipe(&digits);
}

static void look_at_body(struct finding *finding, uint32_t number, const struct early_body *body)
{
	struct crdt_meta meta;
	struct entry_ref dep;
	struct schema_record record;
	struct schema_measures measures;
	uint32_t unknown_count;
	struct bits bits = {.query = finding->query};
	const struct crdt_op op = early_body_op(body, &meta, &dep);
	if (!record_event_read(&op, &measures, &record, &unknown_count))
		return;
	search_event_texts(&record, look_at_text, &bits);
	const struct node_hit hit = {.number = number,
	        .kind = body->kind,
	        .is_event = true,
	        .names = finding->names[number],
	        .op = body->op,
	        .when_s = moment_of(&op, &meta)};
	if (bits.found && (bits.found | hit.names) == finding->all)
		keep(finding->found, &hit, finding->max);
}

/* Bodies that the log has not brought: the others are in the index. */
static void look_at_early(struct finding *finding)
{
	uint32_t kind;
	struct record_id id;
	for (uint32_t i = 0; finding->node->early.count && node_shown_at(finding->node, i, &kind, &id) == 0;
	        i++) {
		const struct early_copy *copy = kind == SCHEMA_DOC_DOSSIER ? node_early_of(finding->node, &id)
		                                                           : NULL;
		for (uint32_t j = 0; copy && j < copy->body_count; j++)
			if (node_early_ahead(finding->node, &copy->bodies[j].op))
				look_at_body(finding, i, &copy->bodies[j]);
	}
}

/* ---- Searching --------------------------------------------------------------------------------------------------- */

static int look(struct finding *finding)
{
	const uint32_t count = node_shown_count(finding->node);
	finding->all = search_query_all(finding->query);
	finding->names = mem_zero(count + 1, 1);
	int result = node_digest_each(finding->node, DIGEST_WORDS, look_at_dossier, finding);
	if (result == 0) {
		look_at_joined(finding);
		look_at_events(finding);
		look_at_early(finding);
	}
	mem_free(finding->names);
	finding->names = NULL;
	return result;
}

int node_search(struct node *node, const struct search_query *query, uint32_t max, uint64_t budget_ms,
        struct node_hits *out)
{
	return node_search_among(node, query, NULL, max, budget_ms, out);
}

int node_search_among(struct node *node, const struct search_query *query,
        const struct patient_groups *groups, uint32_t max, uint64_t budget_ms, struct node_hits *out)
{
	struct search_query number;
	struct node_hits found = {0};
	*out = (struct node_hits){0};
	if (query->count == 0 || query->has_more || max == 0)
		return 0;
	int result = read_log(node, budget_ms);
	struct finding finding = {.node = node,
	        .query = query,
	        .groups = groups,
	        .max = max,
	        .names_found = out,
	        .found = &found};
	if (result == 0)
		result = look(&finding);
	finding.query = &number;
	if (result == 0 && search_query_number(query, &number))
		result = look(&finding);
	settle(out, max);
	settle(&found, max);
	for (uint32_t i = 0; i < found.count; i++) {
		out->items = mem_room(out->items, out->count, &out->room, sizeof(*out->items));
		out->items[out->count++] = found.items[i];
	}
	out->has_more |= found.has_more;
	out->left = left_to_read(node);
	node_hits_close(&found);
	return result;
}
