-- Upload files made for the malls (sync/export.h), kept whole so that a lost download loses nothing,
-- and the write-backs that each one tells. `packed` is zstd-compressed, `hash` BLAKE2b-256 of the bytes.
CREATE TABLE ship_file (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  format TEXT NOT NULL,
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  actor_kind BIGINT NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  orders BIGINT NOT NULL,
  size BIGINT NOT NULL,
  hash TEXT NOT NULL,
  packed BYTEA NOT NULL,
  withdrawn_at BIGINT,
  withdrawn_by TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX ship_file_shop ON ship_file (org_id, shop_id, id);

CREATE TABLE ship_file_item (
  org_id BIGINT NOT NULL,
  ship_file_id BIGINT NOT NULL,
  writeback_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, ship_file_id, writeback_id)
)
--sqlite: WITHOUT ROWID
;

-- Rows of an imported file that failed, in its own format and encoding, for mending. `part` 1 is the
-- file with the orders, 2 the one that completes it.
CREATE TABLE import_failure (
  org_id BIGINT NOT NULL,
  fetch_run_id BIGINT NOT NULL,
  part BIGINT NOT NULL,
  content_type TEXT NOT NULL,
  packed BYTEA NOT NULL,
  PRIMARY KEY (org_id, fetch_run_id, part)
);

-- Orders of a channel of their own (auctions): few among many.
CREATE INDEX order_channel ON "order" (org_id, channel, ordered_at, id) WHERE channel <> '';
