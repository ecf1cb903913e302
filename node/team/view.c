#include "node/team/view.h"

#include <assert.h>
#include <stdlib.h>

struct team_view *team_view_new(uint32_t status_count)
{
	struct team_view *view = mem_zero(1, sizeof(*view));
	view->discovery_node = TEAM_NODE_NONE;
	view->lease.node = TEAM_NODE_NONE;
	view->status = mem_zero(status_count, 1);
	view->status_count = status_count;
	return view;
}

static void *copy_rows(const void *rows, uint32_t count, uint32_t *capacity, size_t size)
{
	*capacity = count;
	return count ? mem_copy(rows, count * size) : NULL;
}

#define COPY_ROWS(view, rows, count, capacity) \
	((view)->rows = copy_rows((view)->rows, (view)->count, &(view)->capacity, sizeof(*(view)->rows)))

struct team_view *team_view_copy(const struct team_view *view, uint32_t status_count)
{
	assert(status_count >= view->status_count);
	struct team_view *copy = mem_copy(view, sizeof(*view));
	COPY_ROWS(copy, devices, device_count, device_capacity);
	COPY_ROWS(copy, people, person_count, person_capacity);
	COPY_ROWS(copy, invitations, invitation_count, invitation_capacity);
	COPY_ROWS(copy, epochs, epoch_count, epoch_capacity);
	COPY_ROWS(copy, grants, grant_count, grant_capacity);
	COPY_ROWS(copy, leases, lease_count, lease_capacity);
	COPY_ROWS(copy, words, word_count, word_capacity);
	COPY_ROWS(copy, removals, removal_count, removal_capacity);
	COPY_ROWS(copy, role_cuts, role_cut_count, role_cut_capacity);
	COPY_ROWS(copy, proposals, proposal_count, proposal_capacity);
	copy->status = mem_zero(status_count, 1);
	memcpy(copy->status, view->status, view->status_count);
	copy->status_count = status_count;
	return copy;
}

void team_view_free(struct team_view *view)
{
	if (!view)
		return;
	mem_free(view->devices);
	mem_free(view->people);
	mem_free(view->invitations);
	mem_free(view->epochs);
	mem_free(view->grants);
	mem_free(view->leases);
	mem_free(view->words);
	mem_free(view->removals);
	mem_free(view->role_cuts);
	mem_free(view->proposals);
	mem_free(view->status);
	mem_free(view);
}

const struct team_device *team_view_device(const struct team_view *view, const struct device_id *device)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (device_id_eq(&view->devices[i].id, device))
			return &view->devices[i];
	return NULL;
}

const struct team_person *team_view_person(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->person_count; i++)
		if (person_id_eq(&view->people[i].id, person))
			return &view->people[i];
	return NULL;
}

const struct team_invitation_row *team_view_invitation(
        const struct team_view *view, const struct entry_hash *invite)
{
	for (uint32_t i = 0; i < view->invitation_count; i++)
		if (entry_hash_eq(&view->invitations[i].hash, invite))
			return &view->invitations[i];
	return NULL;
}

const struct team_epoch_row *team_view_epoch(const struct team_view *view, const struct epoch_id *epoch)
{
	for (uint32_t i = 0; i < view->epoch_count; i++)
		if (epoch_id_eq(&view->epochs[i].id, epoch))
			return &view->epochs[i];
	return NULL;
}

static uint8_t role_of(const struct team_view *view, const struct team_device *device)
{
	if (device->state != TEAM_DEVICE_ACTIVE)
		return TEAM_ROLE_NONE;
	if (device->relay)
		return TEAM_ROLE_RELAY;
	const struct team_person *person = team_view_person(view, &device->person);
	uint8_t role = person ? person->role : TEAM_ROLE_NONE;
	bool holder = view->lease.held && device_id_eq(&view->lease.holder, &device->id);
	return role == TEAM_ROLE_NURSE && holder && device->endorsed ? TEAM_ROLE_BILLING : role;
}

static enum team_level level_of(
        const struct team_view *view, const struct team_device *device, uint8_t compartment)
{
	enum team_level level = team_role_level(role_of(view, device), compartment);
	return level == TEAM_LEVEL_MANAGE && !device->endorsed ? TEAM_LEVEL_WRITE : level;
}

uint8_t team_view_role(const struct team_view *view, const struct device_id *device)
{
	const struct team_device *row = team_view_device(view, device);
	return row ? role_of(view, row) : TEAM_ROLE_NONE;
}

enum team_level team_view_level(
        const struct team_view *view, const struct device_id *device, uint8_t compartment)
{
	const struct team_device *row = team_view_device(view, device);
	return row ? level_of(view, row, compartment) : TEAM_LEVEL_NONE;
}

bool team_view_manages(const struct team_view *view, const struct device_id *device)
{
	return team_view_level(view, device, COMPARTMENT_MEMBERSHIP) == TEAM_LEVEL_MANAGE;
}

static bool has_device(const struct team_view *view, const struct person_id *person)
{
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state < TEAM_DEVICE_REMOVED)
			return true;
	return false;
}

uint32_t team_view_people(const struct team_view *view, const struct person_id *except)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		if (except && person_id_eq(&person->id, except))
			continue;
		if (team_role_manages(person->role) && has_device(view, &person->id))
			count++;
	}
	return count;
}

static int by_device(const void *a, const void *b)
{
	return device_id_cmp(a, b);
}

uint32_t team_view_recipients(
        const struct team_view *view, uint8_t compartment, struct device_id *out, uint32_t max)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		enum team_level least = compartment == COMPARTMENT_MEMBERSHIP ? TEAM_LEVEL_RELAY
		                                                              : TEAM_LEVEL_READ;
		if (level_of(view, device, compartment) < least)
			continue;
		if (count < max)
			out[count] = device->id;
		count++;
	}
	qsort(out, count < max ? count : max, sizeof(*out), by_device);
	return count;
}

bool team_view_may_hold(const struct team_view *view, const struct team_epoch *epoch, uint32_t node,
        const struct device_id *device)
{
	if (team_role_has_history(team_view_role(view, device)) ||
	        team_action_box(&epoch->recipients, device))
		return true;
	for (uint32_t i = 0; i < view->grant_count; i++)
		if (view->grants[i].source_node == node && device_id_eq(&view->grants[i].device, device))
			return true;
	return false;
}
