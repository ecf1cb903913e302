/* What was said, agreed and warned of: transmissions, notes, contacts, consents, alerts, photos; and whatever has no resource of its own. */
#include <string.h>

#include "node/exchange/fhir_parts.h"

/* ---- Communications ---------------------------------------------------------------------------------------------- */

static void add_payload(json_t *out, const char *title, const char *text)
{
	if (text && title)
		fhir_add(out, "payload", json_pack("{s:s++}", "contentString", title, " : ", text));
	else if (text)
		fhir_add(out, "payload", json_pack("{s:s}", "contentString", text));
}

static json_t *communication(
        struct fhir *fhir, const json_t *record, const char *category, const char *display)
{
	json_t *out = fhir_resource(fhir, "Communication", record);
	json_object_set_new(
	        out, "status", json_string(fhir_is_void(record) ? "entered-in-error" : "completed"));
	fhir_add(out, "category", fhir_concept(FHIR_OWN "communication", category, display));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	return out;
}

static void add_transmission(struct fhir *fhir, const json_t *record)
{
	json_t *out = communication(fhir, record, "dar",
	        fhir_say(fhir, "Transmission ciblée (DAR)", "Focused transmission (DAR)"));
	json_object_set_new(out, "priority",
	        json_string(fhir_is(record, "urgency", "urgent")          ? "stat"
	                        : fhir_is(record, "urgency", "important") ? "urgent"
	                                                                  : "routine"));
	fhir_set(
	        out, "topic", fhir_omaha(fhir, 'P', fhir_number(record, "code"), fhir_text(record, "focus")));
	fhir_set(out, "encounter", fhir_to(fhir, record, "visit", "visit"));
	fhir_set(out, "sent", fhir_string(fhir_text(record, "at")));
	fhir_set(out, "sender", fhir_to_nurse(fhir, record));
	fhir_add(out, "reasonReference", fhir_to(fhir, record, "problem", "problem"));
	add_payload(out, fhir_say(fhir, "Données", "Data"), fhir_text(record, "data"));
	add_payload(out, "Actions", fhir_text(record, "actions"));
	add_payload(out, fhir_say(fhir, "Résultats", "Results"), fhir_text(record, "results"));
}

static void add_reply(struct fhir *fhir, const json_t *record)
{
	json_t *out = communication(fhir, record, "reply",
	        fhir_say(fhir, "Réponse à une transmission", "Reply to a transmission"));
	fhir_add(out, "inResponseTo", fhir_to(fhir, record, "transmission", "transmission"));
	fhir_set(out, "sent", fhir_string(fhir_text(record, "at")));
	fhir_set(out, "sender", fhir_to_author(fhir, record));
	add_payload(out, NULL, fhir_text(record, "body"));
}

static void add_note(struct fhir *fhir, const json_t *record)
{
	json_t *out = communication(fhir, record, "note", "Note");
	fhir_set(out, "sent", fhir_string(fhir_text(record, "at")));
	fhir_set(out, "sender", fhir_to_nurse(fhir, record));
	add_payload(out, NULL, fhir_text(record, "body"));
}

