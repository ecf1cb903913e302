/* Who a patient is: names as people write them, possible duplicates, an INS number beside what is known, joined files. */
#include "tests/lib/check.h"

#include <time.h>

#include "crdt/base/mem.h"
#include "node/billing/patients.h"
#include "node/patient/alike.h"
#include "node/patient/identity.h"
#include "node/patient/links.h"

static unsigned like(const char *a, const char *b)
{
	struct patient_name x, y;
	patient_name_read(span_text(a), &x);
	patient_name_read(span_text(b), &y);
	unsigned one = patient_name_likeness(&x, &y, false), other = patient_name_likeness(&y, &x, false);
	assert_int_equal(one, other); /* whichever way round */
	return one;
}

static void names_are_the_same_however_they_are_written(void **state)
{
	static const char *const same[][2] = {{"Lefèvre", "LEFEVRE"}, {"Le Goff", "Legoff"},
	        {"de La Fontaine", "Fontaine"}, {"Saint-Martin", "St Martin"}, {"Jean-Pierre", "jean pierre"},
	        {"d’Artagnan", "D'Artagnan"}, {"Dupont", "Dupond"}, {"Thibault", "Tibo"},
	        {"Philippe", "Filip"}, {"Œuvrard", "Oeuvrard"}, {"Martin-Dupont", "Dupont"},
	        {"Marie-Claude", "Marie"}, {"Benoît", "Benoist"}, {"Kévin", "Quevin"}, {"Nguyen", "Nguyên"},
	        {"Chevallier", "Chevalier"}, {"Marchand", "Marchnad"}, {"Mme Roux", "Roux"}, {"Yann", "Yan"}};
	static const char *const different[][2] = {{"Martin", "Moreau"}, {"Petit0", "Petit1"},
	        {"Roux", "Leroy"}, {"Anne", "Inès"}, {"Blanc", "Leblond"}, {"Jean", "Marie"},
	        {"Jean", "Jeanne"}, {"Lucie", "Alice"}, {"Bernard", "Besnier"}, {"", ""}, {"'-", "Roux"}};
	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (like(same[i][0], same[i][1]) < 80)
			fail_msg("%s and %s: %u", same[i][0], same[i][1], like(same[i][0], same[i][1]));
	for (size_t i = 0; i < sizeof(different) / sizeof(*different); i++)
		if (like(different[i][0], different[i][1]))
			fail_msg("%s and %s: %u", different[i][0], different[i][1],
			        like(different[i][0], different[i][1]));
	assert_int_equal(like("de", "De"), 100); /* somebody is called so */
}

static void hostile_names_are_read_within_their_room(void **state)
{
	struct patient_name name;
	char longest[4096];
	(void)state;
	memset(longest, 'a', sizeof(longest));
	patient_name_read(span_of(longest, sizeof(longest)), &name);
	assert_int_equal(strlen(name.words[0]), PATIENT_NAME_WORD_BYTES - 1);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? ' ' : (char)('a' + i % 26);
	patient_name_read(span_of(longest, sizeof(longest)), &name);
	assert_int_equal(name.count, PATIENT_NAME_WORDS);
	patient_name_read(span_of("\xff\xfe", 2), &name);
	assert_int_equal(name.count, 0);
}

/* ---- Duplicates -------------------------------------------------------------------------------------------------- */

static struct arena arena;

static struct schema_record record_of(const char *text)
{
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT)}};
	struct schema_report report = {0};
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!json || record_from_json(json, SCHEMA_CHECK_EDIT, &arena, &edit, &report))
		fail_msg("%s", text);
	json_decref(json);
	return edit.record;
}

static struct patient_who who(const char *text)
{
	struct patient_who out;
	struct schema_record record = record_of(text);
	patient_who_of(&record, &out);
	return out;
}

