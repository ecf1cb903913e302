/*
 * releve-floor: prints this machine's floors for a team's records as RESULT lines, the form that the comparison with
 * other systems reads. See usage() and tools/floor.h.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "tools/floor.h"

static void usage(FILE *out)
{
	fputs("Usage: releve-floor [--no-cold] [--no-signed] TEAM DAY DIR\n"
	      "Prints what this machine needs at least for the records of TEAM (history) and DAY (offline "
	      "day), both\n"
	      "NDJSON files as releve-gen writes them. Databases are left in DIR.\n"
	      "\n"
	      "  --no-cold    does not drop the disk caches (which needs root, and slows the whole machine "
	      "for a while)\n"
	      "  --no-signed  leaves out the measures that sign and check each record, which take most of "
	      "the time\n"
	      "  --help       this text\n",
	        out);
}

__attribute__((format(printf, 2, 3))) static void print(const char *name, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	printf("RESULT {\"bench\":\"floor\",\"name\":\"%s\",", name);
	vprintf(format, values);
	puts("}");
	va_end(values);
	fflush(stdout);
}

static int measure_load(struct floor *floor, bool signed_each)
{
	struct floor_load load;
	struct floor_join join;
	int result = floor_load(floor, signed_each, &load);
	if (result)
		return result;
	print(signed_each ? "lmdb_append_signed" : "lmdb_append_sealed",
	        "\"ms\":%.1f,\"records\":%zu,\"per_s\":%.0f,\"payload\":%zu,\"file\":%zu", load.ms,
	        load.record_count, (double)load.record_count / load.ms * 1e3, load.payload_bytes,
	        load.file_bytes);
	if ((result = floor_join(floor, signed_each, &join)))
		return result;
	print(signed_each ? "join_pipeline_verify_each" : "join_pipeline",
	        "\"ms\":%.1f,\"records\":%zu,\"bytes\":%zu,\"file\":%zu", join.ms, join.record_count,
	        join.wire_bytes, join.file_bytes);
	return 0;
}

static int measure_day(struct floor *floor, bool signed_each)
{
	struct floor_day day;
	int result = floor_day(floor, signed_each, &day);
	if (!result)
		print(signed_each ? "day_pipeline_verify_each" : "day_pipeline",
		        "\"ms\":%.1f,\"offline\":%.1f,\"bytes\":%zu,\"events\":%zu", day.ms, day.offline_ms,
		        day.wire_bytes, day.record_count);
	return result;
}

static int measure_put(struct floor *floor)
{
	struct floor_put put;
	int result = floor_put(floor, FLOOR_PUTS, &put);
	if (!result)
		print("lmdb_put_sealed_durable", "\"n\":%zu,\"p50\":%.4f,\"p99\":%.4f,\"max\":%.3f",
		        put.count, put.p50_ms, put.p99_ms, put.max_ms);
	return result;
}

static int measure_today(struct floor *floor, char *directory, bool with_cold)
{
	static char program[] = "/proc/self/exe", option[] = "--today-child";
	char *command[] = {program, option, directory, NULL};
	struct floor_today today;
	size_t file_bytes;
	int result = floor_today_build(floor, &file_bytes);
	if (result)
		return result;
	print("today_index", "\"file\":%zu", file_bytes);
	for (int cold = 0; cold <= (with_cold ? 1 : 0); cold++) {
		result = floor_today(floor, command, cold, &today);
		if (result == ERR_UNSUPPORTED) {
			fputs("releve-floor: the disk caches cannot be dropped here; no cold figure\n",
			        stderr);
			return 0;
		}
		if (result)
			return result;
		print(cold ? "today_cold_cache" : "today_warm_cache",
		        "\"p50\":%.2f,\"max\":%.2f,\"child_rss\":%.1f", today.p50_ms, today.max_ms,
		        today.child_peak_mb);
	}
	return 0;
}

struct wanted {
	bool cold, signed_each;
};

static int measure_all(const struct floor_records *history, const struct floor_records *day, char *directory,
        struct wanted wanted)
{
	struct floor_training training;
	struct floor *floor = NULL;
	int result = floor_open(&floor, history, day, directory, &training);
	if (result)
		return result;
	print("zstd_train", "\"ms\":%.0f,\"dict\":%zu", training.ms, training.dictionary_bytes);
	for (int signed_each = 0; signed_each <= (wanted.signed_each ? 1 : 0) && !result; signed_each++) {
		result = measure_load(floor, signed_each);
		if (!result)
			result = measure_day(floor, signed_each);
	}
	if (!result)
		result = measure_put(floor);
	if (!result)
		result = measure_today(floor, directory, wanted.cold);
	floor_close(floor);
	return result;
}

static int measure_files(char **files, struct wanted wanted)
{
	struct floor_records history = {0}, day = {0};
	int result = floor_records_read(&history, files[0]);
	if (!result)
		result = floor_records_read(&day, files[1]);
	if (!result)
		result = measure_all(&history, &day, files[2], wanted);
	if (result)
		fprintf(stderr, "releve-floor: %s\n", err_sentence(result));
	floor_records_close(&history);
	floor_records_close(&day);
	return result;
}

int main(int argc, char **argv)
{
	static const struct option table[] = {{"no-cold", no_argument, NULL, 'c'},
	        {"no-signed", no_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct wanted wanted = {true, true};
	int option;
	if (argc == 3 && strcmp(argv[1], "--today-child") == 0)
		return floor_today_child(argv[2]) ? 1 : 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == 'c') {
			wanted.cold = false;
		} else if (option == 's') {
			wanted.signed_each = false;
		} else {
			usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind != 3) {
		usage(stderr);
		return 2;
	}
	return measure_files(argv + optind, wanted) ? 1 : 0;
}
