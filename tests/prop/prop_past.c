/* Texts and lists as they were at a past frontier, against the document that the changes up to there give. */
#include <stdio.h>

#include "tests/prop/crdt_world.h"

/* One sequence, now and replayed. */
struct compared {
	const struct crdt_doc *doc, *then_doc;
	const struct seq *seq, *then;
	const struct entry_ref *frontier;
	uint32_t frontier_count;
};

static bool same_author(const struct crdt_author *a, const struct crdt_author *b)
{
	return op_id_cmp(&a->element.op, &b->element.op) == 0 && a->element.offset == b->element.offset &&
	        a->lamport == b->lamport && a->hlc == b->hlc;
}

/* Is the element at `number` the one that `then_number` is in the replay: who put it there, who inserted it, its value? */
static bool same_element(const struct compared *c, uint32_t number, uint32_t then_number)
{
	struct crdt_author stands = crdt_doc_author(c->doc, c->seq, number),
	                   stood = crdt_doc_author(c->then_doc, c->then, then_number);
	struct crdt_author inserted = crdt_doc_author(c->doc, c->seq, seq_shown(c->seq, number)),
	                   was_inserted = crdt_doc_author(
	                           c->then_doc, c->then, seq_shown(c->then, then_number));
	return same_author(&stands, &stood) && same_author(&inserted, &was_inserted) &&
	        span_eq(seq_content(c->seq, number), seq_content(c->then, then_number));
}

/* Is it deleted in the replay too, by the same op? */
static bool same_deletion(const struct compared *c, uint32_t number)
{
	struct crdt_author by, was_by;
	struct crdt_element element = crdt_doc_author(c->doc, c->seq, number).element;
	uint32_t then_number = crdt_doc_element(c->then_doc, c->then, &element);
	return then_number != SEQ_NONE && seq_stands(c->then, then_number) == then_number &&
	        crdt_doc_deletion(c->then_doc, c->then, then_number, &was_by) &&
	        crdt_doc_past_deletion(c->doc, c->seq, number, c->frontier, c->frontier_count, &by) &&
	        same_author(&by, &was_by);
}

static bool past_is_right(const struct compared *c)
{
	struct seq_past past = {0};
	uint32_t position = 0, size = c->then ? seq_size(c->then).elements : 0;
	bool good = true;
	crdt_doc_past(c->doc, c->seq, c->frontier, c->frontier_count, &past);
	for (uint32_t i = 0; i < past.count && good; i++) {
		const struct seq_past_element *it = &past.items[i];
		if (it->is_deleted)
			good = same_deletion(c, it->number);
		else
			good = position < size && same_element(c, it->number, seq_at(c->then, position++));
	}
	seq_past_close(&past);
	return good && position == size;
}

static bool text_is_right(const struct compared *c)
{
	struct buf got = {0}, want = {0};
	crdt_doc_text_past(c->doc, c->seq, c->frontier, c->frontier_count, &got);
	for (uint32_t i = 0; c->then && i < seq_size(c->then).elements; i++)
		buf_add_span(&want, seq_content(c->then, seq_at(c->then, i)));
	bool same = span_eq(buf_span(&got), buf_span(&want));
	buf_close(&got);
	buf_close(&want);
	return same;
}

static bool sequences_are_right(struct prop *prop, const struct world *world, const struct world_replica *now,
        const struct world_replica *then)
{
	struct entry_ref frontier[WORLD_REPLICAS];
	struct compared c = {.doc = now->docs[0], .then_doc = then->docs[0], .frontier = frontier};
	uint32_t cursor = 0;
	while (crdt_doc_frontier(then->docs[0], &cursor, &frontier[c.frontier_count]))
		if (++c.frontier_count == WORLD_REPLICAS)
			break;
	for (uint32_t i = 0; i < world->op_count; i++) {
		const struct world_op *op = &world->ops[i];
		bool is_text = op->kind == CRDT_OP_TEXT_INSERT;
		if (op->doc > 0 || (!is_text && op->kind != CRDT_OP_LIST_INSERT))
			continue;
		c.seq = is_text ? crdt_doc_text(now->docs[0], op->path)
		                : crdt_doc_list(now->docs[0], op->path);
		c.then = is_text ? crdt_doc_text(then->docs[0], op->path)
		                 : crdt_doc_list(then->docs[0], op->path);
		if (!past_is_right(&c) || (is_text && !text_is_right(&c)))
			return prop_fail(prop, "the past of op %u's sequence is not what was there", i);
	}
	return true;
}

/* The changes that `known` lists, one after the other. */
static bool replay(struct prop *prop, struct world *world, const uint64_t *known, struct world_replica *then)
{
	for (uint32_t i = 0; i < world->change_count; i++) {
		const struct world_change *it = &world->changes[i];
		if (it->meta.seq <= known[it->author] && world_deliver(world, then, i))
			return prop_fail(prop, "change %u is refused", i);
	}
	return true;
}

static bool the_past_is_what_was_there(struct prop *prop)
{
	struct world *world = world_new(
	        prop, prop_chance(prop, 50) ? WORLD_HOSTILE : WORLD_HONEST, WORLD_REPLICAS, 40);
	if (!world)
		return false;
	struct world_replica *now = &world->replicas[0], then;
	uint64_t known[WORLD_REPLICAS];
	memcpy(known, world->replicas[prop_below(prop, world->replica_count)].known, sizeof(known));
	world_replica_open(&then, prop);
	bool good = world_meet(prop, world, now, NULL) && replay(prop, world, known, &then) &&
	        sequences_are_right(prop, world, now, &then) && world_reload(prop, now) &&
	        sequences_are_right(prop, world, now, &then);
	world_replica_close(&then);
	world_free(world);
	return good;
}

int main(void)
{
	return prop_holds("the past is what was there", the_past_is_what_was_there, 2000) ? 0 : 1;
}
