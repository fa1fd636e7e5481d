const decoder = new TextDecoder();

/** Options of {@linkcode run}. */
export interface RunOptions {
  /**
   * Whether what the program prints is shown when it has ended, for it runs beside another.
   *
   * @default false
   */
  readonly printedAtEnd?: boolean;
}

/** Runs a program, shows what it prints, and returns its exit code and output without colours. */
export async function run(
  program: string,
  args: readonly string[],
  { printedAtEnd = false }: RunOptions = {},
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "piped" }).spawn();
  const chunks: Uint8Array[] = [];
  const pass = async (from: ReadableStream<Uint8Array>, to: typeof Deno.stdout) => {
    for await (const chunk of from) {
      chunks.push(chunk);
      if (!printedAtEnd) to.writeSync(chunk);
    }
  };
  const [status] = await Promise.all([
    child.status,
    pass(child.stdout, Deno.stdout),
    pass(child.stderr, Deno.stderr),
  ]);
  const text = chunks.map((chunk) => decoder.decode(chunk)).join("");
  if (printedAtEnd) console.log(text);
  // deno-lint-ignore no-control-regex
  return { code: status.code, output: text.replaceAll(/\x1b\[[\d;]*m/g, "") };
}
