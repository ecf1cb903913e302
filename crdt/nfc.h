/*
 * crdt/nfc.h - text before it is signed: UTF-8 checked, normalized to NFC (Unicode Standard Annex 15).
 *
 * The writer normalizes; a reader only checks that the bytes are UTF-8 and never changes them, because two versions
 * of Unicode must not make two replicas of one signed text.
 */
#ifndef CRDT_NFC_H
#define CRDT_NFC_H

#include <stdbool.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

/* Well-formed UTF-8 (RFC 3629): shortest forms, no surrogates, nothing over U+10FFFF. */
bool crdt_utf8_valid(struct span text);

/* Appends `text` in NFC to `out`. ERR_MALFORMED: not UTF-8. ERR_TOOBIG: over LIMIT_VALUE_BYTES before or after.
 * On an error `out` is unchanged. */
int crdt_text_nfc(struct span text, struct buf *out);

#endif
