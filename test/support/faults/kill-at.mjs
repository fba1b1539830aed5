// Preloaded into a service (node --import …/kill-at.mjs?step=STEP&signal=SIGNAL&after=N): the process sends
// itself the signal, once, at the N-th time that it reaches the step. Steps of one batch, in order:
//   claimed        Redis has answered that the claims are made, nothing is produced
//   produced       all outputs are acknowledged inside the transaction, the offset is not in it
//   before-commit  outputs and offset are in the transaction, its end has not been asked for
//   committed      the broker has acknowledged the commit, the process has not seen it
// It wraps what the adapters call of kafkajs and ioredis in this one process; the product knows nothing of
// it.
// The adapter first: its fixes have to be there when kafkajs is loaded.
import '@arrivals/adapters/kafka';
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);
const { Kafka } = require('kafkajs');
const { Redis } = require('ioredis');

const wanted = new URL(import.meta.url).searchParams;
const step = wanted.get('step');
const signal = wanted.get('signal') ?? 'SIGKILL';
let left = Number(wanted.get('after') ?? 1);

function reached(name) {
  if (name === step && --left === 0) process.kill(process.pid, signal);
}

const { sendCommand } = Redis.prototype;
Redis.prototype.sendCommand = function (command, ...rest) {
  const answer = sendCommand.call(this, command, ...rest);
  // Before anybody who waits for it: their continuations come after ours.
  if (command.name.startsWith('eval')) answer.then(() => reached('claimed')).catch(() => undefined);
  return answer;
};

const { producer: makeProducer } = Kafka.prototype;
Kafka.prototype.producer = function (options) {
  const producer = makeProducer.call(this, options);
  const begin = producer.transaction;
  producer.transaction = async () => {
    const transaction = await begin();
    const { sendOffsets, commit } = transaction;
    transaction.sendOffsets = async (offsets) => {
      reached('produced');
      await sendOffsets(offsets);
    };
    transaction.commit = async () => {
      reached('before-commit');
      await commit();
      reached('committed');
    };
    return transaction;
  };
  return producer;
};
