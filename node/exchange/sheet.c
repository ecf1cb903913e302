#include "node/exchange/sheet.h"

#include <stdio.h>
#include <string.h>

#include "node/calendar.h"
#include "node/exchange/sheet_parts.h"
#include "node/omaha/omaha.h"
#include "node/schema/moment.h"
#include "node/words.h"

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static void element(struct sheet_page *page, const char *tag, struct buf *said)
{
	buf_add(said, "", 1);
	page_element(page->out, tag, (const char *)said->data);
	buf_wipe(said);
	*said = (struct buf){0};
}

/* ---- Who the patient is ------------------------------------------------------------------------------------------ */

static void put_age(struct sheet_page *page)
{
	const int64_t born = sheet_day(fhir_text(page->patient, "birthDate"));
	char text[64];
	if (born == INT64_MIN || born > page->today)
		return;
	const struct calendar_date from = calendar_date(born), to = calendar_date(page->today);
	const bool before = to.month < from.month || (to.month == from.month && to.day < from.day);
	const int years = (int)(to.year - from.year) - before;
	snprintf(text, sizeof(text), "%d %s", years,
	        sheet_in(page, years > 1 ? "ans" : "an", years == 1 ? "year" : "years"));
	page_markup(page->out, "<tr>");
	page_element(page->out, "th", sheet_in(page, "Âge", "Age"));
	page_element(page->out, "td", text);
	page_markup(page->out, "</tr>");
}

static void put_identity_status(struct sheet_page *page)
{
	if (fhir_is(page->patient, "insStatus", "qualifiee"))
		return;
	page_markup(page->out, "<tr>");
	page_element(page->out, "th", sheet_in(page, "Identité", "Identity"));
	page_element(page->out, "td",
	        sheet_in(page, "non qualifiée par le téléservice INS : le matricule n'est pas transmis",
	                "not qualified by the INS service: the number is not conveyed"));
	page_markup(page->out, "</tr>");
}

void sheet_identity(struct sheet_page *page)
{
	static const char *const before[] = {"civility", "lastName", "birthName", "firstName", "sex",
	        "birthDate"},
	                         *const after[] = {"birthPlace", "street", "complement", "postcode", "town",
	                                 "phone", "mobile", "lives", "gir", "ald", "contactName",
	                                 "contactLink", "contactPhone", "history", "deceasedOn"};
	sheet_heading(page, "Patient", "Patient");
	page_markup(page->out, "<table>");
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		sheet_row(page, page->patient, before[i]);
	put_age(page);
	put_identity_status(page);
	for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++)
		sheet_row(page, page->patient, after[i]);
	page_markup(page->out, "</table>");
}

/* ---- What must be seen first ------------------------------------------------------------------------------------- */

void sheet_alerts(struct sheet_page *page)
{
	static const char *const parts[] = {"type", "what", "severity", "reaction", "since", "note", NULL};
	json_t *alert;
	size_t index, count = 0;
	struct buf said = {0};
	page_markup(page->out, "<div class=box>");
	page_element(page->out, "b", sheet_in(page, "Allergies et alertes", "Allergies and alerts"));
	page_markup(page->out, "<ul>");
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, alert)
	{
		const bool unsettled = json_object_get(json_object_get(alert, "conflicts"), "state") != NULL,
		           holds = !fhir_text(alert, "state") || fhir_is(alert, "state", "active");
		if (!fhir_is(alert, "kind", "alert") || !(holds || unsettled))
			continue;
		sheet_joined(page, alert, parts, &said);
		if (unsettled) {
			say(&said, " — ");
			sheet_conflict(page, alert, "state", &said);
		}
		element(page, json_object_get(alert, "conflicts") ? "li class=conflict" : "li", &said);
		count++;
	}
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, alert)
	{
		if (!fhir_is(alert, "kind", "patient"))
			continue;
		if (sheet_conflict(page, alert, "allergies", &said) ||
		        sheet_value(page, alert, "allergies", &said)) {
			element(page, "li", &said);
			count++;
		}
	}
	page_markup(page->out, "</ul>");
	if (count == 0)
		page_element(page->out, "p",
		        sheet_in(page, "Aucune n'est notée (cela ne dit pas qu'il n'y en a pas).",
		                "None is noted (which does not say that there are none)."));
	if (json_object_get(page->sheet->file, "joined"))
		page_element(page->out, "p class=conflict",
		        sheet_in(page,
		                "Cette personne a un autre dossier dans l'équipe, qui n'est pas dans cette "
		                "fiche : demandez-la aussi.",
		                "This person has another file in the team, which is not in this sheet: ask "
		                "for that one too."));
	page_markup(page->out, "</div>\n");
}

/* ---- Who else is there ------------------------------------------------------------------------------------------- */

