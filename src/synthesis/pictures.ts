import { Random } from '../support/random.ts';
import { drawFace } from './drawn-face.ts';
import { derivedSeed, type PlannedShot, type SyntheticFilm } from './film.ts';
import { speedOf } from './laws.ts';
import { colored, paletteOf, patternOf, textureSide } from './texture.ts';

export const width = 192;
export const height = 108;

/** Frames from `start` up to `end` (frame numbers): red, green, blue 0 … 255, `width * height * 3` bytes each. */
export function* renderFrames(film: SyntheticFilm, start: number, end: number): Generator<Uint8Array> {
  const { frameRate } = film.style;
  const grain = grainOf(film);
  let shot: PlannedShot | undefined;
  let scene: Scene | undefined;
  for (let frame = start; frame < end; frame++) {
    const time = frame / frameRate;
    const current = film.shotAt(time);
    if (!scene || current !== shot) {
      shot = current;
      scene = new Scene(film, shot);
      for (let past = Math.round(shot.start * frameRate); past < frame; past++) scene.move(past / frameRate);
    }
    const picture = scene.draw();
    addFace(picture, film, time);
    grain(picture, frame);
    addBars(picture, film);
    yield picture;
    scene.move(time);
  }
}

interface Thing {
  readonly kind: 'disc' | 'box' | 'diamond';
  readonly radius: number;
  readonly palette: Float32Array;
  /** Its speed and direction beside the camera's. */
  readonly pace: number;
  readonly direction: number;
  x: number;
  y: number;
}

/** What one shot shows: a textured ground under a moving camera, and things that move over it. */
class Scene {
  private readonly film: SyntheticFilm;
  private readonly still: boolean;
  private readonly ground: Float32Array;
  private readonly pattern: Uint8Array;
  private readonly things: Thing[];
  /** Share of the motion that is the camera's; things have all of it. */
  private readonly camera: number;
  /** Share of the camera's motion that turns the picture instead of shifting it. */
  private readonly turning: number;
  /** Share of the shift that shakes instead of going on, and how. */
  private readonly shaking: number;
  private readonly shakes: readonly { frequency: number; phase: number }[];
  private direction: number;
  private readonly bending: number;
  private x: number;
  private y: number;
  private angle: number;

  constructor(film: SyntheticFilm, shot: PlannedShot) {
    const random = Random.seeded(shot.seed);
    const { style } = film;
    this.film = film;
    this.still = shot.still;
    const { light, color } = film.factorsAt(shot.start);
    const look = () => ({
      luma: Math.min(0.9, Math.max(0.08, 0.16 + 0.64 * light + style.exposure + 0.02 * random.normal())),
      contrast: style.contrast * (0.8 + 0.4 * random.uniform()),
      saturation: Math.min(1, Math.max(0, 0.03 + 0.9 * color + 0.02 * random.normal())),
    });
    const hues = style.hues.map((hue) => hue + 0.06 * random.normal());
    this.pattern = patternOf(random, style);
    this.ground = colored(this.pattern, paletteOf(hues, look()));
    this.camera = random.uniform() < 0.25 ? 0.1 : 0.4 + 0.6 * random.uniform();
    this.turning = random.uniform() < 0.25 ? 0.8 : 0;
    this.shaking = random.uniform() < 0.4 ? random.uniform() : 0;
    this.shakes = [0, 1].map(() => ({
      frequency: 3 + 6 * random.uniform(),
      phase: 2 * Math.PI * random.uniform(),
    }));
    this.direction = 2 * Math.PI * random.uniform();
    this.bending = 0.02 * random.normal();
    this.x = textureSide * random.uniform();
    this.y = textureSide * random.uniform();
    this.angle = 2 * Math.PI * random.uniform();
    this.things = Array.from(
      { length: 2 + random.integer(4) },
      (): Thing => ({
        kind: (['disc', 'box', 'diamond'] as const)[random.integer(3)]!,
        radius: 7 + 14 * random.uniform(),
        palette: paletteOf([...hues].reverse(), look()),
        pace: 0.3 + random.uniform(),
        direction: 2 * Math.PI * random.uniform(),
        x: width * random.uniform(),
        y: height * random.uniform(),
      }),
    );
  }

  /** One frame on, from `time` in seconds. */
  move(time: number): void {
    const { motion } = this.film.factorsAt(time);
    // in pixels of this picture a frame
    const speed = (speedOf({ motion, still: this.still }) * (height / 128) * 25) / this.film.style.frameRate;
    const shift = speed * this.camera * (1 - this.turning);
    const [across, along] = this.shakes.map(
      ({ frequency, phase }) => 1.1 * this.shaking * Math.sin(2 * Math.PI * frequency * time + phase),
    );
    const onward = 1 - this.shaking;
    this.direction += (this.bending * 25) / this.film.style.frameRate;
    this.x = (this.x + shift * (onward * Math.cos(this.direction) + across!)) % textureSide;
    this.y = (this.y + shift * (onward * Math.sin(this.direction) + along!)) % textureSide;
    // The mean distance of a pixel from the middle is 57: this turns by `speed` pixels on average.
    this.angle += (speed * this.camera * this.turning) / 57;
    for (const thing of this.things) {
      thing.x = wrapped(thing.x + speed * thing.pace * Math.cos(thing.direction), width, thing.radius);
      thing.y = wrapped(thing.y + speed * thing.pace * Math.sin(thing.direction), height, thing.radius);
    }
  }

