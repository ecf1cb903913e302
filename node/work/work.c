#include "node/work/work.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/wire.h"
#include "node/plan/plan_work.h"
#include "node/exchange/contacts.h"
#include "node/practice/practice.h"
#include "node/practice/rules.h"
#include "node/practice/messages.h"
#include "node/record.h"
#include "node/patient/work.h"
#include "node/visit/long_visit.h"
#include "node/visit/threads.h"
#include "node/medication/medication_work.h"
#include "node/vitals/vitals_work.h"
#include "node/wounds/wounds_work.h"
#include "node/work/conflicts.h"
#include "node/work/signoff.h"

enum { PATIENT_REFERENTS_MAX = 8 };

/* Numbers: README.md, section 2. Whoever changes what a source says raises the part's version (node/digest/parts.c). */
const struct work_source work_sources[] = {
        {WORK_CONFLICT, "conflict", {"Valeurs différentes à départager", "Different values to be settled"}, 0,
                conflicts_facts},
        {WORK_QUARANTINE, "quarantine", {"Saisies mises à part", "Entries kept apart"}, 0, NULL},
        {WORK_ASKED, "asked", {"Décision demandée pour l'équipe", "Decision asked for the team"}, 0, NULL},
        {WORK_NOTICED, "noticed", {"Remarqué par cet appareil", "Noticed by this device"}, 0, NULL},
        {WORK_TEAM_MOVED, "teamMoved", {"Arrivée ou départ", "Who came or left"}, 0, NULL},
        {WORK_JOINED_DISPUTED, "joined-disputed",
                {"Réunion de dossiers à départager", "Joining of files to be settled"}, SCHEMA_DOC_DOSSIER,
                patient_work_disputed},
        {WORK_IDENTITY, "identity", {"Identité à vérifier", "Identity to be checked"}, SCHEMA_DOC_DOSSIER,
                patient_work_identity},
        {WORK_DUPLICATES, "duplicates", {"Doublons possibles", "Possible duplicates"}, 0, NULL},
        {WORK_PARTLY_SHARED, "partly-shared", {"Partage incomplet", "Incomplete sharing"}, 0, NULL},
        {WORK_SIGNOFF, "signOffOvertaken", {"Validation dépassée", "Sign-off that was overtaken"},
                SCHEMA_DOC_DOSSIER, signoff_facts},
        {WORK_REASSESS, "reassess", {"Problèmes à réévaluer", "Problems to be assessed again"},
                SCHEMA_DOC_DOSSIER, plan_work},
        {WORK_GOAL, "goal", {"Objectifs échus", "Goals whose day is past"}, SCHEMA_DOC_DOSSIER, NULL},
        {WORK_PLAN, "plan", {"Plans sans règle", "Plans without a rule"}, SCHEMA_DOC_DOSSIER, NULL},
        {WORK_UNCLAIMED, "unclaimed", {"Passages à personne", "Visits that nobody has"}, 0, NULL},
        {WORK_HANDED_OVER, "handedOver", {"Passages transmis", "Visits handed over"}, 0, NULL},
        {WORK_MISSED, "missed", {"Passages non faits", "Visits not done"}, 0, NULL},
        {WORK_TRANSMISSION, "transmission", {"Transmission urgente à lire", "Urgent transmission to read"},
                SCHEMA_DOC_DOSSIER, threads_facts},
        {WORK_LONG_VISIT, "longVisit", {"Visite de plus de trois heures", "Visit of more than three hours"},
                SCHEMA_DOC_DOSSIER, long_visit_facts},
        {WORK_RUNNING, "runningVisit", {"Visite qui n'est pas arrêtée", "Visit that is not stopped"}, 0,
                NULL},
        {WORK_PRESCRIPTION, "prescription", {"Prescription à renouveler", "Prescription to be renewed"},
                SCHEMA_DOC_DOSSIER, medication_work},
        {WORK_FOLLOW_UP, "follow-up", {"Suivi du traitement", "Follow-up of the treatment"},
                SCHEMA_DOC_DOSSIER, NULL},
        {WORK_DOSES, "doses", {"Alerte d'administration", "Alarm about doses"}, SCHEMA_DOC_DOSSIER, NULL},
        {WORK_DUPLICATE, "duplicate-drug", {"Médicament en double", "Drug prescribed twice"},
                SCHEMA_DOC_DOSSIER, NULL},
        {WORK_MEDICATION, "medication", {"Traitement à vérifier", "Medication to be checked"},
                SCHEMA_DOC_DOSSIER, NULL},
        {WORK_MEASURE, "measure", {"Mesure à regarder", "Measure to be looked at"}, SCHEMA_DOC_DOSSIER,
                vitals_work},
        {WORK_WOUND, "wound", {"Plaie à revoir", "Wound to be looked at"}, SCHEMA_DOC_DOSSIER, wounds_work},
        {WORK_ANSWER_DUE, "answerDue",
                {"Réponses attendues de partenaires", "Answers expected from partners"}, SCHEMA_DOC_DOSSIER,
                contacts_facts},
        {WORK_SHARING, "sharingDue", {"Partage de pratiques à faire", "Sharing of practice due"},
                SCHEMA_DOC_PRACTICE, practice_facts},
        {WORK_FACILITATION, "facilitationDue", {"Facilitation à faire", "Facilitation due"},
                SCHEMA_DOC_PRACTICE, practice_facts},
        {WORK_PEER_VISIT, "peerVisitDue", {"Visite d'un pair à faire", "Peer's field visit due"},
                SCHEMA_DOC_PRACTICE, practice_facts},
        {WORK_INTER_TEAM, "interTeamDue", {"Rencontre inter-équipes à faire", "Meeting between teams due"},
                SCHEMA_DOC_PRACTICE, practice_facts},
        {WORK_RULE, "ruleToSign", {"Texte à signer", "Text to be signed"}, SCHEMA_DOC_PRACTICE, rules_facts},
        {WORK_MESSAGE, "messageUnread", {"Messages non lus", "Unread messages"}, SCHEMA_DOC_THREAD,
                thread_facts},
        {0},
};

