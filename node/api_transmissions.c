/* Transmissions: what is to be read, that it was read, and the threads of a dossier (visit/README.md, section 4). */
#include "node/api_transmissions.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/clock.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/describe.h"
#include "node/node_digest.h"
#include "node/node_history.h"
#include "node/node_record.h"
#include "node/visit/threads.h"

/* ---- People ------------------------------------------------------------------------------------------------------ */

/* Whose each feed is that is known here; zero: nobody's. */
struct author {
	uint8_t feed[THREADS_FEED_BYTES];
	struct person_id person;
};

struct authors {
	struct author *items; /* by feed */
	uint32_t count;
};

static int by_feed(const void *a, const void *b)
{
	return memcmp(a, b, THREADS_FEED_BYTES);
}

static struct authors list_authors(struct api_node *app)
{
	struct log *log = node_log(app->node);
	const struct team_view *view = node_view(app->node);
	struct authors authors = {.count = view ? log_feed_count(log) : 0};
	authors.items = mem_zero((size_t)authors.count + 1, sizeof(*authors.items));
	for (uint32_t i = 0; i < authors.count; i++) {
		const struct log_feed *feed = log_feed(log, i);
		const struct team_device *device = team_view_device(view, &feed->device);
		memcpy(authors.items[i].feed, feed->id.bytes, THREADS_FEED_BYTES);
		if (device)
			authors.items[i].person = device->person;
	}
	if (authors.count)
		qsort(authors.items, authors.count, sizeof(*authors.items), by_feed);
	return authors;
}

static struct person_id person_of_feed(void *context, const uint8_t feed[THREADS_FEED_BYTES])
{
	const struct authors *authors = context;
	const struct author *found = authors->count
	        ? bsearch(feed, authors->items, authors->count, sizeof(*authors->items), by_feed)
	        : NULL;
	return found ? found->person : (struct person_id){{0}};
}

/* Whoever reads, and since when she is in the team. */
struct reader {
	struct person_id person;
	uint64_t joined_ms;
};

static bool find_reader(struct api_node *app, struct reader *out)
{
	const struct team_view *view = node_view(app->node);
	*out = (struct reader){{{0}}, 0};
	if (!api_own_person(app, &out->person))
		return false;
	const struct team_person *person = team_view_person(view, &out->person);
	const struct team_dag *dag = team_membership_dag(node_membership(app->node));
	if (person && person->arrival_node < dag->count)
		out->joined_ms = crdt_hlc_ms(dag->nodes[person->arrival_node]->hlc);
	return true;
}

/* ---- What is to be read ------------------------------------------------------------------------------------------ */

enum which { ALL, TO_READ, WAITING };

/* One that a list shows. */
struct row {
	struct record_id dossier, id;
	uint64_t saved_ms;
	uint32_t urgency, replies;
	bool is_near;
};

/* What is left of one author, in all dossiers. */
struct left {
	struct person_id person;
	uint32_t count, urgent;
};

struct listing {
	struct api_node *app;
	struct authors authors;
	struct reader reader;
	enum which which;
	uint64_t now_ms;
	struct patient_groups groups; /* while it is gathered */
	struct row *rows;
	uint32_t count, capacity;
	struct left *left;
	uint32_t left_count, left_room;
};

static void close_listing(struct listing *listing)
{
	mem_free(listing->authors.items);
	mem_free(listing->rows);
	mem_free(listing->left);
}

static bool is_wanted(struct listing *listing, const struct threads *threads, const struct transmission *item)
{
	switch (listing->which) {
	case TO_READ:
		return threads_to_read(threads, item, &listing->reader.person, listing->reader.joined_ms,
		        person_of_feed, &listing->authors);
	case WAITING:
		return threads_is_waiting(threads, item, listing->now_ms, person_of_feed, &listing->authors);
	case ALL:
		break;
	}
	return true;
}

