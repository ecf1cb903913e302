/* Is this patient here already? While somebody types, before one is added, and of all that are here (node/patient/README.md, "Duplicates"). */
#include "node/api_patients.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/node_digest.h"
#include "node/work/work.h"

enum { CANDIDATES_MAX = 10 };

struct everybody {
	struct patient_who *items;
	uint32_t count, capacity;
};

static bool add_who(void *context, const struct node_digest *digest)
{
	struct everybody *all = context;
	all->items = mem_room(all->items, all->count, &all->capacity, sizeof(*all->items));
	all->count += patient_identity_get(digest->part, &digest->dossier, &all->items[all->count]);
	return true;
}

struct patient_who *api_all_who(struct api_node *app, uint32_t *count)
{
	struct everybody all = {0};
	node_digest_each(app->node, DIGEST_IDENTITY, add_who, &all);
	*count = all.count;
	return all.items;
}

static json_t *reasons_json(uint32_t reasons)
{
	json_t *list = json_array();
	const struct schema_label *label;
	for (uint32_t i = 0; (label = patient_reason_label(reasons, i)); i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "fr", label->fr, "en", label->en));
	return list;
}

static void put_match(json_t *json, const struct patient_match *match)
{
	json_object_set_new(json, "score", json_integer((json_int_t)match->score));
	json_object_set_new(json, "likely", json_boolean(match->score >= PATIENT_LIKELY));
	json_object_set_new(json, "reasons", reasons_json(match->reasons));
}

/* ---- One, beside all --------------------------------------------------------------------------------------------- */

struct candidate {
	struct record_id patient; /* whose file it is */
	struct patient_match match;
};

static int best_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	if (a->match.score != b->match.score)
		return a->match.score > b->match.score ? -1 : 1;
	return record_id_cmp(&a->patient, &b->patient);
}

/* One of a patient's files is enough. */
static void add_candidate(struct candidate *list, uint32_t *count, const struct candidate *one)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (!record_id_eq(&list[i].patient, &one->patient))
			continue;
		if (one->match.score > list[i].match.score)
			list[i] = *one;
		return;
	}
	list[(*count)++] = *one;
}

/* Those like `who`, from `least` points on, the likest first. */
static json_t *candidates_json(
        struct api_node *app, const struct patient_who *who, bool is_typing, unsigned least)
{
	uint32_t all_count, count = 0;
	struct patient_who *all = api_all_who(app, &all_count);
	struct candidate *found = mem_zero(all_count + 1, sizeof(*found));
	for (uint32_t i = 0; i < all_count; i++) {
		struct candidate one = {.match = is_typing ? patient_compare_typed(who, &all[i])
		                                           : patient_compare(who, &all[i])};
		struct patient_group group;
		if (one.match.score < least)
			continue;
		api_group_of(app, &all[i].id, &group);
		one.patient = group.files[0];
		add_candidate(found, &count, &one);
	}
	json_t *list = json_array();
	qsort(found, count, sizeof(*found), best_first);
	for (uint32_t i = 0; i < count && i < CANDIDATES_MAX; i++) {
		json_t *json = api_file_names(app, &found[i].patient);
		put_match(json, &found[i].match);
		json_array_append_new(list, json);
	}
	mem_free(found);
	mem_free(all);
	return list;
}

/* What is being typed; what is not readable yet, as a date of which the end lacks, is left out. */
static void read_typed(struct api_call *call, struct patient_who *out)
{
	static const char *const names[] = {
	        "lastName", "firstName", "birthName", "birthDate", "sex", "nir", "phone", "mobile"};
	struct schema_record all = {.kind = schema_kind(SCHEMA_PATIENT)};
	struct arena arena = {0};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *text = api_call_query(call, names[i]);
		struct record_edit edit = {.record = {.kind = all.kind}};
		struct schema_report report = {0};
		json_t *one = text && *text ? json_pack("{s:s}", names[i], text) : NULL;
		if (one && record_from_json(one, SCHEMA_CHECK_EDIT, &arena, &edit, &report) == 0 &&
		        edit.record.count == 1) {
			struct schema_value *value = schema_put(&all, edit.record.values[0].field);
			*value = edit.record.values[0];
		}
		json_decref(one);
	}
	patient_who_of(&all, out);
	arena_close(&arena);
}

bool api_refused_duplicate(struct api_call *call)
{
	return api_refused_duplicate_of(call, api_call_json(call));
}

bool api_refused_duplicate_of(struct api_call *call, json_t *json)
{
	struct api_node *app = api_node_of(call);
	const bool anyway = json_is_true(json_object_get(json, "anyway"));
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT)}};
	struct schema_report report = {0};
	struct patient_who who;
	json_object_del(json, "anyway");
	if (anyway || record_from_json(json, SCHEMA_CHECK_NEW, &arena, &edit, &report)) {
		arena_close(&arena); /* what is wrong with it is said by whoever saves it */
		return false;
	}
	patient_who_of(&edit.record, &who);
	arena_close(&arena);
	json_t *list = candidates_json(app, &who, false, PATIENT_LIKELY);
	const bool refused = json_array_size(list) > 0;
	if (refused) {
		api_note(app, ACCESS_PATIENTS, NULL, 0);
		api_call_fail_with(call, ERR_EXISTS,
		        "This patient is likely here already. Nothing was saved: take the file that is here, "
		        "or "
		        "say that it is another person (--anyway, or \"anyway\": true).",
		        json_pack("{s:s, s:O}", "fr",
		                "Ce patient est probablement déjà là. Rien n'a été enregistré : prenez le "
		                "dossier existant, ou dites que c'est une autre personne (--anyway).",
		                "duplicates", list));
	}
	json_decref(list);
	return refused;
}

