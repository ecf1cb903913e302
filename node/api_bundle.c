/* A file that brings to a colleague what only this device may have. */
#include "node/api_node.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/node_bundle.h"

static int reply_file(struct api_call *call)
{
	struct buf file = {0};
	uint32_t count = 0;
	int result = node_export(api_node_of(call)->node, &file, &count);
	if (result) {
		api_call_fail(call, result,
		        result == ERR_NOTFOUND
		                ? "This device knows no colleague to whom the file could be sealed."
		                : result == ERR_TOOBIG
		                ? "Colleagues lack too much for one file: let the devices meet."
		                : NULL);
		return 0;
	}
	const size_t size = sodium_base64_encoded_len(file.size, sodium_base64_VARIANT_ORIGINAL);
	char *text = mem_alloc(size);
	sodium_bin2base64(text, size, file.data, file.size, sodium_base64_VARIANT_ORIGINAL);
	api_call_reply(call, 200, json_pack("{s:I, s:s}", "entries", (json_int_t)count, "file", text));
	mem_free(text);
	buf_close(&file);
	return 0;
}

int api_get_export(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	api_note(app, ACCESS_FILE, NULL, api_dossier_count(app));
	return api_when_noted(call, reply_file);
}

static const char *sentence_of(int error)
{
	switch (error) {
	case ERR_DENIED:
		return "This file was not made for this device: it is sealed to the colleagues of whoever "
		       "made it. Nothing was "
		       "taken.";
	case ERR_VERSION:
		return "This file was made by a newer version of the program. Nothing was taken.";
	case ERR_MALFORMED:
	case ERR_TRUNCATED:
	case ERR_TOOBIG:
		return "This is not a whole file of \"releve export\". Nothing was taken.";
	case ERR_BADSEAL:
		return "This file is damaged or was cut short. Nothing was taken.";
	default:
		return NULL;
	}
}

int api_post_take_in(struct api_call *call)
{
	struct node_taken taken;
	int result = node_take_in(api_node_of(call)->node, api_call_bytes(call), &taken);
	if (result) {
		api_call_fail(call, result, sentence_of(result));
		return 0;
	}
	return api_reply_durable(call, 200,
	        json_pack("{s:I, s:I, s:b}", "taken", (json_int_t)taken.entries, "refused",
	                (json_int_t)taken.refused, "again", taken.again));
}
