/* Is this patient here already? While somebody types, before one is added, and of all that are here (node/patient/README.md, "Duplicates"). */
#include "node/api_patients.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/node_digest.h"
#include "node/work/work.h"

enum {
	CANDIDATES_MAX = 10,
	PAIRS_MAX = 500,
	CHANGED_MAX = 64, /* at once: more are compared like everybody */
};

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

/* Of two files of the two patients somebody said that they are different people's: so are the patients. */
static bool are_different(const struct patient_links *links, const struct patient_groups *groups,
        const struct record_id *a, const struct record_id *b)
{
	struct patient_group mine, theirs;
	bool different = false;
	patient_groups_of(groups, a, &mine);
	patient_groups_of(groups, b, &theirs);
	for (uint32_t i = 0; mine.count + theirs.count > 2 && i < mine.count; i++)
		for (uint32_t j = 0; j < theirs.count; j++)
			different |= patient_pair_of(links->items, links->count, &mine.files[i],
			                     &theirs.files[j]) == PATIENT_PAIR_DIFFERENT;
	return different;
}

/* The same two patients, by other files of theirs that are more alike. */
static bool is_kept_already(const struct patient_alike_pair *kept, uint32_t count,
        const struct patient_groups *groups, const struct record_id *x, const struct record_id *y)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct record_id u = patient_groups_main(groups, &kept[i].low),
		                       v = patient_groups_main(groups, &kept[i].high);
		if ((record_id_eq(&u, x) && record_id_eq(&v, y)) ||
		        (record_id_eq(&u, y) && record_id_eq(&v, x)))
			return true;
	}
	return false;
}

/* Of pairs that are alike those that nobody decided about, the likest first: what is disputed is not among them. Owner frees. */
static struct patient_alike_pair *undecided_of(const struct patient_links *links,
        const struct patient_alike_pair *alike, uint32_t alike_count, uint32_t *count)
{
	struct patient_groups groups;
	struct patient_alike_pair *out = mem_zero((size_t)alike_count + 1, sizeof(*out));
	*count = 0;
	patient_groups_make(links->items, links->count, &groups);
	for (uint32_t i = 0; i < alike_count; i++) {
		const struct record_id *a = &alike[i].low, *b = &alike[i].high,
		                       x = patient_groups_main(&groups, a),
		                       y = patient_groups_main(&groups, b);
		const enum patient_pair_state state = patient_pair_of(links->items, links->count, a, b);
		if (!record_id_eq(&x, &y) && !is_kept_already(out, *count, &groups, &x, &y) &&
		        !are_different(links, &groups, a, b) &&
		        (state == PATIENT_PAIR_OPEN || state == PATIENT_PAIR_HALF ||
		                state == PATIENT_PAIR_PROPOSED))
			out[(*count)++] = alike[i];
	}
	patient_groups_close(&groups);
	return out;
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
	struct patient_alike_pair *best = patient_alike_best(&alike, id_in, all, PAIRS_MAX, count);
	patient_alike_close(&alike);
	mem_free(ones);
	return best;
}

static void add_found(struct api_node *app, const struct patient_links *links, const struct patient_who *all,
        uint32_t all_count, json_t *list)
{
	uint32_t alike_count, count;
	struct patient_alike_pair *alike = alike_among(all, all_count, &alike_count),
	                          *pairs = undecided_of(links, alike, alike_count, &count);
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

/* ---- As work ----------------------------------------------------------------------------------------------------- */

static struct work_facts fact_of(const struct record_id *other, const struct patient_match *match)
{
	struct work_facts facts = {0};
	struct work_fact *fact = work_add(&facts, WORK_DUPLICATES);
	const struct schema_label *why = patient_reason_label(match->reasons, 0),
	                          *more = patient_reason_label(match->reasons, 1);
	fact->key = work_keep(&facts, span_of(other->bytes, sizeof(other->bytes)));
	fact->records = fact->key;
	if (match->score >= PATIENT_LIKELY)
		fact->soon = WORK_ALWAYS;
	else
		fact->note = WORK_ALWAYS;
	fact->fr = work_words(&facts, "Peut-être la même personne qu'un autre dossier : %s%s%s",
	        why ? why->fr : "", more ? ", " : "", more ? more->fr : "");
	fact->en = work_words(&facts, "Perhaps the same person as another file: %s%s%s", why ? why->en : "",
	        more ? ", " : "", more ? more->en : "");
	return facts;
}

void api_duplicates_forget(struct api_duplicates *kept)
{
	mem_free(kept->files);
	mem_free(kept->changed);
	patient_alike_close(&kept->alike);
	*kept = (struct api_duplicates){0};
}

struct knowing {
	struct api_duplicates *kept;
	uint32_t next; /* the first number that was not passed yet */
};

static void is_changed(struct api_duplicates *kept, uint32_t number)
{
	kept->changed = mem_room(
	        kept->changed, kept->changed_count, &kept->changed_room, sizeof(*kept->changed));
	kept->changed[kept->changed_count++] = number;
}

/* Numbers that are no dossiers' (any more: an early copy's). */
static void pass_to(struct knowing *knowing, uint32_t number)
{
	struct api_duplicates *kept = knowing->kept;
	for (; knowing->next < number && knowing->next < kept->count; knowing->next++) {
		if (kept->files[knowing->next].who)
			is_changed(kept, knowing->next);
		kept->files[knowing->next] = (struct api_duplicates_file){.stamp = 0};
	}
	knowing->next = number + 1;
}

static bool is_other(void *context, uint32_t number, const struct record_id *dossier, uint64_t stamp)
{
	struct knowing *knowing = context;
	(void)dossier;
	pass_to(knowing, number);
	return !stamp || number >= knowing->kept->count || knowing->kept->files[number].stamp != stamp;
}

/* Who it is, and whose file; 0: nothing is known of that. */
static uint64_t who_mark(const struct node_digest *digest)
{
	crypto_generichash_state state;
	uint64_t mark;
	uint8_t hash[16];
	if (!digest->part.size)
		return 0;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, digest->dossier.bytes, sizeof(digest->dossier.bytes));
	crypto_generichash_update(&state, digest->part.data, digest->part.size);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(&mark, hash, sizeof(mark));
	return mark;
}

