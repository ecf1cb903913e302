/* The laws of sequences (crdt/README.md, section 9), on random histories. */
#include <stdio.h>

#include "tests/prop/seq_world.h"

/* Everybody writes, meets and starts again at random. */
static bool live(struct prop *prop, struct seq_world *world, uint32_t steps)
{
	bool good = true;
	for (uint32_t i = 0; i < steps && world->change_count < SEQ_CHANGES && good; i++) {
		uint32_t number = prop_below(prop, world->replica_count), action = prop_below(prop, 10);
		if (action < 6)
			seq_world_write(prop, world, number);
		else if (action < 9)
			seq_world_meet(prop, world, &world->replicas[number],
			        &world->replicas[prop_below(prop, world->replica_count)]);
		else
			good = seq_world_reload(prop, &world->replicas[number]);
	}
	return good;
}

/* Everybody gets everything, each in another order: what the oracle says, and the same snapshot. */
static bool all_agree(struct prop *prop, struct seq_world *world)
{
	struct buf first = {0};
	bool good = true;
	for (uint32_t i = 0; i < world->replica_count && good; i++) {
		struct seq_world_replica *replica = &world->replicas[i];
		good = seq_world_is_right(prop, replica);
		seq_world_meet(prop, world, replica, NULL);
		good = good && seq_world_is_right(prop, replica) && seq_world_reload(prop, replica) &&
		        seq_world_is_right(prop, replica);
		struct buf saved = seq_world_save(replica);
		if (i > 0 && good && !span_eq(buf_span(&first), buf_span(&saved)))
			good = prop_fail(prop, "replica %u differs from replica 0", i);
		if (i == 0)
			buf_add_span(&first, buf_span(&saved));
		buf_close(&saved);
	}
	buf_close(&first);
	return good;
}

static bool converges(struct prop *prop, enum seq_kind kind, bool is_honest)
{
	struct seq_world *world = seq_world_new(
	        prop, kind, is_honest, 2 + prop_below(prop, SEQ_REPLICAS - 1));
	bool good = live(prop, world, prop_below(prop, 60)) && all_agree(prop, world);
	seq_world_free(world);
	return good;
}

static bool texts_are_like_the_list(struct prop *prop)
{
	return converges(prop, SEQ_TEXT, true);
}

static bool lists_are_like_the_list(struct prop *prop)
{
	return converges(prop, SEQ_LIST, true);
}

/* Origins that nobody could have seen. */
static bool any_origins_are_like_the_tree(struct prop *prop)
{
	return converges(prop, prop_chance(prop, 50) ? SEQ_LIST : SEQ_TEXT, false);
}

/* Long enough for several levels of the tree, and for runs that are cut and joined. */
static bool long_texts_are_sound(struct prop *prop)
{
	struct seq_world *world = seq_world_new(prop, SEQ_TEXT, true, 2);
	struct seq_world_replica *replica = &world->replicas[0];
	while (world->change_count < SEQ_CHANGES)
		seq_world_write(prop, world, 0);
	bool good = seq_world_is_right(prop, replica);
	struct seq *copy = seq_copy(replica->seq), *original = replica->seq;
	replica->seq = copy;
	good = good && seq_world_is_right(prop, replica) && seq_world_reload(prop, replica) &&
	        seq_world_is_right(prop, replica);
	seq_free(original);
	seq_world_free(world);
	return good;
}

/* --- Every order --- */

enum { FEW = 6 };

/* Deliver what is left in every causal order, depth first; `order` holds the numbers delivered. */
static bool every_order(struct prop *prop, struct seq_world *world, struct span want)
{
	uint32_t order[FEW], depth = 0, next = 0;
	for (;;) {
		struct seq_world_replica fresh;
		seq_world_open(world, &fresh, depth % 2);
		for (uint32_t i = 0; i < depth; i++)
			seq_world_deliver(world, &fresh, &world->changes[order[i]]);
		while (next < world->change_count && !seq_world_is_ready(&fresh, &world->changes[next]))
			next++;
		bool good = true;
		if (depth == world->change_count) {
			struct buf text = seq_world_read(&fresh);
			good = span_eq(want, buf_span(&text)) && seq_is_sound(fresh.seq);
			buf_close(&text);
		}
		seq_world_close(&fresh);
		if (!good)
			return prop_fail(prop, "an order of delivery gives another sequence");
		if (next < world->change_count) {
			order[depth++] = next;
			next = 0;
		} else if (depth == 0) {
			return true;
		} else {
			next = order[--depth] + 1;
		}
	}
}

static bool every_order_gives_the_same(struct prop *prop)
{
	bool is_honest = prop_chance(prop, 50);
	struct seq_world *world = seq_world_new(prop, SEQ_TEXT, is_honest, 2 + prop_below(prop, 3));
	uint32_t few = 2 + prop_below(prop, FEW - 1);
	for (uint32_t i = 0; i < 20 && world->change_count < few; i++) {
		uint32_t number = prop_below(prop, world->replica_count);
		if (prop_chance(prop, 70))
			seq_world_write(prop, world, number);
		else
			seq_world_meet(prop, world, &world->replicas[number], &world->replicas[0]);
	}
	seq_world_meet(prop, world, &world->replicas[0], NULL);
	struct buf want = seq_world_read(&world->replicas[0]);
	bool good = every_order(prop, world, buf_span(&want));
	buf_close(&want);
	seq_world_free(world);
	return good;
}

/* --- Passages and cursors --- */

/* Two people type at the same place at the same time, letter by letter, each forward or backward: their passages stand one behind the
 * other. */
