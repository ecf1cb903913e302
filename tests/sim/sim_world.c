#include "tests/sim/sim_early.h"
#include "tests/sim/sim_world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "crdt/base/err.h"
#include "tests/sim/sim_act.h"
#include "tests/sim/sim_bill.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_guest.h"
#include "tests/sim/sim_meeting.h"
#include "tests/sim/sim_order.h"
#include "tests/sim/sim_photo.h"
#include "tests/sim/sim_rogue.h"
#include "tests/sim/sim_trust_check.h"

enum {
	STORM_MS = 30000, /* the first part */
	CALM_MS = 180000, /* it must have come to rest after that */
	CALM_STEP_MS = 500,
	MEETING_MS = 200000, /* a device waits for others half a minute, and does not sign again at once */
	EARLY_MISSING = 16, /* teams are so small */
	ACT_MIN_MS = 200,
	ACT_MAX_MS = 2500,
	WEATHER_MIN_MS = 300,
	WEATHER_MAX_MS = 3000,
};

static const int64_t MINUTE_MS = 60000, YEAR_MS = INT64_C(31557600000);

const char *sim_trouble_name(unsigned bit)
{
	static const char *const names[SIM_TROUBLES] = {"breaks", "partitions", "crashes", "clocks", "disk",
	        "restores", "slow", "roles", "rogues", "backdates", "removals", "erasures", "locums", "cases",
	        "relays", "locks", "devices", "bundles", "rows", "photos", "floods", "early"};
	return bit < SIM_TROUBLES ? names[bit] : "unknown";
}

/* --- Saying what happens ------------------------------------------------------------------------------------------------- */

