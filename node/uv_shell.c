/* The course of opening, turning and closing: uv_shell.h. Long because all of it works on the one struct that the loop owns. */
#include "node/uv_shell.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "net/uv_address.h"
#include "net/uv_beacon.h"
#include "net/uv_link.h"
#include "node/finding.h"
#include "node/keyring/erased.h"
#include "node/node_access.h"
#include "node/node_photo.h"
#include "node/uv_env.h"
#include "node/node_search.h"
#include "store/ballast.h"
#include "store/file.h"
#include "store/incarnation.h"
#include "store/store_lmdb.h"

enum {
	TRY_MS = 200, /* between two tries at an address whose device is not known */
	AWAY_MS = 5000, /* more than a busy machine ever comes late */
	TICK_MS = 1000, /* half a keep-alive is plenty for every deadline of a session */
	BEACON_TICKS = 5, /* a colleague who comes in is found within seconds */
	DIAL_TICKS = 15, /* known addresses are tried again: radio links come and go */
	CHECKPOINT_TICKS = 60,
	FILE_WAIT_TICKS = 30, /* a first meeting of a whole team takes less */
	FILE_AGAIN_TICKS = 60,
	ROOM_AGAIN_TICKS = 5, /* looking whether there is room costs nothing */
	KEYS_TICKS =
	        60, /* what somebody holds unduly is replaced within a minute of knowing; looking costs nothing */
	AHEAD_DOSSIERS = 64,
	AHEAD_MS = 10, /* what is made ahead takes so long at a time, */
	AHEAD_AGAIN_MS =
	        5, /* and then lets others have the loop for so long: a team's dossiers take a second or two */
	TIDY_TICKS = 20, /* after a long look memory is small again before anybody wonders */
};

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

struct uv_shell {
	struct uv_shell_config config;
	char *directory, *incarnation_path, *meetings_path;
	uv_loop_t *loop;
	struct uv_database database;
	struct store_writer *writer;
	struct incarnation_id incarnation;
	struct node *node;
	struct net_link *link;
	struct peers *peers;
	struct finding *finding;
	struct net_uv_beacon *beacon;
	struct meetings meetings;
	struct net_address bound, wanted;
	bool listening, beacons;
	uv_prepare_t turn;
	uv_async_t wake;
	uv_timer_t tick, ahead;
	uint64_t seen, seen_membership; /* heads at the last turn */
	uint64_t no_room_seen; /* commits that found no room, as of the last turn */
	uint64_t key_age_ms; /* keys older than that are renewed; 0: never */
	bool full; /* the ballast was given up */
	struct uv_shell_quota quota;
	bool over_quota;
	uint64_t withheld_ms; /* when the last one was noticed that the log names */
	uint64_t ticks, acknowledged; /* sum of the heads that were acknowledged last, */
	uint64_t acknowledged_tick; /* then */
	bool met; /* somebody, since the last acknowledgement was considered */
	uint64_t ticked_wall_ms; /* of the last tick */
	uint64_t addresses; /* of this machine, as of the last announcement: a hash */
	unsigned open_handles;
	bool closing, checkpointed, acknowledge_now;
	uint64_t tidied; /* what was committed when memory was tidied last */
	bool failed; /* there is no node any more, and no database: the owner closes it */
	bool wipe_due; /* freed memory is to be overwritten */
	bool file_tried; /* while closing */
	uint64_t file_until,
	        file_again; /* ticks: how long connections are waited for, when it is tried again */
	uint32_t file_needs_mib; /* for want of so much room there is no new file; 0: it was not that */
	void (*closed)(void *context);
	void *closed_context;
};

void uv_shell_harden(void)
{
	const struct rlimit none = {0, 0};
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	uv_env_one_heap();
	umask(077);
}

/* ---- Turning ---- */

/* Heads only grow, so that their sum moves when anything is committed. */
static uint64_t committed_sum(struct uv_shell *shell, uint64_t *membership)
{
	struct log *log = node_log(shell->node);
	uint64_t sum = 0;
	*membership = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		sum += feed->committed_seq;
		*membership += feed->compartment == COMPARTMENT_MEMBERSHIP ? feed->committed_seq : 0;
	}
	return sum;
}

