/* The table of subcommands holds together; what people read is aligned. */
#include "tools/cli.h"
#include "tools/cli_lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "crdt/base/err.h"
#include "node/schema/schema.h"

static void test_table(void **state)
{
	(void)state;
	unsigned count = 0;
	for (const struct cli_command *command = cli_commands; command->name; command++, count++) {
		assert_non_null(command->run);
		assert_true(strlen(command->help) > 5);
		assert_true(command->argument_min <= command->argument_max);
		assert_true(command->argument_max < CLI_ARGUMENTS_MAX);
		if (command->fields_of)
			assert_non_null(schema_kind_named(span_text(command->fields_of)));
		assert_null(command->options[CLI_OPTIONS_MAX - 1].name);
		for (int i = 0; command->options[i].name; i++)
			for (int j = 0; cli_globals[j].name; j++)
				assert_string_not_equal(command->options[i].name, cli_globals[j].name);
		for (const struct cli_command *other = cli_commands; other < command; other++)
			assert_string_not_equal(other->name, command->name);
	}
	assert_true(count > 30);
}

static void test_find(void **state)
{
	(void)state;
	char patient[] = "patient", add[] = "add", status[] = "status", pat[] = "pat";
	int taken;
	char *two[] = {patient, add}, *one[] = {status}, *wrong[] = {pat, add};
	assert_string_equal(cli_find(2, two, &taken)->name, "patient add");
	assert_int_equal(taken, 2);
	assert_string_equal(cli_find(1, one, &taken)->name, "status");
	char vitals[] = "vitals", limit[] = "limit", whose[] = "a1b2";
	char *longer[] = {vitals, limit, whose}, *shorter[] = {vitals, whose};
	assert_string_equal(cli_find(3, longer, &taken)->name, "vitals limit");
	assert_int_equal(taken, 2);
	assert_string_equal(cli_find(2, shorter, &taken)->name, "vitals");
	assert_int_equal(taken, 1);
	assert_null(cli_find(1, two, &taken));
	assert_null(cli_find(2, wrong, &taken));
	assert_null(cli_find(0, NULL, &taken));
}

static void test_duration(void **state)
{
	(void)state;
	static const char *const wrong[] = {
	        "", "m", "-1", "10h", "1.5", "10 m", "999999", "99999999999999999999"};
	uint64_t ms = 7;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(cli_duration(wrong[i], &ms));
	assert_int_equal(ms, 7);
	assert_true(cli_duration("10", &ms) && ms == 600000);
	assert_true(cli_duration("10m", &ms) && ms == 600000);
	assert_true(cli_duration("90s", &ms) && ms == 90000);
	assert_true(cli_duration("0", &ms) && ms == 0);
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(cli_exit_named("DENIED"), CLI_DENIED);
	assert_int_equal(cli_exit_named("NOTFOUND"), CLI_NOT_FOUND);
	assert_int_equal(cli_exit_named("CONFLICT"), CLI_CONFLICT);
	assert_int_equal(cli_exit_named("NETWORK"), CLI_OFFLINE);
	assert_int_equal(cli_exit_named("CHECKDIGIT"), CLI_INVALID);
	assert_int_equal(cli_exit_named("NOSPACE"), CLI_FULL);
	assert_int_equal(cli_exit_named("no such code"), CLI_ERROR);
	assert_int_equal(cli_exit_named(NULL), CLI_ERROR);
	assert_int_equal(cli_exit_of(0), CLI_OK);
}

static void test_width_and_amounts(void **state)
{
	(void)state;
	char out[32];
	assert_int_equal(cli_width("abc"), 3);
	assert_int_equal(cli_width("Lefèvre"), 7);
	assert_int_equal(cli_width("e\xcc\x81"), 1); /* a combining accent */
	assert_int_equal(cli_width("漢字"), 4);
	cli_amount(out, sizeof(out), 5394);
	assert_string_equal(out, "53.94");
	cli_amount(out, sizeof(out), -5);
	assert_string_equal(out, "-0.05");
	cli_amount(out, sizeof(out), 100000000);
	assert_string_equal(out, "1000000.00");
}

