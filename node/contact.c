#include "node/contact.h"

#include <sodium.h>
#include <strings.h>

#include "crdt/base/err.h"

enum {
	VERSION = 1,
	PORT_AT = 1 + CONTACT_FINGERPRINT_BYTES,
	ADDRESSES_AT = PORT_AT + 2,
	KIND_END = 0,
	KIND_V4 = 4,
	KIND_V6 = 6,
	V4_BYTES = NET_IP_BYTES - (int)sizeof(net_ip_v4_prefix),
	BYTES_MAX = ADDRESSES_AT + CONTACT_ADDRESSES_MAX * (1 + NET_IP_BYTES),
};
_Static_assert((int)BYTES_MAX <= (int)GROUPS_BYTES_MAX, "a code fits its groups");

static const char fingerprint_label[] = "releve device fingerprint 1";
static const struct groups_kind KIND = {"releve contact checksum 1", "RELEVE-AT:"};

void contact_fingerprint(const uint8_t handshake_key[32], uint8_t out[CONTACT_FINGERPRINT_BYTES])
{
	uint8_t hash[32];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)fingerprint_label, sizeof(fingerprint_label) - 1);
	crypto_generichash_update(&state, handshake_key, 32);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, CONTACT_FINGERPRINT_BYTES);
}

static size_t write_bytes(const struct contact *contact, uint8_t out[BYTES_MAX])
{
	const uint16_t port = contact->addresses[0].port;
	uint8_t *at = out + ADDRESSES_AT;
	out[0] = VERSION;
	memcpy(out + 1, contact->fingerprint, CONTACT_FINGERPRINT_BYTES);
	out[PORT_AT] = (uint8_t)port;
	out[PORT_AT + 1] = (uint8_t)(port >> 8);
	for (uint32_t i = 0; i < contact->address_count; i++) {
		const bool is_v4 = net_address_is_v4(&contact->addresses[i]);
		const size_t size = is_v4 ? V4_BYTES : NET_IP_BYTES;
		*at++ = is_v4 ? KIND_V4 : KIND_V6;
		memcpy(at, contact->addresses[i].ip + NET_IP_BYTES - size, size);
		at += size;
	}
	return (size_t)(at - out);
}

void contact_text(const struct contact *contact, char out[GROUPS_TEXT_BYTES])
{
	uint8_t bytes[BYTES_MAX];
	groups_text(&KIND, span_of(bytes, write_bytes(contact, bytes)), out);
}

void contact_qr_text(const struct contact *contact, char out[GROUPS_TEXT_BYTES])
{
	uint8_t bytes[BYTES_MAX];
	groups_qr_text(&KIND, span_of(bytes, write_bytes(contact, bytes)), out);
}

/* The next address. Moves *rest behind it; false: there is none. */
static bool read_address(struct span *rest, struct net_address *out)
{
	const uint8_t kind = rest->size ? rest->data[0] : KIND_END;
	const size_t size = kind == KIND_V4 ? V4_BYTES : NET_IP_BYTES;
	if ((kind != KIND_V4 && kind != KIND_V6) || rest->size < 1 + size)
		return false;
	if (kind == KIND_V4)
		memcpy(out->ip, net_ip_v4_prefix, sizeof(net_ip_v4_prefix));
	memcpy(out->ip + NET_IP_BYTES - size, rest->data + 1, size);
	*rest = span_sub(*rest, 1 + size, rest->size);
	return net_address_is_of_one(out) && net_address_is_v4(out) == (kind == KIND_V4);
}

static int read_bytes(struct span bytes, struct contact *out)
{
	struct contact contact = {.address_count = 0};
	const uint8_t *data = bytes.data;
	if (bytes.size < ADDRESSES_AT)
		return ERR_MALFORMED;
	if (data[0] != VERSION)
		return ERR_VERSION;
	memcpy(contact.fingerprint, data + 1, CONTACT_FINGERPRINT_BYTES);
	const uint16_t port = (uint16_t)(data[PORT_AT] | data[PORT_AT + 1] << 8);
	struct span rest = span_sub(bytes, ADDRESSES_AT, bytes.size);
	while (rest.size && rest.data[0] != KIND_END) {
		if (contact.address_count == CONTACT_ADDRESSES_MAX ||
		        !read_address(&rest, &contact.addresses[contact.address_count]))
			return ERR_MALFORMED;
		contact.addresses[contact.address_count++].port = port;
	}
	while (rest.size && rest.data[0] == KIND_END)
		rest = span_sub(rest, 1, rest.size);
	if (rest.size || contact.address_count == 0 || port == 0)
		return ERR_MALFORMED;
	*out = contact;
	return 0;
}

int contact_parse(struct span text, struct contact *out, unsigned *group)
{
	uint8_t bytes[GROUPS_BYTES_MAX];
	size_t size;
	int result = groups_read(&KIND, text, 0, bytes, &size, group);
	if (result)
		return result;
	*group = 0;
	return read_bytes(span_of(bytes, size), out);
}

bool contact_is_code(const char *text)
{
	return strncasecmp(text, KIND.prefix, strlen(KIND.prefix)) == 0 ||
	        (strchr("0Oo", text[0]) && text[0] && !strpbrk(text, ".:"));
}
