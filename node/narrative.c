/*
 * What was seen is a list of elements: those of the text as it was then, and those of register values, which the first edit carries over
 * into the text. The difference of two texts is in bytes; each of its stretches becomes the elements that it stands for, wherever these
 * are by now.
 */
#include "node/narrative.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "crdt/nfc.h"
#include "node/text_diff.h"

static const struct span LINE_FEED = {(const uint8_t *)"\n", 1};

static struct span trimmed(struct span text)
{
	while (text.size && text.data[0] == '\n')
		text = span_sub(text, 1, text.size);
	while (text.size && text.data[text.size - 1] == '\n')
		text.size--;
	return text;
}

static bool ends_line(struct span text)
{
	return text.size == 0 || text.data[text.size - 1] == '\n';
}

/* ---- Register values ---- */

enum {
	/* Well above what any field took; NFC makes at most 3 times as much of it. */
	VALUE_BYTES_MAX = 64 * 1024,
	/* Of all values of a field: with what NFC makes of it they fit one change, so that a device that writes them without end leaves the
	 * field to be edited. 32 devices that wrote as much as the field takes. */
	VALUES_BYTES_MAX = 512 * 1024,
};

/* False: not a text, or longer than any that a program of ours wrote. */
static bool text_of(const struct crdt_value *value, struct span *text)
{
	struct mpack_in in = mpack_begin(value->value);
	*text = mpack_str(&in);
	return !in.error && text->size <= VALUE_BYTES_MAX;
}

/* The values at `path` that are texts, newest first. The rest, and more than one operation can name or one change hold, stay values until these have
 * been carried over. */
static void values_at(const struct crdt_doc *doc, struct span path, struct crdt_values *out)
{
	uint32_t kept = 0;
	size_t bytes = 0;
	struct span text;
	crdt_doc_values(doc, path, out);
	for (uint32_t i = 0; i < out->count && kept < LIMIT_OP_SUPERSEDES; i++) {
		if (!text_of(&out->items[i], &text))
			continue;
		bytes += text.size;
		if (bytes > VALUES_BYTES_MAX)
			break;
		out->items[kept++] = out->items[i];
	}
	out->count = kept;
}

/* Value number `index` in NFC, ending in a line feed. False: it is empty, or the same as one before. */
static bool value_line(const struct crdt_values *values, uint32_t index, struct buf *out)
{
	struct span text;
	buf_clear(out);
	if (!text_of(&values->items[index], &text) || text.size == 0 || crdt_text_nfc(text, out))
		return false;
	for (uint32_t i = 0; i < index; i++)
		if (span_eq(values->items[i].value, values->items[index].value))
			return false;
	buf_add_span(out, LINE_FEED);
	return true;
}

/* ---- Reading ---- */

static void read_text(const struct seq *text, struct buf *out)
{
	struct span piece;
	for (uint64_t cursor = 0; text && seq_next(text, &cursor, &piece);)
		buf_add_span(out, piece);
}

void narrative_read(const struct crdt_doc *doc, struct span path, struct buf *out)
{
	struct crdt_values values = {0};
	struct buf all = {0}, value = {0};
	read_text(crdt_doc_text(doc, path), &all);
	values_at(doc, path, &values);
	for (uint32_t i = 0; i < values.count; i++) {
		if (!value_line(&values, i, &value))
			continue;
		if (!ends_line(buf_span(&all)))
			buf_add_span(&all, LINE_FEED);
		buf_add_span(&all, buf_span(&value));
	}
	buf_add_span(out, trimmed(buf_span(&all)));
	buf_close(&all);
	buf_close(&value);
	crdt_values_close(&values);
}

void narrative_note_seen(const struct crdt_doc *doc, struct span path, struct crdt_frontier *seen)
{
	const struct seq *text = crdt_doc_text(doc, path);
	struct crdt_values values = {0};
	struct entry_ref entry;
	for (uint32_t cursor = 0; text && crdt_doc_seq_entry(doc, text, &cursor, &entry);)
		crdt_frontier_raise(seen, &entry.feed, entry.seq);
	crdt_doc_values(doc, path, &values);
	for (uint32_t i = 0; i < values.count; i++)
		crdt_frontier_raise(seen, &values.items[i].op.feed, values.items[i].op.seq);
	crdt_values_close(&values);
}

/* ---- Writing ---- */

