#include "tests/lib/facts.h"

#include <stdio.h>
#include <time.h>

#include "node/medication/items.h"
#include "node/medication/medication_json.h"
#include "node/schema/moment.h"
#include "tests/lib/check.h"

/* ---- A dossier --------------------------------------------------------------------------------------------------- */

/* Facts are numbered in hexadecimal: 0x11 is "111111111111". */
#define ID(nn) nn nn nn nn nn nn
#define P(from, until, more) \
	"{\"prescriber\":\"Dr Haddad\",\"date\":\"" from "\",\"validUntil\":\"" until "\"" more "}"
#define L(of, drug, schedule, more) \
	"{\"prescription\":\"" ID(of) "\",\"drug\":\"" drug "\",\"dose\":\"1\",\"schedule\":\"" schedule \
	                              "\"" more "}"
#define D(line, at, more) \
	"{\"line\":\"" ID(line) "\",\"outcome\":\"given\",\"at\":\"2026-" at ":00+01:00\"" more "}"
#define STOP(of, on, more) \
	"{\"prescription\":\"" ID(of) "\",\"stoppedOn\":\"" on "\",\"by\":\"Dr Haddad\",\"why\":\"x\"" more \
	                              "}"
#define REVIEW(about, more) \
	"{\"about\":\"" about "\",\"words\":\"vu\",\"at\":\"2026-03-10T10:00:00+01:00\"" more "}"

static int64_t day_of(const char *text)
{
	int64_t day;
	assert_true(moment_day_parse(span_text(text), &day));
	return day;
}

static json_t *shown(const struct facts *facts, const char *day, uint64_t seed)
{
	struct medication medication = {0};
	facts_give(facts, seed, medication_add, &medication);
	medication_derive(&medication);
	json_t *json = medication_json(&medication, day_of(day), day_of("2026-01-01"));
	medication_close(&medication);
	return json;
}

/* Whatever the order of arrival. */
static json_t *seen(const struct facts *facts, const char *day)
{
	json_t *first = shown(facts, day, 1);
	for (uint64_t seed = 2; seed < 12; seed++) {
		json_t *again = shown(facts, day, seed);
		if (!json_equal(first, again))
			fail_msg("seed %u: another order gives another state", (unsigned)seed);
		json_decref(again);
	}
	return first;
}

/* "1 ends 5": state of the prescription (or its index-th line) and days left. */
static void expect_state(const struct facts *facts, const char *day, int line, const char *want)
{
	char got[64];
	json_t *json = seen(facts, day), *prescriptions = json_object_get(json, "prescriptions");
	json_t *one = json_array_get(prescriptions, json_array_size(prescriptions) - 1); /* the first */
	if (line >= 0)
		one = json_array_get(json_object_get(one, "lines"), (size_t)line);
	const json_t *left = json_object_get(one, "endsIn");
	snprintf(got, sizeof(got), left ? "%s %d" : "%s", json_string_value(json_object_get(one, "state")),
	        (int)json_integer_value(left));
	if (strcmp(got, want) != 0)
		fail_msg("on %s: got %s, want %s", day, got, want);
	json_decref(json);
}

/* The rows of a list as "double 2!, outside 1": of each what `write` says. */
static void expect_rows(const struct facts *facts, const char *day, const char *list,
        void (*write)(const json_t *row, char *out, size_t size), const char *want)
{
	char got[512] = "";
	size_t at = 0, index;
	json_t *json = seen(facts, day), *row;
	json_array_foreach(json_object_get(json, list), index, row)
	{
		char text[64];
		write(row, text, sizeof(text));
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s", index ? ", " : "", text);
	}
	if (strcmp(got, want) != 0)
		fail_msg("on %s: got “%s”, want “%s”", day, got, want);
	json_decref(json);
}

static const char *member(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));
	return text ? text : "nothing";
}

static void alarm_row(const json_t *row, char *out, size_t size)
{
	snprintf(out, size, "%s %d%s", member(row, "type"),
	        (int)json_array_size(json_object_get(row, "doses")),
	        json_object_get(row, "settled") ? "!" : "");
}

static void item_row(const json_t *row, char *out, size_t size)
{
	assert_non_null(json_string_value(json_object_get(row, "fr")));
	snprintf(out, size, "%s %s", member(row, "type"), member(row, "urgency"));
}

static void slot_row(const json_t *row, char *out, size_t size)
{
	snprintf(out, size, "%s %s", member(row, "at"), member(row, "state"));
}

