#include "node/access/access_log.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { HOUR_S = 3600, DAY_S = 86400, RETRY_MS = 60000 };
enum {
	HOUR_ROWS_MAX = 4096
}; /* remembered so that they are not noted twice: far more than anybody opens in an hour */
#define AT_S_MAX UINT64_C(7258118399) /* 2199-12-31: later moments have no text */

static const char HEAD_NAME[] = "access", BLOCK_NAME[] = "access ";

struct access_log {
	struct store *store;
	struct vault *vault;
	const struct env *env;
	bool is_loaded;
	struct access_head head; /* as on the disk; last 0: there is none */
	struct access_block block; /* the one that grows; count 0: none */
	struct access_head head_next; /* of the batch under way */
	struct access_block block_next;
	struct access_row *rows; /* that wait: numbers are given when they are put */
	uint32_t row_count, row_capacity;
	uint32_t under_way_count; /* of them, in the batch under way */
	bool is_under_way;
	uint64_t lost, lost_under_way;
	uint64_t retry_ms; /* not before */
	uint32_t days_wanted; /* 0: as they are */
	int64_t expired_day; /* when expiry was last looked for; -1: never */
	struct access_row *hour_rows; /* what stands for `hour` */
	uint32_t hour_count, hour_capacity, hour_next;
	uint64_t hour;
};

struct access_log *access_log_new(struct store *store, struct vault *vault, const struct env *env)
{
	struct access_log *log = mem_zero(1, sizeof(*log));
	log->store = store;
	log->vault = vault;
	log->env = env;
	log->expired_day = -1;
	return log;
}

void access_log_free(struct access_log *log)
{
	if (!log)
		return;
	mem_free(log->rows);
	mem_free(log->hour_rows);
	mem_free(log);
}

static uint64_t now_s(const struct access_log *log)
{
	uint64_t now = env_wall_ms(log->env) / 1000;
	return now > AT_S_MAX ? AT_S_MAX : now;
}

/* ---- On the disk ------------------------------------------------------------------------------------------------ */

static void head_key(const struct vault *vault, uint8_t key[VAULT_NAME_BYTES])
{
	vault_name(vault, key, STORE_LOCAL, span_text(HEAD_NAME));
}

static void block_key(const struct vault *vault, const struct access_log_id *log, uint64_t number,
        uint8_t key[VAULT_NAME_BYTES])
{
	uint8_t name[sizeof(BLOCK_NAME) - 1 + ACCESS_LOG_ID_BYTES + 8];
	memcpy(name, BLOCK_NAME, sizeof(BLOCK_NAME) - 1);
	memcpy(name + sizeof(BLOCK_NAME) - 1, log->bytes, sizeof(log->bytes));
	for (size_t i = 0; i < 8; i++)
		name[sizeof(name) - 8 + i] = (uint8_t)(number >> 8 * i);
	vault_name(vault, key, STORE_LOCAL, span_of(name, sizeof(name)));
}

int access_head_read(const struct vault *vault, struct store_txn *txn, struct access_head *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct buf row = {0};
	head_key(vault, key);
	int result = vault_get(vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), &row);
	if (!result)
		result = access_head_decode(buf_span(&row), out);
	buf_close(&row);
	return result;
}

int access_block_read(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        uint64_t number, struct access_block *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct buf row = {0};
	block_key(vault, &head->log, number, key);
	int result = vault_get(vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), &row);
	if (!result)
		result = access_block_decode(buf_span(&row), out);
	if (!result &&
	        (memcmp(&out->log, &head->log, sizeof(out->log)) != 0 ||
	                access_block_of(out->first) != number))
		result = ERR_CORRUPT;
	buf_close(&row);
	return result;
}

/* Not there, or not to be read. */
static bool is_damage(int result)
{
	return result == ERR_NOTFOUND || result == ERR_BADSEAL || result == ERR_CORRUPT;
}

/* ---- Loading ---------------------------------------------------------------------------------------------------- */

static bool is_same_access(const struct access_row *a, const struct access_row *b)
{
	return a->kind == b->kind && a->detail == b->detail && person_id_eq(&a->person, &b->person) &&
	        memcmp(&a->patient, &b->patient, sizeof(a->patient)) == 0;
}

