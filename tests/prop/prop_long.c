/*
 * Texts and lists of real size: people type, paste, delete and move in sessions on documents, apart and together, for thousands of edits.
 *
 * Two oracles: a plain array of letters for each session, in which every edit is done as well, and for merges a linked list per person
 * (tests/prop/long_oracle.h). In the end a newcomer takes all changes in another order, and all snapshots are the same.
 */
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "tests/prop/long_oracle.h"
#include "tests/prop/prop.h"

enum { PEOPLE = 3, LETTERS = 8, MODEL = 1 << 18, PASTE = 4000, CHANGES = 4096, DOC_KIND = 3 };

static const struct record_id doc_id = {{0xd0}};

/* A letter of a model is its number here. */
static const char *const text_letters[LETTERS] = {
        "a", "b", "c", " ", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
static const char *const list_letters[LETTERS] = {
        "\x01", "\x02", "\x03", "\xa1z", "\xc0", "\x92\x01\x02", "\xcd\x01\x01", "\x81\x01\xc3"};

struct change {
	struct crdt_meta meta;
	struct entry_ref deps[PEOPLE];
	struct buf bytes;
	uint32_t author;
};

struct person {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct crdt_edit *edit;
	struct long_oracle oracle;
	struct entry_ref own;
	uint64_t known[PEOPLE], lamport;
	uint8_t *model; /* the session's contents */
	uint32_t count, cursor;
};

struct world {
	enum seq_kind kind;
	struct crdt_path path;
	struct person people[PEOPLE + 1]; /* the last one is the newcomer */
	struct change *changes;
	uint32_t change_count;
};

static struct feed_id feed_of(uint32_t person)
{
	static const uint8_t firsts[PEOPLE + 1] = {0x70, 0xf1, 0x05, 0x33};
	return (struct feed_id){{firsts[person]}};
}

static const char *letter_of(const struct world *world, uint8_t letter)
{
	return (world->kind == SEQ_TEXT ? text_letters : list_letters)[letter];
}

/* --- Sessions and their models --- */

static const struct seq *seq_of(const struct world *world, const struct person *person)
{
	struct span path = crdt_path_span(&world->path);
	return world->kind == SEQ_TEXT ? crdt_doc_text(person->doc, path) : crdt_doc_list(person->doc, path);
}

static void read_seq(const struct seq *seq, enum seq_kind kind, struct buf *out)
{
	struct span piece;
	if (!seq)
		return;
	if (kind == SEQ_TEXT) {
		for (uint64_t cursor = 0; seq_next(seq, &cursor, &piece);)
			buf_add_span(out, piece);
		return;
	}
	for (uint32_t at = seq_after(seq, SEQ_NONE); at != SEQ_NONE; at = seq_after(seq, at))
		if (seq_is_visible(seq, at))
			buf_add_span(out, seq_content(seq, at));
}

static void write_model(const struct world *world, const struct person *person, struct buf *out)
{
	for (uint32_t i = 0; i < person->count; i++)
		buf_add_span(out, span_text(letter_of(world, person->model[i])));
}

/* What a session shows becomes its model: no letter is the beginning of another. */
static void read_model(const struct world *world, struct person *person)
{
	struct buf content = {0};
	read_seq(crdt_edit_seq(person->edit), world->kind, &content);
	person->count = 0;
	for (size_t at = 0; at < content.size;) {
		uint8_t letter = 0;
		struct span want = span_text(letter_of(world, letter));
		while (!span_eq(span_sub(buf_span(&content), at, want.size), want) && letter + 1 < LETTERS)
			want = span_text(letter_of(world, ++letter));
		person->model[person->count++] = letter;
		at += want.size;
	}
	buf_close(&content);
}

static void open_session(struct world *world, struct person *person)
{
	struct span path = crdt_path_span(&world->path);
	crdt_edit_free(person->edit);
	person->edit = world->kind == SEQ_TEXT ? crdt_edit_text(person->doc, path, &person->own.feed)
	                                       : crdt_edit_list(person->doc, path, &person->own.feed);
	read_model(world, person);
}

static void person_open(struct world *world, uint32_t number)
{
	struct person *person = &world->people[number];
	*person = (struct person){.feeds = crdt_feeds_new(), .own = {feed_of(number), 0}};
	person->doc = crdt_doc_new(person->feeds, DOC_KIND, doc_id);
	person->model = mem_alloc(MODEL);
	open_session(world, person);
}

static void person_close(struct person *person)
{
	crdt_edit_free(person->edit);
	crdt_doc_free(person->doc);
	crdt_feeds_free(person->feeds);
	long_oracle_close(&person->oracle);
	mem_free(person->model);
}

static bool session_is_model(struct prop *prop, const struct world *world, const struct person *person)
{
	struct buf got = {0}, want = {0};
	const struct seq *seq = crdt_edit_seq(person->edit);
	read_seq(seq, world->kind, &got);
	write_model(world, person, &want);
	bool good = span_eq(buf_span(&got), buf_span(&want)) && seq_size(seq).elements == person->count;
	buf_close(&got);
	buf_close(&want);
	return good || prop_fail(prop, "a session shows something else than was typed");
}

static bool doc_is_oracle(struct prop *prop, const struct world *world, const struct person *person)
{
	struct buf got = {0}, want = {0};
	const struct seq *seq = seq_of(world, person);
	read_seq(seq, world->kind, &got);
	uint32_t count = long_oracle_read(&person->oracle, &want);
	bool good = span_eq(buf_span(&got), buf_span(&want)) &&
	        (!seq || (seq_size(seq).elements == count && seq_is_sound(seq)));
	buf_close(&got);
	buf_close(&want);
	return good || prop_fail(prop, "a document is not the linked list");
}

/* --- Editing --- */

static bool insert(
        struct prop *prop, const struct world *world, struct person *person, uint32_t count, bool varies)
{
	struct buf content = {0};
	uint8_t *at = person->model + person->cursor, first = (uint8_t)prop_below(prop, LETTERS);
	memmove(at + count, at, person->count - person->cursor);
	for (uint32_t i = 0; i < count; i++) {
		at[i] = varies ? (uint8_t)prop_below(prop, LETTERS)
		               : (uint8_t)((first + i * i / 3) % LETTERS);
		buf_add_span(&content, span_text(letter_of(world, at[i])));
	}
	int error = crdt_edit_insert(person->edit, person->cursor, buf_span(&content));
	buf_close(&content);
	person->count += count;
	person->cursor += count;
	return error == 0 || prop_fail(prop, "an insertion gives %s", err_name(error));
}

static bool delete_some(struct prop *prop, struct person *person, uint32_t most)
{
	uint32_t left = person->count - person->cursor, count = prop_below(prop, most) + 1;
	uint8_t *at = person->model + person->cursor;
	count = count < left ? count : left;
	memmove(at, at + count, left - count);
	person->count -= count;
	int error = crdt_edit_delete(person->edit, person->cursor, count);
	return error == 0 || prop_fail(prop, "a deletion gives %s", err_name(error));
}

static bool move_one(struct prop *prop, struct person *person)
{
	uint32_t from = prop_below(prop, person->count), to = prop_below(prop, person->count);
	uint8_t *model = person->model, letter = model[from];
	memmove(model + from, model + from + 1, person->count - from - 1);
	memmove(model + to + 1, model + to, person->count - to - 1);
	model[to] = letter;
	int error = crdt_edit_move(person->edit, from, to);
	return error == 0 || prop_fail(prop, "a move gives %s", err_name(error));
}

/* Often a place where others write at the same time: the start, the end, the first lines. */
static uint32_t some_place(struct prop *prop, const struct person *person)
{
	uint32_t near = prop_below(prop, 3), back = prop_below(prop, 6);
	switch (prop_below(prop, 8)) {
	case 0:
		return near < person->count ? near : person->count;
	case 1:
		return person->count;
	case 2:
		return 64 + near < person->count ? 64 + near : person->count;
	case 3:
		return prop_below(prop, person->count + 1);
	default: /* a few letters back, as for a slip */
		return back < person->cursor ? person->cursor - back : 0;
	}
}

/* Mostly where the last edit was, as people type; now and then elsewhere, or a passage at once. */
static bool edit_once(struct prop *prop, const struct world *world, struct person *person)
{
	uint32_t action = prop_below(prop, 100);
	bool has_room = person->count < MODEL / 2;
	prop_edit(prop);
	if (action % 5 == 0)
		person->cursor = some_place(prop, person);
	if (person->cursor > person->count)
		person->cursor = person->count;
	if (action >= 86 && action < 90 && world->kind == SEQ_LIST && person->count)
		return move_one(prop, person);
	if (action == 99 && has_room)
		return insert(prop, world, person, 1 + prop_below(prop, 500), false);
	if (action == 98 && person->count)
		return delete_some(prop, person, 300);
	if (action < 60 && has_room)
		return insert(prop, world, person, 1 + (action < 20 ? prop_below(prop, 5) : 0), true);
	person->cursor -= person->cursor > 0;
	return delete_some(prop, person, 4);
}

/* --- Changes --- */

/* Into a document and its oracle; the session follows when it is not its own. */
static bool take(struct prop *prop, struct world *world, struct person *person, uint32_t number)
{
	struct change *it = &world->changes[number];
	struct crdt_change opened;
	it->meta.deps = it->deps;
	int result = crdt_change_open(&opened, &it->meta, buf_span(&it->bytes));
	if (!result)
		result = crdt_doc_apply(person->doc, &opened);
	if (!result)
		long_oracle_apply(&person->oracle, &opened);
	bool is_own = feed_id_eq(&it->meta.feed, &person->own.feed);
	if (!result && !is_own && world->kind == SEQ_TEXT)
		result = crdt_edit_follow(person->edit, &opened);
	person->known[it->author] = it->meta.seq;
	person->lamport = person->lamport < it->meta.lamport ? it->meta.lamport : person->lamport;
	return result == 0 || prop_fail(prop, "change %u gives %d", number, result);
}

/* One change with what the session holds. Positive: there is more. */
static int save(struct prop *prop, struct world *world, uint32_t number)
{
	struct person *person = &world->people[number];
	struct change *it = &world->changes[world->change_count];
	struct crdt_builder builder;
	uint32_t dep_count = 0;
	if (world->change_count == CHANGES)
		return ERR_FULL;
	for (uint32_t i = 0; i < PEOPLE; i++)
		if (i != number && person->known[i])
			it->deps[dep_count++] = (struct entry_ref){feed_of(i), person->known[i]};
	person->own.seq++;
	crdt_builder_begin(&builder, &person->own, DOC_KIND, doc_id, it->deps, dep_count);
	int more = crdt_edit_write(person->edit, &builder);
	int result = more < 0 ? more : crdt_builder_finish(&builder, &it->bytes);
	if (result == 0) {
		for (uint32_t i = 0; i < builder.dep_count; i++)
			it->deps[i] = builder.deps[i];
		it->author = number;
		it->meta = (struct crdt_meta){.feed = person->own.feed,
		        .seq = person->own.seq,
		        .lamport = person->lamport + 1,
		        .hlc = world->change_count,
		        .dep_count = builder.dep_count};
		result = take(prop, world, person, world->change_count++) ? more : ERR_INTERNAL;
	} else {
		person->own.seq--;
	}
	crdt_builder_close(&builder);
	return result;
}

static bool save_all(struct prop *prop, struct world *world, uint32_t number)
{
	int result;
	do
		result = save(prop, world, number);
	while (result == CRDT_EDIT_MORE);
	return result == 0 || result == ERR_NOTFOUND || prop_fail(prop, "saving gives %s", err_name(result));
}

static bool is_ready(const struct person *person, const struct change *change)
{
	if (person->known[change->author] + 1 != change->meta.seq)
		return false;
	for (uint32_t i = 0; i < change->meta.dep_count; i++)
		for (uint32_t j = 0; j < PEOPLE; j++) {
			struct feed_id feed = feed_of(j);
			if (feed_id_eq(&feed, &change->deps[i].feed) &&
			        person->known[j] < change->deps[i].seq)
				return false;
		}
	return true;
}

/* Everything that `from` has (NULL: all) and `number` lacks, authors in a random order. Its list session was saved. */
static bool receive(struct prop *prop, struct world *world, uint32_t number, const struct person *from)
{
	struct person *person = &world->people[number];
	uint32_t first = prop_below(prop, PEOPLE);
	for (bool came = true; came;) {
		came = false;
		for (uint32_t turn = 0; turn < PEOPLE; turn++)
			for (uint32_t i = 0; i < world->change_count; i++) {
				const struct change *it = &world->changes[i];
				if (it->author != (first + turn) % PEOPLE || !is_ready(person, it) ||
				        (from && from->known[it->author] < it->meta.seq))
					continue;
				if (!take(prop, world, person, i))
					return false;
				came = true;
			}
	}
	if (world->kind == SEQ_LIST)
		open_session(world, person);
	read_model(world, person);
	return seq_is_sound(crdt_edit_seq(person->edit)) || prop_fail(prop, "a session is not sound");
}

/* --- Snapshots --- */

static struct buf saved_doc(const struct person *person)
{
	struct buf out = {0};
	crdt_doc_save(person->doc, &out);
	return out;
}

/* The program ends and starts again. */
static bool restart(struct prop *prop, struct world *world, struct person *person)
{
	struct buf bytes = saved_doc(person);
	struct crdt_doc *doc = NULL;
	int error = crdt_doc_load(person->feeds, buf_span(&bytes), &doc);
	buf_close(&bytes);
	if (error)
		return prop_fail(prop, "a snapshot loads with %s", err_name(error));
	crdt_doc_free(person->doc);
	person->doc = doc;
	open_session(world, person);
	return true;
}

/* --- The law --- */

static bool live_once(struct prop *prop, struct world *world)
{
	uint32_t number = prop_below(prop, PEOPLE), other = prop_below(prop, PEOPLE),
	         action = prop_below(prop, 10);
	struct person *person = &world->people[number];
	bool good = true;
	if (action < 6) {
		uint32_t edits = prop_below(prop, prop_chance(prop, 50) ? 500 : 8);
		for (uint32_t i = 0; i < edits && good; i++)
			good = edit_once(prop, world, person) &&
			        (!crdt_edit_is_due(person->edit) || save_all(prop, world, number));
		return good && session_is_model(prop, world, person);
	}
	bool saves = action != 8 || world->kind == SEQ_LIST; /* an open text follows, whatever is unsaved */
	good = !saves || save_all(prop, world, number);
	if (good && action < 9)
		return receive(prop, world, number, &world->people[other]) &&
		        (!saves || doc_is_oracle(prop, world, person));
	return good && restart(prop, world, person);
}

static bool all_agree(struct prop *prop, struct world *world)
{
	struct buf first = {0};
	bool good = true;
	for (uint32_t i = 0; i < PEOPLE && good; i++)
		good = save_all(prop, world, i);
	for (uint32_t i = 0; i <= PEOPLE && good; i++) {
		struct person *person = &world->people[i];
		good = receive(prop, world, i, NULL) && doc_is_oracle(prop, world, person) &&
		        session_is_model(prop, world, person);
		struct buf saved = saved_doc(person);
		if (i > 0 && good && !span_eq(buf_span(&first), buf_span(&saved)))
			good = prop_fail(prop, "person %u has another document", i);
		if (i == 0)
			buf_add_span(&first, buf_span(&saved));
		buf_close(&saved);
		good = good && restart(prop, world, person) && doc_is_oracle(prop, world, person);
	}
	buf_close(&first);
	return good;
}

static bool long_ones_are_right(struct prop *prop, enum seq_kind kind, uint32_t most)
{
	struct world world = {.kind = kind, .changes = mem_zero(CHANGES, sizeof(*world.changes))};
	bool good = true;
	crdt_path_field(&world.path, 7);
	for (uint32_t i = 0; i <= PEOPLE; i++)
		person_open(&world, i);
	for (uint32_t left = prop_below(prop, most); left && good;) { /* what is there to begin with */
		uint32_t count = left < PASTE ? left : PASTE;
		good = insert(prop, &world, &world.people[0], count, false) && save_all(prop, &world, 0);
		left -= count;
	}
	for (uint32_t i = 0; i < PEOPLE && good; i++)
		good = receive(prop, &world, i, NULL);
	for (uint32_t i = 0, steps = prop_below(prop, 600); i < steps && good; i++)
		good = live_once(prop, &world);
	good = good && all_agree(prop, &world);
	for (uint32_t i = 0; i <= PEOPLE; i++)
		person_close(&world.people[i]);
	for (uint32_t i = 0; i < CHANGES; i++)
		buf_close(&world.changes[i].bytes);
	mem_free(world.changes);
	return good;
}

static bool long_texts(struct prop *prop)
{
	return long_ones_are_right(prop, SEQ_TEXT, 100000);
}

static bool long_lists(struct prop *prop)
{
	return long_ones_are_right(prop, SEQ_LIST, 3000);
}

int main(void)
{
	bool good = prop_holds("long texts are like the linked list", long_texts, 4);
	good &= prop_holds("long lists are like the linked list", long_lists, 4);
	return good ? 0 : 1;
}
