// Preloaded into a service (node --import …/fault-at.mjs?fault=FAULT&mark=TEXT): whenever an event whose text
// has the mark in it is parsed, the process
//   hang   turns for ever
//   exit   ends, as by a fault in a library that calls process.exit
//   heap   asks for memory until there is none
// It wraps JSON.parse of this one process; the product knows nothing of it.
import process from 'node:process';

const wanted = new URL(import.meta.url).searchParams;
const fault = wanted.get('fault');
const mark = wanted.get('mark');

const faults = {
  hang: () => {
    for (;;);
  },
  exit: () => process.exit(1),
  heap: () => {
    for (const kept = []; ;)
      kept.push(Array.from({ length: 100_000 }, (_, i) => `${String(i)} of ${String(kept.length)}`));
  },
};

const { parse } = JSON;
JSON.parse = function (text, ...rest) {
  if (typeof text === 'string' && text.includes(mark)) faults[fault]();
  return parse.call(this, text, ...rest);
};
