// SPDX-License-Identifier: Apache-2.0
//
// The loop against servers that are odd, broken or hostile, spoken by hand, and against TLS with
// good and bad certificates. Counts connections: requests one after the other share one.
#include "net_test.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>

// Serves connections one after the other: for every request it has read, sends `answers[i]`
// (the last one again and again), and closes after answers that begin with '!'.
struct peer {
    int fd;
    uint16_t port;
    pthread_t thread;
    const char *const *answers;
    size_t count;
    SSL_CTX *tls;
    atomic_int connections, requests;
    atomic_bool stop;
};

static bool read_request(int fd, char *buffer, size_t size)
{
    size_t used = 0;
    while (used + 1 < size) {
        ssize_t n = recv(fd, buffer + used, size - 1 - used, 0);
        if (n <= 0)
            return false;
        used += (size_t)n;
        buffer[used] = '\0';
        if (strstr(buffer, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void serve(struct peer *peer, int fd)
{
    char buffer[4096];
    while (read_request(fd, buffer, sizeof buffer)) {
        int number = atomic_fetch_add(&peer->requests, 1);
        size_t i = (size_t)number < peer->count ? (size_t)number : peer->count - 1;
        const char *answer = peer->answers[i];
        bool close_after = answer[0] == '!';
        send_text(fd, answer + close_after);
        if (close_after)
            return;
    }
}

static void serve_tls(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->tls);
    SSL_set_fd(ssl, fd);
    char buffer[4096];
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, buffer, sizeof buffer) > 0) {
        atomic_fetch_add(&peer->requests, 1);
        SSL_write(ssl, peer->answers[0], (int)strlen(peer->answers[0]));
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void *peer_run(void *argument)
{
    struct peer *peer = argument;
    for (;;) {
        int fd = accept(peer->fd, NULL, NULL);
        if (fd < 0 || atomic_load(&peer->stop)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        atomic_fetch_add(&peer->connections, 1);
        if (peer->tls)
            serve_tls(peer, fd);
        else
            serve(peer, fd);
        close(fd);
    }
}

static void peer_start(struct peer *peer, const char *const *answers, size_t count, SSL_CTX *tls)
{
    *peer = (struct peer){.answers = answers, .count = count, .tls = tls};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    assert_int_equal(bind(peer->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(peer->fd, 50), 0);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&a, &n), 0);
    peer->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static void peer_stop(struct peer *peer)
{
    atomic_store(&peer->stop, true);
    close(connect_raw(peer->port));
    pthread_join(peer->thread, NULL);
    close(peer->fd);
}

static struct loop *loop;

static int setup(void **state)
{
    struct error error;
    loop = loop_new(&(struct loop_options){.clock = clock_system()}, &error);
    return loop ? 0 : -1;
}

static int teardown(void **state)
{
    loop = loop_free(loop);
    return 0;
}

static int ask(const struct peer *peer, struct arena *arena, struct http_response *out,
               struct error *error)
{
    struct http_request r = {.method = HTTP_POST, .timeout_ms = PATIENCE_MS};
    r.url = arena_printf(arena, "%s://127.0.0.1:%u/", peer->tls ? "https" : "http",
                         (unsigned)peer->port);
    return loop_http_wait(loop, &r, arena, out, error) ? out->status : 0;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void requests_share_a_connection(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct peer peer;
    peer_start(&peer, (const char *const[]){OK}, 1, NULL);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ask(&peer, arena, &out, &error), 200);
    assert_int_equal(atomic_load(&peer.requests), 50);
    assert_int_equal(atomic_load(&peer.connections), 1);
    teardown(NULL); // closes the connection that the peer is reading from
    peer_stop(&peer);
    setup(NULL);
}

// Prints what went wrong, because the status alone doesn't tell.
static void assert_status(const struct peer *peer, struct arena *arena, struct http_response *out,
                          int status)
{
    struct error error = {0};
    if (ask(peer, arena, out, &error) != status)
        fail_msg("%d instead of %d: %s %s", out->status, status, error.code, error.peer_text);
}

static void broken_answers(void **state)
{
    static const struct {
        const char *answer, *code;
    } cases[] = {
        {"!", "http.connection_lost"},
        {"!HTTP/1.1 200 OK\r\nContent-Len", "http.truncated"},
        {"!HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "http.truncated"},
        {"!HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y", "http.truncated"},
        {"!HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", "http.truncated"},
        {"!HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "http.truncated"},
        {"!no HTTP at all\r\n\r\n", "http.malformed_answer"},
        {"!HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n", "http.malformed_answer"},
        {"!HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n", "http.response_too_large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new(1 << 20);
        struct http_response out;
        struct error error;
        struct peer peer;
        peer_start(&peer, &cases[i].answer, 1, NULL);
        int status = ask(&peer, arena, &out, &error);
        peer_stop(&peer);
        if (status != 0 || strcmp(error.code, cases[i].code) != 0)
            fail_msg("%s: %s (%s %s)", cases[i].answer, error.code, error.peer_code,
                     error.peer_text);
        assert_int_equal(error.class, ERROR_NETWORK);
        assert_int_equal(out.sent, HTTP_SENT_MAYBE);
        assert_int_equal(atomic_load(&peer.requests), 1);
    }
}

static void odd_but_good_answers(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct peer peer;
    static char many_headers[8192];
    size_t n = (size_t)snprintf(many_headers, sizeof many_headers, "!HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(many_headers + n, sizeof many_headers - n, "X-%d: v%d\r\n", i, i);
    snprintf(many_headers + n, sizeof many_headers - n, "Content-Length: 2\r\n\r\nok");
    const char *const answers[] = {
        "!HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late:   v \t\r\n"
        "Content-Length: 2\r\n\r\nok",
        "!HTTP/1.0 200 OK\r\n\r\nuntil the end",
        "!HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
        many_headers,
    };
    peer_start(&peer, answers, 4, NULL);
    assert_status(&peer, arena, &out, 200);
    assert_null(http_header(out.headers, out.header_count, "X-Early").p);
    assert_true(str_eq(http_header(out.headers, out.header_count, "X-Late"), STR("v")));
    assert_false(out.headers_left_out);
    assert_status(&peer, arena, &out, 200);
    assert_true(str_eq(out.body, STR("until the end")));
    assert_status(&peer, arena, &out, 404);
    assert_int_equal(out.body.n, 0);
    assert_status(&peer, arena, &out, 200);
    assert_int_equal(out.header_count, HTTP_HEADERS_MAX);
    assert_true(out.headers_left_out);
    peer_stop(&peer);
}

static void endless_headers_are_refused(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct peer peer;
    static char flood[100000];
    size_t n = (size_t)snprintf(flood, sizeof flood, "!HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(flood + n, sizeof flood - n, "X-%d: %02000d\r\n", i, i);
    snprintf(flood + n, sizeof flood - n, "\r\n");
    const char *const answers[] = {flood};
    peer_start(&peer, answers, 1, NULL);
    assert_int_equal(ask(&peer, arena, &out, &error), 0);
    assert_string_equal(error.code, "http.response_too_large");
    peer_stop(&peer);
}

static EVP_PKEY *key;

// A self-signed certificate for 127.0.0.1, written to `path` as PEM.
static SSL_CTX *make_tls(const char *path, const char *name, long valid_seconds)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -2000000);
    X509_gmtime_adj(X509_getm_notAfter(x), valid_seconds);
    X509_set_pubkey(x, key);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                               0);
    X509_set_issuer_name(x, subject);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    fclose(f);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(tls, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
    X509_free(x);
    return tls;
}

static int ask_tls(SSL_CTX *tls, const char *ca_file, struct http_response *out,
                   struct error *error, int *requests)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct peer peer;
    struct loop_options options = {.clock = clock_system(), .ca_file = ca_file};
    loop_free(loop);
    loop = loop_new(&options, error);
    assert_non_null(loop);
    peer_start(&peer, (const char *const[]){OK}, 1, tls);
    int status = ask(&peer, arena, out, error);
    peer_stop(&peer);
    *requests = atomic_load(&peer.requests);
    return status;
}

static void tls_is_always_verified(void **state)
{
    char directory[] = "/tmp/juchu-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/ca.pem", directory);
    key = EVP_EC_gen("P-256");
    assert_non_null(key);
    struct http_response out;
    struct error error;
    int requests;
    SSL_CTX *tls = make_tls(path, "IP:127.0.0.1", 1000000);
    assert_int_equal(ask_tls(tls, path, &out, &error, &requests), 200);
    assert_int_equal(requests, 1);

    SSL_CTX *other_name = make_tls(path, "IP:127.0.0.2,DNS:example.com", 1000000);
    SSL_CTX *outdated = make_tls(path, "IP:127.0.0.1", -1000000);
    SSL_CTX *old = make_tls(path, "IP:127.0.0.1", 1000000);
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    const struct {
        SSL_CTX *tls;
        const char *ca;
    } bad[] = {{tls, NULL}, {other_name, path}, {outdated, path}, {old, path}, {tls, "/none"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ask_tls(bad[i].tls, bad[i].ca, &out, &error, &requests), 0);
        assert_int_equal(error.class, ERROR_NETWORK);
        assert_string_equal(error.code, "http.tls_failed");
        assert_int_equal(out.sent, HTTP_SENT_NO);
        assert_int_equal(requests, 0);
    }
    SSL_CTX_free(tls);
    SSL_CTX_free(other_name);
    SSL_CTX_free(outdated);
    SSL_CTX_free(old);
    EVP_PKEY_free(key);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_share_a_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_but_good_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(endless_headers_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(tls_is_always_verified, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
