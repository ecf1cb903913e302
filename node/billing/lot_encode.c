/* A lot as bytes (README.md, section 4). */
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/billing/lot_parts.h"

/* --- Tables of ids that lines refer to by index --- */

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static void table_sort(struct lot_table *table)
{
	uint32_t kept = 0;
	if (table->count)
		qsort(table->ids, table->count, sizeof(*table->ids), id_cmp);
	for (uint32_t i = 0; i < table->count; i++)
		if (kept == 0 || !record_id_eq(&table->ids[kept - 1], &table->ids[i]))
			table->ids[kept++] = table->ids[i];
	table->count = kept;
}

static uint64_t table_index(const struct lot_table *table, const uint8_t bytes[ID_SHORT_BYTES])
{
	const struct record_id *found = bsearch(bytes, table->ids, table->count, sizeof(*table->ids), id_cmp);
	return (uint64_t)(found - table->ids);
}

static uint32_t item_total(const struct billing_lot *lot)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < lot->line_count; i++)
		count += lot->lines[i].item_count;
	return count;
}

static struct lot_table patients_of(const struct billing_lot *lot)
{
	struct lot_table table = {mem_zero(lot->line_count + 1, sizeof(*table.ids)), lot->line_count};
	for (uint32_t i = 0; i < lot->line_count; i++)
		table.ids[i] = lot->lines[i].patient;
	table_sort(&table);
	return table;
}

static struct lot_table nurses_of(const struct billing_lot *lot)
{
	struct lot_table table = {mem_zero(2 * (size_t)item_total(lot) + 1, sizeof(*table.ids)), 0};
	for (uint32_t i = 0; i < lot->line_count; i++)
		for (uint32_t j = 0; j < lot->lines[i].item_count; j++) {
			const struct billing_item *item = &lot->lines[i].items[j];
			memcpy(table.ids[table.count++].bytes, item->nurse.bytes, ID_SHORT_BYTES);
			if (lot->format != LOT_FORMAT_FIRST && !person_id_is_zero(&item->co_nurse))
				memcpy(table.ids[table.count++].bytes, item->co_nurse.bytes, ID_SHORT_BYTES);
		}
	table_sort(&table);
	return table;
}

/* --- Writing --- */

static void put_table(struct buf *out, const struct lot_table *table)
{
	wire_put_varint(out, table->count);
	buf_add(out, table->ids, table->count * sizeof(*table->ids));
}

static void put_head(struct buf *out, const struct billing_lot *lot)
{
	wire_put_u8(out, (uint8_t)lot->format);
	wire_put_varint(out, lot->rule_version);
	buf_add(out, lot->team.bytes, sizeof(lot->team.bytes));
	wire_put_varint(out, lot->month);
	wire_put_varint(out, lot->opening_month);
	buf_add(out, lot->holder.bytes, sizeof(lot->holder.bytes));
	wire_put_varint(out, lot->fence);
	buf_add(out, lot->previous.bytes, sizeof(lot->previous.bytes));
	if (lot->format != LOT_FORMAT_FIRST) {
		buf_add(out, lot->lease.bytes, sizeof(lot->lease.bytes));
		buf_add(out, lot->word.bytes, sizeof(lot->word.bytes));
	}
	wire_put_varint(out, lot->known_count);
	buf_add(out, lot->known, lot->known_count * sizeof(*lot->known));
	wire_put_blob(out, lot->territory);
	wire_put_varint(out, lot->heard_count);
	for (uint32_t i = 0; i < lot->heard_count; i++) {
		buf_add(out, lot->heard[i].device.bytes, sizeof(lot->heard[i].device.bytes));
		wire_put_varint(out, lot->heard[i].until_ms);
	}
	wire_put_varint(out, lot->frontier_count);
	for (uint32_t i = 0; i < lot->frontier_count; i++) {
		buf_add(out, lot->frontier[i].feed.bytes, sizeof(lot->frontier[i].feed.bytes));
		wire_put_varint(out, lot->frontier[i].seq);
	}
}

