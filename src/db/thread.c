// SPDX-License-Identifier: Apache-2.0
//
// Starting of the engines' threads.
#include "db/thread.h"

#include <signal.h>

bool db_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                     struct error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return error_set(error, ERROR_NO_MEMORY, "db.thread",
                         "データベース用のスレッドを開始できません",
                         "A database thread can't be started");
    return true;
}
