/** A service as a command of the command line. */
import { helpOf, runService, type Service } from '@arrivals/host';
import type { Command } from './command.ts';

export function serviceCommand(service: Service): Command {
  return {
    name: service.name,
    summary: service.summary,
    help: helpOf(service),
    readsSettings: true,
    run: (args, environment) => runService(service, { ...environment, args }),
  };
}
