/* A dossier's facts as bytes (README.md, section 4), and back. */
#include "node/indicators/facts.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "crdt/mpack.h"

enum { FACTS_FORMAT = 1, HAS_REFERENT = 1, IS_ALD = 2, HAS_CONFLICT = 4 };

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* A day that may be missing: 0, else one more than its zigzag. */
static void put_day(struct buf *out, int32_t day)
{
	const uint32_t zigzag = (uint32_t)day << 1 ^ (day < 0 ? UINT32_MAX : 0);
	wire_put_varint(out, day == FACTS_NO_DAY ? 0 : 1 + (uint64_t)zigzag);
}

static void put_head(const struct facts_file *file, struct buf *out)
{
	wire_put_u8(out, FACTS_FORMAT);
	wire_put_u8(out,
	        (uint8_t)((file->has_referent ? HAS_REFERENT : 0) | (file->is_ald ? IS_ALD : 0) |
	                (file->has_conflict ? HAS_CONFLICT : 0)));
	if (file->has_referent)
		buf_add(out, file->referent, sizeof(file->referent));
	const int32_t days[] = {
	        file->birth_day, file->ald_from, file->ald_until, file->archived_day, file->deceased_day};
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		put_day(out, days[i]);
}

static void put_visits(const struct facts_file *file, struct buf *out)
{
	int64_t before = 0;
	wire_put_varint(out, file->visit_count);
	for (uint32_t i = 0; i < file->visit_count; i++) {
		const struct facts_visit *visit = &file->visits[i];
		uint32_t kinds = 0;
		for (unsigned j = 0; j < FACTS_CATEGORIES; j++)
			kinds |= visit->done[j] ? 1U << j : 0;
		wire_put_zigzag(out, visit->start_minute - before);
		before = visit->start_minute;
		wire_put_varint(out, visit->minutes);
		wire_put_varint(out, visit->nurse);
		wire_put_varint(out, (uint64_t)visit->place << FACTS_CATEGORIES | kinds);
		for (unsigned j = 0; j < FACTS_CATEGORIES; j++)
			if (visit->done[j])
				wire_put_varint(out, visit->done[j]);
	}
}

static void put_ratings(const struct facts_file *file, struct buf *out)
{
	int64_t before = 0;
	wire_put_varint(out, file->problem_count);
	for (uint32_t i = 0; i < file->problem_count; i++)
		wire_put_varint(out, (uint64_t)file->problems[i].code << 1 | file->problems[i].is_closed);
	wire_put_varint(out, file->rating_count);
	for (uint32_t i = 0; i < file->rating_count; i++) {
		const struct facts_rating *rating = &file->ratings[i];
		wire_put_varint(out, rating->problem);
		wire_put_zigzag(out, rating->minute - before);
		before = rating->minute;
		wire_put_u16(
		        out, (uint16_t)(rating->scores[0] | rating->scores[1] << 4 | rating->scores[2] << 8));
	}
}

static void put_transmissions(const struct facts_file *file, struct buf *out)
{
	wire_put_varint(out, file->transmission_count);
	for (uint32_t i = 0; i < file->transmission_count; i++) {
		const struct facts_transmission *item = &file->transmissions[i];
		put_day(out, item->day);
		wire_put_varint(out, item->saved_ms);
		wire_put_varint(out, item->author);
		wire_put_varint(out, item->reader_count);
		for (uint32_t j = 0; j < item->reader_count; j++) {
			wire_put_varint(out, item->readers[j].feed);
			wire_put_zigzag(out, (int64_t)(item->readers[j].read_ms - item->saved_ms));
		}
	}
}

static void put_rest(const struct facts_file *file, struct buf *out)
{
	wire_put_varint(out, file->contact_count);
	for (uint32_t i = 0; i < file->contact_count; i++) {
		put_day(out, file->contacts[i].day);
		wire_put_u8(out, (uint8_t)(file->contacts[i].is_doctor | file->contacts[i].is_letter << 1));
	}
	wire_put_varint(out, file->outcome_count);
	for (uint32_t i = 0; i < file->outcome_count; i++) {
		put_day(out, file->outcomes[i].day);
		wire_put_varint(out, (uint64_t)file->outcomes[i].type << 1 | file->outcomes[i].is_home);
	}
	wire_put_varint(out, file->planned_count);
	for (uint32_t i = 0; i < file->planned_count; i++) {
		put_day(out, file->planned[i].day);
		wire_put_u8(out, file->planned[i].is_claimed);
	}
	wire_put_varint(out, file->survey_count);
	for (uint32_t i = 0; i < file->survey_count; i++) {
		const struct facts_survey *survey = &file->surveys[i];
		put_day(out, survey->day);
		wire_put_u8(out, (uint8_t)(survey->satisfaction + 1));
		wire_put_u8(out, (uint8_t)((survey->recommends + 1) | (survey->autonomous + 1) << 2));
	}
}

