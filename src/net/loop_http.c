// SPDX-License-Identifier: Apache-2.0
//
// Outward requests of the loop: queues per host in front of libcurl, and the way of one exchange
// from the queue over a libcurl handle to its answer.
//
// Invariants: an exchange is in exactly one list (its host's waiting list, loop->running or
// loop->failed) until finish() takes it out; host->active counts its running ones; a host is in the
// ring exactly when in_ring is set, and only hosts in the ring get to start something.
// At most once: libcurl announces every attempt to put the request on the wire (allow_attempt); the
// second attempt of an exchange is refused. Without any announcement no byte has left.
// Threads: the loop's only. libcurl's callbacks never call the users of the loop.
#include "net/loop_internal.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#define TIMEOUT_MS_DEFAULT 30000
#define CONNECT_TIMEOUT_MS_MAX 10000
#define RESPONSE_BYTES_DEFAULT (32u << 20)
#define RESPONSE_HEADER_BYTES_MAX (64u << 10)
// An idle connection older than this isn't used again: servers close theirs after about a minute,
// and a request that meets the close can't be repeated.
#define CONNECTION_IDLE_SECONDS_MAX 25L
#define URL_BYTES_MAX (16u << 10)

enum refusal {
    REFUSAL_NONE,
    REFUSAL_URL,
    REFUSAL_HEADER,
    REFUSAL_ADDRESS,
    REFUSAL_MEMORY,
    REFUSAL_TOO_LARGE,
    REFUSAL_REPEAT,   // the second attempt was refused
    REFUSAL_TOO_LATE, // its time was over before it could leave
};

struct http_exchange {
    struct loop *loop;
    struct exchange_list *list;
    struct http_exchange *previous, *next;
    struct loop_host *host; // while running
    void (*done)(void *argument, const struct http_response *response);
    void *argument;

    enum http_method method;
    struct curl_slist *headers;
    struct str body;
    int64_t timeout_ms;
    time_ms start_before; // 0 = any time
    size_t response_bytes_max;
    bool public_addresses_only;
    struct str key; // "https://host:port", part of url

    CURL *easy;
    int attempts;
    bool headers_complete;
    enum refusal refusal;
    struct arena *arena; // headers of the answer
    struct http_response *response;
    struct buf answer;
    char url[]; // NUL-terminated, then the body
};

static void list_add(struct exchange_list *list, struct http_exchange *x)
{
    assert(!x->list);
    x->list = list;
    x->next = NULL;
    x->previous = list->tail;
    if (list->tail)
        list->tail->next = x;
    else
        list->head = x;
    list->tail = x;
}

static void list_remove(struct http_exchange *x)
{
    struct exchange_list *list = x->list;
    if (x->previous)
        x->previous->next = x->next;
    else
        list->head = x->next;
    if (x->next)
        x->next->previous = x->previous;
    else
        list->tail = x->previous;
    x->list = NULL;
}

static int allow_attempt(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct http_exchange *x = context;
    if (x->attempts == 0 && x->start_before && clock_now(&x->loop->clock) > x->start_before) {
        x->refusal = REFUSAL_TOO_LATE;
        return CURL_PREREQFUNC_ABORT;
    }
    if (x->attempts++ == 0)
        return CURL_PREREQFUNC_OK;
    x->refusal = REFUSAL_REPEAT;
    return CURL_PREREQFUNC_ABORT;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *x = context;
    size_t n = size * count;
    buf_add(&x->answer, str_make(bytes, n));
    if (!x->answer.failed)
        return n;
    x->refusal = n > x->answer.max - x->answer.n ? REFUSAL_TOO_LARGE : REFUSAL_MEMORY;
    return CURL_WRITEFUNC_ERROR;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *x = context;
    struct http_response *r = x->response;
    struct str line = str_make(bytes, size * count);
    if (str_starts(line, STR("HTTP/"))) {
        // The answer proper after "100 Continue" or "103 Early Hints".
        r->header_count = 0;
        r->headers_left_out = false;
        x->headers_complete = false;
        return line.n;
    }
    x->headers_complete = x->headers_complete || str_trim(line).n == 0;
    ptrdiff_t colon = str_find_char(line, ':');
    if (colon <= 0)
        return line.n;
    if (r->header_count == HTTP_HEADERS_MAX) {
        r->headers_left_out = true;
        return line.n;
    }
    struct http_header header = {
        .name = str_dup(x->arena, str_slice(line, 0, (size_t)colon)),
        .value = str_dup(x->arena, str_trim(str_slice(line, (size_t)colon + 1, line.n))),
    };
    if (arena_failed(x->arena)) {
        x->refusal = arena_used(x->arena) + line.n + 1024 > RESPONSE_HEADER_BYTES_MAX
                         ? REFUSAL_TOO_LARGE
                         : REFUSAL_MEMORY;
        return CURL_WRITEFUNC_ERROR;
    }
    r->headers[r->header_count++] = header;
    return line.n;
}

