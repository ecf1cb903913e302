/* Segments of a JPEG file (ITU-T T.81, annex B) and the one EXIF field that is needed (CIPA DC-008, "Orientation"). */
#include "node/picture/form.h"

#include <string.h>

#include "crdt/base/err.h"

enum {
	SOF0 = 0xc0,
	SOF2 = 0xc2,
	DHT = 0xc4,
	RST0 = 0xd0,
	RST7 = 0xd7,
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	DQT = 0xdb,
	DRI = 0xdd,
	APP0 = 0xe0,
	APP1 = 0xe1,
	APP14 = 0xee,
	APP15 = 0xef,
	COM = 0xfe,
	SCANS_MAX = 256,
	JFIF_BYTES = 14,
	ADOBE_BYTES = 12,
	ORIENTATION_TAG = 0x0112,
	EXIF_FIELDS_MAX = 512,
};

struct jpeg {
	struct span in; /* what is left */
	struct buf *out;
	struct picture_size *size;
	bool has_frame;
	unsigned scan_count;
	size_t orientation_at; /* in `out`: where its segment goes */
};

static unsigned u16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put_segment(struct jpeg *jpeg, uint8_t marker, struct span content)
{
	const size_t size = content.size + 2;
	const uint8_t head[] = {0xff, marker, (uint8_t)(size >> 8), (uint8_t)size};
	buf_add(jpeg->out, head, sizeof(head));
	buf_add_span(jpeg->out, content);
}

/* ---- EXIF: a TIFF file in a segment ------------------------------------------------------------------------------ */

struct tiff {
	struct span bytes;
	bool is_little;
};

static bool tiff_read(const struct tiff *tiff, size_t at, unsigned size, uint32_t *out)
{
	if (at > tiff->bytes.size || tiff->bytes.size - at < size)
		return false;
	*out = 0;
	for (unsigned i = 0; i < size; i++)
		*out = *out << 8 | tiff->bytes.data[at + (tiff->is_little ? size - 1 - i : i)];
	return true;
}

/* 1 where it says nothing that can be understood. */
static unsigned orientation_of(struct span bytes)
{
	struct tiff tiff = {.bytes = bytes, .is_little = bytes.size && bytes.data[0] == 'I'};
	uint32_t at, count, tag, type, value;
	if (!tiff_read(&tiff, 4, 4, &at) || !tiff_read(&tiff, at, 2, &count))
		return 1;
	for (uint32_t i = 0; i < count && i < EXIF_FIELDS_MAX; i++) {
		const size_t field = (size_t)at + 2 + 12 * (size_t)i;
		if (!tiff_read(&tiff, field, 2, &tag) || !tiff_read(&tiff, field + 2, 2, &type) ||
		        !tiff_read(&tiff, field + 8, 2, &value))
			return 1;
		if (tag == ORIENTATION_TAG)
			return type == 3 && value >= 1 && value <= 8 ? value : 1;
	}
	return 1;
}

static void put_orientation(struct jpeg *jpeg)
{
	const uint8_t exif[] = {0xff, APP1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0,
	        1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, (uint8_t)jpeg->size->orientation, 0, 0, 0, 0, 0, 0};
	if (jpeg->size->orientation == 1)
		return;
	const size_t rest = jpeg->out->size - jpeg->orientation_at;
	buf_extend(jpeg->out, sizeof(exif));
	uint8_t *at = jpeg->out->data + jpeg->orientation_at;
	memmove(at + sizeof(exif), at, rest);
	memcpy(at, exif, sizeof(exif));
}

/* ---- Segments ---------------------------------------------------------------------------------------------------- */

static void take_app(struct jpeg *jpeg, uint8_t marker, struct span content)
{
	static const uint8_t no_picture[2] = {0, 0};
	if (marker == APP0 && jpeg->out->size == 2 && content.size >= JFIF_BYTES &&
	        memcmp(content.data, "JFIF", 5) == 0) {
		put_segment(jpeg, marker, span_sub(content, 0, JFIF_BYTES));
		memcpy(jpeg->out->data + jpeg->out->size - 2, no_picture, 2);
		jpeg->orientation_at = jpeg->out->size;
	} else if (marker == APP1 && content.size > 6 && memcmp(content.data, "Exif\0", 6) == 0) {
		jpeg->size->orientation = orientation_of(span_sub(content, 6, content.size - 6));
	} else if (marker == APP14 && content.size == ADOBE_BYTES && memcmp(content.data, "Adobe", 5) == 0) {
		put_segment(jpeg, marker, content);
	}
}

