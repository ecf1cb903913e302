/*
 * Editing sessions in the worlds of crdt_world, where anything is written anywhere: an open session shows what the document will, and the
 * document is what the oracle says.
 */
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/doc_edit.h"
#include "tests/prop/crdt_world.h"

enum { BEFORE = 16, STEPS = 40 };

/* One person's open session. */
struct session {
	struct world *world;
	uint32_t number;
	enum seq_kind kind;
	struct span path;
	struct crdt_edit *edit;
};

static struct crdt_doc *doc_of(const struct session *session)
{
	return session->world->replicas[session->number].docs[0];
}

static struct session session_open(struct world *world, uint32_t number, enum seq_kind kind, struct span path)
{
	struct entry_ref own = {0};
	struct crdt_builder builder;
	world_begin(world, number, &builder);
	own.feed = builder.feed;
	crdt_builder_close(&builder);
	const struct crdt_doc *doc = world->replicas[number].docs[0];
	struct crdt_edit *edit = kind == SEQ_TEXT ? crdt_edit_text(doc, path, &own.feed)
	                                          : crdt_edit_list(doc, path, &own.feed);
	return (struct session){world, number, kind, path, edit};
}

/* Ops of this kind of sequence that a replica knows, at `path` unless it is empty. */
static uint32_t known_ops(const struct world *world, uint32_t number, enum seq_kind kind, struct span path,
        const struct world_op *out[WORLD_OPS])
{
	uint32_t op_kind = kind == SEQ_TEXT ? CRDT_OP_TEXT_INSERT : CRDT_OP_LIST_INSERT, count = 0;
	for (uint32_t i = 0; i < world->op_count; i++) {
		const struct world_op *op = &world->ops[i];
		if (op->kind == op_kind && world_has(world, &world->replicas[number], op->change) &&
		        (path.size == 0 || span_eq(op->path, path)))
			out[count++] = op;
	}
	return count;
}

/* A place where replica 0 sees such a sequence, or an empty one. */
static struct span some_place(struct prop *prop, const struct world *world, enum seq_kind kind)
{
	const struct world_op *known[WORLD_OPS];
	uint32_t count = known_ops(world, 0, kind, (struct span){NULL, 0}, known);
	return count ? known[prop_below(prop, count)]->path : span_of("\x01", 1);
}

/* --- Doing --- */

static bool edit_once(struct prop *prop, const struct session *session)
{
	uint32_t size = seq_size(crdt_edit_seq(session->edit)).elements, action = prop_below(prop, 4);
	uint32_t position = prop_below(prop, size + 1);
	uint8_t letters[3] = {'a', 'b', 'c'};
	int result;
	if (action < 2 || position == size)
		result = crdt_edit_insert(session->edit, position, span_of(letters, 1 + prop_below(prop, 3)));
	else if (action == 2 || session->kind == SEQ_TEXT)
		result = crdt_edit_delete(session->edit, position, 1 + prop_below(prop, size - position));
	else
		result = crdt_edit_move(session->edit, position, prop_below(prop, size));
	return result == 0 || prop_fail(prop, "an edit gives %s", err_name(result));
}

/* The session takes over a change that the document has. */
static bool follow(struct prop *prop, const struct session *session, uint32_t number)
{
	const struct world_change *it = &session->world->changes[number];
	struct crdt_change change;
	int result = crdt_change_open(&change, &it->meta, it->bytes);
	if (result == 0)
		result = crdt_edit_follow(session->edit, &change);
	return result == 0 || prop_fail(prop, "following change %u gives %s", number, err_name(result));
}

/* What others wrote comes in, in any order that is causal. */
static bool receive(struct prop *prop, const struct session *session, uint32_t most)
{
	struct world *world = session->world;
	struct world_replica *replica = &world->replicas[session->number];
	for (; most > 0; most--) {
		uint32_t ready[WORLD_CHANGES], count = 0;
		for (uint32_t i = 0; i < world->change_count; i++)
			if (!world_has(world, replica, i) && world_is_ready(world, replica, i))
				ready[count++] = i;
		if (count == 0)
			break;
		uint32_t next = ready[prop_below(prop, count)];
		if (world_deliver(world, replica, next) || !follow(prop, session, next))
			return prop_fail(prop, "change %u is refused", next);
	}
	return seq_is_sound(crdt_edit_seq(session->edit)) || prop_fail(prop, "a session is not sound");
}

/* Does the document show what the session shows, element by element? */
static bool is_shown(struct prop *prop, const struct session *session)
{
	const struct crdt_doc *doc = doc_of(session);
	const struct seq *typed = crdt_edit_seq(session->edit);
	const struct seq *saved = session->kind == SEQ_TEXT ? crdt_doc_text(doc, session->path)
	                                                    : crdt_doc_list(doc, session->path);
	uint32_t size = seq_size(typed).elements;
	if ((saved ? seq_size(saved).elements : 0) != size)
		return prop_fail(prop, "a session of %u elements is not what is saved", size);
	for (uint32_t i = 0; i < size; i++) {
		uint32_t a = seq_at(typed, i), b = seq_at(saved, i);
		struct crdt_element stands = crdt_doc_author(doc, typed, a).element, want;
		struct crdt_element there = crdt_doc_author(doc, saved, b).element;
		bool is_same = op_id_cmp(&stands.op, &there.op) == 0 && stands.offset == there.offset &&
		        span_eq(seq_content(typed, a), seq_content(saved, b));
		if (!is_same || !crdt_edit_element(session->edit, i, &want))
			return prop_fail(prop, "element %u of a session is not what is saved", i);
		if (crdt_doc_element(doc, saved, &want) != seq_shown(saved, b))
			return prop_fail(prop, "element %u of a session has another name", i);
	}
	return true;
}

