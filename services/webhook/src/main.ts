/** `node services/webhook/dist/main.js`: the same as `arrivals webhook`. */
import { runProcess, runService } from '@arrivals/host';
import { webhookService } from './service.ts';

await runProcess((environment) => runService(webhookService, environment));
