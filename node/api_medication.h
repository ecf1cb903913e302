/*
 * node/api_medication.h - what other handlers ask about medication.
 */
#ifndef NODE_API_MEDICATION_H
#define NODE_API_MEDICATION_H

#include "node/api_node.h"

struct patient_group;
struct work_facts;

/* What all files of a patient say together, for the list of work. Errors of node_shown(). */
int api_medication_work(struct api_node *app, const struct patient_group *group, struct work_facts *out);

/* A dose that is about to be saved in this dossier: the alarms that it raises (node/medication/README.md), over all files of the patient, are warnings, since it is saved all the same.
 * `corrects`: the dose that it corrects, or NULL. Other kinds are not looked at. Reads: borrowed documents are not valid any more. */
void api_dose_warn(struct api_node *app, const struct record_id *dossier, const struct schema_record *record,
        const struct op_id *corrects, struct schema_report *report);

#endif
