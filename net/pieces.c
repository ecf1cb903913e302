#include "net/pieces.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { DIGEST_BYTES = 32, HELD_ANEW = 1 };

/* ---- Who has what ------------------------------------------------------------------------------------------------ */

static void digest_of(struct span addresses, struct buf *out)
{
	wire_put_varint(out, addresses.size / NET_BLOB_ADDRESS_BYTES);
	crypto_generichash(
	        buf_extend(out, DIGEST_BYTES), DIGEST_BYTES, addresses.data, addresses.size, NULL, 0);
}

static int send(struct net_pieces *pieces, uint8_t type, struct buf *payload)
{
	int result = pieces->host->send(pieces->host->context, type, buf_span(payload));
	buf_close(payload);
	*payload = (struct buf){0};
	return result;
}

static int send_digest(struct net_pieces *pieces)
{
	struct buf list = {0}, payload = {0};
	pieces->has_told = true;
	pieces->told_mark = 0;
	pieces->host->whole(pieces->host->context, &pieces->told_mark, &list);
	digest_of(buf_span(&list), &payload);
	buf_close(&list);
	return send(pieces, NET_FRAME_PIECES_DIGEST, &payload);
}

/* In frames of LIMIT_PIECES_ITEMS; a list that begins anew has one at least. */
static int send_held(struct net_pieces *pieces, bool anew)
{
	struct buf list = {0}, payload = {0};
	uint64_t mark = anew ? 0 : pieces->told_mark;
	int result = 0;
	pieces->host->whole(pieces->host->context, &mark, &list);
	pieces->told_mark = mark;
	pieces->tell_due = false;
	for (size_t at = 0; result == 0 && (at < list.size || (anew && at == 0));) {
		const struct span part = span_sub(
		        buf_span(&list), at, LIMIT_PIECES_ITEMS * NET_BLOB_ADDRESS_BYTES);
		wire_put_u8(&payload, anew && at == 0 ? HELD_ANEW : 0);
		wire_put_varint(&payload, part.size / NET_BLOB_ADDRESS_BYTES);
		buf_add_span(&payload, part);
		result = send(pieces, NET_FRAME_PIECES_HELD, &payload);
		at += part.size ? part.size : 1;
	}
	buf_close(&list);
	return result;
}

static int take_digest(struct net_pieces *pieces, struct span payload)
{
	struct buf own = {0};
	digest_of(pieces->host->believed(pieces->host->context), &own);
	const bool is_known = span_eq(buf_span(&own), payload);
	struct wire_in in = wire_begin(payload);
	wire_varint(&in);
	wire_span(&in, DIGEST_BYTES);
	buf_close(&own);
	if (wire_end(&in))
		return ERR_MALFORMED;
	pieces->speaks = true;
	pieces->ask_tell |= !is_known;
	return 0;
}

