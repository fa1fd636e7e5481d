/** Whether something has ended before so much time has passed. Returns when the first of both has come. */
export function isWithin(milliseconds: number, end: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  void end.then(() => {
    clearTimeout(timer);
    resolve(true);
  });
  return promise;
}

/** Lets time pass. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
