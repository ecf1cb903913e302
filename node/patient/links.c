#include "node/patient/links.h"

#include <stdlib.h>

#include "crdt/base/mem.h"

enum { OTHER = 1, DECISION = 2, FOLLOWS = 5 }; /* fields of a patientLink */

bool patient_link_of(
        const struct schema_record *record, const struct record_id *file, struct patient_link *out)
{
	const struct schema_value *other = schema_value(record, OTHER),
	                          *decision = schema_value(record, DECISION),
	                          *follows = schema_value(record, FOLLOWS);
	if (!other || other->bytes.size != ID_SHORT_BYTES || !decision)
		return false;
	*out = (struct patient_link){.id = record->id, .file = *file};
	memcpy(out->other.bytes, other->bytes.data, ID_SHORT_BYTES);
	out->decision = decision->number == PATIENT_SAME || decision->number == PATIENT_UNDONE
	        ? (enum patient_decision)decision->number
	        : PATIENT_DIFFERENT;
	for (uint32_t i = 0; follows && i < schema_element_count(follows) && i < LIMIT_LINK_FOLLOWS; i++)
		memcpy(out->follows[out->follow_count++], schema_element(follows, i).data,
		        SCHEMA_SHORT_BYTES);
	return !record_id_eq(&out->file, &out->other);
}

/* ---- One pair ---------------------------------------------------------------------------------------------------- */

static bool is_about(const struct patient_link *link, const struct record_id *a, const struct record_id *b)
{
	return (record_id_eq(&link->file, a) && record_id_eq(&link->other, b)) ||
	        (record_id_eq(&link->file, b) && record_id_eq(&link->other, a));
}

/* One decision with its halves, which stand together in a list that is in order. */
struct decided {
	const struct patient_link *first, *second; /* NULL: that half is not here */
};

static bool names(const struct patient_link *link, const struct record_id *id)
{
	for (uint32_t i = 0; i < link->follow_count; i++)
		if (memcmp(link->follows[i], id->bytes, SCHEMA_SHORT_BYTES) == 0)
			return !record_id_eq(&link->id, id);
	return false;
}

/* Somebody decided again who knew of it. */
static bool is_followed(const struct patient_link *links, uint32_t count, const struct patient_link *one)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_about(&links[i], &one->file, &one->other) && names(&links[i], &one->id))
			return true;
	return false;
}

/* The same decision, in the other dossier. */
static const struct patient_link *other_half(
        const struct patient_link *links, uint32_t count, const struct patient_link *one)
{
	for (uint32_t i = 0; i < count; i++)
		if (record_id_eq(&links[i].id, &one->id) && record_id_eq(&links[i].file, &one->other) &&
		        record_id_eq(&links[i].other, &one->file))
			return &links[i];
	return NULL;
}

enum patient_pair_state patient_pair_of(const struct patient_link *links, uint32_t count,
        const struct record_id *a, const struct record_id *b)
{
	bool joined = false, half = false, different = false, undone = false;
	for (uint32_t i = 0; i < count; i++) {
		const struct patient_link *link = &links[i];
		if (!is_about(link, a, b) || is_followed(links, count, link))
			continue;
		const struct patient_link *other = other_half(links, count, link);
		different |= link->decision == PATIENT_DIFFERENT;
		undone |= link->decision == PATIENT_UNDONE;
		joined |= link->decision == PATIENT_SAME && other && other->decision == PATIENT_SAME;
		half |= link->decision == PATIENT_SAME && !other;
	}
	if (joined)
		return different || undone ? PATIENT_PAIR_DISPUTED : PATIENT_PAIR_JOINED;
	return different ? PATIENT_PAIR_DIFFERENT : half && !undone ? PATIENT_PAIR_HALF : PATIENT_PAIR_OPEN;
}

static int by_id(const void *left, const void *right)
{
	return record_id_cmp(left, right);
}

static bool is_among(const struct record_id *ids, uint32_t count, const struct record_id *id)
{
	for (uint32_t i = 0; i < count; i++)
		if (record_id_eq(&ids[i], id))
			return true;
	return false;
}

uint32_t patient_pair_heads(const struct patient_link *links, uint32_t count, const struct record_id *a,
        const struct record_id *b, struct record_id heads[LIMIT_LINK_FOLLOWS])
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < count && found < LIMIT_LINK_FOLLOWS; i++)
		if (is_about(&links[i], a, b) && !is_followed(links, count, &links[i]) &&
		        !is_among(heads, found, &links[i].id))
			heads[found++] = links[i].id;
	if (found)
		qsort(heads, found, sizeof(*heads), by_id);
	return found;
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static uint32_t place_of(const struct patient_groups *groups, const struct record_id *file)
{
	const struct record_id *found = groups->count
	        ? bsearch(file, groups->files, groups->count, sizeof(*file), by_id)
	        : NULL;
	return found ? (uint32_t)(found - groups->files) : groups->count;
}

static void list_files(const struct patient_link *links, uint32_t count, struct patient_groups *out)
{
	uint32_t kept = 0;
	out->files = mem_zero(2 * (size_t)count + 1, sizeof(*out->files));
	for (uint32_t i = 0; i < count; i++) {
		out->files[2 * i] = links[i].file;
		out->files[2 * i + 1] = links[i].other;
	}
	if (count)
		qsort(out->files, 2 * (size_t)count, sizeof(*out->files), by_id);
	for (uint32_t i = 0; i < 2 * count; i++)
		if (i == 0 || !record_id_eq(&out->files[i], &out->files[i - 1]))
			out->files[kept++] = out->files[i];
	out->count = kept;
}

