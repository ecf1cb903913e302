/*
 * Two sides of a sequence are compared: as it is, and as it would be had the change not been written. What shows on one of them only, the change
 * brought or took away; what shows at two places, it moved. The elements are those of the sequence as it is, so each has its place.
 */
#include "crdt/history_seqs.h"
#include "crdt/seq_sides.h"
#include "crdt/undo_state.h"

/* ---- What becomes of each element -------------------------------------------------------------------------------- */

enum fate { STAYS, GOES, COMES_AGAIN, MOVES_BACK };

struct seq_planner {
	struct undo_planner *p;
	const struct seq *seq;
	const struct crdt_meta *own_meta;
	struct seq_side now, without; /* the change */
	struct seq_side own; /* the change alone: only its deletions are looked at */
	uint8_t *fate; /* by element */
	struct buf pieces, targets, others; /* struct crdt_undo_piece; struct crdt_target; uint32_t */
	struct buf going, coming; /* the contents of two pieces being made, and how many elements they have */
	uint32_t going_count, coming_count;
	uint32_t last_going; /* element */
	uint32_t last_coming; /* place */
};

static bool holds_all(void *context, const struct doc_stamp *stamp)
{
	(void)context;
	(void)stamp;
	return true;
}

static bool is_own_stamp(const struct seq_planner *s, const struct doc_stamp *stamp)
{
	return stamp->seq == s->own_meta->seq &&
	        feed_id_eq(crdt_feeds_id(s->seq->feeds, stamp->feed), &s->own_meta->feed);
}

static bool holds_own(void *context, const struct doc_stamp *stamp)
{
	return is_own_stamp(context, stamp);
}

static bool holds_others(void *context, const struct doc_stamp *stamp)
{
	return !is_own_stamp(context, stamp);
}

static bool is_own_element(const struct seq_planner *s, uint32_t number)
{
	return !seq_side_has(s->seq, &s->without, number);
}

static uint32_t step_of(const struct seq_planner *s, struct seq_by by)
{
	uint32_t step = 0;
	history_seq_step(s->p->history, s->seq, by, &step);
	return step;
}

static uint32_t inserting_step(const struct seq_planner *s, uint32_t number)
{
	return step_of(s, s->seq->insertions[seq_insertion_of(s->seq, number)].by);
}

static uint32_t deleting_step(const struct seq_planner *s, const struct seq_side *side, uint32_t element)
{
	return step_of(s, s->seq->deletions[side->deletion[element]].by);
}

/* Who moved an element after the change wins with it as without it: then it stands at one place. */
static enum fate fate_of(const struct seq_planner *s, uint32_t element)
{
	uint32_t is = s->now.row_of[element], was = s->without.row_of[element];
	if (was == SEQ_NONE)
		return is != SEQ_NONE && is_own_element(s, element) ? GOES : STAYS;
	if (is == SEQ_NONE)
		return COMES_AGAIN;
	return s->now.rows[is].place == s->without.rows[was].place ? STAYS : MOVES_BACK;
}

/* ---- Who stands in the way --------------------------------------------------------------------------------------- */

/* The change deleted it, and so did somebody else. What a CLEAR names may have been gone long before. */
static void note_deleted_too(struct seq_planner *s, uint32_t element)
{
	if (s->own.deletion[element] == SEQ_NONE || s->without.deletion[element] == SEQ_NONE ||
	        is_own_element(s, element))
		return;
	uint32_t own = deleting_step(s, &s->own, element), other = deleting_step(s, &s->without, element);
	if (other > own || crdt_history_step(s->p->history, own)->kind != CRDT_OP_CLEAR)
		undo_push(&s->others, other);
}

/* The change put it there or moved it, and somebody else deleted it. */
static void note_gone(struct seq_planner *s, uint32_t element)
{
	uint32_t deletion = s->without.deletion[element];
	if (deletion != SEQ_NONE && s->own.deletion[element] == SEQ_NONE)
		undo_push(&s->others, deleting_step(s, &s->without, element));
}

