/*
 * tools/bench_lists.h - what somebody waits for at the screen: lists, a dossier, a search while typing; through the same requests that the web and the command line make.
 */
#ifndef TOOLS_BENCH_LISTS_H
#define TOOLS_BENCH_LISTS_H

#include "tools/floor.h"

/* All times are processor time. A request's reply, until its JSON is written; and how long writing alone takes, which is the floor of what answers with so much. */
struct bench_request {
	double p50_ms, p99_ms, written_ms;
	uint64_t bytes, count;
};

struct bench_lists {
	double digests_ms, words_ms; /* made from nothing, processor time: of all dossiers; of all events */
	double anonymous_mb; /* the most that was in memory meanwhile, pages of the database aside */
	double digests_mb, words_mb; /* in memory */
	double open_ms, first_list_ms, first_search_ms; /* of a start with the rows of a checkpoint */
	struct bench_request list, find, round, status, work, file, notes, search;
	struct bench_request indicators; /* all of them, of every month of the history; in processor time */
	double scan_ms; /* the notes' text in memory, gone through once for a word */
	double first_work_ms, visited_work_ms,
	        admitted_work_ms; /* what wants attention: after a start; after a visit was saved; after a patient was */
	double screens_mb,
	        indicators_mb; /* the most of its own memory while all that is asked for; while indicators are */
	double peak_mb; /* of the process, before the file of notes was read */
	uint64_t rows; /* of the list of patients */
};

/* What an idle device does ahead, all at once, in the database in `directory`. */
void bench_lists_make(const char *directory, struct bench_lists *out);

/* On the database in `directory`, made from the records in `file`. */
void bench_lists(const char *directory, const char *file, struct bench_lists *out);

#endif
