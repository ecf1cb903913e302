/* tests/lib/imported.h - a device alone in its team, and patients with visits that it imports. */
#ifndef TESTS_LIB_IMPORTED_H
#define TESTS_LIB_IMPORTED_H

#include "node/node_import.h"
#include "tests/lib/device.h"

struct imported {
	uv_loop_t loop;
	struct device device;
	struct import *import;
};

void imported_open(struct imported *imported);
void imported_close(struct imported *imported);
void imported_settle(struct imported *imported); /* everything is on the disk */

/* Patients have numbers below 1,000; each has one problem, rated when it was found. */
void imported_patient(struct imported *imported, unsigned number, int64_t at_s);
void imported_visit(struct imported *imported, unsigned number, unsigned patient, int64_t start_s);

#endif
