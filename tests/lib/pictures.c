#include "tests/lib/pictures.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include "tests/lib/check.h"

static void pixels(const struct pictures_wish *wish, struct buf *out)
{
	uint32_t state = wish->seed;
	for (unsigned y = 0; y < wish->height; y++)
		for (unsigned x = 0; x < wish->width; x++) {
			uint8_t rgb[3];
			const bool is_white = x < wish->width / 2 && y < wish->height / 2;
			state = state * 1664525 + 1013904223;
			memset(rgb, wish->seed ? (int)(state >> 24) : is_white ? 255 : 0, sizeof(rgb));
			buf_add(out, rgb, sizeof(rgb));
		}
}

static void add_exif(struct buf *out, unsigned orientation)
{
	/* Little-endian: orientation, and a GPS area that points to the canary. */
	uint8_t exif[] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 2, 0, 0x12,
	        1, 3, 0, 1, 0, 0, 0, (uint8_t)orientation, 0, 0, 0, 0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0,
	        0, 0, 0, 0};
	exif[3] = (uint8_t)(sizeof(exif) - 2 + strlen(PICTURES_CANARY));
	buf_add(out, exif, sizeof(exif));
	buf_add(out, PICTURES_CANARY, strlen(PICTURES_CANARY));
	const uint8_t comment[] = {0xff, 0xfe, 0, (uint8_t)(2 + strlen(PICTURES_CANARY))};
	buf_add(out, comment, sizeof(comment));
	buf_add(out, PICTURES_CANARY, strlen(PICTURES_CANARY));
}

void pictures_jpeg(const struct pictures_wish *wish, struct buf *out)
{
	struct jpeg_compress_struct codec;
	struct jpeg_error_mgr errors;
	struct buf rgb = {0};
	unsigned char *bytes = NULL;
	unsigned long size = 0;
	pixels(wish, &rgb);
	codec.err = jpeg_std_error(&errors);
	jpeg_create_compress(&codec);
	jpeg_mem_dest(&codec, &bytes, &size);
	codec.image_width = wish->width;
	codec.image_height = wish->height;
	codec.input_components = 3;
	codec.in_color_space = JCS_RGB;
	jpeg_set_defaults(&codec);
	jpeg_set_quality(&codec, 95, TRUE);
	if (wish->is_progressive)
		jpeg_simple_progression(&codec);
	jpeg_start_compress(&codec, TRUE);
	while (codec.next_scanline < codec.image_height) {
		JSAMPROW row = rgb.data + (size_t)wish->width * 3 * codec.next_scanline;
		jpeg_write_scanlines(&codec, &row, 1);
	}
	jpeg_finish_compress(&codec);
	jpeg_destroy_compress(&codec);
	buf_add(out, bytes, 20); /* SOI and JFIF */
	if (wish->orientation)
		add_exif(out, wish->orientation);
	buf_add(out, bytes + 20, size - 20);
	if (wish->orientation)
		buf_add(out, PICTURES_CANARY, strlen(PICTURES_CANARY));
	free(bytes);
	buf_close(&rgb);
}

static void add_chunk(struct buf *out, const char *type, const char *text)
{
	const uint32_t size = (uint32_t)strlen(text);
	const uint8_t head[4] = {0, 0, 0, (uint8_t)size};
	buf_add(out, head, 4);
	const size_t at = out->size;
	buf_add(out, type, 4);
	buf_add(out, text, size);
	const uint32_t sum = (uint32_t)crc32(0, out->data + at, size + 4);
	const uint8_t tail[4] = {
	        (uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8), (uint8_t)sum};
	buf_add(out, tail, 4);
}

void pictures_png(const struct pictures_wish *wish, struct buf *out)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
	        .width = wish->width,
	        .height = wish->height,
	        .format = PNG_FORMAT_RGB};
	struct buf rgb = {0}, bytes = {0};
	png_alloc_size_t size = 0;
	pixels(wish, &rgb);
	assert_true(png_image_write_to_memory(&image, NULL, &size, 0, rgb.data, 0, NULL));
	buf_extend(&bytes, size);
	assert_true(png_image_write_to_memory(&image, bytes.data, &size, 0, rgb.data, 0, NULL));
	buf_add(out, bytes.data, 33); /* magic and IHDR */
	add_chunk(out, "tEXt", "Comment:" PICTURES_CANARY);
	buf_add(out, bytes.data + 33, size - 33);
	buf_add(out, PICTURES_CANARY, strlen(PICTURES_CANARY));
	buf_close(&rgb);
	buf_close(&bytes);
}

enum { PDF_OBJECTS = 13 };

struct pdf {
	struct buf *out;
	size_t begin, at[PDF_OBJECTS];
};

static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

static void add_object(struct pdf *pdf, unsigned number, const char *dict, struct span stream)
{
	char text[1024];
	pdf->at[number] = pdf->out->size - pdf->begin;
	snprintf(text, sizeof(text), "%u 0 obj\n", number);
	add_text(pdf->out, text);
	if (!stream.data) {
		add_text(pdf->out, dict);
	} else {
		snprintf(text, sizeof(text), "<<%s /Length %zu>>\nstream\n", dict, stream.size);
		add_text(pdf->out, text);
		buf_add_span(pdf->out, stream);
		add_text(pdf->out, "\nendstream");
	}
	add_text(pdf->out, "\nendobj\n");
}

