/*
 * releve-gen: writes generated teams as NDJSON. See usage() for its options, tools/gen_team.h for the data.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crdt/base/err.h"
#include "tools/gen_team.h"

enum { PATH_CHARS = 4096, LIST_COUNT = 2 };

struct tally {
	size_t counts[LIST_COUNT][GEN_KIND_COUNT];
	struct {
		int list;
		enum gen_kind kind;
	} seen[LIST_COUNT * GEN_KIND_COUNT]; /* in order of appearance */
	size_t seen_count;
};

static void usage(FILE *out)
{
	fputs("Usage: releve-gen [--out DIR] [options]\n"
	      "Writes fictive home-nursing teams, always the same for the same options:\n"
	      "  DIR/team-NN.ndjson  the history of team NN, in time order\n"
	      "  DIR/day-NN.ndjson   one day after it, worked offline by every nurse\n"
	      "\n"
	      "  --out DIR       where to write (default: data), made if missing\n"
	      "  --teams N       number of teams (default 1)\n"
	      "  --nurses N      nurses per team (default 12)\n"
	      "  --patients N    patients per team (default 840)\n"
	      "  --visits N      visits per team (default 36000)\n"
	      "  --years X       length of the history (default 4)\n"
	      "  --seed N        another seed gives other teams (default 1)\n"
	      "  --scale N       the same as --teams N\n"
	      "  --scale national  33 teams with 27,715 patients and 1,200,000 visits in all\n"
	      "  --help          this text\n",
	        out);
}

static void count(struct tally *tally, int list, enum gen_kind kind)
{
	if (tally->counts[list][kind]++)
		return;
	tally->seen[tally->seen_count].list = list;
	tally->seen[tally->seen_count++].kind = kind;
}

static void print_tally(const struct tally *tally, uint32_t team_count)
{
	printf("{\"teams\":%u", (unsigned)team_count);
	for (size_t i = 0; i < tally->seen_count; i++) {
		int list = tally->seen[i].list;
		enum gen_kind kind = tally->seen[i].kind;
		printf(",\"%s:%s\":%zu", list ? "day" : "ev", gen_kind_name(kind), tally->counts[list][kind]);
	}
	puts("}");
}

static int write_list(const struct gen_list *list, const char *path)
{
	FILE *file = fopen(path, "wb");
	if (!file)
		return ERR_IO;
	for (size_t i = 0; i < list->count; i++) {
		struct span line = gen_list_line(list, i);
		fwrite(line.data, 1, line.size, file);
		putc('\n', file);
	}
	bool bad = ferror(file);
	return fclose(file) || bad ? ERR_IO : 0;
}

static int write_team(
        const struct gen_options *options, uint32_t index, const char *directory, struct tally *tally)
{
	static const char *const names[LIST_COUNT] = {"team", "day"};
	char path[PATH_CHARS];
	struct gen_team team;
	int result = gen_team_make(&team, options, index);
	if (result) {
		fputs("releve-gen: nobody is a patient on the last day; ask for more patients or years\n",
		        stderr);
		return result;
	}
	for (int i = 0; i < LIST_COUNT && !result; i++) {
		const struct gen_list *list = i ? &team.day : &team.history;
		snprintf(path, sizeof(path), "%s/%s-%02u.ndjson", directory, names[i], (unsigned)index);
		result = write_list(list, path);
		if (result)
			fprintf(stderr, "releve-gen: %s: %s\n", path, strerror(errno));
		for (size_t j = 0; j < list->count; j++)
			count(tally, i, list->records[j].kind);
	}
	gen_team_close(&team);
	return result;
}

/* A whole number up to UINT32_MAX. */
static int read_number(const char *text, uint32_t *out)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > UINT32_MAX)
		return ERR_USAGE;
	*out = (uint32_t)value;
	return 0;
}

/* A number of teams: at least one, so that 0 can stand for "not given". */
static int read_teams(const char *text, uint32_t *out)
{
	int result = read_number(text, out);
	return result == 0 && *out == 0 ? ERR_USAGE : result;
}

static int read_years(const char *text, double *out)
{
	char *end;
	*out = strtod(text, &end);
	return *text < '0' || *text > '9' || *end ? ERR_USAGE : 0;
}

enum { OPT_OUT = 'o', OPT_TEAMS = 't', OPT_NURSES = 'n', OPT_PATIENTS = 'p', OPT_VISITS = 'v' };
enum { OPT_YEARS = 'y', OPT_SEED = 's', OPT_SCALE = 'c', OPT_HELP = 'h' };

static int read_option(int option, const char *text, struct gen_options *options, const char **directory)
{
	uint32_t seed;
	int result;
	switch (option) {
	case OPT_OUT:
		*directory = text;
		return strlen(text) < PATH_CHARS - 32 ? 0 : ERR_USAGE;
	case OPT_TEAMS:
		return read_teams(text, &options->team_count);
	case OPT_NURSES:
		return read_number(text, &options->nurse_count);
	case OPT_PATIENTS:
		return read_number(text, &options->patient_count);
	case OPT_VISITS:
		return read_number(text, &options->visit_count);
	case OPT_YEARS:
		return read_years(text, &options->years);
	case OPT_SEED:
		result = read_number(text, &seed);
		options->seed = seed;
		return result;
	default:
		return ERR_USAGE;
	}
}

/* 1: help was asked for. */
static int read_options(int argc, char **argv, struct gen_options *options, const char **directory)
{
	static const struct option table[] = {{"out", required_argument, NULL, OPT_OUT},
	        {"teams", required_argument, NULL, OPT_TEAMS},
	        {"nurses", required_argument, NULL, OPT_NURSES},
	        {"patients", required_argument, NULL, OPT_PATIENTS},
	        {"visits", required_argument, NULL, OPT_VISITS},
	        {"years", required_argument, NULL, OPT_YEARS}, {"seed", required_argument, NULL, OPT_SEED},
	        {"scale", required_argument, NULL, OPT_SCALE}, {"help", no_argument, NULL, OPT_HELP},
	        {NULL, 0, NULL, 0}};
	const char *scale = NULL;
	uint32_t teams = 0;
	int option, result = 0;
	options->team_count = 0;
	while (!result && (option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == OPT_HELP)
			return 1;
		if (option == OPT_SCALE)
			scale = optarg;
		else
			result = read_option(option, optarg, options, directory);
	}
	if (result || optind != argc)
		return ERR_USAGE;
	if (scale && strcmp(scale, "national") == 0) {
		struct gen_options national = gen_team_national();
		national.nurse_count = options->nurse_count;
		national.years = options->years;
		national.seed = options->seed;
		*options = national;
		return 0;
	}
	if (scale && read_teams(scale, &teams))
		return ERR_USAGE;
	if (options->team_count == 0)
		options->team_count = scale ? teams : 1;
	return gen_team_check(options);
}

int main(int argc, char **argv)
{
	struct gen_options options = gen_team_defaults();
	struct tally tally = {0};
	const char *directory = "data";
	int result = read_options(argc, argv, &options, &directory);
	if (result) {
		usage(result < 0 ? stderr : stdout);
		return result < 0 ? 2 : 0;
	}
	if (mkdir(directory, 0777) && errno != EEXIST) {
		fprintf(stderr, "releve-gen: %s: %s\n", directory, strerror(errno));
		return 1;
	}
	for (uint32_t i = 0; i < options.team_count; i++) {
		if (write_team(&options, i, directory, &tally))
			return 1;
	}
	print_tally(&tally, options.team_count);
	return 0;
}