/* ---- Room on the disk ---- */

static void limit_node(struct uv_shell *shell)
{
	node_limit_device(shell->node, shell->quota.device_entries);
	node_limit_photos(shell->node, shell->quota.photo_bytes, shell->quota.photo_days);
}

static void hold_back(struct uv_shell *shell)
{
	node_hold_back(shell->node, shell->full || shell->over_quota);
	if (shell->peers)
		peers_say_room(shell->peers,
		        shell->full                 ? PEERS_FULL_DISK
		                : shell->over_quota ? PEERS_FULL_TEAM
		                                    : PEERS_FULL_NOT,
		        shell->full ? 0 : shell->quota.team_bytes);
}

/* Room is there again below a little less: a page that comes and goes must not make sessions ask in turn. */
static void watch_quota(struct uv_shell *shell)
{
	struct store_usage usage;
	const uint64_t most = shell->quota.team_bytes;
	if (!most || store_usage(shell->database.store, &usage))
		return;
	bool over = usage.used_bytes > (shell->over_quota ? most - most / 128 : most);
	if (over == shell->over_quota)
		return;
	shell->over_quota = over;
	journal_write(shell->config.journal, over ? JOURNAL_WARN : JOURNAL_INFO,
	        over ? "quota.full" : "quota.room", "used=%llu quota=%llu",
	        (unsigned long long)usage.used_bytes, (unsigned long long)most);
	hold_back(shell);
}

/* Revoking, deciding and erasing go on in the room that the ballast held. */
static void give_up_ballast(struct uv_shell *shell)
{
	if (!shell->full)
		journal_write(shell->config.journal, JOURNAL_WARN, "disk.full", NULL);
	shell->full = true;
	store_ballast_free(shell->directory);
	hold_back(shell);
}

/* Records are taken while the ballast is held. */
static void hold_ballast(struct uv_shell *shell)
{
	bool held = store_ballast_held(shell->directory);
	uint64_t needed = held ? LIMIT_DISK_LOW_BYTES : LIMIT_BALLAST_BYTES + LIMIT_BALLAST_BESIDE_BYTES;
	if (file_room(shell->directory) < needed || store_ballast_make(shell->directory) != 0) {
		give_up_ballast(shell);
		return;
	}
	if (shell->full)
		journal_write(shell->config.journal, JOURNAL_INFO, "disk.room", NULL);
	shell->full = false;
	hold_back(shell);
}

static void notice_full_disk(struct uv_shell *shell)
{
	uint64_t count = node_no_room_count(shell->node);
	if (count != shell->no_room_seen)
		give_up_ballast(shell);
	shell->no_room_seen = count;
}

static void turn(struct uv_shell *shell)
{
	struct node_news news = {0};
	peers_turn(shell->peers);
	notice_full_disk(shell);
	if (!shell->config.turned)
		return;
	/* Sessions take the node's own news; what the owner is told comes from comparing heads. */
	uint64_t membership, sum = committed_sum(shell, &membership);
	news.heads = sum != shell->seen;
	news.membership = membership != shell->seen_membership;
	shell->seen = sum;
	shell->seen_membership = membership;
	if (news.heads)
		watch_quota(shell);
	shell->config.turned(shell->config.context, &news);
}

/* Our last acknowledgement is older than that. */
static bool is_silent(struct uv_shell *shell, uint64_t ms)
{
	const struct device_id self = node_device(shell->node);
	const uint64_t said_ms = node_heard_of(shell->node, &self).said_ms, now_ms = env_wall_ms(uv_env());
	return now_ms < said_ms || now_ms - said_ms > ms;
}

static bool is_with_somebody(struct uv_shell *shell)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(shell->peers, i, &status); i++)
		if (status.connected && status.level)
			return true;
	return false;
}

