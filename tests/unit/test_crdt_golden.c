/*
 * The bytes of changes (format 1), of snapshots (versions 4 and 5) and of saved forms that grow (version 1), against tests/golden/crdt/. `test-crdt-golden --write` writes the files anew:
 * that is a new format version, or a mistake.
 */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/doc.h"
#include "crdt/doc_write.h"
#include "crdt/incremental.h"

enum kind { CHANGE, SNAPSHOT, INCREMENTAL };

static const struct golden_file {
	const char *path, *head;
	enum kind kind;
} files[] = {
        {GOLDEN_DIR "/crdt/v1.txt",
                "# Changes of crdt/README.md, format 1: name, bytes. Feeds aa01..., bb02...\n", CHANGE},
        {GOLDEN_DIR "/crdt/snapshot-v5.txt",
                "# Snapshots of crdt/README.md, versions 4 and 5, of the changes in v1.txt: name, bytes.\n",
                SNAPSHOT},
        {GOLDEN_DIR "/crdt/incremental-v1.txt",
                "# A saved form of crdt/README.md, section 10, begun at \"set-and-add\" of v1.txt: name, "
                "bytes.\n",
                INCREMENTAL},
};

static const struct feed_id feed_a = {{0xaa, 1}}, feed_b = {{0xbb, 2}};
static const struct record_id doc_id = {{0xd0, 1, 2, 3}}, problem = {{0x9b, 7}};
static const struct span none;

struct golden {
	struct arena arena;
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct crdt_incremental form;
	struct buf grown; /* what the form gave */
	uint64_t seq_a, seq_b;
	uint32_t line_count;
	struct {
		enum kind kind;
		const char *name;
		struct span bytes;
	} lines[32];
};

static void add_line(struct golden *g, enum kind kind, const char *name, struct span bytes)
{
	assert_true(g->line_count < 32);
	g->lines[g->line_count].kind = kind;
	g->lines[g->line_count].name = name;
	g->lines[g->line_count++].bytes = arena_span(&g->arena, bytes);
}

static void add_snapshot(struct golden *g, const char *name)
{
	struct buf saved = {0};
	crdt_doc_save(g->doc, &saved);
	add_line(g, SNAPSHOT, name, buf_span(&saved));
	buf_close(&saved);
}

static void begin(struct golden *g, struct crdt_builder *b, bool by_b)
{
	struct entry_ref own = {by_b ? feed_b : feed_a, (by_b ? g->seq_b : g->seq_a) + 1};
	struct entry_ref other = {by_b ? feed_a : feed_b, by_b ? g->seq_a : g->seq_b};
	crdt_builder_begin(b, &own, 7, doc_id, &other, other.seq ? 1 : 0);
}

static void finish(struct golden *g, struct crdt_builder *b, const char *name)
{
	struct buf bytes = {0};
	struct crdt_change change;
	check_ok(crdt_builder_finish(b, &bytes));
	struct crdt_meta meta = {.feed = b->feed,
	        .seq = b->seq,
	        .lamport = g->seq_a + g->seq_b + 1,
	        .hlc = UINT64_C(1700000000000) * 65536 + b->seq,
	        .deps = b->deps,
	        .dep_count = b->dep_count};
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	check_ok(crdt_doc_apply(g->doc, &change));
	if (feed_id_eq(&b->feed, &feed_a))
		g->seq_a++;
	else
		g->seq_b++;
	add_line(g, CHANGE, name, buf_span(&bytes));
	if (g->form.names)
		check_ok(crdt_incremental_add(&g->form, &change, &g->grown));
	else
		crdt_incremental_begin(&g->form, g->doc, &g->grown);
	crdt_builder_close(b);
	buf_close(&bytes);
}

static struct span value(struct golden *g, const char *text)
{
	struct buf out = {0};
	mpack_put_str(&out, span_text(text));
	struct span copy = arena_span(&g->arena, buf_span(&out));
	buf_close(&out);
	return copy;
}