static json_t *medium_of(const struct fhir *fhir, const json_t *contact)
{
	static const struct {
		const char *channel, *mode;
	} rows[] = {{"phone", "PHONE"}, {"mssante", "EMAILWRIT"}, {"letter", "MAILWRIT"},
	        {"in-person", "FACE"}, {"remote", "VIDEOCONF"}, {"meeting", "FACE"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fhir_is(contact, "channel", rows[i].channel))
			return fhir_concept(HL7_TERMS "v3-ParticipationMode", rows[i].mode,
			        fhir_label(fhir, contact, "channel"));
	return fhir_words(fhir_label(fhir, contact, "channel"));
}

/* The partner: the record of the dossier or of the directory where one is named, otherwise the name. */
static json_t *to_partner(const struct fhir *fhir, const json_t *contact)
{
	json_t *to = fhir_to(fhir, contact, "with", "partner");
	if (!to)
		to = fhir_to(fhir, contact, "entry", "directoryEntry");
	if (!to)
		to = json_object();
	fhir_set(to, "display", fhir_string(fhir_text(contact, "partner")));
	return to;
}

static void add_contact(struct fhir *fhir, const json_t *contact)
{
	json_t *out = communication(fhir, contact, "contact",
	        fhir_say(fhir, "Contact avec un partenaire", "Contact with a partner"));
	const bool is_in = fhir_is(contact, "direction", "in");
	json_t *nurse = fhir_to_nurse(fhir, contact);
	fhir_add(out, "inResponseTo", fhir_to(fhir, contact, "replyTo", "contact"));
	fhir_add(out, "medium", medium_of(fhir, contact));
	fhir_set(out, "sent", fhir_string(fhir_text(contact, "at")));
	if (is_in)
		fhir_add(out, "recipient", nurse);
	else
		fhir_add(out, "recipient", to_partner(fhir, contact));
	fhir_set(out, "sender", is_in ? to_partner(fhir, contact) : nurse);
	add_payload(out, NULL, fhir_text(contact, "summary"));
	fhir_add(out, "note", fhir_note(fhir_text(contact, "proof")));
}

/* ---- Consents ---------------------------------------------------------------------------------------------------- */

static void add_consent(struct fhir *fhir, const json_t *consent)
{
	json_t *out = fhir_resource(fhir, "Consent", consent), *provision;
	const bool is_given = !fhir_text(consent, "decision") || fhir_is(consent, "decision", "given");
	json_object_set_new(out, "status",
	        json_string(fhir_is_void(consent)                         ? "entered-in-error"
	                        : is_given                                ? "active"
	                        : fhir_is(consent, "decision", "refused") ? "rejected"
	                                                                  : "inactive"));
	json_object_set_new(out, "scope", fhir_concept(HL7_TERMS "consentscope", "patient-privacy", NULL));
	fhir_add(out, "category", fhir_concept(LOINC, "59284-0", "Consent Document"));
	fhir_add(out, "category",
	        fhir_concept(
	                FHIR_OWN "consent", fhir_text(consent, "scope"), fhir_label(fhir, consent, "scope")));
	json_object_set_new(out, "patient", fhir_to_patient(fhir));
	fhir_set(out, "dateTime", fhir_string(fhir_saved(consent)));
	json_object_set_new(
	        out, "policyRule", fhir_concept(HL7_TERMS "v3-ActCode", is_given ? "OPTIN" : "OPTOUT", NULL));
	provision = json_pack("{s:s}", "type", is_given ? "permit" : "deny");
	fhir_set(provision, "period", fhir_period(NULL, fhir_text(consent, "until")));
	json_object_set_new(out, "provision", provision);
}

/* ---- Alerts ------------------------------------------------------------------------------------------------------ */

static void add_allergy(struct fhir *fhir, const json_t *alert)
{
	const char *reaction = fhir_text(alert, "reaction");
	const bool is_severe = fhir_is(alert, "severity", "severe") ||
	        fhir_is(alert, "severity", "life-threatening");
	json_t *out = fhir_resource(fhir, "AllergyIntolerance", alert);
	json_object_set_new(out, "clinicalStatus",
	        fhir_concept(HL7_TERMS "allergyintolerance-clinical",
	                !fhir_text(alert, "state") || fhir_is(alert, "state", "active") ? "active"
	                                                                                : "inactive",
	                NULL));
	json_object_set_new(out, "verificationStatus",
	        fhir_concept(HL7_TERMS "allergyintolerance-verification",
	                fhir_is(alert, "state", "refuted") ? "refuted" : "unconfirmed", NULL));
	json_object_set_new(
	        out, "type", json_string(fhir_is(alert, "type", "allergy") ? "allergy" : "intolerance"));
	if (fhir_text(alert, "severity"))
		json_object_set_new(out, "criticality", json_string(is_severe ? "high" : "low"));
	fhir_set(out, "code", fhir_words(fhir_text(alert, "what")));
	json_object_set_new(out, "patient", fhir_to_patient(fhir));
	fhir_set(out, "onsetDateTime", fhir_string(fhir_text(alert, "since")));
	fhir_set(out, "recordedDate", fhir_string(fhir_saved(alert)));
	fhir_set(out, "recorder", fhir_to_author(fhir, alert));
	fhir_add(out, "note", fhir_note(fhir_text(alert, "note")));
	if (!reaction)
		return;
	json_t *one = json_pack("{s:[o]}", "manifestation", fhir_words(reaction));
	if (fhir_text(alert, "severity"))
		json_object_set_new(one, "severity",
		        is_severe ? json_string("severe") : json_incref(json_object_get(alert, "severity")));
	fhir_add(out, "reaction", one);
}

static void add_alert(struct fhir *fhir, const json_t *alert)
{
	if (fhir_is(alert, "type", "allergy") || fhir_is(alert, "type", "intolerance")) {
		add_allergy(fhir, alert);
		return;
	}
	json_t *out = fhir_resource(fhir, "Flag", alert), *code;
	json_object_set_new(out, "status",
	        json_string(fhir_is(alert, "state", "refuted")     ? "entered-in-error"
	                        : fhir_is(alert, "state", "ended") ? "inactive"
	                                                           : "active"));
	code = fhir_concept(FHIR_OWN "alert", fhir_text(alert, "type"), fhir_label(fhir, alert, "type"));
	if (code && fhir_text(alert, "what"))
		json_object_set(code, "text", json_object_get(alert, "what"));
	json_object_set_new(out, "code", code ? code : fhir_words("?"));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "period", fhir_period(fhir_text(alert, "since"), NULL));
	fhir_set(out, "author", fhir_to_author(fhir, alert));
}