/* In a meeting of many everybody acknowledges to everybody, so that it costs the square of the team: it is done less often. */
static bool may_acknowledge(const struct uv_shell *shell)
{
	uint32_t sessions = peers_session_count(shell->peers);
	return sessions <= LIMIT_SESSIONS_FEW ||
	        shell->ticks >= shell->acknowledged_tick + sessions / LIMIT_SESSIONS_PER_TICK;
}

/* What is on our disk, when that is news; and that it is still all, so that those whom we do not meet know how old what they have of us is. */
static void acknowledge(struct uv_shell *shell, bool met)
{
	uint64_t membership, sum = committed_sum(shell, &membership);
	shell->met |= met;
	if (!node_in_team(shell->node) || !may_acknowledge(shell))
		return;
	const bool is_due = sum != shell->acknowledged ||
	        (shell->met && is_silent(shell, LIMIT_ACK_MEETING_MS)) ||
	        (is_silent(shell, LIMIT_ACK_AGAIN_MS) && is_with_somebody(shell));
	shell->met = false;
	if (!is_due || node_acknowledge(shell->node) != 0)
		return;
	shell->acknowledged = sum;
	shell->acknowledged_tick = shell->ticks;
}

static void on_wake(uv_async_t *async)
{
	(void)async; /* the turn before the next wait polls the writer */
}

static void wake_from_writer(void *context)
{
	struct uv_shell *shell = context;
	uv_async_send(&shell->wake);
}

static void on_peer(void *context, const struct peer_status *status)
{
	struct uv_shell *shell = context;
	char id[JOURNAL_ID_BYTES];
	if (device_id_is_zero(&status->device))
		return;
	bool ended = !status->connected;
	if (ended && status->dialled)
		meetings_tried(&shell->meetings, &status->device, &status->address, status->error);
	journal_write(shell->config.journal, JOURNAL_INFO,
	        ended                   ? "peer.ended"
	                : status->level ? "peer.level"
	                                : "peer.connected",
	        "device=%s missing_here=%llu missing_there=%llu error=%s",
	        journal_id(id, status->device.bytes), (unsigned long long)status->progress.missing_here,
	        (unsigned long long)status->progress.missing_there, err_name(status->error));
	if (status->connected)
		finding_learn(shell->finding);
	const struct peers_withheld *withheld = peers_withheld(shell->peers, &status->device);
	if (withheld && withheld->noticed_ms != shell->withheld_ms) {
		shell->withheld_ms = withheld->noticed_ms;
		journal_write(shell->config.journal, JOURNAL_WARN, "relay.holdsBack",
		        "device=%s entries=%llu", id, (unsigned long long)withheld->most);
	}
	if (status->level)
		shell->acknowledge_now = true;
	if (status->level)
		meetings_note(&shell->meetings, &status->device, NULL, env_wall_ms(uv_env()));
}

/* ---- Finding each other ---- */

void uv_shell_seek(struct uv_shell *shell)
{
	finding_seek(shell->finding);
}

/* Called for each address of this machine; the port is the one where we listen. */
static void make_beacon(void *context, const struct net_address *source, uint8_t out[NET_BEACON_BYTES])
{
	struct uv_shell *shell = context;
	struct net_address listening = *source;
	listening.port = shell->bound.port;
	finding_beacon(shell->finding, &listening, out);
}

static void on_beacon(void *context, struct span datagram, const struct net_address *source)
{
	struct uv_shell *shell = context;
	finding_heard(shell->finding, datagram, source);
}

static const struct net_uv_beacon_events BEACON_EVENTS = {on_beacon, make_beacon};

/* The network is another one, or we were away: colleagues are told and looked for at once. */
static void look_around(struct uv_shell *shell)
{
	peers_doubt(shell->peers);
	if (shell->beacon)
		net_uv_beacon_announce(shell->beacon);
	finding_seek(shell->finding);
}

/* A machine that slept, or a process that was stopped. Its own clock may have stood still meanwhile, the wall's has not. */
static bool was_away(struct uv_shell *shell)
{
	uint64_t wall_ms = env_wall_ms(uv_env()), before_ms = shell->ticked_wall_ms;
	shell->ticked_wall_ms = wall_ms;
	return before_ms && wall_ms > before_ms + AWAY_MS;
}

