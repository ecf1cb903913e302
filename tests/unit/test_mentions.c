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

static void names_misspelt_are_perhaps_them(void **state)
{
	struct mentions names = {0};
	static const struct {
		const char *text, *as;
		uint32_t near;
	} texts[] = {{"Vu Mme Lefèvre ce matin.", "", 0}, {"Mme Lefebvre", "lefebvre", 1},
	        {"LE FÈVRE Zoé", "le fevre", 1}, {"Mme Lefvere", "lefvere", 1}, {"Lefeure", "lefeure", 1},
	        {"Lefere", "lefere", 1}, {"Mme Leferve est venue", "leferve", 1},
	        {"Lefvre, et Lefevrr", "lefvre", 2}, {"Goff Le", "goff le", 1}, {"Legoff", "legoff", 1},
	        {"Mme Le Gof", "le gof", 1}, {"le goff", "", 0}, {"le golf", "le golf", 1}, {"Fevre", "", 0},
	        {"", "", 0}, {"Ozo", "", 0}, {"lefevre lefever", "lefever", 1}};
	(void)state;
	mentions_add(&names, span_text("Lefèvre"));
	mentions_add(&names, span_text("Le Goff"));
	mentions_add(&names, span_text("Ozu")); /* too short to be misspelt */
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf as = {0};
		const uint32_t near = mentions_near(&names, span_text(texts[i].text), &as);
		if (near != texts[i].near || !span_eq(buf_span(&as), span_text(texts[i].as)))
			fail_msg(
			        "\"%s\": %u as \"%.*s\"", texts[i].text, near, (int)as.size, (char *)as.data);
		buf_close(&as);
	}
	assert_int_equal(mentions_near(&names, span_text("Legoff"), NULL), 1);
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
	        cmocka_unit_test(names_misspelt_are_perhaps_them),
	        cmocka_unit_test(nobody_is_named_by_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
