/*
 * Erasing a dossier (README.md, "Erasing a dossier").
 *
 * Normal course: a tombstone is in the key table, ours or a colleague's; its secret is gone from memory and its documents are emptied. Once
 * everything written so far is committed, the log is passed through in pieces: bodies of the dossier give way to their hashes; the last piece
 * also takes away the secret's row, drafts about that patient, and all rows that are derived from the log, and notes the dossier as *purged*.
 * Documents and indexes are made afresh from what is left. The shell then puts another file under another key in the database's place
 * (node_wants_new_file(), node_file_is_new()), and this device gives its word to the others.
 *
 * Failures: after a crash at any moment the start finds a tombstone without a note and passes through the log again; what was purged stays so.
 * Without room nothing is lost but time: it is tried again a second later. Rows
 * of the log that do not open are passed over; documents are then not made afresh, since nothing but them tells what stood there.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_links.h"
#include "node/schema/schema.h"

static const char NOTES_ROW[] = "erased";
enum { NOTES_VERSION = 1, AGAIN_MS = 1000 };

/* ---- What this device has done of it ---------------------------------------------------------------------------- */

static struct node_erasing *note_of(struct node *node, const struct record_id *dossier)
{
	for (uint32_t i = 0; i < node->erasing_count; i++)
		if (record_id_eq(&node->erasing[i].dossier, dossier))
			return &node->erasing[i];
	return NULL;
}

static void note(struct node *node, const struct record_id *dossier, enum node_erasing_stage stage)
{
	struct node_erasing *at = note_of(node, dossier);
	if (!at) {
		node->erasing = mem_room(
		        node->erasing, node->erasing_count, &node->erasing_room, sizeof(*node->erasing));
		at = &node->erasing[node->erasing_count++];
	}
	*at = (struct node_erasing){*dossier, stage};
}

static int put_notes(struct node *node)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < node->erasing_count; i++)
		count += node->erasing[i].stage != NODE_ERASING_ORDERED;
	buf_clear(&node->scratch);
	wire_put_u8(&node->scratch, NOTES_VERSION);
	wire_put_varint(&node->scratch, count);
	for (uint32_t i = 0; i < node->erasing_count; i++) {
		if (node->erasing[i].stage == NODE_ERASING_ORDERED)
			continue;
		buf_add(&node->scratch, node->erasing[i].dossier.bytes, ID_SHORT_BYTES);
		wire_put_u8(&node->scratch, (uint8_t)node->erasing[i].stage);
	}
	return vault_batch_put(
	        node->config.vault, &node->batch, STORE_META, span_text(NOTES_ROW), buf_span(&node->scratch));
}

static int read_notes(struct node *node)
{
	struct wire_in in = wire_begin(buf_span(&node->scratch));
	if (wire_u8(&in) != NOTES_VERSION)
		return ERR_VERSION;
	uint32_t count = wire_count(&in, LIMIT_KEY_TOMBSTONES, ID_SHORT_BYTES + 1);
	for (uint32_t i = 0; i < count && !in.error; i++) {
		struct record_id dossier;
		wire_raw(&in, dossier.bytes, sizeof(dossier.bytes));
		uint8_t stage = wire_u8(&in);
		if (stage != NODE_ERASING_PURGED && stage != NODE_ERASING_DONE)
			return ERR_CORRUPT;
		note(node, &dossier, (enum node_erasing_stage)stage);
	}
	return wire_end(&in) ? ERR_CORRUPT : 0;
}

static bool any_tombstone(const struct node *node)
{
	return node->keys && key_table_tombstone(node->keys, 0);
}

/* An older copy of the database may hold bodies that its notes know nothing of, so that each start looks. */
int node_load_erasing(struct node *node, struct store_txn *txn)
{
	int result = vault_get(node->config.vault, txn, STORE_META, span_text(NOTES_ROW), &node->scratch);
	if (result == 0)
		result = read_notes(node);
	/* Names without an order are those of one that lost its power: what they took may be missing. */
	node->erase_wanted = any_tombstone(node) || node->names_count > 0;
	return result == ERR_NOTFOUND ? 0 : result;
}

