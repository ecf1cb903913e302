/* Where this device is found, as a code for a colleague; looking for a colleague's device at an address, or by such a code. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/contact.h"
#include "node/team/qr.h"

enum { EXPANDED_MAX = 4 * CONTACT_ADDRESSES_MAX, OWN_MAX = 32 };

bool api_read_address(const json_t *json, struct net_address *out)
{
	const char *ip = api_text(json, "ip");
	json_int_t port = json_integer_value(json_object_get(json, "port")); /* 0 for what is no integer */
	if (!ip || port < 1 || port > UINT16_MAX || !net_address_parse(ip, out) ||
	        !net_address_is_of_one(out))
		return false;
	out->port = (uint16_t)port;
	return true;
}

static uint32_t own_addresses(struct api_node *app, struct net_address out[OWN_MAX])
{
	return app->own_addresses ? app->own_addresses(app->context, out, OWN_MAX) : 0;
}

/* ---- Our own -------------------------------------------------------------------------------------------------------- */

static bool is_everywhere(const struct net_address *listening)
{
	const struct net_address v4 = net_address_v4(0, 0, 0, 0, 0), v6 = {.port = 0};
	return memcmp(listening->ip, v4.ip, NET_IP_BYTES) == 0 ||
	        memcmp(listening->ip, v6.ip, NET_IP_BYTES) == 0;
}

/* Where it listens: there, or at every address of this machine. */
static void fill_contact(struct api_node *app, struct contact *out)
{
	struct net_address own[OWN_MAX];
	const bool everywhere = is_everywhere(&app->listening);
	const uint32_t count = everywhere ? own_addresses(app, own) : 0;
	*out = (struct contact){.address_count = 0};
	contact_fingerprint(node_identity(app->node)->keys.handshake, out->fingerprint);
	if (!everywhere)
		out->addresses[out->address_count++] = app->listening;
	for (uint32_t i = 0; i < count && out->address_count < CONTACT_ADDRESSES_MAX; i++) {
		if (net_address_is_v4(&app->listening) && !net_address_is_v4(&own[i]))
			continue;
		out->addresses[out->address_count] = own[i];
		out->addresses[out->address_count++].port = app->listening.port;
	}
}

/* Each address with a code of its own, which is shorter to type than that with all. */
static json_t *addresses_json(const struct contact *contact)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < contact->address_count; i++) {
		struct contact one = *contact;
		char at[NET_IP_TEXT_BYTES], code[GROUPS_TEXT_BYTES];
		one.addresses[0] = contact->addresses[i];
		one.address_count = 1;
		net_address_text(&contact->addresses[i], at);
		contact_text(&one, code);
		json_array_append_new(list, json_pack("{s:s, s:s}", "address", at, "code", code));
	}
	return list;
}

int api_get_address(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct contact contact;
	struct buf picture = {0};
	char code[GROUPS_TEXT_BYTES], qr_text[GROUPS_TEXT_BYTES];
	if (app->listening.port == 0) {
		api_call_fail(
		        call, ERR_NETWORK, "This device does not listen: \"releve run\" has to be running.");
		return 0;
	}
	fill_contact(app, &contact);
	if (contact.address_count == 0) {
		api_call_fail(call, ERR_NETWORK, "This machine has no address: it is in no network.");
		return 0;
	}
	contact_text(&contact, code);
	contact_qr_text(&contact, qr_text);
	int result = team_qr_draw(qr_text, &picture);
	api_call_reply(call, 200,
	        json_pack("{s:i, s:o, s:o, s:s, s:s, s:s%}", "port", (int)app->listening.port, "fingerprint",
	                api_hex(contact.fingerprint, sizeof(contact.fingerprint)), "addresses",
	                addresses_json(&contact), "code", code, "qrText", qr_text, "qr",
	                result ? "" : (const char *)picture.data, result ? (size_t)0 : picture.size));
	buf_close(&picture);
	return 0;
}

/* ---- A colleague's -------------------------------------------------------------------------------------------------- */

/* A link-local address without its interface is looked for at each interface that has such addresses. */
static uint32_t expand(
        struct api_node *app, const struct net_address *address, struct net_address *out, uint32_t max)
{
	struct net_address own[OWN_MAX];
	const uint32_t count = own_addresses(app, own);
	uint32_t made = 0;
	if (!net_address_is_link_local(address) || address->scope) {
		out[0] = *address;
		return max > 0;
	}
	for (uint32_t i = 0; i < count && made < max; i++) {
		if (!net_address_is_link_local(&own[i]))
			continue;
		out[made] = *address;
		out[made++].scope = own[i].scope;
	}
	return made;
}

