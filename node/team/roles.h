/*
 * node/team/roles.h - who may do what: one table, role x compartment (DESIGN.md section 5).
 *
 * Pure data. Membership (node/team/membership.h) says which role a device has at a state; here is what that allows.
 */
#ifndef NODE_TEAM_ROLES_H
#define NODE_TEAM_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "store/entry.h"

/* The numbers stand in invite, admit and role bodies. */
enum team_role {
	TEAM_ROLE_NONE = 0,
	TEAM_ROLE_NURSE = 1,
	TEAM_ROLE_BILLING =
	        2, /* a nurse's device that holds the billing lease; never given by an invitation */
	TEAM_ROLE_LOCUM = 3,
	TEAM_ROLE_READER = 4,
	TEAM_ROLE_FACILITATOR = 5,
	TEAM_ROLE_RELAY = 6, /* never given by an invitation: its own action */
	TEAM_ROLE_LAST = TEAM_ROLE_RELAY,
};

enum team_level {
	TEAM_LEVEL_NONE = 0,
	TEAM_LEVEL_RELAY = 1, /* stores and forwards ciphertext */
	TEAM_LEVEL_READ =
	        2, /* receives the compartment's epoch keys; dossier and thread secrets narrow it further */
	TEAM_LEVEL_WRITE = 3,
	TEAM_LEVEL_MANAGE = 4,
};

/* What `role` may do in `compartment`. NONE for numbers outside either table. */
enum team_level team_role_level(uint8_t role, uint8_t compartment);

/* May an invitation or a role change give this role? */
bool team_role_invitable(uint8_t role);

/* Does this role carry `manage` over the team, and so count among its people where two signatures are asked? */
bool team_role_manages(uint8_t role);

/* May this role be given the keys of epochs older than its admission? A locum may not. */
bool team_role_has_history(uint8_t role);

/* The role with less power, of two that were given to one person concurrently. */
uint8_t team_role_lesser(uint8_t a, uint8_t b);

/* "nurse", "none" ... Static text, for logs and the command line; screens have their own words. */
const char *team_role_name(uint8_t role);
const char *team_level_name(enum team_level level);

#endif
