/** Passes an error's message on, but not the same one again: the engine goes on trying and meets it again. */
export function once(tell: (message: string) => void): (error: Error) => void {
  let last = "";
  return ({ message }) => {
    if (message !== last) tell(last = message);
  };
}
