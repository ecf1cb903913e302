#include "tests/prop/crdt_world.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"

static struct record_id doc_id_of(uint32_t doc)
{
	return (struct record_id){{(uint8_t)(0xd0 + doc)}};
}

/* Feeds whose byte order is not the order of the replicas. */
static struct feed_id feed_of(uint32_t replica)
{
	static const uint8_t firsts[WORLD_REPLICAS] = {0x80, 0x11, 0xf3, 0x42, 0x05, 0x9a};
	return (struct feed_id){{firsts[replica], (uint8_t)replica}};
}

static struct span none(void)
{
	return (struct span){NULL, 0};
}

void world_replica_open(struct world_replica *replica, struct prop *prop)
{
	*replica = (struct world_replica){.feeds = crdt_feeds_new()};
	/* Other numbers on other replicas, and other feeds that were met before. */
	uint32_t first = prop_below(prop, WORLD_REPLICAS), met = prop_below(prop, WORLD_REPLICAS + 1);
	for (uint32_t i = 0; i < met; i++) {
		struct feed_id feed = feed_of((first + i) % WORLD_REPLICAS);
		crdt_feeds_add(replica->feeds, &feed);
	}
	for (uint32_t i = 0; i < WORLD_DOCS; i++)
		replica->docs[i] = crdt_doc_new(replica->feeds, WORLD_DOC_KIND, doc_id_of(i));
}

void world_replica_close(struct world_replica *replica)
{
	for (uint32_t i = 0; i < WORLD_DOCS; i++)
		crdt_doc_free(replica->docs[i]);
	crdt_feeds_free(replica->feeds);
}

static uint32_t author_of(const struct feed_id *feed)
{
	return feed->bytes[1];
}

bool world_has(const struct world *world, const struct world_replica *replica, uint32_t change)
{
	const struct world_change *it = &world->changes[change];
	return replica->known[it->author] >= it->meta.seq;
}

bool world_is_ready(const struct world *world, const struct world_replica *replica, uint32_t change)
{
	const struct world_change *it = &world->changes[change];
	if (replica->known[it->author] + 1 != it->meta.seq)
		return false;
	for (uint32_t i = 0; i < it->meta.dep_count; i++)
		if (replica->known[author_of(&it->meta.deps[i].feed)] < it->meta.deps[i].seq)
			return false;
	return true;
}

int world_deliver(struct world *world, struct world_replica *replica, uint32_t change)
{
	const struct world_change *it = &world->changes[change];
	struct crdt_change opened;
	int result = crdt_change_open(&opened, &it->meta, it->bytes);
	if (!result && (it->is_withheld || replica->lacks[it->doc]))
		result = world_has(world, replica, change) ? CRDT_DOC_DUPLICATE : 0;
	else if (!result)
		result = crdt_doc_apply(replica->docs[it->doc], &opened);
	if (!result)
		replica->known[it->author] = it->meta.seq;
	return result;
}

bool world_meet(
        struct prop *prop, struct world *world, struct world_replica *to, const struct world_replica *from)
{
	for (;;) {
		uint32_t ready[WORLD_CHANGES], count = 0, some_known = UINT32_MAX;
		for (uint32_t i = 0; i < world->change_count; i++) {
			if (world_has(world, to, i))
				some_known = i;
			else if ((!from || world_has(world, from, i)) && world_is_ready(world, to, i))
				ready[count++] = i;
		}
		if (count == 0)
			return true;
		uint32_t next = ready[prop_below(prop, count)];
		int result = world_deliver(world, to, next);
		if (result)
			return prop_fail(prop, "change %u, ready, gives %d", next, result);
		if (prop_chance(prop, 5) && !world_reload(prop, to))
			return false;
		if (some_known == UINT32_MAX || !prop_chance(prop, 20))
			continue;
		result = world_deliver(world, to, some_known);
		if (result != CRDT_DOC_DUPLICATE)
			return prop_fail(prop, "change %u, known, gives %d", some_known, result);
	}
}