/* "!" behind those that are settled. */
static void expect_alarms(const struct facts *facts, const char *want)
{
	expect_rows(facts, "2026-03-15", "alarms", alarm_row, want);
}

static void expect_attention(const struct facts *facts, const char *day, const char *want)
{
	expect_rows(facts, day, "attention", item_row, want);
}

static void expect_day(const struct facts *facts, const char *day, const char *want)
{
	expect_rows(facts, day, "schedule", slot_row, want);
}

#define MARCH P("2026-03-01", "2026-03-31", "")

/* ---- Prescriptions ----------------------------------------------------------------------------------------------- */

static void states_follow_from_the_day(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, MARCH);
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0,
	        L("11", "Amoxicilline 1 g", "matin et soir",
	                ",\"from\":\"2026-03-10\",\"until\":\"2026-03-16\""));
	expect_state(&facts, "2026-02-28", -1, "future");
	expect_state(&facts, "2026-03-01", -1, "current");
	expect_state(&facts, "2026-03-16", -1, "current");
	expect_state(&facts, "2026-03-17", -1, "ends 14");
	expect_state(&facts, "2026-03-31", -1, "ends 0");
	expect_state(&facts, "2026-04-01", -1, "over");
	expect_state(&facts, "2026-03-31", 0, "ends 0");
	expect_state(&facts, "2026-03-09", 1, "future");
	expect_state(&facts, "2026-03-10", 1, "ends 6");
	expect_state(&facts, "2026-03-17", 1, "over");
	facts_close(&facts);
}

static void a_stop_ends_a_line_or_all(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, MARCH);
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("11", "Kardegic 75 mg", "midi", ""));
	facts_put(
	        &facts, 0x31, "prescriptionStop", 0, STOP("11", "2026-03-20", ",\"line\":\"" ID("21") "\""));
	expect_state(&facts, "2026-03-19", 0, "ends 0");
	expect_state(&facts, "2026-03-20", 0, "stopped");
	expect_state(&facts, "2026-03-20", 1, "ends 11");
	facts_put(&facts, 0x32, "prescriptionStop", 0, STOP("11", "2026-03-25", ""));
	expect_state(&facts, "2026-03-25", 1, "stopped");
	expect_state(&facts, "2026-03-25", -1, "stopped");
	expect_state(&facts, "2026-03-20", 0, "stopped"); /* the earlier of two */
	/* the stop of the line was for another patient */
	facts_put(&facts, 0x33, "prescriptionStop", 0x31,
	        STOP("11", "2026-03-20", ",\"line\":\"" ID("21") "\",\"mistaken\":true"));
	expect_state(&facts, "2026-03-20", 0, "ends 4");
	facts_close(&facts);
}

static void a_renewal_goes_on_with_the_same_drugs(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, MARCH);
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("11", "Kardegic 75 mg", "midi", ""));
	expect_attention(&facts, "2026-03-20", "prescription-ends soon");
	expect_attention(&facts, "2026-03-24", "prescription-ends now");
	expect_attention(&facts, "2026-04-02", "prescription-ends now");
	expect_attention(&facts, "2026-05-20", "");
	facts_put(&facts, 0x12, "prescription", 0,
	        P("2026-03-25", "2026-04-30", ",\"renews\":\"" ID("11") "\""));
	facts_put(&facts, 0x23, "prescriptionLine", 0,
	        L("12", "RAMIPRIL  5mg", "matin", ",\"cip13\":\"3400930000007\""));
	expect_state(&facts, "2026-03-25", 0, "ends 6"); /* other words: "5mg" is not "5 mg" */
	facts_put(&facts, 0x24, "prescriptionLine", 0, L("12", "ramipril, 5 MG", "matin", ""));
	expect_state(&facts, "2026-03-24", 0, "ends 0");
	expect_state(&facts, "2026-03-25", 0, "renewed");
	expect_state(&facts, "2026-03-25", 1, "ends 6"); /* not in the renewal */
	expect_state(&facts, "2026-03-25", -1, "ends 6");
	json_t *json = seen(&facts, "2026-03-25");
	assert_int_equal(json_array_size(json_object_get(
	                         json_array_get(json_object_get(json, "prescriptions"), 1), "renewedBy")),
	        1);
	json_decref(json);
	expect_attention(&facts, "2026-03-24", "");
	facts_close(&facts);
}