static void note_in_the_way(struct seq_planner *s, uint32_t number)
{
	note_deleted_too(s, number);
	if (!is_own_element(s, number))
		return;
	uint32_t element = seq_shown(s->seq, number);
	if (element == SEQ_NONE)
		return;
	if (s->now.row_of[element] == SEQ_NONE) {
		note_gone(s, element);
		return;
	}
	uint32_t place = s->now.rows[s->now.row_of[element]].place;
	bool is_moved = number != element; /* by the change */
	if (is_moved && place != number && inserting_step(s, place) >= s->p->end)
		undo_push(&s->others, inserting_step(s, place));
}

/* ---- Was it given back before? ----------------------------------------------------------------------------------- */

/* It goes on from one of these, in what its feed was called before a fork. */
static bool goes_on_from(const struct crdt_frontier *out, const struct crdt_meta *meta)
{
	const struct crdt_names *names = meta->names;
	for (uint32_t i = 0; names && i < names->own_count; i++)
		if (crdt_frontier_seq(out, &names->own[i].meant))
			return true;
	return false;
}

/* Per feed, the first of its changes that was written with `change` in sight. */
static void find_witnesses(const struct crdt_history *history, uint32_t change, struct crdt_frontier *out)
{
	const struct crdt_meta *own = crdt_history_change(history, change)->meta;
	crdt_frontier_raise(out, &own->feed, own->seq);
	for (uint32_t i = change + 1; i < crdt_history_change_count(history); i++) {
		const struct crdt_meta *meta = crdt_history_change(history, i)->meta;
		bool saw = goes_on_from(out, meta);
		for (uint32_t j = 0; j < meta->dep_count; j++) {
			uint64_t first = crdt_frontier_seq(out, &meta->deps[j].feed);
			saw |= first && meta->deps[j].seq >= first;
		}
		if (saw && crdt_frontier_seq(out, &meta->feed) == 0)
			crdt_frontier_raise(out, &meta->feed, meta->seq);
	}
}

/* Who sees that an element is deleted does not type behind it: an insertion there gives back what was deleted. */
static bool gives_back(
        const struct seq_planner *s, const struct seq_insertion *it, const struct crdt_frontier *witnesses)
{
	const struct doc_stamp *stamp = &s->seq->stamps[it->by.stamp];
	uint64_t first = crdt_frontier_seq(witnesses, crdt_feeds_id(s->seq->feeds, stamp->feed));
	if (it->left == SEQ_NONE || first == 0 || stamp->seq < first || is_own_stamp(s, stamp) ||
	        seq_is_place(s->seq, it->first))
		return false;
	uint32_t element = seq_shown(s->seq, it->left);
	return element != SEQ_NONE && s->fate[element] == COMES_AGAIN &&
	        s->without.rows[s->without.row_of[element]].place == it->left;
}

static void keep_what_was_given_back(struct seq_planner *s)
{
	struct crdt_frontier witnesses = {0};
	bool found = false;
	find_witnesses(s->p->history, s->p->change, &witnesses);
	for (uint32_t i = 0; i < s->seq->insertion_count; i++) {
		if (!gives_back(s, &s->seq->insertions[i], &witnesses))
			continue;
		undo_push(&s->others, step_of(s, s->seq->insertions[i].by));
		found = true;
	}
	for (uint32_t i = 0; found && i < s->seq->element_count; i++)
		if (s->fate[i] == COMES_AGAIN)
			s->fate[i] = STAYS;
	crdt_frontier_close(&witnesses);
}

