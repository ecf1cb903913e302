#include "node/exchange/page.h"

#include <string.h>

void page_markup(struct buf *out, const char *markup)
{
	buf_add_span(out, span_text(markup));
}

/* U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F: what turns the direction of writing. */
static bool turns(const uint8_t *at, size_t left)
{
	if (left < 3 || at[0] != 0xe2)
		return false;
	return (at[1] == 0x80 && ((at[2] >= 0xaa && at[2] <= 0xae) || at[2] == 0x8e || at[2] == 0x8f)) ||
	        (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

static const char *entity(uint8_t letter)
{
	switch (letter) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void page_text(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		const uint8_t letter = text.data[i];
		const char *instead = entity(letter);
		if (instead) {
			page_markup(out, instead);
		} else if ((letter < ' ' && letter != '\n' && letter != '\t') || letter == 0x7f) {
			page_markup(out, " ");
		} else if (turns(text.data + i, text.size - i)) {
			page_markup(out, " ");
			i += 2;
		} else {
			buf_add(out, &letter, 1);
		}
	}
}

void page_element(struct buf *out, const char *tag, const char *text)
{
	const size_t name = strcspn(tag, " ");
	page_markup(out, "<");
	page_markup(out, tag);
	page_markup(out, ">");
	page_text(out, span_text(text));
	page_markup(out, "</");
	buf_add(out, tag, name);
	page_markup(out, ">\n");
}

static const char STYLE[] =
        "@page{size:A4;margin:14mm 14mm 16mm;@bottom-right{content:counter(page) \" / \" "
        "counter(pages);font:8pt sans-serif}}"
        "body{font:10pt/1.35 sans-serif;color:#000;background:#fff;max-width:182mm;margin:0 auto}"
        "h1{font-size:15pt;margin:0 0 2mm}h2{font-size:11.5pt;margin:5mm 0 1mm;border-bottom:.3mm solid "
        "#000;break-after:avoid}"
        "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.6mm 2mm "
        ".6mm 0;white-space:pre-wrap}"
        "th{width:42mm;font-weight:600}tr,li,.box{break-inside:avoid}ul{margin:0;padding-left:5mm}li{white-"
        "space:pre-wrap}"
        "table.grid th,table.grid td{width:auto;border:.2mm solid #777;padding:.6mm 1.5mm}"
        ".box{border:.6mm solid #000;padding:2mm 3mm;margin:2mm "
        "0}.quiet{font-size:8.5pt}.amount{text-align:right;white-space:nowrap}.conflict{font-weight:700;text-"
        "decoration:underline}";

void page_begin(struct buf *out, enum schema_language language, const char *title)
{
	page_markup(out, "<!DOCTYPE html>\n<html lang=\"");
	page_markup(out, language == SCHEMA_FR ? "fr" : "en");
	page_markup(out,
	        "\"><head><meta charset=\"utf-8\">"
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	        "'unsafe-inline'\">"
	        "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" "
	        "content=\"no-referrer\">\n");
	page_element(out, "title", title);
	page_markup(out, "<style>");
	page_markup(out, STYLE);
	page_markup(out, "</style></head><body>\n");
}

void page_end(struct buf *out)
{
	page_markup(out, "</body></html>\n");
}
