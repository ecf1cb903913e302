/* Words in, a command out: parsing, help, completion. */
#include "tools/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/omaha/omaha.h"
#include "node/schema/check.h"
#include "node/schema/schema.h"
#include "tools/team_folder.h"

int cli_say(int exit_code, const char *format, ...)
{
	va_list arguments;
	cli_progress(NULL);
	fputs("releve: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return exit_code;
}

/* ---- Exit codes ---- */

int cli_exit_of(int error)
{
	switch (error) {
	case 0:
		return CLI_OK;
	case ERR_DENIED:
	case ERR_LOCKED:
	case ERR_PASSPHRASE:
	case ERR_QUARANTINED:
		return CLI_DENIED;
	case ERR_NOTFOUND:
	case ERR_NOTEAM:
		return CLI_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_CONFLICT:
	case ERR_BUSY:
	case ERR_USED:
	case ERR_EXPIRED:
	case ERR_GAP:
	case ERR_UNVERIFIED:
		return CLI_CONFLICT;
	case ERR_NETWORK:
	case ERR_TIMEOUT:
	case ERR_CLOSED:
		return CLI_OFFLINE;
	case ERR_INVALID:
	case ERR_MALFORMED:
	case ERR_TRUNCATED:
	case ERR_TOOBIG:
	case ERR_CHECKDIGIT:
	case ERR_VERSION:
		return CLI_INVALID;
	case ERR_NOSPACE:
		return CLI_FULL;
	default:
		return CLI_ERROR;
	}
}

int cli_exit_named(const char *code)
{
	for (int error = -1; code && strcmp(err_name(error), "UNKNOWN") != 0; error--)
		if (strcmp(err_name(error), code) == 0)
			return cli_exit_of(error);
	return CLI_ERROR;
}

/* ---- The table ---- */

/* Do the first words spell the name? How many words that took. */
static int matches(const char *name, int count, char *const *words)
{
	int taken = 0;
	while (*name) {
		size_t size = strcspn(name, " ");
		if (taken == count || strlen(words[taken]) != size || memcmp(words[taken], name, size) != 0)
			return 0;
		taken++;
		name += size;
		name += *name == ' ';
	}
	return taken;
}

const struct cli_command *cli_find(int count, char *const *words, int *taken)
{
	const struct cli_command *found = NULL;
	*taken = 0;
	for (const struct cli_command *command = cli_commands; command->name; command++) {
		const int words_taken = matches(command->name, count, words);
		if (words_taken > *taken) { /* "vitals limit" before "vitals" */
			*taken = words_taken;
			found = command;
		}
	}
	return found;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	for (int i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name; i++)
		if (strcmp(cli->command->options[i].name, name) == 0)
			return cli->options[i];
	return NULL;
}

/* ---- Help ---- */

static void help_options(const struct cli_option *options, int max)
{
	for (int i = 0; i < max && options[i].name; i++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s%s%s", options[i].name, options[i].argument ? " " : "",
		        options[i].argument ? options[i].argument : "");
		printf("  %-24s %s\n", left, options[i].help);
	}
}

/* What a field may be given. */
static void help_values(const struct schema_field *field)
{
	const char *example = schema_example(field);
	for (const struct schema_choice *choice = field->choices; choice && choice->number; choice++)
		printf("%s%s", choice == field->choices ? ": " : ", ", choice->name);
	if (field->type == SCHEMA_INSTANT || field->type == SCHEMA_AFTER)
		printf(" (08:00 today, or 2026-03-05 08:00)");
	else if (field->type == SCHEMA_CODES || (field->type == SCHEMA_INT && field->rule))
		printf(" (%s)", example);
	else if (field->type == SCHEMA_INT)
		printf(" (%lld to %lld)", (long long)field->min, (long long)field->max);
	else if (field->type == SCHEMA_BOOL)
		printf(" (yes, no)");
	else if (field->type == SCHEMA_REF || field->type == SCHEMA_SHORT)
		printf(" (id)");
	else if (field->type == SCHEMA_SHORTS)
		printf(" (id,id,...)");
	else if (example)
		printf(" (%s)", example);
	printf("%s%s%s\n", field->unit ? " in " : "", field->unit ? field->unit : "",
	        field->is_set ? ": each comes and goes by itself" : "");
}