/* Every kind of value: nil, bool, integers of each size, text, bin, array, map. */
static struct span rich_value(struct golden *g)
{
	static const int64_t numbers[] = {0, 127, 128, 65535, 65536, INT64_C(1) << 40, -1, -33, -129, -40000};
	struct buf out = {0};
	mpack_put_map(&out, 4);
	mpack_put_uint(&out, 1);
	mpack_put_array(&out, 13);
	for (size_t i = 0; i < 10; i++)
		mpack_put_int(&out, numbers[i]);
	mpack_put_nil(&out);
	mpack_put_bool(&out, false);
	mpack_put_bool(&out, true);
	mpack_put_uint(&out, 2);
	mpack_put_bin(&out, span_of("\x00\xff", 2));
	mpack_put_str(&out, span_text("cl\xc3\xa9"));
	mpack_put_str(&out, span_text("Plaie du talon gauche, bords nets."));
	mpack_put_uint(&out, 300);
	mpack_put_map(&out, 0);
	struct span copy = arena_span(&g->arena, buf_span(&out));
	buf_close(&out);
	return copy;
}

static void write_registers_and_sets(struct golden *g, struct crdt_builder *b)
{
	struct crdt_path name = {0}, severity = {0}, allergies = {0}, named = {0};
	crdt_path_field(&name, 1);
	crdt_path_field(&severity, 40);
	crdt_path_record(&severity, problem);
	crdt_path_field(&severity, 200);
	crdt_path_field(&allergies, 12);
	crdt_path_text(&named, span_text("libre"));
	begin(g, b, false);
	crdt_doc_set(g->doc, b, crdt_path_span(&name), value(g, "Ir\xc3\xa8ne"), none);
	crdt_doc_set(g->doc, b, crdt_path_span(&severity), span_of("\x02", 1), none);
	crdt_doc_set(g->doc, b, crdt_path_span(&named), rich_value(g), none);
	crdt_doc_add(g->doc, b, crdt_path_span(&allergies), value(g, "latex"));
	crdt_doc_add(g->doc, b, crdt_path_span(&allergies), value(g, "iode"));
	finish(g, b, "set-and-add");
	begin(g, b, true);
	crdt_builder_set(
	        b, crdt_path_span(&severity), span_of("\x03", 1), (struct crdt_cites){NULL, 0}, none);
	finish(g, b, "set-concurrent");
	begin(g, b, false);
	crdt_doc_set(g->doc, b, crdt_path_span(&severity), span_of("\x04", 1), span_text("revu ensemble"));
	finish(g, b, "set-resolves");
	begin(g, b, true);
	crdt_doc_remove(
	        g->doc, b, crdt_path_span(&allergies), value(g, "iode"), span_text("erreur de saisie"));
	crdt_doc_clear(g->doc, b, crdt_path_span(&name), none);
	finish(g, b, "remove-and-clear");
}

static void write_events(struct golden *g, struct crdt_builder *b)
{
	struct op_id old = {feed_a, g->seq_a + 1, 0};
	begin(g, b, false);
	crdt_builder_event(b, 3, (struct record_id){{0xe1}}, span_of("\x82\x01\x0a\x02\xc3", 5), NULL, none);
	finish(g, b, "event");
	begin(g, b, true);
	crdt_builder_event(b, 3, (struct record_id){{0xe2}}, span_of("\x81\x01\x0b", 3), &old,
	        span_text("heure corrig\xc3\xa9"
	                  "e"));
	finish(g, b, "event-corrects");
}

static void write_sequences(struct golden *g, struct crdt_builder *b)
{
	struct crdt_path count = {0}, list = {0}, text = {0}, below = {0};
	crdt_path_field(&count, 50);
	crdt_path_field(&list, 51);
	crdt_path_field(&text, 52);
	begin(g, b, false);
	crdt_builder_count(b, crdt_path_span(&count), -3);
	crdt_builder_list_insert(b, crdt_path_span(&list), NULL, NULL, span_of("\x93\x01\x02\x03", 4));
	crdt_builder_text_insert(b, crdt_path_span(&text), NULL, NULL, span_text("Bonjour"));
	finish(g, b, "count-and-insertions");
	struct crdt_element second = {{feed_a, g->seq_a, 1}, 1}, third = {{feed_a, g->seq_a, 1}, 2},
	                    letter = {{feed_a, g->seq_a, 2}, 6};
	struct crdt_target targets[] = {{third, 1}, {{{feed_a, g->seq_a, 1}, 0}, 1}};
	begin(g, b, true);
	crdt_builder_list_insert(b, crdt_path_span(&list), &second, &third, span_of("\x91\x09", 2));
	crdt_builder_list_move(b, crdt_path_span(&list), &second, NULL, &third, (struct crdt_cites){NULL, 0});
	crdt_builder_list_delete(b, crdt_path_span(&list), targets, 2);
	crdt_builder_text_insert(b, crdt_path_span(&text), &letter, NULL, span_text(" \xe2\x80\x94 midi"));
	crdt_builder_text_delete(b, crdt_path_span(&text), &(struct crdt_target){letter, 1}, 1);
	finish(g, b, "lists-and-texts");
	add_snapshot(g, "snapshot-before-a-move-is-taken-back");
	struct op_id move = {feed_b, g->seq_b, 1};
	crdt_path_field(&below, 51);
	crdt_path_element(&below, &second);
	crdt_path_field(&below, 1);
	begin(g, b, false);
	crdt_builder_list_move(
	        b, crdt_path_span(&list), &second, &third, NULL, (struct crdt_cites){&move, 1});
	crdt_doc_set(g->doc, b, crdt_path_span(&below), span_of("\x05", 1), none);
	struct op_id typed[] = {{feed_a, g->seq_a, 2}, {feed_b, g->seq_b, 3}, {feed_b, g->seq_b, 4}};
	crdt_builder_clear(b, crdt_path_span(&text), (struct crdt_cites){typed, 3}, none);
	finish(g, b, "move-again-and-element-path");
}