/* ---- Photos, and the rest ---------------------------------------------------------------------------------------- */

/* The picture's bytes are put beside it by whoever wants them in the file (tools/cli_exchange.c). */
static void add_photo(struct fhir *fhir, const json_t *photo)
{
	json_t *out = fhir_resource(fhir, "DocumentReference", photo), *attachment = json_object();
	const json_t *encounter = fhir_named(fhir, photo, "visit", "visit");
	json_object_set_new(out, "status", json_string(fhir_is_void(photo) ? "entered-in-error" : "current"));
	json_object_set_new(
	        out, "type", fhir_words(fhir_say(fhir, "Photo ou document numérisé", "Photo or scan")));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	fhir_set(out, "date", fhir_string(fhir_text(photo, "at")));
	fhir_add(out, "author", fhir_to_author(fhir, photo));
	fhir_set(out, "description", fhir_string(fhir_text(photo, "caption")));
	json_object_set_new(attachment, "title",
	        json_string(fhir_text(photo, "caption") ? fhir_text(photo, "caption") : "Photo"));
	fhir_set(attachment, "creation", fhir_string(fhir_text(photo, "at")));
	fhir_add(out, "content", json_pack("{s:o}", "attachment", attachment));
	if (encounter)
		json_object_set_new(
		        out, "context", json_pack("{s:[o]}", "encounter", fhir_to_record(fhir, encounter)));
}

/* What FHIR has no resource for, or none that was worth a word here: it travels whole. */
static void add_basic(struct fhir *fhir, const json_t *record)
{
	const char *name = fhir_text(record, "kind");
	const struct schema_kind *kind = schema_kind_named(span_text(name));
	json_t *out = fhir_resource(fhir, "Basic", record);
	const char *saved = fhir_saved(record);
	json_object_set_new(out, "code",
	        fhir_concept(
	                FHIR_OWN "kind", name, kind ? fhir_say(fhir, kind->label.fr, kind->label.en) : NULL));
	json_object_set_new(out, "subject", fhir_to_patient(fhir));
	if (saved)
		json_object_set_new(out, "created", json_stringn(saved, 10));
	fhir_set(out, "author", fhir_to_author(fhir, record));
}

bool fhir_of_words(struct fhir *fhir, const json_t *record)
{
	static const struct {
		const char *kind;
		void (*add)(struct fhir *fhir, const json_t *record);
	} rows[] = {{"transmission", add_transmission}, {"reply", add_reply}, {"note", add_note},
	        {"contact", add_contact}, {"consent", add_consent}, {"alert", add_alert},
	        {"photo", add_photo}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fhir_is(record, "kind", rows[i].kind)) {
			rows[i].add(fhir, record);
			return true;
		}
	add_basic(fhir, record);
	return true;
}
