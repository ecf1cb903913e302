/* Editing sessions: what is typed is what everybody reads, whoever typed at the same time. */
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "tests/prop/prop.h"

enum { PEOPLE = 2, CHANGES = 512, MODEL = 4096, DOC_KIND = 3 };

static const struct record_id doc_id = {{0xd0}};

struct person {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct entry_ref own;
	uint64_t known[PEOPLE];
};

struct change {
	struct crdt_meta meta;
	struct entry_ref deps[PEOPLE];
	struct buf bytes;
	uint32_t author;
};

struct world {
	enum seq_kind kind;
	struct crdt_path path;
	struct person people[PEOPLE];
	struct change changes[CHANGES];
	uint32_t change_count;
};

/* The contents as a plain array of letters; a list holds the same numbers. */
struct model {
	uint8_t items[MODEL];
	uint32_t count;
};

static struct feed_id feed_of(uint32_t person)
{
	return (struct feed_id){{(uint8_t)(0x70 - person)}};
}

static void world_open(struct prop *prop, struct world *world, enum seq_kind kind)
{
	*world = (struct world){.kind = kind};
	crdt_path_field(&world->path, 7);
	if (prop_chance(prop, 50))
		crdt_path_record(&world->path, doc_id);
	for (uint32_t i = 0; i < PEOPLE; i++) {
		struct person *person = &world->people[i];
		*person = (struct person){.feeds = crdt_feeds_new(), .own = {feed_of(i), 0}};
		person->doc = crdt_doc_new(person->feeds, DOC_KIND, doc_id);
	}
}

static void world_close(struct world *world)
{
	for (uint32_t i = 0; i < PEOPLE; i++) {
		crdt_doc_free(world->people[i].doc);
		crdt_feeds_free(world->people[i].feeds);
	}
	for (uint32_t i = 0; i < world->change_count; i++)
		buf_close(&world->changes[i].bytes);
}

static const struct seq *seq_of(const struct world *world, uint32_t person)
{
	const struct crdt_doc *doc = world->people[person].doc;
	struct span path = crdt_path_span(&world->path);
	return world->kind == SEQ_TEXT ? crdt_doc_text(doc, path) : crdt_doc_list(doc, path);
}

static void read_model(const struct seq *seq, struct model *model)
{
	model->count = seq ? seq_size(seq).elements : 0;
	for (uint32_t i = 0; i < model->count; i++)
		model->items[i] = *seq_content(seq, seq_at(seq, i)).data;
}

static bool is_model(const struct seq *seq, const struct model *model)
{
	struct model got;
	read_model(seq, &got);
	return got.count == model->count && memcmp(got.items, model->items, got.count) == 0 &&
	        (!seq || seq_is_sound(seq));
}

/* --- Editing, in the session and in the model --- */

static bool insert(struct prop *prop, struct crdt_edit *edit, struct model *model, uint32_t position)
{
	uint8_t letters[5];
	uint32_t count = 1 + prop_below(prop, sizeof(letters));
	for (uint32_t i = 0; i < count; i++)
		letters[i] = (uint8_t)('a' + prop_below(prop, 26));
	memmove(model->items + position + count, model->items + position, model->count - position);
	memcpy(model->items + position, letters, count);
	model->count += count;
	return crdt_edit_insert(edit, position, span_of(letters, count)) == 0;
}

static bool delete_some(struct prop *prop, struct crdt_edit *edit, struct model *model, uint32_t position)
{
	uint32_t left = model->count - position, count = prop_below(prop, left < 6 ? left + 1 : 6);
	memmove(model->items + position, model->items + position + count, left - count);
	model->count -= count;
	return crdt_edit_delete(edit, position, count) == 0;
}

static bool move_one(struct prop *prop, struct crdt_edit *edit, struct model *model, uint32_t from)
{
	uint32_t to = prop_below(prop, model->count);
	uint8_t item = model->items[from];
	memmove(model->items + from, model->items + from + 1, model->count - from - 1);
	memmove(model->items + to + 1, model->items + to, model->count - to - 1);
	model->items[to] = item;
	return crdt_edit_move(edit, from, to) == 0;
}