/* Of the list of what is to be read; the others say how many stand in the threads. */
static uint32_t left_wanted(struct listing *listing, const struct threads *threads,
        const struct threads_left *left, uint32_t *urgent)
{
	const uint32_t count = threads_left_since(left, 0, urgent);
	switch (listing->which) {
	case TO_READ:
		return threads_left_to_read(threads, left, &listing->reader.person, listing->reader.joined_ms,
		        person_of_feed, &listing->authors, urgent);
	case WAITING: /* of what is left it is not looked at when it was saved */
		return left->readers.size ? 0 : *urgent;
	case ALL:
		break;
	}
	return count;
}

static void add_left(struct listing *listing, const struct threads *threads, const struct threads_left *left)
{
	uint32_t urgent;
	const uint32_t count = left_wanted(listing, threads, left, &urgent);
	const struct person_id person = person_of_feed(&listing->authors, threads->feeds[left->author]);
	uint32_t at = 0;
	if (!count)
		return;
	while (at < listing->left_count && !person_id_eq(&listing->left[at].person, &person))
		at++; /* people of a team: dozens */
	if (at == listing->left_count) {
		listing->left = mem_room(
		        listing->left, listing->left_count++, &listing->left_room, sizeof(*listing->left));
		listing->left[at] = (struct left){person, 0, 0};
	}
	listing->left[at].count += count;
	listing->left[at].urgent += urgent;
}

/* Is the patient one of hers, by any of her files? */
static bool is_near(struct listing *listing, const struct record_id *file, const struct threads *threads)
{
	struct patient_group group;
	bool is_referent, is_in_circle;
	if (!patient_groups_is_joined(&listing->groups, file))
		return threads_is_near(threads, &listing->reader.person);
	patient_groups_of(&listing->groups, file, &group);
	api_circle_of(listing->app, &group, span_of(listing->reader.person.bytes, SCHEMA_SHORT_BYTES),
	        &is_referent, &is_in_circle);
	return is_referent || is_in_circle;
}

static bool add_dossier(void *context, const struct node_digest *digest)
{
	struct listing *listing = context;
	struct threads threads;
	if (!api_threads_of(listing->app, digest, &threads))
		return true;
	const bool near = threads.count && is_near(listing, &digest->dossier, &threads);
	for (uint32_t i = 0; i < threads.count; i++) {
		const struct transmission *item = &threads.items[i];
		if (!is_wanted(listing, &threads, item))
			continue;
		listing->rows = mem_room(
		        listing->rows, listing->count, &listing->capacity, sizeof(*listing->rows));
		listing->rows[listing->count++] = (struct row){
		        digest->dossier, item->id, item->saved_ms, item->urgency, item->replies, near};
	}
	for (uint32_t i = 0; i < threads.left_count; i++)
		add_left(listing, &threads, &threads.left[i]);
	threads_close(&threads);
	return true;
}

/* Urgent ones, then those of one's own patients, then the newest. */
static int row_cmp(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	const bool is_urgent = a->urgency == THREADS_URGENT, other_is = b->urgency == THREADS_URGENT;
	if (is_urgent != other_is)
		return is_urgent ? -1 : 1;
	if (a->is_near != b->is_near)
		return a->is_near ? -1 : 1;
	if (a->saved_ms != b->saved_ms)
		return a->saved_ms > b->saved_ms ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
}

static int newest_cmp(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	return a->saved_ms == b->saved_ms ? row_cmp(a, b) : a->saved_ms > b->saved_ms ? -1 : 1;
}

static int gather(struct api_node *app, enum which which, struct listing *out)
{
	*out = (struct listing){.app = app, .which = which, .now_ms = env_wall_ms(app->env)};
	if (!find_reader(app, &out->reader))
		return ERR_DENIED;
	out->authors = list_authors(app);
	api_groups(app, &out->groups);
	int result = node_digest_each(app->node, DIGEST_TRANSMISSIONS, add_dossier, out);
	patient_groups_close(&out->groups);
	if (result == 0 && out->count)
		qsort(out->rows, out->count, sizeof(*out->rows), which == ALL ? newest_cmp : row_cmp);
	return result;
}

