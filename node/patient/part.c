#include "node/patient/part.h"

#include "crdt/mpack.h"
#include "node/patient/fields.h"

static const uint32_t FIELDS[] = {PATIENT_LAST_NAME, PATIENT_FIRST_NAME, PATIENT_BIRTH_NAME, PATIENT_SEX,
        PATIENT_BIRTH_DATE, PATIENT_NIR, PATIENT_PHONE, PATIENT_MOBILE, PATIENT_CONTACT_PHONE};
enum { FIELD_COUNT = sizeof(FIELDS) / sizeof(*FIELDS), LINK_MEMBERS = 6 };

/* ---- Who it is --------------------------------------------------------------------------------------------------- */

void patient_identity_make(const struct digest_source *source, struct buf *out)
{
	struct schema_measures measures;
	struct schema_record record;
	const struct record_id id = crdt_doc_id(source->doc);
	uint32_t count = 0;
	if (!record_read(source->doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record))
		return;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		count += schema_value(&record, FIELDS[i]) != NULL;
	mpack_put_map(out, count);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct schema_value *value = schema_value(&record, FIELDS[i]);
		if (!value)
			continue;
		mpack_put_uint(out, FIELDS[i]);
		if (value->field->type == SCHEMA_TEXT)
			mpack_put_str(out, value->bytes);
		else
			mpack_put_int(out, value->number);
	}
}

bool patient_identity_get(struct span part, const struct record_id *file, struct patient_who *out)
{
	struct mpack_in in = mpack_begin(part);
	struct schema_record record = {.kind = schema_kind(SCHEMA_PATIENT), .id = *file};
	const uint32_t count = part.size ? mpack_map(&in) : 0;
	for (uint32_t i = 0; i < count && !in.error; i++) {
		const struct schema_field *field = schema_field(
		        record.kind, (uint32_t)mpack_uint(&in, UINT32_MAX));
		struct schema_value *value = field ? schema_put(&record, field) : NULL;
		if (!value)
			mpack_skip(&in);
		else if (field->type == SCHEMA_TEXT)
			value->bytes = mpack_str(&in);
		else
			value->number = mpack_int(&in);
	}
	if (part.size == 0 || mpack_end(&in) != 0)
		return false;
	patient_who_of(&record, out);
	return true;
}

/* ---- Decisions --------------------------------------------------------------------------------------------------- */

void patient_links_close(struct patient_links *links)
{
	mem_free(links->items);
	*links = (struct patient_links){0};
}

void patient_links_add(struct patient_links *links, const struct patient_link *link)
{
	links->items = mem_room(links->items, links->count, &links->capacity, sizeof(*links->items));
	links->items[links->count++] = *link;
}

void patient_links_read(const struct digest_source *source, struct patient_links *out)
{
	const struct record_id file = crdt_doc_id(source->doc);
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(source->doc, SCHEMA_PATIENT_LINK, &cursor, &event)) {
		struct schema_measures measures;
		struct schema_record record;
		struct patient_link link;
		if (digest_event(source, &event, &measures, &record) &&
		        patient_link_of(&record, &file, &link)) {
			link.op = event.op;
			patient_links_add(out, &link);
		}
	}
}

void patient_links_make(const struct digest_source *source, struct buf *out)
{
	struct patient_links links = {0};
	patient_links_read(source, &links);
	if (links.count)
		mpack_put_array(out, links.count);
	for (uint32_t i = 0; i < links.count; i++) {
		const struct patient_link *link = &links.items[i];
		mpack_put_array(out, LINK_MEMBERS);
		mpack_put_bin(out, span_of(link->id.bytes, ID_SHORT_BYTES));
		mpack_put_bin(out, span_of(link->other.bytes, ID_SHORT_BYTES));
		mpack_put_uint(out, (uint64_t)link->decision);
		mpack_put_bin(out, span_of(link->follows, link->follow_count * (size_t)SCHEMA_SHORT_BYTES));
		mpack_put_bin(out, span_of(link->op.feed.bytes, ID_LONG_BYTES));
		mpack_put_uint(out, link->op.seq);
	}
	patient_links_close(&links);
}

static bool read_id(struct mpack_in *in, struct record_id *out)
{
	const struct span bytes = mpack_bin(in);
	if (bytes.size != ID_SHORT_BYTES)
		return false;
	memcpy(out->bytes, bytes.data, ID_SHORT_BYTES);
	return true;
}

static bool read_link(struct mpack_in *in, const struct record_id *file, struct patient_link *out)
{
	*out = (struct patient_link){.file = *file};
	if (mpack_array(in) != LINK_MEMBERS || !read_id(in, &out->id) || !read_id(in, &out->other))
		return false;
	const uint64_t decision = mpack_uint(in, PATIENT_UNDONE);
	const struct span follows = mpack_bin(in);
	const struct span feed = mpack_bin(in);
	out->op.seq = mpack_uint(in, UINT64_MAX);
	if (in->error || decision < PATIENT_SAME || follows.size > sizeof(out->follows) ||
	        follows.size % SCHEMA_SHORT_BYTES || feed.size != ID_LONG_BYTES)
		return false;
	memcpy(out->op.feed.bytes, feed.data, ID_LONG_BYTES);
	out->decision = (enum patient_decision)decision;
	out->follow_count = (uint32_t)(follows.size / SCHEMA_SHORT_BYTES);
	if (follows.size)
		memcpy(out->follows, follows.data, follows.size);
	return true;
}

void patient_links_get(struct span part, const struct record_id *file, struct patient_links *out)
{
	struct mpack_in in = mpack_begin(part);
	const uint32_t count = part.size ? mpack_array(&in) : 0;
	struct patient_link link;
	for (uint32_t i = 0; i < count && read_link(&in, file, &link); i++)
		patient_links_add(out, &link);
}
