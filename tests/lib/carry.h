/*
 * tests/lib/carry.h - three nurses' devices that never meet: their logs are carried from one to another by hand, as a stick would, so that the order
 * of arrival is the test's (tests/lib/team.h).
 */
#ifndef TESTS_LIB_CARRY_H
#define TESTS_LIB_CARRY_H

#include "tests/lib/team.h"

enum { ANNA, LEA, ZOE };

/* Three nurses who manage, and know one patient; then all part. */
void carry_open_team(struct team *team);

/* Anna and Léa, nurses who manage, and Zoé in another role; all have met, and parted. */
void carry_open_with(struct team *team, uint8_t role);

struct device_id carry_device(const struct team *team, int who);
struct person_id carry_person(const struct team *team, int who); /* as Anna knows it */
bool carry_is_of(const struct log_feed *feed, const struct device *author,
        enum compartment compartment); /* compartment 0: any */

/* What `from` holds of `author` (NULL: of all) in one compartment (0: in all). */
void carry(struct team *team, struct device *from, struct device *to, const struct device *author,
        enum compartment compartment);
void carry_keys(struct device *from, struct device *to); /* rows of state */
void carry_all(struct team *team, struct device *from, struct device *to);

#endif
