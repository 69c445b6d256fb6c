-- migrate:up

-- Delivery and payment belong to exactly one order, so they are columns: one row to write, one to read.
-- collate "C" compares identifiers as bytes, which makes the index cheaper to build and to search.
create table orders (
  order_uid text collate "C" primary key,
  track_number text not null,
  entry text not null,
  delivery_name text not null,
  delivery_phone text not null,
  delivery_zip text not null,
  delivery_city text not null,
  delivery_address text not null,
  delivery_region text not null,
  delivery_email text not null,
  payment_transaction text not null,
  payment_request_id text not null,
  payment_currency text not null,
  payment_provider text not null,
  payment_amount bigint not null,
  payment_dt bigint not null,
  payment_bank text not null,
  payment_delivery_cost bigint not null,
  payment_goods_total bigint not null,
  payment_custom_fee bigint not null,
  locale text not null,
  internal_signature text not null,
  customer_id text not null,
  delivery_service text not null,
  shardkey text not null,
  sm_id bigint not null,
  date_created timestamptz not null,
  oof_shard text not null,
  -- Where the order came from: its last message in Kafka.
  source_topic text not null,
  source_partition integer not null,
  source_offset bigint not null,
  produced_at timestamptz not null,
  stored_at timestamptz not null default now()
);

-- All orders of a transaction share one stored_at, so this index is small and grows at its right edge only.
create index orders_stored_at on orders (stored_at);

-- No foreign key to orders: both are always written in one transaction, and checking it a row at a time
-- would halve the rate.
create table order_items (
  order_uid text collate "C" not null,
  position integer not null,
  chrt_id bigint not null,
  track_number text not null,
  price bigint not null,
  rid text not null,
  name text not null,
  sale bigint not null,
  size text not null,
  total_price bigint not null,
  nm_id bigint not null,
  brand text not null,
  status bigint not null,
  primary key (order_uid, position)
);

-- How far each partition has been stored. Changed in the transaction that stores the orders, so it is never
-- ahead of them nor behind; topic_id tells a re-created topic from the old one of the same name.
create table consumer_offsets (
  group_id text not null,
  topic text not null,
  topic_id text not null,
  partition integer not null,
  next_offset bigint not null,
  updated_at timestamptz not null default now(),
  primary key (group_id, topic, topic_id, partition)
) with (fillfactor = 50);

-- Messages that were gone from the log before they could be read: a range a row. Empty when all is well.
create table lost_ranges (
  id bigint generated always as identity primary key,
  group_id text not null,
  topic text not null,
  topic_id text not null,
  partition integer not null,
  from_offset bigint not null,
  to_offset bigint not null,
  reason text not null,
  detected_at timestamptz not null default now()
);

-- migrate:down

drop table lost_ranges;
drop table consumer_offsets;
drop table order_items;
drop table orders;
