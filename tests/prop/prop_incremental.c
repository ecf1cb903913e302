/* The saved form that grows (crdt/README.md, section 10), and snapshots against the changes that they stand for, on random histories. */
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/history.h"
#include "crdt/incremental.h"
#include "tests/prop/crdt_world.h"

enum { CHANGES = 24 };

/* A saved form while it grows: where each of its pieces ends, and the snapshot of what it holds there. */
struct growing {
	struct crdt_incremental form;
	struct buf bytes;
	size_t ends[CHANGES + 1];
	struct span snapshots[CHANGES + 1];
	uint32_t count;
};

static void note_piece(struct world *world, const struct world_replica *replica, struct growing *g)
{
	g->ends[g->count] = g->bytes.size;
	g->snapshots[g->count++] = world_save(world, replica);
}

static void open_change(const struct world *world, uint32_t number, struct crdt_change *change)
{
	const struct world_change *it = &world->changes[number];
	crdt_change_open(change, &it->meta, it->bytes);
}

/* A change that may come next here; UINT32_MAX when all are there. */
static uint32_t some_ready(struct prop *prop, const struct world *world, const struct world_replica *replica)
{
	uint32_t ready[WORLD_CHANGES], count = 0;
	for (uint32_t i = 0; i < world->change_count; i++)
		if (!world_has(world, replica, i) && world_is_ready(world, replica, i))
			ready[count++] = i;
	return count ? ready[prop_below(prop, count)] : UINT32_MAX;
}

/* Take everything in some order, the first changes before the form begins. */
static bool grow(struct prop *prop, struct world *world, struct world_replica *replica, struct growing *g)
{
	uint32_t before = prop_below(prop, world->change_count + 1), next;
	for (uint32_t i = 0; (next = some_ready(prop, world, replica)) != UINT32_MAX; i++) {
		struct crdt_change change;
		if (i == before) {
			crdt_incremental_begin(&g->form, replica->docs[0], &g->bytes);
			note_piece(world, replica, g);
		}
		if (world_deliver(world, replica, next))
			return prop_fail(prop, "change %u is refused", next);
		open_change(world, next, &change);
		if (i < before)
			continue;
		if (crdt_incremental_add(&g->form, &change, &g->bytes))
			return prop_fail(prop, "change %u is not added", next);
		note_piece(world, replica, g);
	}
	if (g->count == 0) {
		crdt_incremental_begin(&g->form, replica->docs[0], &g->bytes);
		note_piece(world, replica, g);
	}
	return true;
}

/* The first `size` bytes hold piece `number` and all before it. */
static bool holds(struct prop *prop, const struct growing *g, size_t size, uint32_t number)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *doc = NULL;
	struct buf saved = {0};
	int error = crdt_incremental_load(feeds, span_sub(buf_span(&g->bytes), 0, size), &form, &doc);
	bool good = error == 0 || prop_fail(prop, "%zu bytes load with %s", size, err_name(error));
	if (good)
		crdt_doc_save(doc, &saved);
	if (good && form.snapshot_bytes + form.change_bytes != g->ends[number])
		good = prop_fail(prop, "%zu bytes end at another place", size);
	if (good && !span_eq(buf_span(&saved), g->snapshots[number]))
		good = prop_fail(prop, "%zu bytes give another document", size);
	buf_close(&saved);
	crdt_doc_free(doc);
	crdt_incremental_close(&form);
	crdt_feeds_free(feeds);
	return good;
}

/* Cut anywhere, it holds what is whole; within the snapshot, nothing. */
static bool every_cut_holds_what_is_whole(struct prop *prop, const struct growing *g)
{
	for (size_t size = 0; size < g->ends[0]; size++) {
		struct crdt_feeds *feeds = crdt_feeds_new();
		struct crdt_incremental form = {0};
		struct crdt_doc *doc = NULL;
		int error = crdt_incremental_load(feeds, span_sub(buf_span(&g->bytes), 0, size), &form, &doc);
		crdt_feeds_free(feeds);
		if (error != ERR_TRUNCATED || doc || form.names)
			return prop_fail(prop, "%zu bytes of a snapshot load", size);
	}
	uint32_t number = 0;
	for (size_t size = g->ends[0]; size <= g->bytes.size; size++) {
		number += number + 1 < g->count && size == g->ends[number + 1];
		if (!holds(prop, g, size, number))
			return false;
	}
	return true;
}

