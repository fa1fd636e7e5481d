/** Where a {@linkcode TextProblem} is, and what to do about it. */
export interface TextProblemPlace {
  /** Where the problem begins, in UTF-16 code units from the start of the text. */
  readonly offset: number;
  /**
   * How many code units it covers.
   * @default 1
   */
  readonly length?: number;
  /** What the author can do instead. */
  readonly remedy?: string;
}

/** A mistake in a text that holds expressions, found when the text is loaded, before anything runs. */
export class TextProblem extends Error {
  /** Tells this error from others. */
  readonly code = "TEXT_PROBLEM";
  /** Where the problem begins, in UTF-16 code units from the start of the text. */
  readonly offset: number;
  /** How many code units it covers. */
  readonly length: number;
  /** What the author can do instead. */
  readonly remedy: string | undefined;

  /** A problem at a place of the text. */
  constructor(message: string, place: TextProblemPlace) {
    super(message);
    this.name = "TextProblem";
    this.offset = place.offset;
    this.length = place.length ?? 1;
    this.remedy = place.remedy;
  }

  /** The same problem in a larger text, in which this one's text begins at `offset`. */
  within(offset: number): TextProblem {
    return new TextProblem(this.message, {
      offset: this.offset + offset,
      length: this.length,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    });
  }
}
