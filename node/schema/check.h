/*
 * node/schema/check.h - is a record fit to be saved: required fields, ranges, order of times, identifiers.
 *
 * Problems name the field and the rule, never the content, so that they may be logged and shown.
 * Outside data: hostile values are fine. Pure.
 */
#ifndef NODE_SCHEMA_CHECK_H
#define NODE_SCHEMA_CHECK_H

#include "crdt/base/mem.h"
#include "node/schema/schema.h"

/* number, French, English; "%" stands for the field's label. Numbers from 100 on only warn: the record is saved. */
#define SCHEMA_PROBLEM_TABLE(X) \
	X(1, REQUIRED, "« % » est obligatoire.", "“%” is required.") \
	X(2, TOO_LONG, "« % » est trop long.", "“%” is too long.") \
	X(3, EMPTY, "« % » est vide : retirez-le plutôt.", "“%” is empty: leave it out instead.") \
	X(4, RANGE, "« % » est hors des valeurs permises.", "“%” is outside the allowed values.") \
	X(5, CHOICE, "« % » n'est pas un des choix proposés.", "“%” is not one of the choices.") \
	X(6, ORDER, "« % » n'est pas après le début.", "“%” is not after the start.") \
	X(7, TOO_LONG_TIME, "« % » est plus de 24 heures après le début.", \
	        "“%” is more than 24 hours after the start.") \
	X(8, INS_FORM, "« % » n'a pas la forme d'un matricule INS.", \
	        "“%” does not have the form of an INS number.") \
	X(9, INS_KEY, "« % » : la clé ne correspond pas au matricule.", \
	        "“%”: the key does not match the number.") \
	X(10, RPPS_FORM, "« % » doit avoir 11 chiffres.", "“%” must have 11 digits.") \
	X(11, COMMUNE_FORM, "« % » n'est pas un code commune INSEE.", "“%” is not an INSEE commune code.") \
	X(12, WRONG_TYPE, "« % » n'est pas du type attendu.", "“%” is not of the expected type.") \
	X(13, UNKNOWN_FIELD, "Un champ n'est pas connu.", "A field is not known.") \
	X(14, DUPLICATE, "« % » contient deux fois le même élément.", \
	        "“%” contains the same element twice.") \
	X(15, SAME_NURSE, "« % » est la même personne que l'infirmière.", \
	        "“%” is the same person as the nurse.") \
	X(16, NOTHING, "Rien n'a été indiqué.", "Nothing was given.") \
	X(17, SEEN, "L'état qui était affiché (« seen ») n'est pas lisible : rouvrez la fiche.", \
	        "What had been shown (“seen”) is not readable: open the record again.") \
	X(18, BEFORE, "« % » est avant le jour du début.", "“%” is before the day it begins.") \
	X(19, ADELI_FORM, "« % » doit avoir 9 chiffres.", "“%” must have 9 digits.") \
	X(20, FINESS_FORM, "« % » doit avoir 9 chiffres.", "“%” must have 9 digits.") \
	X(21, FINESS_KEY, "« % » : le dernier chiffre ne correspond pas aux autres.", \
	        "“%”: the last digit does not match the others.") \
	X(22, CIP13_FORM, "« % » n'est pas un code CIP13 (34009 et 8 chiffres).", \
	        "“%” is not a CIP13 code (34009 and 8 digits).") \
	X(23, CIP13_KEY, "« % » : le dernier chiffre ne correspond pas aux autres.", \
	        "“%”: the last digit does not match the others.") \
	X(24, MSSANTE_FORM, "« % » n'est pas une adresse MSSanté (…@….mssante.fr).", \
	        "“%” is not an MSSanté address (…@….mssante.fr).") \
	X(25, TYPED_STATUS, \
	        "« % » : seul le téléservice INS récupère ou qualifie une identité ; ce qui est saisi ici " \
	        "est " \
	        "provisoire ou validé.", \
	        "“%”: only the INS service retrieves or qualifies an identity; what is typed here is " \
	        "provisional " \
	        "or validated.") \
	X(26, OMAHA_CODE, "« % » n'est pas un code du système Omaha.", \
	        "“%” is not a code of the Omaha System.") \
	X(27, OMAHA_RETIRED, "« % » : ce code a été retiré du système Omaha ; il ne se choisit plus.", \
	        "“%”: this code was retired from the Omaha System; it is not chosen any more.") \
	X(28, SIGNS, "« % » : des signes et symptômes ne se notent que pour un problème réel (actual).", \
	        "“%”: signs and symptoms are for an actual problem only.") \
	X(29, SIGN_OF_OTHER, "« % » : un signe appartient à un autre problème.", \
	        "“%”: a sign belongs to another problem.") \
	X(30, NOT_HERE, "« % » : il n'y a rien de tel ici.", "“%”: there is no such thing here.") \
	X(31, CLOSED, "« % » : ce problème est clos ; rouvrez-le pour l'évaluer.", \
	        "“%”: this problem is closed; open it again to rate it.") \
	X(32, TOO_MANY, "« % » : il y en a trop.", "“%”: there are too many of them.") \
	X(48, REASON_DUE, "« % » : changer un trait d'identité demande un motif (--reason).", \
	        "“%”: changing a trait of the identity needs a reason (--reason, or “reason”).") \
	X(49, NOT_VALIDATED, "« % » manque : une identité validée a tous ses traits stricts.", \
	        "“%” is missing: an identity that is validated has all its strict traits.") \
	X(40, RECURRENCE, \
	        "« % » : cette règle n'est pas de celles qui se planifient (FREQ=DAILY, WEEKLY, MONTHLY " \
	        "ou YEARLY, " \
	        "avec INTERVAL, BYDAY, BYMONTHDAY, BYHOUR, UNTIL ou COUNT ; EXDATE:20261225).", \
	        "“%”: this is not a rule that can be planned by (FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, " \
	        "with " \
	        "INTERVAL, BYDAY, BYMONTHDAY, BYHOUR, UNTIL or COUNT; EXDATE:20261225).") \
	X(41, IMPOSSIBLE, "« % » : une valeur est impossible, vérifiez la mesure et l'unité.", \
	        "“%”: a value is impossible, check measure and unit.") \
	X(42, LIMITS, "« % » est en dessous du seuil bas.", "“%” is below the low limit.") \
	X(43, MISTAKEN, "« % » ne se dit que dans une correction, qui cite ce qui était saisi.", \
	        "“%” is said in a correction only, which cites what was entered.") \
	X(44, NO_CONSENT, "« % » : aucun consentement à la photo n'est en vigueur pour ce patient.", \
	        "“%”: no consent to photos is in force for this patient.") \
	X(45, UNIT, "« % » : l'unité n'est pas une de celles de cette mesure, ou n'y tombe pas juste.", \
	        "“%”: the unit is not one of that measure, or does not come out even in it.") \
	X(58, NOT_DONE_BILLED, "« % » : une visite qui n'a pas été faite n'est pas facturée.", \
	        "“%”: a visit that was not done is not billed.") \
	X(110, IN_WORDS, "« % » est en mots : aucun passage n'est planifié d'après eux.", \
	        "“%” is in words: no visit is planned by them.") \
	X(120, DOSE_DOUBLE, "« % » : déjà administré pour cette prise.", \
	        "“%”: given already for that slot.") \
	X(121, DOSE_OVER_MAX, "« % » : plus que le maximum par jour.", \
	        "“%”: more than the maximum per day.") \
	X(122, DOSE_OUTSIDE, "« % » : elle n'a pas cours ce jour-là.", \
	        "“%”: it is not in force on that day.") \
	X(123, DOSE_UNPLANNED, "« % » : rien n'est prévu ce jour-là.", "“%”: none is due on that day.") \
	X(100, RPPS_LUHN, "« % » : vérifiez le numéro, sa clé est inhabituelle.", \
	        "“%”: check the number, its check digit is unusual.") \
	X(101, SUSPECT, "« % » : une valeur est inhabituelle, vérifiez-la.", \
	        "“%”: a value is unusual, check it.") \
	X(102, NO_KEY, "« % » est sans clé : il ne peut pas être vérifié.", \
	        "“%” has no key: it cannot be verified.") \
	X(104, OMAHA_FOREIGN, "« % » n'est pas un code actuel du système Omaha ; il est gardé comme reçu.", \
	        "“%” is not a current code of the Omaha System; it is kept as it came.") \
	X(148, INS_SEX, "« % » ne correspond pas au matricule INS : à vérifier.", \
	        "“%” does not agree with the INS number: check it.") \
	X(149, INS_BIRTH, "« % » ne correspond pas au matricule INS : à vérifier.", \
	        "“%” does not agree with the INS number: check it.") \
	X(150, INS_COMMUNE, "« % » ne correspond pas au matricule INS : à vérifier.", \
	        "“%” does not agree with the INS number: check it.") \
	X(158, OVERLAP, \
	        "« % » : ce temps en chevauche un autre de la même personne ; les deux sont gardés.", \
	        "“%”: this time overlaps another one of the same person; both are kept.") \
	X(159, AHEAD, "« % » est dans le futur : vérifiez la date et l'heure.", \
	        "“%” is in the future: check day and time.") \
	X(103, LONG_VISIT, "« % » : plus de 3 heures après le début.", \
	        "“%”: more than 3 hours after the start.")