struct span world_save(struct world *world, const struct world_replica *replica)
{
	struct buf bytes = {0};
	for (uint32_t i = 0; i < world->doc_count; i++)
		if (!replica->lacks[i])
			crdt_doc_save(replica->docs[i], &bytes);
	struct span copy = arena_span(&world->arena, buf_span(&bytes));
	buf_close(&bytes);
	return copy;
}

static bool reload_one(struct prop *prop, struct world_replica *replica, uint32_t number)
{
	struct buf bytes = {0}, again = {0};
	struct crdt_doc *doc;
	crdt_doc_save(replica->docs[number], &bytes);
	int error = crdt_doc_load(replica->feeds, buf_span(&bytes), &doc);
	bool same = false;
	if (!error) {
		crdt_doc_save(doc, &again);
		same = span_eq(buf_span(&bytes), buf_span(&again));
		crdt_doc_free(replica->docs[number]);
		replica->docs[number] = doc;
	}
	buf_close(&bytes);
	buf_close(&again);
	return same || prop_fail(prop, "a snapshot loads with %s", err_name(error));
}

bool world_reload(struct prop *prop, struct world_replica *replica)
{
	bool good = true;
	for (uint32_t i = 0; i < WORLD_DOCS && good; i++)
		good = reload_one(prop, replica, i);
	return good;
}

/* --- Writing at random --- */

static uint8_t *one_byte(struct world *world, uint32_t value)
{
	uint8_t byte = (uint8_t)value;
	return arena_copy(&world->arena, &byte, 1);
}

static struct span some_value(struct prop *prop, struct world *world)
{
	return span_of(one_byte(world, prop_below(prop, 4)), 1);
}

/* A change being written. */
struct writing {
	struct prop *prop;
	struct world *world;
	const struct world_replica *replica;
	struct crdt_doc *doc;
	uint32_t doc_number;
	struct crdt_builder *b;
};

/* An op of one of two kinds that the replica knows in the document; NULL when it knows none. */
static const struct world_op *some_op(const struct writing *w, uint32_t kind, uint32_t other_kind)
{
	uint32_t known[WORLD_OPS], count = 0;
	for (uint32_t i = 0; i < w->world->op_count; i++) {
		const struct world_op *op = &w->world->ops[i];
		if ((op->kind == kind || op->kind == other_kind) && op->doc == w->doc_number &&
		        world_has(w->world, w->replica, op->change))
			known[count++] = i;
	}
	return count ? &w->world->ops[known[prop_below(w->prop, count)]] : NULL;
}

/* A path to go on, unless it is nearly full: then empty. */
static struct crdt_path path_again(struct span keys)
{
	struct crdt_path path = {.size = (uint16_t)keys.size};
	struct crdt_key key;
	memcpy(path.bytes, keys.data, keys.size);
	while (crdt_path_next(&keys, &key))
		path.depth++;
	return path.depth + 3 <= LIMIT_PATH_DEPTH ? path : (struct crdt_path){0};
}

/* Whatever an entry may cite: of any document and kind, made or not, earlier in this change too. */
static bool any_id(const struct writing *w, struct op_id *out)
{
	uint32_t known[WORLD_CHANGES], count = 0;
	if (w->b->op_count && prop_chance(w->prop, 30)) {
		*out = (struct op_id){w->b->feed, w->b->seq, prop_below(w->prop, w->b->op_count)};
		return true;
	}
	for (uint32_t i = 0; i < w->world->change_count; i++)
		if (world_has(w->world, w->replica, i))
			known[count++] = i;
	if (count == 0)
		return false;
	const struct crdt_meta *meta = &w->world->changes[known[prop_below(w->prop, count)]].meta;
	*out = (struct op_id){meta->feed, meta->seq, prop_below(w->prop, 5)};
	return true;
}

/* An op to cite where one of two kinds is due. False: there is none. */
static bool some_id(const struct writing *w, uint32_t kind, uint32_t other_kind, struct op_id *out)
{
	if (w->world->authors == WORLD_HOSTILE && prop_chance(w->prop, 30))
		return any_id(w, out);
	const struct world_op *op = some_op(w, kind, other_kind);
	if (op)
		*out = op->id;
	return op != NULL;
}