static bool is_elsewhere(struct uv_shell *shell)
{
	uint64_t before = shell->addresses;
	shell->addresses = net_uv_address_mark();
	return shell->addresses != before;
}

/* ---- Time ---- */

static void reopen_outdated(struct uv_shell *shell);
static bool may_change_file(struct uv_shell *shell);
static void change_file(struct uv_shell *shell);

static bool is_between(struct uv_shell *shell)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(shell->peers, i, &status); i++)
		if (!status.connected || !status.level)
			return true;
	return false;
}

static void on_turn(uv_prepare_t *prepare)
{
	struct uv_shell *shell = prepare->data;
	turn(shell);
	if (node_outdated(shell->node)) {
		reopen_outdated(shell);
		return;
	}
	if (may_change_file(shell)) {
		change_file(shell);
		return;
	}
	/* A colleague who just sent us everything is told at once that it is on our disk; in a meeting of many, when all have: a vector for each would
	 * go to everybody. The tick does not wait. */
	if (!shell->acknowledge_now || !node_idle(shell->node) || is_between(shell))
		return;
	shell->acknowledge_now = false;
	acknowledge(shell, true);
	turn(shell);
}

/* Devices that hear of the same removal do not all look at once. */
static uint64_t keys_turn(const struct uv_shell *shell)
{
	return node_device(shell->node).bytes[0] % KEYS_TICKS;
}

/* What was looked at, or came, goes out of memory again: once nothing more comes also what no checkpoint holds yet, as after a cold join. */
static void tidy(struct uv_shell *shell)
{
	uint64_t membership;
	const uint64_t sum = committed_sum(shell, &membership);
	if (!node_tidy(shell->node) && sum == shell->tidied)
		node_checkpoint(shell->node, true);
	shell->tidied = sum;
	store_lmdb_rest(shell->database.store);
	uv_env_give_back();
}

/* What lists and searches would have to do at first. True: there is more. */
static bool read_ahead(struct uv_shell *shell)
{
	if (!node_idle(shell->node) || node_is_stopped(shell->node) || node_erasing(shell->node))
		return false;
	if (node_digest_ahead(shell->node, AHEAD_DOSSIERS, AHEAD_MS) > 0)
		return true;
	const bool has_more = node_search_ahead(shell->node, AHEAD_MS) > 0;
	node_checkpoint(
	        shell->node, false); /* of much that was read: whoever ends the program goes on from there */
	return has_more;
}

/* A bit at a time, so that nobody who talks to this device waits for it. */
static void on_ahead(uv_timer_t *timer)
{
	if (read_ahead(timer->data))
		uv_timer_start(timer, on_ahead, AHEAD_AGAIN_MS, 0);
}

static void on_tick(uv_timer_t *timer)
{
	struct uv_shell *shell = timer->data;
	shell->ticks++;
	if (shell->wipe_due)
		uv_env_wipe_free();
	shell->wipe_due = false;
	peers_tick(shell->peers);
	finding_learn(shell->finding);
	bool trying = finding_step(shell->finding);
	node_end_cases(shell->node);
	uv_timer_start(timer, on_tick, trying ? TRY_MS : TICK_MS, 0);
	if (shell->full)
		hold_ballast(shell);
	watch_quota(shell); /* rows of state take room too, and purging gives some back */
	node_write_accesses(shell->node);
	acknowledge(shell, false);
	meetings_save(&shell->meetings, shell->meetings_path);
	if (shell->beacon && shell->ticks % BEACON_TICKS == 1)
		net_uv_beacon_announce(shell->beacon);
	if (shell->ticks % DIAL_TICKS == 1)
		finding_seek(shell->finding);
	if (was_away(shell) || is_elsewhere(shell))
		look_around(shell);
	if (shell->ticks % CHECKPOINT_TICKS == 0)
		node_checkpoint(shell->node, false);
	if (shell->ticks % KEYS_TICKS == keys_turn(shell) &&
	        node_renew_old_keys(shell->node, shell->key_age_ms))
		journal_write(shell->config.journal, JOURNAL_WARN, "keys.notRenewed", NULL);
	if (!uv_is_active((uv_handle_t *)&shell->ahead))
		on_ahead(&shell->ahead);
	if (shell->ticks % TIDY_TICKS == 0)
		tidy(shell);
}

