// SPDX-License-Identifier: Apache-2.0
//
// Where and why a JSON text is wrong. simdjson says only that it is; this second, slow reader is
// run on refused texts and says at which byte and inside which member. Internal to base.
#ifndef JUCHU_BASE_JSON_LOCATE_H
#define JUCHU_BASE_JSON_LOCATE_H

#include "base/str.h"

#define JSON_DEPTH_MAX 64

struct json_fault {
    size_t offset;       // of the first byte that can't be part of a JSON text
    const char *what_ja; // static texts
    const char *what_en;
    char path[96]; // "orders[3].buyer", "" at the top; shortened at its end with "…"
};

// True when `text` is wrong (strict RFC 8259, UTF-8, depth at most JSON_DEPTH_MAX); then *fault is
// complete. Numbers are judged by their form only, not by their size.
bool json_locate(struct str text, struct json_fault *fault);

#endif
