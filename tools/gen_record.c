#include "tools/gen_record.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "tools/gen_json.h"
#include "tools/gen_note.h"

#define WORDS(...) \
	&(const struct gen_words) \
	{ \
		(const char *const[]){__VA_ARGS__}, \
		        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) \
	}

static struct gen_json begin(
        struct gen_list *list, enum gen_kind kind, const char *id, int64_t at_s, int64_t by)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 1024;
		list->records = mem_resize(list->records, list->capacity, sizeof(*list->records));
	}
	list->records[list->count] = (struct gen_record){
	        .at_s = at_s, .start = list->text.size, .made = (uint32_t)list->count, .kind = kind};
	struct gen_json json = {.out = &list->text};
	gen_json_open(&json, NULL, '{');
	gen_json_words(&json, "t", gen_kind_name(kind));
	gen_json_words(&json, "id", id);
	gen_json_number(&json, "at", at_s);
	gen_json_number(&json, "by", by);
	return json;
}

static void end(struct gen_json *json, struct gen_list *list)
{
	struct gen_record *record = &list->records[list->count++];
	gen_json_close(json, '}');
	record->size = list->text.size - record->start;
}

/* A member whose text is collected in `text`, which is emptied for the next. */
static void put(struct gen_json *json, const char *name, struct buf *text)
{
	gen_json_text(json, name, buf_span(text));
	buf_clear(text);
}

static void add(struct buf *text, const char *more)
{
	buf_add_span(text, span_text(more));
}

static void add_number(struct buf *text, int64_t number, int width)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%0*lld", width, (long long)number);
	buf_add(text, digits, (size_t)length);
}

static void put_zipf(
        struct gen_json *json, const char *name, struct gen_draw *draw, const struct gen_words *words)
{
	gen_json_words(json, name, gen_draw_zipf(draw, words));
}

static void put_pick(
        struct gen_json *json, const char *name, struct gen_draw *draw, const struct gen_words *words)
{
	gen_json_words(json, name, gen_draw_pick(draw, words));
}

/* Between `low` and `high` of the words, joined by commas. */
static void put_some(struct gen_json *json, const char *name, struct gen_draw *draw,
        const struct gen_words *words, int64_t low, int64_t high)
{
	uint32_t picked[64];
	struct buf text = {0};
	assert(words->count <= 64);
	size_t count = gen_draw_some(draw, picked, words->count, (size_t)gen_draw_between(draw, low, high));
	for (size_t i = 0; i < count; i++) {
		if (i)
			add(&text, ", ");
		add(&text, words->items[picked[i]]);
	}
	put(json, name, &text);
	buf_close(&text);
}

static void put_phone(struct gen_json *json, const char *name, struct gen_draw *draw, struct buf *text)
{
	add(text, "0");
	add(text, gen_draw_pick(draw, WORDS("6", "7", "2", "3")));
	gen_draw_digits(draw, text, 8);
	put(json, name, text);
}

static void put_mobile(struct gen_json *json, const char *name, struct gen_draw *draw, struct buf *text)
{
	add(text, "06");
	gen_draw_digits(draw, text, 8);
	put(json, name, text);
}

void gen_record_nurse(struct gen_draw *draw, struct gen_list *list, uint32_t number)
{
	char id[16];
	struct buf text = {0};
	snprintf(id, sizeof(id), "n%02u", (unsigned)number);
	struct gen_json json = begin(list, GEN_NURSE, id, GEN_START_S, number);
	put_zipf(&json, "lastName", draw, &gen_vocab_last_names);
	put_zipf(&json, "firstName", draw, &gen_vocab_female_names);
	gen_draw_digits(draw, &text, 11);
	put(&json, "rpps", &text);
	put_mobile(&json, "phone", draw, &text);
	end(&json, list);
	buf_close(&text);
}

/* Names are ASCII and letters with accents of Latin-1: the capitals there are 0x20 below, as in ASCII. */
static void lower(struct buf *text)
{
	for (size_t i = 0; i < text->size; i++) {
		uint8_t byte = text->data[i];
		bool latin = i > 0 && text->data[i - 1] == 0xc3 && byte >= 0x80 && byte <= 0x9e &&
		        byte != 0x97;
		if (latin || (byte >= 'A' && byte <= 'Z'))
			text->data[i] = (uint8_t)(byte + 0x20);
	}
}

