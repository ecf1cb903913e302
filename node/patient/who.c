#include "node/patient/who.h"

#include "node/patient/fields.h"
#include "node/record.h"

static struct span text_of(const struct schema_record *record, uint32_t field)
{
	const struct schema_value *value = schema_value(record, field);
	return value ? value->bytes : (struct span){NULL, 0};
}

/* The last digits of a number; of one that is too short to be somebody's nothing. */
static void read_phone(struct span text, char out[PATIENT_PHONE_DIGITS + 1])
{
	size_t count = 0;
	out[0] = 0;
	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] >= '0' && text.data[i] <= '9';
	if (count < PATIENT_PHONE_DIGITS)
		return;
	size_t passed = count - PATIENT_PHONE_DIGITS, at = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			continue;
		if (passed)
			passed--;
		else
			out[at++] = (char)text.data[i];
	}
	out[at] = 0;
}

static void read_ins(struct span text, char out[PATIENT_INS_CHARACTERS + 1])
{
	out[0] = 0;
	if (text.size < PATIENT_INS_CHARACTERS)
		return;
	memcpy(out, text.data, PATIENT_INS_CHARACTERS);
	out[PATIENT_INS_CHARACTERS] = 0;
}

bool patient_birth_of(const struct schema_record *record, struct calendar_date *out)
{
	const struct schema_value *birth = schema_value(record, PATIENT_BIRTH_DATE);
	if (!birth || birth->number < birth->field->min || birth->number > birth->field->max)
		return false;
	*out = calendar_date(birth->number);
	return true;
}

void patient_who_of(const struct schema_record *record, struct patient_who *out)
{
	static const uint32_t phones[PATIENT_PHONES] = {PATIENT_PHONE, PATIENT_MOBILE, PATIENT_CONTACT_PHONE};
	const struct schema_value *sex = schema_value(record, PATIENT_SEX);
	struct calendar_date date = {0};
	const bool has_birth = patient_birth_of(record, &date);
	*out = (struct patient_who){.id = record->id,
	        .sex = sex ? sex->number : 0,
	        .has_birth = has_birth,
	        .year = date.year,
	        .month = date.month,
	        .day = date.day};
	patient_name_read(text_of(record, PATIENT_LAST_NAME), &out->last);
	patient_name_read(text_of(record, PATIENT_BIRTH_NAME), &out->birth);
	patient_name_read(text_of(record, PATIENT_FIRST_NAME), &out->first);
	read_ins(text_of(record, PATIENT_NIR), out->ins);
	for (size_t i = 0; i < PATIENT_PHONES; i++)
		read_phone(text_of(record, phones[i]), out->phones[i]);
}

bool patient_who_read(const struct crdt_doc *doc, struct patient_who *out)
{
	struct schema_measures measures;
	struct schema_record record;
	const struct record_id id = crdt_doc_id(doc);
	if (!record_read(doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record))
		return false;
	patient_who_of(&record, out);
	return true;
}
