#include "node/patient/identity.h"

#include "node/patient/fields.h"
#include "node/patient/who.h"
#include "node/schema/identifiers.h"

/* The traits that name a person before the law (référentiel national d'identitovigilance), and the number that stands for them. */
static const uint32_t STRICT[] = {PATIENT_BIRTH_NAME, PATIENT_FIRST_NAME, PATIENT_SEX, PATIENT_BIRTH_DATE,
        PATIENT_BIRTH_PLACE, PATIENT_BIRTH_COMMUNE, PATIENT_NIR};
enum { STRICT_COUNT = sizeof(STRICT) / sizeof(*STRICT) };

/* ---- What an INS number says ------------------------------------------------------------------------------------- */

enum { BEFORE_1968 = 1968, CORSICA_SPLIT = 1976, MONTHS = 12 };

static unsigned digits(const uint8_t *at, size_t count)
{
	unsigned number = 0;
	for (size_t i = 0; i < count; i++)
		number = number * 10 + (unsigned)(at[i] - '0');
	return number;
}

static bool sex_agrees(const uint8_t *ins, int64_t sex)
{
	const bool is_male = (ins[0] - '0') % 2; /* 1, 3, 7: men; 2, 4, 8: women */
	return sex != PATIENT_FEMALE && sex != PATIENT_MALE ? true : is_male == (sex == PATIENT_MALE);
}

/* A month over 12 stands for one that nobody knew. */
static bool birth_agrees(const uint8_t *ins, const struct calendar_date *born)
{
	const unsigned year = digits(ins + 1, 2), month = digits(ins + 3, 2);
	return year == (unsigned)(born->year % 100) && (month > MONTHS || month == born->month);
}

/* Communes whose department got another number: those born before keep the old one. Corsica was 20 until 1976; Paris' surroundings belonged to 75 and 78
 * until 1968. The commune's own three digits stayed. */
static bool was_renumbered(const uint8_t *ins, struct span commune, int32_t born)
{
	const uint8_t *old = ins + 5, *now = commune.data;
	const bool is_same_commune = memcmp(old + 2, now + 2, 3) == 0;
	const bool corsica = old[0] == '2' && old[1] == '0' && now[0] == '2' &&
	        (now[1] == 'A' || now[1] == 'B') && (!born || born <= CORSICA_SPLIT);
	const bool paris = old[0] == '7' && (old[1] == '5' || old[1] == '8') && now[0] == '9' &&
	        now[1] >= '1' && now[1] <= '5' && (!born || born <= BEFORE_1968);
	return is_same_commune && (corsica || paris);
}

static bool commune_agrees(const uint8_t *ins, struct span commune, int32_t born)
{
	return commune.size != 5 || memcmp(ins + 5, commune.data, 5) == 0 ||
	        was_renumbered(ins, commune, born);
}

uint32_t identity_doubts(const struct schema_record *record)
{
	enum { WHOLE = 13 };
	const struct schema_value *ins = schema_value(record, PATIENT_NIR),
	                          *sex = schema_value(record, PATIENT_SEX),
	                          *commune = schema_value(record, PATIENT_BIRTH_COMMUNE);
	uint32_t doubts = 0;
	struct calendar_date born = {0};
	const bool has_birth = patient_birth_of(record, &born);
	if (!ins || ins->bytes.size < WHOLE || identifiers_ins_key(ins->bytes) == 0)
		return 0;
	const uint8_t *number = ins->bytes.data;
	if (sex && !sex_agrees(number, sex->number))
		doubts |= IDENTITY_SEX;
	if (has_birth && !birth_agrees(number, &born))
		doubts |= IDENTITY_BIRTH;
	if (commune && !commune_agrees(number, commune->bytes, born.year))
		doubts |= IDENTITY_COMMUNE;
	return doubts;
}

void identity_report_doubts(const struct schema_record *record, struct schema_report *report)
{
	static const struct {
		enum identity_doubt doubt;
		enum schema_problem_code code;
		uint32_t field;
	} said[] = {{IDENTITY_SEX, SCHEMA_PROBLEM_INS_SEX, PATIENT_SEX},
	        {IDENTITY_BIRTH, SCHEMA_PROBLEM_INS_BIRTH, PATIENT_BIRTH_DATE},
	        {IDENTITY_COMMUNE, SCHEMA_PROBLEM_INS_COMMUNE, PATIENT_BIRTH_COMMUNE}};
	const uint32_t doubts = identity_doubts(record);
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
		if (doubts & said[i].doubt)
			schema_report_add(report, said[i].code, schema_field(record->kind, said[i].field));
}

