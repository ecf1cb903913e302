/*
 * Chosen dossiers, minutes and threads ("dossier" stands for all three): what is given one by one to those who do not read all of them (node/README.md, "Roles").
 *
 * A locum is given the dossiers that the document "shares" says: of each the secrets, and, since it gets no epoch from before its time, the
 * keys of that dossier's bodies in each of them. That document stands in `team`, where only nurses write: nobody shares with herself. A
 * facilitator is given the cases that name her, and the threads that the same document names with her.
 *
 * Normal course: node_share() writes the record; node_share_chosen() gives what the other side lacks, at once and at each meeting.
 */
#include "node/node_state.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/record.h"

enum { SHARE_PERSON = 1, SHARE_PATIENT = 2, SHARE_STATE = 3, SHARE_VERSION = 4, SHARED = 1, ENDED = 2 };

/* ---- The record ------------------------------------------------------------------------------------------------- */

static struct record_id share_id(const struct person_id *person, const struct record_id *patient)
{
	struct buf bytes = {0};
	struct record_id id;
	uint8_t hash[32];
	buf_add_span(&bytes, span_text("releve share 1"));
	buf_add(&bytes, person->bytes, sizeof(person->bytes));
	buf_add(&bytes, patient->bytes, sizeof(patient->bytes));
	crypto_generichash(hash, sizeof(hash), bytes.data, bytes.size, NULL, 0);
	memcpy(id.bytes, hash, sizeof(id.bytes));
	buf_close(&bytes);
	return id;
}

static int shares_doc(struct node *node, struct crdt_doc **doc)
{
	struct record_id id = record_document_id(&node->team, SCHEMA_DOC_SHARES, NULL);
	return node_doc(node, SCHEMA_DOC_SHARES, &id, doc);
}

/* Of two who say different things at once, the one who ends it is heard. */
static bool stands(const struct crdt_doc *doc, const struct record_id *id)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SHARE);
	struct crdt_path path;
	struct crdt_values values = {0};
	record_path(kind, id, SHARE_STATE, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	bool result = values.count > 0;
	for (uint32_t i = 0; result && i < values.count; i++) {
		struct schema_value value;
		result = schema_value_get(schema_field(kind, SHARE_STATE), values.items[i].value, NULL, NULL,
		                 &value) &&
		        value.number == SHARED;
	}
	crdt_values_close(&values);
	return result;
}

bool node_shared(struct node *node, const struct person_id *person, const struct record_id *patient)
{
	struct crdt_doc *doc;
	struct record_id id = share_id(person, patient);
	return shares_doc(node, &doc) == 0 && stands(doc, &id);
}

static uint32_t newest_version(struct node *node, const struct record_id *dossier)
{
	uint32_t version = 0;
	key_own_find(key_table_own(node->keys), dossier, 0, &version);
	return version;
}

/* The latest version that a record of a sharing names; 0: it names none. */
static uint32_t version_named(const struct crdt_doc *doc, const struct record_id *id)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SHARE);
	struct crdt_path path;
	struct crdt_values values = {0};
	int64_t latest = 0;
	record_path(kind, id, SHARE_VERSION, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		if (schema_value_get(
		            schema_field(kind, SHARE_VERSION), values.items[i].value, NULL, NULL, &value) &&
		        value.number > latest)
			latest = value.number;
	}
	crdt_values_close(&values);
	return latest < KEY_VERSION_PAST ? (uint32_t)latest : KEY_VERSION_PAST - 1;
}

/* The newest version of a dossier's secret that there is, by what is here and by what the records say: with the end of a sharing a secret was made that may come
 * later than the record. A record does not take it further than a dossier has secrets, whatever it names. */
