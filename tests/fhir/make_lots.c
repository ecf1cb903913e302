/* Writes statements of made-up lots into a folder, in every form: two months, both units of rounding, both rules for ties; the second month has a credit, a correction, a late line,
 * doubled visits, short ones that count longer, a patient with a long-term illness. With "names" as last argument, who they are stands in the bundles.
 * Usage: make-lots FOLDER [names]. Files: UNIT-TIES-MONTH[-PART].csv, .json, .fhir.json, .html, .lot */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/billing/statement.h"
#include "node/billing/statement_page.h"
#include "tests/lib/billing.h"

enum { SECOND = 11 }; /* a nurse who is named beside another, and has no visit of her own */

static void put_file(const char *folder, const char *name, const char *end, struct buf *bytes)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, end);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file))
		exit(1);
	buf_clear(bytes);
}

static void put_part(const char *folder, const char *name, const struct billing_lot *lot,
        const struct lot_hash *hash, const struct statement_part *part, const struct statement_people *people)
{
	struct buf bytes = {0};
	statement_csv(lot, hash, part, &bytes);
	put_file(folder, name, "csv", &bytes);
	statement_json_file(lot, hash, part, &bytes);
	put_file(folder, name, "json", &bytes);
	statement_page(lot, hash, part, people, SCHEMA_FR, &bytes);
	put_file(folder, name, "html", &bytes);
	if (!part->has_nurse) {
		claim_file(lot, hash, part, people, &bytes);
		put_file(folder, name, "fhir.json", &bytes);
	}
	buf_close(&bytes);
}

static void put_lot(const char *folder, const char *name, const struct billing_lot *lot,
        const struct statement_people *people)
{
	struct buf bytes = {0};
	char part_name[80];
	if (lot_encode(lot, &bytes))
		exit(1);
	const struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	put_file(folder, name, "lot", &bytes);
	put_part(folder, name, lot, &hash, &part_whole, people);
	const struct statement_part patient = {.has_patient = true, .patient = lot->lines[0].patient},
	                            nurse = {.has_nurse = true, .nurse = lot->lines[0].items[0].nurse};
	snprintf(part_name, sizeof(part_name), "%s-patient", name);
	put_part(folder, part_name, lot, &hash, &patient, people);
	snprintf(part_name, sizeof(part_name), "%s-nurse", name);
	put_part(folder, part_name, lot, &hash, &nurse, people);
	const struct statement_part second = {.has_nurse = true, .nurse = {{SECOND}}};
	snprintf(part_name, sizeof(part_name), "%s-second", name);
	put_part(folder, part_name, lot, &hash, &second, people);
	buf_close(&bytes);
}

enum { MARCH_COUNT = 24, ALL_COUNT = 40 };

/* Minutes that end in 5, one minute, through midnight, in the other offset of summer. */
static void make_visits(struct billing_visit visits[ALL_COUNT])
{
	static const int minutes[] = {15, 5, 35, 25, 1, 61, 3, 45};
	for (uint32_t i = 0; i < ALL_COUNT; i++) {
		const uint32_t month = i < MARCH_COUNT ? 3 : 4;
		visits[i] = billing_visit_of(i + 1, (uint8_t)(i % 4),
		        billing_day(2024, month, 2 + i % 24) + 30000 + 600 * (int64_t)i,
		        60 * (int64_t)minutes[i % 8]);
		visits[i].item.offset_minutes = month == 3 ? 60 : 120;
		if (i % 4 == 3)
			visits[i].flags |= BILLING_ALD;
	}
	visits[5].item.start_s = visits[4].item.start_s = billing_day(2024, 3, 20) + 86000;
	visits[5].item.end_s = visits[4].item.end_s = visits[4].item.start_s + 1900;
	visits[5].patient = visits[4].patient;
	visits[5].item.nurse.bytes[0] = 9;
	visits[4].flags |= BILLING_DOUBLED;
	visits[5].flags |= BILLING_DOUBLED;
	visits[30].flags |= BILLING_DOUBLED;
	visits[30].co_nurse.bytes[0] = SECOND;
}

