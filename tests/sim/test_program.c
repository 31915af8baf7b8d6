// SPDX-License-Identifier: Apache-2.0
//
// mallsim as a program, over real sockets: it says ready, answers on its ports, breaks connections
// when told to, refuses bad options, ends on SIGTERM. The path of the program is argument 1.
#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define ARGUMENTS_MAX 12

static const char *program_path;

struct running {
    pid_t pid;
    FILE *out;
    char ready[1024]; // its first line
};

static void start(struct running *r, const char *const *arguments)
{
    int ends[2];
    char *argv[ARGUMENTS_MAX + 2] = {strdup(program_path)};
    for (int i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
        argv[i + 1] = strdup(arguments[i]);
    assert_int_equal(pipe(ends), 0);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(program_path, argv);
        _exit(127);
    }
    for (int i = 0; argv[i]; i++)
        free(argv[i]);
    close(ends[1]);
    r->out = fdopen(ends[0], "r");
    r->ready[0] = '\0';
    assert_non_null(r->out);
    if (!fgets(r->ready, sizeof r->ready, r->out))
        r->ready[0] = '\0';
}

static int stop(struct running *r, int with_signal)
{
    int status;
    if (with_signal)
        kill(r->pid, with_signal);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    (void)fclose(r->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Port behind "name=127.0.0.1:" in the ready line, 0 if there is none.
static uint16_t port_of(const struct running *r, const char *name)
{
    AUTO_ARENA arena = arena_new(4096);
    struct str wanted = arena_printf(arena, " %s=127.0.0.1:", name);
    ptrdiff_t at = str_find(str_from(r->ready), wanted);
    return at < 0 ? 0 : (uint16_t)strtoul(r->ready + at + wanted.n, NULL, 10);
}

// One exchange on a connection of its own. Returns bytes received (headers included).
static size_t exchange(uint16_t port, const char *method, const char *target, const char *body,
                       char *answer, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    char request[2048];
    int n = snprintf(request, sizeof request,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     method, target, strlen(body), body);
    assert_true(n > 0 && (size_t)n < sizeof request);
    assert_int_equal(write(fd, request, (size_t)n), n);
    size_t got = 0;
    for (ssize_t more; got < size - 1 && (more = read(fd, answer + got, size - 1 - got)) > 0;)
        got += (size_t)more;
    answer[got] = '\0';
    close(fd);
    return got;
}

static void it_serves_and_ends(void **state)
{
    (void)state;
    struct running r;
    char answer[65536];
    start(&r, (const char *const[]){"--port-base", "0", "--orders", "30", "--seed", "7", NULL});
    assert_true(str_starts(str_from(r.ready), STR("ready control=127.0.0.1:")));
    uint16_t control = port_of(&r, "control");
    assert_true(control > 0);
    exchange(control, "GET", "/health", "", answer, sizeof answer);
    assert_true(str_starts(str_from(answer), STR("HTTP/1.1 200 ")));
    assert_non_null(strstr(answer, "\"status\":\"ok\""));
    exchange(control, "GET", "/nothing", "", answer, sizeof answer);
    assert_true(str_starts(str_from(answer), STR("HTTP/1.1 404 ")));
    assert_int_equal(stop(&r, SIGTERM), 0);
}

static void it_breaks_connections_when_told_to(void **state)
{
    (void)state;
    struct running r;
    char answer[65536];
    start(&r, (const char *const[]){"--port-base", "0", "--orders", "0", NULL});
    uint16_t control = port_of(&r, "control"), mall = port_of(&r, "rakuten");
    if (!mall) {
        stop(&r, SIGTERM);
        skip();
    }
    size_t whole = exchange(mall, "GET", "/", "", answer, sizeof answer);
    assert_true(whole > 0);
    exchange(control, "POST", "/faults", "{\"kind\":\"drop_before\",\"count\":1}", answer,
             sizeof answer);
    assert_true(str_starts(str_from(answer), STR("HTTP/1.1 201 ")));
    assert_int_equal(exchange(mall, "GET", "/", "", answer, sizeof answer), 0);
    exchange(control, "POST", "/faults", "{\"kind\":\"html\",\"count\":1}", answer, sizeof answer);
    exchange(control, "POST", "/faults", "{\"kind\":\"truncate\",\"count\":1,\"at_bytes\":5}",
             answer, sizeof answer);
    assert_true(exchange(mall, "GET", "/", "", answer, sizeof answer) < whole);
    assert_int_equal(exchange(mall, "GET", "/", "", answer, sizeof answer), whole);
    assert_int_equal(stop(&r, SIGINT), 0);
}

static void it_refuses_bad_options(void **state)
{
    (void)state;
    const char *const wrong[][3] = {
        {"--orders", "many", NULL}, {"--rate", "-1", NULL},       {"--port", "ebay=1", NULL},
        {"--no-such", NULL, NULL},  {"--start", "gestern", NULL}, {"--now", "x", NULL},
        {"stray", NULL, NULL},
    };
    int nowhere = open("/dev/null", O_WRONLY);
    assert_true(nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0); // complaints are expected
    close(nowhere);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct running r;
        start(&r, wrong[i]);
        assert_int_equal(stop(&r, 0), 2);
        assert_string_equal(r.ready, "");
    }
    struct running r;
    start(&r, (const char *const[]){"--port-base", "0", "--switch", "no.such=1", NULL});
    assert_int_equal(stop(&r, 0), 1);
    start(&r, (const char *const[]){"--port-base", "0", "--address", "nowhere", NULL});
    assert_int_equal(stop(&r, 0), 1);
}

static void it_explains_itself(void **state)
{
    (void)state;
    struct running r;
    start(&r, (const char *const[]){"--help", NULL});
    AUTO_BUF out = buf_make(1 << 20);
    for (int c; (c = fgetc(r.out)) != EOF;)
        buf_add_char(&out, (char)c);
    assert_int_equal(stop(&r, 0), 0);
    const char *const wanted[] = {"--seed", "--no-rate-limit", "control 9100", "POST   /faults"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_true(str_find(buf_str(&out), str_from(wanted[i])) >= 0);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    program_path = argv[1];
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_serves_and_ends),
        cmocka_unit_test(it_breaks_connections_when_told_to),
        cmocka_unit_test(it_refuses_bad_options),
        cmocka_unit_test(it_explains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