/* ---- Opening ---- */

static int open_incarnation(struct uv_shell *shell, bool is_outdated)
{
	int result = incarnation_check(shell->database.store, shell->incarnation_path, &shell->incarnation);
	if (result < 0 || (result == 0 && !is_outdated))
		return result;
	randombytes_buf(shell->incarnation.bytes, sizeof(shell->incarnation.bytes));
	char id[JOURNAL_ID_BYTES];
	journal_write(shell->config.journal, result == INCARNATION_ABSENT ? JOURNAL_INFO : JOURNAL_WARN,
	        "incarnation.begin", "id=%s reason=%s", journal_id(id, shell->incarnation.bytes),
	        is_outdated                            ? "peers-know-more"
	                : result == INCARNATION_ABSENT ? "new"
	                                               : "restored-copy");
	return incarnation_begin(shell->database.store, shell->incarnation_path, &shell->incarnation);
}

static int open_node(struct uv_shell *shell, bool is_outdated)
{
	int result = open_incarnation(shell, is_outdated);
	if (!result)
		result = store_writer_new(shell->database.store, STORE_WRITER_THREADED, wake_from_writer,
		        shell, &shell->writer);
	if (result)
		return result;
	struct node_config config = {.env = uv_env(),
	        .store = shell->database.store,
	        .writer = shell->writer,
	        .vault = shell->database.vault,
	        .incarnation = shell->incarnation};
	result = node_new(&config, &shell->node);
	if (result)
		return result;
	struct net_uv_limits limits = net_uv_limits_default();
	limit_node(shell);
	shell->no_room_seen = 0;
	shell->link = net_uv_link_new(shell->loop, &limits);
	shell->peers = peers_new(shell->node, shell->link);
	hold_back(shell);
	peers_on_change(shell->peers, on_peer, shell);
	shell->finding = finding_new(shell->node, shell->peers, &shell->meetings);
	return 0;
}

static void close_node(struct uv_shell *shell)
{
	finding_free(shell->finding);
	peers_free(shell->peers);
	if (shell->link)
		net_uv_link_close(shell->link, NULL, NULL);
	/* What the writer still completes belongs to the node. */
	while (shell->writer && !store_writer_idle(shell->writer))
		store_writer_poll(shell->writer);
	node_free(shell->node);
	store_writer_free(shell->writer);
	shell->finding = NULL;
	shell->peers = NULL;
	shell->link = NULL;
	shell->node = NULL;
	shell->writer = NULL;
}

static int listen_again(struct uv_shell *shell)
{
	struct net_address local = shell->wanted;
	local.port = shell->bound.port ? shell->bound.port : local.port;
	return peers_listen(shell->peers, &local, &shell->bound);
}

/* Into the same loop, listening where it did. */
static int open_again(struct uv_shell *shell, bool is_outdated)
{
	int result = open_node(shell, is_outdated);
	if (!result && shell->listening)
		result = listen_again(shell);
	return result;
}

static void let_go(struct uv_shell *shell)
{
	if (shell->config.reopening)
		shell->config.reopening(shell->config.context);
	close_node(shell);
}

static void free_shell(struct uv_shell *shell)
{
	uv_database_close(&shell->database);
	mem_free(shell->directory);
	mem_free(shell->incarnation_path);
	mem_free(shell->meetings_path);
	mem_free(shell);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct uv_shell *shell = handle->data;
	if (--shell->open_handles > 0)
		return;
	void (*closed)(void *) = shell->closed;
	void *context = shell->closed_context;
	free_shell(shell);
	if (closed)
		closed(context);
}