/* What is drawn before the record begins, because several members repeat it. */
struct person {
	const char *last_name, *first_name;
	bool woman;
	int64_t birth_year;
};

static void put_identity(
        struct gen_json *json, struct gen_draw *draw, const struct person *who, struct buf *text)
{
	gen_json_words(json, "civility", who->woman ? "Mme" : "M.");
	gen_json_words(json, "lastName", who->last_name);
	bool maiden = gen_draw_unit(draw) < 0.5;
	gen_json_words(
	        json, "birthName", maiden ? who->last_name : gen_draw_zipf(draw, &gen_vocab_last_names));
	gen_json_words(json, "firstName", who->first_name);
	gen_json_words(json, "sex", who->woman ? "F" : "M");
	add_number(text, who->birth_year, 4);
	add(text, "-");
	add_number(text, gen_draw_between(draw, 1, 12), 2);
	add(text, "-");
	add_number(text, gen_draw_between(draw, 1, 28), 2);
	put(json, "birthDate", text);
	put_zipf(json, "birthPlace", draw, &gen_vocab_towns);
	add(text, who->woman ? "2" : "1");
	add_number(text, who->birth_year % 100, 2);
	gen_draw_digits(draw, text, 10);
	put(json, "nir", text);
}

static void put_address(struct gen_json *json, struct gen_draw *draw, struct buf *text)
{
	add_number(text, gen_draw_between(draw, 1, 180), 1);
	add(text, " ");
	add(text, gen_draw_pick(draw, &gen_vocab_ways));
	add(text, " ");
	add(text, gen_draw_zipf(draw, &gen_vocab_streets));
	put(json, "street", text);
	put_pick(json, "complement", draw,
	        WORDS("", "", "Bât. B", "Rés. Les Tilleuls", "2e étage gauche", "RDC droite",
	                "Fond de cour"));
	add(text, gen_draw_pick(draw, WORDS("35", "44", "56", "22", "49")));
	gen_draw_digits(draw, text, 3);
	put(json, "postcode", text);
	put_zipf(json, "town", draw, &gen_vocab_towns);
	if (gen_draw_unit(draw) < 0.4) {
		gen_draw_digits(draw, text, 4);
		add(text, gen_draw_pick(draw, WORDS("A", "B", "")));
	}
	put(json, "doorCode", text);
}

static void put_contacts(
        struct gen_json *json, struct gen_draw *draw, const struct person *who, struct buf *text)
{
	put_phone(json, "phone", draw, text);
	put_phone(json, "mobile", draw, text);
	if (gen_draw_unit(draw) < 0.3) {
		add(text, who->first_name);
		add(text, ".");
		add(text, who->last_name);
		add_number(text, gen_draw_between(draw, 1, 99), 1);
		add(text, "@exemple.invalid");
		lower(text);
	}
	put(json, "email", text);
	add(text, gen_draw_zipf(draw, &gen_vocab_male_names));
	add(text, " ");
	add(text, who->last_name);
	put(json, "contactName", text);
	put_pick(json, "contactLink", draw, &gen_vocab_relations);
	put_phone(json, "contactPhone", draw, text);
	add(text, "Dr ");
	add(text, gen_draw_zipf(draw, &gen_vocab_last_names));
	put(json, "doctor", text);
	put_phone(json, "doctorPhone", draw, text);
	add(text, "Pharmacie ");
	add(text, gen_draw_zipf(draw, &gen_vocab_streets));
	put(json, "pharmacy", text);
}

static void put_situation(struct gen_json *json, struct gen_draw *draw)
{
	put_zipf(json, "insurer", draw, &gen_vocab_insurers);
	bool allergic = gen_draw_unit(draw) < 0.3;
	gen_json_words(json, "allergies", allergic ? gen_draw_pick(draw, &gen_vocab_allergies) : "");
	gen_json_number(json, "gir", gen_draw_between(draw, 1, 6));
	put_pick(json, "lives", draw, &gen_vocab_homes);
	put_pick(json, "keys", draw, &gen_vocab_key_places);
	put_some(json, "history", draw, &gen_vocab_histories, 1, 4);
}

