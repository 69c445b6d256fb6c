-- migrate:up

-- Orders that were changed by a transaction and that the cache may not have been told of yet, a row a transaction. Written in that
-- transaction and deleted once the cache has forgotten the orders; what a killed process left here is done by the others.
create table pending_invalidations (
  id uuid primary key,
  order_uids text[] not null,
  created_at timestamptz not null default now()
);

create index pending_invalidations_created_at on pending_invalidations (created_at);

-- migrate:down

drop table pending_invalidations;