static bool ipv4_is_public(uint32_t a)
{
    static const struct {
        uint32_t network;
        int bits;
    } private[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3},
    };
    for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
        if ((a ^ private[i].network) >> (32 - private[i].bits) == 0)
            return false;
    }
    return true;
}

static bool ipv6_is_public(const unsigned char a[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    uint32_t low = (uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 | a[15];
    if (memcmp(a, mapped, sizeof mapped) == 0 || memcmp(a, nat64, sizeof nat64) == 0)
        return ipv4_is_public(low);
    if ((a[0] & 0xe0) != 0x20) // outside 2000::/3: loopback, unique local, link-local, multicast
        return false;
    if (a[0] == 0x20 && a[1] == 0x02) // 6to4 holds an IPv4 address
        return ipv4_is_public((uint32_t)a[2] << 24 | (uint32_t)a[3] << 16 | (uint32_t)a[4] << 8 |
                              a[5]);
    // Teredo, documentation
    return !(a[0] == 0x20 && a[1] == 0x01 &&
             ((a[2] == 0 && a[3] == 0) || (a[2] == 0x0d && a[3] == 0xb8)));
}

static bool address_is_public(const struct curl_sockaddr *address)
{
    if (address->family == AF_INET && address->addrlen >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, &address->addr, sizeof v4);
        return ipv4_is_public(ntohl(v4.sin_addr.s_addr));
    }
    if (address->family == AF_INET6 && address->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &address->addr, sizeof v6);
        return ipv6_is_public(v6.sin6_addr.s6_addr);
    }
    return false;
}

// The check sits where the resolved address is used, so that a name can't resolve to one address
// for the check and to another for the connection.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_exchange *x = context;
    if (x->public_addresses_only && !address_is_public(address)) {
        x->refusal = REFUSAL_ADDRESS;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool fail_for_refusal(enum refusal refusal, struct error *e)
{
    switch (refusal) {
    case REFUSAL_URL:
        return error_set(e, ERROR_BAD_INPUT, "http.bad_url", "接続先のURLが正しくありません。",
                         "The URL can't be used.");
    case REFUSAL_HEADER:
        return error_set(e, ERROR_BAD_INPUT, "http.bad_header",
                         "リクエストヘッダーに使えない文字または項目があります。",
                         "A request header has a forbidden character or name.");
    case REFUSAL_ADDRESS:
        error_set(e, ERROR_BAD_INPUT, "http.address_refused",
                  "接続先が社内または本機のアドレスのため、接続しませんでした。",
                  "Not connected: the address is private or local.");
        return error_hint(e, "インターネット上で公開されているURLを指定してください。",
                          "Give a URL on the public Internet.");
    case REFUSAL_TOO_LARGE:
        return error_set(e, ERROR_NETWORK, "http.response_too_large",
                         "応答が上限の大きさを超えています。",
                         "The answer exceeds the size limit.");
    case REFUSAL_TOO_LATE:
        return error_set(e, ERROR_NETWORK, "http.too_late",
                         "送信の期限を過ぎたため、送らずに中止しました。",
                         "It could not be sent in time and was given up unsent.");
    case REFUSAL_REPEAT:
        return error_set(e, ERROR_NETWORK, "http.connection_lost",
                         "応答を受け取る前に接続が切れました。",
                         "The connection was lost before an answer arrived.");
    case REFUSAL_MEMORY:
    case REFUSAL_NONE:
        break;
    }
    return error_no_memory(e);
}

static bool fail_to_connect(CURLcode result, struct error *e)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        error_set(e, ERROR_NETWORK, "http.resolve_failed", "接続先の名前を解決できません。",
                  "The host name can't be resolved.");
        return error_hint(e, "ネットワークとDNSの設定を確認してください。",
                          "Check the network and the DNS settings.");
    case CURLE_COULDNT_CONNECT:
        error_set(e, ERROR_NETWORK, "http.connect_failed", "接続できません。",
                  "No connection could be made.");
        return error_hint(
            e, "接続先のURL、ネットワーク、プロキシやファイアウォールを確認してください。",
            "Check the address, the network, and proxies or firewalls on the way.");
    default: // everything of TLS
        error_set(
            e, ERROR_NETWORK, "http.tls_failed",
            "安全な接続(TLS)を確立できません。証明書を確認できませんでした。",
            "A secure connection (TLS) could not be made or the certificate not be verified.");
        return error_hint(e, "本機の時刻と証明書ストアを確認してください。",
                          "Check this machine's clock and its certificate store.");
    }
}

