/*
 * node/french/french.h - the French of what a refusal says in English.
 *
 * Handlers name one sentence, in English, which is also what programs and the command line show; a nurse reads the French. A sentence that was made with snprintf() is found
 * by its format, and what stood in the places comes into the French at the same places. Tables: words_*.c (README.md).
 *
 * Pure; static tables. Threads: any.
 */
#ifndef NODE_FRENCH_FRENCH_H
#define NODE_FRENCH_FRENCH_H

/* The French of a sentence as it was said. NULL: there is none. Owner calls mem_free(). */
char *french_of(const char *english);

#endif
