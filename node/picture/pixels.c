/*
 * Decoding, and the small picture. libjpeg reports errors by a callback that must not return: it jumps back to the one place that set it up.
 */
#include "node/picture/form.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs FILE */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { EDGE = 160, JPEG_MEMORY_BYTES = 256 * 1024 * 1024 };

/* ---- libjpeg ----------------------------------------------------------------------------------------------------- */

struct trap {
	struct jpeg_error_mgr manager;
	jmp_buf back;
};

static void on_error(j_common_ptr codec)
{
	longjmp(((struct trap *)(void *)codec->err)->back, 1);
}

/* Warnings are nobody's to read, and hold nothing of the picture. */
static void on_message(j_common_ptr codec, int level)
{
	(void)codec;
	(void)level;
}

static struct jpeg_error_mgr *trap_init(struct trap *trap)
{
	jpeg_std_error(&trap->manager);
	trap->manager.error_exit = on_error;
	trap->manager.emit_message = on_message;
	return &trap->manager;
}

/* The coarsest eighths that are not smaller than the small picture. */
static unsigned fraction(unsigned longest)
{
	unsigned denominator = 8;
	while (denominator > 1 && longest / denominator < EDGE)
		denominator /= 2;
	return denominator;
}

static void read_rows(struct jpeg_decompress_struct *codec, struct picture_pixels *out)
{
	const size_t row_bytes = (size_t)codec->output_width * 3;
	out->width = codec->output_width;
	out->height = codec->output_height;
	uint8_t *rows = buf_extend(&out->rgb, row_bytes * out->height);
	memset(rows, 0, row_bytes * out->height);
	while (codec->output_scanline < codec->output_height) {
		JSAMPROW row = rows + row_bytes * codec->output_scanline;
		if (jpeg_read_scanlines(codec, &row, 1) != 1)
			break;
	}
}

int picture_decode_jpeg(struct span bytes, struct picture_pixels *out)
{
	struct jpeg_decompress_struct codec;
	struct trap trap;
	memset(&codec, 0, sizeof(codec));
	codec.err = trap_init(&trap);
	if (setjmp(trap.back)) {
		jpeg_destroy_decompress(&codec);
		return ERR_MALFORMED;
	}
	jpeg_create_decompress(&codec);
	codec.mem->max_memory_to_use = JPEG_MEMORY_BYTES;
	jpeg_mem_src(&codec, bytes.data, (unsigned long)bytes.size);
	jpeg_read_header(&codec, TRUE);
	codec.out_color_space = JCS_RGB;
	codec.scale_num = 1;
	codec.scale_denom = fraction(
	        codec.image_width > codec.image_height ? codec.image_width : codec.image_height);
	jpeg_start_decompress(&codec);
	read_rows(&codec, out);
	jpeg_finish_decompress(&codec);
	jpeg_destroy_decompress(&codec);
	return 0;
}

static int encode(const struct picture_pixels *pixels, int quality, struct buf *out)
{
	struct jpeg_compress_struct codec;
	struct trap trap;
	unsigned char *bytes = NULL;
	unsigned long size = 0;
	memset(&codec, 0, sizeof(codec));
	codec.err = trap_init(&trap);
	if (setjmp(trap.back)) {
		jpeg_destroy_compress(&codec);
		return ERR_MALFORMED;
	}
	jpeg_create_compress(&codec);
	jpeg_mem_dest(&codec, &bytes, &size);
	codec.image_width = pixels->width;
	codec.image_height = pixels->height;
	codec.input_components = 3;
	codec.in_color_space = JCS_RGB;
	jpeg_set_defaults(&codec);
	jpeg_set_quality(&codec, quality, TRUE);
	jpeg_start_compress(&codec, TRUE);
	while (codec.next_scanline < codec.image_height) {
		JSAMPROW row = pixels->rgb.data + (size_t)pixels->width * 3 * codec.next_scanline;
		jpeg_write_scanlines(&codec, &row, 1);
	}
	jpeg_finish_compress(&codec);
	jpeg_destroy_compress(&codec);
	buf_clear(out);
	buf_add(out, bytes, size);
	mem_wipe(bytes, size);
	free(bytes);
	return 0;
}

