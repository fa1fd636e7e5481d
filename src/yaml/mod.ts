/**
 * Workflows from YAML files.
 *
 * @module
 */

export type { Template, TemplateParts } from "../definition/template.ts";
export { ExpressionError } from "./expression/expression_error.ts";
export type { ExpressionScope } from "./expression/expression.ts";
export { compileTemplate, renderTemplate } from "./expression/template.ts";
export { TextProblem, type TextProblemPlace } from "./expression/text_problem.ts";
export { FileProblem } from "./file_problem.ts";
export { formatProblem } from "./format_problem.ts";
export {
  type LoadOptions,
  loadWorkflow,
  type ParseOptions,
  parseWorkflow,
  type StepTypeOptions,
} from "./load.ts";
export type { Path } from "./node.ts";
export type { Excerpt, Problem } from "./problem.ts";
export { WorkflowSyntaxError } from "./workflow_syntax_error.ts";
export {
  type ReadStepFile,
  readStepFile,
  type StepFile,
  type StepText,
  type TextSources,
} from "./step_file.ts";
export type { CompiledStep, StepScope, StepType } from "./step_type.ts";
