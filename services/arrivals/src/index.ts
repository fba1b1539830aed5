/** The command line, and the embedded service it runs. */
export { main } from './main.ts';
