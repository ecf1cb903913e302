/*
 * node/patient/alike.h - of many patients, which two are perhaps one person: found at once, and kept while some of them change (README.md, "Duplicates").
 *
 * Every pair that is PATIENT_POSSIBLE at least and whose members share an INS, a phone, a date of birth (day and month exchanged or not), or words that sound alike of both names: which is
 * not all pairs compared. A key that more than LIMIT_DUPLICATE_KEY patients share (a team's own phone) is left out. Patients are named by places, as whoever asks numbers them.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_PATIENT_ALIKE_H
#define NODE_PATIENT_ALIKE_H

#include "node/patient/duplicates.h"

struct patient_pair_found {
	uint32_t first, second; /* places, first < second */
	struct patient_match match;
};

/* Zero-initialized is of nobody. Owner calls patient_alike_close(). */
struct patient_key;
struct patient_alike {
	struct patient_key *keys; /* ascending */
	struct patient_pair_found *pairs; /* ascending by places */
	uint32_t key_count, pair_count, pair_room;
};
void patient_alike_close(struct patient_alike *alike);

/* Who somebody is; NULL: nobody any more. */
struct patient_alike_one {
	uint32_t place;
	const struct patient_who *who;
};

/* Of everybody, ascending by place. */
void patient_alike_make(struct patient_alike *alike, const struct patient_alike_one *all, uint32_t count);

/* Who stands at a place that did not change. False: nothing is known any more. */
typedef bool (*patient_alike_who)(void *context, uint32_t place, struct patient_who *out);

/* Some are other ones than before, have come, or are gone; ascending by place, each once. The same as patient_alike_make() of everybody as they are now. False: it has to be made. */
bool patient_alike_change(struct patient_alike *alike, const struct patient_alike_one *changes,
        uint32_t count, patient_alike_who who_of, void *context);

/* Files, by their ids. */
struct patient_alike_pair {
	struct record_id low, high;
	struct patient_match match;
};

/* The likest first, then by the ids: the same on every device. At most `max`; *count says how many. Owner frees with mem_free(). */
struct patient_alike_pair *patient_alike_best(const struct patient_alike *alike,
        const struct record_id *(*id_of)(const void *context, uint32_t place), const void *context,
        uint32_t max, uint32_t *count);

#endif