static bool fail_for_result(CURLcode result, struct error *e)
{
    switch (result) {
    case CURLE_OUT_OF_MEMORY:
        return error_no_memory(e);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return fail_to_connect(result, e);
    case CURLE_OPERATION_TIMEDOUT:
        return error_set(e, ERROR_NETWORK, "http.timeout", "時間内に応答がありませんでした。",
                         "No answer arrived in time.");
    case CURLE_PARTIAL_FILE:
        return error_set(e, ERROR_NETWORK, "http.truncated", "応答が途中で切れました。",
                         "The answer broke off.");
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return error_set(e, ERROR_NETWORK, "http.connection_lost",
                         "応答を受け取る前に接続が切れました。",
                         "The connection was lost before an answer arrived.");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OK:
        return error_set(e, ERROR_NETWORK, "http.malformed_answer", "応答の形式が不正です。",
                         "The answer is not well-formed HTTP.");
    case CURLE_URL_MALFORMAT:
        return error_set(e, ERROR_BAD_INPUT, "http.bad_url", "接続先のURLが正しくありません。",
                         "The URL can't be used.");
    default:
        return error_set(e, ERROR_NETWORK, "http.failed", "通信に失敗しました。",
                         "The exchange failed.");
    }
}

static void describe_failure(const struct http_exchange *x, CURLcode result, int status,
                             struct http_response *r)
{
    r->sent = x->attempts == 0 ? HTTP_SENT_NO : HTTP_SENT_MAYBE;
    if (result == CURLE_FILESIZE_EXCEEDED)
        fail_for_refusal(REFUSAL_TOO_LARGE, &r->failure);
    else if (x->refusal != REFUSAL_NONE)
        fail_for_refusal(x->refusal, &r->failure);
    else
        fail_for_result(result, &r->failure);
    if (x->key.n > 0 && x->refusal != REFUSAL_URL)
        error_subject(&r->failure, "%.*s", STR_ARG(x->key));
    if (result != CURLE_OK && r->failure.class == ERROR_NETWORK) {
        char code[24];
        snprintf(code, sizeof code, "curl %d", (int)result);
        error_peer(&r->failure, status, str_from(code), str_from(curl_easy_strerror(result)));
    }
}

static struct loop_host **host_slot(struct loop *loop, struct str key)
{
    struct loop_host **slot = &loop->hosts[str_hash(key) % LOOP_HOST_BUCKETS];
    while (*slot && !str_eq(str_make((*slot)->key, (*slot)->key_length), key))
        slot = &(*slot)->next_in_bucket;
    return slot;
}

static struct loop_host *host_get(struct loop *loop, struct str key)
{
    struct loop_host **slot = host_slot(loop, key), *host = *slot;
    if (host)
        return host;
    host = memory_zalloc(1, sizeof *host + key.n);
    if (!host)
        return NULL;
    host->key_length = key.n;
    memcpy(host->key, key.p, key.n);
    return *slot = host;
}

static void host_drop_if_unused(struct loop *loop, struct loop_host *host)
{
    if (host->active > 0 || host->waiting.head || host->in_ring)
        return;
    struct loop_host **slot = host_slot(loop, str_make(host->key, host->key_length));
    assert(*slot == host);
    *slot = host->next_in_bucket;
    memory_free(host);
}

