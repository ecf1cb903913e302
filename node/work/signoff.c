#include "node/work/signoff.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/work/conflicts.h"

enum { AT = 1, STATE = 2, NOTE_FIELD = 3, PLACE_BYTES_MIN = ID_LONG_BYTES + 1 };

/* ---- The state --------------------------------------------------------------------------------------------------- */

int signoff_state_put(const struct crdt_frontier *frontier, struct buf *out)
{
	if (frontier->count > SIGNOFF_FEEDS_MAX)
		return ERR_TOOBIG;
	wire_put_varint(out, frontier->count);
	for (uint32_t i = 0; i < frontier->count; i++) {
		buf_add(out, frontier->items[i].feed.bytes, sizeof(frontier->items[i].feed.bytes));
		wire_put_varint(out, frontier->items[i].seq);
	}
	return 0;
}

bool signoff_state_get(struct span bytes, struct crdt_frontier *out)
{
	struct wire_in in = wire_begin(bytes);
	const uint32_t count = wire_count(&in, SIGNOFF_FEEDS_MAX, PLACE_BYTES_MIN);
	struct feed_id feed, last = {{0}};
	*out = (struct crdt_frontier){0};
	for (uint32_t i = 0; i < count && !in.error; i++) {
		wire_raw(&in, feed.bytes, sizeof(feed.bytes));
		const uint64_t seq = wire_varint(&in);
		if (seq == 0 || (i && memcmp(feed.bytes, last.bytes, sizeof(feed.bytes)) <= 0))
			wire_fail(&in, ERR_MALFORMED);
		if (!in.error)
			crdt_frontier_raise(out, &feed, seq);
		last = feed;
	}
	if (wire_end(&in) == 0)
		return true;
	crdt_frontier_close(out);
	return false;
}

/* ---- What came since --------------------------------------------------------------------------------------------- */

static bool saw(const struct signoff *signoff, const struct op_id *op)
{
	return crdt_frontier_holds(&signoff->seen, &op->feed, op->seq);
}

bool signoff_before(const struct signoff *signoff, const struct crdt_values *values)
{
	for (uint32_t i = 0; i < values->count; i++)
		if (!saw(signoff, &values->items[i].op))
			return true;
	return false;
}

static bool weigh(void *context, const struct conflict *conflict)
{
	struct signoffs *signoffs = context;
	for (uint32_t i = 0; conflict->field->class == SCHEMA_SAFETY && i < signoffs->count; i++) {
		struct signoff *signoff = &signoffs->items[i];
		if (signoff_before(signoff, conflict->values))
			signoff->conflicts_since++;
		else
			signoff->conflicts_seen++;
	}
	return true;
}

/* Is the last entry of a feed in this document a sign-off? */
static bool is_signoff(const struct signoffs *signoffs, const struct entry_ref *place)
{
	for (uint32_t i = 0; i < signoffs->count; i++)
		if (feed_id_eq(&signoffs->items[i].op.feed, &place->feed) &&
		        signoffs->items[i].op.seq == place->seq)
			return true;
	return false;
}

/* By the last entry of each feed: what stands between sign-offs of one feed was seen by the later of them. */
static bool changed_since(
        const struct crdt_doc *doc, const struct signoffs *signoffs, const struct signoff *signoff)
{
	struct entry_ref place;
	for (uint32_t cursor = 0; crdt_doc_frontier(doc, &cursor, &place);)
		if (!crdt_frontier_holds(&signoff->seen, &place.feed, place.seq) &&
		        !is_signoff(signoffs, &place))
			return true;
	return false;
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

static void read_one(
        const struct digest_source *document, const struct crdt_event *event, struct signoffs *out)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!digest_event(document, event, &measures, &record))
		return;
	const struct schema_value *at = schema_value(&record, AT), *state = schema_value(&record, STATE),
	                          *note = schema_value(&record, NOTE_FIELD);
	struct signoff *signoff = &out->items[out->count];
	*signoff = (struct signoff){.id = event->id, .op = event->op, .hlc = event->hlc};
	if (!at || !state || !signoff_state_get(state->bytes, &signoff->seen))
		return;
	signoff->at_s = at->number;
	signoff->note = note ? arena_span(&out->arena, note->bytes) : (struct span){NULL, 0};
	out->count++;
}

/* The newest ones: events come the oldest first. */
static void read_all(const struct digest_source *document, struct signoffs *out)
{
	struct crdt_event event, newest[SIGNOFF_SHOWN_MAX];
	uint32_t cursor = 0, count = 0;
	while (crdt_doc_event(document->doc, SCHEMA_SIGN_OFF, &cursor, &event))
		newest[count++ % SIGNOFF_SHOWN_MAX] = event;
	for (uint32_t i = 0; i < count && i < SIGNOFF_SHOWN_MAX; i++)
		read_one(document, &newest[(count - 1 - i) % SIGNOFF_SHOWN_MAX], out);
}

void signoffs_of(const struct digest_source *document, struct signoffs *out)
{
	*out = (struct signoffs){0};
	read_all(document, out);
	if (out->count)
		conflicts_each(document->doc, weigh, out);
	for (uint32_t i = 0; i < out->count; i++) {
		struct signoff *signoff = &out->items[i];
		for (uint32_t j = 0; j < out->count; j++)
			signoff->is_replaced |= saw(&out->items[j], &signoff->op);
		signoff->has_changed = changed_since(document->doc, out, signoff);
	}
}

void signoffs_close(struct signoffs *signoffs)
{
	for (uint32_t i = 0; i < signoffs->count; i++)
		crdt_frontier_close(&signoffs->items[i].seen);
	arena_close(&signoffs->arena);
	*signoffs = (struct signoffs){0};
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

static void tell(const struct signoff *signoff, uint32_t source, struct work_facts *out)
{
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	fact->key = work_keep(out, span_of(signoff->id.bytes, sizeof(signoff->id.bytes)));
	fact->records = fact->key;
	fact->whose = WORK_AUTHOR;
	fact->person = work_feed(out, &signoff->op.feed);
	fact->soon = WORK_ALWAYS;
	fact->fr = work_words(out,
	        "Dossier validé avant l'arrivée de %u valeurs à départager : à relire et à valider de "
	        "nouveau",
	        signoff->conflicts_since);
	fact->en = work_words(out,
	        "Signed off before %u values to be settled came: to be read and signed off again",
	        signoff->conflicts_since);
}

void signoff_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct signoffs signoffs;
	signoffs_of(document, &signoffs);
	for (uint32_t i = 0; i < signoffs.count; i++)
		if (signoffs.items[i].conflicts_since && !signoffs.items[i].is_replaced)
			tell(&signoffs.items[i], source, out);
	signoffs_close(&signoffs);
}
