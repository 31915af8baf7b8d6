// SPDX-License-Identifier: Apache-2.0
//
// Tables that the build makes (tools/make-sim-data.mjs): separate lists of family and given names
// with readings, and addresses of all prefectures down to the town.
#ifndef JUCHU_SIM_DATA_H
#define JUCHU_SIM_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_name {
    const char *text, *kana; // kana: full-width katakana
    bool female;             // given names; a guess from the last character
};

struct sim_place {
    uint8_t prefecture; // 1 … 47
    bool island;        // 離島
    const char *postal_code;
    const char *city, *town;
};

extern const struct sim_name sim_family_names[], sim_given_names[];
extern const size_t sim_family_name_count, sim_given_name_count;
extern const struct sim_place sim_places[]; // in order of prefecture
extern const size_t sim_place_count;

#endif
