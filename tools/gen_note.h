/*
 * tools/gen_note.h - the free text of a visit: 80 to 400 characters of French nursing prose, with abbreviations and
 * typing slips as a nurse makes them on a doorstep.
 */
#ifndef TOOLS_GEN_NOTE_H
#define TOOLS_GEN_NOTE_H

#include "tools/gen_draw.h"

enum { GEN_NOTE_CHARS_MAX = 400 };

/* Appends the note to `out` as UTF-8. `last_name` is the patient's; `style` from 0 (writes everything out, capitals)
 * to 1 (abbreviates all she can). */
void gen_note_write(struct gen_draw *draw, struct buf *out, const char *last_name, double style);

#endif
