/*
 * The rows of replicated state that stand now, as a session compares and gives them: listed when they are asked for and something moved since.
 */
#include "node/node_state.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

static int item_cmp(const void *a, const void *b)
{
	return memcmp(((const struct node_state_item *)a)->id, ((const struct node_state_item *)b)->id, 16);
}

static void list_in(struct node_state_list *list, const struct node_state_item *item)
{
	list->items = mem_room(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = *item;
}

bool node_state_is_for(struct span key_row, const struct device_id *device)
{
	uint8_t kind;
	struct device_id issuer, recipient;
	return key_row_peek(key_row, &kind, &issuer) == 0 &&
	        (kind == KEY_ROW_TOMBSTONE ||
	                (key_row_recipient(key_row, &recipient) == 0 && device_id_eq(&recipient, device)));
}

bool node_row_of_dossiers(struct span row)
{
	return row.size &&
	        (row.data[0] == STATE_KEY || row.data[0] == STATE_ERASED || row.data[0] == STATE_NAMES);
}

static struct node_state_item add_row(struct node *node, enum state_kind kind, struct span content)
{
	struct node_state_item item = {.at = (uint32_t)node->state_bytes.size};
	wire_put_u8(&node->state_bytes, (uint8_t)kind);
	buf_add_span(&node->state_bytes, content);
	item.size = (uint32_t)node->state_bytes.size - item.at;
	crypto_generichash(item.id, sizeof(item.id), node->state_bytes.data + item.at, item.size, NULL, 0);
	return item;
}

static void list_row(struct node *node, enum state_kind kind, struct span content)
{
	const struct node_state_item item = add_row(node, kind, content);
	struct node_state_list *lists = node->state_rows;
	const bool is_bare = !node_row_of_dossiers(
	        span_sub(buf_span(&node->state_bytes), item.at, item.size));
	const bool is_for_one = kind != STATE_KEY || node_state_is_for(content, &node->state_for);
	list_in(&lists[NODE_STATE_ALL], &item);
	if (is_bare)
		list_in(&lists[NODE_STATE_WITHOUT_KEYS], &item);
	if (is_for_one)
		list_in(&lists[NODE_STATE_FOR_ONE], &item);
	if (!node->state_older || kind == STATE_ACCORD)
		return;
	list_in(&lists[NODE_STATE_OLDER + NODE_STATE_ALL], &item);
	if (is_bare)
		list_in(&lists[NODE_STATE_OLDER + NODE_STATE_WITHOUT_KEYS], &item);
	if (is_for_one)
		list_in(&lists[NODE_STATE_OLDER + NODE_STATE_FOR_ONE], &item);
}

static void sort(struct node_state_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), item_cmp);
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(list->digest));
	for (uint32_t i = 0; i < list->count; i++)
		crypto_generichash_update(&state, list->items[i].id, sizeof(list->items[i].id));
	crypto_generichash_final(&state, list->digest, sizeof(list->digest));
}

/* All but acknowledgements. */
static void list_rows(struct node *node)
{
	struct buf row = {0};
	for (unsigned i = 0; i < NODE_STATE_PARTS; i++)
		node->state_rows[i].count = 0;
	buf_clear(&node->state_bytes);
	for (size_t i = 0; node->keys && i < key_table_row_count(node->keys); i++) {
		buf_clear(&row);
		key_table_row(node->keys, i, &row);
		list_row(node, STATE_KEY, buf_span(&row));
	}
	for (uint32_t i = 0; i < node->accord_count; i++)
		list_row(node, STATE_ACCORD, buf_span(&node->accords[i].bytes));
	for (uint32_t i = 0; i < node->proof_count; i++)
		list_row(node, STATE_FORK, buf_span(&node->proofs[i].bytes));
	for (uint32_t i = 0; i < node->confirmed_count; i++) {
		buf_clear(&row);
		erased_encode(&node->confirmed[i], &row);
		list_row(node, STATE_ERASED, buf_span(&row));
	}
	for (uint32_t i = 0; i < node->names_count; i++) {
		buf_clear(&row);
		erased_names_encode(&node->names[i], &row);
		list_row(node, STATE_NAMES, buf_span(&row));
	}
	buf_close(&row);
	for (unsigned i = 0; i < NODE_STATE_PARTS; i++)
		sort(&node->state_rows[i]);
	node->state_rows_bytes = node->state_bytes.size;
}

