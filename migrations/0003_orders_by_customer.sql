-- migrate:up

-- The orders of a customer. The beginning of the name, because an index row has a limit of its own and a customer_id may be
-- longer. Other filters read the orders by stored_at: an index on each of them would cost every order stored.
create index concurrently orders_customer on orders (left(customer_id, 100) collate "C");

-- migrate:down

drop index orders_customer;