static struct span some_path(const struct writing *w)
{
	struct prop *prop = w->prop;
	struct crdt_path path = {0};
	crdt_path_field(&path, 1 + prop_below(prop, 2));
	uint32_t below = prop_below(prop, 6);
	if (below == 1)
		crdt_path_field(&path, 1 + prop_below(prop, 2));
	if (below == 2)
		crdt_path_text(&path, span_text("clef"));
	if (below == 3)
		crdt_path_record(&path, (struct record_id){{(uint8_t)prop_below(prop, 2)}});
	if (below == 4) {
		struct crdt_element element = {.offset = prop_below(prop, 3)};
		const struct world_op *inserted = some_op(w, CRDT_OP_TEXT_INSERT, CRDT_OP_LIST_INSERT);
		bool is_there = inserted && prop_chance(prop, 70);
		if (is_there) {
			path = path_again(inserted->path);
			element.op = inserted->id;
		}
		if (is_there || some_id(w, CRDT_OP_TEXT_INSERT, CRDT_OP_LIST_INSERT, &element.op))
			crdt_path_element(&path, &element);
	}
	if (below >= 2 && prop_chance(prop, 50))
		crdt_path_field(&path, 1 + prop_below(prop, 2));
	return arena_span(&w->world->arena, crdt_path_span(&path));
}

/* Citations of anything: dead or alive, here or elsewhere. */
static struct crdt_cites some_cites(const struct writing *w)
{
	uint32_t count = prop_below(w->prop, 3), found = 0;
	struct op_id *ops = arena_alloc(&w->world->arena, 3 * sizeof(*ops));
	for (uint32_t i = 0; i < count; i++) {
		static const uint32_t kinds[] = {CRDT_OP_SET, CRDT_OP_ADD, CRDT_OP_COUNT, CRDT_OP_TEXT_INSERT,
		        CRDT_OP_LIST_INSERT, CRDT_OP_LIST_MOVE};
		uint32_t kind = kinds[prop_below(w->prop, 6)];
		found += some_id(w, kind, kind, &ops[found]);
	}
	return (struct crdt_cites){ops, found};
}

static struct span some_reason(struct prop *prop)
{
	return prop_chance(prop, 30) ? span_text("raison") : none();
}

static void write_event(const struct writing *w)
{
	struct op_id old;
	bool has_old = some_id(w, CRDT_OP_EVENT, CRDT_OP_EVENT, &old);
	struct record_id id = {{(uint8_t)prop_below(w->prop, 250)}};
	bool corrects = has_old && prop_chance(w->prop, 40);
	crdt_builder_event(w->b, 1 + prop_below(w->prop, 2), id, span_of("\x80", 1), corrects ? &old : NULL,
	        corrects ? span_text("relu") : none());
}

/* An element of an insertion or move; sometimes one that is not there. */
static bool some_element(
        const struct writing *w, uint32_t kind, uint32_t other_kind, struct crdt_element *out)
{
	if (!some_id(w, kind, other_kind, &out->op))
		return false;
	out->offset = prop_below(w->prop, 4);
	return true;
}

/* Up to three runs, which may overlap, also by way of places. */
static uint32_t some_targets(
        const struct writing *w, uint32_t kind, uint32_t other_kind, struct crdt_target targets[3])
{
	uint32_t count = 1 + prop_below(w->prop, 3), found = 0;
	for (uint32_t i = 0; i < count; i++) {
		targets[found].count = 1 + prop_below(w->prop, 3);
		found += some_element(w, kind, other_kind, &targets[found].first);
	}
	return found;
}

/* Mostly the same one, so that what is cited often is there. */
static struct span sequence_path(const struct writing *w, struct span other)
{
	static const uint8_t usual[] = {1};
	return prop_chance(w->prop, 40) ? other : span_of(usual, sizeof(usual));
}

