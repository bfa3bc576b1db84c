// Films whose boundaries are known, because they are joined here: pieces of real films and moves over real photographs,
// with hard cuts, fades through black and dissolves between them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openMedia } from '../src/media/index.js';
import { Random } from '../src/support/random.js';
export const frameRate = 25;
export const width = 96;
export const height = 72;
/** Every frame of a film as it is, one picture for each. */
export async function picturesOf(path) {
  const pictures = [];
  for await (const item of await openMedia(path, {
    shortSide: height,
    rgbEvery: 1,
    gray: false,
    sound: false,
  })) {
    if (item.kind !== 'frame') continue;
    const { rgb, width: w, height: h } = item.frame;
    pictures.push(await fitted(sharp(rgb, { raw: { width: w, height: h, channels: 3 } })));
  }
  return pictures;
}
/** The photographs of a folder, larger than a frame, so that a camera can move over them. */
export async function photographsOf(folder, without = /^$/) {
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
async function fitted(image) {
  return new Uint8Array(await image.resize(width, height, { fit: 'cover' }).raw().toBuffer());
}
/** A shot of a photograph, the camera moving over it. */
export function moveOver(photograph, length, random) {
  const room = { x: photograph.width - width, y: photograph.height - height };
  const [from, to] = [0, 1].map(() => ({ x: random.uniform() * room.x, y: random.uniform() * room.y }));
  return Array.from({ length }, (_, index) => {
    const share = index / length;
    const x0 = Math.round(from.x + share * (to.x - from.x));
    const y0 = Math.round(from.y + share * (to.y - from.y));
    const picture = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      const start = ((y0 + y) * photograph.width + x0) * 3;
      picture.set(photograph.data.subarray(start, start + width * 3), y * width * 3);
    }
    return picture;
  });
}
/** Joins shots in their order; `kinds` says how each but the first begins, `lengths` in how many frames. */
export function joined(shots, kinds, lengths) {
  let frames = [...shots[0]];
  const joins = [];
  for (const [index, shot] of shots.slice(1).entries()) {
    const kind = kinds[index];
    const length = lengths[index];
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
        .map((picture, at) => mixed(picture, shot[at], (at + 1) / (length + 1)));
      const start = frames.length - length;
      frames = [...frames.slice(0, start), ...blend, ...shot.slice(length)];
      joins.push({ kind, from: start, to: start + length });
    }
  }
  return { frames, joins };
}
function scaled(picture, by) {
  return picture.map((value) => value * by);
}
function mixed(one, other, share) {
  return one.map((value, index) => value * (1 - share) + other[index] * share);
}
/** Right and wrong finds of hard cuts, or of gradual changes (fades and dissolves); within `slack` frames of the join. */
export function score(joins, found, gradual, slack) {
  const wanted = joins.filter(({ kind }) => (kind !== 'cut') === gradual);
  const mine = found.filter(({ kind }) => (kind !== 'cut') === gradual);
  const free = new Set(mine);
  let right = 0;
  for (const { from, to } of wanted)
    for (const find of free)
      if (find.at >= from - slack && find.at <= to + slack) {
        free.delete(find);
        right++;
        break;
      }
  return {
    right,
    missed: wanted.length - right,
    wrong: mine.length - right,
    f1: (2 * right) / (wanted.length + mine.length),
  };
}
const data = '/usr/share/doc/opencv-doc/examples/data';
const movies = '/usr/share/forensics-samples/original-files';
/** Frames of the shortest shot. */
const shortest = 25;
/** Stretches of Debian's sample films (opencv-doc, forensics-samples-files), and moves over its sample photographs. */
export async function materialsOfDebian() {
  // with the frames at which the film itself is cut, seen by eye
  const films = [
    [`${data}/tree.avi`, []],
    [`${data}/vtest.avi`, []],
    [`${data}/Megamind.avi`, [1, 98, 154, 200]],
    [`${movies}/movie2/movie-hello.mp4`, []],
    [`${movies}/movie1/VID_20191220_170832.mp4`, []],
  ];
  const filmed = [];
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
    (photograph) => (length, random) => moveOver(photograph, length, random),
  );
  return { filmed, photographed };
}
/**
 * A film of so many shots of 1 to 5 seconds: six in ten joined by cuts, the others by fades and dissolves. Half of the
 * shots are filmed, for these move by themselves.
 */
export function joinedFilm({ filmed, photographed }, seed, count) {
  const random = Random.seeded(seed);
  const shots = [];
  let last;
  while (shots.length < count) {
    const materials = random.uniform() < 0.5 ? filmed : photographed;
    const next = materials[random.integer(materials.length)];
    if (next === last) continue;
    shots.push(next(shortest + random.integer(100), random));
    last = next;
  }
  const kinds = shots.slice(1).map(() => {
    const draw = random.uniform();
    return draw < 0.6 ? 'cut' : draw < 0.8 ? 'fade' : 'dissolve';
  });
  return joined(
    shots,
    kinds,
    kinds.map(() => 8 + random.integer(5)),
  );
}
//# sourceMappingURL=joined-film.js.map
