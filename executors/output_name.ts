/** What the name of an output of a step looks like. */
export const outputName: RegExp = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/;
