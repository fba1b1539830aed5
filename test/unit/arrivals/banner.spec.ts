/**
 * What is said at the start: every command fits what is served, and the first alert is for the first start.
 */
import { readConfig } from '@arrivals/host';
import { banner, type BannerOptions } from 'arrivals';
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { removeFolder, temporaryFolder } from '../../support/temporary.ts';

const SENDERS = `prod token-sha256:${'a'.repeat(64)}
`;

describe('the banner', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  const rowsOf = (
    env: Readonly<Record<string, string>> = {},
    options: Partial<BannerOptions> = {},
  ): Readonly<Record<string, string>> => {
    const text = banner({
      url: 'http://127.0.0.1:8080',
      config: readConfig(env),
      sendersFile: '',
      command: '/opt/bin/arrivals',
      isNew: true,
      ...options,
    });
    return Object.fromEntries(
      text.split('\n').flatMap((line) => {
        const [, name, value] = /^ {2}(\S+(?: \S+)?) {2,}(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    );
  };

  it('says where it listens, where its data is, and how a shell finds the command', () => {
    const rows = rowsOf({ ARRIVALS_DATA_DIR: folder });
    assert.equal(rows['Webhook'], 'POST http://127.0.0.1:8080/v1/clusters/default/audit');
    assert.equal(rows['Data'], folder);
    assert.equal(rows['Shell'], 'alias arrivals=/opt/bin/arrivals');
    assert.equal(rowsOf({}, { command: 'arrivals' })['Shell'], undefined);
  });

  it('has the first alert at the first start, in one line, and afterwards how alerts are read', () => {
    assert.match(
      rowsOf()['First alert'] ?? '',
      /^\/opt\/bin\/arrivals replay --to http:\/\/127\.0\.0\.1:8080 --cluster default \S+new-pod\.jsonl && \/opt\/bin\/arrivals alerts$/,
    );
    assert.equal(rowsOf({}, { isNew: false })['First alert'], undefined);
    assert.equal(rowsOf({}, { isNew: false })['Alerts'], '/opt/bin/arrivals alerts');
  });

  it('has commands for another address, and the clusters that are known', () => {
    const rows = rowsOf({ ARRIVALS_CLUSTERS: 'prod,staging' }, { url: 'http://10.0.0.5:9090' });
    assert.equal(
      rows['Webhook'],
      'POST http://10.0.0.5:9090/v1/clusters/prod/audit   (clusters: prod, staging)',
    );
    assert.match(
      rows['First alert'] ?? '',
      /--to http:\/\/10\.0\.0\.5:9090 --cluster prod .* alerts --url http:\/\/10\.0\.0\.5:9090$/,
    );
  });

  it('names an address to connect to where it listens everywhere, and leaves the API server’s to who knows it', () => {
    for (const url of ['http://0.0.0.0:8080', 'http://[::]:8080']) {
      const rows = rowsOf({}, { url });
      assert.match(rows['First alert'] ?? '', /--to http:\/\/127\.0\.0\.1:8080 /);
      assert.match(rows['API server'] ?? '', /--url http:\/\/ADDRESS:8080$/);
    }
  });

  it('has no first alert where a sender has to show what is not there, and has it with the files of certs', async () => {
    const sendersFile = path.join(folder, 'senders.json');
    await writeFile(sendersFile, SENDERS, { mode: 0o600 });
    const env = { ARRIVALS_SENDERS_FILE: sendersFile, ARRIVALS_CLUSTERS: 'prod' };
    assert.equal(rowsOf(env, { sendersFile })['First alert'], undefined);
    assert.match(rowsOf(env, { sendersFile })['Senders'] ?? '', /^1 known/);
    for (const end of ['crt', 'key']) await writeFile(path.join(folder, `sender-prod.${end}`), '');
    assert.match(
      rowsOf(env, { sendersFile })['First alert'] ?? '',
      / --client-cert-file \S+sender-prod\.crt --client-key-file \S+sender-prod\.key /,
    );
  });
});