static void build(struct golden *g)
{
	struct crdt_builder b;
	g->feeds = crdt_feeds_new();
	g->doc = crdt_doc_new(g->feeds, 7, doc_id);
	add_snapshot(g, "snapshot-empty");
	write_registers_and_sets(g, &b);
	write_events(g, &b);
	write_sequences(g, &b);
	add_snapshot(g, "snapshot");
	add_line(g, INCREMENTAL, "incremental", buf_span(&g->grown));
	crdt_incremental_close(&g->form);
	crdt_doc_free(g->doc);
	crdt_feeds_free(g->feeds);
}

static void print_lines(const struct golden *g, const struct golden_file *file, struct buf *out)
{
	buf_add_span(out, span_text(file->head));
	for (uint32_t i = 0; i < g->line_count; i++) {
		struct span bytes = g->lines[i].bytes;
		if (g->lines[i].kind != file->kind)
			continue;
		char *hex = mem_alloc(2 * bytes.size + 1);
		ids_hex(hex, bytes.data, bytes.size);
		buf_add_span(out, span_text(g->lines[i].name));
		buf_add(out, " ", 1);
		buf_add_span(out, span_text(hex));
		buf_add(out, "\n", 1);
		mem_free(hex);
	}
}

static void read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	for (size_t got = 1; got;) {
		uint8_t *room = buf_extend(out, 4096);
		got = fread(room, 1, 4096, file);
		out->size -= 4096 - got;
	}
	fclose(file);
}

static void bytes_are_those_of_the_golden_files(void **state)
{
	struct golden *g = *state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct buf want = {0}, got = {0};
		print_lines(g, &files[i], &got);
		read_file(files[i].path, &want);
		if (!span_eq(buf_span(&got), buf_span(&want)))
			print_message("now:\n%.*s", (int)got.size, (const char *)got.data);
		check_span(buf_span(&got), buf_span(&want));
		buf_close(&want);
		buf_close(&got);
	}
}

static int write_files(const struct golden *g)
{
	int failed = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct buf out = {0};
		FILE *file = fopen(files[i].path, "wb");
		print_lines(g, &files[i], &out);
		failed |= !file || fwrite(out.data, 1, out.size, file) != out.size || fclose(file);
		buf_close(&out);
	}
	return failed;
}

static void golden_snapshots_load(void **state)
{
	struct golden *g = *state;
	for (uint32_t i = 0; i < g->line_count; i++) {
		if (g->lines[i].kind != SNAPSHOT)
			continue;
		struct crdt_feeds *feeds = crdt_feeds_new();
		struct crdt_doc *doc;
		struct buf again = {0};
		check_ok(crdt_doc_load(feeds, g->lines[i].bytes, &doc));
		crdt_doc_save(doc, &again);
		check_span(buf_span(&again), g->lines[i].bytes);
		for (size_t size = 0; size < again.size; size++) {
			struct crdt_doc *part;
			assert_true(crdt_doc_load(feeds, span_sub(buf_span(&again), 0, size), &part) < 0);
		}
		buf_close(&again);
		crdt_doc_free(doc);
		crdt_feeds_free(feeds);
	}
}

