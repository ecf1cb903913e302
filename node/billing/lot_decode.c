/* A lot from bytes, hostile ones too (README.md, section 4). */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/nfc.h"
#include "node/billing/lot_parts.h"

enum {
	ITEM_BYTES_MIN = 16 + 32 + 2 + 2, /* id, header, nurse, times */
	LINE_BYTES_MIN = 9 + ITEM_BYTES_MIN,
};

static void read_head(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
	lot->format = wire_u8(in);
	if (lot->format < LOT_FORMAT_FIRST || lot->format > LOT_FORMAT)
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
	if (lot->format != LOT_FORMAT_FIRST) {
		wire_raw(in, lot->lease.bytes, sizeof(lot->lease.bytes));
		wire_raw(in, lot->word.bytes, sizeof(lot->word.bytes));
	}
	lot->known_count = wire_count(in, LIMIT_LOTS, sizeof(*lot->known));
	struct lot_hash *known = arena_zero(arena, lot->known_count, sizeof(*known));
	for (uint32_t i = 0; i < lot->known_count; i++)
		wire_raw(in, known[i].bytes, sizeof(known[i].bytes));
	lot->known = known;
	lot->territory = arena_span(arena, wire_blob(in, LIMIT_NAME_BYTES));
	if (!crdt_utf8_valid(lot->territory))
		wire_fail(in, ERR_MALFORMED);
}

static void read_reach(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
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

/* What format 2 says of a rate besides. */
static bool read_rules(struct wire_in *in, struct billing_rate *rate)
{
	uint8_t tariff = wire_u8(in);
	uint64_t min = wire_varint(in), least = wire_varint(in);
	uint8_t doubled = wire_u8(in);
	uint64_t share = wire_varint(in);
	if (tariff > BILLING_HEALTH_CENTRE || min < 1 || min > LOT_RULE_MINUTES_MAX ||
	        least > LOT_RULE_MINUTES_MAX || doubled > BILLING_SHARE || share > MONEY_PER_MILLE ||
	        (doubled != BILLING_SHARE && share))
		return false;
	rate->tariff = tariff;
	rate->min_minutes = (uint32_t)min;
	rate->least_minutes = (uint32_t)least;
	rate->doubled = doubled;
	rate->doubled_per_mille = (uint32_t)share;
	return true;
}

static bool read_rate(
        struct wire_in *in, const struct billing_lot *lot, struct billing_rate *rate, struct arena *arena)
{
	wire_raw(in, rate->id.bytes, sizeof(rate->id.bytes));
	rate->territory = arena_span(arena, wire_blob(in, LIMIT_NAME_BYTES));
	rate->valid_from_day = wire_zigzag(in);
	uint64_t cents = wire_varint(in);
	uint8_t unit = wire_u8(in), ties = wire_u8(in);
	uint64_t amo = wire_varint(in), amo_ald = wire_varint(in);
	if (!crdt_utf8_valid(rate->territory) || rate->valid_from_day < LOT_DAY_MIN ||
	        rate->valid_from_day > LOT_DAY_MAX || cents > MONEY_CENTS_PER_HOUR_MAX ||
	        unit < BILLING_PER_VISIT || unit > BILLING_PER_PATIENT_MONTH || ties < BILLING_HALF_UP ||
	        ties > BILLING_HALF_EVEN || amo > MONEY_PER_MILLE || amo_ald > MONEY_PER_MILLE)
		return false;
	rate->cents_per_hour = (int64_t)cents;
	rate->unit = unit;
	rate->ties = ties;
	rate->amo_per_mille = (uint32_t)amo;
	rate->amo_ald_per_mille = (uint32_t)amo_ald;
	rate->min_minutes = 1;
	return lot->format == LOT_FORMAT_FIRST || read_rules(in, rate);
}

static void read_rates(struct wire_in *in, struct billing_lot *lot, struct arena *arena)
{
	lot->rate_count = wire_count(in, LIMIT_LOT_RATES, 24);
	struct billing_rate *rates = arena_zero(arena, lot->rate_count, sizeof(*rates));
	for (uint32_t i = 0; i < lot->rate_count; i++)
		if (!read_rate(in, lot, &rates[i], arena) ||
		        (i && record_id_cmp(&rates[i - 1].id, &rates[i].id) >= 0))
			wire_fail(in, ERR_MALFORMED);
	lot->rates = rates;
}

static struct lot_table read_table(struct wire_in *in, struct arena *arena)
{
	struct lot_table table;
	table.count = wire_count(in, LIMIT_LOT_ITEMS, ID_SHORT_BYTES);
	table.ids = arena_zero(arena, table.count + 1, sizeof(*table.ids));
	for (uint32_t i = 0; i < table.count; i++)
		wire_raw(in, table.ids[i].bytes, sizeof(table.ids[i].bytes));
	return table;
}

/* What format 2 says of a visit besides. */
static void read_weight(struct wire_in *in, struct billing_item *item, const struct lot_table *nurses)
{
	uint8_t doubled = wire_u8(in);
	uint64_t co_nurse = wire_varint(in), weight = wire_varint(in);
	if (doubled > 1 || co_nurse > nurses->count || weight < 1 || weight > MONEY_WEIGHT_MAX) {
		wire_fail(in, ERR_MALFORMED);
		return;
	}
	item->is_doubled = doubled;
	item->weight_per_mille = (uint32_t)weight;
	if (co_nurse)
		memcpy(item->co_nurse.bytes, nurses->ids[co_nurse - 1].bytes, sizeof(item->co_nurse.bytes));
}

static void read_item(struct wire_in *in, const struct billing_lot *lot, struct billing_item *item,
        const struct lot_table *nurses)
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
	item->weight_per_mille = MONEY_PER_MILLE;
	if (lot->format != LOT_FORMAT_FIRST)
		read_weight(in, item, nurses);
}