void sim_trace(const struct sim_world *world, const char *format, ...)
{
	va_list arguments;
	if (!world->trace)
		return;
	printf("%9.3f #%-7llu ", (double)world->time.now_ms / 1000,
	        (unsigned long long)world->time.event_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

void sim_fail(struct sim_world *world, const char *format, ...)
{
	char text[200];
	va_list arguments;
	if (world->failed)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(world->failure, sizeof(world->failure), "step %llu (%.3f s): %s",
	        (unsigned long long)world->time.event_count, (double)world->time.now_ms / 1000, text);
	world->failed = true;
	sim_trace(world, "BROKEN %s", text);
}

/* --- Weather --------------------------------------------------------------------------------------------------------------- */

static void set_network(struct sim_world *world)
{
	bool slow = (world->troubles & SIM_SLOW) && !world->calm,
	     breaks = (world->troubles & SIM_BREAKS) && !world->calm;
	struct sim_net_faults faults = {.latency_min_ms = 1,
	        .latency_max_ms = slow ? 900 : 20,
	        .bytes_per_ms = slow ? 20 : 1000,
	        .split_per_mille = 100,
	        .break_per_mille = breaks ? 10 : 0,
	        .lost_attempt_per_mille = breaks ? 100 : 0,
	        .double_attempt_per_mille = breaks ? 100 : 0};
	sim_net_set_faults(world->net, &faults);
}

static void set_disks(struct sim_world *world)
{
	bool crashes = (world->troubles & SIM_CRASHES) && !world->calm,
	     disk = (world->troubles & SIM_DISK) && !world->calm;
	for (uint32_t i = 0; i < world->member_count; i++)
		world->members[i].device.faults = (struct sim_device_faults){.commit_min_ms = 1,
		        .commit_max_ms = (world->troubles & SIM_SLOW) && !world->calm ? 200 : 10,
		        .crash_before_commit = crashes ? 10 : 0,
		        .crash_after_commit = crashes ? 10 : 0,
		        .uncertain_commit = disk ? 15 : 0,
		        .no_space = disk ? 15 : 0,
		        .crash_new_file = crashes ? 500 : 0};
}

/* Two sides that do not hear each other, or everybody together again. */
static void part(struct sim_world *world, bool parted)
{
	uint64_t side = parted ? rng_u64(&world->rng) : 0;
	for (uint32_t a = 0; a < world->member_count; a++)
		for (uint32_t b = 0; b < a; b++)
			sim_net_part(world->net, a, b, ((side >> a) & 1) != ((side >> b) & 1));
	sim_trace(world, "parted: %x", (unsigned)(side & ((1u << world->member_count) - 1)));
}

static int64_t wrong_by_ms(struct rng *rng)
{
	int64_t size = rng_chance(rng, 500) ? (int64_t)rng_below(rng, (uint64_t)(60 * MINUTE_MS))
	                                    : (int64_t)rng_below(rng, (uint64_t)(10 * YEAR_MS));
	return rng_chance(rng, 500) ? size : -size;
}

/* One that this device knows, other than itself. */
static const struct sim_member *known_nurse(const struct sim_member *member)
{
	const struct team_view *view = node_view(member->device.node);
	for (uint32_t i = 0; view && i < member->world->member_count; i++) {
		const struct sim_member *other = &member->world->members[i];
		if (other != member && other->role == TEAM_ROLE_NURSE &&
		        team_view_level(view, &other->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE)
			return other;
	}
	return NULL;
}

/* She has heard of all whom this device may have admitted since, and so brings them back to it. */
static bool knows_all_of(const struct sim_member *nurse, const struct sim_member *member)
{
	const struct team_view *view = node_view(member->device.node),
	                       *hers = nurse->device.up ? node_view(nurse->device.node) : NULL;
	for (uint32_t i = 0; hers && view && i < view->device_count; i++)
		if (!team_view_device(hers, &view->devices[i].id))
			return false;
	return hers != NULL;
}

static void copy_database(struct sim_world *world, struct sim_member *member)
{
	sim_device_backup(&member->device, &member->backup);
	world->events.backups++;
	member->backup_beside = member->device.beside;
	member->backup_nurse = node_idle(member->device.node) ? known_nurse(member) : NULL;
	for (struct sim_save *save = world->saves; save; save = save->next)
		if (save->member == member->device.number)
			save->copied = save->acknowledged;
}

/* Somebody whose device hands secrets out holds it, and can read it: whoever lost it gets it back. */
static bool reached_nurse(struct sim_world *world, const struct sim_save *save)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		const struct sim_member *member = &world->members[i];
		if (member->role == TEAM_ROLE_NURSE && member->device.up && !sim_is_out(member) &&
		        member->device.number != save->member && sim_check_holds(member->device.node, save) &&
		        sim_check_shows(member->device.node, save))
			return true;
	}
	return false;
}

/* Known limits (node/peers.c): a device talks to members that it knows only, so that whom it admitted since the copy was taken
 * it hears of through a nurse only whom it knew by then; and only who writes in dossiers hands their secrets out, so that those that nobody but readers holds are not
 * given back to who made them. Copies are put back where such a nurse has heard of all.
 *
 * What was saved since the copy was taken may be lost, as far as no colleague received it. */
static void restore_database(struct sim_world *world, struct sim_member *member)
{
	/* Put back together with the note beside it, nothing shows before it meets somebody. */
	const bool noticed = rng_chance(&world->rng, 500);
	if (!member->backup_nurse || !knows_all_of(member->backup_nurse, member) ||
	        sim_device_restore(&member->device, &member->backup, noticed, 50))
		return;
	if (!noticed)
		member->device.beside = member->backup_beside;
	member->was_copied |= !noticed;
	world->counts.copies += !noticed;
	sim_trace(world, "%u: an older copy of the database is put back%s", member->device.number,
	        noticed ? "" : ", and nothing tells it so");
	world->events.restored++;
	member->was_restored = true;
	for (struct sim_save *save = world->saves; save; save = save->next) {
		save->taken_back |= save->member == member->device.number && !save->copied;
		save->rolled_back |= save->taken_back && !reached_nurse(world, save);
	}
}

static void on_weather(void *context)
{
	struct sim_world *world = context;
	struct rng *rng = &world->rng;
	struct sim_member *member = &world->members[rng_below(rng, world->member_count)];
	sim_time_after(&world->time, &world->weather, rng_between(rng, WEATHER_MIN_MS, WEATHER_MAX_MS),
	        on_weather, world);
	if ((world->troubles & SIM_PARTITIONS) && rng_chance(rng, 300))
		part(world, rng_chance(rng, 600));
	if ((world->troubles & SIM_CRASHES) && rng_chance(rng, 150)) {
		sim_trace(world, "%u: loses power", member->device.number);
		sim_device_crash(&member->device, rng_between(rng, 5, 6000));
	}
	if ((world->troubles & SIM_CLOCKS) && rng_chance(rng, 100))
		member->device.clock_offset_ms = wrong_by_ms(rng);
	if ((world->troubles & SIM_RESTORES) && member->device.up) {
		if (!member->backup.image || rng_chance(rng, 200))
			copy_database(world, member);
		else if (rng_chance(rng, 150))
			restore_database(world, member);
	}
	if ((world->troubles & SIM_LOCKS) && rng_chance(rng, 150)) {
		sim_trace(world, "%u: is locked", member->device.number);
		sim_device_lock(&member->device, rng_between(rng, 5, 6000));
	}
	sim_trust_check_always(world);
}

/* --- Members --------------------------------------------------------------------------------------------------------------- */

static const struct device_id *colleague(void *context, uint32_t host)
{
	const struct sim_member *member = context;
	return host < member->world->member_count ? &member->world->members[host].id : NULL;
}

static void on_opened(void *context, struct sim_device *device)
{
	struct sim_member *member = context;
	struct sim_world *world = member->world;
	member->id = node_device(device->node);
	sim_photo_opened(member);
	if (device->counts.openings == 1)
		return;
	sim_trace(world, "%u: is back", device->number);
	sim_back(member);
	sim_check_restart(world, member);
}

static void on_act(void *context)
{
	struct sim_member *member = context;
	struct sim_world *world = member->world;
	sim_time_after(&world->time, &member->act, rng_between(&member->device.rng, ACT_MIN_MS, ACT_MAX_MS),
	        on_act, member);
	sim_act(member);
	sim_early_look(member->world);
}

static struct sim_member *add_member(struct sim_world *world, uint8_t role)
{
	struct sim_member *member = &world->members[world->member_count];
	member->world = world;
	member->role = role;
	sim_device_init(
	        &member->device, &world->time, world->net, world->member_count++, rng_u64(&world->rng));
	member->device.colleague = colleague;
	member->device.early_missing = EARLY_MISSING;
	member->device.opened = on_opened;
	member->device.context = member;
	if (world->troubles & SIM_CLOCKS)
		member->device.clock_offset_ms = wrong_by_ms(&world->rng);
	int result = sim_device_start(&member->device);
	assert(result == 0);
	sim_time_after(&world->time, &member->act, rng_between(&world->rng, 1, ACT_MAX_MS), on_act, member);
	return member;
}

uint64_t sim_true_ms(const struct sim_world *world)
{
	return SIM_EPOCH_MS + world->time.now_ms;
}

bool sim_is_out(const struct sim_member *member)
{
	return member->lost ||
	        (member->rights_until_ms && sim_true_ms(member->world) >= member->rights_until_ms);
}

struct sim_world *sim_world_new(uint64_t seed, uint32_t troubles_allowed, bool trace)
{
	struct sim_world *world = mem_zero(1, sizeof(*world));
	world->seed = seed;
	world->trace = trace;
	queue_init(&world->rogues);
	world->rng = rng_new(seed);
	world->photo_rng = rng_new(~seed);
	world->troubles = (uint32_t)rng_u64(&world->rng) & troubles_allowed;
	sim_time_init(&world->time, rng_u64(&world->rng));
	world->net = sim_net_new(&world->time, rng_u64(&world->rng));
	uint32_t nurses = (uint32_t)rng_between(&world->rng, 2, 3) + ((world->troubles & SIM_REMOVALS) != 0);
	for (uint32_t i = 0; i < nurses; i++)
		add_member(world, TEAM_ROLE_NURSE);
	if (rng_chance(&world->rng, 700))
		add_member(world, TEAM_ROLE_FACILITATOR);
	if (rng_chance(&world->rng, 400))
		add_member(world, TEAM_ROLE_READER);
	sim_guests(world, add_member);
	sim_found(&world->members[0]);
	set_network(world);
	return world;
}

void sim_world_free(struct sim_world *world)
{
	if (!world)
		return;
	sim_time_cancel(&world->time, &world->weather);
	sim_rogues_end(world);
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		sim_time_cancel(&world->time, &member->act);
		sim_device_close(&member->device);
		sim_backup_close(&member->backup);
		team_invitation_wipe(&member->invitation);
		buf_close(&member->form.text);
	}
	buf_close(&world->stick);
	sim_net_free(world->net);
	sim_time_close(&world->time);
	arena_close(&world->arena);
	mem_free(world);
}

