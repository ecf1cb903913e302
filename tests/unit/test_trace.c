#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "tools/trace.h"

/* Two authors: the first types three times in a row, the second has seen the second of these; then one has seen both. */
static const char concurrent[] =
        "{\"kind\":\"concurrent\",\"endContent\":\"abXc\",\"numAgents\":2,\"txns\":["
        "{\"parents\":[],\"numChildren\":1,\"agent\":0,\"patches\":[[0,0,\"a\"]]},"
        "{\"parents\":[0],\"numChildren\":2,\"agent\":0,\"patches\":[[1,0,\"b\"],[2,0,\"-\"]]},"
        "{\"parents\":[1],\"numChildren\":1,\"agent\":0,\"patches\":[[2,1,\"\"]]},"
        "{\"parents\":[1],\"numChildren\":1,\"agent\":1,\"patches\":[[2,1,\"\xc3\xa9\"]]},"
        "{\"parents\":[2,3],\"numChildren\":0,\"agent\":0,\"patches\":[[2,1,\"Xc\"]]}]}";

static int read_text(const char *json, struct buf *flat)
{
	char path[] = "/tmp/releve-test-trace.XXXXXX";
	int file = mkstemp(path);
	assert_true(file >= 0);
	gzFile out = gzdopen(file, "wb");
	assert_int_equal(gzwrite(out, json, (unsigned)strlen(json)), (int)strlen(json));
	gzclose(out);
	int result = trace_read(path, flat);
	unlink(path);
	return result;
}

static void a_concurrent_trace_is_read(void **state)
{
	(void)state;
	struct buf flat = {0};
	check_ok(read_text(concurrent, &flat));
	struct trace trace = trace_of(buf_span(&flat));
	assert_true(trace.is_concurrent && trace.author_count == 2 && trace.txn_count == 5);
	check_span(trace.end, span_text("abXc"));
	assert_int_equal(trace.patch_count, 6);
	assert_true(trace.txns[3].author == 1 && trace.txns[4].parent_count == 2);
	const struct trace_patch *patch = &trace.patches[trace.txns[3].patch_at];
	assert_true(patch->position == 2 && patch->deleted == 1);
	check_span(trace_text(&trace, patch), span_text("\xc3\xa9"));
	buf_close(&flat);
}

static void transactions_that_nobody_saw_between_are_joined(void **state)
{
	(void)state;
	struct buf flat = {0};
	struct trace_txn runs[5];
	uint32_t parents[8];
	check_ok(read_text(concurrent, &flat));
	struct trace trace = trace_of(buf_span(&flat));
	/* The third was written before the second was seen by the other author. */
	assert_int_equal(trace_runs(&trace, runs, parents), 4);
	assert_true(runs[0].patch_count == 3 && runs[1].patch_count == 1);
	assert_int_equal(parents[runs[1].parent_at], 0);
	assert_int_equal(parents[runs[2].parent_at], 0);
	assert_true(parents[runs[3].parent_at] == 1 && parents[runs[3].parent_at + 1] == 2);
	buf_close(&flat);
}

static void what_is_no_trace_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "{}", "[1",
	        "{\"endContent\":\"\",\"txns\":[{\"patches\":[[0,0]]}]}",
	        "{\"endContent\":\"\",\"txns\":[{\"patches\":[[-1,0,\"\"]]}]}",
	        ("{\"kind\":\"concurrent\",\"numAgents\":1,\"endContent\":\"\",\"txns\":[{\"parents\":[0],"
	         "\"numChildren\":0,\"agent\":0,\"patches\":[]}]}")};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct buf flat = {0};
		check_code(read_text(bad[i], &flat), ERR_MALFORMED);
		assert_int_equal(flat.size, 0);
		buf_close(&flat);
	}
	struct buf flat = {0};
	check_code(trace_read("/nowhere/trace.json.gz", &flat), ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_concurrent_trace_is_read),
	        cmocka_unit_test(transactions_that_nobody_saw_between_are_joined),
	        cmocka_unit_test(what_is_no_trace_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
