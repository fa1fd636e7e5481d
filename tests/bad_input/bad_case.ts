/** A text that must be refused. `▲` stands before the place that the error must name; it is no part of the text. */
export interface BadCase {
  readonly name: string;
  readonly text: string;
  /** Part of the first problem's message or remedy. */
  readonly says: string | RegExp;
}

/** A case from its parts. */
export function bad(name: string, text: string, says: string | RegExp): BadCase {
  return { name, text, says };
}

/** A workflow around what stands between its header and its end. */
export function workflow(steps: string): string {
  return `workflow:\n  id: pipeline\n  version: 1\n  steps:\n${steps}\n`;
}

/** A workflow of one shell step. */
export function shell(config: string): string {
  return workflow(`    - name: Build\n      config: ${config}`);
}

/** A workflow of one script step. */
export function script(config: string): string {
  return workflow(`    - name: Build\n      type: deno\n      config: ${config}`);
}

/** A workflow of one step with a key beside `config`. */
export function beside(key: string): string {
  return workflow(`    - name: Build\n      config: { run: make }\n      ${key}`);
}

/** `count` pieces, each made from its number. */
export function many(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join("");
}
