/*
 * What is kept of a PDF (README.md, "PDF"), by libqpdf. Not part of the process that holds keys.
 *
 * Twice through: the first writing leaves one revision with what its pages need, numbered from 1; the second reading looks at each object of it.
 */
#include "node/picture/form.h"

#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { PAGES_MAX = 2000, OBJECTS_MAX = 200000, NESTED_MAX = 100000, INFLATED_MAX = 4 * LIMIT_BLOB_BYTES };

struct pdf {
	qpdf_data q;
	qpdf_oh *stack; /* what is still to be looked at */
	uint32_t stack_count, stack_room;
	int result;
};

/* ---- Opening and writing ------------------------------------------------------------------------------------------ */

static int failure(qpdf_data q)
{
	if (!qpdf_has_error(q))
		return 0;
	return qpdf_get_error_code(q, qpdf_get_error(q)) == qpdf_e_password ? ERR_DENIED : ERR_MALFORMED;
}

static int open_pdf(struct span bytes, qpdf_data *out)
{
	qpdf_data q = *out = qpdf_init();
	qpdf_silence_errors(q);
	qpdf_set_suppress_warnings(q, QPDF_TRUE);
	if (qpdf_read_memory(q, "scan", (const char *)bytes.data, bytes.size, NULL) & QPDF_ERRORS) {
		int result = failure(q);
		return result ? result : ERR_MALFORMED;
	}
	const int pages = qpdf_get_num_pages(q);
	if (pages > PAGES_MAX)
		return ERR_TOOBIG;
	return pages > 0 ? failure(q) : ERR_MALFORMED;
}

/* The trailer names who wrote it and with what; in a damaged file anything. Its first key that is not needed, NULL: there is none. */
static const char *needless_key(qpdf_data q, qpdf_oh trailer)
{
	qpdf_oh_begin_dict_key_iter(q, trailer);
	while (qpdf_oh_dict_more_keys(q)) {
		const char *key = qpdf_oh_dict_next_key(q);
		if (strcmp(key, "/Root") != 0 && strcmp(key, "/Size") != 0)
			return key;
	}
	return NULL;
}

/* What stands in the trailer beside the pages is left out; so are earlier revisions, and whatever nothing leads to any more. */
static int write_pdf(qpdf_data q, enum qpdf_object_stream_e streams, struct buf *out)
{
	const qpdf_oh trailer = qpdf_get_trailer(q);
	const char *key;
	while ((key = needless_key(q, trailer)) != NULL)
		qpdf_oh_remove_key(q, trailer, key);
	if (qpdf_init_write_memory(q) & QPDF_ERRORS)
		return ERR_MALFORMED;
	qpdf_set_object_stream_mode(q, streams);
	qpdf_set_preserve_encryption(q, QPDF_FALSE);
	qpdf_set_suppress_original_object_IDs(q, QPDF_TRUE);
	qpdf_set_deterministic_ID(q, QPDF_TRUE);
	if (qpdf_write(q) & QPDF_ERRORS)
		return ERR_MALFORMED;
	buf_add(out, qpdf_get_buffer(q), qpdf_get_buffer_length(q));
	return failure(q);
}

/* ---- Dictionaries ------------------------------------------------------------------------------------------------- */

static bool is_named(struct pdf *pdf, qpdf_oh dict, const char *key, const char *const *names)
{
	const qpdf_oh value = qpdf_oh_get_key(pdf->q, dict, key);
	for (; *names; names++)
		if (qpdf_oh_is_name_and_equals(pdf->q, value, *names))
			return true;
	return false;
}

/* A page may call its fonts, pictures and colours by any name. */
static bool is_resource(struct pdf *pdf, qpdf_oh dict, const char *key)
{
	static const char *const types[] = {
	        "/Font", "/ExtGState", "/Pattern", "/XObject", "/OCG", "/OCMD", NULL};
	static const char *const subtypes[] = {"/Image", "/Form", NULL};
	const qpdf_oh value = qpdf_oh_get_key(pdf->q, dict, key);
	if (qpdf_oh_is_array(pdf->q, value))
		return qpdf_oh_get_array_n_items(pdf->q, value) > 0 &&
		        qpdf_oh_is_name(pdf->q, qpdf_oh_get_array_item(pdf->q, value, 0));
	if (qpdf_oh_is_stream(pdf->q, value)) {
		const qpdf_oh about = qpdf_oh_get_dict(pdf->q, value);
		return is_named(pdf, about, "/Type", types) || is_named(pdf, about, "/Subtype", subtypes);
	}
	return qpdf_oh_is_dictionary(pdf->q, value) && is_named(pdf, value, "/Type", types);
}

