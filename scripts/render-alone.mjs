// A thread of pretrain.mjs: renders sounds, or moments, of its share of the films, has each film coded and decoded like any
// other, and writes what that gives as prepared clips.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { encodeFlow, encodePicture, inUnit, openFilm, reduced, writeClipFile } from '../dist/clips/index.js';
import { FlowWorkers, flowOfFrames } from '../dist/flow/node/index.js';
import { openMedia, writeFilm } from '../dist/media/index.js';
import { momentPeriod, pairSampling, restingField } from '../dist/streams/index.js';
import { writeAtomicallySync } from '../dist/support/files.js';
import { sampleRate } from '../dist/support/sound.js';
import { momentsOfFilm, soundsOfFilm } from '../dist/synthesis/index.js';

const { heard, preprocessing, folder, setSeed, first, films, every } = workerData;
const workers = new FlowWorkers();

/** What `read` makes of a film that is written for it. */
async function through(film, parts, read) {
  const path = join(folder, `${film}.mp4`);
  await writeFilm(path, parts);
  const source = await read(path);
  await rm(path);
  return source;
}

async function written(film, number, clip) {
  const name = `${film}-${number}.clip`;
  await writeClipFile(join(folder, name), { handcrafted: [], loudness: null, ...clip });
  return name;
}

/** Its stretches of sound: they have a size, but no pictures. */
async function soundsOf(film) {
  const made = soundsOfFilm(setSeed, film);
  if (!made) return [];
  const { seconds } = made;
  const waveform = new Float32Array(seconds * made.sounds.length * sampleRate);
  await through(film, made.film, async (path) => {
    const source = await openFilm(path, { preprocessing, wants: ['waveform'], threads: 1 });
    let filled = 0;
    for await (const chunk of source.sound) {
      waveform.set(chunk.subarray(0, waveform.length - filled), filled);
      filled = Math.min(waveform.length, filled + chunk.length);
    }
    await source.close();
  });
  const size = { duration: seconds, width: preprocessing.shortSide, height: preprocessing.shortSide };
  return await Promise.all(
    made.sounds.map(async (says, i) => {
      const part = waveform.slice(i * seconds * sampleRate, (i + 1) * seconds * sampleRate);
      const name = await written(film, i, { ...size, segments: [], waveform: part });
      return { film, name, says: { waveform: says } };
    }),
  );
}

/** Its moments: they are only seen. */
async function momentsOf(film) {
  const made = momentsOfFilm(setSeed, film);
  const seen = await through(film, made.film, momentsSeen);
  return await Promise.all(
    made.moments.map(async (says, i) => {
      const { picture, frames } = seen[i + 1];
      const fields = await motionOf(frames);
      const segment = {
        ...{ time: 0, shot: momentPeriod, flowCount: fields.length },
        picture: await encodePicture(picture),
        flow: await encodeFlow(fields),
      };
      const { width, height } = picture;
      const clip = {
        duration: momentPeriod,
        width,
        height,
        segments: [segment],
        waveform: new Float32Array(0),
      };
      return { film, name: await written(film, i, clip), says: { frame: says.picture, pair: says.motion } };
    }),
  );
}

/** The frames around each moment of a film, and the picture that is looked at. */
async function momentsSeen(path) {
  const { shortSide } = preprocessing;
  const media = await openMedia(path, {
    shortSide,
    rgbPeriod: momentPeriod,
    rgbEvery: 0,
    sound: false,
    threads: 1,
  });
  const moments = [];
  for await (const { frame } of media) {
    const { width, height, rgb } = frame;
    const moment = Math.floor(frame.time / momentPeriod + 0.5 + 1e-6);
    moments[moment] ??= { frames: [] };
    moments[moment].frames.push(frame);
    if (rgb) moments[moment].picture = { width, height, rgb };
  }
  await media.close();
  return moments;
}

/** The motion between frames of one shot, as it is taken from films; at rest where they are copies of one. */
async function motionOf(frames) {
  const { sampling, flow } = preprocessing;
  const clock = pairSampling(sampling);
  const rates = [];
  const images = async function* () {
    for (const [index, { time, gray, width, height }] of frames.entries()) {
      const chosen = clock.next({ index, time, gray });
      if (chosen?.pair) rates.push(chosen.pair.rate);
      if (chosen) yield reduced({ width, height, data: gray }, flow.lines);
    }
  };
  const fields = [];
  for await (const field of flowOfFrames(images(), { preset: flow.preset, threads: 1, workers }))
    fields.push(inUnit(field, (rates[fields.length] * flow.unit) / field.height, preprocessing));
  return fields.length > 0 ? fields : [restingField];
}

for (let film = first; film < films; film += every) {
  const list = join(folder, `${film}.json`);
  if (existsSync(list)) continue;
  writeAtomicallySync(list, JSON.stringify(heard ? await soundsOf(film) : await momentsOf(film)));
}
await workers.close();
