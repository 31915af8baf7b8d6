// SPDX-License-Identifier: Apache-2.0
//
// What a command works with: database, master key, loop, engine, company. Opened once per process.
#ifndef JUCHU_MAIN_APP_H
#define JUCHU_MAIN_APP_H

#include "main/args.h"
#include "order/store.h"
#include "sync/sync.h"

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_PARTLY = 3 };

struct app {
    struct args args;
    struct arena *arena; // for the whole command
    char data_directory[512];
    char db_url[1024];
    char key_path[1024];
    struct db *db;
    struct crypto_key key;
    struct loop *loop;
    struct sync *sync;
    struct id_source ids;
    struct clock clock;
    struct rng rng;
    struct log *log;
    char node[64];
    row_id org_id;
    const struct command *command;
    bool json, english;
    bool logs; // a server: its log is its only voice; a command reports what it did itself
    // A web process has no use for the master key, so a fault in it can't give credentials away.
    bool no_key;
};

// Options of every command: --data, --db, --key-file, --json, --lang, --log-level.
extern const struct option_spec app_options[];

// Language and form of what is printed, from --lang and --json or the environment; needs no parsed
// options, so that also their refusal is understood.
void app_choose_speech(struct app *app, int argc, char *const *argv);
// ERROR_BAD_INPUT "usage.…" for a common option that has no such value.
bool app_check_options(const struct app *app, struct error *error);
// Gives the error the command's usage as its hint. Returns false.
bool app_usage_hint(const struct command *command, struct error *error);
// A usage error of this command, printed; its exit code.
int app_usage(const struct app *app, const char *ja, const char *en);

// Opens database (migrating it), key and company (creating the first one with its nine statuses).
bool app_open(struct app *app, struct error *error);
// Adds loop and engine; `automatic` as in sync_options.
bool app_open_sync(struct app *app, bool automatic,
                   void (*event)(void *context, row_id org_id, const char *type, struct str json),
                   void *event_context, struct error *error);
void app_close(struct app *app);
struct order_context app_context(struct app *app);

// Prints the error (JSON on standard output with --json, words on standard error) and returns the
// exit code.
int app_fail(const struct app *app, const struct error *error);
// Prints the text and a line feed to standard output.
void app_print(struct str text);
// Prints {"key": "value"}.
void app_print_object(const char *key, struct str value);

// Runs `fn` as a write; a shorthand for db_write.
bool app_write(struct app *app, db_write_fn fn, void *context, struct error *error);

// The mall of this id; NULL with ERROR_BAD_INPUT that lists the known ones.
const struct mall *known_mall(const char *name, struct error *error);

struct command {
    const char *name;  // "shop add"
    const char *usage; // words and options behind the name
    const char *help_ja, *help_en;
    const struct option_spec *options;
    size_t least, most; // words (that are no options) it takes
    int (*run)(struct app *app);
};
struct what_if;
// Prints what a change of settings would do (--dry-run).
void what_if_show(struct app *app, const struct what_if *w);

// The table of commands; the last has name NULL.
extern const struct command commands[];

int command_shop_add(struct app *app);
int command_shop_list(struct app *app);
int command_shop_set(struct app *app);
int command_shop_settings(struct app *app);
int command_shop_consent(struct app *app);
int command_shop_test(struct app *app);
int command_diagnose_order(struct app *app);
int command_diagnose_shop(struct app *app);
int command_diagnose_writeback(struct app *app);
int command_diagnose_reflect(struct app *app);
int command_diagnose_paid(struct app *app);
int command_diagnose_stuck(struct app *app);
int command_export(struct app *app);
int command_fetch(struct app *app);
int command_push(struct app *app);
int command_import(struct app *app);
int command_order_list(struct app *app);
int command_order_show(struct app *app);
int command_order_ship(struct app *app);
int command_order_move(struct app *app);
int command_order_accept(struct app *app);
int command_order_cancel(struct app *app);
int command_status_list(struct app *app);
int command_link_list(struct app *app);
int command_link_reset(struct app *app);
int command_link_set(struct app *app);
int command_mapping_list(struct app *app);
int command_mapping_reset(struct app *app);
int command_mapping_set(struct app *app);
int command_address_list(struct app *app);
int command_address_set(struct app *app);
int command_verify(struct app *app);
int command_migrate(struct app *app);
int command_backup(struct app *app);
int command_user_add(struct app *app);
int command_user_list(struct app *app);
int command_user_password(struct app *app);
int command_token_add(struct app *app);
int command_serve(struct app *app);
int command_demo(struct app *app);

#endif