/* Disjoint sets over places: the root of a set is its lowest place, so the file with the lowest id. */
static uint32_t root_of(uint32_t *parents, uint32_t place)
{
	while (parents[place] != place) {
		parents[place] = parents[parents[place]];
		place = parents[place];
	}
	return place;
}

static void unite(uint32_t *parents, uint32_t a, uint32_t b)
{
	uint32_t x = root_of(parents, a), y = root_of(parents, b);
	if (x < y)
		parents[y] = x;
	else
		parents[x] = y;
}

struct pairing {
	const struct patient_link *links; /* ordered: those of one pair stand together */
	uint32_t count;
	struct patient_groups *groups;
	uint32_t *parents;
};

static uint32_t same_pair(const struct patient_link *links, uint32_t count, uint32_t from)
{
	uint32_t to = from + 1;
	while (to < count && is_about(&links[to], &links[from].file, &links[from].other))
		to++;
	return to;
}

/* Each pair's state, once: joins where it is joined; with `refuse`, marks groups of which two are not one person. */
static void each_pair(const struct pairing *p, bool refuse)
{
	for (uint32_t from = 0, to; from < p->count; from = to) {
		to = same_pair(p->links, p->count, from);
		const struct record_id *a = &p->links[from].file, *b = &p->links[from].other;
		const uint32_t x = place_of(p->groups, a), y = place_of(p->groups, b);
		const enum patient_pair_state state = patient_pair_of(p->links + from, to - from, a, b);
		if (!refuse && state == PATIENT_PAIR_JOINED)
			unite(p->parents, x, y);
		bool apart = state == PATIENT_PAIR_DIFFERENT || state == PATIENT_PAIR_DISPUTED;
		if (refuse && apart && root_of(p->parents, x) == root_of(p->parents, y))
			p->groups->is_contradicted[root_of(p->parents, x)] = true;
	}
}

static const struct record_id *low(const struct patient_link *link)
{
	return record_id_cmp(&link->file, &link->other) < 0 ? &link->file : &link->other;
}

static const struct record_id *high(const struct patient_link *link)
{
	return record_id_cmp(&link->file, &link->other) < 0 ? &link->other : &link->file;
}

static int by_pair(const void *left, const void *right)
{
	int order = record_id_cmp(low(left), low(right));
	if (!order)
		order = record_id_cmp(high(left), high(right));
	return order;
}

static void refuse_large(struct patient_groups *groups, uint32_t *parents)
{
	uint32_t *sizes = mem_zero(groups->count + 1, sizeof(*sizes));
	for (uint32_t i = 0; i < groups->count; i++)
		if (++sizes[root_of(parents, i)] > LIMIT_JOINED_FILES)
			groups->is_contradicted[root_of(parents, i)] = true;
	mem_free(sizes);
}

void patient_groups_make(const struct patient_link *links, uint32_t count, struct patient_groups *out)
{
	struct patient_link *sorted = mem_copy(links, count * sizeof(*links));
	struct pairing pairing = {.links = sorted, .count = count, .groups = out};
	*out = (struct patient_groups){0};
	list_files(links, count, out);
	out->main = mem_zero(out->count + 1, sizeof(*out->main));
	out->is_contradicted = mem_zero(out->count + 1, sizeof(*out->is_contradicted));
	pairing.parents = mem_zero(out->count + 1, sizeof(*pairing.parents));
	for (uint32_t i = 0; i < out->count; i++)
		pairing.parents[i] = i;
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_pair);
	each_pair(&pairing, false);
	each_pair(&pairing, true);
	refuse_large(out, pairing.parents);
	for (uint32_t i = 0; i < out->count; i++) {
		const uint32_t root = root_of(pairing.parents, i);
		out->is_contradicted[i] = out->is_contradicted[root];
		out->main[i] = out->files[out->is_contradicted[root] ? i : root];
	}
	mem_free(pairing.parents);
	mem_free(sorted);
}

void patient_groups_close(struct patient_groups *groups)
{
	mem_free(groups->files);
	mem_free(groups->main);
	mem_free(groups->is_contradicted);
	*groups = (struct patient_groups){0};
}

struct record_id patient_groups_main(const struct patient_groups *groups, const struct record_id *file)
{
	const uint32_t place = place_of(groups, file);
	return place < groups->count ? groups->main[place] : *file;
}

bool patient_groups_is_joined(const struct patient_groups *groups, const struct record_id *file)
{
	const uint32_t place = place_of(groups, file);
	if (place == groups->count)
		return false;
	for (uint32_t i = 0; i < groups->count; i++)
		if (i != place && record_id_eq(&groups->main[i], &groups->main[place]))
			return true;
	return false;
}

void patient_groups_of(
        const struct patient_groups *groups, const struct record_id *file, struct patient_group *out)
{
	const uint32_t place = place_of(groups, file);
	const struct record_id main = patient_groups_main(groups, file);
	*out = (struct patient_group){
	        .is_contradicted = place < groups->count && groups->is_contradicted[place]};
	for (uint32_t i = 0; i < groups->count && out->count < LIMIT_JOINED_FILES; i++)
		if (record_id_eq(&groups->main[i], &main))
			out->files[out->count++] = groups->files[i];
	if (out->count == 0)
		out->files[out->count++] = *file;
}
