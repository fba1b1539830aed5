/**
 * One broker of a cluster: its folder, its process, and its coming back.
 * Invariant: its address and its data are the same over restarts. Which brokers make a cluster is kafka.ts's.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Access, isInSync, takesGroupsAndTransactions } from './kafka-ready.ts';
import {
  dataFolder,
  type KafkaOptions,
  type NodePlan,
  serverProperties,
  writeStores,
} from './kafka-settings.ts';
import type { KafkaProgram } from './kafka-source.ts';
import { Program } from './programs.ts';
import { untilReady } from './ready.ts';

const FORMAT_HEAP = '128m';

export class KafkaNode {
  readonly id: number;
  readonly address: string;
  /** The address without SASL and TLS. */
  readonly plain: string;
  readonly data: string;
  readonly #plan: NodePlan;
  readonly #program: KafkaProgram;
  readonly #heap: string;
  readonly #access: Access;
  #running: Program | undefined;

  constructor(plan: NodePlan, heap: string, access: Access, program: KafkaProgram) {
    this.id = plan.id;
    this.address = `127.0.0.1:${String(plan.client)}`;
    this.plain = `127.0.0.1:${String(plan.internal)}`;
    this.data = dataFolder(plan);
    this.#plan = plan;
    this.#heap = heap;
    this.#access = access;
    this.#program = program;
  }

  /** Makes its folder: settings, key stores, storage with the users. */
  async prepare(plans: readonly NodePlan[], options: KafkaOptions, clusterId: string): Promise<void> {
    const { folder } = this.#plan;
    await mkdir(folder);
    await writeFile(this.#properties, serverProperties(this.#plan, plans, options));
    await writeStores(this.#plan, options);
    const { sasl } = options;
    const users =
      sasl === undefined
        ? []
        : ['--add-scram', `SCRAM-SHA-512=[name=${sasl.username},password=${sasl.password}]`];
    // With an equals sign: an id may begin with a hyphen.
    const args = [
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${clusterId}`,
      '-c',
      this.#properties,
      ...users,
    ];
    const format = new Program(this.#program(folder, FORMAT_HEAP, args), path.join(folder, 'format.log'));
    if ((await format.ended) !== 0)
      throw new Error(`Kafka’s storage could not be made:\n${format.lastLines()}`);
  }

  start(): Program {
    const { folder } = this.#plan;
    this.#running = new Program(
      this.#program(folder, this.#heap, ['kafka.Kafka', this.#properties]),
      path.join(folder, 'broker.log'),
    );
    return this.#running;
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  pause(): void {
    this.#running?.signal('SIGSTOP');
  }

  resume(): void {
    this.#running?.signal('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.kill();
    const inSync = (): Promise<boolean> => isInSync(this.address, this.id, this.#access);
    const takesAll = (): Promise<boolean> => takesGroupsAndTransactions([this.address], this.#access);
    await untilReady(
      `Kafka broker ${String(this.id)}`,
      [this.start()],
      async () => (await inSync()) && takesAll(),
    );
  }

  get #properties(): string {
    return path.join(this.#plan.folder, 'server.properties');
  }
}
