/** Settings of what risk is judged by. */
import { PATH_TEXT, type SettingRow } from './row.ts';

export interface ListsSettings {
  readonly listsDir: string;
}

export const LISTS_SETTINGS: Readonly<Record<keyof ListsSettings, SettingRow>> = {
  listsDir: {
    env: 'ARRIVALS_LISTS_DIR',
    ...PATH_TEXT,
    services: ['up', 'processor'],
    description:
      'Folder with lists of your own: images, mining pools, namespaces, accounts and networks that risk is judged by. A file in it replaces the one of the same name in services/processor/lists, whole; a file of any other name is refused. Read at start.',
  },
};