static void remember(struct access_log *log, const struct access_row *row)
{
	if (log->hour_count < HOUR_ROWS_MAX) {
		log->hour_rows = mem_room(
		        log->hour_rows, log->hour_count, &log->hour_capacity, sizeof(*log->hour_rows));
		log->hour_rows[log->hour_count++] = *row;
	} else {
		log->hour_rows[log->hour_next++ % HOUR_ROWS_MAX] = *row;
	}
}

static bool stands(const struct access_log *log, const struct access_row *row)
{
	for (uint32_t i = log->hour_count; i-- > 0;)
		if (is_same_access(&log->hour_rows[i], row))
			return true;
	return false;
}

/* The rows of this hour, from the end of the log. */
static void load_hour(struct access_log *log, struct store_txn *txn)
{
	struct access_block block = log->block;
	log->hour = now_s(log) / HOUR_S;
	for (uint64_t number = log->head.last; number > log->head.gone; number--) {
		if ((block.count == 0 || number < block.first) &&
		        access_block_read(log->vault, txn, &log->head, access_block_of(number), &block))
			return;
		if (number < block.first || number >= block.first + block.count)
			return;
		struct access_row row = access_row_decode(block.rows[number - block.first]);
		if (row.at_s / HOUR_S != log->hour || log->hour_count == HOUR_ROWS_MAX)
			return;
		remember(log, &row);
	}
}

/* The block that grows; a damaged one is left, and the log goes on in the next. */
static void load_block(struct access_log *log, struct store_txn *txn)
{
	const struct access_head *head = &log->head;
	if (head->last % ACCESS_BLOCK_ROWS == 0 || head->last == head->gone)
		return;
	int result = access_block_read(log->vault, txn, head, access_block_of(head->last), &log->block);
	if (!result && log->block.first + log->block.count - 1 == head->last)
		return;
	log->block = (struct access_block){0};
}

static int load(struct access_log *log)
{
	struct store_txn *txn;
	if (log->is_loaded)
		return 0;
	int result = store_begin(log->store, false, &txn);
	if (result)
		return result;
	result = access_head_read(log->vault, txn, &log->head);
	if (is_damage(result)) {
		log->head = (struct access_head){.days = ACCESS_DAYS_DEFAULT}; /* another log begins */
		result = 0;
	} else if (!result) {
		load_block(log, txn);
		load_hour(log, txn);
	}
	store_abort(txn);
	log->is_loaded = result == 0;
	return result;
}

/* ---- Noting ----------------------------------------------------------------------------------------------------- */

static void wait_for_batch(struct access_log *log, const struct access_row *row)
{
	if (log->row_count == LIMIT_ACCESS_ROWS) {
		log->lost++;
		return;
	}
	log->rows = mem_room(log->rows, log->row_count, &log->row_capacity, sizeof(*log->rows));
	log->rows[log->row_count++] = *row;
}

int access_log_note(struct access_log *log, enum access_kind kind, const struct person_id *person,
        const struct access_patient *patient, uint64_t detail)
{
	struct access_row row = {.at_s = now_s(log), .kind = kind, .detail = detail};
	if (person)
		row.person = *person;
	if (patient)
		row.patient = *patient;
	load(log); /* what cannot be read is tried again when rows are put */
	if (row.at_s / HOUR_S != log->hour) {
		log->hour = row.at_s / HOUR_S;
		log->hour_count = 0;
	}
	const bool each_time = kind == ACCESS_EXPORT || kind == ACCESS_BACKUP || kind == ACCESS_FILE ||
	        kind == ACCESS_COPY || kind == ACCESS_CONTROL || kind == ACCESS_OWN;
	if (!each_time && stands(log, &row))
		return ACCESS_KNOWN;
	remember(log, &row);
	wait_for_batch(log, &row);
	return 0;
}

int access_log_days(struct access_log *log, uint32_t *days)
{
	int result = load(log);
	*days = log->days_wanted ? log->days_wanted : log->head.days;
	return result;
}

int access_log_set_days(struct access_log *log, const struct person_id *person, uint32_t days)
{
	struct access_row row = {
	        .at_s = now_s(log), .kind = ACCESS_PERIOD, .person = *person, .detail = days};
	if (days < ACCESS_DAYS_MIN || days > ACCESS_DAYS_MAX)
		return ERR_INVALID;
	int result = load(log);
	if (result)
		return result;
	log->days_wanted = days;
	log->expired_day = -1;
	wait_for_batch(log, &row);
	return 0;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

bool access_log_waits(struct access_log *log)
{
	return (log->row_count || log->lost) && !log->is_under_way &&
	        (log->retry_ms == 0 || env_monotonic_ms(log->env) >= log->retry_ms);
}

bool access_log_is_under_way(const struct access_log *log)
{
	return log->is_under_way;
}

static int put_block(struct access_log *log, struct store_batch *batch)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct buf bytes = {0};
	const struct access_block *block = &log->block_next;
	block_key(log->vault, &block->log, access_block_of(block->first), key);
	access_block_encode(block, &bytes);
	int result = vault_batch_put(
	        log->vault, batch, STORE_LOCAL, span_of(key, sizeof(key)), buf_span(&bytes));
	buf_close(&bytes);
	return result;
}

