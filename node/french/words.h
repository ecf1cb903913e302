/*
 * node/french/words.h - the tables that french_of() looks into, one per topic.
 *
 * A row is a sentence as the source says it, or the format that it is made with, and its French with the same places in the same order. A table ends with a row of NULL.
 */
#ifndef NODE_FRENCH_WORDS_H
#define NODE_FRENCH_WORDS_H

struct french_row {
	const char *en, *fr;
};

extern const struct french_row FRENCH_ERRORS[]; /* the sentences of crdt/base/err.h */
extern const struct french_row FRENCH_DEVICE[]; /* the interface, the data directory, backups, passphrases */
extern const struct french_row FRENCH_TEAM[]; /* members, invitations, relays, messages, rules */
extern const struct french_row FRENCH_PATIENT[]; /* dossiers and their records */
extern const struct french_row FRENCH_ROUND[]; /* the round, visits, drafts, what is to do */
extern const struct french_row FRENCH_BILLING[]; /* lots, rates, indicators */
extern const struct french_row FRENCH_EXCHANGE[]; /* files, surveys, the evaluation */

#endif
