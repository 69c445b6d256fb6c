-- migrate:up

-- A broker restored from a backup may give a leader epoch out again, at the same offsets. These columns tell its log from the one that was
-- stored. −1: not known, so nothing is compared.
alter table consumer_offsets
  -- The next_offset that leader_epoch and the columns below were written with: they count only while both are equal.
  add column lineage_offset bigint not null default -1,
  -- The first offset of leader_epoch, as the broker said.
  add column epoch_start bigint not null default -1,
  -- The last record before next_offset: its offset, and the CRC-32 of its timestamp, key and value.
  add column last_record_offset bigint not null default -1,
  add column last_record_crc bigint not null default -1;

update consumer_offsets set lineage_offset = next_offset where leader_epoch >= 0;

-- migrate:down

alter table consumer_offsets
  drop column lineage_offset,
  drop column epoch_start,
  drop column last_record_offset,
  drop column last_record_crc;