static void write_text(const struct writing *w, struct span path)
{
	static const char *const texts[] = {"abc", "d", "\xc3\xa9t\xc3\xa9", "\xf0\x9f\x98\x80"};
	const uint32_t kind = CRDT_OP_TEXT_INSERT;
	struct crdt_element left, right;
	struct crdt_target targets[3];
	bool has_left = some_element(w, kind, kind, &left);
	bool has_right = some_element(w, kind, kind, &right) && prop_chance(w->prop, 50);
	uint32_t count = prop_chance(w->prop, 30) ? some_targets(w, kind, kind, targets) : 0;
	if (count)
		crdt_builder_text_delete(w->b, path, targets, count);
	else
		crdt_builder_text_insert(w->b, path, has_left ? &left : NULL, has_right ? &right : NULL,
		        span_text(texts[prop_below(w->prop, 4)]));
}

static void write_list(const struct writing *w, struct span path)
{
	static const char *const arrays[] = {"\x91\x01", "\x92\x02\xa1x", "\x93\x03\x04\x91\x05"};
	const uint32_t insert = CRDT_OP_LIST_INSERT, move = CRDT_OP_LIST_MOVE;
	struct crdt_element left, right, element;
	struct crdt_target targets[3];
	bool has_left = some_element(w, insert, move, &left);
	bool has_right = some_element(w, insert, move, &right) && prop_chance(w->prop, 50);
	bool has_element = some_element(w, insert, move, &element);
	uint32_t choice = prop_below(w->prop, 10), count = 0;
	if (choice == 4 || choice == 5)
		count = some_targets(w, insert, move, targets);
	if (has_element && choice >= 6) {
		struct op_id seen;
		struct crdt_cites cites = {&seen, some_id(w, move, move, &seen) && prop_chance(w->prop, 50)};
		crdt_builder_list_move(
		        w->b, path, &element, has_left ? &left : NULL, has_right ? &right : NULL, cites);
	} else if (count) {
		crdt_builder_list_delete(w->b, path, targets, count);
	} else {
		crdt_builder_list_insert(w->b, path, has_left ? &left : NULL, has_right ? &right : NULL,
		        span_text(arrays[prop_below(w->prop, 3)]));
	}
}

static void write_removal(const struct writing *w, struct span path)
{
	struct crdt_cites cites = some_cites(w);
	if (cites.count && prop_chance(w->prop, 30))
		crdt_builder_remove(w->b, path, cites, none());
	else if (cites.count)
		crdt_builder_clear(w->b, path, cites, none());
}

enum { SORTS = 14 };

static void write_op(const struct writing *w)
{
	struct span path = some_path(w), value = some_value(w->prop, w->world);
	uint32_t sort = prop_below(w->prop, SORTS);
	switch (prop_chance(w->prop, 50) ? w->world->favourite : sort) {
	case 0:
	case 1:
		crdt_doc_set(w->doc, w->b, path, value, some_reason(w->prop));
		return;
	case 2:
		crdt_builder_set(w->b, path, value, some_cites(w), some_reason(w->prop));
		return;
	case 3:
	case 4:
		crdt_doc_add(w->doc, w->b, path, value);
		return;
	case 5:
		crdt_builder_add(w->b, path, value, some_cites(w));
		return;
	case 6:
		crdt_doc_remove(w->doc, w->b, path, value, some_reason(w->prop));
		return;
	case 7:
		crdt_doc_clear(w->doc, w->b, prop_chance(w->prop, 20) ? none() : path, some_reason(w->prop));
		return;
	case 8:
		crdt_builder_count(w->b, path, 1 + (int64_t)prop_below(w->prop, 9));
		return;
	case 9:
		write_text(w, sequence_path(w, path));
		return;
	case 10:
		write_list(w, sequence_path(w, path));
		return;
	case 11:
		write_removal(w, path);
		return;
	default:
		write_event(w);
	}
}

static struct world_place place_of(const struct crdt_change *change, const struct crdt_place *place)
{
	if (!place->present)
		return (struct world_place){.present = false};
	return (struct world_place){true, crdt_ref_op(change->meta, &place->ref), place->offset};
}

/* Keep what an op of a text or list names. */
static void note_places(
        struct world *world, struct world_op *it, const struct crdt_change *change, const struct crdt_op *op)
{
	struct world_run *targets = arena_alloc(&world->arena, (op->targets.count + 1) * sizeof(*targets));
	struct crdt_run run;
	it->left = place_of(change, &op->left);
	it->right = place_of(change, &op->right);
	it->element = place_of(change, &op->element);
	it->delta = op->delta;
	it->targets = targets;
	for (struct crdt_refs runs = op->targets; crdt_runs_next(&runs, &run);)
		targets[it->target_count++] = (struct world_run){
		        {true, crdt_ref_op(change->meta, &run.ref), run.offset}, run.count};
}

