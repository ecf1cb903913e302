#include "node/keyring/body.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static const char AD_DOMAIN[] = "releve body 1", KEY_DOMAIN[] = "releve body key 1";

enum { AD_BYTES = sizeof(AD_DOMAIN) - 1 + 1 + ID_LONG_BYTES + 8 };

void body_key_derive(struct body_key *out, const struct epoch_key *epoch, enum compartment compartment,
        const struct dossier_secret *dossier)
{
	uint8_t message[1 + SECRET_BYTES] = {(uint8_t)compartment};
	if (dossier)
		memcpy(message + 1, dossier->bytes, SECRET_BYTES);
	secret_derive(out->bytes, epoch->bytes, KEY_DOMAIN, message, sizeof(message));
	mem_wipe(message, sizeof(message));
}

static void associated_data(uint8_t out[AD_BYTES], const struct body_place *place)
{
	memcpy(out, AD_DOMAIN, sizeof(AD_DOMAIN) - 1);
	out += sizeof(AD_DOMAIN) - 1;
	*out++ = (uint8_t)place->compartment;
	memcpy(out, place->feed.bytes, ID_LONG_BYTES);
	out += ID_LONG_BYTES;
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(place->seq >> (8 * i));
}

int body_seal(struct body_codec *codec, const struct env *env, const struct body_key *key,
        const struct body_place *place, struct span raw, struct buf *out)
{
	uint8_t ad[AD_BYTES];
	struct span packed;
	int error = pack_make(codec, raw, LIMIT_ENTRY_BODY_BYTES - BODY_OVERHEAD_BYTES, &packed);
	if (error)
		return error;
	associated_data(ad, place);
	uint8_t *sealed = buf_extend(out, packed.size + BODY_OVERHEAD_BYTES);
	aead_seal(sealed, env, key->bytes, span_of(ad, sizeof(ad)), packed);
	return 0;
}

int body_open(struct body_codec *codec, const struct body_key *key, const struct body_place *place,
        struct span sealed, struct span *raw)
{
	uint8_t ad[AD_BYTES];
	if (sealed.size > LIMIT_ENTRY_BODY_BYTES)
		return ERR_TOOBIG;
	if (sealed.size < BODY_BYTES_MIN)
		return ERR_TRUNCATED;
	size_t packed_bytes = sealed.size - BODY_OVERHEAD_BYTES;
	associated_data(ad, place);
	int error = aead_open(pack_room(codec, packed_bytes), key->bytes, span_of(ad, sizeof(ad)), sealed);
	if (error)
		return error;
	return pack_open(codec, packed_bytes, raw);
}