static void help_vitals(const struct schema_kind *kind)
{
	for (uint32_t i = 0; i < kind->field_count; i++)
		if (kind->fields[i].type == SCHEMA_VITALS) {
			printf("\nVital signs:");
			for (uint32_t number = 1; number <= UINT8_MAX; number++)
				if (schema_vital(number))
					printf(" %s", schema_vital(number)->name);
			printf("\n");
		}
}

void cli_help_fields(const char *name)
{
	const struct schema_kind *kind = schema_kind_named(span_text(name));
	printf("\nFields (* required):\n");
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		if (field->type == SCHEMA_BYTES) /* made by the program, never typed */
			continue;
		printf("  %c %-20s %s", field->required ? '*' : ' ', field->name, field->label.en);
		help_values(field);
	}
	help_vitals(kind);
}

static void help_command(const struct cli_command *command)
{
	printf("Usage: releve %s%s%s [OPTION...]\n%s\n", command->name, *command->arguments ? " " : "",
	        command->arguments, command->help);
	if (command->options[0].name)
		printf("\nOptions:\n");
	help_options(command->options, CLI_OPTIONS_MAX);
	printf("\nOptions of every command:\n");
	help_options(cli_globals, 16);
	if (command->fields_of)
		cli_help_fields(command->fields_of);
}

void cli_help(const struct cli_command *command)
{
	if (command) {
		help_command(command);
		return;
	}
	printf("Usage: releve COMMAND [ARGUMENT...] [OPTION...]\n\nCommands:\n");
	for (command = cli_commands; command->name; command++) {
		char left[64];
		snprintf(left, sizeof(left), "%s %s", command->name, command->arguments);
		printf("  %-41s %s\n", left, command->help);
	}
	printf("\nOptions of every command:\n");
	help_options(cli_globals, 16);
	printf("\nTo begin: init; then team create, or join with a colleague's invitation; then run.\n"
	       "PATIENT and DEVICE are the first digits (4 or more) of an id as lists print it; VISIT and "
	       "ITEM the "
	       "whole id.\n"
	       "\"-\" as last argument stands for those in standard input, one a line. What stands on a "
	       "command "
	       "line other\nusers of this machine can read while the command starts; what comes so they "
	       "cannot.\n"
	       "A forgotten passphrase opens nothing, and nobody can change that: a colleague sees with "
	       "\"lost\" what "
	       "the\nteam has of this device, and lets you in again (invite --person, join --person).\n"
	       "A command speaks to the running program, or opens the database itself when none runs.\n"
	       "Exit codes: 0 done, 1 error, 2 not understood, 3 denied, 4 not found, 5 conflict, 6 "
	       "offline,\n"
	       "7 invalid input, 8 disk full, 9 a check found a difference.\n");
}

/* The commands that begin with a word: "patient" is followed by add, list ... False: none. */
static bool help_group(FILE *out, const char *word)
{
	size_t size = strlen(word);
	bool found = false;
	for (const struct cli_command *command = cli_commands; command->name; command++) {
		if (strncmp(command->name, word, size) != 0 || command->name[size] != ' ')
			continue;
		if (!found)
			fprintf(out, "\"%s\" is followed by one of:\n", word);
		fprintf(out, "  %-12s %s\n", command->name + size + 1, command->help);
		found = true;
	}
	return found;
}

int cli_help_command(struct cli *cli)
{
	int taken;
	char *words[CLI_ARGUMENTS_MAX];
	for (int i = 0; i < cli->argument_count; i++)
		words[i] = (char *)(uintptr_t)cli->arguments[i];
	const struct cli_command *command = cli_find(cli->argument_count, words, &taken);
	if (cli->argument_count && !command)
		return help_group(stdout, words[0])
		        ? CLI_OK
		        : cli_say(CLI_USAGE, "there is no such command; see \"releve help\"");
	cli_help(command);
	return CLI_OK;
}

/* ---- Completion ---- */

