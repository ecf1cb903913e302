/*
 * Joined files (node/patient/links.h): devices decide about pairs of files, each by what it knows, and come to know of each other's decisions in any
 * order, also by halves; one of them is given chosen dossiers. Laws: the groups are a function of the set; the nurse who knows all and decides is obeyed; nobody's half
 * joins; no group holds two files of which somebody says that they are different; what is proposed changes no group.
 */
#include <stdio.h>
#include <string.h>

#include "node/patient/links.h"
#include "tests/prop/prop.h"

enum { FILES = 5, DEVICES = 3, LOCUM = 2, STEPS = 24, LINKS = 2 * STEPS + 2 + FILES * FILES };

struct device {
	struct patient_link links[LINKS];
	uint32_t count;
};

struct world {
	struct device all, devices[DEVICES];
	uint32_t decided;
};

static struct record_id file_id(uint32_t number)
{
	struct record_id id = {{(uint8_t)(7 * number % FILES), (uint8_t)number}};
	return id;
}

static void learn(struct device *device, const struct patient_link *link)
{
	for (uint32_t i = 0; i < device->count; i++)
		if (record_id_eq(&device->links[i].id, &link->id) &&
		        record_id_eq(&device->links[i].file, &link->file))
			return;
	device->links[device->count++] = *link;
}

static void follow(struct patient_link *link, const struct device *device)
{
	struct record_id heads[LIMIT_LINK_FOLLOWS];
	link->follow_count = patient_pair_heads(
	        device->links, device->count, &link->file, &link->other, heads);
	for (uint32_t i = 0; i < link->follow_count; i++)
		memcpy(link->follows[i], heads[i].bytes, SCHEMA_SHORT_BYTES);
}

static void decide(struct world *world, struct device *device, uint32_t a, uint32_t b,
        enum patient_decision decision, bool by_half)
{
	struct patient_link link = {.file = file_id(a),
	        .other = file_id(b),
	        .decision = decision,
	        .is_proposed = device == &world->devices[LOCUM]};
	world->decided++;
	link.id.bytes[0] = (uint8_t)(world->decided * 37);
	link.id.bytes[1] = (uint8_t)world->decided;
	follow(&link, device);
	learn(device, &link);
	learn(&world->all, &link);
	if (by_half)
		return;
	struct record_id file = link.file;
	link.file = link.other;
	link.other = file;
	learn(device, &link);
	learn(&world->all, &link);
}

/* One learns what the other knows, or some of it: entries of two dossiers come one after the other. */
static void tell(struct prop *prop, const struct device *from, struct device *to)
{
	for (uint32_t i = 0; i < from->count; i++)
		if (!prop_chance(prop, 30))
			learn(to, &from->links[i]);
}

static void draw_two(struct prop *prop, uint32_t *a, uint32_t *b)
{
	*a = prop_below(prop, FILES);
	*b = (*a + 1 + prop_below(prop, FILES - 1)) % FILES;
}

static void live(struct prop *prop, struct world *world)
{
	uint32_t steps = prop_below(prop, STEPS);
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t a, b, who = prop_below(prop, DEVICES);
		if (prop_chance(prop, 30)) {
			tell(prop, &world->devices[prop_below(prop, DEVICES)], &world->devices[who]);
			continue;
		}
		draw_two(prop, &a, &b);
		decide(world, &world->devices[who], a, b, (enum patient_decision)(1 + prop_below(prop, 3)),
		        prop_chance(prop, 10));
		prop_edit(prop);
	}
}

static void shuffle(struct prop *prop, struct device *device)
{
	for (uint32_t i = device->count; i > 1; i--) {
		uint32_t j = prop_below(prop, i);
		struct patient_link link = device->links[i - 1];
		device->links[i - 1] = device->links[j];
		device->links[j] = link;
	}
}

static bool same_groups(const struct patient_groups *a, const struct patient_groups *b)
{
	for (uint32_t i = 0; i < FILES; i++) {
		struct record_id file = file_id(i), x = patient_groups_main(a, &file),
		                 y = patient_groups_main(b, &file);
		if (!record_id_eq(&x, &y))
			return false;
	}
	return true;
}

static bool same_in_any_order(struct prop *prop)
{
	struct world world = {0};
	struct patient_groups before, after;
	live(prop, &world);
	patient_groups_make(world.all.links, world.all.count, &before);
	shuffle(prop, &world.all);
	patient_groups_make(world.all.links, world.all.count, &after);
	bool holds = same_groups(&before, &after);
	patient_groups_close(&before);
	patient_groups_close(&after);
	return holds || prop_fail(prop, "the groups depend on the order");
}

