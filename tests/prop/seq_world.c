#include "tests/prop/seq_world.h"

/* A feed whose byte order is that of the replicas: the oracle compares numbers. */
static struct feed_id feed_of(uint32_t replica)
{
	return (struct feed_id){{(uint8_t)(16 * replica + 7)}};
}

static void only_halve(struct seq *seq)
{
	seq_reach_build(seq);
	seq->walk = 0;
}

void seq_world_open(struct seq_world *world, struct seq_world_replica *replica, bool is_indexed)
{
	*replica = (struct seq_world_replica){
	        .kind = world->kind, .feeds = crdt_feeds_new(), .is_indexed = is_indexed};
	replica->seq = seq_new(world->kind, replica->feeds);
	if (is_indexed)
		only_halve(replica->seq);
	replica->oracle = mem_zero(1, sizeof(*replica->oracle));
	replica->oracle->is_tree = !world->is_honest;
}

void seq_world_close(struct seq_world_replica *replica)
{
	seq_free(replica->seq);
	crdt_feeds_free(replica->feeds);
	mem_free(replica->oracle);
}

struct seq_world *seq_world_new(struct prop *prop, enum seq_kind kind, bool is_honest, uint32_t replica_count)
{
	struct seq_world *world = mem_zero(1, sizeof(*world));
	world->kind = kind;
	world->is_honest = is_honest;
	world->replica_count = replica_count;
	for (uint32_t i = 0; i < replica_count; i++) {
		seq_world_open(world, &world->replicas[i], prop_chance(prop, 50));
		struct feed_id first = feed_of(prop_below(prop, replica_count)); /* other numbers on others */
		crdt_feeds_add(world->replicas[i].feeds, &first);
	}
	return world;
}

void seq_world_free(struct seq_world *world)
{
	for (uint32_t i = 0; i < world->replica_count; i++)
		seq_world_close(&world->replicas[i]);
	mem_free(world);
}

/* --- Contents --- */

