-- Indexes for what the screens ask beside the lists: orders that need a person, obligations by
-- state. Small partial indexes; the conditions stand in the queries word for word.

CREATE INDEX order_attention ON "order" (org_id, work_status_id, id) WHERE writeback_state IN (1, 8, 9);
CREATE INDEX order_cancel_asked ON "order" (org_id, work_status_id, id) WHERE state = 4;
CREATE INDEX writeback_open ON writeback (org_id, state, id) WHERE owed = 1 OR state = 8;
CREATE INDEX writeback_state ON writeback (org_id, state, id);
CREATE INDEX setting_history_shop ON setting_history (org_id, shop_id, id);
CREATE INDEX order_unmapped ON "order" (org_id, ordered_at) WHERE (marks & 33554432) <> 0;

-- Settings of the whole company or installation (outgoing_addresses).
CREATE TABLE org_setting (
  org_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, key)
);