/* Mostly near where the last edit was, as people type. */
static bool edit_once(struct prop *prop, const struct world *world, struct crdt_edit *edit,
        struct model *model, uint32_t *cursor)
{
	uint32_t action = prop_below(prop, 10);
	prop_edit(prop);
	if (*cursor > model->count || action == 9)
		*cursor = prop_below(prop, model->count + 1);
	if (action < 5 && model->count + 5 < MODEL) {
		uint32_t before = model->count, position = *cursor;
		bool good = insert(prop, edit, model, position);
		*cursor += model->count - before;
		return good;
	}
	if (action == 8 && world->kind == SEQ_LIST && *cursor < model->count)
		return move_one(prop, edit, model, *cursor);
	*cursor -= *cursor > 0 && action < 8;
	return delete_some(prop, edit, model, *cursor);
}

/* --- Changes --- */

static int apply(struct person *person, struct change *change)
{
	struct crdt_change opened;
	change->meta.deps = change->deps;
	int result = crdt_change_open(&opened, &change->meta, buf_span(&change->bytes));
	if (result == 0)
		result = crdt_doc_apply(person->doc, &opened);
	person->known[change->author] = change->meta.seq;
	return result;
}

/* One change with what the session holds. Positive: there is more. */
static int save(struct world *world, uint32_t number, struct crdt_edit *edit)
{
	struct person *person = &world->people[number];
	struct change *change = &world->changes[world->change_count];
	struct entry_ref other = {feed_of(1 - number), person->known[1 - number]};
	struct crdt_builder builder;
	person->own.seq++;
	crdt_builder_begin(&builder, &person->own, DOC_KIND, doc_id, &other, other.seq ? 1 : 0);
	int more = crdt_edit_write(edit, &builder);
	int result = more < 0 ? more : crdt_builder_finish(&builder, &change->bytes);
	if (result == 0) {
		for (uint32_t i = 0; i < builder.dep_count; i++)
			change->deps[i] = builder.deps[i];
		change->author = number;
		change->meta = (struct crdt_meta){.feed = person->own.feed,
		        .seq = person->own.seq,
		        .lamport = ++world->change_count,
		        .dep_count = builder.dep_count};
		result = apply(person, change);
	} else {
		person->own.seq--;
	}
	crdt_builder_close(&builder);
	return result ? result : more;
}

static struct crdt_edit *open_session(const struct world *world, uint32_t number)
{
	struct span path = crdt_path_span(&world->path);
	const struct crdt_doc *doc = world->people[number].doc;
	struct feed_id self = feed_of(number);
	return world->kind == SEQ_TEXT ? crdt_edit_text(doc, path, &self) : crdt_edit_list(doc, path, &self);
}

/* Save all of a session. How many changes it took; 0 on an error. */
static uint32_t save_all(struct world *world, uint32_t number, struct crdt_edit *edit)
{
	for (uint32_t changes = 1;; changes++) {
		int result = save(world, number, edit);
		if (result != CRDT_EDIT_MORE)
			return result == 0 ? changes : 0;
	}
}

static bool session(struct prop *prop, struct world *world, uint32_t number, uint32_t steps)
{
	struct crdt_edit *edit = open_session(world, number);
	struct model model;
	uint32_t cursor = 0;
	int result = 0;
	bool good = true;
	read_model(seq_of(world, number), &model);
	for (uint32_t i = 0; i < steps && good; i++) {
		good = edit_once(prop, world, edit, &model, &cursor);
		if (crdt_edit_is_due(edit) || prop_chance(prop, 3))
			result = save(world, number, edit);
		good = good && (result >= 0 || result == ERR_NOTFOUND);
	}
	good = good && is_model(crdt_edit_seq(edit), &model);
	do {
		result = good ? save(world, number, edit) : 0;
	} while (result == CRDT_EDIT_MORE);
	if (!good || (result && result != ERR_NOTFOUND))
		good = prop_fail(prop, "a session by %u ends with %s", number, err_name(result));
	else if (!is_model(seq_of(world, number), &model))
		good = prop_fail(prop, "%u reads something else than was typed", number);
	crdt_edit_free(edit);
	return good;
}

