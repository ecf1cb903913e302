/*
 * Several people write one narrative field, apart and with forms that stay open: everybody reads the same in the end, every word is there
 * that nobody took away, whole, and what one person wrote in one piece is one piece. Some of them have an earlier version, which
 * writes register values.
 */
#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/doc_write.h"
#include "node/narrative.h"
#include "node/text_diff.h"
#include "tests/prop/prop.h"

enum { PEOPLE = 3, CHANGES = 64, WORDS = 256, TEXT_WORDS = 512, DOC_KIND = 1 };

static const struct record_id doc_id = {{0xd0}};

/* "q17z": no word is part of another. Words saved in one piece follow each other in number. */
struct word {
	bool is_taken_away; /* by somebody, somewhere */
	bool is_parted; /* from the word before: another piece, or somebody wrote in between, or rewrote one of them */
};

struct person {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct entry_ref own;
	uint32_t known; /* changes, as bits */
	bool has_form;
	struct buf form;
	struct crdt_frontier seen;
};

struct change {
	struct crdt_meta meta;
	struct entry_ref deps[PEOPLE];
	struct buf bytes;
};

struct world {
	struct crdt_path path;
	struct person people[PEOPLE];
	struct change changes[32];
	uint32_t change_count, word_count;
	struct word words[WORDS];
};

/* A text as its words, each with what stands before it. */
struct text {
	struct item {
		uint32_t word;
		char before[6];
	} items[TEXT_WORDS];
	uint32_t count;
};

static struct feed_id feed_of(uint32_t person)
{
	return (struct feed_id){{(uint8_t)(0x70 - person)}};
}

static void world_open(struct world *world)
{
	*world = (struct world){.word_count = 0};
	crdt_path_field(&world->path, 7);
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
		buf_close(&world->people[i].form);
		crdt_frontier_close(&world->people[i].seen);
	}
	for (uint32_t i = 0; i < world->change_count; i++)
		buf_close(&world->changes[i].bytes);
}

static void read_shown(const struct world *world, const struct person *person, struct buf *out)
{
	buf_clear(out);
	narrative_read(person->doc, crdt_path_span(&world->path), out);
	buf_add(out, "", 1);
}

/* ---- Changes ---- */

static int apply(struct world *world, struct person *person, uint32_t number)
{
	struct crdt_change opened;
	struct change *change = &world->changes[number];
	change->meta.deps = change->deps;
	int result = crdt_change_open(&opened, &change->meta, buf_span(&change->bytes));
	if (result == 0)
		result = crdt_doc_apply(person->doc, &opened);
	person->known |= 1u << number;
	return result;
}

static void begin(struct person *person, struct crdt_builder *builder)
{
	struct crdt_frontier now = {0};
	struct entry_ref deps[PEOPLE];
	uint32_t count = 0;
	crdt_frontier_of(person->doc, &now);
	for (uint32_t i = 0; i < now.count; i++)
		if (!feed_id_eq(&now.items[i].feed, &person->own.feed))
			deps[count++] = now.items[i];
	person->own.seq++;
	crdt_builder_begin(builder, &person->own, DOC_KIND, doc_id, deps, count);
	crdt_frontier_close(&now);
}

/* `result`: what writing into the builder gave. */
static bool finish(struct prop *prop, struct world *world, struct person *person,
        struct crdt_builder *builder, int result)
{
	struct change *change = &world->changes[world->change_count];
	if (result == 0)
		result = crdt_builder_finish(builder, &change->bytes);
	if (result == 0) {
		for (uint32_t i = 0; i < builder->dep_count; i++)
			change->deps[i] = builder->deps[i];
		change->meta = (struct crdt_meta){.feed = person->own.feed,
		        .seq = person->own.seq,
		        .lamport = world->change_count + 1,
		        .hlc = world->change_count + 1,
		        .dep_count = builder->dep_count};
		result = apply(world, person, world->change_count++);
	} else {
		person->own.seq--;
	}
	crdt_builder_close(builder);
	return result == 0 || result == NARRATIVE_UNCHANGED ||
	        prop_fail(prop, "a save ends with %s", err_name(result));
}

