// SPDX-License-Identifier: Apache-2.0
//
// Command line, listening sockets and clock of mallsim. Each mall has its own server; requests go
// to the library with the machine's time, answers (and the faults that the library asks for) back.
// Threads: the servers' own, calling into the sim, which has its mutex; the main thread moves the
// world on twice a second and waits for SIGINT or SIGTERM.
#include "sim/program.h"

#include "base/crypto.h"
#include "base/log.h"
#include "net/server.h"
#include "sim/face.h"

#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PORT_BASE 9100
#define SWITCH_OPTIONS_MAX 64
#define BODY_BYTES_MAX ((size_t)32 << 20)
#define CONTROL SIM_MALL_COUNT // index of the control API's door

struct program;

// One listening port.
struct door {
    struct program *program;
    int mall; // enum sim_mall, or CONTROL
    struct server *server;
};

struct program {
    struct sim_options options;
    const char *switches[SWITCH_OPTIONS_MAX];
    int switch_count;
    const char *address;
    int ports[SIM_MALL_COUNT + 1]; // -1 = the usual one
    int port_base;
    bool want_log, want_help;
    const char *sandbox; // directory of Amazon's sandbox cases, NULL none
    bool has_start, has_days;
    struct clock clock;
    int64_t shift_ms; // --now: the sim's clock against the machine's
    struct sim *sim;
    struct log *log;
    struct door doors[SIM_MALL_COUNT + 1];
};

static time_ms now(const struct program *p)
{
    return clock_now(&p->clock) + p->shift_ms;
}

// --- requests ---

static void answer(struct server_exchange *x, struct sim_response *response)
{
    x->status = response->status;
    for (size_t i = 0; i < response->header_count; i++)
        server_add_header(x, response->headers[i].name, response->headers[i].value);
    buf_free(&x->answer);
    x->answer = response->body; // the server frees it
    x->drop_connection = response->drop;
    x->truncate_answer_to = response->truncate_to;
    x->delay_ms = response->delay_ms;
}

static void handle(void *context, struct server_exchange *x)
{
    const struct door *door = context;
    struct program *p = door->program;
    struct sim_request request = {
        .method = x->method,
        .path = x->path,
        .query = x->query,
        .headers = x->headers,
        .header_count = x->header_count,
        .body = x->body,
        .peer = x->peer,
    };
    struct sim_response response;
    sim_response_init(&response, x->arena);
    if (door->mall == CONTROL)
        sim_control(p->sim, now(p), &request, &response);
    else
        sim_handle(p->sim, (enum sim_mall)door->mall, now(p), &request, &response);
    struct str name =
        door->mall == CONTROL ? STR("control") : str_from(sim_mall_id((enum sim_mall)door->mall));
    const struct log_field fields[] = {
        log_str("door", name),
        log_str("method", str_from(http_method_name(x->method))),
        log_str("path", x->path),
        log_int("status", response.drop ? 0 : response.status),
        log_int("bytes", (int64_t)response.body.n),
        {0},
    };
    log_fields(p->log, LOG_INFO, "request", fields);
    answer(x, &response);
}

// --- command line ---

static int usage(const char *text, const char *value)
{
    fprintf(stderr, "mallsim: %s%s%s. See mallsim --help.\n", text, value ? ": " : "",
            value ? value : "");
    return 2;
}

static void add_demo_keys(struct program *p, struct buf *out)
{
    struct error error;
    struct sim_options options = {.seed = p->options.seed, .now = now(p), .start = TIME_NONE};
    struct sim *sim = sim_new(&options, &error);
    for (const struct sim_face *const *face = sim_faces_all(); sim && *face; face++) {
        AUTO_ARENA arena = arena_new(4 << 20);
        if (!arena)
            break;
        struct sim_request request = {
            .method = HTTP_GET,
            .path = arena_printf(arena, "/demo-keys/%s", sim_mall_id((*face)->mall)),
            .query = STR(""),
            .body = STR(""),
            .peer = STR("127.0.0.1"),
        };
        struct sim_response response;
        sim_response_init(&response, arena);
        sim_control(sim, options.now, &request, &response);
        buf_addf(out, "  %-9s %.*s\n", sim_mall_id((*face)->mall),
                 STR_ARG(buf_str(&response.body)));
        sim_response_free(&response);
    }
    sim_free(sim);
}

