/* Who a bundle is about, and who took part: patient, insurer, the team, its people, doctors, those around the patient. */
#include <string.h>

#include "node/exchange/fhir_parts.h"

#define RPPS "https://rpps.esante.gouv.fr"
#define ADELI "https://adeli.esante.gouv.fr"
#define FINESS "https://finess.esante.gouv.fr"

/* ---- Names, addresses, numbers ----------------------------------------------------------------------------------- */

static json_t *name_of(const char *use, const char *family, const char *given)
{
	json_t *name = json_object();
	fhir_set(name, "use", fhir_string(use));
	fhir_set(name, "family", fhir_string(family));
	if (given && *given)
		json_object_set_new(name, "given", json_pack("[s]", given));
	return name;
}

static json_t *telecom(const char *system, const char *value, const char *use)
{
	if (!value || !*value)
		return NULL;
	json_t *point = json_pack("{s:s, s:s}", "system", system, "value", value);
	fhir_set(point, "use", fhir_string(use));
	return point;
}

static void add_reach(json_t *resource, const json_t *record)
{
	fhir_add(resource, "telecom", telecom("phone", fhir_text(record, "phone"), NULL));
	fhir_add(resource, "telecom", telecom("phone", fhir_text(record, "mobile"), "mobile"));
	fhir_add(resource, "telecom", telecom("email", fhir_text(record, "email"), NULL));
	fhir_add(resource, "telecom", telecom("email", fhir_text(record, "mssante"), "work"));
}

static json_t *address_of(const json_t *record, const char *street)
{
	json_t *address = json_object();
	fhir_add(address, "line", fhir_string(fhir_text(record, street)));
	fhir_add(address, "line", fhir_string(fhir_text(record, "complement")));
	fhir_set(address, "city", fhir_string(fhir_text(record, "town")));
	fhir_set(address, "postalCode", fhir_string(fhir_text(record, "postcode")));
	if (json_object_size(address))
		return address;
	json_decref(address);
	return NULL;
}

/* ---- The team, people of it, people outside ---------------------------------------------------------------------- */

static void team_id(const struct fhir *fhir, char out[FHIR_ID_BYTES])
{
	const char *team = fhir_text(fhir->file, "team");
	fhir_derived_id(out, team ? team : "", "team");
}

static json_t *to_team(const struct fhir *fhir)
{
	char id[FHIR_ID_BYTES];
	team_id(fhir, id);
	return fhir_to_id(id);
}

static void add_team(struct fhir *fhir)
{
	char id[FHIR_ID_BYTES];
	team_id(fhir, id);
	json_t *team = fhir_derived(fhir, "Organization", id);
	fhir_add(team, "identifier", fhir_identifier(FHIR_OWN "team", fhir_text(fhir->file, "team")));
	json_object_set_new(team, "name",
	        json_string(fhir_say(fhir, "Équipe de soins infirmiers à domicile", "Home nursing team")));
}

static void add_identifiers(json_t *resource, const json_t *record)
{
	fhir_add(resource, "identifier", fhir_identifier(RPPS, fhir_text(record, "rpps")));
	fhir_add(resource, "identifier", fhir_identifier(ADELI, fhir_text(record, "adeli")));
	fhir_add(resource, "identifier", fhir_identifier(FINESS, fhir_text(record, "finess")));
}

static void add_practitioner(struct fhir *fhir, const json_t *record, const char *family, const char *given)
{
	json_t *one = fhir_resource(fhir, "Practitioner", record);
	const char *profession = fhir_text(record, "profession");
	add_identifiers(one, record);
	fhir_add(one, "name", name_of(NULL, family, given));
	add_reach(one, record);
	fhir_add(one, "address", address_of(record, "address"));
	if (profession)
		fhir_add(one, "qualification", json_pack("{s:o}", "code", fhir_words(profession)));
}

static void add_organization(struct fhir *fhir, const json_t *record, const char *name)
{
	json_t *one = fhir_resource(fhir, "Organization", record);
	add_identifiers(one, record);
	json_object_set_new(one, "name", json_string(name));
	add_reach(one, record);
	fhir_add(one, "address", address_of(record, "address"));
}

