/**
 * The activation that a run is at in a straight line lies in the row of its header, which each commit writes anyway: a
 * step then writes two rows, not three. As JSON, for it is read by its run alone.
 *
 * Append-only: published once, never edited.
 */
export const carried: string = `
ALTER TABLE wfe_instance ADD COLUMN carried TEXT CHECK (carried IS NULL OR ended_at IS NULL)
`;