static void find_fates(struct seq_planner *s)
{
	bool comes_again = false;
	s->fate = mem_zero(s->seq->element_count, 1);
	for (uint32_t i = 0; i < s->seq->element_count; i++) {
		s->fate[i] = (uint8_t)fate_of(s, i);
		comes_again |= s->fate[i] == COMES_AGAIN;
		note_in_the_way(s, i);
	}
	if (comes_again)
		keep_what_was_given_back(s);
	crdt_steps_order(&s->others, 0);
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------ */

static struct crdt_element element_of(const struct seq *seq, uint32_t number)
{
	struct seq_origin origin = seq_origin(seq, number);
	return (struct crdt_element){
	        {*crdt_feeds_id(seq->feeds, origin.op.feed), origin.op.seq, origin.op.index}, origin.offset};
}

/* Right behind a place. */
static void put_behind(const struct seq *seq, uint32_t place, struct crdt_undo_piece *piece)
{
	uint32_t right = seq_after(seq, place);
	piece->left = element_of(seq, place);
	piece->has_right = right != SEQ_NONE;
	if (piece->has_right)
		piece->right = element_of(seq, right);
}

static void close_going(struct seq_planner *s)
{
	struct arena *arena = &s->p->out->arena;
	struct crdt_undo_piece piece = {.kind = CRDT_PASSAGE_DELETED,
	        .count = s->going_count,
	        .content = arena_span(arena, buf_span(&s->going)),
	        .targets = arena_copy(arena, s->targets.data, s->targets.size),
	        .target_count = (uint32_t)(s->targets.size / sizeof(struct crdt_target))};
	if (s->going_count)
		buf_add(&s->pieces, &piece, sizeof(piece));
	s->going_count = 0;
	buf_clear(&s->going);
	buf_clear(&s->targets);
}

static void close_coming(struct seq_planner *s)
{
	struct crdt_undo_piece piece = {.kind = CRDT_PASSAGE_INSERTED,
	        .count = s->coming_count,
	        .content = arena_span(&s->p->out->arena, buf_span(&s->coming))};
	if (s->coming_count) {
		put_behind(s->seq, s->last_coming, &piece);
		buf_add(&s->pieces, &piece, sizeof(piece));
	}
	s->coming_count = 0;
	buf_clear(&s->coming);
}

static void close_pieces(struct seq_planner *s)
{
	close_going(s);
	close_coming(s);
}

static void add_going(struct seq_planner *s, uint32_t element)
{
	struct crdt_target target = {element_of(s->seq, element), 1};
	if (s->targets.size && element == s->last_going + 1 && !s->seq->elements[element].begins) {
		struct crdt_target *all = (struct crdt_target *)(void *)s->targets.data;
		all[s->targets.size / sizeof(*all) - 1].count++;
	} else {
		buf_add(&s->targets, &target, sizeof(target));
	}
	buf_add_span(&s->going, seq_shown_content(s->seq, &s->now.rows[s->now.row_of[element]]));
	s->last_going = element;
	s->going_count++;
}

static void add_coming(struct seq_planner *s, const struct seq_shown *row)
{
	buf_add_span(&s->coming, seq_shown_content(s->seq, row));
	s->last_coming = row->place;
	s->coming_count++;
}

/* It names the moves that count, so that none of them does any more. */
static void add_moved(struct seq_planner *s, const struct seq_shown *row)
{
	struct arena *arena = &s->p->out->arena;
	struct op_id cited[LIMIT_OP_SUPERSEDES];
	struct crdt_cites cites = {NULL, 0};
	for (uint32_t i = s->seq->move_count; i > 0 && cites.count < LIMIT_OP_SUPERSEDES; i--) {
		const struct seq_move *move = &s->seq->moves[i - 1];
		if (move->element == row->element && !move->is_taken_back)
			cited[cites.count++] = element_of(s->seq, move->place).op;
	}
	cites.ops = arena_copy(arena, cited, cites.count * sizeof(*cited));
	struct crdt_undo_piece piece = {.kind = CRDT_PASSAGE_MOVED,
	        .count = 1,
	        .content = arena_span(arena, seq_shown_content(s->seq, row)),
	        .element = element_of(s->seq, row->element),
	        .cites = cites};
	put_behind(s->seq, row->place, &piece);
	close_pieces(s);
	buf_add(&s->pieces, &piece, sizeof(piece));
}

/* The row of a side that shows at a place. */
static const struct seq_shown *shown_at(const struct seq_side *side, uint32_t element, uint32_t place)
{
	uint32_t row = side->row_of[element];
	return row != SEQ_NONE && side->rows[row].place == place ? &side->rows[row] : NULL;
}

static void look_at_place(struct seq_planner *s, uint32_t place)
{
	uint32_t element = seq_shown(s->seq, place);
	if (element == SEQ_NONE)
		return;
	const struct seq_shown *is = shown_at(&s->now, element, place),
	                       *was = shown_at(&s->without, element, place);
	switch ((enum fate)s->fate[element]) {
	case GOES:
		if (is)
			add_going(s, element);
		return;
	case COMES_AGAIN:
		if (was)
			add_coming(s, was);
		return;
	case MOVES_BACK:
		if (was)
			add_moved(s, was);
		return;
	case STAYS:
		if (is)
			close_pieces(s);
		return;
	}
}

static void find_pieces(struct seq_planner *s)
{
	const struct seq *seq = s->seq;
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next)
		for (uint32_t i = 0; i < seq->leaves[number].count; i++)
			for (uint32_t j = 0; j < seq->leaves[number].runs[i].length; j++)
				look_at_place(s, seq->leaves[number].runs[i].first + j);
	close_pieces(s);
}

