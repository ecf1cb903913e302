/* Any text either is no code of a relay of this team, or is one whose signature holds. */
#include <assert.h>
#include <sodium.h>

#include "node/team/relay.h"
#include "node/team/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct team_id team = {{42}};
	struct team_relay relay;
	if (sodium_init() >= 0 && team_relay_parse(span_of(data, size), &team, &relay) == 0)
		assert(team_statement_relay_holds(&team, &relay));
	return 0;
}
