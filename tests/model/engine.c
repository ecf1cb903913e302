/*
 * The membership engine behind a pipe: model.py writes histories as lines, and reads what the engine makes of them
 * (README.md of this folder holds the lines). Devices, persons, invitations and entries are small numbers here; keys, hashes and
 * signatures are real and derived from those numbers, so that equal histories have equal hashes in every run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crdt/base/arena.h"
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/epoch.h"
#include "node/team/judge.h"
#include "node/team/membership.h"
#include "node/team/statement.h"

enum { ENTRIES_MAX = 512, DEVICES_MAX = 48, LIST_MAX = 64, LINE_BYTES = 1 << 16 };

struct engine_device {
	struct device_id id;
	uint8_t secret[64];
	struct team_keys keys;
};

struct engine_entry {
	struct entry_header header;
	struct entry_hash hash;
	struct team_author author;
	struct span body;
	uint8_t invitation[32], invitation_secret[64]; /* of an invite */
};

struct engine {
	struct arena arena; /* entries; emptied by `reset` */
	struct engine_device devices[DEVICES_MAX];
	struct engine_entry entries[ENTRIES_MAX];
	uint32_t entry_count;
	struct team_membership *membership;
};

static void die(const char *what, const char *word)
{
	fprintf(stderr, "engine: %s: %s\n", what, word ? word : "(end of line)");
	exit(2);
}

/* --- Words of a line --------------------------------------------------------------------------------------------------- */

static char *word(char **line)
{
	char *found = strsep(line, " ");
	if (!found || !*found)
		die("a word is missing", *line);
	return found;
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	if (end == text || *end)
		die("not a number", text);
	return value;
}

static uint64_t number(char **line)
{
	return number_of(word(line));
}

static uint32_t number_below(char **line, uint32_t bound)
{
	uint64_t value = number(line);
	if (value >= bound)
		die("out of range", "number");
	return (uint32_t)value;
}

/* "3,5,7", or "-" for nothing: the words of a list. */
static uint32_t list(char **line, char *out[LIST_MAX])
{
	char *text = word(line);
	uint32_t count = 0;
	if (strcmp(text, "-") == 0)
		return 0;
	for (char *part; (part = strsep(&text, ",")) != NULL;) {
		if (count == LIST_MAX)
			die("list too long", part);
		out[count++] = part;
	}
	return count;
}

static struct entry_hash hash_of(const struct engine *engine, const char *text)
{
	if (strcmp(text, "-") == 0)
		return (struct entry_hash){{0}};
	uint64_t label = number_of(text);
	if (label >= engine->entry_count)
		die("no such entry", text);
	return engine->entries[label].hash;
}

static struct entry_hash entry_word(const struct engine *engine, char **line)
{
	return hash_of(engine, word(line));
}

static const struct engine_device *device_word(const struct engine *engine, char **line)
{
	return &engine->devices[number_below(line, DEVICES_MAX)];
}

static struct person_id person_of(uint64_t number)
{
	struct person_id person = {{0}};
	person.bytes[0] = (uint8_t)(number + 1);
	return person;
}

static struct incarnation_id incarnation_of(uint64_t number)
{
	struct incarnation_id incarnation = {{0}};
	incarnation.bytes[0] = (uint8_t)number;
	return incarnation;
}

/* --- Lists of an action, ascending -------------------------------------------------------------------------------------- */

static int by_32_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static struct team_hashes hashes(struct engine *engine, char **line)
{
	char *parts[LIST_MAX];
	uint32_t count = list(line, parts);
	struct entry_hash *out = arena_zero(&engine->arena, count, sizeof(*out));
	for (uint32_t i = 0; i < count; i++)
		out[i] = hash_of(engine, parts[i]);
	qsort(out, count, sizeof(*out), by_32_bytes);
	return (struct team_hashes){count, out};
}

static struct team_key_boxes boxes(struct engine *engine, char **line)
{
	char *parts[LIST_MAX];
	uint32_t count = list(line, parts);
	struct team_key_box *out = arena_zero(&engine->arena, count, sizeof(*out));
	for (uint32_t i = 0; i < count; i++)
		out[i].device = engine->devices[number_of(parts[i])].id;
	qsort(out, count, sizeof(*out), by_32_bytes);
	return (struct team_key_boxes){count, out};
}

