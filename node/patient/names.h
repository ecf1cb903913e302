/*
 * node/patient/names.h - do two names mean the same, as people in France write, hear and shorten them? (README.md, "Names")
 *
 * Pure. Hostile text is fine.
 */
#ifndef NODE_PATIENT_NAMES_H
#define NODE_PATIENT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum {
	PATIENT_NAME_WORDS = 4, /* the first ones: a name with more is told apart by these */
	PATIENT_NAME_WORD_BYTES = 20, /* with the terminator; what is longer is cut */
	PATIENT_NAME_SOUND_BYTES = 12,
	PATIENT_NAME_WHOLE_BYTES = 48,
	PATIENT_NAME_SIMILAR = 60, /* below, two names are different */
};

/* A name taken apart: without case, accents, hyphens, particles. */
struct patient_name {
	uint32_t count;
	char words[PATIENT_NAME_WORDS][PATIENT_NAME_WORD_BYTES];
	char sounds[PATIENT_NAME_WORDS][PATIENT_NAME_SOUND_BYTES]; /* what a word sounds like */
	char whole[PATIENT_NAME_WHOLE_BYTES]; /* all of it glued, particles too: "Le Goff" is "legoff" */
};

/* Empty or unreadable text: no words. */
void patient_name_read(struct span text, struct patient_name *out);

/* 0 (different, or one is empty) or PATIENT_NAME_SIMILAR to 100 (the same). While somebody is typing, the beginning of a word is like the
 * word. */
unsigned patient_name_likeness(const struct patient_name *a, const struct patient_name *b, bool is_typing);

#endif