static const char help_text[] =
    "mallsim - simulated Japanese malls for trying and testing Juchu\n"
    "\n"
    "Usage: mallsim [options]\n"
    "  --seed N            the same seed gives the same orders (1)\n"
    "  --orders N          orders of the past, split among the malls (100)\n"
    "  --days N            the past reaches back so many days (60)\n"
    "  --start DATE        or begins on this day (2026-01-01)\n"
    "  --now TIME          the sim's clock begins here instead of at the real time; with the same\n"
    "                      --seed and --start the orders are then the same, byte for byte\n"
    "  --rate N            new orders per minute (0)\n"
    "  --port-base N       control API on N, malls on N+1 … (9100); 0 = any free ports\n"
    "  --port MALL=N       port of one mall\n"
    "  --control-port N    port of the control API\n"
    "  --address A         numeric address to listen on (127.0.0.1)\n"
    "  --no-rate-limit     never answer \"too many requests\"\n"
    "  --switch NAME=VALUE what public facts leave open; see below\n"
    "  --amazon-sandbox D  Amazon answers as its static sandbox, from the case files D/*.json\n"
    "  --log               one line per request on standard error\n"
    "  --help\n"
    "\n"
    "When all ports listen, one line is written: ready control=ADDRESS:PORT MALL=ADDRESS:PORT …\n";

static int print_help(struct program *p)
{
    AUTO_BUF out = buf_make(1 << 20);
    buf_add(&out, str_make(help_text, sizeof help_text - 1));
    buf_addf(&out, "\nPorts: control %d", PORT_BASE);
    for (const struct sim_face *const *face = sim_faces_all(); *face; face++)
        buf_addf(&out, ", %s %d", sim_mall_id((*face)->mall), PORT_BASE + (*face)->port_offset);
    buf_add(&out, STR("\n\nDemo keys (also GET /demo-keys/{mall}):\n"));
    add_demo_keys(p, &out);
    buf_add(&out, STR("\nControl API (JSON):\n"));
    sim_control_help(&out);
    buf_add(&out, STR("\nSwitches and actions of the malls:\n"));
    sim_faces_help(sim_faces_all(), &out);
    return !out.failed && fwrite(out.p, 1, out.n, stdout) == out.n ? 0 : 1;
}

static bool number_in(const char *text, int64_t least, int64_t most, int64_t *value)
{
    return str_to_int64(str_from(text), value) && *value >= least && *value <= most;
}

static bool rate_from(const char *text, double *rate)
{
    char *end;
    *rate = strtod(text, &end);
    return end != text && *end == '\0' && *rate >= 0 && *rate <= 60000;
}

static bool set_mall_port(struct program *p, const char *text)
{
    struct str s = str_from(text);
    ptrdiff_t equals = str_find_char(s, '=');
    int mall = equals > 0 ? sim_mall_from_id(str_slice(s, 0, (size_t)equals)) : -1;
    int64_t port;
    if (mall < 0 || !number_in(text + equals + 1, 0, 65535, &port))
        return false;
    p->ports[mall] = (int)port;
    return true;
}

static bool set_time(struct program *p, const char *text)
{
    time_ms t;
    if (!time_parse_iso(str_from(text), JST_OFFSET_MS, &t))
        return false;
    p->shift_ms = t - clock_now(&p->clock);
    return true;
}

static bool set_start(struct program *p, const char *text)
{
    day d;
    p->has_start = true;
    if (!day_parse(str_from(text), &d))
        return false;
    p->options.start = day_start_jst(d);
    return true;
}

enum {
    O_SEED,
    O_ORDERS,
    O_DAYS,
    O_START,
    O_NOW,
    O_RATE,
    O_BASE,
    O_PORT,
    O_CONTROL,
    O_ADDRESS,
    O_NO_LIMIT,
    O_SWITCH,
    O_LOG,
    O_SANDBOX,
    O_HELP
};

