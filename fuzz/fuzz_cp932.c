// SPDX-License-Identifier: Apache-2.0
//
// Bytes of files in any encoding, and what is made of their text. Beyond memory faults: results are
// UTF-8, every text has CP932 bytes that decode again and as many as its width says, cuts keep
// their width, folding a folded text changes nothing, bigrams lie inside their text.
#include "fuzz.h"

#include "text/cp932.h"
#include "text/fold.h"
#include "text/japan.h"

static void check_cp932(struct arena *arena, struct str utf8)
{
    struct str bytes, back;
    struct cp932_loss *losses;
    struct error error;
    require(cp932_from_utf8(arena, utf8, &bytes, &losses, &error));
    require(cp932_width(utf8) == bytes.n);
    size_t last = 0;
    for (; losses; losses = losses->next) {
        require(losses->at < utf8.n && losses->at >= last);
        last = losses->at;
    }
    require(cp932_to_utf8(arena, bytes, &back, &error) && str_is_utf8(back));
    size_t half = bytes.n / 2;
    struct str cut = cp932_cut(utf8, half);
    require(cut.n <= utf8.n && str_is_utf8(cut) && cp932_width(cut) <= half);
}

struct span {
    struct str text;
    size_t start;
};

static void check_token(void *context, struct str token, size_t start, size_t end)
{
    struct span *span = context;
    require(start < end && end <= span->text.n && start >= span->start);
    require(token.p == span->text.p + start && token.n == end - start);
    span->start = start;
}

static void check_fold(struct arena *arena, struct str text)
{
    struct str folded = fold_search_dup(arena, text);
    require(str_is_utf8(folded));
    struct str again = fold_search_dup(arena, folded);
    require(arena_failed(arena) || str_eq(folded, again));
    struct span span = {folded, 0};
    fold_bigrams(folded, check_token, &span);
    require(str_is_utf8(fold_width(arena, text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new(256 << 20);
    struct str text = fuzz_text(data, size), utf8;
    enum text_encoding encoding;
    struct error error = {0};
    if (!arena)
        return 0;
    check_fold(arena, text);
    cp932_width(text);
    if (text_to_utf8(arena, text, &utf8, &encoding, &error)) {
        require(str_is_utf8(utf8) && encoding != TEXT_UNKNOWN);
        check_cp932(arena, utf8);
    } else {
        require(encoding == TEXT_UNKNOWN && error.class == ERROR_MALFORMED);
    }
    return 0;
}