/* ---- Words ---- */

static void text_of(const struct buf *shown, struct text *text)
{
	const char *at = (const char *)shown->data, *last = at;
	unsigned number;
	text->count = 0;
	for (; *at && text->count < TEXT_WORDS; at++) {
		if (*at != 'q' || sscanf(at, "q%uz", &number) != 1)
			continue;
		struct item *item = &text->items[text->count++];
		item->word = number;
		snprintf(item->before, sizeof(item->before), "%.*s", (int)(at - last), last);
		last = strchr(at, 'z') + 1;
	}
}

static void put_text(const struct text *text, struct buf *out)
{
	char word[24];
	buf_clear(out);
	for (uint32_t i = 0; i < text->count; i++) {
		int size = snprintf(
		        word, sizeof(word), "%sq%uz", i ? text->items[i].before : "", text->items[i].word);
		buf_add(out, word, (size_t)size);
	}
}

static void part(struct world *world, const struct text *text, uint32_t at)
{
	if (at < text->count)
		world->words[text->items[at].word].is_parted = true;
}

static void take_out(struct prop *prop, struct world *world, struct text *text)
{
	uint32_t from = prop_below(prop, text->count), count = 1 + prop_below(prop, 3);
	count = count < text->count - from ? count : text->count - from;
	for (uint32_t i = from; i < from + count; i++)
		world->words[text->items[i].word].is_taken_away = true;
	text->count -= count;
	memmove(text->items + from, text->items + from + count, (text->count - from) * sizeof(*text->items));
}

static void put_in(struct prop *prop, struct world *world, struct text *text)
{
	uint32_t from = prop_below(prop, text->count + 1), count = 1 + prop_below(prop, 3);
	if (text->count + count > TEXT_WORDS || world->word_count + count > WORDS)
		return;
	part(world, text, from);
	memmove(text->items + from + count, text->items + from, (text->count - from) * sizeof(*text->items));
	for (uint32_t i = from; i < from + count; i++) {
		world->words[world->word_count].is_parted = i == from;
		text->items[i] = (struct item){world->word_count++, " "};
		if (i == from && prop_chance(prop, 20))
			text->items[i].before[0] = '\n';
	}
	text->count += count;
	if (from == 0 && from + count < text->count)
		snprintf(text->items[count].before, sizeof(text->items[count].before), " ");
}

/* The words between the first and the last that changed may be written anew with these, and so may two that stand without a space. */
static void part_rewritten(struct world *world, const struct text *old, const struct text *now)
{
	uint32_t same = 0, end = 0;
	while (same < old->count && same < now->count && old->items[same].word == now->items[same].word)
		same++;
	while (end < old->count - same && end < now->count - same &&
	        old->items[old->count - 1 - end].word == now->items[now->count - 1 - end].word)
		end++;
	for (uint32_t i = same; i <= old->count - end; i++)
		part(world, old, i);
	for (uint32_t i = 1; i < old->count; i++)
		if (!old->items[i].before[0]) {
			part(world, old, i);
			part(world, old, i + 1);
		}
}

static void change_words(struct prop *prop, struct world *world, struct text *text)
{
	struct text old = *text;
	for (uint32_t i = 0, steps = 1 + prop_below(prop, 3); i < steps; i++)
		if (prop_chance(prop, 40) && text->count)
			take_out(prop, world, text);
		else
			put_in(prop, world, text);
	part_rewritten(world, &old, text);
}

/* ---- What people do ---- */

static void open_form(const struct world *world, struct person *person)
{
	read_shown(world, person, &person->form);
	crdt_frontier_close(&person->seen);
	narrative_note_seen(person->doc, crdt_path_span(&world->path), &person->seen);
	person->has_form = true;
}