static void end_pdf(struct pdf *pdf, const char *trailer)
{
	char text[256];
	const size_t at = pdf->out->size - pdf->begin;
	snprintf(text, sizeof(text), "xref\n0 %u\n0000000000 65535 f \n", PDF_OBJECTS);
	add_text(pdf->out, text);
	for (unsigned i = 1; i < PDF_OBJECTS; i++) {
		snprintf(text, sizeof(text), "%010zu 00000 n \n", pdf->at[i]);
		add_text(pdf->out, text);
	}
	snprintf(text, sizeof(text), "trailer\n<</Size %u /Root 1 0 R %s>>\nstartxref\n%zu\n%%%%EOF\n",
	        PDF_OBJECTS, trailer, at);
	add_text(pdf->out, text);
}

#define CANARY PICTURES_CANARY

void pictures_pdf(const struct pictures_wish *wish, struct buf *out)
{
	static const struct span none;
	struct pdf pdf = {.out = out, .begin = out->size};
	struct buf jpeg = {0};
	char image[256];
	pictures_jpeg(wish, &jpeg);
	snprintf(image, sizeof(image),
	        "/Type /XObject /Subtype /Image /Width %u /Height %u /ColorSpace /DeviceRGB "
	        "/BitsPerComponent 8 "
	        "/Filter /DCTDecode /Metadata 6 0 R",
	        wish->width, wish->height);
	add_text(out, "%PDF-1.7\n");
	add_object(&pdf, 1,
	        "<</Type /Catalog /Pages 2 0 R /Metadata 6 0 R /OpenAction <</S /JavaScript /JS (" CANARY
	        ")>> /Names <</EmbeddedFiles <</Names [(" CANARY ") 7 0 R]>>>> /Lang (fr)>>",
	        none);
	add_object(&pdf, 2, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 200]>>", none);
	add_object(&pdf, 3,
	        "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Rotate 90 /LastModified (" CANARY
	        ") /PieceInfo <</App <</Private (" CANARY ")>>>> /Annots [9 0 R <</Type /Annot /Subtype "
	        "/FileAttachment /Rect [0 0 9 9] /FS 7 0 R /Contents (joint)>>] /Resources <</XObject <</Im0 "
	        "5 0 R>> /Font "
	        "<</AA 10 0 R>> /ColorSpace <</AF [/Indexed /DeviceRGB 0 <000000>]>>>>>>",
	        none);
	add_object(&pdf, 4, "", span_text("BT (" CANARY ", an earlier version) Tj ET"));
	add_object(&pdf, 4, "",
	        span_text("q 200 0 0 200 0 0 cm /Im0 Do Q BT /AA 12 Tf (Ordonnance du 3 mars) Tj ET"));
	add_object(&pdf, 5, image, buf_span(&jpeg));
	add_object(&pdf, 6, "/Type /Metadata /Subtype /XML", span_text("<x:xmpmeta>" CANARY "</x:xmpmeta>"));
	add_object(&pdf, 7, "<</Type /Filespec /F (" CANARY ".doc) /UF (" CANARY ".doc) /EF <</F 8 0 R>>>>",
	        none);
	add_object(&pdf, 8, "/Type /EmbeddedFile", span_text("a letter to " CANARY));
	add_object(&pdf, 9,
	        "<</Type /Annot /Subtype /Text /Rect [9 9 20 20] /T (" CANARY ") /M (D:" CANARY
	        ") /Contents (a note for all)>>",
	        none);
	add_object(&pdf, 10, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>", none);
	add_object(&pdf, 11, "<</Author (" CANARY ") /Producer (" CANARY ")>>", none);
	add_object(&pdf, 12, "", span_text("nothing leads to " CANARY));
	end_pdf(&pdf,
	        "/Info 11 0 R /ID [<"
	        "41"
	        "> <"
	        "42"
	        ">]");
	buf_close(&jpeg);
}

struct pictures_look pictures_look(struct span jpeg)
{
	struct jpeg_decompress_struct codec;
	struct jpeg_error_mgr errors;
	struct buf rows = {0};
	codec.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&codec);
	jpeg_mem_src(&codec, jpeg.data, (unsigned long)jpeg.size);
	jpeg_read_header(&codec, TRUE);
	codec.out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(&codec);
	const unsigned width = codec.output_width, height = codec.output_height;
	uint8_t *grey = buf_extend(&rows, (size_t)width * height);
	while (codec.output_scanline < height) {
		JSAMPROW row = grey + (size_t)width * codec.output_scanline;
		jpeg_read_scanlines(&codec, &row, 1);
	}
	jpeg_finish_decompress(&codec);
	jpeg_destroy_decompress(&codec);
	const unsigned x = width / 4, y = height / 4;
	const struct pictures_look look = {width, height, grey[y * width + x],
	        grey[y * width + width - 1 - x], grey[(height - 1 - y) * width + x],
	        grey[(height - 1 - y) * width + width - 1 - x]};
	buf_close(&rows);
	return look;
}
