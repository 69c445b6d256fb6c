-- migrate:up
-- migrate:compatible-since 0007

-- The state of the order, by the status codes of its items. Null: not known yet, because an earlier version wrote the order.
alter table orders add column state text collate "C";

-- How many orders are in each state: the sum over the shards. A transaction that stores orders changes those of one of its
-- partitions, whose offset it has locked before, so that nobody waits for anybody. The state '' stands for null.
create table order_state_counts (
  shard integer not null,
  state text collate "C" not null,
  orders bigint not null,
  primary key (shard, state)
) with (fillfactor = 50);

-- When the counts were last compared with the orders: one row, which whoever does so locks. Null: never.
create table order_state_recount (
  only_row boolean primary key default true check (only_row),
  counted_at timestamptz
);
insert into order_state_recount (counted_at) select now() where not exists (select from orders);
insert into order_state_recount default values on conflict do nothing;

-- migrate:down

drop table order_state_recount;
drop table order_state_counts;
alter table orders drop column state;
