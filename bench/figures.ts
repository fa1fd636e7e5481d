/** The value below which a share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;
}

/** One figure of a bench, with its goal where it has one. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  /** The measured value, with its unit. */
  readonly value: string;
  /** The ratio to something measured in the same run. */
  readonly ratio?: number;
  /**
   * What that is.
   * @default "raw"
   */
  readonly of?: string;
  /** What the ratio should be. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Prints figures as a table. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}`);
  const rows = figures.map(columnsOf);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) printRow(row, widths);
}

/** Prints figures as they come. */
export async function printAsMeasured(title: string, figures: AsyncIterable<Figure>): Promise<void> {
  console.log(`\n${title}`);
  for await (const figure of figures) printRow(columnsOf(figure), [68, 16, 14]);
}

function printRow([name, value, ratio, goal]: readonly string[], widths: readonly number[]): void {
  console.log(
    `  ${name!.padEnd(widths[0]!)}  ${value!.padStart(widths[1]!)}  ${ratio!.padStart(widths[2]!)}  ${goal}`
      .trimEnd(),
  );
}

function columnsOf({ name, value, ratio, of, goal }: Figure): string[] {
  return [name, value, formatRatio(ratio, of), formatGoal(ratio, goal)];
}

function formatRatio(ratio: number | undefined, of = "raw"): string {
  return ratio === undefined ? "" : `${ratio.toFixed(2)} × ${of}`;
}

function formatGoal(ratio: number | undefined, goal: Figure["goal"]): string {
  if (!goal || ratio === undefined) return "";
  const [met, words] = "atLeast" in goal
    ? [ratio >= goal.atLeast, `at least ${goal.atLeast}`]
    : [ratio <= goal.atMost, `at most ${goal.atMost}`];
  return `${met ? "met" : "MISSED"}: ${words}`;
}
