#include "node/access/access.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

static const char DOMAIN[] = "releve access 1", HEAD_MAGIC[] = "RELVACH1", BLOCK_MAGIC[] = "RELVACB1";
enum { MAGIC_BYTES = 8, BLOCK_HEAD_BYTES = MAGIC_BYTES + ACCESS_LOG_ID_BYTES + 8 + 32 };

static const struct {
	enum access_kind kind;
	const char *name;
} KINDS[] = {
        {ACCESS_BEGIN, "begin"},
        {ACCESS_EXPIRED, "expired"},
        {ACCESS_LOST, "lost"},
        {ACCESS_PERIOD, "period"},
        {ACCESS_BROKEN, "broken"},
        {ACCESS_RECORD, "record"},
        {ACCESS_HISTORY, "history"},
        {ACCESS_NEWS, "news"},
        {ACCESS_PHOTO, "photo"},
        {ACCESS_SEARCH, "search"},
        {ACCESS_COPY, "copy"},
        {ACCESS_MINUTES, "minutes"},
        {ACCESS_THREAD, "thread"},
        {ACCESS_CONTROL, "control"},
        {ACCESS_PATIENTS, "patients"},
        {ACCESS_VISITS, "visits"},
        {ACCESS_BILLING, "billing"},
        {ACCESS_DUMP, "dump"},
        {ACCESS_LOG, "log"},
        {ACCESS_EXPORT, "export"},
        {ACCESS_BACKUP, "backup"},
        {ACCESS_FILE, "file"},
        {ACCESS_CASES, "cases"},
        {ACCESS_WORK, "work"},
        {ACCESS_OWN, "own"},
};

const char *access_kind_name(unsigned kind, char space[ACCESS_KIND_BYTES])
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(*KINDS); i++)
		if (KINDS[i].kind == kind)
			return KINDS[i].name;
	snprintf(space, ACCESS_KIND_BYTES, "%u", kind & 0xff);
	return space;
}

unsigned access_kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(*KINDS); i++)
		if (strcmp(KINDS[i].name, name) == 0)
			return KINDS[i].kind;
	char space[ACCESS_KIND_BYTES];
	unsigned kind = (unsigned)strtoul(name, NULL, 10) & 0xff;
	return strcmp(access_kind_name(kind, space), name) == 0 ? kind : 0;
}

