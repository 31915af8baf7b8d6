// SPDX-License-Identifier: Apache-2.0
//
// Build tool: turns ui/dist (manifest.json and its files) into a C file whose bytes enter through
// the assembler's .incbin.  embed_ui MANIFEST OUTPUT DEPFILE ; without a manifest the table is
// empty.
#include "base/json.h"
#include <stdio.h>
#include <stdlib.h>

static struct str read_file(struct arena *arena, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return STR_ABSENT;
    size_t max = 4u << 20;
    char *p = arena_alloc(arena, max);
    size_t n = p ? fread(p, 1, max, f) : 0;
    fclose(f);
    return str_make(p, n);
}

static bool exists(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f)
        fclose(f);
    return f != NULL;
}

static void include_bytes(FILE *out, const char *directory, struct str path, int index,
                          const char *kind, const char *suffix)
{
    char file[2048];
    snprintf(file, sizeof file, "%s%.*s%s", directory, STR_ARG(path), suffix);
    if (!exists(file))
        return;
    fprintf(out,
            "__asm__(\".section .rodata\\n.balign 16\\nui_%d_%s: .incbin "
            "\\\"%s\\\"\\nui_%d_%s_end: .byte 0\\n.text\\n\");\n"
            "extern const char ui_%d_%s[], ui_%d_%s_end[];\n",
            index, kind, file, index, kind, index, kind, index, kind);
}

static void reference(FILE *out, const char *directory, struct str path, int index,
                      const char *kind, const char *suffix)
{
    char file[2048];
    snprintf(file, sizeof file, "%s%.*s%s", directory, STR_ARG(path), suffix);
    if (exists(file))
        fprintf(out, ", ui_%d_%s, ui_%d_%s_end", index, kind, index, kind);
    else
        fprintf(out, ", 0, 0");
}

// The browser app may be built after the build was set up, and again later: the manifest, or the
// folder that ui/dist will appear in, makes the table old.
static bool write_depfile(const char *path, const char *output, const char *manifest, bool found)
{
    char depends[1024];
    snprintf(depends, sizeof depends, "%s", manifest);
    for (int up = found ? 0 : 2; up > 0; up--) {
        char *slash = strrchr(depends, '/');
        if (slash)
            *slash = 0;
    }
    FILE *out = fopen(path, "wb");
    if (!out)
        return false;
    fprintf(out, "%s: %s\n", output, depends);
    return fclose(out) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct arena *arena = arena_new(64u << 20);
    struct str text = arena ? read_file(arena, argv[1]) : STR_ABSENT;
    FILE *out = fopen(argv[2], "wb");
    struct json root = {0}, file;
    struct error error;
    if (!out || (text.p && !json_parse(arena, text, false, &root, &error)))
        return 1;
    char directory[1024];
    snprintf(directory, sizeof directory, "%s", argv[1]);
    char *slash = strrchr(directory, '/');
    if (slash)
        *slash = 0;
    fprintf(out, "#include \"api/embedded.h\"\n");
    struct json files = text.p ? json_get(root, "files") : (struct json){0};
    int count = 0;
    if (text.p) {
        for (struct json_iter i = json_iterate(files); json_next(&i, &file); count++) {
            struct str path = json_str(json_get(file, "path"));
            include_bytes(out, directory, path, count, "plain", "");
            include_bytes(out, directory, path, count, "brotli", ".br");
            include_bytes(out, directory, path, count, "gzip", ".gz");
        }
    }
    fprintf(out, "const struct embedded_file embedded_files[] = {\n");
    int index = 0;
    if (text.p) {
        for (struct json_iter i = json_iterate(files); json_next(&i, &file); index++) {
            struct str path = json_str(json_get(file, "path"));
            fprintf(out, "    {\"%.*s\", \"%.*s\", \"\\\"%.*s\\\"\", %d", STR_ARG(path),
                    STR_ARG(json_str(json_get(file, "type"))),
                    STR_ARG(str_slice(json_str(json_get(file, "sha256")), 0, 32)),
                    json_true(json_get(file, "immutable")));
            reference(out, directory, path, index, "plain", "");
            reference(out, directory, path, index, "brotli", ".br");
            reference(out, directory, path, index, "gzip", ".gz");
            fprintf(out, "},\n");
        }
    }
    fprintf(out, "    {0},\n};\nconst size_t embedded_file_count = %d;\n", count);
    bool found = text.p != NULL;
    arena_free(arena);
    return write_depfile(argv[3], argv[2], argv[1], found) && fclose(out) == 0 ? 0 : 1;
}
