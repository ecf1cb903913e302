#include "node/survey/number.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 10, EIGHT_DIGITS = 100000000 };

/* Two digits: BLAKE2b-256("releve survey number 1" || campaign || u32 LE) mod 97, and 1 more, so that none is 00. A wrong digit passes once in 97. */
static uint32_t check_of(const struct record_id *campaign, uint32_t eight)
{
	static const char CONTEXT[] = "releve survey number 1";
	crypto_generichash_state state;
	uint8_t hash[32], number[4];
	for (unsigned i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(eight >> 8 * i);
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)CONTEXT, sizeof(CONTEXT) - 1);
	crypto_generichash_update(&state, campaign->bytes, sizeof(campaign->bytes));
	crypto_generichash_update(&state, number, sizeof(number));
	crypto_generichash_final(&state, hash, sizeof(hash));
	return (hash[0] | (uint32_t)hash[1] << 8 | (uint32_t)hash[2] << 16) % 97 + 1;
}

uint64_t survey_number(const struct record_id *campaign, uint32_t random)
{
	const uint32_t eight = random % EIGHT_DIGITS;
	return (uint64_t)eight * 100 + check_of(campaign, eight);
}

void survey_number_text(char out[SURVEY_NUMBER_BYTES], uint64_t number)
{
	snprintf(out, SURVEY_NUMBER_BYTES, "%05u %05u", (unsigned)(number / 100000 % 100000),
	        (unsigned)(number % 100000));
}

uint64_t survey_number_read(const struct record_id *campaign, struct span text)
{
	uint64_t number = 0;
	unsigned digits = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == ' ')
			continue;
		if (text.data[i] < '0' || text.data[i] > '9' || ++digits > DIGITS)
			return 0;
		number = 10 * number + (uint64_t)(text.data[i] - '0');
	}
	return digits == DIGITS && number % 100 == check_of(campaign, (uint32_t)(number / 100)) ? number : 0;
}
