/* Files that are perhaps one person's, as work: found once, and kept while few of them change (node/work/README.md, section 8). */
#include "node/api_patients.h"

#include <sodium.h>
#include <string.h>

#include "node/node_digest.h"
#include "node/work/work.h"

enum { CHANGED_MAX = 64 /* at once: more are compared like everybody */ };

/* ---- Undecided --------------------------------------------------------------------------------------------------- */

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

struct patient_alike_pair *api_undecided_pairs(const struct patient_links *links,
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
	                                  &kept->alike, id_at, kept, API_PAIRS_MAX, &alike_count),
	                          *pairs = api_undecided_pairs(&links, alike, alike_count, &count);
	for (uint32_t i = 0; i < count; i++) {
		struct work_facts facts = fact_of(&pairs[i].high, &pairs[i].match);
		keep(context, &facts, &pairs[i].low);
	}
	mem_free(pairs);
	mem_free(alike);
	patient_links_close(&links);
}
