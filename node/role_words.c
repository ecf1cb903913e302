#include "node/role_words.h"

static const struct schema_label RIGHTS[TEAM_ROLE_LAST + 1] = {
        [TEAM_ROLE_NONE] = {"ne reçoit plus rien ; ce que l'appareil avait reçu y reste lisible",
                "is given nothing any more; what the device was given stays readable there"},
        [TEAM_ROLE_NURSE] = {"lit et écrit tous les dossiers, lit la facturation",
                "reads and writes all dossiers, reads the billing"},
        [TEAM_ROLE_BILLING] = {"lit et écrit tous les dossiers, clôt les mois de facturation",
                "reads and writes all dossiers, closes the months of billing"},
        [TEAM_ROLE_LOCUM] = {"lit et écrit les seuls dossiers qui lui sont confiés ; pas de facturation",
                "reads and writes the dossiers shared one by one, and no others; no billing"},
        [TEAM_ROLE_READER] = {"lit les dossiers et les indicateurs, n'écrit rien ; pas de facturation",
                "reads dossiers and indicators, writes nothing; no billing"},
        [TEAM_ROLE_FACILITATOR] = {"lit les indicateurs et les cas anonymisés qui lui sont confiés ; aucun "
                                   "dossier, pas de facturation",
                "reads indicators and the redacted cases written for this person; no dossier, no billing"},
        [TEAM_ROLE_RELAY] = {"garde tout et ne peut rien lire", "holds everything and can read nothing"},
};

static void say(struct buf *out, enum schema_language language, const char *fr, const char *en)
{
	buf_add_span(out, span_text(language == SCHEMA_FR ? fr : en));
}

static void say_moment(struct buf *out, enum schema_language language, uint64_t ms)
{
	words_moment((int64_t)(ms / 1000), language, out);
}

static void say_dates(
        const struct team_person *person, uint64_t now_ms, enum schema_language language, struct buf *out)
{
	if (person->rights_until_ms && now_ms >= person->rights_until_ms) {
		say(out, language, "ses droits ont pris fin le ", "the rights ended on ");
		say_moment(out, language, person->rights_until_ms);
		say(out, language, " ; ce que l'appareil avait reçu y reste lisible",
		        "; what the device was given stays readable there");
		return;
	}
	if (now_ms < person->rights_from_ms) {
		say(out, language, "à partir du ", "from ");
		say_moment(out, language, person->rights_from_ms);
		say(out, language, " ", " on ");
	}
	say(out, language, RIGHTS[person->role].fr, RIGHTS[person->role].en);
	if (person->rights_until_ms) {
		say(out, language, ", jusqu'au ", ", until ");
		say_moment(out, language, person->rights_until_ms);
	}
}

void role_words(const struct team_view *view, const struct team_device *device, uint64_t now_ms,
        enum schema_language language, struct buf *out)
{
	const struct team_person *person = team_view_person(view, &device->person);
	const uint8_t role = team_view_role(view, &device->id);
	if (device->state == TEAM_DEVICE_PENDING) {
		say(out, language, "ne reçoit rien tant qu'une infirmière n'a pas choisi ou signé",
		        "is given nothing until a nurse has chosen or signed");
		return;
	}
	if (person && role == person->role && (person->rights_from_ms || person->rights_until_ms))
		say_dates(person, now_ms, language, out);
	else
		say(out, language, RIGHTS[role].fr, RIGHTS[role].en);
	if (!team_role_manages(role))
		return;
	if (team_view_manages(view, &device->id))
		say(out, language, ", gère l'équipe", ", manages the team");
	else
		say(out, language, " ; gère l'équipe dès qu'une autre infirmière aura signé",
		        "; manages the team once another nurse has signed");
}
