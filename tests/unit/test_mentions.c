/* Names in running text (node/mentions.h). */
#include "tests/lib/check.h"

#include "node/mentions.h"

static void names_are_found_as_words(void **state)
{
	struct mentions names = {0};
	static const struct {
		const char *text;
		uint32_t count;
	} texts[] = {{"Vu Mme Lefèvre ce matin.", 1}, {"LEFEVRE, Zoé", 1}, {"lefèvre Lefevre", 2},
	        {"Lefèvre-Martin va mieux", 1}, {"Les Lefèvres du quartier", 0}, {"", 0}, {"Le Fèvre", 0},
	        {"Mme Le Goff ; Le  Goff, le goff", 3}, {"Goff", 0}, {"O", 0}};
	(void)state;
	mentions_add(&names, span_text("Lefèvre"));
	mentions_add(&names, span_text("Le Goff"));
	mentions_add(&names, span_text("O"));
	mentions_add(&names, span_text("!"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (mentions_count(&names, span_text(texts[i].text)) != texts[i].count)
			fail_msg("\"%s\": %u", texts[i].text,
			        mentions_count(&names, span_text(texts[i].text)));
	mentions_close(&names);
}

static void nobody_is_named_by_nothing(void **state)
{
	struct mentions names = {0};
	(void)state;
	assert_int_equal(mentions_count(&names, span_text("Lefèvre")), 0);
	mentions_close(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_found_as_words),
	        cmocka_unit_test(nobody_is_named_by_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
