#include "tests/sim/sim_rogue.h"

void sim_rogue(struct sim_member *member)
{
	(void)member;
}
