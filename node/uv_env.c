#include "node/uv_env.h"

#include <malloc.h>
#include <sodium.h>
#include <time.h>
#include <uv.h>

static uint64_t monotonic_ms(void *context)
{
	(void)context;
	return uv_hrtime() / 1000000;
}

static uint64_t wall_ms(void *context)
{
	struct timespec now;
	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void random_bytes(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
}

const struct env *uv_env(void)
{
	static const struct env env = {monotonic_ms, wall_ms, random_bytes, NULL};
	return &env;
}

void uv_env_give_back(void)
{
	malloc_trim(0);
}
