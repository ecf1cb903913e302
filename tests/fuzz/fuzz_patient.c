/*
 * Names that anybody may have typed or imported, and the parts of a digest: up to the first NUL two names, one a line; behind it a part. Likeness is the same whichever
 * way round; what a part says of links makes groups in which every file is its main's, whatever it is.
 */
#include <assert.h>

#include "node/patient/alike.h"
#include "node/patient/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span until(struct span text, uint8_t end)
{
	const uint8_t *found = text.size ? memchr(text.data, end, text.size) : NULL;
	return found ? span_of(text.data, (size_t)(found - text.data)) : text;
}

static void check_names(struct span text)
{
	const struct span first = until(text, '\n'), second = span_sub(text, first.size + 1, text.size);
	struct patient_name a, b;
	patient_name_read(first, &a);
	patient_name_read(second, &b);
	const unsigned like = patient_name_likeness(&a, &b, false);
	assert(like == patient_name_likeness(&b, &a, false));
	assert(like == 0 || (like >= PATIENT_NAME_SIMILAR && like <= 100));
	assert(patient_name_likeness(&a, &a, false) == (a.count ? 100 : 0));
	assert(patient_name_likeness(&a, &b, true) <= 100);
}

static void check_links(struct span part)
{
	static const struct record_id file = {{1}};
	struct patient_links links = {0};
	struct patient_groups groups;
	patient_links_get(part, &file, &links);
	patient_groups_make(links.items, links.count, &groups);
	for (uint32_t i = 0; i < groups.count; i++) {
		const struct record_id main = patient_groups_main(&groups, &groups.files[i]);
		assert(record_id_cmp(&main, &groups.files[i]) <= 0);
		/* halves in one dossier alone join nothing */
		assert(record_id_eq(&main, &groups.files[i]) && !patient_groups_is_joined(&groups, &main));
	}
	patient_groups_close(&groups);
	patient_links_close(&links);
}

static void check_identity(struct span part)
{
	static const struct record_id file = {{1}};
	struct patient_who who;
	if (!patient_identity_get(part, &file, &who))
		return;
	const struct patient_match match = patient_compare(&who, &who);
	assert(match.score <= 100);
	struct patient_alike alike = {0};
	const struct patient_alike_one one = {7, &who}, gone = {7, NULL};
	patient_alike_make(&alike, &one, 1);
	assert(alike.pair_count == 0);
	assert(patient_alike_change(&alike, &gone, 1, NULL, NULL) && alike.key_count == 0);
	patient_alike_close(&alike);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span names = until(span_of(data, size), 0),
	                  part = span_sub(span_of(data, size), names.size + 1, size);
	check_names(names);
	check_links(part);
	check_identity(part);
	return 0;
}
