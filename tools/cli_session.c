/* Requests: over the socket of the running program, or to the same code in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "store/file.h"
#include "tools/cli.h"
#include "tools/cli_http.h"
#include "tools/uv_local.h"

struct cli_session {
	char *socket_path;
	bool is_local; /* in this process */
	struct uv_local local;
};

/* ---- In this process ---- */

struct answer {
	uv_loop_t *loop; /* that waits for the answer, which ends that; NULL: none does */
	int status;
	json_t *body;
};

static void on_reply(void *context, int status, const json_t *body)
{
	struct answer *answer = context;
	answer->status = status;
	answer->body = json_deep_copy(body);
	if (answer->loop)
		uv_stop(answer->loop); /* it may come just before the loop would wait */
}

static void on_follow(void *context)
{
	struct answer *answer = context;
	answer->status = 501; /* commands follow nothing */
}

static void on_event(void *context, const char *name, const char *text)
{
	(void)context;
	(void)name;
	(void)text;
}

static const struct api_sink SINK = {on_reply, on_follow, on_event};

static int ask_local(struct cli_session *session, const char *method, const char *target, struct span body,
        struct answer *answer)
{
	struct api_request request = {.method = api_method_named(method),
	        .target = span_text(target),
	        .body_known = true,
	        .body_bytes = body.size};
	struct api_call *call = api_call_new(uv_local_api(&session->local), &request, &SINK, answer);
	api_call_body(call, body);
	api_call_end(call);
	/* An answer that came at once must not stop what runs next. */
	answer->loop = &session->local.loop;
	while (!answer->status)
		uv_run(&session->local.loop, UV_RUN_ONCE);
	api_call_close(call);
	return 0;
}

static int open_local(struct cli *cli, struct cli_session *session)
{
	struct buf passphrase = {0};
	struct uv_database_problem problem = {{0}};
	int result = cli_passphrase(cli, false, &passphrase);
	if (result)
		return result;
	result = uv_local_open(&session->local, cli->directory, buf_span(&passphrase), &problem);
	buf_wipe(&passphrase);
	if (result)
		return cli_say(cli_exit_of(result), "%s", problem.sentence);
	session->is_local = true;
	return 0;
}

/* ---- Over the socket ---- */

/* ERR_NOTFOUND: no program runs. */
static int ask_program(struct cli_session *session, const char *method, const char *target, struct span body,
        struct answer *answer)
{
	int fd;
	struct buf reply = {0};
	int result = cli_http_connect(session->socket_path, &fd);
	if (!result)
		result = cli_http_ask(fd, method, target, body, &answer->status, &reply);
	if (!result) {
		answer->body = json_loadb((const char *)reply.data, reply.size, JSON_REJECT_DUPLICATES, NULL);
		if (!answer->body)
			result = ERR_MALFORMED;
	}
	buf_wipe(&reply);
	return result;
}

/* ---- Both ---- */

static struct cli_session *session_of(struct cli *cli)
{
	if (!cli->session) {
		cli->session = mem_zero(1, sizeof(*cli->session));
		cli->session->socket_path = file_join(cli->root, "socket");
	}
	return cli->session;
}

bool cli_runs(struct cli *cli)
{
	int fd;
	if (cli_http_connect(session_of(cli)->socket_path, &fd))
		return false;
	close(fd);
	return true;
}

/* As the program is asked: of one of its teams. Owner frees with mem_free(). */
static char *target_of(const struct cli *cli, const char *target)
{
	static const char api[] = "/api";
	struct buf path = {0};
	if (!cli->team)
		return mem_text(span_text(target));
	buf_add_span(&path, span_text("/api/teams/"));
	buf_add_span(&path, span_text(cli->team));
	buf_add_span(&path, span_text(target + sizeof(api) - 1));
	char *text = mem_text(buf_span(&path));
	buf_close(&path);
	return text;
}

