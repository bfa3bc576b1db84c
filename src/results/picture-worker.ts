// The thread that pictures of curves are drawn in.
import { parentPort } from 'node:worker_threads';
import { imageLibrary } from '../support/images.ts';
import { drawPicture } from './draw-picture.ts';
import { FilmStrip } from './film-strip.ts';
import type { PictureReply, PictureRequest } from './picture-messages.ts';
import { renderer } from './render.ts';

// while the film is still being analyzed, so that its picture need not wait for them
await Promise.all([imageLibrary(), renderer()]);

parentPort!.on('message', async ({ film, stills }: PictureRequest) => {
  const reply = await drawPicture(film, new FilmStrip(stills)).then(
    (png): PictureReply => ({ png: new Uint8Array(png) }),
    (error: Error): PictureReply => ({ error: error.stack ?? error.message }),
  );
  parentPort!.postMessage(reply, 'png' in reply ? [reply.png.buffer as ArrayBuffer] : []);
});
