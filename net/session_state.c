/*
 * Replicated state of a session (net/README.md, section 5, "State").
 *
 * Normal course: both sides tell a digest, in SUMMARY and whenever it becomes another one, in STATE_DIGEST. Where the digests differ each asks once, in this order: which words and which rows are here, as
 * a list while that is short, else as a sketch; the other answers with what is missing, and the end.
 *
 * Failures: a sketch that does not open is said so at the end of the answer, and asked again with four times the cells, at last with a
 * list, which always says enough.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "net/session_inside.h"
#include "net/sketch.h"

enum ids_flags { IDS_WORDS = 1, IDS_LIST = 2, IDS_SKETCH = 4, IDS_KNOWN = 7 };
enum rows_end { ROWS_DONE = 0, ROWS_UNCLEAR = 1 };
enum { SHORT_BYTES = 8, WORD_BYTES_MIN = 4 + 1 + 4, CELLS_FIRST = 64, CELLS_GROWTH = 4 };
enum { WORDS_DIGEST_BYTES = NET_DIGEST_BYTES / 2 };

static_assert(crypto_shorthash_KEYBYTES == NET_SALT_BYTES && crypto_shorthash_BYTES == SHORT_BYTES,
        "names are SipHash");

/* A row's number under the salt of one question. */
static uint64_t short_name(const uint8_t *salt, const void *id, size_t size)
{
	uint8_t hash[SHORT_BYTES];
	uint64_t number = 0;
	crypto_shorthash(hash, id, size, salt);
	for (unsigned i = 0; i < SHORT_BYTES; i++)
		number |= (uint64_t)hash[i] << (8 * i);
	return number;
}

