#include "tests/sim/sim_trust.h"

#include "crdt/base/err.h"
#include "node/keyring/key_row.h"
#include "node/node_bundle.h"
#include "tests/sim/sim_act.h"
#include "tests/sim/sim_photo.h"
#include "tests/sim/sim_trust_check.h"

static struct rng *dice(struct sim_member *member)
{
	return &member->device.rng;
}

/* One that she has heard of. NULL: chance hit another. */
static struct sim_patient *some_patient(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct crdt_doc *doc;
	if (world->patient_count == 0)
		return NULL;
	struct sim_patient *patient = &world->patients[rng_below(dice(member), world->patient_count)];
	return node_doc(member->device.node, SCHEMA_DOC_DOSSIER, &patient->id, &doc) == 0 ? patient : NULL;
}

static const struct sim_member *some_guest(const struct sim_world *world, uint8_t role)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (world->members[i].role == role)
			return &world->members[i];
	return NULL;
}

/* Whoever has that role, as `member` knows. */
static bool guest_person(struct sim_member *member, uint8_t role, struct person_id *out)
{
	const struct sim_member *guest = some_guest(member->world, role);
	const struct team_view *view = node_view(member->device.node);
	const struct team_device *device = guest ? team_view_device(view, &guest->id) : NULL;
	if (!device || team_view_role(view, &guest->id) != role)
		return false;
	*out = device->person;
	return true;
}

/* Refused for what is no fault of the program. */
static bool is_fair(int result)
{
	return result == ERR_DENIED || result == ERR_LOCKED || result == ERR_STALE || result == ERR_NOSPACE ||
	        result == ERR_UNCERTAIN || result == ERR_EXISTS || result == ERR_FULL || result == ERR_BUSY;
}

static bool told(struct sim_member *member, const char *what, const void *about, int result)
{
	const uint8_t *id = about;
	sim_trace(member->world, "%u: %s %02x%02x: %s", member->device.number, what, id ? id[0] : 0,
	        id ? id[1] : 0, err_name(result));
	if (result && !is_fair(result))
		sim_fail(member->world, "trust: %u cannot %s: %s", member->device.number, what,
		        err_name(result));
	return result == 0;
}

/* ---- Dossiers that end ---- */

static bool archive(struct sim_member *member)
{
	struct sim_world *world = member->world;
	const struct sim_patient *patient = some_patient(member);
	if (!patient)
		return false;
	struct schema_record record = sim_record(SCHEMA_PATIENT, &patient->id);
	sim_put_number(&record, "archivedOn", sim_true_day(world) - (int64_t)rng_below(dice(member), 400));
	struct record_edit edit = {.record = record};
	world->events.archived += sim_save_record(member, SCHEMA_DOC_DOSSIER, &patient->id, &edit) != NULL;
	return true;
}

static bool erase(struct sim_member *member)
{
	const struct sim_patient *patient = some_patient(member);
	if (!patient || !sim_manages(member))
		return false;
	int result = node_erase(
	        member->device.node, &patient->id, (uint8_t)rng_below(dice(member), 4), NULL, NULL);
	member->world->events.erased += told(member, "erase", patient->id.bytes, result);
	return true;
}

/* ---- Chosen dossiers ---- */

static bool share(struct sim_member *member)
{
	struct sim_patient *patient = some_patient(member);
	struct person_id person;
	if (!patient || !sim_manages(member) || !guest_person(member, TEAM_ROLE_LOCUM, &person))
		return false;
	bool ends = node_shared(member->device.node, &person, &patient->id);
	if (ends && rng_chance(dice(member), 500))
		return false;
	int result = node_share(member->device.node, &person, &patient->id, !ends);
	patient->was_shared |= result == 0 && !ends;
	patient->was_unshared |= result == 0 && ends;
	if (told(member, ends ? "unshare" : "share", patient->id.bytes, result))
		*(ends ? &member->world->events.unshared : &member->world->events.shared) += 1;
	return true;
}

/* ---- Cases ---- */

