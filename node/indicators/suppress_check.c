/* The receiver's side: does what somebody wrote hold to the rule? */
#include "node/indicators/suppress.h"

static const struct schema_label SHAPE = {"Un tableau n'a pas la forme que sa définition donne.",
        "A table has not the shape that its definition gives."};
static const struct schema_label PERIOD = {"Un indicateur n'est pas écrit pour une telle période.",
        "An indicator is not written for such a period."};
static const struct schema_label FEW = {"Un nombre inférieur à 11, ou ce qu'il en reste, est montré.",
        "A count under 11, or what is left of its whole, is shown."};
static const struct schema_label BASE = {
        "Un tableau est montré sans son ensemble.", "A table is shown without its whole."};
static const struct schema_label SUM = {"Les parties d'un tableau ne font pas leur ensemble.",
        "Parts of a table do not add up to their whole."};

static bool has_shape(const struct indicator *indicator, const struct published_entry *entry)
{
	if (entry->scheme == STRATA_PROBLEM)
		return (indicator->mixes & INDICATOR_BY_PROBLEM) && entry->key >= 1 &&
		        entry->key < STRATA_CODES && entry->cell_count == 1 && entry->level == 0;
	if (indicator->mixes & INDICATOR_BY_PROBLEM || entry->key != 0 ||
	        entry->level >= strata_levels(entry->scheme) ||
	        entry->cell_count != strata_groups(entry->scheme, entry->level))
		return false;
	return entry->scheme == STRATA_ALL ||
	        (indicator->mixes & (entry->scheme == STRATA_AGE ? INDICATOR_BY_AGE : INDICATOR_BY_ALD));
}

static bool is_cell_fine(const struct indicator *indicator, const struct published_cell *cell)
{
	const int64_t rest = cell->denominator - cell->numerator;
	switch (indicator->form) {
	case INDICATOR_COUNT:
		return cell->numerator >= INDICATORS_COUNT_MIN && cell->denominator == 0;
	case INDICATOR_SHARE:
		return cell->numerator >= INDICATORS_COUNT_MIN && cell->numerator <= cell->denominator &&
		        (rest >= INDICATORS_COUNT_MIN || indicator->table ||
		                (indicator->is_whole_shown && rest == 0));
	case INDICATOR_MEAN:
		return cell->denominator >= INDICATORS_COUNT_MIN;
	case INDICATOR_RATIO:
		return cell->numerator >= 0 && cell->denominator >= cell->numerator;
	}
	return false;
}

static bool are_cells_fine(const struct indicator *indicator, const struct published_entry *entry)
{
	for (uint32_t i = 0; i < entry->cell_count; i++) {
		const struct published_cell *cell = &entry->cells[i];
		const bool is_empty = cell->numerator == 0 && cell->denominator == 0;
		if (!(is_empty && strata_may_be_empty(entry->scheme, entry->level, i)) &&
		        !is_cell_fine(indicator, cell))
			return false;
	}
	return true;
}

/* Sums that do not fit are none. */
static bool add(int64_t *sum, int64_t value)
{
	return !__builtin_add_overflow(*sum, value, sum);
}

static bool total(const struct published_entry *entry, struct published_cell *out)
{
	*out = (struct published_cell){0};
	for (uint32_t i = 0; i < entry->cell_count; i++)
		if (!add(&out->numerator, entry->cells[i].numerator) ||
		        !add(&out->denominator, entry->cells[i].denominator))
			return false;
	return true;
}

/* Of one frontier, the groups of a mix are all patients. */
static bool is_mix_whole(const struct published_entry *entry, const struct published_entry *all)
{
	struct published_cell sum;
	return total(entry, &sum) &&
	        (entry->source != all->source ||
	                (sum.numerator == all->cells[0].numerator &&
	                        sum.denominator == all->cells[0].denominator));
}

/* Of one frontier, what a share is of is what its base counts, group by group at this entry's level. */
static bool is_base_whole(const struct indicator *indicator, const struct published_entry *entry,
        const struct published_entry *base)
{
	if (entry->source != base->source || entry->scheme == STRATA_PROBLEM)
		return true;
	if (indicator->form == INDICATOR_RATIO)
		return base->cells[0].numerator ==
		        (indicator->number == INDICATOR_AMO ? entry->cells[0].denominator
		                                            : entry->cells[0].numerator);
	if (base->level > entry->level)
		return false;
	for (uint32_t group = 0; group < entry->cell_count; group++) {
		int64_t sum = 0;
		for (uint32_t i = 0; i < base->cell_count; i++)
			if (strata_coarser(entry->scheme, base->level, i, entry->level) == group &&
			        !add(&sum, base->cells[i].numerator))
				return false;
		if (sum != entry->cells[group].denominator)
			return false;
	}
	return true;
}

/* Parts of a table come together, from one frontier, and leave nothing. */
static bool is_table_whole(const struct published *published, const struct indicator *indicator,
        const struct published_entry *entry)
{
	int64_t sums[STRATA_GROUPS_MAX] = {0};
	for (uint32_t i = 0; i < indicators_count; i++) {
		if (indicators_table[i].table != indicator->table)
			continue;
		const struct published_entry *part = published_find(
		        published, indicators_table[i].number, entry->scheme, 0);
		if (!part || part->source != entry->source || part->level != entry->level ||
		        part->cell_count != entry->cell_count)
			return false;
		for (uint32_t j = 0; j < entry->cell_count; j++)
			if (!add(&sums[j], part->cells[j].numerator))
				return false;
	}
	for (uint32_t j = 0; j < entry->cell_count; j++)
		if (sums[j] != entry->cells[j].denominator)
			return false;
	return true;
}

static const struct schema_label *check_entry(
        const struct published *published, uint32_t months, const struct published_entry *entry)
{
	const struct indicator *indicator = indicator_numbered(entry->number);
	if (!indicator || entry->version != indicator->version)
		return NULL; /* of another version of the program: it is kept, and not shown as this one's */
	if (!has_shape(indicator, entry))
		return &SHAPE;
	if (!indicator_is_written(indicator, months))
		return &PERIOD;
	if (indicator->class != INDICATOR_PEOPLE)
		return NULL;
	if (!are_cells_fine(indicator, entry))
		return &FEW;
	if (indicator->base) {
		const struct published_entry *base = published_find(published, indicator->base,
		        entry->scheme == STRATA_PROBLEM ? STRATA_ALL : entry->scheme, 0);
		if (!base)
			return &BASE;
		if (!has_shape(indicator_numbered(indicator->base), base) ||
		        !is_base_whole(indicator, entry, base))
			return &SUM;
	}
	if (entry->scheme == STRATA_AGE || entry->scheme == STRATA_ALD) {
		const struct published_entry *all = published_find(published, entry->number, STRATA_ALL, 0);
		if (!all)
			return &BASE;
		if (!has_shape(indicator, all) || !is_mix_whole(entry, all))
			return &SUM;
	}
	return indicator->table && !is_table_whole(published, indicator, entry) ? &SUM : NULL;
}

const struct schema_label *suppress_check(const struct published *published, uint32_t months, uint32_t *entry)
{
	for (*entry = 0; *entry < published->entry_count; ++*entry) {
		const struct schema_label *why = check_entry(published, months, &published->entries[*entry]);
		if (why)
			return why;
	}
	return NULL;
}