/* --- The run ----------------------------------------------------------------------------------------------------------------- */

static void run_until(struct sim_world *world, uint64_t until_ms)
{
	while (!world->failed && sim_time_step(&world->time, until_ms))
		sim_order_watch(world);
}

void sim_run(struct sim_world *world, uint64_t ms)
{
	run_until(world, world->time.now_ms + ms);
}

static void calm_down(struct sim_world *world)
{
	world->calm = true;
	sim_time_cancel(&world->time, &world->weather);
	set_network(world);
	set_disks(world);
	part(world, false);
	if (world->troubles & (SIM_LOCUMS | SIM_CASES)) /* dates have come, or not, once clocks are right */
		for (uint32_t i = 0; i < world->member_count; i++)
			world->members[i].device.clock_offset_ms = 0;
	sim_trace(world, "calm");
}

bool sim_settle(struct sim_world *world)
{
	char why[160] = "";
	uint64_t until_ms = world->time.now_ms + CALM_MS;
	while (!world->failed && world->time.now_ms < until_ms) {
		run_until(world, world->time.now_ms + CALM_STEP_MS);
		if (!world->failed && sim_check_converged(world, why, sizeof(why)))
			return true;
	}
	if (!world->failed)
		sim_fail(world, "converges: %s", why);
	return false;
}

