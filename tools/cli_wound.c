/* A patient's wounds, each check beside the one before and last week's. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* "better, -2.10 cm² (-17 %), 7 days", in a member of its own for the table. */
static void put_difference(json_t *check, const char *from, const char *to)
{
	const json_t *other = json_object_get(check, from), *percent = json_object_get(other, "percent");
	char share[32] = "";
	if (!other)
		return;
	if (percent)
		snprintf(share, sizeof(share), " (%+d %%)", (int)json_integer_value(percent));
	json_object_set_new(check, to,
	        json_sprintf("%s%s%s%s%s, %d days", text(other, "trend"), *text(other, "surface") ? ", " : "",
	                text(other, "surface"), *text(other, "surface") ? " cm²" : "", share,
	                (int)json_integer_value(json_object_get(other, "days"))));
}

static void print_wound(const json_t *wound)
{
	static const struct cli_column CHECKS[] = {{"CHECK", "id", 12}, {"AT", "at", 16},
	        {"LENGTH", "length", 0}, {"WIDTH", "width", 0}, {"DEPTH", "depth", 0}, {"CM2", "surface", 0},
	        {"STAGE", "stage", 0}, {"TISSUE", "tissue", 0}, {"EXUDATE", "exudate", 0},
	        {"PAIN", "pain", 0}, {"PHOTO", "photo", 12}, {"SINCE THE ONE BEFORE", "before", 40},
	        {"SINCE LAST WEEK", "week", 40}, {0}};
	json_t *check;
	size_t index;
	printf("\n%.12s  %s, %s: %s%s%s\n", text(wound, "id"), text(wound, "site"), text(wound, "type"),
	        *text(wound, "state") ? text(wound, "state") : "open", *text(wound, "trend") ? ", " : "",
	        text(wound, "trend"));
	if (json_object_get(wound, "attention"))
		printf("! %s\n", cli_words(json_object_get(wound, "attention")));
	json_array_foreach(json_object_get(wound, "checks"), index, check)
	{
		put_difference(check, "sincePrevious", "before");
		put_difference(check, "sinceWeek", "week");
	}
	if (json_array_size(json_object_get(wound, "checks")))
		cli_print_table(json_object_get(wound, "checks"), CHECKS);
}

int cli_wound(struct cli *cli)
{
	char target[4096], *patient = cli_escaped(cli->arguments[0]);
	json_t *out, *wound;
	size_t index;
	snprintf(target, sizeof(target), "/api/patients/%.3000s/wounds", patient);
	mem_free(patient);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "wounds"), index, wound) print_wound(wound);
		if (json_array_size(json_object_get(out, "wounds")) == 0)
			printf("No wound is noted.\n");
		if (!json_is_true(json_object_get(out, "photoConsent")))
			printf("\nNo consent to photos is in force.\n");
	}
	json_decref(out);
	return result;
}
