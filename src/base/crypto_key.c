// SPDX-License-Identifier: Apache-2.0
//
// The key file: 32 raw bytes that only the server's user may read.
//
// Invariants: a new key is complete and on disk before it gets its name, and it never replaces an
// existing one: losing a key loses every stored credential. Two processes that start at once end up
// with the same key. No state; any thread.
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool storage_error(const char *path, const char *ja, const char *en, struct error *error)
{
    int number = errno;
    error_set(error, ERROR_STORAGE, "crypto.key_file", "%1$s（errno %2$d）%3$.0s",
              "%3$s (errno %2$d)%1$.0s", ja, number, en);
    error_hint(error,
               "ファイルとフォルダーがあるか、この利用者が読み書きできるかを確かめてください",
               "Check that file and folder exist and that this user may read and write them");
    return error_subject(error, "%s", path);
}

static bool write_all(int file, const unsigned char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(file, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

// Cuts `path` to its directory.
static bool sync_directory(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    int file = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return done;
}

// link() fails when the name exists: whoever comes second keeps the first one's key.
static bool create(const char *path, struct error *error)
{
    struct crypto_key key;
    AUTO_BUF name = buf_make(4096);
    buf_addf(&name, "%s.%lx.new", path, (unsigned long)getpid());
    buf_add_char(&name, '\0');
    if (name.failed)
        return error_no_memory(error);
    int file = open(name.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return storage_error(path, "暗号鍵のファイルを作れません", "The key file can't be made",
                             error);
    crypto_random(key.bytes, sizeof key.bytes);
    bool done = write_all(file, key.bytes, sizeof key.bytes) && fsync(file) == 0;
    crypto_wipe(&key, sizeof key);
    done = close(file) == 0 && done;
    done = done && (link(name.p, path) == 0 || errno == EEXIST);
    if (!done)
        storage_error(path, "暗号鍵のファイルに書き込めません", "The key file can't be written",
                      error);
    unlink(name.p);
    if (done && !sync_directory(name.p))
        done = storage_error(path, "暗号鍵のファイルに書き込めません",
                             "The key file can't be written", error);
    return done;
}

static bool read_key(int file, const char *path, struct crypto_key *key, struct error *error)
{
    struct stat status;
    unsigned char bytes[CRYPTO_KEY_BYTES + 1];
    if (fstat(file, &status) != 0)
        return storage_error(path, "暗号鍵のファイルを読めません", "The key file can't be read",
                             error);
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return storage_error(path, "暗号鍵のファイルではありません", "This is no key file", error);
    }
    if ((status.st_mode & 077) != 0) {
        error_set(error, ERROR_BAD_INPUT, "crypto.key_file_mode",
                  "暗号鍵のファイルを他の利用者が読める状態です",
                  "Other users can read the key file");
        error_hint(error, "chmod 600 を実行してから、もう一度始めてください",
                   "Run chmod 600 on it and start again");
        return error_subject(error, "%s", path);
    }
    ssize_t n = read(file, bytes, sizeof bytes);
    if (n < 0)
        return storage_error(path, "暗号鍵のファイルを読めません", "The key file can't be read",
                             error);
    if (n == CRYPTO_KEY_BYTES)
        memcpy(key->bytes, bytes, CRYPTO_KEY_BYTES);
    crypto_wipe(bytes, sizeof bytes);
    if (n == CRYPTO_KEY_BYTES)
        return true;
    error_set(error, ERROR_BAD_INPUT, "crypto.key_file_size",
              "暗号鍵のファイルの長さが%dバイトではありません",
              "The key file doesn't have %d bytes", CRYPTO_KEY_BYTES);
    error_hint(error, "鍵ファイルの控えを戻すか、--key-file で正しいファイルを指定してください",
               "Put back the copy of the key file, or name the right one with --key-file");
    return error_subject(error, "%s", path);
}

bool crypto_key_load(const char *path, bool create_missing, struct crypto_key *key,
                     struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT && create_missing) {
        if (!create(path, error))
            return false;
        file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (file < 0)
        return storage_error(path, "暗号鍵のファイルを開けません", "The key file can't be opened",
                             error);
    bool done = read_key(file, path, key, error);
    close(file);
    return done;
}
