/* A document's facts as MessagePack (README.md, section 3). */
#include "crdt/base/err.h"
#include "crdt/mpack.h"
#include "node/work/work.h"

enum { PART_FORMAT = 2, PART_HEAD = 4, FACT_MEMBERS = 13 };

static void put_fact(const struct work_fact *fact, struct buf *out)
{
	mpack_put_array(out, FACT_MEMBERS);
	mpack_put_uint(out, fact->source);
	mpack_put_bin(out, fact->key);
	mpack_put_bin(out, fact->records);
	mpack_put_int(out, fact->note);
	mpack_put_int(out, fact->soon);
	mpack_put_int(out, fact->now);
	mpack_put_int(out, fact->until);
	mpack_put_int(out, fact->day);
	mpack_put_uint(out, (uint64_t)fact->whose);
	mpack_put_bin(out, fact->person);
	mpack_put_bin(out, fact->done_by);
	mpack_put_str(out, fact->fr);
	mpack_put_str(out, fact->en);
}

void work_part_put(const struct work_facts *facts, struct buf *out)
{
	mpack_put_array(out, PART_HEAD + facts->count);
	mpack_put_uint(out, PART_FORMAT);
	mpack_put_bin(out, facts->referents);
	mpack_put_uint(out, facts->left_out);
	mpack_put_int(out, facts->seen);
	for (uint32_t i = 0; i < facts->count; i++)
		put_fact(&facts->items[i], out);
}

void work_part_make(const struct digest_source *document, struct buf *out)
{
	struct work_facts facts = {0};
	work_facts_of(document, &facts);
	if (facts.count)
		work_part_put(&facts, out);
	work_facts_close(&facts);
}

static int32_t get_day(struct mpack_in *in)
{
	const int64_t day = mpack_int(in);
	if (day < INT32_MIN || day > INT32_MAX)
		mpack_fail(in, ERR_TOOBIG);
	return in->error ? 0 : (int32_t)day;
}

/* Whole items of a size, at most so many. */
static struct span get_list(
        struct mpack_in *in, struct work_facts *facts, size_t item_bytes, size_t item_count_max)
{
	const struct span bytes = mpack_bin(in);
	if (bytes.size % item_bytes || bytes.size > item_bytes * item_count_max)
		mpack_fail(in, ERR_TOOBIG);
	return in->error ? (struct span){NULL, 0} : work_keep(facts, bytes);
}

static struct span get_words(struct mpack_in *in, struct work_facts *facts)
{
	const struct span text = mpack_str(in);
	if (text.size > WORK_WORDS_BYTES_MAX)
		mpack_fail(in, ERR_TOOBIG);
	return in->error ? (struct span){NULL, 0} : work_keep(facts, text);
}

static void get_fact(struct mpack_in *in, struct work_facts *facts, struct work_fact *fact)
{
	if (mpack_array(in) != FACT_MEMBERS)
		mpack_fail(in, ERR_MALFORMED);
	fact->source = (uint32_t)mpack_uint(in, UINT32_MAX);
	fact->key = get_list(in, facts, 1, WORK_KEY_BYTES_MAX);
	fact->records = get_list(in, facts, ID_SHORT_BYTES, WORK_RECORDS_MAX);
	fact->note = get_day(in);
	fact->soon = get_day(in);
	fact->now = get_day(in);
	fact->until = get_day(in);
	fact->day = get_day(in);
	fact->whose = (enum work_whose)mpack_uint(in, WORK_AUTHOR);
	fact->person = get_list(in, facts, fact->whose == WORK_AUTHOR ? WORK_FEED_BYTES : SCHEMA_SHORT_BYTES,
	        WORK_PEOPLE_MAX);
	fact->done_by = get_list(in, facts, WORK_FEED_BYTES, WORK_PEOPLE_MAX);
	fact->fr = get_words(in, facts);
	fact->en = get_words(in, facts);
}

int work_part_get(struct span bytes, struct work_facts *out)
{
	*out = (struct work_facts){0};
	int result = mpack_check(bytes);
	if (result)
		return result;
	struct mpack_in in = mpack_begin(bytes);
	const uint32_t members = mpack_array(&in);
	if (members < PART_HEAD || members > PART_HEAD + WORK_FACTS_ALL_MAX)
		mpack_fail(&in, ERR_MALFORMED);
	if (mpack_uint(&in, UINT32_MAX) != PART_FORMAT)
		mpack_fail(&in, ERR_VERSION);
	out->referents = get_list(&in, out, SCHEMA_SHORT_BYTES, WORK_PEOPLE_MAX);
	out->left_out = (uint32_t)mpack_uint(&in, UINT32_MAX);
	out->seen = get_day(&in);
	for (uint32_t i = PART_HEAD; !in.error && i < members; i++) {
		out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
		out->items[out->count] = (struct work_fact){0};
		get_fact(&in, out, &out->items[out->count++]);
	}
	result = mpack_end(&in);
	if (result)
		work_facts_close(out);
	return result;
}