static int ask(
        struct cli *cli, const char *method, const char *target, struct span body, struct answer *answer)
{
	session_of(cli);
	if (cli->session->is_local)
		return ask_local(cli->session, method, target, body, answer);
	char *path = target_of(cli, target);
	int result = ask_program(cli->session, method, path, body, answer);
	mem_free(path);
	if (result == ERR_NOTFOUND || result == ERR_TOOBIG) {
		result = open_local(cli, cli->session);
		return result ? result : ask_local(cli->session, method, target, body, answer);
	}
	if (result == ERR_DENIED)
		return cli_say(CLI_DENIED, "this user may not use %s", cli->directory);
	return result
	        ? cli_say(cli_exit_of(result), "the running program did not answer: %s", err_sentence(result))
	        : 0;
}

/* The program found that its database is an older copy, and is about to begin a new incarnation: nothing was saved. */
static bool is_stale(const struct answer *answer)
{
	const char *code = json_string_value(json_object_get(json_object_get(answer->body, "error"), "code"));
	return code && strcmp(code, "STALE") == 0;
}

static int ask_until_settled(
        struct cli *cli, const char *method, const char *target, struct span body, struct answer *answer)
{
	enum { TRIES = 50, PAUSE_MS = 100 };
	int result = ask(cli, method, target, body, answer);
	for (int i = 1; i < TRIES && !result && is_stale(answer); i++) {
		json_decref(answer->body);
		*answer = (struct answer){0};
		cli_wait(cli, PAUSE_MS);
		result = ask(cli, method, target, body, answer);
	}
	return result;
}

int cli_request(struct cli *cli, const char *method, const char *target, struct span body, json_t **out)
{
	struct answer answer = {0};
	*out = NULL;
	int result = ask_until_settled(cli, method, target, body, &answer);
	if (result)
		return result;
	if (!cli->json && !cli->verbatim)
		cli_tame(answer.body);
	if (answer.status < 300) {
		*out = answer.body;
		return 0;
	}
	const json_t *error = json_object_get(answer.body, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const json_t *problems = json_object_get(error, "problems"), *problem;
	/* What is wrong with a record is said in the screens' language, with the names of its fields. */
	const char *message = json_array_size(problems)
	        ? cli_words(json_array_get(problems, 0))
	        : json_string_value(json_object_get(error, "message"));
	size_t index;
	int exit_code = cli_exit_named(code);
	if (cli->json)
		cli_print_json(cli, answer.body);
	cli_say(exit_code, "%s", message ? message : "the request failed");
	json_array_foreach((json_t *)(uintptr_t)problems, index, problem)
	{
		if (index > 0)
			fprintf(stderr, "  %s\n", cli_words(problem));
	}
	cli_print_candidates(stderr, json_object_get(error, "duplicates"));
	json_decref(answer.body);
	return exit_code;
}

int cli_look_up(struct cli *cli, const char *target, json_t **out)
{
	struct answer answer = {0};
	*out = NULL;
	int result = ask_until_settled(cli, "GET", target, (struct span){NULL, 0}, &answer);
	if (!result && answer.status < 300)
		*out = answer.body;
	else
		json_decref(answer.body);
	return result ? result : *out ? 0 : CLI_ERROR;
}

int cli_request_json(struct cli *cli, const char *method, const char *target, json_t *body, json_t **out)
{
	char *text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	*out = NULL;
	if (!text)
		return cli_say(CLI_INVALID, "an argument is not text in UTF-8");
	int result = cli_request(cli, method, target, span_text(text), out);
	mem_wipe(text, strlen(text));
	free(text);
	return result;
}

static void on_waited(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
	uv_stop(timer->loop);
}

void cli_wait(struct cli *cli, unsigned ms)
{
	if (cli->session && cli->session->is_local) {
		uv_timer_t timer;
		bool is_over = false;
		uv_timer_init(&cli->session->local.loop, &timer);
		timer.data = &is_over;
		uv_timer_start(&timer, on_waited, ms, 0);
		while (!is_over) /* an earlier uv_stop() may end a run at once */
			uv_run(&cli->session->local.loop, UV_RUN_DEFAULT);
		uv_close((uv_handle_t *)&timer, NULL);
		uv_run(&cli->session->local.loop, UV_RUN_NOWAIT);
		return;
	}
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&pause, NULL);
}

void cli_close(struct cli *cli)
{
	if (!cli->session)
		return;
	if (cli->session->is_local)
		uv_local_close(&cli->session->local);
	mem_free(cli->session->socket_path);
	mem_free(cli->session);
	cli->session = NULL;
}