static const struct team_device *device_with(
        struct api_node *app, const uint8_t fingerprint[CONTACT_FINGERPRINT_BYTES], bool *several)
{
	const struct team_view *view = node_view(app->node);
	const struct team_device *found = NULL;
	*several = false;
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		uint8_t own[CONTACT_FINGERPRINT_BYTES];
		contact_fingerprint(device->keys.handshake, own);
		if (memcmp(own, fingerprint, sizeof(own)) != 0)
			continue;
		const bool counts = device->state == TEAM_DEVICE_ACTIVE;
		*several |= found && counts && found->state == TEAM_DEVICE_ACTIVE;
		found = !found || counts ? device : found;
	}
	return found;
}

static void fail_code(struct api_call *call, int error, unsigned group)
{
	char sentence[160];
	if (group && error == ERR_CHECKDIGIT)
		snprintf(sentence, sizeof(sentence),
		        "Group %u of the code was mistyped. Nothing was changed.", group);
	else if (error == ERR_CHECKDIGIT)
		snprintf(sentence, sizeof(sentence),
		        "This is not the code of a device's address. Nothing was changed.");
	else if (error == ERR_TRUNCATED || error == ERR_TOOBIG)
		snprintf(sentence, sizeof(sentence),
		        error == ERR_TOOBIG
		                ? "The code has too many characters, at group %u. Nothing was changed."
		                : "The code has too few characters, at group %u. Nothing was changed.",
		        group);
	else if (error == ERR_VERSION)
		snprintf(sentence, sizeof(sentence),
		        "The code was made by another version of the program. Nothing was changed.");
	else
		snprintf(sentence, sizeof(sentence),
		        "This is not the code of a device's address. Nothing was changed.");
	api_call_fail(call, error, sentence);
}

static const char *why_not(struct api_node *app, const struct team_device *device, bool several)
{
	const struct device_id self = node_device(app->node);
	if (!device)
		return "The device of this code is not in the team, or this one has not heard of it yet: "
		       "meet another "
		       "colleague first, or let that device look for this one (releve address). Nothing was "
		       "changed.";
	if (device_id_eq(&device->id, &self))
		return "This is the code of this device itself: type it on the other one. Nothing was "
		       "changed.";
	if (several)
		return "Several devices of the team have this fingerprint: one of them was made so. Look at "
		       "releve members. "
		       "Nothing was changed.";
	if (device->state != TEAM_DEVICE_ACTIVE)
		return "The device of this code does not belong to the team any more. Nothing was changed.";
	return NULL;
}

/* Under that device's key alone: who else is there cannot answer. */
static void expect_device(struct api_call *call, const char *text)
{
	struct api_node *app = api_node_of(call);
	struct net_address addresses[EXPANDED_MAX];
	struct contact contact;
	unsigned group = 0;
	uint32_t count = 0;
	bool several;
	int result = contact_parse(span_text(text), &contact, &group);
	if (result) {
		fail_code(call, result, group);
		return;
	}
	const struct team_device *device = device_with(app, contact.fingerprint, &several);
	const char *why = why_not(app, device, several);
	if (why) {
		api_call_fail(call, device ? ERR_DENIED : ERR_NOTFOUND, why);
		return;
	}
	for (uint32_t i = 0; i < contact.address_count; i++)
		count += expand(app, &contact.addresses[i], addresses + count, EXPANDED_MAX - count);
	if (count == 0) {
		api_call_fail(call, ERR_NETWORK,
		        "None of the code's addresses can be reached from this machine: it has no such "
		        "network.");
		return;
	}
	meetings_expect(app->meetings, &device->id, addresses, count);
	if (app->seek)
		app->seek(app->context);
	api_call_reply(call, 202, json_pack("{s:o}", "device", api_hex(device->id.bytes, ID_LONG_BYTES)));
}

int api_post_peer(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *code = api_text(api_call_json(call), "code");
	struct net_address address, addresses[EXPANDED_MAX];
	if (code) {
		expect_device(call, code);
		return 0;
	}
	const uint32_t count = api_read_address(api_call_json(call), &address)
	        ? expand(app, &address, addresses, EXPANDED_MAX)
	        : 0;
	if (count == 0) {
		api_call_fail(call, ERR_INVALID,
		        "An address is needed, as 192.168.1.20 or 2001:db8::20, with a port; "
		        "or the code that "
		        "\"releve address\" shows there.");
		return 0;
	}
	for (uint32_t i = 0; i < count; i++)
		meetings_typed(app->meetings, &addresses[i]);
	if (app->seek)
		app->seek(app->context);
	api_call_reply(call, 202, json_object());
	return 0;
}

json_t *api_looked_for(const struct api_node *app, const struct device_id *device)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < app->meetings->count; i++) {
		const struct meeting *row = &app->meetings->rows[i];
		char at[NET_IP_TEXT_BYTES];
		if (!row->expected || !device_id_eq(&row->device, device))
			continue;
		net_address_text(&row->address, at);
		json_array_append_new(list,
		        json_pack("{s:s, s:s*}", "address", at, "ended",
		                row->tried ? err_name(row->tried) : NULL));
	}
	return list;
}
