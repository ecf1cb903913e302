/* Any text either fails to parse, naming a group that exists, or prints as a text that parses to the same. */
#include <assert.h>

#include "node/team/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct team_invitation invitation, again;
	char text[TEAM_INVITATION_TEXT_BYTES];
	unsigned group = 0;
	if (team_invitation_parse(span_of(data, size), &invitation, &group) != 0) {
		assert(group <= TEAM_INVITATION_GROUPS + 1);
		return 0;
	}
	team_invitation_text(&invitation, text);
	int result = team_invitation_parse(span_text(text), &again, &group);
	assert(result == 0 && memcmp(invitation.seed, again.seed, sizeof(again.seed)) == 0);
	return 0;
}