/* Nothing is written any more: all who are level sign. */
static void meet(struct sim_world *world)
{
	char why[160] = "";
	const uint64_t until_ms = world->time.now_ms + MEETING_MS;
	while (!world->failed && world->time.now_ms < until_ms) {
		if (sim_meeting_is_together(world, why, sizeof(why)))
			break;
		run_until(world, world->time.now_ms + CALM_STEP_MS);
	}
	if (!world->failed && !sim_meeting_is_together(world, why, sizeof(why)))
		sim_fail(world, "together: %s", why);
	sim_meeting_check_always(world);
	sim_meeting_count(world);
}

bool sim_world_run(struct sim_world *world)
{
	run_until(world,
	        300); /* the founder's first commits; nobody could join a team that was lost with its only device */
	set_disks(world);
	on_weather(world);
	run_until(world, STORM_MS);
	sim_check_always(world);
	sim_trust_check_rows(world);
	sim_meeting_check_always(world);
	calm_down(world);
	uint64_t calm_ms = world->time.now_ms;
	bool converged = sim_settle(world);
	world->counts.converge_ms = world->time.now_ms - calm_ms;
	if (converged)
		sim_check_end(world);
	if (!world->failed)
		meet(world);
	if (!world->failed)
		sim_bill(world);
	for (const struct sim_save *save = world->saves; save; save = save->next)
		world->counts.acknowledged += save->acknowledged;
	return !world->failed;
}
