/* Where records are, how old what is shown is, and what is on this device only. */
#include <stdio.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* ---- Where a record is ------------------------------------------------------------------------------------------- */

/* "Léa, Marc": owner frees with buf_close(). */
static void add_names(const json_t *on, const json_t *holders, struct buf *out)
{
	const json_t *place;
	size_t index;
	json_array_foreach(on, index, place)
	{
		const json_t *holder = json_array_get(holders, (size_t)json_integer_value(place));
		if (index)
			buf_add_span(out, span_text(", "));
		buf_add_span(out, span_text(cli_words(json_object_get(holder, "name"))));
	}
}

void cli_put_where(json_t *row, const json_t *reply)
{
	const json_t *on = json_object_get(row, "on");
	struct buf out = {0};
	if (!on)
		return;
	add_names(on, json_object_get(reply, "holders"), &out);
	if (!json_array_size(on))
		buf_add_span(&out, span_text("this device only"));
	json_object_set_new(row, "where", json_stringn((const char *)out.data, out.size));
	json_object_del(row, "on");
	buf_close(&out);
}

void cli_put_where_all(const json_t *reply, const char *member)
{
	size_t index;
	json_t *row;
	json_array_foreach(json_object_get(reply, member), index, row) cli_put_where(row, reply);
}

/* ---- How old it is ----------------------------------------------------------------------------------------------- */

void cli_print_age(const json_t *reply)
{
	const char *words = cli_words(json_object_get(reply, "age"));
	if (*words)
		printf("\n%s\n", words);
}

void cli_print_only_here(const json_t *status)
{
	const json_t *only = json_object_get(status, "onlyHere");
	const long long entries = number(only, "entries"), photos = number(only, "photos");
	if (!only)
		return;
	if (!entries && !photos)
		printf("\nEverything here is on another device as well, as far as they have said.\n");
	if (entries)
		printf("\n%lld entries are on this device only, as far as others have said (%lld of them "
		       "were "
		       "written here): releve only-here lists them.\n",
		        entries, number(only, "own"));
	if (photos)
		printf("\n%lld photos are on this device only.\n", photos);
}

int cli_only_here(struct cli *cli)
{
	enum { LIMIT = 500 };
	char target[64];
	json_t *out, *change;
	size_t index;
	snprintf(target, sizeof(target), "/api/only-here?limit=%d", LIMIT);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "changes"), index, change)
		        cli_print_change(change, true);
		cli_print_gaps(json_object_get(out, "gaps"));
		if (number(out, "membership"))
			printf("%lld entries about who is in the team.\n", number(out, "membership"));
		if (number(out, "photos"))
			printf("%lld photos: releve photo list PATIENT shows which.\n",
			        number(out, "photos"));
		if (json_is_true(json_object_get(out, "more")))
			printf("There is more.\n");
		if (!number(out, "entries") && !number(out, "photos"))
			printf("Everything here is on another device as well, as far as they have said.\n");
	}
	json_decref(out);
	return result;
}

/* ---- The table of devices ---------------------------------------------------------------------------------------- */

/* "2026-11-26 10:42, through Léa": by the clock of the device itself. */
void cli_put_heard(json_t *peer)
{
	const char *said = text(peer, "said"), *through = cli_words(json_object_get(peer, "throughName"));
	if (*said)
		json_object_set_new(peer, "heardOf",
		        json_sprintf(
		                "%.10s %.5s%s%s", said, said + 11, *through ? " through " : "", through));
	json_object_set_new(peer, "who", json_string(cli_words(json_object_get(peer, "name"))));
}
