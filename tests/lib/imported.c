#include "tests/lib/imported.h"

#include "tests/lib/check.h"

enum { LINE_BYTES = 1200 };

/* clang-format off */
static const char NURSE[] =
        "{\"t\":\"nurse\",\"id\":\"n00\",\"at\":1609459200,\"by\":0,\"lastName\":\"Le Gall\",\"firstName\":\"Anna\","
        "\"rpps\":\"10102727017\",\"phone\":\"0600000000\"}";
static const char PATIENT[] =
        "{\"t\":\"patient\",\"id\":\"p%012u\",\"at\":%lld,\"by\":0,\"civility\":\"Mme\",\"lastName\":\"%s\","
        "\"birthName\":\"%s\",\"firstName\":\"%s\",\"sex\":\"F\",\"birthDate\":\"19%02u-05-06\",\"birthPlace\":"
        "\"Rennes\",\"nir\":\"2400535%06u\",\"street\":\"1 rue de la Gare\",\"complement\":\"\",\"postcode\":\"35000\","
        "\"town\":\"Rennes\",\"doorCode\":\"\",\"phone\":\"\",\"mobile\":\"\",\"email\":\"\","
        "\"contactName\":\"Jean Martin\",\"contactLink\":\"fils\",\"contactPhone\":\"0600000001\",\"doctor\":\"Dr Petit\","
        "\"doctorPhone\":\"0200000001\",\"pharmacy\":\"Pasteur\",\"insurer\":\"MGEN\",\"allergies\":\"\",\"gir\":3,"
        "\"lives\":\"seul(e)\",\"keys\":\"sonner\",\"history\":\"HTA\"}";
static const char PROBLEM[] =
        "{\"t\":\"problem\",\"id\":\"q%012u\",\"at\":%lld,\"by\":0,\"patient\":\"p%012u\",\"code\":33,\"name\":"
        "\"Fonction intestinale\",\"domain\":\"comportements de santé\",\"actual\":\"potentiel\",\"signs\":\"TA élevée\","
        "\"k\":1,\"b\":4,\"s\":3,\"interventions\":[]}";
static const char VISIT[] =
        "{\"t\":\"visit\",\"id\":\"v%012u\",\"at\":%lld,\"by\":0,\"patient\":\"p%012u\",\"nurse\":\"n00\",\"start\":%lld,"
        "\"end\":%lld,\"place\":\"domicile\",\"done\":[],\"vitals\":{},\"note\":\"RAS\"}";
/* clang-format on */

static bool idle(void *context)
{
	return node_idle(((struct device *)context)->node);
}

void imported_settle(struct imported *imported)
{
	devices_run(&imported->loop, idle, &imported->device);
}

static void take(struct imported *imported, const char *line)
{
	char why[200] = "";
	bool is_bad = false;
	const int result = node_import_line(
	        imported->device.node, imported->import, span_text(line), &is_bad);
	if (result < 0 && is_bad)
		import_reason(imported->import, SCHEMA_EN, why, sizeof(why));
	if (result != NODE_IMPORT_TAKEN)
		fail_msg("%s: %d %s", line, result, why);
}

/* Nobody is like another one. */
static void name_of(unsigned number, char out[16])
{
	static const char *const parts[] = {
	        "bad", "dok", "kel", "lum", "mig", "nov", "pez", "rax", "suf", "tij"};
	snprintf(out, 16, "%s%s%s", parts[number % 10], parts[number / 10 % 10], parts[number / 100 % 10]);
}

void imported_patient(struct imported *imported, unsigned number, int64_t at_s)
{
	char line[LINE_BYTES];
	char name[16];
	name_of(number, name);
	snprintf(
	        line, sizeof(line), PATIENT, number, (long long)at_s, name, name, name, number % 100, number);
	take(imported, line);
	snprintf(line, sizeof(line), PROBLEM, number, (long long)at_s, number);
	take(imported, line);
}

void imported_visit(struct imported *imported, unsigned number, unsigned patient, int64_t start_s)
{
	char line[LINE_BYTES];
	snprintf(line, sizeof(line), VISIT, number, (long long)start_s, patient, (long long)start_s,
	        (long long)start_s + 1800);
	take(imported, line);
}

void imported_open(struct imported *imported)
{
	struct person_id person;
	memset(imported, 0, sizeof(*imported));
	uv_loop_init(&imported->loop);
	device_open(&imported->device, &imported->loop, 1);
	check_ok(node_found_team(imported->device.node, &person, NULL, NULL));
	imported_settle(imported);
	imported->import = import_new(node_team(imported->device.node));
	take(imported, NURSE);
}

void imported_close(struct imported *imported)
{
	imported_settle(imported);
	import_free(imported->import);
	device_close(&imported->device, &imported->loop);
	uv_run(&imported->loop, UV_RUN_DEFAULT);
	uv_loop_close(&imported->loop);
}
