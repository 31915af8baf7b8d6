// SPDX-License-Identifier: Apache-2.0
//
// kill -9 of the real program at random times, while it fetches and while it writes back. The malls
// live in this process, lose answers on top, and keep the ledger. At the end the program runs to
// completion: everything is here exactly once, every notice was told exactly once.
//
// JUCHU_KILLS sets the number of kills per phase (24; half of it on PostgreSQL; `make torture`:
// 200). Argument: the program.
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program;

struct killing {
    struct world *w;
    char db[1200], key_file[256];
    struct rng_seeded state;
    struct rng random;
    int killed, ended;
};

static int kills_wanted(enum db_engine engine)
{
    const char *text = getenv("JUCHU_KILLS");
    int64_t n = 24;
    if (text)
        str_to_int64(str_from(text), &n);
    return (int)(engine == DB_POSTGRES ? n / 2 : n);
}

static void sleep_us(int64_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static pid_t start(struct killing *k, const char *command, const char *shop)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    int null = open("/dev/null", O_RDWR);
    if (!getenv("JUCHU_TEST_LOG")) {
        dup2(null, 1);
        dup2(null, 2);
    }
    const char *argv[16] = {program,     command,  "--db", k->db,         "--key-file",
                            k->key_file, "--lang", "en",   "--no-pacing", "--settle-seconds",
                            "1"};
    int n = 11;
    if (shop) {
        argv[n++] = shop;
        argv[n++] = "--from";
        argv[n++] = "2026-01-01";
    }
    execv(program, (char **)(uintptr_t)argv);
    _exit(127);
}

