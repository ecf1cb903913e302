#include "node/http_guard.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const NAMES[] = {"127.0.0.1", "localhost"};

bool http_guard_host(const char *host, uint16_t port)
{
	if (!host)
		return false;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		char allowed[32];
		snprintf(allowed, sizeof(allowed), "%s:%u", NAMES[i], (unsigned)port);
		if (strcasecmp(host, allowed) == 0 || (port == 80 && strcasecmp(host, NAMES[i]) == 0))
			return true;
	}
	return false;
}

bool http_guard_origin(const char *origin, uint16_t port)
{
	static const char scheme[] = "http://";
	if (!origin)
		return true;
	return strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
	        http_guard_host(origin + sizeof(scheme) - 1, port);
}

bool http_guard_token(const char *authorization, const char token[HTTP_TOKEN_TEXT_BYTES])
{
	static const char scheme[] = "Bearer ";
	if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	const char *given = authorization + sizeof(scheme) - 1;
	return strlen(given) == HTTP_TOKEN_TEXT_BYTES - 1 &&
	        sodium_memcmp(given, token, HTTP_TOKEN_TEXT_BYTES - 1) == 0;
}
