/* The device handed over: one questionnaire, one answer, and nothing else is reachable (survey/README.md, section 3). */
#include "node/api_survey.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/api_hand.h"
#include "node/api_statement.h"

bool api_is_handed_over(void *owner)
{
	const struct api_node *app = owner;
	return app->hand && app->hand->owner;
}

/* ---- Handing over ------------------------------------------------------------------------------------------------ */

/* Whose answer is it to be, of nurses' questionnaires? True: replied. */
static bool refused_own(struct api_call *call, const struct api_survey *survey)
{
	const char *whose = api_text(api_call_json(call), "device");
	const bool is_own = whose && strcmp(whose, "own") == 0,
	           is_colleague = whose && strcmp(whose, "colleague") == 0;
	if (survey->questionnaire->audience != SURVEY_NURSES || is_own || is_colleague)
		return false;
	api_fail_words(call, ERR_INVALID,
	        "La réponse d'une infirmière est signée par l'appareil où elle est donnée, et le sien dit "
	        "qui "
	        "elle est. Dites qui va répondre : une collègue, ou vous-même. Rien n'a changé.",
	        "A nurse's answer is signed by the device that it is given on, and hers tells who she is. "
	        "Say "
	        "\"device\": \"colleague\" when a colleague answers on this one, \"own\" when you answer on "
	        "yours "
	        "all the same, or use paper. Nothing was changed.");
	return true;
}

static bool refused_period(struct api_call *call, const struct api_survey *survey)
{
	const int64_t today = api_today(api_node_of(call));
	if (!survey->is_closed && today >= survey->from && today <= survey->until)
		return false;
	api_fail_words(call, ERR_CONFLICT,
	        survey->is_closed
	                ? "Ce questionnaire est clos. Rien n'a changé."
	                : "Aujourd'hui n'est pas dans les jours de ce questionnaire. Rien n'a changé.",
	        survey->is_closed ? "This survey is closed. Nothing was changed."
	                          : "Today is not within this survey's days. Nothing was changed.");
	return true;
}

static int hand_over(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_survey survey;
	struct survey_waiting waiting = {0};
	char token[2 * API_HAND_TOKEN_BYTES + 1];
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey) ||
	        api_survey_refused_unknown(call, &survey) || refused_period(call, &survey) ||
	        refused_own(call, &survey))
		return 0;
	int result = api_survey_waiting(app, &survey.id, &waiting);
	if (!result &&
	        waiting.sum.forms >= SURVEY_BATCH_MIN) /* now, so that no batch bears an answer's moment */
		result = api_survey_write(app, &survey, &waiting);
	survey_waiting_close(&waiting);
	if (result)
		return result;
	/* Pages that are open ask again, and hide: afterwards nobody is told anything. */
	if (app->tell_all)
		app->tell_all(app->context);
	else
		api_node_tell(app);
	*app->hand = (struct api_hand){.owner = app, .campaign = survey.id};
	env_random_bytes(app->env, app->hand->token, sizeof(app->hand->token));
	ids_hex(token, app->hand->token, sizeof(app->hand->token));
	json_t *json = json_pack("{s:s, s:s, s:o}", "token", token, "title", survey.title, "questionnaire",
	        api_survey_questionnaire_json(&survey));
	mem_wipe(token, sizeof(token));
	return api_reply_durable(call, 200, json);
}

int api_post_survey_hand_over(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	if (!app->hand)
		return ERR_UNSUPPORTED;
	if (api_refused_record(call) || !api_survey_may_write(call))
		return 0;
	return api_when_quiet(call, hand_over);
}

/* ---- The form ---------------------------------------------------------------------------------------------------- */

/* False: replied. */
static bool token_fits(struct api_call *call, const char *text)
{
	struct api_node *app = api_node_of(call);
	uint8_t token[API_HAND_TOKEN_BYTES];
	if (api_is_handed_over(app) && app->hand->owner == app && text && strlen(text) == 2 * sizeof(token) &&
	        ids_from_hex(token, sizeof(token), text) &&
	        sodium_memcmp(token, app->hand->token, sizeof(token)) == 0)
		return true;
	api_call_fail(call, ERR_DENIED, "No questionnaire is open under this token.");
	return false;
}

static bool campaign_or_reply(struct api_call *call, struct api_survey *out)
{
	struct api_node *app = api_node_of(call);
	char hex[2 * ID_SHORT_BYTES + 1];
	ids_hex(hex, app->hand->campaign.bytes, sizeof(app->hand->campaign.bytes));
	return api_survey_or_reply(call, hex, out) && !api_survey_refused_unknown(call, out);
}

int api_get_survey_form(struct api_call *call)
{
	struct api_survey survey;
	if (!token_fits(call, api_call_query(call, "token")) || !campaign_or_reply(call, &survey))
		return 0;
	api_call_reply(call, 200,
	        json_pack("{s:s, s:o, s:b}", "title", survey.title, "questionnaire",
	                api_survey_questionnaire_json(&survey), "taken", api_node_of(call)->hand->is_used));
	return 0;
}

/* What was typed leaves no copy in the request. */
static void forget(struct api_call *call)
{
	const char *name;
	json_t *value;
	json_object_foreach(json_object_get(api_call_json(call), "answers"), name, value)
	{
		if (json_is_string(value))
			mem_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	}
}

/* The reply has left: whoever gives the device back finds it locked. */
static void lock_now(void *state)
{
	struct api_node *app = state;
	if (app->lock && !app->locked)
		app->lock(app->context);
}

static void on_taken(void *context, int result)
{
	struct api_call *call = context;
	struct api_node *app = api_node_of(call);
	if (result) {
		if (app->hand)
			app->hand->is_used = false;
		api_call_fail(call, result, NULL);
	} else {
		api_call_set_state(call, app, lock_now);
		api_call_reply(call, 201, json_pack("{s:b, s:b}", "taken", 1, "locks", app->lock != NULL));
	}
	api_call_release(call);
}

static int take(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_survey survey;
	struct survey_waiting waiting = {0};
	struct survey_form form;
	struct buf problem = {0};
	if (app->hand->is_used) {
		api_call_fail(call, ERR_USED, "The answers were taken already. They count once.");
		return 0;
	}
	if (!campaign_or_reply(call, &survey))
		return 0;
	int result = survey_form_read(
	        survey.questionnaire, json_object_get(api_call_json(call), "answers"), &form, &problem);
	forget(call);
	if (result) {
		buf_add(&problem, "", 1);
		api_call_fail(call, result, (const char *)problem.data);
		buf_close(&problem);
		return 0;
	}
	result = api_survey_waiting(app, &survey.id, &waiting);
	if (!result)
		result = survey_waiting_form(&waiting, survey.questionnaire, &form, 0);
	if (!result)
		result = api_survey_keep(app, &survey.id, &waiting);
	survey_form_close(&form);
	survey_waiting_close(&waiting);
	if (result)
		return result;
	app->hand->is_used = true;
	api_call_hold(call);
	result = node_when_durable(app->node, on_taken, call);
	if (result) {
		app->hand->is_used = false;
		api_call_release(call);
	}
	return result;
}

int api_post_survey_form(struct api_call *call)
{
	if (!token_fits(call, api_text(api_call_json(call), "token")))
		return 0;
	return api_when_quiet(call, take);
}
