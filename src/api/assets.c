// SPDX-License-Identifier: Apache-2.0
//
// The browser app: embedded files in the encoding that the client takes, or a folder during
// development. Unknown paths outside /assets answer index.html, so that deep links work.
#include "api/internal.h"
#include "api/embedded.h"
#include "base/memory.h"
#include <stdio.h>

struct assets {
    char *directory;
};

struct assets *assets_new(const char *directory, struct error *error)
{
    struct assets *a = memory_zalloc(1, sizeof *a);
    if (a && directory && !(a->directory = memory_strdup(directory))) {
        memory_free(a);
        a = NULL;
    }
    if (!a)
        error_no_memory(error);
    return a;
}

struct assets *assets_free(struct assets *a)
{
    if (a)
        memory_free(a->directory);
    memory_free(a);
    return NULL;
}

static const struct embedded_file *find(struct str path)
{
    for (size_t i = 0; i < embedded_file_count; i++) {
        if (str_eq(path, str_from(embedded_files[i].path)))
            return &embedded_files[i];
    }
    return NULL;
}

static bool accepts(struct request *r, const char *encoding)
{
    return str_find(server_request_header(r->x, "Accept-Encoding"), str_from(encoding)) >= 0;
}

static void serve_embedded(struct request *r, const struct embedded_file *f)
{
    struct server_exchange *x = r->x;
    server_add_header(x, STR("Content-Type"), str_from(f->type));
    server_add_header(x, STR("ETag"), str_from(f->etag));
    server_add_header(x, STR("Vary"), STR("Accept-Encoding"));
    server_add_header(x, STR("Cache-Control"),
                      f->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    if (str_eq(server_request_header(x, "If-None-Match"), str_from(f->etag))) {
        x->status = 304;
        return;
    }
    if (f->brotli && accepts(r, "br")) {
        server_add_header(x, STR("Content-Encoding"), STR("br"));
        x->static_answer = str_make(f->brotli, (size_t)(f->brotli_end - f->brotli));
    } else if (f->gzip && accepts(r, "gzip")) {
        server_add_header(x, STR("Content-Encoding"), STR("gzip"));
        x->static_answer = str_make(f->gzip, (size_t)(f->gzip_end - f->gzip));
    } else {
        x->static_answer = str_make(f->plain, (size_t)(f->plain_end - f->plain));
    }
}

static struct str type_of(struct str path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
                 {".json", "application/json"},         {".png", "image/png"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_ends(path, str_from(types[i].ending)))
            return str_from(types[i].type);
    }
    return STR("application/octet-stream");
}

static bool serve_file(struct request *r, struct str path)
{
    char name[2048];
    if (str_find(path, STR("..")) >= 0 || str_find_char(path, '\0') >= 0)
        return false;
    snprintf(name, sizeof name, "%s%.*s", r->api->assets->directory, STR_ARG(path));
    FILE *f = fopen(name, "rb");
    if (!f)
        return false;
    char *room;
    size_t n = 0;
    while ((room = buf_reserve(r->out, 65536)) && (n = fread(room, 1, 65536, f)) > 0)
        buf_commit(r->out, n);
    fclose(f);
    server_add_header(r->x, STR("Content-Type"), type_of(path));
    server_add_header(r->x, STR("Cache-Control"), STR("no-store"));
    return true;
}

bool assets_serve(struct request *r)
{
    struct str path = r->x->path;
    bool is_asset = str_starts(path, STR("/assets/"));
    if (r->api->assets->directory) {
        if (!str_eq(path, STR("/")) && serve_file(r, path))
            return true;
        return !is_asset && serve_file(r, STR("/index.html"));
    }
    const struct embedded_file *f = find(path);
    if (!f && !is_asset)
        f = find(STR("/index.html"));
    if (!f)
        return false;
    serve_embedded(r, f);
    return true;
}
