/*
 * node/survey/sum.h - forms added up: how often each answer was given, and nothing that was one person's (README.md, sections 1 and 5).
 *
 * Adding is commutative and associative. The bytes are canonical. Hostile bytes are fine. Pure; threads: any.
 */
#ifndef NODE_SURVEY_SUM_H
#define NODE_SURVEY_SUM_H

#include "crdt/base/wire.h"
#include "node/digest/digest.h"
#include "node/survey/form.h"

enum {
	SURVEY_BATCH_MIN = 5, /* forms: fewer are written only when somebody says so */
	SURVEY_FORMS_MAX = 100000, /* all teams of the experiment had 27,715 patients */
	SURVEY_NUMBERS_MAX = 512, /* paper forms of one batch: an evening's typing has a hundred */
	SURVEY_WORDS_MAX = 256, /* texts that wait: one change holds them, at most 1,000 bytes each */
	SURVEY_SUM_BYTES_MAX = 8192, /* 32 x 12 cells and 512 numbers take less */
};

struct survey_count {
	uint32_t question, cell_count;
	uint32_t cells[SURVEY_CELLS_MAX];
};

/* Zero-initialized: of nothing. */
struct survey_sum {
	uint32_t questionnaire, version, forms;
	uint32_t count;
	struct survey_count counts[SURVEY_QUESTIONS_MAX]; /* ascending by question */
	uint32_t number_count;
	uint64_t numbers[SURVEY_NUMBERS_MAX]; /* of paper forms, ascending, each once */
};

const struct survey_count *survey_count_of(const struct survey_sum *sum, uint32_t question);

/* A form more. `number` of paper; 0: given on the device. ERR_EXISTS: that number is in it; ERR_FULL; ERR_CONFLICT: of another questionnaire. Nothing was added then. */
int survey_sum_form(struct survey_sum *sum, const struct survey_questionnaire *questionnaire,
        const struct survey_form *form, uint64_t number);

/* All forms of another sum, whose numbers are left aside. ERR_CONFLICT: of another questionnaire, or its cells are others; ERR_FULL. Nothing was added then. */
int survey_sum_add(struct survey_sum *sum, const struct survey_sum *more);

/* A varint of at most `max`; ERR_TOOBIG in the reader otherwise. */
uint32_t survey_read_number(struct wire_in *in, uint32_t max);

void survey_sum_put(const struct survey_sum *sum, struct buf *out);
/* ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG; *sum is then of nothing. */
int survey_sum_read(struct span bytes, struct survey_sum *sum);

/* ---- What waits on a device ---- */

struct survey_word {
	uint32_t question;
	struct span text; /* owned */
};

/* Zero-initialized: nothing. */
struct survey_waiting {
	struct survey_sum sum;
	struct survey_word *words; /* ascending by question and bytes */
	uint32_t word_count, word_capacity;
};

void survey_waiting_close(struct survey_waiting *waiting); /* wipes */
/* Form and its texts. Errors of survey_sum_form(). */
int survey_waiting_form(struct survey_waiting *waiting, const struct survey_questionnaire *questionnaire,
        const struct survey_form *form, uint64_t number);
void survey_waiting_put(const struct survey_waiting *waiting, struct buf *out);
int survey_waiting_read(
        struct span bytes, struct survey_waiting *waiting); /* Owner closes, also on errors. */

/* ---- A campaign ---- */

/* All batches of a campaign's document that were not cancelled. What is not readable, or of other questions than the campaign's, is counted and left aside. */
struct survey_campaign_sum {
	struct survey_sum sum; /* without numbers */
	uint32_t batches, unread;
	bool is_full; /* more than SURVEY_FORMS_MAX */
};
/* `of`: what the campaign asks; NULL: what is not known here, and then the first batch decides. */
void survey_campaign_sum(const struct digest_source *campaign, const struct survey_questionnaire *of,
        struct survey_campaign_sum *out);

/* The n-th batch that was not cancelled, in the document's order; false: no more. */
bool survey_batch_at(const struct digest_source *campaign, uint32_t *cursor, struct crdt_event *event,
        int64_t *week, struct survey_sum *sum);

#endif
