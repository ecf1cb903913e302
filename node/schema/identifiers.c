#include "node/schema/identifiers.h"

#include "crdt/base/err.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_digit(text.data[i]))
			return false;
	return true;
}

static bool luhn(struct span text)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < text.size; i++) {
		uint32_t digit = (uint32_t)(text.data[text.size - 1 - i] - '0');
		if (i % 2)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 == 0;
}

unsigned identifiers_ins_key(struct span text)
{
	uint64_t number = 0;
	if (text.size < 13 || text.data[0] < '1' || text.data[0] > '8')
		return 0;
	for (size_t i = 0; i < 13; i++) {
		uint8_t c = text.data[i];
		if (i == 6 && text.data[5] == '2' && (c == 'A' || c == 'B')) {
			number = (number / 10) * 100 + (c == 'A' ? 19 : 18);
			continue;
		}
		if (!is_digit(c))
			return 0;
		number = number * 10 + (uint64_t)(c - '0');
	}
	return (unsigned)(97 - number % 97);
}

int identifiers_ins(struct span text)
{
	unsigned key = identifiers_ins_key(text);
	if (key == 0 || (text.size != 13 && text.size != 15))
		return ERR_INVALID;
	if (text.size == 13)
		return 0;
	if (!all_digits(span_sub(text, 13, 2)))
		return ERR_INVALID;
	unsigned given = (unsigned)(text.data[13] - '0') * 10 + (unsigned)(text.data[14] - '0');
	return given == key ? 0 : ERR_CHECKDIGIT;
}

int identifiers_rpps(struct span text, bool *luhn_ok)
{
	*luhn_ok = false;
	if (text.size != 11 || !all_digits(text))
		return ERR_INVALID;
	*luhn_ok = luhn(text);
	return 0;
}

/* Digits, but for a letter A or B in second place: departments 2A and 2B. */
static bool digits_with_corsica(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		bool corsica = i == 1 && text.data[0] == '2' && (c == 'A' || c == 'B');
		if (!is_digit(c) && !corsica)
			return false;
	}
	return true;
}

int identifiers_finess(struct span text)
{
	uint8_t plain[9];
	if (text.size != sizeof(plain) || !digits_with_corsica(text))
		return ERR_INVALID;
	memcpy(plain, text.data, sizeof(plain));
	if (!is_digit(plain[1]))
		plain[1] = '0';
	return luhn(span_of(plain, sizeof(plain))) ? 0 : ERR_CHECKDIGIT;
}

int identifiers_adeli(struct span text)
{
	return text.size == 9 && digits_with_corsica(text) ? 0 : ERR_INVALID;
}

int identifiers_cip13(struct span text)
{
	uint32_t sum = 0;
	if (text.size != 13 || !all_digits(text) || memcmp(text.data, "34009", 5) != 0)
		return ERR_INVALID;
	for (size_t i = 0; i < 13; i++)
		sum += (uint32_t)(text.data[i] - '0') * (i % 2 ? 3 : 1);
	return sum % 10 == 0 ? 0 : ERR_CHECKDIGIT;
}

int identifiers_commune(struct span text)
{
	return text.size == 5 && digits_with_corsica(text) ? 0 : ERR_INVALID;
}

static bool is_address_character(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
	        c == '_' || c == '+' || c == '\'';
}

int identifiers_mssante(struct span text)
{
	static const char DOMAIN[] = ".mssante.fr";
	size_t domain_bytes = sizeof(DOMAIN) - 1, at_place = text.size;
	if (text.size <= domain_bytes ||
	        memcmp(text.data + text.size - domain_bytes, DOMAIN, domain_bytes) != 0)
		return ERR_INVALID;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '@' && at_place == text.size)
			at_place = i;
		else if (!is_address_character(text.data[i]))
			return ERR_INVALID;
	}
	return at_place > 0 && at_place + 1 < text.size - domain_bytes ? 0 : ERR_INVALID;
}

const char *identifiers_ins_oid(int64_t kind)
{
	static const char *const OIDS[] = {
	        "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"};
	return kind >= 1 && kind <= 4 ? OIDS[kind - 1] : NULL;
}