/* An edit of one text. */
struct writing {
	const struct crdt_doc *doc;
	struct span path;
	struct narrative_seen seen;
	struct crdt_edit *edit;
	struct crdt_values values;
	struct op_id *cited; /* of the values that it takes the place of */
	uint32_t cited_count;
	uint32_t *elements; /* what was seen, in order */
	uint32_t count, capacity;
	struct buf shown; /* the same as bytes */
};

static bool was_seen(const struct writing *writing, const struct op_id *op)
{
	const struct narrative_seen *seen = &writing->seen;
	for (uint32_t i = 0; seen->entries && i < seen->count; i++)
		if (feed_id_eq(&seen->entries[i].feed, &op->feed))
			return op->seq <= seen->entries[i].seq;
	return !seen->entries;
}

static void see(struct writing *writing, uint32_t element)
{
	writing->elements = mem_room(
	        writing->elements, writing->count, &writing->capacity, sizeof(*writing->elements));
	writing->elements[writing->count++] = element;
}

static void see_present(struct writing *writing, const struct seq *text)
{
	read_text(text, &writing->shown);
	for (uint32_t i = seq_after(text, SEQ_NONE); i != SEQ_NONE; i = seq_after(text, i))
		if (seq_is_visible(text, i))
			see(writing, i);
}

static void see_past(struct writing *writing, const struct seq *text)
{
	const struct narrative_seen *seen = &writing->seen;
	struct seq_past past = {0};
	crdt_doc_text_past(writing->doc, text, seen->entries, seen->count, &writing->shown);
	crdt_doc_past(writing->doc, text, seen->entries, seen->count, &past);
	for (uint32_t i = 0; i < past.count; i++)
		if (!past.items[i].is_deleted)
			see(writing, past.items[i].number);
	seq_past_close(&past);
}

/* The elements of the text that were visible to the author. In the session they have the same numbers. */
static void see_text(struct writing *writing)
{
	const struct seq *text = crdt_doc_text(writing->doc, writing->path);
	if (text && writing->seen.entries)
		see_past(writing, text);
	else if (text)
		see_present(writing, text);
}

/* Put `lines` at the end of the text, behind what is a line by then. */
static void append(struct writing *writing, struct buf *lines)
{
	const struct seq *seq = crdt_edit_seq(writing->edit);
	uint32_t size = seq_size(seq).elements;
	if (size && !ends_line(seq_content(seq, seq_at(seq, size - 1)))) {
		struct buf all = {0};
		buf_add_span(&all, LINE_FEED);
		buf_add_span(&all, buf_span(lines));
		buf_close(lines);
		*lines = all;
	}
	crdt_edit_insert(writing->edit, size, buf_span(lines));
}

/* Values of registers become text, in the order shown, whoever saw them; those that were seen belong to what was. */
static void carry_over(struct writing *writing)
{
	const struct seq *seq = crdt_edit_seq(writing->edit);
	struct buf line = {0};
	for (uint32_t i = 0; i < writing->values.count; i++) {
		const struct op_id *op = &writing->values.items[i].op;
		uint32_t number = seq_element_count(seq);
		writing->cited[writing->cited_count++] = *op;
		if (!value_line(&writing->values, i, &line))
			continue;
		append(writing, &line);
		if (!was_seen(writing, op))
			continue;
		buf_add_span(&writing->shown, buf_span(&line));
		for (; number < seq_element_count(seq); number++)
			see(writing, number);
	}
	buf_close(&line);
}

/* Nothing is to stay of what was seen: neither is it carried over. */
static void take_away(struct writing *writing)
{
	for (uint32_t i = 0; i < writing->values.count; i++)
		if (was_seen(writing, &writing->values.items[i].op))
			writing->cited[writing->cited_count++] = writing->values.items[i].op;
}

/* Those that are still there; what stands in a row at once. */
static void delete_elements(struct writing *writing, uint32_t first, uint32_t count)
{
	const struct seq *seq = crdt_edit_seq(writing->edit);
	const uint32_t *elements = writing->elements;
	for (uint32_t i = first, run; i < first + count; i += run) {
		run = 1;
		if (!seq_is_visible(seq, elements[i]))
			continue;
		uint32_t position = seq_before(seq, elements[i]).elements;
		while (i + run < first + count && seq_at(seq, position + run) == elements[i + run])
			run++;
		crdt_edit_delete(writing->edit, position, run);
	}
}

