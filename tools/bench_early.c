#include "tools/bench_early.h"

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/node_early.h"
#include "node/record.h"
#include "node/schema/schema.h"
#include "tools/bench_node.h"

enum { DAY_S = 86400 };

static bool has_name(const struct crdt_doc *doc)
{
	static struct schema_measures measures;
	struct schema_record record;
	const struct record_id id = crdt_doc_id(doc);
	return record_read(doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record) &&
	        schema_value(&record, 1);
}

static uint32_t by_log(struct node *node, int64_t day_s)
{
	const struct index_event *events;
	struct crdt_doc *doc;
	uint32_t count, found = 0;
	bench_check(node_month(node, calendar_month(day_s, 0), &events, &count), "month");
	for (uint32_t i = 0; i < count; i++)
		found += events[i].kind == SCHEMA_VISIT && events[i].when_s >= day_s &&
		        events[i].when_s < day_s + DAY_S &&
		        node_doc_by_number(node, events[i].doc, &doc) == 0 && has_name(doc);
	return found;
}

uint32_t bench_round(struct node *node, int64_t day_s)
{
	uint32_t found = by_log(node, day_s);
	const struct early_copy *copy;
	for (uint32_t i = 0; (copy = node_early_at(node, i)); i++) {
		for (uint32_t j = 0; j < copy->body_count; j++) {
			const struct early_body *body = &copy->bodies[j];
			int64_t when_s;
			found += body->kind == SCHEMA_VISIT &&
			        record_event_when(body->kind, body->fields, &when_s) && when_s >= day_s &&
			        when_s < day_s + DAY_S && node_early_ahead(node, &body->op) &&
			        has_name(copy->doc);
		}
	}
	return found;
}

void bench_snapshot(struct node *node, uint32_t days, struct bench_snapshot *out)
{
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	struct device_id other = self;
	struct buf bytes = {0};
	*out = (struct bench_snapshot){0};
	for (uint32_t i = 0; i < view->device_count; i++)
		if (!device_id_eq(&view->devices[i].id, &self))
			other = view->devices[i].id;
	const double start_ms = bench_now_ms();
	struct node_early_giving *giving = node_early_giving_new(node, &other, days, NULL, 0);
	for (int result = 1; result == 1; out->dossiers += result == 1) {
		buf_clear(&bytes);
		result = node_early_give(node, giving, &bytes);
		bench_check(result == NODE_EARLY_LATER ? ERR_BUSY : result, "snapshot");
		out->bytes += bytes.size;
	}
	node_early_giving_free(giving);
	out->ms = bench_now_ms() - start_ms;
	buf_close(&bytes);
}