static bool save(struct prop *prop, const struct session *session)
{
	struct world *world = session->world;
	struct crdt_builder builder;
	uint32_t before = world->change_count;
	if (before == WORLD_CHANGES)
		return true;
	world_begin(world, session->number, &builder);
	int result = crdt_edit_write(session->edit, &builder);
	if (!world_finish(prop, world, session->number, &builder))
		return false;
	if (result && result != ERR_NOTFOUND)
		return prop_fail(prop, "writing gives %s", err_name(result));
	if (world->change_count > before && !follow(prop, session, before))
		return false;
	return is_shown(prop, session);
}

/* Somebody else: anything anywhere, or a short session at the same place. */
static bool others_write(struct prop *prop, const struct session *session)
{
	struct world *world = session->world;
	uint32_t number = 1 + prop_below(prop, world->replica_count - 1);
	if (prop_chance(prop, 40))
		return world_meet(prop, world, &world->replicas[number],
		        &world->replicas[prop_below(prop, world->replica_count)]);
	const struct world_op *known[WORLD_OPS];
	bool is_there = known_ops(world, number, session->kind, session->path, known) > 0;
	if (!is_there || prop_chance(prop, 40))
		return world_write(prop, world, number);
	struct session other = session_open(world, number, session->kind, session->path);
	bool good = true;
	for (uint32_t i = 0, edits = 1 + prop_below(prop, 3); i < edits && good; i++)
		good = edit_once(prop, &other);
	good = good && save(prop, &other);
	crdt_edit_free(other.edit);
	return good;
}

/* --- Laws --- */

static bool all_are_right(struct prop *prop, struct world *world)
{
	bool good = true;
	for (uint32_t i = 0; i < world->replica_count && good; i++)
		good = world_meet(prop, world, &world->replicas[i], NULL) &&
		        (span_eq(world_save(world, &world->replicas[0]),
		                 world_save(world, &world->replicas[i])) ||
		                prop_fail(prop, "replica %u differs from replica 0", i));
	return good && world_is_right(prop, world, &world->replicas[0]);
}

/* One session stays open while everybody writes, and is saved now and then. */
static bool sessions_show_what_will_be(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, BEFORE);
	if (!world)
		return false;
	enum seq_kind kind = prop_chance(prop, 25) ? SEQ_TEXT : SEQ_LIST;
	struct session session = session_open(world, 0, kind, some_place(prop, world, kind));
	bool good = true;
	for (uint32_t i = 0, steps = prop_below(prop, STEPS); i < steps && good; i++) {
		uint32_t action = prop_below(prop, 10);
		if (action < 4)
			good = edit_once(prop, &session);
		else if (action < 7)
			good = others_write(prop, &session);
		else if (action < 9)
			good = receive(prop, &session, 1 + prop_below(prop, 4));
		else
			good = save(prop, &session);
	}
	good = good && save(prop, &session) && receive(prop, &session, WORLD_CHANGES) &&
	        is_shown(prop, &session) && all_are_right(prop, world);
	crdt_edit_free(session.edit);
	world_free(world);
	return good;
}

/* Take back the op that wrote the last change; the element then stands where it was inserted. */
static bool taken_back_is_home(
        struct prop *prop, const struct session *session, const struct crdt_element *element)
{
	struct world *world = session->world;
	const struct crdt_meta *last = &world->changes[world->change_count - 1].meta;
	struct op_id move = {last->feed, last->seq, 0};
	struct crdt_builder builder;
	world_begin(world, session->number, &builder);
	crdt_builder_clear(&builder, session->path, (struct crdt_cites){&move, 1}, (struct span){NULL, 0});
	if (!world_finish(prop, world, session->number, &builder))
		return false;
	const struct seq *list = crdt_doc_list(doc_of(session), session->path);
	uint32_t number = crdt_doc_element(doc_of(session), list, element);
	return seq_stands(list, number) == number || prop_fail(prop, "an older move counts again");
}

/* A move in a session names all moves that counted: when it is taken back, none of them comes back. */
static bool moves_replace_those_they_saw(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, BEFORE);
	if (!world)
		return false;
	bool good = world_meet(prop, world, &world->replicas[0], NULL);
	struct session session = session_open(world, 0, SEQ_LIST, some_place(prop, world, SEQ_LIST));
	uint32_t size = seq_size(crdt_edit_seq(session.edit)).elements;
	for (uint32_t i = 0; i < 2 && good && size > 1; i++) {
		uint32_t from = prop_below(prop, size), to = (from + 1 + prop_below(prop, size - 1)) % size;
		struct crdt_element element;
		good = crdt_edit_element(session.edit, from, &element) &&
		        crdt_edit_move(session.edit, from, to) == 0 && save(prop, &session) &&
		        (i == 0 || taken_back_is_home(prop, &session, &element));
	}
	crdt_edit_free(session.edit);
	world_free(world);
	return good;
}

int main(void)
{
	bool good = prop_holds("sessions show what will be", sessions_show_what_will_be, 2000);
	good &= prop_holds("moves replace those they saw", moves_replace_those_they_saw, 1000);
	return good ? 0 : 1;
}
