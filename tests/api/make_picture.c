/* Writes a photo as a camera would, with place and camera beside the picture. Usage: make-picture FORM WIDTH HEIGHT SEED FILE; FORM: jpeg, png, pdf */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pictures.h"

int main(int argc, char **argv)
{
	struct buf bytes = {0};
	if (argc != 6)
		return 2;
	const struct pictures_wish wish = {.width = (unsigned)strtoul(argv[2], NULL, 10),
	        .height = (unsigned)strtoul(argv[3], NULL, 10),
	        .orientation = 6,
	        .seed = (unsigned)strtoul(argv[4], NULL, 10)};
	if (strcmp(argv[1], "pdf") == 0)
		pictures_pdf(&wish, &bytes);
	else if (strcmp(argv[1], "png") == 0)
		pictures_png(&wish, &bytes);
	else
		pictures_jpeg(&wish, &bytes);
	FILE *file = fopen(argv[5], "we");
	const bool is_written = file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size &&
	        fclose(file) == 0;
	buf_close(&bytes);
	return is_written ? 0 : 1;
}
