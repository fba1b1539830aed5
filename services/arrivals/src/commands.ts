/**
 * The commands by name, each with its line in the help.
 *
 * Invariant: a command's code is loaded only when it is called, so that no command waits for another's
 * dependencies.
 */
import type { Service } from '@arrivals/host';
import type { Command } from './command.ts';

export interface CommandRow {
  /** One word, or several: "certs init". */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'up',
    summary: 'run the webhook, the processor and the API in one process',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'webhook',
    summary: 'run the audit webhook alone, on Kafka',
    load: () => service(async () => (await import('@arrivals/webhook/service')).webhookService),
  },
  {
    name: 'processor',
    summary: 'run the processor alone, on Kafka and Redis',
    load: () => service(async () => (await import('@arrivals/processor/service')).processorService),
  },
  {
    name: 'topics',
    summary: 'create, change or check the topics on Kafka',
    load: async () => (await import('./commands/topics.ts')).topicsCommand,
  },
  {
    name: 'replay',
    summary: 'send audit logs through the pipeline, or to a running webhook',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  {
    name: 'rebuild',
    summary: 'fill the context again from the audit topic',
    load: async () => (await import('./commands/rebuild.ts')).rebuildCommand,
  },
  {
    name: 'alerts',
    summary: 'print alerts of a running process or of Kafka, or follow them',
    load: async () => (await import('./commands/alerts.ts')).alertsCommand,
  },
  {
    name: 'explain',
    summary: 'print an alert for a person to read',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    name: 'dead-letters list',
    summary: 'list what was set aside, and why',
    load: async () => (await import('./commands/dead-letters.ts')).listCommand,
  },
  {
    name: 'dead-letters show',
    summary: 'print a complete dead letter',
    load: async () => (await import('./commands/dead-letters.ts')).showCommand,
  },
  {
    name: 'dead-letters replay',
    summary: 'redrive them: publish them to the audit topic again',
    load: async () => (await import('./commands/dead-letters.ts')).replayDeadLettersCommand,
  },
  {
    name: 'dead-letters drop',
    summary: 'delete them permanently',
    load: async () => (await import('./commands/dead-letters-drop.ts')).dropCommand,
  },
  {
    name: 'webhook-config',
    summary: 'print the kubeconfig, the policy and the flags for an API server',
    load: async () => (await import('./commands/webhook-config.ts')).webhookConfigCommand,
  },
  {
    name: 'certs init',
    summary: 'create certificates, kubeconfigs and the senders file for https',
    load: async () => (await import('./commands/certs.ts')).certsInitCommand,
  },
  {
    name: 'certs add',
    summary: 'add a cluster to them, or renew a certificate',
    load: async () => (await import('./commands/certs.ts')).certsAddCommand,
  },
  {
    name: 'certs revoke',
    summary: 'revoke client certificates',
    load: async () => (await import('./commands/certs-revoke.ts')).certsRevokeCommand,
  },
  {
    name: 'token',
    summary: 'create a bearer token for a cluster’s API servers',
    load: async () => (await import('./commands/token.ts')).tokenCommand,
  },
];

/** Names that the help does not list: an alias, and groups of commands, which match after all longer names. */
export const GROUPS: readonly Omit<CommandRow, 'summary'>[] = [
  {
    name: 'dead-letters redrive',
    load: async () => (await import('./commands/dead-letters.ts')).replayDeadLettersCommand,
  },
  { name: 'dead-letters', load: async () => (await import('./commands/dead-letters.ts')).deadLettersCommand },
  { name: 'certs', load: async () => (await import('./commands/certs.ts')).certsCommand },
];

async function service(load: () => Promise<Service>): Promise<Command> {
  const { serviceCommand } = await import('./service-command.ts');
  return serviceCommand(await load());
}