enum schema_problem_code {
#define SCHEMA_PROBLEM_ENUM(number, name, fr, en) SCHEMA_PROBLEM_##name = number,
	SCHEMA_PROBLEM_TABLE(SCHEMA_PROBLEM_ENUM)
#undef SCHEMA_PROBLEM_ENUM
	        SCHEMA_PROBLEM_WARNINGS = 100,
};

struct schema_problem {
	enum schema_problem_code code;
	const struct schema_field *field; /* NULL: the record as a whole */
};

enum { SCHEMA_PROBLEMS_MAX = 16 }; /* what fits on a screen; the first ones are kept */

struct schema_report {
	struct schema_problem problems[SCHEMA_PROBLEMS_MAX];
	uint32_t count;
	uint32_t error_count; /* all of them, also those that found no room */
};

enum schema_check_mode {
	SCHEMA_CHECK_NEW, /* required fields must be there */
	SCHEMA_CHECK_EDIT, /* only what is given is checked: fields of registers, or an amendment */
	SCHEMA_CHECK_TAKEN, /* all must be there, as elsewhere recorded: codes that are not used here, or no more, only warn */
};

/* Check a record and fill in the report (which may hold problems already). 0, warnings included, or ERR_INVALID. */
int schema_check(
        const struct schema_record *record, enum schema_check_mode mode, struct schema_report *report);

/* Check one value alone: type, range, identifiers. */
void schema_check_value(
        const struct schema_value *value, enum schema_check_mode mode, struct schema_report *report);

void schema_report_add(
        struct schema_report *report, enum schema_problem_code code, const struct schema_field *field);

enum schema_language { SCHEMA_FR, SCHEMA_EN };

/* How a value of the field may be written, "1950-12-31", the same in all languages; NULL: any text, or an id. Static text. */
const char *schema_example(const struct schema_field *field);

/* Append the sentence of a problem, with the field's label and what would have been right, to `out`. */
void schema_problem_sentence(
        const struct schema_problem *problem, enum schema_language language, struct buf *out);

#endif
