#include "node/import_why.h"

const char *import_why_text(enum import_why why, enum schema_language language)
{
	switch (why) {
	case WHY_NONE:
	case WHY_PROBLEM:
		break;
#define WHY_CASE(name, fr, en) \
	case WHY_##name: \
		return language == SCHEMA_FR ? fr : en;
		WHY_TABLE(WHY_CASE)
#undef WHY_CASE
	}
	return "";
}