static struct team_device_list device_list(struct engine *engine, char **line)
{
	char *parts[LIST_MAX];
	uint32_t count = list(line, parts);
	struct device_id *out = arena_zero(&engine->arena, count, sizeof(*out));
	for (uint32_t i = 0; i < count; i++)
		out[i] = engine->devices[number_of(parts[i])].id;
	qsort(out, count, sizeof(*out), by_32_bytes);
	return (struct team_device_list){count, out};
}

/* "device.compartment.incarnation.seq" each. */
static struct team_cut cut(struct engine *engine, char **line)
{
	char *parts[LIST_MAX];
	uint32_t count = list(line, parts);
	struct team_cut_place *out = arena_zero(&engine->arena, count, sizeof(*out));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t device = number_of(strsep(&parts[i], "."));
		uint64_t compartment = number_of(strsep(&parts[i], "."));
		struct incarnation_id incarnation = incarnation_of(number_of(strsep(&parts[i], ".")));
		out[i].feed = entry_feed_id(
		        &engine->devices[device].id, (enum compartment)compartment, &incarnation);
		out[i].seq = number_of(parts[i]);
		out[i].hash.bytes[0] = 1;
	}
	qsort(out, count, sizeof(*out), by_32_bytes);
	return (struct team_cut){count, out};
}

/* "entry:1" with that parent's key, "entry:0" without it. */
static void parents(struct engine *engine, char **line, struct team_epoch *epoch)
{
	char *parts[LIST_MAX];
	epoch->parent_count = list(line, parts);
	struct team_parent *out = arena_zero(&engine->arena, epoch->parent_count, sizeof(*out));
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		struct entry_hash hash = hash_of(engine, strsep(&parts[i], ":"));
		memcpy(out[i].epoch.bytes, hash.bytes, sizeof(hash.bytes));
		out[i].has_key = number_of(parts[i]) != 0;
	}
	qsort(out, epoch->parent_count, sizeof(*out), by_32_bytes);
	epoch->parents = out;
}

/* --- Actions ------------------------------------------------------------------------------------------------------------ */

static void read_admit(struct engine *engine, char **line, struct team_admit *admit)
{
	char *invite_word = word(line);
	admit->invite = hash_of(engine, invite_word);
	const struct engine_device *newcomer = device_word(engine, line);
	struct team_id team;
	memcpy(team.bytes, engine->entries[0].hash.bytes, sizeof(team.bytes));
	admit->device = newcomer->id;
	admit->keys = newcomer->keys;
	admit->person = person_of(number(line));
	admit->role = (uint8_t)number(line);
	const struct engine_entry *invite = &engine->entries[number_of(invite_word)];
	team_statement_admit_sign(
	        admit->invitation_signature, &team, invite->invitation, admit, invite->invitation_secret);
	team_statement_admit_sign(
	        admit->newcomer_signature, &team, invite->invitation, admit, newcomer->secret);
	char *signatures = word(line);
	if (strchr(signatures, 'i'))
		admit->invitation_signature[0] ^= 1;
	if (strchr(signatures, 'n'))
		admit->newcomer_signature[0] ^= 1;
}

static void read_invite(struct engine_entry *entry, char **line, struct team_invite *invite)
{
	uint8_t seed[32] = {'i'};
	seed[1] = (uint8_t)number(line);
	crypto_sign_seed_keypair(entry->invitation, entry->invitation_secret, seed);
	memcpy(invite->invitation, entry->invitation, sizeof(entry->invitation));
	invite->role = (uint8_t)number(line);
	invite->rights_from_ms = number(line);
	invite->rights_until_ms = number(line);
}

static void read_role(struct engine *engine, char **line, struct team_role_change *role)
{
	role->person = person_of(number(line));
	role->role = (uint8_t)number(line);
	role->rights_from_ms = number(line);
	role->rights_until_ms = number(line);
	role->cut = cut(engine, line);
}

static void read_epoch(struct engine *engine, char **line, struct team_epoch *epoch)
{
	epoch->compartment = (uint8_t)number(line);
	epoch->commitment[0] = (uint8_t)number(line);
	parents(engine, line, epoch);
	epoch->omitted = device_list(engine, line);
	epoch->recipients = boxes(engine, line);
}

