// SPDX-License-Identifier: Apache-2.0
//
// What the files of the parser share. Inside Rakuten's parser only.
#ifndef JUCHU_MALL_RAKUTEN_PARSE_INTERNAL_H
#define JUCHU_MALL_RAKUTEN_PARSE_INTERNAL_H

#include "mall/rakuten/codes.h"
#include "mall/rakuten/meaning.h"
#include "mall/rakuten/parse.h"

#define RAKUTEN_UNSET_MONEY (-9999) // §1.7
#define RAKUTEN_MONEY_MAX 1000000000000LL

// One order being read. The first unreadable field fills *error and sets `failed`; readers then
// return neutral values, so that a whole model is read without a check after each field.
struct order_reader {
    struct arena *arena;
    const struct mall_account *account;
    struct error *error;
    struct order *order;
    struct json model;
    int64_t progress;
    bool failed;
    time_ms now;
    size_t extra_capacity;
};

// The field can't be read: "PackageModelList[0].basketId".
void reader_fail(struct order_reader *r, struct json object, const char *key);

// Text, copied; "" for null, missing or anything but text and numbers.
struct str read_text(struct order_reader *r, struct json object, const char *key);
// Integer, also written as text; `otherwise` for null and missing; a fault for anything else.
int64_t read_int(struct order_reader *r, struct json object, const char *key, int64_t otherwise);
// Integer that must be there.
int64_t read_required_int(struct order_reader *r, struct json object, const char *key);
// 1 is true; null, missing, 0 and anything else false.
bool read_flag(struct json object, const char *key);
// Money: -9999 is YEN_UNDETERMINED, null and missing 0; `required`: must be there.
yen read_money(struct order_reader *r, struct json object, const char *key, bool required);
// TIME_NONE for null, missing or unreadable.
time_ms read_time(struct json object, const char *key);
day read_day(struct json object, const char *key);
// 0.1 is 1000; -1 for null, missing or unreadable.
int read_rate(struct json object, const char *key);
struct str join_texts(struct order_reader *r, struct str a, const char *between, struct str b);

// Appends a fact that has no field of its own; empty values are left out.
void add_extra(struct order_reader *r, const char *key, const char *label, struct str value);

// parse_package.c: destinations, lines, shipping rows.
void parse_packages(struct order_reader *r);
void parse_person(struct order_reader *r, struct json model, struct person *person);
// parse_payment.c: settlement, amounts, coupons, taxes, the check of the totals.
void parse_payment(struct order_reader *r);
// parse_extra.c: everything else that the mall tells.
void parse_extras(struct order_reader *r);

#endif