static void patient_file(
        struct gen_draw *draw, struct gen_list *list, struct gen_patient *patient, int64_t at_s)
{
	struct person who;
	struct buf text = {0};
	who.last_name = patient->last_name = gen_draw_zipf(draw, &gen_vocab_last_names);
	who.woman = gen_draw_index(draw, 3) < 2;
	who.first_name = gen_draw_zipf(draw, who.woman ? &gen_vocab_female_names : &gen_vocab_male_names);
	who.birth_year = gen_draw_between(draw, 1926, 1975);
	patient->id = gen_draw_id(draw);
	struct gen_json json = begin(list, GEN_PATIENT, patient->id.text, at_s, patient->main_nurse);
	put_identity(&json, draw, &who, &text);
	put_address(&json, draw, &text);
	put_contacts(&json, draw, &who, &text);
	put_situation(&json, draw);
	end(&json, list);
	buf_close(&text);
}

/* The members of an intervention; its short id goes to `id` too. */
static void put_intervention(
        struct gen_json *json, struct gen_draw *draw, char id[GEN_INTERVENTION_CHARS + 1])
{
	struct gen_id long_id = gen_draw_id(draw);
	memcpy(id, long_id.text, GEN_INTERVENTION_CHARS);
	id[GEN_INTERVENTION_CHARS] = 0;
	gen_json_words(json, "id", id);
	put_pick(json, "cat", draw, &gen_vocab_categories);
	put_pick(json, "target", draw, &gen_vocab_targets);
	put_pick(json, "how", draw, &gen_vocab_rhythms);
}

static void put_ratings(struct gen_json *json, int64_t knowledge, int64_t behaviour, int64_t status)
{
	gen_json_number(json, "k", knowledge);
	gen_json_number(json, "b", behaviour);
	gen_json_number(json, "s", status);
}

static int64_t draw_rating(struct gen_draw *draw, int64_t old)
{
	static const int steps[] = {-1, 0, 0, 0, 1, 1};
	int64_t rating = old + steps[gen_draw_index(draw, 6)];
	return rating < 1 ? 1 : rating > 5 ? 5 : rating;
}

static void care_plan(struct gen_draw *draw, struct gen_list *list, const struct gen_patient *patient,
        struct gen_plan *plan, const struct gen_problem *problem, int64_t at_s)
{
	plan->id = gen_draw_id(draw);
	struct gen_json json = begin(list, GEN_PROBLEM, plan->id.text, at_s, patient->main_nurse);
	gen_json_words(&json, "patient", patient->id.text);
	gen_json_number(&json, "code", problem->code);
	gen_json_words(&json, "name", problem->name);
	gen_json_words(&json, "domain", gen_vocab_domains.items[problem->code / 11 % 4]);
	put_pick(&json, "actual", draw, WORDS("réel", "réel", "potentiel"));
	put_some(&json, "signs", draw, &gen_vocab_signs, 1, 3);
	plan->knowledge = gen_draw_between(draw, 1, 4);
	plan->behaviour = gen_draw_between(draw, 1, 4);
	plan->status = gen_draw_between(draw, 1, 4);
	put_ratings(&json, plan->knowledge, plan->behaviour, plan->status);
	gen_json_open(&json, "interventions", '[');
	plan->intervention_count = (uint32_t)gen_draw_between(draw, 2, GEN_INTERVENTIONS_MAX);
	for (uint32_t i = 0; i < plan->intervention_count; i++) {
		gen_json_open(&json, NULL, '{');
		put_intervention(&json, draw, plan->interventions[i]);
		gen_json_close(&json, '}');
	}
	gen_json_close(&json, ']');
	end(&json, list);
}

