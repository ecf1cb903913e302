#include "node/keyring/tombstones.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

void tombstones_close(struct tombstones *list)
{
	mem_free(list->items);
	*list = (struct tombstones){0};
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

static size_t place_of(
        const struct tombstones *list, const struct record_id *dossier, const struct device_id *issuer)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct key_tombstone *at = &list->items[middle];
		int order = record_id_cmp(&at->order.dossier, dossier);
		if (order == 0)
			order = device_id_cmp(&at->issuer, issuer);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Those of one dossier: where they begin, and where they end. */
static size_t run_of(const struct tombstones *list, const struct record_id *dossier, size_t *end)
{
	const struct device_id least = {{0}};
	size_t start = place_of(list, dossier, &least);
	for (*end = start; *end < list->count; ++*end)
		if (!record_id_eq(&list->items[*end].order.dossier, dossier))
			break;
	return start;
}

bool tombstones_erase(const struct tombstones *list, const struct record_id *dossier)
{
	size_t end;
	for (size_t i = run_of(list, dossier, &end); i < end; i++)
		if (list->items[i].counts)
			return true;
	return false;
}

bool tombstones_name(const struct tombstones *list, const struct epoch_key *epoch,
        const struct pseudonym *pseudonym, bool must_count)
{
	for (size_t i = 0; i < list->count; i++) {
		if (must_count && !list->items[i].counts)
			continue;
		struct pseudonym name = secret_pseudonym(epoch, &list->items[i].order.dossier);
		if (pseudonym_eq(&name, pseudonym))
			return true;
	}
	return false;
}

/* ---- Merging ---------------------------------------------------------------------------------------------------- */

/* What cites a state of the team is rightful or not for ever, whatever became of its issuer since. */
static bool cites(const struct key_tombstone *tombstone)
{
	return !entry_hash_is_zero(&tombstone->order.membership);
}

/* Of several by one issuer the least stays. */
static int cmp(const struct key_tombstone *a, const struct key_tombstone *b)
{
	if (cites(a) != cites(b))
		return cites(a) ? -1 : 1;
	if (a->order.reason != b->order.reason)
		return a->order.reason < b->order.reason ? -1 : 1;
	if (a->order.time_ms != b->order.time_ms)
		return a->order.time_ms < b->order.time_ms ? -1 : 1;
	return memcmp(&a->signature, &b->signature, sizeof(a->signature));
}

static bool may_erase(const struct tombstones *list, const struct device_id *issuer)
{
	return !list->may_erase || list->may_erase(list->context, issuer);
}

static bool upholds(const struct key_tombstone *tombstone)
{
	return !sodium_is_zero(tombstone->order.upheld.bytes, sizeof(tombstone->order.upheld.bytes));
}

/* What cites none has power while its issuer has, and is nothing without. */
static bool stays(const struct key_tombstone *tombstone)
{
	return tombstone->counts || cites(tombstone);
}

static void take_out(struct tombstones *list, size_t place)
{
	list->count--;
	memmove(list->items + place, list->items + place + 1, (list->count - place) * sizeof(*list->items));
}

/* Of those who uphold an order to erase this dossier, and may, one is enough: the first. True: the one of `issuer` went. */
static bool prune(struct tombstones *list, const struct record_id *dossier, const struct device_id *issuer)
{
	size_t end, i = run_of(list, dossier, &end);
	bool have = false, gone = false;
	while (i < end) {
		const struct key_tombstone *at = &list->items[i];
		const bool counts = at->counts && upholds(at);
		if (counts && have) {
			gone |= issuer && device_id_eq(&at->issuer, issuer);
			take_out(list, i);
			end--;
			continue;
		}
		have |= counts;
		i++;
	}
	return gone;
}

/* Would its issuer have more than one device's part? While all of them together have less, nobody needs to count. */
static bool is_flood(const struct tombstones *list, const struct device_id *issuer)
{
	size_t count = 0;
	if (list->count < LIMIT_KEY_TOMBSTONES_ISSUER)
		return false;
	for (size_t i = 0; i < list->count; i++)
		count += device_id_eq(&list->items[i].issuer, issuer);
	return count >= LIMIT_KEY_TOMBSTONES_ISSUER;
}

static int insert(struct tombstones *list, size_t place, const struct key_tombstone *tombstone)
{
	if (list->count == LIMIT_KEY_TOMBSTONES || is_flood(list, &tombstone->issuer))
		return ERR_FULL;
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->items = mem_resize(list->items, list->room, sizeof(*list->items));
	}
	struct key_tombstone *at = list->items + place;
	memmove(at + 1, at, (list->count - place) * sizeof(*at));
	*at = *tombstone;
	list->count++;
	return 0;
}

int tombstones_add(struct tombstones *list, const struct key_tombstone *tombstone, bool *first)
{
	const struct record_id dossier = tombstone->order.dossier;
	const size_t place = place_of(list, &dossier, &tombstone->issuer);
	struct key_tombstone new = *tombstone, *at = place < list->count ? &list->items[place] : NULL;
	*first = false;
	new.counts = may_erase(list, &new.issuer);
	if (!stays(&new))
		return TOMBSTONES_KNOWN;
	const bool was_erased = tombstones_erase(list, &dossier);
	if (at && record_id_eq(&at->order.dossier, &dossier) && device_id_eq(&at->issuer, &new.issuer)) {
		if (cmp(at, &new) <= 0)
			return TOMBSTONES_KNOWN;
		*at = new;
	} else {
		int result = insert(list, place, &new);
		if (result)
			return result;
	}
	*first = new.counts && !was_erased;
	return prune(list, &dossier, &new.issuer) ? TOMBSTONES_KNOWN : 0;
}

/* ---- Judging ---------------------------------------------------------------------------------------------------- */

/* The dossier whose tombstones begin at `start`. Returns where the next one's begin; *moved, *erased: as in tombstones_judge(). */
static size_t judge_dossier(struct tombstones *list, size_t start, bool *moved, bool *erased)
{
	const struct record_id dossier = list->items[start].order.dossier;
	const bool was_erased = tombstones_erase(list, &dossier);
	size_t end, i = run_of(list, &dossier, &end);
	*moved = false;
	while (i < end) {
		struct key_tombstone *at = &list->items[i];
		const bool counted = at->counts;
		at->counts = may_erase(list, &at->issuer);
		*moved |= at->counts != counted;
		if (stays(at)) {
			i++;
			continue;
		}
		take_out(list, i);
		end--;
	}
	if (*moved)
		prune(list, &dossier, NULL);
	*erased = *moved && !was_erased && tombstones_erase(list, &dossier);
	run_of(list, &dossier, &end);
	return end;
}

bool tombstones_judge(struct tombstones *list, void (*erased)(void *context, const struct record_id *dossier),
        void *context)
{
	bool any = false;
	for (size_t i = 0; i < list->count;) {
		const struct record_id dossier = list->items[i].order.dossier;
		bool moved, is_erased;
		i = judge_dossier(list, i, &moved, &is_erased);
		any |= moved;
		if (is_erased)
			erased(context, &dossier);
	}
	return any;
}
