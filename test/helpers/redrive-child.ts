/**
 * A process that redrives every dead letter and ends itself with SIGKILL at a step: takes the step, and a JSON Patch
 * where there is one, as JSON. Each batch has five steps: its intent is about to be written, was written, is being
 * sent, was sent, was closed.
 */

import { loadConfig } from '../../src/cmd/app/config.ts';
import { deadLetterClients } from '../../src/cmd/app/dead-letter-clients.ts';
import { patchEdit } from '../../src/dead-letters/edit.ts';
import { select } from '../../src/dead-letters/reading.ts';
import { Redrive } from '../../src/dead-letters/redrive.ts';
import { Database } from '../../src/storage/postgresql/database.ts';

const { killAtStep, patch }: { killAtStep: number; patch?: unknown[] } = JSON.parse(process.argv[2] ?? '');
let step = 0;
const next = (): void => {
  step += 1;
  if (step === killAtStep) process.kill(process.pid, 'SIGKILL');
};

const config = loadConfig();
const database = new Database({ ...config.postgresql, applicationName: 'redrive-child' });
const real = deadLetterClients(config, database, { maxBytesPerPartition: 65_536, maxHiddenMs: 30_000 });
const { journal } = real;
const rules = {
  targetTopic: config.kafka.topic,
  maxReplays: 3,
  again: false,
  foreign: false,
  edit: patch && patchEdit(patch),
};
const { redrive } = await Redrive.start(
  {
    ...real,
    journal: {
      deadLetterTopic: journal.deadLetterTopic,
      prune: (starts) => journal.prune(starts),
      lock: () => journal.lock(),
      find: (ids) => journal.find(ids),
      openBatches: () => journal.openBatches(),
      open: async (batch, letters) => {
        next();
        await journal.open(batch, letters);
        next();
      },
      close: async (batchId, fate) => {
        const count = await journal.close(batchId, fate);
        next();
        return count;
      },
    },
    openSender: async () => {
      const sender = await real.openSender();
      return {
        send: async (topic, messages) => {
          const sent = sender.send(topic, messages);
          // By now the request may be on its way, at the broker, or committed.
          setTimeout(next, step % 12);
          const offsets = await sent;
          next();
          return offsets;
        },
        close: () => sender.close(),
      };
    },
  },
  { rules, dryRun: false },
);
const letters = await real.openTopic(config.kafka.deadLetterTopic);
for await (const { letters: some } of select(letters, { filter: {} }, await letters.ranges())) await redrive.run(some);
process.stdout.write('done\n');
process.exit(0);
