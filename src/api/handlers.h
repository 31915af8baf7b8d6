// SPDX-License-Identifier: Apache-2.0
//
// Handlers that stand in the route table (routes.c); each answers one operation of
// docs/openapi.yaml, where it is described.
#ifndef JUCHU_API_HANDLERS_H
#define JUCHU_API_HANDLERS_H

#include "api/internal.h"

void handle_login(struct request *r);
void handle_session(struct request *r);
void handle_logout(struct request *r);
void handle_preferences_get(struct request *r);
void handle_preferences_put(struct request *r);
void handle_password(struct request *r);
void handle_tokens(struct request *r);
void handle_token_create(struct request *r);
void handle_token_delete(struct request *r);
void handle_users(struct request *r);
void handle_user_create(struct request *r);
void handle_user_patch(struct request *r);

void handle_orders(struct request *r);
void handle_order_counts(struct request *r);
void handle_order_bulk(struct request *r);
void handle_order_get(struct request *r);
void handle_order_patch(struct request *r);
void handle_order_ship(struct request *r);
void handle_order_accept(struct request *r);
void handle_order_cancel(struct request *r);
void handle_order_reread(struct request *r);
void handle_order_events(struct request *r);
void handle_order_raw(struct request *r);
void handle_undo(struct request *r);
void handle_carriers(struct request *r);

void handle_malls(struct request *r);
void handle_settings_schema(struct request *r);
void handle_shops(struct request *r);
void handle_shop_create(struct request *r);
void handle_shop_health(struct request *r);
void handle_shop_get(struct request *r);
void handle_shop_patch(struct request *r);
void handle_shop_what_if(struct request *r);
void handle_shop_test(struct request *r);
void handle_diagnoses(struct request *r);
void handle_diagnosis(struct request *r);
void handle_diagnosis_ask(struct request *r);
void handle_shop_fetch(struct request *r);
void handle_shop_gaps(struct request *r);
void handle_credential_put(struct request *r);
void handle_credentials(struct request *r);

void handle_fetch_runs(struct request *r);
void handle_fetch_run(struct request *r);
void handle_fetch_items(struct request *r);
void handle_listings(struct request *r);
void handle_import(struct request *r);
void handle_failed_rows(struct request *r);

void handle_ship_files(struct request *r);
void handle_ship_file_preview(struct request *r);
void handle_ship_file_create(struct request *r);
void handle_ship_file(struct request *r);
void handle_ship_file_content(struct request *r);
void handle_ship_file_withdraw(struct request *r);

void handle_writebacks(struct request *r);
void handle_writeback_preview(struct request *r);
void handle_writeback_run(struct request *r);
void handle_writeback(struct request *r);
void handle_writeback_waive(struct request *r);
void handle_writeback_retry(struct request *r);

void handle_work_statuses(struct request *r);
void handle_work_statuses_put(struct request *r);
void handle_status_links(struct request *r);
void handle_status_links_put(struct request *r);
void handle_status_links_what_if(struct request *r);
void handle_mappings(struct request *r);
void handle_mapping_put(struct request *r);
void handle_mapping_what_if(struct request *r);
void handle_outgoing_addresses(struct request *r);
void handle_outgoing_addresses_put(struct request *r);
void handle_audit(struct request *r);
void handle_events(struct request *r);
void handle_version(struct request *r);
void handle_healthz(struct request *r);
void handle_metrics(struct request *r);

void handle_consent_begin(struct request *r);
void handle_consent_end(struct request *r);

// The shop of the path; false after having answered.
bool path_shop(struct request *r, struct shop *shop);
// Tests a shop's connection and waits for it, a minute at most. False (error set) when no test
// could be made: no engine here ("test.no_engine"), no memory.
bool shop_test_passes(struct request *r, row_id shop_id, bool *passed, struct error *error);
// Ids of parameter `shop`, separated by commas; none = all. False after having answered 422.
bool query_shops(struct request *r, row_id **shops, size_t *count);

#endif
