#include "crdt/seq_state.h"

struct seq_size seq_size(const struct seq *seq)
{
	return seq->size;
}

uint32_t seq_element_count(const struct seq *seq)
{
	return seq->element_count;
}

size_t seq_content_bytes(const struct seq *seq)
{
	return seq->content.size;
}

/* The cursor holds leaf and run. */
bool seq_next(const struct seq *seq, uint64_t *cursor, struct span *content)
{
	struct seq_place place = {(uint32_t)(*cursor >> 32), (uint32_t)*cursor, 0};
	while (!seq_is_end(seq, place)) {
		const struct seq_run *run = seq_run_at(seq, place);
		place = seq_tree_next_run(seq, place);
		*cursor = (uint64_t)place.leaf << 32 | place.run;
		if (run->is_hidden)
			continue;
		*content = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
		return true;
	}
	return false;
}

/* What a position is counted in. */
enum unit { IN_ELEMENTS, IN_BYTES, IN_UTF16 };

static uint32_t in_unit(struct seq_size size, enum unit unit)
{
	return unit == IN_ELEMENTS ? size.elements
	        : unit == IN_BYTES ? size.bytes
	                           : size.elements + size.wide;
}

/* The run in which `target` units have passed, and what is left of them there. False: they pass at the end. */
static bool find_run(
        const struct seq *seq, enum unit unit, uint32_t *target, uint32_t *elements, struct seq_place *out)
{
	uint32_t node = seq->root, i;
	*elements = 0;
	if (*target >= in_unit(seq->size, unit))
		return false;
	for (uint32_t height = seq->height; height > 0; height--) {
		const struct seq_branch *branch = &seq->branches[node];
		for (i = 0; *target >= in_unit(branch->sizes[i], unit); i++) {
			*target -= in_unit(branch->sizes[i], unit);
			*elements += branch->sizes[i].elements;
		}
		node = branch->children[i];
	}
	const struct seq_run *runs = seq->leaves[node].runs;
	for (i = 0; *target >= in_unit(seq_visible(&runs[i]), unit); i++) {
		*target -= in_unit(seq_visible(&runs[i]), unit);
		*elements += seq_visible(&runs[i]).elements;
	}
	*out = (struct seq_place){node, i, 0};
	return true;
}

uint32_t seq_at(const struct seq *seq, uint32_t position)
{
	struct seq_place place;
	uint32_t elements;
	if (!find_run(seq, IN_ELEMENTS, &position, &elements, &place))
		return SEQ_NONE;
	return seq_run_at(seq, place)->first + position;
}

static uint32_t position_of(const struct seq *seq, enum unit unit, uint32_t target)
{
	struct seq_place place;
	uint32_t elements;
	if (!find_run(seq, unit, &target, &elements, &place))
		return seq->size.elements;
	const struct seq_run *run = seq_run_at(seq, place);
	struct span rest = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
	for (;;) {
		struct seq_size one = seq_measure_first(seq->kind, rest, 1);
		if (in_unit(one, unit) > target)
			return elements;
		target -= in_unit(one, unit);
		elements++;
		rest = span_sub(rest, one.bytes, rest.size);
	}
}

uint32_t seq_position_of_bytes(const struct seq *seq, uint32_t bytes)
{
	return position_of(seq, IN_BYTES, bytes);
}

uint32_t seq_position_of_utf16(const struct seq *seq, uint32_t units)
{
	return position_of(seq, IN_UTF16, units);
}

uint32_t seq_after(const struct seq *seq, uint32_t number)
{
	struct seq_place place = seq_tree_behind(seq, number);
	return seq_is_end(seq, place) ? SEQ_NONE : seq_run_at(seq, place)->first + place.offset;
}

struct seq_size seq_before(const struct seq *seq, uint32_t number)
{
	return number == SEQ_NONE ? seq->size : seq_tree_before(seq, seq_tree_place(seq, number));
}

bool seq_is_visible(const struct seq *seq, uint32_t number)
{
	return !seq_run_at(seq, seq_tree_place(seq, number))->is_hidden;
}

struct span seq_content(const struct seq *seq, uint32_t number)
{
	struct seq_place place = seq_tree_place(seq, seq_shown(seq, number));
	const struct seq_run *run = seq_run_at(seq, place);
	struct span rest = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
	struct seq_size before = seq_tree_measure(seq, run, place.offset);
	rest = span_sub(rest, before.bytes, rest.size);
	return span_sub(rest, 0, seq_measure_first(seq->kind, rest, 1).bytes);
}

/* --- Soundness --- */

static bool same_size(struct seq_size a, struct seq_size b)
{
	return a.elements == b.elements && a.bytes == b.bytes && a.wide == b.wide;
}

static bool leaf_is_sound(const struct seq *seq, uint32_t number, struct seq_size *visible)
{
	const struct seq_leaf *leaf = &seq->leaves[number];
	for (uint32_t i = 0; i < leaf->count; i++) {
		const struct seq_run *run = &leaf->runs[i];
		struct span content = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
		struct seq_size size = {run->length, run->bytes, run->wide};
		if (run->length == 0 || run->length > SEQ_RUN_ELEMENTS ||
		        !same_size(size, seq_measure(seq->kind, content)))
			return false;
		for (uint32_t j = 0; j < run->length; j++)
			if (seq->elements[run->first + j].leaf != number)
				return false;
		size = seq_visible(run);
		visible->elements += size.elements;
		visible->bytes += size.bytes;
		visible->wide += size.wide;
	}
	return leaf->count > 0 || seq->element_count == 0;
}

static bool branch_is_sound(const struct seq *seq, uint32_t number)
{
	const struct seq_branch *branch = &seq->branches[number];
	struct seq_size sum = {0, 0, 0}, above = seq->size;
	for (uint32_t i = 0; i < branch->count; i++) {
		sum.elements += branch->sizes[i].elements;
		sum.bytes += branch->sizes[i].bytes;
		sum.wide += branch->sizes[i].wide;
	}
	if (branch->link.parent != SEQ_NONE)
		above = seq->branches[branch->link.parent].sizes[branch->link.place];
	return same_size(sum, above);
}

bool seq_is_sound(const struct seq *seq)
{
	uint32_t last = SEQ_NONE, elements = 0, leaves = 0;
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next, leaves++) {
		const struct seq_leaf *leaf = &seq->leaves[number];
		struct seq_size visible = {0, 0, 0}, known = seq->size;
		if (leaf->last != last || !leaf_is_sound(seq, number, &visible))
			return false;
		if (leaf->link.parent != SEQ_NONE) {
			const struct seq_branch *branch = &seq->branches[leaf->link.parent];
			if (branch->children[leaf->link.place] != number)
				return false;
			known = branch->sizes[leaf->link.place];
		}
		if (!same_size(visible, known))
			return false;
		for (uint32_t i = 0; i < leaf->count; i++)
			elements += leaf->runs[i].length;
		last = number;
	}
	for (uint32_t i = 0; i < seq->branch_count; i++)
		if (!branch_is_sound(seq, i))
			return false;
	return elements == seq->element_count && leaves == seq->leaf_count &&
	        seq_tree_end(seq).leaf == last && seq_reach_is_sound(seq) && seq_moves_are_sound(seq);
}
