-- Foundation: companies and people, shops and credentials, orders, fetching, write-back.
-- One dialect for SQLite and PostgreSQL. Lines that begin with "--sqlite: " or "--postgres: " are
-- for that engine alone. Every key begins with org_id, the unit of tenancy and of distribution.
-- Times are UTC milliseconds, days yyyymmdd, money integer yen (NULL = not determined by the mall).

CREATE TABLE org (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE "user" (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  language TEXT NOT NULL,
  preferences TEXT NOT NULL,
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX user_login ON "user" (login);

CREATE TABLE session (
  org_id BIGINT NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id BIGINT NOT NULL,
  csrf TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  PRIMARY KEY (org_id, token_hash)
);
CREATE UNIQUE INDEX session_token ON session (token_hash);

CREATE TABLE api_token (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  scopes TEXT NOT NULL,
  role TEXT NOT NULL,
  created_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX api_token_hash ON api_token (token_hash);

CREATE TABLE audit (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind BIGINT NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  before_json TEXT,
  after_json TEXT,
  address TEXT,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE shop (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  mall TEXT NOT NULL,
  name TEXT NOT NULL,
  base_url TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  connected_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX shop_name ON shop (org_id, name);

CREATE TABLE shop_setting (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, shop_id, key)
);

CREATE TABLE setting_history (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  shop_id BIGINT,
  key TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind BIGINT NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  before_value TEXT,
  after_value TEXT,
  PRIMARY KEY (org_id, id)
);

-- `sealed` is encrypted under the master key with (org, shop, kind) as additional data.
CREATE TABLE credential (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  last_four TEXT NOT NULL,
  version BIGINT NOT NULL,
  granted_at BIGINT NOT NULL,
  expires_at BIGINT,
  expiry_known_by TEXT NOT NULL,
  last_ok_at BIGINT,
  last_error_at BIGINT,
  last_error TEXT,
  PRIMARY KEY (org_id, shop_id, kind)
);

CREATE TABLE work_status (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  color TEXT NOT NULL,
  position BIGINT NOT NULL,
  role TEXT NOT NULL,
  archived BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- 紐付け設定: is an order in this work status written back to that mall, and as what.
CREATE TABLE status_link (
  org_id BIGINT NOT NULL,
  mall TEXT NOT NULL,
  work_status_id BIGINT NOT NULL,
  enabled BIGINT NOT NULL,
  target TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, mall, work_status_id)
);

CREATE TABLE mapping (
  org_id BIGINT NOT NULL,
  mall TEXT NOT NULL,
  kind TEXT NOT NULL,
  mall_value TEXT NOT NULL,
  our_value TEXT NOT NULL,
  direction TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, mall, kind, direction, mall_value)
);

-- The canonical order; what the list shows stands on this row. `open` is 1 while the work status's
-- role is neither done nor cancelled. The id is made from ordered_at (order/rows.h): ids rise with the
-- time of ordering, so that the search index, whose rows are in id order, is in list order too.
CREATE TABLE "order" (
  org_id BIGINT NOT NULL,
--sqlite: id INTEGER PRIMARY KEY,
--postgres: id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  content_hash BYTEA NOT NULL,
  version BIGINT NOT NULL,
  work_status_id BIGINT NOT NULL,
  open BIGINT NOT NULL,
  state BIGINT NOT NULL,
  payment_state BIGINT NOT NULL,
  shipment_state BIGINT NOT NULL,
  marks BIGINT NOT NULL,
  ordered_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL,
  mall_updated_at BIGINT,
  written_at BIGINT,
  mall TEXT NOT NULL,
  channel TEXT NOT NULL,
  mall_status TEXT NOT NULL,
  mall_status_label TEXT NOT NULL,
  mall_sub_status TEXT NOT NULL,
  mall_update_mark TEXT NOT NULL,
  orderer_name TEXT NOT NULL,
  recipient_name TEXT NOT NULL,
  recipient_prefecture TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  payment_class BIGINT NOT NULL,
  delivery_method TEXT NOT NULL,
  billed BIGINT,
  line_count BIGINT NOT NULL,
  package_count BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  first_title TEXT NOT NULL,
  carrier TEXT NOT NULL,
  tracking_number TEXT NOT NULL,
  ship_date BIGINT,
  requested_date BIGINT,
  requested_slot TEXT NOT NULL,
  writeback_state BIGINT,
  memo TEXT NOT NULL,
-- Everything else of the canonical order that no query selects by: JSON (order/detail.h), packed once
-- there is a dictionary for the mall (order/pack.h).
  detail BYTEA NOT NULL
--postgres: , PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX order_number ON "order" (org_id, shop_id, order_no);
-- One tab: the working tabs are small and always cached, the archive lies apart.
CREATE INDEX order_status ON "order" (org_id, work_status_id, ordered_at, id) WHERE open = 1;
CREATE INDEX order_closed ON "order" (org_id, work_status_id, ordered_at, id) WHERE open = 0;
-- All tabs together: everything, everything open, one shop.
CREATE INDEX order_ordered ON "order" (org_id, ordered_at, id);
CREATE INDEX order_open_ordered ON "order" (org_id, ordered_at, id) WHERE open = 1;
CREATE INDEX order_shop ON "order" (org_id, shop_id, ordered_at, id);
-- Re-reading the open orders of a shop in turn.
CREATE INDEX order_open ON "order" (org_id, shop_id, id) WHERE open = 1;

-- `to_orderer` 1: the recipient is the orderer and isn't repeated in `detail`.
CREATE TABLE order_package (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  id BIGINT NOT NULL,
  mall_ref TEXT NOT NULL,
  state BIGINT NOT NULL,
  to_orderer BIGINT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, number)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE order_line (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  package_number BIGINT NOT NULL,
  item_code TEXT NOT NULL,
  sku TEXT NOT NULL,
  title TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  unit_price BIGINT,
  subtotal BIGINT,
  tax_rate_basis_points BIGINT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, number)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE shipment (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  package_number BIGINT NOT NULL,
  carrier TEXT NOT NULL,
  carrier_mall_code TEXT NOT NULL,
  tracking_number TEXT NOT NULL,
  ship_date BIGINT,
  mall_ref TEXT NOT NULL,
  source BIGINT NOT NULL,
  PRIMARY KEY (org_id, order_id, id)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE payment_event (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT,
  kind TEXT NOT NULL,
  amount BIGINT,
  note TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, number)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE order_link (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  order_no TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, kind, order_no)
)
--sqlite: WITHOUT ROWID
;

-- Append-only history.
CREATE TABLE order_event (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_kind BIGINT NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  before_json TEXT,
  after_json TEXT,
  cause TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, id)
)
--sqlite: WITHOUT ROWID
;

-- The mall's answer as it came, zstd-compressed; the newest per order. `dictionary` is the id in
-- raw_dictionary of what it was compressed with, 0 = none.
CREATE TABLE raw_document (
  org_id BIGINT NOT NULL,
--sqlite: order_id INTEGER PRIMARY KEY,
--postgres: order_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  type TEXT NOT NULL,
  dictionary BIGINT NOT NULL,
  packed BYTEA NOT NULL
--postgres: , PRIMARY KEY (org_id, order_id)
);

-- What zstd learned from the orders of a mall; id is zstd's own. Never changed or deleted: documents
-- and details need theirs.
CREATE TABLE raw_dictionary (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  mall TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- Orders that could not be read or broke a rule: kept whole until they go in.
CREATE TABLE quarantine (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  at BIGINT NOT NULL,
  fetch_run_id BIGINT,
  type TEXT NOT NULL,
  packed BYTEA NOT NULL,
  error_code TEXT NOT NULL,
  error_json TEXT NOT NULL,
  resolved_at BIGINT,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX quarantine_order ON quarantine (org_id, shop_id, order_no) WHERE resolved_at IS NULL;

-- Folded text of everything searchable (order/search.h).
CREATE TABLE order_search (
  org_id BIGINT NOT NULL,
--sqlite: order_id INTEGER PRIMARY KEY,
--postgres: order_id BIGINT NOT NULL,
  folded TEXT NOT NULL
--postgres: , PRIMARY KEY (org_id, order_id)
);

-- The search index (order/index.h): orders that are in no segment yet; segments, level < 0 while they
-- are being merged together; their posting lists by hash of the term, and their order ids.
CREATE TABLE search_fresh (
  org_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, order_id)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE search_segment (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  level BIGINT NOT NULL,
  order_count BIGINT NOT NULL,
  part_count BIGINT NOT NULL,
  first_order BIGINT NOT NULL,
  last_order BIGINT NOT NULL,
  merged_into BIGINT,
  next_step BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
)
--sqlite: WITHOUT ROWID
;

CREATE TABLE search_part (
  org_id BIGINT NOT NULL,
  segment_id BIGINT NOT NULL,
  part BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (org_id, segment_id, part)
)
--sqlite: WITHOUT ROWID
;
--postgres: ALTER TABLE search_part ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Tab counts, kept in the transaction that changes them.
CREATE TABLE order_count (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  work_status_id BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (org_id, shop_id, work_status_id)
);

CREATE TABLE undo (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor_id BIGINT,
  action TEXT NOT NULL,
  rows_json TEXT NOT NULL,
  done_at BIGINT,
  PRIMARY KEY (org_id, id)
);

-- Obligations to the malls (order/obligation.h).
CREATE TABLE writeback (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  aspect BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  state BIGINT NOT NULL,
  owed BIGINT NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL,
  payload_hash BYTEA NOT NULL,
  progress TEXT NOT NULL,
  request_id TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  sent_at BIGINT,
  verified_at BIGINT,
  error_json TEXT,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX writeback_order ON writeback (org_id, order_id, aspect, revision);
CREATE INDEX writeback_owed ON writeback (org_id, shop_id, next_at, id) WHERE owed = 1;
-- The scheduler's question, over all companies: which shops have something to tell.
CREATE INDEX writeback_due ON writeback (next_at) WHERE owed = 1;

CREATE TABLE writeback_attempt (
  org_id BIGINT NOT NULL,
  writeback_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  operation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  http_status BIGINT,
  error_json TEXT,
  evidence TEXT NOT NULL,
  PRIMARY KEY (org_id, writeback_id, id)
)
--sqlite: WITHOUT ROWID
;

-- Every order number that a mall listed, also those that the filter leaves out, and why.
CREATE TABLE listing (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  mall_status TEXT NOT NULL,
  status_choice TEXT NOT NULL,
  update_mark TEXT NOT NULL,
  ordered_at BIGINT,
  first_seen_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  decision TEXT NOT NULL,
  reason TEXT NOT NULL,
  order_id BIGINT,
  PRIMARY KEY (org_id, shop_id, order_no)
)
--sqlite: WITHOUT ROWID
;
CREATE INDEX listing_owed ON listing (org_id, shop_id, decision, changed_at) WHERE decision <> 'imported';

-- Windows listed without error; what is left of the time since connection are the gaps.
CREATE TABLE coverage (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  basis BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, shop_id, basis, from_at)
);

CREATE TABLE fetch_run (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  door TEXT NOT NULL,
  request_json TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  actor_kind BIGINT NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  listed BIGINT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  expected BIGINT NOT NULL,
  progress_json TEXT NOT NULL,
  error_json TEXT,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX fetch_run_shop ON fetch_run (org_id, shop_id, id);
CREATE INDEX fetch_run_live ON fetch_run (state, id) WHERE ended_at IS NULL;

-- Outcome per order of a run; unchanged orders of automatic runs are only counted.
CREATE TABLE fetch_item (
  org_id BIGINT NOT NULL,
  fetch_run_id BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  order_id BIGINT,
  error_json TEXT,
  PRIMARY KEY (org_id, fetch_run_id, order_no)
)
--sqlite: WITHOUT ROWID
;

-- Schedule and health of a shop's work.
CREATE TABLE shop_state (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  next_fetch_at BIGINT NOT NULL,
  next_reread_at BIGINT NOT NULL,
  next_refresh_at BIGINT NOT NULL,
  reread_cursor BIGINT NOT NULL,
  last_success_at BIGINT,
  last_run_at BIGINT,
  last_error_json TEXT,
  failures BIGINT NOT NULL,
  blocked_until BIGINT,
  blocked_reason TEXT NOT NULL,
  pace_json TEXT NOT NULL,
  PRIMARY KEY (org_id, shop_id)
);
CREATE INDEX shop_state_due ON shop_state (next_fetch_at);

CREATE TABLE diagnosis (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  question TEXT NOT NULL,
  subject TEXT NOT NULL,
  verdict_json TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE lease (
  org_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  node TEXT NOT NULL,
  fence BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (org_id, shop_id)
);

CREATE TABLE idempotency (
  org_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  actor_id BIGINT NOT NULL,
  request_hash BYTEA NOT NULL,
  status BIGINT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, key)
);
