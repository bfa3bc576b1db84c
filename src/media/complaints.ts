/** What FFmpeg's libraries complain about although nothing is lost: clocks, and pictures before the first key frame. */
const harmlessComplaints: readonly RegExp[] = [
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
const longest = 300;

/** Complaints that differ in numbers alone are one; no more than these are passed on. */
const maximumKinds = 50;

/** Passes on each kind of complaint once. */
export class Complaints {
  private readonly seen = new Set<string>();

  /** The complaint as it is to be told; undefined if it need not be. */
  novel(message: string): string | undefined {
    const text = message.trim().slice(0, longest);
    if (text === '' || harmlessComplaints.some((harmless) => harmless.test(text))) return undefined;
    const kind = text.replaceAll(/-?\d+/g, '0');
    if (this.seen.has(kind) || this.seen.size >= maximumKinds) return undefined;
    this.seen.add(kind);
    return text;
  }
}
