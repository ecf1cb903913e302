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

static int by_id(const void *left, const void *right)
{
	return record_id_cmp(left, right);
}

static bool is_about(const struct patient_link *link, const struct record_id *a, const struct record_id *b)
{
	return (record_id_eq(&link->file, a) && record_id_eq(&link->other, b)) ||
	        (record_id_eq(&link->file, b) && record_id_eq(&link->other, a));
}

/* A decision that begins so is followed by another one. */
struct follow {
	uint8_t begins[SCHEMA_SHORT_BYTES];
	struct record_id by;
	bool is_proposed; /* by a decision of somebody who is given chosen dossiers */
};

/* The decisions about one pair, however many somebody wrote: each look is a search. */
struct decided {
	const struct patient_link **halves; /* by id and dossier */
	struct follow *follows; /* each once, in order */
	uint32_t count, follow_count;
};

static int by_half(const void *left, const void *right)
{
	const struct patient_link *a = *(const struct patient_link *const *)left,
	                          *b = *(const struct patient_link *const *)right;
	int order = record_id_cmp(&a->id, &b->id);
	if (!order)
		order = record_id_cmp(&a->file, &b->file);
	if (!order)
		order = (a->decision > b->decision) - (a->decision < b->decision);
	return order ? order : a->is_proposed - b->is_proposed; /* under one id, a nurse's word goes first */
}

static int by_follow(const void *left, const void *right)
{
	const struct follow *a = left, *b = right;
	int order = memcmp(a->begins, b->begins, sizeof(a->begins));
	if (!order)
		order = record_id_cmp(&a->by, &b->by);
	return order ? order : a->is_proposed - b->is_proposed;
}

/* A joining that was proposed has no effect, on earlier decisions neither. */
static bool is_mere_proposal(const struct patient_link *link)
{
	return link->is_proposed && link->decision == PATIENT_SAME;
}

static void list_follows(struct decided *decided)
{
	uint32_t count = 0, kept = 0;
	struct follow *all = mem_zero((size_t)decided->count * LIMIT_LINK_FOLLOWS + 1, sizeof(*all));
	for (uint32_t i = 0; i < decided->count; i++)
		for (uint32_t j = 0;
		        !is_mere_proposal(decided->halves[i]) && j < decided->halves[i]->follow_count;
		        j++, count++) {
			memcpy(all[count].begins, decided->halves[i]->follows[j], sizeof(all->begins));
			all[count].by = decided->halves[i]->id;
			all[count].is_proposed = decided->halves[i]->is_proposed;
		}
	if (count)
		qsort(all, count, sizeof(*all), by_follow);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || by_follow(&all[kept - 1], &all[i]) != 0)
			all[kept++] = all[i];
	decided->follows = all;
	decided->follow_count = kept;
}

/* `halves` are about one pair; they are put in order. Takes them. */
static struct decided decide(const struct patient_link **halves, uint32_t count)
{
	struct decided decided = {halves, NULL, count, 0};
	if (count)
		qsort(halves, count, sizeof(*halves), by_half);
	list_follows(&decided);
	return decided;
}

static struct decided decided_about(const struct patient_link *links, uint32_t count,
        const struct record_id *a, const struct record_id *b)
{
	const struct patient_link **halves = mem_zero((size_t)count + 1, sizeof(*halves));
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++)
		if (is_about(&links[i], a, b))
			halves[found++] = &links[i];
	return decide(halves, found);
}

static void close_decided(struct decided *decided)
{
	mem_free(decided->halves);
	mem_free(decided->follows);
}

