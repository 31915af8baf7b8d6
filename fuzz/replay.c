// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over the files of the directories given, without a fuzzer: so the seeds and
// every input that once broke something stay part of the normal test run. Small files are also run
// cut at every byte. At least one file must be found.
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

#define FILE_MAX (1 << 20)
#define CUT_MAX 4096

// Copies to exactly `size` bytes, so that a sanitizer sees any read behind the input.
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static bool replay_file(const char *directory, const char *name, uint8_t *room)
{
    char path[1024];
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
    if (!file)
        return false;
    size_t size = fread(room, 1, FILE_MAX, file);
    fclose(file);
    printf("%s (%zu bytes)\n", name, size);
    fflush(stdout);
    run(room, size);
    for (size_t cut = 0; cut < size && size <= CUT_MAX; cut++)
        run(room, cut);
    return true;
}

// A directory that isn't there holds no files: most targets have no regressions yet.
static int replay_directory(const char *path, uint8_t *room)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), files = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            if (!replay_file(path, entries[i]->d_name, room)) {
                fprintf(stderr, "can't read %s/%s\n", path, entries[i]->d_name);
                exit(1);
            }
            files++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return files;
}

int main(int argc, char **argv)
{
    uint8_t *room = malloc(FILE_MAX);
    int files = 0;
    for (int i = 1; room && i < argc; i++)
        files += replay_directory(argv[i], room);
    free(room);
    printf("%d files\n", files);
    return files > 0 ? 0 : 1;
}
