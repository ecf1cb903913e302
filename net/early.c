#include "net/early.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static int send(struct net_early *early, uint8_t type, struct buf *payload)
{
	int result = early->host->send(early->host->context, type, buf_span(payload));
	buf_close(payload);
	return result;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

int net_early_want(struct net_early *early, uint64_t now_ms, const struct net_early_want *want)
{
	struct buf payload = {0};
	early->state = NET_EARLY_ASKED;
	early->asked_ms = early->heard_ms = now_ms;
	wire_put_varint(&payload, want->days);
	wire_put_varint(&payload, want->held_count);
	buf_add(&payload, want->held, want->held_count * sizeof(*want->held));
	return send(early, NET_FRAME_EARLY_WANT, &payload);
}

static int take_offer(struct net_early *early, struct wire_in *in)
{
	struct net_early_offer offer = {.copies = wire_varint(in)};
	offer.bytes = wire_varint(in);
	if (wire_end(in) || early->state != NET_EARLY_ASKED || offer.copies > LIMIT_EARLY_COPIES)
		return ERR_MALFORMED;
	early->offer = offer;
	early->state = NET_EARLY_COMING;
	return 0;
}

static int take_copy(struct net_early *early, struct span copy)
{
	if (early->state != NET_EARLY_COMING || early->copies == early->offer.copies)
		return ERR_MALFORMED;
	early->copies++;
	early->bytes += copy.size;
	int result = early->host->take(early->host->context, copy);
	return result < 0 ? result : 0;
}

static int take_end(struct net_early *early, struct span payload)
{
	if (early->state != NET_EARLY_COMING || payload.size)
		return ERR_MALFORMED;
	early->state = NET_EARLY_OVER;
	return 0;
}

uint64_t net_early_due_ms(const struct net_early *early)
{
	if (early->state != NET_EARLY_ASKED && early->state != NET_EARLY_COMING)
		return 0;
	const uint64_t quiet_ms = early->heard_ms + LIMIT_EARLY_QUIET_MS,
	               all_ms = early->asked_ms + LIMIT_EARLY_MS;
	return quiet_ms < all_ms ? quiet_ms : all_ms;
}

/* ---- Whose copy is partial --------------------------------------------------------------------------------------- */

int net_early_tell(struct net_early *early, bool is_partial)
{
	struct buf payload = {0};
	if (early->told_partial == is_partial)
		return 0;
	early->told_partial = is_partial;
	wire_put_u8(&payload, is_partial);
	return send(early, NET_FRAME_EARLY_PARTIAL, &payload);
}

static int take_partial(struct net_early *early, struct wire_in *in)
{
	const uint8_t is_partial = wire_u8(in);
	if (wire_end(in) || is_partial > 1)
		return ERR_MALFORMED;
	early->peer_partial = is_partial;
	return 0;
}

/* ---- Answering --------------------------------------------------------------------------------------------------- */

static int take_want(struct net_early *early, struct wire_in *in)
{
	struct net_early_offer offer = {0};
	struct buf payload = {0};
	const uint64_t days = wire_varint(in);
	const uint32_t count = wire_count(in, LIMIT_EARLY_COPIES, ID_SHORT_BYTES);
	const struct span held = wire_span(in, (size_t)count * ID_SHORT_BYTES);
	if (wire_end(in) || days > UINT32_MAX || early->gives || early->gave)
		return ERR_MALFORMED;
	const struct net_early_want want = {
	        (uint32_t)days, (const struct record_id *)(const void *)held.data, count};
	for (uint32_t i = 1; i < count; i++)
		if (record_id_cmp(&want.held[i - 1], &want.held[i]) >= 0)
			return ERR_MALFORMED;
	int result = early->host->asked(early->host->context, &want, &offer);
	if (result < 0)
		return result;
	early->gives = true;
	wire_put_varint(&payload, offer.copies);
	wire_put_varint(&payload, offer.bytes);
	return send(early, NET_FRAME_EARLY_OFFER, &payload);
}

int net_early_pump(struct net_early *early, uint32_t budget_bytes)
{
	size_t sent = 0;
	while (early->gives && sent < budget_bytes) {
		struct buf payload = {0};
		int result = early->host->give(early->host->context, &payload);
		if (result < 0 || result == NET_EARLY_LATER) {
			buf_close(&payload);
			return result < 0 ? result : 0;
		}
		early->gives = result == 1;
		early->gave |= result == 0;
		sent += payload.size;
		early->given_bytes += payload.size;
		result = send(early, result == 1 ? NET_FRAME_EARLY_COPY : NET_FRAME_EARLY_END, &payload);
		if (result)
			return result;
	}
	return early->gives;
}

int net_early_receive(struct net_early *early, uint64_t now_ms, uint8_t type, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	if (type != NET_FRAME_EARLY_WANT && type != NET_FRAME_EARLY_PARTIAL)
		early->heard_ms = now_ms;
	switch (type) {
	case NET_FRAME_EARLY_WANT:
		return take_want(early, &in);
	case NET_FRAME_EARLY_OFFER:
		return take_offer(early, &in);
	case NET_FRAME_EARLY_COPY:
		return take_copy(early, payload);
	case NET_FRAME_EARLY_END:
		return take_end(early, payload);
	case NET_FRAME_EARLY_PARTIAL:
		return take_partial(early, &in);
	default:
		return 0;
	}
}
