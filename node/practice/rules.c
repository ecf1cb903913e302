#include "node/practice/rules.h"

#include <sodium.h>
#include <stdlib.h>

#include "node/narrative.h"

enum { TITLE = 2, TEXT = 3, STATE = 5, HOLDS = 1, SIGNED_RULE = 1, SIGNED_AT = 2, SIGNED_DIGEST = 3 };

/* ---- The text ---------------------------------------------------------------------------------------------------- */

static void hash_u32(crypto_generichash_state *state, uint32_t value)
{
	const uint8_t bytes[4] = {
	        (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
	crypto_generichash_update(state, bytes, sizeof(bytes));
}

static struct crdt_path path_of(const struct record_id *rule, uint32_t field)
{
	struct crdt_path path;
	record_path(schema_kind(SCHEMA_TEAM_RULE), rule, field, &path);
	return path;
}

void rules_digest(
        const struct crdt_doc *doc, const struct record_id *rule, uint8_t digest[RULES_DIGEST_BYTES])
{
	static const char label[] = "releve rule 1";
	const struct crdt_path title = path_of(rule, TITLE), text = path_of(rule, TEXT);
	struct crdt_values titles = {0};
	struct buf words = {0};
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, RULES_DIGEST_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label) - 1);
	crdt_doc_values(doc, crdt_path_span(&title), &titles);
	hash_u32(&state, titles.count);
	for (uint32_t i = 0; i < titles.count; i++) {
		hash_u32(&state, (uint32_t)titles.items[i].value.size);
		crypto_generichash_update(&state, titles.items[i].value.data, titles.items[i].value.size);
	}
	narrative_read(doc, crdt_path_span(&text), &words);
	crypto_generichash_update(&state, words.data, words.size);
	crypto_generichash_final(&state, digest, RULES_DIGEST_BYTES);
	crdt_values_close(&titles);
	buf_close(&words);
}

bool rules_holds(const struct crdt_doc *doc, const struct record_id *rule)
{
	const struct crdt_path path = path_of(rule, STATE);
	const struct schema_field *field = schema_field(schema_kind(SCHEMA_TEAM_RULE), STATE);
	struct crdt_values values = {0};
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	bool holds = values.count == 0;
	for (uint32_t i = 0; !holds && i < values.count; i++) {
		struct schema_value value;
		holds = schema_value_get(field, values.items[i].value, NULL, NULL, &value) &&
		        value.number == HOLDS;
	}
	crdt_values_close(&values);
	return holds;
}

/* ---- Signatures -------------------------------------------------------------------------------------------------- */

static bool read_signature(const struct digest_source *document, const struct crdt_event *event,
        const struct record_id *rule, struct rules_signature *out)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!digest_event(document, event, &measures, &record))
		return false;
	const struct schema_value *of = schema_value(&record, SIGNED_RULE),
	                          *at = schema_value(&record, SIGNED_AT),
	                          *digest = schema_value(&record, SIGNED_DIGEST);
	if (!of || !at || memcmp(of->bytes.data, rule->bytes, SCHEMA_SHORT_BYTES) != 0)
		return false;
	*out = (struct rules_signature){
	        .id = event->id, .op = event->op, .hlc = event->hlc, .at_s = at->number};
	out->has_digest = digest && digest->bytes.size == RULES_DIGEST_BYTES;
	if (out->has_digest)
		memcpy(out->digest, digest->bytes.data, RULES_DIGEST_BYTES);
	return true;
}

/* The version of the one at `place`, known those before it. */
static uint32_t version_of(const struct rules_signature *all, uint32_t place, uint32_t *versions)
{
	if (!all[place].has_digest)
		return 0;
	for (uint32_t i = 0; i < place; i++)
		if (all[i].has_digest && memcmp(all[i].digest, all[place].digest, RULES_DIGEST_BYTES) == 0)
			return all[i].version;
	return ++*versions;
}