static int finish(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Kills it somewhere within `most_us`; false when it had ended before.
static bool kill_within(struct killing *k, pid_t pid, int64_t most_us)
{
    // A program takes longer to start on a server's database.
    int64_t factor = k->w->database->engine == DB_POSTGRES ? 3 : 1;
    sleep_us((int64_t)rng_below(&k->random, (uint64_t)(most_us * factor)));
    kill(pid, SIGKILL);
    bool killed = finish(pid) == -1;
    k->killed += killed;
    k->ended += !killed;
    return killed;
}

static int64_t count(struct killing *k, const char *sql)
{
    return test_database_int(k->w->database, sql);
}

static void open_killing(struct killing *k, enum db_engine engine, int64_t orders)
{
    *k = (struct killing){
        .w = world_open(engine, &(struct world_options){.orders = orders, .real_time = true})};
    world_node_stop(&k->w->node);
    snprintf(k->db, sizeof k->db, "%s", k->w->database->url);
    snprintf(k->key_file, sizeof k->key_file, "%s/juchu-kill-key.%ld", "/tmp", (long)getpid());
    unlink(k->key_file);
    int fd = open(k->key_file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 &&
                write(fd, k->w->key.bytes, sizeof k->w->key.bytes) == sizeof k->w->key.bytes);
    close(fd);
    rng_seed(&k->state, 11);
    k->random = rng_from_seeded(&k->state);
}

static void close_killing(struct killing *k)
{
    unlink(k->key_file);
    // The node is stopped already.
    world_node_start(k->w, &k->w->node, "here");
    world_close(k->w);
}

static void is_clean(struct killing *k)
{
    assert_int_equal(finish(start(k, "verify", NULL)), 0);
    world_look_at_clock(k->w);
    world_verify(k->w);
}

static void fetch_killed(void **state)
{
    struct killing k;
    enum { ORDERS = 4000 };
    open_killing(&k, world_engine(state), ORDERS);
    int wanted = kills_wanted(k.w->database->engine);
    for (int i = 0; k.killed < wanted && i < 4 * wanted; i++) {
        // What was interrupted goes on with the next start; not too much may pile up.
        bool live = count(&k, "SELECT COUNT(*) FROM fetch_run WHERE ended_at IS NULL") >= 4;
        const char *shop = i % 2 ? "rakuten" : "yahoo";
        pid_t pid = live ? start(&k, "push", NULL) : start(&k, "fetch", shop);
        kill_within(&k, pid, live ? 350000 : 180000);
    }
    for (int m = 0; m < 2; m++)
        assert_int_equal(finish(start(&k, "fetch", m ? "rakuten" : "yahoo")), 0);
    finish(start(&k, "push", NULL));
    assert_int_equal(count(&k, "SELECT COUNT(*) FROM fetch_run WHERE ended_at IS NULL"), 0);
    struct sim_summary *list;
    size_t at_malls;
    assert_true(sim_summaries(k.w->sim, -1, k.w->arena, &list, &at_malls));
    assert_true(at_malls >= ORDERS * 9 / 10);
    world_check_complete(k.w, SIM_RAKUTEN);
    world_check_complete(k.w, SIM_YAHOO);
    int64_t skipped = count(&k, "SELECT COUNT(*) FROM listing WHERE decision = 'skipped'");
    assert_int_equal(count(&k, "SELECT COUNT(*) FROM \"order\"") + skipped, at_malls);
    assert_int_equal(count(&k, "SELECT COUNT(*) FROM listing WHERE decision NOT IN ('imported', "
                               "'skipped')"),
                     0);
    is_clean(&k);
    print_message("fetch: %d kills survived (%d ended before), %zu orders\n", k.killed, k.ended,
                  at_malls);
    assert_true(k.killed >= wanted);
    close_killing(&k);
}

static bool all_verified(struct killing *k)
{
    for (int i = 0; i < 60; i++) {
        finish(start(k, "push", NULL));
        if (count(k, "SELECT COUNT(*) FROM writeback WHERE owed = 1") == 0)
            return true;
        sleep_us(500000);
    }
    return false;
}

static void push_killed(void **state)
{
    struct killing k;
    enum { SHIPMENTS = 100 };
    open_killing(&k, world_engine(state), 0);
    struct str numbers[2][SHIPMENTS];
    for (int m = 0; m < 2; m++)
        for (int i = 0; i < SHIPMENTS; i++)
            numbers[m][i] = world_place_ready(k.w, m ? SIM_YAHOO : SIM_RAKUTEN);
    sleep_us(2100000); // listings leave out the second that is running
    for (int m = 0; m < 2; m++)
        assert_int_equal(finish(start(&k, "fetch", m ? "rakuten" : "yahoo")), 0);
    // As A2: of a hundred answers five are lost after the effect and five before it.
    for (int m = 0; m < 2; m++) {
        sim_fault_add(k.w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                                    .mall = m ? SIM_YAHOO : SIM_RAKUTEN,
                                                    .probability = 0.05});
        sim_fault_add(k.w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_AFTER,
                                                    .mall = m ? SIM_YAHOO : SIM_RAKUTEN,
                                                    .probability = 0.05});
    }
    world_look_at_clock(k.w);
    assert_int_equal(world_ship_ready(k.w, SIM_RAKUTEN, SHIPMENTS), SHIPMENTS);
    assert_int_equal(world_ship_ready(k.w, SIM_YAHOO, SHIPMENTS), SHIPMENTS);
    int wanted = kills_wanted(k.w->database->engine);
    for (int i = 0; k.killed < wanted && i < 4 * wanted; i++)
        kill_within(&k, start(&k, "push", NULL), 160000);
    int64_t left = count(&k, "SELECT COUNT(*) FROM writeback WHERE owed = 1");
    assert_true(all_verified(&k));
    for (int m = 0; m < 2; m++)
        for (int i = 0; i < SHIPMENTS; i++) {
            enum sim_mall mall = m ? SIM_YAHOO : SIM_RAKUTEN;
            size_t told = world_effects(k.w, mall, numbers[m][i], "ship");
            if (told != 1)
                fail_msg("%.*s was told %zu times", STR_ARG(numbers[m][i]), told);
        }
    assert_int_equal(count(&k, "SELECT COUNT(*) FROM writeback WHERE aspect = 1 AND state = 7"),
                     2 * SHIPMENTS);
    world_check_effects(k.w);
    sim_fault_remove(k.w->sim, 0);
    is_clean(&k);
    print_message("push: %d kills survived (%d ended before), %d notices, %lld left for the end\n",
                  k.killed, k.ended, 2 * SHIPMENTS, (long long)left);
    assert_true(k.killed >= wanted);
    close_killing(&k);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(fetch_killed), ON_BOTH(push_killed)};
    if (argc < 2)
        return 77;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