/* What stands around the tables: words are read from the line itself, since bash also parts them at "=". */
static const char COMPLETION_HEAD[] =
        "_releve() {\n"
        "\tlocal line=\"${COMP_LINE:0:COMP_POINT}\" now= last= skip= found= w\n"
        "\tlocal -a words rest\n"
        "\tread -ra words <<< \"$line\"\n"
        "\tif [[ $line != *[[:space:]] ]]; then now=\"${words[-1]}\"; unset 'words[-1]'; fi\n"
        "\tfor w in \"${words[@]:1}\"; do\n"
        "\t\tlast=$w\n"
        "\t\tif [[ $skip ]]; then skip=; continue; fi\n"
        "\t\tcase \"$w\" in\n";

static const char COMPLETION_TAIL[] =
        "\tCOMPREPLY=($(compgen -W \"$found\" -- \"$now\"))\n"
        "\tif [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace 2> /dev/null; fi\n"
        "\tif [[ $now == *=* && $COMP_WORDBREAKS == *=* ]]; then COMPREPLY=(\"${COMPREPLY[@]#*=}\"); fi\n"
        "}\ncomplete -o default -F _releve releve\n";

static void complete_options(const struct cli_option *options, int max)
{
	for (int i = 0; i < max && options[i].name; i++)
		printf(" --%s", options[i].name);
}

static void skip_values(const struct cli_option *options, int max)
{
	for (int i = 0; i < max && options[i].name; i++)
		if (options[i].argument)
			printf("\t\t--%s) skip=$w ;;\n", options[i].name);
}

/* "nurse|locum" as "nurse locum ". */
static void complete_choices(const struct cli_option *option)
{
	const char *at = option->argument;
	if (!at || !strchr(at, '|'))
		return;
	printf("\t\t--%s) found=\"", option->name);
	for (size_t size; *at; at += size + (at[size] == '|')) {
		size = strcspn(at, "|");
		printf("%.*s ", (int)size, at);
	}
	printf("\" ;;\n");
}

/* "code=PB01 code=PB02": the codes that are chosen now. */
static void complete_codes(const char *before, enum omaha_kind kind)
{
	uint32_t count;
	const struct omaha_term *terms = omaha_terms(kind, &count);
	for (uint32_t i = 0; i < count; i++) {
		char code[OMAHA_CODE_BYTES];
		omaha_write_code(code, kind, terms[i].code);
		if (!terms[i].is_retired)
			printf("%s%s ", before, code);
	}
}

static bool code_kind(const struct schema_field *field, enum omaha_kind *out)
{
	*out = field->rule == SCHEMA_RULE_OMAHA_SIGN      ? OMAHA_SIGN
	        : field->rule == SCHEMA_RULE_OMAHA_TARGET ? OMAHA_TARGET
	                                                  : OMAHA_PROBLEM;
	return *out != OMAHA_PROBLEM || field->rule == SCHEMA_RULE_OMAHA_PROBLEM;
}

/* "sex=F sex=M" for fields of which there are so many choices. */
static void complete_values(const struct cli_command *command, const struct schema_kind *kind)
{
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const struct schema_field *field = &kind->fields[i];
		enum omaha_kind codes;
		char before[64];
		bool has_codes = code_kind(field, &codes);
		if (!field->choices && field->type != SCHEMA_BOOL && !has_codes)
			continue;
		printf("\t\"%s %s=\") found=\"", command->name, field->name);
		snprintf(before, sizeof(before), "%s=", field->name);
		if (has_codes)
			complete_codes(before, codes);
		if (field->type == SCHEMA_BOOL)
			printf("%s=yes %s=no", field->name, field->name);
		for (const struct schema_choice *choice = field->choices; choice && choice->number; choice++)
			printf("%s=%s ", field->name, choice->name);
		printf("\" ;;\n");
	}
}

/* "access" is followed by a patient, or is the beginning of "access export". */
static void complete_longer(const struct cli_command *command)
{
	size_t size = strlen(command->name);
	for (const struct cli_command *other = cli_commands; other->name; other++)
		if (strncmp(other->name, command->name, size) == 0 && other->name[size] == ' ')
			printf("%s ", other->name + size + 1);
}

