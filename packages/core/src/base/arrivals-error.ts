/** The one class of errors; their codes, meanings and remedies are the table in errors.ts. */
import { ERRORS, type ErrorCode, type ErrorEntry } from './errors.ts';

export interface ArrivalsErrorOptions extends ErrorOptions {
  readonly topic?: string;
}

/** The one error class: a code of the catalogue and the particulars of this case. */
export class ArrivalsError extends Error {
  readonly code: ErrorCode;
  /** Of record_too_large: the topic that refused, where that is known. */
  readonly topic: string | undefined;
  constructor(code: ErrorCode, message: string, options?: ArrivalsErrorOptions) {
    super(message, options);
    this.name = 'ArrivalsError';
    this.code = code;
    this.topic = options?.topic;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }
}

/** The message of what was thrown; anything can be thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return `thrown: ${typeof thrown === 'string' ? thrown : typeof thrown}`;
}

/** What was thrown as an ArrivalsError: itself, or wrapped under `code`. */
export function asArrivalsError(thrown: unknown, code: ErrorCode): ArrivalsError {
  return thrown instanceof ArrivalsError
    ? thrown
    : new ArrivalsError(code, messageOf(thrown), { cause: thrown });
}
