/* A patient's measures over time. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* "?type=gluc&from=..." of the options that were given. */
static void add_options(const struct cli *cli, char *target, size_t size)
{
	static const char *const NAMES[] = {"type", "from", "to"};
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		const char *value = cli_option(cli, NAMES[i]);
		size_t used = strlen(target);
		if (!value)
			continue;
		char *escaped = cli_escaped(value);
		snprintf(target + used, size - used, "%c%s=%.200s", strchr(target, '?') ? '&' : '?', NAMES[i],
		        escaped);
		mem_free(escaped);
	}
}

/* What there is to say beside a value, in a member of its own for the table. */
static void put_remarks(json_t *value)
{
	const json_t *other = json_array_get(json_object_get(value, "in"), 0);
	const char *beyond = text(value, "beyond"), *opinion = text(value, "opinion");
	json_object_set_new(value, "remarks",
	        json_sprintf("%s%s%s%s%s%s%s%s", *beyond ? "beyond the limit (" : "", beyond,
	                *beyond ? ") " : "", *opinion ? opinion : "", *opinion ? ": " : "",
	                text(value, "why"), *text(value, "why") ? " " : "",
	                json_object_get(value, "unusual") ? "unusual" : ""));
	if (other)
		json_object_set_new(
		        value, "also", json_sprintf("%s %s", text(other, "value"), text(other, "unit")));
}

static void print_vital(const json_t *vital)
{
	static const struct cli_column VALUES[] = {{"AT", "at", 16}, {"VALUE", "value", 0},
	        {"ALSO", "also", 0}, {"FROM", "from", 0}, {"CIRCUMSTANCES", "context", 30},
	        {"REMARKS", "remarks", 50}, {0}};
	json_t *value;
	size_t index;
	const json_t *limits = json_object_get(vital, "limits"), *lowest = json_object_get(vital, "lowest"),
	             *highest = json_object_get(vital, "highest");
	printf("\n%s, %s", cli_words(json_object_get(vital, "label")), text(vital, "unit"));
	if (lowest)
		printf("  %s to %s", text(lowest, "value"), text(highest, "value"));
	if (*text(vital, "change"))
		printf(", last change %s", text(vital, "change"));
	if (limits)
		printf("  [limits: %s - %s%s]", text(limits, "low"), text(limits, "high"),
		        json_object_get(limits, "disputed") ? ", several" : "");
	printf("\n");
	json_array_foreach(json_object_get(vital, "values"), index, value) put_remarks(value);
	cli_print_table(json_object_get(vital, "values"), VALUES);
}

int cli_vitals(struct cli *cli)
{
	char target[4096], *patient = cli_escaped(cli->arguments[0]);
	json_t *out, *one;
	size_t index;
	snprintf(target, sizeof(target), "/api/patients/%.3000s/vitals", patient);
	mem_free(patient);
	add_options(cli, target, sizeof(target));
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "attention"), index, one)
		        printf("! %s\n", cli_words(one));
		json_array_foreach(json_object_get(out, "vitals"), index, one) print_vital(one);
		if (json_array_size(json_object_get(out, "vitals")) == 0)
			printf("Nothing was measured.\n");
	}
	json_decref(out);
	return result;
}
