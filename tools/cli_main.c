/* The binary `releve`. */
#include <locale.h>
#include <sodium.h>

#include "node/uv_shell.h"
#include "tools/cli.h"

int main(int argc, char **argv)
{
	uv_shell_harden();
	setlocale(LC_CTYPE, "C.UTF-8");
	if (sodium_init() < 0)
		return cli_say(CLI_ERROR, "the random generator of this machine does not work");
	return cli_main(argc, argv);
}