void node_forget_erasing(struct node *node)
{
	node->erasing_count = node->confirmed_count = 0;
	node->erase_wanted = node->erase_rebuild = false;
	node->erase_at = (struct node_erase_place){0};
	node->scanned_epochs = 0;
	node_forget_names(node);
	node_links_forget(node);
}

void node_erase_again(struct node *node)
{
	node->erase_wanted = true;
	node->erase_at = (struct node_erase_place){0};
	node->erase_again_ms = 0;
}

/* ---- A tombstone came ------------------------------------------------------------------------------------------- */

void node_tombstone_came(struct node *node, const struct record_id *dossier)
{
	for (uint32_t number = 0; number < docs_count(node->docs); number++) {
		const struct schema_doc *doc = schema_doc(docs_kind(node->docs, number));
		struct record_id id = docs_id(node->docs, number);
		if (doc && doc->has_dossier_key && record_id_eq(&id, dossier)) {
			docs_clear(node->docs, number);
			digests_drop(node->digests, number);
		}
	}
	buf_wipe(&node->digest_row);
	node_forget_plan(node);
	search_index_drop(node->words);
	if (!note_of(node, dossier))
		note(node, dossier, NODE_ERASING_ORDERED);
	node->named_valid = false;
	node_erase_again(node);
}

/* With the key of an epoch that was missing more bodies can be told apart. */
void node_epochs_came(struct node *node)
{
	if (!any_tombstone(node) || epochs_count(node->epochs) == node->scanned_epochs)
		return;
	node_names_recheck(node);
	node->names_all = true;
	node->erase_wanted = true;
	node->erase_at = (struct node_erase_place){0};
}

/* ---- Whose orders count ----------------------------------------------------------------------------------------- */

bool node_may_erase(const void *node, const struct device_id *issuer)
{
	const struct team_view *view = node_view(node);
	return view && team_view_manages(view, issuer);
}

bool node_state_to_cite(struct node *node, struct entry_hash *out)
{
	enum { HEADS = 16 };
	const struct device_id self = node_device(node);
	struct entry_hash heads[HEADS];
	uint32_t count = team_membership_heads(node->members, heads, HEADS);
	for (uint32_t i = 0; i < count && i < HEADS; i++) {
		const struct team_view *view = team_membership_view_at(node->members, &heads[i]);
		*out = heads[i];
		if (view && team_view_manages(view, &self))
			return true;
	}
	return false;
}

static int order(struct node *node, struct key_order *order)
{
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	order->time_ms = env_wall_ms(node->config.env);
	if (!node_state_to_cite(node, &order->membership))
		return ERR_DENIED;
	return key_table_erase(node->keys, &signer, order);
}

/* Those who did what was ordered stand by it, since nobody can undo that: so it comes to all. */
static void uphold(struct node *node, const struct record_id *dossier)
{
	struct key_order upheld = {.dossier = *dossier, .upheld = node_device(node)};
	const struct key_tombstone *tombstone;
	for (size_t i = 0; (tombstone = key_table_tombstone(node->keys, i)); i++) {
		if (!record_id_eq(&tombstone->order.dossier, dossier))
			continue;
		upheld.reason = tombstone->order.reason;
		upheld.upheld = tombstone->issuer;
		if (device_id_is_zero(&tombstone->order.upheld))
			break; /* the order itself */
	}
	if (order(node, &upheld) == 0)
		node_dossier_erased(node, dossier);
}

/* Orders that count again: their issuer came back. */
static void carry_out(struct node *node)
{
	const struct key_tombstone *tombstone;
	for (size_t i = 0; (tombstone = key_table_tombstone(node->keys, i)); i++)
		if (tombstone->counts && !note_of(node, &tombstone->order.dossier))
			node_dossier_erased(node, &tombstone->order.dossier);
}

bool node_judge_orders(struct node *node)
{
	const struct device_id self = node_device(node);
	bool lives = false;
	if (!node->keys)
		return false;
	if (key_table_judge(node->keys)) {
		node_state_moved(node);
		carry_out(node);
	}
	for (uint32_t i = 0; i < node->erasing_count;) {
		const struct record_id dossier = node->erasing[i].dossier;
		if (key_table_erased(node->keys, &dossier)) {
			i++;
		} else if (node_may_erase(node, &self)) {
			uphold(node, &dossier);
			i++;
		} else { /* those who may have not done it: it lives, and what is gone here is missing */
			node->erasing[i] = node->erasing[--node->erasing_count];
			lives = true;
		}
	}
	node_names_judged(node);
	if (lives) {
		int result = put_notes(node);
		bodies_keys_changed(node->bodies);
		node->stopped |= result != 0;
	}
	return lives;
}