/* Of a format that does not say it. Minutes that no lot can have give 0, which its amounts do not hold against. */
static int64_t milli_of(int64_t minutes)
{
	const int64_t max = (int64_t)MONEY_MINUTES_MAX * LIMIT_LOT_LINES;
	return minutes < -max || minutes > max ? 0 : minutes * MONEY_PER_MILLE;
}

static void read_line(struct wire_in *in, const struct billing_lot *lot, struct billing_line *line,
        const struct lot_table *patients, const struct lot_table *nurses, struct arena *arena)
{
	line->kind = wire_u8(in);
	line->rule = lot->format == LOT_FORMAT_FIRST ? LOT_FORMAT_FIRST : wire_u8(in);
	uint64_t patient = wire_varint(in), months_ago = wire_varint(in), rate = wire_varint(in),
	         amo = wire_varint(in);
	if (line->kind < BILLING_NORMAL || line->kind > BILLING_REINSTATE || line->rule < LOT_FORMAT_FIRST ||
	        line->rule > lot->format || patient >= patients->count ||
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
		read_item(in, lot, &items[i], nurses);
		if (i && lot_item_cmp(&items[i - 1], &items[i]) >= 0)
			wire_fail(in, ERR_MALFORMED);
	}
	line->items = items;
	if (lot->rates[rate].unit == BILLING_PER_VISIT && line->item_count != 1)
		wire_fail(in, ERR_MALFORMED);
	line->minutes = wire_zigzag(in);
	line->billed_milli = lot->format == LOT_FORMAT_FIRST ? milli_of(line->minutes) : wire_zigzag(in);
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
	struct lot_table patients = read_table(in, arena), nurses = read_table(in, arena);
	lot->line_count = wire_count(in, LIMIT_LOT_LINES, LINE_BYTES_MIN);
	struct billing_line *lines = arena_zero(arena, lot->line_count, sizeof(*lines));
	for (uint32_t i = 0; i < lot->line_count && !in->error; i++) {
		read_line(in, lot, &lines[i], &patients, &nurses, arena);
		if (i && !in->error && lot_line_cmp(&lines[i - 1], &lines[i]) > 0)
			wire_fail(in, ERR_MALFORMED);
	}
	lot->lines = lines;
}

static void read_totals(struct wire_in *in, struct billing_lot *lot)
{
	struct billing_totals *totals = &lot->totals;
	totals->line_count = (uint32_t)wire_varint(in);
	totals->credit_count = (uint32_t)wire_varint(in);
	totals->visit_count = wire_zigzag(in);
	totals->minutes = wire_zigzag(in);
	totals->billed_milli = lot->format == LOT_FORMAT_FIRST ? milli_of(totals->minutes) : wire_zigzag(in);
	totals->cents = wire_zigzag(in);
	totals->amo_cents = wire_zigzag(in);
}

/* A visit under the rate's minimum is not billed by rule version 2; by version 1 nothing weighs more or less. */
static bool items_hold(const struct billing_line *line, const struct billing_rate *rate)
{
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		if (line->rule == LOT_FORMAT_FIRST
		                ? item->is_doubled || !person_id_is_zero(&item->co_nurse) ||
		                        item->weight_per_mille != MONEY_PER_MILLE
		                : lot_item_milli(item, rate) == 0)
			return false;
	}
	return true;
}

static bool amounts_hold(const struct billing_lot *lot)
{
	for (uint32_t i = 0; i < lot->line_count; i++) {
		const struct billing_line *line = &lot->lines[i];
		const struct billing_rate *rate = &lot->rates[line->rate];
		struct billing_line priced = *line;
		if (!items_hold(line, rate) || lot_line_price(&priced, rate) ||
		        priced.minutes != line->minutes || priced.billed_milli != line->billed_milli ||
		        priced.cents != line->cents || priced.amo_cents != line->amo_cents)
			return false;
	}
	struct billing_totals totals = lot_totals(lot->lines, lot->line_count);
	return totals.line_count == lot->totals.line_count &&
	        totals.credit_count == lot->totals.credit_count &&
	        totals.visit_count == lot->totals.visit_count && totals.minutes == lot->totals.minutes &&
	        totals.billed_milli == lot->totals.billed_milli && totals.cents == lot->totals.cents &&
	        totals.amo_cents == lot->totals.amo_cents;
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
		read_reach(&in, &lot, arena);
	if (!in.error)
		read_rates(&in, &lot, arena);
	if (!in.error)
		read_lines(&in, &lot, arena);
	read_totals(&in, &lot);
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