static const struct option long_options[] = {
    {"seed", required_argument, NULL, O_SEED},
    {"orders", required_argument, NULL, O_ORDERS},
    {"days", required_argument, NULL, O_DAYS},
    {"start", required_argument, NULL, O_START},
    {"now", required_argument, NULL, O_NOW},
    {"rate", required_argument, NULL, O_RATE},
    {"port-base", required_argument, NULL, O_BASE},
    {"ports", required_argument, NULL, O_BASE},
    {"port", required_argument, NULL, O_PORT},
    {"control-port", required_argument, NULL, O_CONTROL},
    {"address", required_argument, NULL, O_ADDRESS},
    {"no-rate-limit", no_argument, NULL, O_NO_LIMIT},
    {"switch", required_argument, NULL, O_SWITCH},
    {"log", no_argument, NULL, O_LOG},
    {"amazon-sandbox", required_argument, NULL, O_SANDBOX},
    {"help", no_argument, NULL, O_HELP},
    {0},
};

static bool take_option(struct program *p, int option, const char *value)
{
    int64_t n = 0;
    bool ok = true;
    switch (option) {
    case O_SEED:
        ok = number_in(value, 0, INT64_MAX, &n);
        p->options.seed = (uint64_t)n;
        break;
    case O_ORDERS:
        ok = number_in(value, 0, 10000000, &p->options.orders);
        break;
    case O_DAYS:
        ok = number_in(value, 1, 3650, &n);
        p->options.start = -n * 86400000;
        p->has_days = true;
        break;
    case O_START:
        ok = set_start(p, value);
        break;
    case O_NOW:
        ok = set_time(p, value);
        break;
    case O_RATE:
        ok = rate_from(value, &p->options.rate);
        break;
    case O_BASE:
        ok = number_in(value, 0, 65500, &n);
        p->port_base = (int)n;
        break;
    case O_PORT:
        ok = set_mall_port(p, value);
        break;
    case O_CONTROL:
        ok = number_in(value, 0, 65535, &n);
        p->ports[CONTROL] = (int)n;
        break;
    case O_ADDRESS:
        p->address = value;
        break;
    case O_NO_LIMIT:
        p->options.no_rate_limit = true;
        break;
    case O_SWITCH:
        ok = p->switch_count < SWITCH_OPTIONS_MAX;
        if (ok)
            p->switches[p->switch_count++] = value;
        break;
    case O_LOG:
        p->want_log = true;
        break;
    case O_SANDBOX:
        p->sandbox = value;
        break;
    case O_HELP:
        p->want_help = true;
        break;
    default:
        return false;
    }
    return ok;
}