/* A rating about every 90 days as long as the patient is cared for. */
static void follow_up(struct gen_draw *draw, struct gen_list *list, const struct gen_patient *patient,
        const struct gen_plan *plan, uint32_t nurse_count)
{
	int64_t knowledge = plan->knowledge, behaviour = plan->behaviour, status = plan->status;
	int64_t day = patient->first_day + gen_draw_between(draw, 80, 100);
	for (; day < patient->last_day; day += gen_draw_between(draw, 80, 100)) {
		knowledge = draw_rating(draw, knowledge);
		behaviour = draw_rating(draw, behaviour);
		status = draw_rating(draw, status);
		struct gen_id id = gen_draw_id(draw);
		int64_t at_s = GEN_START_S + day * GEN_DAY_S + 9 * GEN_HOUR_S +
		        gen_draw_between(draw, 0, 30000);
		bool by_main = gen_draw_unit(draw) < 0.7;
		int64_t by = by_main ? patient->main_nurse
		                     : gen_draw_between(draw, 0, (int64_t)nurse_count - 1);
		struct gen_json json = begin(list, GEN_EVAL, id.text, at_s, by);
		gen_json_words(&json, "patient", patient->id.text);
		gen_json_words(&json, "problem", plan->id.text);
		put_ratings(&json, knowledge, behaviour, status);
		end(&json, list);
	}
}

void gen_record_patient(struct gen_draw *draw, struct gen_list *list, struct gen_patient *patient,
        const struct gen_options *options, int64_t day_count, bool from_start)
{
	uint32_t picked[GEN_VOCAB_PROBLEM_COUNT];
	*patient = (struct gen_patient){0};
	patient->first_day = from_start ? 0 : gen_draw_between(draw, 0, day_count - 20);
	int64_t end_day = patient->first_day + gen_draw_round(20 + 900 * pow(gen_draw_unit(draw), 2));
	patient->last_day = end_day < day_count ? end_day : day_count;
	patient->main_nurse = gen_draw_between(draw, 0, (int64_t)options->nurse_count - 1);
	int64_t at_s = GEN_START_S + patient->first_day * GEN_DAY_S;
	at_s += gen_draw_between(draw, 8 * GEN_HOUR_S, 10 * GEN_HOUR_S);
	patient_file(draw, list, patient, at_s);
	size_t wanted = (size_t)gen_draw_between(draw, 2, GEN_PROBLEMS_MAX);
	patient->plan_count = (uint32_t)gen_draw_some(draw, picked, GEN_VOCAB_PROBLEM_COUNT, wanted);
	for (uint32_t i = 0; i < patient->plan_count; i++) {
		struct gen_plan *plan = &patient->plans[i];
		care_plan(draw, list, patient, plan, &gen_vocab_problems[picked[i]],
		        at_s + 60 * (int64_t)(i + 1));
		follow_up(draw, list, patient, plan, options->nurse_count);
	}
}

static void put_vital(struct gen_json *json, struct gen_draw *draw, uint32_t which)
{
	int64_t saturation;
	switch (which) {
	case 0:
		gen_json_number(json, "sys", gen_draw_round(gen_draw_bell(draw, 132, 14)));
		break;
	case 1:
		gen_json_number(json, "dia", gen_draw_round(gen_draw_bell(draw, 76, 9)));
		break;
	case 2:
		gen_json_number(json, "pulse", gen_draw_round(gen_draw_bell(draw, 74, 9)));
		break;
	case 3:
		gen_json_decimal(json, "temp", gen_draw_bell(draw, 36.8, 0.4), 1);
		break;
	case 4:
		saturation = gen_draw_round(gen_draw_bell(draw, 96, 1.6));
		gen_json_number(json, "spo2", saturation < 100 ? saturation : 100);
		break;
	case 5:
		gen_json_decimal(json, "gluc", gen_draw_bell(draw, 1.45, 0.4), 2);
		break;
	case 6:
		gen_json_number(json, "pain", gen_draw_between(draw, 0, 8));
		break;
	default:
		gen_json_decimal(json, "kg", gen_draw_bell(draw, 71, 11), 1);
		break;
	}
}

