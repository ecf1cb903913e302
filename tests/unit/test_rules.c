/* The charter and the rules of a team: a signature is of what stood then (node/practice/rules.h). */
#include "tests/lib/check.h"

#include "node/practice/rules.h"
#include "tests/lib/desks.h"

static const struct record_id PRACTICE = {{6}}, CHARTER = {{46, 1}}, OTHER = {{46, 2}};

static void save(struct desks *desks, int who, const char *json)
{
	desks_save(desks, who, SCHEMA_TEAM_RULE, CHARTER, json, NULL);
}

/* She signs what she sees. */
static void sign(struct desks *desks, int who)
{
	static uint8_t number;
	const struct schema_kind *kind = schema_kind(SCHEMA_SIGNATURE);
	struct record_edit edit = {.record = {.kind = kind, .id = {{47, ++number}}}};
	uint8_t digest[RULES_DIGEST_BYTES];
	rules_digest(desks->docs[who], &CHARTER, digest);
	schema_put(&edit.record, schema_field_named(kind, span_text("rule")))->bytes = span_of(
	        CHARTER.bytes, SCHEMA_SHORT_BYTES);
	schema_put(&edit.record, schema_field_named(kind, span_text("at")))->number = 1700000000;
	schema_put(&edit.record, schema_field_named(kind, span_text("digest")))->bytes = span_of(
	        digest, sizeof(digest));
	desks_write(desks, who, &edit, NULL, NULL);
}

/* On everybody's device: as "1+ 2-": version, and whether it is the one that stands, oldest first. */
static void check_signatures(struct desks *desks, const char *want)
{
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(desks, who);
		uint32_t count, current;
		char have[200] = "";
		struct rules_signature *all = rules_signatures(&view, &CHARTER, &count, &current);
		for (uint32_t i = 0; i < count; i++) {
			const size_t at = strlen(have);
			snprintf(have + at, sizeof(have) - at, "%s%u%c", i ? " " : "", all[i].version,
			        all[i].is_current ? '+' : '-');
			assert_true(!all[i].is_current || all[i].version == current);
		}
		mem_free(all);
		assert_string_equal(have, want);
	}
}

static uint32_t to_sign(struct desks *desks, int who)
{
	const struct digest_source view = desks_view(desks, who);
	const struct work_reader reader = desks_reader(who);
	struct work_facts facts = {0};
	struct work_items items = {0};
	uint32_t count = 0;
	work_facts_of(&view, &facts);
	work_items_add(&items, &facts, SCHEMA_DOC_PRACTICE, &PRACTICE, 20000);
	for (uint32_t i = 0; i < items.count; i++)
		count += items.items[i].fact->source == WORK_RULE &&
		        !work_is_done_by(&items.items[i], &reader);
	work_items_close(&items);
	work_facts_close(&facts);
	return count;
}

static void a_signature_is_of_what_stood_then(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	save(&desks, 0, "{\"type\":\"charter\",\"title\":\"Charte\",\"text\":\"Deux soirs par semaine.\"}");
	desks_save(&desks, 0, SCHEMA_TEAM_RULE, OTHER,
	        "{\"type\":\"rule\",\"title\":\"Clés\",\"state\":\"ended\"}", NULL);
	desks_meet(&desks);
	sign(&desks, 0);
	sign(&desks, 1);
	desks_meet(&desks);
	check_signatures(&desks, "1+ 1+");
	assert_int_equal(to_sign(&desks, 0), 0);
	assert_int_equal(to_sign(&desks, 2), 1); /* the charter; the rule that ended asks nobody */
	save(&desks, 2, "{\"text\":\"Trois soirs par semaine.\"}");
	desks_meet(&desks);
	check_signatures(&desks, "1- 1-");
	assert_int_equal(to_sign(&desks, 0), 1);
	sign(&desks, 0);
	desks_meet(&desks);
	check_signatures(&desks, "1- 1- 2+");
	save(&desks, 1, "{\"text\":\"Deux soirs par semaine.\"}"); /* it is what the first two signed */
	desks_meet(&desks);
	check_signatures(&desks, "1+ 1+ 2-");
	desks_close(&desks);
}

/* Anna signs while Bea writes: what came together is a text that nobody has signed. */
static void who_signs_while_another_writes_signed_an_earlier_version(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	save(&desks, 0, "{\"type\":\"charter\",\"title\":\"Charte\",\"text\":\"Un soir.\\nUn matin.\"}");
	desks_meet(&desks);
	sign(&desks, 0);
	save(&desks, 1, "{\"text\":\"Un soir.\\nDeux matins.\"}");
	sign(&desks, 1);
	save(&desks, 2, "{\"text\":\"Deux soirs.\\nUn matin.\"}");
	sign(&desks, 2);
	desks_meet(&desks);
	check_signatures(&desks, "1- 2- 3-"); /* both passages stand; each signed what she had */
	desks_close(&desks);
}

/* Two titles written apart stand side by side: what is signed then has both. */
static void a_title_is_part_of_what_is_signed(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	save(&desks, 0, "{\"type\":\"charter\",\"title\":\"Charte\",\"text\":\"Un soir.\"}");
	desks_meet(&desks);
	save(&desks, 0, "{\"title\":\"Charte de Nantes\"}");
	save(&desks, 1, "{\"title\":\"Notre charte\"}");
	desks_meet(&desks);
	sign(&desks, 2);
	desks_meet(&desks);
	check_signatures(&desks, "1+");
	save(&desks, 0, "{\"title\":\"Notre charte\"}");
	desks_meet(&desks);
	check_signatures(&desks, "1-");
	desks_close(&desks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_signature_is_of_what_stood_then),
	        cmocka_unit_test(who_signs_while_another_writes_signed_an_earlier_version),
	        cmocka_unit_test(a_title_is_part_of_what_is_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
