#include "node/work/work_later.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { LATER_VERSION = 1, ROW_BYTES_MIN = WORK_ID_BYTES + 1 + 1 };

void work_later_close(struct work_later *later)
{
	mem_free(later->rows);
	*later = (struct work_later){0};
}

static struct work_later_row *add_row(struct work_later *later)
{
	later->rows = mem_room(later->rows, later->count, &later->capacity, sizeof(*later->rows));
	later->rows[later->count] = (struct work_later_row){0};
	return &later->rows[later->count++];
}

void work_later_read(struct span bytes, struct work_later *out)
{
	struct wire_in in = wire_begin(bytes);
	*out = (struct work_later){0};
	if (wire_u8(&in) != LATER_VERSION)
		return;
	const uint32_t count = wire_count(&in, WORK_LATER_MAX, ROW_BYTES_MIN);
	for (uint32_t i = 0; i < count; i++) {
		struct work_later_row *row = add_row(out);
		wire_raw(&in, row->id, sizeof(row->id));
		row->urgency = (enum work_urgency)wire_u8(&in);
		const uint64_t until = wire_varint(&in);
		if (row->urgency < WORK_NOW || row->urgency > WORK_NOTE || until >= WORK_NEVER)
			wire_fail(&in, ERR_MALFORMED);
		row->until = in.error ? 0 : (int32_t)until;
	}
	if (wire_end(&in))
		work_later_close(out);
}

void work_later_write(const struct work_later *later, struct buf *out)
{
	wire_put_u8(out, LATER_VERSION);
	wire_put_varint(out, later->count);
	for (uint32_t i = 0; i < later->count; i++) {
		buf_add(out, later->rows[i].id, sizeof(later->rows[i].id));
		wire_put_u8(out, (uint8_t)later->rows[i].urgency);
		wire_put_varint(out, (uint64_t)later->rows[i].until);
	}
}

int32_t work_later_until(const struct work_later *later, const struct work_item *item, int32_t today)
{
	for (uint32_t i = 0; i < later->count; i++) {
		const struct work_later_row *row = &later->rows[i];
		if (memcmp(row->id, item->id, sizeof(row->id)) == 0)
			return today < row->until && item->urgency >= row->urgency ? row->until : WORK_NO_DAY;
	}
	return WORK_NO_DAY;
}

static void drop_row(struct work_later *later, uint32_t place)
{
	later->rows[place] = later->rows[--later->count];
}

static void drop_first_due(struct work_later *later)
{
	uint32_t first = 0;
	for (uint32_t i = 1; i < later->count; i++)
		if (later->rows[i].until < later->rows[first].until)
			first = i;
	drop_row(later, first);
}

int work_later_put(struct work_later *later, const struct work_item *item, int32_t until, int32_t today)
{
	const int32_t most = item->urgency == WORK_NOW ? WORK_LATER_DAYS_URGENT_MAX : WORK_LATER_DAYS_MAX;
	if (until > today + most)
		return ERR_INVALID;
	for (uint32_t i = later->count; i-- > 0;)
		if (later->rows[i].until <= today ||
		        memcmp(later->rows[i].id, item->id, sizeof(item->id)) == 0)
			drop_row(later, i);
	if (until <= today)
		return 0;
	if (later->count == WORK_LATER_MAX)
		drop_first_due(later);
	struct work_later_row *row = add_row(later);
	memcpy(row->id, item->id, sizeof(row->id));
	row->urgency = item->urgency;
	row->until = until;
	return 0;
}