static uint32_t version_reached(struct node *node, const struct record_id *dossier)
{
	const uint32_t here = newest_version(node, dossier);
	const struct team_view *view = node_view(node);
	struct crdt_doc *doc;
	uint32_t reached = here;
	if (shares_doc(node, &doc))
		return here;
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct record_id id = share_id(&view->people[i].id, dossier);
		uint32_t named = version_named(doc, &id);
		named += named > 0 && !stands(doc, &id);
		if (named > reached && named - here <= LIMIT_DOSSIER_SECRETS)
			reached = named;
	}
	return reached;
}

/* `version`: up to which secrets are given. */
static int write_share(struct node *node, const struct person_id *person, const struct record_id *patient,
        int64_t state, uint32_t version)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SHARE);
	struct record_edit edit = {.record = {.kind = kind, .id = share_id(person, patient)}};
	struct record_id shares = record_document_id(&node->team, SCHEMA_DOC_SHARES, NULL);
	struct node_change change;
	schema_put(&edit.record, schema_field(kind, SHARE_PERSON))->bytes = span_of(
	        person->bytes, sizeof(person->bytes));
	schema_put(&edit.record, schema_field(kind, SHARE_PATIENT))->bytes = span_of(
	        patient->bytes, sizeof(patient->bytes));
	schema_put(&edit.record, schema_field(kind, SHARE_STATE))->number = state;
	schema_put(&edit.record, schema_field(kind, SHARE_VERSION))->number = version;
	int result = node_change_begin(node, SCHEMA_DOC_SHARES, &shares, &change);
	if (result)
		return result;
	result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (result == 0)
		return node_change_finish(node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result == RECORD_UNCHANGED ? 0 : result;
}

static bool is_thread(struct node *node, const struct record_id *id)
{
	uint32_t number;
	return docs_find(node->docs, SCHEMA_DOC_THREAD, id, &number) &&
	        !node_id_is_of_another(node, SCHEMA_DOC_THREAD, id);
}

/* Documents of two kinds have this id, so what is asked for as one of them would open the other. */
static bool is_twofold(struct node *node, const struct record_id *id)
{
	static const uint32_t kinds[] = {SCHEMA_DOC_DOSSIER, SCHEMA_DOC_MINUTES, SCHEMA_DOC_THREAD};
	uint32_t number;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (docs_find(node->docs, kinds[i], id, &number))
			return node_id_is_of_another(node, kinds[i], id);
	return false;
}

/* ---- Giving ----------------------------------------------------------------------------------------------------- */

struct gift {
	struct node *node;
	const struct device_id *to;
	bool has_history; /* reads earlier epochs by itself */
	bool is_whole; /* also what was given before */
	struct key_secret *secrets; /* protected; LIMIT_KEY_PACKET_ITEMS */
	size_t count;
};

static void put(struct gift *gift, const struct record_id *dossier, uint32_t version, const uint8_t *bytes)
{
	if (gift->count == LIMIT_KEY_PACKET_ITEMS)
		return; /* the rest at the next meeting */
	struct key_secret *secret = &gift->secrets[gift->count++];
	secret->dossier = *dossier;
	secret->version = version;
	memcpy(secret->secret.bytes, bytes, SECRET_BYTES);
}

static void put_secrets(struct gift *gift, const struct record_id *dossier, uint32_t version_max)
{
	const struct key_own *own = key_table_own(gift->node->keys);
	const struct dossier_secret *secret;
	uint32_t version, other;
	for (size_t i = 0; (secret = key_own_find(own, dossier, i, &version)); i++) {
		uint32_t alike = 0;
		if (version > version_max)
			continue;
		for (size_t j = 0; key_own_find(own, dossier, j, &other); j++)
			alike += other == version;
		if (gift->is_whole || key_table_given(gift->node->keys, gift->to, dossier, version) < alike)
			put(gift, dossier, version, secret->bytes);
	}
}

/* Where its bodies stand: a thread's in `message`, a dossier's and minutes' in `clinical`. */
static enum compartment compartment_of(struct node *node, const struct record_id *dossier)
{
	return is_thread(node, dossier) ? COMPARTMENT_MESSAGE : COMPARTMENT_CLINICAL;
}