static void a_correction_takes_the_lines_along(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, MARCH);
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x12, "prescription", 0x11, P("2026-03-01", "2026-05-31", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0,
	        L("12", "Kardegic 75 mg", "midi", "")); /* by its new id */
	expect_state(&facts, "2026-04-15", 0, "current");
	expect_state(&facts, "2026-04-15", 1, "current");
	/* corrected apart: both stand, and that is said */
	facts_put(&facts, 0x13, "prescription", 0x11, P("2026-03-01", "2026-04-10", ""));
	json_t *json = seen(&facts, "2026-03-15");
	const json_t *one = json_array_get(json_object_get(json, "prescriptions"), 0);
	assert_int_equal(json_array_size(json_object_get(json, "prescriptions")), 1);
	assert_int_equal(json_array_size(json_object_get(one, "versions")), 2);
	assert_int_equal(json_array_size(json_object_get(one, "lines")), 2);
	json_decref(json);
	expect_attention(&facts, "2026-03-15", "corrected-twice now");
	facts_close(&facts);
}

static void what_has_no_valid_prescription_is_shown(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, MARCH);
	facts_put(&facts, 0x21, "prescriptionLine", 0,
	        L("11", "Ramipril 5 mg", "matin", ",\"until\":\"2026-06-30\""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("77", "Orpheline", "matin", ""));
	expect_attention(&facts, "2026-03-10", "without-prescription now");
	expect_attention(&facts, "2026-05-15", "without-prescription now, without-prescription now");
	json_t *json = seen(&facts, "2026-03-10");
	assert_int_equal(json_array_size(json_object_get(json, "withoutPrescription")), 1);
	json_decref(json);
	facts_put(&facts, 0x12, "prescription", 0x11, P("2026-03-01", "2026-03-31", ",\"mistaken\":true"));
	expect_state(&facts, "2026-03-10", -1, "mistaken");
	facts_close(&facts);
}

static void follow_ups_are_due_at_45_and_90_days(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, P("2026-01-01", "2026-01-31", ""));
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x12, "prescription", 0,
	        P("2026-02-01", "2026-12-31", ",\"renews\":\"" ID("11") "\""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("12", "Ramipril 5 mg", "matin", ""));
	expect_attention(&facts, "2026-02-14", "");
	expect_attention(&facts, "2026-02-15", "follow-up soon"); /* 45 days from the first of them */
	facts_put(&facts, 0x41, "medicationReview", 0,
	        REVIEW("follow-up-45", ",\"prescription\":\"" ID("12") "\""));
	expect_attention(&facts, "2026-03-31", "");
	expect_attention(&facts, "2026-04-01", "follow-up soon");
	facts_put(&facts, 0x42, "medicationReview", 0,
	        REVIEW("follow-up-90", ",\"prescription\":\"" ID("11") "\""));
	expect_attention(&facts, "2026-04-01", "");
	facts_put(&facts, 0x43, "medicationReview", 0x42,
	        REVIEW("follow-up-90", ",\"prescription\":\"" ID("11") "\",\"mistaken\":true"));
	expect_attention(&facts, "2026-04-01", "follow-up soon");
	facts_close(&facts);
}

static void lines_that_double_one_another(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0, P("2026-03-01", "2026-04-10", ""));
	facts_put(&facts, 0x12, "prescription", 0, P("2026-03-10", "2026-04-10", ""));
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "Paracétamol 1 g", "si besoin", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0,
	        L("12", "Doliprane (paracetamol) 500 mg", "si besoin", ""));
	facts_put(&facts, 0x23, "prescriptionLine", 0, L("12", "Ramipril 5 mg comprimé", "matin", ""));
	expect_attention(&facts, "2026-03-09", "");
	expect_attention(&facts, "2026-03-10", "duplicate soon");
	facts_put(&facts, 0x41, "medicationReview", 0,
	        REVIEW("lines", ",\"lines\":[\"" ID("21") "\",\"" ID("22") "\"]"));
	expect_attention(&facts, "2026-03-10", "");
	facts_put(&facts, 0x24, "prescriptionLine", 0, L("11", "RAMIPRIL 5 mg, comprimé", "soir", ""));
	expect_attention(&facts, "2026-03-10", "duplicate now");
	facts_close(&facts);
}

/* ---- Doses ------------------------------------------------------------------------------------------------------- */

static void begin_doses(struct facts *facts, const char *line)
{
	facts_put(facts, 0x11, "prescription", 0, MARCH);
	facts_put(facts, 0x21, "prescriptionLine", 0, line);
}