static json_t *row_json(struct api_node *app, const struct row *row)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &row->dossier, &doc) ||
	        !api_find_event(doc, SCHEMA_TRANSMISSION, &row->id, &event))
		return NULL;
	json_t *json = api_event_json(app, &event.op);
	if (!json)
		return NULL;
	struct patient_group group;
	api_group_of(app, &row->dossier, &group);
	json_t *document = describe_document(app, SCHEMA_DOC_DOSSIER, &group.files[0]);
	api_put_patient(app, json, &row->dossier);
	json_object_set(json, "patientName", json_object_get(document, "title"));
	json_object_set_new(json, "replies", json_integer(row->replies));
	json_object_set_new(json, "near", json_boolean(row->is_near));
	api_put_author(app, json);
	json_decref(document);
	return json;
}

static int left_cmp(const void *a, const void *b)
{
	const struct left *x = a, *y = b;
	if (x->urgent != y->urgent)
		return x->urgent > y->urgent ? -1 : 1;
	return memcmp(x->person.bytes, y->person.bytes, sizeof(x->person.bytes));
}

/* "left": by whom there are more than lists know, and how many; *count: of all. */
static json_t *left_json(struct api_node *app, struct listing *listing, uint64_t *count)
{
	json_t *list = json_array();
	*count = 0;
	if (listing->left_count)
		qsort(listing->left, listing->left_count, sizeof(*listing->left), left_cmp);
	for (uint32_t i = 0; i < listing->left_count; i++) {
		const struct left *left = &listing->left[i];
		*count += left->count;
		json_array_append_new(list,
		        json_pack("{s:o, s:o*, s:I, s:I}", "by", api_hex(left->person.bytes, ID_SHORT_BYTES),
		                "byName", api_person_name(app, &left->person), "count",
		                (json_int_t)left->count, "urgent", (json_int_t)left->urgent));
	}
	return list;
}

static size_t from_of(const struct api_call *call)
{
	const char *text = api_call_query(call, "from");
	return text ? strtoul(text, NULL, 10) : 0;
}

static int get_list(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const enum which which = api_call_query(call, "toRead") ? TO_READ
	        : api_call_query(call, "waiting")               ? WAITING
	                                                        : ALL;
	const uint32_t limit = api_list_limit(call);
	struct crdt_frontier now = {0};
	struct listing listing;
	json_t *list = json_array();
	node_present(app->node, &now);
	int result = gather(app, which, &listing);
	size_t next = from_of(call);
	uint64_t left = 0;
	for (size_t i = next; result == 0 && i < listing.count && json_array_size(list) < limit; i++) {
		json_t *json = row_json(app, &listing.rows[i]);
		next = i + 1;
		if (!json)
			continue;
		json_array_append_new(list, json);
		api_note(app, ACCESS_RECORD, &listing.rows[i].dossier, 0);
	}
	if (result == 0) {
		json_t *more = left_json(app, &listing, &left),
		       *json = json_pack("{s:O, s:I, s:o}", "transmissions", list, "total",
		               (json_int_t)(listing.count + left), "left", more);
		if (next < listing.count)
			json_object_set_new(json, "next", json_integer((json_int_t)next));
		else if (from_of(call) == 0) /* of a part, those that it showed are read by their ids */
			json_object_set_new(json, "upto", api_mark_json(app, &now));
		api_call_reply(call, 200, json);
	}
	json_decref(list);
	close_listing(&listing);
	crdt_frontier_close(&now);
	return result;
}

int api_get_transmissions(struct api_call *call)
{
	return api_when_durable(call, get_list);
}

/* ---- That it was read -------------------------------------------------------------------------------------------- */

