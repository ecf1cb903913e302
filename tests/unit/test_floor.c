#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/floor_own.h"
#include "tools/floor_text.h"
#include "tools/gen_team.h"

/* A small team's records, and a scratch directory with a floor on it. */
struct bench {
	struct gen_team team;
	struct floor_records history, day;
	struct floor *floor;
	char directory[64];
};

static void take_lines(struct floor_records *records, const struct gen_list *list)
{
	records->lines = mem_zero(list->count, sizeof(*records->lines));
	for (size_t i = 0; i < list->count; i++) {
		records->lines[records->count++] = gen_list_line(list, i);
		records->bytes += list->records[i].size;
	}
}

static int bench_open(void **state)
{
	struct gen_options options = gen_team_defaults();
	struct bench *bench = mem_zero(1, sizeof(*bench));
	struct floor_training training;
	options.patient_count = 60;
	options.visit_count = 2500;
	options.years = 1;
	snprintf(bench->directory, sizeof(bench->directory), "/tmp/releve-floor-XXXXXX");
	if (gen_team_make(&bench->team, &options, 0) || !mkdtemp(bench->directory))
		return -1;
	take_lines(&bench->history, &bench->team.history);
	take_lines(&bench->day, &bench->team.day);
	*state = bench;
	return floor_open(&bench->floor, &bench->history, &bench->day, bench->directory, &training);
}

static void remove_in(const char *directory, const char *name)
{
	char path[FLOOR_PATH_CHARS];
	if (floor_path(path, directory, name) == 0)
		remove(path);
}

static int bench_close(void **state)
{
	static const char *const stores[] = {"load", "load-signed", "joiner", "today"};
	struct bench *bench = *state;
	char name[32];
	for (unsigned i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "replica-%02u", i);
		const char *store = i < 12 ? name : stores[i - 12];
		char path[FLOOR_PATH_CHARS];
		if (floor_path(path, bench->directory, store))
			return -1;
		remove_in(path, "data.mdb");
		remove_in(path, "lock.mdb");
		remove(path);
	}
	remove_in(bench->directory, "dictionary");
	remove_in(bench->directory, "keys");
	remove_in(bench->directory, "today-peak");
	floor_close(bench->floor);
	floor_records_close(&bench->history);
	floor_records_close(&bench->day);
	gen_team_close(&bench->team);
	int result = rmdir(bench->directory); /* nothing else was written */
	mem_free(bench);
	return result;
}

static void sealed_records_open_again(void **state)
{
	struct bench *bench = *state;
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX], plain[FLOOR_RECORD_BYTES_MAX];
	size_t plain_bytes;
	struct span record = bench->history.lines[bench->history.count - 1];
	struct floor_sealer *sealer = &bench->floor->sealer;
	size_t size = floor_seal(sealer, sealed, record, FLOOR_SIGNED);
	assert_true(size < record.size);
	check_ok(floor_unseal(sealer, plain, &plain_bytes, span_of(sealed, size), FLOOR_SIGNED));
	check_span(span_of(plain, plain_bytes), record);
	check_code(
	        floor_unseal(sealer, plain, &plain_bytes, span_of(sealed, 100), FLOOR_SIGNED), ERR_TRUNCATED);
	sealed[size - 1] ^= 1;
	check_code(
	        floor_unseal(sealer, plain, &plain_bytes, span_of(sealed, size), FLOOR_SIGNED), ERR_BADSIG);
	check_ok(floor_unseal(sealer, plain, &plain_bytes, span_of(sealed, size), FLOOR_SIGNATURE_KNOWN));
	sealed[FLOOR_NONCE_BYTES] ^= 1;
	check_code(floor_unseal(sealer, plain, &plain_bytes, span_of(sealed, size), FLOOR_SIGNATURE_KNOWN),
	        ERR_BADSEAL);
}

static void load_and_join_carry_every_record(void **state)
{
	struct bench *bench = *state;
	for (int each = 0; each < 2; each++) {
		struct floor_load load;
		struct floor_join join;
		check_ok(floor_load(bench->floor, each, &load));
		assert_int_equal(load.record_count, bench->history.count);
		assert_in_range(load.payload_bytes, 100 * load.record_count, bench->history.bytes);
		assert_true(load.file_bytes > load.payload_bytes && load.ms > 0);
		check_ok(floor_join(bench->floor, each, &join));
		assert_int_equal(join.record_count, load.record_count);
		assert_int_equal(join.wire_bytes, load.payload_bytes + 4 * load.record_count);
		assert_int_equal(join.file_bytes, load.file_bytes);
	}
	struct floor_put put;
	check_ok(floor_put(bench->floor, 50, &put));
	assert_true(put.p50_ms > 0 && put.p50_ms <= put.p99_ms && put.p99_ms <= put.max_ms);
}

