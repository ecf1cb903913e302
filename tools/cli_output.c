/* What people read: tables that align also with accents, amounts, progress. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#include "node/calendar.h"
#include "node/schema/moment.h"
#include "node/schema/schema.h"
#include "tools/cli.h"
#include "tools/cli_ref.h"

size_t cli_width(const char *text)
{
	size_t width = 0, size = strlen(text), at = 0;
	while (at < size) {
		utf8proc_int32_t c;
		utf8proc_ssize_t step = utf8proc_iterate(
		        (const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
		if (step <= 0)
			return width + 1;
		int columns = utf8proc_charwidth(c);
		width += columns > 0 ? (size_t)columns : 0;
		at += (size_t)step;
	}
	return width;
}

void cli_amount(char *out, size_t size, long long cents)
{
	long long whole = cents / 100, rest = cents % 100;
	snprintf(out, size, "%s%lld.%02lld", cents < 0 ? "-" : "", whole < 0 ? -whole : whole,
	        rest < 0 ? -rest : rest);
}

static const json_t *member(const json_t *row, const char *path)
{
	const char *dot = strchr(path, '.');
	char name[64];
	if (!dot)
		return json_object_get(row, path);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
	return member(json_object_get(row, name), dot + 1);
}

/* Controls of both halves of Latin-1, line ends, and what turns the direction of writing. */
static bool moves_cursor(utf8proc_int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	        (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* In place: as many bytes as before. */
static void tame(char *text)
{
	for (size_t left = strlen(text); left;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t step = utf8proc_iterate(
		        (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &c);
		size_t size = step > 0 ? (size_t)step : 1;
		if (step <= 0 || moves_cursor(c))
			memset(text, ' ', size);
		text += size;
		left -= size;
	}
}

/* The same JSON: what would move the cursor, or turn the direction of writing, stands as an escape, which every reader of JSON takes for it. */
static void print_escaped(const char *text)
{
	for (size_t left = strlen(text); left;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t step = utf8proc_iterate(
		        (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &c);
		const size_t size = step > 0 ? (size_t)step : 1;
		if (step > 0 && moves_cursor(c) && *text != '\n')
			printf("\\u%04x", (unsigned)c);
		else
			fwrite(text, 1, size, stdout);
		text += size;
		left -= size;
	}
}

bool cli_print_json(const struct cli *cli, const json_t *body)
{
	if (!cli->json)
		return false;
	char *text = json_dumps(body, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
	if (text)
		print_escaped(text);
	putchar('\n');
	if (text)
		mem_wipe(text, strlen(text));
	free(text);
	return true;
}

/* A text may have several lines. */
static void tame_lines(json_t *text)
{
	char *copy = mem_text(span_of(json_string_value(text), json_string_length(text)));
	for (char *line = copy, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		tame(line);
		if (end)
			*end = '\n';
	}
	json_string_set(text, copy);
	mem_free(copy);
}

/* No reply is deeper than a few levels; what is would be printed in one line, tamed by itself. */
static void tame_below(json_t *json, unsigned depth)
{
	enum { DEPTH_MAX = 32 };
	const char *name;
	size_t index;
	json_t *value;
	if (json_is_string(json))
		tame_lines(json);
	if (depth == DEPTH_MAX)
		return;
	json_object_foreach(json, name, value) tame_below(value, depth + 1);
	json_array_foreach(json, index, value) tame_below(value, depth + 1);
}

void cli_tame(json_t *body)
{
	tame_below(body, 0);
}

/* A value as one line of text. */
static void plain(const json_t *value, char *out, size_t size, unsigned width_max)
{
	*out = '\0';
	if (json_is_string(value))
		snprintf(out, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_array(value) || json_is_object(value)) {
		char *text = json_dumps(value, JSON_COMPACT);
		snprintf(out, size, "%s", text ? text : "");
		free(text);
	}
	tame(out);
	/* Cut whole characters, from the end. */
	size_t used = strlen(out);
	while (used && width_max && cli_width(out) > width_max) {
		do
			used--;
		while (used && ((unsigned char)out[used] & 0xc0) == 0x80);
		out[used] = '\0';
	}
}

static void pad(const char *text, size_t width, bool is_last)
{
	fputs(text, stdout);
	for (size_t i = cli_width(text); !is_last && i < width + 2; i++)
		putchar(' ');
}

enum { CELL_BYTES = 256, COLUMNS_MAX = 12 };

void cli_print_table(const json_t *rows, const struct cli_column *columns)
{
	size_t widths[COLUMNS_MAX], index;
	char cell[CELL_BYTES];
	const json_t *row;
	unsigned count = 0;
	for (; columns[count].title && count < COLUMNS_MAX; count++)
		widths[count] = cli_width(columns[count].title);
	json_array_foreach((json_t *)(uintptr_t)rows, index, row)
	{
		for (unsigned i = 0; i < count; i++) {
			plain(member(row, columns[i].member), cell, sizeof(cell), columns[i].width_max);
			size_t width = cli_width(cell);
			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	for (unsigned i = 0; i < count; i++)
		pad(columns[i].title, widths[i], i + 1 == count);
	putchar('\n');
	json_array_foreach((json_t *)(uintptr_t)rows, index, row)
	{
		for (unsigned i = 0; i < count; i++) {
			plain(member(row, columns[i].member), cell, sizeof(cell), columns[i].width_max);
			pad(cell, widths[i], i + 1 == count);
		}
		putchar('\n');
	}
}

/* Values that were written apart from each other stand side by side. */
static void print_concurrent(const json_t *concurrent)
{
	const char *name;
	json_t *field, *value;
	size_t index;
	json_object_foreach((json_t *)(uintptr_t)concurrent, name, field)
	{
		bool conflict = json_is_true(json_object_get(field, "conflict"));
		json_array_foreach(json_object_get(field, "values"), index, value)
		{
			char text[512];
			const char *at = json_string_value(json_object_get(value, "saved"));
			plain(json_object_get(value, "value"), text, sizeof(text), 0);
			printf("  %s %s: %s (%s)\n", conflict ? "CONFLICT" : "also", name, text,
			        at ? at : "");
		}
	}
}

/* A text may have several lines, and be longer than any that one person may write; nothing else begins like those below the first. */
static void print_lines(const char *name, const json_t *text)
{
	char *copy = mem_text(span_of(json_string_value(text), json_string_length(text))), *line,
	     *rest = copy;
	printf("%s: ", name);
	for (bool is_first = true; (line = strsep(&rest, "\n")); is_first = false) {
		tame(line);
		printf("%s%s\n", is_first ? "" : "  | ", line);
	}
	mem_free(copy);
}

void cli_print_object(const json_t *object)
{
	const char *name;
	json_t *value;
	char text[4096];
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (strcmp(name, "concurrent") == 0 || strcmp(name, "kind") == 0 || strcmp(name, "seen") == 0)
			continue;
		if (json_is_string(value)) {
			print_lines(name, value);
			continue;
		}
		plain(value, text, sizeof(text), 0);
		printf("%s: %s\n", name, text);
	}
	print_concurrent(json_object_get(object, "concurrent"));
}

void cli_progress(const char *text)
{
	static bool shown;
	if (!isatty(STDERR_FILENO) || (!text && !shown))
		return;
	fprintf(stderr, "\r\033[K%s", text ? text : "");
	fflush(stderr);
	shown = text != NULL;
}

bool cli_number(const char *text, unsigned long *out)
{
	char *end;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && errno == 0;
}

/* "fe80::1%eth0" as "fe80::1%2"; anything else stays. */
static bool number_interface(char ip[CLI_IP_BYTES])
{
	char *name = strchr(ip, '%');
	if (!name || (name[1] >= '0' && name[1] <= '9'))
		return true;
	const unsigned number = if_nametoindex(name + 1);
	if (!number)
		return false;
	snprintf(name + 1, CLI_IP_BYTES - (size_t)(name + 1 - ip), "%u", number);
	return true;
}

bool cli_address(const char *text, char ip[CLI_IP_BYTES], int *port)
{
	const char *colon = text ? strrchr(text, ':') : NULL, *end = colon;
	unsigned long number;
	if (!colon || !cli_number(colon + 1, &number) || number > 65535)
		return false;
	const bool is_bracketed = *text == '[' && end > text + 1 && end[-1] == ']';
	text += is_bracketed;
	end -= is_bracketed;
	if (end - text >= CLI_IP_BYTES || (!is_bracketed && memchr(text, ':', (size_t)(end - text))))
		return false;
	memcpy(ip, text, (size_t)(end - text));
	ip[end - text] = '\0';
	*port = (int)number;
	return number_interface(ip);
}

const char *cli_words(const json_t *object)
{
	static const char *const NAMES[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *locale = NULL;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES) && (!locale || !*locale); i++)
		locale = getenv(NAMES[i]);
	const char *value = json_string_value(
	        json_object_get(object, locale && strncmp(locale, "fr", 2) == 0 ? "fr" : "en"));
	return value ? value : "";
}

void cli_print_moment(const char *saved, const char *clock)
{
	printf("%.10s %.5s%s", saved, strlen(saved) > 11 ? saved + 11 : "",
	        strcmp(clock, "doubtful") == 0 ? " (clock doubtful)" : "");
}

bool cli_confirmed(const struct cli *cli, const char *question)
{
	char line[16];
	if (cli_option(cli, "yes"))
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("%s [y/N] ", question);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) &&
	        (*line == 'y' || *line == 'Y' || *line == 'o' || *line == 'O');
}

char *cli_escaped(const char *word)
{
	char *out = mem_zero(3 * strlen(word) + 1, 1), *to = out;
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		        c == '.')
			*to++ = (char)c;
		else {
			static const char digits[] = "0123456789ABCDEF";
			*to++ = '%';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 15];
		}
	}
	return out;
}

/* ---- FIELD=VALUE ---- */

static json_t *list_value(const char *text)
{
	json_t *list = json_array();
	while (*text) {
		size_t size = strcspn(text, ",");
		json_array_append_new(list, json_stringn(text, size));
		text += size;
		text += *text == ',';
	}
	return list;
}

/* "temp:36.8,pulse:70" */
static json_t *vitals_value(const char *text)
{
	const char *whole = text;
	json_t *object = json_object();
	while (*text) {
		size_t size = strcspn(text, ","), name = strcspn(text, ":");
		if (name >= size) { /* nothing that was typed is left out: the check refuses it */
			json_decref(object);
			return json_string(whole);
		}
		json_object_setn_new(object, text, name, json_stringn(text + name + 1, size - name - 1));
		text += size;
		text += *text == ',';
	}
	return object;
}

/* As it is typed, "2026-03-05 08:00" or "08:00" of today, with the place's offset where none was given. */
static json_t *instant_value(const char *text)
{
	char whole[64], out[MOMENT_TEXT_BYTES];
	struct moment moment, now = {.seconds = (int64_t)time(NULL)};
	now.offset_minutes = calendar_paris_offset_minutes(now.seconds);
	moment_text(out, now);
	snprintf(whole, sizeof(whole), "%.*s%s%sZ", strlen(text) == 5 ? 11 : 0, out, text,
	        strlen(text) == 5 || strlen(text) == 16 ? ":00" : "");
	if (!moment_parse(span_text(whole), &moment))
		return json_string(text); /* whole already, or wrong: the check says so */
	/* The wall clock's time, taken for UTC so far. In the night when an hour comes twice, the first one. */
	moment.offset_minutes = calendar_paris_offset_minutes(moment.seconds - 7200);
	moment.seconds -= (int64_t)moment.offset_minutes * 60;
	moment_text(out, moment);
	return json_string(out);
}

/* A list whose items refer to records. NULL: said. */
static json_t *ref_list(struct cli *cli, const struct schema_field *field, const char *text)
{
	json_t *list = list_value(text), *item;
	char id[CLI_REF_BYTES];
	size_t index;
	json_array_foreach(list, index, item)
	{
		if (cli_ref(cli, field, json_string_value(item), id)) {
			json_decref(list);
			return NULL;
		}
		json_array_set_new(list, index, json_string(id));
	}
	return list;
}

/* NULL: said. */
static json_t *ref_value(struct cli *cli, const struct schema_field *field, const char *text)
{
	char id[CLI_REF_BYTES];
	if (field->type == SCHEMA_SHORTS)
		return ref_list(cli, field, text);
	return cli_ref(cli, field, text, id) ? NULL : json_string(id);
}

static json_t *field_value(const struct schema_field *field, const char *text)
{
	char *end;
	long long number = strtoll(text, &end, 10);
	bool is_number = *text && !*end;
	switch (field->type) {
	case SCHEMA_INT:
	case SCHEMA_CENTS:
	case SCHEMA_MINUTES:
		return is_number ? json_integer(number) : json_string(text);
	case SCHEMA_BOOL:
		if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
			return json_true();
		if (strcmp(text, "no") == 0 || strcmp(text, "false") == 0)
			return json_false();
		return json_string(text);
	case SCHEMA_SHORTS:
	case SCHEMA_CODES:
		return list_value(text);
	case SCHEMA_VITALS:
		return vitals_value(text);
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		return instant_value(text);
	case SCHEMA_TEXT:
	case SCHEMA_DATE:
	case SCHEMA_DECIMAL:
	case SCHEMA_ENUM:
	case SCHEMA_REF:
	case SCHEMA_SHORT:
	case SCHEMA_BYTES:
	case SCHEMA_TYPE_COUNT:
		break;
	}
	return json_string(text);
}

/* With those that there are, so that nobody has to look for them. */
static int refuse_unknown(const struct schema_kind *kind, const char *word, int length)
{
	struct buf names = {0};
	for (uint32_t i = 0; i < kind->field_count; i++) {
		buf_add_span(&names, span_text(i ? ", " : ""));
		buf_add_span(&names, span_text(kind->fields[i].name));
	}
	buf_add(&names, "", 1);
	int code = cli_say(CLI_USAGE,
	        "there is no field \"%.*s\"; those of %s are: %s (\"releve record fields %s\")", length, word,
	        kind->name, (const char *)names.data, kind->name);
	buf_close(&names);
	return code;
}

static int refuse_field(const struct cli *cli, const struct schema_kind *kind, const char *word,
        const char *equals, const struct schema_field *field)
{
	if (!equals)
		return cli_say(CLI_USAGE, "\"%s\" is not FIELD=VALUE; see \"releve help %s\"", word,
		        cli->command->name);
	if (!field)
		return refuse_unknown(kind, word, (int)(equals - word));
	return cli_say(CLI_USAGE, "the field \"%.*s\" is given twice; see \"releve help %s\"",
	        (int)(equals - word), word, cli->command->name);
}

int cli_fields(struct cli *cli, int from, const char *kind_name, json_t **out)
{
	const struct schema_kind *kind = schema_kind_named(span_text(kind_name));
	json_t *object = json_object();
	*out = NULL;
	for (int i = from; i < cli->argument_count; i++) {
		const char *word = cli->arguments[i], *equals = strchr(word, '=');
		const struct schema_field *field = equals
		        ? schema_field_named(kind, span_of(word, (size_t)(equals - word)))
		        : NULL;
		const bool refers = field && equals[1] && field->ref_kind;
		json_t *value = !field    ? NULL
		        : !equals[1]      ? json_null()
		        : field->ref_kind ? ref_value(cli, field, equals + 1)
		                          : field_value(field, equals + 1);
		if (refers && !value) {
			json_decref(object);
			return CLI_CONFLICT;
		}
		if (value && !json_object_get(object, field->name) &&
		        json_object_set(object, field->name, value) == 0) {
			json_decref(value);
			continue;
		}
		json_decref(value);
		json_decref(object);
		return refuse_field(cli, kind, word, equals, field);
	}
	const char *reason = cli_option(cli, "reason");
	const char *corrects = cli_option(cli, "corrects"), *seen = cli_option(cli, "seen");
	json_t *state = seen ? json_loads(seen, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (seen && !state) {
		json_decref(object);
		return cli_say(CLI_USAGE, "--seen takes what --json shows as \"seen\" of the record");
	}
	if (state)
		json_object_set_new(object, "seen", state);
	if (reason)
		json_object_set_new(object, "reason", json_string(reason));
	if (corrects)
		json_object_set_new(object, "corrects", json_string(corrects));
	*out = object;
	return 0;
}

char *cli_joined(const struct cli *cli)
{
	struct buf words = {0};
	for (int i = 0; i < cli->argument_count; i++) {
		buf_add_span(&words, span_text(i ? " " : ""));
		buf_add_span(&words, span_text(cli->arguments[i]));
	}
	char *out = mem_text(buf_span(&words));
	buf_close(&words);
	return out;
}
