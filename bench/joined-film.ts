// Films whose boundaries are known, because they are joined here: pieces of real films and moves over real photographs,
// with hard cuts, fades through black and dissolves between them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openMedia } from '../src/media/index.ts';
import { Random } from '../src/support/random.ts';

export const frameRate = 25;
export const width = 72;
export const height = 72;

/** RGB, `width * height * 3` bytes. */
export type Picture = Uint8Array;

/** A boundary as it was made; `from` and `to` are the frames that it begins before and ends before. */
export interface Join {
  kind: 'cut' | 'fade' | 'dissolve';
  from: number;
  to: number;
}

export interface JoinedFilm {
  frames: Picture[];
  joins: Join[];
}

/** The first frames of a film as they are, squares from its middle; enough to draw shots from. */
export async function picturesOf(path: string): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const media = await openMedia(path, {
    shortSide: height,
    crop: width,
    rgbEvery: 1,
    gray: false,
    sound: false,
  });
  for await (const item of media) {
    if (item.kind === 'frame') pictures.push(item.frame.rgb!);
    if (pictures.length === 300) break;
  }
  return pictures;
}

/** The photographs of a folder, larger than a frame, so that a camera can move over them. */
export async function photographsOf(
  folder: string,
  without: RegExp = /^$/,
): Promise<{ data: Picture; width: number; height: number }[]> {
  const photographs = [];
  for (const file of readdirSync(folder)
    .sort()
    .filter((name) => /\.(jpe?g|png)$/i.test(name) && !without.test(name))) {
    const image = sharp(join(folder, file));
    const { width: w = 0, height: h = 0 } = await image.metadata();
    if (Math.min(w, h) < 200) continue;
    const { data, info } = await image
      .resize(width * 2, height * 2, { fit: 'cover' })
      .removeAlpha()
      .toColorspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels === 3) photographs.push({ data, width: info.width, height: info.height });
  }
  return photographs;
}

/** A shot of a photograph, the camera moving over it. */
export function moveOver(
  photograph: { data: Picture; width: number; height: number },
  length: number,
  random: Random,
): Picture[] {
  const room = { x: photograph.width - width, y: photograph.height - height };
  const [from, to] = [0, 1].map(() => ({ x: random.uniform() * room.x, y: random.uniform() * room.y }));
  return Array.from({ length }, (_, index) => {
    const share = index / length;
    const x0 = Math.round(from!.x + share * (to!.x - from!.x));
    const y0 = Math.round(from!.y + share * (to!.y - from!.y));
    const picture = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      const start = ((y0 + y) * photograph.width + x0) * 3;
      picture.set(photograph.data.subarray(start, start + width * 3), y * width * 3);
    }
    return picture;
  });
}

/** Joins shots in their order; `kinds` says how each but the first begins, `lengths` in how many frames. */
export function joined(
  shots: readonly Picture[][],
  kinds: readonly Join['kind'][],
  lengths: readonly number[],
): JoinedFilm {
  let frames = [...shots[0]!];
  const joins: Join[] = [];
  for (const [index, shot] of shots.slice(1).entries()) {
    const kind = kinds[index]!;
    const length = lengths[index]!;
    if (kind === 'cut') {
      joins.push({ kind, from: frames.length, to: frames.length });
      frames.push(...shot);
    } else if (kind === 'fade') {
      const out = frames.slice(-length).map((picture, at) => scaled(picture, 1 - (at + 1) / length));
      const into = shot.slice(0, length).map((picture, at) => scaled(picture, at / length));
      frames = [...frames.slice(0, -length), ...out, ...into, ...shot.slice(length)];
      joins.push({
        kind,
        from: frames.length - shot.length - length,
        to: frames.length - shot.length + length,
      });
    } else {
      const blend = frames
        .slice(-length)
        .map((picture, at) => mixed(picture, shot[at]!, (at + 1) / (length + 1)));
      const start = frames.length - length;
      frames = [...frames.slice(0, start), ...blend, ...shot.slice(length)];
      joins.push({ kind, from: start, to: start + length });
    }
  }
  return { frames, joins };
}

