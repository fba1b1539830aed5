/**
 * What is packed or encoded is told by its first bytes, with the command that unpacks it; what is text is
 * left alone.
 */
import { packingOf } from 'arrivals';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const EVENT = '{"kind":"Event","apiVersion":"audit.k8s.io/v1"}\n';

/** The bytes that each format's own specification begins with. */
const PACKED: readonly (readonly [name: string, head: Buffer, found: RegExp, unpack: string | undefined])[] =
  [
    ['bzip2', latin1('BZh91AY&SY'), /^bzip2$/, 'bzip2 -dc audit.log'],
    ['xz', latin1('\xfd7zXZ\0\0\x04'), /^xz$/, 'xz -dc audit.log'],
    ['a zip archive', latin1('PK\x03\x04\x14\0'), /zip archive/, 'unzip -p audit.log'],
    ['an empty zip archive', latin1('PK\x05\x06\0\0'), /empty zip/, undefined],
    ['7z', latin1('7z\xbc\xaf\x27\x1c\0\x04'), /7z/, '7z x -so audit.log'],
    ['RAR', latin1('Rar!\x1a\x07\x01\0'), /RAR/, 'unrar p -inul audit.log'],
    ['lz4', latin1('\x04\x22\x4d\x18\x64'), /lz4/, 'lz4 -dc audit.log'],
    ['framed snappy', latin1('\xff\x06\0\0sNaPpY'), /snappy/, 'snzip -dc audit.log'],
    [
      'a tar archive',
      Buffer.concat([Buffer.alloc(257, 'a'), latin1('ustar\0')]),
      /tar archive/,
      'tar -xOf audit.log',
    ],
    ['Parquet', latin1('PAR1\x15\x04'), /Parquet/, undefined],
    [
      'UTF-16, little end first',
      Buffer.concat([latin1('\xff\xfe'), Buffer.from(EVENT, 'utf16le')]),
      /UTF-16/,
      'iconv -f UTF-16 -t UTF-8 audit.log',
    ],
    [
      'UTF-16, big end first',
      Buffer.concat([latin1('\xfe\xff'), Buffer.from(EVENT, 'utf16le').swap16()]),
      /UTF-16/,
      'iconv -f UTF-16 -t UTF-8 audit.log',
    ],
    [
      'UTF-16 without a mark',
      Buffer.from(EVENT, 'utf16le'),
      /without a byte order mark/,
      'iconv -f UTF-16LE -t UTF-8 audit.log',
    ],
    [
      'UTF-16BE without a mark',
      Buffer.from(EVENT, 'utf16le').swap16(),
      /without a byte order mark/,
      'iconv -f UTF-16BE -t UTF-8 audit.log',
    ],
    ['UTF-32', latin1('\xff\xfe\0\0{\0\0\0'), /UTF-32/, 'iconv -f UTF-32 -t UTF-8 audit.log'],
  ];

describe('what is packed', () => {
  for (const [name, head, found, unpack] of PACKED)
    it(`is recognised: ${name}`, () => {
      const packing = packingOf(head);
      assert.match(packing?.what ?? '', found);
      assert.equal(packing?.unpack?.('audit.log'), unpack);
    });

  it('is unpacked from standard input where a program reads it, and the name of a file is one word of a shell', () => {
    assert.equal(packingOf(latin1('BZh9'))?.unpack?.(undefined), 'bzip2 -dc');
    assert.equal(packingOf(latin1('PK\x03\x04'))?.unpack?.(undefined), 'unzip -p FILE');
    assert.equal(packingOf(latin1('BZh9'))?.unpack?.('a b; rm x'), "bzip2 -dc 'a b; rm x'");
  });

  it('is not what is text, what is read here, or too short to tell', () => {
    const texts = [
      '',
      '{',
      EVENT,
      ` ${EVENT}`,
      '\ufeff{"a":1}',
      '[\n',
      'PK',
      '2026-11-22 INFO x\n',
      '{"name":"ü€"}',
    ];
    for (const text of texts) assert.equal(packingOf(Buffer.from(text)), undefined, JSON.stringify(text));
    for (const read of [gzipSync(EVENT), latin1('\x28\xb5\x2f\xfd\x04\x58')])
      assert.equal(packingOf(read), undefined);
  });
});