static bool passages_do_not_interleave(struct prop *prop)
{
	struct seq_world *world = seq_world_new(prop, SEQ_TEXT, true, 3);
	uint32_t before = prop_below(prop, 4);
	for (uint32_t i = 0; i < before; i++)
		seq_world_type(world, 0, i, 2);
	for (uint32_t i = 1; i < 3; i++)
		seq_world_meet(prop, world, &world->replicas[i], NULL);
	uint32_t place = prop_below(prop, before + 1);
	for (uint32_t number = 0; number < 2; number++) {
		bool is_backward = prop_chance(prop, 50);
		for (uint32_t i = 0, length = 1 + prop_below(prop, 6); i < length; i++)
			seq_world_type(world, number, is_backward ? place : place + i, number);
	}
	seq_world_meet(prop, world, &world->replicas[2], NULL);
	struct buf text = seq_world_read(&world->replicas[2]);
	uint32_t changes = 0;
	for (size_t i = 1; i < text.size; i++)
		changes += text.data[i] != text.data[i - 1] &&
		        (text.data[i] < 0x80 && text.data[i - 1] < 0x80);
	bool good = changes == 1 && seq_world_is_right(prop, &world->replicas[2]);
	if (!good && !prop->failure[0])
		prop_fail(prop, "interleaved: %.*s", (int)text.size, (const char *)text.data);
	buf_close(&text);
	seq_world_free(world);
	return good;
}

/* An element is found again after any merge, where the oracle has it: a cursor between elements stays behind it. One on it is where the
 * oracle lets it stand. */
static bool elements_are_found_after_merges(struct prop *prop)
{
	struct seq_world *world = seq_world_new(prop, prop_chance(prop, 60) ? SEQ_LIST : SEQ_TEXT, true, 3);
	struct seq_world_replica *replica = &world->replicas[0];
	bool good = live(prop, world, 20);
	seq_world_write(prop, world, 0);
	seq_world_type(world, 0, 0, 1);
	struct seq_origin before = seq_origin(
	        replica->seq, prop_below(prop, seq_element_count(replica->seq)));
	good = good && live(prop, world, 30);
	seq_world_meet(prop, world, replica, NULL);
	uint32_t number = seq_find(replica->seq, &before.op, before.offset), visible = 0;
	good = good && (number != SEQ_NONE || prop_fail(prop, "an element is lost"));
	for (uint32_t at = seq_after(replica->seq, SEQ_NONE); good && at != number;
	        at = seq_after(replica->seq, at))
		visible += seq_is_visible(replica->seq, at);
	good = good &&
	        (seq_before(replica->seq, number).elements == visible ||
	                prop_fail(prop, "an element has moved"));
	good = good &&
	        (seq_world_stands_right(replica, number) || prop_fail(prop, "an element stands elsewhere"));
	seq_world_free(world);
	return good;
}

/* --- The past --- */

/* Does `who` read of a past what the oracle said then? */
static bool remembers(
        struct prop *prop, const struct seq_world_replica *who, struct seq_world_past *past, struct span rows)
{
	past->replica = who;
	struct buf got = seq_world_rows(who, past);
	bool same = span_eq(rows, buf_span(&got));
	buf_close(&got);
	return same || prop_fail(prop, "what stood there is remembered differently");
}

/* What somebody read once can be read again by everybody, also after a restart. */
static bool the_past_is_read_again(struct prop *prop)
{
	enum seq_kind kind = prop_chance(prop, 60) ? SEQ_LIST : SEQ_TEXT;
	struct seq_world *world = seq_world_new(prop, kind, prop_chance(prop, 50), 3);
	bool good = live(prop, world, prop_below(prop, 30));
	struct seq_world_replica *then = &world->replicas[prop_below(prop, 3)];
	struct buf want = seq_world_read(then), rows = seq_world_oracle_rows(then), got = {0};
	struct seq_world_past past = {then, {0}};
	memcpy(past.known, then->known, sizeof(past.known));
	good = good && remembers(prop, then, &past, buf_span(&rows)) &&
	        live(prop, world, prop_below(prop, 30));
	struct seq_world_replica *who = &world->replicas[prop_below(prop, 3)];
	seq_world_meet(prop, world, who, NULL);
	good = good && remembers(prop, who, &past, buf_span(&rows)) && seq_world_reload(prop, who) &&
	        remembers(prop, who, &past, buf_span(&rows));
	seq_read_past(who->seq, seq_world_was_there, &past, &got);
	if (good && kind == SEQ_TEXT && !span_eq(buf_span(&want), buf_span(&got)))
		good = prop_fail(prop, "it read '%.*s', not '%.*s'", (int)got.size, (const char *)got.data,
		        (int)want.size, (const char *)want.data);
	buf_close(&want);
	buf_close(&rows);
	buf_close(&got);
	seq_world_free(world);
	return good;
}

int main(void)
{
	bool good = true;
	good &= prop_holds("texts are like the list", texts_are_like_the_list, 600);
	good &= prop_holds("lists are like the list", lists_are_like_the_list, 500);
	good &= prop_holds("any origins are like the tree", any_origins_are_like_the_tree, 600);
	good &= prop_holds("long texts are sound", long_texts_are_sound, 10);
	good &= prop_holds("every order gives the same", every_order_gives_the_same, 150);
	good &= prop_holds("passages do not interleave", passages_do_not_interleave, 500);
	good &= prop_holds("elements are found after merges", elements_are_found_after_merges, 300);
	good &= prop_holds("the past is read again", the_past_is_read_again, 400);
	return good ? 0 : 1;
}
