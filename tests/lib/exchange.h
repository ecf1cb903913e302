/* tests/lib/exchange.h - exchange files (node/exchange/fhir.h) made from what the schema says of its kinds. */
#ifndef TESTS_LIB_EXCHANGE_H
#define TESTS_LIB_EXCHANGE_H

#include <jansson.h>

/* A record of every kind of a dossier that leaves it, with all of its fields; one more for each further choice of each field; one that another corrects; an
 * amended visit; values in conflict. The same each time. Owner decrefs. */
json_t *exchange_every_kind(void);

#endif
