#include "node/bundle_frames.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum bundle_part bundle_frames_part(enum compartment compartment)
{
	return compartment == COMPARTMENT_MEMBERSHIP ? BUNDLE_COMMON : (enum bundle_part)compartment;
}

_Static_assert((int)COMPARTMENT_TEAM == (int)BUNDLE_TEAM &&
                (int)COMPARTMENT_CLINICAL == (int)BUNDLE_CLINICAL &&
                (int)COMPARTMENT_BILLING == (int)BUNDLE_BILLING &&
                (int)COMPARTMENT_AGGREGATE == (int)BUNDLE_AGGREGATE &&
                (int)COMPARTMENT_MESSAGE == (int)BUNDLE_MESSAGE &&
                (int)COMPARTMENT_LAST == (int)BUNDLE_MESSAGE,
        "parts of entries have their compartments' numbers");

void bundle_frames_put_about(struct buf *out, const struct node_bundle_about *about)
{
	buf_add(out, about->team.bytes, sizeof(about->team.bytes));
	buf_add(out, about->by.bytes, sizeof(about->by.bytes));
	buf_add(out, about->series, sizeof(about->series));
	wire_put_varint(out, about->volume);
	wire_put_u64(out, about->made_ms);
	wire_put_u8(out, about->for_one);
	buf_add(out, about->person.bytes, sizeof(about->person.bytes));
}

int bundle_frames_read_about(struct span payload, struct node_bundle_about *out)
{
	struct wire_in in = wire_begin(payload);
	wire_raw(&in, out->team.bytes, sizeof(out->team.bytes));
	wire_raw(&in, out->by.bytes, sizeof(out->by.bytes));
	wire_raw(&in, out->series, sizeof(out->series));
	out->volume = wire_varint(&in);
	out->made_ms = wire_u64(&in);
	out->for_one = wire_u8(&in) != 0;
	wire_raw(&in, out->person.bytes, sizeof(out->person.bytes));
	return in.error; /* more may follow in later versions */
}

void bundle_frames_put_run(struct buf *out, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, struct span run)
{
	buf_add(out, device->bytes, sizeof(device->bytes));
	wire_put_u8(out, (uint8_t)compartment);
	buf_add(out, incarnation->bytes, sizeof(incarnation->bytes));
	buf_add_span(out, run);
}

int bundle_frames_read_run(struct span payload, struct node_feed_name *name, struct span *run)
{
	struct wire_in in = wire_begin(payload);
	wire_raw(&in, name->device.bytes, sizeof(name->device.bytes));
	name->compartment = (enum compartment)wire_u8(&in);
	wire_raw(&in, name->incarnation.bytes, sizeof(name->incarnation.bytes));
	*run = wire_span(&in, wire_left(&in));
	if (!in.error && (name->compartment < COMPARTMENT_MEMBERSHIP || name->compartment > COMPARTMENT_LAST))
		wire_fail(&in, ERR_MALFORMED);
	return in.error;
}

void bundle_frames_close(struct bundle_frames *frames)
{
	buf_wipe(&frames->bytes);
}

void bundle_frames_lose(struct bundle_frames *frames)
{
	buf_clear(&frames->bytes);
	frames->lost = true;
}

void bundle_frames_add(struct bundle_frames *frames, struct span stream, size_t first)
{
	if (frames->lost && first == SIZE_MAX)
		return;
	if (frames->lost)
		stream = span_sub(stream, first, SIZE_MAX);
	frames->lost = false;
	buf_add_span(&frames->bytes, stream);
}

int bundle_frames_next(struct span bytes, size_t *at, uint8_t *type, struct span *payload)
{
	struct wire_in in = wire_begin(span_sub(bytes, *at, SIZE_MAX));
	if (wire_left(&in) == 0)
		return 0;
	*type = wire_u8(&in);
	*payload = wire_blob(&in, LIMIT_FRAME_BYTES);
	if (in.error)
		return in.error == ERR_TRUNCATED ? 0 : in.error;
	*at = bytes.size - wire_left(&in);
	return 1;
}

void bundle_frames_rest(struct bundle_frames *frames, size_t at)
{
	buf_drop_front(&frames->bytes, at);
}
