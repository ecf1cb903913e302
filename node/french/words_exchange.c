/* Files, surveys, the evaluation. */
#include <stddef.h>

#include "node/french/words.h"

const struct french_row FRENCH_EXCHANGE[] = {
        {"That was given up: another one began, nobody asked for more of it, or the device was locked. Do it "
         "again: what was taken in stays.",
                "Cela a été abandonné : un autre échange a commencé, personne n'a demandé la suite, ou "
                "l'appareil a été verrouillé. Recommencez : ce qui a été repris reste."},
        {"\"path\" has to be the whole path of a file or folder, from \"/\" on.",
                "« path » doit être le chemin complet d'un fichier ou d'un dossier, à partir de « / »."},
        {"A file has room for 5 MB at least. Nothing was changed.",
                "Un fichier a de la place pour 5 Mo au moins. Rien n'a été changé."},
        {"There is no file of \"releve bundle export\" in this folder.",
                "Il n'y a pas de fichier de l'équipe dans ce dossier."},
        {"There are too many files in this folder: put those that are wanted into another one.",
                "Il y a trop de fichiers dans ce dossier : mettez ceux que vous voulez dans un autre."},
        {"Your name is needed.", "Il faut votre nom."},
        {"From which month until which? A month is written 2026-11. Nothing was changed.",
                "De quel mois à quel mois ? Un mois s'écrit 2026-11. Rien n'a été changé."},
        {"The months end after they begin, and are 120 at most. Nothing was changed.",
                "Les mois finissent après avoir commencé, et sont 120 au plus. Rien n'a été changé."},
        {"Only months that are over leave the team. Nothing was changed.",
                "Seuls des mois finis quittent l'équipe. Rien n'a été changé."},
        {"To whom? A recipient of at most 120 bytes is needed. Nothing was changed.",
                "À qui ? Il faut un destinataire, de 120 caractères environ au plus. Rien n'a été changé."},
        {"On which basis in law? At most 4,000 bytes. Nothing was changed.",
                "Sur quelle base légale ? 4 000 caractères environ au plus. Rien n'a été changé."},
        {"Rates of several territories are here: name one as \"territory\". Nothing was exported.",
                "Il y a ici les tarifs de plusieurs territoires : nommez-en un (« territory »). Rien n'a été "
                "exporté."},
        {"Fewer than 11 patients were visited in these months: nothing was exported.",
                "Moins de 11 patients ont été vus pendant ces mois : rien n'a été exporté."},
        {"Export fewer months at once. Nothing was exported.",
                "Exportez moins de mois à la fois. Rien n'a été exporté."},
        {"Two nurses of the team have to agree to this export, for these months, this recipient and one "
         "basis in law, word for word, within the last 30 days: releve evaluation agree. Nothing was "
         "exported.",
                "Deux infirmières de l'équipe doivent donner leur accord à cet export, pour ces mois, ce "
                "destinataire et une même base légale, mot pour mot, dans les 30 derniers jours. Rien n'a "
                "été exporté."},
        {"Agree to this export first, for these months and this recipient: releve evaluation agree. Nothing "
         "was exported.",
                "Donnez d'abord votre accord à cet export, pour ces mois et ce destinataire. Rien n'a été "
                "exporté."},
        {"What is asked for leaves this device unencrypted: say so, as \"unencrypted\": true. Nothing was "
         "exported.",
                "Ce qui est demandé quitte cet appareil sans être chiffré : dites que vous le voulez (« "
                "unencrypted »). Rien n'a été exporté."},
        {"Of this dossier there is an early copy alone, not yet verified: it leaves no file.",
                "De ce dossier il n'y a qu'une copie provisoire, pas encore vérifiée : il n'en sort pas de "
                "fichier."},
        {"Several surveys begin so: give more digits.",
                "Plusieurs enquêtes commencent ainsi : donnez plus de chiffres."},
        {"There is no such survey here: see \"releve survey list\".",
                "Cette enquête n'est pas ici : voyez la liste des enquêtes."},
        {"These questions are of a later version of the program. Nothing was changed.",
                "Ces questions viennent d'une version plus récente du programme. Rien n'a été changé."},
        {"Which questionnaire: patient, carer, nurse or self-evaluation? Nothing was saved.",
                "Quel questionnaire : patient, aidant (carer), infirmière (nurse) ou auto-évaluation "
                "(self-evaluation) ? Rien n'a été enregistré."},
        {"A survey needs a title of at most 120 bytes. Nothing was saved.",
                "Donnez un titre à l'enquête, de 120 caractères environ au plus. Rien n'a été enregistré."},
        {"Until which day (and from which)? A day is written 2026-11-22. Nothing was saved.",
                "Jusqu'à quel jour (et à partir duquel) ? Un jour s'écrit 2026-11-22. Rien n'a été "
                "enregistré."},
        {"A survey ends after it begins, and lasts a year at most. Nothing was saved.",
                "Une enquête finit après avoir commencé, et dure un an au plus. Rien n'a été enregistré."},
        {"\"count\" takes 1 to 200 forms.", "« count » prend de 1 à 200 formulaires."},
        {"\"texts\" has to be a list of answers in words of this survey, as its results show them, of 16,000 "
         "bytes together at most. Nothing was changed.",
                "« texts » doit être une liste de réponses en mots de cette enquête, telles que ses "
                "résultats les montrent, de 16 000 caractères environ en tout. Rien n'a été changé."},
        {"Nothing of this survey is shown to facilitators: it is not closed, or has fewer than 11 forms. "
         "Nothing was changed.",
                "Rien de cette enquête n'est montré aux facilitatrices : elle n'est pas close, ou a moins de "
                "11 formulaires. Rien n'a été changé."},
        {"Fewer than 5 forms wait on this device: written now, they are less well hidden. Say \"few\" to "
         "write them all the same. Nothing was changed.",
                "Moins de 5 formulaires attendent sur cet appareil : écrits maintenant, ils sont moins bien "
                "cachés. Confirmez (« few ») pour les écrire quand même. Rien n'a été changé."},
        {"its number is none of this survey's forms: ten digits, as printed. Nothing was saved.",
                "son numéro n'est celui d'aucun formulaire de cette enquête : dix chiffres, comme imprimés. "
                "Rien n'a été enregistré."},
        {"it was typed in before. Nothing was saved.", "il a déjà été saisi. Rien n'a été enregistré."},
        {"so many wait here that they have to be written first: releve survey write. Nothing was saved.",
                "il en attend tant ici qu'il faut d'abord les écrire. Rien n'a été enregistré."},
        {"\"forms\" has to be a list of 1 to 200 forms: {number, answers}. Nothing was saved.",
                "« forms » doit être une liste de 1 à 200 formulaires : {number, answers}. Rien n'a été "
                "enregistré."},
        {"Why are these answers not to count? A reason is needed. Nothing was changed.",
                "Pourquoi ces réponses ne doivent-elles pas compter ? Il faut un motif. Rien n'a été "
                "changé."},
        {"There are no such answers, or they do not count any more: see the survey's results. Nothing was "
         "changed.",
                "Ces réponses n'existent pas, ou ne comptent plus : voyez les résultats de l'enquête. Rien "
                "n'a été changé."},
        {"A nurse's answer is signed by the device that it is given on, and hers tells who she is. Say "
         "\"device\": \"colleague\" when a colleague answers on this one, \"own\" when you answer on yours "
         "all the same, or use paper. Nothing was changed.",
                "La réponse d'une infirmière est signée par l'appareil où elle est donnée, et le sien dit "
                "qui elle est. Indiquez « device » : « colleague » si une collègue répond sur celui-ci, « "
                "own » si vous répondez quand même sur le vôtre, ou prenez du papier. Rien n'a été changé."},
        {"This survey is closed. Nothing was changed.", "Cette enquête est close. Rien n'a été changé."},
        {"Today is not within this survey's days. Nothing was changed.",
                "Aujourd'hui n'est pas dans les jours de cette enquête. Rien n'a été changé."},
        {"No questionnaire is open under this token.", "Aucun questionnaire n'est ouvert sous ce code."},
        {"The answers were taken already. They count once.",
                "Les réponses ont déjà été prises. Elles comptent une fois."},
        {"This patient's dossier was erased in this team: it does not come back. Nothing was changed.",
                "Le dossier de ce patient a été effacé dans cette équipe : il ne revient pas. Rien n'a été "
                "changé."},
        {"Form %zu: %s", "Formulaire %zu : %s"},
        {"\"%.60s\" %s Nothing was saved.", "« %.60s » %s Rien n'a été enregistré."},
        {"is answered by a whole number from 0 to 10.", "attend un nombre entier de 0 à 10."},
        {"is answered by \"yes\" or \"no\".", "attend « yes » (oui) ou « no » (non)."},
        {"is answered by one of the choices listed.", "attend un des choix proposés."},
        {"is answered by a text.", "attend un texte."},
        {"takes a text of at most 1,000 bytes.", "prend un texte de 1 000 caractères environ au plus."},
        {"is not a text that can be read.", "n'est pas un texte lisible."},
        {"names a question that the questionnaire has not.",
                "nomme une question que le questionnaire n'a pas."},
        {"has to be an object of questions and answers.", "doit être un objet de questions et de réponses."},
        {"answers no question.", "ne répond à aucune question."},
        {"There is nobody whom the file would be for: no colleague's device is known here, and no invitation "
         "is open.",
                "Il n'y a personne à qui destiner ce fichier : aucun appareil de collègue n'est connu ici, "
                "et aucune invitation n'est ouverte."},
        {"A file with that name is there, and this device did not make it: take it in first (releve bundle "
         "import), then say --replace, or name another file or a folder. Nothing was changed.",
                "Il y a déjà un fichier de ce nom, que cet appareil n'a pas fait : reprenez-le d'abord, puis "
                "demandez à le remplacer (--replace), ou nommez un autre fichier ou dossier. Rien n'a été "
                "changé."},
        {"There is no room left there. Whole files stay and can be taken in; with less on the stick, again.",
                "Il n'y a plus de place là-bas. Les fichiers complets restent et peuvent être repris ; "
                "recommencez avec moins de choses sur la clé."},
        {"It cannot be written there: there is no such folder, or the stick was pulled out or is damaged. "
         "Whole files stay and can be taken in.",
                "On ne peut pas écrire là : ce dossier n'existe pas, ou la clé USB a été retirée ou est "
                "abîmée. Les fichiers complets restent et peuvent être repris."},
        {"This program may not write there.", "Ce programme n'a pas le droit d'écrire là."},
        {"It is of this team, but not sealed to this device, which came later or may not read it: ask for a "
         "new one. Nothing was taken.",
                "Il est de cette équipe, mais n'est pas scellé pour cet appareil, qui est venu plus tard ou "
                "n'a pas le droit de le lire : demandez-en un nouveau. Rien n'en a été repris."},
        {"It is not for this device: of another team, or from before it joined. Nothing was taken.",
                "Il n'est pas pour cet appareil : d'une autre équipe, ou d'avant son arrivée. Rien n'en a "
                "été repris."},
        {"It was made by an earlier version of the program: ask for a new one. Nothing was taken.",
                "Il vient d'une version plus ancienne du programme : demandez-en un nouveau. Rien n'en a été "
                "repris."},
        {"It was made by a newer version of the program. Nothing was taken.",
                "Il vient d'une version plus récente du programme. Rien n'en a été repris."},
        {"What its maker wrote makes no sense. What came before that was taken, and nothing else.",
                "Ce que son auteur a écrit n'a pas de sens. Ce qui venait avant a été repris, et rien "
                "d'autre."},
        {"It is no such file. Nothing was taken.", "Ce n'est pas un tel fichier. Rien n'en a été repris."},
        {"It is no plain file. Nothing was taken.",
                "Ce n'est pas un simple fichier. Rien n'en a été repris."},
        {"There is no such file.", "Ce fichier n'existe pas."},
        {"Its invitation was used already, or withdrawn: nobody was let in.",
                "Son invitation a déjà servi, ou a été retirée : personne n'a été admis."},
        {"Its invitation has expired: nobody was let in.",
                "Son invitation est expirée : personne n'a été admis."},
        {"Its invitation was not made for whom it names: nobody was let in.",
                "Son invitation n'était pas faite pour la personne qu'il nomme : personne n'a été admis."},
        {"It names keys that are another device's, or none at all: nobody was let in.",
                "Il nomme les clés d'un autre appareil, ou aucune : personne n'a été admis."},
        {"No file there says of which team this invitation is: the colleague who made it has to write one "
         "after that, with releve bundle export.",
                "Aucun fichier ne dit là de quelle équipe est cette invitation : la collègue qui l'a faite "
                "doit en écrire un, après elle."},
        {"This device belongs to another team already, or that file is there. Nothing was changed.",
                "Cet appareil est déjà dans une autre équipe, ou ce fichier existe déjà. Rien n'a été "
                "changé."},
        {"The invitation has expired: ask for a new one.",
                "L'invitation est expirée : demandez-en une nouvelle."},
        {"There are too many files in this folder: name the one of the colleague who invited you. Nothing "
         "was changed.",
                "Il y a trop de fichiers dans ce dossier : nommez celui de la collègue qui vous a invitée. "
                "Rien n'a été changé."},
        {"There is no room left there. Nothing was changed.",
                "Il n'y a plus de place là-bas. Rien n'a été changé."},
        {NULL, NULL},
};
