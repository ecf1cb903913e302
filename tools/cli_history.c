/* The past: what happened, what is new, taking back. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/cli.h"

enum { NEWS_LINES = 200, PAGE_ENTRIES = 100 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

void cli_print_change(const json_t *change, bool with_document)
{
	const json_t *by = json_object_get(change, "by"), *document = json_object_get(change, "document");
	const json_t *last = json_array_get(by, json_array_size(by) - 1);
	const char *title = text(document, "title");
	cli_print_moment(text(change, "saved"), text(last, "clock"));
	if (with_document)
		printf("  [%s]", *title ? title : cli_words(json_object_get(document, "label")));
	printf("  %s\n", cli_words(change));
}

void cli_print_gaps(const json_t *gaps)
{
	json_t *gap;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)gaps, index, gap)
	{
		const json_t *by = json_object_get(gap, "by");
		cli_print_moment(text(by, "saved"), text(by, "clock"));
		printf("  %s\n", cli_words(gap));
	}
}

void cli_print_notices(const json_t *notices)
{
	const json_t *notice;
	size_t index;
	json_array_foreach(notices, index, notice)
	{
		cli_print_moment(text(notice, "noticed"), "");
		printf("  %s\n", cli_words(notice));
	}
}

/* ---- History ---- */

static void add_option(const struct cli *cli, const char *option, const char *name, struct buf *target)
{
	const char *value = cli_option(cli, option);
	if (!value)
		return;
	char *escaped = cli_escaped(value);
	const char *parts[] = {"&", name, "=", escaped};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(target, span_text(parts[i]));
	mem_free(escaped);
}

/* The values of a list as one cell: nothing, the value, or all of them. */
static void set_values(json_t *row, const char *member, const json_t *list)
{
	json_t *values = json_array(), *item;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)list, index, item)
	        json_array_append(values, json_object_get(item, "value"));
	if (json_array_size(values) > 1)
		json_object_set(row, member, values);
	else if (json_array_size(values) == 1)
		json_object_set(row, member, json_array_get(values, 0));
	json_decref(values);
}

static void print_values(json_t *values)
{
	static const struct cli_column columns[] = {{"SAVED", "by.saved", 16}, {"BY", "by.name", 24},
	        {"VALUE", "value", 40}, {"INSTEAD OF", "was", 40}, {"BESIDE", "also", 40},
	        {"REASON", "by.reason", 40}, {0}};
	json_t *row;
	size_t index;
	json_array_foreach(values, index, row)
	{
		set_values(row, "was", json_object_get(row, "replaced"));
		set_values(row, "also", json_object_get(row, "beside"));
		if (json_is_null(json_object_get(row, "value")))
			json_object_set_new(row, "value", json_string("(removed)"));
	}
	cli_print_table(values, columns);
}

static void print_history(json_t *out)
{
	json_t *change, *values = json_object_get(out, "values");
	size_t index;
	if (values)
		print_values(values);
	else
		json_array_foreach(json_object_get(out, "changes"), index, change)
		        cli_print_change(change, false);
	cli_print_gaps(json_object_get(out, "gaps"));
	cli_print_notices(json_object_get(out, "notices"));
	long long unknown = json_integer_value(json_object_get(out, "unknown"));
	if (unknown)
		printf("%lld entries cannot be told apart without keys that are not on this device.\n",
		        unknown);
	if (!values && json_is_true(json_object_get(out, "more")))
		printf("There is more; ask for it with --limit.\n");
}

static void print_records(const json_t *out)
{
	json_t *record;
	size_t index;
	json_array_foreach(json_object_get(out, "records"), index, record)
	{
		printf("%s%s\n", index ? "\n" : "", text(record, "kind"));
		cli_print_object(record);
	}
	cli_print_gaps(json_object_get(out, "gaps"));
}

int cli_history(struct cli *cli)
{
	bool is_state = cli_option(cli, "at") != NULL;
	char *document = cli_escaped(cli->arguments[0]);
	struct buf target = {0};
	json_t *out;
	buf_add_span(&target, span_text("/api/history/"));
	buf_add_span(&target, span_text(document));
	buf_add_span(&target, span_text(is_state ? "/at?" : "?"));
	mem_free(document);
	add_option(cli, "kind", "kind", &target);
	add_option(cli, "id", "id", &target);
	add_option(cli, "field", "field", &target);
	add_option(cli, "at", "moment", &target);
	add_option(cli, "limit", "limit", &target);
	buf_add(&target, "", 1);
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (is_state)
			print_records(out);
		else
			print_history(out);
	}
	json_decref(out);
	buf_close(&target);
	return result;
}

/* ---- News ---- */

/* One page after `mark` (empty for where one last looked), which moves to the page's end. */
static int news_page(struct cli *cli, struct buf *mark, json_t **out)
{
	struct buf target = {0};
	char limit[32];
	snprintf(limit, sizeof(limit), "/api/news?limit=%d", PAGE_ENTRIES);
	buf_add_span(&target, span_text(limit));
	if (mark->size)
		buf_add_span(&target, span_text("&after="));
	buf_add_span(&target, buf_span(mark));
	if (cli_option(cli, "own"))
		buf_add_span(&target, span_text("&own=1"));
	buf_add(&target, "", 1);
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, out);
	buf_clear(mark);
	if (!result)
		buf_add_span(mark, span_text(text(*out, "upto")));
	buf_close(&target);
	return result;
}

