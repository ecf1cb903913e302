#include "node/accords.h"

#include <stdlib.h>

#include "node/keyring/ack.h"

static int64_t moment_s(const struct accord *accord)
{
	return (int64_t)(ack_moment_ms(accord->counter) / 1000);
}

bool accords_same(const struct accord *a, const struct accord *b)
{
	bool has_team = false, has_clinical = false;
	for (uint32_t i = 0; i < a->head_count; i++) {
		const struct accord_heads *ours = &a->heads[i],
		                          *theirs = accord_find_heads(b, ours->compartment);
		if (!theirs)
			continue;
		if (memcmp(ours->hash, theirs->hash, sizeof(ours->hash)) != 0)
			return false;
		has_team |= ours->compartment == COMPARTMENT_TEAM;
		has_clinical |= ours->compartment == COMPARTMENT_CLINICAL;
	}
	return has_team && has_clinical;
}

/* By what `a` says of the other's clock. */
static bool is_close(const struct accord *a, const struct accord *b)
{
	const struct accord_present *named = accord_find_present(a, &b->device);
	if (!named)
		return false;
	const int64_t apart_s = moment_s(b) - named->ahead_s - moment_s(a);
	return apart_s <= ACCORDS_APART_S && apart_s >= -ACCORDS_APART_S;
}

bool accords_met(const struct accord *a, const struct accord *b)
{
	return is_close(a, b) && is_close(b, a);
}

bool accords_agree(const struct accord *a, const struct accord *b)
{
	return accords_met(a, b) && accords_same(a, b) && accord_find_present(a, &b->device)->is_level &&
	        accord_find_present(b, &a->device)->is_level;
}

void accords_group(const struct accord *const *list, uint32_t count, uint32_t *group)
{
	for (uint32_t i = 0; i < count; i++)
		group[i] = i;
	/* Each pass joins at least one, or is the last. */
	for (bool moved = true; moved;) {
		moved = false;
		for (uint32_t i = 0; i < count; i++)
			for (uint32_t j = 0; j < i; j++) {
				if (group[i] == group[j] || !accords_agree(list[i], list[j]))
					continue;
				const uint32_t least = group[i] < group[j] ? group[i] : group[j],
				               other = group[i] < group[j] ? group[j] : group[i];
				for (uint32_t k = 0; k < count; k++)
					group[k] = group[k] == other ? least : group[k];
				moved = true;
			}
	}
}

static int moment_cmp(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

uint64_t accords_moment_s(
        const struct accord *const *list, uint32_t count, const uint32_t *group, uint32_t of)
{
	uint64_t *moments = mem_zero(count + 1, sizeof(*moments));
	uint32_t used = 0;
	for (uint32_t i = 0; i < count; i++)
		if (group[i] == group[of])
			moments[used++] = (uint64_t)moment_s(list[i]);
	qsort(moments, used, sizeof(*moments), moment_cmp);
	const uint64_t middle = used ? moments[(used - 1) / 2] : 0;
	mem_free(moments);
	return middle;
}
