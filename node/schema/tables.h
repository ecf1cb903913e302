/*
 * node/schema/tables.h - the tables behind schema.h; only schema.c reads them.
 */
#ifndef NODE_SCHEMA_TABLES_H
#define NODE_SCHEMA_TABLES_H

#include "node/schema/schema.h"

extern const struct schema_doc schema_table_docs[];
extern const uint32_t schema_table_doc_count;
extern const struct schema_kind schema_table_kinds[];
extern const uint32_t schema_table_kind_count;
extern const struct schema_vital schema_table_vitals[];
extern const uint32_t schema_table_vital_count;

#endif
