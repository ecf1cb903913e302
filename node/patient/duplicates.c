#include "node/patient/duplicates.h"

#include <string.h>

#include "node/patient/fields.h"

/* What each likeness is worth, of 100 (README.md, "Duplicates"). */
enum {
	FAMILY_WORTH = 35,
	FIRST_WORTH = 35,
	BIRTH_WORTH = 30,
	BIRTH_EXCHANGED_WORTH = 24,
	BIRTH_SIMILAR_WORTH = 20,
	BIRTH_UNKNOWN_WORTH = 10,
	PHONE_WORTH = 8,
	PHONE_ALONE = 70,
	BIRTH_DIFFERS = -15,
	SEX_DIFFERS = -15,
	FIRST_DIFFERS = -20, /* brothers, twins and couples share all the rest */
	BIRTH_NAMES_DIFFER = -20, /* no marriage changes them */
	OTHER_INS_MOST = 50,
	NEARLY_EQUAL = 85,
};

static const struct {
	enum patient_reason reason;
	struct schema_label label;
} REASONS[] = {{PATIENT_SAME_INS, {"même matricule INS", "same INS number"}},
        {PATIENT_SAME_BIRTH, {"même date de naissance", "same date of birth"}},
        {PATIENT_BIRTH_EXCHANGED, {"jour et mois de naissance inversés", "day and month of birth exchanged"}},
        {PATIENT_SIMILAR_BIRTH, {"date de naissance proche", "similar date of birth"}},
        {PATIENT_SAME_NAMES, {"mêmes nom et prénoms", "same names"}},
        {PATIENT_SIMILAR_NAMES, {"nom et prénoms proches", "similar names"}},
        {PATIENT_NAMES_EXCHANGED, {"nom et prénom inversés", "last and first name exchanged"}},
        {PATIENT_SAME_FIRST_NAME,
                {"même prénom, autre nom (mariage ?)", "same first name, another last name (marriage?)"}},
        {PATIENT_SAME_PHONE, {"même téléphone", "same phone"}},
        {PATIENT_OTHER_BIRTH, {"date de naissance différente", "different date of birth"}},
        {PATIENT_OTHER_SEX, {"sexe différent", "different sex"}},
        {PATIENT_OTHER_INS, {"autre matricule INS", "another INS number"}}};

const struct schema_label *patient_reason_label(uint32_t reasons, uint32_t index)
{
	for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++)
		if ((reasons & REASONS[i].reason) && index-- == 0)
			return &REASONS[i].label;
	return NULL;
}

/* ---- One pair ---------------------------------------------------------------------------------------------------- */

struct comparison {
	const struct patient_who *a, *b;
	bool is_typing; /* `a` is being typed */
	int points, most; /* most: what could have been reached with what is typed */
	uint32_t reasons;
};

static unsigned better(unsigned best, const struct patient_name *a, const struct patient_name *b, bool typing)
{
	unsigned like = patient_name_likeness(a, b, typing);
	return like > best ? like : best;
}

/* The name in use and the one of birth are each tried with each. */
static unsigned family_likeness(const struct comparison *c)
{
	unsigned best = better(0, &c->a->last, &c->b->last, c->is_typing);
	best = better(best, &c->a->last, &c->b->birth, c->is_typing);
	best = better(best, &c->a->birth, &c->b->last, c->is_typing);
	return better(best, &c->a->birth, &c->b->birth, c->is_typing);
}

static bool have(const struct patient_name *a, const struct patient_name *b)
{
	return a->count && b->count;
}

