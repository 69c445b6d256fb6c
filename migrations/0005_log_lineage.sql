-- migrate:up

-- The leader epoch of the last message that was stored (KIP-101): a broker that is told it knows whether its log still has that message.
-- −1: not known, so nothing is compared; whoever moves next_offset by hand sets it so.
alter table consumer_offsets add column leader_epoch integer not null default -1;

-- Logs that were cut below what had been stored of them, a row a cut: what stood at from_offset to to_offset, exclusive, is stored and not
-- in the log any more, and reading went on at from_offset. Empty when all is well.
create table log_cuts (
  id bigint generated always as identity primary key,
  group_id text not null,
  topic text not null,
  topic_id text not null,
  partition integer not null,
  from_offset bigint not null,
  to_offset bigint not null,
  detected_at timestamptz not null default now()
);

-- migrate:down

drop table log_cuts;
alter table consumer_offsets drop column leader_epoch;
