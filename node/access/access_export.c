#include "node/access/access_export.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/calendar.h"
#include "node/csv.h"
#include "node/schema/moment.h"

static const char FORMAT[] = "releve access 1", SIGNED[] = "releve access export 1";
static const char TITLE[] = "number;moment;person;name;kind;patient;record;label;detail;chain";
enum { NUMBER_BYTES = 21, TEXT_BYTES_MAX = 1024 };

void access_export_close(struct access_export *out)
{
	mem_free(out->rows);
	arena_close(&out->arena);
	*out = (struct access_export){0};
}

int access_export_add(struct access_export *out, const struct access_shown *shown)
{
	if (out->count == LIMIT_ACCESS_EXPORT_ROWS)
		return ERR_TOOBIG;
	out->rows = mem_room(out->rows, out->count, &out->capacity, sizeof(*out->rows));
	out->rows[out->count++] = *shown;
	return 0;
}

struct span access_export_text(struct access_export *out, const char *text)
{
	size_t size = strlen(text), used = 0;
	for (size = size < TEXT_BYTES_MAX ? size : TEXT_BYTES_MAX - 1; (text[size] & 0xc0) == 0x80; size--)
		; /* no part of a character */
	char *copy = arena_alloc(&out->arena, size + 1);
	if (csv_is_formula(span_of(text, size)))
		copy[used++] = ' ';
	for (size_t i = 0; i < size; i++)
		copy[used++] = (uint8_t)text[i] < ' ' ? ' ' : text[i];
	return span_of(copy, used);
}

/* ---- The signature ---------------------------------------------------------------------------------------------- */

static void digest(const struct access_export *export, uint8_t out[SIGN_DIGEST_BYTES])
{
	struct buf bytes = {0};
	buf_add(&bytes, export->device.bytes, sizeof(export->device.bytes));
	wire_put_u64(&bytes, export->from_s);
	wire_put_u64(&bytes, export->to_s);
	wire_put_u64(&bytes, export->gone);
	buf_add(&bytes, export->before.bytes, sizeof(export->before.bytes));
	wire_put_u32(&bytes, export->count);
	for (uint32_t i = 0; i < export->count; i++) {
		const struct access_shown *shown = &export->rows[i];
		access_row_encode(buf_extend(&bytes, ACCESS_ROW_BYTES), &shown->row);
		buf_add(&bytes, shown->record.bytes, sizeof(shown->record.bytes));
		wire_put_blob(&bytes, shown->name);
		wire_put_blob(&bytes, shown->label);
	}
	sign_digest(out, SIGNED, &export->team, buf_span(&bytes));
	buf_close(&bytes);
}

void access_export_sign(struct access_export *out, const uint8_t *secret_key)
{
	uint8_t signed_digest[SIGN_DIGEST_BYTES];
	digest(out, signed_digest);
	sign_make(&out->signature, SIGNED, signed_digest, secret_key);
}

int access_export_check(const struct access_export *export, uint64_t *number)
{
	struct access_chain chain = export->before;
	uint8_t bytes[ACCESS_ROW_BYTES], signed_digest[SIGN_DIGEST_BYTES];
	for (uint32_t i = 0; i < export->count; i++) {
		access_row_encode(bytes, &export->rows[i].row);
		access_chain_add(&chain, bytes);
		*number = export->rows[i].row.number;
		if (memcmp(&chain, &export->rows[i].chain, sizeof(chain)) != 0)
			return ERR_CORRUPT;
	}
	digest(export, signed_digest);
	return sign_check(&export->signature, SIGNED, signed_digest, &export->device) ? 0 : ERR_BADSIG;
}

/* ---- Texts of fields -------------------------------------------------------------------------------------------- */

enum { HEX_BYTES = 2 * 64 + 1 };

static const char *hex(char out[HEX_BYTES], const uint8_t *bytes, size_t size)
{
	ids_hex(out, bytes, size);
	return out;
}

static const char *moment_of(char out[MOMENT_TEXT_BYTES], uint64_t seconds)
{
	struct moment moment = {.seconds = (int64_t)seconds};
	moment.offset_minutes = calendar_paris_offset_minutes(moment.seconds);
	moment_text(out, moment);
	return out;
}

