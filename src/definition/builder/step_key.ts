/*
 * A step without id and name is found by its place: the key of the step that its branch is in, the branch, its
 * position there from 1 and its kind.
 *
 *     3:Stretch                 third step of the workflow, a class Stretch
 *     4:if/then/1:AddGift       first step of the branch `then` of the fourth step
 *     pizza/do/2:forEach        second step of the branch of the step "pizza" (while, forEach, saga, or code's `do`)
 *     5:parallel/1/1:shell      branches of `parallel` by number from 1; an executor's step by its type
 *     6:waitFor/onTimeout/1:end
 *     7:decide/+/1:step         what follows by outcome, by the value; functions without a name are `step`
 */

/** The key of a step without id and name. `branch` is what {@linkcode branchPath} gives, empty at the top. */
export function pathKey(branch: string, position: number, kind: string): string {
  return `${branch}${position}:${kind.replaceAll("/", "_")}`;
}

/** What the keys of a branch's steps begin with. */
export function branchPath(stepKey: string, branch: string): string {
  return `${stepKey}/${branch}/`;
}

/** Whether a key was made from a step's place. */
export function isPathKey(key: string): boolean {
  return /^(?:.*\/)?\d+:[^/]*$/s.test(key);
}
