/*
 * Normal course: start; turn after every event; commit, tick and chore come from virtual time. After a dossier was erased the node is closed,
 * its rows are sealed under another key into another store, and it is opened again (node/README.md, "Erasing a dossier", step 5).
 *
 * Failures: a crash drops everything but the store. It is carried out from an event of its own, because it may be ordered while the
 * device's own code is on the stack.
 */
#include "tests/lib/sim_device.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "store/copy.h"
#include "store/vault.h"

static const char INCARNATION_ROW[] = "incarnation";

enum { CHORE_MIN_MS = 800, CHORE_MAX_MS = 4000, FILE_WAIT_MS = 3000, LOCK_WAIT_MS = 20 };

/* --- Its surroundings ------------------------------------------------------------------------------------------------ */

static uint64_t monotonic_ms(void *context)
{
	return ((const struct sim_device *)context)->time->now_ms;
}

static uint64_t wall_ms(void *context)
{
	const struct sim_device *device = context;
	return (uint64_t)((int64_t)(SIM_EPOCH_MS + device->time->now_ms) + device->clock_offset_ms);
}

static void random_bytes(void *context, void *out, size_t size)
{
	rng_bytes(&((struct sim_device *)context)->random, out, size);
}

void sim_device_init(
        struct sim_device *device, struct sim_time *time, struct sim_net *net, uint32_t number, uint64_t seed)
{
	*device = (struct sim_device){.time = time, .net = net, .number = number, .dials = true};
	device->rng = rng_new(seed);
	device->random = rng_new(rng_u64(&device->rng));
	device->env = (struct env){monotonic_ms, wall_ms, random_bytes, device};
	device->faults = (struct sim_device_faults){.commit_min_ms = 1, .commit_max_ms = 10};
	rng_bytes(&device->rng, device->vault_key, sizeof(device->vault_key));
	device->store = store_mem_new();
	store_mem_seed(device->store, rng_u64(&device->rng));
}

/* --- Incarnation (store/incarnation.h, without a file system) --------------------------------------------------------- */

static int read_incarnation(struct sim_device *device, struct incarnation_id *id)
{
	struct store_txn *txn;
	struct span value;
	*id = (struct incarnation_id){0};
	int result = store_begin(device->store, false, &txn);
	if (result)
		return result;
	result = store_get(txn, STORE_META, span_text(INCARNATION_ROW), &value);
	if (result == 0 && value.size == sizeof(id->bytes))
		memcpy(id->bytes, value.data, sizeof(id->bytes));
	store_abort(txn);
	return result == ERR_NOTFOUND ? 0 : result;
}

static int begin_incarnation(struct sim_device *device)
{
	struct store_txn *txn;
	random_bytes(device, device->beside.bytes, sizeof(device->beside.bytes));
	device->counts.incarnations++;
	int result = store_begin(device->store, true, &txn);
	if (result)
		return result;
	result = store_put(txn, STORE_META, span_text(INCARNATION_ROW),
	        span_of(device->beside.bytes, sizeof(device->beside.bytes)));
	if (result == 0)
		return store_commit(txn);
	store_abort(txn);
	return result;
}

/* --- Opening and closing ---------------------------------------------------------------------------------------------- */

static void on_commit(void *context);
static void on_tick(void *context);
static void on_chore(void *context);
static void on_boot(void *context);
static void on_power(void *context);

static void turn_from_net(void *context)
{
	sim_device_turn(context);
}

static int open_node(struct sim_device *device)
{
	struct node_config config = {.env = &device->env, .store = device->store};
	int result = read_incarnation(device, &config.incarnation);
	if (result == 0 &&
	        (incarnation_id_is_zero(&device->beside) ||
	                !incarnation_id_eq(&device->beside, &config.incarnation)))
		result = begin_incarnation(device);
	if (result)
		return result;
	config.incarnation = device->beside;
	result = vault_new(device->store, device->vault_key, &device->env, &device->vault);
	if (result == 0)
		result = store_writer_new(device->store, STORE_WRITER_STEPPED, NULL, NULL, &device->writer);
	config.vault = device->vault;
	config.writer = device->writer;
	if (result == 0)
		result = node_init(&config);
	if (result == 0 || result == ERR_EXISTS)
		result = node_new(&config, &device->node);
	return result;
}

int sim_device_start(struct sim_device *device)
{
	struct net_address bound;
	const struct net_address everywhere = {{0}, 0, 0};
	int result = open_node(device);
	if (result)
		return result;
	device->peers = peers_new(
	        device->node, sim_net_host(device->net, device->number, turn_from_net, device));
	if (device->early_missing)
		peers_early_from(device->peers, device->early_missing);
	result = peers_listen(device->peers, &everywhere, &bound);
	assert(result == 0);
	sim_net_silence(device->net, device->number, false);
	device->up = true;
	device->counts.openings++;
	sim_time_after(
	        device->time, &device->chore, rng_between(&device->rng, 1, CHORE_MAX_MS), on_chore, device);
	if (device->opened)
		device->opened(device->context, device);
	sim_device_turn(device);
	return 0;
}

