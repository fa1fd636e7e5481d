const decoder = new TextDecoder();

/** Runs a program, shows what it prints while it runs, and returns its exit code and output without colours. */
export async function run(
  program: string,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "piped" }).spawn();
  const chunks: Uint8Array[] = [];
  const pass = async (from: ReadableStream<Uint8Array>, to: typeof Deno.stdout) => {
    for await (const chunk of from) {
      chunks.push(chunk);
      to.writeSync(chunk);
    }
  };
  const [status] = await Promise.all([
    child.status,
    pass(child.stdout, Deno.stdout),
    pass(child.stderr, Deno.stderr),
  ]);
  // deno-lint-ignore no-control-regex
  const output = chunks.map((chunk) => decoder.decode(chunk)).join("").replaceAll(/\x1b\[[\d;]*m/g, "");
  return { code: status.code, output };
}
