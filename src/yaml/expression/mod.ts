/**
 * Everything about `${{ … }}` in a workflow file: found, checked when the file is loaded, and turned into data.
 *
 * @module
 */
export { checkExpression, checkExpressions, evaluateExpression } from "./expression.ts";
export type { ExpressionScope, KnownNames } from "./expression.ts";
export { ExpressionError } from "./expression_error.ts";
export type { ExpressionName } from "./expression_name.ts";
export { MAX_PROCESS_TEXT, renderExpression } from "./process_text.ts";
export { type Occurrence, replaceExpressions, scanExpressions } from "./scan.ts";
export { isEvaluatedName } from "./shell_program.ts";
export { compileScriptText, type ScriptText } from "./script_text.ts";
export { compileShellText, type ShellText } from "./shell_text.ts";
export { compileTemplate, expressionsOf, renderTemplate } from "./template.ts";
export { TextProblem, type TextProblemPlace } from "./text_problem.ts";
