/**
 * How it is noticed that Redis has lost claims: emptied, fallen back to an older state, or made to evict.
 *
 * Invariant: each hash tag has an epoch in Redis, the time of its last loss, and each process writes a mark
 * under each tag that rises with every call. An epoch that is missing or older than one that was seen, a mark
 * behind one that was acknowledged, and keys that Redis has evicted since are a loss; its time is the new
 * epoch, which everybody finds. Not noticed is the loss of what was written last by processes that have ended
 * since.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { FoundEpoch } from './claim-script.ts';

/** Behind the tag: an `m` and so many bytes. A claim has 16 bytes there. */
const MARK_NAME_BYTES = 12;

/** What this process knows of a tag. */
interface Tag {
  readonly epochKey: Buffer;
  readonly markKey: Buffer;
  /** When claims were lost last, in ms since 1970; 0: never; undefined: not asked yet. */
  lostAtMs: number | undefined;
  sentMark: number;
  acknowledgedMark: number;
  /** By performance.now(). */
  acknowledgedAtMs: number;
}

/** The epochs' part of one call of the script, and where its answer goes. */
export interface Inquiry {
  readonly epochKeys: readonly Buffer[];
  readonly markKeys: readonly Buffer[];
  /** Those before the claims' values. */
  readonly scriptArguments: readonly (number | string)[];
  /** Answers with how many tags' loss that call noticed. */
  learn(epochs: readonly FoundEpoch[]): number;
}

export class Epochs {
  readonly #tags: readonly Tag[];
  readonly #claimTtlMs: number;
  #emptyIsNew = true;

  /** `epochKeys`: one for each tag, in the tags' order. */
  constructor(epochKeys: readonly Buffer[], claimTtlMs: number) {
    const name = Buffer.concat([Buffer.from('m'), randomBytes(MARK_NAME_BYTES)]);
    const unknown = { lostAtMs: undefined, sentMark: 0, acknowledgedMark: 0, acknowledgedAtMs: 0 };
    this.#tags = epochKeys.map((epochKey) => ({
      ...unknown,
      epochKey,
      markKey: Buffer.concat([epochKey, name]),
    }));
    this.#claimTtlMs = claimTtlMs;
  }

  get tagIndexes(): readonly number[] {
    return [...this.#tags.keys()];
  }

  begin(isNew: boolean): void {
    this.#emptyIsNew = isNew;
  }

  /** `withMarks`: false where Redis can serve only one key of the tag at a time. */
  inquire(tagIndexes: readonly number[], nowMs: number, withMarks: boolean): Inquiry {
    const tags = tagIndexes.flatMap((index) => this.#tags[index] ?? []);
    const marked = (withMarks ? tags : []).map((tag) => ({
      tag,
      expected: this.#expectedMark(tag),
      mark: ++tag.sentMark,
    }));
    return {
      epochKeys: tags.map(({ epochKey }) => epochKey),
      markKeys: marked.map(({ tag }) => tag.markKey),
      scriptArguments: [
        this.#claimTtlMs,
        Math.max(Math.floor(nowMs), 1),
        this.#emptyIsNew ? 1 : 0,
        tags.length,
        marked.length,
        ...tags.map(({ lostAtMs }) => lostAtMs ?? ''),
        ...marked.flatMap(({ expected, mark }) => [expected, mark]),
      ],
      learn: (epochs) => {
        for (const [i, tag] of tags.entries())
          tag.lostAtMs = Math.max(tag.lostAtMs ?? 0, epochs[i]?.lostAtMs ?? 0);
        for (const { tag, mark } of marked) {
          tag.acknowledgedMark = Math.max(tag.acknowledgedMark, mark);
          tag.acknowledgedAtMs = performance.now();
        }
        return epochs.filter(({ noticed }) => noticed).length;
      },
    };
  }

  /** Whether claims of the tag were lost so lately that they would not all have ended by now. */
  isAfterLoss(tagIndex: number, nowMs: number): boolean {
    const lostAtMs = this.#tags[tagIndex]?.lostAtMs ?? 0;
    return lostAtMs > 0 && nowMs - lostAtMs < this.#claimTtlMs;
  }

  /**
   * A mark lasts twice as long as a claim, and is of no interest any more when the claims made with it have
   * ended.
   */
  #expectedMark({ acknowledgedMark, acknowledgedAtMs }: Tag): number {
    return performance.now() - acknowledgedAtMs < this.#claimTtlMs ? acknowledgedMark : 0;
  }
}