static void close_handles(struct uv_shell *shell)
{
	shell->open_handles = 4;
	uv_close((uv_handle_t *)&shell->turn, on_handle_closed);
	uv_close((uv_handle_t *)&shell->tick, on_handle_closed);
	uv_close((uv_handle_t *)&shell->ahead, on_handle_closed);
	uv_close((uv_handle_t *)&shell->wake, on_handle_closed);
}

/* Without a node nothing of this team can go on; what is on the disk is as a crash would have left it, and the next opening begins there. */
static void give_up(struct uv_shell *shell, const char *event, int result)
{
	journal_write(shell->config.journal, JOURNAL_ERROR, event, "error=%s", err_name(result));
	close_node(shell);
	uv_database_close(&shell->database);
	net_uv_beacon_close(shell->beacon);
	shell->beacon = NULL;
	shell->failed = true;
	uv_timer_stop(&shell->tick);
	uv_timer_stop(&shell->ahead);
	uv_prepare_stop(&shell->turn);
	if (!shell->config.failed)
		abort();
	if (shell->closing)
		close_handles(shell);
	else
		shell->config.failed(shell->config.context, result);
}

/* A peer knows more of our own feed than we do: this database is an older copy. What it holds stays; we write on under a new
 * incarnation. */
static void reopen_outdated(struct uv_shell *shell)
{
	node_write_accesses(shell->node);
	node_flush(shell->node);
	if (!node_idle(shell->node)) {
		turn(shell);
		return; /* at the next turn */
	}
	let_go(shell);
	int result = open_again(shell, true);
	if (result) {
		give_up(shell, "incarnation.failed", result);
		return;
	}
	turn(shell); /* the owner hears of the new node before anything else runs in this loop */
	uv_shell_seek(shell);
}

/* ---- Another file after erasing (node/README.md, "Erasing a dossier") ---- */

/* The old file is there until the new one stands in its place. 0: not known, trying says what is the matter. */
static uint64_t room_for_file(struct uv_shell *shell)
{
	struct store_usage usage;
	if (store_usage(shell->database.store, &usage))
		return 0;
	return usage.used_bytes + usage.used_bytes / 16 + LIMIT_NEW_FILE_BESIDE_BYTES;
}

static uint32_t in_mib(uint64_t bytes)
{
	return (uint32_t)((bytes >> 20) + 1);
}

/* Erasing may use the room that the ballast holds. Otherwise the others are told what it waits for. */
static bool has_room_for_file(struct uv_shell *shell)
{
	const uint64_t needed = room_for_file(shell), room = file_room(shell->directory);
	if (room >= needed)
		return true;
	if (store_ballast_held(shell->directory) && room + LIMIT_BALLAST_BYTES >= needed) {
		give_up_ballast(shell);
		return true;
	}
	const uint32_t needed_mib = in_mib(needed);
	if (shell->file_needs_mib != needed_mib)
		journal_write(shell->config.journal, JOURNAL_WARN, "file.waits", "needed_mb=%u", needed_mib);
	shell->file_needs_mib = needed_mib;
	shell->file_again = shell->ticks + ROOM_AGAIN_TICKS;
	node_file_waits(shell->node, ERASED_WAITS_ROOM, needed_mib);
	return false;
}

/* Connections end by it: one that brings something is waited for a while. */
static bool may_change_file(struct uv_shell *shell)
{
	if (!node_wants_new_file(shell->node) || shell->ticks < shell->file_again)
		return false;
	if (!shell->file_until)
		shell->file_until = shell->ticks + FILE_WAIT_TICKS;
	return (shell->ticks >= shell->file_until || !is_between(shell)) && has_room_for_file(shell);
}