/* An entry with a first name is somebody; without one, a service. */
bool fhir_of_person(struct fhir *fhir, const json_t *record)
{
	const char *name = fhir_text(record, "name");
	if (fhir_is(record, "kind", "person"))
		add_practitioner(fhir, record, fhir_text(record, "lastName"), fhir_text(record, "firstName"));
	else if (fhir_is(record, "kind", "directoryEntry") && fhir_text(record, "firstName"))
		add_practitioner(fhir, record, name, fhir_text(record, "firstName"));
	else if (fhir_is(record, "kind", "directoryEntry"))
		add_organization(fhir, record, name ? name : "?");
	else
		return false;
	return true;
}

json_t *fhir_to_outsider(struct fhir *fhir, const char *name, const char *rpps)
{
	char id[FHIR_ID_BYTES];
	if (!name && !rpps)
		return NULL;
	fhir_derived_id(id, rpps ? rpps : name, rpps ? "rpps" : "name");
	if (!fhir_has(fhir, id)) {
		json_t *one = fhir_derived(fhir, "Practitioner", id);
		fhir_add(one, "identifier", fhir_identifier(RPPS, rpps));
		if (name)
			fhir_add(one, "name", json_pack("{s:s}", "text", name));
	}
	return fhir_to_id(id);
}

/* ---- The patient ------------------------------------------------------------------------------------------------- */

/* Only what the INS service qualified is conveyed as an INS (README.md, "Identity"). */
static json_t *ins_of(const json_t *patient)
{
	static const struct {
		const char *name, *oid;
	} oids[] = {{"INS-NIR", "urn:oid:1.2.250.1.213.1.4.8"}, {"INS-NIA", "urn:oid:1.2.250.1.213.1.4.9"},
	        {"INS-NIR-TEST", "urn:oid:1.2.250.1.213.1.4.10"},
	        {"INS-NIR-DEMO", "urn:oid:1.2.250.1.213.1.4.11"}};
	for (size_t i = 0; fhir_is(patient, "insStatus", "qualifiee") && i < sizeof(oids) / sizeof(*oids);
	        i++)
		if (fhir_is(patient, "insOid", oids[i].name)) {
			json_t *ins = fhir_identifier(oids[i].oid, fhir_text(patient, "nir"));
			if (ins)
				json_object_set_new(ins, "use", json_string("official"));
			return ins;
		}
	return NULL;
}

static void add_names(json_t *out, const json_t *patient)
{
	const char *birth = fhir_text(patient, "birthName"), *given = fhir_text(patient, "firstName");
	json_t *usual = name_of("usual", fhir_text(patient, "lastName"), given);
	fhir_add(usual, "prefix", fhir_string(fhir_text(patient, "civility")));
	fhir_add(out, "name", usual);
	if (birth)
		fhir_add(out, "name", name_of("official", birth, given));
}

static const char *gender_of(const json_t *patient)
{
	return fhir_is(patient, "sex", "F") ? "female" : fhir_is(patient, "sex", "M") ? "male" : "other";
}

void fhir_patient_identity(json_t *out, const json_t *patient)
{
	if (!patient)
		return;
	fhir_add(out, "identifier", ins_of(patient));
	add_names(out, patient);
	if (fhir_text(patient, "sex"))
		json_object_set_new(out, "gender", json_string(gender_of(patient)));
	fhir_set(out, "birthDate", fhir_string(fhir_text(patient, "birthDate")));
}

void fhir_practitioner_identity(json_t *out, const json_t *person)
{
	if (!person)
		return;
	add_identifiers(out, person);
	fhir_add(out, "name", name_of(NULL, fhir_text(person, "lastName"), fhir_text(person, "firstName")));
}

static void add_contact(json_t *out, const json_t *patient)
{
	const char *name = fhir_text(patient, "contactName"), *phone = fhir_text(patient, "contactPhone");
	if (!name && !phone)
		return;
	json_t *contact = json_object();
	fhir_add(contact, "relationship", fhir_words(fhir_text(patient, "contactLink")));
	if (name)
		json_object_set_new(contact, "name", json_pack("{s:s}", "text", name));
	fhir_add(contact, "telecom", telecom("phone", phone, NULL));
	fhir_add(out, "contact", contact);
}

