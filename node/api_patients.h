/*
 * node/api_patients.h - one patient, whatever number of files she has: what handlers share (node/patient/README.md, "Joined files").
 *
 * Files are dossiers. Threads: one.
 */
#ifndef NODE_API_PATIENTS_H
#define NODE_API_PATIENTS_H

#include "node/api_node.h"
#include "node/patient/alike.h"
#include "node/patient/part.h"

/* Decisions that concern a file's group: from the file, those that it is joined with, and those that are named beside them. Owner closes. */
void api_links_around(struct api_node *app, const struct record_id *file, struct patient_links *out);
/* All that are here. */
void api_links_all(struct api_node *app, struct patient_links *out);

/* The groups of all files here. Owner closes. */
void api_groups(struct api_node *app, struct patient_groups *out);

/* The one question that every reader asks: which files are this patient's? Those that are one patient's with this one; of them, as many as are here. Whoever looks at all
 * dossiers asks api_groups() once. tests/api/joined.py asks every request that names a patient by each of her files. */
void api_group_of(struct api_node *app, const struct record_id *file, struct patient_group *out);

/* The patient that the path names first: her files, or with alone=1 of the query the one that is named. False: replied. */
bool api_group_or_reply(struct api_call *call, struct patient_group *out);
/* The same of the first digits of an id that stand elsewhere. */
bool api_group_named_or_reply(struct api_call *call, const char *text, struct patient_group *out);

bool api_group_has(const struct patient_group *group, const struct record_id *file);

/* The file of a group that holds the record or event with this whole id; false: none of them. */
bool api_group_holder(struct api_node *app, const struct patient_group *group, const struct schema_kind *kind,
        const struct record_id *id, struct record_id *file);

/* The documents of a group, in its order; those that cannot be read are left out. How many. Borrowed as node_shown() says. */
uint32_t api_group_docs(struct api_node *app, const struct patient_group *group,
        const struct crdt_doc *docs[LIMIT_JOINED_FILES]);

/* Where new records of this patient go that are written together: to the file that holds what they refer to, else to the first. */
struct record_id api_group_home(struct api_node *app, const struct patient_group *group,
        const struct schema_record *const *records, uint32_t record_count);

/* What the patient takes, as medication_json() says it of all files together: on a day, with the doses from another one on. Owner decrefs; NULL after
 * an error. */
int api_medication_of(struct api_node *app, const struct patient_group *group, int64_t day,
        int64_t doses_from, json_t **out);

/* "patient": whose it is, and "dossier": the file it stands in, where that is another. */
void api_put_patient(struct api_node *app, json_t *json, const struct record_id *file);

/* Is the person whose id begins so a référent (each live value), or in the circle of nurses, by any of a group's files? */
void api_circle_of(struct api_node *app, const struct patient_group *group, struct span person,
        bool *is_referent, bool *is_in_circle);

/* Note that a reply shows what stands in all files of a group. */
void api_note_group(struct api_node *app, const struct patient_group *group);

/* The events of one kind in a group's files, newest first; *count of them. Owner frees with mem_free(). */
struct api_group_event {
	struct crdt_event event;
	struct record_id file;
};
struct api_group_event *api_group_events(
        struct api_node *app, const struct patient_group *group, uint32_t kind, uint32_t *count);

/* The records of one kind that a group's files hold, at most `limit`: events newest first, each with its "dossier" where there are several. None
 * of a kind that the table does not have (NULL). Owner decrefs. */
json_t *api_group_parts(struct api_node *app, const struct patient_group *group,
        const struct schema_kind *kind, uint32_t limit);

/* What a group is, beside the patient's record: {"files": [{"id", "lastName", "firstName", "birthName", "birthDate"}], "contradicted"}; NULL: one file, and
 * nothing to say of it. Owner decrefs. */
json_t *api_group_json(struct api_node *app, const struct patient_group *group);

/* The other files of the same patient, each as api_file_names(): to be named wherever something is done to one file alone. Owner decrefs. */
json_t *api_group_others(struct api_node *app, const struct record_id *file);

/* Who they are, of every file here, archived ones too; *count of them. Owner frees with mem_free(). */
struct patient_who *api_all_who(struct api_node *app, uint32_t *count);

/* Of pairs that are alike, the likest first, those that nobody decided about: what is disputed is not among them. *count of them. Owner frees with mem_free(). */
enum { API_PAIRS_MAX = 500 }; /* that anybody is shown */
struct patient_alike_pair *api_undecided_pairs(const struct patient_links *links,
        const struct patient_alike_pair *alike, uint32_t alike_count, uint32_t *count);

/* Which files are alike, kept while few of them change. Zero-initialized knows nothing. */
struct api_duplicates {
	struct api_duplicates_file {
		struct record_id id;
		uint64_t stamp, who; /* of its digest; of the part that says who it is; 0: nobody */
	} * files; /* by number */
	uint32_t *changed; /* numbers of those who are other ones, ascending */
	uint32_t count, room, changed_count, changed_room;
	struct patient_alike alike;
	bool is_known;
};
void api_duplicates_forget(struct api_duplicates *kept);

/* Facts about pairs of files that are perhaps one person's, each given to `keep`, which takes them, with the file it stands beside. */
struct work_facts;
void api_duplicates_work(struct api_node *app, struct api_duplicates *kept,
        void (*keep)(void *context, struct work_facts *facts, const struct record_id *file), void *context);

/* Facts about who is given some of a patient's files and not all, likewise. */
void api_partly_shared_work(struct api_node *app, const struct patient_groups *groups,
        void (*keep)(void *context, struct work_facts *facts, const struct record_id *file), void *context);

/* The names in a file's head. Owner decrefs. */
json_t *api_file_names(struct api_node *app, const struct record_id *file);

/* True after a refusal was replied: the new patient is likely one that is here already, and the request does not say "anyway". Takes that member from
 * the request. */
bool api_refused_duplicate(struct api_call *call);
/* The same of another object than the call's JSON. */
bool api_refused_duplicate_of(struct api_call *call, json_t *json);

#endif
