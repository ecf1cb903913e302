/*
 * Early copies: held, shown, verified.
 *
 * Normal course: node_early_take() opens a snapshot, keeps it as a sealed row of this device and as a document that is shown. Whatever the log brings
 * of that dossier goes into both documents (node_early_applied()). Once all that the copy claims to hold was applied from the log, the log's document has to be the same at that
 * frontier, byte for byte, and so have the events: then the copy goes, and its sender is noted as having said the truth; or not.
 * Failures: what this device cannot compare (a key or a verdict is missing) waits; when nothing is missing here any more it goes as open.
 *
 * Long because taking, verifying and dropping a copy are one account of the same set, kept in one row.
 */
#include "node/node_early.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/keyring/snapshot.h"
#include "node/node_history.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "store/waiting.h"

enum { LIST_VERSION = 3, ROW_VERSION = 1, ROW_NAME_BYTES = 6 + 2 * ID_SHORT_BYTES + 1 };

static const char LIST_ROW[] = "early copies";

/* ---- The set ----------------------------------------------------------------------------------------------------- */

static uint32_t place_of(const struct node_early *early, const struct record_id *dossier)
{
	uint32_t low = 0, high = early->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (record_id_cmp(&early->items[middle]->dossier, dossier) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct early_copy *find(const struct node *node, const struct record_id *dossier)
{
	const struct node_early *early = &node->early;
	const uint32_t at = place_of(early, dossier);
	return at < early->count && record_id_eq(&early->items[at]->dossier, dossier) ? early->items[at]
	                                                                              : NULL;
}

const struct early_copy *node_early_of(const struct node *node, const struct record_id *dossier)
{
	const struct early_copy *copy = find(node, dossier);
	return copy && !copy->is_behind ? copy : NULL;
}

struct early_copy *node_early_copy(struct node *node, const struct record_id *dossier)
{
	struct early_copy *copy = find(node, dossier);
	return copy && !copy->is_behind ? copy : NULL;
}

const struct early_copy *node_early_at(const struct node *node, uint32_t index)
{
	return index < node->early.count ? node->early.items[index] : NULL;
}

void node_early_held(const struct node *node, struct buf *out)
{
	for (uint32_t i = 0; i < node->early.count; i++)
		buf_add(out, node->early.items[i]->dossier.bytes, ID_SHORT_BYTES);
}

static void insert(struct node *node, struct early_copy *copy)
{
	struct node_early *early = &node->early;
	const uint32_t at = place_of(early, &copy->dossier);
	early->items = mem_gap(early->items, early->count, &early->room, sizeof(struct early_copy *), at);
	early->items[at] = copy;
	early->count++;
	early->bytes += early_copy_bytes(copy);
	early->behind += copy->is_behind;
	early->numbered = 0;
}

static void row_name(char name[ROW_NAME_BYTES], const struct record_id *dossier)
{
	memcpy(name, "early ", 6);
	ids_hex(name + 6, dossier->bytes, ID_SHORT_BYTES);
}

static void take_out(struct node *node, uint32_t at)
{
	struct node_early *early = &node->early;
	const size_t bytes = early_copy_bytes(early->items[at]);
	early->bytes -= bytes < early->bytes ? bytes : early->bytes;
	early->behind -= early->items[at]->is_behind;
	early_copy_free(early->items[at]);
	early->count--;
	memmove(early->items + at, early->items + at + 1, (early->count - at) * sizeof(struct early_copy *));
	early->numbered = 0;
}

/* With its row. */
static int drop(struct node *node, uint32_t at)
{
	char name[ROW_NAME_BYTES];
	row_name(name, &node->early.items[at]->dossier);
	take_out(node, at);
	node->early.moved = true;
	node->news.heads = true; /* screens look again */
	return node_put_local(node, name, (struct span){NULL, 0}, NULL, NULL);
}

int node_early_erased(struct node *node, const struct record_id *dossier)
{
	const uint32_t at = place_of(&node->early, dossier);
	return find(node, dossier) ? drop(node, at) : 0;
}

void node_forget_early(struct node *node)
{
	while (node->early.count)
		take_out(node, node->early.count - 1);
	mem_free(node->early.items);
	mem_free(node->early.tallies);
	mem_free(node->early.spent);
	mem_free(node->early.extra);
	node->early = (struct node_early){0};
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static struct node_early_tally *tally_of(struct node *node, const struct device_id *sender)
{
	struct node_early *early = &node->early;
	for (uint32_t i = 0; i < early->tally_count; i++)
		if (device_id_eq(&early->tallies[i].sender, sender))
			return &early->tallies[i];
	if (early->tally_count == LIMIT_EARLY_SENDERS)
		return &early->tallies[0];
	early->tallies = mem_room(
	        early->tallies, early->tally_count, &early->tally_room, sizeof(*early->tallies));
	early->tallies[early->tally_count] = (struct node_early_tally){.sender = *sender};
	return &early->tallies[early->tally_count++];
}

bool node_early_tally(const struct node *node, uint32_t index, struct node_early_tally *out)
{
	if (index >= node->early.tally_count)
		return false;
	*out = node->early.tallies[index];
	return true;
}

int node_save_early(struct node *node)
{
	struct node_early *early = &node->early;
	struct buf row = {0};
	if (!early->moved)
		return 0;
	early->moved = false;
	wire_put_u8(&row, LIST_VERSION);
	wire_put_varint(&row, early->goal);
	buf_add(&row, early->goal_by.bytes, ID_LONG_BYTES);
	wire_put_u64(&row, early->since_ms);
	wire_put_varint(&row, early->count);
	node_early_held(node, &row);
	wire_put_varint(&row, early->tally_count);
	for (uint32_t i = 0; i < early->tally_count; i++) {
		const struct node_early_tally *tally = &early->tallies[i];
		buf_add(&row, tally->sender.bytes, ID_LONG_BYTES);
		wire_put_varint(&row, tally->verified);
		wire_put_varint(&row, tally->wrong);
		wire_put_varint(&row, tally->open);
	}
	wire_put_varint(&row, early->known);
	node_copy_put_spent(node, &row);
	int result = node_put_local(node, LIST_ROW, buf_span(&row), NULL, NULL);
	buf_close(&row);
	return result;
}

static void read_tallies(struct node *node, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_EARLY_SENDERS, ID_LONG_BYTES + 3);
	for (uint32_t i = 0; i < count; i++) {
		struct device_id sender;
		wire_raw(in, sender.bytes, ID_LONG_BYTES);
		if (in->error)
			return;
		struct node_early_tally *tally = tally_of(node, &sender);
		tally->verified = wire_varint(in);
		tally->wrong = wire_varint(in);
		tally->open = wire_varint(in);
	}
}

/* *dossiers borrows from `row`. */
static int read_list(struct node *node, struct span row, struct span *dossiers)
{
	struct wire_in in = wire_begin(row);
	const uint8_t version = wire_u8(&in);
	node->early.goal = wire_varint(&in);
	wire_raw(&in, node->early.goal_by.bytes, ID_LONG_BYTES);
	node->early.since_ms = wire_u64(&in);
	*dossiers = wire_span(
	        &in, (size_t)wire_count(&in, LIMIT_EARLY_COPIES, ID_SHORT_BYTES) * ID_SHORT_BYTES);
	read_tallies(node, &in);
	const uint64_t known = version >= 2 ? wire_varint(&in) : 0;
	if (version >= 3)
		node_copy_read_spent(node, &in);
	node->early.known = known < UINT32_MAX ? (uint32_t)known : UINT32_MAX;
	return wire_end(&in) || version == 0 || version > LIST_VERSION ? ERR_CORRUPT : 0;
}

static int get_row(struct node *node, struct store_txn *txn, const char *name, struct buf *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	vault_name(node->config.vault, key, STORE_LOCAL, span_text(name));
	return vault_get(node->config.vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), out);
}

static int put_copy(struct node *node, const struct early_copy *copy, struct span snapshot)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	row_name(name, &copy->dossier);
	wire_put_u8(&row, ROW_VERSION);
	buf_add(&row, copy->sender.bytes, ID_LONG_BYTES);
	wire_put_u64(&row, copy->received_ms);
	wire_put_u64(&row, copy->mark);
	buf_add_span(&row, snapshot);
	node->early.moved = true;
	int result = node_put_local(node, name, buf_span(&row), NULL, NULL);
	buf_close(&row);
	return result;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* Tries every secret of the dossier. *docs borrows from the codec. */
static int open_snapshot(
        struct node *node, const struct record_id *dossier, struct span snapshot, struct span *docs)
{
	int result = ERR_LOCKED;
	for (size_t i = 0; result == ERR_LOCKED || result == ERR_BADSEAL; i++) {
		const struct dossier_secret *secret = key_table_secret(node->keys, dossier, i);
		if (!secret)
			return result;
		result = snapshot_open(&node->docs_codec, secret, snapshot, docs);
	}
	return result;
}

static int open_copy(struct node *node, struct span snapshot, struct early_copy **out)
{
	struct arena arena = {0};
	struct snapshot head;
	struct span docs, state, bodies;
	size_t head_bytes;
	int result = snapshot_read(&head, snapshot, &arena, &head_bytes);
	arena_close(&arena);
	if (result == 0 && (head.part_count != 1 || head.frontier_count))
		result = ERR_UNSUPPORTED;
	if (result == 0 && node_is_erased(node, &head.dossier))
		result = ERR_DENIED;
	if (result == 0 && find(node, &head.dossier)) /* nobody replaces what another one sent */
		result = ERR_EXISTS;
	if (result == 0)
		result = open_snapshot(node, &head.dossier, snapshot, &docs);
	if (result == 0 && (!snapshot_next(&docs, &state) || !snapshot_next(&docs, &bodies) || docs.size))
		result = ERR_MALFORMED;
	if (result == 0)
		result = early_copy_new(SCHEMA_DOC_DOSSIER, &head.dossier, state, bodies, out);
	if (result == 0 && node->early.bytes + early_copy_bytes(*out) > LIMIT_EARLY_BYTES) {
		early_copy_free(*out);
		result = ERR_FULL;
	}
	return result;
}

/* ---- What the log has beyond copies ------------------------------------------------------------------------------ */

/* By feed, from where to where the log is to be read. */
struct beyond {
	uint64_t *from, *upto; /* from 0: nothing */
	uint32_t count;
};

/* Where the log's document goes beyond the copy. False: nowhere. */
static bool find_beyond(struct node *node, const struct early_copy *copy, struct beyond *out, int *result)
{
	uint32_t number;
	struct crdt_doc *doc;
	bool found = false;
	if (!docs_find(node->docs, SCHEMA_DOC_DOSSIER, &copy->dossier, &number))
		return false;
	*result = node_document(node, number, &doc);
	for (uint32_t i = 0; *result == 0 && i < log_feed_count(node->log); i++) {
		const struct log_feed *known = log_feed(node->log, i);
		const uint64_t held = crdt_frontier_seq(&copy->ends, &known->id),
		               here = crdt_doc_applied(doc, &known->id);
		if (here <= held)
			continue;
		found = true;
		if (!out)
			return true;
		out->from[i] = out->from[i] && out->from[i] <= held ? out->from[i] : held + 1;
		out->upto[i] = known->committed_seq;
	}
	return found;
}

/* The change goes into the copy of its dossier, if that one waits for it. */
static void pass_entry(struct node *node, uint32_t feed, const struct run_entry *entry)
{
	struct record_id dossier;
	struct span raw;
	struct crdt_change change;
	const struct crdt_meta meta = node_entry_meta(node, feed, &entry->header);
	if (entry->purged || entry->header.kind != ENTRY_CHANGE ||
	        node_entry_apart(node, feed, entry->header.seq) ||
	        bodies_open(node->bodies, &entry->header, entry->body, &raw, &dossier))
		return;
	struct early_copy *copy = find(node, &dossier);
	if (copy && copy->is_behind && crdt_frontier_seq(&copy->ends, &meta.feed) < meta.seq &&
	        crdt_change_open(&change, &meta, raw) == 0 &&
	        node_entry_belongs(&change, &entry->header, &dossier))
		early_copy_apply(copy, &change);
}

static int pass_log(struct node *node, const struct beyond *beyond)
{
	struct log_range *ranges = mem_zero(beyond->count + 1, sizeof(*ranges));
	uint32_t used = 0, feed;
	const struct run_entry *entry;
	int result = 0;
	for (uint32_t i = 0; i < beyond->count; i++)
		if (beyond->from[i])
			ranges[used++] = (struct log_range){i, beyond->from[i], beyond->upto[i]};
	struct log_stream *stream = log_stream_new(node->log, ranges, used);
	struct store_txn *txn = used ? node_txn(node, &result) : NULL;
	while (used && result == 0 && (result = log_stream_next_entry(stream, txn, &feed, &entry)) == 1) {
		pass_entry(node, feed, entry);
		result = 0;
	}
	node->early.passes += used > 0;
	log_stream_free(stream);
	mem_free(ranges);
	return result;
}

/* All that are behind, in one pass: everything is on the disk. */
static int catch_up(struct node *node)
{
	struct node_early *early = &node->early;
	const uint32_t count = log_feed_count(node->log);
	const uint64_t began_ms = env_monotonic_ms(node->config.env);
	struct beyond beyond = {
	        mem_zero(count + 1, sizeof(uint64_t)), mem_zero(count + 1, sizeof(uint64_t)), count};
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < early->count; i++)
		if (early->items[i]->is_behind)
			find_beyond(node, early->items[i], &beyond, &result);
	if (result == 0)
		result = pass_log(node, &beyond);
	for (uint32_t i = 0; result == 0 && i < early->count; i++)
		early->items[i]->is_behind = false;
	if (result == 0)
		early->behind = early->numbered = 0;
	const uint64_t now_ms = env_monotonic_ms(node->config.env);
	early->pass_from_ms = now_ms + LIMIT_EARLY_PASS_REST * (now_ms - began_ms);
	early->look = node->news.heads = true;
	mem_free(beyond.from);
	mem_free(beyond.upto);
	return result;
}

