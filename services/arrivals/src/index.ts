/** The command line, the embedded service it runs, and parts of both for tests. */
export { findAlert, type LookUpAnswer } from './alerts/find.ts';
export { searchAlert } from './alerts/kafka-search.ts';
export { writeAlertLines } from './alerts/alert-lines.ts';
export { formatAlert, tableHeader } from './alerts/table.ts';
export { banner, type BannerOptions } from './banner.ts';
export { type DropPlan, planDrop } from './dead-letters/kafka-drop.ts';
export { explain } from './explanation/explain.ts';
export { layOut, type LayoutOptions } from './explanation/layout.ts';
export type { Line, Section } from './explanation/section.ts';
export { main } from './main.ts';
export { packingOf } from './packing.ts';
export { assertAuditLog } from './replay/recognise.ts';
export { chosenSource } from './source-options.ts';
export { StatusLine } from './status-line.ts';
