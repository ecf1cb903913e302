/*
 * node/billing/patients.h - visits of files that nurses joined are one patient's (node/patient/README.md, "Joined files").
 *
 * A visit that an earlier lot billed stays under the patient it was billed for: that two files were joined changes no line. All others stand under the patient's
 * file. Pure.
 */
#ifndef NODE_BILLING_PATIENTS_H
#define NODE_BILLING_PATIENTS_H

#include "node/billing/billing.h"

struct billing_patients {
	/* Whose patient a file is, by what was decided within the lot's frontier. False: it is joined with no other. */
	bool (*patient_of)(void *context, const struct record_id *file, struct record_id *patient);
	/* BILLING_ALD, BILLING_NO_IDENTITY of a patient, whatever number of files. */
	uint32_t (*flags_of)(void *context, const struct record_id *patient);
	void *context;
};

/* Set the patients of `visits`, and the flags of those that were not billed yet; ascending by patient and id again. Where lots of two holders billed
 * one visit for different patients, that of the earlier month, then of the lower fence, then of the lower hash counts. */
void billing_visits_of_patients(struct billing_visit *visits, uint32_t count,
        const struct billing_previous *previous, uint32_t previous_count,
        const struct billing_patients *patients);

#endif
