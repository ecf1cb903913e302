#include "node/billing/care.h"

#include <stdio.h>
#include <string.h>

#include "node/billing/said.h"
#include "node/csv.h"
#include "node/exchange/page.h"

struct word {
	const char *name, *fr, *en;
};

/* What a visit came to, kinds of lines, and what corrections changed. */
static const struct word WORDS[] = {{"done", "faite", "done"},
        {"cancelled", "n'a pas eu lieu", "did not take place"}, {"running", "non terminée", "not ended"},
        {"absent", "plus sur cet appareil", "not here any more"}, {"normal", "facturée", "billed"},
        {"late", "facturée en retard", "billed late"}, {"correction", "correction", "correction"},
        {"credit", "avoir", "credit"}, {"reinstate", "avoir annulé", "credit taken back"},
        {"times", "horaires", "times"}, {"nurse", "infirmière", "nurse"},
        {"prescription", "prescription", "prescription"}, {"billing", "facturation", "billing"},
        {"other", "autre", "other"}};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static const char *say(const char *name, enum schema_language language)
{
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
		if (strcmp(WORDS[i].name, name) == 0)
			return language == SCHEMA_FR ? WORDS[i].fr : WORDS[i].en;
	return name;
}

static void add(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static const char *ended(struct buf *out)
{
	buf_add(out, "", 1);
	return (const char *)out->data;
}

/* A day of a moment or of a date; "" where there is none. */
static void put_day(struct buf *out, const char *iso, enum schema_language language)
{
	if (strlen(iso) < 10)
		return;
	const struct said day = said_day(iso);
	add(out, language == SCHEMA_FR ? day.fr : day.en);
}

/* "horaires, infirmière (2026-03-06T10:00:00+01:00, motif donné)" of each, separated by "; "; on paper the moment as people write it. */
static void put_corrections(
        const json_t *visit, enum schema_language language, bool is_paper, struct buf *out)
{
	size_t index, at;
	json_t *one, *what;
	char time[8];
	const bool is_french = language == SCHEMA_FR;
	json_array_foreach(json_object_get(visit, "corrections"), index, one)
	{
		add(out, index ? "; " : "");
		json_array_foreach(json_object_get(one, "what"), at, what)
		{
			add(out, at ? ", " : "");
			add(out, say(json_string_value(what), language));
		}
		add(out, " (");
		const char *saved = text_of(one, "saved");
		if (is_paper && strlen(saved) > 16) {
			put_day(out, saved, language);
			snprintf(time, sizeof(time), " %.5s", saved + 11);
			add(out, time);
		} else {
			add(out, saved);
		}
		add(out,
		        json_is_true(json_object_get(one, "reason"))
		                ? is_french ? ", motif donné)" : ", with a reason)"
		                : is_french ? ", sans motif)"
		                            : ", without a reason)");
	}
}

/* "2026-03 3f2a90c1d2e4b5a6/12 facturée" of each. */
static void put_billed(const json_t *visit, enum schema_language language, struct buf *out)
{
	size_t index;
	json_t *one;
	char line[32];
	json_array_foreach(json_object_get(visit, "billed"), index, one)
	{
		snprintf(line, sizeof(line), "/%lld ", json_integer_value(json_object_get(one, "line")));
		const char *parts[] = {index ? "; " : "", text_of(one, "month"), " ", text_of(one, "lot"),
		        line, say(text_of(one, "kind"), language)};
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			add(out, parts[i]);
	}
}

struct sums {
	json_int_t visits, minutes;
};

/* Of what took place. */
static struct sums sums_of(const json_t *patient)
{
	struct sums sums = {0};
	size_t index;
	json_t *visit;
	json_array_foreach(json_object_get(patient, "visits"), index, visit)
	{
		if (strcmp(text_of(visit, "state"), "done") != 0)
			continue;
		sums.visits++;
		sums.minutes += json_integer_value(json_object_get(visit, "minutes"));
	}
	return sums;
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

static const char TITLES[] =
        "row;patient;name;birth_date;ins;visit;start;end;minutes;state;billable;nurse;nurse_name;nurse_rpps;"
        "co_nurse;co_nurse_name;co_nurse_rpps;prescription_date;prescriber;prescriber_rpps;corrections;"
        "billed;words\r\n";

static void cell(struct buf *out, const char *text)
{
	add(out, ";");
	if (*text)
		csv_quoted(out, span_text(text));
}

static void cell_number(struct buf *out, const json_t *value)
{
	add(out, ";");
	if (json_is_integer(value))
		csv_number(out, json_integer_value(value));
}

static void cells_person(struct buf *out, const json_t *person)
{
	cell(out, text_of(person, "id"));
	cell(out, text_of(person, "name"));
	cell(out, text_of(person, "rpps"));
}

static void begin_row(struct buf *out, const char *row, const json_t *patient)
{
	add(out, row);
	cell(out, text_of(patient, "id"));
	cell(out, text_of(patient, "name"));
	cell(out, text_of(patient, "birthDate"));
	cell(out, text_of(patient, "ins"));
}

static void put_visit_row(
        struct buf *out, const json_t *patient, const json_t *visit, enum schema_language language)
{
	const json_t *prescription = json_object_get(visit, "prescription");
	struct buf words = {0};
	begin_row(out, "VISIT", patient);
	cell(out, text_of(visit, "id"));
	cell(out, text_of(visit, "start"));
	cell(out, text_of(visit, "end"));
	cell_number(out, json_object_get(visit, "minutes"));
	cell(out, say(text_of(visit, "state"), language));
	add(out, json_is_true(json_object_get(visit, "billable")) ? ";1" : ";0");
	cells_person(out, json_object_get(visit, "nurse"));
	cells_person(out, json_object_get(visit, "coNurse"));
	cell(out, text_of(prescription, "date"));
	cell(out, text_of(prescription, "prescriber"));
	cell(out, text_of(prescription, "rpps"));
	put_corrections(visit, language, false, &words);
	cell(out, ended(&words));
	buf_clear(&words);
	put_billed(visit, language, &words);
	cell(out, ended(&words));
	add(out, ";\r\n");
	buf_close(&words);
}

static void put_unknown_rows(
        struct buf *out, const json_t *of, const json_t *patient, enum schema_language language)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(of, "unknown"), index, one)
	{
		begin_row(out, "UNKNOWN", patient);
		add(out, ";;;;;;;;;;;;;;;;;");
		cell(out, text_of(one, language == SCHEMA_FR ? "fr" : "en"));
		add(out, "\r\n");
	}
}

