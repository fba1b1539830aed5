/**
 * What a setting is: a row of the table that its type, the parser, --help and docs/configuration.md derive
 * from.
 *
 * Invariant: a setting's type is that of its row, so that whoever uses a choice has to handle each value that
 * the row takes and no other.
 */
import { QUANTITY_WORDS, type Unit } from './quantity.ts';

/** The commands that read settings. */
export type ServiceName = 'up' | 'webhook' | 'processor' | 'topics';

interface Row {
  /** Environment variable. */
  readonly env: string;
  readonly description: string;
  /** The commands it means something to; absent: all of them. */
  readonly services?: readonly ServiceName[];
  /** Printed as [redacted], and may be given as a file: the variable's name with _FILE behind it. */
  readonly secret?: true;
}

export interface IntegerRow extends Row {
  readonly type: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Of the number, for people. */
  readonly unit: string;
}

export interface TextRow extends Row {
  readonly type: 'text';
  readonly default: string;
  readonly pattern: RegExp;
  /** What the pattern takes, in words. */
  readonly takes: string;
}

export interface ChoiceRow extends Row {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

export type SettingRow = IntegerRow | TextRow | ChoiceRow;

export type SettingRows = Readonly<Record<string, SettingRow>>;

/** The values that rows take: a number, one of the choices, or text. */
export type SettingValues<Rows extends SettingRows> = {
  readonly [Key in keyof Rows]: Rows[Key] extends ChoiceRow
    ? Rows[Key]['choices'][number]
    : Rows[Key] extends IntegerRow
      ? number
      : string;
};

export const MINUTE_MS = 60_000;
export const HOUR_MS: number = 60 * MINUTE_MS;
export const DAY_MS: number = 24 * HOUR_MS;
export const MIB: number = 1024 * 1024;

export const ANY_TEXT: Pick<TextRow, 'type' | 'default' | 'pattern' | 'takes'> = {
  type: 'text',
  default: '',
  pattern: /^.*$/s,
  takes: 'any text',
};
export const PATH_TEXT: Pick<TextRow, 'type' | 'default' | 'pattern' | 'takes'> = {
  ...ANY_TEXT,
  takes: 'a path',
};

/** Whether a row's number may be written as a duration or a size. */
export function quantityUnit(row: IntegerRow): Unit | undefined {
  return row.unit === 'ms' || row.unit === 'bytes' ? row.unit : undefined;
}

/** A setting's default and what it takes, for people. */
export function describeRange(row: SettingRow): string {
  switch (row.type) {
    case 'integer': {
      const unit = quantityUnit(row);
      return `${String(row.min)} to ${String(row.max)} (${row.unit})${unit === undefined ? '' : `, ${QUANTITY_WORDS[unit]}`}`;
    }
    case 'choice':
      return row.choices.join(', ');
    case 'text':
      return row.takes;
  }
}
