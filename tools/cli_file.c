/* Files that commands write, from bytes that replies hold in base64. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "store/file.h"
#include "tools/cli.h"

char *cli_whole_path(const char *path)
{
	char *here, *whole;
	if (*path == '/' || (here = getcwd(NULL, 0)) == NULL)
		return mem_text(span_text(path));
	whole = file_join(here, path);
	free(here);
	return whole;
}

int cli_write_file(const char *path, struct span bytes)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return errno == EEXIST
		        ? cli_say(CLI_CONFLICT, "%s is there already; nothing was written", path)
		        : cli_say(CLI_ERROR, "%s cannot be written", path);
	size_t done = 0;
	for (ssize_t count = 1; done < bytes.size && count > 0; done += count > 0 ? (size_t)count : 0)
		count = write(file, bytes.data + done, bytes.size - done);
	bool good = done == bytes.size && fsync(file) == 0;
	good &= close(file) == 0;
	if (good)
		return 0;
	unlink(path);
	return cli_say(CLI_FULL, "%s cannot be written to its end", path);
}

bool cli_decode(const char *encoded, struct buf *out)
{
	const size_t length = strlen(encoded);
	size_t size = 0;
	buf_reserve(out, length);
	if (sodium_base642bin(out->data + out->size, length, encoded, length, NULL, &size, NULL,
	            sodium_base64_VARIANT_ORIGINAL))
		return false;
	out->size += size;
	return true;
}