void care_csv(const json_t *care, enum schema_language language, struct buf *out)
{
	size_t index, at;
	json_t *patient, *visit;
	char text[160];
	add(out, TITLES);
	json_array_foreach(json_object_get(care, "patients"), index, patient)
	{
		const struct sums sums = sums_of(patient);
		json_array_foreach(json_object_get(patient, "visits"), at, visit)
		        put_visit_row(out, patient, visit, language);
		begin_row(out, "PATIENT", patient);
		snprintf(text, sizeof(text), ";;%s;%s;%lld;;;;;;;;;;;;;;%lld\r\n", text_of(care, "from"),
		        text_of(care, "to"), (long long)sums.minutes, (long long)sums.visits);
		add(out, text);
		put_unknown_rows(out, patient, patient, language);
	}
	put_unknown_rows(out, care, NULL, language);
}

/* ---- HTML ------------------------------------------------------------------------------------------------------- */

static void put_pair(struct buf *out, const char *title, const char *text)
{
	page_markup(out, "<tr>");
	page_element(out, "th", title);
	page_element(out, "td", text);
	page_markup(out, "</tr>\n");
}

static void put_unknown(struct buf *out, const json_t *of, enum schema_language language)
{
	size_t index;
	json_t *one;
	if (json_array_size(json_object_get(of, "unknown")) == 0)
		return;
	page_markup(out, "<div class=\"box\">");
	page_element(out, "p",
	        language == SCHEMA_FR ? "Ce que ce relevé ne sait pas :"
	                              : "What this statement does not know:");
	page_markup(out, "<ul>\n");
	json_array_foreach(json_object_get(of, "unknown"), index, one)
	        page_element(out, "li", text_of(one, language == SCHEMA_FR ? "fr" : "en"));
	page_markup(out, "</ul></div>\n");
}

/* "Léa Morvan, RPPS 10102727017". */
static void put_person(struct buf *out, const json_t *person, enum schema_language language)
{
	const char *name = text_of(person, "name"), *rpps = text_of(person, "rpps");
	add(out, *name ? name : text_of(person, "id"));
	add(out, *rpps ? ", RPPS " : language == SCHEMA_FR ? ", RPPS inconnu" : ", RPPS not known");
	add(out, rpps);
}

static void put_cell(struct buf *out, struct buf *text)
{
	page_element(out, "td", ended(text));
	buf_clear(text);
}

static void put_prescription(struct buf *out, const json_t *prescription, enum schema_language language)
{
	if (!prescription) {
		add(out, language == SCHEMA_FR ? "aucune n'est nommée" : "none is named");
		return;
	}
	const char *rpps = text_of(prescription, "rpps");
	const char *parts[] = {", ", text_of(prescription, "prescriber"), *rpps ? ", RPPS " : "", rpps};
	put_day(out, text_of(prescription, "date"), language);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		add(out, parts[i]);
}

