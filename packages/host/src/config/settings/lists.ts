/** Settings of what risk is judged by. */
import { PATH_TEXT, type SettingRows } from './row.ts';

export const LISTS_SETTINGS = {
  listsDir: {
    env: 'ARRIVALS_LISTS_DIR',
    ...PATH_TEXT,
    services: ['up', 'processor'],
    description:
      'Folder with lists of your own: images, mining pools, namespaces, accounts and networks that risk is judged by. A file in it replaces the one of the same name in services/processor/lists, whole; a file of any other name is refused. Read at start.',
  },
} as const satisfies SettingRows;
