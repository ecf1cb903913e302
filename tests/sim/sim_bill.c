#include "tests/sim/sim_bill.h"

#include "crdt/base/err.h"
#include "node/node_billing.h"
#include "node/record.h"

static const char TERRITORY[] = "Bretagne";

static struct sim_member *closing_nurse(struct sim_world *world)
{
	uint32_t at = (uint32_t)rng_below(&world->rng, world->member_count);
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[(at + i) % world->member_count];
		if (!sim_is_out(member) && team_view_manages(node_view(member->device.node), &member->id))
			return member;
	}
	return NULL;
}

static struct schema_value *put(struct schema_record *record, const char *field)
{
	return schema_put(record, schema_field_named(record->kind, span_text(field)));
}

static int set_rate(struct sim_member *member)
{
	struct node *node = member->device.node;
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_RATE_TABLE), .id = {{7, 7}}}};
	struct record_id rates = record_document_id(node_team(node), SCHEMA_DOC_RATES, NULL);
	struct node_change change;
	put(&edit.record, "territory")->bytes = span_text(TERRITORY);
	put(&edit.record, "validFrom")->number = 18000;
	put(&edit.record, "centsPerHour")->number = 5394;
	put(&edit.record, "unit")->number = 1;
	put(&edit.record, "ties")->number = 1;
	put(&edit.record, "amoPerMille")->number = 600;
	int result = node_change_begin(node, SCHEMA_DOC_RATES, &rates, &change);
	if (result)
		return result;
	result = record_write(change.doc, &change.builder, &edit, NULL, span_text(""));
	if (result) {
		node_change_drop(&change);
		return result;
	}
	return node_change_finish(node, &change, NULL, NULL, NULL);
}

/* The same lot, and the same one computed anew. */
static void verify(struct sim_world *world, const struct sim_member *member, const struct buf *lot)
{
	struct node *node = member->device.node;
	struct node_billing billing;
	struct billing_lot theirs, mine;
	struct buf there = {0};
	int result = node_billing_lot(node, SIM_MONTH, &there);
	world->counts.checks++;
	if (result || !span_eq(buf_span(&there), buf_span(lot)))
		sim_fail(world, "billing: %u has not the lot that was closed: %s", member->device.number,
		        err_name(result));
	buf_close(&there);
	result = node_billing_verify(node, buf_span(lot), &billing, &theirs, &mine);
	if (result)
		sim_fail(world, "billing: %u computes another month: %s, %lld and %lld cents",
		        member->device.number, result < 0 ? err_name(result) : "it differs",
		        (long long)theirs.totals.cents, (long long)mine.totals.cents);
	else
		world->counts.billed_cents += (uint64_t)theirs.totals.cents;
	node_billing_wipe(&billing);
}

static bool step(struct sim_world *world, struct sim_member *member, int result, const char *what)
{
	if (result) {
		sim_fail(world, "billing: %u cannot %s: %s", member->device.number, what, err_name(result));
		return false;
	}
	sim_device_turn(&member->device);
	return sim_settle(world);
}

void sim_bill(struct sim_world *world)
{
	struct sim_member *member = closing_nurse(world);
	struct buf lot = {0};
	struct lot_hash hash;
	struct billing_obstacle obstacle;
	if (!member) {
		sim_fail(world, "billing: nobody manages");
		return;
	}
	struct node *node = member->device.node;
	if (member->device.clock_offset_ms < 0)
		member->device.clock_offset_ms = 0; /* by a clock of years before, the month has not begun */
	if (!step(world, member, node_billing_designate(node, &member->id, NULL, NULL), "be designated") ||
	        !step(world, member, set_rate(member), "set a rate"))
		return;
	if (step(world, member,
	            node_billing_close_month(
	                    node, SIM_MONTH, span_text(TERRITORY), &lot, &hash, &obstacle, NULL, NULL),
	            "close the month"))
		for (uint32_t i = 0; i < world->member_count; i++)
			if (!sim_is_out(&world->members[i]) &&
			        team_view_level(node_view(node), &world->members[i].id,
			                COMPARTMENT_BILLING) >= TEAM_LEVEL_READ)
				verify(world, &world->members[i], &lot);
	buf_close(&lot);
}
