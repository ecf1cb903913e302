#include "node/unread.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { UNREAD_VERSION = 1, GROUP_BYTES_MIN = ID_LONG_BYTES + ID_SHORT_BYTES + 3, GROUPS_MAX = 1 << 20 };

void unread_close(struct unread *unread)
{
	mem_free(unread->groups);
	*unread = (struct unread){0};
}

static int group_cmp(const void *left, const void *right)
{
	const struct unread_group *a = left, *b = right;
	int order = epoch_id_cmp(&a->epoch, &b->epoch);
	if (order == 0)
		order = pseudonym_cmp(&a->dossier, &b->dossier);
	if (order == 0)
		order = (a->compartment > b->compartment) - (a->compartment < b->compartment);
	return order ? order : (a->tried > b->tried) - (a->tried < b->tried);
}

/* Each group once, ascending. */
static void merge(struct unread *unread)
{
	size_t kept = 0;
	if (unread->group_count)
		qsort(unread->groups, unread->group_count, sizeof(*unread->groups), group_cmp);
	for (size_t i = 0; i < unread->group_count; i++) {
		if (kept && group_cmp(&unread->groups[kept - 1], &unread->groups[i]) == 0)
			unread->groups[kept - 1].count += unread->groups[i].count;
		else
			unread->groups[kept++] = unread->groups[i];
	}
	unread->group_count = kept;
}

/* Equal groups are put together when the room is used up, and there is twice the room that they need: each addition costs a few
 * comparisons, whatever it is. */
void unread_add(struct unread *unread, const struct unread_group *group)
{
	if (unread->group_count == unread->room) {
		merge(unread);
		if (unread->room < 2 * (unread->group_count + 32)) {
			unread->room = 2 * (unread->group_count + 32);
			unread->groups = mem_resize(unread->groups, unread->room, sizeof(*unread->groups));
		}
	}
	unread->groups[unread->group_count++] = *group;
	unread->count += group->count;
}

void unread_remove(struct unread *unread, size_t index)
{
	unread->count -= unread->groups[index].count;
	unread->groups[index] = unread->groups[--unread->group_count];
}

void unread_encode(struct unread *unread, struct buf *out, size_t bytes_max)
{
	const size_t begin = out->size;
	merge(unread);
	wire_put_u8(out, UNREAD_VERSION);
	wire_put_varint(out, unread->group_count);
	for (size_t i = 0; i < unread->group_count && out->size - begin <= bytes_max; i++) {
		const struct unread_group *group = &unread->groups[i];
		buf_add(out, group->epoch.bytes, sizeof(group->epoch.bytes));
		buf_add(out, group->dossier.bytes, sizeof(group->dossier.bytes));
		wire_put_u8(out, group->compartment);
		wire_put_varint(out, group->tried);
		wire_put_varint(out, group->count);
	}
	if (out->size - begin > bytes_max)
		out->size = begin + 1;
}

static int decode(struct unread *unread, struct wire_in *in)
{
	uint32_t count = wire_count(in, GROUPS_MAX, GROUP_BYTES_MIN);
	for (uint32_t i = 0; i < count; i++) {
		struct unread_group group;
		wire_raw(in, group.epoch.bytes, sizeof(group.epoch.bytes));
		wire_raw(in, group.dossier.bytes, sizeof(group.dossier.bytes));
		group.compartment = wire_u8(in);
		group.tried = (uint32_t)wire_varint(in);
		group.count = wire_varint(in);
		if (group.compartment > COMPARTMENT_LAST)
			wire_fail(in, ERR_MALFORMED);
		unread_add(unread, &group);
	}
	return wire_end(in);
}

int unread_decode(struct unread *unread, struct span bytes)
{
	struct wire_in in = wire_begin(bytes);
	unread_close(unread);
	if (wire_u8(&in) != UNREAD_VERSION)
		return in.error ? in.error : ERR_VERSION;
	if (wire_left(&in) == 0)
		return ERR_NOTFOUND;
	int result = decode(unread, &in);
	if (result)
		unread_close(unread);
	return result;
}
