/**
 * Walks an encoded value without building it, so that what a forged count claims is never built.
 *
 * Invariant: of a value that passes, every list and map has as many entries as there are bytes for them, an
 * entry having one at least. A value that fails does not fit its schema. Whether what passes does fit, the
 * decoder checks. Layout: Avro specification 1.12, "Binary Encoding".
 */
import avro from 'avsc';
import type { Buffer } from 'node:buffer';

/** @throws RangeError */
export function assertBlockCounts(type: avro.Type, bytes: Buffer): void {
  new Walk(bytes).value(type);
}

class Walk {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(type: avro.Type): void {
    if (type instanceof avro.types.RecordType) for (const field of type.fields) this.value(field.type);
    else if (type instanceof avro.types.ArrayType) this.#blocks(type.itemsType, false);
    else if (type instanceof avro.types.MapType) this.#blocks(type.valuesType as avro.Type, true);
    else if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType)
      this.value(this.#branch(type.types));
    else if (type instanceof avro.types.LogicalType) this.value(type.underlyingType);
    else this.#primitive(type);
  }

  #primitive(type: avro.Type): void {
    switch (type.typeName) {
      case 'null':
        return;
      case 'boolean':
        this.#skip(1);
        return;
      case 'float':
        this.#skip(4);
        return;
      case 'double':
        this.#skip(8);
        return;
      case 'int':
      case 'long':
      case 'enum':
        this.#long();
        return;
      case 'bytes':
      case 'string':
        this.#skip(this.#long());
        return;
      default:
        throw new RangeError(`values of type ${type.typeName} are not known here`);
    }
  }

  /**
   * A negative count is followed by the block's size in bytes; the block after the last one has no entries.
   */
  #blocks(entry: avro.Type, keyed: boolean): void {
    for (;;) {
      const count = this.#long();
      if (count === 0) return;
      if (count < 0) this.#long();
      const entries = Math.abs(count);
      const left = this.#bytes.length - this.#at;
      if (entries > left)
        throw new RangeError(`a list of ${String(entries)} entries in ${String(left)} bytes`);
      for (let i = 0; i < entries; i++) {
        if (keyed) this.#skip(this.#long());
        this.value(entry);
      }
    }
  }

  #branch(branches: readonly avro.Type[]): avro.Type {
    const index = this.#long();
    const branch = branches[index];
    if (branch === undefined)
      throw new RangeError(`a union of ${String(branches.length)} branches, found branch ${String(index)}`);
    return branch;
  }

  #skip(length: number): void {
    if (length < 0 || length > this.#bytes.length - this.#at)
      throw new RangeError(`${String(length)} bytes expected, ${String(this.#bytes.length - this.#at)} left`);
    this.#at += length;
  }

  #long(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('a number that does not end');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new RangeError('a number of more than 64 bits');
  }
}