static bool save(struct prop *prop, struct world *world, struct person *person)
{
	static const struct entry_ref nothing;
	struct crdt_builder builder;
	struct buf out = {0};
	bool is_new_form = !person->has_form;
	if (is_new_form)
		open_form(world, person);
	struct text text;
	text_of(&person->form, &text);
	change_words(prop, world, &text);
	put_text(&text, &out);
	prop_say(prop, "%u saves “%.*s” for “%s”\n", person->own.feed.bytes[0], (int)out.size,
	        (const char *)out.data, (const char *)person->form.data);
	/* A form that was just opened shows what there is: with and without a word of what was seen it is the same. */
	struct narrative_seen seen = {person->seen.count ? person->seen.items : &nothing, person->seen.count};
	if (is_new_form && prop_chance(prop, 50))
		seen.entries = NULL;
	begin(person, &builder);
	int result = narrative_write(
	        person->doc, &builder, crdt_path_span(&world->path), seen, buf_span(&out));
	person->has_form = false;
	buf_close(&out);
	return finish(prop, world, person, &builder, result);
}

/* An earlier version reads and replaces register values, of which it shows the latest. */
static bool save_value(struct prop *prop, struct world *world, struct person *person)
{
	struct span path = crdt_path_span(&world->path);
	struct crdt_values values = {0};
	struct crdt_builder builder;
	struct buf out = {0}, value = {0}, shown = {0};
	struct text text = {.count = 0};
	crdt_doc_values(person->doc, path, &values);
	for (uint32_t i = values.count; i-- > 0;) {
		struct mpack_in in = mpack_begin(values.items[i].value);
		buf_clear(&shown);
		buf_add_span(&shown, mpack_str(&in));
		buf_add(&shown, "", 1);
		text_of(&shown, &text);
		for (uint32_t j = 0; i > 0 && j < text.count; j++)
			world->words[text.items[j].word].is_taken_away = true;
	}
	crdt_values_close(&values);
	change_words(prop, world, &text);
	for (uint32_t i = 0; i < text.count; i++)
		part(world, &text, i); /* whoever carries it over and edits it at once takes it apart */
	put_text(&text, &out);
	prop_say(prop, "%u writes the value “%.*s”\n", person->own.feed.bytes[0], (int)out.size,
	        (const char *)out.data);
	begin(person, &builder);
	mpack_put_str(&value, buf_span(&out));
	int result = crdt_doc_set(person->doc, &builder, path, buf_span(&value), (struct span){NULL, 0});
	buf_close(&out);
	buf_close(&value);
	buf_close(&shown);
	return finish(prop, world, person, &builder, result);
}

static bool meet(struct prop *prop, struct world *world, struct person *to, const struct person *from)
{
	for (uint32_t i = 0; i < world->change_count; i++)
		if (((from->known & ~to->known) >> i & 1) && apply(world, to, i))
			return prop_fail(prop, "change %u is refused", i);
	return true;
}

static bool act(struct prop *prop, struct world *world, bool has_values)
{
	struct person *person = &world->people[prop_below(prop, PEOPLE)];
	uint32_t action = prop_below(prop, 10);
	if (action < 4)
		return save(prop, world, person);
	if (action < 8)
		return meet(prop, world, person, &world->people[prop_below(prop, PEOPLE)]);
	if (action == 8 && has_values)
		return save_value(prop, world, person);
	if (!person->has_form)
		open_form(world, person);
	return true;
}

/* ---- What must hold ---- */

static bool all_read(struct prop *prop, struct world *world, struct buf *out)
{
	struct buf other = {0};
	bool good = true;
	for (uint32_t i = 0; i < PEOPLE * PEOPLE && good; i++)
		good = meet(prop, world, &world->people[i % PEOPLE], &world->people[i / PEOPLE]);
	for (uint32_t i = 0; i < PEOPLE * PEOPLE && good; i++)
		good = meet(prop, world, &world->people[i % PEOPLE], &world->people[i / PEOPLE]);
	read_shown(world, &world->people[0], out);
	for (uint32_t i = 1; i < PEOPLE && good; i++) {
		read_shown(world, &world->people[i], &other);
		if (!span_eq(buf_span(out), buf_span(&other)))
			good = prop_fail(prop, "“%s” here, “%s” there", (const char *)out->data,
			        (const char *)other.data);
	}
	buf_close(&other);
	return good;
}

