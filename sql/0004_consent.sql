-- SPDX-License-Identifier: Apache-2.0
--
-- Consents that were begun at a mall's page and not yet come back: bound to the session that began
-- them, used once, and forgotten after a quarter of an hour.
CREATE TABLE consent (
  org_id BIGINT NOT NULL,
  state_hash BYTEA NOT NULL,
  shop_id BIGINT NOT NULL,
  session_hash BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, state_hash)
);