/* `mark` NULL: everything there is. */
static int set_seen(struct cli *cli, const struct buf *mark)
{
	json_t *out, *body = json_object();
	if (mark)
		json_object_set_new(body, "upto", json_stringn((const char *)mark->data, mark->size));
	int result = cli_request_json(cli, "POST", "/api/news/seen", body, &out);
	json_decref(out);
	return result;
}

/* Pages are put together as one: {"changes", "gaps", "more", "first"}. */
static int collect_news(struct cli *cli, struct buf *mark, json_t *all)
{
	const char *limit_text = cli_option(cli, "limit");
	size_t limit = limit_text ? strtoul(limit_text, NULL, 10) : NEWS_LINES;
	json_t *changes = json_object_get(all, "changes"), *page;
	for (bool more = true, first = true; more; first = false) {
		int result = news_page(cli, mark, &page);
		if (result)
			return result;
		json_array_extend(changes, json_object_get(page, "changes"));
		json_array_extend(json_object_get(all, "gaps"), json_object_get(page, "gaps"));
		if (first) {
			json_object_set(all, "first", json_object_get(page, "first"));
			json_object_set(all, "notices", json_object_get(page, "notices"));
		}
		json_object_set(all, "more", json_object_get(page, "more"));
		more = json_is_true(json_object_get(page, "more")) && json_array_size(changes) < limit;
		json_decref(page);
	}
	json_object_set_new(all, "upto", json_stringn((const char *)mark->data, mark->size));
	return 0;
}

static void print_news(const json_t *all, bool is_seen)
{
	json_t *change;
	size_t index;
	json_array_foreach(json_object_get(all, "changes"), index, change) cli_print_change(change, true);
	cli_print_gaps(json_object_get(all, "gaps"));
	cli_print_notices(json_object_get(all, "notices"));
	if (index == 0 && !json_array_size(json_object_get(all, "notices")))
		printf("Nothing new.\n");
	if (json_is_true(json_object_get(all, "more")))
		printf("There is more%s.\n", is_seen ? ": look again" : "; --seen goes on from here");
	if (json_is_true(json_object_get(all, "first")) && !is_seen)
		printf("Nothing was marked as looked at on this device yet: see --seen and --skip.\n");
}

int cli_news(struct cli *cli)
{
	struct buf mark = {0};
	if (cli_option(cli, "skip"))
		return set_seen(cli, NULL);
	json_t *all = json_pack("{s:[], s:[]}", "changes", "gaps");
	int result = collect_news(cli, &mark, all);
	if (!result && cli_option(cli, "seen"))
		result = set_seen(cli, &mark);
	if (!result && !cli_print_json(cli, all))
		print_news(all, cli_option(cli, "seen") != NULL);
	json_decref(all);
	buf_close(&mark);
	return result;
}

/* ---- Undo ---- */

static void print_plan(const json_t *plan)
{
	json_t *item;
	size_t index;
	printf("The last change of this device:\n");
	json_array_foreach(json_object_get(plan, "changes"), index, item)
	{
		printf("  ");
		cli_print_change(item, true);
	}
	printf("Taking it back:\n");
	json_array_foreach(json_object_get(plan, "plan"), index, item) printf("  %s\n", cli_words(item));
}

/* The plan that was shown names the change, so that nothing else is taken back. */
static int carry_out(struct cli *cli, const json_t *plan)
{
	const char *reason = cli_option(cli, "reason");
	json_t *out,
	        *body = json_pack("{s:O, s:O}", "feed", json_object_get(plan, "feed"), "seq",
	                json_object_get(plan, "seq"));
	if (reason)
		json_object_set_new(body, "reason", json_string(reason));
	int result = cli_request_json(cli, "POST", "/api/undo", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("Done.\n");
	json_decref(out);
	return result;
}

int cli_undo(struct cli *cli)
{
	bool only_plan = cli_option(cli, "dry-run") != NULL;
	json_t *plan, *body = json_pack("{s:b}", "dryRun", 1);
	if (cli->argument_count)
		json_object_set_new(body, "document", json_string(cli->arguments[0]));
	int result = cli_request_json(cli, "POST", "/api/undo", body, &plan);
	if (result)
		return result;
	if (!(only_plan && cli_print_json(cli, plan)) && !cli->json)
		print_plan(plan);
	if (!only_plan && !json_is_true(json_object_get(plan, "possible")))
		result = cli_say(
		        CLI_CONFLICT, "nothing of this change can be taken back; nothing was changed");
	else if (!only_plan && !cli_confirmed(cli, "Take it back?"))
		result = cli_say(CLI_USAGE, "nothing was changed; confirm with --yes");
	else if (!only_plan)
		result = carry_out(cli, plan);
	json_decref(plan);
	return result;
}
