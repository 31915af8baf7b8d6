// SPDX-License-Identifier: Apache-2.0
//
// The browser app's files inside the program, compressed; the table is generated from
// ui/dist/manifest.json by tools/embed_ui.c.
#ifndef JUCHU_API_EMBEDDED_H
#define JUCHU_API_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

struct embedded_file {
    const char *path, *type, *etag;
    bool immutable;
    const char *plain, *plain_end; // NULL when the client's encodings below suffice
    const char *brotli, *brotli_end;
    const char *gzip, *gzip_end;
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

#endif
