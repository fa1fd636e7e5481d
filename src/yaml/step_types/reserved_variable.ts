/**
 * Whether a variable would change how a script's sandbox itself runs, or whom it talks to: Deno checks no permission for
 * a proxy that the environment names, nor does the C library for what it is told about host names.
 */
export function isReservedVariable(name: string): boolean {
  return /^(?:DENO_|WFE_|LD_|DYLD_|NODE_|SSLKEYLOGFILE$|(?:HTTPS?|ALL|NO)_PROXY$|RES(?:OLV)?_|HOSTALIASES$|LOCALDOMAIN$)/i
    .test(name);
}
