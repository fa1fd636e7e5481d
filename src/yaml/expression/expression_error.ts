/** An expression that cannot be evaluated with the data of this run, or whose value cannot be used. */
export class ExpressionError extends Error {
  /** Tells this error from others. */
  readonly code = "EXPRESSION";
  /** What stands between `${{` and `}}`, without the blanks around it. */
  readonly expression: string;

  /** An error of the expression `source`, with `why` as its explanation. */
  constructor(source: string, why: string, options?: ErrorOptions) {
    const expression = source.trim();
    const shown = expression.length > 100 ? `${expression.slice(0, 100)}…` : expression;
    super(`Cannot evaluate \${{ ${shown} }}: ${why}`, options);
    this.name = "ExpressionError";
    this.expression = expression;
  }
}
