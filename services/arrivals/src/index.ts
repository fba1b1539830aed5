/** The command line, the embedded service it runs, and what of both stands alone. */
export { alertIdFrom, parseAlertId } from './alerts/alert-id.ts';
export { type LookedUp, type LookUp, lookUpAlerts } from './alerts/look-up.ts';
export { readAlerts } from './alerts/read-file.ts';
export { explain } from './explanation/explain.ts';
export { layOut, type LayoutOptions } from './explanation/layout.ts';
export type { Line, Section, Tone } from './explanation/section.ts';
export { type Piece, readPieces } from './json-input.ts';
export { main } from './main.ts';
export { shellWord } from './shell-word.ts';
