// SPDX-License-Identifier: Apache-2.0
//
// Public-key authentication (yahoo.md §4): the encrypted "sellerId:time" with every order call,
// and what the mall's header says about it. A wrong key doesn't fail a call, it only shortens the
// session to twelve hours, so the header is looked at on every answer and trouble is told at once.
// Invariants: without key or version no header is sent at all (a made-up version is a trap after
// the first renewal); each kind of trouble is told once per operation. Keeps nothing but the last
// status. Runs on the operation's thread.
#include "base/crypto.h"
#include "mall/yahoo/internal.h"

#include <stdio.h>

static void tell_unsigned(struct yahoo_op *op, const char *code, const char *ja, const char *en)
{
    if (op->unsigned_told)
        return;
    op->unsigned_told = true;
    struct error warning;
    error_set(&warning, ERROR_AUTH_INVALID, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(&warning,
               "ストアクリエイターProの「設定＞暗号鍵管理」で公開鍵とバージョンを確認し、両方を登録"
               "してください。"
               "登録するまで、認可は12時間で切れます。",
               "Enter both the public key and its version from Store Creator Pro, Settings > key "
               "management. Until then the consent ends after 12 hours.");
    yahoo_warn(op, STR(""), &warning);
}

static struct str version_of(const struct yahoo_op *op)
{
    if (op->signature_version[0])
        return str_from(op->signature_version);
    return str_trim(yahoo_setting(op, "public_key_version"));
}

bool yahoo_sign(struct yahoo_op *op, time_ms now, struct http_request *request)
{
    struct str key = yahoo_setting(op, "public_key");
    struct str version = version_of(op);
    if (str_is_empty(key)) {
        tell_unsigned(op, "yahoo.public_key_missing", "公開鍵が登録されていません。",
                      "No public key is entered.");
        return true;
    }
    if (str_is_empty(version)) {
        tell_unsigned(op, "yahoo.public_key_version_missing",
                      "公開鍵のバージョンが登録されていません。",
                      "The public key's version is not entered.");
        return true;
    }
    struct str seller = yahoo_setting(op, "seller_id");
    struct str plain =
        arena_printf(op->scratch, "%.*s:%lld", STR_ARG(seller), (long long)(now / YAHOO_SECOND_MS));
    struct str cipher;
    struct error error = {0};
    if (!crypto_rsa_encrypt(op->scratch, key, plain, &cipher, &error)) {
        if (error.class == ERROR_NO_MEMORY) {
            yahoo_fail(op, &error);
            return false;
        }
        tell_unsigned(op, "yahoo.public_key_unreadable",
                      "公開鍵を読み取れません（先頭・末尾の行が欠けている可能性があります）。",
                      "The public key can't be read (its first or last line may be missing).");
        return true;
    }
    return http_add_header(request, STR("X-sws-signature"), crypto_base64(op->scratch, cipher),
                           true) &&
           http_add_header(request, STR("X-sws-signature-version"), str_dup(op->scratch, version),
                           false);
}

struct key_trouble {
    const char *status, *ja, *en, *hint_ja, *hint_en;
};
static const struct key_trouble troubles[] = {
    {"none", "公開鍵の署名が送られていません。", "No signature was sent.",
     "公開鍵とバージョンを登録してください。", "Enter the public key and its version."},
    {"expired-key-version", "公開鍵の有効期限が切れています。", "The public key has expired.",
     "新しい公開鍵を発行し、鍵とバージョンの両方を登録し直してください。",
     "Issue a new key and enter both the key and its version."},
    {"invalid-key-version", "公開鍵のバージョンの形式が正しくありません。",
     "The public key's version is malformed.", "鍵の横に表示されている数字を登録してください。",
     "Enter the number shown beside the key."},
    {"not-found-key-version", "登録されたバージョンの公開鍵がストアにありません。",
     "The store has no public key of that version.",
     "公開鍵とバージョンの組み合わせを確認してください。",
     "Check that key and version belong together."},
    {"invalid-key-status", "公開鍵がストア側で「無効」になっています。",
     "The public key is disabled on the store side.",
     "ストアクリエイターProの暗号鍵管理で「有効」にしてください。",
     "Enable it in Store Creator Pro's key management."},
    {"expired-timestamp", "署名の時刻が古すぎます。", "The signature's time is too old.",
     "このサーバーの時計を合わせてください。", "Set this server's clock right."},
    {"invalid-timestamp", "署名の時刻を読み取れません。", "The signature's time can't be read.",
     "このサーバーの時計を確認してください。", "Check this server's clock."},
    {"invalid-sellerid", "ストアアカウントが公開鍵のストアと一致しません。",
     "The store account differs from the key's store.",
     "ストアアカウントと、その店の公開鍵を登録してください。",
     "Enter the store account and the key of that same store."},
    {"invalid-authorize-value", "公開鍵の内容が正しくありません。",
     "The public key's text is wrong.", "「コピー」ボタンで鍵全体をコピーし直してください。",
     "Copy the whole key again with the copy button."},
    {"unauthorized", "公開鍵認証が拒否されました。", "Public-key authentication was refused.",
     "公開鍵・バージョン・有効期限を確認してください。",
     "Check the key, its version and its expiry."},
};

bool yahoo_authorize_error(struct str status, struct error *error)
{
    if (str_is_empty(status) || str_eq_nocase(status, STR("authorized")))
        return false;
    const struct key_trouble *t = &troubles[sizeof troubles / sizeof troubles[0] - 1];
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (str_eq_nocase(status, str_from(troubles[i].status)))
            t = &troubles[i];
    bool ended = strcmp(t->status, "expired-key-version") == 0;
    char code[64];
    snprintf(code, sizeof code, "yahoo.public_key.%s", t->status);
    error_set(error, ended ? ERROR_AUTH_EXPIRED : ERROR_AUTH_INVALID, code, "%s%.0s", "%.0s%s",
              t->ja, t->en);
    error_hint(error, t->hint_ja, t->hint_en);
    error_peer(error, 0, status, STR(""));
    error_subject(error, "public_key");
    return true;
}

// Only the words of §4.3 look like this; anything else from the network is cut down to them.
static bool keep_status(struct yahoo_op *op, struct str status)
{
    size_t n = 0;
    for (size_t i = 0; i < status.n && n + 1 < sizeof op->authorize_status; i++) {
        char c = status.p[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (fits)
            op->authorize_status[n++] = c;
    }
    op->authorize_status[n] = '\0';
    return n > 0;
}

bool yahoo_examine_status(struct yahoo_op *op, const struct http_response *response)
{
    struct str header =
        http_header(response->headers, response->header_count, "X-SWS-Authorize-Status");
    if (str_is_empty(str_trim(header)) || !keep_status(op, str_trim(header)))
        return true;
    struct str status = str_from(op->authorize_status);
    struct error trouble;
    if (yahoo_authorize_error(status, &trouble) && !op->key_trouble_told) {
        op->key_trouble_told = true;
        yahoo_warn(op, STR(""), &trouble);
    }
    if (str_eq(status, str_from(op->status_learned)))
        return true;
    bool known = !op->status_learned[0] && str_eq(status, yahoo_setting(op, "public_key_status"));
    snprintf(op->status_learned, sizeof op->status_learned, "%s", op->authorize_status);
    return known || yahoo_learn(op, "public_key_status", status, NULL, TIME_NONE, "api");
}
