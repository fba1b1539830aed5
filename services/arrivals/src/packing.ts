/**
 * Recognises unsupported compressions, archives and encodings by their first bytes, with the command that
 * unpacks them.
 *
 * Invariant: it reads bytes only, never a file's name. Unknown input is left to the reader of the text.
 */
import { shellWord } from '@arrivals/core/light';

export interface Packing {
  /** For "found …". */
  readonly what: string;
  /**
   * A command that writes the text of a file, or of its standard input, to stdout. Absent if there is none.
   */
  readonly unpack?: (file: string | undefined) => string;
}

const reading = (command: string): ((file: string | undefined) => string) => {
  return (file) => (file === undefined ? command : `${command} ${shellWord(file)}`);
};

/** Some programs read only named files. */
const ofFile = (command: string): ((file: string | undefined) => string) => {
  return (file) => `${command} ${shellWord(file ?? 'FILE')}`;
};

const MAGIC: readonly (readonly [bytes: string, at: number, packing: Packing])[] = [
  ['BZh', 0, { what: 'bzip2', unpack: reading('bzip2 -dc') }],
  ['\xfd7zXZ\0', 0, { what: 'xz', unpack: reading('xz -dc') }],
  ['PK\x03\x04', 0, { what: 'a zip archive', unpack: ofFile('unzip -p') }],
  ['PK\x05\x06', 0, { what: 'an empty zip archive' }],
  ['7z\xbc\xaf\x27\x1c', 0, { what: 'a 7z archive', unpack: ofFile('7z x -so') }],
  ['Rar!\x1a\x07', 0, { what: 'a RAR archive', unpack: ofFile('unrar p -inul') }],
  ['\x04\x22\x4d\x18', 0, { what: 'lz4', unpack: reading('lz4 -dc') }],
  ['\xff\x06\0\0sNaPpY', 0, { what: 'snappy', unpack: reading('snzip -dc') }],
  ['LZIP', 0, { what: 'lzip', unpack: reading('lzip -dc') }],
  ['\x5d\0\0', 0, { what: 'lzma', unpack: reading('xz --format=lzma -dc') }],
  ['\x1f\x9d', 0, { what: 'compress (.Z)', unpack: reading('gzip -dc') }],
  ['\x1f\xa0', 0, { what: 'compress (.Z)', unpack: reading('gzip -dc') }],
  ['ustar', 257, { what: 'a tar archive', unpack: ofFile('tar -xOf') }],
  ['PAR1', 0, { what: 'Parquet, which is a table' }],
  ['Obj\x01', 0, { what: 'an Avro container file' }],
  ['SQLite format 3\0', 0, { what: 'an SQLite database' }],
  ['%PDF-', 0, { what: 'a PDF' }],
  ['\x7fELF', 0, { what: 'a program' }],
  ['\x89PNG', 0, { what: 'a picture' }],
  ['\xff\xfe\0\0', 0, { what: 'text in UTF-32', unpack: reading('iconv -f UTF-32 -t UTF-8') }],
  ['\0\0\xfe\xff', 0, { what: 'text in UTF-32', unpack: reading('iconv -f UTF-32 -t UTF-8') }],
  [
    '\xff\xfe',
    0,
    { what: 'text in UTF-16, as Windows PowerShell writes it', unpack: reading('iconv -f UTF-16 -t UTF-8') },
  ],
  ['\xfe\xff', 0, { what: 'text in UTF-16', unpack: reading('iconv -f UTF-16 -t UTF-8') }],
];

/** How many bytes decide about text without a byte order mark. */
const SAMPLE_BYTES = 512;
const SAMPLE_BYTES_MIN = 4;

/** @param head the first bytes, as many as were read. */
export function packingOf(head: Buffer): Packing | undefined {
  const known = MAGIC.find(([bytes, at]) => head.toString('latin1', at, at + bytes.length) === bytes);
  return known?.[2] ?? withoutMark(head);
}

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** A frame, or a skippable frame, which some tools write first. */
export function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

/** In UTF-16 every other byte of ASCII is zero. */
function withoutMark(head: Buffer): Packing | undefined {
  const sample = head.subarray(0, Math.min(SAMPLE_BYTES, head.length & ~1));
  if (sample.length < SAMPLE_BYTES_MIN) return undefined;
  const zeros = (from: number): boolean => sample.every((byte, i) => i % 2 !== from || byte === 0);
  const texts = (from: number): boolean =>
    sample.every(
      (byte, i) =>
        i % 2 !== from || byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f),
    );
  for (const [order, text] of [
    ['LE', 0],
    ['BE', 1],
  ] as const)
    if (texts(text) && zeros(1 - text))
      return {
        what: 'text in UTF-16 without a byte order mark',
        unpack: reading(`iconv -f UTF-16${order} -t UTF-8`),
      };
  return undefined;
}
