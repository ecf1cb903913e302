#include "tools/bench_stick.h"

#include "crdt/base/err.h"
#include "node/uv_bundle.h"

/* Invited, asked, let in: by two small files. */
static void let_in(struct bench_node *host, struct bench_node *guest)
{
	const struct person_id nobody = {{0}};
	struct team_invitation invitation;
	struct node_taken taken;
	struct buf file = {0};
	bench_check(node_invite(host->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL), "invite");
	bench_node_settle(host, 0);
	bench_check(node_request_join(guest->node, node_team(host->node), &invitation, &nobody,
	                    span_text("Bench"), NULL, NULL, &file),
	        "request");
	bench_node_settle(guest, 0);
	bench_check(node_take_in(host->node, buf_span(&file), &taken), "request");
	bench_check(taken.asks ? taken.admitted : ERR_INTERNAL, "admission");
	bench_node_settle(host, 0);
	team_invitation_wipe(&invitation);
	buf_close(&file);
}

static void write_all(struct bench_node *host, const char *file, struct bench_stick *out)
{
	const struct node_export_wish wish = {.whole = false};
	struct uv_bundle_writer *writer;
	int more;
	bench_check(node_export_prepare(host->node), "export");
	bench_node_settle(host, 0);
	bench_check(uv_bundle_writer_new(host->node, file, true, &wish, &writer), "export");
	do {
		more = uv_bundle_writer_step(writer);
		bench_check(more, "export");
	} while (more);
	out->bytes = uv_bundle_writer_counts(writer).bytes;
	out->entries = uv_bundle_writer_counts(writer).entries;
	uv_bundle_writer_free(writer);
}

static void read_all(struct bench_node *guest, const char *file)
{
	struct uv_bundle_reader *reader;
	struct uv_bundle_report report;
	bool ended;
	int more;
	bench_check(uv_bundle_reader_new(guest->node, file, &reader), "import");
	do {
		more = uv_bundle_reader_step(reader, &ended, &report);
		bench_check(more, "import");
		bench_node_settle(guest, 0);
		if (ended)
			bench_check(report.error, "import");
	} while (more);
	uv_bundle_reader_free(reader);
	bench_check(node_checkpoint(guest->node, true), "checkpoint");
	bench_node_settle(guest, 0);
}

void bench_stick(struct bench_node *host, struct bench_node *guest, const char *file, struct bench_stick *out)
{
	let_in(host, guest);
	double start_ms = bench_now_ms();
	write_all(host, file, out);
	out->export_ms = bench_now_ms() - start_ms;
	start_ms = bench_now_ms();
	read_all(guest, file);
	out->import_ms = bench_now_ms() - start_ms;
	start_ms = bench_now_ms();
	read_all(guest, file);
	out->again_ms = bench_now_ms() - start_ms;
}
