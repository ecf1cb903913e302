/*
 * Sequences from anybody. The first byte chooses: the rest is a snapshot, which is refused, or saves the same bytes, has the order that its
 * insertions have when they come one by one, is read in its past and goes on taking operations; or it is what two authors wrote at the same
 * time with any origins and targets, which gives the same in every order.
 */
#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"
#include "tests/fuzz/replay.h"

enum { AUTHORS = 3, OP_BYTES = 4, OPS_MAX = 200, BASE = 0 };

static struct crdt_feeds *new_feeds(uint32_t first)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	for (uint32_t i = 0; i < AUTHORS; i++) {
		struct feed_id feed = {{(uint8_t)(1 + (first + i) % AUTHORS)}};
		crdt_feeds_add(feeds, &feed);
	}
	return feeds;
}

static uint32_t feed_of(struct crdt_feeds *feeds, uint32_t author)
{
	struct feed_id feed = {{(uint8_t)(1 + author)}};
	return (uint32_t)crdt_feeds_find(feeds, &feed);
}

/* All three authors are listed, in the order of their ids. */
static struct buf save(const struct seq *seq, struct crdt_feeds *feeds)
{
	struct buf out = {0};
	uint32_t numbers[AUTHORS];
	for (uint32_t i = 0; i < AUTHORS; i++)
		numbers[feed_of(feeds, i)] = i;
	seq_save(seq, numbers, &out);
	return out;
}

/* --- A snapshot --- */

static bool was_early(void *context, const struct doc_stamp *stamp)
{
	return stamp->lamport <= *(const uint64_t *)context;
}

/* As it was when its first changes were there, and when all are: then what stands is what shows or is deleted. */
static void read_past(const struct seq *seq)
{
	struct seq_past past = {0};
	uint64_t lamports[] = {10, UINT64_MAX};
	uint32_t shown = 0;
	for (int i = 0; i < 2; i++)
		seq_past_of(seq, was_early, &lamports[i], &past);
	for (uint32_t i = 0; i < past.count; i++) {
		uint32_t number = past.items[i].number;
		FUZZ_MUST(seq_stands(seq, number) == number);
		FUZZ_MUST(seq_is_deleted(seq, number) == past.items[i].is_deleted);
		FUZZ_MUST(past.items[i].is_deleted || seq_at(seq, shown) == number);
		shown += !past.items[i].is_deleted;
	}
	FUZZ_MUST(shown == seq_size(seq).elements);
	seq_past_close(&past);
}

/* Places are found by walking, or only by halving. */
static void only_halve(struct seq *seq)
{
	seq_reach_build(seq);
	seq->walk = 0;
}

static void rebuild(const struct seq *seq, bool halves)
{
	struct seq *again = seq_new(seq->kind, seq->feeds);
	if (halves)
		only_halve(again);
	for (uint32_t i = 0; i < seq->insertion_count; i++) {
		const struct seq_insertion *it = &seq->insertions[i];
		struct seq_by by = {seq_stamp(again, &seq->stamps[it->by.stamp]), it->by.index};
		seq_insert(again, by, it->left, it->right, seq_insertion_content(seq, i));
	}
	uint32_t number = SEQ_NONE, other = SEQ_NONE;
	do {
		number = seq_after(seq, number);
		other = seq_after(again, other);
		FUZZ_MUST(number == other);
	} while (number != SEQ_NONE);
	FUZZ_MUST(seq_is_sound(again));
	seq_free(again);
}

static void write_on(struct seq *seq, struct crdt_feeds *feeds, enum seq_kind kind)
{
	struct doc_stamp stamp = {UINT64_MAX, 1, UINT32_MAX, feed_of(feeds, 0)};
	struct seq_by by = {seq_stamp(seq, &stamp), 0};
	uint32_t count = seq_element_count(seq), steps = count < 40 ? count : 40;
	for (uint32_t i = 0; i < steps; i++, by.index++) {
		uint32_t left = i * 7 % count, right = i % 3 ? i * 5 % count : seq_after(seq, left);
		struct seq_origin origin = seq_origin(seq, left);
		seq_insert(seq, by, left, right, span_of("\x2a", 1));
		seq_delete(seq, by, &origin.op, origin.offset, 2);
		if (kind == SEQ_TEXT)
			continue;
		by.index++;
		seq_take_back(seq, by, left, SEQ_NONE);
		seq_move(seq, by, i * 3 % count, left, right);
	}
	FUZZ_MUST(seq_is_sound(seq));
}

