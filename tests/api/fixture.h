// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the API share: a database with two companies, people of every role with a
// session each, shops and orders, and requests handed to api_handle() without sockets.
// Nothing here fails: it prints why and aborts.
#ifndef JUCHU_TESTS_API_FIXTURE_H
#define JUCHU_TESTS_API_FIXTURE_H

#include "api/internal.h"
#include "support/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURE_NOW 1795300000000LL // 2026-11-22T…Z
#define PASSWORD "correct horse battery"

struct fixture {
    enum db_engine engine;
    struct test_database *database;
    struct db *db;
    struct api *api;
    struct arena *arena; // answers and bodies, until the fixture is closed
    struct clock_manual clock;
    struct id_source ids;
    struct crypto_key key;
    row_id org, other_org;
    row_id users[ROLE_OWNER + 1]; // of `org`, by role
    row_id shop, second_shop, other_shop;
    row_id orders[4], other_order;
    const char *peer;
};

struct fixture *fixture_open(enum db_engine engine);
struct fixture *fixture_close(struct fixture *f);
// Runs the test on a fixture of each engine that can be tested here.
void on_each_engine(void (*test)(struct fixture *f));

// One request. Headers: "Name: value" texts, NULL ends them.
struct answer {
    int status;
    struct str body, type, etag, cookie;
    struct json json; // JSON_MISSING when it isn't JSON
    const struct http_header *headers;
    size_t header_count;
    uint64_t allocations; // that answering took
};
struct ask {
    enum http_method method;
    const char *path;      // with "?query"
    const char *body;      // NULL none
    enum role role;        // whose session; ROLE_PUBLIC none
    bool other_company;    // the other company's owner instead
    const char *header[6]; // further ones
    const char *type;      // NULL: application/json when there is a body
    bool no_csrf;
    uint64_t fail_at; // this allocation of the answering fails; 0 none
};
struct answer fixture_ask(struct fixture *f, const struct ask *ask);
struct answer fixture_get(struct fixture *f, enum role role, const char *path);
struct answer fixture_send(struct fixture *f, enum role role, enum http_method method,
                           const char *path, const char *body);
struct str answer_header(const struct answer *a, const char *name);

// "orders/123/x" with numbers filled in, in the arena.
const char *text(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Follows "orders.0.id"; JSON_MISSING when there is no such thing.
struct json at(struct json root, const char *path);
const char *at_text(struct fixture *f, struct json root, const char *path); // "" when missing
int64_t at_int(struct json root, const char *path);                         // -1 when missing
row_id fixture_status(struct fixture *f, enum status_role role);
row_id fixture_import(struct fixture *f, row_id org, row_id shop, const char *order_no, int minute);
// Ships the order (1234567890 by yamato) so that something is owed.
void fixture_ship(struct fixture *f, row_id order);
struct order_context fixture_context(struct fixture *f, row_id org);

#define assert_status(answer, wanted) assert_status_((answer), (wanted), __FILE__, __LINE__)
void assert_status_(struct answer a, int wanted, const char *file, int line);
#define assert_code(answer, status, code) \
    assert_code_((answer), (status), (code), __FILE__, __LINE__)
void assert_code_(struct answer a, int status, const char *code, const char *file, int line);

#endif