static void drop(struct pdf *pdf, qpdf_oh dict, const char *const *keys)
{
	for (; *keys; keys++)
		if (qpdf_oh_has_key(pdf->q, dict, *keys) && !is_resource(pdf, dict, *keys))
			qpdf_oh_remove_key(pdf->q, dict, *keys);
}

static void clean_dict(struct pdf *pdf, qpdf_oh dict)
{
	static const char *const anywhere[] = {"/Metadata", "/PieceInfo", "/LastModified", "/AF", "/AA",
	        "/OpenAction", "/Collection", "/EmbeddedFiles", "/JavaScript", "/SpiderInfo", "/Perms",
	        "/Legal", NULL};
	static const char *const of_file[] = {
	        "/EF", "/RF", "/F", "/UF", "/DOS", "/Mac", "/Unix", "/Desc", "/ID", NULL};
	static const char *const files[] = {"/Filespec", "/F", NULL};
	static const char *const of_action[] = {"/F", "/Win", "/Mac", "/Unix", "/JS", "/R", NULL};
	static const char *const actions[] = {"/Launch", "/GoToR", "/GoToE", "/ImportData", "/SubmitForm",
	        "/JavaScript", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute", NULL};
	static const char *const of_note[] = {"/T", "/NM", "/M", "/CreationDate", "/FS", "/Sound", "/Movie",
	        "/RichMediaContent", "/RichMediaSettings", NULL};
	static const char *const of_field[] = {"/M", "/CreationDate", NULL};
	static const char *const fields[] = {"/Widget", NULL};
	static const char *const pages[] = {"/Page", NULL};
	if (is_named(pdf, dict, "/Type", pages))
		qpdf_oh_remove_key(pdf->q, dict, "/Thumb");
	if (qpdf_oh_has_key(pdf->q, dict, "/XFA"))
		pdf->result = ERR_UNSUPPORTED; /* its pages are made by a program that stands in it */
	drop(pdf, dict, anywhere);
	if (is_named(pdf, dict, "/Type", files) || qpdf_oh_has_key(pdf->q, dict, "/EF"))
		drop(pdf, dict, of_file);
	if (is_named(pdf, dict, "/S", actions))
		drop(pdf, dict, of_action);
	if (qpdf_oh_has_key(pdf->q, dict, "/Rect") && qpdf_oh_has_key(pdf->q, dict, "/Subtype"))
		drop(pdf, dict, is_named(pdf, dict, "/Subtype", fields) ? of_field : of_note);
}

/* ---- Photos in it -------------------------------------------------------------------------------------------------- */

/* Behind the last end of a picture; NULL: it is cut, as some scanners leave it. */
static const uint8_t *last_end(const uint8_t *bytes, size_t size)
{
	enum { EOI = 0xd9 };
	for (size_t at = size; at >= 2; at--)
		if (bytes[at - 2] == 0xff && bytes[at - 1] == EOI)
			return bytes + at;
	return NULL;
}

/* Segments before the picture's data but those that tell of the place, the camera and the program. False: it is no such file. */
static bool strip_jpeg(struct span in, struct buf *out)
{
	enum { SOI = 0xd8, SOS = 0xda, APP1 = 0xe1, APP14 = 0xee, APP15 = 0xef, COM = 0xfe };
	size_t at = 2;
	if (in.size < 4 || in.data[0] != 0xff || in.data[1] != SOI)
		return false;
	buf_add(out, in.data, 2);
	while (at + 4 <= in.size) {
		const uint8_t *segment = in.data + at;
		if (segment[0] != 0xff)
			return false;
		if (segment[1] == 0xff) { /* filled up */
			at++;
			continue;
		}
		const size_t size = 2 + ((size_t)segment[2] << 8 | segment[3]);
		if (size < 4 || size > in.size - at)
			return false;
		if (segment[1] == SOS) {
			const uint8_t *end = last_end(segment, in.size - at);
			buf_add(out, segment, end ? (size_t)(end - segment) : in.size - at);
			return true;
		}
		if (segment[1] != COM && (segment[1] < APP1 || segment[1] > APP15 || segment[1] == APP14))
			buf_add(out, segment, size);
		at += size;
	}
	return false;
}

static bool inflate_all(struct span in, struct buf *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)in.data, .avail_in = (uInt)in.size};
	uint8_t piece[16384];
	int result = inflateInit(&stream);
	while (result == Z_OK && out->size < INFLATED_MAX) {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		result = inflate(&stream, Z_NO_FLUSH);
		buf_add(out, piece, sizeof(piece) - stream.avail_out);
	}
	inflateEnd(&stream);
	return result == Z_STREAM_END;
}

