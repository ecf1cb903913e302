#include "node/medication/medication_work.h"

#include "node/medication/items.h"

enum { LETTER_BYTES = 2 };

static const struct {
	uint32_t source;
	enum work_whose whose;
} SOURCES[MEDICATION_ITEM_KINDS] = {
        [MEDICATION_ITEM_ENDS] = {WORK_PRESCRIPTION, WORK_REFERENT},
        [MEDICATION_ITEM_NO_END] = {WORK_PRESCRIPTION, WORK_REFERENT},
        [MEDICATION_ITEM_FOLLOW_UP] = {WORK_FOLLOW_UP, WORK_REFERENT},
        [MEDICATION_ITEM_DOSES] = {WORK_DOSES, WORK_TEAM},
        [MEDICATION_ITEM_PAIR] = {WORK_DUPLICATE, WORK_REFERENT},
        [MEDICATION_ITEM_WITHOUT] = {WORK_PRESCRIPTION, WORK_REFERENT},
        [MEDICATION_ITEM_VERSIONS] = {WORK_MEDICATION, WORK_REFERENT},
        [MEDICATION_ITEM_UNREAD] = {WORK_MEDICATION, WORK_REFERENT},
};

static int32_t work_day(int64_t day)
{
	if (day >= MEDICATION_NEVER)
		return WORK_NEVER;
	return day <= WORK_ALWAYS ? WORK_ALWAYS : (int32_t)day;
}

/* Kind, number, ids: what stays while it is the same matter. */
static struct span key_of(struct work_facts *out, const struct medication_item *item)
{
	uint8_t key[LETTER_BYTES + sizeof(item->ids)] = {(uint8_t)item->kind, (uint8_t)item->number};
	const size_t ids = item->id_count * sizeof(*item->ids);
	memcpy(key + LETTER_BYTES, item->ids, ids);
	return work_keep(out, span_of(key, LETTER_BYTES + ids));
}

static struct span words_of(
        struct work_facts *out, const struct medication_item *item, enum schema_language language)
{
	struct buf text = {0};
	medication_item_words(item, language, &text);
	const struct span kept = work_words(out, "%.*s", (int)text.size, (const char *)text.data);
	buf_close(&text);
	return kept;
}

static void add(struct work_facts *out, const struct medication_item *item)
{
	struct work_fact *fact = work_add(out, SOURCES[item->kind].source);
	if (!fact)
		return;
	fact->whose = SOURCES[item->kind].whose;
	fact->key = key_of(out, item);
	fact->records = work_keep(out, span_of(item->ids, item->id_count * sizeof(*item->ids)));
	fact->note = work_day(item->note);
	fact->soon = work_day(item->soon);
	fact->now = work_day(item->now);
	fact->until = work_day(item->until);
	fact->day = work_day(item->day);
	fact->fr = words_of(out, item, SCHEMA_FR);
	fact->en = words_of(out, item, SCHEMA_EN);
}

void medication_work_of(const struct medication *medication, struct work_facts *out)
{
	struct medication_item items[MEDICATION_ITEMS_MAX];
	uint32_t left_out;
	const uint32_t count = medication_items(medication, items, &left_out);
	out->left_out += left_out;
	for (uint32_t i = 0; i < count; i++)
		add(out, &items[i]);
}

bool medication_is_work(uint32_t source)
{
	for (uint32_t i = 0; i < MEDICATION_ITEM_KINDS; i++)
		if (SOURCES[i].source && SOURCES[i].source == source)
			return true;
	return false;
}

void medication_work(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct medication medication = {0};
	(void)source;
	medication_look(&medication, document);
	medication_derive(&medication);
	medication_work_of(&medication, out);
	medication_close(&medication);
}
