/*
 * Prints what nobody on the network may see of a device, "name hexadecimal" a line: what its data directory, the passphrase and its log give.
 * Usage: secrets DIRECTORY PASSPHRASE. Nothing is written; the program of that directory does not run.
 */
#include <sodium.h>
#include <stdio.h>

#include "node/keyring/secret.h"
#include "node/node.h"
#include "node/team/identity.h"
#include "node/uv_database.h"
#include "node/uv_env.h"
#include "store/file.h"
#include "store/incarnation.h"

static int fail(const char *what)
{
	fprintf(stderr, "secrets: %s\n", what);
	return 1;
}

static void print(const char *name, const uint8_t *bytes, int size)
{
	printf("%s ", name);
	for (int i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void print_node(struct node *node)
{
	const struct team_view *view = node_view(node);
	uint8_t discovery[SECRET_BYTES];
	print("team", node_team(node)->bytes, ID_LONG_BYTES);
	if (node_discovery_secret(node, discovery))
		print("discovery", discovery, sizeof(discovery));
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		print("device", device->id.bytes, ID_LONG_BYTES);
		print("person", device->person.bytes, ID_SHORT_BYTES);
		print("handshake", device->keys.handshake, TEAM_KEY_BYTES);
		print("sealing", device->keys.sealing, TEAM_KEY_BYTES);
	}
	for (uint32_t i = 0; i < log_feed_count(node_log(node)); i++)
		print("incarnation", log_feed(node_log(node), i)->incarnation.bytes, ID_SHORT_BYTES);
	mem_wipe(discovery, sizeof(discovery));
}

int main(int argc, char **argv)
{
	struct uv_database database;
	struct uv_database_problem problem = {{0}};
	struct node_config config = {.env = uv_env()};
	struct node *node = NULL;
	if (argc != 3 || sodium_init() < 0)
		return fail("DIRECTORY PASSPHRASE");
	if (uv_database_open(argv[1], span_text(argv[2]), &database, &problem))
		return fail(problem.sentence);
	char *path = file_join(argv[1], "incarnation");
	config.store = database.store;
	config.vault = database.vault;
	int result = incarnation_check(database.store, path, &config.incarnation);
	if (!result)
		result = store_writer_new(database.store, STORE_WRITER_STEPPED, NULL, NULL, &config.writer);
	if (!result)
		result = node_new(&config, &node);
	if (!result && node_in_team(node))
		print_node(node);
	node_free(node);
	store_writer_free(config.writer);
	uv_database_close(&database);
	mem_free(path);
	return result ? fail("the node does not open") : 0;
}