const struct work_source *work_source(uint32_t number)
{
	for (const struct work_source *source = work_sources; source->number; source++)
		if (source->number == number)
			return source;
	return NULL;
}

/* ---- Facts ---- */

void work_facts_close(struct work_facts *facts)
{
	arena_close(&facts->arena);
	mem_free(facts->items);
	*facts = (struct work_facts){0};
}

struct work_fact *work_add(struct work_facts *facts, uint32_t source)
{
	uint32_t same = 0;
	for (uint32_t i = facts->count; i-- > 0 && facts->items[i].source == source;)
		same++;
	if (same >= WORK_FACTS_MAX || (facts->count >= WORK_FACTS_ALL_MAX && same >= WORK_FACTS_LEAST)) {
		facts->left_out++;
		return NULL;
	}
	facts->items = mem_room(facts->items, facts->count, &facts->capacity, sizeof(*facts->items));
	struct work_fact *fact = &facts->items[facts->count++];
	*fact = (struct work_fact){.source = source,
	        .note = WORK_ALWAYS,
	        .soon = WORK_NEVER,
	        .now = WORK_NEVER,
	        .until = WORK_NEVER,
	        .day = WORK_NO_DAY};
	return fact;
}

struct span work_keep(struct work_facts *facts, struct span bytes)
{
	return arena_span(&facts->arena, bytes);
}

struct span work_feed(struct work_facts *facts, const struct feed_id *feed)
{
	return work_keep(facts, span_of(feed->bytes, WORK_FEED_BYTES));
}

/* Without the rest of a letter that was cut. */
static size_t whole_letters(const char *text, size_t size)
{
	while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

struct span work_words(struct work_facts *facts, const char *format, ...)
{
	char text[4 * WORK_WORDS_BYTES_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size_t size = strlen(text);
	if (size > WORK_WORDS_BYTES_MAX)
		size = whole_letters(text, WORK_WORDS_BYTES_MAX);
	return work_keep(facts, span_of(text, size));
}

struct span work_referents(const struct crdt_doc *doc, struct arena *arena)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct schema_field *field = schema_field_named(kind, span_text("referent"));
	const struct record_id id = crdt_doc_id(doc);
	uint8_t found[PATIENT_REFERENTS_MAX * SCHEMA_SHORT_BYTES];
	size_t size = 0;
	struct crdt_values values = {0};
	struct crdt_path path;
	if (!field) /* a table without it (tests/api/old_tables.c) */
		return (struct span){NULL, 0};
	record_path(kind, &id, field->number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count && size < sizeof(found); i++) {
		struct schema_value value;
		if (!schema_value_get(field, values.items[i].value, NULL, NULL, &value))
			continue;
		memcpy(found + size, value.bytes.data, SCHEMA_SHORT_BYTES);
		size += SCHEMA_SHORT_BYTES;
	}
	crdt_values_close(&values);
	return arena_span(arena, span_of(found, size));
}

void work_facts_of(const struct digest_source *document, struct work_facts *out)
{
	const uint32_t doc_kind = crdt_doc_kind(document->doc);
	if (doc_kind == SCHEMA_DOC_DOSSIER)
		out->referents = work_referents(document->doc, &out->arena);
	for (const struct work_source *source = work_sources; source->number; source++)
		if (source->facts && (source->doc_kind == 0 || source->doc_kind == doc_kind))
			source->facts(document, source->number, out);
}

/* ---- Items ---- */

void work_items_close(struct work_items *items)
{
	mem_free(items->items);
	*items = (struct work_items){0};
}

bool work_urgency_on(const struct work_fact *fact, int32_t today, enum work_urgency *out)
{
	if (today > fact->until)
		return false;
	*out = today >= fact->now ? WORK_NOW : today >= fact->soon ? WORK_SOON : WORK_NOTE;
	return today >= fact->now || today >= fact->soon || today >= fact->note;
}

void work_id(uint32_t source, uint32_t doc_kind, const struct record_id *doc_id, struct span key,
        uint8_t out[WORK_ID_BYTES])
{
	static const char label[] = "releve work 1";
	const struct work_source *row = work_source(source);
	const uint8_t kind[4] = {(uint8_t)(doc_kind >> 24), (uint8_t)(doc_kind >> 16),
	        (uint8_t)(doc_kind >> 8), (uint8_t)doc_kind};
	const char *name = row ? row->name : "";
	crypto_generichash_state state;
	uint8_t hash[32];
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label) - 1);
	crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
	crypto_generichash_update(&state, kind, sizeof(kind));
	crypto_generichash_update(&state, doc_id->bytes, sizeof(doc_id->bytes));
	crypto_generichash_update(&state, key.data, key.size);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, WORK_ID_BYTES);
}