/* "record add" is followed by a kind, and then by the fields of that kind; "omaha show" by a code. */
static void complete_kinds(const struct cli_command *command)
{
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	for (uint32_t i = 0; i < count; i++) {
		printf("\t\"%s %s \"*) found=\"", command->name, kinds[i].name);
		for (uint32_t j = 0; j < kinds[i].field_count; j++)
			printf("%s= ", kinds[i].fields[j].name);
		printf("\" ;;\n");
	}
	printf("\t\"%s \") found=\"", command->name);
	for (uint32_t i = 0; i < count; i++)
		printf("%s ", kinds[i].name);
	printf("\" ;;\n");
}

static void complete_arguments(const struct cli_command *command)
{
	if (strncmp(command->arguments, "KIND", 4) == 0)
		complete_kinds(command);
	if (strncmp(command->arguments, "CODE", 4) != 0 || strcmp(command->name, "omaha show") != 0)
		return;
	printf("\t\"%s \") found=\"", command->name);
	for (int kind = OMAHA_PROBLEM; kind <= OMAHA_TARGET; kind++)
		complete_codes("", (enum omaha_kind)kind);
	printf("\" ;;\n");
}

/* The words that may follow those of `command`, or of `command` after "help". */
static void complete_command(const struct cli_command *command, const struct schema_kind *kind)
{
	complete_arguments(command);
	printf("\t\"%s \"*) found=\"", command->name);
	for (uint32_t i = 0; kind && i < kind->field_count; i++)
		printf("%s= ", kind->fields[i].name);
	complete_longer(command);
	complete_options(command->options, CLI_OPTIONS_MAX);
	complete_options(cli_globals, 16);
	printf("\" ;;\n");
}

/* The second words of names, by their first one, and the first words. */
static void complete_names(void)
{
	for (const struct cli_command *command = cli_commands; command->name; command++) {
		const char *space = strchr(command->name, ' ');
		int size = space ? (int)(space - command->name) : 0;
		if (space)
			printf("\t\"%.*s \"|\"help %.*s \") found+=\" %s\" ;;&\n", size, command->name, size,
			        command->name, space + 1);
	}
	printf("\t\" \"|\"help \") found=\"");
	for (const struct cli_command *command = cli_commands; command->name; command++) {
		size_t size = strcspn(command->name, " ");
		bool is_again = command > cli_commands &&
		        strncmp(command[-1].name, command->name, size) == 0 && command[-1].name[size] == ' ';
		if (!is_again)
			printf("%.*s ", (int)size, command->name);
	}
	complete_options(cli_globals, 16);
	printf("\" ;;\n");
}

void cli_completion(void)
{
	fputs(COMPLETION_HEAD, stdout);
	skip_values(cli_globals, 16);
	for (const struct cli_command *command = cli_commands; command->name; command++)
		skip_values(command->options, CLI_OPTIONS_MAX);
	printf("\t\t--*) ;;\n\t\t*) rest+=(\"$w\") ;;\n\t\tesac\n\tdone\n");
	/* what follows an option that takes a value: one of its own, or a file */
	printf("\tif [[ $skip ]]; then\n\t\tcase \"$skip\" in\n");
	for (const struct cli_command *command = cli_commands; command->name; command++)
		for (int i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++)
			complete_choices(&command->options[i]);
	printf("\t\tesac\n\telif [[ $now == *=* ]]; then\n\t\tcase \"${rest[*]:0:2} ${now%%%%=*}=\" in\n");
	for (const struct cli_command *command = cli_commands; command->name; command++)
		if (command->fields_of)
			complete_values(command, schema_kind_named(span_text(command->fields_of)));
	printf("\t\tesac\n\telse\n\tcase \"${rest[*]} \" in\n");
	for (const struct cli_command *command = cli_commands; command->name; command++)
		if (strcmp(command->name, "help") != 0)
			complete_command(command,
			        command->fields_of ? schema_kind_named(span_text(command->fields_of)) : NULL);
	complete_names();
	printf("\tesac\n\tfi\n");
	fputs(COMPLETION_TAIL, stdout);
}

