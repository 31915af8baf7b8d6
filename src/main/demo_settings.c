// SPDX-License-Identifier: Apache-2.0
//
// Settings that fit mallsim's demo keys, chosen so that every order comes.
#include "main/demo_settings.h"
#include "sim/demo_keys.h"

static void add(struct setting_value *values, size_t *count, const char *key, struct str value)
{
    values[(*count)++] = (struct setting_value){str_from(key), value};
}

// Every status that the mall has.
static struct str all_statuses(struct arena *arena, const struct mall *mall)
{
    AUTO_BUF buf = buf_make(4096);
    for (size_t i = 0; i < mall->status_count; i++)
        buf_addf(&buf, "%s%s", i ? "," : "", mall->statuses[i].value);
    return str_dup(arena, buf_str(&buf));
}

static bool declares(const struct mall *mall, const char *key)
{
    for (size_t i = 0; i < mall->setting_count; i++) {
        if (strcmp(mall->settings[i].key, key) == 0)
            return true;
    }
    return false;
}

void demo_settings(struct arena *arena, const struct mall *mall, struct str base_url, time_ms now,
                   struct setting_value *values, size_t *count)
{
    char text[32];
    const struct {
        const char *mall; // NULL any
        const char *key, *value;
    } known[] = {
        {"aupay", "shop_id", SIM_AUPAY_SHOP_ID},
        {"aupay", "api_key", SIM_AUPAY_API_KEY},
        {"amazon", "client_id", SIM_AMAZON_CLIENT_ID},
        {"amazon", "client_secret", SIM_AMAZON_CLIENT_SECRET},
        {"amazon", "refresh_token", SIM_AMAZON_REFRESH_TOKEN},
        {NULL, "service_secret", SIM_RAKUTEN_SERVICE_SECRET},
        {NULL, "license_key", SIM_RAKUTEN_LICENSE_KEY},
        {"yahoo", "seller_id", SIM_YAHOO_SELLER_ID},
        {"yahoo", "client_id", SIM_YAHOO_CLIENT_ID},
        {"yahoo", "client_secret", SIM_YAHOO_CLIENT_SECRET},
        {"yahoo", "redirect_uri", SIM_YAHOO_REDIRECT_URI},
        {"yahoo", "refresh_token", SIM_YAHOO_REFRESH_TOKEN},
        {"yahoo", "public_key", SIM_YAHOO_PUBLIC_KEY},
        {NULL, "fetch_mode", "by_status"},
        {NULL, "certification_key", SIM_QOO10_CERTIFICATION_KEY},
        {NULL, "qapi_key", SIM_QOO10_API_KEY},
        {NULL, "qsm_user_id", SIM_QOO10_USER_ID},
        {NULL, "qsm_password", SIM_QOO10_PASSWORD},
        {"makeshop", "shop_id", SIM_MAKESHOP_SHOP_ID},
        {"makeshop", "order_auth_code", SIM_MAKESHOP_ORDER_CODE},
        {"makeshop", "app_token", SIM_MAKESHOP_TOKEN},
        {"makeshop", "app_api_key", SIM_MAKESHOP_API_KEY},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool fits = !known[i].mall || strcmp(known[i].mall, mall->id) == 0;
        if (fits && declares(mall, known[i].key))
            add(values, count, known[i].key, str_from(known[i].value));
    }
    if (declares(mall, "auth_base_url") && base_url.n > 0)
        add(values, count, "auth_base_url", base_url);
    if (declares(mall, "public_key_version"))
        add(values, count, "public_key_version",
            arena_printf(arena, "%d", SIM_YAHOO_PUBLIC_KEY_VERSION));
    if (declares(mall, "public_key_expires_on"))
        add(values, count, "public_key_expires_on",
            str_dup(arena, day_format(day_add(day_in_jst(now), 300), text)));
    if (declares(mall, "authorized_on"))
        add(values, count, "authorized_on", str_dup(arena, day_format(day_in_jst(now), text)));
    if (declares(mall, "secret_issued_on"))
        add(values, count, "secret_issued_on", str_dup(arena, day_format(day_in_jst(now), text)));
    if (declares(mall, "api_key_expires_on"))
        add(values, count, "api_key_expires_on",
            str_dup(arena, day_format(day_add(day_in_jst(now), 80), text)));
    if (declares(mall, "consented_at"))
        add(values, count, "consented_at", str_dup(arena, day_format(day_in_jst(now), text)));
    if (declares(mall, "certification_key_issued_on"))
        add(values, count, "certification_key_issued_on",
            str_dup(arena, day_format(day_in_jst(now), text)));
    if (declares(mall, "fetch_statuses"))
        add(values, count, "fetch_statuses", all_statuses(arena, mall));
    add(values, count, "fetch_interval_minutes", STR("5"));
    add(values, count, "fetch_days", STR("60"));
}