static int take_held(struct net_pieces *pieces, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	const uint8_t flags = wire_u8(&in);
	const uint32_t count = wire_count(&in, LIMIT_PIECES_ITEMS, NET_BLOB_ADDRESS_BYTES);
	const struct span items = wire_span(&in, (size_t)count * NET_BLOB_ADDRESS_BYTES);
	if (wire_end(&in) || flags > HELD_ANEW)
		return ERR_MALFORMED;
	pieces->speaks = true;
	pieces->has_missed |= !pieces->host->told(pieces->host->context,
	        (const struct net_blob_address *)(const void *)items.data, count, flags == HELD_ANEW);
	pieces->known_mark = pieces->host->known_mark(pieces->host->context);
	return 0;
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------ */

static bool same(const struct net_blob_address *a, const struct net_blob_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool read_place(struct wire_in *in, struct net_blob_address *address, uint32_t *index)
{
	wire_raw(in, address->bytes, sizeof(address->bytes));
	const uint64_t number = wire_varint(in);
	*index = (uint32_t)number;
	return !in->error && number <= UINT32_MAX;
}

static void put_place(struct buf *out, const struct net_blob_address *address, uint32_t index)
{
	buf_add(out, address->bytes, sizeof(address->bytes));
	wire_put_varint(out, index);
}

static int take_want(struct net_pieces *pieces, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	if (pieces->serves || !read_place(&in, &pieces->serve_address, &pieces->serve_index) || wire_end(&in))
		return ERR_MALFORMED;
	pieces->serves = true;
	return 0;
}

/* An answer to what was asked, or none at all. */
static int take_answer(struct net_pieces *pieces, bool is_piece, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	struct net_blob_address address;
	uint32_t index;
	if (!read_place(&in, &address, &index) || pieces->state != NET_PIECES_WANTED ||
	        index != pieces->index || !same(&address, &pieces->address))
		return ERR_MALFORMED;
	pieces->state = NET_PIECES_IDLE;
	pieces->is_slow = false;
	if (!is_piece) {
		pieces->host->denied(pieces->host->context, &address);
		return wire_end(&in) ? ERR_MALFORMED : 0;
	}
	const struct span piece = span_of(in.at, wire_left(&in));
	int result = pieces->host->store(pieces->host->context, &address, index, piece);
	if (result == 0)
		pieces->state = NET_PIECES_STORING;
	pieces->pieces_in += result == 0;
	return result < 0 ? result : 0;
}

int net_pieces_receive(struct net_pieces *pieces, uint8_t type, struct span payload)
{
	switch (type) {
	case NET_FRAME_PIECES_DIGEST:
		return take_digest(pieces, payload);
	case NET_FRAME_PIECES_TELL:
		pieces->tell_due = true;
		return payload.size ? ERR_MALFORMED : 0;
	case NET_FRAME_PIECES_HELD:
		return take_held(pieces, payload);
	case NET_FRAME_PIECE_WANT:
		return take_want(pieces, payload);
	case NET_FRAME_PIECE:
		return take_answer(pieces, true, payload);
	case NET_FRAME_PIECE_NONE:
		return take_answer(pieces, false, payload);
	default:
		return 0;
	}
}

/* ---- Turning ----------------------------------------------------------------------------------------------------- */

static int say(struct net_pieces *pieces, bool may_ask)
{
	const struct net_pieces_host *host = pieces->host;
	struct buf nothing = {0};
	int result = 0;
	if (!pieces->has_told && may_ask && host->knows_any(host->context))
		result = send_digest(pieces);
	if (result == 0 && pieces->tell_due)
		result = send_held(pieces, true);
	if (result == 0 && pieces->has_told && host->whole_mark(host->context) > pieces->told_mark)
		result = send_held(pieces, false);
	if (pieces->has_missed && host->known_mark(host->context) != pieces->known_mark) {
		pieces->has_missed = false;
		pieces->ask_tell = true;
	}
	if (result == 0 && pieces->ask_tell && may_ask) {
		pieces->ask_tell = false;
		result = send(pieces, NET_FRAME_PIECES_TELL, &nothing);
	}
	return result;
}

static int give(struct net_pieces *pieces)
{
	struct buf payload = {0};
	pieces->serves = false;
	put_place(&payload, &pieces->serve_address, pieces->serve_index);
	const size_t before = payload.size;
	int result = pieces->host->piece(
	        pieces->host->context, &pieces->serve_address, pieces->serve_index, &payload);
	if (result < 0)
		payload.size = before;
	pieces->pieces_out += result == 0;
	return send(pieces, result < 0 ? NET_FRAME_PIECE_NONE : NET_FRAME_PIECE, &payload);
}

static int ask(struct net_pieces *pieces, uint64_t now_ms)
{
	struct buf payload = {0};
	if (!pieces->host->next(pieces->host->context, &pieces->address, &pieces->index))
		return 0;
	pieces->state = NET_PIECES_WANTED;
	pieces->asked_ms = now_ms;
	put_place(&payload, &pieces->address, pieces->index);
	return send(pieces, NET_FRAME_PIECE_WANT, &payload);
}

/* The line is others' for as long as the piece had it: what it took, times the rest of the share. */
static void rest(struct net_pieces *pieces, uint64_t now_ms)
{
	const uint64_t took_ms = now_ms - pieces->asked_ms;
	const uint64_t rest_ms = took_ms * (100 - LIMIT_PIECES_SHARE_PERCENT) / LIMIT_PIECES_SHARE_PERCENT;
	pieces->state = NET_PIECES_IDLE;
	pieces->rest_until_ms = rest_ms
	        ? now_ms + (rest_ms < LIMIT_PIECES_REST_MS ? rest_ms : LIMIT_PIECES_REST_MS)
	        : 0;
}

int net_pieces_turn(struct net_pieces *pieces, uint64_t now_ms, unsigned may)
{
	const struct net_pieces_host *host = pieces->host;
	int result = say(pieces, may & NET_PIECES_SAY);
	if (result == 0 && pieces->serves && may & NET_PIECES_GIVE)
		result = give(pieces);
	if (pieces->state == NET_PIECES_STORING &&
	        host->stored(host->context, &pieces->address, pieces->index))
		rest(pieces, now_ms);
	if (pieces->state == NET_PIECES_WANTED && now_ms >= pieces->asked_ms + LIMIT_PIECE_MS)
		pieces->is_slow = true;
	if (now_ms >= pieces->rest_until_ms)
		pieces->rest_until_ms = 0;
	if (result == 0 && pieces->state == NET_PIECES_IDLE && !pieces->rest_until_ms && pieces->speaks &&
	        may & NET_PIECES_ASK)
		result = ask(pieces, now_ms);
	return result;
}

uint64_t net_pieces_due_ms(const struct net_pieces *pieces)
{
	if (pieces->state == NET_PIECES_WANTED && !pieces->is_slow)
		return pieces->asked_ms + LIMIT_PIECE_MS;
	return pieces->rest_until_ms ? pieces->rest_until_ms : UINT64_MAX;
}

bool net_pieces_fetches(const struct net_pieces *pieces, const struct net_blob_address *address)
{
	const bool is_asked = pieces->state != NET_PIECES_IDLE && !pieces->is_slow;
	return (is_asked || pieces->rest_until_ms) && same(&pieces->address, address);
}
