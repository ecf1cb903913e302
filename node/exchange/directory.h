/*
 * node/exchange/directory.h - people and services outside the team, from a table (README.md, "Directory").
 *
 * Pure; hostile bytes are fine. Owner decrefs what is returned.
 */
#ifndef NODE_EXCHANGE_DIRECTORY_H
#define NODE_EXCHANGE_DIRECTORY_H

#include <jansson.h>

#include "crdt/base/span.h"

/* {"columns": [{"title", "field" or null}], "rows": [ROW]}; ROW: {"line", "status", "name", "record": what it says, "id", "problems": [{"fr", "en", "warning"}]}.
 * Status: "new"; "known": an entry of `here` says all of it; "different": an entry with the same number says something else, "id" is its, "was" what it
 * says; "double": of the line "first" of the same file; "refused". NULL: it is no such table; *fr and *en say why.
 * `here`: the directoryEntry records there are. `team`, in hexadecimal: a new entry's id follows from it and the number, or else from the whole row. */
json_t *directory_read(
        struct span csv, const json_t *here, const char *team, const char **fr, const char **en);

#endif
