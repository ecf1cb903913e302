/*
 * node/schema/identifiers.h - French health identifiers: form and check digits (DOMAIN.md, section 3).
 *
 * Nothing here says that an identity exists: what is typed offline stays provisional. Errors: ERR_INVALID for a wrong form,
 * ERR_CHECKDIGIT for a wrong key.
 */
#ifndef NODE_SCHEMA_IDENTIFIERS_H
#define NODE_SCHEMA_IDENTIFIERS_H

#include <stdbool.h>

#include "crdt/base/span.h"

/* INS number (NIR or NIA): 13 characters and 2 digits of key, 97 - (number mod 97), Corsica 2A as 19, 2B as 18. With 13
 * characters only the form is checked. */
int identifiers_ins(struct span text);

/* The key of the 13 characters at the start of `text`; 0 when their form is wrong. */
unsigned identifiers_ins_key(struct span text);

/* RPPS: 11 digits. *luhn_ok is a hint only: official samples fail it. */
int identifiers_rpps(struct span text, bool *luhn_ok);

int identifiers_finess(struct span text); /* 9 digits, Luhn; the second character may be A or B (Corsica) */
int identifiers_adeli(struct span text); /* 9 digits */
int identifiers_cip13(struct span text); /* 34009 and 8 digits, EAN-13 */
int identifiers_commune(struct span text); /* INSEE: 5 digits, the second may be A or B */
int identifiers_mssante(struct span text); /* ...@....mssante.fr */

/* The OID of a kind of INS number, by the schema's number (patient.insOid: NIR, NIA, test, demonstration); NULL. Static text. */
const char *identifiers_ins_oid(int64_t kind);

#endif
