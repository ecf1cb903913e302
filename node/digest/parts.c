/* The table of parts: one row for each. */
#include "node/digest/who.h"
#include "node/indicators/facts.h"
#include "node/patient/part.h"
#include "node/search/entries.h"
#include "node/round/round_facts.h"
#include "node/visit/threads.h"
#include "node/work/work.h"

static const struct digest_part PARTS[] = {
        {DIGEST_WHO, 1, "who", digest_who_make},
        {DIGEST_WORDS, 2, "words", search_entries_make},
        {DIGEST_WORK, 4, "work", work_part_make},
        {DIGEST_ROUND, 3, "round", round_part_make},
        {DIGEST_TRANSMISSIONS, 2, "transmissions", threads_part_make},
        {DIGEST_IDENTITY, 1, "identity", patient_identity_make},
        {DIGEST_LINKS, 2, "links", patient_links_make},
        {DIGEST_INDICATORS, 1, "indicators", indicator_facts_part_make},
};

const struct digest_part *digest_parts(uint32_t *count)
{
	*count = sizeof(PARTS) / sizeof(*PARTS);
	return PARTS;
}
