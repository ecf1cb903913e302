/* Searching by words in everything that this device shows. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* So many code points on, in UTF-8. */
static const char *points_on(const char *at, json_int_t count)
{
	while (*at && count > 0) {
		at++;
		while ((*at & 0xc0) == 0x80)
			at++;
		count--;
	}
	return at;
}

static void print_part(const char *from, const char *to)
{
	for (; from < to; from++)
		putchar(*from == '\n' ? ' ' : *from);
}

/* The words that were searched for stand out: bold on a terminal. */
static void print_snippet(const json_t *found)
{
	const char *shown = text(found, "text"), *at = shown;
	const bool is_terminal = isatty(STDOUT_FILENO);
	const json_t *match;
	size_t index;
	fputs(json_is_true(json_object_get(found, "cutBefore")) ? "… " : "", stdout);
	json_array_foreach(json_object_get(found, "matches"), index, match)
	{
		const char *from = points_on(shown, json_integer_value(json_object_get(match, "from"))),
		           *to = points_on(shown, json_integer_value(json_object_get(match, "to")));
		print_part(at, from);
		fputs(is_terminal ? "\033[1m" : "", stdout);
		print_part(from, to);
		fputs(is_terminal ? "\033[0m" : "", stdout);
		at = to;
	}
	print_part(at, at + strlen(at));
	fputs(json_is_true(json_object_get(found, "cutAfter")) ? " …\n" : "\n", stdout);
}

static void print_marks(const json_t *found)
{
	static const struct {
		const char *member, *words;
	} MARKS[] = {{"corrected", "corrected since"}, {"quarantined", "kept apart: it does not count"},
	        {"unverified", "from an early copy, not verified yet"}, {"archived", "archived"}};
	for (size_t i = 0; i < sizeof(MARKS) / sizeof(*MARKS); i++)
		if (json_object_get(found, MARKS[i].member))
			printf("  (%s)", MARKS[i].words);
}

/* Two lines: whose record, which and when; and what it says. */
static void print_found(const json_t *found)
{
	const char *patient = text(found, "patient"), *field = cli_words(json_object_get(found, "label"));
	printf("%.12s  %s%s%s", *patient ? patient : text(found, "of"), text(found, "name"),
	        *text(found, "name") ? ", " : "", cli_words(json_object_get(found, "kindLabel")));
	if (*field)
		printf(": %s", field);
	if (*text(found, "at"))
		printf(", %.10s", text(found, "at"));
	print_marks(found);
	printf("\n    ");
	print_snippet(found);
}

int cli_search(struct cli *cli)
{
	char *words = cli_joined(cli), *escaped = cli_escaped(words), target[4096];
	const char *limit = cli_option(cli, "limit");
	unsigned long most = 0;
	json_t *out = NULL, *found;
	size_t index;
	mem_free(words);
	if (limit && !cli_number(limit, &most)) {
		mem_free(escaped);
		return cli_say(CLI_USAGE, "--limit takes a number, as 50");
	}
	snprintf(target, sizeof(target), "/api/search?words=%.3000s&limit=%lu", escaped, most);
	mem_free(escaped);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "found"), index, found) print_found(found);
		if (json_array_size(json_object_get(out, "found")) == 0)
			printf("Nothing that this device shows has all of these words.\n");
		if (json_is_true(json_object_get(out, "more")))
			printf("There is more: give more words, or --limit N.\n");
		if (json_integer_value(json_object_get(out, "notReadYet")))
			printf("%lld entries were not looked at yet: ask again in a moment.\n",
			        (long long)json_integer_value(json_object_get(out, "notReadYet")));
	}
	json_decref(out);
	return result;
}
