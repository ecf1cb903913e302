#include "tests/lib/check.h"

#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "store/copy.h"
#include "tests/lib/device.h"

static uint64_t loop_ms(void *context)
{
	(void)context;
	return uv_hrtime() / 1000000;
}

/* Everything that the shell does after each event. */
static void turn(uv_prepare_t *prepare)
{
	struct device *device = prepare->data;
	while (!device->disk_waits && store_writer_step(device->writer) > 0)
		;
	peers_turn(device->peers);
	while (!device->disk_waits && store_writer_step(device->writer) > 0)
		peers_turn(device->peers);
}

static void tick(uv_timer_t *timer)
{
	peers_tick(((struct device *)timer->data)->peers);
}

static void open_node(struct device *device, uv_loop_t *loop)
{
	check_ok(vault_new(device->store, device->key, &device->env, &device->vault));
	check_ok(store_writer_new(device->store, STORE_WRITER_STEPPED, NULL, NULL, &device->writer));
	struct node_config config = {.env = &device->env,
	        .store = device->store,
	        .writer = device->writer,
	        .vault = device->vault,
	        .incarnation = device->incarnation};
	int result = node_new(&config, &device->node);
	if (result == ERR_NOTFOUND) {
		check_ok(node_init(&config));
		result = node_new(&config, &device->node);
	}
	check_ok(result);
	struct net_uv_limits limits = net_uv_limits_default();
	limits.half_open_per_address = 64; /* every device of the test has the same address */
	device->link = net_uv_link_new(loop, &limits);
	device->peers = peers_new(device->node, device->link);
	struct net_address any = net_address_v4(127, 0, 0, 1, 0);
	check_ok(peers_listen(device->peers, &any, &device->address));
}

static void close_node(struct device *device)
{
	node_flush(device->node);
	while (store_writer_step(device->writer) > 0)
		node_poll(device->node);
	node_poll(device->node);
	peers_free(device->peers);
	net_uv_link_close(device->link, NULL, NULL);
	node_free(device->node);
	store_writer_free(device->writer);
	vault_free(device->vault);
}

void device_open(struct device *device, uv_loop_t *loop, uint8_t number)
{
	memset(device, 0, sizeof(*device));
	seeded_init(&device->seeded, number);
	device->env = device->seeded.env;
	device->env.monotonic_ms = loop_ms;
	device->incarnation.bytes[0] = number;
	device->key[0] = 7;
	device->store = store_mem_new();
	open_node(device, loop);
	uv_prepare_init(loop, &device->prepare);
	device->prepare.data = device;
	uv_prepare_start(&device->prepare, turn);
	uv_timer_init(loop, &device->timer);
	device->timer.data = device;
	uv_timer_start(&device->timer, tick, 20, 20);
}

