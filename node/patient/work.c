#include "node/patient/work.h"

#include "node/patient/fields.h"
#include "node/patient/identity.h"
#include "node/patient/part.h"

/* As the other dossier has it. */
static struct patient_link mirrored(const struct patient_link *link)
{
	struct patient_link out = *link;
	out.file = link->other;
	out.other = link->file;
	return out;
}

static void say_disputed(const struct patient_link *link, uint32_t source, struct work_facts *out)
{
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	fact->key = work_keep(out, span_of(link->other.bytes, sizeof(link->other.bytes)));
	fact->records = work_keep(out, span_of(link->id.bytes, sizeof(link->id.bytes)));
	fact->now = WORK_ALWAYS;
	fact->whose = WORK_REFERENT;
	fact->fr = work_words(out,
	        "Deux infirmières ont décidé différemment si ce dossier et un autre sont de la "
	        "même personne : les départager (releve patient duplicates)");
	fact->en = work_words(out,
	        "Two nurses decided differently whether this file and another are one person's: "
	        "settle it (releve patient duplicates)");
}

/* The halves that stand here tell it as well as both: whoever decides writes the same into both dossiers. */
void patient_work_disputed(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct patient_links mine = {0}, both = {0};
	struct patient_pairs pairs;
	const struct record_id file = crdt_doc_id(document->doc);
	patient_links_read(document, &mine);
	for (uint32_t i = 0; i < mine.count; i++) {
		const struct patient_link other = mirrored(&mine.items[i]);
		patient_links_add(&both, &mine.items[i]);
		patient_links_add(&both, &other);
	}
	patient_pairs_make(both.items, both.count, &pairs);
	for (uint32_t i = 0; i < mine.count; i++) {
		struct patient_pair *pair = patient_pairs_find(&pairs, &file, &mine.items[i].other);
		if (pair->state == PATIENT_PAIR_DISPUTED && patient_pair_tell(pair, &file))
			say_disputed(&mine.items[i], source, out);
	}
	patient_pairs_close(&pairs);
	patient_links_close(&mine);
	patient_links_close(&both);
}

void patient_work_identity(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct schema_measures measures;
	struct schema_record record;
	const struct record_id id = crdt_doc_id(document->doc);
	if (!record_read(document->doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record) ||
	        !identity_doubts(&record))
		return;
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	fact->records = work_keep(out, span_of(id.bytes, sizeof(id.bytes)));
	fact->note = WORK_ALWAYS;
	fact->whose = WORK_REFERENT;
	fact->fr = work_words(out, "Le matricule INS ne correspond pas à l'identité saisie : à vérifier");
	fact->en = work_words(out, "The INS number does not agree with the identity: check it");
}
