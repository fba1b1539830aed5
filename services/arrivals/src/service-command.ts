/** A service as a command of the command line. */
import type { Service } from '@arrivals/host';
import { helpOf } from '@arrivals/host/command';
import type { Command } from './command.ts';

export function serviceCommand(service: Service): Command {
  return {
    help: helpOf(service),
    readsSettings: true,
    run: async (args, environment) => {
      const { runService } = await import('@arrivals/host');
      return runService(service, { ...environment, args });
    },
  };
}