static void two_for_one_slot_raise_an_alarm_and_both_stay(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Lantus", "1-0-0-1", ""));
	facts_put(&facts, 0x51, "dose", 0, D("21", "03-05T08:10", ""));
	expect_alarms(&facts, "");
	expect_day(&facts, "2026-03-05", "08:00 given, 22:00 due");
	facts_put(&facts, 0x52, "dose", 0, D("21", "03-05T23:30", ""));
	facts_put(&facts, 0x53, "dose", 0, D("21", "03-07T00:40", ",\"slot\":\"bedtime\"")); /* of the 6th */
	expect_alarms(&facts, "");
	expect_day(&facts, "2026-03-06", "08:00 due, 22:00 given");
	facts_put(&facts, 0x54, "dose", 0, D("21", "03-05T09:55", ""));
	expect_alarms(&facts, "double 2");
	expect_attention(&facts, "2026-03-06", "dose-alarm now");
	json_t *json = seen(&facts, "2026-03-05");
	assert_int_equal(json_array_size(json_object_get(json, "doses")), 4);
	json_decref(json);
	/* nor does who looked into something else settle it */
	facts_put(&facts, 0x43, "medicationReview", 0,
	        REVIEW("lines",
	                ",\"lines\":[\"" ID("21") "\"],\"doses\":[\"" ID("51") "\",\"" ID("54") "\"]"));
	/* who cites one alone settles nothing */
	facts_put(&facts, 0x41, "medicationReview", 0, REVIEW("doses", ",\"doses\":[\"" ID("51") "\"]"));
	expect_alarms(&facts, "double 2");
	facts_put(&facts, 0x42, "medicationReview", 0,
	        REVIEW("doses", ",\"doses\":[\"" ID("51") "\",\"" ID("54") "\"]"));
	expect_alarms(&facts, "double 2!");
	expect_attention(&facts, "2026-03-06", "");
	/* a third one that comes in later opens it again */
	facts_put(&facts, 0x55, "dose", 0, D("21", "03-05T12:00", ",\"slot\":\"morning\""));
	expect_alarms(&facts, "double 3");
	/* that one was not given */
	facts_put(&facts, 0x56, "dose", 0x55,
	        D("21", "03-05T12:00", ",\"slot\":\"morning\",\"mistaken\":true"));
	expect_alarms(&facts, "double 2!");
	facts_close(&facts);
}

static void corrected_apart_it_is_one_dose(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Lantus", "matin", ""));
	facts_put(&facts, 0x51, "dose", 0, D("21", "03-05T08:10", ""));
	facts_put(&facts, 0x52, "dose", 0x51, D("21", "03-05T08:20", ""));
	facts_put(&facts, 0x53, "dose", 0x51, D("21", "03-05T08:30", ""));
	expect_alarms(&facts, "");
	json_t *json = seen(&facts, "2026-03-05"), *doses = json_object_get(json, "doses");
	assert_int_equal(json_array_size(doses), 1);
	assert_int_equal(json_array_size(json_object_get(json_array_get(doses, 0), "versions")), 2);
	json_decref(json);
	facts_close(&facts);
}

static void refused_and_omitted_are_no_doses(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Lantus", "1-0-1", ""));
	facts_put(&facts, 0x51, "dose", 0,
	        "{\"line\":\"" ID("21") "\",\"outcome\":\"refused\",\"why\":\"nausées\",\"at\":\"2026-03-"
	                                "05T08:00:00+01:00\"}");
	expect_day(&facts, "2026-03-05", "08:00 refused, 19:00 due");
	facts_put(&facts, 0x52, "dose", 0, D("21", "03-05T08:30", "")); /* offered again */
	expect_day(&facts, "2026-03-05", "08:00 given, 19:00 due");
	facts_put(&facts, 0x53, "dose", 0,
	        "{\"line\":\"" ID("21") "\",\"outcome\":\"omitted\",\"why\":\"à "
	                                "jeun\",\"at\":\"2026-03-05T19:00:00+01:00\"}");
	expect_day(&facts, "2026-03-05", "08:00 given, 19:00 omitted");
	expect_alarms(&facts, "");
	facts_close(&facts);
}