int node_erase(
        struct node *node, const struct record_id *dossier, uint8_t reason, node_done done, void *context)
{
	struct device_id self = node_device(node);
	struct key_order wanted = {.dossier = *dossier, .reason = reason};
	if (!node->in_team)
		return ERR_NOTEAM;
	if (node->stopped || node->outdated)
		return node->stopped ? ERR_CORRUPT : ERR_STALE;
	if (!node_may_erase(node, &self))
		return ERR_DENIED;
	if (key_table_erased(node->keys, dossier))
		return ERR_EXISTS;
	int result = node_end_cases_of(node, dossier);
	if (result == 0)
		result = order(node, &wanted);
	if (result)
		return result;
	node_dossier_erased(node, dossier);
	return node_wait_for_batch(node, done, context);
}

bool node_is_erased(const struct node *node, const struct record_id *dossier)
{
	return node->keys && key_table_erased(node->keys, dossier);
}

bool node_erasing(const struct node *node)
{
	return node->erase_wanted || node->erase_rebuild;
}

bool node_erases_now(const struct node *node)
{
	return node_erasing(node) && env_monotonic_ms(node->config.env) >= node->erase_again_ms;
}

/* ---- Which bodies ----------------------------------------------------------------------------------------------- */

/* A pseudonym that a secret is here for is that of a dossier which lives: most are answered by that. */
bool node_body_is_erased(struct node *node, const struct entry_header *header)
{
	struct record_id dossier;
	if (pseudonym_is_zero(&header->dossier))
		return false;
	const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
	if (!epoch)
		return node_goes_by_names(node, header->compartment) && node_is_named(node, header, true);
	return bodies_secrets(node->bodies, &header->epoch, &header->dossier, &dossier) == 0 &&
	        key_table_erased_as(node->keys, epoch, &header->dossier);
}

static bool is_erased(void *node, const struct entry_header *header)
{
	return node_body_is_erased(node, header);
}

bool node_strip_erased(struct node *node, struct run *run)
{
	bool any = any_tombstone(node) && run->compartment != COMPARTMENT_MEMBERSHIP &&
	        run_purge(run, is_erased, node);
	node->stripped_count += any;
	return any;
}

/* ---- Through the log -------------------------------------------------------------------------------------------- */

/* It does not open, so nobody reads what it says: it is passed over, and what it says goes with the file's key (store/copy.h). */
bool node_is_damage(int result)
{
	return result == ERR_BADSEAL || result == ERR_CORRUPT || result == ERR_MALFORMED ||
	        result == ERR_TRUNCATED || result == ERR_VERSION || result == ERR_NOTFOUND;
}

/* One stored run; *next is the sequence after it. 1: it held some. */
static int purge_run(struct node *node, struct store_txn *txn, uint32_t feed, uint64_t seq, uint64_t *next)
{
	int result = log_read_run(node->log, txn, &node->reader, feed, seq);
	if (node_is_damage(result)) {
		node->erase_at.damaged = true;
		return log_next_run(txn, feed, seq, next);
	}
	if (result)
		return result;
	*next = run_first_seq(&node->reader.run) + node->reader.run.count;
	if (*next <= seq)
		return ERR_CORRUPT;
	node_names_look(node, &node->reader.run);
	for (uint32_t i = 0; i < node->reader.run.count && node->erase_at.missing == 0; i++) {
		const struct run_entry *entry = &node->reader.run.entries[i];
		if (entry->header.seq >= seq &&
		        entry->header.seq <= log_feed(node->log, feed)->committed_seq &&
		        node_body_is_missing(node, entry))
			node->erase_at.missing = entry->header.seq;
	}
	return log_purge(node->log, &node->batch, &node->reader, is_erased, node);
}