static bool note_who(void *context, const struct node_digest *digest)
{
	struct api_duplicates *kept = ((struct knowing *)context)->kept;
	const uint64_t who = who_mark(digest);
	while (kept->count <= digest->number) {
		kept->files = mem_room(kept->files, kept->count, &kept->room, sizeof(*kept->files));
		kept->files[kept->count++] = (struct api_duplicates_file){.stamp = 0};
	}
	struct api_duplicates_file *file = &kept->files[digest->number];
	if (file->who != who)
		is_changed(kept, digest->number);
	*file = (struct api_duplicates_file){digest->dossier, digest->stamp, who};
	return true;
}

struct reading {
	struct api_node *app;
	const struct api_duplicates *kept;
};

static bool read_who(void *context, uint32_t number, struct patient_who *out)
{
	const struct reading *reading = context;
	const struct record_id *id = &reading->kept->files[number].id;
	struct node_digest digest;
	return reading->kept->files[number].who &&
	        node_digest_of(reading->app->node, id, DIGEST_IDENTITY, &digest) == 0 &&
	        patient_identity_get(digest.part, id, out);
}

/* Those at so many numbers as they are now: `whos` and `ones` have room for all. */
static void read_all(struct reading *reading, const uint32_t *numbers, uint32_t count,
        struct patient_who *whos, struct patient_alike_one *ones)
{
	for (uint32_t i = 0; i < count; i++)
		ones[i] = (struct patient_alike_one){
		        numbers[i], read_who(reading, numbers[i], &whos[i]) ? &whos[i] : NULL};
}

static void make_alike(struct reading *reading, struct api_duplicates *kept)
{
	struct patient_who *whos = mem_zero((size_t)kept->count + 1, sizeof(*whos));
	struct patient_alike_one *ones = mem_zero((size_t)kept->count + 1, sizeof(*ones));
	uint32_t count = 0;
	for (uint32_t i = 0; i < kept->count; i++) {
		read_all(reading, &i, 1, &whos[count], &ones[count]);
		count += ones[count].who != NULL;
	}
	patient_alike_make(&kept->alike, ones, count);
	mem_free(whos);
	mem_free(ones);
}

static bool change_alike(struct reading *reading, struct api_duplicates *kept)
{
	struct patient_who *whos = mem_zero((size_t)kept->changed_count + 1, sizeof(*whos));
	struct patient_alike_one *ones = mem_zero((size_t)kept->changed_count + 1, sizeof(*ones));
	read_all(reading, kept->changed, kept->changed_count, whos, ones);
	const bool holds = patient_alike_change(&kept->alike, ones, kept->changed_count, read_who, reading);
	mem_free(whos);
	mem_free(ones);
	return holds;
}

static void know_alike(struct api_node *app, struct api_duplicates *kept)
{
	struct knowing knowing = {.kept = kept};
	struct reading reading = {app, kept};
	if (node_digest_each_wanted(app->node, DIGEST_IDENTITY, is_other, note_who, &knowing))
		kept->is_known = false;
	pass_to(&knowing, kept->count);
	if (kept->is_known && kept->changed_count && kept->changed_count <= CHANGED_MAX)
		kept->is_known = change_alike(&reading, kept);
	else if (kept->changed_count)
		kept->is_known = false;
	if (!kept->is_known)
		make_alike(&reading, kept);
	kept->is_known = true;
	kept->changed_count = 0;
}

static const struct record_id *id_at(const void *kept, uint32_t number)
{
	return &((const struct api_duplicates *)kept)->files[number].id;
}

void api_duplicates_work(struct api_node *app, struct api_duplicates *kept,
        void (*keep)(void *context, struct work_facts *facts, const struct record_id *file), void *context)
{
	struct patient_links links;
	uint32_t alike_count, count;
	know_alike(app, kept);
	api_links_all(app, &links);
	struct patient_alike_pair *alike = patient_alike_best(
	                                  &kept->alike, id_at, kept, PAIRS_MAX, &alike_count),
	                          *pairs = undecided_of(&links, alike, alike_count, &count);
	for (uint32_t i = 0; i < count; i++) {
		struct work_facts facts = fact_of(&pairs[i].high, &pairs[i].match);
		keep(context, &facts, &pairs[i].low);
	}
	mem_free(pairs);
	mem_free(alike);
	patient_links_close(&links);
}

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
