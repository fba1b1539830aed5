/** `node services/processor/dist/main.js`: the same as `arrivals processor`. */
import { runProcess, runService } from '@arrivals/host';
import { processorService } from './service.ts';

await runProcess((environment) => runService(processorService, environment));