static int number_cmp(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static bool has_number(const uint64_t *numbers, uint32_t count, uint64_t number)
{
	return count && bsearch(&number, numbers, count, sizeof(number), number_cmp);
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

static void note_equal(struct net_session *session)
{
	if (session->state.heard && session->state.told &&
	        memcmp(session->state.digest_there, session->state.digest_here, NET_DIGEST_BYTES) == 0)
		session->state.keys_due = false;
}

void session_begin_state(struct net_session *session, struct buf *out)
{
	session->host->state_digest(session->host->context, session, session->state.digest_here);
	session->state.told = session->state.keys_due = true;
	buf_add(out, session->state.digest_here, sizeof(session->state.digest_here));
}

void session_hear_state(struct net_session *session, struct wire_in *in)
{
	wire_raw(in, session->state.digest_there, NET_DIGEST_BYTES);
	session->state.heard = true;
	session->state.settled = false;
	note_equal(session);
}

int net_session_state_changed(struct net_session *session, bool keys)
{
	uint8_t digest[NET_DIGEST_BYTES];
	if (!session->opened)
		return 0; /* when the other side's summary came */
	session->host->state_digest(session->host->context, session, digest);
	if (session->state.told && memcmp(session->state.digest_here, digest, sizeof(digest)) == 0)
		return 0;
	session->state.told = true;
	session->state.keys_due |= keys;
	memcpy(session->state.digest_here, digest, sizeof(digest));
	note_equal(session);
	buf_clear(&session->out);
	buf_add(&session->out, digest, sizeof(digest));
	return session_send(session, NET_FRAME_STATE_DIGEST);
}

bool net_session_state_settled(const struct net_session *session)
{
	return session->state.settled &&
	        session->state.mark == session->host->rights_mark(session->host->context);
}

bool net_session_asking_state(const struct net_session *session)
{
	return session->state.asked;
}

static int send_row(struct net_session *session, struct span row)
{
	buf_clear(&session->out);
	wire_put_varint(&session->out, 1);
	wire_put_blob(&session->out, row);
	return session_send(session, NET_FRAME_STATE_ROWS);
}

int net_session_state_push(struct net_session *session, struct span row)
{
	return net_session_state_settled(session) ? send_row(session, row) : 0;
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

static uint32_t row_check(const uint8_t *salt, const struct net_state_id *id)
{
	return (uint32_t)short_name(salt, id->bytes, sizeof(id->bytes));
}

static void put_words(struct net_session *session, const uint8_t *salt, uint32_t words)
{
	const struct net_session_host *host = session->host;
	struct net_state_word word;
	wire_put_varint(&session->out, words);
	for (uint32_t i = 0; i < host->state_count(host->context, session); i++) {
		if (!host->state_word(host->context, session, i, &word))
			continue;
		const struct net_state_id id = host->state_id(host->context, session, i);
		wire_put_u32(&session->out, (uint32_t)short_name(salt, word.name, sizeof(word.name)));
		wire_put_varint(&session->out, word.version);
		wire_put_u32(&session->out, row_check(salt, &id));
	}
}

/* The rows that are no words, each by its number. */
static uint64_t *row_numbers(struct net_session *session, const uint8_t *salt, uint32_t *count)
{
	const struct net_session_host *host = session->host;
	const uint32_t all = host->state_count(host->context, session);
	uint64_t *numbers = mem_zero(all + 1, sizeof(*numbers));
	struct net_state_word word;
	*count = 0;
	for (uint32_t i = 0; i < all; i++) {
		if (host->state_word(host->context, session, i, &word))
			continue;
		const struct net_state_id id = host->state_id(host->context, session, i);
		numbers[(*count)++] = short_name(salt, id.bytes, sizeof(id.bytes));
	}
	return numbers;
}

static void put_list(struct buf *out, uint64_t *numbers, uint32_t count)
{
	if (count)
		qsort(numbers, count, sizeof(*numbers), number_cmp);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_u64(out, numbers[i]);
}

static void put_sketch(struct buf *out, const uint64_t *numbers, uint32_t count, uint32_t cells)
{
	struct net_sketch sketch;
	net_sketch_init(&sketch, cells);
	for (uint32_t i = 0; i < count; i++)
		net_sketch_add(&sketch, numbers[i]);
	net_sketch_encode(&sketch, out);
	net_sketch_close(&sketch);
}

/* The question: the words where `words`, and the rows with so many cells, or as a list where that is shorter; 0 cells: none of them. */
static int send_ids(struct net_session *session, bool words, uint32_t cells)
{
	const struct net_session_host *host = session->host;
	uint8_t salt[NET_SALT_BYTES];
	uint32_t count;
	host->salt(host->context, salt);
	uint64_t *numbers = row_numbers(session, salt, &count);
	const uint32_t all = host->state_count(host->context, session);
	const bool is_list = cells &&
	        (uint64_t)count * SHORT_BYTES <= (uint64_t)cells * NET_SKETCH_CELL_BYTES;
	session->state.asked = true;
	session->state.asked_all = is_list;
	session->state.cells = is_list ? 0 : cells;
	buf_clear(&session->out);
	wire_put_u8(&session->out,
	        (uint8_t)((words ? IDS_WORDS : 0) |
	                (is_list                ? IDS_LIST
	                                : cells ? IDS_SKETCH
	                                        : 0)));
	buf_add(&session->out, salt, sizeof(salt));
	if (words)
		put_words(session, salt, all - count);
	if (is_list)
		put_list(&session->out, numbers, count);
	else if (cells)
		put_sketch(&session->out, numbers, count, cells);
	mem_free(numbers);
	return session_send(session, NET_FRAME_STATE_IDS);
}

int session_ask_state(struct net_session *session)
{
	const struct net_session_host *host = session->host;
	uint8_t digest[NET_DIGEST_BYTES];
	if (session->state.asked || !session->state.heard || net_session_state_settled(session))
		return 0;
	session->state.mark = host->rights_mark(host->context);
	host->state_digest(host->context, session, digest);
	const bool words = memcmp(digest, session->state.digest_there, WORDS_DIGEST_BYTES) != 0,
	           rows = memcmp(digest + WORDS_DIGEST_BYTES,
	                          session->state.digest_there + WORDS_DIGEST_BYTES,
	                          sizeof(digest) - WORDS_DIGEST_BYTES) != 0;
	session->state.settled = !words && !rows;
	const bool is_useless = session->useless_rows >= LIMIT_USELESS_ANSWERS && !session->tries_rows;
	if (session->state.settled || is_useless || !host->state_claim(host->context, session))
		return 0;
	session->tries_rows = session->state.gained = false;
	return send_ids(session, words, rows ? CELLS_FIRST : 0);
}

/* ---- Answering -------------------------------------------------------------------------------------------------- */

/* What the other side said that it has. */
struct question {
	uint8_t flags, salt[NET_SALT_BYTES];
	struct {
		uint32_t name, check;
		uint64_t version;
	} * words;
	uint32_t word_count;
	uint64_t *
	        numbers; /* ascending: of the list, those that are there; of the sketch, those that are not */
	uint32_t number_count;
	bool is_clear; /* nothing is missing in them */
};

static void read_words(struct question *question, struct wire_in *in)
{
	question->word_count = wire_count(in, LIMIT_SESSION_ITEMS, WORD_BYTES_MIN);
	question->words = mem_zero(question->word_count + 1, sizeof(*question->words));
	for (uint32_t i = 0; i < question->word_count; i++) {
		question->words[i].name = wire_u32(in);
		question->words[i].version = wire_varint(in);
		question->words[i].check = wire_u32(in);
	}
}

static void read_list(struct question *question, struct wire_in *in)
{
	question->number_count = wire_count(in, LIMIT_STATE_ROWS, SHORT_BYTES);
	question->numbers = mem_zero(question->number_count + 1, sizeof(*question->numbers));
	for (uint32_t i = 0; i < question->number_count; i++) {
		question->numbers[i] = wire_u64(in);
		if (i && question->numbers[i - 1] >= question->numbers[i])
			wire_fail(in, ERR_MALFORMED);
	}
	question->is_clear = true;
}

static void read_sketch(struct net_session *session, struct question *question, struct wire_in *in)
{
	struct net_sketch sketch;
	uint32_t count;
	net_sketch_decode(&sketch, LIMIT_SKETCH_CELLS, in);
	uint64_t *numbers = row_numbers(session, question->salt, &count);
	for (uint32_t i = 0; i < count && !in->error; i++)
		net_sketch_remove(&sketch, numbers[i]);
	mem_free(numbers);
	question->is_clear = !in->error &&
	        net_sketch_open(&sketch, &question->numbers, &question->number_count);
	net_sketch_close(&sketch);
}

static int read_question(struct net_session *session, struct question *question, struct wire_in *in)
{
	question->flags = wire_u8(in);
	wire_raw(in, question->salt, sizeof(question->salt));
	const unsigned rows = question->flags & (IDS_LIST | IDS_SKETCH);
	if ((question->flags & ~(unsigned)IDS_KNOWN) || rows == (IDS_LIST | IDS_SKETCH))
		wire_fail(in, ERR_MALFORMED);
	if (question->flags & IDS_WORDS)
		read_words(question, in);
	if (question->flags & IDS_LIST)
		read_list(question, in);
	if (question->flags & IDS_SKETCH)
		read_sketch(session, question, in);
	question->is_clear |= rows == 0;
	return wire_end(in);
}

/* A word goes to whoever has none from there, an older one, or another one with the same version. */
static bool lacks_word(
        const struct question *question, const struct net_state_word *word, const struct net_state_id *id)
{
	const uint32_t name = (uint32_t)short_name(question->salt, word->name, sizeof(word->name));
	for (uint32_t i = 0; i < question->word_count; i++)
		if (question->words[i].name == name &&
		        (question->words[i].version > word->version ||
		                (question->words[i].version == word->version &&
		                        question->words[i].check == row_check(question->salt, id))))
			return false;
	return question->flags & IDS_WORDS;
}

static bool lacks_row(const struct question *question, const struct net_state_id *id)
{
	const bool named = has_number(question->numbers, question->number_count,
	        short_name(question->salt, id->bytes, sizeof(id->bytes)));
	return question->flags & IDS_LIST ? !named : named;
}

static int send_lacking(struct net_session *session, const struct question *question)
{
	const struct net_session_host *host = session->host;
	struct net_state_word word;
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < host->state_count(host->context, session); i++) {
		const struct net_state_id id = host->state_id(host->context, session, i);
		const bool lacks = host->state_word(host->context, session, i, &word)
		        ? lacks_word(question, &word, &id)
		        : lacks_row(question, &id);
		if (lacks)
			result = send_row(session, host->state_row(host->context, session, i));
	}
	return result;
}

static int send_end(struct net_session *session, bool is_clear)
{
	session->state.keys_due &= !is_clear;
	buf_clear(&session->out);
	wire_put_varint(&session->out, 0);
	wire_put_u8(&session->out, is_clear ? ROWS_DONE : ROWS_UNCLEAR);
	return session_send(session, NET_FRAME_STATE_ROWS);
}

int session_receive_ids(struct net_session *session, struct wire_in *in)
{
	struct question question = {0};
	int result = read_question(session, &question, in);
	if (result == 0)
		result = send_lacking(session, &question);
	if (result == 0)
		result = send_end(session, question.is_clear);
	mem_free(question.words);
	mem_free(question.numbers);
	return result;
}

/* ---- What arrives ----------------------------------------------------------------------------------------------- */

int session_receive_digest(struct net_session *session, struct wire_in *in)
{
	session_hear_state(session, in);
	int result = wire_end(in);
	return result ? result : session_ask_after_frame(session);
}

static int receive_end(struct net_session *session, uint8_t how)
{
	if (how > ROWS_UNCLEAR || (how == ROWS_UNCLEAR && session->state.asked && !session->state.cells))
		return ERR_MALFORMED; /* a list says it all */
	if (how == ROWS_UNCLEAR && session->state.asked)
		return send_ids(session, false, session->state.cells * CELLS_GROWTH);
	/* What the peer said of its rows before it answered is in the answer. */
	if (session->state.asked)
		session->useless_rows = session->state.gained ? 0 : session->useless_rows + 1;
	session->state.settled |= session->state.asked;
	session->state.asked = false;
	return session_ask_after_frame(session);
}

int session_receive_rows(struct net_session *session, struct wire_in *in)
{
	const uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, 2);
	for (uint32_t i = 0; i < count; i++) {
		struct span row = wire_blob(in, LIMIT_STATE_ROW_BYTES);
		int result = in->error ? in->error
		                       : session->host->state_put(session->host->context, session, row);
		if (result < 0)
			return result;
		session->state.gained |= result > 0;
	}
	const uint8_t how = !in->error && count == 0 ? wire_u8(in) : 0;
	const int result = wire_end(in);
	return result || count > 0 ? result : receive_end(session, how);
}
