// SPDX-License-Identifier: Apache-2.0
//
// Both directions of CP932 as tables, for cp932.c only.
#ifndef JUCHU_TEXT_CP932_TABLE_H
#define JUCHU_TEXT_CP932_TABLE_H

#include "base/str.h"

struct cp932_table {
    uint16_t code[65536];      // by code point: 1 byte when below 0x100; 0 = none (except U+0000)
    uint16_t character[65536]; // by code: code point; 0 = none (except 0x00)
};

// The table, made at the first call and constant from then on. NULL when the C library has no CP932
// (its conversion modules aren't installed). Any thread.
const struct cp932_table *cp932_table(void);

#endif