static void the_day_reaches_everybody(void **state)
{
	struct bench *bench = *state;
	struct floor_day day;
	check_ok(floor_day(bench->floor, true, &day));
	assert_int_equal(day.record_count, 340);
	for (unsigned i = 0; i < 12; i++) {
		char name[32];
		struct floor_log log;
		MDB_stat stat;
		snprintf(name, sizeof(name), "replica-%02u", i);
		check_ok(floor_log_open(&log, bench->directory, name, false, 0, 1));
		assert_int_equal(mdb_env_stat(log.env, &stat), 0);
		assert_int_equal(stat.ms_entries, 340);
		floor_log_close(&log);
	}
}

static void today_is_listed_by_a_process(void **state)
{
	struct bench *bench = *state;
	static char program[] = "/proc/self/exe", option[] = "--today-child", nowhere[] = "/nonexistent";
	char *command[] = {program, option, bench->directory, NULL},
	     *bad[] = {program, option, nowhere, NULL};
	struct floor_today today;
	size_t file_bytes;
	check_ok(floor_today_build(bench->floor, &file_bytes));
	assert_true(file_bytes > 0);
	check_ok(floor_today(bench->floor, command, false, &today));
	assert_true(today.p50_ms > 0 && today.p50_ms <= today.max_ms && today.child_peak_mb > 1);
	check_code(floor_today(bench->floor, bad, false, &today), ERR_IO);
}

static void files_of_lines(void **state)
{
	char path[] = "/tmp/releve-lines-XXXXXX", long_line[FLOOR_RECORD_BYTES_MAX + 1];
	struct floor_records records;
	(void)state;
	int fd = mkstemp(path);
	assert_int_equal(write(fd, "ab\n\ncd", 6), 6);
	check_ok(floor_records_read(&records, path));
	assert_int_equal(records.count, 3);
	assert_int_equal(records.bytes, 4);
	check_span(records.lines[2], span_text("cd"));
	floor_records_close(&records);
	memset(long_line, 'x', sizeof(long_line));
	assert_int_equal(write(fd, long_line, sizeof(long_line)), sizeof(long_line));
	check_code(floor_records_read(&records, path), ERR_TOOBIG);
	close(fd);
	remove(path);
	check_code(floor_records_read(&records, path), ERR_NOTFOUND);
}

static void text_through_a_gap_buffer(void **state)
{
	static const struct floor_edit edits[] = {{0, 0, {(const uint8_t *)"world", 5}},
	        {0, 0, {(const uint8_t *)"hello ", 6}}, {6, 1, {(const uint8_t *)"W", 1}}, {11, 0, {NULL, 0}},
	        {0, 2, {(const uint8_t *)"HE", 2}}, {9, 2, {NULL, 0}}};
	static const struct floor_edit past_end = {1, 0, {NULL, 0}}, removes_nothing = {0, 1, {NULL, 0}};
	struct buf text = {0};
	struct floor_text figures;
	(void)state;
	check_ok(floor_text(edits, 6, &text, &figures));
	check_span(buf_span(&text), span_text("HEllo Wor"));
	assert_int_equal(figures.text_bytes, 9);
	assert_true(figures.columns_fast_bytes > 10 && figures.columns_small_bytes > 10);
	check_code(floor_text(&past_end, 1, &text, &figures), ERR_MALFORMED);
	check_code(floor_text(&removes_nothing, 1, &text, &figures), ERR_MALFORMED);
	check_ok(floor_text(NULL, 0, &text, &figures));
	assert_int_equal(text.size, 0);
	buf_close(&text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sealed_records_open_again),
	        cmocka_unit_test(load_and_join_carry_every_record),
	        cmocka_unit_test(the_day_reaches_everybody),
	        cmocka_unit_test(today_is_listed_by_a_process),
	        cmocka_unit_test(files_of_lines),
	        cmocka_unit_test(text_through_a_gap_buffer),
	};
	if (argc == 3 && strcmp(argv[1], "--today-child") == 0)
		return floor_today_child(argv[2]) ? 1 : 0;
	return cmocka_run_group_tests_name("floor", tests, bench_open, bench_close);
}
