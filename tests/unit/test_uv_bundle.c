/* A stick that somebody prepared: many files, of which each step of an export or import looks at a few only. */
#include "tests/lib/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/uv_bundle.h"
#include "store/file.h"
#include "tests/lib/pair.h"

enum { NOTES = 3000, LETTERS = 100, PARTS = 40 };

struct stick {
	struct pair pair;
	char folder[64];
};

static void path_in(const struct stick *stick, const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s", stick->folder, name);
}

static void put(const struct stick *stick, const char *name, struct span bytes)
{
	char path[160];
	path_in(stick, name, path);
	check_ok(file_create(path, bytes));
}

/* `count` files with names like these, that hold nothing of ours. */
static void litter(const struct stick *stick, const char *pattern, uint32_t count)
{
	char name[64], path[160], first[160];
	for (uint32_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%04u%s", strcmp(pattern, ".part") ? "" : "releve-", i,
		        pattern);
		if (i == 0) {
			put(stick, name, span_text("a letter"));
			path_in(stick, name, first);
			continue;
		}
		path_in(stick, name, path);
		assert_int_equal(link(first, path), 0);
	}
}

static void stick_open(struct stick *stick)
{
	memset(stick, 0, sizeof(*stick));
	pair_open(&stick->pair, TEAM_ROLE_NURSE);
	snprintf(stick->folder, sizeof(stick->folder), "/tmp/releve-stick-XXXXXX");
	assert_non_null(mkdtemp(stick->folder));
}

/* Those whose names end so. */
static uint32_t count_of(const struct stick *stick, const char *end, bool removes)
{
	uint32_t count = 0;
	DIR *directory = opendir(stick->folder);
	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		char path[400];
		const size_t size = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || size < strlen(end) ||
		        strcmp(entry->d_name + size - strlen(end), end) != 0)
			continue;
		count++;
		snprintf(path, sizeof(path), "%s/%s", stick->folder, entry->d_name);
		if (removes)
			unlink(path);
	}
	closedir(directory);
	return count;
}

static void stick_close(struct stick *stick)
{
	count_of(stick, "", true);
	assert_int_equal(rmdir(stick->folder), 0);
	pair_close(&stick->pair);
}

/* A whole export into the folder: in how many steps. */
static uint32_t export(struct stick *stick)
{
	struct uv_bundle_writer *writer;
	struct node *node = stick->pair.devices[0].node;
	const struct node_export_wish wish = {.whole = true};
	uint32_t steps = 1;
	check_ok(node_export_prepare(node));
	devices_run(&stick->pair.loop, pair_saved, &stick->pair);
	check_ok(uv_bundle_writer_new(node, stick->folder, false, &wish, &writer));
	while (uv_bundle_writer_step(writer) == 1)
		steps++;
	assert_non_null(uv_bundle_writer_file(writer, 0));
	uv_bundle_writer_free(writer);
	return steps;
}

struct imported {
	uint32_t steps, files, ours; /* steps before the first file was read */
	int result;
};

static struct imported import(struct stick *stick)
{
	struct uv_bundle_reader *reader;
	struct uv_bundle_report report;
	struct imported imported = {0};
	bool ended;
	check_ok(uv_bundle_reader_new(stick->pair.devices[1].node, stick->folder, &reader));
	while ((imported.result = uv_bundle_reader_step(reader, &ended, &report)) == 1) {
		imported.steps += imported.files == 0;
		imported.files += ended;
		imported.ours += ended && report.error == 0;
		devices_run(&stick->pair.loop, pair_saved, &stick->pair);
	}
	uv_bundle_reader_free(reader);
	return imported;
}

static void an_import_looks_at_a_few_in_a_step(void **state)
{
	struct stick stick;
	(void)state;
	stick_open(&stick);
	export(&stick);
	assert_in_range(import(&stick).steps, 1, 3);
	litter(&stick, ".jpg", NOTES);
	struct imported imported = import(&stick);
	assert_in_range(imported.steps, NOTES / 512, NOTES);
	assert_int_equal(imported.files, 1);
	litter(&stick, ".bundle", LETTERS);
	imported = import(&stick);
	assert_in_range(imported.steps, LETTERS / 8, NOTES);
	assert_int_equal(imported.files, LETTERS + 1);
	assert_int_equal(imported.ours, 1);
	check_ok(imported.result);
	/* Too many are refused, after as few steps as they take. */
	count_of(&stick, ".bundle", true);
	assert_int_equal(import(&stick).result, ERR_NOTFOUND);
	litter(&stick, ".bundle", LIMIT_BUNDLE_FILES + 1);
	assert_int_equal(import(&stick).result, ERR_TOOBIG);
	stick_close(&stick);
}

/* What was broken off goes, what is somebody's stays, and no step looks at all of it. */
static void an_export_sweeps_a_few_in_a_step(void **state)
{
	struct stick stick;
	char *path = NULL, name[64];
	struct buf bytes = {0};
	(void)state;
	stick_open(&stick);
	const uint32_t alone = export(&stick);
	DIR *directory = opendir(stick.folder);
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (strncmp(entry->d_name, "releve-", 7) == 0)
			path = file_join(stick.folder, entry->d_name);
	closedir(directory);
	check_ok(file_read(path, 1 << 20, &bytes));
	for (uint32_t i = 0; i < PARTS; i++) { /* the stick was pulled out so often */
		snprintf(name, sizeof(name), "releve-own%04u.part", i);
		put(&stick, name, buf_span(&bytes));
	}
	litter(&stick, ".part", LETTERS);
	litter(&stick, ".jpg", NOTES);
	const uint32_t steps = export(&stick);
	assert_in_range(steps, alone + (PARTS + LETTERS) / 8 + NOTES / 512, NOTES);
	assert_int_equal(count_of(&stick, ".part", false), LETTERS);
	assert_int_equal(count_of(&stick, ".bundle", false), 1); /* the older one is gone */
	assert_int_equal(access(path, F_OK), -1);
	buf_close(&bytes);
	mem_free(path);
	stick_close(&stick);
}

/* Whoever asks to join looks at the files one by one until one is of the invitation's team. */
static void asking_looks_at_a_few_in_a_step(void **state)
{
	struct stick stick;
	struct uv_bundle_asking *asking;
	struct team_invitation invitation;
	struct team_id team;
	uint32_t steps = 0;
	int more;
	(void)state;
	stick_open(&stick);
	litter(&stick, ".bundle", LETTERS);
	struct node *node = stick.pair.devices[0].node;
	check_ok(node_invite(node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&stick.pair.loop, pair_saved, &stick.pair);
	check_ok(uv_bundle_asking_new(stick.folder, &asking));
	for (more = 1; more == 1; steps++)
		more = uv_bundle_asking_step(asking, &invitation, &team);
	assert_int_equal(more, ERR_NOTFOUND);
	assert_in_range(steps, LETTERS / 8, LETTERS);
	uv_bundle_asking_free(asking);
	export(&stick);
	check_ok(uv_bundle_asking_new(stick.folder, &asking));
	do
		more = uv_bundle_asking_step(asking, &invitation, &team);
	while (more == 1);
	check_ok(more);
	assert_memory_equal(&team, node_team(node), sizeof(team));
	uv_bundle_asking_free(asking);
	team_invitation_wipe(&invitation);
	stick_close(&stick);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_import_looks_at_a_few_in_a_step),
	        cmocka_unit_test(an_export_sweeps_a_few_in_a_step),
	        cmocka_unit_test(asking_looks_at_a_few_in_a_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