struct rules_signature *rules_signatures(const struct digest_source *document, const struct record_id *rule,
        uint32_t *count, uint32_t *current)
{
	struct rules_signature *all = NULL;
	struct crdt_event event;
	uint32_t capacity = 0, cursor = 0, versions = 0;
	uint8_t now[RULES_DIGEST_BYTES];
	*count = *current = 0;
	rules_digest(document->doc, rule, now);
	while (crdt_doc_event(document->doc, SCHEMA_SIGNATURE, &cursor, &event)) {
		all = mem_room(all, *count, &capacity, sizeof(*all));
		if (event.is_corrected || !read_signature(document, &event, rule, &all[*count]))
			continue;
		struct rules_signature *one = &all[*count];
		one->version = version_of(all, *count, &versions);
		one->is_current = one->has_digest && memcmp(one->digest, now, sizeof(now)) == 0;
		if (one->is_current)
			*current = one->version;
		++*count;
		if (*count > RULES_SIGNATURES_MAX)
			memmove(all, all + 1, --*count * sizeof(*all));
	}
	return all;
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

/* Who signed what, read once for all rules: by rule, then digest. */
struct signing {
	uint8_t rule[SCHEMA_SHORT_BYTES], digest[RULES_DIGEST_BYTES], feed[WORK_FEED_BYTES];
};

struct signings {
	struct signing *items;
	uint32_t count, room;
};

static int by_signing(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct signing, feed));
}

static void list_signings(const struct digest_source *document, struct signings *out)
{
	struct crdt_event event;
	for (uint32_t cursor = 0; crdt_doc_event(document->doc, SCHEMA_SIGNATURE, &cursor, &event);) {
		struct schema_measures measures;
		struct schema_record record;
		if (event.is_corrected || !digest_event(document, &event, &measures, &record))
			continue;
		const struct schema_value *of = schema_value(&record, SIGNED_RULE),
		                          *digest = schema_value(&record, SIGNED_DIGEST);
		if (!of || !schema_value(&record, SIGNED_AT) || of->bytes.size < SCHEMA_SHORT_BYTES ||
		        !digest || digest->bytes.size != RULES_DIGEST_BYTES)
			continue;
		out->items = mem_room(out->items, out->count, &out->room, sizeof(*out->items));
		struct signing *one = &out->items[out->count++];
		memcpy(one->rule, of->bytes.data, sizeof(one->rule));
		memcpy(one->digest, digest->bytes.data, sizeof(one->digest));
		memcpy(one->feed, event.op.feed.bytes, sizeof(one->feed));
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_signing);
}

/* Whoever signed the text as it is now has nothing to do. */
static struct span signed_by(const struct digest_source *document, const struct signings *signings,
        const struct record_id *rule, struct work_facts *out)
{
	struct signing key = {{0}, {0}, {0}};
	uint8_t feeds[WORK_PEOPLE_MAX * WORK_FEED_BYTES];
	uint32_t low = 0, high = signings->count, kept = 0;
	memcpy(key.rule, rule->bytes, sizeof(key.rule));
	rules_digest(document->doc, rule, key.digest);
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (by_signing(&signings->items[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < signings->count && kept < WORK_PEOPLE_MAX &&
	        by_signing(&signings->items[low], &key) == 0;
	        low++)
		memcpy(feeds + WORK_FEED_BYTES * kept++, signings->items[low].feed, WORK_FEED_BYTES);
	return work_keep(out, span_of(feeds, (size_t)kept * WORK_FEED_BYTES));
}

static void tell(const struct digest_source *document, const struct signings *signings,
        const struct record_id *rule, uint32_t source, struct work_facts *out)
{
	const struct crdt_path path = path_of(rule, TITLE);
	const struct schema_field *field = schema_field(schema_kind(SCHEMA_TEAM_RULE), TITLE);
	struct crdt_value live;
	struct schema_value title = {.bytes = span_text("?")};
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	if (crdt_doc_get(document->doc, crdt_path_span(&path), &live) &&
	        !schema_value_get(field, live.value, NULL, NULL, &title))
		title.bytes = span_text("?");
	fact->key = work_keep(out, span_of(rule->bytes, sizeof(rule->bytes)));
	fact->records = fact->key;
	fact->done_by = signed_by(document, signings, rule, out);
	fact->fr = work_words(
	        out, "À lire et à signer : %.*s", (int)title.bytes.size, (const char *)title.bytes.data);
	fact->en = work_words(
	        out, "To be read and signed: %.*s", (int)title.bytes.size, (const char *)title.bytes.data);
}

void rules_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_TEAM_RULE);
	struct span cursor = {NULL, 0};
	struct record_id rule;
	struct signings signings = {0};
	list_signings(document, &signings);
	while (record_next(document->doc, kind, &cursor, &rule))
		if (rules_holds(document->doc, &rule))
			tell(document, &signings, &rule, source, out);
	mem_free(signings.items);
}