int cli_completion_command(struct cli *cli)
{
	(void)cli;
	cli_completion();
	return CLI_OK;
}

/* ---- Parsing ---- */

static int usage(const struct cli_command *command)
{
	if (command)
		fprintf(stderr, "Usage: releve %s%s%s; see \"releve help %s\"\n", command->name,
		        *command->arguments ? " " : "", command->arguments, command->name);
	else
		fprintf(stderr, "Usage: releve COMMAND ...; see \"releve help\"\n");
	return CLI_USAGE;
}

enum { GLOBAL_FIRST = 256, OWN_FIRST = 300 };

static void long_options(const struct cli_command *command, struct option *out)
{
	int count = 0;
	for (int i = 0; cli_globals[i].name; i++)
		out[count++] = (struct option){cli_globals[i].name,
		        cli_globals[i].argument ? required_argument : no_argument, NULL, GLOBAL_FIRST + i};
	for (int i = 0; command && i < CLI_OPTIONS_MAX && command->options[i].name; i++)
		out[count++] = (struct option){command->options[i].name,
		        command->options[i].argument ? required_argument : no_argument, NULL, OWN_FIRST + i};
	out[count] = (struct option){0};
}

static void set_directory(struct cli *cli, const char *given)
{
	const char *home = getenv("HOME");
	char path[4096];
	if (!given)
		given = getenv("RELEVE_DATA");
	snprintf(path, sizeof(path), "%s%s",
	        given          ? given
	                : home ? home
	                       : ".",
	        given ? "" : "/.local/share/releve");
	cli->root = mem_text(span_text(path));
	cli->directory = team_folder_path(path, cli->team);
}

/* A copy of one of the program's words, which is wiped: every process of the machine can read them, and they may be a patient's name or an
 * invitation. */
static const char *take_word(struct cli *cli, char *word)
{
	const char *copy = arena_text(&cli->arena, span_text(word));
	mem_wipe(word, strlen(word));
	return copy;
}

/* An option that is given again adds to what it said: "A,B". */
static void add_option(struct cli *cli, int row, const char *value)
{
	const char *before = cli->options[row];
	struct buf both = {0};
	if (!before || !*value) {
		cli->options[row] = value;
		return;
	}
	buf_add_span(&both, span_text(before));
	buf_add(&both, ",", 1);
	buf_add_span(&both, span_text(value));
	cli->options[row] = arena_text(&cli->arena, buf_span(&both));
	buf_close(&both);
}

/* The first word of several commands lists them. */
static int unknown_command(const char *word)
{
	return help_group(stderr, word)
	        ? CLI_USAGE
	        : cli_say(CLI_USAGE, "there is no command \"%s\"; see \"releve help\"", word);
}

/* One option as getopt_long() gives it: those of every command come first in its table. */
static void take_option(struct cli *cli, int option, const char **directory)
{
	if (option >= OWN_FIRST)
		add_option(cli, option - OWN_FIRST, optarg ? take_word(cli, optarg) : "");
	else if (option == GLOBAL_FIRST)
		*directory = optarg;
	else if (option == GLOBAL_FIRST + 1)
		cli->passphrase_file = optarg;
	else if (option == GLOBAL_FIRST + 2)
		cli->team = optarg;
	else
		cli->json = true;
}

static bool asks_for_help(int option)
{
	return option == 'h' ||
	        (option >= GLOBAL_FIRST && option < OWN_FIRST &&
	                strcmp(cli_globals[option - GLOBAL_FIRST].name, "help") == 0);
}

/* The options in `argv` after its first word: with `short_options` "+h" those before the first word that is none, with "h" all. Leaves
 * optind at what is left. False: the caller ends with *exit_code. */
static bool read_options(struct cli *cli, int argc, char **argv, const char *short_options,
        const char **directory, int *exit_code)
{
	struct option options[CLI_OPTIONS_MAX + 8];
	int option;
	long_options(cli->command, options);
	opterr = 1;
	optind = 0; /* glibc: begin anew */
	while ((option = getopt_long(argc, argv, short_options, options, NULL)) != -1) {
		if (asks_for_help(option) || option == '?') {
			*exit_code = option == '?' ? usage(cli->command) : CLI_OK;
			if (option != '?')
				cli_help(cli->command);
			return false;
		}
		take_option(cli, option, directory);
	}
	return true;
}

