/* Bytes that mpack_check() passes write back to themselves; unchecked bytes are read without passing their end. */
#include "crdt/mpack.h"
#include "tests/fuzz/replay.h"

static void copy_value(struct mpack_in *in, struct buf *out)
{
	for (uint64_t left = 1; left && !in->error; left--) {
		uint32_t count;
		switch (mpack_peek(in)) {
		case MPACK_NIL:
			mpack_nil(in);
			mpack_put_nil(out);
			break;
		case MPACK_BOOL:
			mpack_put_bool(out, mpack_bool(in));
			break;
		case MPACK_UINT:
			mpack_put_uint(out, mpack_uint(in, UINT64_MAX));
			break;
		case MPACK_NEGATIVE:
			mpack_put_int(out, mpack_int(in));
			break;
		case MPACK_STR:
			mpack_put_str(out, mpack_str(in));
			break;
		case MPACK_BIN:
			mpack_put_bin(out, mpack_bin(in));
			break;
		case MPACK_ARRAY:
			count = mpack_array(in);
			mpack_put_array(out, count);
			left += count;
			break;
		case MPACK_MAP:
			count = mpack_map(in);
			mpack_put_map(out, count);
			left += 2 * (uint64_t)count;
			break;
		case MPACK_NONE:
		default:
			return;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	struct buf copy = {0};
	struct mpack_in in = mpack_begin(bytes), skipping = mpack_begin(bytes);
	int good = mpack_check(bytes) == 0;
	copy_value(&in, &copy);
	struct span skipped = mpack_skip(&skipping);
	if (good) {
		FUZZ_MUST(mpack_end(&in) == 0 && mpack_end(&skipping) == 0);
		FUZZ_MUST(span_eq(buf_span(&copy), bytes) && span_eq(skipped, bytes));
	}
	FUZZ_MUST(in.at <= in.end && skipping.at <= skipping.end);
	buf_close(&copy);
	return 0;
}