  draw(): Uint8Array {
    const picture = new Uint8Array(width * height * 3);
    this.drawGround(picture);
    for (const thing of this.things) this.drawThing(picture, thing);
    return picture;
  }

  private drawGround(picture: Uint8Array): void {
    const { ground } = this;
    const cos = Math.cos(this.angle);
    const sin = Math.sin(this.angle);
    const mask = textureSide - 1;
    const far = 64 * textureSide; // keeps places positive, so that | 0 rounds down
    let out = 0;
    for (let row = 0; row < height; row++) {
      const dy = row - height / 2;
      let u = this.x + far - (width / 2) * cos - dy * sin;
      let v = this.y + far - (width / 2) * sin + dy * cos;
      for (let column = 0; column < width; column++, u += cos, v += sin) {
        const left = u | 0;
        const top = v | 0;
        const a = u - left;
        const b = v - top;
        const above = (top & mask) * textureSide;
        const below = ((top + 1) & mask) * textureSide;
        const topLeft = (above + (left & mask)) * 3;
        const topRight = (above + ((left + 1) & mask)) * 3;
        const bottomLeft = (below + (left & mask)) * 3;
        const bottomRight = (below + ((left + 1) & mask)) * 3;
        for (let c = 0; c < 3; c++) {
          const upper = ground[topLeft + c]! + a * (ground[topRight + c]! - ground[topLeft + c]!);
          const lower = ground[bottomLeft + c]! + a * (ground[bottomRight + c]! - ground[bottomLeft + c]!);
          picture[out++] = upper + b * (lower - upper);
        }
      }
    }
  }

  private drawThing(picture: Uint8Array, { kind, radius, palette, x, y }: Thing): void {
    const mask = textureSide - 1;
    const top = Math.max(0, Math.floor(y - radius));
    const bottom = Math.min(height - 1, Math.ceil(y + radius));
    const left = Math.max(0, Math.floor(x - radius));
    const right = Math.min(width - 1, Math.ceil(x + radius));
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const [dx, dy] = [Math.abs(column - x), Math.abs(row - y)];
        const distance =
          kind === 'disc' ? Math.sqrt(dx * dx + dy * dy) : kind === 'box' ? Math.max(dx, dy) : dx + dy;
        const cover = Math.min(1, radius - distance + 0.5);
        if (cover <= 0) continue;
        // The thing carries its pattern along: between two places of it, as much as it is between two pixels.
        const [u, v] = [column - x + textureSide * 2, row - y + textureSide * 2];
        const [u0, v0] = [Math.floor(u), Math.floor(v)];
        const at = (i: number, j: number) =>
          this.pattern[((v0 + j) & mask) * textureSide + ((u0 + i) & mask)]!;
        const above = at(0, 0) + (u - u0) * (at(1, 0) - at(0, 0));
        const below = at(0, 1) + (u - u0) * (at(1, 1) - at(0, 1));
        const value = Math.round(above + (v - v0) * (below - above)) * 3;
        const place = (row * width + column) * 3;
        for (let c = 0; c < 3; c++)
          picture[place + c] = (1 - cover) * picture[place + c]! + cover * palette[value + c]!;
      }
  }
}

function wrapped(place: number, side: number, margin: number): number {
  const span = side + 2 * margin;
  return ((((place + margin) % span) + span) % span) - margin;
}

/** Draws the face that is seen, if any, as light as the picture is. */
function addFace(picture: Uint8Array, film: SyntheticFilm, time: number): void {
  const seen = film.faceAt(time);
  if (!seen) return;
  const { radius, skin, across, down } = seen.face;
  drawFace(picture, width, {
    ...{ radius, skin, smile: seen.smile },
    ...{ x: across * width, y: down * height },
    light: 0.45 + 0.6 * film.factorsAt(time).light,
  });
}

/** Adds the film's grain: a window of a fixed sheet of noise, elsewhere in each frame. */
function grainOf(film: SyntheticFilm): (picture: Uint8Array, frame: number) => void {
  const random = Random.seeded(derivedSeed(film.seed, 3));
  const pixels = width * height;
  const sheet = Int8Array.from({ length: 2 * pixels }, () => Math.round(film.style.grain * random.normal()));
  return (picture, frame) => {
    let place = Random.seeded(derivedSeed(film.seed, 4, frame)).integer(pixels);
    for (let i = 0; i < picture.length; place++)
      for (let c = 0; c < 3; c++, i++) {
        const value = picture[i]! + sheet[place]!;
        picture[i] = Math.max(0, Math.min(255, value));
      }
  };
}

/** Blackens what lies under the film's bars. */
function addBars(picture: Uint8Array, film: SyntheticFilm): void {
  const { across, along } = film.style.bars;
  const [top, left] = [Math.round(across * height), Math.round(along * width)];
  picture.fill(0, 0, top * width * 3);
  picture.fill(0, (height - top) * width * 3);
  for (let row = 0; left > 0 && row < height; row++) {
    picture.fill(0, row * width * 3, (row * width + left) * 3);
    picture.fill(0, ((row + 1) * width - left) * 3, (row + 1) * width * 3);
  }
}
