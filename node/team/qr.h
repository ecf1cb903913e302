/*
 * node/team/qr.h - a QR code as text for a terminal: two rows of modules per line, in UTF-8 half blocks.
 *
 * Light modules are drawn, dark ones are left empty: on a dark terminal this is the right way round. The quiet zone of four
 * modules is included.
 */
#ifndef NODE_TEAM_QR_H
#define NODE_TEAM_QR_H

#include "crdt/base/mem.h"

/* Append the picture of `text` (terminated, without line breaks) to `out`, lines ending in '\n'. ERR_TOOBIG: no code holds it. */
int team_qr_draw(const char *text, struct buf *out);

#endif
