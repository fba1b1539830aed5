// npm run schemas: writes what derives from the code, after the build.
//
// schemas/alert.schema.json from schemas/alert.avsc, docs/errors.md from the error catalogue,
// docs/configuration.md from the table of settings, docs/metrics.md from the table of telemetry events,
// docs/alert.md from a capture of a real API server, the last two tables of docs/detection.md from those of fields and excuses. A test holds each equal to its
// source; prettier formats them as the linter wants them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ALERT_JSON_SCHEMA, jsonSchemaOf } from '../packages/adapters/dist/avro/index.js';
import { alertDocument, runbookOf, TELEMETRY_EVENTS } from '../packages/core/dist/index.js';
import {
  ERRORS,
  EVENT_FIELDS,
  EXCUSES,
  isEvidence,
  POD_SECURITY_CONTROLS,
  SIGNALS,
} from '../packages/core/dist/internal.js';
import { describeRange, GAUGES, SETTINGS } from '../packages/host/dist/index.js';
import {
  exampleAlerts,
  INVESTIGATION_HEAD,
  investigationRows,
  RESOLUTION_HEAD,
  resolutionRows,
} from '../test/dist/support/example-alerts.js';

const root = new URL('..', import.meta.url);

const schema = jsonSchemaOf(
  JSON.parse(readFileSync(new URL('schemas/alert.avsc', root), 'utf8')),
  'Arrivals alert',
  ALERT_JSON_SCHEMA,
);

await write('schemas/alert.schema.json', JSON.stringify(schema));

await write(
  'docs/errors.md',
  `# Errors

Every error has one of these codes. An HTTP answer of an error is \`{"error":{"code","message","remedy"}}\` with the status of this table; a retryable
one also has \`Retry-After\`. Retryable means that the same call may succeed later without anybody changing anything.

Written by \`npm run schemas\` from packages/core/src/base/errors.ts.

${table(
  ['Code', 'Meaning', 'Retryable', 'HTTP status', 'Remedy'],
  Object.entries(ERRORS).map(([code, { meaning, retryable, httpStatus, remedy }]) => [
    `\`${code}\``,
    meaning,
    retryable ? 'yes' : 'no',
    httpStatus === undefined ? 'none' : String(httpStatus),
    remedy,
  ]),
)}`,
);

await write(
  'docs/configuration.md',
  `# Configuration

Every setting is an environment variable; one that is unset or empty has its default. Start-up refuses values that are out of range, settings that
contradict one another and names that begin with \`ARRIVALS_\` but are not in this table, and reports all of them at once.

A number of ms may be written as a duration (\`500ms\`, \`90s\`, \`15m\`, \`12h\`, \`30d\`), one of bytes as a size (\`64MiB\`, \`1GiB\`, \`500MB\`); a plain number is in the setting's own unit.

Written by \`npm run schemas\` from packages/host/src/config/settings.ts.

${table(
  ['Variable', 'Takes', 'Default', 'Meaning'],
  Object.values(SETTINGS).map((row) => [
    `\`${row.env}\``,
    describeRange(row),
    row.default === '' ? 'none' : `\`${row.default}\``,
    `${row.description}${row.secret === true ? ' Secret: printed as [redacted].' : ''}`,
  ]),
)}`,
);

const events = Object.entries(TELEMETRY_EVENTS);

await write(
  'docs/metrics.md',
  `# Metrics and log lines

What the services report is typed events; each has a row in packages/core/src/telemetry, from which its metrics, its log line and its part in the account come. A label holds one of a closed set of values, the
name of a configured cluster or the name of a topic: other text goes to the log alone. \`/metrics\` also has the metrics of the Node process (\`process_…\`, \`nodejs_…\`). Alert rules: deploy/prometheus-rules.yaml.

Written by \`npm run schemas\` from packages/core/src/telemetry and packages/host/src/telemetry/gauges.ts.

## Metrics

${table(
  ['Metric', 'Type', 'Labels', 'Meaning'],
  [
    ...GAUGES.map(({ name, label, help }) => [name, 'gauge', label === undefined ? [] : [label], help]),
    ...events.flatMap(([, { metrics = [] }]) =>
      metrics.map(({ name, type, labels = [], help }) => [name, type, labels, help]),
    ),
  ].map(([name, type, labels, help]) => [
    `\`${name}\``,
    type,
    labels.length === 0 ? 'none' : labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]),
)}
## Log lines

