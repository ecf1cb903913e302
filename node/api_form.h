/*
 * node/api_form.h - what a request writes into one document: one record, or a form of several, as one change (visit/README.md, section 2).
 *
 * All of it is saved, or nothing: every record is checked before the first is written. Threads: one.
 */
#ifndef NODE_API_FORM_H
#define NODE_API_FORM_H

#include "node/api_node.h"

/* One record of it. */
struct api_form_part {
	const struct schema_kind *kind;
	struct record_id id;
	enum schema_check_mode mode;
	const struct op_id *corrects; /* NULL: nothing; borrowed */
	json_t *json; /* the fields, and "reason", "seen"; borrowed; what goes without saying is put in */
	char path[64]; /* where it stands in the request: "" or "/with/transmission/0" */
	struct record_edit edit; /* set by api_form_write() */
	struct schema_report report;
};

struct api_form {
	struct record_id doc_id;
	struct api_form_part *parts; /* on the heap */
	uint32_t count;
	int status; /* of the reply */
	/* Called once all of it stands in the batch, before that is submitted: what goes with it. May be NULL. */
	void (*written)(struct api_call *call, void *context);
	void *context;
};

/* One more part, zeroed; NULL: LIMIT_FORM_RECORDS are there. `form` was zeroed before the first. */
struct api_form_part *api_form_add(struct api_form *form);
void api_form_close(struct api_form *form);

/* Where the form changes the recurrence of a care-plan item: what it was until yesterday stands in "formerRules", and the new one begins today unless it says "from" (api_plan.c). */
void api_plan_keep_former(struct api_node *app, struct api_form *form);

/* Check and write; replies when it is durable, with the first one's id: {"id", "kind", "changed", "warnings", "records": [{"kind", "id"}]}, or says what was
 * wrong. The parts are all of documents of one kind. */
int api_form_write(struct api_call *call, struct api_form *form);

#endif