static void emit_seq(struct seq_planner *s, struct span path)
{
	bool acts = s->pieces.size > 0;
	struct crdt_undo_item item = {.path = path,
	        .kind = acts             ? s->seq->kind == SEQ_TEXT ? CRDT_UNDO_TEXT : CRDT_UNDO_LIST
	                : s->others.size ? CRDT_UNDO_OVERTAKEN
	                                 : CRDT_UNDO_NOTHING,
	        .others = undo_keep(s->p, &s->others),
	        .pieces = arena_copy(&s->p->out->arena, s->pieces.data, s->pieces.size),
	        .piece_count = (uint32_t)(s->pieces.size / sizeof(struct crdt_undo_piece))};
	undo_emit(s->p, &item);
}

void undo_plan_seq(struct undo_planner *p, struct span path, enum seq_kind kind)
{
	const struct crdt_history *history = p->history;
	struct seq_planner s = {.p = p,
	        .seq = history_seq(history, path, kind),
	        .own_meta = crdt_history_change(history, p->change)->meta};
	if (!s.seq) /* it named nothing that is here */
		return;
	seq_side_open(s.seq, (struct seq_part){holds_all, NULL}, &s.now);
	seq_side_open(s.seq, (struct seq_part){holds_others, &s}, &s.without);
	seq_side_open(s.seq, (struct seq_part){holds_own, &s}, &s.own);
	find_fates(&s);
	find_pieces(&s);
	emit_seq(&s, path);
	seq_side_close(&s.now);
	seq_side_close(&s.without);
	seq_side_close(&s.own);
	mem_free(s.fate);
	buf_close(&s.pieces);
	buf_close(&s.targets);
	buf_close(&s.others);
	buf_close(&s.going);
	buf_close(&s.coming);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void write_piece(
        const struct crdt_undo_item *item, const struct crdt_undo_piece *piece, struct crdt_builder *builder)
{
	const struct crdt_element *right = piece->has_right ? &piece->right : NULL;
	if (piece->kind == CRDT_PASSAGE_MOVED) {
		crdt_builder_list_move(
		        builder, item->path, &piece->element, &piece->left, right, piece->cites);
	} else if (item->kind == CRDT_UNDO_TEXT) {
		crdt_builder_text_insert(builder, item->path, &piece->left, right, piece->content);
	} else {
		struct buf array = {0};
		mpack_put_array(&array, piece->count);
		buf_add_span(&array, piece->content);
		crdt_builder_list_insert(builder, item->path, &piece->left, right, buf_span(&array));
		buf_close(&array);
	}
}

static void write_deletion(const struct crdt_undo_item *item, const struct crdt_target *targets,
        uint32_t count, struct crdt_builder *builder)
{
	if (count && item->kind == CRDT_UNDO_TEXT)
		crdt_builder_text_delete(builder, item->path, targets, count);
	else if (count)
		crdt_builder_list_delete(builder, item->path, targets, count);
}

void undo_write_seq(const struct crdt_undo_item *item, struct crdt_builder *builder)
{
	struct crdt_target targets[LIMIT_OP_SUPERSEDES];
	uint32_t count = 0;
	for (uint32_t i = 0; i < item->piece_count; i++) {
		const struct crdt_undo_piece *piece = &item->pieces[i];
		if (piece->kind != CRDT_PASSAGE_DELETED)
			write_piece(item, piece, builder);
		for (uint32_t j = 0; j < piece->target_count; j++) {
			targets[count++] = piece->targets[j];
			if (count < LIMIT_OP_SUPERSEDES)
				continue;
			write_deletion(item, targets, count, builder);
			count = 0;
		}
	}
	write_deletion(item, targets, count, builder);
}
