// SPDX-License-Identifier: Apache-2.0
//
// The evidence document: everything that a diagnosis looks at, as one JSON object without personal
// data and without secrets. A section that could not be had is absent; one that was looked for and
// isn't there is null. Times are milliseconds, ids strings.
//
//   now                     time of the diagnosis
//   question                question_name()
//   asked     order_no (as typed), number (blanks, width and hyphens mended), mall (whose pattern
//   it
//             has, "" none), filter_status, filter_shop: what hides it on the asker's screen
//   shop      id name mall enabled connected_at base_url_changed settings{key: value}
//   setting_changes[]       key at actor before after shop: newest first, 90 days
//   other_shops[]           id name mall order_id (if it has this number)
//   order     id order_no work_status{id name name_en role} state payment_state shipment_state
//             marks[] mall_status mall_status_label status_choice channel ordered_at changed_at
//             fetched_at written_at mall_updated_at version paid_at payment_method payment_class
//             billed missing_personal[] packages[]{number mall_ref state parcels[]{carrier
//             tracking_number ship_date source}} lines quantity
//   links[]                 kind order_no order_id
//   events[]                at kind actor cause before after: newest first, 50
//   listing   mall_status status_choice decision reason first_seen_at changed_at ordered_at
//   listings  (of the shop, 30 days) by_choice[]{choice, listed, imported, skipped}
//   quarantine              at error{…}
//   fetch_items[]           run outcome reason error{…}: of this number, newest first
//   schedule  next_fetch_at last_success_at last_run_at failures blocked_until blocked_reason
//             lease{node until} last_error{…} serving_at (when a node last looked for work)
//             usual_gap_ms last_order_at
//   runs[]                  id door state started_at ended_at from to basis status listed expected
//                           created error{…}: newest first, 30
//   coverage  main_basis gaps[]{basis from to lost_after}
//   credentials[]           kind label{ja en} setting expires_at known_by granted_at changed_at
//                           last_ok_at last_error_code last_error_at lifetime_days last_four_length
//   writeback               newest of the aspect shipment: id state reason revision attempts
//                           created_at next_at sent_at verified_at payload error{…}
//                           attempts_list[]{at kind operation outcome http_status error{…}}
//   owed                    of the shop: count oldest_at by_reason[]{reason count}
//   preflight ok code error{…}: what the connector says of the notice as it stands
//   links_on  for the order's status: linked (bool) target statuses[] (write-out targets)
//   mall      id reach_days window_days statuses_default maintenance{until text}
//   machine   clock_offset_ms outgoing_addresses[] registered_addresses[] disk_free_percent
//   probe     made state("found" "missing" "failed") at error{…} order{as `order`} differences[]
//   connection              results[]{item label{ja en} state error{…}}
//   dry_import              ok error{…} unmapped[]{kind value}
//
// error{…} is what error_to_json() writes: class code what_ja what_en hint_ja hint_en peer_code
// peer_text http_status.
#ifndef JUCHU_DIAGNOSIS_EVIDENCE_H
#define JUCHU_DIAGNOSIS_EVIDENCE_H

#include "diagnosis/diagnosis.h"
#include "sync/shop.h"

struct diagnosis_question {
    enum question question;
    row_id org_id;
    row_id shop_id;                    // 0: guessed from the number
    struct str order_no;               // as a person typed it
    row_id filter_status, filter_shop; // what the asker's list shows only, 0 none
};

// An order number as typed made comparable: full width to half, blanks and wrong hyphens mended.
struct str order_no_normalise(struct arena *arena, struct str typed);
// The mall whose numbers look like this, NULL if none or several do.
const struct mall *order_no_mall(struct str order_no);

// Everything that needs no call: reads the database on `conn`. The document is written into `out`
// and can be added to with evidence_add(). The question's shop and number are resolved on the way.
bool evidence_gather(struct db_conn *conn, const struct crypto_key *key,
                     const struct diagnosis_question *question, time_ms now, struct arena *arena,
                     struct buf *out, struct error *error);
// The members of an order as evidence, into an open object: for "order" and for what a probe read.
void evidence_put_order(struct json_writer *w, const struct mall *mall, const struct order *o);
// Adds a section ("probe") in serialised JSON to a document.
bool evidence_add(struct buf *document, const char *section, struct str json, struct error *error);

#endif
