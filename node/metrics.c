/* One row of a table per family; a family's samples stand together, as the format asks. */
#include "node/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "node/api_node.h"
#include "node/version.h"

enum type { GAUGE, COUNTER };

/* Numbers of a team that stand at `offset`, `count` of them in a row; with a label that tells them apart where there are several. */
struct family {
	const char *name;
	enum type type;
	const char *label; /* NULL: it is one number */
	const char *(*value)(uint32_t place); /* of the label; NULL: that place is left out */
	size_t offset;
	uint32_t count;
	const char *help;
};

static const char *compartment_name(uint32_t compartment)
{
	return compartment < COMPARTMENT_MEMBERSHIP ? NULL
	                                            : api_compartment_name((enum compartment)compartment);
}

static const char *state_name(uint32_t state)
{
	static const char *const names[METRICS_FEED_STATES] = {"open", "frozen", "ended"};
	return names[state];
}

static const char *kind_name(uint32_t kind)
{
	static const char *const names[PEERS_KIND_COUNT] = {"heads", "runs", "state", "pictures", "other"};
	return names[kind];
}

#define ONE(name_, type_, member, help_) \
	{ \
		"releve_" name_, type_, NULL, NULL, offsetof(struct metrics_team, member), 1, help_ \
	}
#define EACH(name_, type_, member, label_, value_, help_) \
	{ \
		"releve_" name_, type_, label_, value_, offsetof(struct metrics_team, member), \
		        sizeof(((struct metrics_team *)0)->member) / sizeof(uint64_t), help_ \
	}

static const struct family FAMILIES[] = {
        EACH("entries", GAUGE, entries, "compartment", compartment_name, "Entries held, by part of the log."),
        EACH("feeds", GAUGE, feeds, "state", state_name, "Feeds held, by what may still come of them."),
        ONE("forked_feeds", GAUGE, forks, "Feeds with two histories."),
        ONE("only_here_entries", GAUGE, only_here, "Entries that no other active device is known to have."),
        ONE("behind_entries", GAUGE, behind, "Entries that a connected device has and this one lacks."),
        ONE("quarantine_entries", GAUGE, quarantined, "Entries kept apart, which do not count."),
        ONE("team_devices", GAUGE, devices, "Other active devices of the team."),
        ONE("peers_connected", GAUGE, connected, "Devices that a session runs with."),
        ONE("peers_level", GAUGE, level, "Of these, those from which nothing is missing here."),
        ONE("sessions_total", COUNTER, sessions, "Sessions begun."),
        ONE("half_open_connections", GAUGE, half_open, "Connections that have not shown who they are."),
        ONE("turned_away_connections_total", COUNTER, turned_away, "Connections ended for their number."),
        ONE("received_bytes_total", COUNTER, bytes_in, "Bytes from other devices, sealed, with framing."),
        ONE("sent_bytes_total", COUNTER, bytes_out, "Bytes to other devices, sealed, with framing."),
        EACH("received_frame_bytes_total", COUNTER, kind_in, "kind", kind_name,
                "Of the bytes received, contents of frames, by what they carry."),
        EACH("sent_frame_bytes_total", COUNTER, kind_out, "kind", kind_name,
                "Of the bytes sent, contents of frames, by what they carry."),
        ONE("database_used_bytes", GAUGE, database_used_bytes, "Pages of the database in use."),
        ONE("database_file_bytes", GAUGE, database_file_bytes, "Size of the database's file."),
        ONE("database_map_bytes", GAUGE, database_map_bytes, "What the database may grow to."),
        ONE("database_room", GAUGE, room, "0: there is room; 1: it gets full; 2: new records are refused."),
        ONE("disk_full", GAUGE, disk_full, "1: the disk is full, new records are refused."),
        ONE("quota_bytes", GAUGE, quota_bytes, "A relay's limit for the team; 0: none."),
        ONE("quota_device_entries", GAUGE, quota_device_entries, "A relay's limit for a device; 0: none."),
        ONE("quota_reached", GAUGE, quota_reached, "1: the relay's limit for the team is reached."),
        ONE("full_devices", GAUGE, full_devices, "Devices that said that they store no more."),
        ONE("commits_total", COUNTER, commits,
                "Commits to the disk; each waits for the disk (fsync) at least once."),
        ONE("writer_waiting_batches", GAUGE, waiting_batches, "Writes that wait for the disk."),
        ONE("writer_waiting_bytes", GAUGE, waiting_bytes, "Their bytes."),
        ONE("pictures", GAUGE, pictures, "Photos and scans that are known here."),
        ONE("picture_pieces_missing", GAUGE, pieces_missing, "Pieces of them that are not here yet."),
};

