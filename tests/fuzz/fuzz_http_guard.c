/* What the guards let in is one of the few texts that they are for. Input: port, then Host, Origin and Authorization, a line each. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crdt/base/mem.h"
#include "node/http_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Every Host that is ours. */
static bool is_ours(const char *host, unsigned port)
{
	char numbered[32], named[32];
	snprintf(numbered, sizeof(numbered), "127.0.0.1:%u", port);
	snprintf(named, sizeof(named), "localhost:%u", port);
	return strcasecmp(host, numbered) == 0 || strcasecmp(host, named) == 0 ||
	        (port == 80 && (strcasecmp(host, "127.0.0.1") == 0 || strcasecmp(host, "localhost") == 0));
}

/* The next line, terminated in place; NULL past the last. */
static const char *next_line(char **rest)
{
	return strsep(rest, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	uint16_t port = (uint16_t)(data[0] << 8 | data[1]);
	char *text = mem_text(span_of(data + 2, size - 2)), *rest = text;
	const char *host = next_line(&rest), *origin = next_line(&rest), *authorization = next_line(&rest);
	assert(http_guard_host(host, port) == (host && is_ours(host, port)));
	bool same_page = origin && strncmp(origin, "http://", 7) == 0 && is_ours(origin + 7, port);
	assert(http_guard_origin(origin, port) == (!origin || same_page));
	bool may = authorization && strncasecmp(authorization, "Bearer ", 7) == 0 &&
	        strcmp(authorization + 7, TOKEN) == 0;
	assert(http_guard_token(authorization, TOKEN) == may);
	mem_free(text);
	return 0;
}