/* ---- All pairs --------------------------------------------------------------------------------------------------- */

static json_t *pair_json(struct api_node *app, const struct record_id *a, const struct record_id *b,
        enum patient_pair_state state, const struct patient_match *match)
{
	const bool in_order = record_id_cmp(a, b) < 0;
	json_t *json = json_pack("{s:[o, o], s:s}", "files", api_file_names(app, in_order ? a : b),
	        api_file_names(app, in_order ? b : a), "state", patient_pair_state_name(state));
	put_match(json, match);
	return json;
}

static const struct record_id *id_in(const void *all, uint32_t place)
{
	return &((const struct patient_who *)all)[place].id;
}

/* Owner frees. */
static struct patient_alike_pair *alike_among(
        const struct patient_who *all, uint32_t all_count, uint32_t *count)
{
	struct patient_alike alike = {0};
	struct patient_alike_one *ones = mem_zero((size_t)all_count + 1, sizeof(*ones));
	for (uint32_t i = 0; i < all_count; i++)
		ones[i] = (struct patient_alike_one){i, &all[i]};
	patient_alike_make(&alike, ones, all_count);
	struct patient_alike_pair *best = patient_alike_best(&alike, id_in, all, API_PAIRS_MAX, count);
	patient_alike_close(&alike);
	mem_free(ones);
	return best;
}

static void add_found(struct api_node *app, const struct patient_links *links, const struct patient_who *all,
        uint32_t all_count, json_t *list)
{
	uint32_t alike_count, count;
	struct patient_alike_pair *alike = alike_among(all, all_count, &alike_count),
	                          *pairs = api_undecided_pairs(links, alike, alike_count, &count);
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list,
		        pair_json(app, &pairs[i].low, &pairs[i].high,
		                patient_pair_of(links->items, links->count, &pairs[i].low, &pairs[i].high),
		                &pairs[i].match));
	mem_free(pairs);
	mem_free(alike);
}

static const struct patient_who *who_of(
        const struct patient_who *all, uint32_t count, const struct record_id *id)
{
	for (uint32_t i = 0; i < count; i++)
		if (record_id_eq(&all[i].id, id))
			return &all[i];
	return NULL;
}

static bool is_first_of_pair(const struct patient_links *links, uint32_t index)
{
	const struct patient_link *link = &links->items[index];
	for (uint32_t i = 0; i < index; i++) {
		const struct patient_link *other = &links->items[i];
		if ((record_id_eq(&link->file, &other->file) && record_id_eq(&link->other, &other->other)) ||
		        (record_id_eq(&link->file, &other->other) &&
		                record_id_eq(&link->other, &other->file)))
			return false;
	}
	return true;
}

/* What two nurses decided differently comes first, however like the two are. */
static void add_disputed(struct api_node *app, const struct patient_links *links,
        const struct patient_who *all, uint32_t all_count, json_t *list)
{
	for (uint32_t i = 0; i < links->count; i++) {
		const struct record_id *a = &links->items[i].file, *b = &links->items[i].other;
		const struct patient_who *x = who_of(all, all_count, a), *y = who_of(all, all_count, b);
		if (!x || !y || !is_first_of_pair(links, i) ||
		        patient_pair_of(links->items, links->count, a, b) != PATIENT_PAIR_DISPUTED)
			continue;
		const struct patient_match match = patient_compare(x, y);
		json_array_append_new(list, pair_json(app, a, b, PATIENT_PAIR_DISPUTED, &match));
	}
}

static json_t *pairs_json(struct api_node *app)
{
	struct patient_links links;
	uint32_t count;
	struct patient_who *all = api_all_who(app, &count);
	json_t *list = json_array();
	api_links_all(app, &links);
	add_disputed(app, &links, all, count, list);
	add_found(app, &links, all, count, list);
	patient_links_close(&links);
	mem_free(all);
	return list;
}

/* ---- GET /api/duplicates ----------------------------------------------------------------------------------------- */

int api_get_duplicates(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_who typed;
	read_typed(call, &typed);
	const bool is_typing = typed.last.count || typed.first.count || typed.birth.count ||
	        typed.has_birth || typed.ins[0] || typed.phones[0][0] || typed.phones[1][0];
	api_note(app, ACCESS_PATIENTS, NULL, 0);
	api_call_reply(call, 200,
	        is_typing ? json_pack("{s:o}", "candidates",
	                            candidates_json(app, &typed, true, PATIENT_WORTH_SHOWING))
	                  : json_pack("{s:o}", "pairs", pairs_json(app)));
	return 0;
}
