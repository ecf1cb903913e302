/*
 * node/api_round.h - what the api_round*.c files share: the visits of days, and how they are shown.
 *
 * JSON is the caller's to decref. Threads: one.
 */
#ifndef NODE_API_ROUND_H
#define NODE_API_ROUND_H

#include "node/api_patients.h"
#include "node/round/round_match.h"

/* The visits of one day, planned and taken place. */
struct api_round {
	int64_t day;
	struct round_visits visits; /* in the order of the round */
	struct round_took *took;
	uint32_t took_count;
};

/* What requests need beside: who is away, who asks. */
struct api_round_ask {
	struct api_node *app;
	struct patient_groups groups; /* whose the files are */
	struct arena arena;
	struct round_absence *absences;
	uint32_t absence_count;
	struct round_person self; /* zero: nobody's device */
	bool has_self;
	json_t *people; /* names that were looked up, by the first digits of ids */
	json_t *patients;
};

int api_round_open(struct api_node *app, struct api_round_ask *ask);
void api_round_close(struct api_round_ask *ask);

/* Days `first` to `last`, one after the other, into `rounds`; laid over by what took place. Errors of the store. Each is closed by api_round_free(). */
int api_round_of_days(struct api_round_ask *ask, int64_t first, int64_t last, struct api_round *rounds);
void api_round_free(struct api_round *round);

/* Note that visits of a day were shown. */
void api_round_note(struct api_node *app, int64_t day);

/* The visits of one patient on a day, without what took place. ERR_NOTFOUND. */
int api_round_of_patient(
        struct api_round_ask *ask, const struct record_id *patient, int64_t day, struct round_visits *out);

/* A visit of the index that took place, as corrected. False: it is not readable here, or did not. */
bool api_round_took_of(struct api_round_ask *ask, const struct index_event *event, struct round_took *out);

/* ---- Shown (api_round_show.c) ---- */

/* The moment from which it is missed, over by two hours, unless somebody was there; INT64_MAX: somebody was, or nobody has to be. */
int64_t api_round_missed_s(const struct round_visit *visit);
bool api_round_is_missed(const struct round_visit *visit, int64_t now_s);

/* {"id", "patient", "name", "day", "slot", "part", "at", "state", "marks", "owners", ...}: who, when, whose; nothing else of a dossier. */
json_t *api_round_visit_json(
        struct api_round_ask *ask, const struct round_visit *visit, const struct api_round *round);

/* What whoever goes there needs: address, access, alerts, what is to be done, what was urgent last. Notes that the dossier was opened. */
void api_round_put_details(struct api_round_ask *ask, const struct round_visit *visit, json_t *json);

json_t *api_round_took_json(struct api_round_ask *ask, const struct round_took *took);
json_t *api_round_person_json(struct api_round_ask *ask, const struct round_person *person);
json_t *api_round_day_json(int64_t day);

#endif