static void read_relay(struct engine *engine, char **line, struct team_relay *relay)
{
	const struct engine_device *newcomer = device_word(engine, line);
	struct team_id team;
	memcpy(team.bytes, engine->entries[0].hash.bytes, sizeof(team.bytes));
	relay->device = newcomer->id;
	relay->keys = newcomer->keys;
	team_statement_relay_sign(relay->newcomer_signature, &team, relay, newcomer->secret);
	if (strchr(word(line), 'n'))
		relay->newcomer_signature[0] ^= 1;
}

static enum team_action_kind kind_of(const char *name)
{
	for (int kind = 1; kind <= TEAM_ACTION_LAST; kind++)
		if (strcmp(name, team_action_name((enum team_action_kind)kind)) == 0)
			return (enum team_action_kind)kind;
	die("no such action", name);
	return TEAM_ACTION_UNKNOWN;
}

static void read_action(
        struct engine *engine, struct engine_entry *entry, char **line, struct team_action *action)
{
	switch (action->kind) {
	case TEAM_ACTION_FOUND: {
		const struct engine_device *founder = device_word(engine, line);
		action->as.found.keys = founder->keys;
		action->as.found.person = person_of(number(line));
		break;
	}
	case TEAM_ACTION_INVITE:
		read_invite(entry, line, &action->as.invite);
		break;
	case TEAM_ACTION_ADMIT:
		read_admit(engine, line, &action->as.admit);
		break;
	case TEAM_ACTION_ENDORSE:
		action->as.admission = entry_word(engine, line);
		break;
	case TEAM_ACTION_REVOKE:
		action->as.invitation = entry_word(engine, line);
		break;
	case TEAM_ACTION_CHOOSE:
		action->as.choose.invite = entry_word(engine, line);
		action->as.choose.admit = entry_word(engine, line);
		break;
	case TEAM_ACTION_MERGE:
	case TEAM_ACTION_UNDO:
		action->as.hashes = hashes(engine, line);
		break;
	case TEAM_ACTION_ROLE:
		read_role(engine, line, &action->as.role);
		break;
	case TEAM_ACTION_REMOVE_DEVICE:
		action->as.remove_device.device = device_word(engine, line)->id;
		action->as.remove_device.cut = cut(engine, line);
		break;
	case TEAM_ACTION_REMOVE_PERSON:
		action->as.remove_person.person = person_of(number(line));
		action->as.remove_person.cut = cut(engine, line);
		break;
	case TEAM_ACTION_CONFIRM:
		action->as.confirm.proposal = entry_word(engine, line);
		action->as.confirm.cut = cut(engine, line);
		break;
	case TEAM_ACTION_LEAVE:
		action->as.leave_until_ms = number(line);
		break;
	case TEAM_ACTION_EPOCH:
		read_epoch(engine, line, &action->as.epoch);
		break;
	case TEAM_ACTION_GRANT:
		action->as.grant.source = entry_word(engine, line);
		action->as.grant.box.device = device_word(engine, line)->id;
		break;
	case TEAM_ACTION_DISCOVERY:
		action->as.secret.commitment[0] = (uint8_t)number(line);
		action->as.secret.omitted = device_list(engine, line);
		action->as.secret.recipients = boxes(engine, line);
		break;
	case TEAM_ACTION_BEACON:
		action->as.secret.commitment[0] = (uint8_t)number(line);
		action->as.secret.recipients = boxes(engine, line);
		break;
	case TEAM_ACTION_LEASE:
		action->as.lease.holder = device_word(engine, line)->id;
		action->as.lease.fence = number(line);
		break;
	case TEAM_ACTION_RELEASE:
		action->as.release.lease = entry_word(engine, line);
		break;
	case TEAM_ACTION_RELAY:
		read_relay(engine, line, &action->as.relay);
		break;
	case TEAM_ACTION_BILLING_WORD:
		action->as.word.what = (uint8_t)number(line);
		action->as.word.lease = entry_word(engine, line);
		break;
	case TEAM_ACTION_SECOND:
		action->as.word_hash = entry_word(engine, line);
		break;
	case TEAM_ACTION_UNKNOWN:
		break;
	}
}

/* --- Entries ------------------------------------------------------------------------------------------------------------ */