static void change_file(struct uv_shell *shell)
{
	const uint32_t needed_mib = in_mib(room_for_file(shell));
	let_go(shell);
	uv_env_wipe_free(); /* before anything new is laid over the beginning of what was freed */
	shell->file_until = 0;
	uint32_t damaged;
	int result = uv_database_rekey(shell->directory, &shell->database, &damaged);
	if (damaged)
		journal_write(shell->config.journal, JOURNAL_ERROR, "file.damaged", "rows=%u", damaged);
	journal_write(shell->config.journal, result ? JOURNAL_WARN : JOURNAL_INFO,
	        result ? "file.not_replaced" : "file.replaced", "error=%s", err_name(result));
	int opened = shell->database.store ? open_again(shell, false) : result;
	if (opened) {
		give_up(shell, "file.failed", opened);
		return;
	}
	if (result) {
		shell->file_again = shell->ticks + FILE_AGAIN_TICKS;
		node_file_waits(shell->node, result == ERR_NOSPACE ? ERASED_WAITS_ROOM : ERASED_WAITS_FILE,
		        needed_mib);
	} else {
		shell->file_needs_mib = 0;
		node_file_is_new(shell->node);
	}
	turn(shell); /* the owner hears of the new node before anything else runs in this loop */
	shell->wipe_due = true; /* once answers that were under way are gone */
	if (!shell->closing)
		uv_shell_seek(shell);
	uv_async_send(&shell->wake);
}

static struct uv_shell *make_shell(const char *directory)
{
	struct uv_shell *shell = mem_zero(1, sizeof(*shell));
	shell->directory = mem_text(span_text(directory));
	shell->incarnation_path = file_join(directory, "incarnation");
	shell->meetings_path = file_join(directory, "meetings");
	return shell;
}

static void join_loop(struct uv_shell *shell)
{
	uv_prepare_init(shell->loop, &shell->turn);
	uv_timer_init(shell->loop, &shell->tick);
	uv_timer_init(shell->loop, &shell->ahead);
	shell->ahead.data = shell;
	shell->turn.data = shell->tick.data = shell;
	uv_prepare_start(&shell->turn, on_turn);
	uv_timer_start(&shell->tick, on_tick, TICK_MS, 0);
	shell->addresses = net_uv_address_mark();
}

int uv_shell_open(uv_loop_t *loop, const struct uv_shell_config *config, struct uv_shell **out,
        struct uv_database_problem *problem)
{
	struct uv_shell *shell = make_shell(config->directory);
	shell->config = *config;
	shell->loop = loop;
	shell->key_age_ms = UV_SHELL_KEY_DAYS * DAY_MS;
	int result = uv_database_open(config->directory, config->passphrase, &shell->database, problem);
	if (result) {
		free_shell(shell);
		return result;
	}
	uv_async_init(loop, &shell->wake, on_wake);
	shell->wake.data = shell;
	result = open_node(shell, false);
	if (result) {
		uv_database_node_problem(problem, result, config->directory);
		close_node(shell);
		uv_close((uv_handle_t *)&shell->wake, NULL);
		uv_run(loop, UV_RUN_NOWAIT);
		free_shell(shell);
		return result;
	}
	hold_ballast(shell);
	meetings_load(&shell->meetings, shell->meetings_path);
	join_loop(shell);
	*out = shell;
	return 0;
}

int uv_shell_init(const char *directory, struct span passphrase, struct keyfile_cost cost,
        struct uv_database_problem *problem)
{
	struct uv_database database;
	int result = uv_database_make(directory, passphrase, cost, &database, problem);
	if (result)
		return result;
	static struct journal silent;
	struct uv_shell *shell = make_shell(directory);
	shell->config.journal = &silent;
	shell->database = database;
	result = open_incarnation(shell, false);
	if (!result)
		result = store_writer_new(database.store, STORE_WRITER_STEPPED, NULL, NULL, &shell->writer);
	const struct node_config config = {.env = uv_env(),
	        .store = database.store,
	        .writer = shell->writer,
	        .vault = database.vault,
	        .incarnation = shell->incarnation};
	if (!result)
		result = node_init(&config);
	if (result)
		uv_database_node_problem(problem, result, directory);
	store_writer_free(shell->writer);
	free_shell(shell);
	if (result)
		uv_database_unmake(directory);
	return result;
}

