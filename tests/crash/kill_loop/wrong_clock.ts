/** From now on everything in this process that asks the machine what time it is gets a wrong answer, by so many ms. */
export function setClockWrong(error: number): void {
  const RightDate = Date;
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length > 0 ? given : [RightDate.now() + error], newTarget),
    apply: () => new RightDate(RightDate.now() + error).toString(),
    get: (target, name) => name === "now" ? () => RightDate.now() + error : Reflect.get(target, name),
  });
}
