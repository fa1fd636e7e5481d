import { type CodeRole, isPrimitive, type Primitive, primitives, type StepDefinition } from "./definition.ts";
import {
  type Check,
  isMilliseconds,
  isNumber,
  isOneOf,
  isString,
  isText,
  isWholeFrom,
  memberProblems,
} from "./validate_value.ts";

/** What the steps of a type need and may have. */
interface TypeRules {
  /** Fewest and most branches. */
  readonly branches: readonly [fewest: number, most: number];
  /** What must be code. */
  readonly needs?: readonly CodeRole[];
  /** What may be code. */
  readonly may: readonly CodeRole[];
  /** Members of the config; without it, any. */
  readonly config?: Readonly<Record<string, Check>>;
  /** Members that the config must have. */
  readonly configNeeds?: readonly string[];
  /** Members of the config that may be code instead: one of both is needed, or at most one. */
  readonly either?: readonly (readonly [member: string, role: CodeRole, needed: boolean])[];
  /** Members of a step that it cannot have. */
  readonly never: readonly (keyof StepDefinition)[];
}

const everywhere: readonly CodeRole[] = ["cancelWhen", "output", "undo"];
const noBody: readonly (keyof StepDefinition)[] = ["timeout", "lock", "outcomes"];

const bodyRules: TypeRules = { branches: [0, 1], may: [...everywhere, "input", "lock"], never: [] };

const rules: Readonly<Record<Primitive, TypeRules>> = {
  decide: { branches: [0, 0], needs: ["value"], may: everywhere, config: {}, never: ["timeout", "lock"] },
  delay: {
    branches: [0, 0],
    may: everywhere,
    config: { duration: isMilliseconds },
    either: [["duration", "duration", true]],
    never: noBody,
  },
  end: {
    branches: [0, 0],
    may: [],
    config: {},
    never: [...noBody, "next", "onError"],
  },
  forEach: {
    branches: [1, 1],
    needs: ["collection"],
    may: everywhere,
    config: { concurrency: isWholeFrom(1), results: isOneOf(true, false), errors: isOneOf("cancel", "wait") },
    never: noBody,
  },
  if: { branches: [1, 2], needs: ["condition"], may: everywhere, config: {}, never: noBody },
  parallel: {
    branches: [1, Infinity],
    may: everywhere,
    config: { wait: isOneOf("all", "any"), errors: isOneOf("cancel", "wait") },
    never: noBody,
  },
  saga: {
    branches: [1, 1],
    may: everywhere,
    config: { then: isOneOf("fail", "continue") },
    never: noBody,
  },
  waitFor: {
    branches: [0, 1],
    may: everywhere,
    config: { event: isText, key: isString, timeout: isMilliseconds, since: isNumber },
    configNeeds: ["event"],
    either: [["key", "eventKey", true], ["since", "since", false]],
    never: noBody,
  },
  while: { branches: [1, 1], needs: ["condition"], may: everywhere, config: {}, never: noBody },
};

/** What a step lacks, or has too much, as one of its type. */
export function* typeProblems(step: StepDefinition): Iterable<string> {
  const { key, type, code = [], config } = step;
  const what = `step "${key}" of type "${type}"`;
  const { branches: [fewest, most], needs = [], may, either = [], never, ...own } = rulesOf(type);
  const count = step.branches?.length ?? 0;
  if (count < fewest) yield `${what} has ${count} branches; it needs ${fewest}`;
  if (count > most) yield `${what} has ${count} branches; at most ${most} are possible`;
  for (const member of never) if (step[member] !== undefined) yield `${what} cannot have ${member}`;
  if (own.config && (config !== undefined || own.configNeeds)) {
    yield* memberProblems(config ?? {}, `the config of ${what}`, own.config, own.configNeeds);
  }
  for (const role of needs) if (!code.includes(role)) yield `${what} has no ${role}: list it under code`;
  const roles = [...needs, ...may, ...either.map(([, role]) => role)];
  for (const role of code) if (!roles.includes(role)) yield `${what} cannot have ${role} as code`;
  for (const [member, role, needed] of either) {
    const given = Number(config?.[member] !== undefined) + Number(code.includes(role));
    if (given === 0 && needed) {
      yield `${what} has no ${member}: give it in config, or list ${role} under code`;
    }
    if (given === 2) yield `${what} has ${member} twice: in config, and as code`;
  }
  if (type === "waitFor" && count > 0 && config?.timeout === undefined) {
    yield `${what} has a branch for its timeout, but no timeout`;
  }
  const alike = rulesOf(type) === bodyRules &&
    primitives.find((one) => one.toLowerCase() === type.toLowerCase());
  if (alike) yield `${what} has an unknown type; did you mean "${alike}"?`;
}

function rulesOf(type: string): TypeRules {
  return isPrimitive(type) ? rules[type] : bodyRules;
}
