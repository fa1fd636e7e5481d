/** Longest pause that a server is granted. */
const longest = 60 * 60 * 1000;

/**
 * Milliseconds that an answer asks to wait by `Retry-After`, in seconds or as a date; at most one hour. A date is read
 * by the server's own clock, where it tells it. `undefined` where it asks for nothing that can be read.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, longest);
  const until = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : NaN;
  const told = Date.parse(headers.get("date") ?? "");
  const delay = until - (Number.isNaN(told) ? now : told);
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), longest);
}
