// SPDX-License-Identifier: Apache-2.0
//
// Inside of db/: starting of the engines' threads.
#ifndef JUCHU_DB_THREAD_H
#define JUCHU_DB_THREAD_H

#include "base/error.h"

#include <pthread.h>

// Starts a thread that receives no signals (they are for the program's own threads).
// ERROR_NO_MEMORY when the system refuses.
bool db_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                     struct error *error);

#endif
