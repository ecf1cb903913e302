/*
 * node/api_planned.h - the planned visit that a visit was started from: what became of it is written with the visit, in the same entry (round/README.md, section 4).
 */
#ifndef NODE_API_PLANNED_H
#define NODE_API_PLANNED_H

#include "node/api_form.h"

/* Where the form is a visit that names a planned one, or an amendment of such a visit that says something else of its outcome, one more part: the planned visit's state, and why where it was not
 * done. *made: its fields, to be decref'd after the form was written; NULL: there is none. False: replied. */
bool api_planned_add(struct api_call *call, struct api_form *form, json_t **made);

#endif
