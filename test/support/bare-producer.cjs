// kafkajs as it is, without our wrapping: sends a load until it is killed, and says on stdout which ids were
// acknowledged. Arguments: topic, partitions, name, brokers…. What it acknowledges and Kafka does not have is
// lost by the library.
const { Kafka, logLevel } = require('kafkajs');

const [topic, partitions, name, ...brokers] = process.argv.slice(2);
const BATCH = 60;

async function main() {
  const producer = new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 8 },
  }).producer();
  await producer.connect();
  for (let sent = 0; ; sent += BATCH) {
    const messages = Array.from({ length: BATCH }, (_unused, i) => ({
      value: `${name}-${sent + i}`,
      partition: (sent + i) % Number(partitions),
    }));
    try {
      await producer.send({ topic, messages, acks: -1 });
      process.stdout.write(`${messages.map(({ value }) => value).join('\n')}\n`);
    } catch {
      // Not acknowledged: nobody may count on it.
    }
  }
}

main();