void indicator_facts_put(const struct facts_file *file, struct buf *out)
{
	put_head(file, out);
	wire_put_varint(out, file->nurse_count);
	for (uint32_t i = 0; i < file->nurse_count; i++)
		buf_add(out, file->nurses[i], SCHEMA_SHORT_BYTES);
	wire_put_varint(out, file->feed_count);
	for (uint32_t i = 0; i < file->feed_count; i++)
		buf_add(out, file->feeds[i], FACTS_FEED_BYTES);
	put_visits(file, out);
	put_ratings(file, out);
	put_transmissions(file, out);
	put_rest(file, out);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static uint32_t get_u32(struct wire_in *in, uint32_t max)
{
	const uint64_t value = wire_varint(in);
	if (value > max)
		wire_fail(in, ERR_TOOBIG);
	return in->error ? 0 : (uint32_t)value;
}

static int32_t get_day(struct wire_in *in)
{
	const uint32_t value = get_u32(in, UINT32_MAX);
	if (in->error || value == 0)
		return FACTS_NO_DAY;
	const uint32_t zigzag = value - 1;
	return (int32_t)(zigzag >> 1 ^ (zigzag & 1 ? UINT32_MAX : 0));
}

static int64_t get_minute(struct wire_in *in, int64_t *before)
{
	enum { MINUTES_MAX = 240 * 366 * 24 * 60 };
	const int64_t step = wire_zigzag(in);
	if (step > MINUTES_MAX || step < -(int64_t)MINUTES_MAX || *before + step > MINUTES_MAX ||
	        *before + step < -(int64_t)MINUTES_MAX)
		wire_fail(in, ERR_TOOBIG);
	else
		*before += step;
	return *before;
}

static void get_head(struct wire_in *in, struct facts_file *out)
{
	if (wire_u8(in) != FACTS_FORMAT)
		wire_fail(in, ERR_VERSION);
	const uint8_t flags = wire_u8(in);
	out->has_referent = flags & HAS_REFERENT;
	out->is_ald = flags & IS_ALD;
	out->has_conflict = flags & HAS_CONFLICT;
	if (out->has_referent)
		wire_raw(in, out->referent, sizeof(out->referent));
	out->birth_day = get_day(in);
	out->ald_from = get_day(in);
	out->ald_until = get_day(in);
	out->archived_day = get_day(in);
	out->deceased_day = get_day(in);
}

/* Room for as many as the rest may hold. */
static void *get_list(struct wire_in *in, struct arena *arena, size_t wire_bytes, size_t item_bytes,
        uint32_t max, uint32_t *count)
{
	*count = wire_count(in, max, wire_bytes);
	return arena_zero(arena, *count + 1, item_bytes);
}

static void get_visits(struct wire_in *in, struct arena *arena, struct facts_file *out)
{
	int64_t before = 0;
	out->visits = get_list(in, arena, 4, sizeof(*out->visits), FACTS_ITEMS_MAX, &out->visit_count);
	for (uint32_t i = 0; i < out->visit_count; i++) {
		struct facts_visit *visit = &out->visits[i];
		visit->start_minute = get_minute(in, &before);
		visit->minutes = get_u32(in, 24 * 60);
		visit->nurse = get_u32(in, out->nurse_count ? out->nurse_count - 1 : 0);
		const uint32_t flags = get_u32(in, UINT32_MAX);
		visit->place = flags >> FACTS_CATEGORIES;
		for (unsigned j = 0; j < FACTS_CATEGORIES; j++)
			if (flags >> j & 1)
				visit->done[j] = get_u32(in, SCHEMA_SHORTS_MAX);
	}
}

static void get_ratings(struct wire_in *in, struct arena *arena, struct facts_file *out)
{
	int64_t before = 0;
	out->problems = get_list(in, arena, 1, sizeof(*out->problems), FACTS_ITEMS_MAX, &out->problem_count);
	for (uint32_t i = 0; i < out->problem_count; i++) {
		const uint32_t value = get_u32(in, 2 * 99 + 1);
		out->problems[i] = (struct facts_problem){value >> 1, value & 1};
	}
	out->ratings = get_list(in, arena, 4, sizeof(*out->ratings), FACTS_ITEMS_MAX, &out->rating_count);
	for (uint32_t i = 0; i < out->rating_count; i++) {
		struct facts_rating *rating = &out->ratings[i];
		rating->problem = get_u32(in, out->problem_count ? out->problem_count - 1 : 0);
		if (out->problem_count == 0)
			wire_fail(in, ERR_MALFORMED);
		rating->minute = get_minute(in, &before);
		const uint16_t scores = wire_u16(in);
		for (unsigned j = 0; j < 3; j++)
			rating->scores[j] = scores >> 4 * j & 15;
	}
}

static void get_transmissions(struct wire_in *in, struct arena *arena, struct facts_file *out)
{
	const uint32_t feed_max = out->feed_count ? out->feed_count - 1 : 0;
	out->transmissions = get_list(
	        in, arena, 4, sizeof(*out->transmissions), FACTS_ITEMS_MAX, &out->transmission_count);
	for (uint32_t i = 0; i < out->transmission_count; i++) {
		struct facts_transmission *item = &out->transmissions[i];
		if (out->feed_count == 0)
			wire_fail(in, ERR_MALFORMED);
		item->day = get_day(in);
		item->saved_ms = wire_varint(in);
		item->author = get_u32(in, feed_max);
		item->reader_count = get_u32(in, FACTS_READERS_MAX);
		for (uint32_t j = 0; j < item->reader_count; j++) {
			item->readers[j].feed = get_u32(in, feed_max);
			item->readers[j].read_ms = item->saved_ms + (uint64_t)wire_zigzag(in);
		}
	}
}

static void get_rest(struct wire_in *in, struct arena *arena, struct facts_file *out)
{
	out->contacts = get_list(in, arena, 2, sizeof(*out->contacts), FACTS_ITEMS_MAX, &out->contact_count);
	for (uint32_t i = 0; i < out->contact_count; i++) {
		out->contacts[i].day = get_day(in);
		const uint8_t flags = wire_u8(in);
		out->contacts[i].is_doctor = flags & 1;
		out->contacts[i].is_letter = flags >> 1 & 1;
	}
	out->outcomes = get_list(in, arena, 2, sizeof(*out->outcomes), FACTS_ITEMS_MAX, &out->outcome_count);
	for (uint32_t i = 0; i < out->outcome_count; i++) {
		out->outcomes[i].day = get_day(in);
		const uint32_t value = get_u32(in, 1000);
		out->outcomes[i].type = value >> 1;
		out->outcomes[i].is_home = value & 1;
	}
	out->planned = get_list(in, arena, 2, sizeof(*out->planned), FACTS_ITEMS_MAX, &out->planned_count);
	for (uint32_t i = 0; i < out->planned_count; i++) {
		out->planned[i].day = get_day(in);
		out->planned[i].is_claimed = wire_u8(in) & 1;
	}
	out->surveys = get_list(in, arena, 3, sizeof(*out->surveys), FACTS_ITEMS_MAX, &out->survey_count);
	for (uint32_t i = 0; i < out->survey_count; i++) {
		struct facts_survey *survey = &out->surveys[i];
		survey->day = get_day(in);
		survey->satisfaction = (int8_t)(wire_u8(in) % 12 - 1);
		const uint8_t said = wire_u8(in);
		survey->recommends = (int8_t)((said & 3) % 3 - 1);
		survey->autonomous = (int8_t)((said >> 2 & 3) % 3 - 1);
	}
}

int indicator_facts_get(struct span bytes, struct arena *arena, struct facts_file *out)
{
	struct wire_in in = wire_begin(bytes);
	*out = (struct facts_file)FACTS_NOTHING;
	get_head(&in, out);
	out->nurses = get_list(
	        &in, arena, SCHEMA_SHORT_BYTES, SCHEMA_SHORT_BYTES, FACTS_NURSES_MAX, &out->nurse_count);
	for (uint32_t i = 0; i < out->nurse_count; i++)
		wire_raw(&in, out->nurses[i], SCHEMA_SHORT_BYTES);
	out->feeds = get_list(
	        &in, arena, FACTS_FEED_BYTES, FACTS_FEED_BYTES, FACTS_FEEDS_MAX, &out->feed_count);
	for (uint32_t i = 0; i < out->feed_count; i++)
		wire_raw(&in, out->feeds[i], FACTS_FEED_BYTES);
	get_visits(&in, arena, out);
	get_ratings(&in, arena, out);
	get_transmissions(&in, arena, out);
	get_rest(&in, arena, out);
	const int result = wire_end(&in);
	if (result)
		*out = (struct facts_file)FACTS_NOTHING;
	return result;
}

/* ---- The digest's part ------------------------------------------------------------------------------------------- */

void indicator_facts_part_make(const struct digest_source *source, struct buf *out)
{
	struct arena arena = {0};
	struct facts_file file;
	struct buf bytes = {0};
	indicator_facts_of(source, &arena, &file);
	indicator_facts_put(&file, &bytes);
	mpack_put_bin(out, buf_span(&bytes));
	buf_wipe(&bytes);
	arena_close(&arena);
}

int indicator_facts_part_get(struct span part, struct arena *arena, struct facts_file *out)
{
	struct mpack_in in = mpack_begin(part);
	const struct span bytes = mpack_bin(&in);
	const int result = mpack_end(&in);
	return result ? result : indicator_facts_get(bytes, arena, out);
}