static void cancel_all(struct sim_device *device)
{
	sim_time_cancel(device->time, &device->commit);
	sim_time_cancel(device->time, &device->tick);
	sim_time_cancel(device->time, &device->chore);
	sim_time_cancel(device->time, &device->boot);
	sim_time_cancel(device->time, &device->power);
	sim_time_cancel(device->time, &device->lock);
	sim_time_cancel(device->time, &device->file);
}

static void drop_memory(struct sim_device *device)
{
	device->up = false;
	cancel_all(device);
	sim_net_host(device->net, device->number, NULL, NULL);
	device->counts.pushed += peers_pushed(device->peers);
	peers_free(device->peers);
	/* What waits for the writer never reaches the disk. */
	store_mem_fail_commit(device->store, 1, ERR_NOSPACE, STORE_MEM_LOST);
	store_writer_free(device->writer);
	store_mem_fail_commit(device->store, 0, ERR_NOSPACE, STORE_MEM_LOST);
	node_free(device->node);
	vault_free(device->vault);
	device->peers = NULL;
	device->writer = NULL;
	device->node = NULL;
	device->vault = NULL;
}

void sim_device_close(struct sim_device *device)
{
	if (device->up)
		drop_memory(device);
	cancel_all(device);
	store_close(device->store);
	device->store = NULL;
}

/* --- Crashes ---------------------------------------------------------------------------------------------------------- */

static void on_boot(void *context)
{
	struct sim_device *device = context;
	int result = sim_device_start(device);
	assert(result == 0);
}

static void on_power(void *context)
{
	struct sim_device *device = context;
	if (!device->up || device->dead)
		return;
	device->counts.crashes++;
	sim_net_silence(device->net, device->number, rng_chance(&device->rng, 500));
	drop_memory(device);
	store_mem_crash(device->store);
	sim_time_after(device->time, &device->boot, device->restart_ms, on_boot, device);
}

void sim_device_crash(struct sim_device *device, uint64_t down_ms)
{
	if (!device->up)
		return;
	device->restart_ms = down_ms;
	if (device->turning)
		sim_time_after(device->time, &device->power, 0, on_power, device);
	else
		on_power(device);
}

/* ---- Backups ---- */

void sim_device_backup(struct sim_device *device, struct sim_backup *out)
{
	sim_backup_close(out);
	out->image = store_mem_image_take(device->store);
	memcpy(out->vault_key, device->vault_key, sizeof(out->vault_key));
}

void sim_backup_close(struct sim_backup *backup)
{
	store_mem_image_free(backup->image);
	*backup = (struct sim_backup){0};
}

int sim_device_restore(
        struct sim_device *device, const struct sim_backup *backup, bool noticed, uint64_t down_ms)
{
	if (!device->up || device->turning)
		return ERR_BUSY;
	sim_device_crash(device, down_ms);
	store_mem_image_restore(device->store, backup->image);
	memcpy(device->vault_key, backup->vault_key, sizeof(device->vault_key));
	if (noticed)
		device->beside = (struct incarnation_id){0};
	return 0;
}

/* --- Locking, and another file ---------------------------------------------------------------------------------------- */

static void on_lock(void *context)
{
	struct sim_device *device = context;
	if (!device->up)
		return;
	if (!node_idle(device->node)) {
		sim_time_after(device->time, &device->lock, LOCK_WAIT_MS, on_lock, device);
		return;
	}
	device->counts.locks++;
	drop_memory(device);
	sim_time_after(device->time, &device->boot, device->locked_ms, on_boot, device);
}

void sim_device_lock(struct sim_device *device, uint64_t locked_ms)
{
	if (!device->up || device->lock.place)
		return;
	device->locked_ms = locked_ms;
	sim_time_after(device->time, &device->lock, 0, on_lock, device);
}

/* All rows under another key in another store. */
static struct store *reseal(struct sim_device *device, uint8_t key[VAULT_KEY_BYTES])
{
	struct store *next = store_mem_new();
	struct vault *old;
	store_mem_seed(next, rng_u64(&device->rng));
	random_bytes(device, key, VAULT_KEY_BYTES);
	uint32_t damaged;
	int result = vault_new(device->store, device->vault_key, &device->env, &old);
	assert(result == 0);
	result = store_reseal(device->store, old, next, key, &device->env, &damaged);
	assert(result == 0);
	vault_free(old);
	return next;
}

