#include "node/indicators/suppress.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"

enum { NOT_SHOWN = -1, SCHEMES = STRATA_ALD + 1, NUMBERS = INDICATOR_NUMBER_MAX + 1 };

struct suppressing {
	const struct indicator_values *values;
	const struct published *before;
	uint32_t count_min;
	struct published *out;
	uint32_t source;
	/* The level at which each indicator's numbers are shown now, all of one frontier; NOT_SHOWN. */
	int8_t levels[NUMBERS][SCHEMES];
};

/* ---- Cells ------------------------------------------------------------------------------------------------------- */

static const struct indicator_amount *cells_of(
        const struct suppressing *suppressing, const struct indicator *indicator)
{
	return suppressing->values->cells[indicator - indicators_table];
}

/* The amounts of a group of a level. */
static struct indicator_amount amount_at(const struct suppressing *suppressing,
        const struct indicator *indicator, enum strata_scheme scheme, uint32_t level, uint32_t group)
{
	const struct indicator_amount *cells = cells_of(suppressing, indicator);
	const uint32_t first = strata_first(scheme), fines = strata_groups(scheme, 0);
	struct indicator_amount sum = {.is_known = true};
	for (uint32_t fine = 0; fine < fines; fine++) {
		if (strata_group(scheme, level, fine) != group)
			continue;
		sum.numerator += cells[first + fine].numerator;
		sum.denominator += cells[first + fine].denominator;
		sum.people += cells[first + fine].people;
		sum.rest_people += cells[first + fine].rest_people;
	}
	return sum;
}

/* ---- One version ------------------------------------------------------------------------------------------------- */

static bool is_enough(const struct suppressing *suppressing, int64_t count, uint32_t people)
{
	return count >= suppressing->count_min && people >= suppressing->count_min;
}

/* May this count, or this share and what is left of its whole, be shown? */
static bool is_cell_fine(const struct suppressing *suppressing, const struct indicator *indicator,
        const struct indicator_amount *cell)
{
	if (indicator->form != INDICATOR_COUNT && indicator->form != INDICATOR_SHARE)
		return true; /* a sum goes with its count */
	if (!is_enough(suppressing, cell->numerator, cell->people))
		return false;
	const int64_t rest = cell->denominator - cell->numerator;
	return indicator->form == INDICATOR_COUNT || indicator->table ||
	        (indicator->is_whole_shown && rest == 0) || is_enough(suppressing, rest, cell->rest_people);
}

static bool is_empty(const struct indicator_amount *cell)
{
	return cell->numerator == 0 && cell->denominator == 0;
}

/* ---- Two versions ------------------------------------------------------------------------------------------------ */

/* The same, or more by as many as may be told. */
static bool is_risen(const struct suppressing *suppressing, int64_t before, int64_t now)
{
	return now == before || now >= before + (int64_t)suppressing->count_min;
}

static bool is_cell_risen(const struct suppressing *suppressing, const struct indicator *indicator,
        const struct published_cell *before, const struct indicator_amount *now)
{
	switch (indicator->form) {
	case INDICATOR_COUNT:
		return is_risen(suppressing, before->numerator, now->numerator);
	case INDICATOR_SHARE:
		return is_risen(suppressing, before->numerator, now->numerator) &&
		        is_risen(suppressing, before->denominator - before->numerator,
		                now->denominator - now->numerator);
	case INDICATOR_MEAN: /* of as many things another sum would tell of the few that were corrected */
		return before->denominator == now->denominator
		        ? before->numerator == now->numerator
		        : is_risen(suppressing, before->denominator, now->denominator);
	case INDICATOR_RATIO:
		return true; /* may_ratio() */
	}
	return false;
}

