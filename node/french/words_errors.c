/* The sentences of crdt/base/err.h. */
#include <stddef.h>

#include "node/french/words.h"

const struct french_row FRENCH_ERRORS[] = {
        {"The data is not in the expected format.", "Ce n'est pas écrit comme attendu."},
        {"The data ends too early.", "Ces données s'arrêtent trop tôt."},
        {"The data is larger than the limit.", "Ces données dépassent la taille permise."},
        {"A limit has been reached.", "Une limite est atteinte : il n'y a pas de place pour davantage."},
        {"There is no such thing here.", "Cela ne se trouve pas ici."},
        {"It exists already.", "Cela existe déjà."},
        {"This device or person is not allowed to do that.",
                "Cet appareil ou cette personne n'a pas le droit de le faire."},
        {"A signature does not match.", "Une signature n'est pas la bonne."},
        {"The data was altered, or the key is not the right one.",
                "Les données ont été modifiées, ou la clé n'est pas la bonne."},
        {"Two different histories claim the same place.",
                "Deux historiques différents occupent la même place."},
        {"Something that comes before this is still missing.",
                "Il manque encore ici quelque chose qui vient avant."},
        {"This copy of the database is older than what this device wrote before; try again in a moment.",
                "Cette copie de la base est plus ancienne que ce que l'appareil avait écrit ; réessayez dans "
                "un moment."},
        {"This was written by a version that this program does not understand: update it.",
                "Cela a été écrit par une version que ce programme ne comprend pas : mettez-le à jour."},
        {"The disk reported an error.", "Le disque a signalé une erreur."},
        {"There is no room left on the disk: this was not saved. Make room, then do it again.",
                "Il n'y a plus de place sur le disque : ceci n'a pas été enregistré. Libérez-en, puis "
                "recommencez."},
        {"It is in use at this moment, here or by another program: try again.",
                "C'est en cours d'utilisation, ici ou dans un autre programme : réessayez dans un instant."},
        {"It is not known whether the last write reached the disk: look before you do it again.",
                "On ne sait pas si le dernier enregistrement a atteint le disque : regardez avant de "
                "recommencer."},
        {"The database contains damaged data: have it checked (releve fsck).",
                "La base contient des données abîmées : faites-la vérifier."},
        {"It was cancelled.", "Cela a été annulé."},
        {"It took too long: try again.", "Cela a pris trop de temps : réessayez."},
        {"The other side closed the connection.", "L'autre appareil a mis fin à la connexion."},
        {"It has expired.", "C'est expiré."},
        {"It was used before.", "Cela a déjà servi."},
        {"A check digit does not match: it was mistyped.",
                "Un caractère de contrôle n'est pas le bon : il y a une faute de frappe."},
        {"The command was not understood.", "La commande n'est pas comprise."},
        {"A value is not allowed here.", "Une valeur n'est pas acceptée ici."},
        {"The database is locked.", "La base est verrouillée."},
        {"The passphrase is not the right one.", "Ce n'est pas la bonne phrase de passe."},
        {"Somebody else changed this at the same time: look again, then decide.",
                "Quelqu'un d'autre l'a modifié en même temps : relisez, puis décidez."},
        {"This device belongs to no team yet: found one, or join a colleague's.",
                "Cet appareil n'est encore dans aucune équipe : fondez-en une, ou rejoignez celle d'une "
                "collègue."},
        {"The network reported an error: is this machine connected?",
                "Le réseau a signalé une erreur : cet ordinateur est-il connecté ?"},
        {"This is not supported here.", "Ce n'est pas possible ici."},
        {"The entry is kept apart until another nurse countersigns it.",
                "Cette saisie est mise à part jusqu'à ce qu'une autre infirmière la contresigne."},
        {"The program contradicts itself; please report this.",
                "Le programme se contredit : merci de le signaler."},
        {"What is shown here is an early copy that is not verified yet: it can be read and added to, and "
         "changed once the rest has come. Nothing was saved.",
                "Ce qui est montré ici est une copie provisoire, pas encore vérifiée : on peut la lire et y "
                "ajouter, la modifier dès que le reste sera arrivé. Rien n'a été enregistré."},
        {"Done.", "C'est fait."},
        {"An unknown error occurred.", "Une erreur inconnue s'est produite."},
        {NULL, NULL},
};
