/* Messages inside the team. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

enum { TARGET_BYTES = 256 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void target_of(const struct cli *cli, const char *what, char out[TARGET_BYTES])
{
	char *thread = cli_escaped(cli->arguments[0]);
	snprintf(out, TARGET_BYTES, "/api/threads/%.64s%s", thread, what);
	mem_free(thread);
}

/* "Anna, Béa" of a list of people. Owner frees with mem_free(). */
static char *names_of(const json_t *people)
{
	const json_t *one;
	size_t index;
	struct buf out = {0};
	json_array_foreach((json_t *)(uintptr_t)people, index, one)
	{
		buf_add_span(&out, span_text(index ? ", " : ""));
		buf_add_span(&out, span_text(*text(one, "name") ? text(one, "name") : text(one, "id")));
	}
	char *names = mem_text(buf_span(&out));
	buf_close(&out);
	return names;
}

int cli_messages_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"THREAD", "id", 8}, {"UNREAD", "unread", 0},
	        {"MESSAGES", "messages", 0}, {"LAST", "lastAt", 16}, {"SUBJECT", "subject", 40},
	        {"FOR", "for", 40}, {0}};
	json_t *out, *thread;
	size_t index;
	int result = cli_request(cli, "GET", "/api/threads", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "threads"), index, thread)
		{
			char *names = names_of(json_object_get(thread, "people"));
			json_object_set_new(thread, "for", json_string(*names ? names : "the team"));
			mem_free(names);
		}
		cli_print_table(json_object_get(out, "threads"), columns);
	}
	json_decref(out);
	return result;
}

int cli_messages_show(struct cli *cli)
{
	char target[TARGET_BYTES];
	json_t *out, *message;
	size_t index;
	const char *before = cli_option(cli, "before");
	char what[32];
	snprintf(what, sizeof(what), "?before=%lu", before ? strtoul(before, NULL, 10) : 0);
	target_of(cli, before ? what : "", target);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		char *people = names_of(json_object_get(out, "people"));
		printf("%s  (for %s)\n", text(out, "subject"), *people ? people : "the team");
		mem_free(people);
		if (json_integer_value(json_object_get(out, "left")))
			printf("\n%lld earlier ones, %lld of them not read%s.\n",
			        (long long)json_integer_value(json_object_get(out, "left")),
			        (long long)json_integer_value(json_object_get(out, "unreadLeft")),
			        json_object_get(out, "before") ? "" : "; too many to be shown");
		if (json_object_get(out, "before"))
			printf("They are shown by --before %lld.\n",
			        (long long)json_integer_value(json_object_get(out, "before")));
		json_array_foreach(json_object_get(out, "list"), index, message)
		{
			const json_t *by = json_object_get(message, "by");
			char *readers = names_of(json_object_get(message, "readBy"));
			printf("\n%s ", json_is_true(json_object_get(message, "read")) ? " " : "*");
			cli_print_moment(text(message, "saved"), text(by, "clock"));
			printf("  %s%s%s%s\n%s\n", *text(by, "name") ? text(by, "name") : "?",
			        *readers ? "  (read by " : "", readers, *readers ? ")" : "",
			        text(message, "body"));
			mem_free(readers);
		}
	}
	json_decref(out);
	return result;
}

/* "a1b2,c3d4" as a list. Owner decrefs. */
static json_t *list_of(const char *words)
{
	json_t *list = json_array();
	while (words && *words) {
		const size_t size = strcspn(words, ",");
		if (size)
			json_array_append_new(list, json_stringn(words, size));
		words += size + (words[size] != 0);
	}
	return list;
}

static void say_not_given(const json_t *reply)
{
	char *names = names_of(json_object_get(reply, "notGiven"));
	if (*names)
		fprintf(stderr, "releve: not given to %s: that takes a nurse's device\n", names);
	mem_free(names);
}

int cli_messages_send(struct cli *cli)
{
	json_t *out;
	int result = cli_request_json(cli, "POST", "/api/threads",
	        json_pack("{s:s, s:s, s:o}", "subject", cli->arguments[0], "body", cli->arguments[1],
	                "people", list_of(cli_option(cli, "to"))),
	        &out);
	if (!result && !cli_print_json(cli, out)) {
		say_not_given(out);
		printf("%s\n", text(out, "id"));
	}
	json_decref(out);
	return result;
}

static int ask(struct cli *cli, const char *what, json_t *body, const char *done)
{
	char target[TARGET_BYTES];
	json_t *out;
	target_of(cli, what, target);
	int result = cli_request_json(cli, "POST", target, body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", done);
	json_decref(out);
	return result;
}

int cli_messages_reply(struct cli *cli)
{
	return ask(cli, "/messages", json_pack("{s:s}", "body", cli->arguments[1]), "Sent.");
}

int cli_messages_read(struct cli *cli)
{
	return ask(cli, "/read", json_object(), "Read, by you.");
}

int cli_messages_to(struct cli *cli)
{
	return ask(cli, "/people", json_pack("{s:o}", "people", list_of(cli->arguments[1])), "Addressed.");
}