enum coding { CODING_OTHER, CODING_JPEG, CODING_DEFLATED_JPEG, CODING_UNKNOWN_JPEG };

static enum coding coding_of(struct pdf *pdf, qpdf_oh dict)
{
	qpdf_oh filter = qpdf_oh_get_key(pdf->q, dict, "/Filter");
	const bool is_list = qpdf_oh_is_array(pdf->q, filter);
	const int count = is_list ? qpdf_oh_get_array_n_items(pdf->q, filter) : 1;
	bool has_jpeg = false;
	for (int i = 0; i < count; i++)
		has_jpeg |= qpdf_oh_is_name_and_equals(
		        pdf->q, is_list ? qpdf_oh_get_array_item(pdf->q, filter, i) : filter, "/DCTDecode");
	if (!has_jpeg)
		return CODING_OTHER;
	if (count == 1)
		return CODING_JPEG;
	return count == 2 &&
	                qpdf_oh_is_name_and_equals(
	                        pdf->q, qpdf_oh_get_array_item(pdf->q, filter, 0), "/FlateDecode")
	        ? CODING_DEFLATED_JPEG
	        : CODING_UNKNOWN_JPEG;
}

/* The JPEG file that a stream holds. Owner closes. */
static bool read_jpeg(struct pdf *pdf, qpdf_oh stream, enum coding coding, struct buf *out)
{
	unsigned char *bytes = NULL;
	size_t size = 0;
	if (qpdf_oh_get_stream_data(pdf->q, stream, qpdf_dl_none, NULL, &bytes, &size) & QPDF_ERRORS)
		return false;
	const bool is_read = coding == CODING_JPEG || inflate_all(span_of(bytes, size), out);
	if (coding == CODING_JPEG)
		buf_add(out, bytes, size);
	free(bytes);
	return is_read;
}

static void clean_stream(struct pdf *pdf, qpdf_oh stream)
{
	const qpdf_oh dict = qpdf_oh_get_dict(pdf->q, stream);
	const enum coding coding = coding_of(pdf, dict);
	struct buf jpeg = {0}, clean = {0};
	if (coding == CODING_OTHER)
		return;
	if (coding == CODING_UNKNOWN_JPEG)
		pdf->result = ERR_UNSUPPORTED;
	else if (!read_jpeg(pdf, stream, coding, &jpeg) || !strip_jpeg(buf_span(&jpeg), &clean))
		pdf->result = ERR_MALFORMED;
	else
		qpdf_oh_replace_stream_data(pdf->q, stream, clean.data, clean.size,
		        qpdf_oh_new_name(pdf->q, "/DCTDecode"), qpdf_oh_new_null(pdf->q));
	buf_close(&jpeg);
	buf_close(&clean);
}

/* ---- Every object --------------------------------------------------------------------------------------------------- */

static void push(struct pdf *pdf, qpdf_oh object)
{
	if (pdf->stack_count == NESTED_MAX) {
		pdf->result = ERR_TOOBIG;
		return;
	}
	pdf->stack = mem_room(pdf->stack, pdf->stack_count, &pdf->stack_room, sizeof(*pdf->stack));
	pdf->stack[pdf->stack_count++] = object;
}

/* What stands in it directly; what it refers to has a number, and its turn. */
static void push_part(struct pdf *pdf, qpdf_oh part)
{
	if (!qpdf_oh_is_indirect(pdf->q, part) &&
	        (qpdf_oh_is_dictionary(pdf->q, part) || qpdf_oh_is_array(pdf->q, part)))
		push(pdf, part);
}

static void look_at(struct pdf *pdf, qpdf_oh object)
{
	qpdf_oh dict = object;
	if (qpdf_oh_is_array(pdf->q, object)) {
		const int count = qpdf_oh_get_array_n_items(pdf->q, object);
		for (int i = 0; i < count; i++)
			push_part(pdf, qpdf_oh_get_array_item(pdf->q, object, i));
		return;
	}
	if (qpdf_oh_is_stream(pdf->q, object)) {
		clean_stream(pdf, object);
		dict = qpdf_oh_get_dict(pdf->q, object);
	}
	if (!qpdf_oh_is_dictionary(pdf->q, dict))
		return;
	clean_dict(pdf, dict);
	qpdf_oh_begin_dict_key_iter(pdf->q, dict);
	while (qpdf_oh_dict_more_keys(pdf->q))
		push_part(pdf, qpdf_oh_get_key(pdf->q, dict, qpdf_oh_dict_next_key(pdf->q)));
}