/* The dossier's bodies in one epoch, under each of those secrets. */
static void put_epoch(struct gift *gift, const struct record_id *dossier, uint32_t version_max,
        const struct epoch_id *epoch, const struct epoch_key *key)
{
	const enum compartment compartment = compartment_of(gift->node, dossier);
	const struct key_own *own = key_table_own(gift->node->keys);
	const struct dossier_secret *secret;
	const uint32_t version = key_past_version(epoch);
	uint32_t count = 0, of;
	for (size_t i = 0; key_own_find(own, dossier, i, &of); i++)
		count += of <= version_max;
	if (!gift->is_whole && key_table_given(gift->node->keys, gift->to, dossier, version) >= count)
		return;
	for (size_t i = 0; (secret = key_own_find(own, dossier, i, &of)); i++) {
		struct body_key body;
		if (of > version_max)
			continue;
		body_key_derive(&body, key, compartment, secret);
		put(gift, dossier, version, body.bytes);
		body_key_wipe(&body);
	}
}

static void put_past(struct gift *gift, const struct record_id *dossier, uint32_t version_max)
{
	struct epoch_id epoch;
	enum compartment compartment;
	const enum compartment wanted = compartment_of(gift->node, dossier);
	const struct epoch_key *key;
	uint8_t unused[TEAM_KEY_BOX_BYTES];
	for (size_t i = 0; epochs_at(gift->node->epochs, i, &epoch, &compartment, &key); i++)
		if (compartment == wanted &&
		        !team_epoch_box(gift->node->members, &epoch, gift->to, 0, unused))
			put_epoch(gift, dossier, version_max, &epoch, key);
}

static int give(struct gift *gift, const struct team_device *device)
{
	struct node *node = gift->node;
	struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	if (gift->count == 0)
		return 0;
	qsort(gift->secrets, gift->count, sizeof(*gift->secrets), key_secret_cmp);
	int result = key_table_issue_these(node->keys, node->config.env, &signer, &device->id,
	        node_sealing_key(device), gift->secrets, gift->count);
	if (result)
		return result == ERR_FULL ? 0 : result; /* tried again at each meeting */
	node_state_moved(node);
	node->news.keys = true;
	return 0;
}

/* ---- To whom ---------------------------------------------------------------------------------------------------- */

/* Secrets up to a version: one that was made because the sharing ended may be here before we hear of the end. */
struct choice {
	struct record_id dossier;
	uint32_t version_max;
};

struct chosen {
	struct choice *items;
	size_t count, room;
};

static void choose(struct chosen *chosen, const struct record_id *dossier, uint32_t version_max)
{
	if (chosen->count == chosen->room) {
		chosen->room = 2 * chosen->room + 16;
		chosen->items = mem_resize(chosen->items, chosen->room, sizeof(*chosen->items));
	}
	chosen->items[chosen->count++] = (struct choice){*dossier, version_max};
}

/* Those of a person that `is_chosen` wants (NULL: all): a facilitator is given threads alone, whatever the records say. */
static void choose_shared(struct node *node, const struct person_id *person,
        bool (*is_chosen)(struct node *node, const struct record_id *id), struct chosen *chosen)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SHARE);
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_doc *doc;
	struct span cursor = {NULL, 0};
	struct record_id id, patient;
	if (shares_doc(node, &doc))
		return;
	while (record_next(doc, kind, &cursor, &id)) {
		if (!record_read(doc, kind, &id, &measures, &record))
			continue;
		const struct schema_value *value = schema_value(&record, SHARE_PATIENT),
		                          *version = schema_value(&record, SHARE_VERSION);
		if (!value || !version || value->bytes.size != sizeof(patient.bytes))
			continue;
		memcpy(patient.bytes, value->bytes.data, sizeof(patient.bytes));
		struct record_id named = share_id(person, &patient);
		if (record_id_eq(&named, &id) && stands(doc, &id) &&
		        (!is_chosen || is_chosen(node, &patient)))
			choose(chosen, &patient, (uint32_t)version->number);
	}
}