static void host_enter_ring(struct loop *loop, struct loop_host *host)
{
    if (host->in_ring || !host->waiting.head || host->active >= loop->connections_per_host)
        return;
    host->in_ring = true;
    host->next_in_ring = NULL;
    if (loop->ring_tail)
        loop->ring_tail->next_in_ring = host;
    else
        loop->ring_head = host;
    loop->ring_tail = host;
}

static CURLcode set_carriage(struct http_exchange *x, CURL *e)
{
    bool plain = str_starts(x->key, STR("http://"));
    CURLcode r = curl_easy_setopt(e, CURLOPT_URL, (const char *)x->url);
    r |= curl_easy_setopt(e, CURLOPT_PRIVATE, x);
    r |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    r |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); // never wait for a resolver thread
    r |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    r |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    r |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    r |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    r |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    r |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (x->loop->ca_file)
        r |= curl_easy_setopt(e, CURLOPT_CAINFO, x->loop->ca_file);
    if (plain)
        r |= curl_easy_setopt(e, CURLOPT_PROXY, "");
    r |= curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    r |= curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, CONNECTION_IDLE_SECONDS_MAX);
    r |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)x->timeout_ms);
    r |= curl_easy_setopt(
        e, CURLOPT_CONNECTTIMEOUT_MS,
        (long)(x->timeout_ms < CONNECT_TIMEOUT_MS_MAX ? x->timeout_ms : CONNECT_TIMEOUT_MS_MAX));
    r |= curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, allow_attempt);
    r |= curl_easy_setopt(e, CURLOPT_PREREQDATA, x);
    r |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    r |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
    return r;
}

static CURLcode set_message(struct http_exchange *x, CURL *e)
{
    CURLcode r = curl_easy_setopt(e, CURLOPT_USERAGENT, "Juchu");
    if (x->method == HTTP_HEAD) {
        r |= curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    } else if (x->body.n > 0 || x->method == HTTP_POST || x->method == HTTP_PUT ||
               x->method == HTTP_PATCH) {
        r |= curl_easy_setopt(e, CURLOPT_POST, 1L);
        r |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->body.p);
        r |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
        r |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, http_method_name(x->method));
    } else {
        r |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
        r |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, http_method_name(x->method));
    }
    r |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
    r |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    r |= curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
    r |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    r |= curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
    if (x->method != HTTP_HEAD) // whose Content-Length announces nothing
        r |= curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->response_bytes_max);
    return r;
}