static int clean_objects(struct pdf *pdf)
{
	const qpdf_oh trailer = qpdf_get_trailer(pdf->q);
	const long long count = qpdf_oh_get_int_value(pdf->q, qpdf_oh_get_key(pdf->q, trailer, "/Size"));
	if (count > OBJECTS_MAX)
		return ERR_TOOBIG;
	for (int id = 1; id < count && pdf->result == 0; id++) {
		push(pdf, qpdf_get_object_by_id(pdf->q, id, 0));
		while (pdf->stack_count && pdf->result == 0)
			look_at(pdf, pdf->stack[--pdf->stack_count]);
		qpdf_oh_release_all(pdf->q);
	}
	const int failed = failure(pdf->q);
	return pdf->result ? pdf->result : failed;
}

/* ---- The first page -------------------------------------------------------------------------------------------------- */

static const char *const IMAGES[] = {"/Image", NULL};

/* The only picture of a page, where it has one and that is a photo. */
static bool only_photo(struct pdf *pdf, qpdf_oh page, struct buf *jpeg)
{
	const qpdf_oh resources = qpdf_oh_get_key(pdf->q, page, "/Resources");
	const qpdf_oh parts = qpdf_oh_get_key(pdf->q, resources, "/XObject");
	unsigned count = 0;
	bool is_read = false;
	if (!qpdf_oh_is_dictionary(pdf->q, parts))
		return false;
	qpdf_oh_begin_dict_key_iter(pdf->q, parts);
	while (qpdf_oh_dict_more_keys(pdf->q)) {
		const qpdf_oh part = qpdf_oh_get_key(pdf->q, parts, qpdf_oh_dict_next_key(pdf->q));
		const bool is_image = qpdf_oh_is_stream(pdf->q, part) &&
		        is_named(pdf, qpdf_oh_get_dict(pdf->q, part), "/Subtype", IMAGES);
		if (!is_image || count++ > 0)
			continue;
		is_read = coding_of(pdf, qpdf_oh_get_dict(pdf->q, part)) == CODING_JPEG &&
		        read_jpeg(pdf, part, CODING_JPEG, jpeg);
	}
	return is_read && count == 1;
}

/* Turned clockwise by so many degrees: EXIF's word for it. */
static unsigned orientation_of(int degrees)
{
	switch ((degrees % 360 + 360) % 360) {
	case 90:
		return 6;
	case 180:
		return 3;
	case 270:
		return 8;
	default:
		return 1;
	}
}

/* Where there is none, or it cannot be read, there is no small picture. */
static void picture_first_page(struct pdf *pdf, struct buf *out)
{
	struct buf jpeg = {0}, clean = {0};
	struct picture_size size = {.orientation = 1};
	struct picture_pixels pixels = {0};
	const qpdf_oh page = qpdf_get_page_n(pdf->q, 0);
	int degrees = 0;
	qpdf_oh_get_value_as_int(pdf->q, qpdf_oh_get_key(pdf->q, page, "/Rotate"), &degrees);
	if (only_photo(pdf, page, &jpeg) && picture_clean_jpeg(buf_span(&jpeg), &clean, &size) == 0 &&
	        picture_fits(&size, LIMIT_PICTURE_PIXELS) &&
	        picture_decode_jpeg(buf_span(&clean), &pixels) == 0 &&
	        picture_thumbnail(&pixels, orientation_of(degrees), out))
		buf_clear(out);
	buf_wipe(&pixels.rgb);
	buf_close(&jpeg);
	buf_close(&clean);
}

/* The original is not kept, so what is has to be readable. */
static int read_again(struct span bytes)
{
	qpdf_data q = NULL;
	const int result = open_pdf(bytes, &q);
	qpdf_cleanup(&q);
	return result;
}

/* ---- All of it ------------------------------------------------------------------------------------------------------- */

int picture_clean_pdf(struct span bytes, struct buf *out, struct buf *thumbnail)
{
	struct pdf pdf = {0};
	struct buf once = {0};
	qpdf_data first = NULL;
	int result = open_pdf(bytes, &first);
	if (result == 0)
		result = write_pdf(first, qpdf_o_disable, &once);
	qpdf_cleanup(&first);
	if (result == 0)
		result = open_pdf(buf_span(&once), &pdf.q);
	if (result == 0)
		result = clean_objects(&pdf);
	if (result == 0)
		qpdf_push_inherited_attributes_to_page(pdf.q);
	if (result == 0)
		picture_first_page(&pdf, thumbnail);
	if (result == 0)
		result = write_pdf(pdf.q, qpdf_o_generate, out);
	if (result == 0)
		result = read_again(buf_span(out));
	if (pdf.q)
		qpdf_cleanup(&pdf.q);
	mem_free(pdf.stack);
	buf_wipe(&once);
	return result;
}
