/** What made an alert, as the record says it. A test holds the version equal to the package's. */
import type { Product } from './alert.ts';

export const PRODUCT: Product = { name: 'Arrivals', version: '0.1.0' };