The field \`type\` of a line is its event; the other fields are those of the event.

${table(
  ['Event', 'Level', 'Message'],
  events.flatMap(([type, { log = [] }]) => log.map(({ level, message }) => [`\`${type}\``, level, message])),
)}`,
);

await write(
  'docs/detection.md',
  replaced(readFileSync(new URL('docs/detection.md', root), 'utf8'), {
    fields: table(
      ['Field', 'Controlled by', 'Evidence', 'True all the same, because', 'Note'],
      Object.entries(EVENT_FIELDS).map(([field, { controller, enforced = '', note }]) => [
        `\`${field}\``,
        controller,
        isEvidence(field) ? 'yes' : 'no',
        enforced,
        note,
      ]),
    ),
    excuses: table(
      ['Excuse', 'Holds', 'Rests on', 'For the signals'],
      EXCUSES.map(({ id, what, rests, because }) => [
        `\`${id}\``,
        because === undefined ? what : `${what}. Exception: ${because}`,
        rests.map((field) => `\`${field}\``).join(', '),
        SIGNALS.filter(({ excuses }) => excuses.includes(id))
          .map((signal) => `\`${signal.id}\``)
          .join(', '),
      ]),
    ),
  }),
);

await write(
  'schemas/README.md',
  replaced(readFileSync(new URL('schemas/README.md', root), 'utf8'), {
    steps: ['newPod', 'newNamespace'].map(steps).join('\n'),
  }),
);

const examples = await exampleAlerts();

await write(
  'docs/alert.md',
  `# What an alert answers

The brief of Arrivals has two alerts, each with what an investigator has to find out and what is to be done. Here is one of each kind, as Arrivals makes it of events that a real API server sent under
[our audit policy](../deploy/audit-policy.yaml) ([the capture](../test/fixtures/SOURCES.md)): every line of the brief in our words, the step of the alert that answers it, and the answer. What the audit stream
cannot show is said so (\`notObservable\`), what it has not shown as well (\`notObserved\`); \`command\` then has one that is safe to paste.

The texts of the steps are the same in every alert, so a record has their ids alone: here they are, with why such an object matters. \`arrivals explain\` prints them too.

Written by \`npm run schemas\` from test/support/example-alerts.ts.

${examples.map(section).join('\n')}
## Reasons of Pod Security

What a violation's \`check\` says, where its record has no \`reason\`.

${table(
  ['Check', 'Standard', 'In the words of the API server'],
  POD_SECURITY_CONTROLS.map(({ id, level, reason }) => [
    `\`${id}\``,
    level,
    typeof reason === 'string' ? reason : 'names what was found',
  ]),
)}`,
);

function section(example) {
  return `## ${example.title}

${example.about}

> ${example.alert.headline}

${runbookOf(example.alert.kind).whyItMatters}

### Investigate

${table(INVESTIGATION_HEAD, investigationRows(example))}
### Resolve

${table(RESOLUTION_HEAD, resolutionRows(example))}
### The alert

\`\`\`json
${JSON.stringify(alertDocument(example.alert), null, 2)}
\`\`\`
`;
}

/** The runbook of a kind: what its records have the ids of. */
function steps(kind) {
  const { title, whyItMatters, investigation, resolution } = runbookOf(kind);
  return `### ${kind}: ${title}

${whyItMatters}

${table(
  ['Question', 'Text', 'Fields', 'Answer where the record has none'],
  investigation.map(({ id, text, fields, answers = {} }) => [
    `\`${id}\``,
    text,
    fields.map((field) => `\`${field}\``).join(', '),
    Object.entries(answers)
      .map(([status, answer]) => `\`${status}\`: ${answer}`)
      .join(' '),
  ]),
)}
${table(
  ['Step', 'Text', 'Fields'],
  resolution.map(({ id, text, fields }) => [
    `\`${id}\``,
    text,
    fields.map((field) => `\`${field}\``).join(', '),
  ]),
)}`;
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
function replaced(document, parts) {
  return Object.entries(parts).reduce(
    (text, [name, part]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
        (_whole, start, end) => `${start}\n${part}\n${end}`,
      ),
    document,
  );
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

async function write(name, text) {
  const file = fileURLToPath(new URL(name, root));
  writeFileSync(
    file,
    await format(text, { ...(await resolveConfig(file, { editorconfig: true })), filepath: file }),
  );
  console.log(name);
}
