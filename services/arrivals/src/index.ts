/** The command line, the embedded service it runs, and what of both stands alone. */
export { alertIdFrom, parseAlertId } from './alerts/alert-id.ts';
export { type LookedUp, lookUpAlerts } from './alerts/look-up.ts';
export { formatAlert } from './alert-output.ts';
export { type DropPlan, planDrop } from './dead-letters/kafka-drop.ts';
export { explain } from './explanation/explain.ts';
export { layOut, type LayoutOptions } from './explanation/layout.ts';
export type { Line, Section } from './explanation/section.ts';
export { main } from './main.ts';