static const char *const letters[] = {"a", "b", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
static const char *const values[] = {"\x01", "\x02", "\xa1z", "\x92\x01\x02", "\x81\x01\xc0"};

static const char *letter_of(const struct seq_world *world, uint32_t letter)
{
	return world->kind == SEQ_TEXT ? letters[letter % 5] : values[letter % 5];
}

static uint32_t feed_number(const struct seq_world_replica *replica, uint32_t author)
{
	struct feed_id feed = feed_of(author);
	return (uint32_t)crdt_feeds_add(replica->feeds, &feed);
}

static uint32_t number_of(const struct seq_world_replica *replica, const struct oracle_id *id)
{
	struct doc_op op = {feed_number(replica, id->author), id->seq, id->index};
	return id->offset == UINT32_MAX ? SEQ_NONE : seq_find(replica->seq, &op, id->offset);
}

static struct oracle_id id_of(const struct seq_world_replica *replica, uint32_t number)
{
	if (number == SEQ_NONE)
		return (struct oracle_id){.offset = UINT32_MAX};
	struct seq_origin origin = seq_origin(replica->seq, number);
	uint32_t author = crdt_feeds_id(replica->feeds, origin.op.feed)->bytes[0] / 16;
	return (struct oracle_id){author, origin.op.seq, origin.op.index, origin.offset};
}

/* --- Applying --- */

static int element_of(const struct oracle *oracle, const struct oracle_id *id)
{
	return id->offset == UINT32_MAX ? ORACLE_NONE : oracle_find(oracle, *id);
}

static void insert(struct seq_world *world, struct seq_world_replica *replica, struct oracle_id id,
        struct seq_by by, const struct seq_world_op *op)
{
	struct buf content = {0};
	int left = element_of(replica->oracle, &op->left), right = element_of(replica->oracle, &op->right);
	for (; id.offset < op->letter_count; id.offset++) {
		const char *letter = letter_of(world, op->letters[id.offset]);
		buf_add_span(&content, span_text(letter));
		oracle_insert(replica->oracle, id, left, right, letter);
		left = replica->oracle->count - 1;
	}
	seq_insert(replica->seq, by, number_of(replica, &op->left), number_of(replica, &op->right),
	        buf_span(&content));
	buf_close(&content);
}

/* The element that is meant where a place is named. */
static int meant(const struct oracle *oracle, int element)
{
	bool is_place = element != ORACLE_NONE && oracle->elements[element].is_place;
	return is_place ? oracle->elements[element].shows : element;
}

static void remove_elements(
        struct seq_world_replica *replica, struct seq_by by, struct oracle_id id, uint32_t count)
{
	struct doc_op inserted = {feed_number(replica, id.author), id.seq, id.index};
	seq_delete(replica->seq, by, &inserted, id.offset, count);
	for (uint32_t i = 0; i < count; i++, id.offset++) {
		int element = meant(replica->oracle, oracle_find(replica->oracle, id));
		if (element != ORACLE_NONE)
			replica->oracle->elements[element].is_deleted = true;
	}
}

static void clear(struct seq_world_replica *replica, struct seq_by by, const struct seq_world_op *op)
{
	struct oracle_id id = op->target;
	struct doc_op inserted = {feed_number(replica, id.author), id.seq, id.index};
	seq_clear(replica->seq, by, &inserted);
	for (id.offset = 0;; id.offset++) {
		int element = oracle_find(replica->oracle, id);
		if (element == ORACLE_NONE)
			return;
		struct oracle_element *it = &replica->oracle->elements[element];
		*(it->is_place ? &it->is_taken_back : &it->is_deleted) = true;
	}
}

static void move(struct seq_world_replica *replica, struct oracle_id id, struct seq_by by, uint32_t lamport,
        const struct seq_world_op *op)
{
	struct oracle *oracle = replica->oracle;
	uint32_t left = number_of(replica, &op->left), right = number_of(replica, &op->right);
	uint32_t taken_back = number_of(replica, &op->taken_back), moved = number_of(replica, &op->target);
	int element = meant(oracle, element_of(oracle, &op->target)),
	    named = element_of(oracle, &op->taken_back);
	if (named != ORACLE_NONE && element != ORACLE_NONE && oracle->elements[named].is_place &&
	        oracle->elements[named].shows == element)
		oracle->elements[named].is_taken_back = true;
	oracle_insert(oracle, id, element_of(oracle, &op->left), element_of(oracle, &op->right),
	        element == ORACLE_NONE ? "\xc0" : oracle->elements[element].content);
	struct oracle_element *place = &oracle->elements[oracle->count - 1];
	place->is_place = true;
	place->shows = element;
	place->lamport = lamport;
	if (taken_back != SEQ_NONE && moved != SEQ_NONE && seq_shown(replica->seq, moved) != SEQ_NONE)
		seq_take_back(replica->seq, by, taken_back, seq_shown(replica->seq, moved));
	seq_move(replica->seq, by, moved, left, right);
}

bool seq_world_is_ready(const struct seq_world_replica *replica, const struct seq_world_change *change)
{
	bool ready = replica->known[change->author] + 1 == change->seq;
	for (uint32_t i = 0; i < SEQ_REPLICAS; i++)
		ready &= replica->known[i] >= change->known[i];
	return ready;
}

void seq_world_deliver(
        struct seq_world *world, struct seq_world_replica *replica, const struct seq_world_change *change)
{
	struct doc_stamp stamp = {
	        change->lamport, 1000 + change->lamport, change->seq, feed_number(replica, change->author)};
	struct seq_by by = {seq_stamp(replica->seq, &stamp), 0};
	for (; by.index < change->op_count; by.index++) {
		const struct seq_world_op *op = &change->ops[by.index];
		struct oracle_id id = {change->author, change->seq, by.index, 0};
		switch (op->kind) {
		case SEQ_WORLD_INSERT:
			insert(world, replica, id, by, op);
			break;
		case SEQ_WORLD_DELETE:
			remove_elements(replica, by, op->target, op->target_count);
			if (op->also.offset != UINT32_MAX)
				remove_elements(replica, by, op->also, 1);
			break;
		case SEQ_WORLD_MOVE:
			move(replica, id, by, change->lamport, op);
			break;
		case SEQ_WORLD_CLEAR:
			clear(replica, by, op);
			break;
		}
	}
	replica->known[change->author] = change->seq;
}

void seq_world_meet(struct prop *prop, struct seq_world *world, struct seq_world_replica *to,
        const struct seq_world_replica *from)
{
	for (;;) {
		uint32_t ready[SEQ_CHANGES], count = 0;
		for (uint32_t i = 0; i < world->change_count; i++) {
			const struct seq_world_change *change = &world->changes[i];
			if ((!from || from->known[change->author] >= change->seq) &&
			        seq_world_is_ready(to, change))
				ready[count++] = i;
		}
		if (count == 0)
			return;
		seq_world_deliver(world, to, &world->changes[ready[prop_below(prop, count)]]);
	}
}

/* --- Writing --- */

static struct seq_world_change *begin(struct seq_world *world, uint32_t number)
{
	const struct seq_world_replica *replica = &world->replicas[number];
	struct seq_world_change *change = &world->changes[world->change_count];
	*change = (struct seq_world_change){
	        .author = number, .seq = replica->known[number] + 1, .lamport = 1};
	memcpy(change->known, replica->known, sizeof(change->known));
	for (uint32_t i = 0; i < world->change_count; i++) {
		const struct seq_world_change *before = &world->changes[i];
		if (replica->known[before->author] >= before->seq && before->lamport >= change->lamport)
			change->lamport = before->lamport + 1;
	}
	return change;
}

static void finish(struct seq_world *world, uint32_t number)
{
	struct seq_world_change *change = &world->changes[world->change_count++];
	seq_world_deliver(world, &world->replicas[number], change);
}

/* What an author sees around a position. */
static void set_origins(const struct seq_world_replica *replica, uint32_t position, struct seq_world_op *op)
{
	uint32_t left = position ? seq_at(replica->seq, position - 1) : SEQ_NONE;
	op->left = id_of(replica, left);
	op->right = id_of(replica, seq_after(replica->seq, left));
}

static struct oracle_id any_element(struct prop *prop, const struct seq_world_replica *replica)
{
	uint32_t choice = prop_below(prop, seq_element_count(replica->seq) + 1);
	return id_of(replica, choice == 0 ? SEQ_NONE : choice - 1);
}

static struct oracle_id any_target(
        struct prop *prop, const struct seq_world *world, const struct seq_world_replica *replica)
{
	uint32_t size = seq_size(replica->seq).elements;
	if (world->is_honest && size)
		return id_of(replica, seq_at(replica->seq, prop_below(prop, size)));
	return any_element(prop, replica);
}

/* The place where an element shows now, when it was moved. */
static struct oracle_id place_of(const struct seq_world_replica *replica, const struct oracle_id *id)
{
	const struct oracle *oracle = replica->oracle;
	int element = meant(oracle, element_of(oracle, id));
	for (int i = 0; i < oracle->count && element != ORACLE_NONE; i++)
		if (oracle->elements[i].is_place && oracle->elements[i].shows == element &&
		        oracle_is_visible(oracle, i))
			return oracle->elements[i].id;
	return (struct oracle_id){.offset = UINT32_MAX};
}

static void write_removal(struct prop *prop, const struct seq_world *world,
        const struct seq_world_replica *replica, struct seq_world_op *op)
{
	op->target = any_target(prop, world, replica);
	op->target_count = 1 + prop_below(prop, 3);
	if (op->kind == SEQ_WORLD_DELETE && prop_chance(prop, 40))
		op->also = prop_chance(prop, 50) ? place_of(replica, &op->target)
		                                 : any_element(prop, replica);
	if (op->also.author == op->target.author && op->also.seq == op->target.seq &&
	        op->also.index == op->target.index)
		op->also.offset = UINT32_MAX;
	if (op->kind != SEQ_WORLD_MOVE)
		return;
	if (prop_chance(prop, 80))
		op->taken_back = place_of(replica, &op->target);
	else if (!world->is_honest)
		op->taken_back = any_element(prop, replica);
}

/* The origins of an author's last insertion or move again: many siblings by one author. */
static void repeat_origins(
        const struct seq_world *world, const struct seq_world_replica *replica, struct seq_world_op *op)
{
	for (uint32_t i = world->change_count; i > 0; i--) {
		const struct seq_world_change *change = &world->changes[i - 1];
		if (&world->replicas[change->author] != replica)
			continue;
		op->left = change->ops[0].left;
		op->right = change->ops[0].right;
		return;
	}
}

static void write_op(struct prop *prop, const struct seq_world *world,
        const struct seq_world_replica *replica, struct seq_world_op *op)
{
	uint32_t size = seq_size(replica->seq).elements, choice = prop_below(prop, 100);
	*op = (struct seq_world_op){.taken_back = {.offset = UINT32_MAX}, .also = {.offset = UINT32_MAX}};
	if (size && choice >= 70)
		op->kind = choice < 95 ? SEQ_WORLD_DELETE : SEQ_WORLD_CLEAR;
	if (size && choice >= 30 && choice < 70 && world->kind == SEQ_LIST)
		op->kind = SEQ_WORLD_MOVE;
	if (op->kind != SEQ_WORLD_INSERT)
		write_removal(prop, world, replica, op);
	set_origins(replica, prop_below(prop, size + 1), op);
	if (!world->is_honest && prop_chance(prop, 70)) {
		op->left = any_element(prop, replica);
		op->right = any_element(prop, replica);
	}
	if (!world->is_honest && prop_chance(prop, 30))
		repeat_origins(world, replica, op);
	op->letter_count = 1 + prop_below(prop, SEQ_TEXT_LETTERS);
	for (uint32_t i = 0; i < op->letter_count; i++)
		op->letters[i] = prop_below(prop, 5);
}

void seq_world_write(struct prop *prop, struct seq_world *world, uint32_t number)
{
	struct seq_world_change *change = begin(world, number);
	change->op_count = 1 + prop_below(prop, SEQ_OPS);
	for (uint32_t i = 0; i < change->op_count; i++, prop_edit(prop))
		write_op(prop, world, &world->replicas[number], &change->ops[i]);
	finish(world, number);
}

void seq_world_type(struct seq_world *world, uint32_t number, uint32_t position, uint32_t letter)
{
	struct seq_world_change *change = begin(world, number);
	change->op_count = 1;
	change->ops[0] = (struct seq_world_op){
	        .letters = {letter}, .letter_count = 1, .also = {.offset = UINT32_MAX}};
	set_origins(&world->replicas[number], position, &change->ops[0]);
	finish(world, number);
}

/* --- Snapshots --- */

/* A document's snapshot lists the feeds that it knows, ascending by id: here that is by author. */
struct buf seq_world_save(const struct seq_world_replica *replica)
{
	uint32_t numbers[SEQ_REPLICAS] = {0}, next = 0;
	struct buf out = {0};
	for (uint32_t author = 0; author < SEQ_REPLICAS; author++) {
		struct feed_id feed = feed_of(author);
		int number = crdt_feeds_find(replica->feeds, &feed);
		if (replica->known[author])
			numbers[number] = next++;
	}
	seq_save(replica->seq, numbers, &out);
	return out;
}

bool seq_world_reload(struct prop *prop, struct seq_world_replica *replica)
{
	uint32_t seqs[SEQ_REPLICAS], numbers[SEQ_REPLICAS], count = 0;
	for (uint32_t author = 0; author < SEQ_REPLICAS; author++) {
		struct feed_id feed = feed_of(author);
		if (replica->known[author] == 0)
			continue;
		seqs[count] = replica->known[author];
		numbers[count++] = (uint32_t)crdt_feeds_find(replica->feeds, &feed);
	}
	struct buf saved = seq_world_save(replica), again = {0};
	struct wire_in in = wire_begin(buf_span(&saved));
	struct seq *loaded = seq_load(&in, replica->kind, seqs, count);
	bool good = wire_end(&in) == 0;
	if (good) {
		seq_free(replica->seq);
		replica->seq = loaded;
		seq_adopt(loaded, replica->feeds, numbers);
		if (replica->is_indexed)
			only_halve(loaded);
		again = seq_world_save(replica);
		good = span_eq(buf_span(&saved), buf_span(&again)) || prop_fail(prop, "it saves differently");
	} else {
		prop_fail(prop, "its snapshot does not load");
	}
	buf_close(&saved);
	buf_close(&again);
	return good;
}

/* --- The past --- */

bool seq_world_was_there(void *context, const struct doc_stamp *stamp)
{
	const struct seq_world_past *past = context;
	return stamp->seq <= past->known[crdt_feeds_id(past->replica->feeds, stamp->feed)->bytes[0] / 16];
}

static void put_row(struct buf *out, struct oracle_id stands, struct oracle_id element, bool is_deleted)
{
	uint8_t flag = is_deleted;
	buf_add(out, &stands, sizeof(stands));
	buf_add(out, &element, sizeof(element));
	buf_add(out, &flag, sizeof(flag));
}

/* Who deleted it belongs to the row: asked of the whole sequence when `past` is NULL. */
static void put_deleter(struct buf *out, const struct seq_world_replica *replica, struct seq_world_past *past,
        uint32_t number)
{
	struct doc_op op = {0};
	const struct doc_stamp *stamp;
	bool is_deleted = seq_deletion(
	        replica->seq, number, past ? seq_world_was_there : NULL, past, &op, &stamp);
	uint32_t author = is_deleted ? crdt_feeds_id(replica->feeds, op.feed)->bytes[0] : 0;
	uint32_t row[] = {author, op.seq, op.index};
	buf_add(out, row, sizeof(row));
}

struct buf seq_world_rows(const struct seq_world_replica *replica, struct seq_world_past *past)
{
	struct seq_past rows = {0};
	struct buf out = {0};
	seq_past_of(replica->seq, seq_world_was_there, past, &rows);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t number = rows.items[i].number;
		put_row(&out, id_of(replica, number), id_of(replica, seq_shown(replica->seq, number)),
		        rows.items[i].is_deleted);
		put_deleter(&out, replica, past, number);
	}
	seq_past_close(&rows);
	return out;
}

