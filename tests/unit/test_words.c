/* Sentences: every kind of difference, in both languages, and every type of value. */
#include "tests/lib/check.h"

#include <string.h>

#include "crdt/mpack.h"
#include "node/words.h"

static struct span text(const char *bytes)
{
	return span_text(bytes);
}

static void check_said(const struct words_change *change, const char *fr, const char *en)
{
	const char *want[] = {fr, en};
	for (enum schema_language language = SCHEMA_FR; language <= SCHEMA_EN; language++) {
		struct buf out = {0};
		words_change(change, language, &out);
		buf_add(&out, "", 1);
		assert_string_equal((const char *)out.data, want[language]);
		buf_close(&out);
	}
}

static void differences(void **state)
{
	(void)state;
	const struct words_said old = {text("0240"), text("Anna")},
	                        both[] = {{text("latex"), text("Anna")}, {text("pollen"), text("Béa")}};
	struct words_change change = {.kind = CRDT_DIFF_ADDED,
	        .class = SCHEMA_ORDINARY,
	        .who = text("Léa Morvan"),
	        .what = text("Phone"),
	        .after = &old,
	        .after_count = 1};
	check_said(&change, "Léa Morvan a noté « Phone » : 0240", "Léa Morvan noted “Phone”: 0240");
	change.kind = CRDT_DIFF_CHANGED;
	change.before = &old;
	change.before_count = 1;
	change.where = text("Peau");
	change.reason = text("déménagement");
	check_said(&change, "Léa Morvan a remplacé « Phone » (Peau) : 0240 → 0240 — motif : déménagement",
	        "Léa Morvan replaced “Phone” (Peau): 0240 → 0240 — reason: déménagement");
	change.kind = CRDT_DIFF_REMOVED;
	change.class = SCHEMA_SAFETY;
	change.where = change.reason = (struct span){NULL, 0};
	change.lacks_reason = true;
	change.after_count = 0;
	check_said(&change, "Léa Morvan a retiré « Phone » : 0240 — sans motif",
	        "Léa Morvan removed “Phone”: 0240 — no reason given");
	change.kind = CRDT_DIFF_CONFLICT_SETTLED;
	change.lacks_reason = false;
	change.before = both;
	change.before_count = 2;
	change.after_count = 1;
	check_said(&change, "Léa Morvan a tranché « Phone » : 0240, parmi latex, pollen",
	        "Léa Morvan settled “Phone”: 0240, out of latex, pollen");
	change.kind = CRDT_DIFF_CONFLICT_AROSE;
	change.after = both;
	change.after_count = 2;
	check_said(&change, "À trancher : « Phone » a plusieurs valeurs : latex (Anna), pollen (Béa)",
	        "To be settled: “Phone” has several values: latex (Anna), pollen (Béa)");
	change.class = SCHEMA_ORDINARY;
	check_said(&change, "« Phone » a plusieurs valeurs : latex (Anna), pollen (Béa)",
	        "“Phone” has several values: latex (Anna), pollen (Béa)");
	change.kind = CRDT_DIFF_UNKNOWN;
	check_said(&change, "Léa Morvan a fait un changement qu'une version plus récente saura montrer",
	        "Léa Morvan made a change that a later version can show");
	change.kind = CRDT_DIFF_EVENT_CORRECTED;
	change.what = text("Visite");
	change.details = text("Fin : 9 h");
	change.reason = text("faute");
	check_said(&change, "Léa Morvan a corrigé : Visite (Fin : 9 h) — motif : faute",
	        "Léa Morvan corrected: Visite (Fin : 9 h) — reason: faute");
	change.kind = CRDT_DIFF_EVENT_ADDED;
	change.details = change.reason = (struct span){NULL, 0};
	check_said(&change, "Léa Morvan a enregistré : Visite", "Léa Morvan recorded: Visite");
}