static void test_addresses(void **state)
{
	(void)state;
	char ip[CLI_IP_BYTES];
	int port;
	assert_true(cli_address("192.168.1.20:7766", ip, &port));
	assert_string_equal(ip, "192.168.1.20");
	assert_int_equal(port, 7766);
	assert_true(cli_address("[2001:db8::20]:7766", ip, &port));
	assert_string_equal(ip, "2001:db8::20");
	assert_true(cli_address("[fe80::1%lo]:1", ip, &port));
	assert_string_equal(ip, "fe80::1%1");
	assert_true(cli_address("[fe80::1%7]:1", ip, &port));
	assert_string_equal(ip, "fe80::1%7");
	static const char *const bad[] = {"", "192.168.1.20", "192.168.1.20:", "1.2.3.4:x", "1.2.3.4:70000",
	        "1.2.3.4:-1", "2001:db8::20", "2001:db8::20:7766", "[2001:db8::20]", "[fe80::1%none]:1",
	        "01234567890123456789012345678901234567890123456789012345678901234:1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(cli_address(bad[i], ip, &port));
	char *word = cli_escaped("Zoé/a?b&c");
	assert_string_equal(word, "Zo%C3%A9%2Fa%3Fb%26c");
	mem_free(word);
}

static int fields(const char *const *words, int count, json_t **out)
{
	struct cli cli = {.command = cli_commands, .argument_count = count};
	for (int i = 0; i < count; i++)
		cli.arguments[i] = words[i];
	return cli_fields(&cli, 0, "visit", out);
}

static void test_fields(void **state)
{
	(void)state;
	static const char *const words[] = {
	        "note=a=b", "billable=no", "vitals=temp:36.8,pulse:70", "done=0a,0b", "place="};
	json_t *out;
	assert_int_equal(fields(words, 5, &out), 0);
	char *text = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
	        "{\"billable\":false,\"done\":[\"0a\",\"0b\"],\"note\":\"a=b\",\"place\":null,"
	        "\"vitals\":{\"pulse\":\"70\",\"temp\":\"36.8\"}}");
	free(text);
	json_decref(out);
	/* times as they are typed */
	static const char *const times[] = {"start=2026-03-05 08:00", "end=2026-07-05T08:00"};
	assert_int_equal(fields(times, 2, &out), 0);
	assert_string_equal(json_string_value(json_object_get(out, "start")), "2026-03-05T08:00:00+01:00");
	assert_string_equal(json_string_value(json_object_get(out, "end")), "2026-07-05T08:00:00+02:00");
	json_decref(out);
	static const char *const turns[][2] = {{"start=2026-03-29 01:59", "2026-03-29T01:59:00+01:00"},
	        {"start=2026-03-29 03:00", "2026-03-29T03:00:00+02:00"},
	        {"start=2026-10-25 02:30", "2026-10-25T02:30:00+02:00"},
	        {"start=2026-10-25 03:00", "2026-10-25T03:00:00+01:00"},
	        {"start=2026-03-05T08:00:00+05:00", "2026-03-05T08:00:00+05:00"},
	        {"start=2026-03-05 25:00", "2026-03-05 25:00"}, {"start=hier", "hier"}};
	for (size_t i = 0; i < sizeof(turns) / sizeof(*turns); i++) {
		assert_int_equal(fields(&turns[i][0], 1, &out), 0);
		assert_string_equal(json_string_value(json_object_get(out, "start")), turns[i][1]);
		json_decref(out);
	}
	static const char *const odd[] = {"vitals=temp:36.8,pulse"};
	assert_int_equal(fields(odd, 1, &out), 0); /* whole, so that it is refused */
	assert_string_equal(json_string_value(json_object_get(out, "vitals")), "temp:36.8,pulse");
	json_decref(out);
	static const char *const unknown[] = {"colour=red"}, *const twice[] = {"note=a", "note=b"},
	                         *const bare[] = {"note"};
	assert_int_equal(fields(unknown, 1, &out), CLI_USAGE);
	assert_int_equal(fields(twice, 2, &out), CLI_USAGE);
	assert_int_equal(fields(bare, 1, &out), CLI_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_table),
	        cmocka_unit_test(test_find),
	        cmocka_unit_test(test_duration),
	        cmocka_unit_test(test_exit_codes),
	        cmocka_unit_test(test_width_and_amounts),
	        cmocka_unit_test(test_addresses),
	        cmocka_unit_test(test_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
