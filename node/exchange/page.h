/*
 * node/exchange/page.h - one page of HTML for paper: A4, numbered pages, nothing fetched from anywhere, no script.
 *
 * Every text of a record goes through page_text(): it cannot end an element, begin one, or turn the direction of writing.
 * Pure. Owner of `out` closes it.
 */
#ifndef NODE_EXCHANGE_PAGE_H
#define NODE_EXCHANGE_PAGE_H

#include "crdt/base/mem.h"
#include "node/schema/check.h"

/* The document's head up to the body; `title` is outside text. And its end. */
void page_begin(struct buf *out, enum schema_language language, const char *title);
void page_end(struct buf *out);

void page_markup(struct buf *out, const char *markup); /* our own, as it is */
void page_text(struct buf *out, struct span text); /* outside text; line feeds are kept by the style */

/* <tag>text</tag>; `tag` may carry a class: "p class=quiet". */
void page_element(struct buf *out, const char *tag, const char *text);

#endif
