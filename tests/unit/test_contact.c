/* The code by which a device is found: groups.h, contact.h, and addresses as text. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/contact.h"

static struct net_address address_of(const char *text, uint16_t port)
{
	struct net_address address;
	assert_true(net_address_parse(text, &address));
	address.port = port;
	return address;
}

static struct contact sample(void)
{
	struct contact contact = {
	        .fingerprint = {0xf0, 1, 2, 3, 4, 5, 6, 0xff},
	        .address_count = 3,
	        .addresses = {address_of("192.168.1.20", 7766), address_of("2001:db8::20", 7766),
	                address_of("fe80::1", 7766)},
	};
	return contact;
}

static void check_same(const struct contact *a, const struct contact *b)
{
	assert_memory_equal(a->fingerprint, b->fingerprint, sizeof(a->fingerprint));
	assert_int_equal(a->address_count, b->address_count);
	for (uint32_t i = 0; i < a->address_count; i++)
		assert_true(net_address_same(&a->addresses[i], &b->addresses[i]));
}

static void a_code_reads_back(void **state)
{
	(void)state;
	struct contact contact = sample(), again;
	char text[GROUPS_TEXT_BYTES], qr_text[GROUPS_TEXT_BYTES];
	unsigned group;
	contact_text(&contact, text);
	contact_qr_text(&contact, qr_text);
	assert_true(contact_is_code(text) && contact_is_code(qr_text));
	assert_false(contact_is_code("192.168.1.20:7766") || contact_is_code("[::1]:7766") ||
	        contact_is_code("cabinet:7766") || contact_is_code("here") || contact_is_code(""));
	check_ok(contact_parse(span_text(text), &again, &group));
	check_same(&contact, &again);
	check_ok(contact_parse(span_text(qr_text), &again, &group));
	check_same(&contact, &again);
	/* An interface means nothing to others. */
	contact.addresses[2].scope = 3;
	char scoped[GROUPS_TEXT_BYTES];
	contact_text(&contact, scoped);
	assert_string_equal(scoped, text);
}

/* Written once, so that a later version reads what is on paper. */
static void a_golden_code(void **state)
{
	(void)state;
	struct contact contact = sample(), again;
	char text[GROUPS_TEXT_BYTES];
	unsigned group;
	contact.address_count = 1;
	contact_text(&contact, text);
	assert_string_equal(text, "07R0K 20G3B 0G2GT DZTP7 3R2CY 1A01E 2G00P BH417");
	check_ok(contact_parse(span_text(text), &again, &group));
	check_same(&contact, &again);
}

static void every_mistyped_character_is_named(void **state)
{
	(void)state;
	struct contact contact = sample(), out;
	char text[GROUPS_TEXT_BYTES];
	unsigned group;
	contact_text(&contact, text);
	for (size_t i = 0; text[i]; i++) {
		const char kept = text[i];
		if (kept == ' ')
			continue;
		text[i] = kept == '7' ? '8' : '7';
		check_code(contact_parse(span_text(text), &out, &group), ERR_CHECKDIGIT);
		assert_int_equal(group, i / (GROUPS_CHARS + 1) + 1);
		text[i] = '!';
		check_code(contact_parse(span_text(text), &out, &group), ERR_MALFORMED);
		text[i] = kept;
	}
	for (size_t size = 0; size < strlen(text); size++)
		assert_true(contact_parse(span_of((const uint8_t *)text, size), &out, &group) < 0);
}

static void check_refused(struct span bytes, int error)
{
	static const struct groups_kind kind = {"releve contact checksum 1", "RELEVE-AT:"};
	struct contact out;
	char text[GROUPS_TEXT_BYTES];
	unsigned group;
	groups_text(&kind, bytes, text);
	check_code(contact_parse(span_text(text), &out, &group), error);
	assert_int_equal(group, 0);
}

/* What nobody honest writes; the check characters are right. */
static void odd_codes_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[] = {1, 1, 2, 3, 4, 5, 6, 7, 8, 0x56, 0x1e, 4, 192, 168, 1, 20};
	const struct span all = span_of(bytes, sizeof(bytes));
	bytes[0] = 2;
	check_refused(all, ERR_VERSION);
	bytes[0] = 1;
	bytes[9] = bytes[10] = 0; /* no port */
	check_refused(all, ERR_MALFORMED);
	bytes[9] = 1;
	bytes[12] = 224; /* a group */
	check_refused(all, ERR_MALFORMED);
	bytes[12] = 0; /* nobody */
	check_refused(all, ERR_MALFORMED);
	bytes[11] = 6; /* cut short */
	check_refused(all, ERR_MALFORMED);
	bytes[11] = 5; /* no kind */
	check_refused(all, ERR_MALFORMED);
	check_refused(span_of(bytes, 11), ERR_MALFORMED); /* no address */
	check_refused(span_of(bytes, 5), ERR_MALFORMED);
}

static void fingerprints_tell_keys_apart(void **state)
{
	(void)state;
	uint8_t key[32] = {1}, one[CONTACT_FINGERPRINT_BYTES], other[CONTACT_FINGERPRINT_BYTES];
	contact_fingerprint(key, one);
	contact_fingerprint(key, other);
	assert_memory_equal(one, other, sizeof(one));
	assert_memory_not_equal(one, key, sizeof(one));
	key[31] = 1;
	contact_fingerprint(key, other);
	assert_memory_not_equal(one, other, sizeof(one));
}

static void addresses_as_text(void **state)
{
	(void)state;
	static const char *const good[] = {"192.168.1.20", "2001:db8::20", "fe80::1", "::1"};
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "2001:db8::20%1", "fe80::1%",
	        "fe80::1%0", "fe80::1%eth0", "fe80::1%1x", "fe80::1%9999999999", "[fe80::1]",
	        "::ffff:1.2.3.4", "fe80", "cabinet", ":::"};
	struct net_address address;
	char text[NET_IP_TEXT_BYTES];
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(net_address_parse(good[i], &address));
		net_address_ip_text(&address, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(net_address_parse(bad[i], &address));
	assert_true(net_address_parse("fe80::1%12", &address));
	assert_int_equal(address.scope, 12);
	address.port = 7766;
	net_address_text(&address, text);
	assert_string_equal(text, "[fe80::1]:7766");
	static const char *const nobody[] = {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"};
	for (size_t i = 0; i < sizeof(nobody) / sizeof(*nobody); i++) {
		assert_true(net_address_parse(nobody[i], &address));
		assert_false(net_address_is_of_one(&address));
	}
	assert_true(net_address_parse("10.0.0.1", &address) && net_address_is_of_one(&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_code_reads_back),
	        cmocka_unit_test(a_golden_code),
	        cmocka_unit_test(every_mistyped_character_is_named),
	        cmocka_unit_test(odd_codes_are_refused),
	        cmocka_unit_test(fingerprints_tell_keys_apart),
	        cmocka_unit_test(addresses_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
