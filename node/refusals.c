#include "node/refusals.h"

#include "crdt/base/err.h"

static const char *const FRENCH[TEAM_REASON_COUNT] = {
        [TEAM_REASON_NONE] = "Rien ne s'y oppose.",
        [TEAM_REASON_UNKNOWN_STATE] = "L'état de l'équipe auquel il se réfère n'est pas encore ici.",
        [TEAM_REASON_UNKNOWN_DEVICE] = "Son appareil n'a jamais été admis dans cette équipe.",
        [TEAM_REASON_UNKNOWN_ACTION] = "Écrit par une version plus récente, il est sans effet ici.",
        [TEAM_REASON_NOT_ACTIVE] = "Son appareil n'était pas actif dans l'état auquel il se réfère.",
        [TEAM_REASON_NOT_ALLOWED] = "Le rôle de son auteur ne le permet pas.",
        [TEAM_REASON_NOT_MANAGER] = "Son auteur ne gérait pas l'équipe dans l'état auquel il se réfère.",
        [TEAM_REASON_BACKDATED] = "Il se réfère à un état plus ancien que celui qui le précède.",
        [TEAM_REASON_BEYOND_CUT] = "Son appareil avait été retiré avant que ceci ne soit connu.",
        [TEAM_REASON_PENDING] = "Son appareil attend qu'une infirmière choisisse entre deux admissions.",
        [TEAM_REASON_ADMISSION_VOID] = "Ce qui donnait ce droit à son auteur est nul.",
        [TEAM_REASON_RIGHTS_DATES] = "Il a été écrit hors des dates des droits de son auteur.",
        [TEAM_REASON_WRONG_PLACE] = "Ce genre d'écrit n'a pas sa place dans cette partie du journal.",
        [TEAM_REASON_NOT_SEALED] = "Il devrait être chiffré avec une clé de l'équipe, et ne l'est pas.",
        [TEAM_REASON_UNKNOWN_EPOCH] = "Sa clé n'est pas encore ici.",
        [TEAM_REASON_BAD_EPOCH] = "Sa clé n'est pas valable pour cette partie du journal.",
        [TEAM_REASON_NO_SUCH_THING] = "Il parle de ce qui n'existe pas dans l'état auquel il se réfère.",
        [TEAM_REASON_INVITATION_CLOSED] = "L'invitation a déjà servi, ou a été retirée.",
        [TEAM_REASON_BAD_SIGNATURE] = "Une signature n'est pas la bonne.",
        [TEAM_REASON_WRONG_ROLE] = "Le rôle n'est pas celui qui avait été convenu.",
        [TEAM_REASON_EXISTS_ALREADY] = "Il était déjà là.",
        [TEAM_REASON_SAME_PERSON] = "Il y faut la signature d'une autre personne.",
        [TEAM_REASON_WRONG_RECIPIENTS] = "Ses destinataires ne sont pas ceux qui ont droit à la clé.",
        [TEAM_REASON_BAD_PARENTS] = "Les clés antérieures qu'il nomme ne sont pas les bonnes.",
        [TEAM_REASON_STALE_FENCE] = "Son numéro n'est pas celui qui suit le plus grand.",
        [TEAM_REASON_REMOVED_CONCURRENTLY] = "Son auteur a été retiré au même moment.",
        [TEAM_REASON_TEAM_FULL] = "L'équipe a autant d'appareils qu'elle peut en avoir.",
        [TEAM_REASON_MALFORMED] = "Ce ne sont pas les octets d'un tel écrit.",
        [TEAM_REASON_TOO_BIG] = "Il est plus long qu'un tel écrit ne peut l'être.",
        [TEAM_REASON_NEWER_VERSION] = "Écrit par une version plus récente, il ne peut être lu ici.",
        [TEAM_REASON_FORGED] = "Ce n'est pas ce que son appareil a signé.",
        [TEAM_REASON_CONTRADICTION] = "Il contredit ce sur quoi il s'appuie.",
        [TEAM_REASON_NO_ROOM] = "Il n'y a plus de place pour davantage.",
        [TEAM_REASON_CLOCK_AHEAD] = "Son compteur est trop en avance.",
        [TEAM_REASON_TOO_MANY_FEEDS] =
                "Son appareil a commencé plus de suites d'écrits qu'il n'y a de place.",
};

_Static_assert(sizeof(FRENCH) / sizeof(FRENCH[0]) == TEAM_REASON_COUNT, "one sentence per reason");

void refusals_add(struct refusals *refusals, enum refused what, enum team_reason reason)
{
	refusals->counts[what][reason]++;
}

uint64_t refusals_of(const struct refusals *refusals, enum refused what, enum team_reason reason)
{
	return refusals->counts[what][reason];
}

enum team_reason refusals_reason_of(int error)
{
	static const struct {
		int error;
		enum team_reason reason;
	} reasons[] = {
	        {ERR_BADSIG, TEAM_REASON_BAD_SIGNATURE},
	        {ERR_BADSEAL, TEAM_REASON_FORGED},
	        {ERR_TOOBIG, TEAM_REASON_TOO_BIG},
	        {ERR_VERSION, TEAM_REASON_NEWER_VERSION},
	        {ERR_FORK, TEAM_REASON_CONTRADICTION},
	        {ERR_GAP, TEAM_REASON_UNKNOWN_STATE},
	        {ERR_FULL, TEAM_REASON_NO_ROOM},
	        {ERR_DENIED, TEAM_REASON_NOT_ALLOWED},
	        {ERR_NOTFOUND, TEAM_REASON_NO_SUCH_THING},
	        {ERR_USED, TEAM_REASON_INVITATION_CLOSED},
	        {ERR_EXPIRED, TEAM_REASON_INVITATION_CLOSED},
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].reason;
	return TEAM_REASON_MALFORMED;
}

bool refusals_ordinary(enum team_reason reason)
{
	return reason == TEAM_REASON_UNKNOWN_STATE || reason == TEAM_REASON_UNKNOWN_EPOCH ||
	        reason == TEAM_REASON_EXISTS_ALREADY;
}

const char *refused_name(enum refused what)
{
#define REFUSED_NAME(name, json, fr, en) json,
	static const char *const names[] = {REFUSED_TABLE(REFUSED_NAME)};
#undef REFUSED_NAME
	return names[what];
}

struct schema_label refused_label(enum refused what)
{
#define REFUSED_LABEL(name, json, fr, en) {fr, en},
	static const struct schema_label labels[] = {REFUSED_TABLE(REFUSED_LABEL)};
#undef REFUSED_LABEL
	return labels[what];
}

struct schema_label refusals_why(enum team_reason reason)
{
	return (struct schema_label){FRENCH[reason], team_reason_sentence(reason)};
}
