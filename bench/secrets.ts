import { makeSecrets } from "../executors/secrets/mask.ts";
import type { Figure } from "./figures.ts";

const megabytes = 100;
const count = 100;

/** What masking costs: 100 secrets in 100 MB of output, of several kinds, beside only looking at each character. */
export function measureMasking(): Figure[] {
  const values = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`S${index}`, `${crypto.randomUUID()}/+ '${index}`]),
  );
  const started = performance.now();
  const secrets = makeSecrets(values);
  const made = performance.now() - started;
  const secret = values.S3!;
  const kinds: Readonly<Record<string, (line: number) => string>> = {
    "words": (line) => `step ${line}: building src/main.ts, error: none, took 12 ms, ok `.repeat(2),
    "base64": (line) =>
      btoa(String.fromCharCode(...Array.from({ length: 90 }, (_, at) => (at * line * 7 + 3) % 251))),
    "nearly secrets": () => `${secret.slice(0, -1)}#`.repeat(3),
    "secrets": () => `${secret} `.repeat(3),
  };
  const figures: Figure[] = [{ name: `${count} secrets made`, value: `${made.toFixed(0)} ms` }];
  for (const [kind, makeLine] of Object.entries(kinds)) {
    const lines = linesOf(makeLine);
    const look = time(() => lines.forEach(lookAt));
    let shown = 0;
    const mask = secrets.maskLines((line) => shown += line.length);
    const masked = time(() => {
      lines.forEach((line) => mask.push(line));
      mask.end();
    });
    const speed = (megabytes / masked * 1_000).toFixed(0);
    figures.push({
      name: `${megabytes} MB of ${kind}`,
      value: `${masked.toFixed(0)} ms, ${speed} MB/s`,
      ratio: masked / look,
    });
  }
  return figures;
}

function linesOf(makeLine: (line: number) => string): string[] {
  const different = Array.from({ length: 1_000 }, (_, line) => makeLine(line));
  const lines: string[] = [];
  for (let size = 0; size < megabytes * 1e6;) {
    const line = different[lines.length % different.length]!;
    lines.push(line);
    size += line.length + 1;
  }
  return lines;
}

let sum = 0;

function lookAt(line: string): void {
  for (let at = 0; at < line.length; at++) sum = (sum + line.charCodeAt(at)) | 0;
}

function time(action: () => void): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}