/* From where it stopped to the end, or until enough is in the batch. 1: that was the end. */
static int purge_piece(struct node *node)
{
	struct node_erase_place *at = &node->erase_at;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	for (; result == 0 && at->feed < log_feed_count(node->log); at->feed++, at->seq = 0) {
		const struct log_feed *feed = log_feed(node->log, at->feed);
		if (feed->compartment == COMPARTMENT_MEMBERSHIP)
			continue;
		buf_wipe(&node_progress(node, at->feed)
		                  ->refilled); /* it is on the disk, and may change there */
		if (at->seq < feed->begin)
			at->seq = feed->begin - 1;
		while (result == 0 && at->seq < feed->committed_seq) {
			uint64_t next = 0;
			result = purge_run(node, txn, at->feed, at->seq + 1, &next);
			if (result < 0)
				break;
			at->purged |= result > 0;
			result = 0;
			at->seq = next - 1;
			if (store_batch_bytes(&node->batch) >= LIMIT_WRITER_COMMIT_BYTES / 2)
				return 0;
		}
		if (result == 0)
			node_set_missing(node, at->feed, at->missing);
		at->missing = 0;
	}
	return result ? result : 1;
}

/* ---- The rest of it --------------------------------------------------------------------------------------------- */

static int remove_table(struct node *node, enum store_table table)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	struct span key, value;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	while (result == 0 &&
	        (result = store_seek(txn, table, STORE_FIRST_FROM, span_of(from, size), &key, &value)) == 0) {
		result = vault_batch_remove(node->config.vault, &node->batch, table, key);
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
	}
	return result == ERR_NOTFOUND ? 0 : result;
}

/* A draft is the user's text: as JSON, where the patient's id is hexadecimal. */
static int remove_draft(struct node *node, const struct record_id *dossier, uint32_t place)
{
	uint8_t key[VAULT_NAME_BYTES];
	char id[2 * ID_SHORT_BYTES + 1], name[NODE_DRAFT_NAME_BYTES];
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result)
		return result;
	vault_name(node->config.vault, key, STORE_LOCAL, span_text(node_draft_name(name, place)));
	result = vault_get(node->config.vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), &node->scratch);
	if (result)
		return result == ERR_NOTFOUND ? 0 : result;
	ids_hex(id, dossier->bytes, ID_SHORT_BYTES);
	bool names = node->scratch.size && memmem(node->scratch.data, node->scratch.size, id, strlen(id));
	buf_wipe(&node->scratch);
	return names
	        ? vault_batch_remove(node->config.vault, &node->batch, STORE_LOCAL, span_of(key, sizeof(key)))
	        : 0;
}

static int remove_drafts(struct node *node, const struct record_id *dossier)
{
	int result = 0;
	for (uint32_t place = 0; result == 0 && place < LIMIT_DRAFTS; place++)
		result = remove_draft(node, dossier, place);
	return result;
}

/* What is derived is made again from the log: so no trace of a dossier stands in a page of the directory, an index or a snapshot. */
static int remove_derived(struct node *node)
{
	int result = remove_table(node, STORE_DOC);
	if (result == 0)
		result = remove_table(node, STORE_INDEX);
	return result ? result : node_remove_checkpoint(node);
}

/* It went by fewer names than are known now. */
static bool says_too_little(struct node *node, const struct record_id *dossier)
{
	const struct device_id self = node_device(node);
	struct node_word word = {0};
	node_erasure_word(node, dossier, &self, &word);
	return node_told_by_names(node, &self) && !word.wait && word.names < node_names_known(node, dossier);
}

/* Every dossier with a tombstone that is not noted yet. */
static int finish_dossiers(struct node *node, bool *any)
{
	const struct key_tombstone *tombstone;
	int result = node_erase_carried(node, &node->erase_at.purged);
	*any = node->erase_at.purged;
	for (size_t i = 0; result == 0 && (tombstone = key_table_tombstone(node->keys, i)); i++) {
		const struct record_id *dossier = &tombstone->order.dossier;
		const struct node_erasing *noted = note_of(node, dossier);
		if (!tombstone->counts ||
		        (noted && noted->stage != NODE_ERASING_ORDERED &&
		                (noted->stage == NODE_ERASING_PURGED || !says_too_little(node, dossier))))
			continue;
		*any = true;
		result = node_remove_secret_row(node, dossier);
		if (result == 0)
			result = remove_drafts(node, dossier);
		if (result == 0)
			result = node_erase_photos(node, dossier);
		note(node, dossier, NODE_ERASING_PURGED);
	}
	/* An older copy of the database, or a key that came late: bodies of a dossier that was noted already. */
	for (uint32_t i = 0; node->erase_at.purged && i < node->erasing_count; i++)
		node->erasing[i].stage = NODE_ERASING_PURGED;
	return result;
}

