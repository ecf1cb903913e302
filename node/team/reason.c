#include "node/team/reason.h"

const char *team_reason_name(enum team_reason reason)
{
	switch (reason) {
#define REASON_CASE(number, name, sentence) \
	case TEAM_REASON_##name: \
		return #name;
		TEAM_REASON_TABLE(REASON_CASE)
#undef REASON_CASE
	}
	return "UNKNOWN";
}

const char *team_reason_sentence(enum team_reason reason)
{
	switch (reason) {
#define REASON_CASE(number, name, sentence) \
	case TEAM_REASON_##name: \
		return sentence;
		TEAM_REASON_TABLE(REASON_CASE)
#undef REASON_CASE
	}
	return "The reason is unknown.";
}