static void choose_cases(struct node *node, const struct person_id *person, struct chosen *chosen)
{
	uint32_t kind;
	struct record_id id;
	struct node_case about;
	for (uint32_t i = 0; i < node_doc_count(node); i++)
		if (node_doc_at(node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_CASE &&
		        node_case(node, &id, &about) && !about.is_over &&
		        person_id_eq(&about.facilitator, person))
			choose(chosen, &id, KEY_VERSION_PAST - 1);
}

int node_share_chosen(struct node *node, const struct device_id *id)
{
	const struct team_view *view = node_view(node);
	const struct team_device *device = team_view_device(view, id);
	const uint8_t role = team_view_role(view, id);
	struct device_id self = node_device(node);
	struct chosen chosen = {0};
	if (!device || device_id_eq(id, &self) || node_rights_lapsed(node, device))
		return 0;
	if (role == TEAM_ROLE_LOCUM) {
		choose_shared(node, &device->person, NULL, &chosen);
	} else if (role == TEAM_ROLE_FACILITATOR) {
		choose_shared(node, &device->person, is_thread, &chosen);
		choose_cases(node, &device->person, &chosen);
	}
	struct gift gift = {.node = node,
	        .to = id,
	        .has_history = team_role_has_history(role),
	        .is_whole = key_table_packets(node->keys, &self, id) >= KEY_PACKETS_MANY};
	if (chosen.count)
		gift.secrets = secret_array_grow(NULL, 0, LIMIT_KEY_PACKET_ITEMS, sizeof(*gift.secrets));
	for (size_t i = 0; i < chosen.count; i++) {
		const struct choice *choice = &chosen.items[i];
		if (key_table_erased(node->keys, &choice->dossier))
			continue;
		put_secrets(&gift, &choice->dossier, choice->version_max);
		if (!gift.has_history)
			put_past(&gift, &choice->dossier, choice->version_max);
	}
	int result = give(&gift, device);
	secret_array_free(gift.secrets);
	mem_free(chosen.items);
	return result;
}

/* To all devices of a person. */
static int give_to(struct node *node, const struct person_id *person)
{
	const struct team_view *view = node_view(node);
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state == TEAM_DEVICE_ACTIVE)
			result = node_share_chosen(node, &view->devices[i].id);
	return result;
}

/* All to whom it is given still are given the newest secret too. */
static int renew_others(struct node *node, const struct record_id *patient)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < node_view(node)->person_count;
	        i++) { /* writing may move it */
		const struct person_id person = node_view(node)->people[i].id;
		if (node_shared(node, &person, patient))
			result = write_share(node, &person, patient, SHARED, version_reached(node, patient));
	}
	return result;
}

/* What is written from now on stands under a secret that is given to those alone to whom the dossier is given. */
static int make_secret(struct node *node, const struct record_id *patient, uint32_t above)
{
	int result = key_table_renew(node->keys, node->config.env, patient, above);
	if (result)
		return result;
	node_secret_made(node, patient);
	bodies_keys_changed(node->bodies);
	return renew_others(node, patient);
}

static int end_share(struct node *node, const struct person_id *person, const struct record_id *patient)
{
	const uint32_t version = version_reached(node, patient);
	int result = write_share(node, person, patient, ENDED, version);
	return result ? result : make_secret(node, patient, version);
}

/* ---- Who held all dossiers, and is given chosen ones from now on --------------------------------------------------- */

/* What the replicated state says that the device can use: it was given it, or gave it to us. */
static bool can_use(const struct node *node, const struct device_id *id, const struct record_id *dossier,
        uint32_t version)
{
	const struct device_id self = node_device(node);
	return key_table_gives(node->keys, id, &self, dossier, version) ||
	        key_table_given(node->keys, id, dossier, version) > 0;
}

