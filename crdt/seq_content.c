#include "crdt/mpack.h"
#include "crdt/nfc.h"
#include "crdt/seq_state.h"

/* The bytes of the code point that starts with this byte; the text is valid. */
static uint32_t code_point_bytes(uint8_t lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static struct seq_size measure_text(struct span text)
{
	struct seq_size size = {0, (uint32_t)text.size, 0};
	if (text.size == 1)
		return (struct seq_size){1, 1, 0}; /* a letter being typed */
	for (size_t i = 0; i < text.size; i++) {
		size.elements += (text.data[i] & 0xc0) != 0x80;
		size.wide += text.data[i] >= 0xf0;
	}
	return size;
}

static struct seq_size measure_first_of_text(struct span text, uint32_t count)
{
	struct seq_size size = {0, 0, 0};
	while (size.elements < count && size.bytes < text.size) {
		uint8_t lead = text.data[size.bytes];
		size.elements++;
		size.bytes += code_point_bytes(lead);
		size.wide += lead >= 0xf0;
	}
	return size;
}

static struct seq_size measure_first_of_list(struct span values, uint32_t count)
{
	struct mpack_in in = mpack_begin(values);
	struct seq_size size = {0, 0, 0};
	for (; size.elements < count && in.at < in.end && !in.error; size.elements++)
		mpack_skip(&in);
	size.bytes = (uint32_t)(values.size - (size_t)(in.end - in.at));
	return size;
}

struct seq_size seq_measure(enum seq_kind kind, struct span bytes)
{
	return kind == SEQ_TEXT ? measure_text(bytes) : measure_first_of_list(bytes, UINT32_MAX);
}

struct seq_size seq_measure_first(enum seq_kind kind, struct span bytes, uint32_t count)
{
	return kind == SEQ_TEXT ? measure_first_of_text(bytes, count) : measure_first_of_list(bytes, count);
}

struct seq_size seq_measure_run(enum seq_kind kind, struct span bytes)
{
	struct seq_size size = seq_measure_first(kind, bytes, kind == SEQ_TEXT ? SEQ_RUN_ELEMENTS : 1);
	while (kind == SEQ_LIST && size.bytes < bytes.size) {
		struct seq_size one = seq_measure_first(kind, span_sub(bytes, size.bytes, bytes.size), 1);
		if (!seq_run_fits(size.elements + 1, size.bytes + one.bytes))
			break;
		size.elements++;
		size.bytes += one.bytes;
	}
	return size;
}

bool seq_content_is_valid(enum seq_kind kind, struct span bytes)
{
	if (kind == SEQ_TEXT)
		return crdt_utf8_valid(bytes);
	struct mpack_in in = mpack_begin(bytes);
	while (in.at < in.end && !in.error)
		if (mpack_check(mpack_skip(&in)))
			return false;
	return !in.error;
}
