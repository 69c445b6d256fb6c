-- migrate:up
-- migrate:compatible-since 0007

-- The orders of a state in the order they were stored, and those whose state is not known yet.
create index concurrently orders_state on orders (state, stored_at);

-- migrate:down

drop index orders_state;