static bool form_holds_the_document(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, CHANGES);
	if (!world)
		return false;
	struct growing g = {.count = 0};
	struct world_replica fresh;
	world_replica_open(&fresh, prop);
	bool good = world_meet(prop, world, &world->replicas[0], NULL) && grow(prop, world, &fresh, &g) &&
	        every_cut_holds_what_is_whole(prop, &g);
	if (good && !span_eq(g.snapshots[g.count - 1], world_save(world, &world->replicas[0])))
		good = prop_fail(prop, "the form is not the full document");
	crdt_incremental_close(&g.form);
	buf_close(&g.bytes);
	world_replica_close(&fresh);
	world_free(world);
	return good;
}

/* Who loads a form and goes on writes the bytes that who never stopped writes. */
static bool a_restart_goes_on(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, CHANGES);
	if (!world)
		return false;
	struct world_replica fresh;
	struct crdt_incremental form = {0}, again = {0};
	struct buf bytes = {0}, other = {0};
	uint32_t next;
	bool good = true;
	world_replica_open(&fresh, prop);
	crdt_incremental_begin(&form, fresh.docs[0], &bytes);
	while (good && (next = some_ready(prop, world, &fresh)) != UINT32_MAX) {
		struct crdt_change change;
		open_change(world, next, &change);
		if (prop_chance(prop, 30)) {
			struct crdt_doc *doc;
			crdt_incremental_close(&again);
			if (crdt_incremental_load(fresh.feeds, buf_span(&bytes), &again, &doc))
				good = prop_fail(prop, "it does not load");
			else
				crdt_doc_free(fresh.docs[0]);
			fresh.docs[0] = good ? doc : fresh.docs[0];
		}
		good = good && world_deliver(world, &fresh, next) == 0;
		if (again.names && good) {
			buf_clear(&other);
			crdt_incremental_add(&again, &change, &other);
		}
		size_t start = bytes.size;
		crdt_incremental_add(&form, &change, &bytes);
		if (again.names && good &&
		        !span_eq(buf_span(&other), span_sub(buf_span(&bytes), start, SIZE_MAX)))
			good = prop_fail(prop, "change %u is written in another way", next);
	}
	crdt_incremental_close(&form);
	crdt_incremental_close(&again);
	buf_close(&bytes);
	buf_close(&other);
	world_replica_close(&fresh);
	world_free(world);
	return good;
}

/* --- Snapshots against changes --- */

static int verify(const struct world *world, const struct crdt_doc *doc, uint32_t without)
{
	struct crdt_history *history = crdt_history_new(
	        WORLD_DOC_KIND, crdt_doc_id(world->replicas[0].docs[0]));
	struct crdt_change change;
	for (uint32_t i = 0; i < world->change_count; i++) {
		open_change(world, i, &change);
		if (i != without)
			crdt_history_add(history, &change);
	}
	crdt_history_link(history);
	int result = crdt_history_verify(history, doc);
	crdt_history_free(history);
	return result;
}

/* One byte of a snapshot altered: it does not load, or is told as another document. */
static bool altered_is_told(struct prop *prop, const struct world *world, struct span snapshot)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = NULL;
	uint8_t *bytes = mem_copy(snapshot.data, snapshot.size);
	size_t at = prop_below(prop, (uint32_t)snapshot.size);
	bytes[at] ^= (uint8_t)(1 + prop_below(prop, 255));
	int error = crdt_doc_load(feeds, span_of(bytes, snapshot.size), &doc);
	int result = error ? error : verify(world, doc, UINT32_MAX);
	bool good = result != 0 || prop_fail(prop, "byte %zu is altered, and nobody sees it", at);
	mem_free(bytes);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	return good;
}

/* A replica's document agrees with the changes wherever it stands among them; an altered snapshot does not, nor one whose last change is
 * missing. */
static bool snapshots_agree_with_changes(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, CHANGES);
	if (!world)
		return false;
	struct world_replica *replica = &world->replicas[prop_below(prop, world->replica_count)];
	bool good = world_reload(prop, replica);
	int result = verify(world, replica->docs[0], UINT32_MAX);
	if (good && result)
		good = prop_fail(prop, "a true snapshot gives %d", result);
	struct span snapshot = world_save(world, replica);
	for (uint32_t i = 0; good && i < 8; i++)
		good = altered_is_told(prop, world, snapshot);
	for (uint32_t i = world->change_count; good && i > 0; i--) {
		const struct world_change *last = &world->changes[i - 1];
		if (replica->known[last->author] != last->meta.seq)
			continue;
		result = verify(world, replica->docs[0], i - 1);
		good = result == ERR_GAP || prop_fail(prop, "without change %u: %d", i - 1, result);
	}
	world_free(world);
	return good;
}

int main(void)
{
	bool good = true;
	good &= prop_holds("a growing form holds the document", form_holds_the_document, 60);
	good &= prop_holds("a restart goes on", a_restart_goes_on, 300);
	good &= prop_holds("snapshots agree with changes", snapshots_agree_with_changes, 300);
	return good ? 0 : 1;
}
