#include "node/api_saying.h"

#include <stdio.h>

#include "node/describe_parts.h"
#include "node/words.h"

void api_say(const struct api_saying *saying, const char *fr, const char *en)
{
	buf_add_span(saying->out, span_text(describe_in(saying->language, fr, en)));
}

void api_say_label(const struct api_saying *saying, const struct schema_label *label)
{
	api_say(saying, label->fr, label->en);
}

void api_say_count(const struct api_saying *saying, uint64_t count)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)count);
	buf_add_span(saying->out, span_text(text));
}

void api_say_when(const struct api_saying *saying, uint64_t ms)
{
	words_when((int64_t)(ms / 1000), (int64_t)(env_wall_ms(saying->app->env) / 1000), saying->language,
	        saying->out);
}

void api_say_device(const struct api_saying *saying, const struct device_id *device)
{
	api_device_words(saying->app, device, saying->language, saying->out);
}
