/*
 * tests/lib/feeds.h - devices and entries made from small numbers, the same in every run.
 */
#ifndef TESTS_LIB_FEEDS_H
#define TESTS_LIB_FEEDS_H

#include <sodium.h>

#include "store/run.h"

struct test_device {
	struct device_id id;
	uint8_t secret_key[64];
};

static inline struct test_device test_device(uint8_t number)
{
	struct test_device device;
	uint8_t seed[crypto_sign_SEEDBYTES] = {number, 'd', 'e', 'v'};
	crypto_sign_seed_keypair(device.id.bytes, device.secret_key, seed);
	return device;
}

static inline struct feed_id test_feed(
        const struct test_device *device, enum compartment compartment, uint8_t incarnation)
{
	struct incarnation_id id = {{incarnation}};
	return entry_feed_id(&device->id, compartment, &id);
}

#endif