static int put_head(struct access_log *log, struct store_batch *batch)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct buf bytes = {0};
	head_key(log->vault, key);
	access_head_encode(&log->head_next, &bytes);
	int result = vault_batch_put(
	        log->vault, batch, STORE_LOCAL, span_of(key, sizeof(key)), buf_span(&bytes));
	buf_close(&bytes);
	return result;
}

/* Add one row to the log; a block that becomes full is put. */
static int add(struct access_log *log, struct store_batch *batch, struct access_row row)
{
	struct access_head *head = &log->head_next;
	struct access_block *block = &log->block_next;
	if (block->count == 0) {
		block->log = head->log;
		block->first = head->last + 1;
		block->before = head->last_chain;
	}
	row.number = head->last + 1;
	uint8_t *bytes = block->rows[block->count++];
	access_row_encode(bytes, &row);
	access_chain_add(&head->last_chain, bytes);
	head->last = row.number;
	if (row.number % ACCESS_BLOCK_ROWS)
		return 0;
	int result = put_block(log, batch);
	block->count = 0;
	return result;
}

static int add_own(struct access_log *log, struct store_batch *batch, enum access_kind kind, uint64_t detail)
{
	return add(log, batch, (struct access_row){.at_s = now_s(log), .kind = kind, .detail = detail});
}

/* A new log, or one whose last block cannot be read. */
static int begin(struct access_log *log, struct store_batch *batch)
{
	struct access_head *head = &log->head_next;
	if (head->last == 0) {
		env_random_bytes(log->env, head->log.bytes, sizeof(head->log.bytes));
		return add_own(log, batch, ACCESS_BEGIN, 0);
	}
	if (head->last % ACCESS_BLOCK_ROWS == 0 || log->block.count || head->last == head->gone)
		return 0;
	uint64_t known = head->last;
	head->last = (access_block_of(known) + 1) * ACCESS_BLOCK_ROWS;
	return add_own(log, batch, ACCESS_BROKEN, known);
}

/* ---- Expiry ----------------------------------------------------------------------------------------------------- */

/* How many rows from the block's first on are over. One whose clock was ahead of now is when the next one is. */
static uint32_t over_count(const struct access_block *block, uint64_t now, uint64_t kept_s)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < block->count; i++) {
		uint64_t at = access_row_decode(block->rows[i]).at_s;
		if (at <= now && now - at >= kept_s)
			count = i + 1;
		else if (at <= now + DAY_S)
			break;
	}
	return count;
}

static void drop_rows(struct access_head *head, struct access_block *block, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		access_chain_add(&block->before, block->rows[i]);
	memmove(block->rows, block->rows + count, (block->count - count) * sizeof(*block->rows));
	block->first += count;
	block->count -= count;
	head->gone = block->first - 1;
	head->gone_chain = block->before;
}

/* The first block that is full, as it is to be taken away. One that cannot be read goes when rows of the next one do. 0: not yet, or it is the last. */
static uint32_t first_over(
        struct access_log *log, struct store_txn *txn, uint64_t now, struct access_block *block)
{
	const struct access_head *head = &log->head_next;
	const uint64_t kept_s = (uint64_t)head->days * DAY_S, number = access_block_of(head->gone + 1);
	struct access_block next;
	int result = access_block_read(log->vault, txn, head, number, block);
	if (result == 0)
		return over_count(block, now, kept_s);
	if (!is_damage(result) || access_block_read(log->vault, txn, head, number + 1, &next) ||
	        over_count(&next, now, kept_s) == 0)
		return 0;
	*block = (struct access_block){.first = next.first, .before = next.before};
	return ACCESS_BLOCK_ROWS;
}

