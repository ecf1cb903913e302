#include "node/billing/lot.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/nfc.h"

enum {
	ITEM_BYTES_MIN = 16 + 32 + 2 + 2, /* id, header, nurse, times */
	LINE_BYTES_MIN = 9 + ITEM_BYTES_MIN,
};

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int item_cmp(const struct billing_item *a, const struct billing_item *b)
{
	int order = compare(a->start_s, b->start_s);
	if (!order)
		order = record_id_cmp(&a->visit, &b->visit);
	if (!order)
		order = compare(a->end_s, b->end_s);
	return order ? order : compare(a->offset_minutes, b->offset_minutes);
}

static int items_cmp(const struct billing_line *a, const struct billing_line *b)
{
	for (uint32_t i = 0; i < a->item_count && i < b->item_count; i++) {
		int order = item_cmp(&a->items[i], &b->items[i]);
		if (order)
			return order;
	}
	return compare(a->item_count, b->item_count);
}

static int place_cmp(const struct billing_line *a, const struct billing_line *b)
{
	int order = record_id_cmp(&a->patient, &b->patient);
	if (!order)
		order = compare(a->month, b->month);
	if (!order)
		order = items_cmp(a, b);
	return order ? order : compare(a->amo_per_mille, b->amo_per_mille);
}

int lot_content_cmp(const struct billing_line *a, const struct billing_rate *a_rates,
        const struct billing_line *b, const struct billing_rate *b_rates)
{
	int order = place_cmp(a, b);
	return order ? order : record_id_cmp(&a_rates[a->rate].id, &b_rates[b->rate].id);
}

int lot_line_cmp(const struct billing_line *a, const struct billing_line *b)
{
	int order = place_cmp(a, b);
	if (!order)
		order = compare(a->rate, b->rate); /* the rates of a lot ascend by id */
	if (!order)
		order = compare(b->kind, a->kind);
	if (!order)
		order = lot_hash_cmp(&a->cited_lot, &b->cited_lot);
	return order ? order : compare(a->cited_line, b->cited_line);
}

int lot_line_price(struct billing_line *line, const struct billing_rate *rate)
{
	int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1, minutes = 0;
	for (uint32_t i = 0; i < line->item_count; i++) {
		minutes += money_minutes(line->items[i].start_s, line->items[i].end_s);
		if (minutes > MONEY_MINUTES_MAX)
			return ERR_INVALID;
	}
	int64_t cents = money_cents(minutes, rate->cents_per_hour, rate->ties);
	line->minutes = sign * minutes;
	line->cents = sign * cents;
	line->amo_cents = sign * money_share(cents, line->amo_per_mille, rate->ties);
	return 0;
}

struct billing_totals lot_totals(const struct billing_line *lines, uint32_t count)
{
	struct billing_totals totals = {.line_count = count};
	for (uint32_t i = 0; i < count; i++) {
		bool is_credit = lines[i].kind == BILLING_CREDIT;
		totals.credit_count += is_credit;
		totals.visit_count += is_credit ? -(int64_t)lines[i].item_count
		                                : (int64_t)lines[i].item_count;
		totals.minutes += lines[i].minutes;
		totals.cents += lines[i].cents;
		totals.amo_cents += lines[i].amo_cents;
	}
	return totals;
}

struct lot_hash lot_hash_of(struct span bytes)
{
	static const char DOMAIN[] = "releve lot 1";
	struct lot_hash hash;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash.bytes));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, bytes.data, bytes.size);
	crypto_generichash_final(&state, hash.bytes, sizeof(hash.bytes));
	return hash;
}

/* --- Tables of ids that lines refer to by index --- */