void sheet_partners(struct sheet_page *page)
{
	static const char *const parts[] = {"role", "name", "link", "phone", "mssante", "note", NULL};
	json_t *partner;
	size_t index;
	struct buf said = {0};
	sheet_heading(page, "Autour du patient", "Around the patient");
	page_markup(page->out, "<table>");
	sheet_row(page, page->patient, "referent");
	sheet_row(page, page->patient, "circle");
	sheet_row(page, page->patient, "doctor");
	sheet_row(page, page->patient, "doctorPhone");
	sheet_row(page, page->patient, "pharmacy");
	page_markup(page->out, "</table><ul>");
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, partner)
	{
		if (!fhir_is(partner, "kind", "partner"))
			continue;
		sheet_joined(page, partner, parts, &said);
		element(page, "li", &said);
	}
	page_markup(page->out, "</ul>\n");
}

void sheet_consents(struct sheet_page *page)
{
	static const char *const parts[] = {"scope", "decision", "who", "until", NULL};
	json_t *consent;
	size_t index, count = 0;
	struct buf said = {0};
	sheet_heading(page, "Consentements notés", "Consents noted");
	page_markup(page->out, "<ul>");
	json_array_foreach(json_object_get(page->sheet->file, "records"), index, consent)
	{
		if (!fhir_is(consent, "kind", "consent") || fhir_is_void(consent))
			continue;
		sheet_joined(page, consent, parts, &said);
		element(page, "li", &said);
		count++;
	}
	sheet_end_list(page, count);
}

/* ---- What has to be known of the sheet itself --------------------------------------------------------------------- */

static void put_date(struct sheet_page *page)
{
	struct buf said = {0};
	say(&said, sheet_in(page, "Établie le ", "Made on "));
	words_moment(page->sheet->now_s, page->sheet->language, &said);
	say(&said,
	        sheet_in(page,
	                " par l'équipe de soins infirmiers à domicile, d'après ce que cet appareil a reçu.",
	                " by the home-nursing team, from what this device has received."));
	element(page, "p class=quiet", &said);
}

void sheet_foot(struct sheet_page *page)
{
	const char *age = fhir_text(page->sheet->age, sheet_in(page, "fr", "en"));
	char text[160];
	sheet_heading(page, "À savoir sur cette fiche", "About this sheet");
	put_date(page);
	if (age)
		page_element(page->out, "p class=quiet", age);
	snprintf(text, sizeof(text), "%u %s", page->conflicts,
	        sheet_in(page,
	                "indication(s) contradictoire(s), marquée(s) comme telle(s) : à vérifier auprès de "
	                "l'équipe.",
	                "contradictory statement(s), marked as such: check with the team."));
	if (page->conflicts)
		page_element(page->out, "p class=conflict", text);
	page_element(page->out, "p class=quiet", sheet_in(page, omaha_notice.fr, omaha_notice.en));
}

/* ---- The two sheets ---------------------------------------------------------------------------------------------- */

static void begin(
        struct sheet_page *page, const struct sheet *sheet, struct buf *out, const char *fr, const char *en)
{
	static const char *const names[] = {"lastName", "firstName", "birthDate", NULL};
	struct buf title = {0};
	json_t *record;
	size_t index;
	*page = (struct sheet_page){.sheet = sheet, .out = out, .today = calendar_paris_day(sheet->now_s)};
	page->fhir = (struct fhir){
	        .file = sheet->file, .patient = fhir_text(sheet->file, "patient"), .known = json_object()};
	fhir_know(&page->fhir);
	json_array_foreach(json_object_get(sheet->file, "records"), index,
	        record) if (fhir_is(record, "kind", "patient") &&
	        fhir_is(record, "id", page->fhir.patient ? page->fhir.patient : "")) page->patient = record;
	say(&title, sheet_in(page, fr, en));
	say(&title, " — ");
	sheet_joined(page, page->patient, names, &title);
	page->conflicts = 0; /* the title's are counted in the identity */
	buf_add(&title, "", 1);
	page_begin(out, sheet->language, (const char *)title.data);
	page_element(out, "h1", (const char *)title.data);
	buf_wipe(&title);
	put_date(page);
}

static void end(struct sheet_page *page)
{
	sheet_foot(page);
	page_end(page->out);
	json_decref(page->fhir.known);
}

void sheet_liaison(const struct sheet *sheet, struct buf *out)
{
	struct sheet_page page;
	begin(&page, sheet, out, "Fiche de liaison", "Liaison sheet");
	sheet_alerts(&page);
	sheet_identity(&page);
	sheet_partners(&page);
	sheet_problems(&page, false);
	sheet_treatments(&page);
	sheet_vitals(&page, false);
	sheet_wounds(&page, false);
	sheet_plan(&page);
	sheet_transmissions(&page);
	sheet_consents(&page);
	end(&page);
}

void sheet_synthesis(const struct sheet *sheet, struct buf *out)
{
	struct sheet_page page;
	begin(&page, sheet, out, "Synthèse infirmière", "Nursing synthesis");
	sheet_alerts(&page);
	sheet_problems(&page, true);
	sheet_goals(&page);
	sheet_plan(&page);
	sheet_vitals(&page, true);
	sheet_wounds(&page, true);
	sheet_treatments(&page);
	sheet_transmissions(&page);
	sheet_visits(&page);
	end(&page);
}