/* Keep an op of an opened change for the oracle. */
static void note_op(struct world *world, const struct crdt_change *change, const struct crdt_op *op)
{
	struct crdt_path space;
	struct crdt_ref ref;
	assert(world->op_count < WORLD_OPS);
	struct world_op *it = &world->ops[world->op_count++];
	struct op_id *cites = arena_alloc(&world->arena, (op->supersedes.count + 1) * sizeof(*cites));
	*it = (struct world_op){.change = world->change_count,
	        .doc = world->changes[world->change_count].doc,
	        .kind = op->kind,
	        .id = {change->meta->feed, change->meta->seq, op->index},
	        .hlc = change->meta->hlc,
	        .path = arena_span(&world->arena, crdt_op_path(op, change->meta, &space)),
	        .value = op->value,
	        .cites = cites,
	        .event_kind = op->event_kind};
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);)
		cites[it->cite_count++] = crdt_ref_op(change->meta, &ref);
	note_places(world, it, change, op);
	if (op->corrects.present) {
		struct op_id old = crdt_ref_op(change->meta, &op->corrects.ref);
		it->corrects = arena_copy(&world->arena, &old, sizeof(old));
	}
}

/* The header's dependencies to start with: all heads, or none but what will be cited. */
static uint32_t heads_of(const struct world *world, uint32_t number, struct entry_ref *deps)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->replica_count && !world->sparse_deps; i++)
		if (i != number && world->replicas[number].known[i])
			deps[count++] = (struct entry_ref){feed_of(i), world->replicas[number].known[i]};
	return count;
}

static void begin(struct world *world, uint32_t number, uint32_t doc, struct crdt_builder *b)
{
	struct entry_ref own = {feed_of(number), world->replicas[number].known[number] + 1},
	                 deps[WORLD_REPLICAS];
	crdt_builder_begin(b, &own, WORLD_DOC_KIND, doc_id_of(doc), deps, heads_of(world, number, deps));
}

void world_begin(struct world *world, uint32_t number, struct crdt_builder *b)
{
	begin(world, number, 0, b);
}

/* Above all that the author knows: writers apart have the same ones. Hostile: now and then above its own last entry and what it depends on. */
static uint64_t lamport_of(
        struct prop *prop, const struct world *world, uint32_t number, const struct crdt_builder *b)
{
	uint64_t lamport = 0;
	bool lowest = world->authors == WORLD_HOSTILE && prop_chance(prop, 50);
	for (uint32_t i = 0; i < world->change_count; i++) {
		const struct world_change *it = &world->changes[i];
		bool counts = world_has(world, &world->replicas[number], i) &&
		        (!lowest || it->author == number);
		for (uint32_t j = 0; j < b->dep_count; j++)
			counts |= feed_id_eq(&b->deps[j].feed, &it->meta.feed) &&
			        b->deps[j].seq == it->meta.seq;
		if (counts && it->meta.lamport >= lamport)
			lamport = it->meta.lamport + 1;
	}
	return lamport;
}

/* Some counters become operations of a kind that is not known. */
static void make_unknown(struct prop *prop, const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		if (op.kind == CRDT_OP_COUNT && prop_chance(prop, 40)) /* behind the array's head */
			((uint8_t *)(uintptr_t)op.encoded.data)[1] = (uint8_t)(100 + prop_below(prop, 20));
}

