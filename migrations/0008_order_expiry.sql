-- migrate:up
-- migrate:compatible-since 0007

-- What the deletion of old orders has done so far: one row, which whoever deletes locks.
create table order_expiry (
  only_row boolean primary key default true check (only_row),
  -- retention.days, and since when.
  days double precision not null default 0,
  changed_at timestamptz not null default now(),
  -- A message that was sent up to then may be one of a deleted order.
  sent_before timestamptz not null default '-infinity',
  -- Orders deleted in all.
  orders bigint not null default 0
);
insert into order_expiry default values;

-- migrate:down

drop table order_expiry;