/* Somebody decided again who knew of it: of those that begin so, one has another id. That they are two people's, which a nurse said, a nurse alone takes back. */
static bool is_followed(const struct decided *decided, const struct patient_link *link)
{
	const struct record_id *id = &link->id;
	const bool by_nurse = link->decision == PATIENT_DIFFERENT && !link->is_proposed;
	uint32_t low = 0, high = decided->follow_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (memcmp(decided->follows[middle].begins, id->bytes, SCHEMA_SHORT_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < decided->follow_count; low++) {
		if (memcmp(decided->follows[low].begins, id->bytes, SCHEMA_SHORT_BYTES) != 0)
			return false;
		if (!record_id_eq(&decided->follows[low].by, id) &&
		        !(by_nurse && decided->follows[low].is_proposed))
			return true;
	}
	return false;
}

/* The same decision, in the other dossier. NULL: it is not here. */
static const struct patient_link *other_half(const struct decided *decided, const struct patient_link *one)
{
	const struct patient_link wanted = {.id = one->id, .file = one->other}, *key = &wanted;
	uint32_t low = 0, high = decided->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (by_half(&decided->halves[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct patient_link *found = low < decided->count ? decided->halves[low] : NULL;
	return found && record_id_eq(&found->id, &one->id) && record_id_eq(&found->file, &one->other) ? found
	                                                                                              : NULL;
}

static enum patient_pair_state state_of(const struct decided *decided)
{
	bool joined = false, half = false, different = false, undone = false, proposed = false;
	for (uint32_t i = 0; i < decided->count; i++) {
		const struct patient_link *link = decided->halves[i];
		if (is_followed(decided, link))
			continue;
		const struct patient_link *other = other_half(decided, link);
		const bool both = link->decision == PATIENT_SAME && other && other->decision == PATIENT_SAME;
		different |= link->decision == PATIENT_DIFFERENT;
		undone |= link->decision == PATIENT_UNDONE;
		joined |= both && !(link->is_proposed && other->is_proposed);
		proposed |= both;
		half |= link->decision == PATIENT_SAME && !other;
	}
	if (joined)
		return different || undone ? PATIENT_PAIR_DISPUTED : PATIENT_PAIR_JOINED;
	if (different || undone)
		return different ? PATIENT_PAIR_DIFFERENT : PATIENT_PAIR_OPEN;
	return proposed ? PATIENT_PAIR_PROPOSED : half ? PATIENT_PAIR_HALF : PATIENT_PAIR_OPEN;
}

const char *patient_pair_state_name(enum patient_pair_state state)
{
	static const char *const names[] = {[PATIENT_PAIR_OPEN] = "open",
	        [PATIENT_PAIR_HALF] = "half",
	        [PATIENT_PAIR_JOINED] = "joined",
	        [PATIENT_PAIR_DIFFERENT] = "different",
	        [PATIENT_PAIR_DISPUTED] = "disputed",
	        [PATIENT_PAIR_PROPOSED] = "proposed"};
	return names[state];
}

enum patient_pair_state patient_pair_of(const struct patient_link *links, uint32_t count,
        const struct record_id *a, const struct record_id *b)
{
	struct decided decided = decided_about(links, count, a, b);
	const enum patient_pair_state state = state_of(&decided);
	close_decided(&decided);
	return state;
}

uint32_t patient_pair_heads(const struct patient_link *links, uint32_t count, const struct record_id *a,
        const struct record_id *b, struct record_id heads[LIMIT_LINK_FOLLOWS])
{
	struct decided decided = decided_about(links, count, a, b);
	uint32_t found = 0;
	for (uint32_t i = 0; i < decided.count && found < LIMIT_LINK_FOLLOWS; i++) {
		const struct record_id *id = &decided.halves[i]->id; /* ascending */
		if (!is_followed(&decided, decided.halves[i]) && !is_mere_proposal(decided.halves[i]) &&
		        (found == 0 || !record_id_eq(&heads[found - 1], id)))
			heads[found++] = *id;
	}
	close_decided(&decided);
	return found;
}

/* ---- All pairs --------------------------------------------------------------------------------------------------- */

static const struct record_id *low_of(const struct patient_link *link)
{
	return record_id_cmp(&link->file, &link->other) < 0 ? &link->file : &link->other;
}

static const struct record_id *high_of(const struct patient_link *link)
{
	return record_id_cmp(&link->file, &link->other) < 0 ? &link->other : &link->file;
}

static int by_pair(const void *left, const void *right)
{
	const struct patient_link *a = *(const struct patient_link *const *)left,
	                          *b = *(const struct patient_link *const *)right;
	const int order = record_id_cmp(low_of(a), low_of(b));
	return order ? order : record_id_cmp(high_of(a), high_of(b));
}

static uint32_t same_pair(const struct patient_link **links, uint32_t count, uint32_t from)
{
	uint32_t to = from + 1;
	while (to < count && is_about(links[to], &links[from]->file, &links[from]->other))
		to++;
	return to;
}

void patient_pairs_make(const struct patient_link *links, uint32_t count, struct patient_pairs *out)
{
	const struct patient_link **sorted = mem_zero((size_t)count + 1, sizeof(*sorted));
	*out = (struct patient_pairs){mem_zero((size_t)count + 1, sizeof(*out->items)), 0};
	for (uint32_t i = 0; i < count; i++)
		sorted[i] = &links[i];
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_pair);
	for (uint32_t from = 0, to; from < count; from = to) {
		to = same_pair(sorted, count, from);
		struct decided decided = decide(
		        mem_copy(sorted + from, (to - from) * sizeof(*sorted)), to - from);
		out->items[out->count++] = (struct patient_pair){
		        *low_of(sorted[from]), *high_of(sorted[from]), state_of(&decided), 0};
		close_decided(&decided);
	}
	mem_free(sorted);
}

void patient_pairs_close(struct patient_pairs *pairs)
{
	mem_free(pairs->items);
	*pairs = (struct patient_pairs){0};
}

struct patient_pair *patient_pairs_find(
        const struct patient_pairs *pairs, const struct record_id *a, const struct record_id *b)
{
	const bool is_first_low = record_id_cmp(a, b) < 0;
	const struct record_id *low = is_first_low ? a : b, *high = is_first_low ? b : a;
	uint32_t from = 0, to = pairs->count;
	while (from < to) {
		const uint32_t middle = from + (to - from) / 2;
		const struct patient_pair *pair = &pairs->items[middle];
		int order = record_id_cmp(&pair->low, low);
		if (!order)
			order = record_id_cmp(&pair->high, high);
		if (!order)
			return &pairs->items[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

bool patient_pair_tell(struct patient_pair *pair, const struct record_id *file)
{
	const uint8_t of = record_id_eq(file, &pair->low) ? PATIENT_TOLD_OF_LOW : PATIENT_TOLD_OF_HIGH;
	const bool is_first = !(pair->told & of);
	pair->told |= of;
	return is_first;
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

/* Joins where a pair is joined; with `refuse`, marks groups of which two are not one person. */
static void each_pair(
        const struct patient_pairs *pairs, struct patient_groups *groups, uint32_t *parents, bool refuse)
{
	for (uint32_t i = 0; i < pairs->count; i++) {
		const struct patient_pair *pair = &pairs->items[i];
		const uint32_t x = place_of(groups, &pair->low), y = place_of(groups, &pair->high);
		if (!refuse && pair->state == PATIENT_PAIR_JOINED)
			unite(parents, x, y);
		bool apart = pair->state == PATIENT_PAIR_DIFFERENT || pair->state == PATIENT_PAIR_DISPUTED;
		if (refuse && apart && root_of(parents, x) == root_of(parents, y))
			groups->is_contradicted[root_of(parents, x)] = true;
	}
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
	struct patient_pairs pairs;
	*out = (struct patient_groups){0};
	list_files(links, count, out);
	out->main = mem_zero(out->count + 1, sizeof(*out->main));
	out->is_contradicted = mem_zero(out->count + 1, sizeof(*out->is_contradicted));
	uint32_t *parents = mem_zero(out->count + 1, sizeof(*parents));
	for (uint32_t i = 0; i < out->count; i++)
		parents[i] = i;
	patient_pairs_make(links, count, &pairs);
	each_pair(&pairs, out, parents, false);
	each_pair(&pairs, out, parents, true);
	patient_pairs_close(&pairs);
	refuse_large(out, parents);
	out->next = mem_zero((size_t)out->count + 1, sizeof(*out->next));
	uint32_t *later = mem_zero((size_t)out->count + 1, sizeof(*later)); /* by root */
	for (uint32_t i = out->count; i-- > 0;) {
		const uint32_t root = root_of(parents, i);
		out->next[i] = out->is_contradicted[root] ? 0 : later[root];
		later[root] = i;
	}
	mem_free(later);
	for (uint32_t i = 0; i < out->count; i++) {
		const uint32_t root = root_of(parents, i);
		out->is_contradicted[i] = out->is_contradicted[root];
		out->main[i] = out->files[out->is_contradicted[root] ? i : root];
	}
	mem_free(parents);
}

void patient_groups_close(struct patient_groups *groups)
{
	mem_free(groups->files);
	mem_free(groups->main);
	mem_free(groups->is_contradicted);
	mem_free(groups->next);
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
	return place < groups->count &&
	        (groups->next[place] || !record_id_eq(&groups->main[place], &groups->files[place]));
}

void patient_groups_of(
        const struct patient_groups *groups, const struct record_id *file, struct patient_group *out)
{
	const uint32_t place = place_of(groups, file);
	*out = (struct patient_group){
	        .is_contradicted = place < groups->count && groups->is_contradicted[place]};
	if (place == groups->count) {
		out->files[out->count++] = *file;
		return;
	}
	uint32_t at = place_of(groups, &groups->main[place]); /* the lowest */
	do {
		out->files[out->count++] = groups->files[at];
		at = groups->next[at];
	} while (at && out->count < LIMIT_JOINED_FILES);
}
