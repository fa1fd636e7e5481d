/** The furthest that a `Date` reaches on either side of 1970, in milliseconds. */
const furthest = 8.64e15;

/** A date, or milliseconds since 1970, as whole milliseconds; `undefined` where it is neither, or no date reaches it. */
export function timeOf(time: unknown): number | undefined {
  const milliseconds = time instanceof Date ? time.getTime() : time;
  return typeof milliseconds === "number" && Math.abs(milliseconds) <= furthest
    ? Math.round(milliseconds)
    : undefined;
}