static bool exchange(struct prop *prop, struct world *world)
{
	struct model first;
	for (uint32_t i = 0; i < world->change_count; i++)
		for (uint32_t j = 0; j < PEOPLE; j++)
			if (world->people[j].known[world->changes[i].author] < world->changes[i].meta.seq &&
			        apply(&world->people[j], &world->changes[i]))
				return prop_fail(prop, "change %u is refused", i);
	read_model(seq_of(world, 0), &first);
	return is_model(seq_of(world, 1), &first) || prop_fail(prop, "two people read different things");
}

static bool what_is_typed_is_read(struct prop *prop)
{
	static struct world world; /* large, one at a time */
	world_open(prop, &world, prop_chance(prop, 50) ? SEQ_LIST : SEQ_TEXT);
	bool good = true;
	for (uint32_t round = 0, rounds = 1 + prop_below(prop, 3); round < rounds && good; round++) {
		for (uint32_t i = 0; i < PEOPLE && good; i++)
			good = session(prop, &world, i, prop_below(prop, 40));
		good = good && exchange(prop, &world);
	}
	world_close(&world);
	return good;
}

/* --- Cursors --- */

/* How many visible elements stand at or before an element of the document, counted one by one. */
static uint32_t position_behind(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_element *element)
{
	uint32_t count = 0;
	for (uint32_t at = seq_after(seq, SEQ_NONE); at != SEQ_NONE; at = seq_after(seq, at)) {
		struct crdt_element here = crdt_doc_author(doc, seq, at).element;
		count += seq_is_visible(seq, at);
		if (op_id_cmp(&here.op, &element->op) == 0 && here.offset == element->offset)
			return count;
	}
	return UINT32_MAX;
}

/* How many visible elements stand before the one that a cursor is on, wherever it was moved; where it would show when it is deleted. */
static uint32_t position_on(
        const struct crdt_doc *doc, const struct seq *seq, const struct crdt_element *element)
{
	uint32_t number = crdt_doc_element(doc, seq, element), count = 0, at = seq_after(seq, SEQ_NONE);
	for (; at != SEQ_NONE && at != seq_stands(seq, number); at = seq_after(seq, at))
		count += seq_is_visible(seq, at);
	bool is_right = at != SEQ_NONE && seq_shown(seq, at) == number &&
	        (seq_is_visible(seq, at) || seq_is_deleted(seq, number));
	return is_right ? count : UINT32_MAX;
}

/* A cursor between letters stays behind its letter, whatever comes or goes, and one on an element goes along with it; before any merge it is
 * where it was put. */
static bool cursors_survive_merges(struct prop *prop)
{
	static struct world world;
	world_open(prop, &world, prop_chance(prop, 50) ? SEQ_LIST : SEQ_TEXT);
	const struct crdt_doc *doc = world.people[0].doc;
	bool good = session(prop, &world, 0, 1 + prop_below(prop, 30)) && exchange(prop, &world);
	const struct seq *seq = seq_of(&world, 0);
	struct crdt_cursor cursor = {.is_start = true};
	uint32_t position = seq ? prop_below(prop, seq_size(seq).elements + 1) : 0;
	if (good && seq) {
		bool is_on = prop_chance(prop, 50) && position < seq_size(seq).elements;
		cursor = is_on ? crdt_doc_cursor_on(doc, seq, position) : crdt_doc_cursor(doc, seq, position);
		if (cursor.is_on != is_on || (!is_on && cursor.is_start != (position == 0)) ||
		        crdt_doc_cursor_position(doc, seq, &cursor) != position)
			good = prop_fail(prop, "a cursor is not where it was put");
	}
	for (uint32_t i = 0; i < PEOPLE && good; i++)
		good = session(prop, &world, i, prop_below(prop, 40));
	good = good && exchange(prop, &world);
	seq = seq_of(&world, 0);
	if (good && seq) {
		uint32_t want = cursor.is_start ? 0
		        : cursor.is_on          ? position_on(doc, seq, &cursor.behind)
		                                : position_behind(doc, seq, &cursor.behind);
		if (crdt_doc_cursor_position(doc, seq, &cursor) != want)
			good = prop_fail(prop, "a cursor is at %u, not %u",
			        crdt_doc_cursor_position(doc, seq, &cursor), want);
	}
	world_close(&world);
	return good;
}

/* --- Sessions that stay open --- */