static void contents(void **state)
{
	(void)state;
	const struct words_passage passages[] = {
	        {CRDT_PASSAGE_INSERTED, 0, text("Rougeur.\nPas de fièvre."), text("Béatrice Roux")},
	        {CRDT_PASSAGE_DELETED, 40, text("humide"), text("Irène Morvan")},
	        {CRDT_PASSAGE_INSERTED, 40, text("sèche"), text("Irène Morvan")},
	        {CRDT_PASSAGE_INSERTED, 60, text(" \n"), text("Irène Morvan")},
	        {CRDT_PASSAGE_DELETED, 70, text("jeudi"), text("Béatrice Roux")},
	        {CRDT_PASSAGE_INSERTED, 70, text("lundi"), text("Irène Morvan")}};
	struct words_change change = {.kind = CRDT_DIFF_TEXT,
	        .class = SCHEMA_NARRATIVE,
	        .what = text("Détail"),
	        .where = text("Pansement"),
	        .passages = passages,
	        .passage_count = 6};
	check_said(&change,
	        "Dans « Détail » (Pansement) : Béatrice Roux a ajouté « Rougeur. Pas de fièvre. » ; Irène "
	        "Morvan a remplacé « humide » par « sèche », a ajouté un retour à la ligne ; Béatrice Roux a "
	        "barré « jeudi » ; Irène Morvan a ajouté « lundi »",
	        "In “Détail” (Pansement): Béatrice Roux added “Rougeur. Pas de fièvre.”; Irène Morvan "
	        "replaced “humide” by “sèche”, added a line break; Béatrice Roux struck out “jeudi”; Irène "
	        "Morvan added “lundi”");
	const struct words_passage moved[] = {{CRDT_PASSAGE_DELETED, 1, text("Bas, Gants"), text("Anna")},
	        {CRDT_PASSAGE_MOVED, 1, text("Compresses"), text("Anna")}};
	change.kind = CRDT_DIFF_LIST;
	change.where = (struct span){NULL, 0};
	change.passages = moved;
	change.passage_count = 2;
	change.passage_more = 3;
	check_said(&change,
	        "Dans « Détail » : Anna a retiré « Bas, Gants », a déplacé « Compresses » ; autres passages "
	        ": "
	        "3",
	        "In “Détail”: Anna took out “Bas, Gants”, moved “Compresses”; other passages: 3");
	const struct words_share shares[] = {{5, text("Anna")}, {-2, text("Béa")}};
	change.kind = CRDT_DIFF_COUNT;
	change.sum_before = -1;
	change.sum_after = 2;
	change.shares = shares;
	change.share_count = 2;
	check_said(&change, "« Détail » : -1 → 2 (Anna +5, Béa -2)", "“Détail”: -1 → 2 (Anna +5, Béa -2)");
}

/* A long passage is cut between characters. */
static void long_passages(void **state)
{
	(void)state;
	struct buf content = {0}, out = {0};
	for (int i = 0; i < 100; i++)
		buf_add_span(&content, text("é"));
	words_quote(buf_span(&content), SCHEMA_EN, &out);
	assert_true(span_eq(span_sub(buf_span(&out), out.size - 8, 8), text("é…”")));
	assert_int_equal(out.size, 3 + 120 + 3 + 3);
	buf_close(&content);
	buf_close(&out);
}

static bool named(void *context, uint32_t ref_kind, struct span id, struct buf *out)
{
	(void)context;
	if (ref_kind != SCHEMA_PERSON || id.size != SCHEMA_SHORT_BYTES)
		return false;
	buf_add_span(out, span_text("Anna"));
	return true;
}

static void check_value(enum schema_kind_number kind, const char *field, const struct buf *value,
        const char *fr, const char *en)
{
	const char *want[] = {fr, en};
	const struct schema_field *known = schema_field_named(schema_kind(kind), span_text(field));
	for (enum schema_language language = SCHEMA_FR; language <= SCHEMA_EN; language++) {
		struct buf out = {0};
		words_value(known, buf_span(value), language, named, NULL, &out);
		buf_add(&out, "", 1);
		assert_string_equal((const char *)out.data, want[language]);
		buf_close(&out);
	}
}