/* ---- libpng ------------------------------------------------------------------------------------------------------ */

int picture_decode_png(struct span bytes, const struct picture_size *size, struct picture_pixels *out)
{
	const png_color white = {255, 255, 255};
	png_image image = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_memory(&image, bytes.data, bytes.size))
		return ERR_MALFORMED;
	image.format = PNG_FORMAT_RGB;
	if (image.width != size->width ||
	        image.height != size->height) { /* only what was measured is allocated */
		png_image_free(&image);
		return ERR_MALFORMED;
	}
	out->width = image.width;
	out->height = image.height;
	uint8_t *rows = buf_extend(&out->rgb, PNG_IMAGE_SIZE(image));
	const bool is_read = png_image_finish_read(&image, &white, rows, 0, NULL);
	png_image_free(&image);
	return is_read ? 0 : ERR_MALFORMED;
}

/* ---- The small picture ------------------------------------------------------------------------------------------- */

/* The mean of all pixels that fall into one of the small picture. */
static void mean_of(const struct picture_pixels *from, uint32_t left, uint32_t right, uint32_t top,
        uint32_t bottom, uint8_t *out)
{
	uint64_t sum[3] = {0};
	for (uint32_t y = top; y < bottom; y++)
		for (uint32_t x = left; x < right; x++)
			for (unsigned i = 0; i < 3; i++)
				sum[i] += from->rgb.data[((size_t)y * from->width + x) * 3 + i];
	for (unsigned i = 0; i < 3; i++)
		out[i] = (uint8_t)(sum[i] / ((uint64_t)(right - left) * (bottom - top)));
}

static uint32_t edge(uint32_t own, uint32_t longest)
{
	const uint32_t scaled = longest <= EDGE ? own : (uint32_t)((uint64_t)own * EDGE / longest);
	return scaled ? scaled : 1;
}

static void shrink(const struct picture_pixels *from, struct picture_pixels *to)
{
	const uint32_t longest = from->width > from->height ? from->width : from->height;
	to->width = edge(from->width, longest);
	to->height = edge(from->height, longest);
	uint8_t *out = buf_extend(&to->rgb, (size_t)to->width * to->height * 3);
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++, out += 3)
			mean_of(from, (uint32_t)((uint64_t)x * from->width / to->width),
			        (uint32_t)(((uint64_t)x + 1) * from->width / to->width),
			        (uint32_t)((uint64_t)y * from->height / to->height),
			        (uint32_t)(((uint64_t)y + 1) * from->height / to->height), out);
}

/* Orientations (CIPA DC-008, 4.6.4): 2 to 4 mirror left and right, both, top and bottom; 5 to 8 exchange rows and columns first. */
static void turn(const struct picture_pixels *from, unsigned orientation, struct picture_pixels *to)
{
	const bool is_turned = orientation >= 5;
	const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
	to->width = is_turned ? from->height : from->width;
	to->height = is_turned ? from->width : from->height;
	uint8_t *out = buf_extend(&to->rgb, (size_t)to->width * to->height * 3);
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++, out += 3) {
			uint32_t column = is_turned ? y : x, row = is_turned ? x : y;
			column = from_right ? from->width - 1 - column : column;
			row = from_bottom ? from->height - 1 - row : row;
			memcpy(out, from->rgb.data + ((size_t)row * from->width + column) * 3, 3);
		}
}

int picture_thumbnail(const struct picture_pixels *pixels, unsigned orientation, struct buf *out)
{
	static const int qualities[] = {75, 50, 30, 10};
	struct picture_pixels small = {0}, upright = {0};
	int result = 0;
	shrink(pixels, &small);
	turn(&small, orientation, &upright);
	for (size_t i = 0; result == 0 && i < sizeof(qualities) / sizeof(*qualities); i++) {
		result = encode(&upright, qualities[i], out);
		if (out->size <= LIMIT_THUMBNAIL_BYTES)
			break;
	}
	if (result == 0 && out->size > LIMIT_THUMBNAIL_BYTES)
		result = ERR_TOOBIG;
	buf_wipe(&small.rgb);
	buf_wipe(&upright.rgb);
	return result;
}
