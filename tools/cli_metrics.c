/* `releve metrics`, and the token by which another program may read them (node/README.md, "Metrics"). */
#include <stdio.h>
#include <sys/stat.h>

#include "crdt/base/err.h"
#include "crdt/base/ids.h"
#include "node/http_guard.h"
#include "node/uv_env.h"
#include "store/file.h"
#include "tools/cli.h"
#include "tools/cli_lock.h"

enum { FILE_BYTES = HTTP_TOKEN_TEXT_BYTES }; /* digits and a line feed */

static bool is_token(struct span text)
{
	uint8_t bytes[HTTP_TOKEN_BYTES];
	char digits[HTTP_TOKEN_TEXT_BYTES];
	if (text.size != FILE_BYTES || text.data[FILE_BYTES - 1] != '\n')
		return false;
	memcpy(digits, text.data, FILE_BYTES - 1);
	digits[FILE_BYTES - 1] = '\0';
	bool is_hex = ids_from_hex(bytes, sizeof(bytes), digits);
	mem_wipe(bytes, sizeof(bytes));
	mem_wipe(digits, sizeof(digits));
	return is_hex;
}

/* Nobody but this user has read it. */
static bool is_private(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) == 0;
}

static int make_token(const char *path, struct buf *out)
{
	uint8_t random[HTTP_TOKEN_BYTES];
	env_random_bytes(uv_env(), random, sizeof(random));
	char *digits = (char *)buf_extend(out, FILE_BYTES);
	ids_hex(digits, random, sizeof(random));
	digits[FILE_BYTES - 1] = '\n';
	mem_wipe(random, sizeof(random));
	return file_replace(path, buf_span(out));
}

int cli_metrics_token(const struct cli *cli, char out[HTTP_TOKEN_TEXT_BYTES])
{
	struct buf text = {0};
	char *path = file_join(cli->root, "metrics.token");
	int result = is_private(path) ? file_read(path, FILE_BYTES, &text) : ERR_NOTFOUND;
	if (result || !is_token(buf_span(&text))) {
		buf_wipe(&text);
		result = make_token(path, &text);
	}
	if (result) {
		result = cli_say(cli_exit_of(result), "%s cannot be written", path);
	} else {
		memcpy(out, text.data, HTTP_TOKEN_TEXT_BYTES - 1);
		out[HTTP_TOKEN_TEXT_BYTES - 1] = '\0';
	}
	buf_wipe(&text);
	mem_free(path);
	return result;
}

int cli_metrics(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/metrics", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		const char *page = json_string_value(json_object_get(out, "page"));
		printf("%s", page ? page : "");
	}
	json_decref(out);
	return result;
}