/* The places of a merge's heads that are in other feeds. */
static void depend(struct engine *engine, struct entry_header *header, const struct team_hashes *heads)
{
	struct entry_ref *deps = arena_zero(&engine->arena, heads->count, sizeof(*deps));
	for (uint32_t i = 0; i < engine->entry_count; i++) {
		const struct engine_entry *entry = &engine->entries[i];
		for (uint32_t h = 0; h < heads->count; h++)
			if (entry_hash_eq(&entry->hash, &heads->hashes[h]) &&
			        !feed_id_eq(&entry->header.feed, &header->feed))
				deps[header->dep_count++] = (struct entry_ref){
				        entry->header.feed, entry->header.seq};
	}
	qsort(deps, header->dep_count, sizeof(*deps), by_32_bytes);
	header->deps = deps;
}

/* entry DEVICE INCARNATION LAMPORT PREVIOUS CITED ACTION ...: answers "HASH REASON" (NONE: it has power) or an error's name. */
static void take_entry(struct engine *engine, char *line)
{
	if (engine->entry_count == ENTRIES_MAX)
		die("too many entries", "entry");
	struct engine_entry *entry = &engine->entries[engine->entry_count];
	const struct engine_device *author = device_word(engine, &line);
	*entry = (struct engine_entry){.author = {author->id, incarnation_of(number(&line))}};
	uint64_t lamport = number(&line);
	char *previous = word(&line);
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_MEMBERSHIP,
	        .compartment = COMPARTMENT_MEMBERSHIP,
	        .feed = entry_feed_id(&author->id, COMPARTMENT_MEMBERSHIP, &entry->author.incarnation),
	        .seq = 1,
	        .lamport = lamport,
	        .previous = hash_of(engine, previous)};
	if (strcmp(previous, "-"))
		header.seq += engine->entries[number_of(previous)].header.seq;
	header.membership = entry_word(engine, &line);
	struct team_action action = {.kind = kind_of(word(&line))};
	read_action(engine, entry, &line, &action);
	if (action.kind == TEAM_ACTION_MERGE)
		depend(engine, &header, &action.as.hashes);
	struct buf body = {0};
	team_action_encode(&action, &body);
	entry->body = arena_span(&engine->arena, buf_span(&body));
	buf_close(&body);
	header.body_bytes = (uint32_t)entry->body.size;
	header.body = entry_body_hash(entry->body);
	entry->header = header;
	entry->hash = entry_hash(&header);
	int result = team_membership_add(
	        engine->membership, &entry->header, &entry->hash, &entry->author, entry->body);
	if (result < 0 || result == TEAM_MEMBERSHIP_DUPLICATE) {
		printf("%s\n", result < 0 ? err_name(result) : "DUPLICATE");
		return;
	}
	char hex[65];
	ids_hex(hex, entry->hash.bytes, 32);
	engine->entry_count++;
	enum team_reason reason;
	(void)team_membership_action(engine->membership, &entry->hash, &reason);
	printf("%s %s\n", hex, team_reason_name(reason));
}

/* reset: an empty membership. */
static void reset(struct engine *engine)
{
	team_membership_free(engine->membership);
	engine->membership = team_membership_new();
	engine->entry_count = 0;
	arena_clear(&engine->arena);
}

/* --- What the engine says ----------------------------------------------------------------------------------------------- */

static void say_hash(const struct engine *engine, const uint8_t hash[32])
{
	for (uint32_t i = 0; i < engine->entry_count; i++)
		if (memcmp(engine->entries[i].hash.bytes, hash, 32) == 0) {
			printf(" %u", i);
			return;
		}
	printf(" -");
}

static void say_node(const struct engine *engine, struct team_membership *copy, uint32_t node)
{
	static const uint8_t none[32];
	say_hash(engine, node == TEAM_NODE_NONE ? none : team_membership_dag(copy)->nodes[node]->hash.bytes);
}

static void say_device(const struct engine *engine, const struct device_id *id)
{
	for (uint32_t i = 0; i < DEVICES_MAX; i++)
		if (device_id_eq(&engine->devices[i].id, id))
			printf(" %u", i);
}

static void say_person(const struct person_id *person)
{
	printf(" %d", person->bytes[0] - 1);
}

static const char *status_name(enum team_status status)
{
	static const char *const names[] = {
	        "absent", "unknown", "void", "pending", "half", "suspending", "in-force"};
	return names[status];
}

