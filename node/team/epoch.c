#include "node/team/epoch.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/boxes.h"

static const struct team_epoch *epoch_of(struct team_membership *membership, const struct team_epoch_row *row)
{
	return &team_membership_dag(membership)->nodes[row->node]->action.as.epoch;
}

static bool all_entitled(
        struct team_membership *membership, const struct team_view *view, const struct team_epoch_row *row)
{
	struct entry_hash source;
	memcpy(source.bytes, row->id.bytes, sizeof(source.bytes));
	for (struct team_holder at = {0}; team_holder_next(membership, &source, &at);)
		if (team_view_level(view, &at.device, row->compartment) < TEAM_LEVEL_READ)
			return false;
	return true;
}

/* Who holds an epoch's key comes to those of its parents. */
static void taint_parents(
        const struct team_view *view, const struct team_epoch *epoch, uint32_t before, bool *tainted)
{
	for (uint32_t i = 0; i < before; i++)
		for (uint32_t j = 0; j < epoch->parent_count; j++)
			tainted[i] |= epoch->parents[j].has_key &&
			        epoch_id_eq(&epoch->parents[j].epoch, &view->epochs[i].id);
}

int team_epoch_to_write(struct team_membership *membership, uint8_t compartment, struct epoch_id *out)
{
	const struct team_view *view = team_membership_view(membership);
	bool *tainted = NULL; /* by row: somebody not entitled holds the key */
	int result = ERR_NOTFOUND;
	if (!view)
		return ERR_NOTEAM;
	/* Rows stand in canonical order: an epoch comes after its parents. */
	for (uint32_t i = view->epoch_count; result == ERR_NOTFOUND && i-- > 0;) {
		const struct team_epoch_row *row = &view->epochs[i];
		if (row->compartment != compartment)
			continue;
		if ((tainted && tainted[i]) || !all_entitled(membership, view, row)) {
			if (!tainted)
				tainted = mem_zero(view->epoch_count, sizeof(*tainted));
			taint_parents(view, epoch_of(membership, row), i, tainted);
		} else if (row->in_force) {
			*out = row->id;
			result = 0;
		}
	}
	mem_free(tainted);
	return result;
}

/* Does another distribution name it as a parent, and carry its key where that is asked? A void one is not asked about one in force: it
 * may have encrypted nonsense as the key, and must not hide it from those who come later. */
static bool is_parent(struct team_membership *membership, const struct team_view *view,
        const struct team_epoch_row *row, bool with_key)
{
	for (uint32_t i = 0; i < view->epoch_count; i++) {
		if (view->epochs[i].compartment != row->compartment ||
		        (row->in_force && !view->epochs[i].in_force))
			continue;
		const struct team_epoch *epoch = epoch_of(membership, &view->epochs[i]);
		for (uint32_t j = 0; j < epoch->parent_count; j++)
			if (epoch_id_eq(&epoch->parents[j].epoch, &row->id) &&
			        (!with_key || epoch->parents[j].has_key))
				return true;
	}
	return false;
}

static int by_id(const void *a, const void *b)
{
	return epoch_id_cmp(a, b);
}

/* Append those of the compartment that are in force, or those that are not: the deepest that there is room for. */
static uint32_t add_parents(struct team_membership *membership, const struct team_view *view,
        uint8_t compartment, bool in_force, struct epoch_id *out, uint32_t count)
{
	for (uint32_t i = view->epoch_count; i-- > 0 && count < LIMIT_EPOCH_PARENTS;) {
		const struct team_epoch_row *row = &view->epochs[i];
		if (row->compartment == compartment && row->in_force == in_force &&
		        !is_parent(membership, view, row, false))
			out[count++] = row->id;
	}
	return count;
}

uint32_t team_epoch_parents(struct team_membership *membership, uint8_t compartment, struct epoch_id *out)
{
	const struct team_view *view = team_membership_view(membership);
	if (!view)
		return 0;
	uint32_t count = add_parents(membership, view, compartment, true, out, 0);
	count = add_parents(membership, view, compartment, false, out, count);
	qsort(out, count, sizeof(*out), by_id);
	return count;
}

uint32_t team_epoch_uncarried(struct team_membership *membership, uint8_t compartment, struct epoch_id **out)
{
	const struct team_view *view = team_membership_view(membership);
	uint32_t count = 0;
	*out = view ? mem_zero(view->epoch_count, sizeof(**out)) : NULL;
	for (uint32_t i = 0; view && i < view->epoch_count; i++)
		if (view->epochs[i].compartment == compartment &&
		        !is_parent(membership, view, &view->epochs[i], true))
			(*out)[count++] = view->epochs[i].id;
	return count;
}

bool team_epoch_parent_has_key(struct team_membership *membership, const struct epoch_id *parent,
        const struct team_device_list *recipients)
{
	const struct team_view *view = team_membership_view(membership);
	const struct team_epoch_row *row = view ? team_view_epoch(view, parent) : NULL;
	if (!row)
		return false;
	for (uint32_t i = 0; i < recipients->count; i++)
		if (!team_view_may_hold(view, epoch_of(membership, row), row->node, &recipients->devices[i]))
			return false;
	return true;
}
