#include "node/schema/schema_json.h"

static const char *const TYPES[SCHEMA_TYPE_COUNT] = {"text", "date", "instant", "after", "int", "decimal",
        "enum", "ref", "short", "shorts", "codes", "bool", "cents", "minutes", "vitals", "bytes"};
static const char *const CLASSES[] = {"safety", "ordinary", "narrative", "fact"};
static const char *const PERS[] = {"team", "person", "patient", "itself"};
static const char *const SHAPES[] = {"one", "many", "event"};
static const char *const RULES[] = {"", "nir", "rpps", "commune", "adeli", "finess", "cip13", "mssante",
        "typedStatus", "omahaProblem", "omahaSign", "omahaTarget", "recurrence"};

static json_t *label_json(const struct schema_label *label)
{
	return json_pack("{s:s, s:s}", "fr", label->fr, "en", label->en);
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	if (number)
		json_object_set_new(object, key, json_integer(number));
}

static json_t *choices_json(const struct schema_choice *choice)
{
	json_t *choices = json_array();
	for (; choice->number; choice++)
		json_array_append_new(choices,
		        json_pack("{s:i, s:s, s:o}", "number", (int)choice->number, "name", choice->name,
		                "label", label_json(&choice->label)));
	return choices;
}

static json_t *field_json(const struct schema_field *field)
{
	json_t *object = json_pack("{s:i, s:s, s:s, s:s, s:b, s:o}", "number", (int)field->number, "name",
	        field->name, "type", TYPES[field->type], "class", CLASSES[field->class], "required",
	        field->required, "label", label_json(&field->label));
	set_number(object, "min", field->min);
	set_number(object, "max", field->max);
	set_number(object, "scale", field->scale);
	set_number(object, "base", field->base);
	set_number(object, "refers", field->ref_kind);
	set_number(object, "preset", field->preset);
	if (field->is_set)
		json_object_set_new(object, "set", json_true());
	if (field->unit)
		json_object_set_new(object, "unit", json_string(field->unit));
	if (field->rule)
		json_object_set_new(object, "rule", json_string(RULES[field->rule]));
	if (field->choices)
		json_object_set_new(object, "choices", choices_json(field->choices));
	return object;
}

static json_t *kind_json(const struct schema_kind *kind)
{
	json_t *fields = json_array();
	for (uint32_t i = 0; i < kind->field_count; i++)
		json_array_append_new(fields, field_json(&kind->fields[i]));
	json_t *title = json_array();
	for (uint32_t i = 0; i < 3 && kind->title[i]; i++)
		json_array_append_new(title, json_string(schema_field(kind, kind->title[i])->name));
	json_t *json = json_pack("{s:i, s:s, s:i, s:s, s:b, s:b, s:o, s:o, s:o}", "number", (int)kind->number,
	        "name", kind->name, "document", (int)kind->doc, "shape", SHAPES[kind->shape], "isCorrection",
	        kind->is_correction, "isMade", kind->is_made, "title", title, "label",
	        label_json(&kind->label), "fields", fields);
	if (kind->is_former)
		json_object_set_new(json, "isFormer", json_true());
	return json;
}

static json_t *vital_json(const struct schema_vital *vital)
{
	json_t *units = json_array();
	for (const struct schema_unit *unit = vital->units; unit && unit->name; unit++)
		json_array_append_new(units, json_string(unit->name));
	return json_pack("{s:i, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:o}", "number", (int)vital->number,
	        "name", vital->name, "scale", (int)vital->scale, "min", (int)vital->min, "max",
	        (int)vital->max, "lowest", (int)vital->lowest, "highest", (int)vital->highest, "unit",
	        vital->unit, "otherUnits", units, "label", label_json(&vital->label));
}

static json_t *doc_json(const struct schema_doc *doc)
{
	return json_pack("{s:i, s:s, s:i, s:b, s:s, s:o}", "number", (int)doc->number, "name", doc->name,
	        "compartment", (int)doc->compartment, "hasDossierKey", doc->has_dossier_key, "per",
	        PERS[doc->per], "label", label_json(&doc->label));
}

json_t *schema_json(void)
{
	json_t *docs = json_array(), *kinds = json_array(), *vitals = json_array();
	uint32_t kind_count;
	const struct schema_kind *table = schema_kinds(&kind_count);
	for (uint32_t i = 1; i <= SCHEMA_KIND_MAX; i++) {
		if (schema_doc(i))
			json_array_append_new(docs, doc_json(schema_doc(i)));
		if (schema_vital(i))
			json_array_append_new(vitals, vital_json(schema_vital(i)));
	}
	for (uint32_t i = 0; i < kind_count; i++)
		json_array_append_new(kinds, kind_json(&table[i]));
	return json_pack("{s:o, s:o, s:o}", "documents", docs, "kinds", kinds, "vitals", vitals);
}