void device_close(struct device *device, uv_loop_t *loop)
{
	uv_prepare_stop(&device->prepare);
	uv_close((uv_handle_t *)&device->prepare, NULL);
	uv_close((uv_handle_t *)&device->timer, NULL);
	close_node(device);
	for (int i = 0; i < 20; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	store_close(device->store);
}

static void reseal(struct device *device)
{
	struct store *next = store_mem_new();
	uint8_t key[VAULT_KEY_BYTES];
	struct vault *old;
	check_ok(vault_new(device->store, device->key, &device->env, &old));
	env_random_bytes(&device->env, key, sizeof(key));
	uint32_t damaged;
	check_ok(store_reseal(device->store, old, next, key, &device->env, &damaged));
	vault_free(old);
	store_close(device->store);
	device->store = next;
	memcpy(device->key, key, sizeof(key));
}

static void restart(
        struct device *device, uv_loop_t *loop, const struct store_mem_image *image, bool another_key)
{
	uv_prepare_stop(&device->prepare);
	uv_timer_stop(&device->timer);
	close_node(device);
	for (int i = 0; i < 20; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	if (image)
		store_mem_image_restore(device->store, image);
	if (another_key)
		reseal(device);
	open_node(device, loop);
	uv_prepare_start(&device->prepare, turn);
	uv_timer_start(&device->timer, tick, 20, 20);
}

void device_restart(struct device *device, uv_loop_t *loop)
{
	restart(device, loop, NULL, false);
}

void device_new_file(struct device *device, uv_loop_t *loop)
{
	restart(device, loop, NULL, true);
	check_ok(node_file_is_new(device->node));
}

void device_crash(struct device *device, uv_loop_t *loop)
{
	struct store_mem_image *image = store_mem_image_take(device->store);
	restart(device, loop, image, false);
	store_mem_image_free(image);
}

void device_put_back(struct device *device, uv_loop_t *loop, const struct store_mem_image *image)
{
	device->incarnation.bytes[0]++; /* the note beside the database is not part of the copy */
	restart(device, loop, image, false);
}

void device_become(struct device *device, uv_loop_t *loop, const struct device *other,
        const struct store_mem_image *image)
{
	device->incarnation = other->incarnation;
	memcpy(device->key, other->key, sizeof(device->key));
	restart(device, loop, image, false);
}

void devices_run(uv_loop_t *loop, bool (*done)(void *context), void *context)
{
	uint64_t end_ms = loop_ms(NULL) + 600000; /* only a broken program gets there */
	while (!done(context)) {
		uv_run(loop, UV_RUN_ONCE);
		if (loop_ms(NULL) > end_ms)
			fail_msg("nothing more happened");
	}
}

static void path_of(struct crdt_path *path, uint32_t section, uint32_t field)
{
	*path = (struct crdt_path){0};
	crdt_path_field(path, section);
	crdt_path_field(path, field);
}

void device_save(struct device *device, uint32_t doc_kind, const struct record_id *doc, uint32_t section,
        uint32_t field, const char *text)
{
	struct node_change change;
	struct crdt_path path;
	struct buf value = {0};
	check_ok(node_change_begin(device->node, doc_kind, doc, &change));
	path_of(&path, section, field);
	mpack_put_str(&value, span_text(text));
	check_ok(crdt_doc_set(change.doc, &change.builder, crdt_path_span(&path), buf_span(&value),
	        span_text("test"))); /* it may settle a conflict of a safety field */
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	buf_close(&value);
}

uint32_t device_values(struct device *device, uint32_t doc_kind, const struct record_id *id, uint32_t section,
        uint32_t field, char *out, size_t size)
{
	struct crdt_doc *doc;
	struct crdt_values values = {0};
	struct crdt_path path;
	*out = '\0';
	if (node_doc(device->node, doc_kind, id, &doc))
		return 0;
	path_of(&path, section, field);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	uint32_t count = values.count;
	if (count) {
		struct mpack_in in = mpack_begin(values.items[0].value);
		struct span text = mpack_str(&in);
		snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
	}
	crdt_values_close(&values);
	return count;
}

void device_damage_run(struct device *device, uint32_t feed, uint64_t seq)
{
	struct store_txn *txn;
	struct span key, value;
	uint8_t want[LOG_RUN_KEY_BYTES];
	struct buf at = {0};
	check_ok(store_begin(device->store, false, &txn));
	check_ok(store_seek(txn, STORE_LOG, STORE_LAST_UPTO, log_run_key(want, feed, seq), &key, &value));
	buf_add_span(&at, key);
	store_abort(txn);
	check_ok(store_mem_flip_bit(device->store, STORE_LOG, buf_span(&at), 8 * 60));
	buf_close(&at);
}

uint32_t device_rows(struct device *device, enum store_table table)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	struct span key, value;
	struct store_txn *txn;
	uint32_t count = 0;
	size_t size = 1;
	check_ok(store_begin(device->store, false, &txn));
	while (store_seek(txn, table, STORE_FIRST_FROM, span_of(from, size), &key, &value) == 0) {
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
		count++;
	}
	store_abort(txn);
	return count;
}
