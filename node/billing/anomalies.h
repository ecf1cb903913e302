/*
 * node/billing/anomalies.h - what a nurse should look at before a month is closed (README.md, section 5).
 *
 * Most are warnings; some stop the closing (billing_anomaly_stops()). Pure; the list does not depend on the order of the visits.
 */
#ifndef NODE_BILLING_ANOMALIES_H
#define NODE_BILLING_ANOMALIES_H

#include "node/billing/billing.h"

/* number, name, French, English */
#define BILLING_ANOMALY_TABLE(X) \
	X(1, NURSE_OVERLAP, "Une infirmière a deux visites au même moment.", \
	        "A nurse has two visits at the same time.") \
	X(2, PATIENT_OVERLAP, "Deux infirmières chez le même patient, sans passage en binôme.", \
	        "Two nurses at the same patient, not marked as doubled.") \
	X(3, LONG, "La visite dure plus de 3 heures.", "The visit lasts more than 3 hours.") \
	X(4, SHORT, "La visite dure moins d'une minute.", "The visit lasts less than a minute.") \
	X(5, NO_IDENTITY, "Le patient n'a pas de matricule INS.", "The patient has no INS number.") \
	X(6, NO_PRESCRIPTION, "Pas de prescription valable ce jour-là.", \
	        "No prescription valid on that day.") \
	X(7, OTHER_FUNDING, "Le même soin est financé autrement.", "The same care is funded elsewhere.") \
	X(8, RUNNING, "La visite n'est pas terminée.", "The visit is still running.") \
	X(9, NO_RATE, "Aucun tarif ne vaut pour cette visite.", "No rate is valid for this visit.") \
	X(10, NOT_HEARD, "Un appareil n'a pas été entendu depuis la fin du mois.", \
	        "A device has not been heard since the end of the month.") \
	X(11, NEGATIVE, "La visite finit avant de commencer.", "The visit ends before it begins.") \
	X(12, TOO_LONG, "La visite dure plus de 24 heures.", "The visit lasts more than 24 hours.") \
	X(13, FUTURE, "La visite est dans le futur.", "The visit is in the future.") \
	X(14, TWO_RATES, "Deux tarifs commencent le même jour pour cette visite.", \
	        "Two rate tables begin on one day for this visit.") \
	X(15, DISPUTED, "Les infirmières ne s'accordent pas sur les dossiers réunis de ce patient.", \
	        "The nurses disagree about the joined files of this patient.") \
	X(16, BELOW_MINIMUM, "La visite est plus courte que le minimum du tarif : elle n'est pas facturée.", \
	        "The visit is shorter than the rate table's minimum: it is not billed.") \
	X(17, NOT_OVER, "Le mois n'est pas terminé.", "The month is not over.")

enum billing_anomaly_kind {
#define BILLING_ANOMALY_ENUM(number, name, fr, en) BILLING_ANOMALY_##name = number,
	BILLING_ANOMALY_TABLE(BILLING_ANOMALY_ENUM)
#undef BILLING_ANOMALY_ENUM
};

struct billing_anomaly {
	enum billing_anomaly_kind kind;
	struct record_id visit, other; /* other: of an overlap; visit is zero for a device */
	struct device_id device; /* NOT_HEARD */
};

/* Those without which a month is not closed: visits that cannot be, no rate, two rates. */
bool billing_anomaly_stops(enum billing_anomaly_kind kind);

/* The anomalies of the visits of input->month that are billable and not cancelled, and of input->heard, which has a row for every
 * device of the team. Ascending by kind, visit, other, device; from the arena. ERR_TOOBIG: over LIMIT_LOT_LINES of them. */
int billing_anomalies(const struct billing_input *input, struct arena *arena, struct billing_anomaly **out,
        uint32_t *count);

const char *billing_anomaly_sentence(enum billing_anomaly_kind kind, bool french);

#endif