static void values(void **state)
{
	(void)state;
	struct buf value = {0};
	mpack_put_int(&value, -10560); /* 1941-02-02 */
	check_value(SCHEMA_PATIENT, "birthDate", &value, "02/02/1941", "1941-02-02");
	buf_clear(&value);
	mpack_put_bool(&value, true);
	check_value(SCHEMA_PATIENT, "ald", &value, "oui", "yes");
	buf_clear(&value);
	mpack_put_uint(&value, 2);
	check_value(SCHEMA_PROBLEM, "severity", &value, "Potentiel", "Potential");
	buf_clear(&value);
	mpack_put_uint(&value, 99);
	check_value(SCHEMA_PROBLEM, "severity", &value, "99", "99");
	buf_clear(&value);
	mpack_put_bin(&value, span_of("abcdef", SCHEMA_SHORT_BYTES));
	check_value(SCHEMA_PATIENT, "referent", &value, "Anna", "Anna");
	check_value(SCHEMA_INTERVENTION, "problem", &value, "616263646566", "616263646566");
	check_value(SCHEMA_PATIENT, "phone", &value, "(illisible dans cette version)",
	        "(not readable in this version)");
	check_value(SCHEMA_PATIENT, "nothing", &value, "(illisible dans cette version)",
	        "(not readable in this version)");
	buf_clear(&value);
	char longer[400];
	memset(longer, 'x', sizeof(longer));
	memcpy(longer + 239, "é", strlen("é")); /* cut before it, not through it */
	mpack_put_str(&value, span_of(longer, sizeof(longer)));
	struct buf out = {0};
	words_value(schema_field_named(schema_kind(SCHEMA_PATIENT), span_text("phone")), buf_span(&value),
	        SCHEMA_FR, NULL, NULL, &out);
	assert_int_equal(out.size, 239 + strlen("…"));
	buf_close(&out);
	buf_close(&value);
}

static void moments(void **state)
{
	(void)state;
	struct buf out = {0};
	words_moment(INT64_C(1719814500), SCHEMA_FR, &out);
	buf_add(&out, "|", 1);
	words_moment(INT64_C(1719814500), SCHEMA_EN, &out);
	buf_add(&out, "|", 1);
	words_moment(
	        INT64_C(1735686000), SCHEMA_FR, &out); /* midnight in Paris, still the day before in UTC */
	buf_add(&out, "", 1);
	assert_string_equal((const char *)out.data, "01/07/2024 08:15|2024-07-01 08:15|01/01/2025 00:00");
	buf_close(&out);
}

static void check_when(int64_t seconds, int64_t now_s, const char *fr, const char *en)
{
	const char *want[] = {fr, en};
	for (enum schema_language language = SCHEMA_FR; language <= SCHEMA_EN; language++) {
		struct buf out = {0};
		words_when(seconds, now_s, language, &out);
		buf_add(&out, "", 1);
		assert_string_equal((const char *)out.data, want[language]);
		buf_close(&out);
	}
}

/* As seen on Wednesday 26 November 2025 at 10:42 in Paris. */
static void moments_of_late(void **state)
{
	(void)state;
	const int64_t now_s = INT64_C(1764150120), day_s = 86400;
	check_when(now_s, now_s, "10:42", "10:42");
	check_when(now_s - 10 * 3600 - 42 * 60, now_s, "00:00", "00:00");
	check_when(now_s - 10 * 3600 - 43 * 60, now_s, "hier 23:59", "yesterday 23:59");
	check_when(now_s - day_s, now_s, "hier 10:42", "yesterday 10:42");
	check_when(now_s - 2 * day_s, now_s, "lundi 10:42", "Monday 10:42");
	check_when(now_s - 6 * day_s, now_s, "jeudi 10:42", "Thursday 10:42");
	check_when(now_s - 7 * day_s, now_s, "19/11/2025 10:42", "2025-11-19 10:42");
	check_when(now_s + 60, now_s, "10:43", "10:43");
	check_when(now_s + day_s, now_s, "27/11/2025 10:42", "2025-11-27 10:42");
	check_when(0, now_s, "01/01/1970 01:00", "1970-01-01 01:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(differences),
	        cmocka_unit_test(contents),
	        cmocka_unit_test(long_passages),
	        cmocka_unit_test(values),
	        cmocka_unit_test(moments),
	        cmocka_unit_test(moments_of_late),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