int uv_shell_listen(
        struct uv_shell *shell, const struct net_address *local, bool beacons, struct net_address *bound)
{
	int result = peers_listen(shell->peers, local, &shell->bound);
	if (result)
		return result;
	shell->wanted = *local;
	shell->listening = true;
	*bound = shell->bound;
	struct net_uv_beacon_config config = {.port = NET_BEACON_UDP_PORT};
	if (beacons && net_uv_beacon_new(&shell->beacon, shell->loop, &config, &BEACON_EVENTS, shell) != 0)
		journal_write(shell->config.journal, JOURNAL_WARN, "beacon.off", NULL);
	look_around(shell);
	return 0;
}

/* ---- Closing ---- */

/* Once all is durable. */
static void finish_close(struct uv_shell *shell)
{
	meetings_save(&shell->meetings, shell->meetings_path);
	net_uv_beacon_close(shell->beacon);
	close_node(shell);
	close_handles(shell);
}

static void on_closing_turn(uv_prepare_t *prepare)
{
	struct uv_shell *shell = prepare->data;
	turn(shell);
	if (!node_idle(shell->node) || node_erases_now(shell->node))
		return;
	if (node_wants_new_file(shell->node) && !shell->file_tried) {
		shell->file_tried = true;
		if (has_room_for_file(shell))
			change_file(shell);
		return;
	}
	if (!shell->checkpointed) {
		shell->checkpointed = true;
		if (node_checkpoint(shell->node, true) == 0)
			turn(shell);
		if (!node_idle(shell->node))
			return;
	}
	uv_prepare_stop(prepare);
	finish_close(shell);
}

void uv_shell_close(struct uv_shell *shell, void (*closed)(void *context), void *context)
{
	if (shell->closing)
		return;
	shell->closing = true;
	shell->closed = closed;
	shell->closed_context = context;
	if (shell->failed) {
		close_handles(shell);
		return;
	}
	node_write_accesses(shell->node);
	uv_timer_stop(&shell->tick);
	uv_timer_stop(&shell->ahead);
	uv_prepare_stop(&shell->turn);
	uv_prepare_start(&shell->turn, on_closing_turn);
	uv_async_send(&shell->wake); /* one more turn at least */
}

int uv_shell_change_passphrase(struct uv_shell *shell, struct span old_passphrase, struct span new_passphrase,
        struct uv_database_problem *problem)
{
	int result = uv_database_change_passphrase(shell->directory, old_passphrase, new_passphrase, problem);
	/* Another key of the database is put into the key file as it is now, not under the old passphrase. */
	if (!result)
		uv_database_read_keys(shell->directory, new_passphrase, &shell->database);
	return result;
}

/* ---- Looking ---- */

void uv_shell_renew_keys_after(struct uv_shell *shell, unsigned days)
{
	shell->key_age_ms = days * DAY_MS;
}

void uv_shell_limit(struct uv_shell *shell, struct uv_shell_quota quota)
{
	shell->quota = quota;
	limit_node(shell);
	watch_quota(shell);
}

struct uv_shell_quota uv_shell_quota(const struct uv_shell *shell)
{
	return shell->quota;
}

bool uv_shell_over_quota(const struct uv_shell *shell)
{
	return shell->over_quota;
}

bool uv_shell_full(const struct uv_shell *shell)
{
	return shell->full;
}

void uv_shell_strangers(const struct uv_shell *shell, uint64_t *half_open, uint64_t *turned_away)
{
	const struct net_uv_link_counts counts = net_uv_link_counts(shell->link);
	*half_open = counts.half_open;
	*turned_away = counts.turned_away;
}

struct node *uv_shell_node(struct uv_shell *shell)
{
	return shell->node;
}

struct peers *uv_shell_peers(struct uv_shell *shell)
{
	return shell->peers;
}

struct store *uv_shell_store(struct uv_shell *shell)
{
	return shell->database.store;
}

struct vault *uv_shell_vault(struct uv_shell *shell)
{
	return shell->database.vault;
}

struct meetings *uv_shell_meetings(struct uv_shell *shell)
{
	return &shell->meetings;
}

struct net_address uv_shell_address(const struct uv_shell *shell)
{
	return shell->bound;
}