static void put_visit(struct buf *out, const json_t *visit, enum schema_language language)
{
	char line[160];
	const char *start = text_of(visit, "start"), *end = text_of(visit, "end");
	struct buf text = {0};
	page_markup(out, "<tr>");
	put_day(&text, start, language);
	snprintf(line, sizeof(line), " %.5s–%.5s\n%lld min, %.40s%s", strlen(start) > 16 ? start + 11 : "",
	        strlen(end) > 16 ? end + 11 : "", json_integer_value(json_object_get(visit, "minutes")),
	        say(text_of(visit, "state"), language),
	        json_is_true(json_object_get(visit, "billable")) ? ""
	                : language == SCHEMA_FR                  ? ", non facturable"
	                                                         : ", not billable");
	add(&text, line);
	put_cell(out, &text);
	put_person(&text, json_object_get(visit, "nurse"), language);
	if (json_object_get(visit, "coNurse")) {
		add(&text, "\n+ ");
		put_person(&text, json_object_get(visit, "coNurse"), language);
	}
	put_cell(out, &text);
	put_prescription(&text, json_object_get(visit, "prescription"), language);
	put_cell(out, &text);
	put_billed(visit, language, &text);
	put_cell(out, &text);
	put_corrections(visit, language, true, &text);
	put_cell(out, &text);
	page_markup(out, "</tr>\n");
	buf_close(&text);
}

static void put_patient(struct buf *out, const json_t *patient, enum schema_language language)
{
	static const char *const titles[][2] = {{"Visite", "Visit"}, {"Par", "By"},
	        {"Prescription", "Prescription"}, {"Facturée (lot/ligne)", "Billed (lot/line)"},
	        {"Corrections", "Corrections"}};
	const bool is_french = language == SCHEMA_FR;
	const struct sums sums = sums_of(patient);
	size_t index;
	json_t *visit;
	char text[400];
	struct buf head = {0};
	add(&head, text_of(patient, "name"));
	add(&head, ", ");
	put_day(&head, text_of(patient, "birthDate"), language);
	snprintf(text, sizeof(text), " (%.32s)", text_of(patient, "id"));
	add(&head, text);
	page_element(out, "h2", ended(&head));
	buf_close(&head);
	page_markup(out, "<table>");
	put_pair(out, "INS",
	        *text_of(patient, "ins") ? text_of(patient, "ins")
	                : is_french      ? "identité non qualifiée"
	                                 : "identity not qualified");
	snprintf(text, sizeof(text),
	        is_french ? "visites faites : %lld ; minutes : %lld" : "visits done: %lld; minutes: %lld",
	        (long long)sums.visits, (long long)sums.minutes);
	put_pair(out, "Total", text);
	page_markup(out, "</table>\n<table class=\"grid\"><tr>");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		page_element(out, "th", titles[i][!is_french]);
	page_markup(out, "</tr>\n");
	json_array_foreach(json_object_get(patient, "visits"), index, visit) put_visit(out, visit, language);
	page_markup(out, "</table>\n");
	put_unknown(out, patient, language);
}

void care_page(const json_t *care, enum schema_language language, struct buf *out)
{
	const bool is_french = language == SCHEMA_FR;
	const char *title = is_french ? "Relevé de soins pour contrôle" : "Statement of care for a control";
	size_t index;
	json_t *patient;
	char text[200];
	struct buf said = {0};
	page_begin(out, language, title);
	page_element(out, "h1", title);
	page_markup(out, "<div class=\"box\"><table>\n");
	put_day(&said, text_of(care, "from"), language);
	add(&said, " – ");
	put_day(&said, text_of(care, "to"), language);
	put_pair(out, is_french ? "Période" : "Period", ended(&said));
	buf_clear(&said);
	const char *made = text_of(care, "made");
	put_day(&said, made, language);
	snprintf(text, sizeof(text), " %.5s, %.100s, %s %.16s", strlen(made) > 16 ? made + 11 : "",
	        text_of(care, "by"), is_french ? "appareil" : "device", text_of(care, "device"));
	add(&said, text);
	put_pair(out, is_french ? "Établi" : "Made", ended(&said));
	buf_close(&said);
	page_markup(out, "</table></div>\n");
	put_unknown(out, care, language);
	json_array_foreach(json_object_get(care, "patients"), index, patient)
	        put_patient(out, patient, language);
	page_element(out, "p class=quiet",
	        is_french ? "Sans aucune note clinique : visites, horaires, intervenants, prescriptions, "
	                    "facturation et nature des "
	                    "corrections. Cet établissement est inscrit au journal d'accès de l'appareil."
	                  : "No clinical note: visits, times, who came, prescriptions, billing and the kind "
	                    "of corrections. That this was made "
	                    "stands in the device's access log.");
	page_end(out);
}
