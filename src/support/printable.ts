/**
 * Text from outside (the name of a file) as it may be shown on a terminal: control characters, which could move the
 * cursor or recolor it, and those that turn the direction of writing are replaced. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu, '\ufffd');
}

/** The same for a name within a line: line breaks and tabs are replaced as well. */
export function printableName(name: string): string {
  return printable(name).replace(/[\n\t\u2028\u2029]/g, '\ufffd');
}
