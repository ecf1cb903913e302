/* What leaves the device for others, and comes from them: FHIR bundles (node/exchange/README.md). */
#include "node/api_dossier.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/exchange/contacts.h"
#include "node/exchange/fhir.h"
#include "node/exchange/sheet.h"

/* The patient that the path names, in the query's period. NULL: replied. */
static json_t *file_or_reply(struct api_call *call)
{
	const char *from = api_call_query(call, "from"), *to = api_call_query(call, "to"),
	           *access = api_call_query(call, "accessCodes");
	int64_t day;
	struct patient_group group;
	json_t *file;
	if (!api_day_or_reply(call, from, 0, &day) || !api_day_or_reply(call, to, 0, &day) ||
	        !api_group_or_reply(call, &group))
		return NULL;
	int result = api_dossier_file(api_node_of(call), &group, access ? API_DOSSIER_ACCESS : 0, &file);
	if (result) {
		api_call_fail(call, result,
		        result == ERR_NOTFOUND
		                ? "Of this dossier there is an early copy alone, not yet verified: "
		                  "it leaves no file."
		                : NULL);
		return NULL;
	}
	if (from || to)
		fhir_keep_period(file, from, to);
	return file;
}

static int get_fhir(struct api_call *call)
{
	const char *language = api_call_query(call, "language");
	if (language && strcmp(language, "fr") != 0 && strcmp(language, "en") != 0) {
		api_call_fail_with(call, ERR_INVALID, "\"language\" is fr or en.",
		        json_pack("{s:s}", "fr", "« language » est fr ou en."));
		return 0;
	}
	json_t *file = file_or_reply(call);
	if (file && language)
		json_object_set_new(file, "language", json_string(language));
	if (file)
		api_call_reply(call, 200, fhir_bundle(file));
	json_decref(file);
	return 0;
}

/* ---- Sheets ---- */

enum { DAYS_DEFAULT = 14, DAYS_MAX = 366 };

static uint32_t days_of(const struct api_call *call)
{
	const char *text = api_call_query(call, "days");
	const unsigned long days = text ? strtoul(text, NULL, 10) : DAYS_DEFAULT;
	return days == 0 ? DAYS_DEFAULT : days > DAYS_MAX ? DAYS_MAX : (uint32_t)days;
}

static int reply_sheet(struct api_call *call, void (*make)(const struct sheet *sheet, struct buf *out))
{
	struct api_node *app = api_node_of(call);
	const char *language = api_call_query(call, "lang");
	json_t *file = file_or_reply(call), *age = api_age(app);
	struct sheet sheet = {.file = file,
	        .language = language && strcmp(language, "en") == 0 ? SCHEMA_EN : SCHEMA_FR,
	        .now_s = (int64_t)(env_wall_ms(app->env) / 1000),
	        .days = days_of(call),
	        .age = age};
	struct buf page = {0};
	if (file) {
		make(&sheet, &page);
		api_call_reply(call, 200, json_pack("{s:s%}", "html", (const char *)page.data, page.size));
	}
	buf_wipe(&page);
	json_decref(file);
	json_decref(age);
	return 0;
}

static int get_liaison(struct api_call *call)
{
	return reply_sheet(call, sheet_liaison);
}

static int get_synthesis(struct api_call *call)
{
	return reply_sheet(call, sheet_synthesis);
}

/* ---- Contacts ---- */

int api_get_contacts(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	json_t *contacts = api_group_parts(app, &group, schema_kind(SCHEMA_CONTACT), api_list_limit(call));
	contacts_join(contacts, calendar_paris_day((int64_t)(env_wall_ms(app->env) / 1000)));
	api_note_group(app, &group);
	api_call_reply(call, 200, json_pack("{s:o}", "contacts", contacts));
	return 0;
}

/* ---- What leaves ---- */

/* What leaves as a file is noted before it leaves. */
static int when_copy_noted(struct api_call *call, int (*work)(struct api_call *call))
{
	struct patient_group group;
	if (!api_in_clear_or_reply(call) || !api_group_or_reply(call, &group))
		return 0;
	for (uint32_t i = 0; i < group.count; i++)
		api_note(api_node_of(call), ACCESS_COPY, &group.files[i], 0);
	return api_when_noted(call, work);
}

int api_get_fhir(struct api_call *call)
{
	return when_copy_noted(call, get_fhir);
}

int api_get_liaison(struct api_call *call)
{
	return when_copy_noted(call, get_liaison);
}

int api_get_synthesis(struct api_call *call)
{
	return when_copy_noted(call, get_synthesis);
}
