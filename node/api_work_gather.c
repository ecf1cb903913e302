/*
 * What wants a person's attention, from every document and from what no document says, kept from one question to the next (work/README.md, section 8).
 *
 * Normal course: api_work_gather() makes the facts of those documents alone that are other ones since, and all that is of the team; then the entries of the day. Failures: a document whose
 * events are not durable yet has no mark, and its facts are made again by the next call.
 */
#include "node/api_work.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_medication.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/medication/medication_work.h"
#include "node/node_digest.h"

/* ---- Facts of a document ----------------------------------------------------------------------------------------- */

struct digest_source api_digest_source(struct api_node *app, const struct crdt_doc *doc)
{
	return (struct digest_source){doc, api_read_op, app};
}

/* Named in any of her files. */
static struct span referents_of_all(
        struct api_node *app, const struct patient_group *group, struct arena *arena)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(app, group, docs);
	struct buf all = {0};
	for (uint32_t i = 0; i < count; i++)
		buf_add_span(&all, work_referents(docs[i], arena));
	const struct span kept = arena_span(arena, buf_span(&all));
	buf_close(&all);
	return kept;
}

/* Of one of several files: what each says of its medication alone is left to what all say together. */
static void adjust(struct api_node *app, const struct api_work *work, const struct record_id *file,
        struct work_facts *facts)
{
	struct patient_group group;
	uint32_t kept = 0;
	if (!patient_groups_is_joined(&work->groups, file))
		return;
	patient_groups_of(&work->groups, file, &group);
	for (uint32_t i = 0; i < facts->count; i++)
		if (!medication_is_work(facts->items[i].source))
			facts->items[kept++] = facts->items[i];
	facts->count = kept;
	facts->referents = referents_of_all(app, &group, &facts->arena);
}

/* *is_final: nothing of it is still on its way to the disk. */
static void facts_of_document(struct api_node *app, const struct api_work *work, uint32_t number,
        struct work_facts *out, bool *is_final)
{
	uint32_t doc_kind;
	struct record_id id;
	struct crdt_doc *doc;
	struct node_reading reading = {.node = app->node, .is_final = true};
	*out = (struct work_facts){0};
	*is_final = true;
	if (node_shown_at(app->node, number, &doc_kind, &id) || node_shown_by_number(app->node, number, &doc))
		return;
	if (doc_kind == SCHEMA_DOC_THREAD && api_messages_are_seen(app, doc))
		return;
	const struct digest_source source = {doc, node_read_event, &reading};
	work_facts_of(&source, out);
	*is_final = reading.is_final;
	if (doc_kind == SCHEMA_DOC_DOSSIER)
		adjust(app, work, &id, out);
}

static void facts_of_dossier(struct api_node *app, const struct api_work *work,
        const struct node_digest *digest, struct work_facts *out)
{
	bool is_final;
	*out = (struct work_facts){0};
	if (digest->is_cut || (digest->part.size && work_part_get(digest->part, out)))
		facts_of_document(app, work, digest->number, out, &is_final);
	else
		adjust(app, work, &digest->dossier, out);
}

/* What a patient with several files takes: a drug that two of them prescribe, a dose that was noted in both. */
static void facts_of_medication(struct api_node *app, const struct api_work *work,
        const struct record_id *file, struct work_facts *out)
{
	struct patient_group group;
	*out = (struct work_facts){0};
	patient_groups_of(&work->groups, file, &group);
	if (api_medication_work(app, &group, out) == 0)
		out->referents = referents_of_all(app, &group, &out->arena);
	else
		work_facts_close(out);
}

/* ---- Files of one patient ---------------------------------------------------------------------------------------- */

