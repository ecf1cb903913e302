/*
 * node/billing/rate_check.h - is a new rate table one that months can be closed by, beside those that hold? What single fields may be, the schema says. Pure.
 */
#ifndef NODE_BILLING_RATE_CHECK_H
#define NODE_BILLING_RATE_CHECK_H

#include "node/billing/billing.h"

/* number, name, French, English */
#define RATE_CHECK_TABLE(X) \
	X(1, SAME_DAY, \
	        "Un tarif de ce territoire et de ce statut commence déjà ce jour-là : corrigez-le " \
	        "(corrects=ID), avec " \
	        "un motif.", \
	        "A rate table of this territory and status begins on that day already: correct it " \
	        "(corrects=ID), with a " \
	        "reason.") \
	X(2, NO_SHARE, "« doubled=share » demande la part de la seconde infirmière : doubledPerMille.", \
	        "\"doubled=share\" needs the second nurse's share: doubledPerMille.") \
	X(3, SHARE_ALONE, "« doubledPerMille » ne se dit qu'avec doubled=share.", \
	        "\"doubledPerMille\" is said with doubled=share alone.")

enum rate_check {
	RATE_CHECK_GOOD = 0,
#define RATE_CHECK_ENUM(number, name, fr, en) RATE_CHECK_##name = number,
	RATE_CHECK_TABLE(RATE_CHECK_ENUM)
#undef RATE_CHECK_ENUM
};

/* `has_share`: the table gives a share, whatever it says of doubled visits. `corrected`: the table that it replaces; NULL: none. *other is the one that it
 * collides with. */
enum rate_check rate_check(const struct billing_rate *rate, bool has_share, const struct billing_rate *rates,
        uint32_t count, const struct record_id *corrected, struct record_id *other);

const char *rate_check_sentence(enum rate_check check, bool french);

#endif
