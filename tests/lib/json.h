/* tests/lib/json.h - JSON that a test writes down. */
#ifndef TESTS_LIB_JSON_H
#define TESTS_LIB_JSON_H

#include <jansson.h>

#include "tests/lib/check.h"

/* Owner decrefs. */
static inline json_t *json_of(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s: %s", text, error.text);
	return json;
}

#endif
