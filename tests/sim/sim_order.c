#include "tests/sim/sim_order.h"

#include "crdt/base/err.h"
#include "node/node_state.h"
#include "tests/sim/sim_check.h"

/* Its own order, whoever else gave one; `powerless`: one that does not count. */
static bool ordered(const struct node *at, const struct device_id *author, const struct record_id *dossier,
        bool powerless)
{
	struct node_erasure order;
	for (uint32_t i = 0; node_erasure_at(at, i, &order); i++)
		if (record_id_eq(&order.dossier, dossier) && device_id_eq(&order.by, author))
			return !powerless || !order.counts;
	return false;
}

/* ERR_BUSY: nobody can look there at this moment. */
static int has_body(const struct sim_member *member, const struct sim_save *save, bool *has)
{
	struct node *node = member->device.node;
	struct log_reader reader = {0};
	const struct run_entry *entry;
	struct entry_ref place;
	struct store_txn *txn;
	uint32_t feed;
	*has = false;
	if (!member->device.up || node_begin_read(node, &txn))
		return ERR_BUSY;
	store_abort(txn);
	if (!sim_find(node, save, &feed, &place))
		return 0;
	if (node_begin_read(node, &txn))
		return ERR_BUSY;
	int result = log_read_entry(node->log, txn, &reader, feed, place.seq, &entry);
	*has = result || !entry->purged;
	log_reader_close(&reader);
	store_abort(txn);
	return 0;
}

/* Of those whom nobody could ask at that moment, as soon as that is possible. */
static void look(struct sim_world *world, struct sim_save *save)
{
	for (uint32_t i = 0; save->to_look_at && i < world->member_count; i++) {
		bool has;
		if (!(save->to_look_at & 1U << i) || has_body(&world->members[i], save, &has))
			continue;
		save->to_look_at &= ~(1U << i);
		save->had_by_others |= has;
	}
}

static uint32_t order_count(const struct node *node)
{
	struct node_erasure order;
	uint32_t count = 0;
	while (node_erasure_at(node, count, &order))
		count++;
	return count;
}

void sim_order_watch(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		const uint32_t count = member->device.up ? order_count(member->device.node)
		                                         : member->orders_seen;
		const bool more = count > member->orders_seen;
		member->orders_seen = count;
		for (struct sim_save *save = more ? world->saves : NULL; save; save = save->next)
			if (save->member == i && !save->ordered &&
			        ordered(member->device.node, &member->id, &save->doc, false)) {
				save->ordered = true;
				save->to_look_at = ((1U << world->member_count) - 1) & ~(1U << i);
			}
	}
	for (struct sim_save *save = world->saves; save; save = save->next)
		look(world, save);
}

bool sim_order_left_nothing(struct sim_world *world, const struct sim_save *save)
{
	const struct device_id *author = &world->members[save->member].id;
	bool is_powerless = false;
	if (!save->ordered || save->had_by_others)
		return false;
	for (uint32_t i = 0; i < world->member_count; i++) {
		const struct sim_member *member = &world->members[i];
		bool has;
		if (has_body(member, save, &has))
			continue; /* before all is calm */
		if (has)
			return false;
		is_powerless |= ordered(member->device.node, author, &save->doc, true);
	}
	return is_powerless;
}