function scaled(picture: Picture, by: number): Picture {
  return picture.map((value) => value * by);
}

function mixed(one: Picture, other: Picture, share: number): Picture {
  return one.map((value, index) => value * (1 - share) + other[index]! * share);
}

export interface Found {
  kind: string;
  /** Frames. */
  at: number;
}

export interface Score {
  right: number;
  missed: number;
  wrong: number;
}

/** Right and wrong finds of one kind; right is one within `slack` frames of the join. */
export function score(
  joins: readonly Join[],
  found: readonly Found[],
  of: Join['kind'],
  slack: number,
): Score {
  const wanted = joins.filter(({ kind }) => kind === of);
  const mine = found.filter(({ kind }) => kind === of);
  const free = new Set(mine);
  for (const { from, to } of wanted) {
    const find = [...free].find(({ at }) => at >= from - slack && at <= to + slack);
    if (find) free.delete(find);
  }
  const right = mine.length - free.size;
  return { right, missed: wanted.length - right, wrong: free.size };
}

/** F1 over films. */
export function f1(scores: readonly Score[]): number {
  const sum = (key: keyof Score) => scores.reduce((all, one) => all + one[key], 0);
  return (2 * sum('right')) / (2 * sum('right') + sum('missed') + sum('wrong'));
}

const data = '/usr/share/doc/opencv-doc/examples/data';
const movies = '/usr/share/forensics-samples/original-files';
/** Frames of the shortest shot. */
const shortest = 25;

/** A shot of a given length, drawn from one place of the material. */
export type Material = (length: number, random: Random) => Picture[];

export interface Materials {
  filmed: Material[];
  photographed: Material[];
}

/** Stretches of Debian's sample films (opencv-doc, forensics-samples-files), and moves over its sample photographs. */
export async function materialsOfDebian(): Promise<Materials> {
  // with the frames at which the film itself is cut, seen by eye
  const films: [path: string, cuts: number[]][] = [
    [`${data}/tree.avi`, []],
    [`${data}/vtest.avi`, []],
    [`${data}/Megamind.avi`, [1, 98, 154, 200]],
    [`${movies}/movie2/movie-hello.mp4`, []],
    [`${movies}/movie1/VID_20191220_170832.mp4`, []],
  ];
  const filmed: Material[] = [];
  for (const [path, cuts] of films) {
    const pictures = await picturesOf(path);
    for (const [index, from] of [0, ...cuts].entries()) {
      const shot = pictures.slice(from, cuts[index]);
      if (shot.length < shortest) continue;
      filmed.push((length, random) => {
        const start = random.integer(Math.max(shot.length - length, 1));
        return shot.slice(start, start + length);
      });
    }
  }
  const alike = /^(left|right)(0[2-9]|1\d)|logo|^box|digits|sudoku|notes|cards|mask/i;
  const photographs = [
    ...(await photographsOf(data, alike)),
    ...(await photographsOf(`${movies}/pic1`)),
    ...(await photographsOf(`${movies}/pic2`)),
  ];
  const photographed = photographs.map(
    (photograph): Material =>
      (length, random) =>
        moveOver(photograph, length, random),
  );
  return { filmed, photographed };
}

/**
 * A film of so many shots of 1 to 5 seconds: six in ten joined by cuts, the others by fades and dissolves. Half of the
 * shots are filmed, for these move by themselves.
 */
export function joinedFilm({ filmed, photographed }: Materials, seed: number, count: number): JoinedFilm {
  const random = Random.seeded(seed);
  const shots: Picture[][] = [];
  let last: Material | undefined;
  while (shots.length < count) {
    const materials = random.uniform() < 0.5 ? filmed : photographed;
    const next = materials[random.integer(materials.length)]!;
    if (next === last) continue;
    shots.push(next(shortest + random.integer(100), random));
    last = next;
  }
  const kinds = shots.slice(1).map((): Join['kind'] => {
    const draw = random.uniform();
    return draw < 0.6 ? 'cut' : draw < 0.8 ? 'fade' : 'dissolve';
  });
  return joined(
    shots,
    kinds,
    kinds.map(() => 8 + random.integer(5)),
  );
}