enum { LINE_BYTES_MAX = 1024 * 1024 }; /* as much as a request may hold */

/* The lines of standard input as arguments: what is there no other user of the machine can read. */
static bool take_lines(struct cli *cli, int *exit_code)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	*exit_code = CLI_OK;
	while (*exit_code == CLI_OK && (size = getline(&line, &room, stdin)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (cli->argument_count == CLI_ARGUMENTS_MAX || size > LINE_BYTES_MAX)
			*exit_code = cli_say(CLI_USAGE, "standard input holds too much for one command");
		else if (*line)
			cli->arguments[cli->argument_count++] = take_word(cli, line);
	}
	if (line)
		mem_wipe(line, room);
	free(line);
	return *exit_code == CLI_OK;
}

/* "-" at the end stands for standard input, but where a file is expected. */
static bool take_arguments(struct cli *cli, int count, char **words, int *exit_code)
{
	bool has_lines = count > 0 && strcmp(words[count - 1], "-") == 0 &&
	        !strstr(cli->command->arguments, "FILE");
	int given = has_lines ? count - 1 : count;
	if (given > cli->command->argument_max || (!has_lines && given < cli->command->argument_min)) {
		*exit_code = usage(cli->command);
		return false;
	}
	for (; cli->argument_count < given; cli->argument_count++)
		cli->arguments[cli->argument_count] = take_word(cli, words[cli->argument_count]);
	if (!has_lines)
		return true;
	if (!take_lines(cli, exit_code))
		return false;
	if (cli->argument_count < cli->command->argument_min ||
	        cli->argument_count > cli->command->argument_max) {
		*exit_code = usage(cli->command);
		return false;
	}
	return true;
}

/* Options of every command may stand before the command's words, its own only after them. */
bool cli_parse(struct cli *cli, int argc, char **argv, int *exit_code)
{
	const char *directory = NULL;
	int taken = 0;
	if (!read_options(cli, argc, argv, "+h", &directory, exit_code))
		return false;
	argc -= optind;
	argv += optind;
	cli->command = argc > 0 ? cli_find(argc, argv, &taken) : NULL;
	if (!cli->command) {
		*exit_code = argc > 0 ? unknown_command(argv[0]) : usage(NULL);
		return false;
	}
	argc -= taken - 1; /* the last of the command's words stands where the program's name would */
	argv += taken - 1;
	if (!read_options(cli, argc, argv, "h", &directory, exit_code))
		return false;
	if (!take_arguments(cli, argc - optind, argv + optind, exit_code))
		return false;
	if (cli->team && strcmp(cli->team, TEAM_FOLDER_MAIN) == 0)
		cli->team = NULL;
	if (cli->team && !team_folder_name_is(cli->team)) {
		*exit_code = cli_say(
		        CLI_USAGE, "--team takes the name of a directory: at most 32 of a-z, 0-9 and -");
		return false;
	}
	set_directory(cli, directory);
	if (!cli->passphrase_file)
		cli->passphrase_file = cli_machine_key(cli);
	if (!cli->passphrase_file)
		cli->passphrase_file = getenv("RELEVE_PASSPHRASE_FILE");
	return true;
}

int cli_main(int argc, char **argv)
{
	struct cli cli = {0};
	int exit_code;
	if (!cli_parse(&cli, argc, argv, &exit_code)) {
		arena_close(&cli.arena);
		return exit_code;
	}
	exit_code = cli.command->run(&cli);
	cli_progress(NULL);
	cli_close(&cli);
	mem_free(cli.root);
	mem_free(cli.directory);
	arena_close(&cli.arena);
	/* Whoever read it has seen enough (EPIPE). */
	if (fflush(stdout) != 0 && errno != EPIPE && exit_code == CLI_OK)
		exit_code = cli_say(CLI_ERROR, "the output could not be written");
	return exit_code;
}
