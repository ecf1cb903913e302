/* The table of parts: one row for each. */
#include "node/digest/who.h"
#include "node/work/work.h"

static const struct digest_part PARTS[] = {
        {DIGEST_WHO, 1, "who", digest_who_make},
        {DIGEST_WORK, 1, "work", work_part_make},
};

const struct digest_part *digest_parts(uint32_t *count)
{
	*count = sizeof(PARTS) / sizeof(*PARTS);
	return PARTS;
}