/* Both versions as the coarser of their two levels has them. */
static bool is_level_risen(const struct suppressing *suppressing, const struct indicator *indicator,
        enum strata_scheme scheme, uint32_t level)
{
	const struct published_entry *entry = published_find(
	        suppressing->before, indicator->number, scheme, 0);
	if (!entry)
		return true;
	if (entry->version != indicator->version || entry->level >= strata_levels(scheme) ||
	        entry->cell_count != strata_groups(scheme, entry->level))
		return false;
	const uint32_t coarser = level > entry->level ? level : entry->level;
	for (uint32_t group = 0; group < strata_groups(scheme, coarser); group++) {
		struct published_cell before = {0};
		for (uint32_t i = 0; i < entry->cell_count; i++)
			if (strata_coarser(scheme, entry->level, i, coarser) == group) {
				before.numerator += entry->cells[i].numerator;
				before.denominator += entry->cells[i].denominator;
			}
		const struct indicator_amount now = amount_at(suppressing, indicator, scheme, coarser, group);
		if (!is_cell_risen(suppressing, indicator, &before, &now))
			return false;
	}
	return true;
}

/* ---- What is shown ----------------------------------------------------------------------------------------------- */

static bool is_level_fine(const struct suppressing *suppressing, const struct indicator *indicator,
        enum strata_scheme scheme, uint32_t level)
{
	for (uint32_t group = 0; group < strata_groups(scheme, level); group++) {
		const struct indicator_amount cell = amount_at(suppressing, indicator, scheme, level, group);
		if (is_empty(&cell) && strata_may_be_empty(scheme, level, group))
			continue;
		if (!is_cell_fine(suppressing, indicator, &cell))
			return false;
	}
	return is_level_risen(suppressing, indicator, scheme, level);
}

/* All parts of a table are shown, or none: each is what the others leave. */
static bool is_table_fine(const struct suppressing *suppressing, const struct indicator *indicator,
        enum strata_scheme scheme, uint32_t level)
{
	if (!indicator->table)
		return is_level_fine(suppressing, indicator, scheme, level);
	for (uint32_t i = 0; i < indicators_count; i++)
		if (indicators_table[i].table == indicator->table &&
		        !is_level_fine(suppressing, &indicators_table[i], scheme, level))
			return false;
	return true;
}

static bool has_scheme(const struct indicator *indicator, enum strata_scheme scheme)
{
	return scheme == STRATA_ALL
	        ? !(indicator->mixes & INDICATOR_BY_PROBLEM)
	        : indicator->mixes & (scheme == STRATA_AGE ? INDICATOR_BY_AGE : INDICATOR_BY_ALD);
}

static int8_t level_of(
        const struct suppressing *suppressing, const struct indicator *indicator, enum strata_scheme scheme)
{
	int8_t first = 0;
	if (!has_scheme(indicator, scheme))
		return NOT_SHOWN;
	if (scheme != STRATA_ALL && suppressing->levels[indicator->number][STRATA_ALL] == NOT_SHOWN)
		return NOT_SHOWN;
	if (indicator->base)
		first = suppressing->levels[indicator->base][scheme];
	if (first == NOT_SHOWN)
		return NOT_SHOWN; /* its whole would be told by it */
	for (int8_t level = first; (uint32_t)level < strata_levels(scheme); level++)
		if (is_table_fine(suppressing, indicator, scheme, (uint32_t)level))
			return level;
	return NOT_SHOWN;
}

/* The count of which a sum is a sum. */
static const struct indicator *counted_by(const struct indicator *indicator)
{
	while (indicator->form == INDICATOR_MEAN || indicator->form == INDICATOR_RATIO)
		indicator = indicator_numbered(indicator->base);
	return indicator;
}

/* Two sums: where they moved, what they are sums over must have moved by as many as may be told. */
static bool may_ratio(const struct suppressing *suppressing, const struct indicator *indicator)
{
	const struct published_entry *before = published_find(
	        suppressing->before, indicator->number, STRATA_ALL, 0);
	const struct indicator_amount now = cells_of(suppressing, indicator)[STRATA_CELL_ALL];
	if (indicator->beside && suppressing->levels[indicator->beside][STRATA_ALD] == NOT_SHOWN)
		return false;
	if (!before ||
	        (before->cell_count == 1 && before->cells[0].numerator == now.numerator &&
	                before->cells[0].denominator == now.denominator))
		return true;
	const struct indicator *counted = counted_by(indicator);
	const struct published_entry *count = published_find(
	        suppressing->before, counted->number, STRATA_ALL, 0);
	return count && count->cell_count == 1 && before->version == indicator->version &&
	        cells_of(suppressing, counted)[STRATA_CELL_ALL].numerator >=
	        count->cells[0].numerator + (int64_t)suppressing->count_min;
}