/* Everything that the other wrote and this one lacks goes into the document and the session. */
static bool receive(struct prop *prop, struct world *world, uint32_t number, struct crdt_edit *edit)
{
	struct person *person = &world->people[number];
	struct crdt_change opened;
	for (uint32_t i = 0; i < world->change_count; i++) {
		struct change *change = &world->changes[i];
		if (person->known[change->author] >= change->meta.seq)
			continue;
		if (apply(person, change) ||
		        crdt_change_open(&opened, &change->meta, buf_span(&change->bytes)) ||
		        crdt_edit_follow(edit, &opened) ||
		        (prop_chance(prop, 20) && crdt_edit_follow(edit, &opened))) /* or once more */
			return prop_fail(prop, "change %u is refused", i);
	}
	return seq_is_sound(crdt_edit_seq(edit)) || prop_fail(prop, "a session is not sound");
}

/* Two people keep their sessions open, save now and then, and receive while something is unsaved. */
static bool open_sessions_follow_others(struct prop *prop)
{
	static struct world world;
	struct crdt_edit *edits[PEOPLE];
	struct model model;
	uint32_t cursors[PEOPLE] = {0};
	bool good = true;
	world_open(prop, &world, SEQ_TEXT);
	for (uint32_t i = 0; i < PEOPLE; i++)
		edits[i] = open_session(&world, i);
	for (uint32_t i = 0, steps = prop_below(prop, 120); i < steps && good; i++) {
		uint32_t number = prop_below(prop, PEOPLE), action = prop_below(prop, 10);
		read_model(crdt_edit_seq(edits[number]), &model);
		if (action < 7)
			good = edit_once(prop, &world, edits[number], &model, &cursors[number]) &&
			        is_model(crdt_edit_seq(edits[number]), &model);
		else if (action < 9)
			good = receive(prop, &world, number, edits[number]);
		else
			save_all(&world, number, edits[number]);
	}
	for (uint32_t i = 0; i < PEOPLE; i++)
		save_all(&world, i, edits[i]);
	for (uint32_t i = 0; i < PEOPLE && good; i++) {
		good = receive(prop, &world, i, edits[i]);
		read_model(crdt_edit_seq(edits[i]), &model);
		if (good && !is_model(seq_of(&world, i), &model))
			good = prop_fail(prop, "the session of %u shows something else than the document", i);
	}
	good = good && exchange(prop, &world);
	for (uint32_t i = 0; i < PEOPLE; i++)
		crdt_edit_free(edits[i]);
	world_close(&world);
	if (!good && !prop->failure[0])
		prop_fail(prop, "a session shows something else than was typed");
	return good;
}

/* --- Many changes --- */

/* Letters put before one another are an insertion each, and deleting them all names each: more than one change holds. */
static bool long_sessions_take_several_changes(struct prop *prop)
{
	static struct world world;
	world_open(prop, &world, prop_chance(prop, 50) ? SEQ_LIST : SEQ_TEXT);
	struct crdt_edit *edit = open_session(&world, 0);
	uint32_t letters = 1500, typing = 0, deleting = 0;
	for (uint32_t i = 0; i < letters; i++)
		crdt_edit_insert(edit, 0, span_of("x", 1));
	typing = save_all(&world, 0, edit);
	crdt_edit_free(edit);
	bool good = exchange(prop, &world) && seq_size(seq_of(&world, 1)).elements == letters;
	edit = open_session(&world, 1);
	if (good && crdt_edit_delete(edit, 0, letters) == 0)
		deleting = save_all(&world, 1, edit);
	crdt_edit_free(edit);
	if (typing < 2 || deleting < 2 || seq_size(seq_of(&world, 1)).elements > 0)
		good = prop_fail(prop, "it takes %u and %u changes", typing, deleting);
	good = good && exchange(prop, &world);
	world_close(&world);
	return good;
}

int main(void)
{
	bool good = true;
	good &= prop_holds("what is typed is read", what_is_typed_is_read, 600);
	good &= prop_holds("cursors survive merges", cursors_survive_merges, 400);
	good &= prop_holds("open sessions follow others", open_sessions_follow_others, 500);
	good &= prop_holds("long sessions take several changes", long_sessions_take_several_changes, 4);
	return good ? 0 : 1;
}