/* Take up what was written as the next change of the world. */
static int take_change(struct prop *prop, struct world *world, uint32_t number, struct crdt_builder *b,
        struct crdt_change *change)
{
	struct buf bytes = {0};
	int error = crdt_builder_finish(b, &bytes);
	struct world_change *it = &world->changes[world->change_count];
	*it = (struct world_change){.bytes = arena_span(&world->arena, buf_span(&bytes)),
	        .author = number,
	        .doc = (uint32_t)b->doc_id.bytes[0] - 0xd0};
	it->meta = (struct crdt_meta){.feed = b->feed,
	        .seq = b->seq,
	        .lamport = lamport_of(prop, world, number, b),
	        .hlc = prop_below(prop, 5), /* wrong clocks and ties: they must not matter */
	        .deps = arena_copy(&world->arena, b->deps, b->dep_count * sizeof(*b->deps)),
	        .dep_count = b->dep_count};
	buf_close(&bytes);
	if (!error)
		error = crdt_change_open(change, &it->meta, it->bytes);
	if (error || world->authors == WORLD_HONEST)
		return error;
	make_unknown(prop, change);
	return crdt_change_open(change, &it->meta, it->bytes);
}

bool world_finish(struct prop *prop, struct world *world, uint32_t number, struct crdt_builder *b)
{
	struct crdt_change change;
	if (b->op_count == 0 || world->change_count == WORLD_CHANGES) {
		crdt_builder_close(b);
		return true;
	}
	int error = take_change(prop, world, number, b, &change);
	crdt_builder_close(b);
	if (error)
		return prop_fail(prop, "a change cannot be written: %s", err_name(error));
	const struct world_change *it = &world->changes[world->change_count];
	struct crdt_ops ops = crdt_change_ops(&change);
	prop_say(prop, "  change %u by %u of document %u: lamport %u, hlc %u, %u ops:", world->change_count,
	        number, it->doc, (unsigned)it->meta.lamport, (unsigned)it->meta.hlc, change.op_count);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);) {
		prop_edit(prop);
		note_op(world, &change, &op);
		prop_say(prop, " %u", op.kind);
	}
	prop_say(prop, "\n");
	world->change_count++;
	int result = world_deliver(world, &world->replicas[number], world->change_count - 1);
	return result == 0 || prop_fail(prop, "own change %u gives %d", world->change_count - 1, result);
}

bool world_write(struct prop *prop, struct world *world, uint32_t number)
{
	struct crdt_builder b;
	uint32_t doc = prop_below(prop, world->doc_count);
	struct world_replica *replica = &world->replicas[number];
	struct writing writing = {prop, world, replica, replica->docs[doc], doc, &b};
	begin(world, number, doc, &b);
	for (uint32_t i = 0, count = 1 + prop_below(prop, 4); i < count; i++)
		write_op(&writing);
	return world_finish(prop, world, number, &b);
}

struct world *world_new_of(struct prop *prop, enum world_authors authors, uint32_t replica_max,
        uint32_t change_max, world_writer *write)
{
	struct world *world = mem_zero(1, sizeof(*world));
	world->authors = authors;
	world->doc_count = authors == WORLD_HOSTILE ? 1 + prop_below(prop, WORLD_DOCS) : 1;
	world->replica_count = 2 + prop_below(prop, replica_max - 1);
	world->favourite = prop_below(prop, SORTS);
	world->sparse_deps = prop_chance(prop, 50);
	bool good = true;
	for (uint32_t i = 0; i < world->replica_count; i++)
		world_replica_open(&world->replicas[i], prop);
	uint32_t steps = prop_below(prop, 3 * change_max);
	for (uint32_t i = 0; i < steps && good && world->change_count < change_max; i++) {
		uint32_t number = prop_below(prop, world->replica_count);
		uint32_t other = prop_below(prop, world->replica_count);
		uint32_t action = prop_below(prop, 10);
		if (action < 6)
			good = write(prop, world, number);
		else if (action < 9)
			good = world_meet(prop, world, &world->replicas[number], &world->replicas[other]);
		else
			good = world_reload(prop, &world->replicas[number]);
	}
	if (good)
		return world;
	world_free(world);
	return NULL;
}

struct world *world_new(
        struct prop *prop, enum world_authors authors, uint32_t replica_max, uint32_t change_max)
{
	return world_new_of(prop, authors, replica_max, change_max, world_write);
}

void world_free(struct world *world)
{
	for (uint32_t i = 0; i < world->replica_count; i++)
		world_replica_close(&world->replicas[i]);
	arena_close(&world->arena);
	mem_free(world);
}
