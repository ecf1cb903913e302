#include "node/keyring/erased_names.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static const char DOMAIN[] = "releve erased names 1";

int erased_name_cmp(const void *a, const void *b)
{
	const struct erased_name *left = a, *right = b;
	int order = memcmp(left->epoch.bytes, right->epoch.bytes, sizeof(left->epoch.bytes));
	return order ? order
	             : memcmp(left->pseudonym.bytes, right->pseudonym.bytes, sizeof(left->pseudonym.bytes));
}

static void put_signed(const struct erased_names *names, struct buf *out)
{
	wire_put_u8(out, ERASED_NAMES_ROW_VERSION);
	buf_add(out, names->issuer.bytes, sizeof(names->issuer.bytes));
	buf_add(out, names->dossier.bytes, sizeof(names->dossier.bytes));
	buf_add(out, names->membership.bytes, sizeof(names->membership.bytes));
	wire_put_varint(out, names->count);
	for (uint32_t i = 0; i < names->count; i++) {
		buf_add(out, names->items[i].epoch.bytes, sizeof(names->items[i].epoch.bytes));
		buf_add(out, names->items[i].pseudonym.bytes, sizeof(names->items[i].pseudonym.bytes));
	}
}

void erased_names_sign(struct erased_names *names, const struct key_signer *signer)
{
	struct buf bytes = {0};
	uint8_t digest[SIGN_DIGEST_BYTES];
	assert(names->count > 0 && names->count <= LIMIT_ERASED_NAMES);
	names->issuer = signer->device;
	put_signed(names, &bytes);
	sign_digest(digest, DOMAIN, &signer->team, buf_span(&bytes));
	sign_make(&names->signature, DOMAIN, digest, signer->secret_key);
	buf_close(&bytes);
}

void erased_names_encode(const struct erased_names *names, struct buf *out)
{
	put_signed(names, out);
	buf_add(out, names->signature.bytes, sizeof(names->signature.bytes));
}

void erased_names_close(struct erased_names *names)
{
	mem_free(names->items);
	*names = (struct erased_names){0};
}

static void read_names(struct wire_in *in, struct erased_names *names)
{
	wire_raw(in, names->issuer.bytes, sizeof(names->issuer.bytes));
	wire_raw(in, names->dossier.bytes, sizeof(names->dossier.bytes));
	wire_raw(in, names->membership.bytes, sizeof(names->membership.bytes));
	names->count = wire_count(in, LIMIT_ERASED_NAMES, ERASED_NAME_BYTES);
	names->items = mem_zero(names->count, sizeof(*names->items));
	for (uint32_t i = 0; i < names->count && !in->error; i++) {
		struct erased_name *name = &names->items[i];
		wire_raw(in, name->epoch.bytes, sizeof(name->epoch.bytes));
		wire_raw(in, name->pseudonym.bytes, sizeof(name->pseudonym.bytes));
		if (i && erased_name_cmp(name - 1, name) >= 0)
			wire_fail(in, ERR_MALFORMED);
	}
	wire_raw(in, names->signature.bytes, sizeof(names->signature.bytes));
}

int erased_names_decode(struct erased_names *out, struct span bytes, const struct team_id *team)
{
	struct erased_names names = {0};
	uint8_t digest[SIGN_DIGEST_BYTES];
	struct wire_in in = wire_begin(bytes);
	const uint8_t version = wire_u8(&in);
	if (!in.error && version != ERASED_NAMES_ROW_VERSION)
		return ERR_VERSION;
	read_names(&in, &names);
	int error = wire_end(&in);
	if (!error && names.count == 0)
		error = ERR_MALFORMED;
	if (!error) {
		sign_digest(digest, DOMAIN, team, span_sub(bytes, 0, bytes.size - ENTRY_SIGNATURE_BYTES));
		if (!sign_check(&names.signature, DOMAIN, digest, &names.issuer))
			error = ERR_BADSIG;
	}
	if (error)
		erased_names_close(&names);
	else
		*out = names;
	return error;
}
