// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API (docs/openapi.yaml) and the browser app's files. Stateless but for the throttle of
// logins and the open event streams; any number of nodes may serve the same database.
#ifndef JUCHU_API_API_H
#define JUCHU_API_API_H

#include "base/crypto.h"
#include "base/log.h"
#include "base/rng.h"
#include "net/server.h"
#include "sync/sync.h"

struct api;

struct api_options {
    struct db *db;
    struct sync *sync;            // NULL in a web-only process: work is queued in the database
    const struct crypto_key *key; // NULL in a web-only process: credentials can't be changed there
    struct clock clock;
    struct id_source *ids;
    struct log *log;
    const char *build; // X-Juchu-Build
    const char
        *ui_directory; // serve the browser app from there instead of the embedded files; NULL
    bool
        secure_cookies; // the outside speaks HTTPS (a proxy ends TLS): __Host- cookie, Secure, HSTS
};

struct api *api_new(const struct api_options *options, struct error *error);
// Closes the event streams. Stop the server first. NULL allowed.
struct api *api_free(struct api *api);
// The server's handler and body limit; `api` is a struct api.
void api_handle(void *api, struct server_exchange *x);
size_t api_body_limit(void *api, enum http_method method, struct str path);
// For sync_options.event: hands the event to the streams of that company. Any thread.
void api_event(void *api, row_id org_id, const char *type, struct str json);

// People, for the command line: ERROR_BAD_INPUT for a taken login, a weak password, an unknown
// role.
bool user_create(struct db_conn *conn, const struct order_context *context, struct str login,
                 struct str name, struct str role, const char *password_hash, struct str language,
                 row_id *id, struct error *error);
bool user_set_password(struct db_conn *conn, const struct order_context *context, struct str login,
                       const char *password_hash, struct error *error);
// False with ERROR_BAD_INPUT "password_weak" unless it has 12 characters and isn't a common one.
bool password_check(struct str password, struct str login, struct error *error);
// Makes a bearer token; the secret is returned only here. `expires_at` TIME_NONE = never.
bool token_create(struct db_conn *conn, const struct order_context *context, struct arena *arena,
                  struct str name, struct str scopes, struct str role, time_ms expires_at,
                  row_id *id, struct str *secret, struct error *error);

#endif
