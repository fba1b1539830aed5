/** What --help says of a service. */
import type { Service } from './run-service.ts';
import { describeSettings } from './config/settings.ts';

export function helpOf({ name, usage, about }: Pick<Service, 'name' | 'usage' | 'about'>): string {
  return `Usage: arrivals ${name}${usage === undefined ? '' : ` ${usage}`}\n\n${about}\n\nSettings (environment variables):\n${describeSettings(name)}\n`;
}