static void more_than_the_maximum(void **state)
{
	static const char *const LINES[] = {L("11", "Paracétamol 1 g", "si besoin, max 2 par jour", ""),
	        L("11", "Paracétamol 1 g", "si besoin", ",\"maxPerDay\":2"),
	        L("11", "Paracétamol 1 g", "2 fois par jour", "")};
	(void)state;
	for (size_t i = 0; i < sizeof(LINES) / sizeof(*LINES); i++) {
		struct facts facts = {0};
		begin_doses(&facts, LINES[i]);
		facts_put(&facts, 0x51, "dose", 0, D("21", "03-05T08:00", ""));
		facts_put(&facts, 0x52, "dose", 0, D("21", "03-05T14:00", ""));
		facts_put(&facts, 0x53, "dose", 0, D("21", "03-06T00:10", ""));
		expect_alarms(&facts, "");
		facts_put(&facts, 0x54, "dose", 0, D("21", "03-05T23:50", ""));
		expect_alarms(&facts, "over-max 3, double 2"); /* and two within an hour */
		facts_close(&facts);
	}
}

static void outside_of_the_lines_days(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(
	        &facts, 0x31, "prescriptionStop", 0, STOP("11", "2026-03-20", ",\"line\":\"" ID("21") "\""));
	facts_put(&facts, 0x51, "dose", 0, D("21", "03-20T08:00", "")); /* perhaps before it was stopped */
	expect_alarms(&facts, "");
	facts_put(&facts, 0x52, "dose", 0, D("21", "03-21T08:00", ""));
	expect_alarms(&facts, "outside 1");
	facts_put(&facts, 0x53, "dose", 0, D("21", "02-27T08:00", ""));
	expect_alarms(&facts, "outside 1, outside 1");
	facts_close(&facts);
}

