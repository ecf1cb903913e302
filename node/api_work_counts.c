/* How much wants a person's attention: kept until something moves or a moment comes, and told to whoever follows. */
#include "node/api_work.h"

#include <sodium.h>
#include <string.h>

#include "node/calendar.h"
#include "node/node_digest.h"
#include "node/work/work_later.h"

enum {
	LOOK_EVERY_MS = 1000,
	LOOK_AGAIN_S = 600, /* what else time may bring: dates of rights */
	DIGESTS_AT_ONCE = 32, /* made by one look at the status, */
	DIGESTS_MS = 50, /* for so long */
	DAY_S = 86400,
};

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

/* Of `work`, what is to be seen today. */
static void count(const struct api_work *work, const struct work_later *later, struct api_work_counted *out)
{
	for (uint32_t i = 0; i < work->list.entry_count; i++) {
		const struct work_entry *entry = &work->list.entries[i];
		const struct work_item item = work_entry_item(entry);
		if (entry->line->is_done || work_later_until(later, &item, work->list.today) != WORK_NO_DAY)
			continue;
		if (entry->is_resting) {
			out->resting++;
			continue;
		}
		out->counts[entry->urgency]++;
		out->mine += entry->line->is_mine;
	}
}

static json_t *counted_json(const struct api_work_counted *counted)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "now", (json_int_t)counted->counts[WORK_NOW], "soon",
	        (json_int_t)counted->counts[WORK_SOON], "note", (json_int_t)counted->counts[WORK_NOTE],
	        "mine", (json_int_t)counted->mine, "resting", (json_int_t)counted->resting);
}

/* The moment from which other items may be due, with nothing written. */
static int64_t due_of(const struct api_work *work)
{
	int64_t due_s = work->due_s, midnight_s = work->now_s;
	while (calendar_paris_day(midnight_s) == work->list.today) /* whichever offset holds then */
		midnight_s += DAY_S / 48 - midnight_s % (DAY_S / 48);
	due_s = midnight_s < due_s ? midnight_s : due_s;
	return work->now_s + LOOK_AGAIN_S < due_s ? work->now_s + LOOK_AGAIN_S : due_s;
}

/* Everything that the counts are made of, but for the time. */
static struct api_work_mark mark_of(struct api_node *app)
{
	return (struct api_work_mark){
	        node_generation(app->node), api_drafts_moved(app), app->news_count, app->node};
}

static bool is_kept(struct api_node *app)
{
	const struct api_work_kept *kept = &app->work_kept;
	const struct api_work_mark now = mark_of(app);
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	return kept->is_known && memcmp(&now, &kept->mark, sizeof(now)) == 0 && now_s >= kept->made_s &&
	        now_s < kept->due_s;
}

static bool count_anew(struct api_node *app)
{
	struct api_work *work;
	struct work_later later;
	struct api_work_kept *kept = &app->work_kept;
	*kept = (struct api_work_kept){.mark = mark_of(app)};
	kept->is_known = api_work_gather(app, &work) == 0;
	api_work_read_later(app, &later);
	count(work, &later, &kept->counted);
	kept->made_s = work->now_s;
	kept->due_s = due_of(work);
	work_later_close(&later);
	return kept->is_known;
}

json_t *api_work_counts(struct api_node *app)
{
	if (is_kept(app))
		return counted_json(&app->work_kept.counted);
	/* While a device takes everything in, all dossiers move all the time. */
	if (node_copy(app->node).is_partial ||
	        node_digest_ahead(app->node, DIGESTS_AT_ONCE, DIGESTS_MS) > 0 || !count_anew(app))
		return json_null();
	return counted_json(&app->work_kept.counted);
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

/* Two lists that people would tell apart differ in it. */
static void digest_of(const struct api_work *work, uint8_t out[16])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 16);
	for (uint32_t i = 0; i < work->list.entry_count; i++) {
		const struct work_entry *entry = &work->list.entries[i];
		crypto_generichash_update(&state, entry->line->id, WORK_ID_BYTES);
		crypto_generichash_update(&state, &entry->urgency, 1);
	}
	crypto_generichash_final(&state, out, 16);
}

static void tell(struct api_node *app)
{
	struct api_work *work;
	struct work_later later;
	uint8_t digest[16];
	if (api_work_gather(app, &work) == 0) {
		app->work_told.is_known = true;
		app->work_told.due_s = due_of(work);
		digest_of(work, digest);
		api_work_read_later(app, &later);
		if (memcmp(digest, app->work_told.digest, sizeof(digest)) != 0) {
			struct api_work_counted counted = {0};
			count(work, &later, &counted);
			json_t *data = counted_json(&counted);
			json_object_set_new(
			        data, "number", json_integer((json_int_t)++app->work_told.number));
			api_publish(app->api, "work", data);
			json_decref(data);
		}
		memcpy(app->work_told.digest, digest, sizeof(digest));
		work_later_close(&later);
	}
}

void api_work_turned(struct api_node *app, bool moved)
{
	struct api_work_told *told = &app->work_told;
	const uint64_t now_ms = env_monotonic_ms(app->env);
	told->is_due |= moved || (told->is_known && (int64_t)(env_wall_ms(app->env) / 1000) >= told->due_s);
	if (moved &&
	        !api_is_followed(
	                app->api)) /* who follows later may have read anything since the last event */
		memset(told->digest, 0, sizeof(told->digest));
	/* While most records are still to come, all dossiers move all the time. */
	if (!told->is_due || !api_is_followed(app->api) || !node_in_team(app->node) ||
	        now_ms - told->looked_ms < LOOK_EVERY_MS || node_copy(app->node).is_partial)
		return;
	told->is_due = false;
	told->looked_ms = now_ms;
	tell(app);
}