/* Devices that know other states of the team may judge entries otherwise: only where somebody was removed or suspended, or waits for a choice. */
static bool may_be_disputed(const struct node *node)
{
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; view && i < view->device_count; i++)
		if (view->devices[i].state != TEAM_DEVICE_ACTIVE)
			return true;
	return false;
}

/* Whoever announces much makes a copy partial: what had come by the log before is not covered by what that device says of it. */
static bool is_known(const struct node *node, const struct record_id *dossier)
{
	uint32_t number;
	return docs_find(node->docs, SCHEMA_DOC_DOSSIER, dossier, &number) && number < node->early.known;
}

/* Who holds the dossier's secret seals what is of this form, or of a later version. */
static bool is_nonsense(int result)
{
	return result == ERR_MALFORMED || result == ERR_TRUNCATED || result == ERR_TOOBIG ||
	        result == ERR_INVALID;
}

int node_early_take(
        struct node *node, const struct device_id *from, bool knows_the_team, struct span snapshot)
{
	struct early_copy *copy;
	if (!node->keys || node->early.count >= LIMIT_EARLY_COPIES || node->holds_back)
		return NODE_EARLY_IGNORED;
	int result = open_copy(node, snapshot, &copy);
	if (result)
		return is_nonsense(result) ? result : NODE_EARLY_IGNORED;
	if (is_known(node, &copy->dossier)) {
		early_copy_free(copy);
		return NODE_EARLY_IGNORED;
	}
	copy->sender = *from;
	copy->received_ms = env_wall_ms(node->config.env);
	copy->mark = knows_the_team || !may_be_disputed(node) ? node->judged_mark : 0;
	copy->is_behind = find_beyond(node, copy, NULL, &result);
	node_end_read(node);
	if (result == 0)
		result = put_copy(node, copy, snapshot);
	if (result) {
		early_copy_free(copy);
		return result;
	}
	insert(node, copy);
	node->early.look = node->news.heads = true;
	return 0;
}