/* Right behind what was seen before it, or right before what was seen first. */
static void insert_text(struct writing *writing, uint32_t first, struct span text)
{
	const struct seq *seq = crdt_edit_seq(writing->edit);
	uint32_t beside = writing->elements[first ? first - 1 : 0];
	uint32_t position = seq_before(seq, beside).elements + (first && seq_is_visible(seq, beside));
	crdt_edit_insert(writing->edit, position, text);
}

static uint32_t count_elements(struct span text)
{
	uint32_t count = 0;
	for (size_t i = 0; i < text.size; i++)
		count += (text.data[i] & 0xc0) != 0x80;
	return count;
}

/* `shown` is part of the text seen, `text` what it shall be; both with the line feed of their last line. */
static void apply_hunks(struct writing *writing, struct span shown, struct span text)
{
	struct text_hunks hunks = {0};
	uint32_t at = 0, element = (uint32_t)(shown.data - writing->shown.data); /* line feeds before it */
	text_diff(shown, text, &hunks);
	for (uint32_t i = 0; i < hunks.count; i++) {
		const struct text_hunk *hunk = &hunks.items[i];
		element += count_elements(span_sub(shown, at, hunk->at - at));
		uint32_t gone = count_elements(span_sub(shown, hunk->at, hunk->gone));
		if (hunk->came)
			insert_text(writing, element, span_sub(text, hunk->from, hunk->came));
		delete_elements(writing, element, gone);
		element += gone;
		at = hunk->at + hunk->gone;
	}
	text_hunks_close(&hunks);
}

/* A text ends in a line feed, which is not shown: so what two people write at the same time where nothing stood is not glued together. */
static void write_lines(struct writing *writing, struct span shown, struct span text)
{
	struct buf lines = {0};
	buf_add_span(&lines, text);
	buf_add_span(&lines, LINE_FEED);
	if (shown.size == 0) {
		append(writing, &lines);
	} else {
		const uint8_t *end = writing->shown.data + writing->shown.size;
		shown.size += shown.data + shown.size < end; /* its line feed, when it has one */
		apply_hunks(writing, shown, buf_span(&lines));
	}
	buf_close(&lines);
}

/* False: nothing is to be changed. */
static bool rewrite(struct writing *writing, struct span text)
{
	see_text(writing);
	if (text.size)
		carry_over(writing);
	else
		take_away(writing);
	struct span shown = trimmed(buf_span(&writing->shown));
	if (text.size == 0)
		delete_elements(writing, 0, writing->count);
	else if (span_eq(shown, text))
		return false;
	else
		write_lines(writing, shown, text);
	return true;
}

static int write_ops(struct writing *writing, struct crdt_builder *builder)
{
	const struct crdt_cites cites = {writing->cited, writing->cited_count};
	if (cites.count)
		crdt_builder_clear(builder, writing->path, cites, (struct span){NULL, 0});
	int result = crdt_edit_write(writing->edit, builder);
	if (result == CRDT_EDIT_MORE)
		return ERR_TOOBIG;
	return result != ERR_NOTFOUND ? result : cites.count ? 0 : NARRATIVE_UNCHANGED;
}

static int write_new(struct crdt_builder *builder, struct span path, struct span text)
{
	struct buf line = {0};
	if (text.size == 0)
		return NARRATIVE_UNCHANGED;
	buf_add_span(&line, text);
	buf_add_span(&line, LINE_FEED);
	crdt_builder_text_insert(builder, path, NULL, NULL, buf_span(&line));
	buf_close(&line);
	return builder->error;
}

int narrative_write(const struct crdt_doc *doc, struct crdt_builder *builder, struct span path,
        struct narrative_seen seen, struct span text)
{
	struct writing writing = {.doc = doc, .path = path, .seen = seen};
	if (!doc)
		return write_new(builder, path, trimmed(text));
	writing.edit = crdt_edit_text(doc, path, &builder->feed);
	if (!writing.edit)
		return ERR_FULL;
	values_at(doc, path, &writing.values);
	writing.cited = mem_zero(writing.values.count, sizeof(*writing.cited));
	int result = rewrite(&writing, trimmed(text)) ? write_ops(&writing, builder) : NARRATIVE_UNCHANGED;
	crdt_edit_free(writing.edit);
	crdt_values_close(&writing.values);
	mem_free(writing.cited);
	mem_free(writing.elements);
	buf_close(&writing.shown);
	return result;
}
