/* What is said of a partial copy: how much is here, what comes, and what is shown meanwhile. */
#include <stdio.h>

#include "tools/cli.h"

static const json_t *at(const json_t *object, const char *name)
{
	return json_object_get(object, name);
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(at(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(at(object, name));
	return value ? value : "";
}

/* "about 12 s left", "time left unknown". */
static void put_time(char *out, size_t size, const json_t *coming)
{
	const json_t *left = at(coming, "remainingSeconds");
	const long long seconds = (long long)json_integer_value(left);
	if (!json_is_integer(left))
		snprintf(out, size, "time left unknown");
	else if (seconds < 120)
		snprintf(out, size, "about %lld s left", seconds);
	else
		snprintf(out, size, "about %lld min left", (seconds + 59) / 60);
}

void cli_copy_line(char *line, size_t size, long long records, long long patients, const json_t *copy)
{
	char left[40];
	const json_t *coming = at(copy, "coming"), *early = at(coming, "early");
	put_time(left, sizeof(left), coming);
	if (early)
		snprintf(line, size, "%lld of %lld dossiers in use, not verified yet; %lld records to come",
		        number(early, "dossiers"), number(early, "dossiersExpected"),
		        records < 0 ? 0 : records);
	else if (json_is_true(at(copy, "partial")))
		snprintf(line, size, "%lld of %lld records, %lld patients so far; %s",
		        number(copy, "records"), number(copy, "of"), patients, left);
	else
		snprintf(line, size, "%lld records to come, %lld patients so far", records < 0 ? 0 : records,
		        patients);
}

static void print_coming(const json_t *coming)
{
	char left[40];
	const json_t *early = at(coming, "early"), *records = at(coming, "records");
	put_time(left, sizeof(left), coming);
	if (early)
		printf("          dossiers in use come first: %lld of %lld, %.2f of about %.2f MB\n",
		        number(early, "dossiers"), number(early, "dossiersExpected"),
		        (double)number(early, "bytes") / 1e6, (double)number(early, "bytesExpected") / 1e6);
	if (records)
		printf("          %lld of %lld records, %.2f of about %.2f MB of what comes now; %s\n",
		        number(records, "records"), number(records, "recordsExpected"),
		        (double)number(records, "bytes") / 1e6,
		        (double)number(records, "bytesExpected") / 1e6, left);
	if (!early && !records)
		printf("          nothing comes at this moment: the rest comes at the next meeting\n");
}

void cli_print_copy(const json_t *copy)
{
	size_t index;
	json_t *item;
	if (json_is_true(at(copy, "partial"))) {
		printf("\npartial copy: %lld of %lld records are here, as device %.12s announced\n",
		        number(copy, "records"), number(copy, "of"), text(copy, "announcedBy"));
		print_coming(at(copy, "coming"));
	}
	json_array_foreach(at(copy, "unmet"), index, item) printf(
	        "\nannounced device %.12s announced %lld records in all, which came from nobody; what is "
	        "here is "
	        "taken for whole\n",
	        text(item, "device"), number(item, "of"));
	json_array_foreach(at(copy, "shownFrom"), index, item)
	        printf("          %lld dossiers are shown from a snapshot by device %.12s, not yet verified: "
	               "they can be "
	               "read and added to\n",
	                number(item, "dossiers"), text(item, "device"));
	json_array_foreach(at(copy, "earlyCopies"), index, item)
	{
		if (number(item, "false"))
			printf("\nfalse     %lld dossiers were shown from a snapshot by device %.12s that "
			       "was FALSE: the "
			       "records themselves say otherwise.\n          What is shown now is what was "
			       "signed. Talk "
			       "to the person whose device that is.\n",
			        number(item, "false"), text(item, "device"));
		if (number(item, "open"))
			printf("\nopen      %lld snapshots by device %.12s spoke of records that nobody met "
			       "since has; "
			       "they are shown no more\n",
			        number(item, "open"), text(item, "device"));
	}
}

void cli_print_unverified(const json_t *list)
{
	size_t index;
	json_t *item;
	long long count = 0;
	const char *device = "";
	json_array_foreach(list, index, item)
	{
		const json_t *mark = at(item, "unverified");
		count += mark != NULL;
		device = mark ? text(mark, "device") : device;
	}
	if (count)
		printf("Not yet verified: %lld of these, shown from a snapshot by device %.12s.\n", count,
		        device);
}

int cli_partial_accept(struct cli *cli)
{
	json_t *out = NULL;
	int result = 0;
	if (!cli_confirmed(
	            cli, "Take this device's copy for whole, although a device announced more records?"))
		return cli_say(CLI_USAGE, "nothing was changed; confirm with --yes");
	result = cli_request_json(cli, "POST", "/api/copy/accept", json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("This device waits no longer for the records of which device %.12s announced %lld; "
		       "%lld "
		       "are here. "
		       "Should they come, they are taken in as ever.\n",
		        text(out, "announcedBy"), number(out, "of"), number(out, "records"));
	json_decref(out);
	return result;
}