static int load_copy(struct node *node, struct store_txn *txn, const struct record_id *dossier)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	struct early_copy *copy = NULL;
	struct device_id sender;
	row_name(name, dossier);
	int result = get_row(node, txn, name, &row);
	struct wire_in in = wire_begin(buf_span(&row));
	const uint8_t version = wire_u8(&in);
	wire_raw(&in, sender.bytes, ID_LONG_BYTES);
	const uint64_t received_ms = wire_u64(&in), mark = wire_u64(&in);
	if (result == 0 &&
	        (in.error || version != ROW_VERSION ||
	                open_copy(node, wire_span(&in, wire_left(&in)), &copy)))
		result = ERR_NOTFOUND; /* it opens no more: the log brings the dossier */
	if (result == 0) {
		copy->sender = sender;
		copy->received_ms = received_ms;
		copy->mark = mark;
		copy->is_behind = true;
	}
	if (result == 0)
		insert(node, copy);
	else
		early_copy_free(copy);
	buf_close(&row);
	return result == ERR_NOTFOUND ? 0 : result;
}

int node_load_early(struct node *node, struct store_txn *txn)
{
	struct buf row = {0};
	struct span dossiers = {0};
	int result = get_row(node, txn, LIST_ROW, &row);
	if (result == 0)
		result = read_list(node, buf_span(&row), &dossiers);
	const struct record_id *ids = (const struct record_id *)(const void *)dossiers.data;
	for (size_t i = 0; result == 0 && node->keys && i < dossiers.size / ID_SHORT_BYTES; i++)
		result = load_copy(node, txn, &ids[i]);
	if (result == 0 && node->early.behind)
		result = catch_up(node);
	buf_close(&row);
	node->early.look = true;
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

enum verdict { WAITS, TRUE_COPY, FALSE_COPY, OPEN };

/* Comparisons with the past pass through the log: so many in one turn. */
enum { PASTS_PER_TURN = 4 };

void node_early_applied(struct node *node, const struct crdt_change *change)
{
	struct early_copy *copy = node->early.count && change->doc_kind == SCHEMA_DOC_DOSSIER
	        ? find(node, &change->doc_id)
	        : NULL;
	if (!copy || copy->is_behind) /* the pass finds it in the log */
		return;
	early_copy_apply(copy, change);
	node->early.look = true;
}

/* Everything that it claims to hold was applied from the log. */
static bool is_reached(struct node *node, const struct early_copy *copy)
{
	for (uint32_t i = 0; i < copy->ends.count; i++) {
		uint32_t feed;
		if (!log_feed_number(node->log, &copy->ends.items[i].feed, &feed) ||
		        node_progress(node, feed)->applied < copy->ends.items[i].seq)
			return false;
	}
	return true;
}

/* Documents are about to be made otherwise, of the entries that are here. */
static bool is_unsettled(const struct node *node)
{
	return node->weigh_again || node->judge_again || node->late_wanted || node->forks_due;
}

static bool can_compare(const struct node *node)
{
	return node->unread.count == 0 && !is_unsettled(node);
}

/* What a comparison with the past says. Entries of the dossier that do not count here, or cannot be read, may count for the sender: then nobody can
 * tell. */
static enum verdict verdict_of(const struct node *node, int result, const struct node_past *past)
{
	if (result == 0)
		return TRUE_COPY;
	if (past->gaps.count > 0)
		return OPEN;
	if (result == CRDT_HISTORY_DIFFERS || result == ERR_NOTFOUND)
		return FALSE_COPY;
	return result == ERR_GAP && !may_be_disputed(node) ? FALSE_COPY : OPEN;
}

/* The log's document is another one: as it was at the copy's frontier? */
static enum verdict compare_past(struct node *node, const struct early_copy *copy)
{
	struct node_past past;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = NULL;
	int result = node_past_read(node, SCHEMA_DOC_DOSSIER, &copy->dossier, &past, NULL);
	if (result == 0)
		result = crdt_doc_load(feeds, copy->state, &doc);
	if (result == 0)
		result = crdt_history_verify(past.steps, doc);
	const enum verdict verdict = verdict_of(node, result, &past);
	node_past_close(&past);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	return verdict;
}

static bool is_the_same(struct node *node, const struct early_copy *copy)
{
	uint32_t number;
	struct crdt_doc *doc;
	struct buf saved = {0};
	if (!docs_find(node->docs, SCHEMA_DOC_DOSSIER, &copy->dossier, &number) ||
	        node_document(node, number, &doc))
		return false;
	crdt_doc_save(doc, &saved);
	const bool is_same = span_eq(buf_span(&saved), copy->state);
	buf_wipe(&saved);
	return is_same;
}

static enum verdict compare_state(struct node *node, const struct early_copy *copy, uint32_t *pasts)
{
	if (is_the_same(node, copy))
		return TRUE_COPY;
	if (!node_idle(node) || *pasts == PASTS_PER_TURN)
		return WAITS;
	++*pasts;
	return compare_past(node, copy);
}

static enum verdict compare_body(struct node *node, struct early_body *body)
{
	struct node_entry entry;
	if (body->state == EARLY_BODY_UNSEEN) {
		int result = node_read_op(node, &body->op, &entry);
		if (result)
			return result == ERR_NOTFOUND && !node_idle(node) ? WAITS : OPEN;
		struct crdt_ops ops = crdt_change_ops(&entry.change);
		for (struct crdt_op op; crdt_ops_next(&ops, &op);)
			if (op.index == body->op.index)
				early_body_compare(body, &op, &entry.meta);
	}
	return body->state == EARLY_BODY_SAME ? TRUE_COPY : FALSE_COPY;
}

/* Its sender was put out of the team since. */
static bool is_by_removed(const struct node *node, const struct early_copy *copy)
{
	const struct team_view *view = node_view(node);
	const struct team_device *sender = view ? team_view_device(view, &copy->sender) : NULL;
	return sender && sender->state != TEAM_DEVICE_ACTIVE;
}

/* It names a feed with two histories, or one of this device: whose database may have been put back from an older copy, and which then writes what it wrote already
 * otherwise. Nobody need have lied. */
static bool may_be_of_another_history(struct node *node, const struct early_copy *copy)
{
	const struct device_id self = node_device(node);
	for (uint32_t i = 0; i < copy->ends.count; i++) {
		uint32_t feed;
		if (!log_feed_number(node->log, &copy->ends.items[i].feed, &feed))
			continue;
		const struct log_feed *known = log_feed(node->log, feed);
		if (device_id_eq(&known->device, &self) || known->is_branch || node_forked_at(node, feed))
			return true;
	}
	return false;
}

static enum verdict judge(struct node *node, const struct early_copy *copy, uint32_t *pasts)
{
	if (copy->is_spoiled || is_by_removed(node, copy))
		return OPEN;
	if (copy->is_behind || !is_reached(node, copy) || !can_compare(node))
		return WAITS;
	enum verdict verdict = compare_state(node, copy, pasts);
	for (uint32_t i = 0; verdict == TRUE_COPY && i < copy->body_count; i++)
		verdict = compare_body(node, &copy->bodies[i]);
	/* Or entries are judged otherwise than when it came. */
	const bool is_sure = copy->mark == node->judged_mark && !may_be_of_another_history(node, copy);
	return verdict == FALSE_COPY && !is_sure ? OPEN : verdict;
}

static int settle(struct node *node, uint32_t at, enum verdict verdict)
{
	struct node_early_tally *tally = tally_of(node, &node->early.items[at]->sender);
	tally->verified += verdict == TRUE_COPY;
	tally->wrong += verdict == FALSE_COPY;
	tally->open += verdict == OPEN;
	return drop(node, at);
}

int node_early_written(struct node *node, const struct record_id *dossier, const struct entry_ref *place)
{
	const struct early_copy *copy = find(node, dossier);
	if (!copy || crdt_frontier_seq(&copy->ends, &place->feed) < place->seq)
		return 0;
	return settle(node, place_of(&node->early, dossier), OPEN);
}

/* Something else is whole, so what nobody can confirm or refute is shown no longer. Once all that is under way has come to its end. */
static void settle_rest(struct node *node)
{
	struct node_early *early = &node->early;
	if (!early->rest_due || !node_idle(node) || is_unsettled(node))
		return;
	early->rest_due = false;
	for (uint32_t i = early->count; i > 0; i--) {
		const struct early_copy *copy = early->items[i - 1];
		if (is_reached(node, copy) && can_compare(node)) { /* it is its turn soon */
			early->rest_due = true;
			continue;
		}
		/* Who sent it had told everything, and all of that is here. */
		const bool is_false = !is_reached(node, copy) &&
		        device_id_eq(&copy->sender, &early->rest_by) && copy->mark == node->judged_mark &&
		        !may_be_of_another_history(node, copy);
		settle(node, i - 1, is_false ? FALSE_COPY : OPEN);
	}
}

void node_early_turn(struct node *node)
{
	node->early.look |= node->early.looked_mark != node->judged_mark;
	if (node->must_reload || node->stopped)
		return;
	if (node->early.behind && node_idle(node) &&
	        env_monotonic_ms(node->config.env) >= node->early.pass_from_ms && catch_up(node))
		return;
	if (!node->early.look && !node->early.rest_due)
		return;
	uint32_t pasts = 0;
	node->early.look = false;
	node->early.looked_mark = node->judged_mark;
	for (uint32_t i = node->early.count; i > 0; i--) {
		const enum verdict verdict = judge(node, node->early.items[i - 1], &pasts);
		node->early.look |= verdict == WAITS && !node->early.items[i - 1]->is_behind &&
		        is_reached(node, node->early.items[i - 1]);
		if (verdict != WAITS)
			settle(node, i - 1, verdict);
	}
	settle_rest(node);
	node_end_read(node);
}

/* ---- Showing ----------------------------------------------------------------------------------------------------- */

bool node_early_useful(const struct node *node)
{
	const struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	return view && node->keys && !node->holds_back &&
	        team_view_level(view, &self, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
}

bool node_early_ahead(const struct node *node, const struct op_id *op)
{
	uint32_t feed;
	return !log_feed_number(node->log, &op->feed, &feed) || log_feed(node->log, feed)->seq < op->seq;
}

const struct early_body *node_early_body(const struct node *node, const struct op_id *op)
{
	uint32_t feed;
	if (log_feed_number(node->log, &op->feed, &feed) &&
	        log_feed(node->log, feed)->committed_seq >= op->seq)
		return NULL;
	for (uint32_t i = 0; i < node->early.count; i++) {
		const struct early_body *body = node->early.items[i]->is_behind
		        ? NULL
		        : early_copy_body(node->early.items[i], op);
		if (body)
			return body;
	}
	return NULL;
}

/* Dossiers that the log has not spoken of yet stand behind those that it has. */
static void number_extra(struct node *node)
{
	struct node_early *early = &node->early;
	uint32_t number;
	if (early->numbered == docs_count(node->docs) + 1)
		return;
	early->numbered = docs_count(node->docs) + 1;
	early->extra = mem_resize(early->extra, early->count + 1, sizeof(*early->extra));
	early->extra_count = 0;
	for (uint32_t i = 0; i < early->count; i++)
		if (!early->items[i]->is_behind &&
		        !docs_find(node->docs, SCHEMA_DOC_DOSSIER, &early->items[i]->dossier, &number))
			early->extra[early->extra_count++] = i;
}

uint32_t node_shown_count(struct node *node)
{
	number_extra(node);
	return docs_count(node->docs) + node->early.extra_count;
}

int node_shown_at(struct node *node, uint32_t number, uint32_t *doc_kind, struct record_id *doc_id)
{
	number_extra(node);
	const uint32_t count = docs_count(node->docs);
	if (number < count)
		return node_doc_at(node, number, doc_kind, doc_id);
	if (number - count >= node->early.extra_count)
		return ERR_NOTFOUND;
	*doc_kind = SCHEMA_DOC_DOSSIER;
	*doc_id = node->early.items[node->early.extra[number - count]]->dossier;
	return 0;
}

int node_shown_by_number(struct node *node, uint32_t number, struct crdt_doc **doc)
{
	uint32_t kind;
	struct record_id id;
	int result = node_shown_at(node, number, &kind, &id);
	return result ? result : node_shown(node, kind, &id, doc);
}

int node_shown(struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct crdt_doc **doc)
{
	const struct early_copy *copy = doc_kind == SCHEMA_DOC_DOSSIER ? node_early_of(node, doc_id) : NULL;
	if (!copy)
		return node_doc(node, doc_kind, doc_id, doc);
	*doc = copy->doc;
	return 0;
}
