-- migrate:up

-- Batches of dead letters on their way back to their topic. A row stands here from before the batch is sent until its
-- fate is written down; after a crash it says where in the target topic to look for the batch.
create table dead_letter_redrive_batches (
  batch_id uuid primary key,
  dead_letter_topic text not null,
  target_topic text not null,
  target_topic_id text not null,
  -- The partitions that get a message, and where each of them ended before.
  partitions integer[] not null,
  from_offsets bigint[] not null,
  created_at timestamptz not null default now()
);

-- Dead letters that were sent back, an attempt a row. The letter's id is made of its source and its content, so both
-- copies of a letter that was written twice are one here.
create table dead_letter_redrives (
  letter_id uuid not null,
  attempt integer not null,
  batch_id uuid not null,
  dead_letter_topic text not null,
  -- Where the letter stands in the dead-letter topic.
  letter_partition integer not null,
  letter_offset bigint not null,
  -- uncertain: interrupted, and what could tell was gone from the target topic.
  state text not null check (state in ('intended', 'sent', 'uncertain')),
  redriven_at timestamptz not null default now(),
  primary key (letter_id, attempt)
);

create index dead_letter_redrives_open on dead_letter_redrives (batch_id) where state = 'intended';

-- migrate:down

drop table dead_letter_redrives;
drop table dead_letter_redrive_batches;
