/* Photos and scans made fit to be kept: nothing that the camera wrote beside the picture stays, the picture itself does, bit for bit. */
#include "tests/lib/check.h"

#include <qpdf/qpdf-c.h>

#include <string.h>

#include "crdt/base/limits.h"
#include "crdt/base/rng.h"
#include "node/picture/picture.h"
#include "tests/lib/pictures.h"

static bool has(struct span bytes, const char *text)
{
	return memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;
}

static void check_clean(const struct picture *picture)
{
	assert_false(has(buf_span(&picture->bytes), PICTURES_CANARY));
	assert_false(has(buf_span(&picture->thumbnail), PICTURES_CANARY));
	assert_in_range(picture->thumbnail.size, 100, LIMIT_THUMBNAIL_BYTES);
}

/* Which corner of the upright picture is white, by orientation: 1 to 8 of an upper left one. */
static void test_orientation(void **state)
{
	static const char *const white[] = {"ul", "ur", "lr", "ll", "ul", "ur", "lr", "ll"};
	(void)state;
	for (unsigned orientation = 1; orientation <= 8; orientation++) {
		const struct pictures_wish wish = {640, 320, orientation, 0, orientation % 2 == 0};
		struct buf raw = {0}, again = {0};
		struct picture picture;
		pictures_jpeg(&wish, &raw);
		assert_true(has(buf_span(&raw), PICTURES_CANARY));
		check_ok(picture_make(buf_span(&raw), &picture));
		check_clean(&picture);
		assert_int_equal(picture.width, orientation >= 5 ? 320 : 640);
		assert_int_equal(picture.height, orientation >= 5 ? 640 : 320);
		const struct pictures_look look = pictures_look(buf_span(&picture.thumbnail));
		assert_int_equal(look.width, orientation >= 5 ? 80 : 160);
		assert_int_equal(look.height, orientation >= 5 ? 160 : 80);
		const char *corner = white[orientation - 1];
		assert_int_equal(look.upper_left > 128, strcmp(corner, "ul") == 0);
		assert_int_equal(look.upper_right > 128, strcmp(corner, "ur") == 0);
		assert_int_equal(look.lower_left > 128, strcmp(corner, "ll") == 0);
		assert_int_equal(look.lower_right > 128, strcmp(corner, "lr") == 0);
		/* Without the EXIF segment of its own it is the very picture that the codec wrote. */
		const struct pictures_wish plain = {640, 320, 0, 0, orientation % 2 == 0};
		pictures_jpeg(&plain, &again);
		const size_t exif = orientation == 1 ? 0 : 36;
		assert_int_equal(picture.bytes.size, again.size + exif);
		assert_memory_equal(picture.bytes.data + 20 + exif, again.data + 20, again.size - 20);
		picture_close(&picture);
		buf_close(&raw);
		buf_close(&again);
	}
}

static void test_png(void **state)
{
	const struct pictures_wish wish = {200, 400, 0, 0, false};
	struct buf png = {0};
	struct picture picture;
	(void)state;
	pictures_png(&wish, &png);
	assert_true(has(buf_span(&png), PICTURES_CANARY));
	check_ok(picture_make(buf_span(&png), &picture));
	check_clean(&picture);
	assert_int_equal(picture.form, PICTURE_PNG);
	assert_int_equal(picture.width, 200);
	assert_int_equal(pictures_look(buf_span(&picture.thumbnail)).height, 160);
	picture_close(&picture);
	buf_close(&png);
}

/* With nothing in it compressed or hidden in another object. */
static void unfold(struct span pdf, struct buf *out)
{
	qpdf_data q = qpdf_init();
	assert_int_equal(qpdf_read_memory(q, "test", (const char *)pdf.data, pdf.size, NULL), QPDF_SUCCESS);
	assert_int_equal(qpdf_get_num_pages(q), 1);
	qpdf_init_write_memory(q);
	qpdf_set_qdf_mode(q, QPDF_TRUE);
	qpdf_set_preserve_unreferenced_objects(q, QPDF_TRUE);
	assert_int_equal(qpdf_write(q), QPDF_SUCCESS);
	buf_add(out, qpdf_get_buffer(q), qpdf_get_buffer_length(q));
	qpdf_cleanup(&q);
}

/* Of a PDF what is on its pages stays; what its maker wrote beside them goes, in the file, in each object, in the photos, in earlier versions. */
static void test_pdf(void **state)
{
	const struct pictures_wish wish = {320, 200, 6, 0, false};
	static const char *const kept[] = {"(Ordonnance du 3 mars)", "/AA", "/Helvetica", "(a note for all)",
	        "/DCTDecode", "/Rotate 90", "/Lang (fr)", "(joint)", "/Indexed"};
	static const char *const gone[] = {PICTURES_CANARY, "an earlier version", "/Metadata", "/OpenAction",
	        "/PieceInfo", "/EmbeddedFile", "/Author", "/Producer", "/JavaScript", "Exif", "<41>"};
	struct buf pdf = {0}, plain = {0};
	struct picture picture, again;
	(void)state;
	pictures_pdf(&wish, &pdf);
	check_ok(picture_make(buf_span(&pdf), &picture));
	assert_int_equal(picture.form, PICTURE_PDF);
	assert_true(has(buf_span(&picture.bytes), "%PDF-"));
	unfold(buf_span(&picture.bytes), &plain);
	for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (!has(buf_span(&plain), kept[i]))
			fail_msg("%s is gone", kept[i]);
	for (unsigned i = 0; i < sizeof(gone) / sizeof(*gone); i++)
		if (has(buf_span(&plain), gone[i]) || has(buf_span(&picture.bytes), gone[i]))
			fail_msg("%s is there", gone[i]);
	/* The page is shown turned, and so is its small picture. */
	const struct pictures_look look = pictures_look(buf_span(&picture.thumbnail));
	assert_int_equal(look.width, 100);
	assert_int_equal(look.height, 160);
	assert_true(look.upper_right > 200 && look.upper_left < 50 && look.lower_right < 50);
	check_ok(picture_make(buf_span(&picture.bytes), &again));
	assert_int_equal(again.form, PICTURE_PDF);
	picture_close(&again);
	picture_close(&picture);
	buf_close(&pdf);
	buf_close(&plain);
}