static bool is_joined(const struct device *device, uint32_t a, uint32_t b)
{
	struct patient_groups groups;
	struct record_id x = file_id(a), y = file_id(b);
	patient_groups_make(device->links, device->count, &groups);
	struct record_id main_x = patient_groups_main(&groups, &x), main_y = patient_groups_main(&groups, &y);
	patient_groups_close(&groups);
	return record_id_eq(&main_x, &main_y);
}

/* Who knows everything and decides has the last word about those two; undone everywhere, every file is by itself again. */
static bool the_last_word_holds(struct prop *prop)
{
	struct world world = {0};
	uint32_t a, b;
	live(prop, &world);
	draw_two(prop, &a, &b);
	struct record_id x = file_id(a), y = file_id(b);
	decide(&world, &world.all, a, b, PATIENT_SAME, false);
	if (patient_pair_of(world.all.links, world.all.count, &x, &y) != PATIENT_PAIR_JOINED)
		return prop_fail(prop, "joined, and it is not");
	for (uint32_t i = 0; i < FILES; i++)
		for (uint32_t j = i + 1; j < FILES; j++)
			decide(&world, &world.all, i, j, PATIENT_UNDONE, true);
	for (uint32_t i = 0; i < FILES; i++)
		for (uint32_t j = i + 1; j < FILES; j++)
			if (is_joined(&world.all, i, j))
				return prop_fail(prop, "everything is undone, and files are joined");
	return true;
}

static bool nobody_joins_what_differs(struct prop *prop)
{
	struct world world = {0};
	live(prop, &world);
	for (uint32_t i = 0; i < FILES; i++)
		for (uint32_t j = i + 1; j < FILES; j++) {
			struct record_id x = file_id(i), y = file_id(j);
			enum patient_pair_state state = patient_pair_of(
			        world.all.links, world.all.count, &x, &y);
			if ((state == PATIENT_PAIR_DIFFERENT || state == PATIENT_PAIR_DISPUTED) &&
			        is_joined(&world.all, i, j))
				return prop_fail(prop, "different, and in one group");
		}
	return true;
}

/* Of every decision the half in the dossier with the lower id alone: nothing is joined. */
static bool a_half_joins_nothing(struct prop *prop)
{
	struct world world = {0};
	struct device half = {0};
	live(prop, &world);
	for (uint32_t i = 0; i < world.all.count; i++)
		if (record_id_cmp(&world.all.links[i].file, &world.all.links[i].other) < 0)
			learn(&half, &world.all.links[i]);
	for (uint32_t i = 0; i < FILES; i++)
		for (uint32_t j = i + 1; j < FILES; j++)
			if (is_joined(&half, i, j))
				return prop_fail(prop, "joined by a half");
	return true;
}

/* Without the joinings that were proposed the groups are the same; and a locum alone joins nothing. */
static bool a_proposal_changes_nothing(struct prop *prop)
{
	struct world world = {0};
	struct device without = {0}, locum = {0};
	struct patient_groups before, after, alone;
	live(prop, &world);
	for (uint32_t i = 0; i < world.all.count; i++) {
		const struct patient_link *link = &world.all.links[i];
		if (!link->is_proposed || link->decision != PATIENT_SAME)
			learn(&without, link);
		if (link->is_proposed)
			learn(&locum, link);
	}
	patient_groups_make(world.all.links, world.all.count, &before);
	patient_groups_make(without.links, without.count, &after);
	patient_groups_make(locum.links, locum.count, &alone);
	bool holds = same_groups(&before, &after);
	for (uint32_t i = 0; holds && i < FILES; i++) {
		const struct record_id file = file_id(i);
		holds = !patient_groups_is_joined(&alone, &file);
	}
	patient_groups_close(&before);
	patient_groups_close(&after);
	patient_groups_close(&alone);
	return holds || prop_fail(prop, "a proposal has an effect");
}

int main(void)
{
	return prop_holds("joined files: any order", same_in_any_order, 3000) &&
	                prop_holds("joined files: the last word", the_last_word_holds, 1000) &&
	                prop_holds("joined files: never what differs", nobody_joins_what_differs, 1000) &&
	                prop_holds("joined files: halves", a_half_joins_nothing, 1000) &&
	                prop_holds("joined files: proposals", a_proposal_changes_nothing, 3000)
	        ? 0
	        : 1;
}
