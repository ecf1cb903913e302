#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/team/action.h"
#include "tests/lib/team_samples.h"

/* GOLDEN_DIR is given by the build: tests/golden/team. */

static struct buf encoded(const struct team_action *action)
{
	struct buf out = {0};
	team_action_encode(action, &out);
	return out;
}

static struct buf sample_bytes(enum team_action_kind kind, struct arena *arena)
{
	struct team_action action;
	team_sample(kind, arena, &action);
	return encoded(&action);
}

/* The committed bytes of an action, as one line of hexadecimal. RELEVE_GOLDEN=write makes the file anew. */
static struct buf golden(enum team_action_kind kind, const struct buf *now)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s.hex", GOLDEN_DIR, team_action_name(kind));
	char *hex = mem_zero(2 * LIMIT_MEMBERSHIP_BODY_BYTES + 2, 1);
	const char *mode = getenv("RELEVE_GOLDEN");
	if (mode && strcmp(mode, "write") == 0) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		ids_hex(hex, now->data, now->size);
		fprintf(file, "%s\n", hex);
		fclose(file);
	}
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	if (!fgets(hex, 2 * LIMIT_MEMBERSHIP_BODY_BYTES + 2, file))
		fail_msg("%s is empty", path);
	fclose(file);
	hex[strcspn(hex, "\n")] = '\0';
	struct buf bytes = {0};
	size_t size = strlen(hex) / 2;
	assert_true(ids_from_hex(buf_extend(&bytes, size), size, hex));
	mem_free(hex);
	return bytes;
}

static void every_action_has_its_golden_bytes(void **state)
{
	(void)state;
	struct arena arena = {0};
	for (int kind = 1; kind <= TEAM_ACTION_LAST; kind++) {
		struct buf now = sample_bytes((enum team_action_kind)kind, &arena);
		struct buf then = golden((enum team_action_kind)kind, &now);
		check_span(buf_span(&now), buf_span(&then));
		struct team_action back;
		check_ok(team_action_decode(buf_span(&then), &arena, &back));
		assert_int_equal(back.kind, kind);
		struct buf again = encoded(&back);
		check_span(buf_span(&again), buf_span(&then));
		buf_close(&now);
		buf_close(&then);
		buf_close(&again);
	}
	arena_close(&arena);
}

/* Cut short at any byte, or with one more, no action is read; nothing but an error comes out. */
static void short_and_long_bodies_are_refused(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct team_action action;
	for (int kind = 1; kind <= TEAM_ACTION_LAST; kind++) {
		struct buf bytes = sample_bytes((enum team_action_kind)kind, &arena);
		for (size_t size = 0; size < bytes.size; size++) {
			assert_true(team_action_decode(span_of(bytes.data, size), &arena, &action) < 0);
			assert_int_equal(action.kind, TEAM_ACTION_UNKNOWN);
		}
		wire_put_u8(&bytes, 0);
		check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_MALFORMED);
		buf_close(&bytes);
	}
	arena_close(&arena);
}

static void unknown_formats_and_actions_are_kept(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct team_action action;
	check_ok(team_action_decode(span_of("\x02\x01zzz", 5), &arena, &action));
	assert_int_equal(action.kind, TEAM_ACTION_UNKNOWN);
	check_ok(team_action_decode(span_of("\x01\xc8zzz", 5), &arena, &action));
	assert_int_equal(action.kind, TEAM_ACTION_UNKNOWN);
	check_ok(team_action_decode(span_of("\x01\x00", 2), &arena, &action));
	assert_int_equal(action.kind, TEAM_ACTION_UNKNOWN);
	uint8_t *huge = mem_zero(LIMIT_MEMBERSHIP_BODY_BYTES + 1, 1);
	check_code(team_action_decode(span_of(huge, LIMIT_MEMBERSHIP_BODY_BYTES + 1), &arena, &action),
	        ERR_TOOBIG);
	mem_free(huge);
	arena_close(&arena);
}

/* Lists that do not ascend strictly, needless varint bytes, flags above 1, counts over the limit. */
static void other_spellings_are_refused(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct team_action action;
	struct buf bytes = sample_bytes(TEAM_ACTION_MERGE, &arena);
	memcpy(bytes.data + 3 + 32, bytes.data + 3, 32); /* the same head twice */
	check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_MALFORMED);
	bytes.data[2] = 0; /* none */
	check_code(team_action_decode(span_of(bytes.data, 3), &arena, &action), ERR_MALFORMED);
	bytes.data[2] = LIMIT_MEMBERSHIP_HEADS + 1;
	check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_TOOBIG);
	buf_close(&bytes);
	bytes = sample_bytes(TEAM_ACTION_REMOVE_DEVICE, &arena);
	memset(bytes.data + 2 + 32 + 1 + 1 + 32, 0, 8); /* sequence 0 in a cut */
	check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_MALFORMED);
	buf_close(&bytes);
	bytes = sample_bytes(TEAM_ACTION_EPOCH, &arena);
	bytes.data[2] = 1; /* an epoch of membership, which is never sealed */
	check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_MALFORMED);
	bytes.data[2] = 3;
	bytes.data[2 + 1 + 32 + 1 + 32] = 2; /* a flag that is neither 0 nor 1 */
	check_code(team_action_decode(buf_span(&bytes), &arena, &action), ERR_MALFORMED);
	buf_close(&bytes);
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_action_has_its_golden_bytes),
	        cmocka_unit_test(short_and_long_bodies_are_refused),
	        cmocka_unit_test(unknown_formats_and_actions_are_kept),
	        cmocka_unit_test(other_spellings_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