static void merge(
        struct node_state_list *out, const struct node_state_list *a, const struct node_state_list *b)
{
	uint32_t i = 0, j = 0;
	out->count = 0;
	while (i < a->count || j < b->count) {
		const bool first = j == b->count ||
		        (i < a->count && item_cmp(&a->items[i], &b->items[j]) < 0);
		list_in(out, first ? &a->items[i] : &b->items[j]);
		i += first;
		j += !first;
	}
}

/* Acknowledgements move each time that something came; the rest rarely does, and is much more. */
static void list_state(struct node *node)
{
	if (node->state_valid && node->state_acks_valid)
		return;
	if (!node->state_valid)
		list_rows(node);
	node->state_bytes.size = node->state_rows_bytes;
	node->state_acks.count = 0;
	for (uint32_t i = 0; i < node->ack_count; i++) {
		const struct node_state_item item = add_row(node, STATE_ACK, buf_span(&node->acks[i].bytes));
		list_in(&node->state_acks, &item);
	}
	sort(&node->state_acks);
	for (unsigned i = 0; i < NODE_STATE_PARTS; i++)
		merge(&node->state[i], &node->state_rows[i], &node->state_acks);
	node->state_valid = node->state_acks_valid = true;
}

enum node_state_part node_state_older(struct node *node, enum node_state_part part)
{
	if (!node->state_older) {
		node->state_older = true;
		node->state_valid = false;
	}
	return (enum node_state_part)(NODE_STATE_OLDER + (unsigned)part);
}

void node_state_for(struct node *node, const struct device_id *device)
{
	if (device_id_eq(&node->state_for, device))
		return;
	node->state_for = *device;
	node->state_valid = false;
}

uint32_t node_state_count(struct node *node, enum node_state_part part)
{
	list_state(node);
	return node->state[part].count;
}

const uint8_t *node_state_id(struct node *node, enum node_state_part part, uint32_t index)
{
	list_state(node);
	return node->state[part].items[index].id;
}

struct span node_state_row(struct node *node, enum node_state_part part, uint32_t index)
{
	list_state(node);
	const struct node_state_item *item = &node->state[part].items[index];
	return span_of(node->state_bytes.data + item->at, item->size);
}

bool node_row_is_ack(struct span row)
{
	return row.size > 0 && row.data[0] == STATE_ACK;
}

void node_put_ack_row(const struct ack *ack, const struct entry_signature *signature, struct buf *out)
{
	wire_put_u8(out, STATE_ACK);
	ack_put(ack, signature, out);
}

void node_state_digest(struct node *node, enum node_state_part part, uint8_t digest[32])
{
	list_state(node);
	memcpy(digest, node->state_acks.digest, 16);
	memcpy(digest + 16, node->state_rows[part].digest, 16);
}

void node_state_close(struct node *node)
{
	buf_close(&node->state_bytes);
	for (unsigned i = 0; i < NODE_STATE_PARTS; i++) {
		mem_free(node->state[i].items);
		mem_free(node->state_rows[i].items);
	}
	mem_free(node->state_acks.items);
}

bool node_state_ack(struct node *node, enum node_state_part part, uint32_t index, struct device_id *device,
        uint64_t *counter)
{
	const struct span row = node_state_row(node, part, index);
	if (node_row_is_ack(row))
		ack_peek(span_sub(row, 1, SIZE_MAX), device, counter);
	return node_row_is_ack(row);
}