static void put_rates(struct buf *out, const struct billing_lot *lot)
{
	wire_put_varint(out, lot->rate_count);
	for (uint32_t i = 0; i < lot->rate_count; i++) {
		const struct billing_rate *rate = &lot->rates[i];
		buf_add(out, rate->id.bytes, sizeof(rate->id.bytes));
		wire_put_blob(out, rate->territory);
		wire_put_zigzag(out, rate->valid_from_day);
		wire_put_varint(out, (uint64_t)rate->cents_per_hour);
		wire_put_u8(out, (uint8_t)rate->unit);
		wire_put_u8(out, (uint8_t)rate->ties);
		wire_put_varint(out, rate->amo_per_mille);
		wire_put_varint(out, rate->amo_ald_per_mille);
		if (lot->format == LOT_FORMAT_FIRST)
			continue;
		wire_put_u8(out, (uint8_t)rate->tariff);
		wire_put_varint(out, rate->min_minutes);
		wire_put_varint(out, rate->least_minutes);
		wire_put_u8(out, (uint8_t)rate->doubled);
		wire_put_varint(out, rate->doubled_per_mille);
	}
}

static void put_item(struct buf *out, const struct billing_lot *lot, const struct billing_item *item,
        const struct lot_table *nurses)
{
	buf_add(out, item->visit.bytes, sizeof(item->visit.bytes));
	buf_add(out, item->header.bytes, sizeof(item->header.bytes));
	wire_put_varint(out, table_index(nurses, item->nurse.bytes));
	wire_put_varint(out, (uint64_t)item->start_s);
	wire_put_varint(out, (uint64_t)(item->end_s - item->start_s));
	wire_put_zigzag(out, item->offset_minutes);
	if (lot->format == LOT_FORMAT_FIRST)
		return;
	wire_put_u8(out, item->is_doubled);
	wire_put_varint(
	        out, person_id_is_zero(&item->co_nurse) ? 0 : table_index(nurses, item->co_nurse.bytes) + 1);
	wire_put_varint(out, item->weight_per_mille);
}

static void put_line(struct buf *out, const struct billing_lot *lot, const struct billing_line *line,
        const struct lot_table *patients, const struct lot_table *nurses)
{
	wire_put_u8(out, (uint8_t)line->kind);
	if (lot->format != LOT_FORMAT_FIRST)
		wire_put_u8(out, (uint8_t)line->rule);
	wire_put_varint(out, table_index(patients, line->patient.bytes));
	wire_put_varint(out, lot->month - line->month);
	wire_put_varint(out, line->rate);
	wire_put_varint(out, line->amo_per_mille);
	wire_put_varint(out, line->item_count);
	for (uint32_t i = 0; i < line->item_count; i++)
		put_item(out, lot, &line->items[i], nurses);
	wire_put_zigzag(out, line->minutes);
	if (lot->format != LOT_FORMAT_FIRST)
		wire_put_zigzag(out, line->billed_milli);
	wire_put_zigzag(out, line->cents);
	wire_put_zigzag(out, line->amo_cents);
	if (billing_line_cites(line)) {
		buf_add(out, line->cited_lot.bytes, sizeof(line->cited_lot.bytes));
		wire_put_varint(out, line->cited_line);
	}
}

static void put_totals(struct buf *out, const struct billing_lot *lot)
{
	const struct billing_totals *totals = &lot->totals;
	wire_put_varint(out, totals->line_count);
	wire_put_varint(out, totals->credit_count);
	wire_put_zigzag(out, totals->visit_count);
	wire_put_zigzag(out, totals->minutes);
	if (lot->format != LOT_FORMAT_FIRST)
		wire_put_zigzag(out, totals->billed_milli);
	wire_put_zigzag(out, totals->cents);
	wire_put_zigzag(out, totals->amo_cents);
}

int lot_encode(const struct billing_lot *lot, struct buf *out)
{
	size_t start = out->size;
	struct lot_table patients = patients_of(lot), nurses = nurses_of(lot);
	put_head(out, lot);
	put_rates(out, lot);
	put_table(out, &patients);
	put_table(out, &nurses);
	wire_put_varint(out, lot->line_count);
	for (uint32_t i = 0; i < lot->line_count; i++)
		put_line(out, lot, &lot->lines[i], &patients, &nurses);
	put_totals(out, lot);
	mem_free(patients.ids);
	mem_free(nurses.ids);
	if (out->size - start <= LIMIT_LOT_BYTES)
		return 0;
	out->size = start;
	return ERR_TOOBIG;
}
