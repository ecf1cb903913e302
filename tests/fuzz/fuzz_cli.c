/* Any words are refused, or are a command with as many arguments as it takes; its fields, addresses and ports are read or refused. Input:
 * a word a line. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 80 };

/* Help and complaints are not looked at. */
static void be_silent(void)
{
	static FILE *nowhere;
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	assert(nowhere);
	stdout = stderr = nowhere;
}

static void use(struct cli *cli)
{
	char ip[CLI_IP_BYTES];
	int port;
	assert(cli->argument_count >= cli->command->argument_min);
	assert(cli->argument_count <= cli->command->argument_max && cli->argument_count <= CLI_ARGUMENTS_MAX);
	assert(cli->directory);
	for (int i = 0; i < cli->argument_count; i++) {
		char *escaped = cli_escaped(cli->arguments[i]);
		assert(!strpbrk(escaped, " \r\n/?&#"));
		mem_free(escaped);
		if (cli_address(cli->arguments[i], ip, &port))
			assert(port >= 0 && port <= 65535 && strlen(ip) < sizeof(ip));
		unsigned long number;
		if (cli_number(cli->arguments[i], &number))
			assert(cli->arguments[i][0] >= '0' && cli->arguments[i][0] <= '9');
		cli_width(cli->arguments[i]);
	}
	json_t *fields = NULL;
	if (cli->command->fields_of && cli_fields(cli, 0, cli->command->fields_of, &fields) == 0)
		assert(json_is_object(fields));
	json_decref(fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[] = "releve", *words[WORDS_MAX + 2] = {name}, *text = mem_text(span_of(data, size)),
	     *rest = text;
	struct cli cli = {0};
	int count = 1, exit_code = -1;
	be_silent();
	while (count <= WORDS_MAX && (words[count] = strsep(&rest, "\n")))
		count++;
	words[count] = NULL;
	if (cli_parse(&cli, count, words, &exit_code))
		use(&cli);
	else
		assert(exit_code == CLI_OK || exit_code == CLI_USAGE);
	mem_free(cli.root);
	mem_free(cli.directory);
	arena_close(&cli.arena);
	mem_free(text);
	return 0;
}