static struct patient_match compare(const char *a, const char *b)
{
	struct patient_who x = who(a), y = who(b);
	struct patient_match one = patient_compare(&x, &y), other = patient_compare(&y, &x);
	assert_int_equal(one.score, other.score);
	assert_int_equal(one.reasons, other.reasons);
	return one;
}

#define ROUX "{\"lastName\":\"Roux\",\"firstName\":\"Marie-Claude\",\"birthDate\":\"1941-03-09\""

static void one_person_is_recognized(void **state)
{
	static const struct {
		const char *a, *b;
		uint32_t reason;
	} same[] = {
	        {ROUX "}",
	                "{\"lastName\":\"ROUX\",\"firstName\":\"Marie Claude\",\"birthDate\":\"1941-03-09\"}",
	                PATIENT_SAME_NAMES},
	        {ROUX "}", "{\"lastName\":\"Rous\",\"firstName\":\"Marie\",\"birthDate\":\"1941-03-09\"}",
	                PATIENT_SIMILAR_NAMES},
	        {ROUX "}",
	                "{\"lastName\":\"Roux\",\"firstName\":\"Marie-Claude\",\"birthDate\":\"1941-09-03\"}",
	                PATIENT_BIRTH_EXCHANGED},
	        {ROUX "}",
	                "{\"lastName\":\"Roux\",\"firstName\":\"Marie-Claude\",\"birthDate\":\"1942-03-09\"}",
	                PATIENT_SIMILAR_BIRTH},
	        {ROUX "}", "{\"lastName\":\"Roux\",\"firstName\":\"Marie-Claude\"}", PATIENT_SAME_NAMES},
	        {ROUX "}",
	                "{\"lastName\":\"Marie-Claude\",\"firstName\":\"Roux\",\"birthDate\":\"1941-03-09\"}",
	                PATIENT_NAMES_EXCHANGED},
	        {"{\"lastName\":\"Blanc\",\"birthName\":\"Roux\",\"firstName\":\"Marie\",\"birthDate\":"
	         "\"1941-03-09\"}",
	                ROUX "}", PATIENT_SAME_BIRTH},
	        {"{\"lastName\":\"X\",\"firstName\":\"Y\",\"nir\":\"269054958815780\"}",
	                "{\"lastName\":\"Z\",\"firstName\":\"W\",\"nir\":\"2690549588157\"}",
	                PATIENT_SAME_INS}};
	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		struct patient_match match = compare(same[i].a, same[i].b);
		if (match.score < PATIENT_LIKELY || !(match.reasons & same[i].reason))
			fail_msg("%s %s: %u %x", same[i].a, same[i].b, match.score, match.reasons);
	}
	/* a marriage: looked at, and nobody is stopped */
	struct patient_match married = compare(ROUX "}",
	        "{\"lastName\":\"Blanc\",\"firstName\":\"Marie-Claude\",\"birthDate\":\"1941-03-09\"}");
	assert_in_range(married.score, PATIENT_POSSIBLE, PATIENT_LIKELY - 1);
	assert_string_equal(patient_reason_label(married.reasons, 0)->fr, "même date de naissance");
	assert_string_equal(patient_reason_label(married.reasons, 1)->en,
	        "same first name, another last name (marriage?)");
	assert_null(patient_reason_label(married.reasons, 2));
}

static void two_people_stay_two(void **state)
{
	static const char *const two[][2] = {{ROUX "}",
	                                             "{\"lastName\":\"Roux\",\"firstName\":\"Jeanne\","
	                                             "\"birthDate\":\"1941-03-09\"}"}, /* twins */
	        {ROUX ",\"phone\":\"04 94 01 02 03\"}",
	                "{\"lastName\":\"Roux\",\"firstName\":\"Paul\",\"birthDate\":\"1938-11-30\","
	                "\"phone\":\"+33494010203\"}"},
	        {ROUX "}",
	                "{\"lastName\":\"Roux\",\"firstName\":\"Marie-Claude\",\"birthDate\":\"1966-12-"
	                "01\"}"},
	        {ROUX ",\"birthName\":\"Petit\"}",
	                "{\"lastName\":\"Blanc\",\"birthName\":\"Faure\",\"firstName\":\"Marie-Claude\","
	                "\"birthDate\":\"1941-03-09\"}"},
	        {ROUX ",\"nir\":\"269054958815780\"}", ROUX ",\"nir\":\"2410349588157\"}"}};
	(void)state;
	for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++)
		if (compare(two[i][0], two[i][1]).score >= PATIENT_POSSIBLE)
			fail_msg("%s %s: %u", two[i][0], two[i][1], compare(two[i][0], two[i][1]).score);
}

