/** Black bars around a picture, each as a share of its height (top, bottom) or width (left, right), 0 … 0.45. */
export interface Bars {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export const noBars: Bars = { top: 0, bottom: 0, left: 0, right: 0 };

/** Gray levels up to this are black: limited range leaves black at 16, and coding adds a little. */
const black = 30;
/** A line of a bar has at most this share of lit pixels, in all but this share of the frames. */
const rarely = 0.02;
/** A picture with fewer lit pixels is dark, and says nothing of bars. */
const darkFrame = 0.05;
/** A bar ends at a straight edge: in some frame this share of the line behind it is lit. */
const litEdge = 0.6;
/** Thinner ones are the ragged edge of an old transfer, and change nothing. */
const thinnest = 0.01;
const thickest = 0.45;

/**
 * Finds letterbox and pillarbox bars over a whole film, so that no dark scene is mistaken for one: a bar is black in
 * nearly every frame that shows anything, and ends at a straight edge.
 */
export class BarSearch {
  private readonly width: number;
  private readonly height: number;
  private readonly rows: Line[];
  private readonly columns: Line[];
  private frames = 0;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.rows = lines(height);
    this.columns = lines(width);
  }

  /** @param gray luma, `width * height` bytes, row by row. */
  push(gray: Uint8Array): void {
    const { width, height } = this;
    const litOfRow = new Uint32Array(height);
    const litOfColumn = new Uint32Array(width);
    for (let y = 0, i = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++) {
        if (gray[i]! <= black) continue;
        litOfRow[y]!++;
        litOfColumn[x]!++;
      }
    const lit = litOfRow.reduce((sum, count) => sum + count, 0);
    if (lit < darkFrame * width * height) return;
    this.frames++;
    const [top, bottom] = extent(litOfRow, width);
    const [left, right] = extent(litOfColumn, height);
    for (const [y, line] of this.rows.entries()) line.see(litOfRow[y]! / (right - left));
    for (const [x, line] of this.columns.entries()) line.see(litOfColumn[x]! / (bottom - top));
  }

  /** What is found so far. A line that is partly bar, because the picture was scaled, counts as bar. */
  bars(): Bars {
    if (this.frames === 0) return noBars;
    const share = (lines: readonly Line[]) => {
      const count = this.edge(lines);
      return count < thinnest * lines.length || count > thickest * lines.length
        ? 0
        : (count + 1) / lines.length;
    };
    return {
      top: share(this.rows),
      bottom: share(this.rows.toReversed()),
      left: share(this.columns),
      right: share(this.columns.toReversed()),
    };
  }

  /** How many lines belong to a bar at the beginning of these. */
  private edge(lines: readonly Line[]): number {
    const first = lines.findIndex(({ lit }) => lit > rarely * this.frames);
    const behind = lines.slice(first, first + 2);
    return first > 0 && behind.some(({ most }) => most >= litEdge) ? first : 0;
  }
}

/** One row or column of the picture, over the film. */
class Line {
  /** Frames in which it shows something. */
  lit = 0;
  /** The largest share of it that was ever lit. */
  most = 0;

  see(share: number): void {
    if (share > rarely) this.lit++;
    this.most = Math.max(this.most, share);
  }
}

function lines(count: number): Line[] {
  return Array.from({ length: count }, () => new Line());
}

/** From the first line of which more than a little is lit to behind the last. */
function extent(lit: Uint32Array, length: number): [number, number] {
  const shows = (count: number) => count > rarely * length;
  const first = lit.findIndex(shows);
  const last = lit.findLastIndex(shows);
  return first < 0 ? [0, lit.length] : [first, last + 1];
}
