#include "node/words.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/schema/moment.h"
#include "node/schema/value.h"

/* A value is cut there in a sentence; the interface gives it whole beside. */
enum { VALUE_BYTES_MAX = 240 };

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static const char *in(enum schema_language language, const char *fr, const char *en)
{
	return language == SCHEMA_FR ? fr : en;
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static void say_number(struct buf *out, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)value);
	say(out, text);
}

static void say_decimal(struct buf *out, int64_t value, uint8_t scale, enum schema_language language)
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value, power = 1;
	char text[48];
	for (uint8_t i = 0; i < scale; i++)
		power *= 10;
	snprintf(text, sizeof(text), "%s%llu", value < 0 ? "-" : "", (unsigned long long)(size / power));
	say(out, text);
	if (scale == 0)
		return;
	snprintf(text, sizeof(text), "%s%0*llu", in(language, ",", "."), scale % 19,
	        (unsigned long long)(size % power));
	say(out, text);
}

static void say_day(struct buf *out, int64_t days, enum schema_language language)
{
	struct calendar_date date = calendar_date(days);
	char text[48];
	if (language == SCHEMA_FR)
		snprintf(text, sizeof(text), "%02u/%02u/%04d", date.day, date.month, date.year);
	else
		snprintf(text, sizeof(text), "%04d-%02u-%02u", date.year, date.month, date.day);
	say(out, text);
}

void words_moment(int64_t seconds, enum schema_language language, struct buf *out)
{
	struct moment moment = {seconds, calendar_paris_offset_minutes(seconds)};
	int64_t local = seconds + 60 * (int64_t)moment.offset_minutes, day = moment_local_day(moment);
	char text[16];
	say_day(out, day, language);
	int minutes = (int)((local - day * 86400) / 60);
	snprintf(text, sizeof(text), " %02d:%02d", minutes / 60 % 24, minutes % 60);
	say(out, text);
}

static void say_reference(struct buf *out, uint32_t kind, struct span id, words_name name, void *context)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	if (name && name(context, kind, id, out))
		return;
	ids_hex(hex, id.data, id.size < ID_SHORT_BYTES ? id.size : ID_SHORT_BYTES);
	say(out, hex);
}

static void say_references(struct buf *out, const struct schema_value *value, words_name name, void *context)
{
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= value->bytes.size; at += SCHEMA_SHORT_BYTES) {
		if (at)
			say(out, ", ");
		say_reference(out, value->field->ref_kind, span_sub(value->bytes, at, SCHEMA_SHORT_BYTES),
		        name, context);
	}
}

static void say_measures(struct buf *out, const struct schema_value *value, enum schema_language language)
{
	for (uint32_t i = 0; i < value->measure_count; i++) {
		const struct schema_vital *vital = schema_vital(value->measures[i].vital);
		if (i)
			say(out, ", ");
		say(out, vital ? in(language, vital->label.fr, vital->label.en) : "?");
		say(out, " ");
		say_decimal(out, value->measures[i].value, vital ? vital->scale : 0, language);
	}
}

/* Whole characters only. */
static void say_text(struct buf *out, struct span text)
{
	size_t size = text.size;
	if (size > VALUE_BYTES_MAX) {
		size = VALUE_BYTES_MAX;
		while (size && (text.data[size] & 0xc0) == 0x80)
			size--;
	}
	buf_add(out, text.data, size);
	if (size < text.size)
		say(out, "…");
}

void words_decoded(const struct schema_value *value, enum schema_language language, words_name name,
        void *context, struct buf *out)
{
	const struct schema_choice *choice;
	switch (value->field->type) {
	case SCHEMA_TEXT:
		say_text(out, value->bytes);
		return;
	case SCHEMA_DATE:
		say_day(out, value->number, language);
		return;
	case SCHEMA_INSTANT:
	case SCHEMA_AFTER:
		words_moment(value->number, language, out);
		return;
	case SCHEMA_DECIMAL:
		say_decimal(out, value->number, value->field->scale, language);
		return;
	case SCHEMA_CENTS:
		say_decimal(out, value->number, 2, language);
		return;
	case SCHEMA_ENUM:
		choice = schema_choice(value->field, (uint32_t)value->number);
		if (choice)
			say(out, in(language, choice->label.fr, choice->label.en));
		else
			say_number(out, value->number);
		return;
	case SCHEMA_REF:
	case SCHEMA_SHORT:
		say_reference(out, value->field->ref_kind, value->bytes, name, context);
		return;
	case SCHEMA_SHORTS:
		say_references(out, value, name, context);
		return;
	case SCHEMA_BOOL:
		say(out, value->number ? in(language, "oui", "yes") : in(language, "non", "no"));
		return;
	case SCHEMA_VITALS:
		say_measures(out, value, language);
		return;
	case SCHEMA_BYTES:
		say(out, in(language, "(données)", "(data)"));
		return;
	case SCHEMA_INT:
	case SCHEMA_MINUTES:
	case SCHEMA_TYPE_COUNT:
		break;
	}
	say_number(out, value->number);
}