static void what_is_typed_so_far_finds_people(void **state)
{
	struct patient_who roux = who(ROUX ",\"phone\":\"04 94 01 02 03\"}");
	static const char *const typed[] = {"{\"lastName\":\"Rou\"}",
	        "{\"lastName\":\"Roux\",\"firstName\":\"Mar\"}",
	        "{\"firstName\":\"marie\",\"birthDate\":\"1941-03-09\"}", "{\"phone\":\"0494010203\"}"};
	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++) {
		struct patient_who one = who(typed[i]);
		if (patient_compare_typed(&one, &roux).score < PATIENT_POSSIBLE)
			fail_msg("%s: %u", typed[i], patient_compare_typed(&one, &roux).score);
	}
	struct patient_who other = who("{\"lastName\":\"Moreau\"}"), nothing = {0};
	assert_int_equal(patient_compare_typed(&other, &roux).score, 0);
	assert_int_equal(patient_compare_typed(&nothing, &roux).score, 0);
}

static const struct record_id *id_in(const void *all, uint32_t place)
{
	return &((const struct patient_who *)all)[place].id;
}

/* Nobody compares all with all, and no pair is missed that comparing all with all finds. */
static void pairs_of_many_are_those_of_all_with_all(void **state)
{
	enum { MANY = 240 };
	static const char *const last[] = {"Roux", "Rous", "Dupont", "Dupond", "Le Goff", "Legoff",
	        "Martin-Blanc", "Blanc"},
	                         *const first[] = {"Marie", "Mari", "Jean-Pierre", "Jean Pierre", "Zoé"};
	struct patient_who *all = mem_zero(MANY, sizeof(*all));
	uint32_t count, expected = 0;
	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		char text[200];
		snprintf(text, sizeof(text),
		        "{\"lastName\":\"%s\",\"firstName\":\"%s\",\"birthDate\":\"19%02u-%02u-%02u\"}",
		        last[i * 7 % 8], first[i * 11 % 5], 30 + i % 23, 1 + i % 12, 1 + i * 5 % 28);
		all[i] = who(text);
		all[i].id.bytes[0] = (uint8_t)(i * 149);
	}
	for (uint32_t i = 0; i < MANY; i++)
		for (uint32_t j = i + 1; j < MANY; j++)
			expected += patient_compare(&all[i], &all[j]).score >= PATIENT_LIKELY;
	struct patient_alike alike = {0};
	struct patient_alike_one ones[MANY];
	for (uint32_t i = 0; i < MANY; i++)
		ones[i] = (struct patient_alike_one){i, &all[i]};
	patient_alike_make(&alike, ones, MANY);
	struct patient_alike_pair *found = patient_alike_best(&alike, id_in, all, UINT32_MAX, &count);
	uint32_t likely = 0;
	for (uint32_t i = 0; i < count; i++) {
		likely += found[i].match.score >= PATIENT_LIKELY;
		assert_true(i == 0 || found[i].match.score <= found[i - 1].match.score);
		assert_true(record_id_cmp(&found[i].low, &found[i].high) <= 0);
	}
	patient_alike_close(&alike);
	assert_true(expected > 0);
	assert_int_equal(likely, expected);
	mem_free(found);
	mem_free(all);
	arena_close(&arena);
	arena = (struct arena){0};
}

