/**
 * Registers the test of one promise of a contract.
 *
 * @param name the provider and the promise
 * @param clean called after it, when everything is closed
 * @param test is given what closes, afterwards, what it has opened
 */
export function testPromise(
  name: string,
  clean: (() => Promise<void>) | undefined,
  test: (open: AsyncDisposableStack) => Promise<void>,
): void {
  Deno.test({
    name,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn(): Promise<void> {
      await using open = new AsyncDisposableStack();
      open.defer(() => clean?.());
      await test(open);
    },
  });
}