static void say_entries(
        const struct engine *engine, struct team_membership *copy, const struct team_view *view)
{
	for (uint32_t i = 0; i < team_membership_count(copy); i++) {
		if (team_view_status(view, i) == TEAM_STATUS_ABSENT)
			continue;
		printf("entry");
		say_node(engine, copy, i);
		printf(" %s\n", status_name(team_view_status(view, i)));
	}
}

static void say_members(
        const struct engine *engine, struct team_membership *copy, const struct team_view *view)
{
	static const char *const states[] = {"", "active", "pending", "suspended", "removed", "void"};
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		printf("device");
		say_device(engine, &device->id);
		printf(" person");
		say_person(&device->person);
		printf(" %s manages %d role %u levels ", states[device->state],
		        team_view_manages(view, &device->id), team_view_role(view, &device->id));
		for (uint8_t compartment = COMPARTMENT_TEAM; compartment <= COMPARTMENT_LAST; compartment++)
			printf("%d", (int)team_view_level(view, &device->id, compartment));
		printf(" beacon");
		say_node(engine, copy, device->beacon ? device->beacon_node : TEAM_NODE_NONE);
		printf("\n");
	}
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		printf("person");
		say_person(&person->id);
		printf(" role %u from %llu until %llu leave %llu\n", person->role,
		        (unsigned long long)person->rights_from_ms,
		        (unsigned long long)person->rights_until_ms,
		        (unsigned long long)person->leave_until_ms);
	}
}

static void say_matters(const struct engine *engine, const struct team_view *view)
{
	static const char *const states[] = {"", "open", "used", "revoked", "contested"};
	for (uint32_t i = 0; i < view->invitation_count; i++) {
		printf("invitation");
		say_hash(engine, view->invitations[i].hash.bytes);
		printf(" %s\n", states[view->invitations[i].state]);
	}
	for (uint32_t i = 0; i < view->removal_count; i++) {
		printf("removal");
		say_hash(engine, view->removals[i].hash.bytes);
		printf(" undone %d\n", view->removals[i].undone);
	}
	for (uint32_t i = 0; i < view->proposal_count; i++) {
		printf("proposal");
		say_hash(engine, view->proposals[i].hash.bytes);
		printf(" confirmed %d\n", view->proposals[i].confirmed);
	}
}

static void say_lease(const struct engine *engine, const struct team_view *view)
{
	const struct team_lease_row *lease = &view->lease;
	printf("lease held %d fence-max %llu", lease->held, (unsigned long long)lease->fence_max);
	if (lease->held) {
		printf(" holder");
		say_device(engine, &lease->holder);
		printf(" by");
		say_hash(engine, lease->lease.bytes);
		printf(" contested %d", lease->contested);
	}
	printf("\n");
}

static void say_keys(const struct engine *engine, struct team_membership *copy, const struct team_view *view)
{
	for (uint32_t i = 0; i < view->epoch_count; i++) {
		printf("epoch");
		say_hash(engine, view->epochs[i].id.bytes);
		printf(" in-force %d\n", view->epochs[i].in_force);
	}
	printf("discovery");
	say_node(engine, copy, view->discovery_node);
	printf("\n");
	for (uint8_t compartment = COMPARTMENT_MEMBERSHIP; compartment <= COMPARTMENT_LAST; compartment++) {
		struct device_id entitled[DEVICES_MAX];
		uint32_t count = team_view_recipients(view, compartment, entitled, DEVICES_MAX);
		printf("recipients %u", compartment);
		for (uint32_t i = 0; i < DEVICES_MAX; i++)
			for (uint32_t k = 0; k < count; k++)
				if (device_id_eq(&engine->devices[i].id, &entitled[k]))
					printf(" %u", i);
		printf("\n");
	}
}

/* What only the whole set answers: the epoch to write under. */
static void say_epochs(const struct engine *engine, struct team_membership *copy)
{
	for (uint8_t compartment = COMPARTMENT_TEAM; compartment <= COMPARTMENT_LAST; compartment++) {
		struct epoch_id epoch = {{0}}, next[LIMIT_EPOCH_PARENTS];
		printf("write %u", compartment);
		if (team_epoch_to_write(copy, compartment, &epoch) < 0)
			memset(&epoch, 0, sizeof(epoch));
		say_hash(engine, epoch.bytes);
		uint32_t count = team_epoch_parents(copy, compartment, next);
		printf(" parents");
		for (uint32_t i = 0; i < count; i++)
			say_hash(engine, next[i].bytes);
		printf("\n");
	}
}