struct buf seq_world_oracle_rows(const struct seq_world_replica *replica)
{
	const struct oracle *oracle = replica->oracle;
	struct buf out = {0};
	for (int i = 0; i < oracle->count; i++) {
		const struct oracle_element *it = &oracle->elements[oracle->order[i]];
		if (!oracle_stands_here(oracle, oracle->order[i]))
			continue;
		const struct oracle_element *shown = it->is_place ? &oracle->elements[it->shows] : it;
		put_row(&out, it->id, shown->id, shown->is_deleted);
		put_deleter(&out, replica, NULL, number_of(replica, &it->id));
	}
	return out;
}

/* --- Judging --- */

bool seq_world_stands_right(const struct seq_world_replica *replica, uint32_t number)
{
	const struct oracle *oracle = replica->oracle;
	struct oracle_id id = id_of(replica, number), got = id_of(replica, seq_stands(replica->seq, number));
	int element = meant(oracle, oracle_find(oracle, id));
	for (int i = 0; i < oracle->count; i++)
		if (meant(oracle, i) == element && oracle_stands_here(oracle, i))
			return memcmp(&oracle->elements[i].id, &got, sizeof(got)) == 0;
	return false;
}

struct buf seq_world_read(const struct seq_world_replica *replica)
{
	struct buf out = {0};
	struct span piece;
	uint64_t cursor = 0;
	while (seq_next(replica->seq, &cursor, &piece))
		buf_add_span(&out, piece);
	return out;
}