static void load(enum seq_kind kind, struct span bytes)
{
	struct crdt_feeds *feeds = new_feeds(1);
	uint32_t seqs[AUTHORS], numbers[AUTHORS];
	for (uint32_t i = 0; i < AUTHORS; i++) {
		seqs[i] = 100;
		numbers[i] = feed_of(feeds, i);
	}
	struct wire_in in = wire_begin(bytes);
	struct seq *seq = seq_load(&in, kind, seqs, AUTHORS);
	if (seq)
		seq_adopt(seq, feeds, numbers);
	if (seq && wire_end(&in) == 0) {
		struct buf saved = save(seq, feeds);
		FUZZ_MUST(seq_is_sound(seq));
		FUZZ_MUST(span_eq(buf_span(&saved), bytes));
		rebuild(seq, false);
		rebuild(seq, true);
		if (bytes.size % 2)
			only_halve(seq);
		read_past(seq);
		write_on(seq, feeds, kind);
		read_past(seq);
		buf_close(&saved);
	}
	seq_free(seq);
	crdt_feeds_free(feeds);
}

/* --- Two authors --- */

/* An element by an op of the base or of the author's own before `seq`: perhaps none. */
static uint32_t cited(
        const struct seq *seq, struct crdt_feeds *feeds, uint32_t author, uint32_t before, uint8_t choice)
{
	bool own = choice & 1;
	uint32_t op_seq = 1 + (uint32_t)(choice >> 3) % (own ? before : 8);
	if (own && op_seq >= before)
		return SEQ_NONE;
	struct doc_op op = {feed_of(feeds, own ? author : BASE), op_seq, 0};
	return seq_find(seq, &op, (choice >> 1) & 3);
}

static void apply(
        struct seq *seq, struct crdt_feeds *feeds, uint32_t author, uint32_t op_seq, const uint8_t *op)
{
	struct doc_stamp stamp = {10 + op_seq, 20 + author, op_seq, feed_of(feeds, author)};
	struct seq_by by = {seq_stamp(seq, &stamp), 0};
	uint32_t left = cited(seq, feeds, author, op_seq, op[1]),
	         right = cited(seq, feeds, author, op_seq, op[2]);
	if (op[0] & 2) {
		struct seq_origin origin;
		if (left == SEQ_NONE)
			return;
		origin = seq_origin(seq, left);
		seq_delete(seq, by, &origin.op, origin.offset, 1 + op[3] % 4);
		return;
	}
	seq_insert(seq, by, left, right, span_of("abc\xc3\xa9", 1 + op[3] % 3));
}

/* `which`: the author whose ops come first; 2: as they stand. */
static struct buf write_both(struct span ops, uint32_t which)
{
	struct crdt_feeds *feeds = new_feeds(which);
	struct seq *seq = seq_new(SEQ_TEXT, feeds);
	if (which == 1)
		only_halve(seq);
	uint32_t count = (uint32_t)(ops.size / OP_BYTES), seqs[AUTHORS] = {0};
	for (uint32_t i = 0; i < 8; i++)
		apply(seq, feeds, BASE, ++seqs[BASE],
		        (const uint8_t[]){0, (uint8_t)(16 * i), (uint8_t)(8 * i), 2});
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < count; i++) {
			const uint8_t *op = ops.data + i * OP_BYTES;
			uint32_t author = 1 + (op[0] & 1);
			if (which == 2 ? round == 0 : (op[0] & 1) == (which ^ round))
				apply(seq, feeds, author, ++seqs[author], op);
		}
	FUZZ_MUST(seq_is_sound(seq));
	struct buf saved = save(seq, feeds);
	seq_free(seq);
	crdt_feeds_free(feeds);
	return saved;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 3 < 2) {
		load(data[0] % 3 ? SEQ_LIST : SEQ_TEXT, span_of(data + 1, size - 1));
		return 0;
	}
	struct span ops = span_sub(span_of(data, size), 1, OPS_MAX * OP_BYTES);
	struct buf given = write_both(ops, 2);
	for (uint32_t which = 0; which < 2; which++) {
		struct buf other = write_both(ops, which);
		FUZZ_MUST(span_eq(buf_span(&given), buf_span(&other)));
		buf_close(&other);
	}
	load(SEQ_TEXT, buf_span(&given));
	buf_close(&given);
	return 0;
}
