// SPDX-License-Identifier: Apache-2.0
//
// Build tool: turns the files NNNN_name.sql of a directory into the table migrate_embedded (see
// src/db/migrate.h). Usage: embed-migrations DIRECTORY OUTPUT.c OUTPUT.d
// The dependency file names the directory too, so that a new file is noticed. A file whose name has
// another form, or a number given twice, is an error: a migration must never be left out silently.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 1000

static bool is_migration(const char *name, size_t length)
{
    if (length < sizeof "0000_x.sql" - 1 || strcmp(name + length - 4, ".sql") != 0 ||
        name[4] != '_')
        return false;
    for (int i = 0; i < 4; i++)
        if (!isdigit((unsigned char)name[i]))
            return false;
    for (size_t i = 5; i < length - 4; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

static int keep_sql(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".sql") == 0;
}

static void write_char(FILE *out, int c)
{
    if (c == '\n')
        fputs("\\n\"\n     \"", out);
    else if (c == '"' || c == '\\' || c == '?')
        fprintf(out, "\\%c", c);
    else if (c >= 0x20 && c < 0x7f)
        fputc(c, out);
    else
        fprintf(out, "\\%03o", (unsigned)c);
}

static bool write_file(FILE *out, const char *directory, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    fprintf(out, "    {%ld, \"%.*s\",\n     STR(\"", strtol(name, NULL, 10), (int)strlen(name) - 9,
            name + 5);
    for (int c = fgetc(in); c != EOF; c = fgetc(in))
        write_char(out, c);
    fputs("\")},\n", out);
    bool ok = !ferror(in);
    fclose(in);
    return ok;
}

static bool check_names(struct dirent **files, int count)
{
    for (int i = 0; i < count; i++) {
        const char *name = files[i]->d_name;
        if (!is_migration(name, strlen(name))) {
            fprintf(stderr, "%s: not of the form NNNN_name.sql\n", name);
            return false;
        }
        if (i > 0 && strncmp(name, files[i - 1]->d_name, 4) == 0) {
            fprintf(stderr, "%s: this number is given twice\n", name);
            return false;
        }
    }
    return true;
}

static bool write_table(FILE *out, const char *directory, struct dirent **files, int count)
{
    fputs("// Made by tools/embed-migrations.c.\n#include \"db/migrate.h\"\n\n"
          "const struct migration migrate_embedded[] = {\n",
          out);
    for (int i = 0; i < count; i++)
        if (!write_file(out, directory, files[i]->d_name)) {
            fprintf(stderr, "%s/%s: %s\n", directory, files[i]->d_name, strerror(errno));
            return false;
        }
    // The last row keeps the array from being empty and isn't counted.
    fprintf(out, "    {0, \"\", STR(\"\")},\n};\n\nconst size_t migrate_embedded_count = %d;\n",
            count);
    return true;
}

static void write_dependencies(FILE *out, const char *target, const char *directory,
                               struct dirent **files, int count)
{
    fprintf(out, "%s: %s", target, directory);
    for (int i = 0; i < count; i++)
        fprintf(out, " %s/%s", directory, files[i]->d_name);
    fputc('\n', out);
}

int main(int argc, char **argv)
{
    struct dirent **files;
    if (argc != 4) {
        fputs("usage: embed-migrations DIRECTORY OUTPUT.c OUTPUT.d\n", stderr);
        return 2;
    }
    int count = scandir(argv[1], &files, keep_sql, alphasort);
    if (count < 0 || count > FILES_MAX) {
        fprintf(stderr, "%s: %s\n", argv[1], count < 0 ? strerror(errno) : "too many files");
        return 1;
    }
    FILE *table = fopen(argv[2], "wb"), *dependencies = fopen(argv[3], "wb");
    bool ok = table && dependencies && check_names(files, count) &&
              write_table(table, argv[1], files, count);
    if (ok)
        write_dependencies(dependencies, argv[2], argv[1], files, count);
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    bool closed = table && fclose(table) == 0;
    closed = dependencies && fclose(dependencies) == 0 && closed;
    return ok && closed ? 0 : 1;
}
