/** What FFmpeg's libraries complain about although nothing is lost: clocks, and pictures before the first key frame. */
const HARMLESS: readonly RegExp[] = [
  /non.?monotonic/i,
  /invalid dropping/i,
  /co located POCs unavailable/,
  /mmco: unref short failure/,
  /Could not find codec parameters/,
  /Consider increasing the value/,
  /Could not find ref with POC/,
  // of packets without bytes
  /Error while decoding stream .*: Invalid argument/,
];

/** Longest complaint that is passed on, in characters. */
const LONGEST = 300;

/** Complaints that differ in numbers alone are one; no more than these are passed on. */
const MAXIMUM_KINDS = 50;

/** Passes on each kind of complaint once. */
export class Complaints {
  private readonly seen = new Set<string>();

  /** The complaint as it is to be told; undefined if it need not be. */
  novel(message: string): string | undefined {
    const text = message.trim().slice(0, LONGEST);
    if (text === '' || HARMLESS.some((harmless) => harmless.test(text))) return undefined;
    const kind = text.replaceAll(/-?\d+/g, '0');
    if (this.seen.has(kind) || this.seen.size >= MAXIMUM_KINDS) return undefined;
    this.seen.add(kind);
    return text;
  }
}
