/* What a field refers to, as people type it: the first digits of an id, or a colleague's name. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crdt/base/ids.h"
#include "node/fold.h"
#include "tools/cli_ref.h"
#include "tools/cli.h"

enum { DIGITS_MIN = 4, TARGET_BYTES = 4096 };

/* The dossier that the command is about: the argument that stands where its usage says PATIENT. NULL: none. */
static const char *dossier_of(const struct cli *cli)
{
	const char *usage = cli->command->arguments, *at = strstr(usage, "PATIENT");
	int place = 0;
	for (const char *c = usage; at && c < at; c++)
		place += *c == ' ';
	return at && place < cli->argument_count && !strchr(cli->arguments[place], '=')
	        ? cli->arguments[place]
	        : NULL;
}

static bool begins_so(const char *id, const char *text)
{
	return strlen(text) >= DIGITS_MIN && strncmp(id, text, strlen(text)) == 0;
}

/* One of a person's names, whatever its case and accents. */
static bool is_called(const json_t *person, const char *text)
{
	static const char *const names[] = {"firstName", "lastName", "birthName"};
	struct buf wanted = {0};
	bool found = false;
	fold_text(span_text(text), &wanted);
	for (size_t i = 0; wanted.size && !found && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *name = json_string_value(json_object_get(person, names[i]));
		struct buf folded = {0};
		if (!name)
			continue;
		fold_text(span_text(name), &folded);
		found = span_eq(buf_span(&folded), buf_span(&wanted)) ||
		        (folded.size > wanted.size && folded.data[wanted.size] == ' ' &&
		                memcmp(folded.data, wanted.data, wanted.size) == 0);
		buf_close(&folded);
	}
	buf_close(&wanted);
	return found;
}

static json_t *records_of(struct cli *cli, const struct schema_kind *kind)
{
	char target[TARGET_BYTES];
	json_t *out;
	const enum schema_per per = schema_doc(kind->doc)->per;
	const char *dossier = per == SCHEMA_PER_PATIENT ? dossier_of(cli) : NULL;
	if (per != SCHEMA_PER_TEAM && !dossier)
		return NULL;
	char *in = cli_escaped(dossier ? dossier : "");
	snprintf(target, sizeof(target), "/api/records/%s%s%.3000s", kind->name, dossier ? "?in=" : "", in);
	mem_free(in);
	return cli_look_up(cli, target, &out) == 0 ? out : NULL;
}

int cli_ref(struct cli *cli, const struct schema_field *field, const char *text, char out[CLI_REF_BYTES])
{
	const struct schema_kind *kind = schema_kind(field->ref_kind);
	const size_t whole = field->type == SCHEMA_REF ? 2 * ID_SHORT_BYTES : 2 * SCHEMA_SHORT_BYTES;
	size_t index, found = 0;
	json_t *record;
	snprintf(out, CLI_REF_BYTES, "%s", text);
	if (!kind || !*text || (strlen(text) == whole && strspn(text, "0123456789abcdef") == whole))
		return 0;
	json_t *reply = records_of(cli, kind);
	json_array_foreach(json_object_get(reply, "records"), index, record)
	{
		const char *id = json_string_value(json_object_get(record, "id"));
		if (!id ||
		        (!begins_so(id, text) && !(kind->number == SCHEMA_PERSON && is_called(record, text))))
			continue;
		snprintf(out, CLI_REF_BYTES, "%.*s", (int)whole, id);
		found++;
	}
	json_decref(reply);
	return found > 1
	        ? cli_say(CLI_CONFLICT, "%s=%s: several are called so, or begin so: give more digits of one",
	                  field->name, text)
	        : 0;
}
