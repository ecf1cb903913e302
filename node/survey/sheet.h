/* node/survey/sheet.h - forms to print, one to a page. Pure. */
#ifndef NODE_SURVEY_SHEET_H
#define NODE_SURVEY_SHEET_H

#include "crdt/base/ids.h"
#include "node/schema/check.h"
#include "node/survey/questionnaire.h"

enum { SURVEY_SHEETS_MAX = 200 }; /* a ream has 500; a campaign of one team a hundred */

/* Append the page. `numbers` are those of survey_number(); `title` is the campaign's. */
void survey_sheet(struct buf *out, enum schema_language language,
        const struct survey_questionnaire *questionnaire, const char *title, const uint64_t *numbers,
        uint32_t count);

#endif