static void say_view(const struct engine *engine, struct team_membership *copy, const struct team_view *view)
{
	say_entries(engine, copy, view);
	say_members(engine, copy, view);
	say_matters(engine, view);
	say_lease(engine, view);
	say_keys(engine, copy, view);
}

static void say_all(const struct engine *engine, struct team_membership *copy)
{
	say_view(engine, copy, team_membership_view(copy));
	say_epochs(engine, copy);
}

/* judge DEVICE INCARNATION COMPARTMENT SEQ CITED PREVIOUS_CITED EPOCH MS: answers the verdict. */
static void judge(struct engine *engine, char *line)
{
	static const char *const verdicts[] = {"accepted", "waiting", "quarantined", "refused"};
	const struct engine_device *device = device_word(engine, &line);
	struct team_author author = {device->id, incarnation_of(number(&line))};
	uint8_t compartment = (uint8_t)number(&line);
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_CHANGE,
	        .compartment = compartment,
	        .feed = entry_feed_id(&author.device, (enum compartment)compartment, &author.incarnation),
	        .seq = number(&line),
	        .lamport = 1};
	memset(header.previous.bytes, header.seq > 1, sizeof(header.previous.bytes));
	header.membership = entry_word(engine, &line);
	char *before = word(&line);
	struct entry_hash previous = hash_of(engine, before), epoch = entry_word(engine, &line);
	memcpy(header.epoch.bytes, epoch.bytes, sizeof(epoch.bytes));
	header.hlc = number(&line) << 16;
	struct entry_hash hash = entry_hash(&header);
	struct team_judgement verdict = team_judge(
	        engine->membership, &header, &hash, &author, strcmp(before, "-") ? &previous : NULL);
	printf("%s %s\n", verdicts[verdict.verdict], team_reason_name(verdict.reason));
}

/* order LABEL ...: the same entries in that order of arrival; answers as `view` does. */
static void order(struct engine *engine, char *line)
{
	struct team_membership *copy = team_membership_new();
	while (line && *line) {
		const struct engine_entry *entry = &engine->entries[number_below(&line, engine->entry_count)];
		int result = team_membership_add(
		        copy, &entry->header, &entry->hash, &entry->author, entry->body);
		if (result < 0 || result == TEAM_MEMBERSHIP_DUPLICATE)
			die("out of order", err_name(result));
	}
	say_all(engine, copy);
	team_membership_free(copy);
}

static void obey(struct engine *engine, char *line)
{
	char *command = word(&line);
	if (strcmp(command, "reset") == 0) {
		reset(engine);
	} else if (strcmp(command, "entry") == 0) {
		take_entry(engine, line);
	} else if (strcmp(command, "drop") == 0) {
		engine->entry_count = number_below(&line, engine->entry_count + 1);
		team_membership_take_back(engine->membership, engine->entry_count);
	} else if (strcmp(command, "judge") == 0) {
		judge(engine, line);
	} else if (strcmp(command, "view") == 0) {
		say_all(engine, engine->membership);
		printf(".\n");
	} else if (strcmp(command, "at") == 0) {
		struct entry_hash hash = entry_word(engine, &line);
		say_view(engine, engine->membership, team_membership_view_at(engine->membership, &hash));
		printf(".\n");
	} else if (strcmp(command, "order") == 0) {
		order(engine, line);
		printf(".\n");
	} else if (strcmp(command, "flush") == 0) {
		fflush(stdout);
	} else {
		die("no such command", command);
	}
}

int main(void)
{
	static struct engine engine;
	static char line[LINE_BYTES];
	for (uint32_t i = 0; i < DEVICES_MAX; i++) {
		struct engine_device *device = &engine.devices[i];
		uint8_t seed[32] = {'d', (uint8_t)i};
		crypto_sign_seed_keypair(device->id.bytes, device->secret, seed);
		device->keys.handshake[0] = device->keys.sealing[0] = (uint8_t)(i + 1);
	}
	reset(&engine);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&engine, line);
	}
	team_membership_free(engine.membership);
	arena_close(&engine.arena);
	return 0;
}
