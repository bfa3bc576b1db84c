/** Black bars around a picture, each as a share of its height (top, bottom) or width (left, right), 0 … 0.45. */
export interface Bars {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export const noBars: Bars = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * Gray levels up to which a pixel may be black, tried in this order. Most bars are black but for a level or two, so that
 * even a night scene stands out against them; coarse coding adds noise, and limited range taken for full leaves 16.
 */
const blacks = [4, 8, 15, 22, 30] as const;
/** A line of a bar has at most this share of lit pixels, in all but this share of the frames. */
const rarely = 0.02;
/** A picture with fewer lit pixels is dark, and says nothing of bars. */
const darkFrame = 0.05;
/** A bar ends at a straight edge: in some frame this share of the line behind it is lit … */
const litEdge = 0.5;
/** … and some of it in at least this share of the frames. */
const oftenLit = 0.2;
/** Thinner ones are the ragged edge of an old transfer, and change nothing. */
const thinnest = 0.01;
const thickest = 0.45;
/** A bar with subtitles in it is lit up to this share; its opposite has none, and is as thick but for this share. */
const litBySubtitles = 0.12;
const asThick = 0.01;
/** Lines between subtitles and picture. */
const blackStrip = 2;

/**
 * Finds letterbox and pillarbox bars over a whole film, so that no dark scene is mistaken for one: a bar is black in
 * nearly every frame that shows anything, and ends at a straight edge.
 */
export class BarSearch {
  private readonly width: number;
  private readonly height: number;
  private readonly levels: readonly Level[];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.levels = blacks.map(() => new Level(width, height));
  }

  /** @param gray luma of full range, `width * height` bytes, row by row. */
  push(gray: Uint8Array): void {
    const { width, height } = this;
    const pixels = width * height;
    // of each line, how many of its pixels lie between two of the levels
    const rows = new Uint32Array(height * kinds);
    const columns = new Uint32Array(width * kinds);
    const words = wordsOf(gray);
    for (let word = 0; word < words.length; word++) {
      if (areLit(words[word]!)) continue;
      const end = Math.min(4 * word + 4, pixels);
      let y = Math.floor((4 * word) / width);
      let x = 4 * word - y * width;
      for (let i = 4 * word; i < end; i++) {
        const kind = kindOf[gray[i]!]!;
        if (kind < brightest) {
          rows[y * kinds + kind]!++;
          columns[x * kinds + kind]!++;
        }
        if (++x === width) {
          x = 0;
          y++;
        }
      }
    }
    for (const [k, level] of this.levels.entries())
      level.push(above(rows, k, width), above(columns, k, height));
  }

  /** What is found so far. A line that is partly bar, because the picture was scaled, counts as bar. */
  bars(): Bars {
    const [top, bottom] = this.barsOfAxis('rows');
    const [left, right] = this.barsOfAxis('columns');
    return { top, bottom, left, right };
  }

  /** Whether the picture was seen to reach all four edges, whatever may be black: further frames will hardly show bars. */
  get reachesEdges(): boolean {
    const { rows, columns } = this.levels.at(-1)!;
    return [rows[0], rows.at(-1), columns[0], columns.at(-1)].every((line) => line!.lit > 0);
  }

  private barsOfAxis(axis: 'rows' | 'columns'): readonly [first: number, last: number] {
    const ends = this.levels
      .filter(({ frames }) => frames > 0)
      .map((level) => {
        const lines = level[axis];
        const shown = level.shown(axis === 'rows' ? 'columns' : 'rows');
        return [
          new End(lines, shown, level.frames),
          new End(lines.toReversed(), shown, level.frames),
        ] as const;
      });
    const found = (barOf: (ends: readonly [End, End]) => number) =>
      ends.map(barOf).find((bar) => bar > 0) ?? 0;
    const first = found(([end]) => end.plainBar());
    const last = found(([, end]) => end.plainBar());
    const bars = [
      Math.max(first, first < last ? found(([end]) => end.barWithSubtitles(last)) : 0),
      Math.max(last, last < first ? found(([, end]) => end.barWithSubtitles(first)) : 0),
    ] as const;
    const lines = axis === 'rows' ? this.height : this.width;
    return [share(bars[0], lines), share(bars[1], lines)];
  }
}

function share(count: number, of: number): number {
  return count === 0 ? 0 : (count + 1) / of;
}

/** Of each gray level, how many of `blacks` it exceeds. */
const kindOf = Uint8Array.from({ length: 256 }, (_, value) => blacks.filter((black) => value > black).length);

/** So many kinds of pixels are told apart, those that exceed so many of `blacks`. */
const kinds = blacks.length + 1;
const brightest = blacks.length;

