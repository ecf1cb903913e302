/*
 * node/web_pages.h - the files of the web application, in the program: made from node/web when it is built.
 */
#ifndef NODE_WEB_PAGES_H
#define NODE_WEB_PAGES_H

#include "node/uv_http.h"

extern const struct uv_http_page web_pages[];
extern const uint32_t web_page_count;

/* False: npm or its modules were missing; there is one page, which says so. */
extern const bool web_pages_built;

#endif
