// SPDX-License-Identifier: Apache-2.0
//
// Runs juchu as a program and keeps what it said. These functions fail the test when something
// outside the program goes wrong.
#ifndef JUCHU_TESTS_MAIN_TERMINAL_H
#define JUCHU_TESTS_MAIN_TERMINAL_H

#include "base/arena.h"
#include "base/json.h"

#include <sys/types.h>

struct terminal {
    const char *program, *mallsim; // paths
    struct arena *arena;           // what was said, until terminal_close()
    char directory[64];            // for the test's files, removed at the end
    pid_t sim;
    char sim_ready[512]; // its first line
};

struct said {
    int code; // exit status, -1 if a signal ended it
    struct str out, err;
};

void terminal_open(struct terminal *t, char *const *argv);
void terminal_close(struct terminal *t);
// Words separated by blanks; "%" stands for the test's directory.
struct said run(struct terminal *t, const char *words);
// The same, and the standard output as JSON; its exit status must be `code`.
struct json run_json(struct terminal *t, const char *words, int code);
// Started, its output's first line read; ended by stop().
pid_t start(struct terminal *t, const char *words, char *line, size_t size);
int stop(pid_t pid, int with_signal);
// mallsim on free ports; "http://127.0.0.1:PORT" of one of its doors.
void start_mallsim(struct terminal *t, const char *options);
const char *door(struct terminal *t, const char *name);
void write_file(struct terminal *t, const char *name, struct str bytes);

#endif
