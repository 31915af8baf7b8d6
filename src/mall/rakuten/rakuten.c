// SPDX-License-Identifier: Apache-2.0
//
// Rakuten Ichiba as a table: names, settings, statuses, limits and operations.
#include "mall/rakuten/rakuten.h"

const struct mall rakuten_mall = {
    .id = "rakuten",
    .name = {"楽天市場", "Rakuten Ichiba"},
    .default_base_url = "https://api.rms.rakuten.co.jp",
};
