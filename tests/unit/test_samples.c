/* What tools/samples.py makes of generated records are changes, and small sealed ones. */
#include "tests/lib/check.h"
#include "tests/lib/seeded.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/change.h"
#include "node/keyring/body.h"
#include "tools/gen_team.h"
#include "tools/train.h"

/* The script's output for a small generated team. */
static void make_samples(struct train_samples *samples)
{
	struct gen_options options = gen_team_defaults();
	struct gen_team team;
	char path[] = "/tmp/releve-samples-XXXXXX", command[1024];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	options.seed = 8;
	options.patient_count = 20;
	options.visit_count = 400;
	check_ok(gen_team_make(&team, &options, 0));
	FILE *file = fdopen(fd, "w");
	const struct gen_list *lists[] = {&team.history, &team.day};
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			struct span line = gen_list_line(lists[l], i);
			fwrite(line.data, 1, line.size, file);
			fputc('\n', file);
		}
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof(command), "python3 '%s' '%s'", SAMPLES_SCRIPT, path);
	FILE *out = popen(command, "r");
	assert_non_null(out);
	check_ok(train_samples_read_stream(samples, out));
	assert_int_equal(pclose(out), 0);
	unlink(path);
	assert_int_equal(samples->count, team.history.count + team.day.count);
	gen_team_close(&team);
}

static void samples_are_changes_and_seal_small(void **state)
{
	(void)state;
	struct train_samples samples = {0};
	struct body_codec codec;
	struct seeded seeded;
	struct buf sealed = {0};
	struct crdt_change change;
	const struct entry_ref dep = {{{2}}, 1000000};
	const struct crdt_meta meta = {
	        .feed = {{1}}, .seq = 1000000, .lamport = 1000001, .deps = &dep, .dep_count = 1};
	const struct body_key key = {{1}};
	const struct body_place place = {{{1}}, 1, COMPARTMENT_CLINICAL};
	seeded_init(&seeded, 1);
	body_codec_init(&codec);
	make_samples(&samples);
	const uint8_t *at = samples.bytes.data;
	for (size_t i = 0; i < samples.count; at += samples.sizes[i++]) {
		check_ok(crdt_change_open(&change, &meta, span_of(at, samples.sizes[i])));
		check_ok(
		        body_seal(&codec, &seeded.env, &key, &place, span_of(at, samples.sizes[i]), &sealed));
	}
	/* with nonce, tag and padding still under 70 % */
	assert_true(sealed.size * 10 < samples.bytes.size * 7);
	buf_close(&sealed);
	body_codec_close(&codec);
	train_samples_close(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(samples_are_changes_and_seal_small)};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
