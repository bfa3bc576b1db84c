import { InputError } from '../support/errors.ts';
import type { Database } from './database.ts';

/**
 * The steps by which the tables came to be, in order; a step that has been published is never changed.
 *
 * Valence and arousal are stored on −1 … 1, where 0 is neutral, whatever the scale of the model's labels. A moment's
 * point has its valence shifted by 16 for each model, so that each model has a plane of its own in the one index: the
 * nearest neighbors of a point are always of the same model.
 */
const steps: readonly string[] = [
  `
  create table affectline.model (
    id int generated always as identity primary key,
    hash text not null unique,
    description jsonb not null,
    current boolean not null default false
  );
  create unique index one_current_model on affectline.model (current) where current;

  create table affectline.film (
    id bigint generated always as identity primary key,
    hash text not null unique,
    path text not null,
    duration double precision not null,
    added timestamptz not null default now()
  );

  create table affectline.curve (
    id bigint generated always as identity primary key,
    film_id bigint not null references affectline.film on delete cascade,
    model_id int not null references affectline.model,
    analyzed timestamptz not null default now(),
    result jsonb not null,
    start double precision not null,
    step double precision not null,
    valence bytea not null,
    arousal bytea not null,
    unique (film_id, model_id)
  );
  create index on affectline.curve (model_id);

  create table affectline.moment (
    curve_id bigint not null references affectline.curve on delete cascade,
    time real not null,
    at point not null,
    uncertainty real
  );
  create index moment_at on affectline.moment using gist (at);
  create index on affectline.moment (curve_id);

  create table affectline.features (
    curve_id bigint primary key references affectline.curve on delete cascade,
    dimensions int not null,
    vectors bytea not null
  );

  create table affectline.shot (
    curve_id bigint not null references affectline.curve on delete cascade,
    number int not null,
    start real not null,
    stop real not null,
    valence real not null,
    arousal real not null,
    primary key (curve_id, number)
  );
  `,
  `
  create table affectline.job_run (
    job uuid not null,
    attempt int not null,
    worker text not null,
    begun timestamptz not null default now(),
    done real not null default 0,
    ended timestamptz,
    primary key (job, attempt)
  );
  `,
  // uncompressed, so that a part of them is read without the rest; floats hardly compress anyway
  `
  alter table affectline.features alter column vectors set storage external;
  alter table affectline.curve alter column valence set storage external;
  alter table affectline.curve alter column arousal set storage external;
  `,
  // what people say of scenes: pairs compared, and curves drawn while a film plays
  `
  create table affectline.scene (
    id bigint generated always as identity primary key,
    film_id bigint not null references affectline.film on delete cascade,
    start double precision not null,
    stop double precision not null,
    unique (film_id, start, stop),
    check (start >= 0 and stop > start)
  );

  create table affectline.choice (
    rater text not null,
    dimension text not null check (dimension in ('valence', 'arousal')),
    one bigint not null references affectline.scene on delete cascade,
    other bigint not null references affectline.scene on delete cascade,
    chosen bigint,
    made timestamptz not null default now(),
    primary key (rater, dimension, one, other),
    check (one < other and (chosen is null or chosen = one or chosen = other))
  );
  create index on affectline.choice (one);
  create index on affectline.choice (other);

  create table affectline.trace (
    film_id bigint not null references affectline.film on delete cascade,
    rater text not null,
    dimension text not null check (dimension in ('valence', 'arousal')),
    made timestamptz not null default now(),
    times bytea not null,
    rated bytea not null,
    primary key (film_id, dimension, rater)
  );
  `,
];

/**
 * Brings the tables to this version. Several processes may do so at once: one does, the others wait.
 *
 * @throws InputError when the tables are of a later version.
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (queries) => {
    // any number will do, as long as it is always the same
    await queries.query('select pg_advisory_xact_lock(7266338)');
    await queries.query('create schema if not exists affectline');
    await queries.query('create table if not exists affectline.migration (version int primary key)');
    const [row] = await queries.query<{ version: number | null }>(
      'select max(version) as version from affectline.migration',
    );
    const version = row!.version ?? 0;
    if (version > steps.length)
      throw new InputError(
        `this library is of version ${version}, which a later affectline made; this one knows up to ${steps.length}`,
      );
    for (const [index, step] of steps.entries()) {
      if (index < version) continue;
      for (const statement of step.split(/;\s*\n/).filter((text) => text.trim() !== ''))
        await queries.query(statement);
      await queries.query('insert into affectline.migration values ($1)', [index + 1]);
    }
  });
}