/* What cannot be made afresh from the log is not thrown away: the documents of the other dossiers stay as they are. */
static int empty_documents(struct node *node)
{
	for (uint32_t number = 0; number < docs_count(node->docs); number++) {
		const struct schema_doc *doc = schema_doc(docs_kind(node->docs, number));
		struct record_id id = docs_id(node->docs, number);
		if (doc && doc->has_dossier_key && key_table_erased(node->keys, &id))
			docs_clear(node->docs, number);
	}
	search_index_drop(node->words);
	node->since_checkpoint++;
	return 0;
}

static int purge(struct node *node)
{
	bool any;
	int result = purge_piece(node);
	if (result <= 0)
		return result;
	result = finish_dossiers(node, &any);
	const bool damaged = node->erase_at.damaged;
	if (result == 0 && any)
		result = damaged ? empty_documents(node) : remove_derived(node);
	if (result == 0 && any)
		result = put_notes(node);
	if (result)
		return result;
	node_names_tell(node);
	node->names_all = false;
	node->erase_keeps = damaged;
	/* Readers hold runs as they were. */
	node->news.reloaded |= node->erase_at.purged;
	node->erase_at = (struct node_erase_place){0};
	node->scanned_epochs = epochs_count(node->epochs);
	node->erase_wanted = false;
	node->erase_rebuild = any;
	return 0;
}

static int make_afresh(struct node *node)
{
	node->erase_rebuild = node->late_wanted = false;
	log_reader_close(&node->reader);
	node_wipe_scratch(node);
	node->news.heads = true;
	int result = 0;
	if (!node->erase_keeps) {
		quarantine_close(&node->quarantine); /* with what it notes of entries that are gone */
		result = node_rebuild(node);
		if (result == 0)
			result = node_settle_quarantine(node);
	}
	node_end_read(node);
	return result ? result : node_checkpoint(node, true);
}

void node_erase_later(struct node *node)
{
	node->erase_at = (struct node_erase_place){0};
	node->erase_again_ms = env_monotonic_ms(node->config.env) + AGAIN_MS;
}

/* Everything written so far is committed. */
void node_erase_turn(struct node *node)
{
	if (!node_erases_now(node) || !node->bodies || node->stopped)
		return;
	const bool afresh = node->erase_rebuild;
	int result = afresh ? make_afresh(node) : purge(node);
	node_end_read(node);
	if (result && afresh) {
		node->stopped = true;
	} else if (result) {
		store_batch_close(&node->batch);
		node_erase_later(node);
		return;
	}
	node_flush(node);
}

/* ---- Another file, and our word --------------------------------------------------------------------------------- */

bool node_wants_new_file(const struct node *node)
{
	if (node_erasing(node) || !node_idle(node))
		return false;
	for (uint32_t i = 0; i < node->erasing_count; i++)
		if (node->erasing[i].stage == NODE_ERASING_PURGED)
			return true;
	return false;
}