static bool is_whole(struct prop *prop, const struct world *world, const char *text)
{
	for (uint32_t i = 0; i < world->word_count; i++) {
		const struct word *word = &world->words[i], *last = i ? word - 1 : NULL;
		char one[16], two[32];
		snprintf(one, sizeof(one), "q%uz", i);
		snprintf(two, sizeof(two), "q%uz q%uz", i ? i - 1 : 0, i);
		if (!word->is_taken_away && !strstr(text, one))
			return prop_fail(prop, "“%s” is lost in “%s”", one, text);
		if (!word->is_taken_away && !word->is_parted && last && !last->is_taken_away &&
		        !strstr(text, two))
			return prop_fail(prop, "“%s” was taken apart in “%s”", two, text);
	}
	return true;
}

static bool words_survive(struct prop *prop)
{
	static struct world world; /* large, one at a time */
	struct buf text = {0};
	world_open(&world);
	bool has_values = prop_chance(prop, 30), good = true;
	for (uint32_t i = 0, steps = prop_below(prop, 60); i < steps && good; i++)
		if (world.change_count < sizeof(world.changes) / sizeof(*world.changes))
			good = act(prop, &world, has_values);
	good = good && all_read(prop, &world, &text) && is_whole(prop, &world, (const char *)text.data);
	buf_close(&text);
	world_close(&world);
	return good;
}

/* ---- Differences ---- */

enum { BYTES = 200 };

/* Few different words, so that many stay; now and then so many changes that they are not told apart. */
static struct span draw_text(struct prop *prop, uint8_t out[BYTES * 8], uint32_t most)
{
	static const char *const words[] = {"a", " ", "é", "\n", ".", "  ", "12,5", "l'eau"};
	size_t size = 0;
	for (uint32_t i = 0, count = prop_below(prop, most); i < count; i++) {
		const char *word = words[prop_below(prop, 8)];
		memcpy(out + size, word, strlen(word));
		size += strlen(word);
	}
	return span_of(out, size);
}

static bool hunks_make_the_new_text(struct prop *prop)
{
	uint8_t old_space[BYTES * 8], now_space[BYTES * 8];
	struct span old = draw_text(prop, old_space, BYTES), now = draw_text(prop, now_space, BYTES);
	struct text_hunks hunks = {0};
	struct buf made = {0};
	uint32_t at = 0;
	bool good = true;
	text_diff(old, now, &hunks);
	for (uint32_t i = 0; i < hunks.count && good; i++) {
		const struct text_hunk *hunk = &hunks.items[i];
		good = (i == 0 || hunk->at > at) && hunk->at + hunk->gone <= old.size &&
		        hunk->gone + hunk->came;
		buf_add_span(&made, span_sub(old, at, hunk->at - at));
		good = good && made.size == hunk->from;
		buf_add_span(&made, span_sub(now, hunk->from, hunk->came));
		at = hunk->at + hunk->gone;
	}
	buf_add_span(&made, span_sub(old, at, old.size));
	good = good && span_eq(buf_span(&made), now) && hunks.count <= TEXT_DIFF_WORDS_MAX;
	buf_close(&made);
	text_hunks_close(&hunks);
	return good ||
	        prop_fail(prop, "%.*s -> %.*s", (int)old.size, (const char *)old.data, (int)now.size,
	                (const char *)now.data);
}

int main(void)
{
	return prop_holds("words survive", words_survive, 2000) &&
	                prop_holds("hunks make the new text", hunks_make_the_new_text, 5000)
	        ? 0
	        : 1;
}