/* ---- What an edit makes of it ------------------------------------------------------------------------------------ */

static bool is_cleared(const struct record_edit *edit, uint32_t number)
{
	for (uint32_t i = 0; i < edit->cleared_count; i++)
		if (edit->cleared[i]->number == number)
			return true;
	return false;
}

/* Does it put another value, or none, where one stands? What is added where nothing stands changes nobody. */
static bool changes(const struct crdt_doc *doc, const struct record_edit *edit, uint32_t number)
{
	const struct schema_value *given = schema_value(&edit->record, number);
	const struct schema_field *field = schema_field(edit->record.kind, number);
	struct crdt_path path;
	struct crdt_values values = {0};
	bool changed = false;
	record_path(edit->record.kind, &edit->record.id, number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	if (values.count && given) {
		struct schema_value before;
		bool same = schema_value_get(field, values.items[0].value, NULL, NULL, &before) &&
		        before.number == given->number && span_eq(before.bytes, given->bytes);
		changed = !same;
	} else {
		changed = values.count && is_cleared(edit, number);
	}
	crdt_values_close(&values);
	return changed;
}

/* The status that is shown before the edit. */
static int64_t status_of(const struct crdt_doc *doc, const struct record_edit *edit)
{
	struct schema_measures measures;
	struct schema_record before;
	const struct schema_value *status = NULL;
	if (record_read(doc, edit->record.kind, &edit->record.id, &measures, &before))
		status = schema_value(&before, PATIENT_INS_STATUS);
	return status ? status->number : PATIENT_PROVISIONAL;
}

void identity_preset(const struct crdt_doc *doc, struct record_edit *edit)
{
	bool changed = false;
	if (edit->record.kind->number != SCHEMA_PATIENT || schema_value(&edit->record, PATIENT_INS_STATUS) ||
	        is_cleared(edit, PATIENT_INS_STATUS) || status_of(doc, edit) == PATIENT_PROVISIONAL)
		return;
	for (size_t i = 0; i < STRICT_COUNT; i++)
		changed |= changes(doc, edit, STRICT[i]);
	struct schema_value *status = changed
	        ? schema_put(&edit->record, schema_field(edit->record.kind, PATIENT_INS_STATUS))
	        : NULL;
	if (status)
		status->number = PATIENT_PROVISIONAL;
}

/* The fields as they will stand. Borrows from the document and the edit. */
static struct schema_record after(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_measures *measures)
{
	static const uint32_t wanted[] = {PATIENT_BIRTH_NAME, PATIENT_FIRST_NAME, PATIENT_SEX,
	        PATIENT_BIRTH_DATE, PATIENT_BIRTH_PLACE, PATIENT_BIRTH_COMMUNE, PATIENT_NIR,
	        PATIENT_INS_STATUS};
	struct schema_record before = {0}, out = {.kind = edit->record.kind, .id = edit->record.id};
	bool has = record_read(doc, edit->record.kind, &edit->record.id, measures, &before);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		const struct schema_value *value = schema_value(&edit->record, wanted[i]);
		if (!value && has && !is_cleared(edit, wanted[i]))
			value = schema_value(&before, wanted[i]);
		struct schema_value *to = value ? schema_put(&out, value->field) : NULL;
		if (to)
			*to = *value;
	}
	return out;
}

static void need(const struct schema_record *record, uint32_t number, struct schema_report *report)
{
	if (!schema_value(record, number))
		schema_report_add(report, SCHEMA_PROBLEM_NOT_VALIDATED, schema_field(record->kind, number));
}

void identity_check(const struct crdt_doc *doc, const struct record_edit *edit, bool has_reason,
        struct schema_report *report)
{
	struct schema_measures measures;
	if (edit->record.kind->number != SCHEMA_PATIENT)
		return;
	for (size_t i = 0; i < STRICT_COUNT && !has_reason; i++)
		if (changes(doc, edit, STRICT[i]))
			schema_report_add(report, SCHEMA_PROBLEM_REASON_DUE,
			        schema_field(edit->record.kind, STRICT[i]));
	const struct schema_record whole = after(doc, edit, &measures);
	const struct schema_value *status = schema_value(&edit->record, PATIENT_INS_STATUS);
	if (status && status->number == PATIENT_VALIDATED) {
		need(&whole, PATIENT_BIRTH_NAME, report);
		need(&whole, PATIENT_SEX, report);
		need(&whole, PATIENT_BIRTH_DATE, report);
		if (!schema_value(&whole, PATIENT_BIRTH_PLACE))
			need(&whole, PATIENT_BIRTH_COMMUNE, report);
	}
	identity_report_doubts(&whole, report);
}
