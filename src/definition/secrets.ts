/** Where the value of a secret comes from, each time a process takes up a run. */
export type SecretSource =
  /** A variable of the engine's environment. */
  | { readonly env: string }
  /** A file, relative to the working folder of the engine. */
  | { readonly file: string }
  /** A program and its arguments, for no shell to read; the value is what it prints. */
  | { readonly command: readonly string[] };

/** Sources of secrets by name. */
export interface SecretSources {
  /** Where one comes from. */
  readonly [name: string]: SecretSource;
}

/** The secrets of a run as one process knows them. Nothing of it is ever stored. */
export interface Secrets {
  /** Their values, by name. */
  readonly values: { readonly [name: string]: string };
  /**
   * A text with `***` for each secret, as it is or encoded. Where a line of it ends in the beginning of a secret,
   * because it was cut there, that is masked too.
   */
  mask(text: string): string;
  /** The name of a secret that a text holds, as it is or encoded; else `undefined`. */
  find(text: string): string | undefined;
  /** Masks a stream of lines; a secret is also found where it goes over several of them. */
  maskLines(emit: (line: string) => void): LineMask;
}

/** One stream of lines, masked. */
export interface LineMask {
  /** Takes a line. It is handed on at once, unless it ends in what may be the beginning of a secret. */
  push(line: string): void;
  /** Takes the end: hands on what is held. */
  end(): void;
}

/** Finds the values of secrets. */
export interface SecretResolver {
  /** The secrets that come from `sources`. */
  resolve(sources: SecretSources): Promise<Secrets>;
}