struct access_patient access_patient(const struct dossier_secret *secret, const struct record_id *dossier)
{
	struct access_patient patient;
	uint8_t derived[SECRET_BYTES];
	secret_derive(derived, secret->bytes, DOMAIN, dossier->bytes, sizeof(dossier->bytes));
	memcpy(patient.bytes, derived, sizeof(patient.bytes));
	return patient;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void put_u64(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

void access_row_encode(uint8_t out[ACCESS_ROW_BYTES], const struct access_row *row)
{
	put_u64(out, row->number);
	put_u64(out + 8, row->at_s);
	out[16] = (uint8_t)row->kind;
	memcpy(out + 17, row->person.bytes, sizeof(row->person.bytes));
	memcpy(out + 33, row->patient.bytes, sizeof(row->patient.bytes));
	put_u64(out + 49, row->detail);
}

struct access_row access_row_decode(const uint8_t bytes[ACCESS_ROW_BYTES])
{
	struct access_row row;
	struct wire_in in = wire_begin(span_of(bytes, ACCESS_ROW_BYTES));
	row.number = wire_u64(&in);
	row.at_s = wire_u64(&in);
	row.kind = wire_u8(&in);
	wire_raw(&in, row.person.bytes, sizeof(row.person.bytes));
	wire_raw(&in, row.patient.bytes, sizeof(row.patient.bytes));
	row.detail = wire_u64(&in);
	return row;
}

void access_chain_add(struct access_chain *chain, const uint8_t row[ACCESS_ROW_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(chain->bytes));
	crypto_generichash_update(&state, (const uint8_t *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, chain->bytes, sizeof(chain->bytes));
	crypto_generichash_update(&state, row, ACCESS_ROW_BYTES);
	crypto_generichash_final(&state, chain->bytes, sizeof(chain->bytes));
}

/* ---- Head and blocks -------------------------------------------------------------------------------------------- */

/* 0, ERR_VERSION: only the version is another; ERR_CORRUPT. */
static int read_magic(struct wire_in *in, const char *magic)
{
	char found[MAGIC_BYTES];
	wire_raw(in, found, sizeof(found));
	if (in->error || memcmp(found, magic, MAGIC_BYTES - 1) != 0)
		return ERR_CORRUPT;
	return found[MAGIC_BYTES - 1] == magic[MAGIC_BYTES - 1] ? 0 : ERR_VERSION;
}

void access_head_encode(const struct access_head *head, struct buf *out)
{
	buf_add(out, HEAD_MAGIC, MAGIC_BYTES);
	buf_add(out, head->log.bytes, sizeof(head->log.bytes));
	wire_put_u16(out, (uint16_t)head->days);
	wire_put_u64(out, head->gone);
	buf_add(out, head->gone_chain.bytes, sizeof(head->gone_chain.bytes));
	wire_put_u64(out, head->last);
	buf_add(out, head->last_chain.bytes, sizeof(head->last_chain.bytes));
}

int access_head_decode(struct span bytes, struct access_head *out)
{
	struct access_head head;
	struct wire_in in = wire_begin(bytes);
	int result = read_magic(&in, HEAD_MAGIC);
	if (result)
		return result;
	wire_raw(&in, head.log.bytes, sizeof(head.log.bytes));
	head.days = wire_u16(&in);
	head.gone = wire_u64(&in);
	wire_raw(&in, head.gone_chain.bytes, sizeof(head.gone_chain.bytes));
	head.last = wire_u64(&in);
	wire_raw(&in, head.last_chain.bytes, sizeof(head.last_chain.bytes));
	if (wire_end(&in) || head.gone > head.last || head.last == 0 || head.days < ACCESS_DAYS_MIN ||
	        head.days > ACCESS_DAYS_MAX)
		return ERR_CORRUPT;
	*out = head;
	return 0;
}

bool access_is_block(struct span bytes)
{
	return bytes.size >= MAGIC_BYTES && memcmp(bytes.data, BLOCK_MAGIC, MAGIC_BYTES) == 0;
}

void access_block_encode(const struct access_block *block, struct buf *out)
{
	buf_add(out, BLOCK_MAGIC, MAGIC_BYTES);
	buf_add(out, block->log.bytes, sizeof(block->log.bytes));
	wire_put_u64(out, block->first);
	buf_add(out, block->before.bytes, sizeof(block->before.bytes));
	buf_add(out, block->rows, block->count * sizeof(*block->rows));
}

int access_block_decode(struct span bytes, struct access_block *out)
{
	struct access_block block = {0};
	struct wire_in in = wire_begin(bytes);
	int result = read_magic(&in, BLOCK_MAGIC);
	if (result)
		return result;
	wire_raw(&in, block.log.bytes, sizeof(block.log.bytes));
	block.first = wire_u64(&in);
	wire_raw(&in, block.before.bytes, sizeof(block.before.bytes));
	size_t count = wire_left(&in) / ACCESS_ROW_BYTES;
	if (in.error || count == 0 || count > ACCESS_BLOCK_ROWS || block.first == 0 ||
	        block.first > UINT64_MAX - ACCESS_BLOCK_ROWS ||
	        access_block_of(block.first) != access_block_of(block.first + count - 1))
		return ERR_CORRUPT;
	block.count = (uint32_t)count;
	wire_raw(&in, block.rows, count * sizeof(*block.rows));
	for (uint32_t i = 0; i < block.count; i++)
		if (access_row_decode(block.rows[i]).number != block.first + i)
			return ERR_CORRUPT;
	if (wire_end(&in))
		return ERR_CORRUPT;
	*out = block;
	return 0;
}
