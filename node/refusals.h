/*
 * node/refusals.h - what came from others and was refused, counted by what it was and why (README.md, "What was refused").
 *
 * Counts live in memory from one start of the program to the next; nothing in them is anybody's data. The same thing offered again counts again.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_REFUSALS_H
#define NODE_REFUSALS_H

#include "node/schema/schema.h"
#include "node/team/reason.h"

/* What it was; names appear in the JSON interface. */
#define REFUSED_TABLE(X) \
	X(MEMBERSHIP, "membership", "Écrits sur l'équipe", "Entries about the team") \
	X(ENTRY, "entry", "Écrits", "Entries") \
	X(RUN, "run", "Morceaux du journal", "Pieces of the log") \
	X(FEED, "feed", "Nouvelles suites d'écrits", "New feeds") \
	X(KEYS, "keys", "Clés de dossiers", "Keys of dossiers") \
	X(TOMBSTONE, "tombstone", "Ordres d'effacement", "Orders to erase a dossier") \
	X(ERASED, "erased", "Confirmations d'effacement", "Words of an erasure") \
	X(NAMES, "names", "Noms d'écrits effacés", "Names of erased entries") \
	X(RECEIPT, "receipt", "Accusés de réception", "Receipts") \
	X(PROOF, "proof", "Preuves d'un double historique", "Proofs of two histories") \
	X(ROW, "row", "Lignes d'un genre inconnu", "Rows of an unknown kind") \
	X(INVITATION, "invitation", "Demandes d'entrer dans l'équipe", "Attempts to join the team")

enum refused {
#define REFUSED_ENUM(name, json, fr, en) REFUSED_##name,
	REFUSED_TABLE(REFUSED_ENUM)
#undef REFUSED_ENUM
	        REFUSED_COUNT
};

/* Zero-initialized is empty. */
struct refusals {
	uint64_t counts[REFUSED_COUNT][TEAM_REASON_COUNT];
};

void refusals_add(struct refusals *refusals, enum refused what, enum team_reason reason);
uint64_t refusals_of(const struct refusals *refusals, enum refused what, enum team_reason reason);

/* The reason that an error of a format, a signature or a limit stands for. */
enum team_reason refusals_reason_of(int error);

/* It comes about between honest devices too: what waits for something else, and what was here already. */
bool refusals_ordinary(enum team_reason reason);

const char *refused_name(enum refused what); /* "membership" */
struct schema_label refused_label(enum refused what);
struct schema_label refusals_why(enum team_reason reason); /* the reason's sentence */

#endif