static int take_frame(struct jpeg *jpeg, uint8_t marker, struct span content)
{
	if (jpeg->has_frame || content.size < 6)
		return ERR_MALFORMED;
	jpeg->has_frame = true;
	jpeg->size->height = u16(content.data + 1);
	jpeg->size->width = u16(content.data + 3);
	const unsigned components = content.data[5];
	if (jpeg->size->height == 0 || jpeg->size->width == 0)
		return ERR_MALFORMED;
	if (components != 1 && components != 3)
		return ERR_UNSUPPORTED;
	put_segment(jpeg, marker, content);
	return 0;
}

/* Up to the next marker that is not part of it: FF 00 is a byte, RSTn a mark inside. */
static int take_scan(struct jpeg *jpeg, struct span content)
{
	size_t end = 0;
	if (!jpeg->has_frame || ++jpeg->scan_count > SCANS_MAX)
		return ERR_MALFORMED;
	if (jpeg->in.size == 0)
		return ERR_TRUNCATED;
	for (;; end++) {
		const uint8_t *found = memchr(jpeg->in.data + end, 0xff, jpeg->in.size - end);
		if (!found || (size_t)(found - jpeg->in.data) + 1 >= jpeg->in.size)
			return ERR_TRUNCATED;
		end = (size_t)(found - jpeg->in.data);
		if (found[1] != 0 && (found[1] < RST0 || found[1] > RST7))
			break;
	}
	put_segment(jpeg, SOS, content);
	buf_add(jpeg->out, jpeg->in.data, end);
	jpeg->in = span_sub(jpeg->in, end, jpeg->in.size - end);
	return 0;
}

static int take_segment(struct jpeg *jpeg, uint8_t marker, struct span content)
{
	if (marker >= SOF0 && marker <= SOF2)
		return take_frame(jpeg, marker, content);
	if (marker == SOS)
		return take_scan(jpeg, content);
	if (marker == DQT || marker == DHT || marker == DRI) {
		put_segment(jpeg, marker, content);
		return 0;
	}
	if (marker >= APP0 && marker <= APP15) {
		take_app(jpeg, marker, content);
		return 0;
	}
	return marker == COM ? 0 : ERR_UNSUPPORTED;
}

/* The marker and, but for EOI, the content after it. */
static int next_segment(struct jpeg *jpeg, uint8_t *marker, struct span *content)
{
	size_t at = 0;
	if (jpeg->in.size < 2 || jpeg->in.data[0] != 0xff)
		return jpeg->in.size < 2 ? ERR_TRUNCATED : ERR_MALFORMED;
	while (at < jpeg->in.size && jpeg->in.data[at] == 0xff) /* fill bytes may stand before it */
		at++;
	if (at == jpeg->in.size)
		return ERR_TRUNCATED;
	*marker = jpeg->in.data[at++];
	if (*marker == EOI)
		return 0;
	if (jpeg->in.size - at < 2)
		return ERR_TRUNCATED;
	const size_t size = u16(jpeg->in.data + at);
	if (size < 2)
		return ERR_MALFORMED;
	if (jpeg->in.size - at < size)
		return ERR_TRUNCATED;
	*content = span_sub(jpeg->in, at + 2, size - 2);
	jpeg->in = span_sub(jpeg->in, at + size, jpeg->in.size - at - size);
	return 0;
}

int picture_clean_jpeg(struct span bytes, struct buf *out, struct picture_size *size)
{
	static const uint8_t begin[2] = {0xff, SOI}, end[2] = {0xff, EOI};
	struct jpeg jpeg = {
	        .in = span_sub(bytes, 2, bytes.size - 2), .out = out, .size = size, .orientation_at = 2};
	size->orientation = 1;
	buf_add(out, begin, sizeof(begin));
	for (;;) {
		struct span content = {0};
		uint8_t marker;
		int result = next_segment(&jpeg, &marker, &content);
		if (result == 0 && marker == EOI)
			break;
		if (result == 0)
			result = take_segment(&jpeg, marker, content);
		if (result)
			return result;
	}
	if (jpeg.scan_count == 0)
		return ERR_MALFORMED;
	buf_add(out, end, sizeof(end));
	put_orientation(&jpeg);
	return 0;
}
