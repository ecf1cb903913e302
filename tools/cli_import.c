/* `releve dump`, `releve import`: all records out, and many in. */
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "tools/cli.h"

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* ---- Dump ---- */

int cli_dump(struct cli *cli)
{
	bool more = true;
	cli->verbatim = true;
	for (long long after = 0; more && !ferror(stdout);) {
		char target[64];
		size_t index;
		json_t *out, *document;
		snprintf(target, sizeof(target), "/api/dump?after=%lld", after);
		int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
		if (result)
			return result;
		json_array_foreach(json_object_get(out, "documents"), index, document)
		{
			json_dumpf(document, stdout, JSON_COMPACT | JSON_SORT_KEYS);
			putchar('\n');
		}
		after = number(out, "next");
		more = json_is_true(json_object_get(out, "more"));
		json_decref(out);
	}
	return CLI_OK;
}

/* ---- Import ---- */

struct import_sum {
	long long taken, known, bad, line;
};

static void add_piece(struct import_sum *sum, const json_t *out)
{
	size_t index;
	json_t *fault;
	sum->taken += number(out, "taken");
	sum->known += number(out, "known");
	sum->bad += number(out, "bad");
	sum->line = number(out, "nextLine");
	if (json_array_size(json_object_get(out, "faults")))
		cli_progress(NULL);
	json_array_foreach(json_object_get(out, "faults"), index, fault) fprintf(stderr, "line %lld: %s\n",
	        number(fault, "line"), json_string_value(json_object_get(fault, "reason")));
}

static int import_piece(struct cli *cli, struct span piece, struct import_sum *sum)
{
	char target[64], line[96];
	json_t *out;
	snprintf(target, sizeof(target), "/api/import?line=%lld", sum->line);
	int result = cli_request(cli, "POST", target, piece, &out);
	if (result)
		return result;
	add_piece(sum, out);
	json_decref(out);
	snprintf(line, sizeof(line), "%lld lines: %lld new, %lld known, %lld bad", sum->line - 1, sum->taken,
	        sum->known, sum->bad);
	cli_progress(line);
	return 0;
}

/* Whole lines of what was read so far; all of it at the end of the file. */
static size_t whole_lines(const struct buf *buffer, bool is_end)
{
	size_t size = buffer->size;
	while (!is_end && size && buffer->data[size - 1] != '\n')
		size--;
	return size;
}

static int import_file(struct cli *cli, FILE *file, struct import_sum *sum)
{
	enum { PIECE_BYTES = 1024 * 1024 };
	struct buf buffer = {0};
	int result = 0;
	for (bool is_end = false; !result && !is_end;) {
		buf_reserve(&buffer, PIECE_BYTES);
		size_t got = fread(buffer.data + buffer.size, 1, PIECE_BYTES, file);
		buffer.size += got;
		is_end = got < PIECE_BYTES;
		size_t size = whole_lines(&buffer, is_end);
		if (!size && buffer.size > LIMIT_API_BYTES - PIECE_BYTES)
			result = cli_say(
			        CLI_INVALID, "line %lld is longer than any line of an import", sum->line);
		else if (size)
			result = import_piece(cli, span_of(buffer.data, size), sum);
		buf_drop_front(&buffer, size);
	}
	if (!result && ferror(file))
		result = cli_say(CLI_ERROR, "the file could not be read to its end");
	buf_wipe(&buffer);
	return result;
}

int cli_import(struct cli *cli)
{
	struct import_sum sum = {.line = 1};
	FILE *file = strcmp(cli->arguments[0], "-") == 0 ? stdin : fopen(cli->arguments[0], "re");
	if (!file)
		return cli_say(CLI_NOT_FOUND, "%s cannot be read", cli->arguments[0]);
	int result = import_file(cli, file, &sum);
	if (file != stdin)
		fclose(file);
	if (result && sum.line > 1)
		return cli_say(result,
		        "the first %lld lines are done (%lld new); the same command goes on after them",
		        sum.line - 1, sum.taken);
	if (result)
		return result;
	cli_progress(NULL);
	if (cli->json)
		printf("{\"taken\": %lld, \"known\": %lld, \"bad\": %lld}\n", sum.taken, sum.known, sum.bad);
	else
		printf("%lld records imported, %lld were here before, %lld bad lines\n", sum.taken, sum.known,
		        sum.bad);
	return sum.bad ? CLI_INVALID : CLI_OK;
}