static void add_birth_place(json_t *out, const json_t *patient)
{
	const char *place = fhir_text(patient, "birthPlace");
	json_t *address = json_object();
	fhir_set(address, "city", fhir_string(place));
	fhir_add(address, "extension",
	        fhir_text(patient, "birthCommune")
	                ? json_pack("{s:s, s:{s:s, s:s}}", "url",
	                          "https://hl7.fr/ig/fhir/core/StructureDefinition/"
	                          "fr-core-address-insee-code",
	                          "valueCoding", "system",
	                          "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM",
	                          "code", fhir_text(patient, "birthCommune"))
	                : NULL);
	if (json_object_size(address))
		fhir_add(out, "extension",
		        json_pack("{s:s, s:O}", "url",
		                "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress",
		                address));
	json_decref(address);
}

static json_t *to_doctor(struct fhir *fhir, const json_t *patient)
{
	return fhir_to_outsider(fhir, fhir_text(patient, "doctor"), fhir_text(patient, "doctorRpps"));
}

static void add_coverage(struct fhir *fhir, const json_t *patient)
{
	const char *insurer = fhir_text(patient, "insurer");
	const bool ald = json_is_true(json_object_get(patient, "ald"));
	char id[FHIR_ID_BYTES], payor[FHIR_ID_BYTES];
	if (!insurer && !ald)
		return;
	fhir_derived_id(payor, insurer ? insurer : "", "insurer");
	if (insurer)
		json_object_set_new(fhir_derived(fhir, "Organization", payor), "name", json_string(insurer));
	fhir_derived_id(id, fhir->patient, "coverage");
	json_t *coverage = fhir_derived(fhir, "Coverage", id);
	json_object_set_new(coverage, "status", json_string("active"));
	if (ald)
		json_object_set_new(coverage, "type",
		        fhir_words(fhir_say(
		                fhir, "Affection de longue durée (ALD)", "Long-term illness (ALD)")));
	json_object_set_new(coverage, "beneficiary", fhir_to_patient(fhir));
	fhir_set(coverage, "period",
	        ald ? fhir_period(fhir_text(patient, "aldFrom"), fhir_text(patient, "aldUntil")) : NULL);
	fhir_add(coverage, "payor",
	        insurer ? fhir_to_id(payor) : json_pack("{s:s}", "display", "Assurance maladie"));
}

/* What is said of allergies in one text, beside those that have a record of their own. */
static void add_allergies(struct fhir *fhir, const json_t *patient)
{
	const char *text = fhir_text(patient, "allergies");
	char id[FHIR_ID_BYTES];
	if (!text)
		return;
	fhir_derived_id(id, fhir->patient, "allergies");
	json_t *allergy = fhir_derived(fhir, "AllergyIntolerance", id);
	json_object_set_new(allergy, "clinicalStatus",
	        fhir_concept(HL7_TERMS "allergyintolerance-clinical", "active", NULL));
	json_object_set_new(allergy, "verificationStatus",
	        fhir_concept(HL7_TERMS "allergyintolerance-verification", "unconfirmed", NULL));
	json_object_set_new(allergy, "code", fhir_words(text));
	json_object_set_new(allergy, "patient", fhir_to_patient(fhir));
}

static void add_patient(struct fhir *fhir, const json_t *patient)
{
	json_t *doctor = to_doctor(fhir, patient), *out = fhir_resource(fhir, "Patient", patient);
	fhir_add(out, "identifier", ins_of(patient));
	fhir_add(out, "identifier", fhir_identifier(FHIR_OWN "patient", fhir->patient));
	if (fhir_text(patient, "archivedOn"))
		json_object_set_new(out, "active", json_false());
	add_names(out, patient);
	add_reach(out, patient);
	if (fhir_text(patient, "sex"))
		json_object_set_new(out, "gender", json_string(gender_of(patient)));
	fhir_set(out, "birthDate", fhir_string(fhir_text(patient, "birthDate")));
	add_birth_place(out, patient);
	fhir_set(out, "deceasedDateTime", fhir_string(fhir_text(patient, "deceasedOn")));
	fhir_add(out, "address", address_of(patient, "street"));
	add_contact(out, patient);
	fhir_add(out, "generalPractitioner", doctor);
	json_object_set_new(out, "managingOrganization", to_team(fhir));
	add_coverage(fhir, patient);
	add_allergies(fhir, patient);
}