/* The same documents as versions 2 and 3 wrote them, which nobody writes any more: they are saved as those of today. */
static void earlier_snapshots_load(void **state)
{
	struct golden *g = *state;
	FILE *file = fopen(GOLDEN_DIR "/crdt/snapshot-v3.txt", "r");
	char line[8192], name[64], hex[8000];
	uint32_t count = 0;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %7999s", name, hex) != 2 || name[0] == '#')
			continue;
		struct crdt_feeds *feeds = crdt_feeds_new();
		struct crdt_doc *doc;
		struct buf bytes = {0}, again = {0};
		const size_t size = strlen(hex) / 2;
		assert_true(ids_from_hex(buf_extend(&bytes, size), size, hex));
		check_ok(crdt_doc_load(feeds, buf_span(&bytes), &doc));
		crdt_doc_save(doc, &again);
		for (uint32_t i = 0; i < g->line_count; i++) {
			if (g->lines[i].kind != SNAPSHOT || strcmp(g->lines[i].name, name) != 0)
				continue;
			check_span(buf_span(&again), g->lines[i].bytes);
			count++;
		}
		buf_close(&bytes);
		buf_close(&again);
		crdt_doc_free(doc);
		crdt_feeds_free(feeds);
	}
	fclose(file);
	assert_int_equal(count, 3);
}

/* The form that was written once holds what all changes give. */
static void golden_form_loads(void **state)
{
	struct golden *g = *state;
	struct span whole = {NULL, 0}, form_bytes = {NULL, 0};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *doc;
	struct buf saved = {0};
	for (uint32_t i = 0; i < g->line_count; i++) {
		if (g->lines[i].kind == SNAPSHOT)
			whole = g->lines[i].bytes;
		if (g->lines[i].kind == INCREMENTAL)
			form_bytes = g->lines[i].bytes;
	}
	check_ok(crdt_incremental_load(feeds, form_bytes, &form, &doc));
	assert_int_equal(form.snapshot_bytes + form.change_bytes, form_bytes.size);
	crdt_doc_save(doc, &saved);
	check_span(buf_span(&saved), whole);
	buf_close(&saved);
	crdt_incremental_close(&form);
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

/* Load what a line holds and save it again into `out`. */
static int load_and_save(enum kind kind, struct span bytes, struct buf *out)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *doc = NULL;
	int error = kind == SNAPSHOT ? crdt_doc_load(feeds, bytes, &doc)
	                             : crdt_incremental_load(feeds, bytes, &form, &doc);
	buf_clear(out);
	if (!error)
		crdt_doc_save(doc, out);
	assert_true(error <= 0 && (error == 0) == (doc != NULL));
	crdt_doc_free(doc);
	crdt_incremental_close(&form);
	crdt_feeds_free(feeds);
	return error;
}

/* Every byte of every saved form, altered in a dozen ways: refused, or a document of its own that is saved as it came. */
static void altered_bytes_are_refused_or_mean_something_else(void **state)
{
	struct golden *g = *state;
	static const uint8_t flips[] = {1, 2, 3, 4, 7, 8, 16, 32, 64, 127, 128, 255};
	struct buf saved = {0};
	uint32_t refused = 0;
	for (uint32_t i = 0; i < g->line_count; i++) {
		enum kind kind = g->lines[i].kind;
		size_t size = g->lines[i].bytes.size;
		if (kind == CHANGE)
			continue;
		uint8_t *bytes = mem_copy(g->lines[i].bytes.data, size);
		for (size_t at = 0; at < size * sizeof(flips); at++) {
			uint8_t *byte = &bytes[at / sizeof(flips)], flip = flips[at % sizeof(flips)];
			*byte ^= flip;
			int error = load_and_save(kind, span_of(bytes, size), &saved);
			if (error == 0 && kind == SNAPSHOT)
				check_span(buf_span(&saved), span_of(bytes, size));
			refused += error != 0;
			*byte ^= flip;
		}
		mem_free(bytes);
	}
	buf_close(&saved);
	assert_true(refused > 1000);
}

int main(int count, char **arguments)
{
	struct golden g = {0};
	build(&g);
	int result = 0;
	if (count > 1 && strcmp(arguments[1], "--write") == 0) {
		result = write_files(&g);
	} else {
		const struct CMUnitTest tests[] = {
		        cmocka_unit_test_prestate(bytes_are_those_of_the_golden_files, &g),
		        cmocka_unit_test_prestate(golden_snapshots_load, &g),
		        cmocka_unit_test_prestate(earlier_snapshots_load, &g),
		        cmocka_unit_test_prestate(golden_form_loads, &g),
		        cmocka_unit_test_prestate(altered_bytes_are_refused_or_mean_something_else, &g),
		};
		result = cmocka_run_group_tests(tests, NULL, NULL);
	}
	buf_close(&g.grown);
	arena_close(&g.arena);
	return result;
}