bool seq_world_is_right(struct prop *prop, const struct seq_world_replica *replica)
{
	const struct oracle *oracle = replica->oracle;
	struct seq_size before = {0, 0, 0};
	uint32_t number = SEQ_NONE;
	if (!seq_is_sound(replica->seq))
		return prop_fail(prop, "the tree is not sound");
	for (int i = 0; i < oracle->count; i++) {
		const struct oracle_element *want = &oracle->elements[oracle->order[i]];
		number = seq_after(replica->seq, number);
		if (number == SEQ_NONE)
			return prop_fail(prop, "ends after %d elements", i);
		struct oracle_id id = id_of(replica, number);
		if (memcmp(&id, &want->id, sizeof(id)) != 0)
			return prop_fail(prop, "element %d is another", i);
		struct seq_size there = seq_before(replica->seq, number);
		struct span content = span_text(want->content);
		bool is_visible = oracle_is_visible(oracle, oracle->order[i]);
		if ((is_visible && !span_eq(seq_content(replica->seq, number), content)) ||
		        seq_is_visible(replica->seq, number) != is_visible)
			return prop_fail(prop, "element %d has another content", i);
		if (there.elements != before.elements || there.bytes != before.bytes ||
		        there.wide != before.wide)
			return prop_fail(prop, "element %d is counted wrongly", i);
		if (!is_visible)
			continue;
		if (seq_at(replica->seq, before.elements) != number ||
		        seq_position_of_bytes(replica->seq, before.bytes) != before.elements ||
		        seq_position_of_utf16(replica->seq, before.elements + before.wide) != before.elements)
			return prop_fail(prop, "element %d is not found", i);
		before.elements++;
		before.bytes += want->is_place ? 1
		                               : (uint32_t)content.size; /* a place's own content is nil */
		before.wide += want->content[0] == '\xf0';
	}
	return seq_after(replica->seq, number) == SEQ_NONE || oracle->count == 0 ||
	        prop_fail(prop, "there are more elements than %d", oracle->count);
}