/* Of a consent that ends today, or next year. */
static bool write_case(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct person_id person;
	if (world->case_count == SIM_CASES_MAX || !sim_manages(member) ||
	        !guest_person(member, TEAM_ROLE_FACILITATOR, &person))
		return false;
	struct sim_case *case_ = &world->cases[world->case_count];
	*case_ = (struct sim_case){.facilitator = some_guest(world, TEAM_ROLE_FACILITATOR),
	        .until_day = sim_true_day(world) + (rng_chance(dice(member), 500) ? 0 : 300)};
	rng_bytes(dice(member), case_->id.bytes, sizeof(case_->id.bytes));
	struct record_edit edit = {.record = sim_record(SCHEMA_CASE, &case_->id)};
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("facilitator")))
	        ->bytes = span_of(person.bytes, sizeof(person.bytes));
	sim_put_number(&edit.record, "until", case_->until_day);
	sim_put_number(&edit.record, "visits", 12);
	case_->save = sim_save_record(member, SCHEMA_DOC_CASE, &case_->id, &edit);
	world->case_count += case_->save != NULL;
	world->events.cases += case_->save != NULL;
	return true;
}

static bool end_case(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct node_case about;
	if (world->case_count == 0 || !sim_manages(member))
		return false;
	const struct sim_case *case_ = &world->cases[rng_below(dice(member), world->case_count)];
	if (!node_case(member->device.node, &case_->id, &about) || about.is_over)
		return false;
	int result = node_end_case(member->device.node, &case_->id, KEY_REASON_REQUEST);
	world->events.cases_ended += told(member, "end the case", case_->id.bytes, result);
	return true;
}

/* ---- Files on a stick ---- */

static bool export_file(struct sim_member *member)
{
	struct sim_world *world = member->world;
	uint64_t count;
	buf_clear(&world->stick);
	int result = node_export(member->device.node, NULL, &world->stick, &count);
	if (result) {
		buf_clear(&world->stick);
		return result == ERR_NOTFOUND || told(member, "export", NULL, result);
	}
	world->stick_from = member;
	world->events.exported++;
	return told(member, "export", NULL, 0);
}

/* A cheap stick: cut short, or a byte of it flipped. */
static void wear_out(struct sim_member *member, struct buf *file)
{
	if (rng_chance(dice(member), 500))
		file->size = rng_below(dice(member), file->size);
	else
		file->data[rng_below(dice(member), file->size)] ^= (uint8_t)(1 +
		        rng_below(dice(member), 255));
	member->world->events.worn_out++;
}

static int take_in(struct sim_member *member, struct span file, bool is_worn)
{
	struct node_taken taken = {0};
	int result = node_take_in(member->device.node, file, &taken);
	if (is_worn && (result == ERR_MALFORMED || result == ERR_VERSION))
		result = ERR_DENIED; /* there is not even a header any more */
	member->world->events.taken_in += result == 0 && taken.entries > 0;
	told(member, "take in", NULL, result);
	return result;
}

/* The stick goes round for a while, and what is on it grows old. Who is not addressed reads nothing; who reads it may write on it what the others lack. */
static bool carry_file(struct sim_member *member)
{
	struct sim_world *world = member->world;
	struct buf worn = {0};
	if (world->stick.size == 0)
		return export_file(member);
	if (member == world->stick_from)
		return false;
	if (rng_chance(dice(member), 200)) {
		buf_add_span(&worn, buf_span(&world->stick));
		wear_out(member, &worn);
		take_in(member, buf_span(&worn), true);
		buf_close(&worn);
		return true;
	}
	int result = take_in(member, buf_span(&world->stick), false);
	if (rng_chance(dice(member), 300))
		buf_clear(&world->stick);
	else if (result == 0 && rng_chance(dice(member), 500))
		world->events.answered += export_file(member);
	return true;
}

/* ---- One of all ---- */

bool sim_trust(struct sim_member *member)
{
	static const struct {
		uint32_t trouble, per_mille;
		bool (*run)(struct sim_member *);
	} acts[] = {{SIM_ERASURES, 40, archive}, {SIM_ERASURES, 25, erase}, {SIM_LOCUMS, 150, share},
	        {SIM_CASES, 80, write_case}, {SIM_CASES, 200, end_case}, {SIM_BUNDLES, 60, carry_file}};
	if ((member->world->troubles & SIM_PHOTOS) && sim_photo(member))
		return true;
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if ((member->world->troubles & acts[i].trouble) &&
		        rng_chance(dice(member), acts[i].per_mille) && acts[i].run(member))
			return true;
	return false;
}
