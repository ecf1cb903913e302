#include "node/keyring/erased.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

static const char DOMAIN[] = "releve erased 1";

static void put_signed(const struct erased *erased, struct buf *out)
{
	wire_put_u8(out,
	        erased->wait            ? ERASED_WAITS_VERSION
	                : erased->names ? ERASED_NAMES_VERSION
	                                : ERASED_VERSION);
	buf_add(out, erased->device.bytes, sizeof(erased->device.bytes));
	buf_add(out, erased->dossier.bytes, sizeof(erased->dossier.bytes));
	wire_put_u64(out, erased->time_ms);
	if (erased->wait) {
		wire_put_u8(out, erased->wait);
		wire_put_u32(out, erased->need_mib);
	} else if (erased->names) {
		wire_put_u32(out, erased->names);
	}
}

static void sign(struct erased *erased, const struct key_signer *signer)
{
	struct buf bytes = {0};
	uint8_t digest[SIGN_DIGEST_BYTES];
	put_signed(erased, &bytes);
	sign_digest(digest, DOMAIN, &signer->team, buf_span(&bytes));
	sign_make(&erased->signature, DOMAIN, digest, signer->secret_key);
	buf_close(&bytes);
}

void erased_make_waits(struct erased *out, const struct key_signer *signer, const struct record_id *dossier,
        uint64_t time_ms, enum erased_wait wait, uint32_t need_mib)
{
	*out = (struct erased){.device = signer->device,
	        .dossier = *dossier,
	        .time_ms = time_ms,
	        .wait = (uint8_t)wait,
	        .need_mib = need_mib};
	sign(out, signer);
}

void erased_make_by_names(struct erased *out, const struct key_signer *signer,
        const struct record_id *dossier, uint64_t time_ms, uint32_t names)
{
	*out = (struct erased){
	        .device = signer->device, .dossier = *dossier, .time_ms = time_ms, .names = names};
	sign(out, signer);
}

void erased_make(struct erased *out, const struct key_signer *signer, const struct record_id *dossier,
        uint64_t time_ms)
{
	erased_make_waits(out, signer, dossier, time_ms, ERASED_DONE, 0);
}

void erased_encode(const struct erased *erased, struct buf *out)
{
	put_signed(erased, out);
	buf_add(out, erased->signature.bytes, sizeof(erased->signature.bytes));
}

int erased_decode(struct erased *out, struct span bytes, const struct team_id *team)
{
	struct erased erased = {0};
	uint8_t digest[SIGN_DIGEST_BYTES];
	struct wire_in in = wire_begin(bytes);
	const uint8_t version = wire_u8(&in);
	if (!in.error && (version < ERASED_VERSION || version > ERASED_NAMES_VERSION))
		return ERR_VERSION;
	wire_raw(&in, erased.device.bytes, sizeof(erased.device.bytes));
	wire_raw(&in, erased.dossier.bytes, sizeof(erased.dossier.bytes));
	erased.time_ms = wire_u64(&in);
	if (version == ERASED_WAITS_VERSION) {
		erased.wait = wire_u8(&in);
		erased.need_mib = wire_u32(&in);
		if (!in.error && erased.wait == ERASED_DONE)
			return ERR_MALFORMED;
	} else if (version == ERASED_NAMES_VERSION) {
		erased.names = wire_u32(&in);
		if (!in.error && erased.names == 0)
			return ERR_MALFORMED;
	}
	wire_raw(&in, erased.signature.bytes, sizeof(erased.signature.bytes));
	int error = wire_end(&in);
	if (error)
		return error;
	sign_digest(digest, DOMAIN, team, span_sub(bytes, 0, bytes.size - ENTRY_SIGNATURE_BYTES));
	if (!sign_check(&erased.signature, DOMAIN, digest, &erased.device))
		return ERR_BADSIG;
	*out = erased;
	return 0;
}

int erased_cmp(const struct erased *a, const struct erased *b)
{
	int order = device_id_cmp(&a->device, &b->device);
	return order ? order : record_id_cmp(&a->dossier, &b->dossier);
}

bool erased_replaces(const struct erased *candidate, const struct erased *kept)
{
	if (candidate->time_ms != kept->time_ms)
		return candidate->time_ms > kept->time_ms;
	return memcmp(candidate->signature.bytes, kept->signature.bytes, ENTRY_SIGNATURE_BYTES) > 0;
}