static void a_renewed_line_and_its_former_have_the_same_slots(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Ramipril 5 mg", "matin", ""));
	facts_put(&facts, 0x12, "prescription", 0,
	        P("2026-03-10", "2026-04-30", ",\"renews\":\"" ID("11") "\""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("12", "Ramipril 5 mg", "matin", ""));
	expect_day(&facts, "2026-03-12", "08:00 due"); /* once */
	facts_put(&facts, 0x51, "dose", 0,
	        D("21", "03-12T08:00", "")); /* by who had not heard of the renewal */
	expect_alarms(&facts, "");
	expect_day(&facts, "2026-03-12", "08:00 given");
	facts_put(&facts, 0x52, "dose", 0, D("22", "03-12T08:20", ""));
	expect_alarms(&facts, "double 2");
	facts_close(&facts);
}

static void days_between(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Durogesic 25", "le matin, tous les 3 jours", ""));
	expect_day(&facts, "2026-03-01", "08:00 due");
	expect_day(&facts, "2026-03-02", "");
	expect_day(&facts, "2026-03-04", "08:00 due");
	facts_put(&facts, 0x51, "dose", 0, D("21", "03-04T09:00", ""));
	expect_alarms(&facts, "");
	facts_put(&facts, 0x52, "dose", 0, D("21", "03-06T09:00", ""));
	expect_alarms(&facts, "unplanned 1");
	facts_close(&facts);
}

static void what_is_not_understood_expects_nothing(void **state)
{
	struct facts facts = {0};
	(void)state;
	begin_doses(&facts, L("11", "Previscan", "selon INR", ""));
	expect_day(&facts, "2026-03-05", "");
	expect_attention(&facts, "2026-03-05", "schedule-unread note");
	facts_put(&facts, 0x51, "dose", 0, D("21", "03-05T19:00", ""));
	facts_put(&facts, 0x52, "dose", 0, D("21", "03-05T21:00", ""));
	expect_alarms(&facts, "");
	facts_put(&facts, 0x53, "dose", 0, D("21", "03-05T21:40", ""));
	expect_alarms(&facts, "double 2");
	facts_close(&facts);
}

/* What peers may have signed. */
static void add_numbered(
        struct medication *medication, struct schema_record *record, uint8_t what, uint32_t number)
{
	static uint32_t written;
	struct fact fact = {.record = record};
	fact.head.id.bytes[0] = what;
	memcpy(fact.head.id.bytes + 1, &number, sizeof(number));
	fact.head.hlc = fact.head.op.seq = ++written;
	medication_add(medication, &fact);
}

static struct schema_value *put_field(struct schema_record *record, const char *name)
{
	return schema_put(record, schema_field_named(record->kind, span_text(name)));
}

/* Who is given one dossier, with a patched program, prescribes one drug hundreds of times, and looks it over thousands of times. */
static void any_number_of_reviews_is_looked_at_in_no_time(void **state)
{
	enum {
		LINES = 500,
		REVIEWS = 4000,
		SECONDS = 10 /* each pair held against each review took a minute */
	};
	static const uint8_t prescription[SCHEMA_SHORT_BYTES] = {1};
	uint8_t none[SCHEMA_SHORTS_MAX * SCHEMA_SHORT_BYTES], both[2 * SCHEMA_SHORT_BYTES] = {0};
	struct medication medication = {0};
	struct schema_record head = {.kind = schema_kind(SCHEMA_PRESCRIPTION)};
	(void)state;
	memset(none, 0xee, sizeof(none));
	both[0] = both[SCHEMA_SHORT_BYTES] = 2;
	both[1] = 7;
	both[SCHEMA_SHORT_BYTES + 1] = 9;
	put_field(&head, "prescriber")->bytes = span_text("X");
	put_field(&head, "date")->number = 20000;
	add_numbered(&medication, &head, 1, 0);
	for (uint32_t i = 0; i < LINES; i++) {
		struct schema_record line = {.kind = schema_kind(SCHEMA_PRESCRIPTION_LINE)};
		put_field(&line, "prescription")->bytes = span_of(prescription, sizeof(prescription));
		put_field(&line, "drug")->bytes = span_text("Lantus");
		put_field(&line, "dose")->bytes = span_text("1");
		put_field(&line, "schedule")->bytes = span_text("matin");
		add_numbered(&medication, &line, 2, i);
	}
	for (uint32_t i = 0; i < REVIEWS; i++) {
		struct schema_record review = {.kind = schema_kind(SCHEMA_MEDICATION_REVIEW)};
		put_field(&review, "about")->number = 2;
		put_field(&review, "words")->bytes = span_text("x");
		put_field(&review, "lines")->bytes = i == 3000 ? span_of(both, sizeof(both))
		                                               : span_of(none, sizeof(none));
		add_numbered(&medication, &review, 4, i);
	}
	const clock_t begin = clock();
	medication_derive(&medication);
	assert_true(clock() - begin < (clock_t)SECONDS * CLOCKS_PER_SEC);
	assert_int_equal(medication.pair_count, LINES * (LINES - 1) / 2);
	for (uint32_t i = 0; i < medication.pair_count; i++) {
		const struct medication_pair *pair = &medication.pairs[i];
		const bool is_looked_over = pair->a == 7 && pair->b == 9;
		assert_int_equal(pair->settled, is_looked_over ? 3000 : MEDICATION_NONE);
	}
	medication_close(&medication);
}

static void hostile_facts(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "prescription", 0,
	        P("2026-03-01", "2026-03-31", ",\"renews\":\"" ID("12") "\""));
	facts_put(&facts, 0x12, "prescription", 0,
	        P("2026-03-01", "2026-03-31", ",\"renews\":\"" ID("11") "\""));
	facts_put(&facts, 0x13, "prescription", 0,
	        P("2026-03-01", "2026-03-31", ",\"renews\":\"" ID("13") "\""));
	facts_put(&facts, 0x21, "prescriptionLine", 0, L("11", "X", "matin", ""));
	facts_put(&facts, 0x22, "prescriptionLine", 0, L("12", "X", "matin", ""));
	facts_put(&facts, 0x51, "dose", 0, D("99", "03-05T08:00", ""));
	facts_put(&facts, 0x31, "prescriptionStop", 0, STOP("99", "2026-03-05", ""));
	facts_put(
	        &facts, 0x32, "prescriptionStop", 0, STOP("11", "2026-03-05", ",\"line\":\"" ID("99") "\""));
	json_decref(seen(&facts, "2026-03-05"));
	facts_close(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(states_follow_from_the_day),
	        cmocka_unit_test(a_stop_ends_a_line_or_all),
	        cmocka_unit_test(a_renewal_goes_on_with_the_same_drugs),
	        cmocka_unit_test(a_correction_takes_the_lines_along),
	        cmocka_unit_test(what_has_no_valid_prescription_is_shown),
	        cmocka_unit_test(follow_ups_are_due_at_45_and_90_days),
	        cmocka_unit_test(lines_that_double_one_another),
	        cmocka_unit_test(two_for_one_slot_raise_an_alarm_and_both_stay),
	        cmocka_unit_test(corrected_apart_it_is_one_dose),
	        cmocka_unit_test(refused_and_omitted_are_no_doses),
	        cmocka_unit_test(more_than_the_maximum),
	        cmocka_unit_test(outside_of_the_lines_days),
	        cmocka_unit_test(a_renewed_line_and_its_former_have_the_same_slots),
	        cmocka_unit_test(days_between),
	        cmocka_unit_test(what_is_not_understood_expects_nothing),
	        cmocka_unit_test(any_number_of_reviews_is_looked_at_in_no_time),
	        cmocka_unit_test(hostile_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
