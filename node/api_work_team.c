/* What wants attention and stands in no document: of the team, of this device, of the round (work/README.md, section 2). */
#include "node/api_work.h"

#include <sodium.h>

#include "node/api_notices.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/visit/running.h"

/* What a nurse is asked for about the team: a second signature, a choice. */
static void add_asked(struct api_node *app, struct work_facts *facts)
{
	json_t *asks = api_asks(app), *ask;
	size_t index;
	json_array_foreach(asks, index, ask)
	{
		const char *what = api_text(ask, "what"), *id = api_text(ask, "id");
		uint8_t key[WORK_ID_BYTES];
		crypto_generichash_state state;
		struct work_fact *fact = strcmp(what, "wait") == 0 ? NULL : work_add(facts, WORK_ASKED);
		if (!fact)
			continue;
		crypto_generichash_init(&state, NULL, 0, sizeof(key));
		crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
		crypto_generichash_update(&state, (const uint8_t *)id, id ? strlen(id) : 0);
		crypto_generichash_final(&state, key, sizeof(key));
		fact->key = work_keep(facts, span_of(key, sizeof(key)));
		fact->soon = WORK_ALWAYS;
		fact->fr = work_words(facts, "%s", api_text(ask, "fr"));
		fact->en = work_words(facts, "%s", api_text(ask, "en"));
	}
	json_decref(asks);
}

static void say_kept_apart(
        struct api_node *app, struct work_facts *facts, uint32_t feed, unsigned long long count)
{
	struct work_fact *fact = work_add(facts, WORK_QUARANTINE);
	struct buf fr = {0}, en = {0};
	if (!fact)
		return;
	describe_feed(app, feed, SCHEMA_FR, &fr);
	describe_feed(app, feed, SCHEMA_EN, &en);
	fact->key = work_keep(facts, span_of(log_feed(node_log(app->node), feed)->id.bytes, ID_LONG_BYTES));
	fact->soon = WORK_ALWAYS;
	fact->fr = work_words(facts, "%llu saisie(s) de %.*s sont mises à part et ne comptent pas", count,
	        (int)fr.size, (const char *)fr.data);
	fact->en = work_words(facts, "%llu entries of %.*s are kept apart and do not count", count,
	        (int)en.size, (const char *)en.data);
	buf_close(&fr);
	buf_close(&en);
}

/* Entries that wait for a colleague's word, by the feed that they stand in. */
static void add_quarantine(struct api_node *app, struct work_facts *facts)
{
	struct node_quarantined at = {0};
	uint64_t count = 0;
	uint32_t feed = 0;
	while (node_quarantine_next(app->node, &at)) {
		if (count && at.feed != feed) {
			say_kept_apart(app, facts, feed, count);
			count = 0;
		}
		feed = at.feed;
		count += !at.is_effective;
	}
	if (count)
		say_kept_apart(app, facts, feed, count);
}

static void add_notices(struct api_node *app, struct work_facts *facts)
{
	json_t *notices = api_notices(app, API_NOTICES_NEW, 0), *notice;
	size_t index;
	json_array_foreach(notices, index, notice)
	{
		const char *what = api_text(notice, "what"), *device = api_text(notice, "device");
		struct work_fact *fact = work_add(facts, WORK_NOTICED);
		uint8_t key[WORK_ID_BYTES];
		if (!fact) /* counted */
			continue;
		crypto_generichash(key, sizeof(key), (const uint8_t *)device, strlen(device),
		        (const uint8_t *)what, strlen(what));
		fact->key = work_keep(facts, span_of(key, sizeof(key)));
		fact->fr = work_words(facts, "%s", api_text(notice, "fr"));
		fact->en = work_words(facts, "%s", api_text(notice, "en"));
	}
	json_decref(notices);
}

/* A visit that was started here and not stopped (visit/README.md, section 3). */
static void add_running(struct api_node *app, struct api_work *work, struct work_facts *facts)
{
	json_t *running = api_running_json(app);
	const char *start = api_text(running, "start");
	const bool is_long = json_is_true(json_object_get(running, "long"));
	if (running && !is_long)
		api_work_due_at(work,
		        work->now_s + VISIT_LONG_S + 1 -
		                60 * (int64_t)json_integer_value(json_object_get(running, "minutes")));
	if (is_long || json_is_true(json_object_get(running, "overMidnight"))) {
		struct work_fact *fact = work_add(facts, WORK_RUNNING);
		fact->key = work_keep(facts, span_text(start));
		fact->now = WORK_ALWAYS;
		fact->fr = work_words(facts, "%s", api_text(running, "fr"));
		fact->en = work_words(facts, "%s", api_text(running, "en"));
	}
	json_decref(running);
}

void api_work_of_team(struct api_node *app, struct api_work *work, struct work_facts *facts)
{
	const int32_t today = (int32_t)calendar_paris_day(work->now_s);
	int64_t due_s = INT64_MAX;
	add_quarantine(app, facts);
	add_asked(app, facts);
	add_notices(app, facts);
	api_moves_work(app, today, facts);
	api_round_work(app, today, facts, &due_s);
	api_work_due_at(work, due_s);
	add_running(app, work, facts);
}

struct feed_id *api_own_feeds(struct api_node *app, uint32_t *count)
{
	struct log *log = node_log(app->node);
	struct feed_id *feeds = mem_zero(log_feed_count(log) + 1, sizeof(*feeds));
	*count = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (describe_is_self(app, i))
			feeds[(*count)++] = log_feed(log, i)->id;
	return feeds;
}