static void give_back_handle(struct loop *loop, CURL *easy)
{
    if (!easy)
        return;
    if (loop->idle_count < LOOP_IDLE_HANDLES_MAX && !loop->closing) {
        curl_easy_reset(easy);
        loop->idle[loop->idle_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

static bool start(struct http_exchange *x)
{
    struct loop *loop = x->loop;
    x->arena = arena_new(RESPONSE_HEADER_BYTES_MAX);
    x->response = x->arena ? ARENA_NEW(x->arena, struct http_response) : NULL;
    if (!x->response)
        return false;
    x->easy = loop->idle_count > 0 ? loop->idle[--loop->idle_count] : curl_easy_init();
    if (!x->easy || set_carriage(x, x->easy) != CURLE_OK || set_message(x, x->easy) != CURLE_OK)
        return false;
    return curl_multi_add_handle(loop->multi, x->easy) == CURLM_OK;
}

// Starts what the limits allow, one request per host in turn.
static void start_waiting(struct loop *loop)
{
    while (!loop->closing && loop->active < loop->connections_max && loop->ring_head) {
        struct loop_host *host = loop->ring_head;
        loop->ring_head = host->next_in_ring;
        if (!loop->ring_head)
            loop->ring_tail = NULL;
        host->in_ring = false;
        struct http_exchange *x = host->waiting.head;
        if (x) {
            list_remove(x);
            if (start(x)) {
                x->host = host;
                host->active++;
                loop->active++;
                list_add(&loop->running, x);
            } else {
                give_back_handle(loop, x->easy);
                x->easy = NULL;
                x->refusal = REFUSAL_MEMORY;
                list_add(&loop->failed, x);
            }
        }
        host_enter_ring(loop, host);
        host_drop_if_unused(loop, host);
    }
}

static void exchange_free(struct http_exchange *x)
{
    curl_slist_free_all(x->headers);
    buf_free(&x->answer);
    arena_free(x->arena);
    memory_free(x);
}

// Takes the exchange out of list, libcurl and host; others may use its place from now on.
static void release(struct http_exchange *x)
{
    struct loop *loop = x->loop;
    list_remove(x);
    if (x->easy) {
        curl_multi_remove_handle(loop->multi, x->easy);
        give_back_handle(loop, x->easy);
        x->easy = NULL;
    }
    struct loop_host *host = x->host;
    x->host = NULL;
    if (host) {
        host->active--;
        loop->active--;
        host_enter_ring(loop, host);
        host_drop_if_unused(loop, host);
    }
    start_waiting(loop);
}

static void finish_failed(struct http_exchange *x, CURLcode result, int status)
{
    struct http_response response = {.received_at = clock_now(&x->loop->clock)};
    describe_failure(x, result, status, &response);
    release(x);
    x->done(x->argument, &response);
    exchange_free(x);
}

static void finish(struct http_exchange *x, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    // To libcurl an answer that ends inside its headers is a whole one without a body.
    if (result == CURLE_OK && status > 0 && !x->headers_complete)
        result = CURLE_PARTIAL_FILE;
    if (result != CURLE_OK || status < 200 || status > 999) {
        finish_failed(x, result, (int)status);
        return;
    }
    struct http_response *response = x->response;
    response->status = (int)status;
    response->body = buf_str(&x->answer);
    response->received_at = clock_now(&x->loop->clock);
    response->sent = HTTP_SENT_MAYBE;
    release(x);
    x->done(x->argument, response);
    exchange_free(x);
}

void loop_http_progress(struct loop *loop)
{
    int running = 0;
    if (loop->active > 0)
        curl_multi_perform(loop->multi, &running);
    struct CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct http_exchange *x = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        finish(x, message->data.result);
    }
    // Bounded, because a request that done() starts may fail at once as well.
    for (int budget = 1000; loop->failed.head && budget > 0; budget--)
        finish_failed(loop->failed.head, CURLE_OK, 0);
}

bool loop_http_is_due(const struct loop *loop)
{
    return loop->failed.head != NULL;
}

void loop_http_cancel(struct loop *loop, struct http_exchange *x)
{
    struct http_response response = {.received_at = clock_now(&loop->clock)};
    response.sent = x->attempts == 0 ? HTTP_SENT_NO : HTTP_SENT_MAYBE;
    error_set(&response.failure, ERROR_CANCELLED, "http.cancelled", "通信を中止しました。",
              "The exchange was cancelled.");
    release(x);
    x->done(x->argument, &response);
    exchange_free(x);
}

void loop_http_close(struct loop *loop)
{
    while (loop->running.head)
        loop_http_cancel(loop, loop->running.head);
    while (loop->failed.head)
        loop_http_cancel(loop, loop->failed.head);
    loop->ring_head = loop->ring_tail = NULL;
    for (size_t i = 0; i < LOOP_HOST_BUCKETS; i++) {
        struct loop_host *host;
        while ((host = loop->hosts[i])) {
            host->in_ring = true; // keeps the host while its last requests are cancelled
            while (host->waiting.head)
                loop_http_cancel(loop, host->waiting.head);
            loop->hosts[i] = host->next_in_bucket;
            memory_free(host);
        }
    }
    while (loop->idle_count > 0)
        curl_easy_cleanup(loop->idle[--loop->idle_count]);
}

// Scheme and authority of an acceptable URL.
static bool url_key(struct str url, struct str *key)
{
    size_t scheme = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0;
    if (scheme == 0 || url.n > URL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < url.n; i++) {
        if ((unsigned char)url.p[i] <= 0x20 || url.p[i] == 0x7f)
            return false;
    }
    size_t end = scheme;
    while (end < url.n && !memchr("/?#", url.p[end], 3)) {
        // "user:password@" would end up in logs; a backslash is a slash to some and not to others.
        if (url.p[end] == '@' || url.p[end] == '\\')
            return false;
        end++;
    }
    *key = str_slice(url, 0, end);
    return end > scheme;
}

static bool header_is_ours(struct str name)
{
    return str_eq_nocase(name, STR("Content-Length")) ||
           str_eq_nocase(name, STR("Transfer-Encoding")) || str_eq_nocase(name, STR("Connection"));
}

static bool headers_are_fine(const struct http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *h = &request->headers[i];
        if (!http_header_is_valid(h->name, h->value) || header_is_ours(h->name))
            return false;
    }
    return true;
}

static bool add_line(struct http_exchange *x, const char *line)
{
    struct curl_slist *longer = curl_slist_append(x->headers, line);
    if (longer)
        x->headers = longer;
    return longer != NULL;
}

static bool copy_headers(struct http_exchange *x, const struct http_request *request)
{
    AUTO_BUF line = buf_make(1u << 20);
    bool has_type = false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *h = &request->headers[i];
        has_type = has_type || str_eq_nocase(h->name, STR("Content-Type"));
        buf_reset(&line);
        buf_add(&line, h->name);
        // libcurl's way of sending a header without a value.
        buf_add(&line, h->value.n > 0 ? STR(": ") : STR(";"));
        buf_add(&line, h->value);
        buf_add_char(&line, '\0');
        if (line.failed || !add_line(x, line.p))
            return false;
    }
    return add_line(x, "Expect:") && (has_type || add_line(x, "Content-Type:"));
}

