/*
 * node/wounds/wounds_json.h - wounds as the interface shows them. Pure.
 */
#ifndef NODE_WOUNDS_WOUNDS_JSON_H
#define NODE_WOUNDS_WOUNDS_JSON_H

#include <jansson.h>

#include "node/wounds/wounds.h"

/* [{the fields of the wound's record, "trend", "attention": {"type": "worse" | "unchecked", "urgency", "fr", "en"}, "checks": [{"id", "at", "length", "width", "depth", "surface", "stage",
 * "tissue", "exudate", "pain", "photo", "note", "versions": number, "sincePrevious": D, "sinceWeek": D}]}], D = {"check", "days", "photo", "trend", "surface", "percent", "pain"}: the other check
 * and its photo, to be shown beside. Checks newest first, open wounds before healed ones. What does not apply is left out. Owner decrefs. */
json_t *wounds_json(const struct wounds *wounds, const struct crdt_doc *doc, int64_t today);

/* One sentence. Appends. */
void wounds_words(const struct wounds_wound *wound, enum wounds_attention attention, int64_t last_day,
        bool is_french, struct buf *out);

#endif