static bool read_moment(const char *text, uint64_t *seconds)
{
	struct moment moment;
	if (!moment_parse(span_text(text), &moment))
		return false;
	*seconds = (uint64_t)moment.seconds;
	return true;
}

/* Digits alone. */
static bool read_number(const char *text, uint64_t *out)
{
	char *end, back[NUMBER_BYTES];
	*out = strtoull(text, &end, 10);
	snprintf(back, sizeof(back), "%llu", (unsigned long long)*out);
	return *text && !*end && strcmp(back, text) == 0;
}

static bool read_hex(const char *text, uint8_t *out, size_t size)
{
	return strlen(text) == 2 * size && ids_from_hex(out, size, text);
}

/* ---- A row as ten texts ----------------------------------------------------------------------------------------- */

enum field { NUMBER, MOMENT, PERSON, NAME, KIND, PATIENT, RECORD, LABEL, DETAIL, CHAIN, FIELDS };
static const char *const FIELD_NAMES[FIELDS] = {
        "number", "moment", "person", "name", "kind", "patient", "record", "label", "detail", "chain"};

/* False: not a row. Texts go into the arena. */
static bool row_of(struct access_export *out, const char *const fields[FIELDS], struct access_shown *shown)
{
	*shown = (struct access_shown){0};
	for (int i = 0; i < FIELDS; i++)
		if (!fields[i] || strlen(fields[i]) > TEXT_BYTES_MAX)
			return false;
	shown->row.kind = access_kind_named(fields[KIND]);
	shown->name = span_text(arena_text(&out->arena, span_text(fields[NAME])));
	shown->label = span_text(arena_text(&out->arena, span_text(fields[LABEL])));
	return shown->row.kind && read_number(fields[NUMBER], &shown->row.number) &&
	        read_moment(fields[MOMENT], &shown->row.at_s) &&
	        read_hex(fields[PERSON], shown->row.person.bytes, ID_SHORT_BYTES) &&
	        read_hex(fields[PATIENT], shown->row.patient.bytes, ACCESS_PATIENT_BYTES) &&
	        read_hex(fields[RECORD], shown->record.bytes, ID_SHORT_BYTES) &&
	        read_number(fields[DETAIL], &shown->row.detail) &&
	        read_hex(fields[CHAIN], shown->chain.bytes, sizeof(shown->chain.bytes));
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

static void put_row(struct buf *out, const struct access_shown *shown)
{
	char text[MOMENT_TEXT_BYTES], kind[ACCESS_KIND_BYTES];
	csv_number(out, (int64_t)shown->row.number);
	csv_text(out, ";");
	csv_text(out, moment_of(text, shown->row.at_s));
	csv_text(out, ";");
	csv_hex(out, shown->row.person.bytes, ID_SHORT_BYTES);
	csv_text(out, ";");
	csv_quoted(out, shown->name);
	csv_text(out, ";");
	csv_text(out, access_kind_name(shown->row.kind, kind));
	csv_text(out, ";");
	csv_hex(out, shown->row.patient.bytes, ACCESS_PATIENT_BYTES);
	csv_text(out, ";");
	csv_hex(out, shown->record.bytes, ID_SHORT_BYTES);
	csv_text(out, ";");
	csv_quoted(out, shown->label);
	csv_text(out, ";");
	csv_number(out, (int64_t)shown->row.detail);
	csv_text(out, ";");
	csv_hex(out, shown->chain.bytes, sizeof(shown->chain.bytes));
	csv_text(out, "\r\n");
}

void access_export_csv(const struct access_export *export, struct buf *out)
{
	char from[MOMENT_TEXT_BYTES], to[MOMENT_TEXT_BYTES];
	csv_text(out, TITLE);
	csv_text(out, "\r\n");
	for (uint32_t i = 0; i < export->count; i++)
		put_row(out, &export->rows[i]);
	csv_text(out, "device;");
	csv_hex(out, export->device.bytes, ID_LONG_BYTES);
	csv_text(out, "\r\nteam;");
	csv_hex(out, export->team.bytes, ID_LONG_BYTES);
	csv_text(out, "\r\nfrom;");
	csv_text(out, moment_of(from, export->from_s));
	csv_text(out, "\r\nto;");
	csv_text(out, moment_of(to, export->to_s));
	csv_text(out, "\r\ngone;");
	csv_number(out, (int64_t) export->gone);
	csv_text(out, "\r\nbefore;");
	csv_hex(out, export->before.bytes, sizeof(export->before.bytes));
	csv_text(out, "\r\nrows;");
	csv_number(out, (int64_t) export->count);
	csv_text(out, "\r\nsignature;");
	csv_hex(out, export->signature.bytes, sizeof(export->signature.bytes));
	csv_text(out, "\r\n");
}

/* One line's fields, parted in place in `line`. How many; 0: more than there can be, or a quote out of place. */
static int part(char *line, const char *fields[FIELDS])
{
	int count = 0;
	for (char *at = line;; at++) {
		if (count == FIELDS)
			return 0;
		bool is_quoted = *at == '"';
		char *put = at += is_quoted;
		fields[count++] = at;
		while (*at && (is_quoted ? *at != '"' || at[1] == '"' : *at != ';')) {
			at += is_quoted && *at == '"';
			*put++ = *at++;
		}
		if (is_quoted && *at++ != '"')
			return 0;
		char end = *at;
		*put = '\0';
		if (!end)
			return count;
		if (end != ';')
			return 0;
	}
}

/* The texts that stand behind the rows, in this order. */
enum trailer { DEVICE, TEAM, FROM, TO, GONE, BEFORE, ROWS, SIGNATURE, TRAILERS };
static const char *const TRAILER_NAMES[TRAILERS] = {
        "device", "team", "from", "to", "gone", "before", "rows", "signature"};

static bool read_trailer(struct access_export *out, enum trailer trailer, const char *text)
{
	uint64_t count;
	if (!text)
		return false;
	switch (trailer) {
	case DEVICE:
		return read_hex(text, out->device.bytes, ID_LONG_BYTES);
	case TEAM:
		return read_hex(text, out->team.bytes, ID_LONG_BYTES);
	case FROM:
		return read_moment(text, &out->from_s);
	case TO:
		return read_moment(text, &out->to_s);
	case GONE:
		return read_number(text, &out->gone);
	case BEFORE:
		return read_hex(text, out->before.bytes, sizeof(out->before.bytes));
	case ROWS:
		return read_number(text, &count) && count == out->count;
	case SIGNATURE:
		return read_hex(text, out->signature.bytes, sizeof(out->signature.bytes));
	case TRAILERS:
		break;
	}
	return false;
}

/* How far a CSV file was read. */
struct csv {
	struct access_export *out;
	int trailer_count;
};

static int read_line(struct csv *csv, char *text)
{
	const char *fields[FIELDS];
	struct access_shown shown;
	int count = part(text, fields);
	if (count == 2 && csv->trailer_count < TRAILERS &&
	        strcmp(fields[0], TRAILER_NAMES[csv->trailer_count]) == 0)
		return read_trailer(csv->out, (enum trailer)csv->trailer_count++, fields[1]) ? 0
		                                                                             : ERR_MALFORMED;
	if (count != FIELDS || csv->trailer_count || !row_of(csv->out, fields, &shown))
		return ERR_MALFORMED;
	return access_export_add(csv->out, &shown);
}

/* Lines end in CRLF, or in LF where a program changed that. */
static int read_csv(struct span file, struct access_export *out, uint64_t *line)
{
	struct csv csv = {.out = out};
	int result = 0;
	for (size_t at = 0; !result && at < file.size; ++*line) {
		const uint8_t *end = memchr(file.data + at, '\n', file.size - at);
		size_t size = end ? (size_t)(end - file.data) - at : file.size - at;
		char *text = mem_text(
		        span_sub(file, at, size && file.data[at + size - 1] == '\r' ? size - 1 : size));
		if (*line == 0)
			result = strcmp(text, TITLE) == 0 ? 0 : ERR_MALFORMED;
		else
			result = read_line(&csv, text);
		mem_free(text);
		at += size + 1;
	}
	return result ? result : csv.trailer_count == TRAILERS ? 0 : ERR_TRUNCATED;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *hex_json(const uint8_t *bytes, size_t size)
{
	char text[HEX_BYTES];
	return json_string(hex(text, bytes, size));
}

static json_t *moment_json(uint64_t seconds)
{
	char text[MOMENT_TEXT_BYTES];
	return json_string(moment_of(text, seconds));
}

static json_t *row_json(const struct access_shown *shown)
{
	const struct access_row *row = &shown->row;
	char kind[ACCESS_KIND_BYTES];
	return json_pack("{s:I, s:o, s:o, s:s%, s:s, s:o, s:o, s:s%, s:I, s:o}", "number",
	        (json_int_t)row->number, "moment", moment_json(row->at_s), "person",
	        hex_json(row->person.bytes, ID_SHORT_BYTES), "name", (const char *)shown->name.data,
	        shown->name.size, "kind", access_kind_name(row->kind, kind), "patient",
	        hex_json(row->patient.bytes, ACCESS_PATIENT_BYTES), "record",
	        hex_json(shown->record.bytes, ID_SHORT_BYTES), "label", (const char *)shown->label.data,
	        shown->label.size, "detail", (json_int_t)row->detail, "chain",
	        hex_json(shown->chain.bytes, sizeof(shown->chain.bytes)));
}

json_t *access_export_json(const struct access_export *export)
{
	json_t *rows = json_array();
	for (uint32_t i = 0; i < export->count; i++)
		json_array_append_new(rows, row_json(&export->rows[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "format", FORMAT, "device",
	        hex_json(export->device.bytes, ID_LONG_BYTES), "team",
	        hex_json(export->team.bytes, ID_LONG_BYTES), "from", moment_json(export->from_s), "to",
	        moment_json(export->to_s), "gone", (json_int_t) export->gone, "before",
	        hex_json(export->before.bytes, sizeof(export->before.bytes)), "rows", rows, "signature",
	        hex_json(export->signature.bytes, sizeof(export->signature.bytes)));
}

/* A text, or a number as one, in `space`; NULL: neither. */
static const char *text_of(const json_t *object, const char *name, char space[NUMBER_BYTES])
{
	const json_t *value = json_object_get(object, name);
	if (!json_is_integer(value))
		return json_string_value(value);
	snprintf(space, NUMBER_BYTES, "%lld", (long long)json_integer_value(value));
	return space;
}

static int read_json_row(struct access_export *out, const json_t *row)
{
	char spaces[FIELDS][NUMBER_BYTES];
	const char *fields[FIELDS];
	struct access_shown shown;
	for (int i = 0; i < FIELDS; i++)
		fields[i] = text_of(row, FIELD_NAMES[i], spaces[i]);
	return row_of(out, fields, &shown) ? access_export_add(out, &shown) : ERR_MALFORMED;
}

static int read_json(struct span file, struct access_export *out, uint64_t *line)
{
	json_error_t where;
	char space[NUMBER_BYTES];
	json_t *json = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &where), *row;
	size_t index;
	const char *format = json ? json_string_value(json_object_get(json, "format")) : NULL;
	int result = !json ? ERR_MALFORMED : format && strcmp(format, FORMAT) == 0 ? 0 : ERR_VERSION;
	*line = json ? 0 : (uint64_t)where.line;
	json_array_foreach(json_object_get(json, "rows"), index, row)
	{
		if (!result)
			result = read_json_row(out, row);
		*line += !result;
	}
	for (int i = 0; !result && i < TRAILERS; i++)
		if (i != ROWS && !read_trailer(out, (enum trailer)i, text_of(json, TRAILER_NAMES[i], space)))
			result = ERR_TRUNCATED;
	json_decref(json);
	return result;
}

int access_export_read(struct span file, struct access_export *out, uint64_t *line)
{
	*line = 0;
	bool is_json = file.size && *file.data == '{';
	return is_json ? read_json(file, out, line) : read_csv(file, out, line);
}