/** Four pixels in each number; the last one may have fewer, and zeros. */
function wordsOf(gray: Uint8Array): Int32Array {
  const isAligned = gray.byteOffset % 4 === 0 && gray.length % 4 === 0;
  if (isAligned) return new Int32Array(gray.buffer, gray.byteOffset, gray.length / 4);
  const words = new Int32Array(Math.ceil(gray.length / 4));
  new Uint8Array(words.buffer).set(gray);
  return words;
}

const highBits = 0x80808080 | 0;
const justLit = (blacks.at(-1)! + 1) * 0x01010101;

/** Whether four pixels exceed all of `blacks`: most do, and are passed over together. */
function areLit(word: number): boolean {
  // byte by byte: the difference keeps its high bit where the lower ones are enough, and a high bit alone is enough
  return ((((word | highBits) - justLit) | word) & highBits) === highBits;
}

/** Of each line, how many pixels exceed the level of this number. @param counts of those that do not exceed all. */
function above(counts: Uint32Array, level: number, length: number): Uint32Array {
  const lit = new Uint32Array(counts.length / kinds);
  for (let line = 0; line < lit.length; line++) {
    let black = 0;
    for (let kind = 0; kind <= level; kind++) black += counts[line * kinds + kind]!;
    lit[line] = length - black;
  }
  return lit;
}

/** What is seen of the lines of a film if pixels above one of `blacks` are lit. */
class Level {
  readonly rows: readonly Line[];
  readonly columns: readonly Line[];
  /** That show anything. */
  frames = 0;

  constructor(width: number, height: number) {
    this.rows = Array.from({ length: height }, () => new Line());
    this.columns = Array.from({ length: width }, () => new Line());
  }

  /** @param litOfRows lit pixels of each row of a frame. */
  push(litOfRows: Uint32Array, litOfColumns: Uint32Array): void {
    const [width, height] = [this.columns.length, this.rows.length];
    let lit = 0;
    for (const count of litOfRows) lit += count;
    if (lit < darkFrame * width * height) return;
    this.frames++;
    for (let y = 0; y < height; y++) this.rows[y]!.see(litOfRows[y]! / width);
    for (let x = 0; x < width; x++) this.columns[x]!.see(litOfColumns[x]! / height);
  }

  /** Which share of all lines lies between the first that is more than rarely lit and the last: the rest may be bars. */
  shown(axis: 'rows' | 'columns'): number {
    const lines = this[axis];
    const shows = ({ lit }: Line) => lit > rarely * this.frames;
    const first = lines.findIndex(shows);
    return first < 0 ? 1 : (lines.findLastIndex(shows) + 1 - first) / lines.length;
  }
}

/** One row or column of the picture, over the film. */
class Line {
  /** Frames in which it shows something. */
  lit = 0;
  /** The sum of the shares of it that were lit, and the largest of them. */
  sum = 0;
  most = 0;

  see(share: number): void {
    if (share > rarely) this.lit++;
    this.sum += share;
    this.most = Math.max(this.most, share);
  }
}

/** The lines of a picture, from one of its sides to the other. */
class End {
  private readonly lines: readonly Line[];
  private readonly length: number;
  private readonly frames: number;

  /** @param length the share of a line that is no bar of the other direction. */
  constructor(lines: readonly Line[], length: number, frames: number) {
    this.lines = lines;
    this.length = length;
    this.frames = frames;
  }

  /** How many lines of a bar that shows nothing. */
  plainBar(): number {
    const first = this.lines.findIndex(({ lit }) => lit > rarely * this.frames);
    return first > 0 && this.mayBeBar(first) && this.isStraight(first) ? first : 0;
  }

  /** How many lines of a bar that shows little, if its opposite has so many: 0 if they do not end as a bar ends. */
  barWithSubtitles(opposite: number): number {
    const tolerance = Math.max(1, Math.round(asThick * this.lines.length));
    for (let count = opposite + tolerance; count >= Math.max(blackStrip, opposite - tolerance); count--) {
      const outside = this.lines.slice(0, count);
      const isBlack = outside.slice(-blackStrip).every(({ lit }) => lit <= rarely * this.frames);
      const lit = outside.reduce((sum, line) => sum + line.sum, 0) / (count * this.frames);
      if (isBlack && lit <= litBySubtitles && this.mayBeBar(count) && this.isStraight(count)) return count;
    }
    return 0;
  }

  private mayBeBar(count: number): boolean {
    return count >= thinnest * this.lines.length && count <= thickest * this.lines.length;
  }

  /** Whether the picture begins at this line: at once, and along the whole of it. */
  private isStraight(at: number): boolean {
    return this.lines
      .slice(at, at + 2)
      .some(({ most, lit }) => most >= litEdge * this.length && lit >= oftenLit * this.frames);
  }
}
