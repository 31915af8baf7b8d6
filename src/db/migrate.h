// SPDX-License-Identifier: Apache-2.0
//
// Numbered migrations. How the files sql/NNNN_name.sql are written:
//   - one dialect for both engines; a statement ends with `;` at the end of a line;
//   - a line that begins with "--sqlite: " or "--postgres: " is executed on that engine only,
//   without
//     the prefix;
//   - lines between "--statement-begin" and "--statement-end" are one statement, whatever they hold
//     (bodies of triggers and functions; dollar-quoted text needs no markers);
//   - a file that has been released is never changed: its checksum is kept.
#ifndef JUCHU_DB_MIGRATE_H
#define JUCHU_DB_MIGRATE_H

#include "db/db.h"

struct migration {
    int version; // > 0, rising
    const char *name;
    struct str sql;
};

// The files of sql/, embedded at build time (tools/embed-migrations.c).
extern const struct migration migrate_embedded[];
extern const size_t migrate_embedded_count;

// Applies what is missing of the list, each in a transaction of its own. Errors as db_migrate().
bool migrate_apply(struct db *db, const struct migration *list, size_t count, struct error *error);

// The text that `engine` executes: foreign lines left out, prefixes removed. Absent on lack of
// memory.
struct str migrate_text_for(struct arena *arena, enum db_engine engine, struct str sql);
// Takes the next statement off *rest (a text of migrate_text_for). False once nothing is left.
bool migrate_next_statement(struct str *rest, struct str *statement);

#endif
