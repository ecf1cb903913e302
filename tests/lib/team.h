/*
 * tests/lib/team.h - up to five devices over sockets on loopback that make a team (tests/lib/device.h), and the few steps of which
 * stories about them are told.
 */
#ifndef TESTS_LIB_TEAM_H
#define TESTS_LIB_TEAM_H

#include "node/schema/schema.h"
#include "tests/lib/device.h"

struct team {
	uv_loop_t loop;
	struct device devices[5]; /* those below `count` are open */
	int count;
};

/* The field that most stories are about: the name of one patient. */
enum { TEAM_DOSSIER = SCHEMA_DOC_DOSSIER, TEAM_SECTION = 2, TEAM_NAME = 1 };
extern const struct record_id team_patient;

void team_open(struct team *team, int count);
void team_close(struct team *team);

/* The first device founds the team. */
void team_found(struct team *team);

/* `guest` joins at `host`; what came of it. */
int team_join(struct team *team, int host, int guest, uint8_t role);

/* `relay` is let in as a blind box, and has met `nurse`. */
void team_admit_relay(struct team *team, int nurse, int relay);

/* What pairing_start() calls, with an int that is 1 before; and its condition. */
void team_joined(void *context, int result);
bool team_has_result(void *context);

void team_meet(struct team *team, int from, int to);

/* A team of `count` devices of which the first two met, exchanged everything and parted; the other devices are in no team yet. */
void team_open_two_apart(struct team *team, int count);

/* For devices_run(), whose context is the team: all that was written is durable; and it is everywhere; or with the first two. */
bool team_saved(void *context);
bool team_equal(void *context);
bool team_first_two_equal(void *context);

bool team_same_heads(struct device *a, struct device *b);

/* How many values that name has at a device, and, unless it is NULL, the first of them. */
void team_check_name(struct device *device, uint32_t count, const char *name);

#endif
