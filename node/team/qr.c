#include "node/team/qr.h"

#include <qrencode.h>

#include "crdt/base/err.h"

enum { QUIET_MODULES = 4 };

static bool is_dark(const QRcode *code, int x, int y)
{
	x -= QUIET_MODULES;
	y -= QUIET_MODULES;
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	        (code->data[y * code->width + x] & 1);
}

/* The character for two modules above one another; the last row may lack its lower half. */
static const char *half_blocks(bool light_above, bool light_below)
{
	if (light_above)
		return light_below ? "\u2588" : "\u2580";
	return light_below ? "\u2584" : " ";
}

int team_qr_draw(const char *text, struct buf *out)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return ERR_TOOBIG;
	int side = code->width + 2 * QUIET_MODULES;
	for (int y = 0; y < side; y += 2) {
		for (int x = 0; x < side; x++)
			buf_add_span(out,
			        span_text(half_blocks(
			                !is_dark(code, x, y), y + 1 < side && !is_dark(code, x, y + 1))));
		buf_add(out, "\n", 1);
	}
	QRcode_free(code);
	return 0;
}
