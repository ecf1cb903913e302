#include "node/omaha/omaha_json.h"

#include "node/omaha/omaha_table.h"

static const char *const WHAT[] = {"problem", "sign", "target"};

static json_t *label_json(const struct omaha_label *label)
{
	json_t *json = json_object();
	if (label->fr)
		json_object_set_new(json, "fr", json_string(label->fr));
	if (label->en)
		json_object_set_new(json, "en", json_string(label->en));
	return json;
}

static void set_definition(json_t *json, const struct omaha_label *definition)
{
	if (definition->en || definition->fr)
		json_object_set_new(json, "definition", label_json(definition));
}

static json_t *signs_json(const struct omaha_term *problem)
{
	uint32_t count;
	json_t *list = json_array();
	const struct omaha_term *signs = omaha_signs_of(problem->code, &count);
	for (uint32_t i = 0; i < count; i++)
		if (!signs[i].is_retired)
			json_array_append_new(list, omaha_term_json(&signs[i], false));
	return list;
}

json_t *omaha_term_json(const struct omaha_term *term, bool is_whole)
{
	char code[OMAHA_CODE_BYTES];
	omaha_write_code(code, term->kind, term->code);
	json_t *json = json_pack("{s:s, s:i, s:s, s:o}", "code", code, "number", (int)term->code, "what",
	        WHAT[term->kind], "label", label_json(&term->label));
	set_definition(json, &term->definition);
	if (term->domain)
		json_object_set_new(json, "domain", json_integer(term->domain));
	if (term->is_other)
		json_object_set_new(json, "other", json_true());
	if (term->is_retired)
		json_object_set_new(json, "retired", json_true());
	if (is_whole && term->kind == OMAHA_PROBLEM)
		json_object_set_new(json, "signs", signs_json(term));
	return json;
}

static json_t *terms_json(enum omaha_kind kind, bool is_retired)
{
	uint32_t count;
	json_t *list = json_array();
	const struct omaha_term *terms = omaha_terms(kind, &count);
	for (uint32_t i = 0; i < count; i++)
		if (terms[i].is_retired == is_retired)
			json_array_append_new(list, omaha_term_json(&terms[i], true));
	return list;
}

static json_t *item_json(
        const char *key, const struct omaha_label *label, const struct omaha_label *definition)
{
	json_t *json = json_pack("{s:s, s:o}", "key", key, "label", label_json(label));
	set_definition(json, definition);
	return json;
}

static json_t *items_json(const struct omaha_item *item)
{
	json_t *list = json_array();
	for (; item->key; item++)
		json_array_append_new(list, item_json(item->key, &item->label, &item->definition));
	return list;
}

static json_t *scales_json(void)
{
	json_t *list = json_array();
	for (const struct omaha_scale *scale = omaha_scales; scale->key; scale++) {
		json_t *json = item_json(scale->key, &scale->label, &scale->definition),
		       *levels = json_array();
		for (int i = 0; i < 5; i++)
			json_array_append_new(levels, label_json(&scale->levels[i]));
		json_object_set_new(json, "levels", levels);
		json_array_append_new(list, json);
	}
	return list;
}

json_t *omaha_json(void)
{
	json_t *retired = json_array();
	for (int i = OMAHA_PROBLEM; i <= OMAHA_TARGET; i++) {
		json_t *list = terms_json((enum omaha_kind)i, true);
		json_array_extend(retired, list);
		json_decref(list);
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
	        omaha_version(), "codeSystem", omaha_system, "oid", omaha_oid, "notice",
	        label_json(&omaha_notice), "domains", items_json(omaha_domains), "problems",
	        terms_json(OMAHA_PROBLEM, false), "targets", terms_json(OMAHA_TARGET, false), "categories",
	        items_json(omaha_categories), "scopes", items_json(omaha_scopes), "severities",
	        items_json(omaha_severities), "scales", scales_json(), "retired", retired);
}