bool work_rests(uint32_t source, int32_t seen, int32_t today)
{
	/* What is asked for by way of routine, of somebody who is cared for. */
	static const uint32_t RESTING[] = {WORK_REASSESS, WORK_GOAL, WORK_PLAN, WORK_IDENTITY,
	        WORK_PRESCRIPTION, WORK_FOLLOW_UP, WORK_DUPLICATE, WORK_MEDICATION, WORK_WOUND};
	if (seen == WORK_NEVER_SEEN || (int64_t)today - seen <= WORK_REST_DAYS)
		return false;
	for (size_t i = 0; i < sizeof(RESTING) / sizeof(*RESTING); i++)
		if (RESTING[i] == source)
			return true;
	return false;
}

bool work_is_resting(uint32_t source, uint32_t doc_kind, int32_t seen, int32_t today)
{
	return doc_kind == SCHEMA_DOC_DOSSIER && work_rests(source, seen, today);
}

void work_items_add(struct work_items *items, const struct work_facts *facts, uint32_t doc_kind,
        const struct record_id *doc_id, int32_t today)
{
	for (uint32_t i = 0; i < facts->count; i++) {
		enum work_urgency urgency;
		if (!work_urgency_on(&facts->items[i], today, &urgency))
			continue;
		items->items = mem_room(items->items, items->count, &items->capacity, sizeof(*items->items));
		struct work_item *item = &items->items[items->count++];
		*item = (struct work_item){.urgency = urgency,
		        .fact = &facts->items[i],
		        .referents = facts->referents,
		        .is_resting = work_is_resting(facts->items[i].source, doc_kind, facts->seen, today),
		        .doc_kind = doc_kind,
		        .doc_id = *doc_id};
		work_id(item->fact->source, doc_kind, doc_id, item->fact->key, item->id);
	}
}

static int in_order(const void *a, const void *b)
{
	const struct work_item *x = a, *y = b;
	if (x->urgency != y->urgency)
		return x->urgency < y->urgency ? -1 : 1;
	if (x->fact->day != y->fact->day)
		return x->fact->day < y->fact->day ? -1 : 1;
	if (x->fact->source != y->fact->source)
		return x->fact->source < y->fact->source ? -1 : 1;
	return memcmp(x->id, y->id, sizeof(x->id));
}

void work_items_sort(struct work_items *items)
{
	if (items->count)
		qsort(items->items, items->count, sizeof(*items->items), in_order);
}

static bool names(struct span people, const struct person_id *person)
{
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= people.size; at += SCHEMA_SHORT_BYTES)
		if (memcmp(people.data + at, person->bytes, SCHEMA_SHORT_BYTES) == 0)
			return true;
	return false;
}

static bool wrote_one(const struct work_reader *reader, struct span feeds)
{
	for (size_t at = 0; at + WORK_FEED_BYTES <= feeds.size; at += WORK_FEED_BYTES)
		for (uint32_t i = 0; i < reader->feed_count; i++)
			if (memcmp(feeds.data + at, reader->feeds[i].bytes, WORK_FEED_BYTES) == 0)
				return true;
	return false;
}

bool work_is_for(const struct work_item *item, const struct work_reader *reader)
{
	switch (item->fact->whose) {
	case WORK_PERSON:
		return names(item->fact->person, &reader->person);
	case WORK_AUTHOR:
		return wrote_one(reader, item->fact->person);
	case WORK_REFERENT:
		return item->referents.size == 0 || names(item->referents, &reader->person);
	case WORK_TEAM:
		break;
	}
	return true;
}

bool work_is_done_by(const struct work_item *item, const struct work_reader *reader)
{
	return wrote_one(reader, item->fact->done_by);
}
