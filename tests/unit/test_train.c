#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "tools/gen_team.h"
#include "tools/train.h"

static int read_bytes(struct train_samples *samples, const char *bytes, size_t size)
{
	FILE *in = fmemopen((void *)(uintptr_t)bytes, size, "rb");
	assert_non_null(in);
	int result = train_samples_read_stream(samples, in);
	fclose(in);
	return result;
}

static void records_come_from_a_stream(void **state)
{
	(void)state;
	struct train_samples samples = {0};
	check_ok(read_bytes(&samples, "\x02\0\0\0ab\0\0\0\0\x01\0\0\0c", 15));
	assert_int_equal(samples.count, 3);
	assert_int_equal(samples.sizes[1], 0);
	check_span(buf_span(&samples.bytes), span_text("abc"));
	check_code(read_bytes(&samples, "\x02\0", 2), ERR_TRUNCATED);
	check_code(read_bytes(&samples, "\x02\0\0\0a", 5), ERR_TRUNCATED);
	check_code(read_bytes(&samples,
	                   "\xff\xff\xff\xff"
	                   "a",
	                   5),
	        ERR_TOOBIG);
	assert_int_equal(samples.count, 3);
	train_samples_close(&samples);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void records_come_from_a_folder_in_order(void **state)
{
	(void)state;
	static const char *const names[] = {"b", "a", "C"};
	char folder[] = "/tmp/releve-train-XXXXXX", path[128];
	struct train_samples samples = {0};
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 3; i++)
		write_file(folder, names[i], names[i]);
	check_ok(train_samples_read_folder(&samples, folder));
	check_span(buf_span(&samples.bytes), span_text("Cab"));
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	check_code(train_samples_read_folder(&samples, folder), ERR_NOTFOUND);
	train_samples_close(&samples);
}

static void training_repeats_and_helps(void **state)
{
	(void)state;
	struct gen_options options = gen_team_defaults();
	struct gen_team team;
	struct train_samples samples = {0}, fresh = {0};
	struct buf first = {0}, second = {0};
	options.patient_count = 60;
	options.visit_count = 3000;
	check_ok(gen_team_make(&team, &options, 0));
	for (size_t i = 0; i < team.history.count; i++)
		check_ok(train_samples_add(&samples, gen_list_line(&team.history, i)));
	for (size_t i = 0; i < team.day.count; i++)
		check_ok(train_samples_add(&fresh, gen_list_line(&team.day, i)));
	check_ok(train_dictionary(&first, &samples, TRAIN_DICTIONARY_BYTES_MAX));
	check_ok(train_dictionary(&second, &samples, TRAIN_DICTIONARY_BYTES_MAX));
	check_span(buf_span(&second), buf_span(&first));
	assert_in_range(first.size, 1024, TRAIN_DICTIONARY_BYTES_MAX);
	size_t alone = train_compressed_bytes(span_of(NULL, 0), &fresh);
	assert_true(train_compressed_bytes(buf_span(&first), &fresh) < alone * 2 / 3);
	buf_close(&first);
	buf_close(&second);
	train_samples_close(&samples);
	train_samples_close(&fresh);
	gen_team_close(&team);
}

static void too_little_to_learn_from(void **state)
{
	(void)state;
	struct train_samples samples = {0};
	struct buf out = {0};
	check_code(train_dictionary(&out, &samples, TRAIN_DICTIONARY_BYTES_MAX), ERR_MALFORMED);
	check_ok(train_samples_add(&samples, span_text("one")));
	check_code(train_dictionary(&out, &samples, TRAIN_DICTIONARY_BYTES_MAX), ERR_MALFORMED);
	assert_int_equal(out.size, 0);
	buf_close(&out);
	train_samples_close(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(records_come_from_a_stream),
	        cmocka_unit_test(records_come_from_a_folder_in_order),
	        cmocka_unit_test(training_repeats_and_helps),
	        cmocka_unit_test(too_little_to_learn_from),
	};
	return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
