// SPDX-License-Identifier: Apache-2.0
//
// A SQLite VFS that lets the N-th write, truncate or fsync fail, as a full or broken disk does, and
// an allocator that lets the N-th allocation within SQLite fail. One per process; counters are
// atomic, so any thread's files count.
#ifndef JUCHU_TESTS_SUPPORT_SQLITE_FAULTS_H
#define JUCHU_TESTS_SUPPORT_SQLITE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

// Makes it SQLite's default; once, before the first database is opened.
void sqlite_faults_install(void);
// The n-th writing operation from now on fails with SQLite's result `code` (SQLITE_FULL,
// SQLITE_IOERR …), with `persistent` all later ones too; 0 switches it off. Returns how many there
// were since the last call.
uint64_t sqlite_faults_at(uint64_t n, bool persistent, int code);
// Makes SQLite allocate through a counter; once, before anything else of SQLite is used.
void sqlite_faults_install_memory(void);
// The same for SQLite's own allocations, of all threads.
uint64_t sqlite_faults_memory_at(uint64_t n, bool persistent);

#endif
