import { z } from "zod";

const spanSchema = z.object({ start: z.object({ line: z.int(), character: z.int() }) });

const targetSchema = z.object({
  specifier: z.string().optional(),
  error: z.string().optional(),
  span: spanSchema.optional(),
});

const moduleSchema = z.object({
  specifier: z.string(),
  kind: z.string().optional(),
  error: z.string().optional(),
  dependencies: z.array(z.object({
    specifier: z.string(),
    code: targetSchema.optional(),
    type: targetSchema.optional(),
  })).default([]),
});

const graphSchema = z.object({
  roots: z.array(z.string()),
  modules: z.array(moduleSchema),
  redirects: z.record(z.string(), z.string()).default({}),
  npmPackages: z.record(z.string(), z.object({ localPath: z.string().optional() })).default({}),
});

/** What `deno info --json` says of a module and all that it imports. */
export type ModuleGraph = z.infer<typeof graphSchema>;

/** An import, and where it stands. */
export interface ModuleImport {
  /** As it is written. */
  readonly written: string;
  /** As the import map has it, unless it leads nowhere. */
  readonly mapped: string | undefined;
  /** The module that it leads to. */
  readonly target: string | undefined;
  /** Why it leads nowhere. */
  readonly error: string | undefined;
  /** `file:///…:line:column`. */
  readonly place: string;
}

/** Reads what `deno info --json` prints. */
export function readGraph(json: string): ModuleGraph {
  return graphSchema.parse(JSON.parse(json));
}

/** All imports of the modules of a graph. */
export function importsOf({ modules, redirects }: ModuleGraph): ModuleImport[] {
  return modules.flatMap((module) =>
    module.dependencies.flatMap(({ specifier, code, type }) => {
      const found = code ?? type;
      if (found === undefined) return [];
      const { line, character } = found.span?.start ?? { line: 0, character: 0 };
      return [{
        written: specifier,
        mapped: found.specifier,
        target: found.specifier && (redirects[found.specifier] ?? found.specifier),
        error: found.error,
        place: `${module.specifier}:${line + 1}:${character + 1}`,
      }];
    })
  );
}