static int parse(struct program *p, int argc, char **argv)
{
    for (int option, index = 0;
         (option = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
        if (option == '?')
            return 2;
        if (!take_option(p, option, optarg))
            return usage("wrong value", optarg);
    }
    if (optind < argc)
        return usage("unexpected argument", argv[optind]);
    if (p->has_start && p->has_days)
        return usage("--start and --days exclude each other", NULL);
    p->options.now = now(p);
    if (p->has_days)
        p->options.start += p->options.now;
    return 0;
}

// --- start and stop ---

static int report(const struct error *error)
{
    fprintf(stderr, "mallsim: %s\n", error->what_en);
    if (error->hint_en[0])
        fprintf(stderr, "  %s\n", error->hint_en);
    return 1;
}

static bool set_switches(struct program *p, struct error *error)
{
    for (int i = 0; i < p->switch_count; i++) {
        struct str s = str_from(p->switches[i]);
        ptrdiff_t equals = str_find_char(s, '=');
        size_t at = equals < 0 ? s.n : (size_t)equals;
        if (!sim_switch_set(p->sim, str_slice(s, 0, at), str_slice(s, at + 1, s.n), error))
            return false;
    }
    return true;
}

static bool load_case_file(struct program *p, const char *path, struct error *error)
{
    AUTO_BUF text = buf_make(BODY_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    size_t got = 1;
    while (file && got > 0) {
        char *room = buf_reserve(&text, 65536);
        got = room ? fread(room, 1, 65536, file) : 0;
        buf_commit(&text, got);
    }
    bool whole = file && !ferror(file) && !text.failed;
    if (file)
        (void)fclose(file);
    bool loaded = whole ? sim_amazon_sandbox_add(p->sim, buf_str(&text), error)
                        : error_set(error, ERROR_STORAGE, "sim.sandbox_file",
                                    "ファイルを読み取れません。", "The file can't be read.");
    return loaded || error_subject(error, "%s", path);
}

static bool load_sandbox(struct program *p, struct error *error)
{
    DIR *directory = p->sandbox ? opendir(p->sandbox) : NULL;
    bool loaded = true;
    if (p->sandbox && !directory)
        return error_set(error, ERROR_BAD_INPUT, "sim.sandbox_directory",
                         "ディレクトリ %s を開けません。", "The directory %s can't be opened.",
                         p->sandbox);
    for (struct dirent *entry; loaded && directory && (entry = readdir(directory));) {
        char path[4096];
        if (!str_ends(str_from(entry->d_name), STR(".json")))
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", p->sandbox, entry->d_name);
        loaded = n > 0 && (size_t)n < sizeof path && load_case_file(p, path, error);
    }
    if (directory)
        (void)closedir(directory);
    return loaded;
}

static bool open_door(struct program *p, int mall, int offset, struct error *error)
{
    struct door *door = &p->doors[mall];
    int usual = p->port_base ? p->port_base + offset : 0;
    struct server_options options = {
        .address = p->address,
        .port = (uint16_t)(p->ports[mall] >= 0 ? p->ports[mall] : usual),
        .threads = 2,
        .body_bytes_max = BODY_BYTES_MAX,
        .clock = p->clock,
    };
    *door = (struct door){.program = p, .mall = mall};
    door->server = server_start(&options, handle, NULL, door, error);
    return door->server != NULL;
}

static bool open_doors(struct program *p, struct error *error)
{
    for (const struct sim_face *const *face = sim_faces_all(); *face; face++)
        if (!open_door(p, (int)(*face)->mall, (*face)->port_offset, error))
            return false;
    return open_door(p, CONTROL, 0, error);
}

static void say_ready(const struct program *p)
{
    printf("ready control=%s:%u", p->address, (unsigned)server_port(p->doors[CONTROL].server));
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        if (p->doors[i].server)
            printf(" %s=%s:%u", sim_mall_id((enum sim_mall)i), p->address,
                   (unsigned)server_port(p->doors[i].server));
    printf("\n");
    (void)fflush(stdout);
}

static void wait_for_end(struct program *p, const sigset_t *signals)
{
    const struct timespec half_a_second = {0, 500000000};
    while (sigtimedwait(signals, NULL, &half_a_second) < 0)
        sim_advance(p->sim, now(p));
}

static int serve(struct program *p)
{
    struct error error;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); // before the servers' threads inherit it
    if (p->want_log) {
        unsigned char key[32];
        crypto_random(key, sizeof key);
        p->log = log_new(stderr, LOG_FORMAT_CONSOLE, LOG_INFO, p->clock, key);
    }
    p->sim = sim_new(&p->options, &error);
    int result = 0;
    if (!p->sim || !set_switches(p, &error) || !load_sandbox(p, &error) || !open_doors(p, &error)) {
        result = report(&error);
    } else {
        say_ready(p);
        wait_for_end(p, &signals);
    }
    for (int i = 0; i <= SIM_MALL_COUNT; i++)
        server_stop(p->doors[i].server);
    sim_free(p->sim);
    log_free(p->log);
    return result;
}

int sim_program(int argc, char **argv)
{
    struct program p = {
        .options = {.seed = 1, .orders = 100, .start = TIME_NONE},
        .address = "127.0.0.1",
        .port_base = PORT_BASE,
        .clock = clock_system(),
    };
    for (int i = 0; i <= SIM_MALL_COUNT; i++)
        p.ports[i] = -1;
    struct error error;
    if (!crypto_init(&error))
        return report(&error);
    int status = parse(&p, argc, argv);
    if (status)
        return status;
    return p.want_help ? print_help(&p) : serve(&p);
}