/* ---- INS --------------------------------------------------------------------------------------------------------- */

static void an_ins_number_is_held_against_the_identity(void **state)
{
	static const struct {
		const char *text;
		uint32_t doubts;
	} cases[] = {{"{\"nir\":\"2690549588157\",\"sex\":\"F\",\"birthDate\":\"1969-05-12\","
	              "\"birthCommune\":\"49588\"}",
	                     0},
	        {"{\"nir\":\"2690549588157\",\"sex\":\"M\"}", IDENTITY_SEX},
	        {"{\"nir\":\"2690549588157\",\"sex\":\"I\"}", 0},
	        {"{\"nir\":\"2690549588157\",\"birthDate\":\"1969-06-12\"}", IDENTITY_BIRTH},
	        {"{\"nir\":\"2690549588157\",\"birthDate\":\"1968-05-12\"}", IDENTITY_BIRTH},
	        {"{\"nir\":\"2692049588157\",\"birthDate\":\"1969-06-12\"}", 0}, /* nobody knew the month */
	        {"{\"nir\":\"2690549588157\",\"birthCommune\":\"49589\"}", IDENTITY_COMMUNE},
	        {"{\"nir\":\"1650520004012\",\"birthDate\":\"1965-05-01\",\"birthCommune\":\"2A004\"}", 0},
	        {"{\"nir\":\"1800520004012\",\"birthDate\":\"1980-05-01\",\"birthCommune\":\"2A004\"}",
	                IDENTITY_COMMUNE},
	        {"{\"nir\":\"180052A004012\",\"birthDate\":\"1980-05-01\",\"birthCommune\":\"2A004\"}", 0},
	        {"{\"nir\":\"1600575012012\",\"birthDate\":\"1960-05-01\",\"birthCommune\":\"92012\"}", 0},
	        {"{\"nir\":\"1700575012012\",\"birthDate\":\"1970-05-01\",\"birthCommune\":\"92012\"}",
	                IDENTITY_COMMUNE}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct schema_record record = record_of(cases[i].text);
		if (identity_doubts(&record) != cases[i].doubts)
			fail_msg("%s: %x", cases[i].text, identity_doubts(&record));
	}
	arena_close(&arena);
	arena = (struct arena){0};
}

/* ---- Joined files ------------------------------------------------------------------------------------------------ */

enum { A = 3, B = 5, C = 7 };

static struct record_id file(uint8_t number)
{
	return (struct record_id){{number}};
}

static struct patient_link half(
        uint8_t id, uint8_t of, uint8_t other, enum patient_decision decision, uint8_t follows)
{
	struct patient_link link = {.id = {{id}},
	        .file = file(of),
	        .other = file(other),
	        .decision = decision,
	        .follow_count = follows > 0};
	link.follows[0][0] = follows;
	return link;
}

static enum patient_pair_state state_of(
        const struct patient_link *links, uint32_t count, uint8_t a, uint8_t b)
{
	struct record_id x = file(a), y = file(b);
	enum patient_pair_state one = patient_pair_of(links, count, &x, &y),
	                        other = patient_pair_of(links, count, &y, &x);
	assert_int_equal(one, other);
	return one;
}

static uint32_t group_of(const struct patient_link *links, uint32_t count, uint8_t of, bool *is_contradicted)
{
	struct patient_groups groups;
	struct patient_group group;
	struct record_id id = file(of);
	patient_groups_make(links, count, &groups);
	patient_groups_of(&groups, &id, &group);
	patient_groups_close(&groups);
	*is_contradicted = group.is_contradicted;
	return group.count;
}