/* One to four of the interventions in the patient's care plans. */
static void put_done(struct gen_json *json, struct gen_draw *draw, const struct gen_patient *patient)
{
	const char *ids[GEN_PROBLEMS_MAX * GEN_INTERVENTIONS_MAX];
	uint32_t picked[GEN_PROBLEMS_MAX * GEN_INTERVENTIONS_MAX];
	size_t count = 0;
	for (uint32_t i = 0; i < patient->plan_count; i++) {
		for (uint32_t j = 0; j < patient->plans[i].intervention_count; j++)
			ids[count++] = patient->plans[i].interventions[j];
	}
	size_t wanted = (size_t)gen_draw_between(draw, 1, count < 4 ? (int64_t)count : 4);
	size_t taken = gen_draw_some(draw, picked, count, wanted);
	gen_json_open(json, "done", '[');
	for (size_t i = 0; i < taken; i++)
		gen_json_words(json, NULL, ids[picked[i]]);
	gen_json_close(json, ']');
}

void gen_record_visit(struct gen_draw *draw, struct gen_list *list, const struct gen_patient *patient,
        int64_t day, int64_t nurse, uint32_t nurse_count)
{
	enum { VITAL_COUNT = 8 };
	char nurse_id[24];
	uint32_t picked[VITAL_COUNT];
	struct buf note = {0};
	int64_t start_s = GEN_START_S + day * GEN_DAY_S + 60 * gen_draw_between(draw, 360, 1190);
	struct gen_id id = gen_draw_id(draw);
	struct gen_json json = begin(list, GEN_VISIT, id.text, start_s, nurse);
	gen_json_words(&json, "patient", patient->id.text);
	snprintf(nurse_id, sizeof(nurse_id), "n%02lld", (long long)nurse);
	gen_json_words(&json, "nurse", nurse_id);
	gen_json_number(&json, "start", start_s);
	gen_json_number(&json, "end", start_s + 60 * gen_draw_between(draw, 8, 55));
	put_zipf(&json, "place", draw, &gen_vocab_places);
	put_done(&json, draw, patient);
	gen_json_open(&json, "vitals", '{');
	size_t taken = gen_draw_some(draw, picked, VITAL_COUNT, (size_t)gen_draw_between(draw, 0, 6));
	for (size_t i = 0; i < taken; i++)
		put_vital(&json, draw, picked[i]);
	gen_json_close(&json, '}');
	gen_note_write(draw, &note, patient->last_name, (double)(nurse * 7 % nurse_count) / nurse_count);
	put(&json, "note", &note);
	end(&json, list);
	buf_close(&note);
}

void gen_record_edit(struct gen_draw *draw, struct gen_list *list, enum gen_kind kind,
        const struct gen_patient *patient, int64_t day, uint32_t nurse_count)
{
	char intervention[GEN_INTERVENTION_CHARS + 1];
	struct buf text = {0};
	const struct gen_plan *plan = &patient->plans[gen_draw_index(draw, patient->plan_count)];
	int64_t by = gen_draw_between(draw, 0, (int64_t)nurse_count - 1);
	struct gen_id id = gen_draw_id(draw);
	int64_t at_s = GEN_START_S + day * GEN_DAY_S +
	        gen_draw_between(draw, 7 * GEN_HOUR_S, 19 * GEN_HOUR_S);
	struct gen_json json = begin(list, kind, id.text, at_s, by);
	gen_json_words(&json, "patient", patient->id.text);
	if (kind == GEN_SET) {
		gen_json_words(&json, "field", "mobile");
		put_mobile(&json, "value", draw, &text);
	} else {
		gen_json_words(&json, "problem", plan->id.text);
	}
	if (kind == GEN_ADDINT) {
		gen_json_open(&json, "int", '{');
		put_intervention(&json, draw, intervention);
		gen_json_close(&json, '}');
	} else if (kind == GEN_EVAL) {
		int64_t knowledge = draw_rating(draw, plan->knowledge);
		int64_t behaviour = draw_rating(draw, plan->behaviour);
		put_ratings(&json, knowledge, behaviour, draw_rating(draw, plan->status));
	}
	end(&json, list);
	buf_close(&text);
}
