/** The command line, the embedded service it runs, and what of both stands alone. */
export { alertIdFrom, parseAlertId } from './alerts/alert-id.ts';
export { type LookedUp, lookUpAlerts } from './alerts/look-up.ts';
export { notReadWords, readAlerts } from './alerts/read-records.ts';
export { writeAlertLines } from './alerts/alert-lines.ts';
export { formatAlert, tableHeader } from './alerts/table.ts';
export { banner, type BannerOptions } from './banner.ts';
export { type DropPlan, planDrop } from './dead-letters/kafka-drop.ts';
export { explain } from './explanation/explain.ts';
export { layOut, type LayoutOptions } from './explanation/layout.ts';
export type { Line, Section } from './explanation/section.ts';
export { main } from './main.ts';
export { packingOf } from './packing.ts';
export { publishedRoutes } from './published-api.ts';
export { assertAuditLog } from './replay/recognise.ts';
