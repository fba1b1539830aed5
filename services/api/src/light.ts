/**
 * What a command needs of the API to ask a running process: IDs, positions and the JSON of dead letters.
 *
 * Invariant: it loads no codec and no HTTP server, which take longer to load than most commands take to work.
 */
export { alertIdFrom, ID_CHARACTERS_MIN, isWhole, parseAlertId } from './alert-id.ts';
export { idOf, letterJson, maskedBytes, readLetterJson } from './dead-letter-json.ts';
export { parsePositions, positionsText } from './positions.ts';