static void check_refused(struct span bytes, int error);

static struct span with(struct buf *space, const char *page)
{
	buf_clear(space);
	static const char *const parts[] = {"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
	                                    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
	                                    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]",
	        ">>\nendobj\ntrailer<</Size 4/Root 1 0 R", ">>\n%%EOF\n"};
	const char *const all[] = {parts[0], page, parts[1], parts[2]};
	for (unsigned i = 0; i < 4; i++)
		buf_add(space, all[i], strlen(all[i]));
	return buf_span(space);
}

/* What would not be what it was, or cannot be looked at, is refused; cut and altered files end in an answer. */
static void test_pdf_refused(void **state)
{
	const struct pictures_wish wish = {64, 64, 6, 7, false};
	struct buf space = {0}, pdf = {0};
	struct picture picture;
	(void)state;
	check_ok(picture_make(with(&space, ""), &picture));
	assert_int_equal(picture.thumbnail.size, 0);
	picture_close(&picture);
	check_refused(with(&space, "/AcroForm<</XFA(x)>>"), ERR_UNSUPPORTED);
	check_refused(span_text("%PDF-1.4\n%%EOF\n"), ERR_MALFORMED);
	check_refused(span_text("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"),
	        ERR_MALFORMED);
	pictures_pdf(&wish, &pdf);
	for (size_t i = 0; i < pdf.size; i += 97) {
		const uint8_t before = pdf.data[i];
		pdf.data[i] ^= 0x21;
		picture_make(buf_span(&pdf), &picture);
		picture_close(&picture);
		pdf.data[i] = before;
		picture_make(span_of(pdf.data, i), &picture);
		picture_close(&picture);
	}
	buf_close(&space);
	buf_close(&pdf);
}

static void check_refused(struct span bytes, int error)
{
	struct picture picture;
	check_code(picture_make(bytes, &picture), error);
	picture_close(&picture);
}

static void test_refused(void **state)
{
	const struct pictures_wish wish = {64, 64, 6, 7, false};
	struct buf raw = {0}, big = {0};
	(void)state;
	check_refused(span_text("GIF89a"), ERR_UNSUPPORTED);
	check_refused((struct span){0}, ERR_UNSUPPORTED);
	check_refused(span_text("%PDF-1.4\n"), ERR_MALFORMED);
	pictures_jpeg(&wish, &raw);
	/* More pixels than the limit: nothing of that size is allocated. */
	uint8_t *frame = memmem(raw.data, raw.size, "\xff\xc0", 2);
	assert_non_null(frame);
	memset(frame + 5, 0xff, 4);
	check_refused(buf_span(&raw), ERR_TOOBIG);
	buf_extend(&big, LIMIT_BLOB_BYTES + 1);
	memset(big.data, 0xff, big.size);
	big.data[1] = 0xd8;
	check_refused(buf_span(&big), ERR_TOOBIG);
	buf_close(&raw);
	buf_close(&big);
}

/* Cut anywhere, it is refused; with bytes changed, it is refused, or what is kept is kept again as it is. */
static void check_damage(struct span whole, struct rng *rng)
{
	struct picture picture, again;
	for (size_t size = 0; size < whole.size; size += 1 + whole.size / 97)
		if (picture_make(span_sub(whole, 0, size), &picture) == 0)
			fail_msg("taken, though cut at %zu", size);
		else
			picture_close(&picture);
	for (unsigned i = 0; i < 400; i++) {
		struct buf bytes = {0};
		buf_add_span(&bytes, whole);
		for (unsigned j = 0; j < 1 + i % 4; j++)
			bytes.data[rng_below(rng, bytes.size)] = (uint8_t)rng_below(rng, 256);
		if (picture_make(buf_span(&bytes), &picture) == 0) {
			check_ok(picture_make(buf_span(&picture.bytes), &again));
			check_span(buf_span(&again.bytes), buf_span(&picture.bytes));
			check_span(buf_span(&again.thumbnail), buf_span(&picture.thumbnail));
			picture_close(&again);
		}
		picture_close(&picture);
		buf_close(&bytes);
	}
}

static void test_damaged(void **state)
{
	const struct pictures_wish wish = {96, 64, 0, 5, true}, upright = {48, 48, 3, 9, false};
	struct rng rng;
	struct buf jpeg = {0}, other = {0}, png = {0};
	(void)state;
	rng = rng_new(20);
	pictures_jpeg(&wish, &jpeg);
	pictures_jpeg(&upright, &other);
	pictures_png(&wish, &png);
	check_damage(buf_span(&jpeg), &rng);
	check_damage(span_of(other.data, other.size - strlen(PICTURES_CANARY)), &rng);
	check_damage(span_of(png.data, png.size - strlen(PICTURES_CANARY)), &rng);
	buf_close(&jpeg);
	buf_close(&other);
	buf_close(&png);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_orientation),
	        cmocka_unit_test(test_png),
	        cmocka_unit_test(test_pdf),
	        cmocka_unit_test(test_pdf_refused),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