void words_value(const struct schema_field *field, struct span encoded, enum schema_language language,
        words_name name, void *context, struct buf *out)
{
	struct schema_measures measures;
	struct schema_value value;
	if (field && schema_value_get(field, encoded, NULL, &measures, &value))
		words_decoded(&value, language, name, context, out);
	else
		say(out, in(language, "(illisible dans cette version)", "(not readable in this version)"));
}

/* ---- Sentences -------------------------------------------------------------------------------------------------- */

static void say_field(const struct words_change *change, enum schema_language language, struct buf *out)
{
	say(out, in(language, "« ", "“"));
	buf_add_span(out, change->what);
	say(out, in(language, " »", "”"));
	if (change->where.size == 0)
		return;
	say(out, " (");
	buf_add_span(out, change->where);
	say(out, ")");
}

static void say_values(const struct words_said *values, uint32_t count, bool with_who, struct buf *out)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			say(out, ", ");
		buf_add_span(out, values[i].value);
		if (!with_who)
			continue;
		say(out, " (");
		buf_add_span(out, values[i].who);
		say(out, ")");
	}
}

static void say_conflict(const struct words_change *change, enum schema_language language, struct buf *out)
{
	bool asks = change->class == SCHEMA_SAFETY;
	say(out, asks ? in(language, "À trancher : ", "To be settled: ") : "");
	say_field(change, language, out);
	say(out, in(language, " a plusieurs valeurs : ", " has several values: "));
	say_values(change->after, change->after_count, true, out);
}

static void say_event(const struct words_change *change, enum schema_language language, struct buf *out)
{
	say(out,
	        change->kind == CRDT_DIFF_EVENT_ADDED ? in(language, " a enregistré : ", " recorded: ")
	                                              : in(language, " a corrigé : ", " corrected: "));
	buf_add_span(out, change->what);
	if (change->details.size == 0)
		return;
	say(out, " (");
	buf_add_span(out, change->details);
	say(out, ")");
}

static void say_register(const struct words_change *change, enum schema_language language, struct buf *out)
{
	static const struct {
		const char *fr, *en;
	} VERBS[] = {
	        [CRDT_DIFF_ADDED] = {" a noté ", " noted "},
	        [CRDT_DIFF_CHANGED] = {" a remplacé ", " replaced "},
	        [CRDT_DIFF_REMOVED] = {" a retiré ", " removed "},
	        [CRDT_DIFF_CONFLICT_SETTLED] = {" a tranché ", " settled "},
	        [CRDT_DIFF_CONTENT] = {" a modifié ", " edited "},
	};
	say(out, in(language, VERBS[change->kind].fr, VERBS[change->kind].en));
	say_field(change, language, out);
	if (change->kind == CRDT_DIFF_CONTENT)
		return;
	say(out, in(language, " : ", ": "));
	if (change->kind == CRDT_DIFF_CONFLICT_SETTLED) {
		say_values(change->after, change->after_count, false, out);
		say(out, in(language, ", parmi ", ", out of "));
	}
	if (change->kind != CRDT_DIFF_ADDED)
		say_values(change->before, change->before_count, false, out);
	if (change->kind == CRDT_DIFF_CHANGED)
		say(out, " → ");
	if (change->kind == CRDT_DIFF_ADDED || change->kind == CRDT_DIFF_CHANGED)
		say_values(change->after, change->after_count, false, out);
}

static void say_reason(const struct words_change *change, enum schema_language language, struct buf *out)
{
	if (change->reason.size) {
		say(out, in(language, " — motif : ", " — reason: "));
		say_text(out, change->reason);
	} else if (change->lacks_reason) {
		say(out, in(language, " — sans motif", " — no reason given"));
	}
}

void words_change(const struct words_change *change, enum schema_language language, struct buf *out)
{
	if (change->kind == CRDT_DIFF_CONFLICT_AROSE) {
		say_conflict(change, language, out);
		return;
	}
	buf_add_span(out, change->who);
	if (change->kind == CRDT_DIFF_UNKNOWN)
		say(out,
		        in(language, " a fait un changement qu'une version plus récente saura montrer",
		                " made a change that a later version can show"));
	else if (change->kind == CRDT_DIFF_EVENT_ADDED || change->kind == CRDT_DIFF_EVENT_CORRECTED)
		say_event(change, language, out);
	else
		say_register(change, language, out);
	say_reason(change, language, out);
}
