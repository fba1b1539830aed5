/**
 * Preloaded into a process (`node --require`): it ends by SIGKILL when it is about to commit a position with
 * the group for the first time, when what is to be written before is written.
 */
const OffsetManager = require('kafkajs/src/consumer/offsetManager/index.js');

OffsetManager.prototype.commitOffsets = () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};
