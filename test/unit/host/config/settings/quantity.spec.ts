/** Durations and sizes as people write them. */
import { parseQuantity, readConfig } from '@arrivals/host';
import assert from 'node:assert/strict';

describe('durations and sizes', () => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['15m', 900_000],
    ['15min', 900_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['0.1s', 100],
    ['250', 250],
  ] as const) {
    it(`take ${text} for ${String(ms)} ms`, () => {
      assert.equal(parseQuantity(text, 'ms'), ms);
    });
  }

  for (const [text, bytes] of [
    ['1GiB', 1_073_741_824],
    ['1Gi', 1_073_741_824],
    ['64MiB', 67_108_864],
    ['64 MiB', 67_108_864],
    ['500MB', 500_000_000],
    ['1.5kb', 1500],
    ['1.5GiB', 1_610_612_736],
    ['1024', 1024],
    ['12B', 12],
  ] as const) {
    it(`take ${text} for ${String(bytes)} bytes`, () => {
      assert.equal(parseQuantity(text, 'bytes'), bytes);
    });
  }

  for (const text of [
    '',
    ' ',
    '30 days',
    '30D',
    '30dd',
    'd',
    '-5d',
    '1e6',
    '1e3ms',
    '0x10',
    '1,5s',
    '.5s',
    '1.s',
    '1h30m',
    '0.3ms',
    '99999999999999d',
    '1GiB',
    '３０d',
  ])
    it(`do not take ${JSON.stringify(text)} for a duration`, () => {
      assert.equal(parseQuantity(text, 'ms'), undefined);
    });

  // A bare letter means 1000 to Kubernetes and 1024 to Java.
  for (const text of ['1K', '1M', '1G', '30d', '0.3b', '1iB', '1 G iB', '99999999TiB'])
    it(`do not take ${JSON.stringify(text)} for a size`, () => {
      assert.equal(parseQuantity(text, 'bytes'), undefined);
    });

  it('are not taken where a setting is neither', () => {
    assert.equal(parseQuantity('8080s', undefined), undefined);
    assert.throws(
      () => readConfig({ ARRIVALS_LISTEN_PORT: '8k' }),
      /ARRIVALS_LISTEN_PORT: expected 0 to 65535 \(port; 0 takes a free one\), found "8k"/,
    );
  });

  it('are read in settings, within the same bounds', () => {
    const config = readConfig({
      ARRIVALS_ALERT_RETENTION_MS: '90d',
      ARRIVALS_ALERT_RETENTION_BYTES: '2GiB',
      ARRIVALS_STATE_WAIT_MS: '30s',
    });
    assert.deepEqual(
      [config.alertRetentionMs, config.alertRetentionBytes, config.stateWaitMs],
      [7_776_000_000, 2_147_483_648, 30_000],
    );
    assert.throws(
      () => readConfig({ ARRIVALS_ALERT_RETENTION_MS: '5s' }),
      /expected 60000 to 315360000000 \(ms\), or a duration such as .* 30d, found "5s"/,
    );
    assert.throws(
      () => readConfig({ ARRIVALS_ALERT_RETENTION_BYTES: '1G' }),
      /\(bytes\), or a size such as 64MiB, .*, found "1G"/,
    );
  });
});
