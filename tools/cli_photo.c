/* Photos and scans of a dossier. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "tools/cli.h"

static long long number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* "/api/patients/P/photos", and behind that what `format` says of the second argument. Owner frees. */
static char *target(struct cli *cli, const char *behind)
{
	struct buf out = {0};
	char *patient = cli_escaped(cli->arguments[0]);
	buf_add_span(&out, span_text("/api/patients/"));
	buf_add_span(&out, span_text(patient));
	buf_add_span(&out, span_text("/photos"));
	buf_add_span(&out, span_text(behind));
	char *text = mem_text(buf_span(&out));
	buf_close(&out);
	mem_free(patient);
	return text;
}

/* ---- Adding ------------------------------------------------------------------------------------------------------ */

/* *upload: the number that the program gave the file. */
static int send_file(struct cli *cli, FILE *file, const char *name, long long *upload)
{
	enum { PIECE_BYTES = 1024 * 1024 };
	uint8_t *piece = mem_alloc(PIECE_BYTES);
	char where[64] = "/api/photos/pieces";
	int result = 0;
	for (size_t got; !result && (got = fread(piece, 1, PIECE_BYTES, file)) > 0;) {
		json_t *out;
		result = cli_request(cli, "POST", where, span_of(piece, got), &out);
		*upload = number(out, "upload");
		snprintf(where, sizeof(where), "/api/photos/pieces?upload=%lld", *upload);
		json_decref(out);
	}
	mem_wipe(piece, PIECE_BYTES);
	mem_free(piece);
	if (!result && (ferror(file) || !*upload))
		result = cli_say(CLI_INVALID, "%s cannot be read, or is empty", name);
	return result;
}

static int add_file(struct cli *cli, const char *name, const json_t *fields, json_t **out)
{
	long long upload = 0;
	FILE *file = fopen(name, "re");
	int result = file ? send_file(cli, file, name, &upload)
	                  : cli_say(CLI_NOT_FOUND, "%s cannot be read", name);
	if (file)
		fclose(file);
	if (result)
		return result;
	char *where = target(cli, "");
	json_t *body = json_copy((json_t *)(uintptr_t)fields);
	json_object_set_new(body, "upload", json_integer(upload));
	result = cli_request_json(cli, "POST", where, body, out);
	mem_free(where);
	return result;
}

/* Files come first; a name with "=" in it is one if there is such a file. */
static int count_files(const struct cli *cli)
{
	int count = 1;
	while (1 + count < cli->argument_count &&
	        (!strchr(cli->arguments[1 + count], '=') || access(cli->arguments[1 + count], F_OK) == 0))
		count++;
	return count;
}

/* Several are the pages of one document, which the first of them stands for. */
int cli_photo_add(struct cli *cli)
{
	const int count = count_files(cli);
	json_t *fields, *pages = json_array();
	int result = cli_fields(cli, 1 + count, "photo", &fields);
	for (int i = 0; !result && i < count; i++) {
		json_t *out = NULL;
		if (count > 1)
			json_object_set_new(fields, "page", json_integer(i + 1));
		if (i > 0)
			json_object_set(fields, "document", json_object_get(json_array_get(pages, 0), "id"));
		result = add_file(cli, cli->arguments[1 + i], fields, &out);
		if (!result && !cli->json)
			printf("%s\n", json_string_value(json_object_get(out, "id")));
		json_array_append_new(pages, out ? out : json_null());
		if (result && i > 0)
			cli_say(result,
			        "%d of %d pages are saved: add the others with document=%.12s page=%d", i,
			        count, json_string_value(json_object_get(json_array_get(pages, 0), "id")),
			        i + 1);
	}
	if (!result && cli->json)
		cli_print_json(cli, count > 1 ? pages : json_array_get(pages, 0));
	json_decref(pages);
	json_decref(fields);
	return result;
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

/* Who else has it: " and on 2 other devices, and at the relay". A relay may let it go: it counts as no device. */
static void put_places(char *out, size_t size, const char *before, const json_t *photo)
{
	const long long others = number(photo, "otherDevices"), relays = number(photo, "relays");
	int used = others
	        ? snprintf(out, size, "%s on %lld other device%s", before, others, others == 1 ? "" : "s")
	        : 0;
	if (relays)
		snprintf(out + used, size - (size_t)used, "%s at %s", others ? ", and" : before,
		        relays == 1 ? "the relay" : "relays");
	else if (!others)
		*out = '\0';
}

/* What is true of a picture at this device, in words. */
static void add_state(json_t *photo)
{
	char text[160], places[80];
	const bool is_whole = json_is_true(json_object_get(photo, "complete"));
	if (!json_object_get(photo, "pieces")) {
		snprintf(text, sizeof(text), "not known here");
	} else if (!is_whole) {
		put_places(places, sizeof(places), ",", photo);
		snprintf(text, sizeof(text), "not yet received (%lld of %lld pieces)%s",
		        number(photo, "received"), number(photo, "pieces"),
		        *places ? places : ", on no device that is known of");
	} else {
		put_places(places, sizeof(places), " and", photo);
		snprintf(text, sizeof(text), "%s%s", *places ? "here" : "on this device only", places);
	}
	json_object_set_new(photo, "state", json_string(text));
}

int cli_photo_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"PHOTO", "id", 8}, {"MOMENT", "at", 16},
	        {"PAGE", "page", 0}, {"TYPE", "mediaType", 0}, {"BYTES", "bytes", 0},
	        {"CAPTION", "caption", 40}, {"STATE", "state", 0}, {0}};
	json_t *out, *photo;
	size_t i;
	char *where = target(cli, "");
	int result = cli_request(cli, "GET", where, (struct span){NULL, 0}, &out);
	mem_free(where);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "photos"), i, photo) add_state(photo);
		cli_print_table(json_object_get(out, "photos"), columns);
	}
	json_decref(out);
	return result;
}