static bool is_written(const struct suppressing *suppressing, const struct indicator *indicator)
{
	return indicator_is_written(indicator, suppressing->values->months);
}

static void choose_levels(struct suppressing *suppressing)
{
	memset(suppressing->levels, NOT_SHOWN, sizeof(suppressing->levels));
	for (enum strata_scheme scheme = STRATA_ALL; scheme <= STRATA_ALD; scheme++)
		for (uint32_t i = 0; i < indicators_count; i++) {
			const struct indicator *indicator = &indicators_table[i];
			if (!is_written(suppressing, indicator) || indicator->class != INDICATOR_PEOPLE ||
			        indicator->form == INDICATOR_RATIO)
				continue;
			suppressing->levels[indicator->number][scheme] = level_of(
			        suppressing, indicator, scheme);
		}
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		if (is_written(suppressing, indicator) && indicator->form == INDICATOR_RATIO &&
		        suppressing->levels[indicator->base][STRATA_ALL] != NOT_SHOWN &&
		        may_ratio(suppressing, indicator))
			suppressing->levels[indicator->number][STRATA_ALL] = 0;
	}
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void put_entry(struct suppressing *suppressing, const struct published_entry *entry)
{
	if (suppressing->out->entry_count < PUBLISHED_ENTRIES_MAX)
		suppressing->out->entries[suppressing->out->entry_count++] = *entry;
}

static void put_level(
        struct suppressing *suppressing, const struct indicator *indicator, enum strata_scheme scheme)
{
	const uint32_t level = (uint32_t)suppressing->levels[indicator->number][scheme];
	struct published_entry entry = {.number = indicator->number,
	        .version = indicator->version,
	        .scheme = scheme,
	        .level = level,
	        .source = suppressing->source,
	        .cell_count = strata_groups(scheme, level)};
	for (uint32_t group = 0; group < entry.cell_count; group++) {
		const struct indicator_amount cell = amount_at(suppressing, indicator, scheme, level, group);
		entry.cells[group] = (struct published_cell){cell.numerator, cell.denominator};
	}
	put_entry(suppressing, &entry);
}

/* Each code is a count of its own, and what is left of all patients another. */
static void put_problems(struct suppressing *suppressing, const struct indicator *indicator)
{
	for (uint32_t code = 1; code < STRATA_CODES; code++) {
		const struct indicator_amount *cell = &suppressing->values->problems[code];
		const struct published_entry *before = published_find(
		        suppressing->before, indicator->number, STRATA_PROBLEM, code);
		if (suppressing->levels[indicator->base][STRATA_ALL] == NOT_SHOWN ||
		        !is_cell_fine(suppressing, indicator, cell) ||
		        (before &&
		                (before->version != indicator->version || before->cell_count != 1 ||
		                        !is_cell_risen(suppressing, indicator, &before->cells[0], cell))))
			continue;
		const struct published_entry entry = {.number = indicator->number,
		        .version = indicator->version,
		        .key = code,
		        .scheme = STRATA_PROBLEM,
		        .source = suppressing->source,
		        .cell_count = 1,
		        .cells = {{cell->numerator, cell->denominator}}};
		put_entry(suppressing, &entry);
	}
}

static void put_team(struct suppressing *suppressing, const struct indicator *indicator)
{
	const struct indicator_amount *cell = &cells_of(suppressing, indicator)[STRATA_CELL_ALL];
	if (!cell->is_known)
		return;
	const struct published_entry entry = {.number = indicator->number,
	        .version = indicator->version,
	        .source = suppressing->source,
	        .cell_count = 1,
	        .cells = {{cell->numerator, cell->denominator}}};
	put_entry(suppressing, &entry);
}

