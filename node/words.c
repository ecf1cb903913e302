#include "node/words.h"

#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/omaha/omaha.h"
#include "node/plan/recurrence.h"
#include "node/schema/moment.h"
#include "node/schema/value.h"

/* A value and a passage are cut there in a sentence; the interface gives them whole beside. */
enum { VALUE_BYTES_MAX = 240, PASSAGE_BYTES_MAX = 120 };

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

void words_when(int64_t seconds, int64_t now_s, enum schema_language language, struct buf *out)
{
	static const char *const FR[] = {
	        "jeudi", "vendredi", "samedi", "dimanche", "lundi", "mardi", "mercredi"};
	static const char *const EN[] = {
	        "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
	const int64_t day = calendar_paris_day(seconds), ago = calendar_paris_day(now_s) - day;
	if (ago < 0 || ago > 6 || day < 0) {
		words_moment(seconds, language, out);
		return;
	}
	const int64_t local = seconds + 60 * (int64_t)calendar_paris_offset_minutes(seconds);
	const int minutes = (int)((local - day * 86400) / 60);
	char text[16];
	if (ago == 1)
		say(out, in(language, "hier ", "yesterday "));
	if (ago > 1) {
		say(out, in(language, FR[day % 7], EN[day % 7])); /* 1970 began on a Thursday */
		say(out, " ");
	}
	snprintf(text, sizeof(text), "%02d:%02d", minutes / 60 % 24, minutes % 60);
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

/* "PB26 Peau". */
static void say_code(enum omaha_kind kind, int64_t code, enum schema_language language, struct buf *out)
{
	const struct omaha_term *term = code >= 0 && code <= UINT16_MAX ? omaha_find(kind, (uint32_t)code)
	                                                                : NULL;
	char text[OMAHA_CODE_BYTES];
	if (!term) {
		say_number(out, code);
		return;
	}
	omaha_write_code(text, kind, term->code);
	say(out, text);
	say(out, " ");
	say(out, omaha_text(&term->label, language == SCHEMA_FR));
}

static void say_codes(const struct schema_value *value, enum schema_language language, struct buf *out)
{
	for (uint32_t i = 0; i < schema_element_count(value); i++) {
		if (i)
			say(out, ", ");
		say_code(OMAHA_SIGN, schema_code_of(schema_element(value, i)), language, out);
	}
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
		if (vital && vital->unit[0]) {
			say(out, vital->unit[0] == '/' ? "" : " ");
			say(out, vital->unit);
		}
	}
}

/* Whole characters only. */
static void say_cut(struct buf *out, struct span text, size_t most)
{
	size_t size = text.size;
	if (size > most) {
		size = most;
		while (size && (text.data[size] & 0xc0) == 0x80)
			size--;
	}
	buf_add(out, text.data, size);
	if (size < text.size)
		say(out, "…");
}

static void say_text(struct buf *out, struct span text)
{
	say_cut(out, text, VALUE_BYTES_MAX);
}

/* A rule as people say it. False: it is words. */
static bool say_rule(struct span text, enum schema_language language, struct buf *out)
{
	struct recurrence rule;
	if (recurrence_read(text, &rule))
		return false;
	recurrence_words(&rule, language, out);
	return true;
}

void words_decoded(const struct schema_value *value, enum schema_language language, words_name name,
        void *context, struct buf *out)
{
	const struct schema_choice *choice;
	switch (value->field->type) {
	case SCHEMA_TEXT:
		if (value->field->rule == SCHEMA_RULE_RECURRENCE && say_rule(value->bytes, language, out))
			return;
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
	case SCHEMA_CODES:
		say_codes(value, language, out);
		return;
	case SCHEMA_INT:
		if (value->field->rule == SCHEMA_RULE_OMAHA_PROBLEM)
			say_code(OMAHA_PROBLEM, value->number, language, out);
		else if (value->field->rule == SCHEMA_RULE_OMAHA_TARGET)
			say_code(OMAHA_TARGET, value->number, language, out);
		else
			say_number(out, value->number);
		return;
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
	};
	say(out, in(language, VERBS[change->kind].fr, VERBS[change->kind].en));
	say_field(change, language, out);
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

/* ---- Passages --------------------------------------------------------------------------------------------------- */

static bool is_white(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static struct span trimmed(struct span content)
{
	while (content.size && is_white(content.data[0]))
		content = span_sub(content, 1, content.size);
	while (content.size && is_white(content.data[content.size - 1]))
		content.size--;
	return content;
}

/* A sentence is one line. */
void words_quote(struct span content, enum schema_language language, struct buf *out)
{
	struct span words = trimmed(content);
	if (words.size == 0) {
		bool breaks = content.size && memchr(content.data, '\n', content.size);
		say(out,
		        breaks ? in(language, "un retour à la ligne", "a line break")
		               : in(language, "un espace", "a space"));
		return;
	}
	say(out, in(language, "« ", "“"));
	size_t start = out->size;
	say_cut(out, words, PASSAGE_BYTES_MAX);
	for (size_t i = start; i < out->size; i++)
		if (is_white(out->data[i]))
			out->data[i] = ' ';
	say(out, in(language, " »", "”"));
}

static void say_did(
        const struct words_passage *passage, bool is_text, enum schema_language language, struct buf *out)
{
	static const struct {
		const char *fr, *en;
	} DID[] = {
	        [CRDT_PASSAGE_INSERTED] = {" a ajouté ", " added "},
	        [CRDT_PASSAGE_DELETED] = {" a retiré ", " took out "},
	        [CRDT_PASSAGE_MOVED] = {" a déplacé ", " moved "},
	};
	if (is_text && passage->kind == CRDT_PASSAGE_DELETED)
		say(out, in(language, " a barré ", " struck out "));
	else
		say(out, in(language, DID[passage->kind].fr, DID[passage->kind].en));
	words_quote(passage->content, language, out);
}

/* Did one person put something else in the place of what went? */
static bool is_replaced(const struct words_passage *went, const struct words_passage *came)
{
	return went->kind == CRDT_PASSAGE_DELETED && came->kind == CRDT_PASSAGE_INSERTED &&
	        went->position == came->position && span_eq(went->who, came->who);
}

static void say_replaced(const struct words_passage *went, const struct words_passage *came,
        enum schema_language language, struct buf *out)
{
	say(out, in(language, " a remplacé ", " replaced "));
	words_quote(went->content, language, out);
	say(out, in(language, " par ", " by "));
	words_quote(came->content, language, out);
}

/* Each person once for all that follows each other. */
static void say_passages(const struct words_change *change, enum schema_language language, struct buf *out)
{
	char more[24];
	say(out, in(language, "Dans ", "In "));
	say_field(change, language, out);
	say(out, in(language, " : ", ": "));
	for (uint32_t i = 0; i < change->passage_count; i++) {
		const struct words_passage *it = &change->passages[i];
		bool goes_on = i > 0 && span_eq(it[-1].who, it->who);
		say(out, goes_on ? "," : i > 0 ? in(language, " ; ", "; ") : "");
		if (!goes_on)
			buf_add_span(out, it->who);
		if (i + 1 < change->passage_count && is_replaced(it, it + 1))
			say_replaced(it, &change->passages[++i], language, out);
		else
			say_did(it, change->kind == CRDT_DIFF_TEXT, language, out);
	}
	if (change->passage_more == 0)
		return;
	snprintf(more, sizeof(more), "%u", change->passage_more);
	say(out, in(language, " ; autres passages : ", "; other passages: "));
	say(out, more);
}

/* ---- Counters --------------------------------------------------------------------------------------------------- */

void words_delta(int64_t delta, struct buf *out)
{
	char text[24];
	uint64_t size = delta < 0 ? -(uint64_t)delta : (uint64_t)delta;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	say(out, delta < 0 ? "-" : "+");
	say(out, text);
}

static void say_count(const struct words_change *change, enum schema_language language, struct buf *out)
{
	say_field(change, language, out);
	say(out, in(language, " : ", ": "));
	say_number(out, change->sum_before);
	say(out, " → ");
	say_number(out, change->sum_after);
	for (uint32_t i = 0; i < change->share_count; i++) {
		say(out, i ? ", " : " (");
		buf_add_span(out, change->shares[i].who);
		say(out, " ");
		words_delta(change->shares[i].delta, out);
	}
	say(out, change->share_count ? ")" : "");
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
	if (change->kind == CRDT_DIFF_TEXT || change->kind == CRDT_DIFF_LIST ||
	        change->kind == CRDT_DIFF_COUNT) {
		if (change->kind == CRDT_DIFF_COUNT)
			say_count(change, language, out);
		else
			say_passages(change, language, out);
		say_reason(change, language, out);
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
