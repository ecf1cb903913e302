#include "tests/lib/photo.h"

#include "crdt/base/rng.h"
#include "node/photo_row.h"
#include "node/schema/schema.h"
#include "tests/lib/check.h"

static void on_saved(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

void photo_save(struct device *device, const struct record_id *dossier, uint64_t seed, struct photo *out)
{
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PHOTO), .id = {{(uint8_t)seed}}}};
	struct rng rng = rng_new(seed);
	int result = 1;
	*out = (struct photo){0};
	rng_bytes(&rng, buf_extend(&out->bytes, PHOTO_BYTES), PHOTO_BYTES);
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("at")))->number = 1700000000;
	check_ok(node_photo_save(device->node, dossier, &edit, buf_span(&out->bytes), span_text("image/jpeg"),
	        &out->address, on_saved, &result));
	devices_run(device->prepare.loop, has_result, &result);
	check_ok(result);
}

void photo_close(struct photo *photo)
{
	buf_close(&photo->bytes);
	buf_close(&photo->encoded);
	arena_close(&photo->arena);
}

void photo_read_manifest(struct device *device, struct photo *photo)
{
	uint8_t key[PHOTO_KEY_BYTES];
	struct blob_known known;
	struct store_txn *txn;
	photo_key(device->vault, &photo->address, PHOTO_ABOUT, key);
	check_ok(store_begin(device->store, false, &txn));
	check_ok(vault_get(device->vault, txn, STORE_BLOB, span_of(key, sizeof(key)), &photo->encoded));
	store_abort(txn);
	check_ok(photo_about_decode(buf_span(&photo->encoded), &photo->arena, &known, &photo->manifest));
	assert_int_equal(blob_address_cmp(&known.address, &photo->address), 0);
}

void photo_check_opens(struct device *device, const struct record_id *dossier, struct photo *photo)
{
	struct buf plain = {0};
	arena_close(&photo->arena);
	buf_clear(&photo->encoded);
	photo->arena = (struct arena){0};
	photo_read_manifest(device, photo);
	for (uint32_t i = 0; i < PHOTO_CHUNKS; i++)
		check_ok(node_photo_open(device->node, dossier, &photo->manifest, i, &plain));
	check_span(buf_span(&plain), buf_span(&photo->bytes));
	buf_close(&plain);
}

uint32_t photo_rows(struct device *device)
{
	return device_rows(device, STORE_BLOB);
}
