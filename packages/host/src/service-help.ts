/** What --help says of a service. */
import { describeSettings, type ServiceName } from './config/settings.ts';

export interface ServiceText {
  readonly name: ServiceName;
  /** Its options, for the first line of --help. */
  readonly usage?: string;
  /** What --help says before the settings, with an example. */
  readonly about: string;
}

export function helpOf({ name, usage, about }: ServiceText): string {
  const head = `Usage: arrivals ${name}${usage === undefined ? '' : ` ${usage}`}`;
  return `${head}\n\n${about}\n\nSettings (environment variables):\n${describeSettings(name)}\n`;
}