static void joining_takes_both_halves_and_undoing_one(void **state)
{
	const struct patient_link links[] = {half(10, A, B, PATIENT_SAME, 0), half(10, B, A, PATIENT_SAME, 0),
	        half(11, B, A, PATIENT_UNDONE, 10), half(12, A, B, PATIENT_SAME, 11),
	        half(12, B, A, PATIENT_SAME, 11)};
	(void)state;
	assert_int_equal(state_of(links, 0, A, B), PATIENT_PAIR_OPEN);
	assert_int_equal(state_of(links, 1, A, B), PATIENT_PAIR_HALF);
	assert_int_equal(state_of(links, 2, A, B), PATIENT_PAIR_JOINED);
	assert_int_equal(state_of(links, 3, A, B), PATIENT_PAIR_OPEN);
	assert_int_equal(state_of(links, 5, A, B), PATIENT_PAIR_JOINED);
	assert_int_equal(state_of(links, 2, A, C), PATIENT_PAIR_OPEN);
}

static void what_two_decided_apart_is_disputed_until_somebody_settles_it(void **state)
{
	const struct patient_link links[] = {half(10, A, B, PATIENT_SAME, 0), half(10, B, A, PATIENT_SAME, 0),
	        half(11, A, B, PATIENT_DIFFERENT, 0), half(11, B, A, PATIENT_DIFFERENT, 0)};
	struct patient_link settled[6];
	struct record_id heads[LIMIT_LINK_FOLLOWS], a = file(A), b = file(B);
	(void)state;
	assert_int_equal(state_of(links, 4, A, B), PATIENT_PAIR_DISPUTED);
	assert_int_equal(patient_pair_heads(links, 4, &a, &b, heads), 2);
	memcpy(settled, links, sizeof(links));
	settled[4] = half(12, A, B, PATIENT_DIFFERENT, heads[0].bytes[0]);
	settled[4].follows[1][0] = heads[1].bytes[0];
	settled[4].follow_count = 2;
	settled[5] = settled[4];
	settled[5].file = b;
	settled[5].other = a;
	assert_int_equal(state_of(settled, 6, A, B), PATIENT_PAIR_DIFFERENT);
	assert_int_equal(patient_pair_heads(settled, 6, &a, &b, heads), 1);
	/* a decision that names itself, or one about other files, follows nothing */
	settled[4].follows[0][0] = 12;
	settled[4].follow_count = 1;
	assert_int_equal(state_of(settled, 5, A, B), PATIENT_PAIR_DISPUTED);
}

static struct patient_link proposed(struct patient_link link)
{
	link.is_proposed = true;
	return link;
}

/* Who is given two dossiers could have colleagues write the one person's records where she reads the other's. */
static void to_join_takes_a_nurse(void **state)
{
	const struct patient_link both[] = {
	        proposed(half(10, A, B, PATIENT_SAME, 0)), proposed(half(10, B, A, PATIENT_SAME, 0))};
	const struct patient_link one[] = {
	        half(10, A, B, PATIENT_SAME, 0), proposed(half(10, B, A, PATIENT_SAME, 0))};
	const struct patient_link lifted[] = {half(9, A, B, PATIENT_DIFFERENT, 0), both[0], both[1],
	        proposed(half(11, A, B, PATIENT_UNDONE, 9)), proposed(half(12, A, B, PATIENT_SAME, 9)),
	        half(13, A, B, PATIENT_SAME, 9), half(13, B, A, PATIENT_SAME, 9)};
	/* under the id of what a nurse decided */
	const struct patient_link copied[] = {half(9, A, B, PATIENT_DIFFERENT, 0),
	        half(9, B, A, PATIENT_DIFFERENT, 0), proposed(half(9, A, B, PATIENT_SAME, 0)),
	        proposed(half(9, B, A, PATIENT_SAME, 0))};
	const struct patient_link apart[] = {half(10, A, B, PATIENT_SAME, 0), half(10, B, A, PATIENT_SAME, 0),
	        proposed(half(11, A, B, PATIENT_UNDONE, 10))};
	struct record_id heads[LIMIT_LINK_FOLLOWS], a = file(A), b = file(B);
	(void)state;
	assert_int_equal(state_of(both, 1, A, B), PATIENT_PAIR_HALF);
	assert_int_equal(state_of(both, 2, A, B), PATIENT_PAIR_PROPOSED);
	assert_int_equal(patient_pair_heads(both, 2, &a, &b, heads), 0);
	assert_int_equal(state_of(one, 2, A, B), PATIENT_PAIR_JOINED);
	assert_int_equal(state_of(lifted, 5, A, B), PATIENT_PAIR_DIFFERENT);
	assert_int_equal(state_of(lifted, 7, A, B), PATIENT_PAIR_DISPUTED);
	assert_int_equal(state_of(copied, 4, A, B), PATIENT_PAIR_DIFFERENT);
	assert_int_equal(state_of(apart, 3, A, B), PATIENT_PAIR_OPEN); /* that opens nothing to anybody */
}

