/** Text as every store keeps it: half characters become U+FFFD, NUL becomes its visible sign U+2400. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u2400");
}