static bool person_can_use(const struct node *node, const struct person_id *person,
        const struct record_id *dossier, uint32_t version)
{
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        can_use(node, &view->devices[i].id, dossier, version))
			return true;
	return false;
}

/* Another secret, for all but this person, if she can use the newest one. 1: it was made. */
static int withdraw(struct node *node, const struct person_id *person, const struct record_id *dossier)
{
	if (!person_can_use(node, person, dossier, newest_version(node, dossier)) ||
	        node_shared(node, person, dossier))
		return 0;
	int result = make_secret(node, dossier, version_reached(node, dossier));
	return result ? result : 1;
}

int node_withdraw_dossiers(struct node *node, const struct person_id *person)
{
	const struct key_own *own = key_table_own(node->keys);
	struct record_id dossier;
	int result = 0;
	for (bool more = key_own_next(own, NULL, &dossier); result >= 0 && more;
	        more = key_own_next(own, &dossier, &dossier))
		result = withdraw(node, person, &dossier);
	return result < 0 ? result : 0;
}

/* Several states live together, and it does not stand: whoever ended it may not have known all who were given it since. */
static bool is_disputed(const struct crdt_doc *doc, const struct record_id *id)
{
	struct crdt_path path;
	struct crdt_values values = {0};
	record_path(schema_kind(SCHEMA_SHARE), id, SHARE_STATE, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	const uint32_t count = values.count;
	crdt_values_close(&values);
	return count > 1 && !stands(doc, id);
}

/* Whom and what a record is about, if it is about a locum (of a thread also a facilitator) and a dossier that lives. */
static bool about_locum(struct node *node, const struct crdt_doc *doc, const struct record_id *id,
        struct person_id *person, struct record_id *dossier)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!record_read(doc, schema_kind(SCHEMA_SHARE), id, &measures, &record))
		return false;
	const struct schema_value *who = schema_value(&record, SHARE_PERSON),
	                          *what = schema_value(&record, SHARE_PATIENT);
	if (!who || !what || who->bytes.size != sizeof(person->bytes) ||
	        what->bytes.size != sizeof(dossier->bytes))
		return false;
	memcpy(person->bytes, who->bytes.data, sizeof(person->bytes));
	memcpy(dossier->bytes, what->bytes.data, sizeof(dossier->bytes));
	const struct team_person *known = team_view_person(node_view(node), person);
	const struct record_id named = share_id(person, dossier);
	const bool is_given = known &&
	        (known->role == TEAM_ROLE_LOCUM ||
	                (known->role == TEAM_ROLE_FACILITATOR && is_thread(node, dossier)));
	return is_given && record_id_eq(&named, id) && key_table_secret(node->keys, dossier, 0);
}

int node_withdraw_disputed(struct node *node)
{
	struct crdt_doc *doc;
	struct span cursor = {NULL, 0};
	struct record_id id, dossier;
	struct person_id person;
	int result = 0;
	if (shares_doc(node, &doc))
		return 0;
	/* One at a time: what is written with it moves the document. */
	while (result == 0 && record_next(doc, schema_kind(SCHEMA_SHARE), &cursor, &id))
		if (is_disputed(doc, &id) && about_locum(node, doc, &id, &person, &dossier))
			result = withdraw(node, &person, &dossier);
	node_end_read(node);
	return result < 0 ? result : 0;
}

int node_share(
        struct node *node, const struct person_id *person, const struct record_id *patient, bool shared)
{
	if (!node_may_write(node, COMPARTMENT_TEAM))
		return ERR_DENIED;
	if (!key_table_secret(node->keys, patient, 0))
		return ERR_LOCKED;
	if (!shared && !node_shared(node, person, patient))
		return 0;
	if (shared && is_twofold(node, patient))
		return ERR_CONFLICT;
	node->keys_generation++; /* at each meeting it is looked who lacks what */
	if (!shared)
		return end_share(node, person, patient);
	int result = write_share(node, person, patient, SHARED, version_reached(node, patient));
	return result ? result : give_to(node, person);
}