static bool enqueue(struct http_exchange *x)
{
    struct loop *loop = x->loop;
    if (x->refusal != REFUSAL_NONE) {
        list_add(&loop->failed, x);
        return true;
    }
    struct loop_host *host = host_get(loop, x->key);
    if (!host)
        return false;
    list_add(&host->waiting, x);
    host_enter_ring(loop, host);
    start_waiting(loop);
    return true;
}

struct http_exchange *loop_http(struct loop *loop, const struct http_request *request,
                                void (*done)(void *argument, const struct http_response *response),
                                void *argument)
{
    if (loop->closing)
        return NULL;
    size_t url_size = request->url.n + 1;
    struct http_exchange *x = memory_zalloc(1, sizeof *x + url_size + request->body.n + 1);
    if (!x)
        return NULL;
    x->loop = loop;
    x->done = done;
    x->argument = argument;
    x->method = request->method;
    x->start_before = request->start_before;
    x->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS_DEFAULT;
    x->response_bytes_max =
        request->response_bytes_max > 0 ? request->response_bytes_max : RESPONSE_BYTES_DEFAULT;
    x->public_addresses_only = request->public_addresses_only;
    x->answer = buf_make(x->response_bytes_max);
    if (request->url.n > 0)
        memcpy(x->url, request->url.p, request->url.n);
    if (request->body.n > 0)
        memcpy(x->url + url_size, request->body.p, request->body.n);
    x->body = str_make(x->url + url_size, request->body.n);
    if (!url_key(str_make(x->url, request->url.n), &x->key))
        x->refusal = REFUSAL_URL;
    else if (!headers_are_fine(request))
        x->refusal = REFUSAL_HEADER;
    if ((x->refusal == REFUSAL_NONE && !copy_headers(x, request)) || !enqueue(x)) {
        exchange_free(x);
        return NULL;
    }
    return x;
}

struct wait {
    struct arena *arena;
    struct http_response *out;
    bool done;
};

static void keep_answer(void *argument, const struct http_response *response)
{
    struct wait *wait = argument;
    *wait->out = *response;
    wait->out->body = response->status ? str_dup(wait->arena, response->body) : STR_ABSENT;
    for (size_t i = 0; i < response->header_count; i++) {
        wait->out->headers[i].name = str_dup(wait->arena, response->headers[i].name);
        wait->out->headers[i].value = str_dup(wait->arena, response->headers[i].value);
    }
    wait->done = true;
}

bool loop_http_wait(struct loop *loop, const struct http_request *request, struct arena *arena,
                    struct http_response *out, struct error *error)
{
    struct wait wait = {.arena = arena, .out = out};
    *out = (struct http_response){0};
    if (!loop_http(loop, request, keep_answer, &wait))
        return error_no_memory(error);
    while (!wait.done)
        loop_turn(loop, 1000);
    if (out->status == 0) {
        *error = out->failure;
        return false;
    }
    // The answer arrived, but there is no room for it: `sent` says what that means for a write.
    return arena_failed(arena) ? error_no_memory(error) : true;
}
