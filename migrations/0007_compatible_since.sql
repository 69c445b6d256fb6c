-- migrate:up

-- The earliest migration that a process must know to go on with this one: a later version migrates while earlier ones still run.
-- Null: it must know this one.
alter table schema_migrations add column compatible_since varchar(128);

-- migrate:down

alter table schema_migrations drop column compatible_since;
