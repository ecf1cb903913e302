#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"

/* The first insertion that does not begin before `number`. */
static uint32_t insertion_bound(const uint32_t *firsts, uint32_t count, uint32_t number)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (firsts[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* On the stack: the fragments passed that are nearer than any with a smaller number. A fragment's smallest number is its first. */
static void predict_left(const struct seq_fragment *fragments, uint32_t fragment_count,
        const uint32_t *firsts, uint32_t insertion_count, const struct seq_fragment **stack,
        struct seq_origins *out)
{
	uint32_t depth = 0;
	for (uint32_t i = 0; i < fragment_count; i++) {
		const struct seq_fragment *it = &fragments[i];
		while (depth && stack[depth - 1]->first > it->first)
			depth--;
		const struct seq_fragment *near = depth ? stack[depth - 1] : NULL;
		uint32_t at = insertion_bound(firsts, insertion_count, it->first);
		for (; at < insertion_count && firsts[at] - it->first < it->count; at++)
			out[at].left = firsts[at] > it->first ? firsts[at] - 1
			        : near                        ? near->first + near->count - 1
			                                      : SEQ_NONE;
		stack[depth++] = it;
	}
}

static void predict_right(const struct seq_fragment *fragments, uint32_t fragment_count,
        const uint32_t *firsts, uint32_t insertion_count, const struct seq_fragment **stack,
        struct seq_origins *out)
{
	uint32_t depth = 0;
	for (uint32_t i = fragment_count; i > 0; i--) {
		const struct seq_fragment *it = &fragments[i - 1];
		uint32_t at = insertion_bound(firsts, insertion_count, it->first + it->count);
		for (; at > 0 && firsts[at - 1] >= it->first; at--) {
			while (depth && stack[depth - 1]->first > firsts[at - 1])
				depth--;
			out[at - 1].right = depth ? stack[depth - 1]->first : SEQ_NONE;
		}
		while (depth && stack[depth - 1]->first > it->first)
			depth--;
		stack[depth++] = it;
	}
}

void seq_predict(const struct seq_fragment *fragments, uint32_t fragment_count, const uint32_t *firsts,
        uint32_t insertion_count, struct seq_origins *out)
{
	const struct seq_fragment **stack = mem_alloc(fragment_count * sizeof(*stack));
	predict_left(fragments, fragment_count, firsts, insertion_count, stack, out);
	predict_right(fragments, fragment_count, firsts, insertion_count, stack, out);
	mem_free(stack);
}