static void weigh_names(struct comparison *c)
{
	unsigned family = family_likeness(c),
	         first = patient_name_likeness(&c->a->first, &c->b->first, c->is_typing);
	unsigned last_as_first = patient_name_likeness(&c->a->last, &c->b->first, c->is_typing),
	         first_as_last = patient_name_likeness(&c->a->first, &c->b->last, c->is_typing);
	const bool has_family = c->a->last.count || c->a->birth.count, has_first = c->a->first.count;
	if (family + first < last_as_first + first_as_last && last_as_first >= NEARLY_EQUAL &&
	        first_as_last >= NEARLY_EQUAL) {
		family = last_as_first;
		first = first_as_last;
		c->reasons |= PATIENT_NAMES_EXCHANGED;
	} else if (family == 100 && first == 100) {
		c->reasons |= PATIENT_SAME_NAMES;
	} else if (family && (first || !has_first)) {
		c->reasons |= PATIENT_SIMILAR_NAMES;
	} else if (first >= NEARLY_EQUAL && has_family) {
		c->reasons |= PATIENT_SAME_FIRST_NAME;
	}
	c->points += (int)(family * FAMILY_WORTH + first * FIRST_WORTH) / 100;
	c->most += (has_family ? FAMILY_WORTH : 0) + (has_first ? FIRST_WORTH : 0);
	if (!first && have(&c->a->first, &c->b->first))
		c->points += FIRST_DIFFERS;
	if (!family && have(&c->a->birth, &c->b->birth))
		c->points += BIRTH_NAMES_DIFFER;
}

static void weigh_birth(struct comparison *c)
{
	const struct patient_who *a = c->a, *b = c->b;
	const int same = (a->year == b->year) + (a->month == b->month) + (a->day == b->day);
	c->most += a->has_birth ? BIRTH_WORTH : 0;
	if (!a->has_birth || !b->has_birth) {
		c->points += a->has_birth || !c->is_typing ? BIRTH_UNKNOWN_WORTH : 0;
	} else if (same == 3) {
		c->points += BIRTH_WORTH;
		c->reasons |= PATIENT_SAME_BIRTH;
	} else if (a->year == b->year && a->month == b->day && a->day == b->month) {
		c->points += BIRTH_EXCHANGED_WORTH;
		c->reasons |= PATIENT_BIRTH_EXCHANGED;
	} else if (same == 2) {
		c->points += BIRTH_SIMILAR_WORTH;
		c->reasons |= PATIENT_SIMILAR_BIRTH;
	} else {
		c->points += BIRTH_DIFFERS;
		c->reasons |= PATIENT_OTHER_BIRTH;
	}
}

static bool share_phone(const struct patient_who *a, const struct patient_who *b)
{
	for (size_t i = 0; i < PATIENT_PHONES; i++)
		for (size_t j = 0; a->phones[i][0] && j < PATIENT_PHONES; j++)
			if (strcmp(a->phones[i], b->phones[j]) == 0)
				return true;
	return false;
}

static bool is_known(int64_t sex)
{
	return sex == PATIENT_FEMALE || sex == PATIENT_MALE;
}

static void weigh_rest(struct comparison *c)
{
	if (share_phone(c->a, c->b)) {
		c->points += PHONE_WORTH;
		c->reasons |= PATIENT_SAME_PHONE;
	}
	if (is_known(c->a->sex) && is_known(c->b->sex) && c->a->sex != c->b->sex) {
		c->points += SEX_DIFFERS;
		c->reasons |= PATIENT_OTHER_SEX;
	}
	if (c->a->ins[0] && c->b->ins[0])
		c->reasons |= strcmp(c->a->ins, c->b->ins) == 0 ? PATIENT_SAME_INS : PATIENT_OTHER_INS;
}

static struct patient_match match_of(const struct comparison *c)
{
	int score = c->points;
	if (c->is_typing && c->most)
		score = score * 100 / c->most;
	else if (c->is_typing)
		score = c->reasons & PATIENT_SAME_PHONE ? PHONE_ALONE : 0;
	if ((c->reasons & PATIENT_OTHER_INS) && score > OTHER_INS_MOST)
		score = OTHER_INS_MOST;
	if (c->reasons & PATIENT_SAME_INS)
		score = 100;
	return (struct patient_match){score < 0 ? 0 : score > 100 ? 100 : (unsigned)score, c->reasons};
}

static struct patient_match compare(const struct patient_who *a, const struct patient_who *b, bool is_typing)
{
	struct comparison c = {.a = a, .b = b, .is_typing = is_typing};
	weigh_names(&c);
	weigh_birth(&c);
	weigh_rest(&c);
	return match_of(&c);
}

struct patient_match patient_compare(const struct patient_who *a, const struct patient_who *b)
{
	return compare(a, b, false);
}

struct patient_match patient_compare_typed(const struct patient_who *typed, const struct patient_who *with)
{
	return compare(typed, with, true);
}