struct id_table {
	struct record_id *ids; /* ascending, each once; person ids have the same size and are kept as such */
	uint32_t count;
};

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static void table_sort(struct id_table *table)
{
	uint32_t kept = 0;
	if (table->count)
		qsort(table->ids, table->count, sizeof(*table->ids), id_cmp);
	for (uint32_t i = 0; i < table->count; i++)
		if (kept == 0 || !record_id_eq(&table->ids[kept - 1], &table->ids[i]))
			table->ids[kept++] = table->ids[i];
	table->count = kept;
}

static uint64_t table_index(const struct id_table *table, const uint8_t bytes[ID_SHORT_BYTES])
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

static struct id_table patients_of(const struct billing_lot *lot)
{
	struct id_table table = {mem_zero(lot->line_count + 1, sizeof(*table.ids)), lot->line_count};
	for (uint32_t i = 0; i < lot->line_count; i++)
		table.ids[i] = lot->lines[i].patient;
	table_sort(&table);
	return table;
}

static struct id_table nurses_of(const struct billing_lot *lot)
{
	struct id_table table = {mem_zero(item_total(lot) + 1, sizeof(*table.ids)), 0};
	for (uint32_t i = 0; i < lot->line_count; i++)
		for (uint32_t j = 0; j < lot->lines[i].item_count; j++)
			memcpy(table.ids[table.count++].bytes, lot->lines[i].items[j].nurse.bytes,
			        ID_SHORT_BYTES);
	table_sort(&table);
	return table;
}

/* --- Writing --- */

static void put_table(struct buf *out, const struct id_table *table)
{
	wire_put_varint(out, table->count);
	buf_add(out, table->ids, table->count * sizeof(*table->ids));
}

static void put_head(struct buf *out, const struct billing_lot *lot)
{
	wire_put_u8(out, LOT_FORMAT);
	wire_put_varint(out, lot->rule_version);
	buf_add(out, lot->team.bytes, sizeof(lot->team.bytes));
	wire_put_varint(out, lot->month);
	wire_put_varint(out, lot->opening_month);
	buf_add(out, lot->holder.bytes, sizeof(lot->holder.bytes));
	wire_put_varint(out, lot->fence);
	buf_add(out, lot->previous.bytes, sizeof(lot->previous.bytes));
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
	}
}

static void put_line(struct buf *out, const struct billing_lot *lot, const struct billing_line *line,
        const struct id_table *patients, const struct id_table *nurses)
{
	wire_put_u8(out, (uint8_t)line->kind);
	wire_put_varint(out, table_index(patients, line->patient.bytes));
	wire_put_varint(out, lot->month - line->month);
	wire_put_varint(out, line->rate);
	wire_put_varint(out, line->amo_per_mille);
	wire_put_varint(out, line->item_count);
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		buf_add(out, item->visit.bytes, sizeof(item->visit.bytes));
		buf_add(out, item->header.bytes, sizeof(item->header.bytes));
		wire_put_varint(out, table_index(nurses, item->nurse.bytes));
		wire_put_varint(out, (uint64_t)item->start_s);
		wire_put_varint(out, (uint64_t)(item->end_s - item->start_s));
		wire_put_zigzag(out, item->offset_minutes);
	}
	wire_put_zigzag(out, line->minutes);
	wire_put_zigzag(out, line->cents);
	wire_put_zigzag(out, line->amo_cents);
	if (billing_line_cites(line)) {
		buf_add(out, line->cited_lot.bytes, sizeof(line->cited_lot.bytes));
		wire_put_varint(out, line->cited_line);
	}
}

static void put_totals(struct buf *out, const struct billing_totals *totals)
{
	wire_put_varint(out, totals->line_count);
	wire_put_varint(out, totals->credit_count);
	wire_put_zigzag(out, totals->visit_count);
	wire_put_zigzag(out, totals->minutes);
	wire_put_zigzag(out, totals->cents);
	wire_put_zigzag(out, totals->amo_cents);
}

