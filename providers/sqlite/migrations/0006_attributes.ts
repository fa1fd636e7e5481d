/**
 * What a run is found by, given at its start and changed by steps. With what seldom changes, for few runs have any.
 *
 * Append-only: published once, never edited.
 */
export const attributes: string = `
ALTER TABLE wfe_data ADD COLUMN attributes TEXT;
`;