/* The power may fail before the new file has its name, before it is opened, and before it is noted that it is there. */
static void on_file(void *context)
{
	enum { BEFORE_NAME, BEFORE_OPENING, BEFORE_NOTE, NEVER };
	struct sim_device *device = context;
	uint8_t key[VAULT_KEY_BYTES];
	if (!device->up || !node_wants_new_file(device->node))
		return;
	uint32_t crash = rng_chance(&device->rng, device->faults.crash_new_file)
	        ? (uint32_t)rng_below(&device->rng, NEVER)
	        : NEVER;
	device->counts.file_crashes += crash != NEVER;
	device->counts.crashes += crash == BEFORE_NAME || crash == BEFORE_OPENING;
	drop_memory(device);
	struct store *next = reseal(device, key);
	store_close(crash == BEFORE_NAME ? next : device->store);
	if (crash != BEFORE_NAME) {
		device->store = next;
		memcpy(device->vault_key, key, sizeof(key));
	}
	if (crash == BEFORE_NAME || crash == BEFORE_OPENING) {
		store_mem_crash(device->store);
		sim_time_after(
		        device->time, &device->boot, rng_between(&device->rng, 5, 4000), on_boot, device);
		return;
	}
	int result = sim_device_start(device);
	assert(result == 0);
	node_file_is_new(device->node);
	device->counts.new_files += crash == NEVER;
	sim_device_turn(device);
	if (crash == BEFORE_NOTE)
		sim_device_crash(device, rng_between(&device->rng, 5, 4000));
}

/* --- Turning ---------------------------------------------------------------------------------------------------------- */

static void schedule(struct sim_device *device)
{
	struct store_writer_stats stats;
	uint64_t due_ms = peers_due_ms(device->peers), now_ms = device->time->now_ms;
	store_writer_stats(device->writer, &stats);
	if (stats.waiting_count && !device->commit.place)
		sim_time_after(device->time, &device->commit,
		        rng_between(&device->rng, device->faults.commit_min_ms, device->faults.commit_max_ms),
		        on_commit, device);
	if (due_ms == UINT64_MAX)
		sim_time_cancel(device->time, &device->tick);
	else if (!device->tick.place || device->tick.at_ms != due_ms)
		sim_time_after(
		        device->time, &device->tick, due_ms > now_ms ? due_ms - now_ms : 0, on_tick, device);
	if (!device->file.place && node_wants_new_file(device->node))
		sim_time_after(device->time, &device->file, rng_between(&device->rng, 1, FILE_WAIT_MS),
		        on_file, device);
}

void sim_device_turn(struct sim_device *device)
{
	if (!device->up || device->turning)
		return;
	device->turning++;
	peers_turn(device->peers);
	device->turning--;
	schedule(device);
	if (node_outdated(device->node)) {
		/* The shell begins a new incarnation and opens again. */
		device->beside = (struct incarnation_id){0};
		sim_device_crash(device, 1);
	}
}

static void order_faults(struct sim_device *device)
{
	const struct sim_device_faults *faults = &device->faults;
	if (rng_chance(&device->rng, faults->uncertain_commit)) {
		device->counts.uncertain++;
		store_mem_fail_commit(device->store, 1, ERR_UNCERTAIN, STORE_MEM_RANDOM);
	} else if (rng_chance(&device->rng, faults->no_space)) {
		device->counts.no_space++;
		store_mem_fail_commit(device->store, 1, ERR_NOSPACE, STORE_MEM_LOST);
	}
}

static void on_commit(void *context)
{
	struct sim_device *device = context;
	uint64_t down_ms = rng_between(&device->rng, 5, 4000);
	if (rng_chance(&device->rng, device->faults.crash_before_commit)) {
		sim_device_crash(device, down_ms);
		return;
	}
	order_faults(device);
	device->counts.commits++;
	store_writer_step(device->writer);
	store_mem_fail_commit(device->store, 0, ERR_NOSPACE, STORE_MEM_LOST);
	if (rng_chance(&device->rng, device->faults.crash_after_commit)) {
		sim_device_crash(device, down_ms);
		return;
	}
	sim_device_turn(device);
}

static void on_tick(void *context)
{
	struct sim_device *device = context;
	device->turning++;
	peers_tick(device->peers);
	device->turning--;
	sim_device_turn(device);
}

/* --- Chores ----------------------------------------------------------------------------------------------------------- */

void sim_device_dial(struct sim_device *device)
{
	uint32_t host = (uint32_t)rng_below(&device->rng, SIM_HOSTS_MAX);
	for (uint32_t i = 0; i < SIM_HOSTS_MAX; i++, host = (host + 1) % SIM_HOSTS_MAX) {
		const struct device_id *id = host == device->number
		        ? NULL
		        : device->colleague(device->context, host);
		struct net_address address = sim_net_address(host);
		if (id && node_in_team(device->node) && peers_dial(device->peers, &address, id) == 0)
			return;
	}
}

static void on_chore(void *context)
{
	struct sim_device *device = context;
	sim_time_after(device->time, &device->chore, rng_between(&device->rng, CHORE_MIN_MS, CHORE_MAX_MS),
	        on_chore, device);
	device->turning++;
	peers_tick(device->peers); /* the shell does so each second */
	device->turning--;
	if (device->dials && device->colleague)
		sim_device_dial(device);
	if (node_in_team(device->node) && rng_chance(&device->rng, 200))
		node_acknowledge(device->node);
	if (rng_chance(&device->rng, 100))
		node_checkpoint(device->node, true);
	if (node_in_team(device->node)) {
		node_end_cases(device->node);
		if (rng_chance(&device->rng, 100))
			node_renew_old_keys(device->node, 0);
	}
	sim_device_turn(device);
}
