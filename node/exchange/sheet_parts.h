/* node/exchange/sheet_parts.h - the sections that sheets are put together from (private to this folder). */
#ifndef NODE_EXCHANGE_SHEET_PARTS_H
#define NODE_EXCHANGE_SHEET_PARTS_H

#include "node/exchange/fhir_parts.h"
#include "node/exchange/page.h"
#include "node/exchange/sheet.h"

struct sheet_page {
	const struct sheet *sheet;
	struct buf *out;
	struct fhir fhir; /* the file's records by name */
	const json_t *patient;
	int64_t today; /* in days since 1970, in Paris */
	uint32_t conflicts;
};

const char *sheet_in(const struct sheet_page *page, const char *fr, const char *en);

/* A number as it is written in the page's language: 37,2 in French. `text` has a point, or none. */
void sheet_number(const struct sheet_page *page, const char *text, struct buf *out);

/* ---- Values: appended as plain text, not yet escaped ---- */
/* As people read it: choices by label, days, moments, people by name, "oui"/"yes". False: absent. */
bool sheet_value(const struct sheet_page *page, const json_t *record, const char *name, struct buf *out);
const char *sheet_label(
        const struct sheet_page *page, const json_t *record, const char *name); /* the field's */
/* The values that nobody has chosen among. False: there is no conflict. */
bool sheet_conflict(struct sheet_page *page, const json_t *record, const char *name, struct buf *out);
void sheet_person(const struct sheet_page *page, const char *person, struct buf *out);
int64_t sheet_day(const char *text); /* "2026-03-05...", in days; INT64_MIN: none */

/* ---- Pieces of the page ---- */
void sheet_heading(struct sheet_page *page, const char *fr, const char *en);
/* A row of a table: the field's label and value, marked when in conflict; nothing when absent. */
void sheet_row(struct sheet_page *page, const json_t *record, const char *name);
/* Values of several fields, one after the other, ", " between. */
void sheet_joined(struct sheet_page *page, const json_t *record, const char *const *names, struct buf *out);

/* Ends a list that has `count` items; when it has none, says so. */
void sheet_end_list(struct sheet_page *page, size_t count);

/* The records of a kind that count. Owner decrefs. */
json_t *sheet_of_kind(const struct sheet_page *page, const char *kind);
/* <tag> with what is said, unless that is nothing; empties it. */
void sheet_item(struct sheet_page *page, struct buf *said, const char *tag);
void sheet_begin_list(struct sheet_page *page);
/* " (05/03/2026 08:00, Léa Morvan)" */
void sheet_when_who(const struct sheet_page *page, const json_t *record, struct buf *out);

/* ---- Sections; each says so when there is nothing ---- */
void sheet_identity(struct sheet_page *page);
void sheet_alerts(struct sheet_page *page);
void sheet_partners(struct sheet_page *page);
void sheet_problems(struct sheet_page *page, bool with_course);
void sheet_plan(struct sheet_page *page);
void sheet_goals(struct sheet_page *page);
void sheet_treatments(struct sheet_page *page);
void sheet_vitals(struct sheet_page *page, bool with_trend);
void sheet_wounds(struct sheet_page *page, bool with_course);
void sheet_transmissions(struct sheet_page *page);
void sheet_visits(struct sheet_page *page);
void sheet_consents(struct sheet_page *page);
void sheet_foot(struct sheet_page *page);

#endif
