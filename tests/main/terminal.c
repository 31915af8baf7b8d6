// SPDX-License-Identifier: Apache-2.0
//
// See the header. Standard output and error go to files, so that neither can block the other.
#include "terminal.h"

#include "base/buf.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WORDS_MAX 40

void terminal_open(struct terminal *t, char *const *argv)
{
    *t = (struct terminal){.program = argv[1], .mallsim = argv[2], .arena = arena_new(256u << 20)};
    snprintf(t->directory, sizeof t->directory, "/tmp/juchu-test-XXXXXX");
    assert_non_null(t->arena);
    assert_non_null(mkdtemp(t->directory));
    // What the person who runs the tests has set doesn't count.
    static const char *const names[] = {"JUCHU_DATA", "JUCHU_DB", "JUCHU_KEY_FILE", "JUCHU_LANG",
                                        "LC_ALL",     "LANG",     "JUCHU_PASSWORD"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    (void)st;
    (void)flag;
    (void)walk;
    return remove(path);
}

void terminal_close(struct terminal *t)
{
    if (t->sim > 0)
        stop(t->sim, SIGTERM);
    nftw(t->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(t->arena);
}

static void split(struct terminal *t, const char *program, const char *words, char **argv)
{
    struct str rest = str_from(words), word;
    int n = 0;
    argv[n++] = strdup(program);
    while (str_split(&rest, ' ', &word)) {
        if (word.n == 0)
            continue;
        assert_true(n < WORDS_MAX);
        ptrdiff_t percent = str_eq(word, STR("%")) ? 0 : str_find(word, STR("%/"));
        struct str full =
            percent < 0 ? word
                        : arena_printf(t->arena, "%.*s%s%.*s", (int)percent, word.p, t->directory,
                                       STR_ARG(str_slice(word, (size_t)percent + 1, word.n)));
        // '' is an empty word.
        argv[n] = str_eq(full, STR("''")) ? strdup("") : strndup(full.p, full.n);
        n++;
    }
    argv[n] = NULL;
}

static pid_t spawn(struct terminal *t, const char *program, const char *words, int out, int err)
{
    char *argv[WORDS_MAX + 1];
    split(t, program, words, argv);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out, STDOUT_FILENO);
        if (err >= 0)
            dup2(err, STDERR_FILENO);
        execv(program, argv);
        _exit(127);
    }
    for (int i = 0; argv[i]; i++)
        free(argv[i]);
    return pid;
}

static int ended(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct str whole(struct terminal *t, int file)
{
    struct stat st;
    assert_int_equal(fstat(file, &st), 0);
    char *bytes = arena_alloc(t->arena, (size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, (size_t)st.st_size, 0), st.st_size);
    close(file);
    return str_make(bytes, (size_t)st.st_size);
}

static int scratch(struct terminal *t, const char *name)
{
    struct str path = arena_printf(t->arena, "%s/%s", t->directory, name);
    int file = open(path.p, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    return file;
}

struct said run(struct terminal *t, const char *words)
{
    int out = scratch(t, ".out"), err = scratch(t, ".err");
    struct said said = {.code = ended(spawn(t, t->program, words, out, err))};
    said.out = whole(t, out);
    said.err = whole(t, err);
    return said;
}

struct json run_json(struct terminal *t, const char *words, int code)
{
    struct json root = {0};
    struct error error;
    struct said said = run(t, words);
    if (said.code != code)
        fail_msg("%s: exit %d\n%.*s%.*s", words, said.code, STR_ARG(said.out), STR_ARG(said.err));
    if (!json_parse(t->arena, said.out, false, &root, &error))
        fail_msg("%s: %s\n%.*s", words, error.what_en, STR_ARG(said.out));
    return root;
}

static pid_t start_program(struct terminal *t, const char *program, const char *words, char *line,
                           size_t size)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = spawn(t, program, words, ends[1], -1);
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    assert_non_null(out);
    if (!fgets(line, (int)size, out))
        line[0] = '\0';
    // The end stays open, so that what the program prints later meets a reader.
    return pid;
}

pid_t start(struct terminal *t, const char *words, char *line, size_t size)
{
    return start_program(t, t->program, words, line, size);
}

int stop(pid_t pid, int with_signal)
{
    kill(pid, with_signal);
    return ended(pid);
}

void start_mallsim(struct terminal *t, const char *options)
{
    t->sim = start_program(t, t->mallsim, options, t->sim_ready, sizeof t->sim_ready);
    assert_true(str_starts(str_from(t->sim_ready), STR("ready ")));
}

const char *door(struct terminal *t, const char *name)
{
    struct str rest = str_from(t->sim_ready), word;
    while (str_split(&rest, ' ', &word)) {
        ptrdiff_t equals = str_find_char(word, '=');
        if (equals > 0 && str_eq(str_slice(word, 0, (size_t)equals), str_from(name)))
            return arena_printf(t->arena, "http://%.*s",
                                STR_ARG(str_trim(str_slice(word, (size_t)equals + 1, word.n))))
                .p;
    }
    fail_msg("mallsim has no %s", name);
    return NULL;
}

void write_file(struct terminal *t, const char *name, struct str bytes)
{
    int file = scratch(t, name);
    assert_int_equal(write(file, bytes.p ? bytes.p : "", bytes.n), bytes.n);
    close(file);
}