int lot_encode(const struct billing_lot *lot, struct buf *out)
{
	size_t start = out->size;
	struct id_table patients = patients_of(lot), nurses = nurses_of(lot);
	put_head(out, lot);
	put_rates(out, lot);
	put_table(out, &patients);
	put_table(out, &nurses);
	wire_put_varint(out, lot->line_count);
	for (uint32_t i = 0; i < lot->line_count; i++)
		put_line(out, lot, &lot->lines[i], &patients, &nurses);
	put_totals(out, &lot->totals);
	mem_free(patients.ids);
	mem_free(nurses.ids);
	if (out->size - start <= LIMIT_LOT_BYTES)
		return 0;
	out->size = start;
	return ERR_TOOBIG;
}

/* --- Reading --- */

static void read_head(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
	if (wire_u8(in) != LOT_FORMAT)
		wire_fail(in, in->error ? in->error : ERR_VERSION);
	lot->rule_version = (uint32_t)wire_varint(in);
	wire_raw(in, lot->team.bytes, sizeof(lot->team.bytes));
	uint64_t month = wire_varint(in), opening = wire_varint(in);
	if (month < opening || month >= LOT_MONTHS)
		wire_fail(in, ERR_MALFORMED);
	lot->month = (uint32_t)month;
	lot->opening_month = (uint32_t)opening;
	wire_raw(in, lot->holder.bytes, sizeof(lot->holder.bytes));
	lot->fence = wire_varint(in);
	wire_raw(in, lot->previous.bytes, sizeof(lot->previous.bytes));
	lot->known_count = wire_count(in, LIMIT_LOTS, sizeof(*lot->known));
	struct lot_hash *known = arena_zero(arena, lot->known_count, sizeof(*known));
	for (uint32_t i = 0; i < lot->known_count; i++)
		wire_raw(in, known[i].bytes, sizeof(known[i].bytes));
	lot->known = known;
	lot->territory = arena_span(arena, wire_blob(in, LIMIT_NAME_BYTES));
	if (!crdt_utf8_valid(lot->territory))
		wire_fail(in, ERR_MALFORMED);
	lot->heard_count = wire_count(in, LIMIT_TEAM_DEVICES, ID_LONG_BYTES + 1);
	struct billing_heard *heard = arena_zero(arena, lot->heard_count, sizeof(*heard));
	for (uint32_t i = 0; i < lot->heard_count; i++) {
		wire_raw(in, heard[i].device.bytes, sizeof(heard[i].device.bytes));
		heard[i].until_ms = wire_varint(in);
		if (i && device_id_cmp(&heard[i - 1].device, &heard[i].device) >= 0)
			wire_fail(in, ERR_MALFORMED);
	}
	lot->heard = heard;
	lot->frontier_count = wire_count(in, LIMIT_FEEDS, ID_LONG_BYTES + 1);
	struct entry_ref *frontier = arena_zero(arena, lot->frontier_count, sizeof(*frontier));
	for (uint32_t i = 0; i < lot->frontier_count; i++) {
		wire_raw(in, frontier[i].feed.bytes, sizeof(frontier[i].feed.bytes));
		frontier[i].seq = wire_varint(in);
		if (i && feed_id_cmp(&frontier[i - 1].feed, &frontier[i].feed) >= 0)
			wire_fail(in, ERR_MALFORMED);
	}
	lot->frontier = frontier;
}

