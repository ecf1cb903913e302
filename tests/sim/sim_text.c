#include "tests/sim/sim_text.h"

#include "node/narrative.h"
#include "tests/sim/sim_act.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_order.h"
#include "tests/sim/sim_trust_check.h"

/* Of a patient: medical history, and the detail of an item of the plan. */
static void place_of(struct sim_member *member, const struct record_id *patient, struct record_edit *edit)
{
	bool is_plan = rng_chance(&member->device.rng, 500);
	edit->record.kind = schema_kind(is_plan ? SCHEMA_INTERVENTION : SCHEMA_PATIENT);
	edit->record.id = is_plan ? (struct record_id){{1, 'p'}} : *patient;
}

static const struct schema_field *field_of(const struct schema_kind *kind)
{
	return schema_field_named(kind, span_text(kind->number == SCHEMA_PATIENT ? "history" : "detail"));
}

static struct crdt_path path_of(const struct record_edit *edit)
{
	struct crdt_path path;
	record_path(edit->record.kind, &edit->record.id, field_of(edit->record.kind)->number, &path);
	return path;
}

static void open_form(struct sim_member *member, const struct record_id *patient)
{
	struct sim_form *form = &member->form;
	struct crdt_frontier seen = {0};
	struct crdt_doc *doc;
	form->is_open = false;
	place_of(member, patient, &form->edit);
	form->patient = *patient;
	struct crdt_path path = path_of(&form->edit);
	if (node_doc(member->device.node, SCHEMA_DOC_DOSSIER, patient, &doc))
		return;
	buf_clear(&form->text);
	narrative_read(doc, crdt_path_span(&path), &form->text);
	narrative_note_seen(doc, crdt_path_span(&path), &seen);
	form->edit.has_seen = true;
	form->edit.seen = arena_copy(&member->world->arena, seen.items, seen.count * sizeof(*seen.items));
	form->edit.seen_count = seen.count;
	form->is_open = true;
	crdt_frontier_close(&seen);
}

/* Where the word at or behind `at` begins; the size when there is none. "w17z" is no part of another word. */
static size_t next_word(struct span text, size_t at)
{
	while (at < text.size && text.data[at] != 'w')
		at++;
	return at;
}

/* A word goes. Whoever's it is, it may be missing from now on. */
static void take_away(struct sim_member *member, struct buf *text)
{
	struct span all = buf_span(text);
	size_t at = next_word(all, rng_below(&member->device.rng, all.size + 1)), end = at;
	uint32_t number = 0;
	if (at == all.size)
		return;
	for (end++; end < all.size && all.data[end] != 'z'; end++)
		number = 10 * number + (uint32_t)(all.data[end] - '0');
	for (struct sim_word *word = member->world->words; word; word = word->next)
		word->is_taken_away |= word->number == number;
	struct buf rest = {0};
	buf_add_span(&rest, span_sub(all, end + 1, all.size));
	text->size = at;
	buf_add_span(text, buf_span(&rest));
	buf_close(&rest);
}

static struct sim_word *put_in(struct sim_member *member, struct buf *text)
{
	struct sim_world *world = member->world;
	struct sim_word *word = arena_zero(&world->arena, 1, sizeof(*word));
	struct span all = buf_span(text);
	size_t at = next_word(all, rng_below(&member->device.rng, all.size + 1));
	char space[16];
	int size = snprintf(space, sizeof(space), " w%uz%c", (unsigned)world->word_count,
	        rng_chance(&member->device.rng, 200) ? '\n' : ' ');
	struct buf whole = {0};
	buf_add_span(&whole, span_sub(all, 0, at));
	buf_add(&whole, space, (size_t)size);
	buf_add_span(&whole, span_sub(all, at, all.size));
	buf_close(text);
	*text = whole;
	word->number = world->word_count++;
	word->next = world->words;
	world->words = word;
	return word;
}

static void save_form(struct sim_member *member)
{
	struct sim_form *form = &member->form;
	const struct schema_field *field = field_of(form->edit.record.kind);
	struct sim_word *word = put_in(member, &form->text);
	if (rng_chance(&member->device.rng, 250))
		take_away(member, &form->text);
	form->edit.record.count = 0;
	schema_put(&form->edit.record, field)->bytes = buf_span(&form->text);
	word->save = sim_save_record(member, SCHEMA_DOC_DOSSIER, &form->patient, &form->edit);
	word->path = path_of(&form->edit);
	form->is_open = false;
}

void sim_text(struct sim_member *member, const struct record_id *patient)
{
	if (!member->form.is_open || rng_chance(&member->device.rng, 100))
		open_form(member, patient);
	if (member->form.is_open && member->form.text.size < 3000 && rng_chance(&member->device.rng, 700))
		save_form(member);
}

static bool holds(const struct buf *text, const struct sim_word *word)
{
	char wanted[16];
	snprintf(wanted, sizeof(wanted), "w%uz", (unsigned)word->number);
	return text->size && memmem(text->data, text->size, wanted, strlen(wanted));
}

void sim_text_check(struct sim_world *world)
{
	const struct team_view *view = node_view(world->members[0].device.node);
	struct buf text = {0};
	for (const struct sim_word *word = world->words; word; word = word->next) {
		if (word->is_taken_away || !word->save || !word->save->acknowledged ||
		        word->save->rolled_back)
			continue;
		for (uint32_t i = 0; i < world->member_count; i++) {
			struct node *node = world->members[i].device.node;
			struct entry_ref place;
			uint32_t number;
			struct crdt_doc *doc;
			bool effective;
			if (sim_is_out(&world->members[i]) || sim_is_erased(world, &word->save->doc) ||
			        !sim_reads_doc(
			                &world->members[i], view, SCHEMA_DOC_DOSSIER, &word->save->doc) ||
			        node_doc(node, SCHEMA_DOC_DOSSIER, &word->save->doc, &doc))
				continue; /* that a save is missing is another invariant */
			if (!sim_find(node, word->save, &number, &place) ||
			        (sim_is_apart(node, &place.feed, place.seq, &effective) && !effective))
				continue; /* it is named there */
			if (sim_is_out(&world->members[word->save->member]) &&
			        !sim_check_holds(node, word->save))
				continue; /* nobody met its author any more */
			if (sim_order_left_nothing(world, word->save))
				continue;
			world->counts.words++;
			buf_clear(&text);
			narrative_read(doc, crdt_path_span(&word->path), &text);
			if (!holds(&text, word))
				sim_fail(world, "texts: word %u of %u is missing on %u", word->number,
				        word->save->member, i);
		}
	}
	buf_close(&text);
}