/* Of all that a group's files say: the files, and the digest of each. 0: it cannot be said. */
static uint64_t mark_of_group(struct api_node *app, const struct patient_group *group)
{
	crypto_generichash_state state;
	uint8_t hash[16];
	uint64_t mark;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (uint32_t i = 0; i < group->count; i++) {
		const uint64_t stamp = node_digest_stamp(app->node, &group->files[i]);
		if (!stamp)
			return 0;
		crypto_generichash_update(&state, group->files[i].bytes, ID_SHORT_BYTES);
		crypto_generichash_update(&state, (const uint8_t *)&stamp, sizeof(stamp));
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(&mark, hash, sizeof(mark));
	return mark;
}

static bool is_first_of_several(const struct patient_groups *groups, uint32_t place)
{
	return record_id_eq(&groups->files[place], &groups->main[place]) &&
	        patient_groups_is_joined(groups, &groups->files[place]);
}

static void know_groups(struct api_node *app, struct api_work *work)
{
	patient_groups_close(&work->groups);
	mem_free(work->marks);
	api_groups(app, &work->groups);
	work->marks = mem_zero(work->groups.count + 1, sizeof(*work->marks));
	for (uint32_t i = 0; i < work->groups.count; i++) {
		struct patient_group group;
		if (!patient_groups_is_joined(&work->groups, &work->groups.files[i]))
			continue;
		patient_groups_of(&work->groups, &work->groups.files[i], &group);
		work->marks[i] = mark_of_group(app, &group);
	}
}

static int by_id(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* Of what a file's facts are made: its digest, or all of the group's. */
static uint64_t mark_of_file(const struct api_work *work, const struct record_id *file, uint64_t stamp)
{
	const struct patient_groups *groups = &work->groups;
	const struct record_id *found = groups->count
	        ? bsearch(file, groups->files, groups->count, sizeof(*file), by_id)
	        : NULL;
	return found && patient_groups_is_joined(groups, file) ? work->marks[found - groups->files] : stamp;
}

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

struct gathering {
	struct api_node *app;
	struct api_work *work;
	uint64_t mark; /* of the dossier that is wanted */
};

static bool is_wanted(void *context, uint32_t number, const struct record_id *dossier, uint64_t stamp)
{
	struct gathering *gathering = context;
	gathering->mark = mark_of_file(gathering->work, dossier, stamp);
	return !work_list_has(&gathering->work->list, number, dossier, gathering->mark);
}

static bool take_dossier(void *context, const struct node_digest *digest)
{
	const struct gathering *gathering = context;
	struct api_work *work = gathering->work;
	const uint32_t number = digest->number;
	const struct record_id dossier = digest->dossier;
	/* One that had to be made by this very call is of another stamp than the one that was asked about. */
	const uint64_t mark = mark_of_file(work, &dossier, digest->stamp);
	struct work_facts facts;
	facts_of_dossier(gathering->app, work, digest, &facts);
	work_list_put(&work->list, number, SCHEMA_DOC_DOSSIER, &dossier, mark, &facts, &work->reader);
	work_facts_close(&facts);
	return true;
}

static int take_dossiers(struct api_node *app, struct api_work *work)
{
	struct gathering gathering = {app, work, 0};
	return node_digest_each_wanted(app->node, DIGEST_WORK, is_wanted, take_dossier, &gathering);
}

/* Who may not write in threads has seen what this device showed her, which is no part of the document. */
static uint64_t mark_of_document(const struct api_node *app, uint32_t number, uint32_t doc_kind)
{
	return doc_kind == SCHEMA_DOC_THREAD && !node_may_write(app->node, COMPARTMENT_MESSAGE)
	        ? 0
	        : node_doc_stamp(app->node, number);
}

/* Documents that are no dossiers. */
static void take_others(struct api_node *app, struct api_work *work)
{
	for (uint32_t i = 0, count = node_shown_count(app->node); i < count; i++) {
		uint32_t doc_kind;
		struct record_id id;
		struct work_facts facts;
		bool is_final;
		if (node_shown_at(app->node, i, &doc_kind, &id) || doc_kind == SCHEMA_DOC_DOSSIER)
			continue;
		const uint64_t mark = mark_of_document(app, i, doc_kind);
		if (work_list_has(&work->list, i, &id, mark))
			continue;
		facts_of_document(app, work, i, &facts, &is_final);
		work_list_put(&work->list, i, doc_kind, &id, is_final ? mark : 0, &facts, &work->reader);
		work_facts_close(&facts);
	}
}

/* As of all of the group, and never a file's own mark: a number may be a file's of the same group today that was not one yesterday (an early copy's moves with each new document). */
static uint64_t mark_of_medication(uint64_t group_mark)
{
	return group_mark ? ~group_mark : 0;
}

/* Behind all documents: one for each patient with several files. */
static void take_medication(struct api_node *app, struct api_work *work)
{
	uint32_t number = work->shown;
	for (uint32_t i = 0; i < work->groups.count; i++) {
		const struct record_id *file = &work->groups.files[i];
		const uint64_t mark = mark_of_medication(work->marks[i]);
		struct work_facts facts;
		if (!is_first_of_several(&work->groups, i))
			continue;
		if (!work_list_has(&work->list, number, file, mark)) {
			facts_of_medication(app, work, file, &facts);
			work_list_put(
			        &work->list, number, SCHEMA_DOC_DOSSIER, file, mark, &facts, &work->reader);
			work_facts_close(&facts);
		}
		number++;
	}
	work_list_cut(&work->list, number);
}

static bool is_same_reader(const struct work_reader *a, const struct work_reader *b)
{
	return person_id_eq(&a->person, &b->person) && a->feed_count == b->feed_count &&
	        (a->feed_count == 0 || memcmp(a->feeds, b->feeds, a->feed_count * sizeof(*a->feeds)) == 0);
}

/* Whose each item is, is said when its line is made. */
static void know_reader(struct api_node *app, struct api_work *work)
{
	struct work_reader now = {0};
	struct feed_id *feeds = NULL;
	if (api_own_person(app, &now.person)) {
		feeds = api_own_feeds(app, &now.feed_count);
		now.feeds = feeds;
	}
	if (!is_same_reader(&now, &work->reader))
		work_list_close(&work->list);
	mem_free(work->feeds);
	work->feeds = feeds;
	work->reader = now;
}

/* Of two files that are perhaps one person's: beside one of them. */
static void keep_pair(void *context, struct work_facts *facts, const struct record_id *file)
{
	struct api_work *work = context;
	work_list_add(&work->list, facts, SCHEMA_DOC_DOSSIER, file, &work->reader);
}

static void take_team(struct api_node *app, struct api_work *work)
{
	static const struct record_id none = {{0}};
	struct work_facts facts = {0};
	work_list_drop_added(&work->list);
	api_work_of_team(app, work, &facts);
	work_list_add(&work->list, &facts, 0, &none, &work->reader);
	api_duplicates_work(app, &work->duplicates, keep_pair, work);
	api_partly_shared_work(app, &work->groups, keep_pair, work);
}

void api_work_due_at(struct api_work *work, int64_t due_s)
{
	if (due_s > work->now_s && due_s < work->due_s)
		work->due_s = due_s;
}

int api_work_gather(struct api_node *app, struct api_work **out)
{
	struct api_work *work = app->work;
	if (work && work->node != app->node)
		api_work_forget(app);
	if (!app->work)
		app->work = mem_zero(1, sizeof(*app->work));
	*out = work = app->work;
	work->node = app->node;
	work->now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	work->due_s = INT64_MAX;
	know_reader(app, work);
	know_groups(app, work);
	const int result = take_dossiers(app, work);
	work->shown = node_shown_count(app->node);
	take_others(app, work);
	take_medication(app, work);
	take_team(app, work);
	work_list_sort(&work->list, (int32_t)calendar_paris_day(work->now_s));
	return result;
}

void api_work_forget(struct api_node *app)
{
	struct api_work *work = app->work;
	if (!work)
		return;
	work_list_close(&work->list);
	patient_groups_close(&work->groups);
	mem_free(work->marks);
	mem_free(work->feeds);
	api_duplicates_forget(&work->duplicates);
	mem_free(work);
	app->work = NULL;
}

/* ---- One entry --------------------------------------------------------------------------------------------------- */

/* Of a dossier, or of what its patient's files say together. */
static int facts_again(
        struct api_node *app, const struct api_work *work, uint32_t number, struct work_facts *out)
{
	const struct work_doc *doc = &work->list.docs[number];
	struct node_digest digest;
	bool is_final;
	*out = (struct work_facts){0};
	if (number >= work->shown) {
		facts_of_medication(app, work, &doc->id, out);
		return 0;
	}
	if (doc->kind != SCHEMA_DOC_DOSSIER) {
		facts_of_document(app, work, number, out, &is_final);
		return 0;
	}
	const int result = node_digest_of(app->node, &doc->id, DIGEST_WORK, &digest);
	if (result == 0)
		facts_of_dossier(app, work, &digest, out);
	return result;
}

bool api_work_look(struct api_node *app, const struct api_work *work, const struct work_entry *entry,
        void (*look)(void *context, const struct work_item *item), void *context)
{
	struct work_item item = work_entry_item(entry);
	struct work_facts again = {0};
	const struct work_facts *facts = entry->doc->facts;
	if (!facts && facts_again(app, work, (uint32_t)(entry->doc - work->list.docs), &again) == 0)
		facts = &again;
	const bool is_there = facts && entry->line->place < facts->count &&
	        facts->items[entry->line->place].source == entry->line->source;
	if (is_there) {
		item.fact = &facts->items[entry->line->place];
		item.referents = facts->referents;
		look(context, &item);
	}
	work_facts_close(&again);
	return is_there;
}