static void read_rates(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
	lot->rate_count = wire_count(in, LIMIT_LOT_RATES, 24);
	struct billing_rate *rates = arena_zero(arena, lot->rate_count, sizeof(*rates));
	for (uint32_t i = 0; i < lot->rate_count; i++) {
		struct billing_rate *rate = &rates[i];
		wire_raw(in, rate->id.bytes, sizeof(rate->id.bytes));
		rate->territory = arena_span(arena, wire_blob(in, LIMIT_NAME_BYTES));
		rate->valid_from_day = wire_zigzag(in);
		uint64_t cents = wire_varint(in);
		uint8_t unit = wire_u8(in), ties = wire_u8(in);
		uint64_t amo = wire_varint(in), amo_ald = wire_varint(in);
		if (!crdt_utf8_valid(rate->territory) || rate->valid_from_day < LOT_DAY_MIN ||
		        rate->valid_from_day > LOT_DAY_MAX || cents > MONEY_CENTS_PER_HOUR_MAX ||
		        unit < BILLING_PER_VISIT || unit > BILLING_PER_PATIENT_MONTH ||
		        ties < BILLING_HALF_UP || ties > BILLING_HALF_EVEN || amo > MONEY_PER_MILLE ||
		        amo_ald > MONEY_PER_MILLE || (i && record_id_cmp(&rates[i - 1].id, &rate->id) >= 0))
			wire_fail(in, ERR_MALFORMED);
		rate->cents_per_hour = (int64_t)cents;
		rate->unit = unit;
		rate->ties = ties;
		rate->amo_per_mille = (uint32_t)amo;
		rate->amo_ald_per_mille = (uint32_t)amo_ald;
	}
	lot->rates = rates;
}

static struct id_table read_table(struct wire_in *in, struct arena *arena)
{
	struct id_table table;
	table.count = wire_count(in, LIMIT_LOT_ITEMS, ID_SHORT_BYTES);
	table.ids = arena_zero(arena, table.count + 1, sizeof(*table.ids));
	for (uint32_t i = 0; i < table.count; i++)
		wire_raw(in, table.ids[i].bytes, sizeof(table.ids[i].bytes));
	return table;
}

static void read_item(struct wire_in *in, struct billing_item *item, const struct id_table *nurses)
{
	wire_raw(in, item->visit.bytes, sizeof(item->visit.bytes));
	wire_raw(in, item->header.bytes, sizeof(item->header.bytes));
	uint64_t nurse = wire_varint(in), start = wire_varint(in), seconds = wire_varint(in);
	int64_t offset = wire_zigzag(in);
	if (nurse >= nurses->count || start > LOT_SECONDS_MAX || seconds > LOT_VISIT_SECONDS_MAX ||
	        offset < -LOT_OFFSET_MAX_MINUTES || offset > LOT_OFFSET_MAX_MINUTES) {
		wire_fail(in, ERR_MALFORMED);
		return;
	}
	memcpy(item->nurse.bytes, nurses->ids[nurse].bytes, sizeof(item->nurse.bytes));
	item->start_s = (int64_t)start;
	item->end_s = (int64_t)(start + seconds);
	item->offset_minutes = (int32_t)offset;
}

static void read_line(struct wire_in *in, const struct billing_lot *lot, struct billing_line *line,
        const struct id_table *patients, const struct id_table *nurses, struct arena *arena)
{
	line->kind = wire_u8(in);
	uint64_t patient = wire_varint(in), months_ago = wire_varint(in), rate = wire_varint(in),
	         amo = wire_varint(in);
	if (line->kind < BILLING_NORMAL || line->kind > BILLING_REINSTATE || patient >= patients->count ||
	        months_ago > lot->month - lot->opening_month || rate >= lot->rate_count ||
	        amo > MONEY_PER_MILLE)
		wire_fail(in, ERR_MALFORMED);
	line->item_count = wire_count(in, LIMIT_LOT_ITEMS, ITEM_BYTES_MIN);
	if (line->item_count == 0)
		wire_fail(in, ERR_MALFORMED);
	if (in->error)
		return;
	line->patient = patients->ids[patient];
	line->month = lot->month - (uint32_t)months_ago;
	line->rate = (uint32_t)rate;
	line->amo_per_mille = (uint32_t)amo;
	struct billing_item *items = arena_zero(arena, line->item_count, sizeof(*items));
	for (uint32_t i = 0; i < line->item_count && !in->error; i++) {
		read_item(in, &items[i], nurses);
		if (i && item_cmp(&items[i - 1], &items[i]) >= 0)
			wire_fail(in, ERR_MALFORMED);
	}
	line->items = items;
	if (lot->rates[rate].unit == BILLING_PER_VISIT && line->item_count != 1)
		wire_fail(in, ERR_MALFORMED);
	line->minutes = wire_zigzag(in);
	line->cents = wire_zigzag(in);
	line->amo_cents = wire_zigzag(in);
	if (billing_line_cites(line)) {
		wire_raw(in, line->cited_lot.bytes, sizeof(line->cited_lot.bytes));
		uint64_t cited = wire_varint(in);
		if (cited >= LIMIT_LOT_LINES)
			wire_fail(in, ERR_MALFORMED);
		line->cited_line = (uint32_t)cited;
	}
}