/* ---- Saving to a file -------------------------------------------------------------------------------------------- */

static int get_piece(struct cli *cli, const char *patient, const char *photo, long long index,
        struct buf *out, long long *count)
{
	char where[512], *whose = cli_escaped(patient), *which = cli_escaped(photo);
	snprintf(where, sizeof(where), "/api/patients/%.200s/photos/%.200s/pieces/%lld", whose, which, index);
	json_t *reply;
	int result = cli_request(cli, "GET", where, (struct span){NULL, 0}, &reply);
	const char *data = result ? NULL : json_string_value(json_object_get(reply, "data"));
	*count = result ? 0 : number(reply, "pieces");
	if (!result && (!data || !cli_decode(data, out)))
		result = cli_say(CLI_ERROR, "the program's answer is not what it should be");
	json_decref(reply);
	mem_free(whose);
	mem_free(which);
	return result;
}

int cli_photo_bytes(struct cli *cli, const char *patient, const char *photo, struct buf *out)
{
	long long count = 1;
	int result = 0;
	for (long long i = 0; !result && i < count; i++)
		result = get_piece(cli, patient, photo, i, out, &count);
	return result;
}

int cli_photo_save(struct cli *cli)
{
	struct buf bytes = {0};
	int result = cli_photo_bytes(cli, cli->arguments[0], cli->arguments[1], &bytes);
	if (!result)
		result = cli_write_file(cli->arguments[2], buf_span(&bytes));
	if (!result && cli->json)
		printf("{\"bytes\": %zu}\n", bytes.size);
	else if (!result)
		printf("%zu bytes are in %s, readable for whoever reads your files.\n", bytes.size,
		        cli->arguments[2]);
	buf_wipe(&bytes);
	return result;
}

void cli_print_photos(const json_t *photos)
{
	const long long known = number(photos, "known"), whole = number(photos, "complete"),
	                only_here = number(photos, "onlyHere");
	if (known)
		printf("\nphotos    %lld known, %lld here", known, whole);
	if (known && only_here)
		printf(", %lld of them on no other device as far as is known", only_here);
	if (known)
		putchar('\n');
}

static void print_policy(const json_t *policy)
{
	static const char *const sentences[][2] = {
	        {"all",
	                "Every photo comes to this device, those of today's patients first, then the newest, "
	                "after everything else."},
	        {"today",
	                "Photos of patients of today and yesterday come to this device; others when somebody "
	                "opens them."},
	        {"asked", "Photos come to this device when somebody opens them."},
	        {"none",
	                "No photo comes to this device, and it gives none: only the small pictures, with the "
	                "records."},
	};
	const char *which = json_string_value(json_object_get(policy, "which"));
	const long long ceiling = number(policy, "bytesPerSecond");
	for (size_t i = 0; which && i < sizeof(sentences) / sizeof(*sentences); i++)
		if (strcmp(which, sentences[i][0]) == 0)
			puts(sentences[i][1]);
	if (ceiling)
		printf("At most %lld kB per second.\n", ceiling / 1000);
}

int cli_photo_policy(struct cli *cli)
{
	json_t *out, *body = json_object();
	unsigned long kb = 0;
	if (cli->options[0] && (!cli_number(cli->options[0], &kb) || kb > INT32_MAX / 1000)) {
		json_decref(body);
		return cli_say(CLI_INVALID, "--limit is a number of kilobytes per second");
	}
	if (cli->options[0])
		json_object_set_new(body, "bytesPerSecond", json_integer((json_int_t)kb * 1000));
	if (cli->argument_count)
		json_object_set_new(body, "which", json_string(cli->arguments[0]));
	int result = cli_request_json(cli, "POST", "/api/photos/policy", body, &out);
	if (!result && !cli_print_json(cli, out))
		print_policy(out);
	json_decref(out);
	return result;
}
