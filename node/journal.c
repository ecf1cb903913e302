#include "node/journal.h"

#include <stdarg.h>
#include <time.h>

#include "crdt/base/ids.h"

void journal_write(
        struct journal *journal, enum journal_level level, const char *event, const char *format, ...)
{
	static const char *const levels[] = {"info", "warn", "error"};
	char when[32];
	struct tm parts;
	if (!journal->file)
		return;
	uint64_t now_ms = env_wall_ms(journal->env);
	time_t now_s = (time_t)(now_ms / 1000);
	gmtime_r(&now_s, &parts);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &parts);
	fprintf(journal->file, "%s.%03uZ %s %s", when, (unsigned)(now_ms % 1000), levels[level], event);
	if (journal->team)
		fprintf(journal->file, " team=%s", journal->team);
	if (format) {
		va_list arguments;
		va_start(arguments, format);
		fputc(' ', journal->file);
		vfprintf(journal->file, format, arguments);
		va_end(arguments);
	}
	fputc('\n', journal->file);
	fflush(journal->file);
}

const char *journal_id(char out[JOURNAL_ID_BYTES], const uint8_t *id)
{
	ids_hex(out, id, (JOURNAL_ID_BYTES - 1) / 2);
	return out;
}
