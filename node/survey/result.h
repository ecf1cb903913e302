/*
 * node/survey/result.h - what of a sum may be shown to somebody who gives no care (README.md, section 4). Pure; threads: any.
 */
#ifndef NODE_SURVEY_RESULT_H
#define NODE_SURVEY_RESULT_H

#include "node/survey/sum.h"

enum {
	SURVEY_SHOWN_MIN = 11,
	SURVEY_SHOWN_BYTES_MAX = 8192,
};

/* One question: its cells and, as the last one, "no answer". 0: hidden, else the count. */
struct survey_shown_row {
	uint32_t question, cell_count; /* "no answer" included */
	uint32_t at_least; /* the place of the cell that is a lower bound, from 1; 0: none */
	uint32_t cells[SURVEY_CELLS_MAX + 1];
};

struct survey_shown {
	uint32_t questionnaire, version, forms; /* forms 0: too few; there are no rows then */
	uint32_t count;
	struct survey_shown_row rows[SURVEY_QUESTIONS_MAX];
};

/* Of every question that somebody answered. */
void survey_shown_of(const struct survey_sum *sum, struct survey_shown *out);

/* May `now` replace what was shown before? Nobody can tell fewer than 11 by the difference. */
bool survey_may_replace(const struct survey_shown *before, const struct survey_shown *now);

/* The same of one question, for counts under `least`, 3 or more. Whoever knows these rules, and both rows, can tell no count from 1 to `least` - 1. */
void survey_row_hide(struct survey_shown_row *row, uint32_t forms, uint32_t least);
bool survey_row_may_follow(const struct survey_shown_row *before, uint32_t forms_before,
        const struct survey_shown_row *now, uint32_t forms_now, uint32_t least);

void survey_shown_put(const struct survey_shown *shown, struct buf *out);
/* Errors of wire.h; a count that had to be hidden, or does not add up, is ERR_MALFORMED. *shown is then empty. */
int survey_shown_read(struct span bytes, struct survey_shown *shown);

/* Of an exact sum: how many answered yes (of a scale: the sum of what they gave), and how many answered. False: nobody, or it is answered in words. */
struct survey_share {
	uint64_t sum; /* numerator: yes; of a scale the points */
	uint32_t answered; /* denominator */
};
bool survey_share_of(
        const struct survey_sum *sum, const struct survey_question *question, struct survey_share *out);

#endif
