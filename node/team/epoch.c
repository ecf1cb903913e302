#include "node/team/epoch.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static const struct team_epoch *epoch_of(struct team_membership *membership, const struct team_epoch_row *row)
{
	return &team_membership_dag(membership)->nodes[row->node]->action.as.epoch;
}

static bool all_entitled(const struct team_view *view, const struct team_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->recipients.count; i++)
		if (team_view_level(view, &epoch->recipients.boxes[i].device, epoch->compartment) <
		        TEAM_LEVEL_READ)
			return false;
	return true;
}

int team_epoch_to_write(struct team_membership *membership, uint8_t compartment, struct epoch_id *out)
{
	const struct team_view *view = team_membership_view(membership);
	if (!view)
		return ERR_NOTEAM;
	for (uint32_t i = view->epoch_count; i-- > 0;) { /* rows stand in canonical order */
		const struct team_epoch_row *row = &view->epochs[i];
		if (row->compartment != compartment || !row->in_force ||
		        !all_entitled(view, epoch_of(membership, row)))
			continue;
		*out = row->id;
		return 0;
	}
	return ERR_NOTFOUND;
}

/* Does another distribution name it as a parent? A void one is not asked about one in force: it may have encrypted nonsense
 * as the key, and must not hide it from those who come later. */
static bool is_parent(
        struct team_membership *membership, const struct team_view *view, const struct team_epoch_row *row)
{
	for (uint32_t i = 0; i < view->epoch_count; i++) {
		const struct team_epoch *epoch = epoch_of(membership, &view->epochs[i]);
		if (row->in_force && !view->epochs[i].in_force)
			continue;
		for (uint32_t j = 0; j < epoch->parent_count; j++)
			if (epoch_id_eq(&epoch->parents[j].epoch, &row->id))
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
		        !is_parent(membership, view, row))
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
