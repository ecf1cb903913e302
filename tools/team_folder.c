#include "tools/team_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "store/file.h"

bool team_folder_name_is(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t size = strspn(name, letters);
	return size > 0 && size < TEAM_FOLDER_NAME_BYTES && !name[size] && *name != '-' &&
	        strcmp(name, TEAM_FOLDER_MAIN) != 0;
}

char *team_folder_path(const char *root, const char *name)
{
	if (!name || strcmp(name, TEAM_FOLDER_MAIN) == 0)
		return mem_text(span_text(root));
	char *teams = file_join(root, "teams"), *path = file_join(teams, name);
	mem_free(teams);
	return path;
}

bool team_folder_has_device(const char *directory)
{
	char *key = file_join(directory, "device.key"), *made = file_join(directory, "restored");
	bool found = access(key, F_OK) == 0 || access(made, F_OK) == 0;
	mem_free(key);
	mem_free(made);
	return found;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(((const struct team_folder_name *)left)->text,
	        ((const struct team_folder_name *)right)->text);
}

/* The one that comes last by its name makes room. */
static void keep(struct team_folder_name *out, uint32_t *count, uint32_t max, const char *name)
{
	if (*count == max && strcmp(name, out[max - 1].text) >= 0)
		return;
	*count -= *count == max;
	memcpy(out[(*count)++].text, name, strlen(name) + 1); /* team_folder_name_is() looked at its length */
	qsort(out, *count, sizeof(*out), by_text);
}

uint32_t team_folder_list(const char *root, struct team_folder_name *out, uint32_t max)
{
	char *teams = file_join(root, "teams");
	DIR *directory = opendir(teams);
	uint32_t count = 0;
	for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
		char *path = file_join(teams, entry->d_name);
		if (team_folder_name_is(entry->d_name) && team_folder_has_device(path))
			keep(out, &count, max, entry->d_name);
		mem_free(path);
	}
	if (directory)
		closedir(directory);
	mem_free(teams);
	return count;
}

uint16_t team_folder_port(const char *directory)
{
	enum { DIGITS_MAX = 6 };
	char *path = file_join(directory, "port");
	struct buf text = {0};
	unsigned long port = 0;
	if (file_read(path, DIGITS_MAX, &text) == 0) {
		buf_add(&text, "", 1);
		port = strtoul((char *)text.data, NULL, 10);
	}
	buf_close(&text);
	mem_free(path);
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

int team_folder_set_port(const char *directory, uint16_t port)
{
	char *path = file_join(directory, "port"), text[8];
	snprintf(text, sizeof(text), "%u\n", (unsigned)port);
	int result = file_replace(path, span_text(text));
	mem_free(path);
	return result;
}