static void put_shown(struct suppressing *suppressing)
{
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		if (!is_written(suppressing, indicator))
			continue;
		if (indicator->class != INDICATOR_PEOPLE)
			put_team(suppressing, indicator);
		else if (indicator->number == INDICATOR_PROBLEM)
			put_problems(suppressing, indicator);
		for (enum strata_scheme scheme = STRATA_ALL; scheme <= STRATA_ALD; scheme++)
			if (suppressing->levels[indicator->number][scheme] != NOT_SHOWN)
				put_level(suppressing, indicator, scheme);
	}
}

/* What was written and is not replaced stays; what this version does not know as well. */
static void keep_others(struct suppressing *suppressing)
{
	struct published *out = suppressing->out;
	const uint32_t shown = out->entry_count;
	for (uint32_t i = 0; i < suppressing->before->entry_count; i++) {
		const struct published_entry *entry = &suppressing->before->entries[i];
		bool is_replaced = false;
		for (uint32_t j = 0; j < shown; j++)
			is_replaced |= published_entry_cmp(entry, &out->entries[j]) == 0;
		if (!is_replaced)
			put_entry(suppressing, entry);
	}
	if (out->entry_count)
		qsort(out->entries, out->entry_count, sizeof(*out->entries), published_entry_cmp);
}

static bool is_same_cells(const struct published_entry *a, const struct published_entry *b)
{
	return a && a->level == b->level && a->version == b->version && a->cell_count == b->cell_count &&
	        memcmp(a->cells, b->cells, a->cell_count * sizeof(*a->cells)) == 0;
}

/* What a device only saw in passing is no reason to write again. */
static bool is_news(const struct suppressing *suppressing)
{
	for (uint32_t i = 0; i < suppressing->out->entry_count; i++) {
		const struct published_entry *entry = &suppressing->out->entries[i];
		const struct indicator *indicator = indicator_numbered(entry->number);
		if (entry->source == suppressing->source && indicator->class != INDICATOR_OBSERVED &&
		        !is_same_cells(
		                published_find(suppressing->before, entry->number, entry->scheme, entry->key),
		                entry))
			return true;
	}
	return false;
}

/* Sources that no entry stems from any more go; the others keep their order. */
static void drop_sources(struct published *out)
{
	uint32_t places[PUBLISHED_SOURCES_MAX + 1] = {0}, kept = 0;
	for (uint32_t i = 0; i < out->source_count; i++) {
		bool is_used = false;
		for (uint32_t j = 0; j < out->entry_count; j++)
			is_used |= out->entries[j].source == i;
		places[i] = kept;
		if (is_used)
			memmove(out->sources[kept++], out->sources[i], PUBLISHED_SOURCE_BYTES);
	}
	out->source_count = kept;
	for (uint32_t j = 0; j < out->entry_count; j++)
		out->entries[j].source = places[out->entries[j].source];
}

int suppress(const struct indicator_values *values, const struct published *before,
        const uint8_t source[PUBLISHED_SOURCE_BYTES], uint32_t count_min, struct arena *arena,
        struct published *out)
{
	struct suppressing *suppressing = arena_zero(arena, 1, sizeof(*suppressing));
	*out = (struct published){.source_count = before->source_count + 1};
	out->sources = arena_zero(arena, out->source_count, sizeof(*out->sources));
	out->entries = arena_zero(arena, PUBLISHED_ENTRIES_MAX, sizeof(*out->entries));
	if (before->source_count)
		memcpy(out->sources, before->sources, before->source_count * sizeof(*out->sources));
	memcpy(out->sources[before->source_count], source, PUBLISHED_SOURCE_BYTES);
	*suppressing = (struct suppressing){.values = values,
	        .before = before,
	        .count_min = count_min,
	        .out = out,
	        .source = before->source_count};
	choose_levels(suppressing);
	put_shown(suppressing);
	keep_others(suppressing);
	if (!is_news(suppressing))
		return SUPPRESS_UNCHANGED;
	drop_sources(out);
	return out->source_count > PUBLISHED_SOURCES_MAX ? ERR_FULL : 0;
}
