/**
 * What the lock of an activation was called, where that was computed: its undo takes the same.
 *
 * Append-only: published once, never edited.
 */
export const lockNames: string = `
ALTER TABLE wfe_pointer ADD COLUMN lock_name TEXT;
`;