static void make_months(const char *folder, enum billing_unit unit, enum billing_ties ties,
        const struct statement_people *people)
{
	struct arena arena = {0};
	struct billing_visit visits[ALL_COUNT];
	struct billing_rate rates[2] = {billing_rate_of(1, unit, ties), billing_rate_of(2, unit, ties)};
	struct billing_lot march, april;
	struct buf bytes = {0};
	char name[64];
	make_visits(visits);
	for (int i = 0; i < 2; i++) {
		rates[i].territory = span_text("=Bretagne \"sud\"; c\xc3\xb4te");
		rates[i].min_minutes = 2;
		rates[i].least_minutes = 4;
		rates[i].doubled = BILLING_SHARE;
		rates[i].doubled_per_mille = 333;
	}
	rates[1].valid_from_day = billing_day(2024, 4, 10) / 86400;
	rates[1].cents_per_hour = 5401;
	struct billing_input input = billing_input_of(2024, 3, visits, MARCH_COUNT - 1, rates, 2);
	input.territory = rates[0].territory;
	const struct entry_ref frontier[] = {{{{3}}, 70000}, {{{4}}, 12}};
	const struct billing_heard heard[] = {{{{5}}, 1711929600123}, {{{6}}, 0}};
	input.frontier = frontier;
	input.frontier_count = 2;
	input.heard = heard;
	input.heard_count = 2;
	if (billing_close(&input, &arena, &march, NULL))
		exit(1);
	snprintf(name, sizeof(name), "%s-%s-march", statement_unit(unit), statement_ties(ties));
	put_lot(folder, name, &march, people);
	if (lot_encode(&march, &bytes))
		exit(1);
	const struct billing_previous previous = {&march, lot_hash_of(buf_span(&bytes))};
	visits[0].item.end_s += 300;
	visits[1].flags |= BILLING_CANCELLED;
	visits[9].item.start_s -= 60;
	input.visit_count = ALL_COUNT;
	input.month++;
	input.previous = &previous;
	input.previous_count = 1;
	input.previous_hash = previous.hash;
	if (billing_close(&input, &arena, &april, NULL))
		exit(1);
	snprintf(name, sizeof(name), "%s-%s-april", statement_unit(unit), statement_ties(ties));
	put_lot(folder, name, &april, people);
	buf_close(&bytes);
	arena_close(&arena);
}

int main(int argc, char **argv)
{
	const bool named = argc == 3 && strcmp(argv[2], "names") == 0;
	if (argc != 2 && !named)
		return 2;
	json_t *patients = json_object(), *nurses = json_object();
	for (int i = 1; i <= 11 && named; i++) {
		char id[33];
		snprintf(id, sizeof(id), "%02x%030d", i, 0);
		json_object_set_new(patients, id,
		        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "lastName", "D'Arc <b>", "firstName",
		                "Jeanne", "birthDate", "1940-05-06", "sex", "F", "nir", "269054958815780",
		                "allergies", "Canari"));
		snprintf(id, sizeof(id), "%02x%010d", i, 0);
		json_object_set_new(nurses, id,
		        json_pack("{s:s, s:s, s:s}", "lastName", "Morvan", "firstName", "Léa", "rpps",
		                "10102727017"));
	}
	const struct statement_people people = {patients, nurses};
	for (int unit = BILLING_PER_VISIT; unit <= BILLING_PER_PATIENT_MONTH; unit++)
		for (int ties = BILLING_HALF_UP; ties <= BILLING_HALF_EVEN; ties++)
			make_months(argv[1], (enum billing_unit)unit, (enum billing_ties)ties, &people);
	json_decref(patients);
	json_decref(nurses);
	return 0;
}