static void several_files_are_one_patient_unless_two_of_them_are_not(void **state)
{
	struct patient_link links[8] = {half(10, C, B, PATIENT_SAME, 0), half(10, B, C, PATIENT_SAME, 0),
	        half(11, B, A, PATIENT_SAME, 0), half(11, A, B, PATIENT_SAME, 0),
	        half(12, C, A, PATIENT_DIFFERENT, 0)};
	struct patient_groups groups;
	struct record_id c = file(C), main;
	bool is_contradicted;
	(void)state;
	assert_int_equal(group_of(links, 4, C, &is_contradicted), 3);
	patient_groups_make(links, 4, &groups);
	main = patient_groups_main(&groups, &c);
	assert_int_equal(main.bytes[0], A);
	patient_groups_close(&groups);
	assert_int_equal(group_of(links, 5, C, &is_contradicted), 1);
	assert_true(is_contradicted);
}

/* Who is given one dossier, with a patched program, writes decisions about it without end: everybody's program looks at them whenever it opens a file. */
static void any_number_of_decisions_is_looked_at_in_no_time(void **state)
{
	enum { MANY = 6000, SECONDS = 10 /* each compared with each took minutes */ };
	struct patient_link *links = mem_zero(MANY, sizeof(*links));
	struct patient_groups groups;
	struct patient_pairs pairs;
	const struct record_id a = file(A), b = file(B), c = file(C);
	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		links[i] = half(1, A, i % 2 ? B : C, PATIENT_SAME, 0);
		memcpy(links[i].id.bytes, &i, sizeof(i));
		links[i].follow_count = LIMIT_LINK_FOLLOWS;
		for (uint32_t j = 0; j < LIMIT_LINK_FOLLOWS; j++)
			links[i].follows[j][SCHEMA_SHORT_BYTES - 1] = (uint8_t)(200 + j);
	}
	const clock_t begin = clock();
	patient_groups_make(links, MANY, &groups);
	assert_false(patient_groups_is_joined(&groups, &a));
	patient_groups_close(&groups);
	patient_pairs_make(links, MANY, &pairs);
	assert_int_equal(pairs.count, 2);
	assert_int_equal(patient_pairs_find(&pairs, &b, &a)->state, PATIENT_PAIR_HALF);
	assert_null(patient_pairs_find(&pairs, &b, &c));
	assert_true(patient_pair_tell(&pairs.items[0], &a));
	assert_true(patient_pair_tell(&pairs.items[0], &b));
	assert_false(patient_pair_tell(&pairs.items[0], &a));
	patient_pairs_close(&pairs);
	assert_true(clock() - begin < (clock_t)SECONDS * CLOCKS_PER_SEC);
	mem_free(links);
}

static void too_many_files_are_nobody(void **state)
{
	enum { FILES = LIMIT_JOINED_FILES + 1 };
	struct patient_link links[2 * FILES];
	bool is_contradicted;
	(void)state;
	for (uint8_t i = 0; i + 1 < FILES; i++) {
		links[2 * i] = half((uint8_t)(100 + i), i, (uint8_t)(i + 1), PATIENT_SAME, 0);
		links[2 * i + 1] = half((uint8_t)(100 + i), (uint8_t)(i + 1), i, PATIENT_SAME, 0);
	}
	assert_int_equal(group_of(links, 2 * (FILES - 2), 4, &is_contradicted), FILES - 1);
	assert_int_equal(group_of(links, 2 * (FILES - 1), 4, &is_contradicted), 1);
	assert_true(is_contradicted);
}

