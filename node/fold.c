#include "node/fold.h"

#include <string.h>
#include <utf8proc.h>

/* What "Œ" and the like become, which Unicode does not take apart. */
static const struct {
	utf8proc_int32_t from;
	const char *to;
} PLAIN[] = {{0x152, "oe"}, {0x153, "oe"}, {0xc6, "ae"}, {0xe6, "ae"}, {0xd8, "o"}, {0xf8, "o"}};

static bool is_letter(utf8proc_int32_t point)
{
	const utf8proc_category_t category = utf8proc_category(point);
	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	        (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

static bool is_mark(utf8proc_int32_t point)
{
	const utf8proc_category_t category = utf8proc_category(point);
	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static void add(struct fold_step *step, const char *bytes, size_t size)
{
	if (step->size + size > FOLD_BYTES)
		return;
	memcpy(step->bytes + step->size, bytes, size);
	step->size += size;
	step->sort = FOLD_LETTERS;
}

/* Taken apart and without case; of that the letters. */
static void add_parts(struct fold_step *step, utf8proc_int32_t point)
{
	utf8proc_int32_t parts[FOLD_BYTES];
	int last_class = 0;
	const utf8proc_ssize_t count = utf8proc_decompose_char(point, parts, FOLD_BYTES,
	        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, &last_class);
	for (utf8proc_ssize_t i = 0; i < count && i < FOLD_BYTES; i++) {
		utf8proc_uint8_t bytes[4];
		if (is_letter(parts[i]))
			add(step, (const char *)bytes, (size_t)utf8proc_encode_char(parts[i], bytes));
	}
}

static struct fold_step fold_point(utf8proc_int32_t point, size_t taken)
{
	struct fold_step step = {.sort = FOLD_GAP, .taken = taken};
	if (is_mark(point)) {
		step.sort = FOLD_NOTHING;
		return step;
	}
	for (size_t i = 0; i < sizeof(PLAIN) / sizeof(*PLAIN); i++)
		if (PLAIN[i].from == point) {
			add(&step, PLAIN[i].to, strlen(PLAIN[i].to));
			return step;
		}
	if (is_letter(point))
		add_parts(&step, point);
	return step;
}

struct fold_step fold_step(struct span text)
{
	const uint8_t first = text.data[0];
	if (first < 0x80) {
		const char small = (char)(first >= 'A' && first <= 'Z' ? first + ('a' - 'A') : first);
		struct fold_step step = {.sort = FOLD_GAP, .taken = 1, .size = 1};
		step.bytes[0] = small;
		if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
			step.sort = FOLD_LETTERS;
		return step;
	}
	utf8proc_int32_t point;
	const utf8proc_ssize_t taken = utf8proc_iterate(text.data, (utf8proc_ssize_t)text.size, &point);
	if (taken <= 0)
		return (struct fold_step){.sort = FOLD_GAP, .taken = 1};
	return fold_point(point, (size_t)taken);
}

bool fold_next(struct fold_reader *reader, struct fold_word *out)
{
	out->size = 0;
	while (reader->at < reader->text.size) {
		const struct fold_step step = fold_step(
		        span_sub(reader->text, reader->at, reader->text.size));
		if (step.sort == FOLD_GAP && out->size)
			break;
		if (step.sort == FOLD_LETTERS && !out->size)
			out->from = reader->at;
		reader->at += step.taken;
		if (step.sort == FOLD_LETTERS && out->size < FOLD_WORD_BYTES) {
			memcpy(out->bytes + out->size, step.bytes, step.size);
			out->size += step.size;
		}
		if (out->size)
			out->to = reader->at;
	}
	out->size = out->size < FOLD_WORD_BYTES ? out->size : FOLD_WORD_BYTES;
	return out->size > 0;
}

void fold_text(struct span text, struct buf *out)
{
	const size_t before = out->size;
	bool is_gap = false;
	while (text.size) {
		const struct fold_step step = fold_step(text);
		text = span_sub(text, step.taken, text.size);
		is_gap |= step.sort == FOLD_GAP;
		if (step.sort != FOLD_LETTERS)
			continue;
		if (is_gap && out->size > before)
			buf_add(out, " ", 1);
		is_gap = false;
		buf_add(out, step.bytes, step.size);
	}
}