static void put(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static void put_number(struct buf *out, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), " %" PRIu64 "\n", number);
	put(out, text);
}

/* Texts of ours alone come here: none has a backslash, a quotation mark or a line end in it. */
static void begin(struct buf *out, const char *name, enum type type, const char *help)
{
	put(out, "# HELP ");
	put(out, name);
	put(out, " ");
	put(out, help);
	put(out, "\n# TYPE ");
	put(out, name);
	put(out, type == COUNTER ? " counter\n" : " gauge\n");
}

static void put_label(struct buf *out, const char *label, const char *value)
{
	put(out, label);
	put(out, "=\"");
	put(out, value);
	put(out, "\"");
}

/* NAME{team="1" */
static void begin_sample(struct buf *out, const char *name, uint32_t team)
{
	char number[12];
	snprintf(number, sizeof(number), "%u", (unsigned)team + 1);
	put(out, name);
	put(out, "{");
	put_label(out, "team", number);
}

static void write_team(
        const struct family *family, const struct metrics_team *team, uint32_t index, struct buf *out)
{
	const uint64_t *numbers = (const uint64_t *)(const void *)((const char *)team + family->offset);
	for (uint32_t i = 0; i < family->count; i++) {
		const char *value = family->value ? family->value(i) : NULL;
		if (family->value && !value)
			continue;
		begin_sample(out, family->name, index);
		if (family->label) {
			put(out, ",");
			put_label(out, family->label, value);
		}
		put(out, "}");
		put_number(out, numbers[i]);
	}
}

/* Two labels; what never happened is left out: there are some hundred pairs. */
static void write_refusals(const struct metrics_team *teams, uint32_t count, struct buf *out)
{
	static const char name[] = "releve_refused_total";
	begin(out, name, COUNTER, "What others sent and was not taken, by what it was and why.");
	for (uint32_t i = 0; i < count; i++)
		for (unsigned what = 0; what < REFUSED_COUNT; what++)
			for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++) {
				const uint64_t number = teams[i].refused.counts[what][reason];
				if (teams[i].locked || number == 0)
					continue;
				begin_sample(out, name, i);
				put(out, ",");
				put_label(out, "what", refused_name((enum refused)what));
				put(out, ",");
				put_label(out, "reason", team_reason_name((enum team_reason)reason));
				put(out, "}");
				put_number(out, number);
			}
}

static void write_program(const struct metrics_program *program, struct buf *out)
{
	char text[80];
	begin(out, "releve_build_info", GAUGE, "Always 1; the label is the program's version.");
	put(out, "releve_build_info{");
	put_label(out, "version", releve_version);
	put(out, "} 1\n");
	begin(out, "releve_uptime_seconds", GAUGE, "Since this program started, or was locked.");
	put(out, "releve_uptime_seconds");
	put_number(out, program->uptime_s);
	begin(out, "process_resident_memory_bytes", GAUGE, "Memory that the program takes.");
	put(out, "process_resident_memory_bytes");
	put_number(out, program->memory_bytes);
	begin(out, "process_cpu_seconds_total", COUNTER, "Processor time that it took.");
	snprintf(text, sizeof(text), "process_cpu_seconds_total %" PRIu64 ".%03u\n",
	        program->processor_ms / 1000, (unsigned)(program->processor_ms % 1000));
	put(out, text);
}

void metrics_write(const struct metrics_program *program, const struct metrics_team *teams, uint32_t count,
        struct buf *out)
{
	static const struct family always[] = {
	        ONE("team_locked", GAUGE, locked, "1: this team is locked, or stopped."),
	        ONE("team_stopped", GAUGE, stopped,
	                "1: its database could not be opened again, or not be read."),
	};
	write_program(program, out);
	for (size_t f = 0; f < sizeof(always) / sizeof(*always); f++) {
		begin(out, always[f].name, always[f].type, always[f].help);
		for (uint32_t i = 0; i < count; i++)
			write_team(&always[f], &teams[i], i, out);
	}
	for (size_t f = 0; f < sizeof(FAMILIES) / sizeof(*FAMILIES); f++) {
		begin(out, FAMILIES[f].name, FAMILIES[f].type, FAMILIES[f].help);
		for (uint32_t i = 0; i < count; i++)
			if (!teams[i].locked)
				write_team(&FAMILIES[f], &teams[i], i, out);
	}
	write_refusals(teams, count, out);
}