/* ---- Around the patient ------------------------------------------------------------------------------------------ */

static bool is_one_of(const char *word, const char *const *list)
{
	for (; word && *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static void add_partner(struct fhir *fhir, const json_t *partner)
{
	static const char *const professions[] = {"doctor", "pharmacist", "physiotherapist", "social-worker",
	        NULL},
	                         *const services[] = {"hospital", "night-cabinet", NULL};
	const char *role = fhir_text(partner, "role"), *name = fhir_text(partner, "name");
	if (is_one_of(role, services)) {
		add_organization(fhir, partner, name ? name : "?");
		return;
	}
	const bool is_professional = is_one_of(role, professions);
	json_t *one = fhir_resource(fhir, is_professional ? "Practitioner" : "RelatedPerson", partner);
	if (!is_professional) {
		json_object_set_new(one, "patient", fhir_to_patient(fhir));
		fhir_add(one, "relationship",
		        fhir_concept(FHIR_OWN "role", role, fhir_label(fhir, partner, "role")));
		fhir_add(one, "relationship", fhir_words(fhir_text(partner, "link")));
	}
	if (name)
		fhir_add(one, "name", json_pack("{s:s}", "text", name));
	add_reach(one, partner);
	if (is_professional)
		fhir_add(one, "qualification",
		        json_pack("{s:o}", "code", fhir_words(fhir_label(fhir, partner, "role"))));
}

void fhir_people(struct fhir *fhir)
{
	json_t *record;
	size_t index;
	add_team(fhir);
	json_array_foreach(json_object_get(fhir->file, "people"), index, record) fhir_of_person(fhir, record);
	json_array_foreach(json_object_get(fhir->file, "entries"), index, record)
	        fhir_of_person(fhir, record);
	json_array_foreach(json_object_get(fhir->file, "records"), index, record)
	{
		if (fhir_is(record, "kind", "patient"))
			add_patient(fhir, record);
		else if (fhir_is(record, "kind", "partner"))
			add_partner(fhir, record);
	}
}

/* ---- Everybody together ------------------------------------------------------------------------------------------ */

static void add_member(json_t *team, const char *role, json_t *member)
{
	if (!member)
		return;
	json_t *participant = json_object();
	fhir_add(participant, "role", fhir_words(role));
	json_object_set_new(participant, "member", member);
	fhir_add(team, "participant", participant);
}

void fhir_care_team(struct fhir *fhir)
{
	char id[FHIR_ID_BYTES];
	json_t *record, *nurse;
	size_t index, at;
	fhir_derived_id(id, fhir->patient, "care team");
	json_t *team = fhir_derived(fhir, "CareTeam", id);
	json_object_set_new(team, "status", json_string("active"));
	json_object_set_new(team, "subject", fhir_to_patient(fhir));
	json_array_foreach(json_object_get(fhir->file, "records"), index, record)
	{
		if (fhir_is(record, "kind", "partner"))
			add_member(team, fhir_label(fhir, record, "role"), fhir_to_record(fhir, record));
		if (!fhir_is(record, "kind", "patient"))
			continue;
		add_member(team, fhir_say(fhir, "Infirmière référente", "Lead nurse"),
		        fhir_to_person(fhir, fhir_text(record, "referent")));
		json_array_foreach(json_object_get(record, "circle"), at, nurse)
		        add_member(team, fhir_say(fhir, "Infirmière", "Nurse"),
		                fhir_to_person(fhir, json_string_value(nurse)));
		add_member(team, fhir_say(fhir, "Médecin traitant", "General practitioner"),
		        to_doctor(fhir, record));
	}
	fhir_add(team, "managingOrganization", to_team(fhir));
}