/* Of one dossier at most SCHEMA_SHORTS_MAX at once. */
static int write_reading(struct api_node *app, const struct row *rows, size_t count)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_READING);
	uint8_t ids[SCHEMA_SHORTS_MAX * SCHEMA_SHORT_BYTES];
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	struct schema_record record = {.kind = kind};
	for (size_t i = 0; i < count; i++)
		memcpy(ids + i * SCHEMA_SHORT_BYTES, rows[i].id.bytes, SCHEMA_SHORT_BYTES);
	env_random_bytes(app->env, record.id.bytes, sizeof(record.id.bytes));
	schema_put(&record, schema_field_named(kind, span_text("transmissions")))->bytes = span_of(
	        ids, count * SCHEMA_SHORT_BYTES);
	struct schema_value *at = schema_put(&record, schema_field_named(kind, span_text("at")));
	at->number = now_s;
	at->offset_minutes = calendar_paris_offset_minutes(now_s);
	return node_write_record(app->node, SCHEMA_DOC_DOSSIER, &rows[0].dossier, &record, NULL, NULL);
}

static int dossier_cmp(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = memcmp(a->dossier.bytes, b->dossier.bytes, sizeof(a->dossier.bytes));
	return order ? order : memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
}

/* What came after the list was shown is left: it is to be read. */
static bool was_shown(struct api_node *app, const struct row *row, const struct crdt_frontier *upto)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	return node_shown(app->node, SCHEMA_DOC_DOSSIER, &row->dossier, &doc) == 0 &&
	        api_find_event(doc, SCHEMA_TRANSMISSION, &row->id, &event) &&
	        crdt_frontier_holds(upto, &event.op.feed, event.op.seq);
}

static bool is_named(const struct row *row, const json_t *ids)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	size_t index;
	json_t *id;
	ids_hex(hex, row->id.bytes, ID_SHORT_BYTES);
	json_array_foreach((json_t *)(uintptr_t)ids, index, id)
	{
		const size_t size = json_string_length(id);
		if (json_is_string(id) && (size == 2 * ID_SHORT_BYTES || size == 2 * SCHEMA_SHORT_BYTES) &&
		        strncmp(json_string_value(id), hex, size) == 0)
			return true;
	}
	return false;
}

/* Rows that the request means, moved to the front; how many. */
static size_t choose(
        struct api_node *app, struct listing *listing, const struct crdt_frontier *upto, const json_t *ids)
{
	size_t count = 0;
	for (size_t i = 0; i < listing->count; i++)
		if (ids ? is_named(&listing->rows[i], ids) : was_shown(app, &listing->rows[i], upto))
			listing->rows[count++] = listing->rows[i];
	return count;
}

/* One entry per dossier. *written counts transmissions; the first error ends it. */
static int write_readings(struct api_node *app, struct row *rows, size_t count, size_t *written)
{
	int result = 0;
	if (count)
		qsort(rows, count, sizeof(*rows), dossier_cmp);
	for (size_t at = 0, end; result == 0 && at < count; at = end) {
		for (end = at + 1; end < count && end - at < SCHEMA_SHORTS_MAX &&
		        record_id_eq(&rows[end].dossier, &rows[at].dossier);)
			end++;
		result = write_reading(app, rows + at, end - at);
		*written += result == 0 ? end - at : 0;
	}
	return result;
}

static uint64_t all_left(const struct listing *listing)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < listing->left_count; i++)
		count += listing->left[i].count;
	return count;
}

int api_post_transmissions_read(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *ids = json_object_get(api_call_json(call), "transmissions");
	const char *mark = api_text(api_call_json(call), "upto");
	struct crdt_frontier upto = {0};
	struct listing listing = {0};
	size_t written = 0;
	int result = mark ? api_mark_read(app, mark, &upto) : json_is_array(ids) ? 0 : ERR_INVALID;
	if (result) {
		api_call_fail(call, result,
		        "Say which: {\"upto\": the mark of a list}, or {\"transmissions\": [ids]}. Nothing "
		        "was saved.");
		result = 0;
	} else if (!api_refused_record(call)) {
		result = gather(app, TO_READ, &listing);
		if (result == 0)
			result = write_readings(
			        app, listing.rows, choose(app, &listing, &upto, mark ? NULL : ids), &written);
		if (result == 0 || written)
			result = api_reply_durable(call, 200,
			        json_pack("{s:I, s:I}", "read", (json_int_t)written, "left",
			                (json_int_t)(listing.count + all_left(&listing) - written)));
	}
	close_listing(&listing);
	crdt_frontier_close(&upto);
	return result;
}
