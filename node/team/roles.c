#include "node/team/roles.h"

#define NONE TEAM_LEVEL_NONE
#define RELAY TEAM_LEVEL_RELAY
#define READ TEAM_LEVEL_READ
#define WRITE TEAM_LEVEL_WRITE
#define MANAGE TEAM_LEVEL_MANAGE

struct role_row {
	const char *name;
	bool invitable;
	bool history;
	uint8_t power; /* greater wins more; of two concurrent roles the lesser holds */
	uint8_t level[COMPARTMENT_LAST]; /* membership, team, clinical, billing, aggregate, message */
};

/* Membership bodies are readable to whoever stores them, so its column only tells who may change it. */
/* clang-format off */
static const struct role_row rows[TEAM_ROLE_LAST + 1] = {
	/*                       name           invite history power  membership team    clinical billing aggregate message */
	[TEAM_ROLE_NONE] =        {"none",        false, false, 0, {NONE,   NONE,   NONE,  NONE,  NONE,  NONE}},
	[TEAM_ROLE_NURSE] =       {"nurse",       true,  true,  5, {MANAGE, MANAGE, WRITE, READ,  WRITE, WRITE}},
	[TEAM_ROLE_BILLING] =     {"billing",     false, true,  6, {MANAGE, MANAGE, WRITE, WRITE, WRITE, WRITE}},
	[TEAM_ROLE_LOCUM] =       {"locum",       true,  false, 4, {READ,   READ,   WRITE, NONE,  NONE,  WRITE}},
	[TEAM_ROLE_READER] =      {"reader",      true,  true,  3, {READ,   READ,   READ,  NONE,  READ,  READ}},
	[TEAM_ROLE_FACILITATOR] = {"facilitator", true,  true,  2, {READ,   READ,   NONE,  NONE,  READ,  READ}},
	[TEAM_ROLE_RELAY] =       {"relay",       false, false, 1, {RELAY,  RELAY,  RELAY, RELAY, RELAY, RELAY}},
};
/* clang-format on */

static const struct role_row *row(uint8_t role)
{
	return &rows[role <= TEAM_ROLE_LAST ? role : TEAM_ROLE_NONE];
}

enum team_level team_role_level(uint8_t role, uint8_t compartment)
{
	if (compartment < COMPARTMENT_MEMBERSHIP || compartment > COMPARTMENT_LAST)
		return TEAM_LEVEL_NONE;
	return (enum team_level)row(role)->level[compartment - 1];
}

bool team_role_invitable(uint8_t role)
{
	return row(role)->invitable;
}

bool team_role_manages(uint8_t role)
{
	return team_role_level(role, COMPARTMENT_MEMBERSHIP) == TEAM_LEVEL_MANAGE;
}

bool team_role_has_history(uint8_t role)
{
	return row(role)->history;
}

uint8_t team_role_lesser(uint8_t a, uint8_t b)
{
	return row(a)->power <= row(b)->power ? a : b;
}

const char *team_role_name(uint8_t role)
{
	return row(role)->name;
}

const char *team_level_name(enum team_level level)
{
	static const char *const names[] = {"none", "relay", "read", "write", "manage"};
	return (unsigned)level <= TEAM_LEVEL_MANAGE ? names[level] : names[0];
}
