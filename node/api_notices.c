/* What this device noticed, as sentences: feeds with two histories, relays that held back. */
#include "node/api_notices.h"

#include "node/api_saying.h"
#include "node/describe_parts.h"
#include "node/node_notices.h"

static const struct schema_label OF_COMPARTMENT[] = {
        [COMPARTMENT_MEMBERSHIP] = {"ce qui concerne l'équipe", "entries about the team"},
        [COMPARTMENT_TEAM] = {"l'annuaire", "directory"},
        [COMPARTMENT_CLINICAL] = {"les dossiers", "records"},
        [COMPARTMENT_BILLING] = {"la facturation", "billing"},
        [COMPARTMENT_AGGREGATE] = {"les indicateurs", "counts"},
        [COMPARTMENT_MESSAGE] = {"les messages", "messages"},
};

static void say_fork(const struct api_saying *saying, const struct node_notice *notice)
{
	const bool is_known = notice->compartment && notice->compartment <= COMPARTMENT_LAST;
	api_say(saying, " : cet appareil a écrit deux suites différentes (",
	        ": this device wrote two histories (");
	api_say_label(saying, &OF_COMPARTMENT[is_known ? notice->compartment : COMPARTMENT_CLINICAL]);
	api_say(saying, ", à partir de la n° ", ", from entry ");
	api_say_count(saying, notice->from_seq);
	api_say(saying,
	        ") : une copie de sa base a servi. Rien n'est perdu : les deux viennent sur tous les "
	        "appareils, et les "
	        "valeurs écrites des deux côtés sont montrées côte à côte.",
	        " on): a copy of its database was used. Nothing is lost: both come to every device, and "
	        "values that "
	        "both wrote stand side by side.");
}

static void say_withheld(const struct api_saying *saying, const struct node_notice *notice)
{
	const bool is_over = notice->entries == 0;
	if (is_over)
		api_say(saying, " : avait retenu, ou perdu, ", ": had held back, or lost, ");
	else
		api_say(saying, " : retient, ou a perdu, ", ": holds back, or lost, ");
	api_say_count(saying, is_over ? notice->most : notice->entries);
	api_say(saying, " saisies dont il avait accusé réception", " entries that it had acknowledged");
	if (is_over)
		api_say(saying, " ; il a tout montré depuis.", "; it has shown all since.");
	else
		api_say(saying, " : ne comptez pas sur ce qu'il est seul à avoir.",
		        ": do not count on what it has alone.");
}

static json_t *words(struct api_node *app, const struct node_notice *notice, enum schema_language language)
{
	struct buf out = {0};
	const struct api_saying saying = {app, language, &out};
	api_say_device(&saying, &notice->device);
	if (notice->kind == NODE_NOTICE_FORK)
		say_fork(&saying, notice);
	else if (notice->kind == NODE_NOTICE_WITHHELD)
		say_withheld(&saying, notice);
	else
		api_say(&saying, " : une version plus récente a remarqué quelque chose.",
		        ": a later version noticed something.");
	json_t *json = describe_text(&out);
	buf_close(&out);
	return json;
}

json_t *api_address_text(const struct net_address *address)
{
	char ip[NET_IP_TEXT_BYTES];
	net_address_ip_text(address, ip);
	return json_string(ip);
}

static json_t *notice_json(struct api_node *app, const struct node_notice *notice)
{
	json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "what",
	        notice->kind == NODE_NOTICE_FORK               ? "fork"
	                : notice->kind == NODE_NOTICE_WITHHELD ? "withheld"
	                                                       : "unknown",
	        "device", api_hex(notice->device.bytes, ID_LONG_BYTES), "name",
	        api_device_name(app, &notice->device), "noticed", api_moment_ms(notice->noticed_ms), "seen",
	        notice->is_seen, "fr", words(app, notice, SCHEMA_FR), "en", words(app, notice, SCHEMA_EN));
	if (notice->kind == NODE_NOTICE_FORK && notice->compartment &&
	        notice->compartment <= COMPARTMENT_LAST) {
		json_object_set_new(json, "compartment",
		        json_string(api_compartment_name((enum compartment)notice->compartment)));
		json_object_set_new(json, "from", json_integer((json_int_t)notice->from_seq));
	}
	if (notice->kind == NODE_NOTICE_WITHHELD) {
		json_object_set_new(json, "address", api_address_text(&notice->address));
		json_object_set_new(json, "entries", json_integer((json_int_t)notice->entries));
		json_object_set_new(json, "noticedEntries", json_integer((json_int_t)notice->most));
	}
	return json;
}

json_t *api_notices(struct api_node *app, enum api_notices which, uint8_t compartment)
{
	const struct node_notice *notice;
	json_t *list = json_array();
	for (uint32_t i = 0; (notice = node_notice_at(app->node, i)); i++) {
		const bool fits = which == API_NOTICES_FORKS
		        ? notice->kind == NODE_NOTICE_FORK && notice->compartment == compartment
		        : which == API_NOTICES_ALL || !notice->is_seen;
		if (fits)
			json_array_append_new(list, notice_json(app, notice));
	}
	return list;
}
