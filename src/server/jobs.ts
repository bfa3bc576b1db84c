import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { FilmData, JobStatus } from '../jobs/index.ts';
import { InputError } from '../support/errors.ts';
import type { Context } from './context.ts';
import { jobCard, json, problems } from './schemas.ts';
import type { JobCard } from './types.ts';

/** Milliseconds between looks at a job that is watched. */
const interval = 500;

const named = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });

export function jobRoutes(app: OpenAPIHono, { queue }: Context): void {
  const jobNamed = async (id: string) => {
    const job = await queue.job(id);
    if (!job) throw new InputError(`job '${id}': no such job`, 'not-found');
    return cardOfJob(job);
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs',
      responses: {
        200: json(z.object({ jobs: z.array(jobCard) }), 'the latest hundred, the last first'),
        ...problems,
      },
    }),
    async (context) => context.json({ jobs: (await queue.list({ limit: 100 })).map(cardOfJob) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{id}',
      request: { params: named },
      responses: { 200: json(jobCard, 'how it stands'), ...problems },
    }),
    async (context) => context.json(await jobNamed(context.req.valid('param').id), 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{id}/events',
      request: { params: named },
      responses: {
        200: {
          description:
            'an event `progress` each time that it stands otherwise, until it is done or has failed',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems,
      },
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      await jobNamed(id);
      return streamSSE(context, async (stream) => {
        let last = '';
        while (!stream.aborted) {
          const card = await jobNamed(id);
          const data = JSON.stringify(card);
          if (data !== last) await stream.writeSSE({ event: 'progress', data });
          last = data;
          if (card.state === 'done' || card.state === 'failed') return;
          await sleep(interval);
        }
      });
    },
  );
}

/** A job as others may see it: by the film's name, not by its path. */
export function cardOfJob({ id, data, state, done, reason }: JobStatus): JobCard {
  const { path } = data as FilmData;
  const title = basename(path);
  return {
    ...{ id, title, state, done },
    ...(reason !== undefined && { reason: reason.replaceAll(path, title) }),
  };
}