/* What is over of one block that is full. 1: all of it was, and there may be more. */
static int expire_full(struct access_log *log, struct store_txn *txn, struct store_batch *batch, uint64_t now)
{
	struct access_block block;
	uint8_t key[VAULT_NAME_BYTES];
	struct buf bytes = {0};
	uint32_t over = first_over(log, txn, now, &block);
	if (over == 0)
		return 0;
	block_key(log->vault, &log->head_next.log, access_block_of(log->head_next.gone + 1), key);
	drop_rows(&log->head_next, &block, over < block.count ? over : block.count);
	if (block.count == 0) {
		int result = vault_batch_remove(log->vault, batch, STORE_LOCAL, span_of(key, sizeof(key)));
		return result ? result : 1;
	}
	access_block_encode(&block, &bytes);
	int result = vault_batch_put(
	        log->vault, batch, STORE_LOCAL, span_of(key, sizeof(key)), buf_span(&bytes));
	buf_close(&bytes);
	return result;
}

/* Of the block that grows, which is put afterwards. */
static void expire_growing(struct access_log *log, uint64_t now)
{
	uint32_t over = over_count(&log->block_next, now, (uint64_t)log->head_next.days * DAY_S);
	if (over)
		drop_rows(&log->head_next, &log->block_next, over);
}

static bool has_full_block(const struct access_head *head)
{
	return access_block_of(head->gone + 1) < access_block_of(head->last + 1);
}

/* Rows go from the front. */
static int expire(struct access_log *log, struct store_batch *batch)
{
	const uint64_t now = now_s(log), before = log->head_next.gone;
	struct store_txn *txn;
	if (log->expired_day == (int64_t)(now / DAY_S) || store_begin(log->store, false, &txn))
		return 0;
	int result = 1;
	while (result == 1)
		result = has_full_block(&log->head_next) ? expire_full(log, txn, batch, now) : 0;
	store_abort(txn);
	if (result)
		return result;
	if (log->block_next.count && log->head_next.gone + 1 == log->block_next.first)
		expire_growing(log, now);
	log->expired_day = (int64_t)(now / DAY_S);
	return log->head_next.gone > before ? add_own(log, batch, ACCESS_EXPIRED, log->head_next.gone) : 0;
}

int access_log_put(struct access_log *log, struct store_batch *batch)
{
	assert(!log->is_under_way);
	int result = load(log);
	log->retry_ms = env_monotonic_ms(log->env) + RETRY_MS; /* of a failure */
	if (result)
		return result;
	log->head_next = log->head;
	log->block_next = log->block;
	if (log->days_wanted)
		log->head_next.days = log->days_wanted;
	result = begin(log, batch);
	if (!result)
		result = expire(log, batch);
	for (uint32_t i = 0; !result && i < log->row_count; i++)
		result = add(log, batch, log->rows[i]);
	if (!result && log->lost)
		result = add_own(log, batch, ACCESS_LOST, log->lost);
	if (!result && log->block_next.count)
		result = put_block(log, batch);
	if (!result)
		result = put_head(log, batch);
	if (result)
		return result;
	log->is_under_way = true;
	log->retry_ms = 0;
	log->under_way_count = log->row_count;
	log->lost_under_way = log->lost;
	return 0;
}

