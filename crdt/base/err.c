#include "crdt/base/err.h"

const char *err_name(int code)
{
	switch (code) {
	case 0:
		return "OK";
#define ERR_CASE(number, name, sentence) \
	case -(number): \
		return #name;
		ERR_TABLE(ERR_CASE)
#undef ERR_CASE
	default:
		return "UNKNOWN";
	}
}

const char *err_sentence(int code)
{
	switch (code) {
	case 0:
		return "Done.";
#define ERR_CASE(number, name, sentence) \
	case -(number): \
		return sentence;
		ERR_TABLE(ERR_CASE)
#undef ERR_CASE
	default:
		return "An unknown error occurred.";
	}
}