static uint32_t word_place(const struct node *node, const struct erased *word)
{
	uint32_t low = 0, high = node->confirmed_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (erased_cmp(&node->confirmed[middle], word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct erased *word_of(
        const struct node *node, const struct device_id *device, const struct record_id *dossier)
{
	const struct erased about = {.device = *device, .dossier = *dossier};
	uint32_t place = word_place(node, &about);
	return place < node->confirmed_count && erased_cmp(&node->confirmed[place], &about) == 0
	        ? &node->confirmed[place]
	        : NULL;
}

/* Our word about a dossier, later than the one before whatever the clock says. */
static void say(struct node *node, const struct record_id *dossier, enum erased_wait wait, uint32_t need_mib)
{
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	const struct erased *before = word_of(node, &signer.device, dossier);
	uint64_t time_ms = env_wall_ms(node->config.env);
	struct erased word;
	if (before && wait && before->wait == wait && before->need_mib == need_mib)
		return;
	if (before && before->time_ms >= time_ms)
		time_ms = before->time_ms + 1;
	const uint32_t names = !wait && node_told_by_names(node, &signer.device)
	        ? node_names_known(node, dossier)
	        : 0;
	if (names)
		erased_make_by_names(&word, &signer, dossier, time_ms, names);
	else
		erased_make_waits(&word, &signer, dossier, time_ms, wait, need_mib);
	node_keep_word(node, &word);
}

int node_file_is_new(struct node *node)
{
	for (uint32_t i = 0; i < node->erasing_count; i++) {
		struct node_erasing *erasing = &node->erasing[i];
		if (erasing->stage != NODE_ERASING_PURGED)
			continue;
		erasing->stage = NODE_ERASING_DONE;
		say(node, &erasing->dossier, ERASED_DONE, 0);
	}
	return put_notes(node);
}

void node_file_waits(struct node *node, enum erased_wait wait, uint32_t need_mib)
{
	for (uint32_t i = 0; i < node->erasing_count; i++)
		if (node->erasing[i].stage == NODE_ERASING_PURGED)
			say(node, &node->erasing[i].dossier, wait, need_mib);
}

/* ---- The words of all devices ----------------------------------------------------------------------------------- */

/* A device speaks for itself only: what it may fill is its own part. */
static bool has_room(const struct node *node, const struct device_id *device)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < node->confirmed_count; i++)
		count += device_id_eq(&node->confirmed[i].device, device);
	return count < LIMIT_ERASED_WORDS;
}

int node_keep_word(struct node *node, const struct erased *word)
{
	uint32_t place = word_place(node, word);
	if (place < node->confirmed_count && erased_cmp(&node->confirmed[place], word) == 0) {
		if (!erased_replaces(word, &node->confirmed[place]))
			return 0;
	} else {
		if (!has_room(node, &word->device)) {
			node_refused(node, REFUSED_ERASED, TEAM_REASON_NO_ROOM);
			return 0;
		}
		node->confirmed = mem_room(node->confirmed, node->confirmed_count, &node->confirmed_room,
		        sizeof(*node->confirmed));
		memmove(node->confirmed + place + 1, node->confirmed + place,
		        (node->confirmed_count - place) * sizeof(*node->confirmed));
		node->confirmed_count++;
	}
	node->confirmed[place] = *word;
	node_state_moved(node);
	return 1;
}

int node_put_word(struct node *node, struct span content)
{
	struct erased word;
	int result = erased_decode(&word, content, &node->team);
	if (result) {
		node_refused(node, REFUSED_ERASED, refusals_reason_of(result));
		return result;
	}
	if (!node_view(node) || !team_view_device(node_view(node), &word.device)) {
		node_refused(node, REFUSED_ERASED, TEAM_REASON_UNKNOWN_DEVICE);
		return 0;
	}
	return node_keep_word(node, &word);
}

bool node_erasure_at(const struct node *node, uint32_t index, struct node_erasure *out)
{
	const struct key_tombstone *tombstone = node->keys ? key_table_tombstone(node->keys, index) : NULL;
	if (!tombstone)
		return false;
	*out = (struct node_erasure){tombstone->order.dossier, tombstone->issuer, tombstone->order.reason,
	        tombstone->order.time_ms, tombstone->counts, tombstone->order.upheld};
	return true;
}

bool node_erasure_word(const struct node *node, const struct record_id *dossier,
        const struct device_id *device, struct node_word *out)
{
	const struct erased *word = word_of(node, device, dossier);
	if (word)
		*out = (struct node_word){word->time_ms, word->wait, word->need_mib, word->names};
	return word != NULL;
}

bool node_erasure_confirmed(const struct node *node, const struct record_id *dossier,
        const struct device_id *device, uint64_t *time_ms)
{
	const struct erased *word = word_of(node, device, dossier);
	if (!word || word->wait)
		return false;
	*time_ms = word->time_ms;
	return true;
}

bool node_file_waits_for(const struct node *node, struct node_word *out)
{
	const struct device_id self = node_device(node);
	for (uint32_t i = 0; i < node->erasing_count; i++)
		if (node->erasing[i].stage == NODE_ERASING_PURGED &&
		        node_erasure_word(node, &node->erasing[i].dossier, &self, out) && out->wait)
			return true;
	return false;
}