static void read_lines(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
	struct id_table patients = read_table(in, arena), nurses = read_table(in, arena);
	lot->line_count = wire_count(in, LIMIT_LOT_LINES, LINE_BYTES_MIN);
	struct billing_line *lines = arena_zero(arena, lot->line_count, sizeof(*lines));
	for (uint32_t i = 0; i < lot->line_count && !in->error; i++) {
		read_line(in, lot, &lines[i], &patients, &nurses, arena);
		if (i && !in->error && lot_line_cmp(&lines[i - 1], &lines[i]) > 0)
			wire_fail(in, ERR_MALFORMED);
	}
	lot->lines = lines;
}

static void read_totals(struct wire_in *in, struct billing_totals *totals)
{
	totals->line_count = (uint32_t)wire_varint(in);
	totals->credit_count = (uint32_t)wire_varint(in);
	totals->visit_count = wire_zigzag(in);
	totals->minutes = wire_zigzag(in);
	totals->cents = wire_zigzag(in);
	totals->amo_cents = wire_zigzag(in);
}

static bool amounts_hold(const struct billing_lot *lot)
{
	for (uint32_t i = 0; i < lot->line_count; i++) {
		const struct billing_line *line = &lot->lines[i];
		struct billing_line priced = *line;
		if (lot_line_price(&priced, &lot->rates[line->rate]) || priced.minutes != line->minutes ||
		        priced.cents != line->cents || priced.amo_cents != line->amo_cents)
			return false;
	}
	struct billing_totals totals = lot_totals(lot->lines, lot->line_count);
	return totals.line_count == lot->totals.line_count &&
	        totals.credit_count == lot->totals.credit_count &&
	        totals.visit_count == lot->totals.visit_count && totals.minutes == lot->totals.minutes &&
	        totals.cents == lot->totals.cents && totals.amo_cents == lot->totals.amo_cents;
}

/* Whatever the reader let pass (an unused row of a table, ...) is not what the writer would have written. */
static bool is_canonical(const struct billing_lot *lot, struct span bytes)
{
	struct buf again = {0};
	bool same = lot_encode(lot, &again) == 0 && span_eq(buf_span(&again), bytes);
	buf_close(&again);
	return same;
}

int lot_decode(struct billing_lot *out, struct span bytes, struct arena *arena)
{
	if (bytes.size > LIMIT_LOT_BYTES)
		return ERR_TOOBIG;
	struct billing_lot lot = {0};
	struct wire_in in = wire_begin(bytes);
	read_head(&in, &lot, arena);
	if (!in.error)
		read_rates(&in, &lot, arena);
	if (!in.error)
		read_lines(&in, &lot, arena);
	read_totals(&in, &lot.totals);
	int error = wire_end(&in);
	if (error)
		return error;
	for (uint32_t i = 1; i < lot.known_count; i++)
		if (lot_hash_cmp(&lot.known[i - 1], &lot.known[i]) >= 0)
			return ERR_MALFORMED;
	if (!is_canonical(&lot, bytes))
		return ERR_MALFORMED;
	if (!amounts_hold(&lot))
		return ERR_CORRUPT;
	*out = lot;
	return 0;
}