void access_log_done(struct access_log *log, int result)
{
	assert(log->is_under_way);
	log->is_under_way = false;
	if (result) {
		log->retry_ms = env_monotonic_ms(log->env) + RETRY_MS;
		log->expired_day = -1;
		return;
	}
	log->head = log->head_next;
	log->block = log->block_next;
	log->lost -= log->lost_under_way;
	if (log->days_wanted == log->head.days)
		log->days_wanted = 0;
	log->row_count -= log->under_way_count;
	if (log->row_count)
		memmove(log->rows, log->rows + log->under_way_count, log->row_count * sizeof(*log->rows));
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static int visit_block(const struct access_block *block, access_visit visit, void *context)
{
	struct access_chain before = block->before;
	int result = 0;
	for (uint32_t i = 0; !result && i < block->count; i++) {
		struct access_row row = access_row_decode(block->rows[i]);
		struct access_chain after = before;
		access_chain_add(&after, block->rows[i]);
		result = visit(context, &row, &before, &after);
		before = after;
	}
	return result;
}

int access_rows_read(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        access_visit visit, void *context, uint64_t *unread)
{
	struct access_block block;
	int result = 0;
	*unread = 0;
	if (head->gone == head->last)
		return 0;
	for (uint64_t i = access_block_of(head->gone + 1); !result && i <= access_block_of(head->last); i++) {
		result = access_block_read(vault, txn, head, i, &block);
		if (result == 0) {
			result = visit_block(&block, visit, context);
		} else if (is_damage(result) || result == ERR_VERSION) {
			++*unread;
			result = 0;
		}
	}
	return result;
}

/* ---- Checking --------------------------------------------------------------------------------------------------- */

static void fault(scrub_found found, void *context, enum scrub_what what, uint64_t first, uint64_t last)
{
	const struct scrub_fault fault = {.what = what, .table = STORE_LOCAL, .first = first, .last = last};
	found(context, &fault);
}

/* Does any row of the table hold a block that the head does not count? */
static int check_strays(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        scrub_found found, void *context)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	struct span key, value;
	struct buf row = {0};
	struct access_block block;
	int result;
	while ((result = store_seek(txn, STORE_LOCAL, STORE_FIRST_FROM, span_of(from, size), &key, &value)) ==
	        0) {
		if (vault_unseal(vault, STORE_LOCAL, key, value, &row) == 0 &&
		        access_is_block(buf_span(&row))) {
			bool is_ours = access_block_decode(buf_span(&row), &block) == 0 && head &&
			        memcmp(&block.log, &head->log, sizeof(block.log)) == 0 &&
			        block.first > head->gone && block.first <= head->last;
			if (!is_ours)
				fault(found, context, SCRUB_EXTRA, 0, 0);
		}
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
	}
	buf_close(&row);
	return result == ERR_NOTFOUND ? 0 : result;
}

/* How far the log was followed. */
struct following {
	uint64_t next;
	struct access_chain chain;
	bool is_known; /* false behind a block that cannot be read */
};

static void check_block(struct following *at, const struct access_block *block,
        const struct access_head *head, scrub_found found, void *context)
{
	if (at->is_known && block->first != at->next)
		fault(found, context, SCRUB_MISSING, at->next, block->first - 1);
	if (at->is_known && memcmp(&block->before, &at->chain, sizeof(at->chain)) != 0)
		fault(found, context, SCRUB_CHAIN, block->first, block->first);
	at->chain = block->before;
	for (uint32_t i = 0; i < block->count; i++)
		access_chain_add(&at->chain, block->rows[i]);
	at->next = block->first + block->count;
	at->is_known = true;
	if (at->next - 1 > head->last)
		fault(found, context, SCRUB_EXTRA, head->last + 1, at->next - 1);
}

static void check_end(
        const struct following *at, const struct access_head *head, scrub_found found, void *context)
{
	if (at->is_known && at->next - 1 < head->last)
		fault(found, context, SCRUB_MISSING, at->next, head->last);
	else if (at->is_known && memcmp(&at->chain, &head->last_chain, sizeof(at->chain)) != 0)
		fault(found, context, SCRUB_CHAIN, head->last, head->last);
}

static int check_blocks(const struct vault *vault, struct store_txn *txn, const struct access_head *head,
        scrub_found found, void *context)
{
	struct following at = {head->gone + 1, head->gone_chain, true};
	struct access_block block;
	if (head->gone == head->last)
		return 0;
	for (uint64_t i = access_block_of(at.next); i <= access_block_of(head->last); i++) {
		int result = access_block_read(vault, txn, head, i, &block);
		if (result == 0) {
			check_block(&at, &block, head, found, context);
			continue;
		}
		if (!is_damage(result) && result != ERR_VERSION)
			return result;
		at.is_known = false;
		if (result != ERR_BADSEAL) /* told of when its row was opened */
			fault(found, context, result == ERR_NOTFOUND ? SCRUB_MISSING : SCRUB_MALFORMED,
			        i * ACCESS_BLOCK_ROWS + 1, (i + 1) * ACCESS_BLOCK_ROWS);
	}
	check_end(&at, head, found, context);
	return 0;
}

int access_log_check(const struct vault *vault, struct store_txn *txn, scrub_found found, void *context)
{
	struct access_head head;
	int result = access_head_read(vault, txn, &head);
	if (result == ERR_CORRUPT || result == ERR_VERSION)
		fault(found, context, SCRUB_MALFORMED, 0, 0);
	bool has_head = result == 0;
	if (result && !is_damage(result) && result != ERR_VERSION)
		return result;
	result = has_head ? check_blocks(vault, txn, &head, found, context) : 0;
	return result ? result : check_strays(vault, txn, has_head ? &head : NULL, found, context);
}
