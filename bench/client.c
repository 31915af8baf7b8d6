// SPDX-License-Identifier: Apache-2.0
//
// A keep-alive HTTP client on loopback, programs beside this one, and what the kernel knows about
// processes. Anything unexpected ends the program.
#include "bench/flows.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void client_open(struct client *c, uint16_t port)
{
    int one = 1;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM, 0), .in = buf_make(64u << 20)};
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void client_close(struct client *c)
{
    close(c->fd);
    buf_free(&c->in);
}

int client_ask(struct client *c, const char *method, const char *path, const char *body)
{
    char head[1024];
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept-Language: ja\r\nCookie: "
                     "%s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, path, c->cookie, strlen(body), body);
    if (send(c->fd, head, (size_t)n, MSG_NOSIGNAL) != n)
        return 0;
    buf_reset(&c->in);
    size_t total = 0;
    for (;;) {
        char *room = buf_reserve(&c->in, 65536);
        ssize_t got = room ? recv(c->fd, room, 65536, 0) : 0;
        if (got <= 0)
            return 0;
        buf_commit(&c->in, (size_t)got);
        if (!total) {
            const char *end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4);
            const char *length = end ? memmem(c->in.p, c->in.n, "Content-Length: ", 16) : NULL;
            if (length)
                total = (size_t)(end - c->in.p) + 4 + strtoul(length + 16, NULL, 10);
        }
        if (total && c->in.n >= total)
            return (int)strtol(c->in.p + 9, NULL, 10);
    }
}

static void __attribute__((noreturn)) give_up(const struct client *c, const char *what)
{
    fprintf(stderr, "%s: %.*s\n", what, (int)(c->in.n > 600 ? 600 : c->in.n), c->in.p);
    exit(1);
}

void client_sign_in(struct client *c)
{
    if (client_ask(c, "POST", "/api/v1/session",
                   "{\"login\":\"bench\",\"password\":\"bench password 1\"}") != 200)
        give_up(c, "sign in");
    const char *cookie = memmem(c->in.p, c->in.n, "Set-Cookie: ", 12);
    size_t n = cookie ? strcspn(cookie + 12, ";") : 0;
    snprintf(c->cookie, sizeof c->cookie, "%.*s", (int)n, cookie ? cookie + 12 : "");
}

void client_page(struct client *c)
{
    if (client_ask(c, "GET", "/api/v1/orders?status=all&limit=100", "") != 200 ||
        client_ask(c, "GET", "/api/v1/orders/counts", "") != 200)
        give_up(c, "list");
}

static double cpu_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double process_cpu(void)
{
    return cpu_of(CLOCK_PROCESS_CPUTIME_ID);
}

double thread_cpu(void)
{
    return cpu_of(CLOCK_THREAD_CPUTIME_ID);
}

double resident_mb(int pid, bool at_most)
{
    const char *name = at_most ? "VmHWM:" : "VmRSS:";
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid ? pid : (int)getpid());
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name), NULL);
    if (file)
        fclose(file);
    return kib / 1024;
}

pid_t program_start(const char *const arguments[], char *out, size_t size)
{
    int pipes[2];
    size_t n = 0;
    ssize_t got;
    pid_t pid = pipe(pipes) == 0 ? fork() : -1;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(pipes[1], 1);
        close(pipes[0]);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    out[0] = 0;
    if (pid > 0)
        close(pipes[1]);
    while (pid > 0 && n < size - 1 && !strstr(out, "ready") &&
           (got = read(pipes[0], out + n, size - 1 - n)) > 0) {
        n += (size_t)got;
        out[n] = 0;
    }
    if (pid <= 0 || !strstr(out, "ready")) {
        fprintf(stderr, "bench: %s doesn't start\n", arguments[0]);
        exit(1);
    }
    close(pipes[0]);
    return pid;
}

void program_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}
