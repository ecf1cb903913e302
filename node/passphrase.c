#include "node/passphrase.h"

#include <stdbool.h>

#include "crdt/base/err.h"

enum {
	SHORT_CHARACTERS = 10,
	LONG_CHARACTERS = 20,
	SENTENCE_CHARACTERS = 16,
	SENTENCE_WORDS = 4,
	FEW_DIFFERENT = 6,
	MANY_DIFFERENT = 10,
	FREE_TRIES = 3,
	FIRST_WAIT_MS = 1000,
	LONGEST_WAIT_MS = 5 * 60 * 1000,
};

static bool begins_character(uint8_t byte)
{
	return (byte & 0xc0) != 0x80;
}

static uint32_t count_words(struct span text)
{
	uint32_t count = 0;
	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] != ' ' && (i == 0 || text.data[i - 1] == ' ');
	return count;
}

enum passphrase_strength passphrase_strength(struct span passphrase)
{
	bool seen[256] = {false};
	uint32_t characters = 0, different = 0, others = 0;
	for (size_t i = 0; i < passphrase.size; i++) {
		uint8_t byte = passphrase.data[i];
		characters += begins_character(byte);
		different += !seen[byte];
		seen[byte] = true;
		others += byte < '0' || byte > '9';
	}
	if (characters < SHORT_CHARACTERS || different < FEW_DIFFERENT || others == 0)
		return PASSPHRASE_WEAK;
	bool is_sentence = characters >= SENTENCE_CHARACTERS && count_words(passphrase) >= SENTENCE_WORDS;
	return different >= MANY_DIFFERENT && (is_sentence || characters >= LONG_CHARACTERS)
	        ? PASSPHRASE_GOOD
	        : PASSPHRASE_FAIR;
}

const char *passphrase_strength_name(enum passphrase_strength strength)
{
	static const char *const names[] = {"weak", "fair", "good"};
	return names[strength];
}

const char *passphrase_hint(enum passphrase_strength strength)
{
	static const char *const hints[] = {
	        "This passphrase is weak: whoever finds this device can guess it. Four or five words that "
	        "have "
	        "nothing to do with one another are better.",
	        "This passphrase is fair: one or two more words would make it good.",
	        NULL,
	};
	return hints[strength];
}

uint64_t passphrase_wait_ms(const struct passphrase_tries *tries, uint64_t now_ms)
{
	return tries->until_ms > now_ms ? tries->until_ms - now_ms : 0;
}

void passphrase_tried(struct passphrase_tries *tries, uint64_t now_ms, int result)
{
	if (result == 0)
		*tries = (struct passphrase_tries){0};
	if (result != ERR_PASSPHRASE)
		return;
	tries->wrong++;
	if (tries->wrong < FREE_TRIES)
		return;
	uint32_t doublings = tries->wrong - FREE_TRIES;
	uint64_t wait_ms = doublings < 20 ? (uint64_t)FIRST_WAIT_MS << doublings : LONGEST_WAIT_MS;
	tries->until_ms = now_ms + (wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS);
}