/* ---- Billing ----------------------------------------------------------------------------------------------------- */

static bool b_is_a(void *context, const struct record_id *of, struct record_id *patient)
{
	(void)context;
	*patient = of->bytes[0] == B ? file(A) : *of;
	return of->bytes[0] == A || of->bytes[0] == B;
}

static uint32_t joined_ald(void *context, const struct record_id *patient)
{
	(void)context;
	assert_int_equal(patient->bytes[0], A);
	return BILLING_ALD;
}

/* What was billed stays with whom it was billed for; what is new is one patient's. */
static void joining_changes_no_line_that_was_billed(void **state)
{
	struct billing_visit visits[] = {
	        {.item = {.visit = {{1}}}, .patient = {{B}}, .flags = BILLING_NO_IDENTITY},
	        {.item = {.visit = {{2}}}, .patient = {{B}}, .flags = BILLING_NO_IDENTITY | BILLING_BILLABLE},
	        {.item = {.visit = {{3}}}, .patient = {{A}}}, {.item = {.visit = {{4}}}, .patient = {{C}}}};
	struct billing_item item = {.visit = {{1}}}, credited = {.visit = {{2}}};
	struct billing_line lines[] = {
	        {.kind = BILLING_NORMAL, .patient = {{B}}, .items = &item, .item_count = 1},
	        {.kind = BILLING_CREDIT, .patient = {{C}}, .items = &credited, .item_count = 1}};
	struct billing_line later = {
	        .kind = BILLING_NORMAL, .patient = {{A}}, .items = &item, .item_count = 1};
	const struct billing_lot lot = {.month = 5, .fence = 2, .lines = lines, .line_count = 2},
	                         other = {.month = 5, .fence = 3, .lines = &later, .line_count = 1};
	const struct billing_previous previous[] = {{.lot = &other}, {.lot = &lot}};
	const struct billing_patients patients = {b_is_a, joined_ald, NULL};
	(void)state;
	billing_visits_of_patients(visits, 4, previous, 2, &patients);
	static const struct {
		uint8_t patient, visit;
		uint32_t flags;
	} want[] = {{A, 2, BILLING_ALD | BILLING_BILLABLE}, {A, 3, BILLING_ALD}, {B, 1, BILLING_NO_IDENTITY},
	        {C, 4, 0}};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(visits[i].patient.bytes[0], want[i].patient);
		assert_int_equal(visits[i].item.visit.bytes[0], want[i].visit);
		assert_int_equal(visits[i].flags, want[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_the_same_however_they_are_written),
	        cmocka_unit_test(hostile_names_are_read_within_their_room),
	        cmocka_unit_test(one_person_is_recognized),
	        cmocka_unit_test(two_people_stay_two),
	        cmocka_unit_test(what_is_typed_so_far_finds_people),
	        cmocka_unit_test(pairs_of_many_are_those_of_all_with_all),
	        cmocka_unit_test(an_ins_number_is_held_against_the_identity),
	        cmocka_unit_test(joining_takes_both_halves_and_undoing_one),
	        cmocka_unit_test(what_two_decided_apart_is_disputed_until_somebody_settles_it),
	        cmocka_unit_test(to_join_takes_a_nurse),
	        cmocka_unit_test(several_files_are_one_patient_unless_two_of_them_are_not),
	        cmocka_unit_test(any_number_of_decisions_is_looked_at_in_no_time),
	        cmocka_unit_test(too_many_files_are_nobody),
	        cmocka_unit_test(joining_changes_no_line_that_was_billed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
