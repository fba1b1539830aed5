/**
 * Inflates zstd as a stream, frame after frame.
 *
 * Invariant: memory is bounded by a frame's window size; a stream that ends within a frame is an error, as
 * with gzip.
 */
import { Decompress } from 'fzstd';

export async function* unzstd(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let inflated: Buffer[] = [];
  const stream = new Decompress((chunk) => {
    if (chunk.length > 0) inflated.push(Buffer.from(chunk));
  });
  for await (const chunk of compressed) {
    stream.push(chunk);
    yield* inflated;
    inflated = [];
  }
  stream.push(new Uint8Array(0), true);
  yield* inflated;
}
